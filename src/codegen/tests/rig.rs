//! A bench for small programs: the same pass on native code and on the interpreter.

use std::ops::Range;
use std::sync::atomic::{AtomicU32, AtomicU64};
use std::time::Duration;

use crate::codegen::{
    Array, Bind, CodegenError, Compiled, Options, Status, Storage, Target, Tensor, compile,
};
use crate::graph::{Blocks, DType, Dim};
use crate::kernels::aligned::AlignedVec;
use crate::kernels::fpenv::FlushSubnormals;
use crate::kernels::pace::{Pace, Pacing, Stretch};
use crate::kernels::team::Team;
use crate::loops::interpret::{Data, Host, Number, Step, interpret};
use crate::loops::{
    Access, Affine, Body, Buffer, BufferId, BufferKind, Domain, Inst, Kernel, LoopKernel, Operand, Program,
    Reg, Section, Stmt, plan::plan, verify,
};

/// Extents that have whole visits, parts of them, and neither.
pub const COLS: [usize; 23] =
    [1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16, 17, 18, 19, 20, 31, 64, 1000];
/// The same in short, for what does not depend on columns much.
pub const FEW_COLS: [usize; 6] = [1, 6, 8, 13, 16, 31];
pub const ROWS: [usize; 7] = [1, 2, 31, 32, 33, 128, 129];
pub const THREADS: [usize; 4] = [1, 2, 3, 8];

/// Numbers that look random, with the awkward ones among them.
pub fn numbers(n: usize, seed: u64) -> Vec<f32> {
    const AWKWARD: [f32; 12] = [
        0.0,
        -0.0,
        1.0,
        -1.0,
        f32::INFINITY,
        f32::NEG_INFINITY,
        f32::NAN,
        88.9,
        -88.9,
        f32::MIN_POSITIVE,
        1e30,
        -3.5e-8,
    ];
    (0..n as u64)
        .map(|i| {
            let h = crate::draws::mix64(seed.wrapping_mul(77) ^ i);
            match h % 23 {
                0 => AWKWARD[(h >> 8) as usize % AWKWARD.len()],
                _ => ((h >> 40) as f32 / (1u64 << 24) as f32 - 0.5) * 20.0,
            }
        })
        .collect()
}

/// The same without infinities, NaN and very large ones.
pub fn tame(n: usize, seed: u64) -> Vec<f32> {
    numbers(n, seed).into_iter().map(|x| if x.abs() < 1e9 { x } else { 0.25 }).collect()
}

/// A pass over data, for either executor.
#[derive(Clone)]
pub struct Pass {
    pub host: Host,
    /// Input 0 as bytes with their affine map, besides `host.inputs[0]`, which holds the same as floats.
    pub bytes: Option<(Vec<u8>, f32, f32)>,
    pub rows: usize,
    pub batch: usize,
    pub steps: Range<usize>,
    pub order: Vec<u32>,
    pub partner: Vec<u32>,
    /// What positions count as where row keys are made.
    pub places: Vec<u32>,
    pub scalars: Vec<Number>,
    pub streams: Vec<u64>,
    /// For code that is sampled.
    pub samples: Vec<u32>,
    pub stream_count: usize,
    pub update: u64,
    pub stop: u32,
}

impl Pass {
    /// `rows` rows in batches of `batch`, on data of as many rows.
    pub fn new(rows: usize, batch: usize) -> Self {
        Self {
            host: Host {
                inputs: Vec::new(),
                target: Data::I32(Vec::new()),
                params: Vec::new(),
                slots: Vec::new(),
                states: Vec::new(),
                output: Vec::new(),
                totals: vec![0.0; 4],
            },
            bytes: None,
            rows,
            batch,
            steps: 0..rows.div_ceil(batch),
            // Neither the identity nor its own inverse.
            order: (0..rows as u32).map(|p| (p + 1) % rows as u32).collect(),
            partner: (0..rows as u32).rev().collect(),
            places: Vec::new(),
            scalars: Vec::new(),
            streams: vec![0x1234_5678_9ABC_DEF0, 42, u64::MAX],
            samples: Vec::new(),
            stream_count: 0,
            update: 7,
            stop: 0,
        }
    }

    pub fn input(mut self, cols: usize, seed: u64) -> Self {
        self.host.inputs.push(numbers(self.rows * cols, seed));
        self
    }

    pub fn output(mut self, cols: usize) -> Self {
        self.host.output = vec![9.0; self.rows * cols];
        self
    }

    pub fn run(&mut self, compiled: &Compiled, threads: usize) -> Status {
        self.try_run(compiled, threads).expect("the pass fits the program")
    }

    pub fn try_run(&mut self, compiled: &Compiled, threads: usize) -> Result<Status, CodegenError> {
        self.run_at(compiled, threads, &mut Pace::fixed(threads))
    }

    /// The same on numbers of threads that `pace` names, `most` at most.
    pub fn run_at(
        &mut self,
        compiled: &Compiled,
        most: usize,
        pace: &mut dyn Pacing,
    ) -> Result<Status, CodegenError> {
        self.run_with(compiled, &Team::new(most), pace)
    }

    /// The same by a team.
    pub fn run_with(
        &mut self,
        compiled: &Compiled,
        team: &Team,
        pace: &mut dyn Pacing,
    ) -> Result<Status, CodegenError> {
        let (done, stop) = (AtomicU64::new(0), AtomicU32::new(self.stop));
        let aligned = |x: &Vec<Vec<f32>>| x.iter().map(|v| AlignedVec::of(v)).collect();
        let mut params: Vec<AlignedVec> = aligned(&self.host.params);
        let mut slots: Vec<AlignedVec> = aligned(&self.host.slots);
        let mut states: Vec<AlignedVec> = aligned(&self.host.states);
        let integers = |slot: usize| {
            let kind = BufferKind::Input { slot: slot as u32 };
            compiled.program().buffers.iter().any(|b| b.kind == kind && b.dtype == DType::I32)
        };
        let whole: Vec<Vec<i32>> =
            self.host.inputs.iter().map(|x| x.iter().map(|x| *x as i32).collect()).collect();
        let array = |(slot, x)| if integers(slot) { Array::I32(&whole[slot]) } else { Array::F32(x) };
        let mut inputs: Vec<Array<'_>> =
            self.host.inputs.iter().map(Vec::as_slice).enumerate().map(array).collect();
        if let Some((bytes, scale, shift)) = &self.bytes {
            inputs[0] = Array::U8 { bytes, scale: *scale, shift: *shift };
        }
        let words = self.scalars.iter().map(|n| match n {
            Number::F32(x) => x.to_bits(),
            Number::I32(x) => x.cast_unsigned(),
        });
        let scalars: Vec<u32> = std::iter::repeat_n(words, self.steps.len()).flatten().collect();
        fn tensors(x: &mut [AlignedVec]) -> Vec<Tensor<'_>> {
            x.iter_mut().map(|v| Tensor::Write(v)).collect()
        }
        let first = self.steps.start * self.batch;
        let before = first * (self.host.output.len() / self.rows);
        let bind = Bind {
            inputs,
            target: match &self.host.target {
                Data::I32(x) if x.is_empty() => Target::None,
                Data::I32(x) => Target::Classes(x),
                Data::F32(x) => Target::Values(x),
            },
            params: tensors(&mut params),
            slots: tensors(&mut slots),
            states: tensors(&mut states),
            output: &mut self.host.output[before..],
            rows: self.rows,
            batch: self.batch,
            steps: self.steps.clone(),
            order: self.order.get(first..).unwrap_or_default(),
            partner: self.partner.get(first..).unwrap_or_default(),
            places: self.places.get(first..).unwrap_or_default(),
            scalars: &scalars,
            scalar_count: self.scalars.len(),
            streams: &self.streams,
            samples: self.samples.get(first..).unwrap_or_default(),
            stream_count: self.stream_count,
            position_base: 0,
            update_base: self.update,
            totals: &mut self.host.totals,
            done: &done,
            stop: &stop,
        };
        let status = compiled.run_at(team, pace, bind)?;
        let plain = |x: Vec<AlignedVec>| x.iter().map(|v| v.to_vec()).collect();
        (self.host.params, self.host.slots, self.host.states) = (plain(params), plain(slots), plain(states));
        Ok(status)
    }

    /// The same on the interpreter.
    pub fn interpret(&mut self, program: &Program, fma: bool) {
        let _flush = FlushSubnormals::begin();
        for s in self.steps.clone() {
            let position = s * self.batch;
            let step = Step {
                rows: self.batch.min(self.rows - position),
                position,
                order: &self.order,
                partner: &self.partner,
                places: &self.places,
                scalars: &self.scalars,
                streams: &self.streams,
                update: self.update + (s - self.steps.start) as u64,
                fma,
            };
            interpret(program, &mut self.host, &step);
        }
    }

    /// Native code and interpreter leave the same bits behind, for every number of threads.
    pub fn compare(&self, program: &Program, threads: &[usize], what: &str) {
        let mut planned = program.clone();
        plan(&mut planned);
        assert_eq!(verify(&planned), Ok(()), "{what}");
        let inputs = if self.bytes.is_some() { vec![Storage::Bytes] } else { Vec::new() };
        let compiled = compile(program, &Options { inputs, ..Options::default() })
            .unwrap_or_else(|e| panic!("{what}: {e}"));
        self.compare_compiled(program, &compiled, threads, what);
    }

    pub fn compare_compiled(&self, program: &Program, compiled: &Compiled, threads: &[usize], what: &str) {
        let mut expected = self.clone();
        expected.interpret(program, true);
        for &threads in threads {
            let mut actual = self.clone();
            assert_eq!(actual.run(compiled, threads), Status::Done, "{what}");
            same(&actual.host, &expected.host, &format!("{what}, {threads} threads"));
        }
    }
}

/// Other threads after every step or two.
#[derive(Default)]
pub struct Restless {
    pub stretches: Vec<Stretch>,
}

impl Restless {
    pub const MOST: usize = 3;
}

impl Pacing for Restless {
    fn next(&mut self, left: u64) -> Stretch {
        let n = self.stretches.len();
        Stretch { threads: 1 + (2 * n) % Self::MOST, steps: left.min(1 + n as u64 % 2) }
    }

    fn took(&mut self, stretch: Stretch, _: Duration) {
        self.stretches.push(stretch);
    }
}

/// Equal bits in everything that outlives a step, but that one NaN is as good as another.
pub fn same(actual: &Host, expected: &Host, what: &str) {
    assert_bits(&actual.output, &expected.output, &format!("{what}: output"));
    for (name, a, e) in [
        ("parameter", &actual.params, &expected.params),
        ("slot", &actual.slots, &expected.slots),
        ("state", &actual.states, &expected.states),
    ] {
        for (i, (a, e)) in a.iter().zip(e).enumerate() {
            assert_bits(a, e, &format!("{what}: {name} {i}"));
        }
    }
    for (a, e) in actual.totals.iter().zip(&expected.totals) {
        assert!(a.to_bits() == e.to_bits() || (a.is_nan() && e.is_nan()), "{what}: total {a:e}, not {e:e}");
    }
}

pub fn assert_bits(actual: &[f32], expected: &[f32], what: &str) {
    assert_eq!(actual.len(), expected.len(), "{what}");
    for (i, (a, e)) in actual.iter().zip(expected).enumerate() {
        let equal = a.to_bits() == e.to_bits() || (a.is_nan() && e.is_nan());
        assert!(equal, "{what}: element {i} is {a:e} instead of {e:e}");
    }
}

pub fn buffer(name: &str, dims: &[Dim], kind: BufferKind) -> Buffer {
    Buffer {
        name: name.into(),
        dtype: DType::F32,
        dims: dims.to_vec(),
        kind,
        value: name.into(),
        place: None,
    }
}

/// A program of one loop kernel. Operand 0 is input 0 (`[Batch, cols]`), operand 1 the predictions (`[Batch, out]`); more follow.
#[derive(Clone)]
pub struct One {
    pub cols: usize,
    pub domain: Domain,
    pub uniform: Vec<(Reg, Inst)>,
    pub sections: Vec<Section>,
    pub operands: Vec<Operand>,
    pub buffers: Vec<Buffer>,
    /// Kernels after it.
    pub after: Vec<Kernel>,
    pub blocks: Blocks,
}

impl One {
    pub fn new(cols: usize, out: usize) -> Self {
        let input = buffer("x", &[Dim::Batch, Dim::Const(cols)], BufferKind::Input { slot: 0 });
        let output = buffer("y", &[Dim::Batch, Dim::Const(out)], BufferKind::Output);
        Self {
            cols,
            domain: Domain::rows(Dim::Batch),
            uniform: Vec::new(),
            sections: Vec::new(),
            operands: vec![Operand::Buffer(BufferId(0)), Operand::Buffer(BufferId(1))],
            buffers: vec![input, output],
            after: Vec::new(),
            blocks: Blocks::ONE,
        }
    }

    pub fn blocks(mut self, blocks: Blocks) -> Self {
        self.blocks = blocks;
        self
    }

    pub fn uniform(mut self, reg: u32, inst: Inst) -> Self {
        self.uniform.push((Reg(reg), inst));
        self
    }

    pub fn columns(mut self, stmts: Vec<Stmt>) -> Self {
        self.sections.push(Section::Columns { cols: self.cols, stmts });
        self
    }

    pub fn row(mut self, stmts: Vec<Stmt>) -> Self {
        self.sections.push(Section::Row(stmts));
        self
    }

    /// One more operand that is a buffer.
    pub fn buffer(mut self, buffer: Buffer) -> Self {
        self.operands.push(Operand::Buffer(BufferId(self.buffers.len() as u32)));
        self.buffers.push(buffer);
        self
    }

    pub fn operand(mut self, operand: Operand) -> Self {
        self.operands.push(operand);
        self
    }

    pub fn program(&self) -> Program {
        let kernel = LoopKernel {
            name: "k".into(),
            fused: Vec::new(),
            domain: self.domain,
            operands: self.operands.clone(),
            body: Body { uniform: self.uniform.clone(), sections: self.sections.clone(), registers: 64 },
            slice: None,
        };
        let mut kernels = vec![Kernel::Loop(kernel)];
        kernels.extend(self.after.iter().cloned());
        Program { buffers: self.buffers.clone(), kernels, blocks: self.blocks, branches: Vec::new() }
    }
}

pub fn put(reg: u32, inst: Inst) -> Stmt {
    Stmt::Let(Reg(reg), inst)
}

pub fn load(reg: u32, operand: u32, access: Access) -> Stmt {
    put(reg, Inst::Load { operand, access, dtype: DType::F32 })
}

pub fn store(operand: u32, access: Access, value: u32) -> Stmt {
    Stmt::Store { operand, access, value: Reg(value) }
}

pub fn gathered(stride: usize) -> Access {
    Access::data(false, Affine::rows(stride, 0))
}

pub fn positioned(stride: usize) -> Access {
    Access::pass(Affine::rows(stride, 0))
}
