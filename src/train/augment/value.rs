//! What is painted over pictures.

use super::{Draw, Picture, Rect};
use crate::vocab::{ArgSpec, Default, Kind};

/// Arguments of what is painted over.
pub const VALUE: ArgSpec = ArgSpec::named(
    "value",
    Kind::Word(&["mean", "black", "noise", "uniform"]),
    Default::Word("mean"),
    "the channel's mean over the training part, the smallest value, normal deviates about the mean, or uniform numbers",
);

/// What stands in place of what is painted over.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Value {
    Mean,
    Black,
    Noise,
    Uniform,
}

impl Value {
    #[must_use]
    pub fn named(word: &str) -> Self {
        match word {
            "black" => Self::Black,
            "noise" => Self::Noise,
            "uniform" => Self::Uniform,
            _ => Self::Mean,
        }
    }

    /// Whether it depends on means over the training part.
    #[must_use]
    pub fn is_of_the_rows(self) -> bool {
        matches!(self, Self::Mean | Self::Noise)
    }

    /// Whether it depends on what is black and what is white.
    #[must_use]
    pub fn is_of_the_range(self) -> bool {
        matches!(self, Self::Black | Self::Uniform)
    }

    pub fn name(self) -> &'static str {
        match self {
            Self::Mean => "mean",
            Self::Black => "black",
            Self::Noise => "noise",
            Self::Uniform => "uniform",
        }
    }

    /// Paints over a rectangle.
    pub fn paint(self, rect: Rect, draw: &mut Draw<'_>, picture: &mut Picture<'_>) {
        let facts = picture.facts;
        let [low, high] = facts.range;
        match self {
            Self::Mean => picture.fill(rect, |channel| facts.mean[channel]),
            Self::Black => picture.fill(rect, |_| low),
            Self::Noise => {
                picture.fill(rect, |channel| facts.mean[channel] + facts.sd[channel] * draw.normal())
            }
            Self::Uniform => picture.fill(rect, |_| low + (high - low) * draw.unit() as f32),
        }
    }
}
