//! Sums over rows of a program whose blocks are dealt to processes are exchanged: as many at once as need not wait for each other, in as few exchanges as follow from each
//! other, and long ones while others are computed.
//!
//! What reads a sum is put off, with all that follows from it, until nothing else is left to compute; then all sums that wait are exchanged, and what was put off goes on in the
//! same way. So a net without figures of the minibatch (batch norm) has its loss and all gradients exchanged in the backward pass, and then its updates. Sums that have come to a [`bucket`]
//! are not kept waiting: their exchange begins, goes on beside the rest of the backward pass, and is waited for when that is done.

use std::collections::VecDeque;

use super::super::verify::traffic;
use super::slices::ENOUGH;
use crate::graph::Blocks;
use crate::loops::calls::{Arrive, Exchange, exchange::Nodes};
use crate::loops::{BufferId, Call, Kernel, Program};
use crate::peers::SHARD;

/// Elements that are worth an exchange of their own: a message of so many takes far longer than its latency, and among many processes each has enough of them.
fn bucket(blocks: Blocks) -> usize {
    (1 << 18).max(ENOUGH * SHARD * blocks.ranks())
}

/// Puts the exchanges into a program.
pub(super) fn exchange(program: &mut Program) {
    if program.blocks.ranks() == 1 {
        return;
    }
    let mut writer = Writer { blocks: program.blocks, ..Writer::default() };
    let mut left = std::mem::take(&mut program.kernels);
    loop {
        left = writer.go_on(left);
        if left.is_empty() && writer.has_all() {
            break;
        }
        writer.bring();
    }
    program.kernels = writer.kernels;
    // Exchanges arrive in the order in which they begin.
    let (mut last, mut last_to_arrive) = (None, None);
    for kernel in &mut program.kernels {
        match kernel {
            Kernel::Call { call: Call::Exchange(exchange), .. } => last = Some(exchange),
            Kernel::Call { call: Call::Arrive(arrive), .. } => last_to_arrive = Some(&mut arrive.exchange),
            _ => {}
        }
    }
    if let Some(last) = last {
        last.is_last = true;
        last_to_arrive.filter(|_| last.beside).into_iter().for_each(|own| own.is_last = true);
    }
}

#[derive(Default)]
struct Writer {
    blocks: Blocks,
    /// What was combined and is not exchanged.
    waiting: Vec<Nodes>,
    /// Exchanges that have begun, with their numbers.
    under_way: VecDeque<(usize, Exchange)>,
    kernels: Vec<Kernel>,
    /// Exchanges so far.
    count: usize,
}

impl Writer {
    /// Takes over the kernels that need nothing that waits or is under way; answers the others, in order.
    fn go_on(&mut self, kernels: Vec<Kernel>) -> Vec<Kernel> {
        let mut later = Later::default();
        for kernel in kernels {
            let under_way = self.under_way.iter().flat_map(|(_, exchange)| &exchange.nodes);
            let missing: Vec<BufferId> =
                self.waiting.iter().chain(under_way).map(|nodes| nodes.partials).collect();
            if kernel.buffers().iter().any(|id| missing.contains(id)) || later.clashes(&kernel) {
                later.push(kernel);
                continue;
            }
            if let Kernel::Call { call, .. } = &kernel {
                self.waiting.extend(call.leaves_nodes());
            }
            self.kernels.push(kernel);
            if self.waiting.iter().map(|nodes| nodes.cols).sum::<usize>() >= bucket(self.blocks) {
                self.send(true);
            }
        }
        later.kernels
    }

    fn has_all(&self) -> bool {
        self.waiting.is_empty() && self.under_way.is_empty()
    }

    /// Nothing is left to compute: waits for what was begun first, or exchanges what waits.
    fn bring(&mut self) {
        if self.under_way.is_empty() {
            return self.send(false);
        }
        // What is left of the sums goes out behind the others, before those are waited for.
        self.send(true);
        if let Some((number, exchange)) = self.under_way.pop_front() {
            let call = Arrive { exchange }.into();
            self.kernels.push(Kernel::Call { name: numbered("arrive", number), call });
        }
    }

    fn send(&mut self, beside: bool) {
        if self.waiting.is_empty() {
            return;
        }
        self.count += 1;
        let nodes = std::mem::take(&mut self.waiting);
        let exchange = Exchange { nodes, blocks: self.blocks, is_last: false, beside };
        if beside {
            self.under_way.push_back((self.count, exchange.clone()));
        }
        self.kernels.push(Kernel::Call { name: numbered("exchange", self.count), call: exchange.into() });
    }
}

fn numbered(name: &str, number: usize) -> String {
    if number == 1 { name.to_string() } else { format!("{name}_{number}") }
}

/// Kernels that were put off.
#[derive(Default)]
struct Later {
    kernels: Vec<Kernel>,
    reads: Vec<BufferId>,
    writes: Vec<BufferId>,
}

impl Later {
    fn push(&mut self, kernel: Kernel) {
        let (reads, writes) = traffic(&kernel);
        self.reads.extend(reads);
        self.writes.extend(writes);
        self.kernels.push(kernel);
    }

    /// Whether a kernel must stay behind these.
    fn clashes(&self, kernel: &Kernel) -> bool {
        let (reads, writes) = traffic(kernel);
        reads.iter().any(|id| self.writes.contains(id))
            || writes.iter().any(|id| self.writes.contains(id) || self.reads.contains(id))
            // Sums over steps add up in their order.
            || matches!(kernel, Kernel::Total { .. }) && self.kernels.iter().any(|k| matches!(k, Kernel::Total { .. }))
    }
}
