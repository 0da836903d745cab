//! Pictures, as SVG, PNG, numbers or text for a terminal. One file a picture: numbers in, text or bytes out; nothing is read and nothing is written.

mod axes;
mod beside;
mod chart;
pub mod graph;
mod panels;
mod raster;
mod roofline;
mod text;
mod tiles;

pub use chart::{Cell, Chart, Corner, Series, Shape};
pub use panels::Panels;
pub use roofline::{RooflinePoint, roofline};

pub use tiles::{Shades, Sheet, Tiles};

use plotters::style::RGBColor;

/// What a picture could not be drawn for; a bug, since text has no failing device.
pub type DrawError = Box<dyn std::error::Error + Send + Sync>;

/// Something to look at.
#[derive(Clone, Debug, PartialEq)]
pub enum Picture {
    Charts(Panels),
    Tiles(Tiles),
}

impl From<Chart> for Picture {
    fn from(chart: Chart) -> Self {
        Self::Charts(chart.into())
    }
}

impl Picture {
    /// # Errors
    /// If nothing of it is finite.
    pub fn svg(&self) -> Result<String, DrawError> {
        match self {
            Self::Charts(charts) => charts.svg(),
            Self::Tiles(tiles) => tiles.svg(),
        }
    }

    /// # Errors
    /// If nothing of it is finite.
    pub fn png(&self) -> Result<Vec<u8>, DrawError> {
        match self {
            Self::Charts(charts) => charts.png(),
            Self::Tiles(tiles) => tiles.png(),
        }
    }

    #[must_use]
    pub fn csv(&self) -> String {
        match self {
            Self::Charts(charts) => charts.csv(),
            Self::Tiles(tiles) => tiles.csv(),
        }
    }

    /// For a terminal.
    #[must_use]
    pub fn text(&self) -> String {
        match self {
            Self::Charts(charts) => charts.text(),
            Self::Tiles(tiles) => tiles.text(),
        }
    }
}

/// Colours that differ in lightness too, so that they survive greyscale and most colour blindness (Okabe and Ito 2008).
const BLUE: RGBColor = RGBColor(0, 114, 178);
const ORANGE: RGBColor = RGBColor(213, 94, 0);
const GREEN: RGBColor = RGBColor(0, 158, 115);
const INK: RGBColor = RGBColor(51, 51, 51);
const PURPLE: RGBColor = RGBColor(204, 121, 167);
const SKY: RGBColor = RGBColor(86, 180, 233);
const AMBER: RGBColor = RGBColor(230, 159, 0);
const PALE: RGBColor = RGBColor(187, 187, 187);
