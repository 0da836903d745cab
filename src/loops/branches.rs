//! Branches that a coin drops for a whole minibatch: which kernels serve one alone, so that a step whose coin drops does without them.

use super::verify::traffic;
use super::{BufferId, Call, Kernel, Program};
use crate::graph::Coin;

/// What a coin drops.
#[derive(Clone, Debug, PartialEq)]
pub struct Branch {
    pub coin: Coin,
    /// Buffers whose contents nobody reads in a step whose coin drops, in order.
    pub buffers: Vec<BufferId>,
}

impl Branch {
    /// Whether a kernel serves this branch alone: it leaves nothing that is read where the coin drops. What processes tell each other goes on.
    fn has(&self, kernel: &Kernel) -> bool {
        let writes = traffic(kernel).1;
        !tells_others(kernel)
            && !writes.is_empty()
            && writes.iter().all(|id| self.buffers.binary_search(id).is_ok())
    }
}

/// Whether processes wait for each other in a kernel.
pub(super) fn tells_others(kernel: &Kernel) -> bool {
    let Kernel::Call { call, .. } = kernel else { return false };
    matches!(call, Call::Exchange(_) | Call::Arrive(_) | Call::Collect(_))
}

impl Program {
    /// The coins that must all keep for a kernel to be run, by their places among the branches.
    pub(crate) fn coins_of(&self, kernel: &Kernel) -> Vec<usize> {
        let own = self.branches.iter().enumerate().filter(|(_, branch)| branch.has(kernel));
        own.map(|(i, _)| i).collect()
    }
}
