//! The order in which kernels run.
//!
//! A kernel runs after those that make what it reads; one that overwrites a parameter, slot or state runs after all others that read the
//! old value. Among kernels that could run next, those over parameters come first (the gradient is still in the cache), then products
//! that carry the gradient back, then products that make a parameter's gradient, then the rest; ties by place in the graph.

use std::collections::{BTreeMap, BTreeSet};

use super::More;
use super::group::{Groups, Item};
use super::program::home_of;
use super::trace::{Context, Effect, Home, Root, Trace, What, sink_home};
use super::unfused::Unfused;
use crate::graph::{Dim, Sink, ValueId};
use crate::loops::Domain;

/// An order of items, and the values that live in the memory of the parameter they are about to become.
pub(super) struct Order {
    pub items: Vec<usize>,
    pub lodgers: BTreeMap<ValueId, Home>,
}

/// Memory an item reads and writes, apart from what it only passes on within itself.
struct Traffic {
    reads: BTreeSet<Home>,
    writes: BTreeSet<Home>,
}

/// An order that respects all updates in place, or the sink that stands in the way.
pub(super) fn order(context: &Context, groups: &Groups) -> Result<Order, More> {
    let traffic: Vec<Traffic> = groups.items.iter().map(|item| traffic(context, item)).collect();
    let mut lodgers = BTreeMap::new();
    let mut items = sort(context, groups, &traffic, &lodgers)?;
    for (v, home) in candidates(context, groups, &traffic) {
        lodgers.insert(v, home);
        match sort(context, groups, &traffic, &lodgers) {
            Ok(sorted) => items = sorted,
            Err(_) => drop(lodgers.remove(&v)),
        }
    }
    Ok(Order { items, lodgers })
}

fn traffic(context: &Context, item: &Item) -> Traffic {
    let graph = context.graph;
    let home = |v: ValueId| home_of(context, v);
    match item {
        Item::Call(v) => Traffic {
            reads: context.bases(*v).into_iter().map(home).collect(),
            writes: BTreeSet::from([Home::Value(*v)]),
        },
        Item::Transpose(v) => Traffic {
            reads: BTreeSet::from([home(context.strip(graph.node(*v).inputs[0]))]),
            writes: BTreeSet::from([Home::Value(*v)]),
        },
        Item::Loop(trace) => {
            let load = |what: &What| if let What::Load { home, .. } = what { Some(*home) } else { None };
            Traffic {
                reads: trace.instances.iter().filter_map(|i| load(&i.what)).collect(),
                writes: trace.actions.iter().map(|a| a.home).collect(),
            }
        }
    }
}

/// Values that could be computed where the parameter lies: read by the kernel that writes the parameter, at the same place, where the
/// old value is not read any more.
fn candidates(context: &Context, groups: &Groups, traffic: &[Traffic]) -> Vec<(ValueId, Home)> {
    let mut found: Vec<(ValueId, Home)> = Vec::new();
    for (at, item) in groups.items.iter().enumerate() {
        let Item::Loop(trace) = item else { continue };
        for action in &trace.actions {
            let Effect::Store { access, in_place: true } = action.effect else { continue };
            if traffic[at].reads.contains(&action.home) {
                continue;
            }
            let lodger = trace.instances.iter().find_map(|i| match i.what {
                What::Load { home: Home::Value(v), access: read, .. } if read == access => Some(v),
                _ => None,
            });
            let taken = |v: ValueId| found.iter().any(|(w, h)| *w == v || *h == action.home);
            if let Some(v) = lodger
                && !taken(v)
                && may_lodge(context, groups, v, action.home)
            {
                found.push((v, action.home));
            }
        }
    }
    found
}

/// True if `v` is written like the parameter is read by the kernel that makes it, and covers it.
fn may_lodge(context: &Context, groups: &Groups, v: ValueId, home: Home) -> bool {
    let Some(Item::Loop(maker)) = groups.made_by.get(&v).map(|at| &groups.items[*at]) else { return false };
    let mut stores = maker.actions.iter().filter(|a| a.home == Home::Value(v));
    let (Some(action), None) = (stores.next(), stores.next()) else { return false };
    let Effect::Store { access: written, .. } = action.effect else { return false };
    let covers = context.graph.sinks.iter().any(|(sink, w)| {
        !matches!(sink, Sink::Metric(_) | Sink::Output)
            && sink_home(*sink) == home
            && context.graph.ty(*w).row_len() == context.graph.ty(v).row_len()
    });
    covers
        && maker.instances.iter().all(|i| match i.what {
            What::Load { home: read, access, .. } => {
                read != Home::Value(v) && (read != home || access == written)
            }
            _ => true,
        })
}

/// Kahn's algorithm; on a cycle, an update in place that is part of it.
fn sort(
    context: &Context,
    groups: &Groups,
    traffic: &[Traffic],
    lodgers: &BTreeMap<ValueId, Home>,
) -> Result<Vec<usize>, More> {
    let n = groups.items.len();
    let mut after: Vec<BTreeSet<usize>> = vec![BTreeSet::new(); n];
    let writer: BTreeMap<Home, usize> =
        traffic.iter().enumerate().flat_map(|(i, t)| t.writes.iter().map(move |h| (*h, i))).collect();
    for (i, t) in traffic.iter().enumerate() {
        for home in &t.reads {
            let Some(w) = writer.get(home).copied().filter(|w| *w != i) else { continue };
            if let Home::Value(v) = home {
                after[i].insert(w);
                if let Some(last) = lodgers.get(v).and_then(|h| writer.get(h)).filter(|last| **last != i) {
                    after[*last].insert(i);
                }
            } else {
                after[w].insert(i);
            }
        }
    }
    for (v, home) in lodgers {
        let Some(first) = writer.get(&Home::Value(*v)) else { continue };
        for (i, t) in traffic.iter().enumerate() {
            if i != *first && t.reads.contains(home) {
                after[*first].insert(i);
            }
        }
    }
    let ranks: Vec<u32> = groups.items.iter().map(|item| rank(context, item)).collect();
    let mut waiting: Vec<usize> = after.iter().map(BTreeSet::len).collect();
    let mut before: Vec<Vec<usize>> = vec![Vec::new(); n];
    for (i, firsts) in after.iter().enumerate() {
        firsts.iter().for_each(|first| before[*first].push(i));
    }
    let mut ready: BTreeSet<(u32, usize)> =
        (0..n).filter(|i| waiting[*i] == 0).map(|i| (ranks[i], i)).collect();
    let mut sorted = Vec::with_capacity(n);
    while let Some((_, next)) = ready.pop_first() {
        sorted.push(next);
        for later in &before[next] {
            waiting[*later] -= 1;
            if waiting[*later] == 0 {
                ready.insert((ranks[*later], *later));
            }
        }
    }
    if sorted.len() < n {
        return Err(obstacle(context, groups, &waiting));
    }
    Ok(sorted)
}

/// An update in place among the items that still wait.
fn obstacle(context: &Context, groups: &Groups, waiting: &[usize]) -> More {
    let stuck = || groups.items.iter().zip(waiting).filter(|(_, waits)| **waits > 0).map(|(item, _)| item);
    let sink = stuck().find_map(|item| match item {
        Item::Loop(trace) => in_place_sinks(trace).first().copied(),
        Item::Call(_) | Item::Transpose(_) => None,
    });
    if let Some(sink) = sink {
        return More::Apart(sink);
    }
    let made = stuck().find_map(|item| match item {
        Item::Loop(trace) => trace.roots.first().map(|root| root.value(context.graph)),
        Item::Call(v) | Item::Transpose(v) => Some(*v),
    });
    let v = made.unwrap_or(ValueId(0));
    More::Never(Unfused::at(
        context.graph,
        v,
        "its kernel waits for one that waits for it, and neither is an update",
    ))
}

fn in_place_sinks(trace: &Trace) -> Vec<usize> {
    let update = |a: &&super::trace::Action| matches!(a.effect, Effect::Store { in_place: true, .. });
    // A kernel that only copies is not what others wait for.
    let sink = |a: &super::trace::Action| if let Root::Sink(i) = a.root { Some(i) } else { None };
    let copies = trace.roots.len() == 1 && trace.instances.len() == 1;
    trace.actions.iter().filter(update).filter_map(sink).filter(|_| !copies).collect()
}

fn rank(context: &Context, item: &Item) -> u32 {
    match item {
        Item::Loop(trace) if !matches!(trace.domain, Domain::Rows { rows: Dim::Batch, .. }) => 0,
        Item::Call(v) if context.graph.ty(*v).has_batch() => 1,
        Item::Call(_) => 2,
        _ => 3,
    }
}
