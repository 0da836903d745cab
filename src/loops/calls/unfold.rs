//! Windows written down as they are, and sums of what overlaps of such: for the few windows that no other kernel looks through, such as those that
//! count the places of a pool at the border.

use super::slides::Slides;
use super::{Extent, Library, Reach, Region, Touch, Touched, params};
use crate::loops::interpret::Machine;
use crate::loops::parts::Parts;
use crate::loops::work::{ELEMENT, Work};
use crate::loops::{BufferId, Cost};

#[derive(Clone, Debug, PartialEq)]
pub struct Unfold {
    /// The value, in front of whose windowed axes there are `outer` others, and `rest` behind.
    pub value: BufferId,
    pub windows: BufferId,
    pub outer: Extent,
    /// `pictures` is 1.
    pub slides: Slides,
    pub rest: usize,
    /// What stands in the border; none where the value is the sums of the windows.
    pub pad: Option<f32>,
}

params! {
    /// Of the host's function, which has one part, followed by the two axes of the windows.
    pub struct UnfoldParams {
        pub outer_batch,
        pub outer_len,
        pub rest,
        /// 1 where sums are made of the windows.
        pub sums,
        /// Bits of what stands in the border.
        pub pad,
    }
}

impl Unfold {
    fn sizes(&self) -> (usize, usize) {
        let places = self.slides.places() * self.rest;
        (places, self.slides.windows() * self.slides.taps() * self.rest)
    }
}

impl Library for Unfold {
    fn word(&self) -> String {
        if self.pad.is_some() { "windows" } else { "overlap" }.to_string()
    }

    fn operands(&self) -> Vec<Touched> {
        let (value, windows) = self.sizes();
        let whole = |buffer, len: usize, written: bool| Touched {
            buffer,
            touch: if written { Touch::Write } else { Touch::Read },
            region: Region::Whole(Extent { batch: self.outer.batch, len: self.outer.len * len }),
            reach: Reach::All,
        };
        let spread = self.pad.is_some();
        vec![whole(self.value, value, !spread), whole(self.windows, windows, spread)]
    }

    fn check(&self) -> Result<(), String> {
        self.slides.check()
    }

    fn parts(&self) -> Parts {
        Parts::Const(1)
    }

    fn params(&self) -> Vec<u64> {
        let own = UnfoldParams {
            outer_batch: u64::from(self.outer.batch),
            outer_len: self.outer.len as u64,
            rest: self.rest as u64,
            sums: u64::from(self.pad.is_none()),
            pad: u64::from(self.pad.unwrap_or(0.0).to_bits()),
        };
        [own.words(), self.slides.words()].concat()
    }

    fn cost(&self, rows: usize) -> Cost {
        let (value, windows) = self.sizes();
        let outer = self.outer.of(rows);
        Cost { flops: outer * windows, bytes: 4 * outer * (value + windows) }
    }

    fn work(&self) -> Work {
        Work::each(self.outer.batch, ELEMENT * (self.outer.len * self.sizes().1) as f64)
    }

    fn interpret(&self, machine: &mut Machine<'_>) {
        let outer = self.outer.of(machine.rows());
        let ((value, windows), rest) = (self.sizes(), self.rest);
        let (from, to) = match self.pad {
            Some(_) => (self.value, self.windows),
            None => (self.windows, self.value),
        };
        let from = machine.floats(from).to_vec();
        let to = machine.floats_mut(to);
        to.fill(self.pad.unwrap_or(0.0));
        for o in 0..outer {
            for (window, tap, place) in self.slides.covered() {
                let spread = o * windows + (window * self.slides.taps() + tap) * rest;
                let own = o * value + place * rest;
                for r in 0..rest {
                    match self.pad {
                        Some(_) => to[spread + r] = from[own + r],
                        None => to[own + r] += from[spread + r],
                    }
                }
            }
        }
    }

    fn print(&self, name: &dyn Fn(BufferId) -> String) -> String {
        let (value, windows, text) = (name(self.value), name(self.windows), self.slides.text());
        match self.pad {
            Some(_) => format!("{windows} = windows of {value}: {text}"),
            None => format!("{value} = sums of {windows}: {text}"),
        }
    }
}
