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
    argument: Argument,
    curve: Curve,
    len: usize,
    /// Numbers that meet the bias.
    width: usize,
    places: usize,
}

/// `(x + bias) scale`
#[derive(Clone, Copy, Debug)]
struct Argument {
    x: ValueId,
    bias: Option<ValueId>,
    scale: f32,
}

/// Numbers of a row from which a kernel of its own pays, whose argument and result have to be stored: the error function is the dearest, and what a
/// step of a loop over time stores stays in the nearest caches.
const LEAST: usize = 4096;
const LEAST_IN_STEPS: usize = 64;

impl CurvedView {
    /// What lies in the memory that it reads.
    pub fn bases(self) -> Vec<ValueId> {
        [Some(self.argument.x), self.argument.bias].into_iter().flatten().collect()
    }

    /// The library's kernel, its result in `own`.
    pub fn call(self, own: BufferId, buffer: impl Fn(ValueId) -> BufferId + Copy) -> Curved {
        let lines = |buffer| Matrix { buffer, stride: self.len, offset: 0, transposed: false };
        let Argument { x, bias, scale } = self.argument;
        let (from, to, bias) = (lines(buffer(x)), lines(own), bias.map(buffer));
        let Self { curve, len, width, .. } = self;
        Curved { curve, from, bias, scale, to, len, width, grain: grain(self.places) }
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
    let [Dim::Batch, inner @ .., Dim::Const(last)] = &node.ty.dims[..] else { return None };
    let places = inner.iter().filter_map(|d| d.size()).product();
    let len = node.ty.row_len();
    if len < least {
        return None;
    }
    let biased = biased(graph, node.inputs[0]);
    let width = if biased.is_some() { *last } else { len };
    let plain = || Argument { x: strip(graph, node.inputs[0]), bias: None, scale: 1.0 };
    Some(CurvedView { argument: biased.unwrap_or_else(plain), curve, len, width, places })
}

/// The argument of a curve as what a product and a bias are: neither it nor their sum is then stored.
fn biased(graph: &Graph, argument: ValueId) -> Option<Argument> {
    let operands = |v: ValueId, op: &Op| (graph.node(v).op == *op).then(|| graph.node(v).inputs.clone());
    let (product, scale) = {
        let of = operands(argument, &Op::Mul)?;
        (of[0], number(graph, of[1])?)
    };
    let [x, bias] = operands(product, &Op::Add)?[..] else { return None };
    let bias = graph.node(bias);
    let last = graph.ty(x).dims.len() - 1;
    let repeats = matches!(&bias.op, Op::Broadcast { axes, .. } if *axes == [last]);
    let stored = matches!(graph.node(x).op, Op::Contract { .. });
    let vector = repeats.then(|| bias.inputs[0]).filter(|v| matches!(graph.node(*v).op, Op::Param(_)))?;
    stored.then_some(Argument { x, bias: Some(vector), scale })
}

/// The number that all elements are.
fn number(graph: &Graph, v: ValueId) -> Option<f32> {
    match graph.node(v).op {
        Op::Const(x) => Some(x),
        Op::Broadcast { .. } => number(graph, graph.node(v).inputs[0]),
        _ => None,
    }
}
