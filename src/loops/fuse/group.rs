//! Groups roots into kernels, greedily and in topological order.
//!
//! Kernels stand in a list, and each needs only what kernels before it leave in memory; so joining a root to an existing kernel is safe if all
//! it reads is there before that kernel, or is computed by that kernel in the same row, and no cycle can arise. A root joins the
//! kernel with which it shares most values, the latest of equals; one that shares nothing starts its own.

use std::collections::{BTreeMap, BTreeSet};

use rustc_hash::FxHashMap;

use super::domain::Alone;
use super::form::{Form, Leaf, form};
use super::prepare::{ReduceKind, reduce_kind};
use super::solo::{Reach, Solo, Solos, roots};
use super::trace::{Context, Home, Root, Trace, sink_home};
use super::view::{is_uniform, keeps_columns};
use crate::graph::{DType, Dim, Graph, Op, ValueId};
use crate::loops::Domain;

pub(super) enum Item<'c, 'g> {
    Loop(Box<Trace<'c, 'g>>),
    /// A kernel of the library.
    Call(ValueId),
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

/// True for a transpose that a loop can read: its columns are the operand's.
pub(super) fn is_loop(graph: &Graph, v: ValueId) -> bool {
    let node = graph.node(v);
    let Op::Transpose { permutation } = &node.op else { return true };
    keeps_columns(&graph.ty(node.inputs[0]).dims, permutation)
}

struct Grouping<'s, 'c, 'g> {
    context: &'c Context<'g>,
    solos: &'s Solos<'c, 'g>,
    groups: Groups<'c, 'g>,
    /// Items that touch a value, in order, by value.
    touching: Vec<Vec<usize>>,
    /// Items that read the value from before the step.
    readers: BTreeMap<Home, BTreeSet<usize>>,
}

/// Kernels for all stored values and sinks. `apart` are sinks that must not join a kernel.
pub(super) fn group<'c, 'g>(
    context: &'c Context<'g>,
    solos: &Solos<'c, 'g>,
    apart: &BTreeSet<usize>,
) -> Groups<'c, 'g> {
    let graph = context.graph;
    let groups = Groups { items: Vec::new(), made_by: BTreeMap::new() };
    let touching = vec![Vec::new(); graph.nodes.len()];
    let mut grouping = Grouping { context, solos, groups, touching, readers: BTreeMap::new() };
    for v in context.stored.iter() {
        if context.is_call(v) {
            let reads = context.bases(v);
            grouping.call(v, Item::Call(v), &[v], &reads);
        } else if !is_loop(graph, v) {
            let x = graph.node(v).inputs[0];
            grouping.call(v, Item::Transpose(v), &[v, x], &[x]);
        } else {
            grouping.root(Root::Value(v), false)
        }
    }
    for root in roots(context) {
        if let Root::Sink(i) = root {
            grouping.root(root, apart.contains(&i));
        }
    }
    grouping.groups
}

impl<'c, 'g> Grouping<'_, 'c, 'g> {
    fn push(&mut self, item: Item<'c, 'g>) -> usize {
        self.groups.items.push(item);
        self.groups.items.len() - 1
    }

    /// Notes what an item touches and reads.
    fn note(&mut self, item: usize, touched: &[ValueId], reads: &[ValueId]) {
        for v in touched {
            let items = &mut self.touching[v.index()];
            if let Err(at) = items.binary_search(&item) {
                items.insert(at, item);
            }
        }
        self.note_readers(item, reads);
    }

    fn note_readers(&mut self, item: usize, reads: &[ValueId]) {
        for v in reads {
            if let Some(home) = leaf_home(self.context.graph, self.context.strip(*v)) {
                self.readers.entry(home).or_default().insert(item);
            }
        }
    }

    /// A kernel of the library that makes `v`.
    fn call(&mut self, v: ValueId, item: Item<'c, 'g>, touched: &[ValueId], reads: &[ValueId]) {
        let item = self.push(item);
        self.note(item, touched, reads);
        self.groups.made_by.insert(v, item);
    }

    /// First item at which a stored value is there: in the same row of the kernel that computes it, or after it.
    fn ready(&self, v: ValueId) -> usize {
        let Some(at) = self.groups.made_by.get(&v).copied() else { return 0 };
        let local = matches!(self.groups.items[at], Item::Loop(_)) && !is_combined(self.context.graph, v);
        if local { at } else { at + 1 }
    }

    fn root(&mut self, root: Root, apart: bool) {
        let Solo { reach, alone } = self.solos.of(root);
        let mut first = reach.reads.iter().map(|v| self.ready(*v)).max().unwrap_or(0);
        if let Root::Sink(i) = root
            && let Some(readers) = self.readers.get(&sink_home(self.context.graph.sinks[i].0))
        {
            first = first.max(readers.last().copied().unwrap_or(0));
        }
        let hosts = if apart { Vec::new() } else { self.hosts(reach, first, alone.domain) };
        let at = match hosts.into_iter().find(|at| self.join(*at, root, alone)) {
            Some(at) => at,
            None => self.push(Item::Loop(Box::new(Trace::of(self.context, root, alone)))),
        };
        self.note(at, &reach.touched, &reach.reads);
        if let Root::Value(v) = root {
            self.groups.made_by.insert(v, at);
        }
    }

    /// Items from `first` on that share values with the root, most of them first, the latest of equals.
    fn hosts(&self, reach: &Reach, first: usize, domain: Domain) -> Vec<usize> {
        // Kernels of large values do not meet in a number that both use.
        let scalar = domain == Domain::Flat { len: 1 };
        let mut shared: FxHashMap<usize, usize> = FxHashMap::default();
        for v in &reach.touched {
            if scalar || !is_uniform(self.context.graph.ty(*v)) {
                let later = self.touching[v.index()].iter().rev().take_while(|at| **at >= first);
                later.for_each(|at| *shared.entry(*at).or_default() += 1);
            }
        }
        let mut hosts: Vec<(usize, usize)> = shared.into_iter().map(|(at, count)| (count, at)).collect();
        hosts.sort_unstable_by(|a, b| b.cmp(a));
        hosts.into_iter().map(|(_, at)| at).collect()
    }

    /// Adds `root` to a kernel over the kernel's domain, or moves the kernel to the root's domain if all its roots allow that.
    fn join(&mut self, at: usize, root: Root, alone: &Alone) -> bool {
        let Item::Loop(trace) = &mut self.groups.items[at] else { return false };
        if !same_rows(trace.domain, alone.domain) {
            return false;
        }
        if trace.add(root).is_ok() {
            return true;
        }
        if trace.domain == alone.domain || !alone.exact {
            return false;
        }
        let mut moved = Trace::new(self.context, alone.domain, true);
        if trace.roots.iter().all(|r| moved.add(*r).is_ok()) && moved.add(root).is_ok() {
            **trace = moved;
            return true;
        }
        false
    }
}

/// Kernels over the batch and kernels over constants never share rows, and neither do scalars with anything.
fn same_rows(a: Domain, b: Domain) -> bool {
    let kind = |domain| match domain {
        Domain::Flat { len: 1 } => 0,
        Domain::Rows { rows: Dim::Batch, .. } => 1,
        _ => 2,
    };
    kind(a) == kind(b)
}

/// The memory that outlives the step, or holds the tokens of the data, if the value is what lies there.
pub(super) fn leaf_home(graph: &Graph, v: ValueId) -> Option<Home> {
    match form(graph.node(v)) {
        Form::Leaf(Leaf::Kept(home)) => Some(home),
        // Tokens: kernels of the library read them where they lie.
        Form::Leaf(Leaf::Data { home, partner: false }) if graph.ty(v).dtype == DType::I32 => Some(home),
        _ => None,
    }
}
