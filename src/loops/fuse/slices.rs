//! Updates of long values, shared out between the processes that a program's blocks are dealt to: each is left with its columns of the sum over rows, makes of them what is made element by
//! element, and in the end of the step all have all parameters again (Rajbhandari, Rasley, Ruwase and He 2020, ZeRO, stage 1: the optimizer's state is divided too).
//!
//! Invariant: what each process has its slice of is touched, until it is whole again, by kernels of the same slice alone. Optimizer slots are not made whole within a pass.

use std::collections::BTreeSet;

use super::super::verify::traffic;
use crate::loops::calls::{Collect, collect::Sliced, exchange::Join};
use crate::loops::{BufferId, BufferKind, Call, Domain, Kernel, LoopKernel, Program};
use crate::peers::{SHARD, Slice};

/// Shards a process, below which nothing is shared out: every slice would be as long as the longest, and one more message costs more than is saved.
pub(super) const ENOUGH: usize = 8;

/// What follows from one sum over rows.
struct Updates {
    /// Which exchange has it, by its number among the kernels, and where.
    exchange: usize,
    node: usize,
    sum: BufferId,
    len: usize,
    /// By their numbers.
    kernels: BTreeSet<usize>,
    params: BTreeSet<BufferId>,
}

/// Shares out the updates of a program whose sums are exchanged.
pub(super) fn share_out(program: &mut Program) {
    let ranks = program.blocks.ranks();
    let mut all = if ranks == 1 { Vec::new() } else { every(program) };
    // What comes of two sums belongs to neither.
    let several = |kernel: &usize| all.iter().filter(|updates| updates.kernels.contains(kernel)).count() > 1;
    let alone: Vec<bool> = all.iter().map(|updates| !updates.kernels.iter().any(several)).collect();
    let mut alone = alone.into_iter();
    all.retain(|_| alone.next().unwrap_or(false));
    let mut values = Vec::new();
    // Those of one exchange are numbered through: processes that go on behind it have as much to do before they meet again.
    for of_one in all.chunk_by(|a, b| a.exchange == b.exchange) {
        let count = of_one.iter().map(Updates::shards).sum();
        if count < ENOUGH * ranks {
            continue;
        }
        let mut first = 0;
        for updates in of_one {
            let slice = Slice { first, all: count };
            first += updates.shards();
            updates.share_out(program, slice);
            values.extend(updates.params.iter().map(|param| Sliced {
                buffer: *param,
                len: updates.len,
                slice,
            }));
        }
    }
    if values.is_empty() {
        return;
    }
    let call = Collect { values, blocks: program.blocks }.into();
    program.kernels.push(Kernel::Call { name: "collect".to_string(), call });
}

impl Updates {
    fn shards(&self) -> usize {
        self.len.div_ceil(SHARD)
    }

    /// Says of the sum, and of all that is made of it, which of them a process has.
    fn share_out(&self, program: &mut Program, slice: Slice) {
        for (i, kernel) in program.kernels.iter_mut().enumerate() {
            match kernel {
                Kernel::Call { call: Call::Exchange(exchange), .. } if i == self.exchange => {
                    exchange.nodes[self.node].slice = Some(slice);
                }
                Kernel::Call { call: Call::Arrive(arrive), .. } => {
                    let own = arrive.exchange.nodes.iter_mut().filter(|nodes| nodes.partials == self.sum);
                    own.for_each(|nodes| nodes.slice = Some(slice));
                }
                Kernel::Loop(kernel) if self.kernels.contains(&i) => kernel.slice = Some(slice),
                _ => {}
            }
        }
    }
}

/// The sums of which nothing is made but element by element.
fn every(program: &Program) -> Vec<Updates> {
    let mut found = Vec::new();
    for (at, kernel) in program.kernels.iter().enumerate() {
        if let Kernel::Call { call: Call::Exchange(exchange), .. } = kernel {
            let sums = exchange.nodes.iter().enumerate();
            let sums = sums.filter(|(_, nodes)| matches!(nodes.join, Join::Reduce(_)));
            found.extend(sums.filter_map(|(node, nodes)| {
                let (kernels, params) = followers(program, at, nodes.partials, nodes.cols)?;
                Some(Updates { exchange: at, node, sum: nodes.partials, len: nodes.cols, kernels, params })
            }));
        }
    }
    found
}

/// The kernels behind `exchange` that touch a sum or what is made of it, and the parameters among that; none if one of them is not of its elements alone.
fn followers(
    program: &Program,
    exchange: usize,
    sum: BufferId,
    len: usize,
) -> Option<(BTreeSet<usize>, BTreeSet<BufferId>)> {
    let (mut made, mut kernels) = (BTreeSet::from([sum]), BTreeSet::new());
    let waits = |kernel: &Kernel| matches!(kernel, Kernel::Call { call: Call::Arrive(_), .. });
    for (i, kernel) in program.kernels.iter().enumerate().skip(exchange + 1).filter(|(_, k)| !waits(k)) {
        if kernel.buffers().iter().any(|id| made.contains(id)) {
            made.extend(traffic(kernel).1);
            kernels.insert(i);
        }
    }
    let is_own = |kernel: &LoopKernel| {
        kernel.domain == Domain::Flat { len } && kernel.is_by_element(|id| made.contains(&id))
    };
    let all_own =
        kernels.iter().all(|i| matches!(&program.kernels[*i], Kernel::Loop(kernel) if is_own(kernel)));
    let kind = |id: &BufferId| program.buffers[id.0 as usize].kind;
    // Parameters are whole again behind the step; what else outlives it must be nobody's but these kernels', in the step's beginning too.
    let touched_elsewhere = |id: &BufferId| {
        let mut others = program.kernels.iter().enumerate().filter(|(i, _)| !kernels.contains(i));
        *id != sum && others.any(|(_, kernel)| kernel.buffers().contains(id))
    };
    let keeps = |id: &BufferId| match kind(id) {
        BufferKind::Param(_) => true,
        BufferKind::Slot(_) | BufferKind::Temp | BufferKind::Partials => !touched_elsewhere(id),
        _ => false,
    };
    let params = made.iter().filter(|id| matches!(kind(id), BufferKind::Param(_))).copied().collect();
    (all_own && made.iter().all(keeps)).then_some((kernels, params))
}
