//! Which values live in memory.
//!
//! Must: results and operands of products, reductions over rows, transposes, metrics. Better: a vector that is dear to compute and would be
//! computed again for each row; and what several kernels would compute again. For these the costs are counted in loads of one
//! element: a transcendental costs [`TRANSCENDENTAL`], a square root or a division 1, other arithmetic 0.1. With `k` kernels and
//! `c` for computing the value, recomputing costs `k c` and storing `c + 1.5 + (k - 1)` (a store is dearer than a load); the value
//! is stored where recomputing costs more, what a kernel loads anyway being free there. A reduction over the columns is always stored then: it is one number a row.
//! Draws and what is made of draws and scalars alone are never stored.

use std::collections::BTreeSet;

use smallvec::SmallVec;

use super::form::{Compute, Form, Law, Leaf, form};
use super::group::{Groups, Item, is_combined, is_loop, leaf_home};
use super::library::{Library, live};
use super::trace::{Context, Level, Trace, What};
use super::view::is_uniform;
use crate::graph::{Graph, Node, Op, Sink, ValueId};
use crate::loops::{Binary, Unary};

/// The unit of all costs.
const LOAD: f64 = 1.0;
/// Cost of exp, log, tanh and their kin, in loads.
const TRANSCENDENTAL: f64 = 2.0;
/// What a vector may cost and still be computed for each row anew, in operations; and for each place of a map.
const CHEAP_VECTOR: f64 = 2.5;
const CHEAP_AT_PLACES: f64 = 1.5;

/// Values made of random draws, lengths, scalars and constants alone, element by element.
pub(super) fn drawn(graph: &Graph, library: &Library) -> Vec<bool> {
    let mut drawn = Vec::with_capacity(graph.nodes.len());
    for v in graph.values() {
        let node = graph.node(v);
        drawn.push(match form(node) {
            Form::Leaf(Leaf::Const(_) | Leaf::Scalar(_) | Leaf::Key(_)) => true,
            Form::Leaf(Leaf::Kept(_) | Leaf::Data { .. }) => false,
            // A comparison with the row's length, a draw for a token: no buffer holds a mask.
            Form::Drawn { law: Law::Within { .. }, .. } | Form::DrawnAt { .. } => true,
            Form::Reduce { .. } => false,
            _ => !library.contains_key(&v) && node.inputs.iter().all(|x| drawn[x.index()]),
        });
    }
    drawn
}

/// What must be stored whatever the kernels are.
pub(super) fn required(context: &Context) -> BTreeSet<ValueId> {
    let graph = context.graph;
    let mut stored = BTreeSet::new();
    let is_leaf = |v: ValueId| leaf_home(graph, v).is_some();
    let mut moved = BTreeSet::new();
    let live = live(graph, &context.library);
    for v in graph.values().filter(|v| live[v.index()]) {
        let node = graph.node(v);
        if context.is_call(v) && !matches!(node.op, Op::Windows { .. }) {
            stored.insert(v);
            stored.extend(operands(context, v));
        } else {
            moved.extend(node.inputs.iter().copied());
        }
        if is_combined(graph, v) {
            stored.insert(v);
        }
    }
    for (sink, v) in &graph.sinks {
        moved.insert(*v);
        if matches!(sink, Sink::Metric(_)) {
            stored.insert(context.strip(*v));
        }
    }
    // A transpose that products look through is none; one that keeps its columns is read as it lies.
    moved.extend(stored.iter().copied());
    for v in moved {
        if let Op::Transpose { .. } = graph.node(v).op
            && !is_loop(graph, v)
        {
            let x = context.strip(graph.node(v).inputs[0]);
            stored.insert(v);
            stored.extend((!is_leaf(x)).then_some(x));
        }
    }
    with_operands(context, &mut stored);
    stored
}

/// Adds what kernels of the library read for values that are stored, be it windows of windows.
pub(super) fn with_operands(context: &Context, stored: &mut BTreeSet<ValueId>) {
    let mut new: Vec<ValueId> = stored.iter().copied().collect();
    while let Some(v) = new.pop() {
        new.extend(operands(context, v).filter(|x| stored.insert(*x)));
    }
}

/// What a kernel of the library reads that has to be stored for it.
pub(super) fn operands(context: &Context, v: ValueId) -> impl Iterator<Item = ValueId> {
    let graph = context.graph;
    context.bases(v).into_iter().filter(move |x| leaf_home(graph, *x).is_none())
}

/// Vectors that every row of a larger value would compute again.
pub(super) fn hoisted(context: &Context) -> BTreeSet<ValueId> {
    let graph = context.graph;
    let mut hoisted = BTreeSet::new();
    for node in &graph.nodes {
        let (Op::Broadcast { .. }, Some(x)) = (&node.op, node.inputs.first()) else { continue };
        let v = context.strip(*x);
        let vector = !graph.ty(v).has_batch() && !is_uniform(graph.ty(v));
        let cheap = if node.ty.dims.len() > 2 { CHEAP_AT_PLACES } else { CHEAP_VECTOR };
        if vector && !context.stored.contains(v) && context.may_store(v) && vector_cost(context, v) > cheap {
            hoisted.insert(v);
        }
    }
    hoisted
}

fn vector_cost(context: &Context, v: ValueId) -> f64 {
    let mut cost = 0.0;
    let mut seen = BTreeSet::new();
    let mut stack = vec![v];
    while let Some(v) = stack.pop() {
        let node = context.graph.node(v);
        let free = context.stored.contains(v) || node.inputs.is_empty() || is_uniform(&node.ty);
        if free || !seen.insert(v) {
            continue;
        }
        cost += operations(node);
        stack.extend(&node.inputs);
    }
    cost
}

/// Operations that an element of a vector costs.
fn operations(node: &Node) -> f64 {
    match form(node) {
        Form::Same(_)
        | Form::Broadcast { .. }
        | Form::Slice { .. }
        | Form::Pad { .. }
        | Form::Concat { .. } => 0.0,
        Form::Compute(Compute::Unary(op, _)) => match op {
            Unary::Neg | Unary::Abs => 1.0,
            Unary::Sqrt => 2.0,
            Unary::Exp | Unary::Log | Unary::Tanh | Unary::Sigmoid | Unary::Softplus | Unary::Erf => 4.0,
        },
        Form::Compute(Compute::Binary(Binary::Div, ..)) => 2.0,
        Form::Compute(Compute::Binary(..) | Compute::Select { .. })
        | Form::Leaf(_)
        | Form::Drawn { .. }
        | Form::DrawnAt { .. }
        | Form::OneHot(_)
        | Form::Transpose { .. }
        | Form::Reduce { .. }
        | Form::Windows { .. }
        | Form::Overlap { .. }
        | Form::Library => 1.0,
    }
}

/// Values that several kernels compute and that had better be stored by the first of them.
pub(super) fn shared(context: &Context, groups: &Groups) -> BTreeSet<ValueId> {
    let traces: Vec<&Trace> = groups
        .items
        .iter()
        .filter_map(|item| if let Item::Loop(trace) = item { Some(trace.as_ref()) } else { None })
        .collect();
    // From users to operands: an instance is wanted if an action or a wanted user in its kernel needs it.
    let mut wanted: Vec<Vec<bool>> = traces.iter().map(|t| vec![false; t.instances.len()]).collect();
    let mut places: Vec<SmallVec<[(usize, usize); 4]>> = vec![SmallVec::new(); context.graph.nodes.len()];
    for (k, trace) in traces.iter().enumerate() {
        for action in &trace.actions {
            wanted[k][action.value as usize] = true;
        }
        for (i, instance) in trace.instances.iter().enumerate() {
            places[instance.node.index()].push((k, i));
        }
    }
    let mut stored = BTreeSet::new();
    for (node, places) in places.iter().enumerate().rev() {
        let v = ValueId(node as u32);
        let used = places.iter().filter(|(k, i)| wanted[*k][*i]);
        let used: SmallVec<[(usize, usize); 4]> = used.copied().collect();
        // They stand in order of kernels.
        let kernels = used.chunk_by(|a, b| a.0 == b.0).count();
        let store = !context.stored.contains(v)
            && kernels > 1
            && context.may_store(v)
            && used.iter().any(|(k, i)| is_dear(traces[*k], *i, kernels))
            && !is_at_hand(&traces, &wanted, &used);
        if store {
            stored.insert(v);
        }
        let first = used.first().map(|(k, _)| *k);
        for (k, i) in used.iter().rev() {
            if !store || Some(*k) == first {
                for a in traces[*k].instances[*i].what.args() {
                    wanted[*k][a as usize] = true;
                }
            }
        }
    }
    stored
}

/// True if computing the instance in `kernels` kernels costs more than storing it in one.
fn is_dear(trace: &Trace, i: usize, kernels: usize) -> bool {
    let instance = &trace.instances[i];
    match (instance.level, &instance.what) {
        (Level::Row, What::Accumulate { .. } | What::Fold { .. }) => true,
        (Level::Column, what) if !matches!(what, What::Load { .. }) => {
            (kernels - 1) as f64 * (cost(trace, i, BTreeSet::new()) - 1.0) > 1.5
        }
        _ => false,
    }
}

/// True if the kernels behind the first make the value again, of what they compute and load for other values too, at the price of loading it and less
/// than one load more in all: storing it would cost more than that.
fn is_at_hand(traces: &[&Trace], wanted: &[Vec<bool>], used: &[(usize, usize)]) -> bool {
    let of_columns = |(k, i): &(usize, usize)| {
        let instance = &traces[*k].instances[*i];
        instance.level == Level::Column && !matches!(instance.what, What::Load { .. })
    };
    let first = used.first().map(|(k, _)| *k);
    let later = used.iter().filter(|(k, _)| Some(*k) != first);
    let more =
        |(k, i): &(usize, usize)| cost(traces[*k], *i, loaded_besides(traces[*k], &wanted[*k], *i)) - LOAD;
    used.iter().all(of_columns) && later.map(more).sum::<f64>() < LOAD
}

/// What a kernel needs for its wanted instances but for one, which is not looked into.
fn loaded_besides(trace: &Trace, wanted: &[bool], but: usize) -> BTreeSet<u32> {
    let mut seen = BTreeSet::from([but as u32]);
    let mut stack: Vec<u32> = (0..wanted.len() as u32).filter(|i| wanted[*i as usize]).collect();
    while let Some(i) = stack.pop() {
        if seen.insert(i) {
            stack.extend(trace.instances[i as usize].what.args());
        }
    }
    seen.remove(&(but as u32));
    seen
}

fn cost(trace: &Trace, i: usize, free: BTreeSet<u32>) -> f64 {
    let mut cost = 0.0;
    let mut seen = free;
    let mut stack = vec![i as u32];
    while let Some(i) = stack.pop() {
        let instance = &trace.instances[i as usize];
        if instance.level != Level::Column || !seen.insert(i) {
            continue;
        }
        cost += match &instance.what {
            // A vector that every row reads stays in the nearest cache.
            What::Load { access, .. } if access.at.is_shared() && !trace.domain.is_flat() => 0.1,
            What::Load { .. } => 1.0,
            What::Compute(compute) => arithmetic(compute),
            What::Noise { .. } => TRANSCENDENTAL,
            What::Fold { taps, .. } => taps.iter().product::<usize>() as f64,
            What::Scalar(..)
            | What::Const(_)
            | What::Key(_)
            | What::Mask { .. }
            | What::MaskAt { .. }
            | What::Within { .. }
            | What::OneHot { .. }
            | What::Accumulate { .. } => 0.1,
        };
        stack.extend(instance.what.args());
    }
    cost
}

fn arithmetic(compute: &Compute<u32>) -> f64 {
    match compute {
        Compute::Unary(Unary::Neg | Unary::Abs, _) => 0.1,
        Compute::Unary(Unary::Sqrt, _) | Compute::Binary(Binary::Div, ..) => 1.0,
        Compute::Unary(..) => TRANSCENDENTAL,
        Compute::Binary(..) | Compute::Select { .. } => 0.1,
    }
}
