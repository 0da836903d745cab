//! A convolution of each channel of the maps of a batch by itself, or one of its derivatives.
//!
//! Its sides are those of [`Conv`](super::Conv): forward and inputs in shards of pictures, weights as groups of consecutive pictures whose partials
//! are to be combined.

use super::conv::{Side, rows_of_groups};
use super::slides::{Map, Slides, grain};
use super::{Axis, Extent, Library, Reach, Region, Touch, Touched, params};
use crate::loops::interpret::Machine;
use crate::loops::parts::Parts;
use crate::loops::work::{ELEMENT, Work};
use crate::loops::{BufferId, Cost};

#[derive(Clone, Debug, PartialEq)]
pub struct Depthwise {
    pub side: Side,
    pub slides: Slides,
    pub channels: usize,
    /// Of the pictures, where the weights are partials.
    pub groups: usize,
    pub x: Map,
    /// The channels of each tap.
    pub w: BufferId,
    pub y: Map,
}

params! {
    /// Of the host's function, followed by the two axes of the windows. Parts are shards of `grain` rows of the batch; of gradients of weights, where that is 0, `groups` groups of
    /// pictures.
    pub struct DepthwiseParams {
        pub side,
        pub grain,
        pub groups,
        pub pictures,
        pub channels,
        pub x_offset,
        pub x_pixel,
        pub y_offset,
        pub y_pixel,
    }
}

impl Depthwise {
    /// Elements of the weights.
    fn weights(&self) -> usize {
        self.slides.taps() * self.channels
    }

    /// Shards of what it leaves in pictures; none for weights.
    fn grain(&self) -> Option<usize> {
        match self.side {
            Side::Forward => Some(grain(self.slides.windows() * self.slides.pictures)),
            Side::Inputs => Some(grain(self.slides.places() * self.slides.pictures)),
            Side::Weights => None,
        }
    }

    /// Whether the weights are partials to be combined.
    pub fn in_groups(&self) -> bool {
        self.side == Side::Weights
    }

    fn products(&self) -> usize {
        self.slides.pictures * self.slides.windows() * self.weights()
    }
}

impl Library for Depthwise {
    fn word(&self) -> String {
        match self.side {
            Side::Forward => "depthwise",
            Side::Inputs => "depthwise_inputs",
            Side::Weights => "depthwise_weights",
        }
        .to_string()
    }

    fn operands(&self) -> Vec<Touched> {
        let touch = |side| if self.side == side { Touch::Write } else { Touch::Read };
        let (pictures, grain) = (self.slides.pictures, self.grain());
        let axis = |len, step| Axis { count: Extent { batch: false, len }, step };
        let region = match self.in_groups() {
            true => Region::Partials { cols: self.weights(), domain: rows_of_groups(self.groups) },
            false => Region::Grid {
                offset: 0,
                axes: [axis(self.weights(), 1), axis(1, 0), axis(1, 0), axis(1, 0)],
            },
        };
        let weights = Touched { buffer: self.w, touch: touch(Side::Weights), region, reach: Reach::All };
        vec![
            self.x.touched(touch(Side::Inputs), self.slides.places() * pictures, self.channels, grain),
            weights,
            self.y.touched(touch(Side::Forward), self.slides.windows() * pictures, self.channels, grain),
        ]
    }

    fn check(&self) -> Result<(), String> {
        self.slides.check()?;
        match self.channels > 0 && self.channels <= self.x.pixel && self.channels <= self.y.pixel {
            true => Ok(()),
            false => Err("places of a depthwise convolution overlap".to_string()),
        }
    }

    fn parts(&self) -> Parts {
        self.grain().map_or(Parts::Const(self.groups), Parts::BatchShards)
    }

    fn params(&self) -> Vec<u64> {
        let own = DepthwiseParams {
            side: self.side.word(),
            grain: self.grain().unwrap_or(0) as u64,
            groups: self.groups as u64,
            pictures: self.slides.pictures as u64,
            channels: self.channels as u64,
            x_offset: self.x.offset as u64,
            x_pixel: self.x.pixel as u64,
            y_offset: self.y.offset as u64,
            y_pixel: self.y.pixel as u64,
        };
        [own.words(), self.slides.words()].concat()
    }

    fn cost(&self, rows: usize) -> Cost {
        let maps = (self.slides.places() + self.slides.windows()) * self.slides.pictures * self.channels;
        let groups = if self.in_groups() { self.groups } else { 1 };
        Cost { flops: 2 * rows * self.products(), bytes: 4 * (rows * maps + groups * self.weights()) }
    }

    fn work(&self) -> Work {
        Work::each(true, ELEMENT * self.products() as f64)
    }

    fn interpret(&self, machine: &mut Machine<'_>) {
        let pictures = machine.rows() * self.slides.pictures;
        let written = match self.side {
            Side::Forward => self.y.buffer,
            Side::Inputs => self.x.buffer,
            Side::Weights => self.w,
        };
        let copy = |id: BufferId| if id == written { Vec::new() } else { machine.floats(id).to_vec() };
        let (x, w, y) = (copy(self.x.buffer), copy(self.w), copy(self.y.buffer));
        let group = (machine.rows().div_ceil(self.groups) * self.slides.pictures).max(1);
        let result = machine.floats_mut(written);
        self.clear(result, pictures);
        for picture in 0..pictures {
            let partial = picture / group * self.weights();
            for (window, tap, place) in self.slides.covered() {
                let place = picture * self.slides.places() + place;
                let window = picture * self.slides.windows() + window;
                for c in 0..self.channels {
                    let (i, j, k) = (self.x.at(place, c), tap * self.channels + c, self.y.at(window, c));
                    match self.side {
                        Side::Forward => result[k] += x[i] * w[j],
                        Side::Inputs => result[i] += w[j] * y[k],
                        Side::Weights => result[partial + j] += x[i] * y[k],
                    }
                }
            }
        }
    }

    fn print(&self, name: &dyn Fn(BufferId) -> String) -> String {
        let (x, y) = (self.x.print(self.channels, name), self.y.print(self.channels, name));
        let (w, windows) = (name(self.w), self.slides.text());
        let formula = match self.side {
            Side::Forward => format!("{y} = depthwise conv {x}, {w}"),
            Side::Inputs => format!("{x} = inputs of depthwise conv {y}, {w}"),
            Side::Weights => format!("{w} = weights of depthwise conv {x}, {y}"),
        };
        let groups = if self.in_groups() { format!(", in {} groups", self.groups) } else { String::new() };
        format!("{formula}: {windows}, {} channels{groups}", self.channels)
    }
}

impl Depthwise {
    /// Zeros where the interpreter sums up.
    fn clear(&self, result: &mut [f32], pictures: usize) {
        let (map, places) = match self.side {
            Side::Weights => return result.fill(0.0),
            Side::Forward => (self.y, self.slides.windows()),
            Side::Inputs => (self.x, self.slides.places()),
        };
        (0..pictures * places).for_each(|place| result[map.at(place, 0)..][..self.channels].fill(0.0));
    }
}
