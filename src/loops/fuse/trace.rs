//! A kernel in the making: the values its roots need, seen through views, as a graph of instances.
//!
//! A *root* is what a kernel leaves in memory. [`Trace::add`] either takes a root with all it needs, or leaves the trace as it was
//! and names the value that must be stored for the root to be computable. Instances are in topological order. The *stage* of
//! an instance is the number of passes over the columns of the row that must have ended before it is known.

use std::collections::BTreeMap;

use rustc_hash::{FxBuildHasher, FxHashMap};

use super::domain::{Alone, leading};
use super::form::Compute;
use super::library::{Library, View as Call};
use super::prepare::{ReduceKind, reduce_kind};
use super::stored::Stored;
use super::view::{View, whole};
use super::windows::Turned;
use crate::graph::{DType, Graph, Op, ParamId, Reduction, ScalarId, Sink, SiteId, SlotId, StateId, ValueId};
use crate::loops::{Access, Affine, Domain, Taps};

/// What fusion knows of the graph as a whole.
pub(super) struct Context<'g> {
    pub graph: &'g Graph,
    pub library: Library,
    /// Values that live in memory.
    pub stored: Stored,
    /// Values made of random draws and scalars alone: never stored.
    pub drawn: Vec<bool>,
    /// Values that depend on data alone.
    pub alone: Vec<bool>,
}

impl Context<'_> {
    /// The value whose memory `v` is part of under another shape.
    pub fn strip(&self, mut v: ValueId) -> ValueId {
        while let (Op::Reshape { .. }, Some(x)) = (&self.graph.node(v).op, self.graph.node(v).inputs.first())
        {
            v = *x;
        }
        v
    }

    /// Whether a kernel of the library makes `v`.
    pub fn is_call(&self, v: ValueId) -> bool {
        self.library.contains_key(&v)
    }

    /// Whether a kernel of the library sums over rows of the batch, those of a block by itself where there are several: then blocks are partials too.
    pub fn sums_blocks(&self, v: ValueId) -> bool {
        let of_rows = |x: &ValueId| self.graph.ty(*x).has_batch();
        !self.graph.blocks.are_one() && !of_rows(&v) && self.bases(v).iter().any(of_rows)
    }

    /// Whether a kernel of the library leaves partials that are to be combined.
    pub fn leaves_partials(&self, v: ValueId) -> bool {
        self.library.get(&v).is_some_and(Call::leaves_partials) || self.sums_blocks(v)
    }

    /// What lies in the memory that a kernel of the library reads.
    pub fn bases(&self, v: ValueId) -> Vec<ValueId> {
        self.library.get(&v).map(Call::bases).unwrap_or_default()
    }

    /// What is stacked in a step of a loop over time and lies in memory anyway: it lies where it is stacked.
    pub fn stacked(&self) -> BTreeMap<ValueId, Home> {
        let mut stacked = BTreeMap::new();
        for (sink, v) in &self.graph.sinks {
            if let Sink::Stack(i) = sink
                && self.stored.contains(*v)
                && !self.graph.node(*v).inputs.is_empty()
            {
                stacked.entry(*v).or_insert(Home::Stack(*i));
            }
        }
        stacked
    }

    pub fn may_store(&self, v: ValueId) -> bool {
        self.graph.ty(v).dtype == DType::F32 && !self.drawn[v.index()]
    }
}

/// Memory that a kernel reads or writes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(super) enum Home {
    Value(ValueId),
    /// Filters turned for convolutions in tiles.
    Turned(Turned),
    Input(u32),
    Target,
    Param(ParamId),
    Slot(SlotId),
    State(StateId),
    Output,
    /// In the body of a loop over time: what enters, what the next step sees, what is stacked.
    Enter(u32),
    Carry(u32),
    Stack(u32),
    /// Memory of a loop over time of its own, by its number.
    Private(ValueId, u32),
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(super) enum Root {
    Value(ValueId),
    /// Index into `Graph::sinks`.
    Sink(usize),
}

impl Root {
    /// The value that is left.
    pub fn value(self, graph: &Graph) -> ValueId {
        match self {
            Root::Value(v) => v,
            Root::Sink(i) => graph.sinks[i].1,
        }
    }
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Level {
    Uniform,
    /// A place of the domain.
    Row,
    Column,
    /// A tap of a fold.
    Tap,
}

/// What an instance does; numbers are those of the instances that it needs.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum What {
    Load { home: Home, access: Access, dtype: DType },
    Scalar(ScalarId, DType),
    Const(f32),
    Key(SiteId),
    Mask { key: u32, q: u32, unit: Affine },
    MaskAt { key: u32, q: u32, unit: u32 },
    Noise { key: u32, unit: Affine },
    Within { length: u32, unit: Affine, stride: usize, offset: isize },
    OneHot { label: u32 },
    Compute(Compute<u32>),
    Accumulate { reduction: Reduction, len: usize, of: u32 },
    Fold { reduction: Reduction, taps: Taps, of: u32 },
}

impl What {
    /// The instances that it needs.
    pub fn args(&self) -> impl Iterator<Item = u32> + use<> {
        let args = match *self {
            What::Load { .. } | What::Scalar(..) | What::Const(_) | What::Key(_) => [None, None, None],
            What::Mask { key, q, .. } => [Some(key), Some(q), None],
            What::MaskAt { key, q, unit } => [Some(key), Some(q), Some(unit)],
            What::Compute(Compute::Binary(_, x, y)) => [Some(x), Some(y), None],
            What::Compute(Compute::Select { condition, then, otherwise }) => {
                [Some(condition), Some(then), Some(otherwise)]
            }
            What::Noise { key: x, .. }
            | What::Within { length: x, .. }
            | What::OneHot { label: x }
            | What::Compute(Compute::Unary(_, x))
            | What::Accumulate { of: x, .. }
            | What::Fold { of: x, .. } => [Some(x), None, None],
        };
        args.into_iter().flatten()
    }
}

#[derive(Clone, Debug)]
pub(super) struct Instance {
    pub node: ValueId,
    pub what: What,
    pub level: Level,
    pub stage: u32,
}

#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) enum Effect {
    Store { access: Access, in_place: bool },
    Partial(Reduction),
}

/// A write of the kernel: in a loop over `len` columns, or in row code.
#[derive(Clone, Debug)]
pub(super) struct Action {
    pub root: Root,
    pub home: Home,
    pub effect: Effect,
    pub len: Option<usize>,
    pub value: u32,
}

/// Why a value cannot be computed in place.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Fail {
    /// The window straddles a seam of a value after this many elements; the value, if it can be stored.
    Cut(usize, Option<ValueId>),
    /// It can if this value is stored; `None`: if the one that needs it is.
    Store(Option<ValueId>),
}

pub(super) struct Trace<'c, 'g> {
    pub context: &'c Context<'g>,
    pub domain: Domain,
    /// Refuse to cut windows at the runs of broadcasts.
    pub exact: bool,
    pub roots: Vec<Root>,
    pub instances: Vec<Instance>,
    pub actions: Vec<Action>,
    /// Stored values that this kernel computes, with the stage in which they are in memory.
    pub(super) own: BTreeMap<ValueId, u32>,
    pub(super) memo: FxHashMap<(ValueId, View), u32>,
    pub(super) log: Vec<(ValueId, View)>,
}

/// Instances that there is room for at first.
const SOME: usize = 24;

impl<'c, 'g> Trace<'c, 'g> {
    pub fn new(context: &'c Context<'g>, domain: Domain, exact: bool) -> Self {
        Trace {
            context,
            domain,
            exact,
            roots: Vec::new(),
            instances: Vec::with_capacity(SOME),
            actions: Vec::new(),
            own: BTreeMap::new(),
            memo: FxHashMap::with_capacity_and_hasher(SOME, FxBuildHasher),
            log: Vec::with_capacity(SOME),
        }
    }

    /// No roots; what was allocated stays.
    pub fn clear(&mut self) {
        self.roots.clear();
        self.instances.clear();
        self.actions.clear();
        self.own.clear();
        self.memo.clear();
        self.log.clear();
    }

    /// The kernel of one root, over a domain that computes it.
    pub fn of(context: &'c Context<'g>, root: Root, alone: &Alone) -> Self {
        let mut trace = Trace::new(context, alone.domain, alone.exact);
        let added = trace.add(root);
        debug_assert_eq!(added, Ok(()), "{root:?} was computed over {:?} before", alone.domain);
        trace
    }

    pub(super) fn mark(&self) -> (usize, usize) {
        (self.instances.len(), self.log.len())
    }

    pub(super) fn undo(&mut self, (instances, log): (usize, usize)) {
        self.instances.truncate(instances);
        for key in self.log.drain(log..) {
            self.memo.remove(&key);
        }
    }

    /// Adds a root, or leaves the trace unchanged and says which value to store first.
    pub fn add(&mut self, root: Root) -> Result<(), Option<ValueId>> {
        let mark = self.mark();
        let actions = self.actions.len();
        if let Root::Value(v) = root {
            self.own.insert(v, 0);
        }
        match self.place(root).and_then(|()| self.updates_are_local(root, mark.0, actions)) {
            Ok(()) => {
                self.roots.push(root);
                if let Root::Value(v) = root {
                    let stage =
                        self.actions[actions..].iter().map(|a| self.instances[a.value as usize].stage).max();
                    self.own.insert(v, stage.unwrap_or(0));
                }
                Ok(())
            }
            Err(fail) => {
                self.undo(mark);
                self.actions.truncate(actions);
                if let Root::Value(v) = root {
                    self.own.remove(&v);
                }
                Err(if let Fail::Store(v) = fail { v } else { None })
            }
        }
    }

    fn place(&mut self, root: Root) -> Result<(), Fail> {
        let graph = self.context.graph;
        let v = root.value(graph);
        let home = match root {
            Root::Value(v) => Home::Value(v),
            Root::Sink(i) => sink_home(graph.sinks[i].0),
        };
        if let (Root::Value(_), Op::Reduce { reduction, axes }) = (root, &graph.node(v).op) {
            let x = graph.node(v).inputs[0];
            match reduce_kind(&graph.ty(x).dims, axes) {
                ReduceKind::Full => return self.place_full(root, *reduction, x),
                ReduceKind::Leading { split } => return self.place_leading(root, *reduction, x, split),
                ReduceKind::Trailing { .. } | ReduceKind::Middle | ReduceKind::Mixed => {}
            }
        }
        let view = whole(self.domain, graph.ty(v)).ok_or(Fail::Store(Some(v)))?;
        if home == Home::Output && !self.domain.is_batch() {
            return Err(Fail::Store(Some(v)));
        }
        let in_place = !matches!(home, Home::Value(_) | Home::Output);
        for (view, value) in self.columns(v, view)? {
            let at = self.affine(v, view);
            let access = if home == Home::Output { Access::pass(at) } else { Access::own(at) };
            self.actions.push(Action {
                root,
                home,
                effect: Effect::Store { access, in_place },
                len: view.len,
                value,
            });
        }
        Ok(())
    }

    /// A reduction to one element: over the columns in the row, then over the rows in one partial a shard.
    fn place_full(&mut self, root: Root, reduction: Reduction, x: ValueId) -> Result<(), Fail> {
        let Root::Value(v) = root else { return Err(Fail::Store(None)) };
        let view = whole(self.domain, self.context.graph.ty(x)).ok_or(Fail::Store(Some(x)))?;
        let value = match view.len {
            Some(_) => self.accumulate(v, reduction, x, view)?,
            None => self.value(x, view)?,
        };
        self.actions.push(Action {
            root,
            home: Home::Value(v),
            effect: Effect::Partial(reduction),
            len: None,
            value,
        });
        Ok(())
    }

    /// A reduction over the rows of the domain: one partial a shard and column.
    fn place_leading(
        &mut self,
        root: Root,
        reduction: Reduction,
        x: ValueId,
        split: usize,
    ) -> Result<(), Fail> {
        let Root::Value(v) = root else { return Err(Fail::Store(None)) };
        if !self.domain.same_places(leading(self.context.graph, x, split)) {
            return Err(Fail::Store(Some(x)));
        }
        let view = whole(self.domain, self.context.graph.ty(x)).ok_or(Fail::Store(Some(x)))?;
        let stored = self.context.strip(x);
        let value = self.value(x, view).map_err(|fail| match fail {
            // The partial has no offset: the columns must be seen in one window, that is from memory.
            Fail::Cut(..) => Fail::Store(Some(stored)),
            other => other,
        })?;
        self.actions.push(Action {
            root,
            home: Home::Value(v),
            effect: Effect::Partial(reduction),
            len: view.len,
            value,
        });
        Ok(())
    }

    /// An update in place may look at the old value only where it writes the new one. Instances from `instances` on and actions from
    /// `actions` on are new: the others have been looked at together.
    fn updates_are_local(&self, root: Root, instances: usize, actions: usize) -> Result<(), Fail> {
        let foreign = |action: &Action, instances: &[Instance]| {
            let Effect::Store { access, in_place: true } = action.effect else { return false };
            instances.iter().any(|instance| {
                matches!(instance.what, What::Load { home, access: read, .. } if home == action.home && read != access)
            })
        };
        let (old, new) = self.actions.split_at(actions);
        let clash = new.iter().any(|a| foreign(a, &self.instances))
            || old.iter().any(|a| foreign(a, &self.instances[instances..]));
        match root {
            _ if !clash => Ok(()),
            Root::Sink(i) => Err(Fail::Store(Some(self.context.graph.sinks[i].1))),
            Root::Value(_) => Err(Fail::Store(None)),
        }
    }
}

pub(super) fn sink_home(sink: Sink) -> Home {
    match sink {
        Sink::Param(p) => Home::Param(p),
        Sink::Slot(s) => Home::Slot(s),
        Sink::State(s) => Home::State(s),
        Sink::Output | Sink::Metric(_) => Home::Output,
        Sink::Carry(slot) => Home::Carry(slot),
        Sink::Stack(index) => Home::Stack(index),
    }
}
