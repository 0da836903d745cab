//! What a loop over time computes again in each step instead of reading it: masks and what is made of draws and numbers alone, which no buffer holds,
//! and what only repeats.
//!
//! In the graph they stand outside of the body and enter it. Here the body is written anew with them inside. A mask a step, of units `[T, ..]`, is
//! drawn in the body as that of the first step; each further step is so many units further on ([`Sunk::units`]).

use std::collections::BTreeMap;

use crate::draws;
use crate::graph::{Blocks, Builder, Class, Dim, Enter, Graph, Op, Scan, Sink, SiteId, Type, ValueId};

/// A body with what it computes itself inside, and what still enters it.
pub(super) struct Sunk {
    pub body: Graph,
    pub inputs: Vec<Enter>,
    /// Values of the graph around.
    pub operands: Vec<ValueId>,
    /// Units of a step, of sites that draw anew in each.
    pub units: BTreeMap<SiteId, usize>,
    /// What enters that says which steps are a row's own.
    pub within: Option<u32>,
}

struct Writer<'g> {
    graph: &'g Graph,
    b: Builder,
    sunk: Sunk,
}

/// The scan over `operands`, values of `graph`; of what it stacks that alone which `is_read`, the columns of the others being nobody's.
pub(super) fn sunk(graph: &Graph, scan: &Scan, operands: &[ValueId]) -> Sunk {
    let b = Builder::resume(Graph { enters: Vec::new(), blocks: Blocks::ONE, ..graph.tables() });
    let sunk = Sunk {
        body: Graph::default(),
        inputs: Vec::new(),
        operands: Vec::new(),
        units: BTreeMap::new(),
        within: None,
    };
    let mut writer = Writer { graph, b, sunk };
    let mut names: Vec<ValueId> = Vec::with_capacity(scan.body.nodes.len());
    let mut slots: BTreeMap<u32, u32> = BTreeMap::new();
    for node in &scan.body.nodes {
        let inputs: Vec<ValueId> = node.inputs.iter().map(|v| names[v.index()]).collect();
        let new = match node.op {
            Op::Enter(slot) => {
                let enter = scan.inputs[slot as usize];
                let new = writer.operand(operands[slot as usize], enter, &node.ty, scan.steps);
                if let Op::Enter(new) = writer.b.graph().node(new).op {
                    slots.insert(slot, new);
                }
                new
            }
            _ => writer.b.with_origin(&node.origin.path, |b| b.push(node.op.clone(), &inputs)),
        };
        names.push(new);
    }
    for (sink, v) in &scan.body.sinks {
        let sink = match sink {
            Sink::Carry(slot) => Sink::Carry(slots.get(slot).copied().unwrap_or(0)),
            other => *other,
        };
        writer.b.sink(sink, names[v.index()]);
    }
    let within = scan.within.and_then(|slot| slots.get(&slot).copied());
    Sunk { body: writer.b.finish(), within, ..writer.sunk }
}

impl Writer<'_> {
    fn operand(&mut self, v: ValueId, enter: Enter, ty: &Type, steps: usize) -> ValueId {
        let inside = match enter {
            Enter::Closed if self.is_drawn(v) => Some(self.again(v)),
            Enter::Closed => self.repeated(v),
            Enter::Scanned if self.is_drawn(v) => self.of_step(v, steps),
            Enter::Scanned | Enter::Carried => None,
        };
        inside.unwrap_or_else(|| self.enter(v, enter, ty.clone()))
    }

    fn enter(&mut self, v: ValueId, enter: Enter, ty: Type) -> ValueId {
        let known = self.sunk.operands.iter().zip(&self.sunk.inputs);
        let known = known.into_iter().position(|own| enter != Enter::Carried && own == (&v, &enter));
        match known {
            Some(slot) => self.b.push(Op::Enter(slot as u32), &[]),
            None => {
                self.sunk.operands.push(v);
                self.sunk.inputs.push(enter);
                self.b.enter(ty)
            }
        }
    }

    /// Whether a value is made of draws, numbers of the step and constants alone.
    fn is_drawn(&self, v: ValueId) -> bool {
        let node = self.graph.node(v);
        match node.op {
            Op::Const(_) | Op::Scalar(_) | Op::RowKey(_) => true,
            Op::DropSquares { .. } => false,
            _ => !node.inputs.is_empty() && node.inputs.iter().all(|x| self.is_drawn(*x)),
        }
    }

    /// A drawn value, in the body.
    fn again(&mut self, v: ValueId) -> ValueId {
        let node = self.graph.node(v);
        let inputs: Vec<ValueId> = node.inputs.iter().map(|x| self.again(*x)).collect();
        self.b.push(node.op.clone(), &inputs)
    }

    /// What only repeats, or a drawn value times it and the like: its operands enter.
    fn repeated(&mut self, v: ValueId) -> Option<ValueId> {
        let node = self.graph.node(v);
        match node.op {
            Op::Broadcast { .. } => {
                let x = node.inputs[0];
                let ty = self.graph.ty(x).clone();
                let inside = if self.is_drawn(x) { self.again(x) } else { self.enter(x, Enter::Closed, ty) };
                Some(self.b.push(node.op.clone(), &[inside]))
            }
            _ => None,
        }
    }

    /// The first step's part of a drawn value over time, `[B, T, ..]`; of sites that draw for all steps, the units of one are noted.
    fn of_step(&mut self, v: ValueId, steps: usize) -> Option<ValueId> {
        let node = self.graph.node(v);
        if node.ty.dims.get(..2) != Some(&[Dim::Batch, Dim::Const(steps)]) {
            return None;
        }
        let mut dims = node.ty.dims.clone();
        dims.remove(1);
        match &node.op {
            Op::KeepMask { dims: units, shared } | Op::Noise { dims: units, shared } => {
                // One key for all rows draws no axis of rows, and time would be another one.
                let site = self.graph.drawn_from(v).filter(|_| units.first() == Some(&steps))?;
                let of_step = draws::unit_weights(units, shared)[0];
                if self.sunk.units.insert(site, of_step).is_some_and(|known| known != of_step) {
                    return None;
                }
                let all = self.again(v);
                let first = self.b.slice(all, 1, 0, 1);
                Some(self.b.reshape(first, &dims))
            }
            Op::Broadcast { axes, .. } if !axes.contains(&1) => {
                let inside = self.again(node.inputs[0]);
                let axes: Vec<usize> = axes.iter().map(|axis| axis - usize::from(*axis > 1)).collect();
                Some(self.b.broadcast(inside, &dims, &axes))
            }
            Op::Slice { axis, start, len } if *axis > 1 => {
                let x = self.of_step(node.inputs[0], steps)?;
                Some(self.b.slice(x, axis - 1, *start, *len))
            }
            Op::Reshape { .. } => {
                let x = self.of_step(node.inputs[0], steps)?;
                Some(self.b.reshape(x, &dims))
            }
            op if op.class() == Class::Elementwise => {
                let inputs: Option<Vec<ValueId>> =
                    node.inputs.iter().map(|x| self.of_step(*x, steps)).collect();
                Some(self.b.push(op.clone(), &inputs?))
            }
            _ => None,
        }
    }
}

/// The value that lies where `v` does, under another shape.
pub(super) fn stripped(graph: &Graph, mut v: ValueId) -> ValueId {
    while let Op::Reshape { .. } = graph.node(v).op {
        v = graph.node(v).inputs[0];
    }
    v
}

/// Elements of a row without time.
pub(super) fn row_of_step(ty: &Type) -> usize {
    ty.dims.iter().filter_map(|d| if let Dim::Const(n) = d { Some(*n) } else { None }).product()
}
