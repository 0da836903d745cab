//! Checks the invariants of a program (see the module's page): run after each fusion of a debug build, and on programs made by hand.

mod branches;
mod ranks;

use std::collections::{BTreeMap, BTreeSet};

use super::plan::is_temporary;
use super::{
    Access, Binary, BufferId, BufferKind, Inst, Kernel, LoopKernel, Operand, Program, Reg, Repeat, Section,
    Stmt, extents,
};
use crate::graph::DType;

/// The first broken invariant, in words.
pub fn verify(program: &Program) -> Result<(), String> {
    blocks_are_apart(program)?;
    ranks::nodes_are_exchanged(program)?;
    ranks::slices_are_collected(program)?;
    branches::leftovers_are_discarded(program)?;
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
        let check = |program: &Program, k: &LoopKernel| {
            let mut own = Loop {
                program,
                kernel: k,
                levels: BTreeMap::new(),
                masks: BTreeSet::new(),
                zeros: BTreeSet::new(),
                folds: 0,
            };
            own.check().map_err(|e| format!("{}: {e}", k.name))
        };
        match kernel {
            Kernel::Loop(k) => check(program, k)?,
            Kernel::Repeat { name, repeat } => {
                repeat.check().map_err(|e| format!("{name}: {e}"))?;
                written_before_read(repeat).map_err(|e| format!("{name}: {e}"))?;
                for kernel in &repeat.body.kernels {
                    if let Kernel::Loop(k) = kernel {
                        check(&repeat.body, k)?;
                    }
                }
            }
            Kernel::Call { .. } | Kernel::Total { .. } => {}
        }
    }
    no_shared_place(program)
}

/// Where rows are cut into blocks, what is left of one block is its rows' own or partials: nothing that another block leaves too.
pub(crate) fn blocks_are_apart(program: &Program) -> Result<(), String> {
    for kernel in program.kernels.iter().filter(|kernel| !program.blocks.are_one() && kernel.is_of_rows()) {
        for id in traffic(kernel).1 {
            let buffer = &program.buffers[id.0 as usize];
            if !buffer.is_batched() && buffer.kind != BufferKind::Partials {
                return Err(format!("{}: {} is of no block of rows", kernel.name(), buffer.name));
            }
        }
    }
    Ok(())
}

/// In a step of a loop over time nothing is read before it is written but what enters.
fn written_before_read(repeat: &Repeat) -> Result<(), String> {
    let entered = |kind| matches!(kind, BufferKind::Enter(_));
    let ids = (0..repeat.body.buffers.len() as u32).map(BufferId);
    let of = |id: BufferId| &repeat.body.buffers[id.0 as usize];
    let mut written: BTreeSet<BufferId> = ids.filter(|id| entered(of(*id).kind)).collect();
    for kernel in &repeat.body.kernels {
        let (reads, writes) = traffic(kernel);
        if let Some(early) = reads.iter().find(|id| !written.contains(id)) {
            return Err(format!("{} is read before it is written", of(*early).name));
        }
        if let Some(entered) = writes.iter().find(|id| entered(of(**id).kind)) {
            return Err(format!("{} is written, and enters", of(*entered).name));
        }
        written.extend(writes);
    }
    Ok(())
}

/// What a kernel reads that it has not written itself before, and what it writes.
pub(crate) fn traffic(kernel: &Kernel) -> (Vec<BufferId>, Vec<BufferId>) {
    match kernel {
        Kernel::Call { .. } | Kernel::Repeat { .. } => {
            let (mut reads, mut writes) = (Vec::new(), Vec::new());
            for operand in kernel.touched() {
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
            for (_, _, stmt) in k.body.stmts() {
                match stmt {
                    Stmt::Let(_, inst) => reads.extend(loaded(inst).filter(|id| !writes.contains(id))),
                    Stmt::Store { operand, .. } | Stmt::Partial { operand, .. } => {
                        writes.extend(buffer(*operand))
                    }
                    Stmt::Accumulate { .. } | Stmt::Fold { .. } => {}
                }
            }
            (reads, writes)
        }
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
    /// Of the fold with this number, in row code or in the section with that number.
    Tap {
        fold: usize,
        section: Option<usize>,
    },
}

struct Loop<'p> {
    program: &'p Program,
    kernel: &'p LoopKernel,
    levels: BTreeMap<Reg, Level>,
    /// Registers that hold a mask, or a mask times scalars.
    masks: BTreeSet<Reg>,
    /// What is 0 whatever is drawn: where a gradient is filled up with zeros, a mask times them is none.
    zeros: BTreeSet<Reg>,
    /// Folds met so far.
    folds: usize,
}

impl Loop<'_> {
    fn check(&mut self) -> Result<(), String> {
        let kernel = self.kernel;
        extents(self.program, kernel)?;
        let mut touched = Touched::default();
        for (reg, inst) in &kernel.body.uniform {
            self.assign(*reg, inst, Level::Uniform)?;
            if let Some((buffer, access)) = self.load(inst)? {
                touched.loads.push((buffer, access, None));
            }
        }
        for (number, section) in kernel.body.sections.iter().enumerate() {
            let level = match section {
                Section::Row(_) => Level::Row,
                Section::Columns { .. } => Level::Column(number),
            };
            for stmt in section.stmts() {
                self.stmt(stmt, level, number, &mut touched)?;
            }
        }
        Ok(())
    }

    fn stmt(
        &mut self,
        stmt: &Stmt,
        level: Level,
        section: usize,
        touched: &mut Touched,
    ) -> Result<(), String> {
        match stmt {
            Stmt::Let(reg, inst) => {
                self.assign(*reg, inst, level)?;
                if let Some((buffer, access)) = self.load(inst)? {
                    let clean = touched.load(buffer, access, section);
                    clean.then_some(()).ok_or_else(|| self.elsewhere(buffer))?;
                }
            }
            Stmt::Store { operand, access, value } => {
                let buffer = self.write(*operand, *value, level)?;
                let clean = touched.store(buffer, *access, section);
                clean.then_some(()).ok_or_else(|| self.elsewhere(buffer))?;
            }
            Stmt::Partial { operand, value, .. } => {
                self.write(*operand, *value, level)?;
                if self.kernel.domain.is_flat() && level != Level::Row {
                    return Err("a flat domain has partials in row code only".to_string());
                }
            }
            Stmt::Accumulate { into, value, .. } => {
                self.usable(*value, level)?;
                if !matches!(level, Level::Column(_)) {
                    return Err("accumulates outside of a loop over columns".to_string());
                }
                self.define(*into, Level::Row)?;
            }
            Stmt::Fold { stmts, into, value, .. } => {
                let inside = self.fold(level)?;
                for stmt in stmts {
                    self.stmt(stmt, inside, section, touched)?;
                }
                self.usable(*value, inside)?;
                self.define(*into, level)?;
            }
        }
        Ok(())
    }

    /// The level of the next fold that stands at `level`.
    fn fold(&mut self, level: Level) -> Result<Level, String> {
        self.folds += 1;
        match level {
            Level::Row => Ok(Level::Tap { fold: self.folds, section: None }),
            Level::Column(section) => Ok(Level::Tap { fold: self.folds, section: Some(section) }),
            Level::Uniform | Level::Tap { .. } => Err("a fold stands in a fold".to_string()),
        }
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
            (Some(Level::Column(s)), Level::Tap { section, .. }) => Some(*s) == section,
            (Some(Level::Tap { fold, .. }), Level::Tap { fold: other, .. }) => *fold == other,
            _ => false,
        };
        if ok { Ok(()) } else { Err(format!("r{} is used where it is not known", reg.0)) }
    }

    fn assign(&mut self, reg: Reg, inst: &Inst, level: Level) -> Result<(), String> {
        let args = inst.arguments();
        for arg in &args {
            self.usable(*arg, level)?;
        }
        let draws = matches!(
            inst,
            Inst::KeepMask { .. }
                | Inst::KeepMaskAt { .. }
                | Inst::Noise { .. }
                | Inst::RowKey { by_update: false, .. }
        );
        if draws && level == Level::Uniform {
            return Err(format!("r{} is drawn in uniform code", reg.0));
        }
        let mask = match inst {
            // What is within a row is a number a step, which a loop over time reads.
            Inst::KeepMask { .. } | Inst::KeepMaskAt { .. } => true,
            Inst::Unary(..) | Inst::Binary(..) | Inst::Select { .. } => {
                args.iter().any(|a| self.masks.contains(a))
                    && args
                        .iter()
                        .all(|a| self.masks.contains(a) || self.levels.get(a) == Some(&Level::Uniform))
            }
            _ => false,
        };
        let zero = match inst {
            Inst::Const(x) => *x == 0.0,
            Inst::Binary(Binary::Mul, ..) => args.iter().any(|arg| self.zeros.contains(arg)),
            _ => false,
        };
        if zero {
            self.zeros.insert(reg);
        } else if mask {
            self.masks.insert(reg);
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
        self.stores.iter().all(|(b, stored)| *b != buffer || stored.same_but_for_window(&access))
    }

    /// Whether a store writes nothing that the kernel has read elsewhere: but its own row may have been read in an earlier section.
    fn store(&mut self, buffer: BufferId, access: Access, section: usize) -> bool {
        self.stores.push((buffer, access));
        let before =
            |read: Access, place: Option<usize>| place.is_some_and(|p| p < section) && read.same_row(&access);
        self.loads.iter().all(|(b, read, place)| {
            *b != buffer || read.same_but_for_window(&access) || before(*read, *place)
        })
    }
}

#[cfg(test)]
mod tests;
