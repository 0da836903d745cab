//! Kernels that stay with the same rows run shard by shard.
//!
//! Where a product or a convolution is cut by the shards of its rows, the loops around it (norm, bias, activation, mask) are cut by the same:
//! nothing separates them, and a thread that visits all of them a shard finds what the one before left still in its cache, instead of all of
//! its share of a map in memory. No bit depends on it: every kernel does the same parts, in another order.
//!
//! Invariant: between two calls of a chain the schedule has no barrier, so what one part of either writes, no other part of the other touches.

use std::ops::Range;

use crate::loops::calls::Reach;
use crate::loops::{Kernel, Parts, Program};

use super::schedule::Task;

/// Bytes of a shard that stay near a core while the next kernels work on it: half of a usual second cache.
const NEAR: usize = 512 << 10;

/// The tasks that are visited together, once a shard: runs of calls over the same shards, a library kernel among them and no loops alone.
pub(super) fn chains(program: &Program, tasks: &[Task]) -> Vec<Range<usize>> {
    let mut chains = Vec::new();
    let mut first = 0;
    while first < tasks.len() {
        let mut joins = false;
        let mut length = 0;
        if let Some((grain, ..)) = shards(program, &tasks[first]) {
            let run = tasks[first..].iter().map_while(|task| shards(program, task));
            for (_, near) in run.take_while(|(own, _)| *own == grain) {
                joins |= near;
                length += 1;
            }
        }
        let length = length.max(1);
        if joins && length > 1 {
            chains.push(first..first + length);
        }
        first += length;
    }
    chains
}

/// Rows of the batch in a shard, of a call that is cut so; and whether it is a library kernel whose maps are worth staying with.
fn shards(program: &Program, task: &Task) -> Option<(usize, bool)> {
    let Task::Call { kernel, parts: Parts::BatchShards(grain), .. } = *task else { return None };
    let joins = match &program.kernels[kernel] {
        // All steps on all rows of a thread at once: a matrix is read for many of them.
        Kernel::Repeat { .. } => return None,
        Kernel::Call { call, .. } => {
            let near = |reach: Reach| match reach {
                Reach::Rows { width, .. } => 4 * width * grain <= NEAR,
                _ => false,
            };
            call.operands().iter().filter(|o| o.touch.writes()).all(|o| near(o.reach))
        }
        Kernel::Loop(_) | Kernel::Total { .. } => false,
    };
    Some((grain, joins))
}
