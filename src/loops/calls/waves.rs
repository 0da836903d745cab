//! Sines and cosines of places: a table that depends on nothing.

use super::{Extent, Library, Reach, Region, Touch, Touched, params};
use crate::loops::interpret::Machine;
use crate::loops::parts::Parts;
use crate::loops::work::{ELEMENT, Work};
use crate::loops::{BufferId, Cost};
use crate::math::waves;

/// `to[place]` = sines and cosines of the place, [`waves`].
#[derive(Clone, Debug, PartialEq)]
pub struct Waves {
    pub to: BufferId,
    pub places: usize,
    pub width: usize,
    pub apart: bool,
}

params! {
    /// Of the host's function, whose only part is the whole.
    pub struct WavesParams {
        pub places,
        pub width,
        pub apart,
    }
}

impl Library for Waves {
    fn word(&self) -> String {
        "waves".to_string()
    }

    fn operands(&self) -> Vec<Touched> {
        let region = Region::Whole(Extent { batch: false, len: self.places * self.width });
        vec![Touched { buffer: self.to, touch: Touch::Write, region, reach: Reach::All }]
    }

    fn parts(&self) -> Parts {
        Parts::Const(1)
    }

    fn params(&self) -> Vec<u64> {
        let own = WavesParams {
            places: self.places as u64,
            width: self.width as u64,
            apart: u64::from(self.apart),
        };
        own.words()
    }

    fn cost(&self, _rows: usize) -> Cost {
        Cost { flops: 0, bytes: 4 * self.places * self.width }
    }

    fn work(&self) -> Work {
        Work::each(false, 8.0 * ELEMENT * (self.places * self.width) as f64)
    }

    fn interpret(&self, machine: &mut Machine<'_>) {
        let values = waves(self.places, self.width, self.apart);
        machine.floats_mut(self.to)[..values.len()].copy_from_slice(&values);
    }

    fn print(&self, name: &dyn Fn(BufferId) -> String) -> String {
        let how = if self.apart { ", sines first" } else { "" };
        format!("{} = waves of {} places, {} numbers each{how}", name(self.to), self.places, self.width)
    }
}
