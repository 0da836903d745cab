//! Curves that a kernel of the library computes, in wider vectors than generated code has.

use super::windows::strip;
use crate::graph::{Dim, Graph, Node, Op, ValueId};
use crate::kernels::curve::Curve;
use crate::loops::calls::curved::Curved;
use crate::loops::calls::slides::grain;
use crate::loops::{BufferId, Matrix};

/// A curve of a value of rows.
#[derive(Clone, Copy, Debug)]
pub(super) struct CurvedView {
    x: ValueId,
    curve: Curve,
    len: usize,
    places: usize,
}

/// Numbers of a row from which a kernel of its own pays, whose argument and result have to be stored: the error function is the dearest, and what a
/// step of a loop over time stores stays in the nearest caches.
const LEAST: usize = 4096;
const LEAST_IN_STEPS: usize = 64;

impl CurvedView {
    /// What lies in the memory that it reads.
    pub fn bases(self) -> Vec<ValueId> {
        vec![self.x]
    }

    /// The library's kernel, its result in `own`.
    pub fn call(self, own: BufferId, buffer: impl Fn(ValueId) -> BufferId) -> Curved {
        let lines = |buffer| Matrix { buffer, stride: self.len, offset: 0, transposed: false };
        let (from, to) = (lines(buffer(self.x)), lines(own));
        Curved { curve: self.curve, from, to, len: self.len, grain: grain(self.places) }
    }
}

/// The curve of a node, if it is worth a kernel.
pub(super) fn view(graph: &Graph, node: &Node) -> Option<CurvedView> {
    let in_steps = !graph.enters.is_empty();
    let (curve, least) = match node.op {
        Op::Erf if !in_steps => (Curve::Erf, LEAST),
        Op::Sigmoid if in_steps => (Curve::Sigmoid, LEAST_IN_STEPS),
        Op::Tanh if in_steps => (Curve::Tanh, LEAST_IN_STEPS),
        _ => return None,
    };
    let [Dim::Batch, inner @ .., Dim::Const(_)] = &node.ty.dims[..] else { return None };
    let places = inner.iter().filter_map(|d| d.size()).product();
    let len = node.ty.row_len();
    (len >= least).then(|| CurvedView { x: strip(graph, node.inputs[0]), curve, len, places })
}
