//! A graph with draws in two: what no draw reaches is computed once a row, the rest once a sample of it.
//!
//! The *cut* are the values of rows, free of draws, that the random part reads. What depends on no input (a bias spread over the rows), what
//! only repeats (a broadcast) and what is no number (a comparison) is computed again instead of passed on.

use crate::graph::builder::Builder;
use crate::graph::{DType, Graph, Op, Passes, Sink, SiteId, ValueId, simplify};

/// What an input of the random part is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Cut {
    /// An input of the whole graph.
    Input { slot: u32 },
    /// Columns of the fixed part's output.
    Columns { start: usize, len: usize },
}

/// The two parts of a graph whose only sink is its output.
#[derive(Clone, Debug)]
pub struct Split {
    /// Its output is the cut's columns side by side, `[Batch, columns]`; none where the cut are inputs.
    pub fixed: Option<Graph>,
    /// Its inputs are the cut, in order.
    pub random: Graph,
    pub cut: Vec<Cut>,
}

/// Divides a graph. None if no draw reaches its output.
#[must_use]
pub fn split(graph: &Graph) -> Option<Split> {
    divided(graph, |op| matches!(op, Op::RowKey(_)))
}

/// The same for the draws of one site: what the others draw counts as known.
#[must_use]
pub fn split_at(graph: &Graph, site: SiteId) -> Option<Split> {
    divided(graph, |op| *op == Op::RowKey(site))
}

fn divided(graph: &Graph, draws: impl Fn(&Op) -> bool) -> Option<Split> {
    let output = graph.sinks.iter().find(|(sink, _)| *sink == Sink::Output).map(|(_, v)| *v)?;
    let random = reached(graph, draws);
    if !random[output.index()] {
        return None;
    }
    let of_rows = reached(graph, |op| matches!(op, Op::Input { .. }));
    let passed_on = |v: ValueId| {
        let node = graph.node(v);
        let number = node.ty.dtype == DType::F32 && node.ty.has_batch();
        of_rows[v.index()] && !random[v.index()] && number && !matches!(node.op, Op::Broadcast { .. })
    };
    let (wanted, values) = cut(graph, output, passed_on);
    let (cut, fixed) = fixed_part(graph, &values);
    let random = random_part(graph, output, &wanted, &values);
    Some(Split { fixed, random: simplify(&random, Passes::ALL), cut })
}

/// Which nodes depend on one that `starts`.
pub(super) fn reached(graph: &Graph, starts: impl Fn(&Op) -> bool) -> Vec<bool> {
    let mut reached: Vec<bool> = Vec::with_capacity(graph.nodes.len());
    for node in &graph.nodes {
        reached.push(starts(&node.op) || node.inputs.iter().any(|v| reached[v.index()]));
    }
    reached
}

/// What the output needs, no further than the values that are passed on; and those, in order.
fn cut(graph: &Graph, output: ValueId, passed_on: impl Fn(ValueId) -> bool) -> (Vec<bool>, Vec<ValueId>) {
    let mut wanted = vec![false; graph.nodes.len()];
    wanted[output.index()] = true;
    let mut values = Vec::new();
    for index in (0..graph.nodes.len()).rev() {
        let v = ValueId(index as u32);
        if !wanted[index] {
            continue;
        }
        if passed_on(v) {
            values.push(v);
        } else {
            graph.nodes[index].inputs.iter().for_each(|v| wanted[v.index()] = true);
        }
    }
    values.reverse();
    (wanted, values)
}

/// The graph of the cut, unless inputs are all there is.
fn fixed_part(graph: &Graph, values: &[ValueId]) -> (Vec<Cut>, Option<Graph>) {
    let mut start = 0;
    let mut columns = Vec::new();
    let cut = values.iter().map(|v| match graph.node(*v).op {
        Op::Input { slot, .. } => Cut::Input { slot },
        _ => {
            let len = graph.ty(*v).row_len();
            columns.push(*v);
            start += len;
            Cut::Columns { start: start - len, len }
        }
    });
    let cut = cut.collect();
    if columns.is_empty() {
        return (cut, None);
    }
    let mut b = Builder::resume(Graph { sinks: Vec::new(), ..graph.clone() });
    let rows: Vec<ValueId> = columns.iter().map(|v| b.flatten(*v)).collect();
    let joined = if let [one] = rows[..] { one } else { b.concat(&rows, 1) };
    b.sink(Sink::Output, joined);
    (cut, Some(simplify(&b.finish(), Passes::ALL)))
}

/// The wanted nodes over the cut.
fn random_part(graph: &Graph, output: ValueId, wanted: &[bool], values: &[ValueId]) -> Graph {
    let empty = Graph { nodes: Vec::new(), inputs: Vec::new(), sinks: Vec::new(), ..graph.clone() };
    let mut b = Builder::resume(empty);
    let mut renamed: Vec<Option<ValueId>> = vec![None; graph.nodes.len()];
    for (index, node) in graph.nodes.iter().enumerate().filter(|(index, _)| wanted[*index]) {
        let v = ValueId(index as u32);
        renamed[index] = Some(b.within(node.origin.clone(), |b| {
            if values.contains(&v) {
                let dims: Vec<usize> = node.ty.dims.iter().filter_map(|d| d.size()).collect();
                let slot = b.declare_input(&node.origin.path, DType::F32, &dims);
                return b.input(slot, false);
            }
            let inputs: Vec<ValueId> = node.inputs.iter().filter_map(|v| renamed[v.index()]).collect();
            b.push(node.op.clone(), &inputs)
        }));
    }
    if let Some(output) = renamed[output.index()] {
        b.sink(Sink::Output, output);
    }
    b.finish()
}
