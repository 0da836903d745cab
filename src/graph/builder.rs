//! Builds a graph node by node: the only way in which layers, losses, optimizers, autodiff and passes make nodes.
//!
//! Invariants: a pushed node has the type its rule infers; equal nodes are made once, with the origin of the first; operands come before
//! their users. Whoever pushes has checked shapes before (the checker has spans, the builder has none), so a violated rule is a bug in
//! dropnet and ends in `ice`. What layers write in is in `compose`.

use std::sync::Arc;

use super::intern::Interner;
use super::{
    Address, Array, Averaged, DType, Dim, Graph, Op, Origin, ParamId, Phase, Scalar, ScalarId, Sink, Site,
    SiteId, SlotId, StateId, Stored, Type, ValueId, shape,
};

/// The scalar by which a sum over the rows of the minibatch becomes their mean.
pub const INV_ROWS: &str = "inv_rows";

#[derive(Clone, Debug, Default)]
pub struct Builder {
    graph: Graph,
    interner: Interner,
    origin: Origin,
}

/// In front of the name of what is averaged.
pub const AVERAGE: &str = "average.";

/// Stops at a broken invariant of the graph; no `.net` file may lead here.
pub(super) fn ice(what: &str, where_: &dyn std::fmt::Display) -> ! {
    panic!("this is a bug in dropnet: {what}, at {where_}")
}

impl Builder {
    pub fn new() -> Self {
        Self::default()
    }

    /// Goes on with a finished graph.
    pub fn resume(graph: Graph) -> Self {
        let interner = Interner::of(&graph);
        Self { graph, interner, origin: Origin::default() }
    }

    pub fn graph(&self) -> &Graph {
        &self.graph
    }

    pub fn finish(self) -> Graph {
        self.graph
    }

    pub fn ty(&self, v: ValueId) -> &Type {
        self.graph.ty(v)
    }

    pub fn dims(&self, v: ValueId) -> Vec<Dim> {
        self.ty(v).dims.clone()
    }

    /// The value of `op` over `inputs`: a node that is there already, or a new one with the current origin.
    pub fn push(&mut self, op: Op, inputs: &[ValueId]) -> ValueId {
        if let Some(v) = self.interner.find(&self.graph, &op, inputs) {
            return v;
        }
        let ty = match shape::infer(&self.graph, &op, inputs) {
            Ok(ty) => ty,
            Err(error) => {
                let tys: Vec<String> = inputs.iter().map(|v| self.ty(*v).to_string()).collect();
                let node = format!("{op:?} of {} in '{}'", tys.join(", "), self.origin.path);
                ice(&error.to_string(), &node)
            }
        };
        let v = ValueId(self.graph.nodes.len() as u32);
        self.interner.note(&op, inputs, v);
        self.graph.nodes.push(super::Node { op, inputs: inputs.to_vec(), ty, origin: self.origin.clone() });
        v
    }

    /// The node for `op` over `inputs`, if there is one.
    pub(super) fn find(&self, op: &Op, inputs: &[ValueId]) -> Option<ValueId> {
        self.interner.find(&self.graph, op, inputs)
    }

    /// Nodes made in `body` bear the instance path `path`.
    pub fn with_origin<R>(&mut self, path: &str, body: impl FnOnce(&mut Self) -> R) -> R {
        let origin = Origin { path: Arc::from(path), phase: self.origin.phase };
        self.within(origin, body)
    }

    /// Nodes made in `body` belong to `phase`.
    pub fn with_phase<R>(&mut self, phase: Phase, body: impl FnOnce(&mut Self) -> R) -> R {
        let origin = Origin { path: self.origin.path.clone(), phase };
        self.within(origin, body)
    }

    pub(super) fn within<R>(&mut self, origin: Origin, body: impl FnOnce(&mut Self) -> R) -> R {
        let outer = std::mem::replace(&mut self.origin, origin);
        let result = body(self);
        self.origin = outer;
        result
    }

    // Declarations

    /// A further input array, `dims` without the batch; returns its slot.
    pub fn declare_input(&mut self, name: &str, dtype: DType, dims: &[usize]) -> u32 {
        let rest = dims.iter().map(|n| Dim::Const(*n));
        let ty = Type { dtype, dims: std::iter::once(Dim::Batch).chain(rest).collect() };
        self.graph.inputs.push(Array { name: name.to_string(), ty });
        self.graph.inputs.len() as u32 - 1
    }

    pub fn input(&mut self, slot: u32, partner: bool) -> ValueId {
        self.push(Op::Input { slot, partner }, &[])
    }

    /// Says that the data have targets of this type: `i32[Batch]` or `f32[Batch, D]`.
    pub fn declare_target(&mut self, ty: Type) {
        self.graph.target = Some(ty);
    }

    pub fn target(&mut self, partner: bool) -> ValueId {
        self.push(Op::Target { partner }, &[])
    }

    /// The value of a trained tensor before the step; declares it on first use, so that a reused layer finds its own.
    pub fn param(&mut self, name: &str, dims: &[usize]) -> ValueId {
        let id = stored(&mut self.graph.params, name, dims);
        self.push(Op::Param(ParamId(id)), &[])
    }

    pub fn slot(&mut self, name: &str, dims: &[usize]) -> ValueId {
        let id = stored(&mut self.graph.slots, name, dims);
        self.push(Op::Slot(SlotId(id)), &[])
    }

    /// The running average of the parameter or state that `place` reads.
    pub fn average(&mut self, place: ValueId) -> ValueId {
        let (stored, averages) = match self.graph.node(place).op {
            Op::Param(id) => (&self.graph.params[id.index()], Averaged::Param(id)),
            Op::State(id) => (&self.graph.states[id.index()], Averaged::State(id)),
            _ => ice("only a parameter or state is averaged", &self.graph.node(place).op.mnemonic()),
        };
        let (name, dims) = (format!("{AVERAGE}{}", stored.name), stored.dims.clone());
        let slot = self.slot(&name, &dims);
        if let Op::Slot(id) = self.graph.node(slot).op {
            self.graph.slots[id.index()].averages = Some(averages);
        }
        slot
    }

    pub fn state(&mut self, name: &str, dims: &[usize]) -> ValueId {
        let id = stored(&mut self.graph.states, name, dims);
        self.push(Op::State(StateId(id)), &[])
    }

    /// A state of which each of at most `rows` rows of a minibatch has its own, `[Batch, dims]`.
    pub fn state_by_row(&mut self, name: &str, rows: usize, dims: &[usize]) -> ValueId {
        let all: Vec<usize> = std::iter::once(rows).chain(dims.iter().copied()).collect();
        let id = stored(&mut self.graph.states, name, &all);
        self.graph.states[id as usize].by_row = true;
        self.push(Op::State(StateId(id)), &[])
    }

    /// Says that no step of the run changes the parameter or state that `place` reads.
    pub fn hold_still(&mut self, place: ValueId) {
        match self.graph.node(place).op {
            Op::Param(id) => self.graph.params[id.index()].still = true,
            Op::State(id) => self.graph.states[id.index()].still = true,
            _ => ice("only a parameter or state is held still", &self.graph.node(place).op.mnemonic()),
        }
    }

    /// A number that the host sets for each step, F32 or I32.
    pub fn scalar(&mut self, name: &str, dtype: DType) -> ValueId {
        let known = self.graph.scalars.iter().position(|s| s.name == name);
        let id = known.unwrap_or_else(|| {
            self.graph.scalars.push(Scalar { name: name.to_string(), dtype, positive: false });
            self.graph.scalars.len() - 1
        });
        if self.graph.scalars[id].dtype != dtype {
            ice("a scalar is declared with two types", &name);
        }
        self.push(Op::Scalar(ScalarId(id as u32)), &[])
    }

    /// A scalar that is above 0 at every step.
    pub fn positive_scalar(&mut self, name: &str) -> ValueId {
        let v = self.scalar(name, DType::F32);
        self.graph.scalars.iter_mut().filter(|s| s.name == name).for_each(|s| s.positive = true);
        v
    }

    /// 1 / rows of the minibatch.
    pub fn inv_rows(&mut self) -> ValueId {
        self.scalar(INV_ROWS, DType::F32)
    }

    pub fn site(&mut self, path: &str, address: Address) -> SiteId {
        let known = self.graph.sites.iter().position(|s| s.path == path);
        let id = known.unwrap_or_else(|| {
            self.graph.sites.push(Site {
                path: path.to_string(),
                hash: crate::draws::site_key(path),
                address,
            });
            self.graph.sites.len() - 1
        });
        if self.graph.sites[id].address != address {
            ice("a site is addressed in two ways", &path);
        }
        SiteId(id as u32)
    }

    /// What the body of a scan sees of a further operand, of this type.
    pub fn enter(&mut self, ty: Type) -> ValueId {
        self.graph.enters.push(ty);
        self.push(Op::Enter(self.graph.enters.len() as u32 - 1), &[])
    }

    // Sinks

    pub fn sink(&mut self, sink: Sink, v: ValueId) {
        self.graph.sinks.push((sink, v));
    }

    /// After the step the parameter, slot or state that `place` reads holds `v`.
    pub fn store(&mut self, place: ValueId, v: ValueId) {
        let sink = match self.graph.node(place).op {
            Op::Param(id) => Sink::Param(id),
            Op::Slot(id) => Sink::Slot(id),
            Op::State(id) => Sink::State(id),
            _ => ice("only a parameter, slot or state is stored to", &self.graph.node(place).op.mnemonic()),
        };
        self.sink(sink, v);
    }

    /// Adds the scalar `v` to the running total `name`; the first total is the one that must stay finite.
    pub fn metric(&mut self, name: &str, v: ValueId) {
        let known = self.graph.metrics.iter().position(|m| m == name);
        let index = known.unwrap_or_else(|| {
            self.graph.metrics.push(name.to_string());
            self.graph.metrics.len() - 1
        });
        self.sink(Sink::Metric(index as u32), v);
    }
}

fn stored(table: &mut Vec<Stored>, name: &str, dims: &[usize]) -> u32 {
    let known = table.iter().position(|s| s.name == name);
    let id = known.unwrap_or_else(|| {
        let (name, dims) = (name.to_string(), dims.to_vec());
        table.push(Stored { name, dims, by_row: false, still: false, averages: None });
        table.len() - 1
    });
    if table[id].dims != dims {
        ice("a tensor is declared with two shapes", &name);
    }
    id as u32
}
