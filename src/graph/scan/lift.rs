//! Values of a body outside of it: over all steps at once, or once for all.

use super::{Enter, Scan};
use crate::graph::builder::Builder;
use crate::graph::{Class, Dim, Op, ValueId};

/// Makes values of a body in the graph outside.
pub(super) struct Lift<'s> {
    pub scan: &'s Scan,
    pub operands: &'s [ValueId],
    /// By node of the body: what it is made of.
    made_of: Vec<Source>,
    /// By node: the value outside, once made.
    once: Vec<Option<ValueId>>,
    stacked: Vec<Option<ValueId>>,
}

/// What a value of a body depends on; of several the last.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Source {
    /// Numbers alone.
    Nothing,
    Closed,
    Scanned,
    Carried,
}

impl<'s> Lift<'s> {
    pub fn new(scan: &'s Scan, operands: &'s [ValueId]) -> Self {
        let mut made_of: Vec<Source> = Vec::with_capacity(scan.body.nodes.len());
        for node in &scan.body.nodes {
            let own = match node.op {
                Op::Enter(slot) => match scan.inputs[slot as usize] {
                    Enter::Carried => Source::Carried,
                    Enter::Scanned => Source::Scanned,
                    Enter::Closed => Source::Closed,
                },
                _ => Source::Nothing,
            };
            made_of.push(node.inputs.iter().map(|v| made_of[v.index()]).fold(own, Source::max));
        }
        let none = vec![None; scan.body.nodes.len()];
        Self { scan, operands, made_of, once: none.clone(), stacked: none }
    }

    pub fn made_of(&self, v: ValueId) -> Source {
        self.made_of[v.index()]
    }

    /// A value that is the same in all steps.
    pub fn once(&mut self, b: &mut Builder, v: ValueId) -> ValueId {
        if let Some(made) = self.once[v.index()] {
            return made;
        }
        let node = self.scan.body.node(v);
        let made = match node.op {
            Op::Enter(slot) => self.operands[slot as usize],
            _ => {
                let inputs: Vec<ValueId> = node.inputs.iter().map(|x| self.once(b, *x)).collect();
                b.push(node.op.clone(), &inputs)
            }
        };
        self.once[v.index()] = Some(made);
        made
    }

    /// A value that no step hands to the next, over all steps: `[B, T, ..]`. None where an operation on the way is not one that can be said so.
    pub fn stacked(&mut self, b: &mut Builder, v: ValueId) -> Option<ValueId> {
        if let Some(made) = self.stacked[v.index()] {
            return Some(made);
        }
        let made = self.make(b, v)?;
        self.stacked[v.index()] = Some(made);
        Some(made)
    }

    fn make(&mut self, b: &mut Builder, v: ValueId) -> Option<ValueId> {
        let node = self.scan.body.node(v);
        let time = Dim::Const(self.scan.steps);
        let later =
            |axes: &[usize]| axes.iter().map(|axis| axis + usize::from(*axis > 0)).collect::<Vec<_>>();
        if self.made_of(v) == Source::Scanned
            && let Op::Enter(slot) = node.op
        {
            return Some(self.operands[slot as usize]);
        }
        if self.made_of(v) < Source::Scanned {
            let own = self.once(b, v);
            let dims = super::over_time(&node.ty, self.scan.steps).dims;
            let axes = later(&(0..node.ty.dims.len()).collect::<Vec<_>>());
            return node.ty.has_batch().then(|| b.broadcast(own, &dims, &axes));
        }
        let with_time = |dims: &[Dim]| [&dims[..1], &[time], &dims[1..]].concat();
        let op = match &node.op {
            Op::Contract { batch, over }
                if batch.is_empty() && !self.scan.body.ty(node.inputs[1]).has_batch() =>
            {
                let x = self.stacked(b, node.inputs[0])?;
                let matrix = self.once(b, node.inputs[1]);
                let over = over.iter().map(|(l, r)| (l + 1, *r)).collect();
                return Some(b.push(Op::Contract { batch: Vec::new(), over }, &[x, matrix]));
            }
            Op::Broadcast { dims, axes } => {
                Op::Broadcast { dims: with_time(dims), axes: [vec![0, 1], later(&axes[1..])].concat() }
            }
            Op::Reshape { dims } => Op::Reshape { dims: with_time(dims) },
            Op::Slice { axis, start, len } => Op::Slice { axis: axis + 1, start: *start, len: *len },
            Op::Pad { axis, before, after } => Op::Pad { axis: axis + 1, before: *before, after: *after },
            Op::Concat { axis } => Op::Concat { axis: axis + 1 },
            Op::Reduce { reduction, axes } => Op::Reduce { reduction: *reduction, axes: later(axes) },
            op if op.class() == Class::Elementwise && !matches!(op, Op::OneHot { .. }) => op.clone(),
            _ => return None,
        };
        let inputs = node.inputs.iter().map(|x| self.stacked(b, *x)).collect::<Option<Vec<_>>>()?;
        Some(b.push(op, &inputs))
    }
}
