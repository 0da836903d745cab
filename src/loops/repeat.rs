//! Kernels that are run once a step of time.
//!
//! A [`Repeat`] is a program of its own, its *body*, whose buffers lie in memory of the program around it, elsewhere in each step: the step's part of a
//! value over time, what the step before left, the same place in all steps. Which rows a thread has is decided once, for the whole loop: every
//! kernel of the body is cut into the same shards of rows, so a thread stays with its rows from the first step to the last and meets nobody.
//!
//! Native code runs the same functions in every step on other addresses: a row of operands a step and kernel, so that neither code nor time to compile
//! grows with the steps.
//!
//! Invariants (`verify`): kernels of the body visit the rows of the batch in shards of `grain`, read a row to write the same row, and leave no
//! partials; [`Repeat::at`] gives ordinary kernels over the program's buffers, which are held to the rules of all others.

use std::collections::BTreeMap;

use super::calls::{Call, Matrix, Reach, Region, Touch, Touched};
use super::interpret::Machine;
use super::parts::Parts;
use super::work::Work;
use super::{
    Affine, BufferId, Cost, Domain, Extent, Inst, Kernel, LoopKernel, Operand, Program, Reg, Section, Stmt,
};
use crate::graph::{Dim, SiteId};

#[derive(Clone, Debug, PartialEq)]
pub struct Repeat {
    pub steps: usize,
    /// Whether the last step in time comes first.
    pub reverse: bool,
    /// One step. Its buffers are those of the body; rows of those that lie over time are as long as all steps of one.
    pub body: Program,
    /// By buffer of the body: where it lies.
    pub lies: Vec<Lies>,
    /// Of buffers of the program around: elements of a row, or all.
    pub sizes: BTreeMap<BufferId, Extent>,
    /// Rows of a shard.
    pub grain: usize,
    /// The buffer of the body that is 0 where a step is not a row's own. Where it is 0 for all rows of a shard, the step is left out ([`Rest`]).
    pub within: Option<BufferId>,
}

/// What a turn leaves of the rows of a shard none of which has a step at its time: what was carried, as it is, and zeros where steps are stacked.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Rest {
    pub within: Line,
    /// What is carried: where it lies before the turn and behind it.
    pub carried: Vec<(Line, Line)>,
    pub stacked: Vec<Line>,
}

/// A part of each row of a buffer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Line {
    pub buffer: BufferId,
    pub offset: usize,
    /// Elements from row to row.
    pub stride: usize,
    pub len: usize,
}

/// Where a buffer of the body lies.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Lies {
    Fixed(BufferId),
    /// Elements `offset + step * time ..` of each row.
    Over {
        buffer: BufferId,
        offset: usize,
        step: usize,
    },
    /// What the step before left: at first `first`, then one slot and the other in turn.
    Before {
        first: BufferId,
        slots: [BufferId; 2],
    },
    /// What this step leaves.
    After {
        slots: [BufferId; 2],
    },
}

impl Repeat {
    /// The step in time that is run at turn `turn`.
    pub fn time(&self, turn: usize) -> usize {
        if self.reverse { self.steps - 1 - turn } else { turn }
    }

    /// Where a buffer of the body lies at a turn: in which buffer of the program, behind how many elements.
    pub fn place(&self, id: BufferId, turn: usize) -> (BufferId, usize) {
        match self.lies[id.0 as usize] {
            Lies::Fixed(buffer) => (buffer, 0),
            Lies::Over { buffer, offset, step } => (buffer, offset + step * self.time(turn)),
            Lies::Before { first, .. } if turn == 0 => (first, 0),
            Lies::Before { slots, .. } => (slots[(turn - 1) % 2], 0),
            Lies::After { slots } => (slots[turn % 2], 0),
        }
    }

    /// What a turn does with shards that it leaves out; none where it leaves out none.
    pub fn rest(&self, turn: usize) -> Option<Rest> {
        let line = |id: BufferId, len: usize| {
            let (buffer, offset) = self.place(id, turn);
            Line { buffer, offset, stride: self.sizes.get(&buffer).map_or(0, |size| size.len), len }
        };
        let within = line(self.within?, 1);
        let (mut carried, mut stacked) = (Vec::new(), Vec::new());
        for (local, lies) in (0..).map(BufferId).zip(&self.lies) {
            match *lies {
                Lies::After { slots } => {
                    let is_before =
                        |own: &Lies| matches!(own, Lies::Before { slots: of, .. } if *of == slots);
                    let before = (0..).map(BufferId).zip(&self.lies).find(|(_, own)| is_before(own))?.0;
                    let len = self.sizes.get(&slots[0])?.len;
                    carried.push((line(before, len), line(local, len)));
                }
                Lies::Over { step, .. } if self.writes(local) => {
                    // What several of them stack lies side by side: one line.
                    let whole = Line { offset: self.time(turn) * step, ..line(local, step) };
                    if !stacked.contains(&whole) {
                        stacked.push(whole);
                    }
                }
                Lies::Fixed(_) | Lies::Over { .. } | Lies::Before { .. } => {}
            }
        }
        Some(Rest { within, carried, stacked })
    }

    /// The kernels of one turn, over buffers of the program around.
    pub fn at(&self, turn: usize) -> Vec<Kernel> {
        self.body.kernels.iter().map(|kernel| self.kernel_at(kernel, turn)).collect()
    }

    /// Turns that speak for all: addresses move evenly in time, and what is carried alternates.
    pub fn telling_turns(&self) -> impl Iterator<Item = usize> + use<> {
        let last = self.steps - 1;
        [0, 1, 2].into_iter().filter(move |turn| *turn < last).chain([last])
    }

    fn kernel_at(&self, kernel: &Kernel, turn: usize) -> Kernel {
        match kernel {
            Kernel::Loop(k) => Kernel::Loop(self.loop_at(k, turn)),
            Kernel::Call { name, call } => {
                Kernel::Call { name: name.clone(), call: self.call_at(call, turn) }
            }
            other => other.clone(),
        }
    }

    /// The matrices of a product or a curve at a turn; no other kernel of the library stands in a body.
    pub fn call_at(&self, call: &Call, turn: usize) -> Call {
        let mut call = call.clone();
        for matrix in matrices(&mut call) {
            let (buffer, offset) = self.place(matrix.buffer, turn);
            (matrix.buffer, matrix.offset) = (buffer, matrix.offset + offset);
        }
        if let Call::Packed(packed) = &mut call {
            packed.b = self.place(packed.b, turn).0;
        }
        call
    }

    fn loop_at(&self, kernel: &LoopKernel, turn: usize) -> LoopKernel {
        let mut kernel = kernel.clone();
        let offsets: Vec<usize> = kernel
            .operands
            .iter_mut()
            .map(|operand| match operand {
                Operand::Buffer(id) => {
                    let (buffer, offset) = self.place(*id, turn);
                    *id = buffer;
                    offset
                }
                Operand::Over { site, units } => {
                    let offset = *units * self.time(turn);
                    *operand = Operand::Site(*site);
                    offset
                }
                Operand::Scalar(_) | Operand::Site(_) => 0,
            })
            .collect();
        let mut keys: BTreeMap<Reg, usize> = BTreeMap::new();
        for_each_place(&mut kernel, &mut |place| match place {
            Place::Memory(operand, at) => at.offset += offsets[operand as usize],
            Place::Key(reg, operand) => drop(keys.insert(reg, offsets[operand as usize])),
            Place::Unit(key, unit) => unit.offset += keys.get(&key).copied().unwrap_or(0),
        });
        kernel
    }

    /// What it touches of the program around, each buffer once.
    pub fn operands(&self) -> Vec<Touched> {
        let mut touches: BTreeMap<BufferId, Touch> = BTreeMap::new();
        let mut touch = |buffer, own: Touch| {
            let known = touches.entry(buffer).or_insert(own);
            if *known != own {
                *known = Touch::Update;
            }
        };
        for (local, lies) in self.lies.iter().enumerate() {
            let written = self.writes(BufferId(local as u32));
            let own = if written { Touch::Write } else { Touch::Read };
            match *lies {
                Lies::Fixed(buffer) | Lies::Over { buffer, .. } => touch(buffer, own),
                Lies::Before { first, .. } => touch(first, Touch::Read),
                Lies::After { slots } => slots.into_iter().for_each(|slot| touch(slot, Touch::Write)),
            }
        }
        touches.into_iter().map(|(buffer, touch)| self.touched(buffer, touch)).collect()
    }

    fn touched(&self, buffer: BufferId, touch: Touch) -> Touched {
        let size = self.sizes.get(&buffer).copied().unwrap_or(Extent { batch: false, len: 0 });
        let rows = Reach::Rows { rows: Dim::Batch, grain: self.grain, width: size.len, pass: false };
        let reach = if size.batch { rows } else { Reach::All };
        Touched { buffer, touch, region: Region::Whole(size), reach }
    }

    fn writes(&self, local: BufferId) -> bool {
        self.body.kernels.iter().any(|kernel| super::verify::traffic(kernel).1.contains(&local))
    }

    /// Whether its kernels are such as may be repeated.
    ///
    /// # Errors
    /// The reason why not.
    pub fn check(&self) -> Result<(), String> {
        if self.steps == 0 || self.lies.len() != self.body.buffers.len() {
            return Err("a loop over no time, or with buffers that lie nowhere".to_string());
        }
        self.check_rest()?;
        for kernel in &self.body.kernels {
            let sound = match kernel {
                Kernel::Loop(k) => {
                    let rows = matches!(k.domain, Domain::Rows { rows: Dim::Batch, grain, .. } if grain == self.grain);
                    rows && !k.body.stmts().iter().any(|(.., stmt)| matches!(stmt, Stmt::Partial { .. }))
                }
                Kernel::Call { call: Call::Packed(packed), .. } => packed.grain == self.grain,
                Kernel::Call { .. } | Kernel::Total { .. } | Kernel::Repeat { .. } => false,
            };
            if !sound {
                return Err(format!("{} does not stay with its rows", kernel.name()));
            }
        }
        Ok(())
    }

    /// Whether what is written for rows that are left out lies in their own memory.
    fn check_rest(&self) -> Result<(), String> {
        let whole = |line: &Line| {
            let size = self.sizes.get(&line.buffer);
            size.is_some_and(|size| size.batch && line.offset + line.len <= size.len)
        };
        for turn in self.telling_turns().filter(|_| self.within.is_some()) {
            let rest = self.rest(turn).ok_or("what is carried lies nowhere before a turn")?;
            let of_carried = rest.carried.iter().flat_map(|(from, to)| [from, to]);
            if !of_carried.chain(&rest.stacked).chain([&rest.within]).all(whole) {
                return Err("what is written of rows that are left out is not their own".to_string());
            }
        }
        Ok(())
    }

    pub fn parts(&self) -> Parts {
        Parts::shards(Dim::Batch, self.grain)
    }

    /// Of one step with `rows` rows.
    pub fn cost(&self, rows: usize) -> Cost {
        self.body.kernels.iter().fold(Cost::default(), |sum, kernel| {
            let own = self.body.cost(kernel, rows);
            Cost { flops: sum.flops + self.steps * own.flops, bytes: sum.bytes + self.steps * own.bytes }
        })
    }

    pub fn work(&self) -> Work {
        let step = Work::of(&self.body);
        Work { per_row: step.per_row * self.steps as f64, fixed: step.fixed * self.steps as f64 }
    }

    pub(super) fn interpret(&self, machine: &mut Machine<'_>) {
        for turn in 0..self.steps {
            self.at(turn).iter().for_each(|kernel| machine.kernel(kernel));
            if let Some(rest) = self.rest(turn) {
                rest.interpret(self.grain, machine);
            }
        }
    }

    /// Where a buffer of the body lies, in words.
    pub fn text(&self, local: BufferId, name: &dyn Fn(BufferId) -> String) -> String {
        match self.lies[local.0 as usize] {
            Lies::Fixed(buffer) => name(buffer),
            Lies::Over { buffer, offset: 0, step } => format!("{}[row, t * {step} ..]", name(buffer)),
            Lies::Over { buffer, offset, step } => format!("{}[row, t * {step} + {offset} ..]", name(buffer)),
            Lies::Before { first, .. } => format!("{} at first, then what the step before left", name(first)),
            Lies::After { slots: [a, b] } => format!("{} and {} in turn", name(a), name(b)),
        }
    }
}

impl Rest {
    fn interpret(&self, grain: usize, machine: &mut Machine<'_>) {
        let rows = machine.rows();
        for start in (0..rows).step_by(grain) {
            let shard = start..rows.min(start + grain);
            let own = |row: usize| machine.floats(self.within.buffer)[self.within.at(row)] != 0.0;
            if shard.clone().any(own) {
                continue;
            }
            for row in shard {
                for (from, to) in &self.carried {
                    let kept = machine.floats(from.buffer)[from.at(row)..][..from.len].to_vec();
                    machine.floats_mut(to.buffer)[to.at(row)..][..to.len].copy_from_slice(&kept);
                }
                for line in &self.stacked {
                    machine.floats_mut(line.buffer)[line.at(row)..][..line.len].fill(0.0);
                }
            }
        }
    }
}

impl Line {
    /// Its first element of a row.
    pub fn at(&self, row: usize) -> usize {
        self.offset + row * self.stride
    }
}

/// The matrices of a kernel of the library whose rows are those of the batch.
pub(super) fn matrices(call: &mut Call) -> Vec<&mut Matrix> {
    match call {
        Call::Packed(packed) => vec![&mut packed.a, &mut packed.c],
        _ => Vec::new(),
    }
}

/// Something in a loop kernel that moves with time.
enum Place<'k> {
    /// The elements of an operand.
    Memory(u32, &'k mut Affine),
    /// The key of a site, by operand.
    Key(Reg, u32),
    /// The unit that is drawn for with a key.
    Unit(Reg, &'k mut Affine),
}

fn for_each_place(kernel: &mut LoopKernel, f: &mut dyn FnMut(Place<'_>)) {
    kernel.body.uniform.iter_mut().for_each(|(reg, inst)| inst_places(*reg, inst, f));
    for section in &mut kernel.body.sections {
        let (Section::Row(stmts) | Section::Columns { stmts, .. }) = section;
        stmt_places(stmts, f);
    }
}

fn stmt_places(stmts: &mut [Stmt], f: &mut dyn FnMut(Place<'_>)) {
    for stmt in stmts {
        match stmt {
            Stmt::Let(reg, inst) => inst_places(*reg, inst, f),
            Stmt::Store { operand, access, .. } => f(Place::Memory(*operand, &mut access.at)),
            Stmt::Fold { stmts, .. } => stmt_places(stmts, f),
            Stmt::Accumulate { .. } | Stmt::Partial { .. } => {}
        }
    }
}

fn inst_places(reg: Reg, inst: &mut Inst, f: &mut dyn FnMut(Place<'_>)) {
    match inst {
        Inst::Load { operand, access, .. } => f(Place::Memory(*operand, &mut access.at)),
        Inst::RowKey { operand, .. } => f(Place::Key(reg, *operand)),
        Inst::KeepMask { key, unit, .. } | Inst::Noise { key, unit } => f(Place::Unit(*key, unit)),
        Inst::Const(_)
        | Inst::Scalar { .. }
        | Inst::OneHot { .. }
        // Of tokens and lengths, which enter no body.
        | Inst::KeepMaskAt { .. }
        | Inst::Within { .. }
        | Inst::Unary(..)
        | Inst::Binary(..)
        | Inst::Select { .. } => {}
    }
}

/// Gives the rows of a buffer of a body another length: what lies over time has the rows of all steps.
pub(super) fn stretch(kernel: &mut LoopKernel, rows: &dyn Fn(BufferId) -> Option<usize>) {
    let lengths: Vec<Option<usize>> = kernel
        .operands
        .iter()
        .map(|operand| if let Operand::Buffer(id) = operand { rows(*id) } else { None })
        .collect();
    for_each_place(kernel, &mut |place| {
        if let Place::Memory(operand, at) = place
            && let Some(row) = lengths[operand as usize]
        {
            at.row = row;
        }
    });
}

/// Makes the draws of sites go on from step to step: `units` further each.
pub(super) fn over_time(kernel: &mut LoopKernel, units: &BTreeMap<SiteId, usize>) {
    for operand in &mut kernel.operands {
        if let Operand::Site(site) = *operand
            && let Some(units) = units.get(&site).copied().filter(|units| *units > 0)
        {
            *operand = Operand::Over { site, units };
        }
    }
}
