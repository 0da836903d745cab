//! Sums over rows of a program whose blocks are dealt to processes are exchanged: as many at once as need not wait for each other, in as few exchanges as follow from each
//! other.
//!
//! What reads a sum is put off, with all that follows from it, until nothing else is left to compute; then all sums that wait are exchanged, and what was put off goes on in the
//! same way. So a net without figures of the minibatch (batch norm) has its loss and all gradients exchanged behind the backward pass, and then its updates.

use super::super::verify::traffic;
use crate::graph::Blocks;
use crate::loops::calls::{Exchange, exchange::Nodes};
use crate::loops::{BufferId, Call, Kernel, Program};

/// Puts the exchanges into a program.
pub(super) fn exchange(program: &mut Program) {
    if program.blocks.ranks() == 1 {
        return;
    }
    let mut writer = Writer { blocks: program.blocks, waiting: Vec::new(), kernels: Vec::new(), count: 0 };
    let mut left = std::mem::take(&mut program.kernels);
    while !left.is_empty() {
        left = writer.go_on(left);
        writer.send();
    }
    program.kernels = writer.kernels;
    let exchanges = program.kernels.iter_mut().filter_map(|kernel| match kernel {
        Kernel::Call { call: Call::Exchange(exchange), .. } => Some(exchange),
        _ => None,
    });
    if let Some(last) = exchanges.last() {
        last.is_last = true;
    }
}

struct Writer {
    blocks: Blocks,
    /// What was combined and is not exchanged.
    waiting: Vec<Nodes>,
    kernels: Vec<Kernel>,
    /// Exchanges so far.
    count: usize,
}

impl Writer {
    /// Takes over the kernels that need nothing that waits; answers the others, in order.
    fn go_on(&mut self, kernels: Vec<Kernel>) -> Vec<Kernel> {
        let mut later = Later::default();
        for kernel in kernels {
            let waits = |id| self.waiting.iter().any(|nodes| nodes.partials == id);
            if kernel.buffers().into_iter().any(waits) || later.clashes(&kernel) {
                later.push(kernel);
                continue;
            }
            if let Kernel::Call { call, .. } = &kernel {
                self.waiting.extend(call.leaves_nodes());
            }
            self.kernels.push(kernel);
        }
        later.kernels
    }

    fn send(&mut self) {
        if self.waiting.is_empty() {
            return;
        }
        self.count += 1;
        let name = if self.count == 1 { "exchange".to_string() } else { format!("exchange_{}", self.count) };
        let nodes = std::mem::take(&mut self.waiting);
        let call = Exchange { nodes, blocks: self.blocks, is_last: false }.into();
        self.kernels.push(Kernel::Call { name, call });
    }
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
