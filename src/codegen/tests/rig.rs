//! A bench for small programs: buffers with known contents, one pass, results as bits.

use std::sync::atomic::{AtomicU32, AtomicU64};

use crate::codegen::{Array, Bind, Compiled, Options, Status, Target, Tensor, compile};
use crate::graph::{DType, Dim};
use crate::loops::{
    Access, Body, Buffer, BufferId, BufferKind, Domain, Inst, Kernel, LoopKernel, Operand, Program, Reg,
    Section, Stmt,
};
use crate::runtime::team::Team;

/// Extents that have whole visits, parts of them, and neither.
pub const COLS: [usize; 24] =
    [1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16, 17, 18, 19, 20, 31, 64, 100, 1000];
pub const ROWS: [usize; 7] = [1, 2, 31, 32, 33, 128, 129];
pub const THREADS: [usize; 4] = [1, 2, 3, 8];

/// An aligned array.
#[derive(Clone)]
#[repr(C, align(64))]
struct Line([f32; 16]);

pub struct Aligned {
    lines: Vec<Line>,
    len: usize,
}

impl Aligned {
    pub fn new(values: &[f32]) -> Self {
        let mut lines = vec![Line([0.0; 16]); values.len().div_ceil(16)];
        for (i, v) in values.iter().enumerate() {
            lines[i / 16].0[i % 16] = *v;
        }
        Self { lines, len: values.len() }
    }

    pub fn values(&self) -> Vec<f32> {
        self.lines.iter().flat_map(|l| l.0).take(self.len).collect()
    }

    pub fn slice(&mut self) -> &mut [f32] {
        let len = self.len;
        // SAFETY: `Line` is 16 f32 without padding, and `len` are in use.
        unsafe { std::slice::from_raw_parts_mut(self.lines.as_mut_ptr().cast(), len) }
    }
}

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
            let h = crate::math::mix64(seed.wrapping_mul(77) ^ i);
            if h % 23 == 0 {
                AWKWARD[(h >> 8) as usize % AWKWARD.len()]
            } else {
                ((h >> 40) as f32 / (1u64 << 24) as f32 - 0.5) * 20.0
            }
        })
        .collect()
}

/// The same without infinities and NaN.
pub fn tame(n: usize, seed: u64) -> Vec<f32> {
    numbers(n, seed).into_iter().map(|x| if x.is_finite() && x.abs() < 1e9 { x } else { 0.25 }).collect()
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

/// Data of a pass; fields that a test does not set are empty.
pub struct Pass {
    pub inputs: Vec<Vec<f32>>,
    pub bytes: Option<(Vec<u8>, f32, f32)>,
    pub classes: Vec<i32>,
    pub params: Vec<Aligned>,
    pub slots: Vec<Aligned>,
    pub output: Vec<f32>,
    pub rows: usize,
    pub batch: usize,
    pub steps: Option<std::ops::Range<usize>>,
    pub order: Vec<u32>,
    pub partner: Vec<u32>,
    pub scalars: Vec<u32>,
    pub scalar_count: usize,
    pub streams: Vec<u64>,
    pub position_base: u64,
    pub update_base: u64,
    pub totals: Vec<f64>,
    pub stop: u32,
}

impl Pass {
    pub fn new(rows: usize, batch: usize) -> Self {
        // A permutation that is neither the identity nor its own inverse.
        let order = (0..rows as u32).map(|p| (p + 1) % rows as u32).collect();
        let partner = (0..rows as u32).rev().collect();
        Self {
            inputs: Vec::new(),
            bytes: None,
            classes: Vec::new(),
            params: Vec::new(),
            slots: Vec::new(),
            output: Vec::new(),
            rows,
            batch,
            steps: None,
            order,
            partner,
            scalars: Vec::new(),
            scalar_count: 0,
            streams: Vec::new(),
            position_base: 0,
            update_base: 0,
            totals: vec![0.0; 4],
            stop: 0,
        }
    }

    pub fn run(&mut self, compiled: &Compiled, threads: usize) -> Status {
        let team = Team::new(threads);
        let (done, stop) = (AtomicU64::new(0), AtomicU32::new(self.stop));
        let mut inputs: Vec<Array<'_>> = self.inputs.iter().map(|x| Array::F32(x)).collect();
        if let Some((bytes, scale, shift)) = &self.bytes {
            inputs.push(Array::U8 { bytes, scale: *scale, shift: *shift });
        }
        let steps = self.steps.clone().unwrap_or(0..self.rows.div_ceil(self.batch));
        let repeated: Vec<u32> =
            std::iter::repeat_n(self.scalars.iter().copied(), steps.len()).flatten().collect();
        let bind = Bind {
            inputs,
            target: if self.classes.is_empty() { Target::None } else { Target::Classes(&self.classes) },
            params: self.params.iter_mut().map(|p| Tensor::Write(p.slice())).collect(),
            slots: self.slots.iter_mut().map(|p| Tensor::Write(p.slice())).collect(),
            states: Vec::new(),
            output: &mut self.output,
            rows: self.rows,
            batch: self.batch,
            steps,
            order: &self.order,
            partner: &self.partner,
            scalars: &repeated,
            scalar_count: self.scalar_count,
            streams: &self.streams,
            position_base: self.position_base,
            update_base: self.update_base,
            totals: &mut self.totals,
            done: &done,
            stop: &stop,
        };
        compiled.run_on(&team, threads, bind).expect("the pass fits the program")
    }
}

/// A program of one kernel whose columns are `stmts`, reading input 0 (`[Batch, cols]`) as operand 0 and writing the predictions
/// as operand 1; more operands follow.
pub struct OneKernel {
    pub cols: usize,
    pub out_cols: usize,
    pub uniform: Vec<(Reg, Inst)>,
    pub sections: Vec<Section>,
    pub operands: Vec<Operand>,
    pub buffers: Vec<Buffer>,
}

impl OneKernel {
    pub fn new(cols: usize) -> Self {
        let dims = [Dim::Batch, Dim::Const(cols)];
        Self {
            cols,
            out_cols: cols,
            uniform: Vec::new(),
            sections: Vec::new(),
            operands: vec![Operand::Buffer(BufferId(0)), Operand::Buffer(BufferId(1))],
            buffers: vec![
                buffer("x", &dims, BufferKind::Input { slot: 0 }),
                buffer("y", &dims, BufferKind::Output),
            ],
        }
    }

    pub fn columns(mut self, stmts: Vec<Stmt>) -> Self {
        self.sections.push(Section::Columns { cols: self.cols, stmts });
        self
    }

    pub fn row(mut self, stmts: Vec<Stmt>) -> Self {
        self.sections.push(Section::Row(stmts));
        self
    }

    pub fn program(&self) -> Program {
        let kernel = LoopKernel {
            name: "k".into(),
            fused: Vec::new(),
            domain: Domain::Rows { rows: Dim::Batch, inner: 1 },
            operands: self.operands.clone(),
            body: Body { uniform: self.uniform.clone(), sections: self.sections.clone(), registers: 64 },
        };
        let mut buffers = self.buffers.clone();
        buffers[1].dims[1] = Dim::Const(self.out_cols);
        Program { buffers, kernels: vec![Kernel::Loop(kernel)] }
    }

    pub fn compile(&self) -> Compiled {
        compile(&self.program(), &Options::default()).expect("compiles")
    }
}

pub fn load(reg: u32, operand: u32, access: Access) -> Stmt {
    Stmt::Let(Reg(reg), Inst::Load { operand, access, dtype: DType::F32 })
}

pub fn store(operand: u32, access: Access, value: u32) -> Stmt {
    Stmt::Store { operand, access, value: Reg(value) }
}

/// Equal bits, but that one NaN is as good as another and native code flushes subnormals.
pub fn assert_bits(actual: &[f32], expected: &[f32], what: &str) {
    assert_eq!(actual.len(), expected.len(), "{what}");
    let bits = |x: f32| match x {
        x if x.is_nan() => f32::NAN.to_bits(),
        x if x.is_subnormal() => x.to_bits() & 1 << 31,
        x => x.to_bits(),
    };
    for (i, (a, e)) in actual.iter().zip(expected).enumerate() {
        assert_eq!(bits(*a), bits(*e), "{what}: element {i} is {a:e} instead of {e:e}");
    }
}
