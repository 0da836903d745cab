//! A graph that fusion has no kernels for.

use std::fmt;

use crate::graph::{Graph, ValueId};

/// Why there are no kernels for a graph: a bug in dropnet, for whatever net it was made of. It names the operation.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Unfused {
    /// The word of the operation, as graphs are printed.
    pub operation: String,
    /// The layer, loss or optimizer that the operation belongs to.
    pub path: String,
    pub reason: &'static str,
}

impl Unfused {
    pub(super) fn at(graph: &Graph, v: ValueId, reason: &'static str) -> Self {
        let node = graph.node(v);
        Self { operation: node.op.mnemonic().to_string(), path: node.origin.path.to_string(), reason }
    }
}

impl fmt::Display for Unfused {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "`{}`", self.operation)?;
        if !self.path.is_empty() {
            write!(f, " of `{}`", self.path)?;
        }
        write!(f, ": {}", self.reason)
    }
}

impl std::error::Error for Unfused {}
