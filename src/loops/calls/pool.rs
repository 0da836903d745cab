//! Pools whose windows reach into the border, and the derivatives of all pools. (A loop folds windows that lie within their map.)
//!
//! The derivative of a maximum looks for its element again: no buffer holds its place.

use super::slides::{Map, Slides, grain};
use super::{Library, Touch, Touched, params};
use crate::graph::Reduction;
use crate::loops::interpret::Machine;
use crate::loops::parts::Parts;
use crate::loops::work::{ELEMENT, Work};
use crate::loops::{BufferId, Cost, print};

#[derive(Clone, Debug, PartialEq)]
pub struct Pool {
    pub reduction: Reduction,
    pub slides: Slides,
    pub channels: usize,
    /// The pictures. Those of the derivative of a sum are not looked at, and are `to`.
    pub x: Map,
    /// The windows, or their gradients.
    pub y: Map,
    /// Of a derivative: the gradient of the pictures.
    pub to: Option<BufferId>,
}

params! {
    /// Of the host's function, followed by the two axes of the windows. Parts are shards of `grain` rows of the batch.
    pub struct PoolParams {
        /// 1 for a maximum, 0 for a sum.
        pub is_max,
        pub backward,
        pub grain,
        pub pictures,
        pub channels,
        pub x_offset,
        pub x_pixel,
        pub y_offset,
        pub y_pixel,
    }
}

impl Pool {
    fn is_max(&self) -> bool {
        self.reduction != Reduction::Sum
    }

    fn grain(&self) -> usize {
        let places = if self.to.is_some() { self.slides.places() } else { self.slides.windows() };
        grain(places * self.slides.pictures)
    }

    fn elements(&self) -> usize {
        self.slides.pictures * self.slides.windows() * self.slides.taps() * self.channels
    }
}

impl Library for Pool {
    fn word(&self) -> String {
        let backward = if self.to.is_some() { "_backward" } else { "" };
        format!("pool_{}{backward}", print::reduce(self.reduction))
    }

    fn operands(&self) -> Vec<Touched> {
        let (grain, pictures) = (Some(self.grain()), self.slides.pictures);
        let (places, windows) = (self.slides.places() * pictures, self.slides.windows() * pictures);
        let touch = if self.to.is_some() { Touch::Read } else { Touch::Write };
        let own = Map { buffer: self.to.unwrap_or(self.x.buffer), pixel: self.channels, offset: 0 };
        let mut operands = vec![
            self.x.touched(Touch::Read, places, self.channels, grain),
            self.y.touched(touch, windows, self.channels, grain),
            own.touched(Touch::Write, places, self.channels, grain),
        ];
        match self.to {
            None => operands.truncate(2),
            Some(_) if !self.is_max() => operands[0].touch = Touch::Write,
            Some(_) => {}
        }
        // The row has three addresses whatever the kernel looks at.
        operands.resize(3, operands[0]);
        operands
    }

    fn check(&self) -> Result<(), String> {
        self.slides.check()?;
        match self.channels > 0 && self.channels <= self.x.pixel && self.channels <= self.y.pixel {
            true => Ok(()),
            false => Err("places of a pool overlap".to_string()),
        }
    }

    fn parts(&self) -> Parts {
        Parts::BatchShards(self.grain())
    }

    fn params(&self) -> Vec<u64> {
        let own = PoolParams {
            is_max: u64::from(self.is_max()),
            backward: u64::from(self.to.is_some()),
            grain: self.grain() as u64,
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
        // The derivative of a maximum reads the pictures besides what it leaves of them.
        let pictures = if self.to.is_some() && self.is_max() { 2 } else { 1 };
        let maps = pictures * self.slides.places() + self.slides.windows();
        Cost { flops: rows * self.elements(), bytes: 4 * rows * maps * self.slides.pictures * self.channels }
    }

    fn work(&self) -> Work {
        Work::each(true, ELEMENT * self.elements() as f64)
    }

    fn interpret(&self, machine: &mut Machine<'_>) {
        let pictures = machine.rows() * self.slides.pictures;
        let x = machine.floats(self.x.buffer).to_vec();
        let y = machine.floats(self.y.buffer).to_vec();
        let result = machine.floats_mut(self.to.unwrap_or(self.y.buffer));
        let windows = self.slides.windows();
        let mut covered = vec![Vec::new(); windows];
        self.slides.covered().for_each(|(window, _, place)| covered[window].push(place));
        if self.to.is_some() {
            result[..pictures * self.slides.places() * self.channels].fill(0.0);
        }
        for picture in 0..pictures {
            for (window, places) in covered.iter().enumerate() {
                for c in 0..self.channels {
                    let at = |place: usize| picture * self.slides.places() + place;
                    let own = self.y.at(picture * windows + window, c);
                    let value = |place: usize| x[self.x.at(at(place), c)];
                    match self.to {
                        None => result[own] = self.folded(places.iter().map(|p| value(*p))),
                        Some(_) if !self.is_max() => {
                            places.iter().for_each(|p| result[at(*p) * self.channels + c] += y[own]);
                        }
                        Some(_) => {
                            let higher = |a: usize, b: usize| if value(a) < value(b) { b } else { a };
                            if let Some(first) = places.iter().copied().reduce(higher) {
                                result[at(first) * self.channels + c] += y[own];
                            }
                        }
                    }
                }
            }
        }
    }

    fn print(&self, name: &dyn Fn(BufferId) -> String) -> String {
        let (x, y) = (self.x.print(self.channels, name), self.y.print(self.channels, name));
        let (reduction, windows) = (print::reduce(self.reduction), self.slides.text());
        match self.to {
            None => format!("{y} = {reduction} of {x}: {windows}"),
            Some(to) if self.is_max() => {
                format!("{} = {y} at the first {reduction} of {x}: {windows}", name(to))
            }
            Some(to) => format!("{} = sums of {y}: {windows}", name(to)),
        }
    }
}

impl Pool {
    fn folded(&self, values: impl Iterator<Item = f32>) -> f32 {
        match self.is_max() {
            true => values.fold(f32::NEG_INFINITY, |top, x| if x < top { top } else { x }),
            false => values.fold(0.0, |sum, x| sum + x),
        }
    }
}
