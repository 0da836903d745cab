//! A convolution of the maps of a batch, or one of its derivatives, as products of patches.
//!
//! With `x` the pictures, `w` the weights and `y` the result, or the gradients in their places:
//! - forward: `y[window] = sum over taps and channels of x[window, tap] w[tap]`, in shards of pictures;
//! - inputs: `x[place] = sum of y[window] w[tap]` over the windows whose tap lies on the place, in shards of pictures;
//! - weights: `w[tap] = sum over windows of x[window, tap] y[window]`, as eight groups of consecutive pictures whose partials are to be combined,
//!   or, where those would be large, by tap and panel of filters (in tiles, by panel), each part over all pictures in order.
//!
//! Windows of 3x3 that move by one place are made in tiles, by Winograd's filtering, where that is less work ([`pays`]).

use super::attend::Draws;
use super::product::Matrix;
use super::slides::{Map, Slides, grain};
use super::turn::Turn;
use super::{Axis, Extent, Library, Reach, Region, Touch, Touched, params};
use crate::graph::{Dim, ScalarId, SiteId, Slide};
use crate::kernels::conv::{WEIGHT_COLUMNS, winograd};
use crate::loops::interpret::Machine;
use crate::loops::parts::Parts;
use crate::loops::work::{READ, Work};
use crate::loops::{AXES, BufferId, Cost, Domain};

/// Groups of pictures whose gradients of weights are partials, and elements of weights that are worth so many copies (1 MiB each).
pub const GROUPS: usize = 8;
const GROUPS_MOST: usize = 1 << 18;

/// Which of the three is computed from the other two.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Side {
    Forward,
    Inputs,
    Weights,
}

impl Side {
    /// As functions of the host are told it.
    pub fn word(self) -> u64 {
        match self {
            Side::Forward => Side::FORWARD,
            Side::Inputs => Side::INPUTS,
            Side::Weights => Side::WEIGHTS,
        }
    }

    pub const FORWARD: u64 = 0;
    pub const INPUTS: u64 = 1;
    pub const WEIGHTS: u64 = 2;
}

/// Rows that partials of so many groups have.
pub fn rows_of_groups(groups: usize) -> Domain {
    Domain::Rows { rows: Dim::Const(groups), inner: [1; AXES], grain: 1 }
}

#[derive(Clone, Debug, PartialEq)]
pub struct Conv {
    pub side: Side,
    pub slides: Slides,
    /// Of the input that a filter sees.
    pub channels: usize,
    pub filters: usize,
    pub x: Map,
    /// Whether tiles of results are made by Winograd's filtering: 3x3 windows that move by one place.
    pub winograd: bool,
    /// Of the pictures, where the weights are partials: [`GROUPS`], or fewer where they are of one block of rows among several.
    pub groups: usize,
    /// A row for each tap and channel, of all filters. Where tiles are made of them, they are turned ([`Turn`]).
    pub w: Matrix,
    pub y: Map,
    /// Of the gradient of inputs: the mask of whole channels through which alone it is read. What that drops is left out of tiles at rates at which this pays.
    pub read: Option<Read>,
}

/// A mask of a row and its channels.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Read {
    pub draws: Draws,
    /// Number of the first channel's unit.
    pub unit: usize,
}

params! {
    /// Of the host's function, followed by the two axes of the windows. Parts are shards of `grain` rows of the batch; of gradients of weights, where that is 0, `groups` groups of
    /// pictures, or taps and panels of filters (in tiles, panels) where that is 0 too.
    pub struct ConvParams {
        pub side,
        pub winograd,
        pub grain,
        pub groups,
        pub pictures,
        pub channels,
        pub filters,
        pub x_offset,
        pub x_pixel,
        pub w_offset,
        pub w_stride,
        pub y_offset,
        pub y_pixel,
        /// Whether there is a mask through which the result is read; and what it is drawn by.
        pub is_masked,
        pub unit,
        pub site,
        pub by_update,
        pub scalar,
    }
}

impl Conv {
    /// Elements of the weights.
    fn weights(&self) -> usize {
        self.slides.taps().saturating_mul(self.channels).saturating_mul(self.filters)
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
        self.side == Side::Weights && self.weights() <= GROUPS_MOST
    }

    /// Whether it reads weights that are turned.
    pub fn is_turned(&self) -> bool {
        self.winograd && self.side != Side::Weights
    }

    /// Elements of a row of the weights.
    fn row(&self) -> usize {
        match self.winograd && self.side == Side::Inputs {
            true => self.channels,
            false => self.filters,
        }
    }

    fn panels(&self) -> usize {
        self.filters.div_ceil(WEIGHT_COLUMNS)
    }

    fn products(&self) -> usize {
        self.slides.pictures * self.slides.windows() * self.weights()
    }
}

/// Whether tiles of 2x2 results are less work than windows. By shapes alone: channels that fill vectors, and maps that tiles fill.
pub fn pays(slides: &Slides, channels: usize, filters: usize) -> bool {
    /// Below it turning costs more than products save.
    const LEAST: usize = 16;
    /// Elements of vectors that a rest of the channels would leave to single numbers.
    const VECTOR: usize = 8;
    let both = [slides.rows, slides.cols];
    let tiles: usize = both.iter().map(|s| s.count().div_ceil(2)).product();
    let filled = 4 * tiles * 2 <= 3 * slides.windows();
    let wide = [channels, filters].iter().all(|n| *n >= LEAST && n % VECTOR == 0);
    let moves = |s: &Slide| (s.size, s.stride, s.dilation) == (3, 1, 1) && s.before <= 2;
    both.iter().all(moves) && filled && wide
}

impl Library for Conv {
    fn word(&self) -> String {
        match self.side {
            Side::Forward => "conv",
            Side::Inputs => "conv_inputs",
            Side::Weights => "conv_weights",
        }
        .to_string()
    }

    fn operands(&self) -> Vec<Touched> {
        let touch = |side| if self.side == side { Touch::Write } else { Touch::Read };
        let pictures = self.slides.pictures;
        let axis = |len, step| Axis { count: Extent { batch: false, len }, step };
        let one = axis(1, 0);
        let rows = axis(self.slides.taps() * self.channels, self.w.stride);
        let region = match self.in_groups() {
            true => Region::Partials { cols: self.weights(), domain: rows_of_groups(self.groups) },
            false if self.is_turned() => {
                let len = winograd::PRODUCTS * self.channels * self.filters;
                Region::Whole(Extent { batch: false, len })
            }
            false => Region::Grid { offset: self.w.offset, axes: [rows, axis(self.filters, 1), one, one] },
        };
        let weights =
            Touched { buffer: self.w.buffer, touch: touch(Side::Weights), region, reach: Reach::All };
        vec![
            self.x.touched(touch(Side::Inputs), self.slides.places() * pictures, self.channels, self.grain()),
            weights,
            self.y.touched(
                touch(Side::Forward),
                self.slides.windows() * pictures,
                self.filters,
                self.grain(),
            ),
        ]
    }

    fn scalars(&self) -> Vec<ScalarId> {
        self.read.iter().map(|read| read.draws.q).collect()
    }

    fn sites(&self) -> Vec<SiteId> {
        self.read.iter().map(|read| read.draws.site).collect()
    }

    fn check(&self) -> Result<(), String> {
        self.slides.check()?;
        if self.read.is_some() && !(self.winograd && self.side == Side::Inputs) {
            return Err("only a gradient of inputs in tiles is read through a mask".to_string());
        }
        let apart =
            self.channels <= self.x.pixel && self.filters <= self.y.pixel && self.row() <= self.w.stride;
        if !apart || self.channels == 0 || self.filters == 0 || self.w.transposed {
            return Err("places or weights of a convolution overlap".to_string());
        }
        let slides = [self.slides.rows, self.slides.cols];
        let filtered = slides.iter().all(|s| (s.size, s.stride, s.dilation) == (3, 1, 1));
        let solid = self.w.offset == 0 && self.w.stride == self.row();
        if self.winograd && !(filtered && solid) {
            return Err("no tiles of windows of 3x3".to_string());
        }
        if self.in_groups() && (self.w.offset != 0 || self.w.stride != self.filters) {
            return Err("partials of weights have gaps".to_string());
        }
        Ok(())
    }

    fn parts(&self) -> Parts {
        match self.grain() {
            Some(grain) => Parts::BatchShards(grain),
            None if self.in_groups() => Parts::Const(self.groups),
            None if self.winograd => Parts::Const(self.panels()),
            None => Parts::Const(self.slides.taps() * self.panels()),
        }
    }

    fn params(&self) -> Vec<u64> {
        let own = ConvParams {
            side: self.side.word(),
            winograd: u64::from(self.winograd),
            grain: self.grain().unwrap_or(0) as u64,
            groups: if self.in_groups() { self.groups as u64 } else { 0 },
            pictures: self.slides.pictures as u64,
            channels: self.channels as u64,
            filters: self.filters as u64,
            x_offset: self.x.offset as u64,
            x_pixel: self.x.pixel as u64,
            w_offset: self.w.offset as u64,
            w_stride: self.w.stride as u64,
            y_offset: self.y.offset as u64,
            y_pixel: self.y.pixel as u64,
            is_masked: u64::from(self.read.is_some()),
            unit: self.read.map_or(0, |read| read.unit as u64),
            site: self.read.map_or(0, |read| u64::from(read.draws.site.0)),
            by_update: self.read.map_or(0, |read| u64::from(read.draws.by_update)),
            scalar: self.read.map_or(0, |read| u64::from(read.draws.q.0)),
        };
        [own.words(), self.slides.words()].concat()
    }

    fn cost(&self, rows: usize) -> Cost {
        let (x, y) = (self.slides.places() * self.channels, self.slides.windows() * self.filters);
        let groups = if self.in_groups() { self.groups } else { 1 };
        let maps = rows * self.slides.pictures * (x + y);
        Cost { flops: 2 * rows * self.products(), bytes: 4 * (maps + groups * self.weights()) }
    }

    fn work(&self) -> Work {
        let mut work = Work::each(true, self.products() as f64);
        work.fixed += READ * self.weights() as f64;
        work
    }

    fn multiplies(&self) -> bool {
        true
    }

    fn interpret(&self, machine: &mut Machine<'_>) {
        let pictures = machine.rows() * self.slides.pictures;
        let written = match self.side {
            Side::Forward => self.y.buffer,
            Side::Inputs => self.x.buffer,
            Side::Weights => self.w.buffer,
        };
        let (x, w, y) = (self.x.buffer, self.w.buffer, self.y.buffer);
        let copy = |id: BufferId| if id == written { Vec::new() } else { machine.floats(id).to_vec() };
        let (x, mut w, y) = (copy(x), copy(w), copy(y));
        let mut rows = self.w;
        if self.is_turned() {
            w = Turn::back(self.side == Side::Inputs, (self.channels, self.filters), &w);
            rows.stride = self.filters;
        }
        let group = (machine.rows().div_ceil(self.groups) * self.slides.pictures).max(1);
        let result = machine.floats_mut(written);
        self.clear(result, pictures);
        for picture in 0..pictures {
            for (window, tap, place) in self.slides.covered() {
                let place = picture * self.slides.places() + place;
                let window = picture * self.slides.windows() + window;
                let partial = if self.in_groups() { picture / group * self.weights() } else { 0 };
                for c in 0..self.channels {
                    let row = rows.offset + (tap * self.channels + c) * rows.stride;
                    for f in 0..self.filters {
                        let (i, j, k) = (self.x.at(place, c), row + f, self.y.at(window, f));
                        match self.side {
                            Side::Forward => result[k] += x[i] * w[j],
                            Side::Inputs => result[i] += w[j] * y[k],
                            Side::Weights => result[partial + j] += x[i] * y[k],
                        }
                    }
                }
            }
        }
        self.drop_unread(machine);
    }

    fn print(&self, name: &dyn Fn(BufferId) -> String) -> String {
        let (x, y) = (self.x.print(self.channels, name), self.y.print(self.filters, name));
        let (w, windows) = (name(self.w.buffer), self.slides.text());
        let (channels, filters) = (self.channels, self.filters);
        let formula = match self.side {
            Side::Forward => format!("{y} = conv {x}, {w}"),
            Side::Inputs => format!("{x} = inputs of conv {y}, {w}"),
            Side::Weights => format!("{w} = weights of conv {x}, {y}"),
        };
        let groups = if self.in_groups() { format!(", in {} groups", self.groups) } else { String::new() };
        let tiles = if self.winograd { ", in tiles of 2x2" } else { "" };
        let read = if self.read.is_some() { ", without the channels that a row drops" } else { "" };
        format!("{formula}: {windows}, {channels} to {filters} channels{groups}{tiles}{read}")
    }
}

impl Conv {
    /// Zeros in the channels of each row that the mask drops, where the kernel leaves them out.
    fn drop_unread(&self, machine: &mut Machine<'_>) {
        let Some(Read { draws, unit }) = self.read else { return };
        let q = machine.word(draws.q);
        if !winograd::pays(q) {
            return;
        }
        let places = self.slides.places() * self.slides.pictures;
        for row in 0..machine.rows() {
            let key = machine.row_key(draws.site, row, draws.by_update);
            let dropped: Vec<usize> =
                (0..self.channels).filter(|c| !crate::draws::kept(key, (unit + c) as u32, q)).collect();
            let x = machine.floats_mut(self.x.buffer);
            for place in row * places..(row + 1) * places {
                dropped.iter().for_each(|channel| x[self.x.at(place, *channel)] = 0.0);
            }
        }
    }

    /// Zeros where the interpreter sums up.
    fn clear(&self, result: &mut [f32], pictures: usize) {
        match self.side {
            Side::Weights => result.fill(0.0),
            Side::Forward => {
                for place in 0..pictures * self.slides.windows() {
                    result[self.y.at(place, 0)..][..self.filters].fill(0.0);
                }
            }
            Side::Inputs => {
                for place in 0..pictures * self.slides.places() {
                    result[self.x.at(place, 0)..][..self.channels].fill(0.0);
                }
            }
        }
    }
}
