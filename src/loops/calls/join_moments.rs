//! Brings moments of shards together in the fixed tree (stride 1, 2, 4, ...) in row 0, each pair as Chan, Golub and LeVeque do: those of each block of
//! rows in the block's first, then these.

use super::exchange::{Join, Nodes};
use super::slides::grain;
use super::{Library, Reach, Region, Touch, Touched, params};
use crate::graph::{Blocks, Dim};
use crate::kernels::moments::Joined;
use crate::loops::interpret::Machine;
use crate::loops::parts::Parts;
use crate::loops::work::{ELEMENT, Work};
use crate::loops::{BufferId, Cost, Domain, print};

#[derive(Clone, Debug, PartialEq)]
pub struct JoinMoments {
    pub partials: BufferId,
    /// Of a row of the batch.
    pub places: usize,
    pub channels: usize,
    pub blocks: Blocks,
}

params! {
    /// Of the host's function. A shard is of `grain` rows of the batch, within one of the blocks.
    pub struct JoinMomentsParams {
        pub grain,
        pub places,
        pub channels,
        pub blocks,
        pub ranks,
    }
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
        let [blocks, ranks] = [self.blocks.count(), self.blocks.ranks()].map(|n| n as u64);
        JoinMomentsParams { grain, places, channels: self.channels as u64, blocks, ranks }.words()
    }

    fn cost(&self, rows: usize) -> Cost {
        let shards = self.blocks.count() * self.domain().shards(self.blocks.rows(rows)).max(1);
        let elements = 2 * self.channels * shards;
        Cost { flops: 3 * elements, bytes: 4 * elements }
    }

    fn leaves_nodes(&self) -> Option<Nodes> {
        let Self { partials, places, channels, .. } = *self;
        let (domain, join) = (self.domain(), Join::Moments { places });
        (self.blocks.ranks() > 1).then_some(Nodes { partials, cols: 2 * channels, domain, join, slice: None })
    }

    fn work(&self) -> Work {
        Work::each(false, ELEMENT * 2.0 * self.channels as f64)
    }

    fn interpret(&self, machine: &mut Machine<'_>) {
        let (places, channels, rows) = (self.places, self.channels, machine.rows());
        let block = self.blocks.rows(rows);
        let (shard, room) = (grain(places) * places, self.domain().shards(block));
        let joined = Joined { channels, shard, block: block * places, room, places: rows * places };
        joined.join(machine.floats_mut(self.partials));
    }

    fn print(&self, name: &dyn Fn(BufferId) -> String) -> String {
        let (to, places, blocks) = (name(self.partials), self.places, print::in_blocks(self.blocks));
        format!("{to}[0] = tree of moments over shards of {places} places a row{blocks}")
    }
}
