//! Roots by themselves: what each looks at, and how a kernel computes it alone.
//!
//! What has been found of a root holds until a value that it computes joins those in memory, and is used by each attempt until then.

use std::collections::BTreeSet;

use rustc_hash::{FxHashMap, FxHashSet};

use super::More;
use super::domain::{Alone, alone};
use super::group::is_loop;
use super::store::with_operands;
use super::trace::{Context, Root, Trace, sink_home};
use super::unfused::Unfused;
use crate::graph::{Sink, ValueId};
use crate::loops::Domain;

/// What a root looks at: stored values and leaves it reads, and the values between that it computes, each once.
pub(super) struct Reach {
    pub reads: Vec<ValueId>,
    pub touched: Vec<ValueId>,
}

fn reach(context: &Context, root: Root) -> Reach {
    let graph = context.graph;
    let mut reach = Reach { reads: Vec::new(), touched: Vec::new() };
    let mut seen = FxHashSet::default();
    let mut stack = match root {
        Root::Value(v) => graph.node(v).inputs.clone(),
        Root::Sink(_) => vec![root.value(graph)],
    };
    if let Root::Value(v) = root {
        reach.touched.push(v);
        if stack.is_empty() {
            reach.reads.push(v);
        }
    }
    while let Some(v) = stack.pop() {
        if !seen.insert(v) {
            continue;
        }
        if !context.drawn[v.index()] {
            reach.touched.push(v);
        }
        if context.stored.contains(v) || graph.node(v).inputs.is_empty() {
            reach.reads.push(v);
        } else {
            stack.extend(&graph.node(v).inputs);
        }
    }
    reach
}

/// What loops compute, in the order in which kernels take it on: stored values in topological order, then sinks.
pub(super) fn roots(context: &Context) -> impl Iterator<Item = Root> {
    let graph = context.graph;
    let looped = |v: &ValueId| !context.is_call(*v) && is_loop(graph, *v);
    let values = context.stored.iter().filter(looped).map(Root::Value);
    let rank = |sink: &Sink| match sink {
        Sink::Output => Some(0),
        Sink::Param(_) => Some(1),
        Sink::Slot(_) => Some(2),
        Sink::State(_) => Some(3),
        Sink::Carry(_) | Sink::Stack(_) => Some(4),
        Sink::Metric(_) => None,
    };
    let stacked = context.stacked();
    let there = |sink: &Sink, v: &ValueId| stacked.get(v) == Some(&sink_home(*sink));
    let sinks = graph.sinks.iter().enumerate().filter(|(_, (sink, v))| !there(sink, v));
    let sinks = sinks.filter_map(|(i, (sink, _))| Some((rank(sink)?, i)));
    let mut sinks: Vec<(u32, usize)> = sinks.collect();
    sinks.sort_unstable();
    values.chain(sinks.into_iter().map(|(_, i)| Root::Sink(i)))
}

/// What a root looks at, and how a kernel of its own visits its elements.
pub(super) struct Solo {
    pub reach: Reach,
    pub alone: Alone,
}

pub(super) struct Solos<'c, 'g> {
    context: &'c Context<'g>,
    known: FxHashMap<Root, Solo>,
    scratch: Trace<'c, 'g>,
}

impl<'c, 'g> Solos<'c, 'g> {
    /// Stores values until each root can be computed by a kernel of its own.
    ///
    /// # Errors
    /// A root that no kernel computes, whatever is stored.
    pub fn new(context: &'c Context<'g>) -> Result<Self, Unfused> {
        let scratch = Trace::new(context, Domain::Flat { len: 1 }, true);
        let mut solos = Solos { context, known: FxHashMap::default(), scratch };
        solos.settle()?;
        Ok(solos)
    }

    /// A root of the graph.
    pub fn of(&self, root: Root) -> &Solo {
        &self.known[&root]
    }

    /// Stores `values`, and what else must be stored then.
    ///
    /// # Errors
    /// As [`Solos::new`].
    pub fn store(&mut self, values: &BTreeSet<ValueId>) -> Result<(), Unfused> {
        self.put(values);
        self.settle()
    }

    fn put(&mut self, values: &BTreeSet<ValueId>) {
        // Windows are found wanting late, if at all, and so is what is written down as windows.
        let mut values = values.clone();
        with_operands(self.context, &mut values);
        self.context.stored.extend(values.iter().copied());
        self.known.retain(|_, solo| solo.reach.touched.iter().all(|v| !values.contains(v)));
    }

    /// A root that looks at a value which has just been found wanting waits for the next round: whether it can be computed is another
    /// question then.
    fn settle(&mut self) -> Result<(), Unfused> {
        loop {
            let mut wanting = BTreeSet::new();
            for root in roots(self.context).filter(|root| !self.known.contains_key(root)).collect::<Vec<_>>()
            {
                let reach = reach(self.context, root);
                if !wanting.is_empty() && reach.touched.iter().any(|v| wanting.contains(v)) {
                    continue;
                }
                match alone(&mut self.scratch, root) {
                    Ok(alone) => drop(self.known.insert(root, Solo { reach, alone })),
                    Err(More::Store(values)) => wanting.extend(values),
                    Err(More::Never(unfused)) => return Err(unfused),
                    Err(More::Apart(_)) => {}
                }
            }
            if wanting.is_empty() {
                return Ok(());
            }
            self.put(&wanting);
        }
    }
}
