//! A graph in two along values of rows: what computes them, and what reads them.

use super::builder::Builder;
use super::{Graph, Op, Sink, ValueId};

/// What an input of the part behind a cut is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Cut {
    /// An input of the whole graph.
    Input { slot: u32 },
    /// Columns of the output of the part before it.
    Columns { start: usize, len: usize },
}

/// Where a graph is cut.
pub(super) struct Line {
    /// What the sinks need, no further than the values of the cut.
    pub wanted: Vec<bool>,
    /// The cut, in order.
    pub values: Vec<ValueId>,
}

/// Which nodes depend on one that `starts`.
pub(super) fn reached(graph: &Graph, starts: impl Fn(&Op) -> bool) -> Vec<bool> {
    let mut reached: Vec<bool> = Vec::with_capacity(graph.nodes.len());
    for node in &graph.nodes {
        reached.push(starts(&node.op) || node.inputs.iter().any(|v| reached[v.index()]));
    }
    reached
}

impl Line {
    /// From the sinks on, no further than values that are passed on.
    pub fn of(graph: &Graph, passed_on: impl Fn(ValueId) -> bool) -> Self {
        let mut wanted = vec![false; graph.nodes.len()];
        graph.sinks.iter().for_each(|(_, v)| wanted[v.index()] = true);
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
        Self { wanted, values }
    }

    /// The values of the cut that are no inputs.
    fn columns<'a>(&'a self, graph: &'a Graph) -> impl Iterator<Item = ValueId> + 'a {
        self.values.iter().copied().filter(|v| !matches!(graph.node(*v).op, Op::Input { .. }))
    }

    /// What each input of the part behind the cut is.
    pub fn cut(&self, graph: &Graph) -> Vec<Cut> {
        let mut start = 0;
        let cut = self.values.iter().map(|v| match graph.node(*v).op {
            Op::Input { slot, .. } => Cut::Input { slot },
            _ => {
                let len = graph.ty(*v).row_len();
                start += len;
                Cut::Columns { start: start - len, len }
            }
        });
        cut.collect()
    }

    /// The graph whose output is the cut's columns side by side, `[Batch, columns]`; none where inputs are all there is.
    pub fn before(&self, graph: &Graph) -> Option<Graph> {
        let mut b = Builder::resume(Graph { sinks: Vec::new(), ..graph.clone() });
        let rows: Vec<ValueId> = self.columns(graph).map(|v| b.flatten(v)).collect();
        let joined = match rows[..] {
            [] => return None,
            [one] => one,
            _ => b.concat(&rows, 1),
        };
        b.sink(Sink::Output, joined);
        Some(b.finish())
    }

    /// The graph of the wanted nodes, whose inputs are the cut, in order.
    pub fn behind(&self, graph: &Graph) -> Graph {
        let mut b = Builder::resume(Graph { inputs: Vec::new(), ..graph.tables() });
        let mut renamed: Vec<Option<ValueId>> = vec![None; graph.nodes.len()];
        for (index, node) in graph.nodes.iter().enumerate().filter(|(index, _)| self.wanted[*index]) {
            let v = ValueId(index as u32);
            renamed[index] = Some(b.within(node.origin.clone(), |b| {
                if self.values.contains(&v) {
                    let dims: Vec<usize> = node.ty.dims.iter().filter_map(|d| d.size()).collect();
                    let slot =
                        b.declare_input(&free_name(b.graph(), &node.origin.path), node.ty.dtype, &dims);
                    return b.input(slot, false);
                }
                let inputs: Vec<ValueId> = node.inputs.iter().filter_map(|v| renamed[v.index()]).collect();
                b.push(node.op.clone(), &inputs)
            }));
        }
        for (sink, v) in &graph.sinks {
            if let Some(v) = renamed[v.index()] {
                b.sink(*sink, v);
            }
        }
        b.finish()
    }
}

/// The path, with a number behind it where another value of that layer bears it.
fn free_name(graph: &Graph, path: &str) -> String {
    let is_taken = |name: &String| graph.inputs.iter().any(|input| input.name == *name);
    let numbered = (2..).map(|n| format!("{path}.{n}"));
    std::iter::once(path.to_string()).chain(numbered).find(|name| !is_taken(name)).unwrap_or_default()
}
