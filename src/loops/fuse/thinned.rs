//! Products that may leave out what one mask for all steps of a row drops: those that a value with such a mask is a factor of, and those whose result
//! nobody reads but through it.
//!
//! ```text
//! y = (x * m) w                 m: [Batch, T, units], drawn by row and unit alone
//! dw = (x * m)^T dy
//! dx = (dy w^T) * m
//! ```
//! Steps of a row then lack the same units, and a kernel that draws the mask again knows which (`kernels/thinned`). Likewise the gradient of maps that is read through a mask
//! of whole channels (`kernels/conv/winograd/wanted.rs`).

use std::collections::BTreeMap;

use super::product::ProductView;
use crate::draws;
use crate::graph::{Address, Dim, Graph, Op, ValueId, is_zero};
use crate::loops::BufferId;
use crate::loops::calls::Library;
use crate::loops::calls::attend::Draws;
use crate::loops::calls::conv::Read;
use crate::loops::calls::thinned::{Side, Thinned};

/// Which matrix of a product lacks units, and by which draws.
#[derive(Clone, Copy, Debug)]
pub(super) struct Thin {
    side: Side,
    mask: Mask,
}

impl Thin {
    /// The mask through which maps are read.
    pub fn read(&self) -> Read {
        Read { draws: self.mask.draws, unit: self.mask.unit }
    }
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
        if matches!(node.op, Op::Overlap { .. }) {
            let mask = wanted(graph, (&readers, &kept), v, Through::Channels);
            found.extend(mask.map(|mask| (v, Thin { side: Side::Inputs, mask })));
        }
        let Op::Contract { batch, over } = &node.op else { continue };
        if !batch.is_empty() {
            continue;
        }
        let of_left = || dropped(graph, node.inputs[0], Through::Units);
        let thin = match over[..] {
            [(2, _)] => of_left().map(|mask| Thin { side: Side::Forward, mask }),
            [(0, 0), (1, 1)] => of_left().map(|mask| Thin { side: Side::Weights, mask }),
            _ => None,
        };
        let read_thin = || match over[..] {
            [(2, _)] => wanted(graph, (&readers, &kept), v, Through::Units)
                .map(|mask| Thin { side: Side::Inputs, mask }),
            _ => None,
        };
        found.extend(thin.or_else(read_thin).map(|thin| (v, thin)));
    }
    found
}

/// What is dropped: units of values over time in all steps, or whole channels of maps.
#[derive(Clone, Copy, Debug, PartialEq)]
enum Through {
    Units,
    Channels,
}

/// The mask that a value has as a factor.
fn dropped(graph: &Graph, v: ValueId, through: Through) -> Option<Mask> {
    let node = graph.node(v);
    let inputs = &node.inputs;
    match &node.op {
        // What lies behind a row's end is zero, too.
        Op::Select if is_zero(graph, inputs[2]) => return dropped(graph, inputs[1], through),
        Op::Mul => {}
        _ => return None,
    }
    let own = inputs.iter().find_map(|x| mask(graph, *x, through));
    own.or_else(|| inputs.iter().find_map(|x| dropped(graph, *x, through)))
}

/// The mask through which alone a value is read.
fn wanted(graph: &Graph, around: (&[Vec<ValueId>], &[bool]), v: ValueId, through: Through) -> Option<Mask> {
    let (readers, kept) = around;
    if kept[v.index()] || readers[v.index()].is_empty() {
        return None;
    }
    let of = |reader: &ValueId| {
        let node = graph.node(*reader);
        let other = node.inputs.iter().find(|x| **x != v)?;
        match (&node.op, &node.inputs[..]) {
            (Op::Select, [_, own, zero])
                if through == Through::Units && *own == v && is_zero(graph, *zero) =>
            {
                wanted(graph, around, *reader, through)
            }
            (Op::Mul, _) if is_number(graph, *other) => wanted(graph, around, *reader, through),
            (Op::Mul, _) => mask(graph, *other, through),
            // Behind `relu -> dropout` the output tells what is active and kept (`graph/passes/kept`).
            (Op::Select, [active, _, zero]) if through == Through::Channels && *zero != v => {
                let below = graph.node(*active);
                let output =
                    below.inputs.get(1).filter(|_| below.op == Op::Less && below.inputs[0] == *zero)?;
                is_zero(graph, *zero).then(|| dropped(graph, *output, through)).flatten()
            }
            _ => None,
        }
    };
    let first = of(readers[v.index()].first()?)?;
    readers[v.index()].iter().all(|reader| of(reader) == Some(first)).then_some(first)
}

/// A mask, times numbers, of rows and their last axis: that is the same in all steps of `[Batch, T, units]`, or at all places of maps.
fn mask(graph: &Graph, v: ValueId, through: Through) -> Option<Mask> {
    let Drawn { draws, weights, unit } = drawn(graph, v)?;
    let rank = graph.ty(v).dims.len();
    let fits = graph.ty(v).has_batch() && if through == Through::Units { rank == 3 } else { rank >= 3 };
    let (last, rest) = weights.split_last()?;
    (fits && *last == 1 && rest.iter().all(|weight| *weight == 0)).then_some(Mask { draws, unit })
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
