//! Groups roots into kernels, greedily and in topological order.
//!
//! Kernels stand in a list, and each needs only what kernels before it leave in memory; so joining a root to an existing kernel is safe if all
//! it reads is there before that kernel, or is computed by that kernel in the same row, and no cycle can arise. A root joins the
//! kernel with which it shares most values, the latest of equals; one that shares nothing starts its own.

use std::collections::{BTreeMap, BTreeSet};

use super::domain::alone;
use super::prepare::{ReduceKind, reduce_kind};
use super::trace::{Context, Home, Root, Trace, sink_home};
use super::view::is_uniform;
use crate::graph::{Dim, Graph, Op, Sink, ValueId};
use crate::loops::Domain;

pub(super) enum Item<'c, 'g> {
    Loop(Box<Trace<'c, 'g>>),
    Product(ValueId),
    Transpose(ValueId),
}

pub(super) struct Groups<'c, 'g> {
    pub items: Vec<Item<'c, 'g>>,
    /// Index of the item that computes a stored value.
    pub made_by: BTreeMap<ValueId, usize>,
}

/// True for a reduction over rows: a value that is known only when all shards are done.
pub(super) fn is_combined(graph: &Graph, v: ValueId) -> bool {
    let Op::Reduce { axes, .. } = &graph.node(v).op else { return false };
    let dims = &graph.ty(graph.node(v).inputs[0]).dims;
    matches!(reduce_kind(dims, axes), ReduceKind::Full | ReduceKind::Leading { .. })
}

/// What a root looks at: stored values and leaves it reads, and the values between that it computes.
struct Reach {
    reads: Vec<ValueId>,
    touched: BTreeSet<ValueId>,
}

fn reach(context: &Context, root: Root) -> Reach {
    let graph = context.graph;
    let mut reach = Reach { reads: Vec::new(), touched: BTreeSet::new() };
    let mut seen = BTreeSet::new();
    let mut stack = match root {
        Root::Value(v) => graph.node(v).inputs.clone(),
        Root::Sink(i) => vec![graph.sinks[i].1],
    };
    if let Root::Value(v) = root {
        reach.touched.insert(v);
        if stack.is_empty() {
            reach.reads.push(v);
        }
    }
    while let Some(v) = stack.pop() {
        if !seen.insert(v) {
            continue;
        }
        if !context.drawn[v.index()] {
            reach.touched.insert(v);
        }
        if context.stored.contains(&v) || graph.node(v).inputs.is_empty() {
            reach.reads.push(v);
        } else {
            stack.extend(&graph.node(v).inputs);
        }
    }
    reach
}

struct Grouping<'c, 'g> {
    context: &'c Context<'g>,
    groups: Groups<'c, 'g>,
    touched: Vec<BTreeSet<ValueId>>,
    /// Items that read the value from before the step.
    readers: BTreeMap<Home, BTreeSet<usize>>,
}

/// Kernels for all stored values and sinks, or the values that must be stored as well. `apart` are sinks that must not join a kernel.
pub(super) fn group<'c, 'g>(
    context: &'c Context<'g>,
    apart: &BTreeSet<usize>,
) -> Result<Groups<'c, 'g>, BTreeSet<ValueId>> {
    let graph = context.graph;
    let groups = Groups { items: Vec::new(), made_by: BTreeMap::new() };
    let mut grouping = Grouping { context, groups, touched: Vec::new(), readers: BTreeMap::new() };
    for v in context.stored.iter().copied() {
        match &graph.node(v).op {
            Op::Contract { .. } => grouping.product(v),
            Op::Transpose { .. } => {
                let x = graph.node(v).inputs[0];
                grouping.push(Item::Transpose(v), BTreeSet::from([v, x]), &[x]);
                grouping.groups.made_by.insert(v, grouping.groups.items.len() - 1);
            }
            _ => grouping.root(Root::Value(v), false).map_err(|v| BTreeSet::from([v]))?,
        }
    }
    for rank in 0..4 {
        for (i, (sink, _)) in graph.sinks.iter().enumerate() {
            let own = match sink {
                Sink::Output => 0,
                Sink::Param(_) => 1,
                Sink::Slot(_) => 2,
                Sink::State(_) => 3,
                Sink::Metric(_) => continue,
            };
            if own == rank {
                grouping.root(Root::Sink(i), apart.contains(&i)).map_err(|v| BTreeSet::from([v]))?;
            }
        }
    }
    Ok(grouping.groups)
}

impl<'c, 'g> Grouping<'c, 'g> {
    fn push(&mut self, item: Item<'c, 'g>, touched: BTreeSet<ValueId>, reads: &[ValueId]) {
        self.groups.items.push(item);
        self.touched.push(touched);
        self.note_readers(self.groups.items.len() - 1, reads);
    }

    fn note_readers(&mut self, item: usize, reads: &[ValueId]) {
        for v in reads {
            if let Some(home) = leaf_home(self.context.graph, self.context.strip(*v)) {
                self.readers.entry(home).or_default().insert(item);
            }
        }
    }

    fn product(&mut self, v: ValueId) {
        let reads = self.context.bases(v);
        self.push(Item::Product(v), BTreeSet::from([v]), &reads);
        self.groups.made_by.insert(v, self.groups.items.len() - 1);
    }

    /// First item at which a stored value is there: in the same row of the kernel that computes it, or after it.
    fn ready(&self, v: ValueId) -> usize {
        let Some(at) = self.groups.made_by.get(&v).copied() else { return 0 };
        let local = matches!(self.groups.items[at], Item::Loop(_)) && !is_combined(self.context.graph, v);
        if local { at } else { at + 1 }
    }

    fn root(&mut self, root: Root, apart: bool) -> Result<(), ValueId> {
        let single = alone(self.context, root)?;
        let reach = reach(self.context, root);
        let mut first = reach.reads.iter().map(|v| self.ready(*v)).max().unwrap_or(0);
        if let Root::Sink(i) = root
            && let Some(readers) = self.readers.get(&sink_home(self.context.graph.sinks[i].0))
        {
            first = first.max(readers.last().copied().unwrap_or(0));
        }
        // Kernels of large values do not meet in a number that both use.
        let scalar = single.domain == Domain::Flat { len: 1 };
        let counts = |v: &&ValueId| scalar || !is_uniform(self.context.graph.ty(**v));
        let mut hosts: Vec<(usize, usize)> = (first..self.groups.items.len())
            .map(|at| (self.touched[at].intersection(&reach.touched).filter(counts).count(), at))
            .filter(|(shared, _)| *shared > 0 && !apart)
            .collect();
        hosts.sort_by(|a, b| b.cmp(a));
        let at = match hosts.into_iter().map(|(_, at)| at).find(|at| self.join(*at, root, &single)) {
            Some(at) => {
                self.touched[at].extend(reach.touched);
                self.note_readers(at, &reach.reads);
                at
            }
            None => {
                self.push(Item::Loop(Box::new(single)), reach.touched, &reach.reads);
                self.groups.items.len() - 1
            }
        };
        if let Root::Value(v) = root {
            self.groups.made_by.insert(v, at);
        }
        Ok(())
    }

    /// Adds `root` to a kernel over the kernel's domain, or moves the kernel to the root's domain if all its roots allow that.
    fn join(&mut self, at: usize, root: Root, single: &Trace<'c, 'g>) -> bool {
        let Item::Loop(trace) = &mut self.groups.items[at] else { return false };
        if !same_rows(trace, single) {
            return false;
        }
        if trace.add(root).is_ok() {
            return true;
        }
        if trace.domain == single.domain || !single.exact {
            return false;
        }
        let mut moved = Trace::new(self.context, single.domain, true);
        if trace.roots.iter().all(|r| moved.add(*r).is_ok()) && moved.add(root).is_ok() {
            **trace = moved;
            return true;
        }
        false
    }
}

/// Kernels over the batch and kernels over constants never share rows, and neither do scalars with anything.
fn same_rows(a: &Trace, b: &Trace) -> bool {
    let kind = |t: &Trace| match t.domain {
        Domain::Flat { len: 1 } => 0,
        Domain::Rows { rows: Dim::Batch, .. } => 1,
        _ => 2,
    };
    kind(a) == kind(b)
}

pub(super) fn leaf_home(graph: &Graph, v: ValueId) -> Option<Home> {
    match graph.node(v).op {
        Op::Param(p) => Some(Home::Param(p)),
        Op::Slot(s) => Some(Home::Slot(s)),
        Op::State(s) => Some(Home::State(s)),
        _ => None,
    }
}
