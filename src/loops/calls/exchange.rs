//! Brings together the nodes of trees over rows that processes are left with, each having some blocks of the rows: row 0 of the partials is the root then, the same in all of
//! them, or in each the columns that it goes on with.

use super::{Library, Reach, Region, Touch, Touched, params};
use crate::graph::{Blocks, Reduction};
use crate::loops::interpret::Machine;
use crate::loops::parts::Parts;
use crate::loops::work::{ELEMENT, Work};
use crate::loops::{BufferId, Cost, Domain};
use crate::peers::{Lengths, Slice};

#[derive(Clone, Debug, PartialEq)]
pub struct Exchange {
    pub nodes: Vec<Nodes>,
    /// Of rows; some of them are each process's.
    pub blocks: Blocks,
    /// Whether processes also tell each other that one of them is to end after this step: the last exchange of a step does.
    pub is_last: bool,
    /// Whether it is only begun here, and [`Arrive`](super::Arrive) waits for it.
    pub beside: bool,
}

/// Nodes of the tree over the blocks of one value, as a process that has some of the blocks is left with.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Nodes {
    pub partials: BufferId,
    /// Elements of one row of them.
    pub cols: usize,
    /// Whose shards were combined within each block.
    pub domain: Domain,
    pub join: Join,
    /// Which columns of the root a process is left with, if not with all.
    pub slice: Option<Slice>,
}

/// What a pair of nodes comes to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Join {
    Reduce(Reduction),
    /// Of channels, with so many places a row of the batch.
    Moments {
        places: usize,
    },
}

params! {
    /// In front of the addresses.
    pub struct ExchangeParams {
        /// Values: as many addresses follow, then as many [`NodesParams`].
        pub values,
        pub blocks,
        pub ranks,
        pub is_last,
        pub beside,
    }
}

params! {
    /// Of one value.
    pub struct NodesParams {
        pub cols,
        /// Shards of a block, if their number is known; else 0.
        pub shards,
        /// Rows of the batch of one shard; 0 if the number of shards is known.
        pub grain,
        /// 1 for a maximum, 0 for a sum.
        pub is_max,
        /// Places a row of the batch, of moments; else 0.
        pub places,
        /// See [`Slice`]; none where there are no shards.
        pub first_shard,
        pub all_shards,
    }
}

impl Nodes {
    pub(super) fn touched(&self) -> Touched {
        Touched {
            buffer: self.partials,
            touch: Touch::Update,
            region: Region::Partials { cols: self.cols, domain: self.domain },
            reach: Reach::All,
        }
    }

    /// The root, or what a process has of it.
    pub(super) fn text(&self, name: &dyn Fn(BufferId) -> String) -> String {
        let slice = if self.slice.is_some() { ", slice" } else { "" };
        format!("{}[0{slice}]", name(self.partials))
    }

    fn params(&self) -> NodesParams {
        let (shards, grain) = match self.domain.parts() {
            Parts::Const(shards) => (shards as u64, 0),
            Parts::BatchShards(grain) => (0, grain as u64),
            // Partials are left by shards.
            Parts::BatchPanels(_) | Parts::BatchTimes(_) => (1, 0),
        };
        let (is_max, places) = match self.join {
            Join::Reduce(reduction) => (u64::from(reduction == Reduction::Max), 0),
            Join::Moments { places } => (0, places as u64),
        };
        let (first_shard, all_shards) = words_of(self.slice);
        NodesParams { cols: self.cols as u64, shards, grain, is_max, places, first_shard, all_shards }
    }
}

impl Exchange {
    /// Bytes of the messages that a process sends in a step of `rows` rows.
    pub fn messages(&self, rows: usize) -> Vec<usize> {
        self.lengths().messages(self.blocks.runs(rows))
    }

    fn lengths(&self) -> Lengths {
        let mut lengths = Lengths::default();
        for nodes in &self.nodes {
            match (nodes.join, nodes.slice) {
                (Join::Moments { .. }, _) => lengths.moments += nodes.cols,
                (_, Some(slice)) => {
                    lengths.sliced += slice.elements(nodes.cols, 0, self.blocks.ranks()).len();
                }
                (_, None) => lengths.others += nodes.cols,
            }
        }
        lengths
    }
}

/// A slice as parameters.
pub(super) fn words_of(slice: Option<Slice>) -> (u64, u64) {
    slice.map_or((0, 0), |slice| (slice.first as u64, slice.all as u64))
}

impl Library for Exchange {
    fn word(&self) -> String {
        "exchange".to_string()
    }

    fn operands(&self) -> Vec<Touched> {
        self.nodes.iter().map(Nodes::touched).collect()
    }

    fn parts(&self) -> Parts {
        Parts::Const(1)
    }

    fn front(&self) -> Vec<u64> {
        let [values, blocks, ranks] =
            [self.nodes.len(), self.blocks.count(), self.blocks.ranks()].map(|n| n as u64);
        let [is_last, beside] = [self.is_last, self.beside].map(u64::from);
        ExchangeParams { values, blocks, ranks, is_last, beside }.words()
    }

    fn params(&self) -> Vec<u64> {
        self.nodes.iter().flat_map(|nodes| nodes.params().words()).collect()
    }

    /// Bytes are those that a process sends.
    fn cost(&self, rows: usize) -> Cost {
        let sent = self.messages(rows).iter().sum();
        Cost { flops: sent / 8, bytes: sent }
    }

    fn work(&self) -> Work {
        let Lengths { moments, sliced, others } = self.lengths();
        Work::each(false, ELEMENT * (moments + sliced + others) as f64)
    }

    /// Whoever interprets a program has all blocks: what was combined is the root.
    fn interpret(&self, _: &mut Machine<'_>) {}

    fn print(&self, name: &dyn Fn(BufferId) -> String) -> String {
        let names: Vec<String> = self.nodes.iter().map(|nodes| nodes.text(name)).collect();
        let ranks = self.blocks.ranks();
        let stop = if self.is_last { ", and whether to stop" } else { "" };
        let begun = if self.beside { "begun: " } else { "" };
        format!("{begun}{} = tree over the blocks of {ranks} ranks{stop}", names.join(", "))
    }
}
