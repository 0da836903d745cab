//! Filters of 3x3 turned for Winograd's convolutions: sixteen matrices that are made of parameters alone, once a step or once a binding.

use super::{Extent, Library, Reach, Region, Touch, Touched, params};
use crate::kernels::conv::winograd::{CHANNELS, PRODUCTS};
use crate::loops::interpret::Machine;
use crate::loops::parts::Parts;
use crate::loops::work::{ELEMENT, Work};
use crate::loops::{BufferId, Cost};

/// The rows of the matrix that turns a filter, along each of its axes.
const TURN: [[f32; 3]; 4] = [[1.0, 0.0, 0.0], [0.5, 0.5, 0.5], [0.5, -0.5, 0.5], [0.0, 0.0, 1.0]];
/// What finds the filter again in the turned one.
const BACK: [[f32; 4]; 3] = [[1.0, 0.0, 0.0, 0.0], [0.0, 1.0, -1.0, 0.0], [0.0, 0.0, 0.0, 1.0]];

/// `to = G w G'` of the filters `from`, `[3, 3, channels, filters]`: `[4, 4, channels, filters]`; for gradients of inputs those of the filters
/// turned by half a turn, `[4, 4, filters, channels]`.
#[derive(Clone, Debug, PartialEq)]
pub struct Turn {
    pub from: BufferId,
    pub to: BufferId,
    pub channels: usize,
    pub filters: usize,
    pub inputs: bool,
}

params! {
    /// Of the host's function, whose parts are runs of channels.
    pub struct TurnParams {
        pub channels,
        pub filters,
        pub inputs,
    }
}

impl Turn {
    /// Where the element of a turned filter lies.
    pub fn at(inputs: bool, (channels, filters): (usize, usize), q: usize, c: usize, f: usize) -> usize {
        let mirrored = |place: usize| [3, 1, 2, 0][place];
        match inputs {
            false => (q * channels + c) * filters + f,
            true => ((4 * mirrored(q / 4) + mirrored(q % 4)) * filters + f) * channels + c,
        }
    }

    /// The filters `[3, 3, channels, filters]` that were turned.
    pub fn back(inputs: bool, (channels, filters): (usize, usize), turned: &[f32]) -> Vec<f32> {
        let mut w = vec![0.0; 9 * channels * filters];
        for (i, w) in w.iter_mut().enumerate() {
            let (tap, c, f) = (i / (channels * filters), i / filters % channels, i % filters);
            for q in 0..PRODUCTS {
                let share = BACK[tap / 3][q / 4] * BACK[tap % 3][q % 4];
                *w += share * turned[Self::at(inputs, (channels, filters), q, c, f)];
            }
        }
        w
    }

    fn elements(&self) -> usize {
        self.channels * self.filters
    }
}

impl Library for Turn {
    fn word(&self) -> String {
        "turn".to_string()
    }

    fn operands(&self) -> Vec<Touched> {
        let whole = |buffer, touch, len| {
            let region = Region::Whole(Extent { batch: false, len });
            Touched { buffer, touch, region, reach: Reach::All }
        };
        let own = self.elements();
        vec![whole(self.from, Touch::Read, 9 * own), whole(self.to, Touch::Write, PRODUCTS * own)]
    }

    fn parts(&self) -> Parts {
        Parts::Const(self.channels.div_ceil(CHANNELS))
    }

    fn params(&self) -> Vec<u64> {
        let (channels, filters) = (self.channels as u64, self.filters as u64);
        TurnParams { channels, filters, inputs: u64::from(self.inputs) }.words()
    }

    fn cost(&self, _: usize) -> Cost {
        Cost { flops: 50 * self.elements(), bytes: 4 * (9 + PRODUCTS) * self.elements() }
    }

    fn work(&self) -> Work {
        Work::each(false, ELEMENT * (PRODUCTS * self.elements()) as f64)
    }

    fn interpret(&self, machine: &mut Machine<'_>) {
        let own = self.elements();
        let w = machine.floats(self.from)[..9 * own].to_vec();
        let turned = machine.floats_mut(self.to);
        for (q, c, f) in
            (0..PRODUCTS * own).map(|i| (i / own, i / self.filters % self.channels, i % self.filters))
        {
            let tap = |tap: usize| {
                TURN[q / 4][tap / 3] * TURN[q % 4][tap % 3] * w[tap * own + c * self.filters + f]
            };
            turned[Self::at(self.inputs, (self.channels, self.filters), q, c, f)] = (0..9).map(tap).sum();
        }
    }

    fn print(&self, name: &dyn Fn(BufferId) -> String) -> String {
        let half = if self.inputs { ", turned by half a turn" } else { "" };
        format!(
            "{} = G {} G'{half}: {} to {} channels",
            name(self.to),
            name(self.from),
            self.channels,
            self.filters
        )
    }
}
