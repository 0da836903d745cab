//! A graph with draws in two: what no draw reaches is computed once a row, the rest once a sample of it.
//!
//! The *cut* are the values of rows, free of draws, that the random part reads. What depends on no input (a bias spread over the rows), what
//! only repeats (a broadcast) and what is no number (a comparison) is computed again instead of passed on.

use crate::graph::cut::{Cut, Line, reached};
use crate::graph::{DType, Graph, Op, Passes, Sink, SiteId, ValueId, simplify};

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
        // Tokens and lengths are read again, and so is what lengths say.
        let read = number || matches!(node.op, Op::Input { .. });
        let again = matches!(node.op, Op::Broadcast { .. } | Op::Within { .. });
        of_rows[v.index()] && !random[v.index()] && read && !again
    };
    let line = Line::of(graph, passed_on);
    let fixed = line.before(graph).map(|fixed| simplify(&fixed, Passes::ALL));
    Some(Split { fixed, random: simplify(&line.behind(graph), Passes::ALL), cut: line.cut(graph) })
}
