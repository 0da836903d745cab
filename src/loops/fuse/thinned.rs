//! Products that may leave out what one mask for all steps of a row drops: those that a value with such a mask is a factor of, and those whose result
//! nobody reads but through it.
//!
//! ```text
//! y = (x * m) w                 m: [Batch, T, units], drawn by row and unit alone
//! dw = (x * m)^T dy
//! dx = (dy w^T) * m
//! ```
//! Steps of a row then lack the same units, and a kernel that draws the mask again knows which (`kernels/thinned`).

use std::collections::BTreeMap;

use super::product::ProductView;
use crate::draws;
use crate::graph::{Address, Dim, Graph, Op, ValueId};
use crate::loops::BufferId;
use crate::loops::calls::Library;
use crate::loops::calls::attend::Draws;
use crate::loops::calls::thinned::{Side, Thinned};

/// Which matrix of a product lacks units, and by which draws.
#[derive(Clone, Copy, Debug)]
pub(super) struct Thin {
    side: Side,
    mask: Mask,
}

/// A mask of a row and its units, whatever the step.
#[derive(Clone, Copy, Debug, PartialEq)]
struct Mask {
    draws: Draws,
    /// Number of the first unit.
    unit: usize,
}

/// A product that leaves out what is thin.
#[derive(Clone, Debug)]
pub(super) struct ThinnedView {
    product: ProductView,
    thin: Thin,
}

impl ThinnedView {
    pub fn of(product: ProductView, thin: Thin) -> Option<Self> {
        let view = Self { product, thin };
        let call = view.call(BufferId(0), |_| BufferId(0));
        (call.check().is_ok() && call.fills_vectors()).then_some(view)
    }

    /// What lies in the memory that it reads.
    pub fn bases(&self) -> [ValueId; 2] {
        self.product.bases()
    }

    /// The library's kernel, its result in `c`.
    pub fn call(&self, c: BufferId, buffer: impl Fn(ValueId) -> BufferId) -> Thinned {
        let Thin { side, mask } = self.thin;
        let product = self.product.whole(c, buffer);
        Thinned { product, side, draws: mask.draws, unit: mask.unit }
    }
}

/// The thin products of a graph, of nodes that are `live`.
pub(super) fn found(graph: &Graph, live: &[bool]) -> BTreeMap<ValueId, Thin> {
    let mut found = BTreeMap::new();
    if !graph.nodes.iter().any(|node| matches!(node.op, Op::KeepMask { .. })) {
        return found;
    }
    let mut readers: Vec<Vec<ValueId>> = vec![Vec::new(); graph.nodes.len()];
    for v in graph.values().filter(|v| live[v.index()]) {
        graph.node(v).inputs.iter().for_each(|x| readers[x.index()].push(v));
    }
    let mut kept = vec![false; graph.nodes.len()];
    graph.sinks.iter().for_each(|(_, v)| kept[v.index()] = true);
    for v in graph.values().filter(|v| live[v.index()]) {
        let node = graph.node(v);
        let Op::Contract { batch, over } = &node.op else { continue };
        if !batch.is_empty() {
            continue;
        }
        let of_left = || dropped(graph, node.inputs[0]);
        let thin = match over[..] {
            [(2, _)] => of_left().map(|mask| Thin { side: Side::Forward, mask }),
            [(0, 0), (1, 1)] => of_left().map(|mask| Thin { side: Side::Weights, mask }),
            _ => None,
        };
        let read_thin = || match over[..] {
            [(2, _)] => wanted(graph, (&readers, &kept), v).map(|mask| Thin { side: Side::Inputs, mask }),
            _ => None,
        };
        found.extend(thin.or_else(read_thin).map(|thin| (v, thin)));
    }
    found
}

/// The mask that a value over time has as a factor.
fn dropped(graph: &Graph, v: ValueId) -> Option<Mask> {
    let node = graph.node(v);
    if node.op != Op::Mul {
        return None;
    }
    let inputs = &node.inputs;
    inputs.iter().find_map(|x| mask(graph, *x)).or_else(|| inputs.iter().find_map(|x| dropped(graph, *x)))
}

/// The mask through which alone a value over time is read.
fn wanted(graph: &Graph, around: (&[Vec<ValueId>], &[bool]), v: ValueId) -> Option<Mask> {
    let (readers, kept) = around;
    if kept[v.index()] || readers[v.index()].is_empty() {
        return None;
    }
    let through = |reader: &ValueId| {
        let node = graph.node(*reader);
        let other = node.inputs.iter().find(|x| **x != v)?;
        match node.op {
            Op::Mul if is_number(graph, *other) => wanted(graph, around, *reader),
            Op::Mul => mask(graph, *other),
            _ => None,
        }
    };
    let first = through(readers[v.index()].first()?)?;
    readers[v.index()].iter().all(|reader| through(reader) == Some(first)).then_some(first)
}

/// A mask `[Batch, T, units]`, times numbers, that is the same in all steps.
fn mask(graph: &Graph, v: ValueId) -> Option<Mask> {
    let Drawn { draws, weights, unit } = drawn(graph, v)?;
    let [Dim::Batch, Dim::Const(_), Dim::Const(_)] = graph.ty(v).dims[..] else { return None };
    (weights == [0, 0, 1]).then_some(Mask { draws, unit })
}

/// What a multiple of a mask is drawn by: the unit of an element is the first one and its place along each axis times a weight.
struct Drawn {
    draws: Draws,
    weights: Vec<usize>,
    unit: usize,
}

fn drawn(graph: &Graph, v: ValueId) -> Option<Drawn> {
    let node = graph.node(v);
    let below = || drawn(graph, *node.inputs.first()?);
    match &node.op {
        Op::KeepMask { dims, shared } => {
            let (Op::RowKey(site), Op::Scalar(q)) =
                (&graph.node(node.inputs[0]).op, &graph.node(node.inputs[1]).op)
            else {
                return None;
            };
            let by_update = graph.sites[site.index()].address == Address::Update;
            let mut weights = draws::unit_weights(dims, shared);
            weights.splice(0..0, vec![0; node.ty.dims.len() - dims.len()]);
            Some(Drawn { draws: Draws { site: *site, by_update, q: *q }, weights, unit: 0 })
        }
        Op::Mul => {
            let [a, b] = node.inputs[..] else { return None };
            match (is_number(graph, a), is_number(graph, b)) {
                (false, true) => drawn(graph, a),
                (true, false) => drawn(graph, b),
                _ => None,
            }
        }
        Op::Slice { axis, start, .. } => {
            let all = below()?;
            Some(Drawn { unit: all.unit + start * all.weights[*axis], ..all })
        }
        Op::Broadcast { dims, axes } => {
            let all = below()?;
            let mut weights = vec![0; dims.len()];
            axes.iter().zip(&all.weights).for_each(|(axis, weight)| weights[*axis] = *weight);
            Some(Drawn { weights, ..all })
        }
        Op::Reshape { dims } => {
            let all = below()?;
            let from = &graph.ty(node.inputs[0]).dims;
            let solid =
                |dims: &[Dim]| dims.iter().copied().filter(|d| *d != Dim::Const(1)).collect::<Vec<_>>();
            if solid(from) != solid(dims) {
                return None;
            }
            let mut own =
                from.iter().zip(&all.weights).filter(|(d, _)| **d != Dim::Const(1)).map(|(_, w)| *w);
            let weight = |d: &Dim| if *d == Dim::Const(1) { Some(0) } else { own.next() };
            let weights = dims.iter().map(weight).collect::<Option<Vec<_>>>()?;
            Some(Drawn { weights, ..all })
        }
        _ => None,
    }
}

/// Whether all elements are one number.
fn is_number(graph: &Graph, v: ValueId) -> bool {
    let node = graph.node(v);
    match node.op {
        Op::Const(_) | Op::Scalar(_) => true,
        Op::Broadcast { .. } | Op::Reshape { .. } => is_number(graph, node.inputs[0]),
        _ => false,
    }
}
