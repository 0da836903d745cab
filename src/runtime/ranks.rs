//! What processes that work on the same minibatches tell each other, beside what their native code exchanges: the rows that each has computed, and when to end.
//!
//! Invariant: behind every pass each process has all outputs and all that rows carry, as if it had computed them; so whoever makes a decision of them makes the same
//! one everywhere, and nobody above [`Function`](super::function::Function) knows of other processes.

use std::{collections::BTreeMap, ops::Range};

use crate::{
    graph::{Blocks, SlotId},
    kernels::{aligned::AlignedVec, team::Team},
    peers::{self, Peers, Slice},
};

/// The minibatches of a pass, of which each process has computed some blocks.
pub(super) struct Dealt<'a> {
    pub peers: &'a dyn Peers,
    pub blocks: Blocks,
    /// Rows of a whole minibatch.
    pub batch: usize,
}

impl Dealt<'_> {
    /// Of positions of whole steps, the last of which may be short: those whose rows this process reads, its own and the ones that they are mixed with, whose positions `partner` counts
    /// from `first`, that of the first of these.
    pub fn read(&self, positions: usize, first: usize, partner: Option<&[u32]>) -> Vec<bool> {
        let mut read = vec![false; positions];
        for start in (0..positions).step_by(self.batch) {
            let rows = self.blocks.rows_of(self.peers.rank(), self.batch.min(positions - start));
            for position in start + rows.start..start + rows.end {
                read[position] = true;
                if let Some(partner) = partner {
                    read[partner[position] as usize - first] = true;
                }
            }
        }
        read
    }

    /// Completes outputs `[positions, width]`, those of positions of whole steps, the last of which may be short.
    pub fn outputs(&self, outputs: &mut [f32], width: usize, positions: usize) {
        let minibatches = (0..positions).step_by(self.batch);
        let of = |rank: usize| {
            let own = move |start: usize| {
                let rows = self.blocks.rows_of(rank, self.batch.min(positions - start));
                (start + rows.start) * width..(start + rows.end) * width
            };
            minibatches.clone().map(own)
        };
        self.complete(outputs, of);
    }

    /// Completes what each row of a minibatch carries.
    pub fn carried(&self, state: &mut AlignedVec) {
        let width = state.len() / self.batch;
        let of = |rank: usize| {
            let rows = self.blocks.rows_of(rank, self.batch);
            std::iter::once(rows.start * width..rows.end * width)
        };
        self.complete(state, of);
    }

    /// Completes optimizer slots of which each process has changed a slice.
    pub fn slots(&self, slots: &mut [AlignedVec], slices: &BTreeMap<SlotId, Slice>) {
        let mut values: Vec<(&mut [f32], Slice)> = Vec::new();
        for (slot, numbers) in slots.iter_mut().enumerate() {
            values.extend(slices.get(&SlotId(slot as u32)).map(|slice| (&mut **numbers, *slice)));
        }
        if !values.is_empty() {
            peers::collect_slices(self.peers, &mut values);
        }
    }

    /// Puts the numbers of every process where they belong; `of` says of a rank which are its.
    fn complete<I: Iterator<Item = Range<usize>>>(&self, numbers: &mut [f32], of: impl Fn(usize) -> I) {
        let ranks = 0..self.peers.size();
        let len = |rank: usize| of(rank).map(|own| own.len()).sum::<usize>();
        let most = ranks.clone().map(len).max().unwrap_or(0);
        let own: Vec<f32> = of(self.peers.rank()).flat_map(|own| numbers[own].iter().copied()).collect();
        let all = peers::gather(self.peers, bytemuck::cast_slice(&own), most * size_of::<f32>());
        for rank in ranks {
            let mut from = &all[rank * most * size_of::<f32>()..];
            for own in of(rank) {
                let (these, rest) = from.split_at(own.len() * size_of::<f32>());
                bytemuck::cast_slice_mut::<f32, u8>(&mut numbers[own]).copy_from_slice(these);
                from = rest;
            }
        }
    }
}

/// Whether this holds in any of the processes that the team works with.
pub(crate) fn anywhere(team: &Team, here: bool) -> bool {
    team.peers().map_or(here, |peers| peers::agree(peers, u32::from(here)) != 0)
}

/// Has the numbers of the first process in place of its own.
pub(super) fn from_first(team: &Team, numbers: &mut [f32]) {
    if let Some(peers) = team.peers() {
        peers::broadcast(peers, bytemuck::cast_slice_mut(numbers));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_process_has_all_rows_behind_a_pass() {
        let blocks = Blocks::new(6).dealt(3).expect("comes out even");
        // Two whole minibatches of seven rows, and one of four.
        let (batch, width, positions) = (7, 2, 18);
        let whole: Vec<f32> = (0..positions * width).map(|i| i as f32).collect();
        let all = peers::threads(3, |peers| {
            let mut own = vec![-1.0; whole.len()];
            for start in (0..positions).step_by(batch) {
                let rows = blocks.rows_of(peers.rank(), batch.min(positions - start));
                let of = (start + rows.start) * width..(start + rows.end) * width;
                own[of.clone()].copy_from_slice(&whole[of]);
            }
            let dealt = Dealt { peers, blocks, batch };
            dealt.outputs(&mut own, width, positions);
            let mut state = AlignedVec::filled(14, 0.0);
            let rows = blocks.rows_of(peers.rank(), batch);
            state[rows.start * 2..rows.end * 2].copy_from_slice(&whole[rows.start * 2..rows.end * 2]);
            dealt.carried(&mut state);
            (own, state.to_vec())
        });
        for (own, state) in all {
            assert_eq!(own, whole);
            assert_eq!(state, whole[..14]);
        }
    }
}
