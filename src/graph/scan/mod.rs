//! `scan`: a graph that is run once a step of time, each step on what the one before it left.
//!
//! ```text
//! %5: f32[B,10,4] = scan %3, %4, %1 steps=10
//!   body (carried, scanned, closed):
//!     %0: f32[B,4] = enter 0 carried
//!     %1: f32[B,4] = enter 1 scanned
//!     ...
//!   sinks:
//!     carry 0 = %6
//!     stack 0 = %6
//! ```
//! Operands enter in three ways: *carried*, the value before the first step, afterwards what `carry` names; *scanned*, `[B, T, ..]`, of which a step
//! sees its own `[B, ..]`; *closed*, the same in all steps. The result is one value `[B, T, W]`: what a step stacks, side by side, so that nodes keep
//! one result, a part of it is a slice, and whoever moves, cuts or merges nodes need know nothing of scans.
//!
//! Invariants of a body, checked by `verify`:
//! - it reads nothing but what enters: no inputs, parameters, numbers of the step; it draws nothing. Masks enter like other values, so whoever asks
//!   where draws are, and what they reach, sees them all in the graph outside;
//! - each row by itself: nothing sums over the batch;
//! - what has no rows enters contractions alone: whatever else is made of it is made outside, once (`hoist`);
//! - what is carried on has the type of what entered.

mod flow;
mod hoist;
mod lift;
mod run;
#[cfg(test)]
mod tests;

use std::sync::Arc;

use super::builder::Builder;
use super::{DType, Dim, Graph, Op, Sink, Type, ValueId};

pub(super) use flow::flows;
pub(super) use run::run;

/// How an operand of a scan is seen by a step.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Enter {
    /// What the step before it left; the operand is what stands before the first step.
    Carried,
    /// The step's own part of a value over time.
    Scanned,
    /// The same in every step.
    Closed,
}

/// A loop over time.
#[derive(Clone, Debug, PartialEq)]
pub struct Scan {
    /// One step. `Op::Enter(i)` reads operand `i`, of the type `enters[i]`; sinks are `Carry` and `Stack`.
    pub body: Graph,
    pub steps: usize,
    /// Whether the last step in time comes first.
    pub reverse: bool,
    /// By operand.
    pub inputs: Vec<Enter>,
    /// The scanned operand, `[B, T]`, that is 0 where a step is not a row's own: there the body hands on what was carried as it is, and what it
    /// stacks is nobody's. Who runs it may leave such steps out and stack zeros.
    pub within: Option<u32>,
}

impl Enter {
    pub fn word(self) -> &'static str {
        match self {
            Self::Carried => "carried",
            Self::Scanned => "scanned",
            Self::Closed => "closed",
        }
    }
}

impl Scan {
    /// The step in time that is run at turn `turn`.
    pub fn time(&self, turn: usize) -> usize {
        if self.reverse { self.steps - 1 - turn } else { turn }
    }

    /// What a step stacks: values of the body, in order.
    pub fn stacked(&self) -> impl Iterator<Item = ValueId> + '_ {
        self.body.sinks.iter().filter_map(|(sink, v)| matches!(sink, Sink::Stack(_)).then_some(*v))
    }

    /// What a step hands on for an operand.
    pub fn carried_on(&self, operand: usize) -> Option<ValueId> {
        let own = Sink::Carry(operand as u32);
        self.body.sinks.iter().find(|(sink, _)| *sink == own).map(|(_, v)| *v)
    }

    /// Where a stacked value of the body stands in the columns of the result: its first column and how many.
    pub fn columns(&self, v: ValueId) -> Option<(usize, usize)> {
        let mut start = 0;
        for stacked in self.stacked() {
            let len = self.body.ty(stacked).row_len();
            if stacked == v {
                return Some((start, len));
            }
            start += len;
        }
        None
    }

    /// Columns of the result.
    pub fn width(&self) -> usize {
        self.stacked().map(|v| self.body.ty(v).row_len()).sum()
    }

    /// Whether it is `other` with more stacked, behind what that stacks.
    pub fn extends(&self, other: &Self) -> bool {
        let (own, others) = (&self.body, &other.body);
        let form = |scan: &Self| (scan.steps, scan.reverse, scan.within);
        let same = form(self) == form(other) && self.inputs == other.inputs;
        let begins = own.enters == others.enters && own.nodes == others.nodes;
        same && begins && own.sinks.len() > others.sinks.len() && own.sinks.starts_with(&others.sinks)
    }

    /// The type of operand `i`.
    fn operand(&self, i: usize) -> Option<Type> {
        let ty = self.body.enters.get(i)?;
        Some(match self.inputs.get(i)? {
            Enter::Carried | Enter::Closed => ty.clone(),
            Enter::Scanned => over_time(ty, self.steps),
        })
    }

    /// The type of the result over operands of these types, or why there is none.
    pub(super) fn result(&self, operands: &[&Type]) -> Result<Type, String> {
        if self.steps == 0 || self.inputs.len() != operands.len() {
            return Err(format!(
                "runs {} steps over {} operands, not {}",
                self.steps,
                self.inputs.len(),
                operands.len()
            ));
        }
        for (i, ty) in operands.iter().enumerate() {
            match self.operand(i) {
                Some(want) if want == **ty => {}
                Some(want) => return Err(format!("operand {i} is {want}, not {ty}")),
                None => return Err(format!("its body does not declare operand {i}")),
            }
        }
        if self.stacked().next().is_none() {
            return Err("stacks nothing".to_string());
        }
        Ok(Type::f32(&[Dim::Batch, Dim::Const(self.steps), Dim::Const(self.width())]))
    }

    /// Whether its body is one, beyond the rules of every graph.
    pub(super) fn check(&self) -> Result<(), String> {
        super::verify(&self.body).map_err(|broken| broken.to_string())?;
        for v in self.body.values() {
            self.check_node(v).map_err(|fault| format!("{v} of its body {fault}"))?;
        }
        for (i, enter) in self.inputs.iter().enumerate() {
            let ty = &self.body.enters[i];
            let handed_on = self.carried_on(i).map(|v| self.body.ty(v));
            match (enter, handed_on) {
                (Enter::Carried, Some(next)) if next == ty => {}
                (Enter::Carried, Some(next)) => {
                    return Err(format!("operand {i} enters as {ty} and is carried on as {next}"));
                }
                (Enter::Carried, None) => return Err(format!("operand {i} is not carried on")),
                (_, Some(_)) => return Err(format!("operand {i} is carried on and does not enter so")),
                (_, None) => {}
            }
            let rows = ty.has_batch() || *enter == Enter::Closed;
            if ty.dtype != DType::F32 || !rows {
                return Err(format!("operand {i} enters as {ty}"));
            }
        }
        if let Some(slot) = self.within.map(|slot| slot as usize) {
            let is_a_number_a_row = self.body.enters.get(slot).is_some_and(|ty| ty.dims == [Dim::Batch]);
            if !is_a_number_a_row || self.inputs.get(slot) != Some(&Enter::Scanned) {
                return Err(format!("operand {slot} does not say which steps are a row's own"));
            }
        }
        let sinks = self.body.sinks.iter();
        let known = |sink: &Sink| matches!(sink, Sink::Carry(_) | Sink::Stack(_));
        if sinks.clone().any(|(sink, _)| !known(sink)) {
            return Err("its body writes to what outlives a step".to_string());
        }
        match sinks.map(|(_, v)| self.body.ty(*v)).find(|ty| !ty.has_batch() || ty.dtype != DType::F32) {
            Some(ty) => Err(format!("hands on {ty}")),
            None => Ok(()),
        }
    }

    fn check_node(&self, v: ValueId) -> Result<(), String> {
        let node = self.body.node(v);
        let rows = |operand: usize, axis: usize| self.body.ty(node.inputs[operand]).dims[axis] == Dim::Batch;
        match &node.op {
            Op::Input { .. }
            | Op::Target { .. }
            | Op::Param(_)
            | Op::Slot(_)
            | Op::State(_)
            | Op::Scalar(_) => {
                return Err("reads what does not enter".to_string());
            }
            Op::RowKey(_) | Op::KeepMask { .. } | Op::Noise { .. } | Op::DropSquares { .. } => {
                return Err("draws".to_string());
            }
            Op::Scan(_) => return Err("is a loop in a loop".to_string()),
            Op::Reduce { axes, .. } if axes.iter().any(|axis| rows(0, *axis)) => {
                return Err("mixes rows".to_string());
            }
            Op::Contract { over, .. } if over.iter().any(|(left, _)| rows(0, *left)) => {
                return Err("mixes rows".to_string());
            }
            _ => {}
        }
        let closed =
            |x: &ValueId| matches!(self.body.node(*x).op, Op::Enter(_)) && !self.body.ty(*x).has_batch();
        if !matches!(node.op, Op::Contract { .. }) && node.inputs.iter().any(closed) {
            return Err("reads what has no rows and is no contraction".to_string());
        }
        Ok(())
    }
}

/// `[B, ..]` as `[B, steps, ..]`.
fn over_time(ty: &Type, steps: usize) -> Type {
    let mut ty = ty.clone();
    ty.dims.insert(1, Dim::Const(steps));
    ty
}

/// One step of a scan while it is written.
#[derive(Debug, Default)]
pub struct Step {
    pub b: Builder,
    operands: Vec<ValueId>,
    inputs: Vec<Enter>,
    within: Option<u32>,
}

impl Step {
    /// `operand` of the graph outside, of the type `ty` there, as a step sees it.
    pub fn enter(&mut self, operand: ValueId, ty: &Type, enter: Enter) -> ValueId {
        let mut ty = ty.clone();
        if enter == Enter::Scanned {
            ty.dims.remove(1);
        }
        self.operands.push(operand);
        self.inputs.push(enter);
        self.b.enter(ty)
    }

    /// `v` is what the next step sees of the operand that entered as `carried`.
    pub fn carry(&mut self, carried: ValueId, v: ValueId) {
        if let Op::Enter(slot) = self.b.graph().node(carried).op {
            self.b.sink(Sink::Carry(slot), v);
        }
    }

    /// `entered`, 0 where a step is not a row's own, says which steps may be left out ([`Scan::within`]).
    pub fn within(&mut self, entered: ValueId) {
        if let Op::Enter(slot) = self.b.graph().node(entered).op {
            self.within = Some(slot);
        }
    }

    /// The loop as it is written.
    pub(super) fn into_scan(self, steps: usize, reverse: bool) -> Scan {
        Scan { body: self.b.finish(), steps, reverse, inputs: self.inputs, within: self.within }
    }

    /// Stacks `v`: behind what is stacked already, in the result's columns.
    pub fn stack(&mut self, v: ValueId) {
        let stacks = self.b.graph().sinks.iter().filter(|(sink, _)| matches!(sink, Sink::Stack(_))).count();
        self.b.sink(Sink::Stack(stacks as u32), v);
    }
}

impl Builder {
    /// The loop of a written step, `[B, steps, columns]`: what needs no loop is made outside.
    pub fn scan(&mut self, step: Step, steps: usize, reverse: bool) -> ValueId {
        let operands = step.operands.clone();
        let (scan, operands) = hoist::hoist(self, step.into_scan(steps, reverse), operands);
        self.push(Op::Scan(Arc::new(scan)), &operands)
    }
}
