//! A slow and safe evaluator of programs: the witness between the graph's interpreter and native code.
//!
//! It runs shard by shard in the fixed partition, with the scalar functions of `math`, so that outside of products (whose order of summation
//! is the library's) results equal native code's bit for bit. Temporaries start as NaN: what is read before it is written shows.

mod blocks;

use super::value::{Value, accumulate, before_first, evaluate, reduce};
use super::{
    AXES, Access, Affine, Axes, Base, Body, Buffer, BufferId, BufferKind, Domain, Kernel, LoopKernel,
    Operand, Program, Reg, SHARD_ELEMENTS, Section, Stmt, TAPS, Taps,
};
use crate::graph::{Coin, DType, Dim, Reduction, ScalarId, SiteId};

/// Elements of a buffer.
#[derive(Clone, Debug, PartialEq)]
pub enum Data {
    F32(Vec<f32>),
    I32(Vec<i32>),
}

/// Memory that outlives a step.
#[derive(Clone, Debug, PartialEq)]
pub struct Host {
    /// Input arrays of the data set, by slot; of integers their numbers.
    pub inputs: Vec<Vec<f32>>,
    pub target: Data,
    pub params: Vec<Vec<f32>>,
    pub slots: Vec<Vec<f32>>,
    pub states: Vec<Vec<f32>>,
    /// Rows of the whole pass.
    pub output: Vec<f32>,
    /// Running sums of the metrics.
    pub totals: Vec<f64>,
}

#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Number {
    F32(f32),
    I32(i32),
}

/// What changes from step to step.
#[derive(Clone, Debug)]
pub struct Step<'a> {
    /// Rows of this minibatch.
    pub rows: usize,
    /// Place of its first row in the pass.
    pub position: usize,
    /// The data set's row at each position of the pass, and the row it is mixed with.
    pub order: &'a [u32],
    pub partner: &'a [u32],
    /// What each position counts as where row keys are made; empty where it is the position itself.
    pub places: &'a [u32],
    pub scalars: &'a [Number],
    /// By site.
    pub streams: &'a [u64],
    /// Ordinal of the update in the run.
    pub update: u64,
    /// Whether multiply-add rounds once.
    pub fma: bool,
}

/// Runs one step.
///
/// # Panics
/// If the program does not verify, or host memory is smaller than the program's buffers.
pub fn interpret(program: &Program, host: &mut Host, step: &Step) {
    let mut machine = Machine { program, step, rows: step.rows, position: step.position, memory: Vec::new() };
    for i in 0..program.buffers.len() {
        let data = machine.bind(i, host);
        machine.memory.push(data);
    }
    let dropped: Vec<bool> = program.branches.iter().map(|branch| !machine.keeps(branch.coin)).collect();
    for kernel in &program.kernels {
        if program.coins_of(kernel).iter().any(|coin| dropped[*coin]) {
            continue;
        }
        if let Kernel::Total { index, value } = kernel {
            host.totals[*index as usize] += f64::from(machine.floats(*value)[0]);
        }
        match kernel.is_of_rows() && !program.blocks.are_one() {
            true => machine.by_blocks(kernel),
            false => machine.kernel(kernel),
        }
    }
    for (buffer, data) in program.buffers.iter().zip(machine.memory) {
        release(buffer, data, host);
    }
}

/// Where the host keeps a buffer of f32, if it does.
fn place<'h>(buffer: &Buffer, host: &'h mut Host) -> Option<&'h mut Vec<f32>> {
    match buffer.kind {
        BufferKind::Input { slot } => host.inputs.get_mut(slot as usize),
        BufferKind::Param(p) => host.params.get_mut(p.index()),
        BufferKind::Slot(s) => host.slots.get_mut(s.index()),
        BufferKind::State(s) => host.states.get_mut(s.index()),
        BufferKind::Output => Some(&mut host.output),
        BufferKind::Target
        | BufferKind::Temp
        | BufferKind::Partials
        | BufferKind::Enter(_)
        | BufferKind::Carry(_)
        | BufferKind::Stack(_) => None,
    }
}

fn release(buffer: &Buffer, data: Data, host: &mut Host) {
    if buffer.kind == BufferKind::Target {
        host.target = data;
    } else if let (Some(place), Data::F32(values)) = (place(buffer, host), data) {
        *place = values;
    }
}

/// The memory of a step while it runs.
pub struct Machine<'p> {
    program: &'p Program,
    step: &'p Step<'p>,
    /// Of the minibatch, or of the block of rows that a kernel is run on.
    rows: usize,
    position: usize,
    memory: Vec<Data>,
}

/// Where a statement stands.
#[derive(Clone, Copy)]
pub(super) struct Point {
    pub shard: usize,
    pub row: usize,
    pub axes: Axes,
    pub taps: Taps,
    pub col: usize,
}

impl Point {
    /// The value of an affine function.
    pub fn of(&self, at: &Affine) -> usize {
        at.of(self.row, self.axes, self.taps, self.col)
    }
}

/// All places of `extents`, the last axis fastest.
fn places<const N: usize>(extents: [usize; N]) -> impl Iterator<Item = [usize; N]> {
    (0..extents.iter().product()).map(move |mut rest: usize| {
        let mut place = [0; N];
        for (p, n) in place.iter_mut().zip(extents).rev() {
            *p = rest % n;
            rest /= n;
        }
        place
    })
}

impl Machine<'_> {
    fn bind(&self, i: usize, host: &mut Host) -> Data {
        let buffer = &self.program.buffers[i];
        if buffer.kind == BufferKind::Target {
            return std::mem::replace(&mut host.target, Data::I32(Vec::new()));
        }
        match place(buffer, host) {
            Some(values) if buffer.dtype == DType::I32 => {
                Data::I32(values.iter().map(|x| *x as i32).collect())
            }
            Some(values) => Data::F32(std::mem::take(values)),
            None => {
                let bytes = self.program.buffer_bytes(BufferId(i as u32), self.step.rows);
                Data::F32(vec![f32::NAN; bytes / 4])
            }
        }
    }

    /// Runs a kernel; totals are the host's.
    pub(super) fn kernel(&mut self, kernel: &Kernel) {
        match kernel {
            Kernel::Loop(k) => self.run(k),
            Kernel::Call { call, .. } => call.interpret(self),
            Kernel::Repeat { repeat, .. } => repeat.interpret(self),
            Kernel::Total { .. } => {}
        }
    }

    /// Rows of this minibatch, or of this block of it.
    pub fn rows(&self) -> usize {
        self.rows
    }

    /// Whether multiply-add rounds once.
    pub fn fma(&self) -> bool {
        self.step.fma
    }

    /// The elements of a buffer.
    ///
    /// # Panics
    /// If it holds integers.
    pub fn floats(&self, id: BufferId) -> &[f32] {
        match &self.memory[id.0 as usize] {
            Data::F32(values) => values,
            Data::I32(_) => panic!("{id:?} holds integers"),
        }
    }

    /// The same, to be written.
    ///
    /// # Panics
    /// If it holds integers.
    pub fn floats_mut(&mut self, id: BufferId) -> &mut [f32] {
        match &mut self.memory[id.0 as usize] {
            Data::F32(values) => values,
            Data::I32(_) => panic!("{id:?} holds integers"),
        }
    }

    /// The `width` integers that an input array has for a row of this step.
    ///
    /// # Panics
    /// If it holds floats.
    pub fn gathered(&self, id: BufferId, row: usize, width: usize) -> &[i32] {
        let number = self.step.order[self.position + row] as usize;
        match &self.memory[id.0 as usize] {
            Data::I32(values) => &values[number * width..][..width],
            Data::F32(_) => panic!("{id:?} holds floats"),
        }
    }

    /// The bits of a scalar of this step.
    pub fn word(&self, id: ScalarId) -> u32 {
        match self.step.scalars[id.index()] {
            Number::F32(x) => x.to_bits(),
            Number::I32(x) => x.cast_unsigned(),
        }
    }

    /// The key of a row of this step, or of its update.
    pub fn row_key(&self, site: SiteId, row: usize, by_update: bool) -> u64 {
        let position = self.position + row;
        let place = || self.step.places.get(position).map_or(position as u64, |place| u64::from(*place));
        let address = if by_update { self.step.update } else { place() };
        crate::draws::row_key(self.step.streams[site.index()], address)
    }

    fn keeps(&self, coin: Coin) -> bool {
        crate::draws::kept(self.row_key(coin.site, 0, true), 0, self.word(coin.q))
    }

    fn run(&mut self, kernel: &LoopKernel) {
        let body = &kernel.body;
        let mut registers = vec![Value::F32(f32::NAN); body.registers as usize];
        let (rows, grain) = match kernel.domain {
            Domain::Rows { rows: Dim::Batch, grain, .. } => (self.rows, grain),
            Domain::Rows { rows: Dim::Const(n), grain, .. } => (n, grain),
            Domain::Flat { len } => (len.div_ceil(SHARD_ELEMENTS), 1),
        };
        let start = Point { shard: 0, row: 0, axes: [0; AXES], taps: [0; TAPS], col: 0 };
        for (reg, inst) in &body.uniform {
            registers[reg.0 as usize] = self.value(kernel, inst, &registers, start);
        }
        for row in 0..rows {
            let shard = row / grain;
            for axes in places(kernel.domain.inner()) {
                let first = row % grain == 0 && axes == [0; AXES];
                let row = if kernel.domain.is_flat() { 0 } else { row };
                self.row(kernel, body, &mut registers, Point { shard, row, axes, ..start }, first);
            }
        }
    }

    fn row(&mut self, kernel: &LoopKernel, body: &Body, registers: &mut [Value], point: Point, first: bool) {
        for section in &body.sections {
            match section {
                Section::Row(stmts) => {
                    for stmt in stmts {
                        self.stmt(kernel, stmt, registers, point, first);
                    }
                }
                Section::Columns { cols, stmts } => {
                    let columns = match kernel.domain {
                        Domain::Flat { len } => {
                            let from = point.shard * SHARD_ELEMENTS;
                            from..len.min(from + SHARD_ELEMENTS)
                        }
                        Domain::Rows { .. } => 0..*cols,
                    };
                    let mut sums: Vec<(Reg, Reduction, Vec<f32>)> = Vec::new();
                    for col in columns {
                        let point = Point { col, ..point };
                        for stmt in stmts {
                            if let Stmt::Accumulate { into, reduction, value } = stmt {
                                let value = registers[value.0 as usize].float();
                                match sums.iter_mut().find(|(r, ..)| r == into) {
                                    Some((.., values)) => values.push(value),
                                    None => sums.push((*into, *reduction, vec![value])),
                                }
                            } else {
                                self.stmt(kernel, stmt, registers, point, first);
                            }
                        }
                    }
                    for (into, reduction, values) in sums {
                        registers[into.0 as usize] = Value::F32(accumulate(reduction, &values));
                    }
                }
            }
        }
    }

    fn stmt(&mut self, kernel: &LoopKernel, stmt: &Stmt, registers: &mut [Value], point: Point, first: bool) {
        match stmt {
            Stmt::Let(reg, inst) => registers[reg.0 as usize] = self.value(kernel, inst, registers, point),
            Stmt::Store { operand, access, value } => {
                let id = buffer(kernel, *operand);
                let index = self.index(*access, point);
                self.floats_mut(id)[index] = registers[value.0 as usize].float();
            }
            Stmt::Partial { operand, reduction, value } => {
                let id = buffer(kernel, *operand);
                let value = registers[value.0 as usize].float();
                let old = if first { reduction_identity(*reduction) } else { f32::NAN };
                let cols = self.program.buffers[id.0 as usize].row_len();
                let slot = &mut self.floats_mut(id)[point.shard * cols + point.col];
                let old = if first { old } else { *slot };
                *slot = reduce(*reduction, old, value);
            }
            Stmt::Accumulate { .. } => {}
            Stmt::Fold { taps, stmts, into, reduction, value } => {
                let mut folded = before_first(*reduction);
                for taps in places(*taps) {
                    for stmt in stmts {
                        self.stmt(kernel, stmt, registers, Point { taps, ..point }, first);
                    }
                    folded = reduce(*reduction, folded, registers[value.0 as usize].float());
                }
                registers[into.0 as usize] = Value::F32(folded);
            }
        }
    }

    fn value(&self, kernel: &LoopKernel, inst: &super::Inst, registers: &[Value], point: Point) -> Value {
        use super::Inst;
        match inst {
            Inst::Load { operand, access, dtype } => {
                let id = buffer(kernel, *operand);
                let index = self.index(*access, point);
                match (&self.memory[id.0 as usize], dtype) {
                    (Data::F32(values), DType::F32) => Value::F32(values[index]),
                    (Data::I32(values), DType::I32) => Value::I32(values[index]),
                    _ => panic!("{id:?} is not of type {dtype:?}"),
                }
            }
            Inst::Scalar { operand, .. } => match kernel.operands[*operand as usize] {
                Operand::Scalar(s) => match self.step.scalars[s.index()] {
                    Number::F32(x) => Value::F32(x),
                    Number::I32(x) => Value::I32(x),
                },
                other => panic!("{other:?} is no scalar"),
            },
            Inst::RowKey { operand, by_update } => {
                let Operand::Site(site) = kernel.operands[*operand as usize] else { panic!("not a site") };
                Value::Key(self.row_key(site, point.row, *by_update))
            }
            arithmetic => evaluate(arithmetic, registers, point, self.step.fma),
        }
    }

    fn index(&self, access: Access, point: Point) -> usize {
        let position = self.position + point.row;
        let row = match access.base {
            Base::Own => point.row,
            Base::Data { partner: false } => self.step.order[position] as usize,
            Base::Data { partner: true } => self.step.partner[position] as usize,
            Base::Pass => position,
        };
        Point { row, ..point }.of(&access.at)
    }
}

fn reduction_identity(reduction: Reduction) -> f32 {
    match reduction {
        Reduction::Sum => 0.0,
        Reduction::Max | Reduction::First => f32::NEG_INFINITY,
    }
}

fn buffer(kernel: &LoopKernel, operand: u32) -> BufferId {
    match kernel.operands[operand as usize] {
        Operand::Buffer(b) => b,
        other => panic!("{other:?} is no buffer"),
    }
}
