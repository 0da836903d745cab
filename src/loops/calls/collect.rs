//! Makes values whole again of which each process has changed a slice.

use super::exchange::words_of;
use super::{Extent, Library, Reach, Region, Touch, Touched, params};
use crate::graph::Blocks;
use crate::loops::interpret::Machine;
use crate::loops::parts::Parts;
use crate::loops::work::{ELEMENT, Work};
use crate::loops::{BufferId, Cost};
use crate::peers::{Slice, collected};

#[derive(Clone, Debug, PartialEq)]
pub struct Collect {
    pub values: Vec<Sliced>,
    /// Whose processes have slices.
    pub blocks: Blocks,
}

/// A value of which each process has changed a slice.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Sliced {
    pub buffer: BufferId,
    /// Elements.
    pub len: usize,
    pub slice: Slice,
}

params! {
    /// In front of the addresses.
    pub struct CollectParams {
        /// As many addresses follow, then as many [`SlicedParams`].
        pub values,
    }
}

params! {
    /// Of one value.
    pub struct SlicedParams {
        pub len,
        pub first_shard,
        pub all_shards,
    }
}

impl Collect {
    /// Bytes of the messages that a process sends.
    pub fn messages(&self) -> Vec<usize> {
        let ranks = self.blocks.ranks();
        // The first process has as much of each numbering as any.
        collected(self.values.iter().map(|own| own.slice.elements(own.len, 0, ranks).len()).sum(), ranks)
    }
}

impl Library for Collect {
    fn word(&self) -> String {
        "collect".to_string()
    }

    fn operands(&self) -> Vec<Touched> {
        let touched = |value: &Sliced| Touched {
            buffer: value.buffer,
            touch: Touch::Update,
            region: Region::Whole(Extent { batch: false, len: value.len }),
            reach: Reach::All,
        };
        self.values.iter().map(touched).collect()
    }

    fn parts(&self) -> Parts {
        Parts::Const(1)
    }

    fn front(&self) -> Vec<u64> {
        CollectParams { values: self.values.len() as u64 }.words()
    }

    fn params(&self) -> Vec<u64> {
        let of = |value: &Sliced| {
            let (first_shard, all_shards) = words_of(Some(value.slice));
            SlicedParams { len: value.len as u64, first_shard, all_shards }.words()
        };
        self.values.iter().flat_map(of).collect()
    }

    /// Bytes are those that a process sends.
    fn cost(&self, _: usize) -> Cost {
        Cost { flops: 0, bytes: self.messages().iter().sum() }
    }

    fn work(&self) -> Work {
        Work::each(false, ELEMENT * self.values.iter().map(|value| value.len).sum::<usize>() as f64)
    }

    /// Whoever interprets a program has changed all.
    fn interpret(&self, _: &mut Machine<'_>) {}

    fn print(&self, name: &dyn Fn(BufferId) -> String) -> String {
        let names: Vec<String> = self.values.iter().map(|value| name(value.buffer)).collect();
        format!("{} = the slices of {} ranks", names.join(", "), self.blocks.ranks())
    }
}
