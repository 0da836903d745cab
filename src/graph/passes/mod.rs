//! Passes: rewrites of a graph into a smaller one that computes the same sinks.
//!
//! Invariants: tables of sources and sites stay as they are, so that bindings stay valid; sinks keep their order; every result is sound
//! (`verify` runs after each pass in debug builds). No value changes but by the rounding of constants and the sign of a zero: `x * 0` is not 0
//! (but for the derivative of a dropped unit, see `kept`), and sums are not reordered. A threshold is a number of the run, so no mask is ever folded.

mod arithmetic;
mod fold;
mod kept;
mod layout;
mod spared;
mod widest;

use std::borrow::Cow;
use std::sync::Arc;

use super::builder::{Builder, ice};
use super::{Graph, Op, Scan, ValueId, verify};
pub use spared::spared;

/// Which passes run.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Passes {
    pub fold: bool,
    pub kept: bool,
    pub cse: bool,
    pub dce: bool,
}

impl Passes {
    pub const ALL: Self = Self { fold: true, kept: true, cse: true, dce: true };
    pub const NONE: Self = Self { fold: false, kept: false, cse: false, dce: false };
}

fn has_scans(graph: &Graph) -> bool {
    graph.nodes.iter().any(|node| matches!(node.op, Op::Scan(_)))
}

type Pass = fn(&Graph) -> Graph;

/// Runs the passes that are switched on.
///
/// In this order, once: folding makes nodes equal and leaves dead ones, masks are sought in folded products, merging leaves dead ones, and only then is it known what nobody reads.
/// Folding sees operands that are folded already, so that a second round would find nothing.
pub fn simplify(graph: &Graph, passes: Passes) -> Graph {
    let list: [(&str, bool, Pass); 5] = [
        // Before operands are renamed: a scan and its wider form have the same ones.
        ("widest", passes.fold && has_scans(graph), widest::widest),
        ("fold", passes.fold, fold::fold),
        ("kept", passes.kept, kept::kept),
        // Whoever builds a graph anew merges what is equal.
        ("cse", passes.cse && !passes.fold && !passes.kept, cse),
        ("dce", passes.dce, dce),
    ];
    let mut graph = Cow::Borrowed(graph);
    for (name, _, pass) in list.into_iter().filter(|(_, on, _)| *on) {
        graph = Cow::Owned(pass(&graph));
        if cfg!(debug_assertions)
            && let Err(broken) = verify(&graph)
        {
            ice(&broken.to_string(), &name);
        }
    }
    graph.into_owned()
}

/// Merges equal nodes: the builder makes each once. The first keeps its origin.
pub fn cse(graph: &Graph) -> Graph {
    rebuild(graph, |_| true, |b, op, inputs| b.push(op.clone(), inputs))
}

/// Drops nodes that lead to no sink.
pub fn dce(graph: &Graph) -> Graph {
    let mut live = vec![false; graph.nodes.len()];
    for (_, v) in &graph.sinks {
        live[v.index()] = true;
    }
    for (index, node) in graph.nodes.iter().enumerate().rev() {
        if live[index] {
            node.inputs.iter().for_each(|v| live[v.index()] = true);
        }
    }
    rebuild(
        graph,
        |index| live[index],
        |b, op, inputs| match op {
            Op::Scan(scan) => {
                let scan = Scan { body: dce(&scan.body), ..(**scan).clone() };
                b.push(Op::Scan(Arc::new(scan)), inputs)
            }
            _ => b.push(op.clone(), inputs),
        },
    )
}

/// The graph made anew by `rule`, which gets each kept node's operation and new operands, in order; new nodes bear the old one's origin.
fn rebuild(
    graph: &Graph,
    keep: impl Fn(usize) -> bool,
    rule: impl Fn(&mut Builder, &Op, &[ValueId]) -> ValueId,
) -> Graph {
    rebuilt(graph, keep, |b, _, op, inputs| rule(b, op, inputs))
}

/// The same of all nodes, for a rule that asks which of the old graph's it is.
fn rebuild_by_node(graph: &Graph, rule: impl Fn(&mut Builder, ValueId, &Op, &[ValueId]) -> ValueId) -> Graph {
    rebuilt(graph, |_| true, rule)
}

fn rebuilt(
    graph: &Graph,
    keep: impl Fn(usize) -> bool,
    rule: impl Fn(&mut Builder, ValueId, &Op, &[ValueId]) -> ValueId,
) -> Graph {
    let mut b = Builder::resume(graph.tables());
    let mut renamed: Vec<Option<ValueId>> = Vec::with_capacity(graph.nodes.len());
    let new = |renamed: &[Option<ValueId>], v: ValueId| match renamed[v.index()] {
        Some(new) => new,
        None => ice("a kept node reads one that is not kept", &v),
    };
    for (index, node) in graph.nodes.iter().enumerate() {
        let made = keep(index).then(|| {
            let inputs: Vec<ValueId> = node.inputs.iter().map(|v| new(&renamed, *v)).collect();
            b.within(node.origin.clone(), |b| rule(b, ValueId(index as u32), &node.op, &inputs))
        });
        renamed.push(made);
    }
    for (sink, v) in &graph.sinks {
        b.sink(*sink, new(&renamed, *v));
    }
    b.finish()
}

#[cfg(test)]
mod tests;
