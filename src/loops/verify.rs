//! Checks the invariants of a program (see the module's page): run after each fusion of a debug build, and on programs made by hand.

use std::collections::{BTreeMap, BTreeSet};

use super::plan::is_temporary;
use super::{
    Access, BufferId, BufferKind, Domain, Inst, Kernel, LoopKernel, Operand, Program, Reg, Section, Stmt,
};
use crate::graph::{DType, Dim};

/// The first broken invariant, in words.
pub fn verify(program: &Program) -> Result<(), String> {
    let mut written: BTreeSet<BufferId> = BTreeSet::new();
    for (i, buffer) in program.buffers.iter().enumerate() {
        if !is_temporary(buffer) {
            written.insert(BufferId(i as u32));
        }
    }
    for kernel in &program.kernels {
        let (reads, writes) = traffic(kernel);
        for id in reads {
            let name = &program.buffers[id.0 as usize].name;
            if !written.contains(&id) {
                return Err(format!("{name} is read before it is written"));
            }
        }
        written.extend(writes);
        if let Kernel::Loop(k) = kernel {
            Loop { program, kernel: k, levels: BTreeMap::new(), masks: BTreeSet::new() }
                .check()
                .map_err(|e| format!("{}: {e}", k.name))?;
        }
    }
    no_shared_place(program)
}

/// What a kernel reads that it has not written itself before, and what it writes.
pub(super) fn traffic(kernel: &Kernel) -> (Vec<BufferId>, Vec<BufferId>) {
    match kernel {
        Kernel::Call { call, .. } => {
            let (mut reads, mut writes) = (Vec::new(), Vec::new());
            for operand in call.operands() {
                reads.extend(operand.touch.reads().then_some(operand.buffer));
                writes.extend(operand.touch.writes().then_some(operand.buffer));
            }
            (reads, writes)
        }
        Kernel::Total { value, .. } => (vec![*value], vec![]),
        Kernel::Loop(k) => {
            let buffer = |operand: u32| match k.operands.get(operand as usize) {
                Some(Operand::Buffer(b)) => Some(*b),
                _ => None,
            };
            let (mut reads, mut writes) = (Vec::new(), Vec::new());
            let loaded = |inst: &Inst| match inst {
                Inst::Load { operand, .. } => buffer(*operand),
                _ => None,
            };
            reads.extend(k.body.uniform.iter().filter_map(|(_, inst)| loaded(inst)));
            for stmt in k.body.sections.iter().flat_map(stmts) {
                match stmt {
                    Stmt::Let(_, inst) => reads.extend(loaded(inst).filter(|id| !writes.contains(id))),
                    Stmt::Store { operand, .. } | Stmt::Partial { operand, .. } => {
                        writes.extend(buffer(*operand))
                    }
                    Stmt::Accumulate { .. } => {}
                }
            }
            (reads, writes)
        }
    }
}

fn stmts(section: &Section) -> &[Stmt] {
    match section {
        Section::Row(stmts) | Section::Columns { stmts, .. } => stmts,
    }
}

/// Temporaries in one place do not live at the same time.
fn no_shared_place(program: &Program) -> Result<(), String> {
    let lives_of = program.lifetimes();
    let mut lives: BTreeMap<u32, Vec<(usize, usize, &str)>> = BTreeMap::new();
    for (i, buffer) in program.buffers.iter().enumerate() {
        let Some((first, last)) = lives_of[i] else { continue };
        match (is_temporary(buffer), buffer.place) {
            (true, Some(place)) => lives.entry(place.slot).or_default().push((first, last, &buffer.name)),
            (false, None) => {}
            (true, None) => return Err(format!("{} has no place", buffer.name)),
            (false, Some(_)) => return Err(format!("{} is not the plan's to place", buffer.name)),
        }
    }
    for tenants in lives.values_mut() {
        tenants.sort();
        for pair in tenants.windows(2) {
            if pair[0].1 >= pair[1].0 {
                return Err(format!("{} and {} live at the same time in one place", pair[0].2, pair[1].2));
            }
        }
    }
    Ok(())
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Level {
    Uniform,
    Row,
    /// Of the section with this number.
    Column(usize),
}

struct Loop<'p> {
    program: &'p Program,
    kernel: &'p LoopKernel,
    levels: BTreeMap<Reg, Level>,
    /// Registers that hold a mask, or a mask times scalars.
    masks: BTreeSet<Reg>,
}

impl Loop<'_> {
    fn check(&mut self) -> Result<(), String> {
        let kernel = self.kernel;
        let mut touched = Touched::default();
        for (reg, inst) in &kernel.body.uniform {
            self.assign(*reg, inst, Level::Uniform, 1)?;
            if let Some((buffer, access)) = self.load(inst)? {
                touched.loads.push((buffer, access, None));
            }
        }
        for (number, section) in kernel.body.sections.iter().enumerate() {
            let (level, cols) = match section {
                Section::Row(_) => (Level::Row, 1),
                Section::Columns { cols, .. } => (Level::Column(number), *cols),
            };
            for stmt in stmts(section) {
                match stmt {
                    Stmt::Let(reg, inst) => {
                        self.assign(*reg, inst, level, cols)?;
                        if let Some((buffer, access)) = self.load(inst)? {
                            let clean = touched.load(buffer, access, number);
                            clean.then_some(()).ok_or_else(|| self.elsewhere(buffer))?;
                        }
                    }
                    Stmt::Store { operand, access, value } => {
                        let buffer = self.write(*operand, *value, level)?;
                        self.bounds(buffer, *access, cols)?;
                        let clean = touched.store(buffer, *access, number);
                        clean.then_some(()).ok_or_else(|| self.elsewhere(buffer))?;
                    }
                    Stmt::Partial { operand, value, .. } => {
                        let buffer = self.write(*operand, *value, level)?;
                        self.partial(buffer, level, cols)?;
                    }
                    Stmt::Accumulate { into, value, .. } => {
                        self.usable(*value, level)?;
                        if !matches!(level, Level::Column(_)) {
                            return Err("accumulates outside of a loop over columns".to_string());
                        }
                        self.define(*into, Level::Row)?;
                    }
                }
            }
        }
        Ok(())
    }

    fn elsewhere(&self, buffer: BufferId) -> String {
        format!("{} is written and read at different elements", self.name(buffer))
    }

    fn name(&self, buffer: BufferId) -> &str {
        &self.program.buffers[buffer.0 as usize].name
    }

    fn buffer(&self, operand: u32) -> Result<BufferId, String> {
        match self.kernel.operands.get(operand as usize) {
            Some(Operand::Buffer(b)) if (b.0 as usize) < self.program.buffers.len() => Ok(*b),
            other => Err(format!("operand {operand} is {other:?}, not a buffer")),
        }
    }

    fn define(&mut self, reg: Reg, level: Level) -> Result<(), String> {
        if reg.0 >= self.kernel.body.registers {
            return Err(format!("r{} is beyond the body's registers", reg.0));
        }
        match self.levels.insert(reg, level) {
            None => Ok(()),
            Some(_) => Err(format!("r{} is assigned twice", reg.0)),
        }
    }

    fn usable(&self, reg: Reg, level: Level) -> Result<(), String> {
        let ok = match (self.levels.get(&reg), level) {
            (Some(Level::Uniform), _) => true,
            (Some(Level::Row), l) => l != Level::Uniform,
            (Some(Level::Column(s)), Level::Column(t)) => *s == t,
            _ => false,
        };
        if ok { Ok(()) } else { Err(format!("r{} is used where it is not known", reg.0)) }
    }

    fn assign(&mut self, reg: Reg, inst: &Inst, level: Level, cols: usize) -> Result<(), String> {
        let args = arguments(inst);
        for arg in &args {
            self.usable(*arg, level)?;
        }
        let draws = matches!(
            inst,
            Inst::KeepMask { .. } | Inst::Noise { .. } | Inst::RowKey { by_update: false, .. }
        );
        if draws && level == Level::Uniform {
            return Err(format!("r{} is drawn in uniform code", reg.0));
        }
        if let Inst::KeepMask { units: super::Units::Table(table), .. }
        | Inst::Noise { units: super::Units::Table(table), .. } = inst
        {
            let inner = if let Domain::Rows { inner, .. } = self.kernel.domain { inner } else { 1 };
            if table.len() != inner * cols {
                return Err(format!(
                    "r{} has a table of {} units for {} columns",
                    reg.0,
                    table.len(),
                    inner * cols
                ));
            }
        }
        let mask = match inst {
            Inst::KeepMask { .. } => true,
            Inst::Unary(..) | Inst::Binary(..) | Inst::Select { .. } => {
                args.iter().any(|a| self.masks.contains(a))
                    && args
                        .iter()
                        .all(|a| self.masks.contains(a) || self.levels.get(a) == Some(&Level::Uniform))
            }
            _ => false,
        };
        if mask {
            self.masks.insert(reg);
        }
        if let Inst::Load { operand, access, .. } = inst {
            self.bounds(self.buffer(*operand)?, *access, cols)?;
        }
        self.define(reg, level)
    }

    fn load(&self, inst: &Inst) -> Result<Option<(BufferId, Access)>, String> {
        let Inst::Load { operand, access, dtype } = inst else { return Ok(None) };
        let buffer = self.buffer(*operand)?;
        if self.program.buffers[buffer.0 as usize].dtype != *dtype
            || !matches!(dtype, DType::F32 | DType::I32)
        {
            return Err(format!("{} is loaded as {dtype:?}", self.name(buffer)));
        }
        Ok(Some((buffer, *access)))
    }

    fn write(&self, operand: u32, value: Reg, level: Level) -> Result<BufferId, String> {
        self.usable(value, level)?;
        let buffer = self.buffer(operand)?;
        if self.masks.contains(&value) {
            return Err(format!("{} holds a mask", self.name(buffer)));
        }
        let kind = self.program.buffers[buffer.0 as usize].kind;
        if matches!(kind, BufferKind::Input { .. } | BufferKind::Target) {
            return Err(format!("{} belongs to the data set", self.name(buffer)));
        }
        Ok(buffer)
    }

    fn partial(&self, buffer: BufferId, level: Level, cols: usize) -> Result<(), String> {
        let held = &self.program.buffers[buffer.0 as usize];
        let row_len: usize = held.dims.iter().map(|d| if let Dim::Const(n) = d { *n } else { 0 }).product();
        if held.kind != BufferKind::Partials || row_len != cols {
            return Err(format!("{} cannot hold partials of {cols} columns", held.name));
        }
        if matches!(self.kernel.domain, Domain::Flat { .. }) && level != Level::Row {
            return Err("a flat domain has partials in row code only".to_string());
        }
        Ok(())
    }

    /// Accesses stay within the buffer for every batch.
    fn bounds(&self, buffer: BufferId, access: Access, cols: usize) -> Result<(), String> {
        let held = &self.program.buffers[buffer.0 as usize];
        let batch = held.dims.contains(&Dim::Batch);
        let len: usize = held.dims.iter().map(|d| if let Dim::Const(n) = d { *n } else { 1 }).product();
        let (rows_batch, rows, inner) = match self.kernel.domain {
            Domain::Rows { rows: Dim::Batch, inner } => (true, inner, inner),
            Domain::Rows { rows: Dim::Const(n), inner } => (false, n * inner, inner),
            Domain::Flat { .. } => (false, 1, 1),
        };
        let ok = match access {
            // Rows of the domain are the buffer's own.
            Access::Full { stride, offset } => {
                batch == rows_batch && offset + cols <= stride && rows * stride <= len
            }
            Access::Row { stride: 0, offset } => !batch && offset < len,
            Access::Row { stride, offset } => batch == rows_batch && offset < stride && rows * stride <= len,
            Access::Gathered { stride, .. } => {
                matches!(held.kind, BufferKind::Input { .. } | BufferKind::Target)
                    && rows_batch
                    && inner == 1
                    && stride == len
                    && cols <= len
            }
            Access::Positioned { stride, offset } => {
                held.kind == BufferKind::Output
                    && rows_batch
                    && inner == 1
                    && stride == len
                    && offset + cols <= stride
            }
            Access::Col { offset } => !batch && offset + cols <= len,
            Access::Inner { stride, offset } => !batch && offset < stride && inner * stride <= len,
            Access::One => !batch && len >= 1,
        };
        if ok { Ok(()) } else { Err(format!("{access:?} over {cols} columns leaves {}", held.name)) }
    }
}

/// What the statements so far have read, in which section, and written.
#[derive(Default)]
struct Touched {
    loads: Vec<(BufferId, Access, Option<usize>)>,
    stores: Vec<(BufferId, Access)>,
}

impl Touched {
    /// Whether a load sees nothing that the kernel has written elsewhere.
    fn load(&mut self, buffer: BufferId, access: Access, section: usize) -> bool {
        self.loads.push((buffer, access, Some(section)));
        self.stores.iter().all(|(b, stored)| *b != buffer || disjoint_or_equal(*stored, access))
    }

    /// Whether a store writes nothing that the kernel has read elsewhere: but its own row may have been read in an earlier section.
    fn store(&mut self, buffer: BufferId, access: Access, section: usize) -> bool {
        self.stores.push((buffer, access));
        let before =
            |read: Access, place: Option<usize>| place.is_some_and(|p| p < section) && same_row(read, access);
        self.loads
            .iter()
            .all(|(b, read, place)| *b != buffer || disjoint_or_equal(*read, access) || before(*read, *place))
    }
}

/// Both address the row that is visited.
fn same_row(a: Access, b: Access) -> bool {
    let stride = |access| match access {
        Access::Full { stride, .. } | Access::Row { stride, .. } => Some(stride).filter(|stride| *stride > 0),
        _ => None,
    };
    stride(a).is_some() && stride(a) == stride(b)
}

/// Equal, or different windows on the same rows; the loops over columns see to it that windows do not overlap.
fn disjoint_or_equal(a: Access, b: Access) -> bool {
    match (a, b) {
        (Access::Full { stride: s, .. }, Access::Full { stride: t, .. }) => s == t,
        (Access::Positioned { .. }, Access::Positioned { .. }) => true,
        (Access::Col { .. }, Access::Col { .. }) => true,
        _ => a == b,
    }
}

fn arguments(inst: &Inst) -> Vec<Reg> {
    match inst {
        Inst::Const(_) | Inst::Scalar { .. } | Inst::Load { .. } | Inst::RowKey { .. } => vec![],
        Inst::KeepMask { key, q, .. } => vec![*key, *q],
        Inst::Noise { key, .. } => vec![*key],
        Inst::OneHot { label, .. } => vec![*label],
        Inst::Unary(_, x) => vec![*x],
        Inst::Binary(_, x, y) => vec![*x, *y],
        Inst::Select { condition, then, otherwise } => vec![*condition, *then, *otherwise],
    }
}

#[cfg(test)]
mod tests;
