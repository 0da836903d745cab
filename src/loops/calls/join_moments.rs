//! Brings moments of shards together in the fixed tree (stride 1, 2, 4, ...) in row 0, each pair as Chan, Golub and LeVeque do.

use super::moments::MomentsParams;
use super::slides::grain;
use super::{Library, Reach, Region, Touch, Touched};
use crate::graph::Dim;
use crate::kernels::moments::combine;
use crate::loops::interpret::Machine;
use crate::loops::parts::Parts;
use crate::loops::work::{ELEMENT, Work};
use crate::loops::{BufferId, Cost, Domain};

#[derive(Clone, Debug, PartialEq)]
pub struct JoinMoments {
    pub partials: BufferId,
    /// Of a row of the batch.
    pub places: usize,
    pub channels: usize,
}

impl JoinMoments {
    fn domain(&self) -> Domain {
        Domain::nest(Dim::Batch, [1, 1, self.places])
    }
}

impl Library for JoinMoments {
    fn word(&self) -> String {
        "join_moments".to_string()
    }

    fn operands(&self) -> Vec<Touched> {
        vec![Touched {
            buffer: self.partials,
            touch: Touch::Update,
            region: Region::Partials { cols: 2 * self.channels, domain: self.domain() },
            reach: Reach::All,
        }]
    }

    fn parts(&self) -> Parts {
        Parts::Const(1)
    }

    fn params(&self) -> Vec<u64> {
        let (grain, places) = (grain(self.places) as u64, self.places as u64);
        MomentsParams { grain, places, channels: self.channels as u64 }.words()
    }

    fn cost(&self, rows: usize) -> Cost {
        let elements = 2 * self.channels * self.domain().shards(rows).max(1);
        Cost { flops: 3 * elements, bytes: 4 * elements }
    }

    fn work(&self) -> Work {
        Work::each(false, ELEMENT * 2.0 * self.channels as f64)
    }

    fn interpret(&self, machine: &mut Machine<'_>) {
        let (each, places) = (grain(self.places) * self.places, machine.rows() * self.places);
        combine(machine.floats_mut(self.partials), self.channels, each, places);
    }

    fn print(&self, name: &dyn Fn(BufferId) -> String) -> String {
        format!("{}[0] = tree of moments over shards of {} places a row", name(self.partials), self.places)
    }
}
