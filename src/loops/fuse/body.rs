//! From a traced kernel to its sections: registers, row code and loops over columns in order of their stages.

use std::collections::BTreeMap;

use super::deep;
use super::form::Compute;
use super::names;
use super::nest::join_axes;
use super::trace::{Action, Effect, Home, Instance, Level, Root, Trace, What};
use super::view::extent;
use crate::graph::{Address, DType, Reduction, ValueId};
use crate::loops::{Access, Body, BufferId, Domain, Inst, LoopKernel, Operand, Reg, Section, Stmt, Taps};

/// What a section does with a value.
#[derive(Clone, Copy)]
enum Work<'t> {
    Accumulate(u32),
    Act(&'t Action),
}

struct Emitter<'t, 'c, 'g> {
    trace: &'t Trace<'c, 'g>,
    buffer: &'t dyn Fn(Home) -> BufferId,
    lodgers: &'t BTreeMap<ValueId, Home>,
    operands: Vec<Operand>,
    registers: u32,
    uniform: Vec<(Reg, Inst)>,
    /// Registers of uniform and row instances.
    kept: BTreeMap<u32, Reg>,
    /// Registers of the section at hand.
    local: BTreeMap<u32, Reg>,
    /// Registers of the fold at hand.
    taps: BTreeMap<u32, Reg>,
    /// Column values that an earlier pass over the row has stored.
    saved: BTreeMap<u32, (u32, Access)>,
}

/// The kernel that a trace describes. `lodgers` are values that are written over a parameter: like updates in place.
pub(super) fn emit(
    trace: &Trace,
    name: String,
    buffer: &dyn Fn(Home) -> BufferId,
    lodgers: &BTreeMap<ValueId, Home>,
) -> LoopKernel {
    let mut emitter = Emitter {
        trace,
        buffer,
        lodgers,
        operands: Vec::new(),
        registers: 0,
        uniform: Vec::new(),
        kept: BTreeMap::new(),
        local: BTreeMap::new(),
        taps: BTreeMap::new(),
        saved: BTreeMap::new(),
    };
    let needed = needed(trace);
    let last =
        trace.instances.iter().zip(&needed).filter(|(_, n)| **n).map(|(i, _)| i.stage).max().unwrap_or(0);
    let mut sections = Vec::new();
    for stage in 0..=last {
        let row = emitter.row_section(stage, last, &needed);
        if !row.is_empty() {
            sections.push(Section::Row(row));
        }
        let mut saved = Vec::new();
        for (cols, work) in emitter.column_work(stage, last, &needed) {
            let stmts = emitter.column_section(&work, &mut saved);
            sections.push(Section::Columns { cols, stmts });
        }
        emitter.saved.extend(saved);
    }
    let body = Body { uniform: emitter.uniform, sections, registers: emitter.registers };
    let fused = names::fused(trace, &needed);
    let (domain, operands) = (grained(trace), emitter.operands);
    let mut kernel = LoopKernel { name, fused, domain, operands, body, slice: None };
    join_axes(&mut kernel);
    kernel
}

/// The kernel's domain; if it leaves no partials, in shards for the maps that it writes as rows of columns.
fn grained(trace: &Trace) -> Domain {
    let graph = trace.context.graph;
    if trace.actions.iter().any(|a| matches!(a.effect, Effect::Partial(_))) || !trace.domain.is_batch() {
        return trace.domain;
    }
    let places = trace.roots.iter().map(|root| {
        let dims = match root {
            Root::Value(v) => &graph.ty(*v).dims,
            Root::Sink(i) => &graph.ty(trace.context.strip(graph.sinks[*i].1)).dims,
        };
        let inner = dims.get(1..dims.len().saturating_sub(1)).unwrap_or_default();
        inner.iter().map(|d| extent(*d)).product()
    });
    trace.domain.with_places(places.max().unwrap_or(1))
}

/// Which instances an action needs.
fn needed(trace: &Trace) -> Vec<bool> {
    let mut needed = vec![false; trace.instances.len()];
    for action in &trace.actions {
        needed[action.value as usize] = true;
    }
    for i in (0..needed.len()).rev() {
        if needed[i] {
            for a in trace.instances[i].what.args() {
                needed[a as usize] = true;
            }
        }
    }
    needed
}

impl<'t> Emitter<'t, '_, '_> {
    fn instance(&self, i: u32) -> &'t Instance {
        &self.trace.instances[i as usize]
    }

    /// Updates in place come last: every pass before them sees the old value.
    fn stage_of(&self, action: &Action, last: u32) -> u32 {
        if self.is_in_place(action) { last } else { self.instance(action.value).stage }
    }

    fn is_in_place(&self, action: &Action) -> bool {
        let lodges = matches!(action.home, Home::Value(v) if self.lodgers.contains_key(&v));
        lodges || matches!(action.effect, Effect::Store { in_place: true, .. })
    }

    fn row_section(&mut self, stage: u32, last: u32, needed: &[bool]) -> Vec<Stmt> {
        let mut stmts = Vec::new();
        for i in 0..needed.len() as u32 {
            let instance = self.instance(i);
            let accumulated = matches!(instance.what, What::Accumulate { .. });
            if needed[i as usize] && instance.level == Level::Row && instance.stage == stage && !accumulated {
                self.register(i, &mut stmts);
            }
        }
        let trace = self.trace;
        let mut actions: Vec<&Action> = trace.actions.iter().filter(|a| a.len.is_none()).collect();
        actions.sort_by_key(|a| self.is_in_place(a));
        for action in actions {
            if self.stage_of(action, last) == stage {
                self.act(action, &mut stmts);
            }
        }
        stmts
    }

    /// The work of a stage, gathered by the length of the loop; loops that update in place come last.
    fn column_work(&self, stage: u32, last: u32, needed: &[bool]) -> Vec<(usize, Vec<Work<'t>>)> {
        let mut loops: Vec<(usize, Vec<Work<'t>>)> = Vec::new();
        let mut put = |cols: usize, work: Work<'t>| match loops.iter_mut().find(|(c, _)| *c == cols) {
            Some((_, list)) => list.push(work),
            None => loops.push((cols, vec![work])),
        };
        for (i, instance) in self.trace.instances.iter().enumerate() {
            if let What::Accumulate { len, .. } = instance.what
                && needed[i]
                && instance.stage == stage + 1
            {
                put(len, Work::Accumulate(i as u32));
            }
        }
        for action in &self.trace.actions {
            if let Some(cols) = action.len
                && self.stage_of(action, last) == stage
            {
                put(cols, Work::Act(action));
            }
        }
        let updates = |w: &Work| matches!(w, Work::Act(a) if self.is_in_place(a));
        for (_, work) in &mut loops {
            work.sort_by_key(updates);
        }
        loops.sort_by_key(|(_, work)| work.iter().any(updates));
        loops
    }

    fn column_section(&mut self, work: &[Work<'t>], saved: &mut Vec<(u32, (u32, Access))>) -> Vec<Stmt> {
        self.local.clear();
        let mut stmts = Vec::new();
        // What is updated in place is computed before the first of the updates is written.
        let mut updates = Vec::new();
        for w in work {
            match *w {
                Work::Accumulate(i) => {
                    let What::Accumulate { reduction, of, .. } = self.instance(i).what else { continue };
                    let value = self.register(of, &mut stmts);
                    let into = self.accumulated(i);
                    stmts.push(Stmt::Accumulate { into, reduction, value });
                }
                Work::Act(action) if self.is_in_place(action) => {
                    self.register(action.value, &mut stmts);
                    updates.push(action);
                }
                Work::Act(action) => {
                    let operand = self.act(action, &mut stmts);
                    if let Effect::Store { access, .. } = action.effect
                        && matches!(action.home, Home::Value(_))
                        && access.at.row > 0
                    {
                        saved.push((action.value, (operand, access)));
                    }
                }
            }
        }
        for action in updates {
            self.act(action, &mut stmts);
        }
        stmts
    }

    fn act(&mut self, action: &Action, stmts: &mut Vec<Stmt>) -> u32 {
        let value = self.register(action.value, stmts);
        let operand = self.operand(Operand::Buffer((self.buffer)(action.home)));
        stmts.push(match action.effect {
            Effect::Store { access, .. } => Stmt::Store { operand, access, value },
            Effect::Partial(reduction) => Stmt::Partial { operand, reduction, value },
        });
        operand
    }

    fn fresh(&mut self) -> Reg {
        self.registers += 1;
        Reg(self.registers - 1)
    }

    fn operand(&mut self, operand: Operand) -> u32 {
        let found = self.operands.iter().position(|o| *o == operand);
        found.unwrap_or_else(|| {
            self.operands.push(operand);
            self.operands.len() - 1
        }) as u32
    }

    /// The register of an instance; writes the statements that compute it where that has not been done.
    fn register(&mut self, i: u32, stmts: &mut Vec<Stmt>) -> Reg {
        if let Some(reg) = self.kept.get(&i).or_else(|| self.local.get(&i)).or_else(|| self.taps.get(&i)) {
            return *reg;
        }
        let instance = self.instance(i);
        let inst = match (self.saved.get(&i), &instance.what) {
            (_, What::Load { home, access, dtype }) => {
                let operand = self.operand(Operand::Buffer((self.buffer)(*home)));
                Inst::Load { operand, access: *access, dtype: *dtype }
            }
            (Some((operand, access)), _) => {
                Inst::Load { operand: *operand, access: *access, dtype: DType::F32 }
            }
            (None, What::Accumulate { .. }) => return self.accumulated(i),
            (None, What::Fold { reduction, taps, of }) => return self.fold(i, *of, *reduction, *taps, stmts),
            (None, What::Scalar(s, dtype)) => {
                Inst::Scalar { operand: self.operand(Operand::Scalar(*s)), dtype: *dtype }
            }
            (None, What::Const(c)) => Inst::Const(*c),
            (None, What::Key(site)) => {
                let by_update = self.trace.context.graph.sites[site.index()].address == Address::Update;
                Inst::RowKey { operand: self.operand(Operand::Site(*site)), by_update }
            }
            (None, What::Mask { key, q, unit }) => {
                let (key, q) = (self.below(*key, stmts), self.below(*q, stmts));
                Inst::KeepMask { key, q, unit: *unit }
            }
            (None, What::MaskAt { key, q, unit }) => {
                let (key, q) = (self.below(*key, stmts), self.below(*q, stmts));
                Inst::KeepMaskAt { key, q, unit: self.below(*unit, stmts) }
            }
            (None, What::Noise { key, unit }) => Inst::Noise { key: self.below(*key, stmts), unit: *unit },
            (None, What::Within { length, unit, stride, offset }) => {
                let length = self.below(*length, stmts);
                Inst::Within { length, unit: *unit, stride: *stride, offset: *offset }
            }
            (None, What::OneHot { label }) => Inst::OneHot { label: self.below(*label, stmts), offset: 0 },
            (None, What::Compute(Compute::Unary(op, x))) => Inst::Unary(*op, self.below(*x, stmts)),
            (None, What::Compute(Compute::Binary(op, x, y))) => {
                let (x, y) = (self.below(*x, stmts), self.below(*y, stmts));
                Inst::Binary(*op, x, y)
            }
            (None, What::Compute(Compute::Select { condition, then, otherwise })) => {
                let condition = self.below(*condition, stmts);
                let (then, otherwise) = (self.below(*then, stmts), self.below(*otherwise, stmts));
                Inst::Select { condition, then, otherwise }
            }
        };
        self.named(i, inst, stmts)
    }

    /// The register of an operand.
    fn below(&mut self, i: u32, stmts: &mut Vec<Stmt>) -> Reg {
        deep(|| self.register(i, stmts))
    }

    /// The register of a reduction over columns, which the loop of an earlier stage leaves there.
    fn accumulated(&mut self, i: u32) -> Reg {
        if let Some(reg) = self.kept.get(&i) {
            return *reg;
        }
        let into = self.fresh();
        self.kept.insert(i, into);
        into
    }

    /// A register for what `inst` computes, written down where the instance is known.
    fn named(&mut self, i: u32, inst: Inst, stmts: &mut Vec<Stmt>) -> Reg {
        let instance = self.instance(i);
        let reg = self.fresh();
        match instance.level {
            Level::Uniform => {
                self.kept.insert(i, reg);
                self.uniform.push((reg, inst));
            }
            Level::Row => {
                self.kept.insert(i, reg);
                stmts.push(Stmt::Let(reg, inst));
            }
            Level::Column => {
                self.local.insert(i, reg);
                stmts.push(Stmt::Let(reg, inst));
            }
            Level::Tap => {
                self.taps.insert(i, reg);
                stmts.push(Stmt::Let(reg, inst));
            }
        }
        reg
    }

    /// A fold: what its taps have in common stands before it.
    fn fold(&mut self, i: u32, folded: u32, reduction: Reduction, taps: Taps, stmts: &mut Vec<Stmt>) -> Reg {
        let instance = self.instance(i);
        self.register_untapped(folded, stmts);
        self.taps.clear();
        let mut inside = Vec::new();
        let value = self.register(folded, &mut inside);
        self.taps.clear();
        let into = self.fresh();
        let known = if instance.level == Level::Column { &mut self.local } else { &mut self.kept };
        known.insert(i, into);
        stmts.push(Stmt::Fold { taps, stmts: inside, into, reduction, value });
        into
    }

    /// Writes what an instance needs and what is the same for all taps.
    fn register_untapped(&mut self, i: u32, stmts: &mut Vec<Stmt>) {
        let instance = self.instance(i);
        if instance.level < Level::Tap {
            self.register(i, stmts);
        } else {
            instance.what.args().for_each(|a| deep(|| self.register_untapped(a, stmts)));
        }
    }
}
