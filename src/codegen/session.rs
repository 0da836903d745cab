//! Many small passes by one thread, without the price of binding: a session owns every array that its code touches, so addresses
//! are proved and written down once.

use std::sync::atomic::{AtomicU32, AtomicU64};

use crate::graph::DType;
use crate::kernels::barrier::Barrier;
use crate::kernels::{aligned::AlignedVec, fpenv::FlushSubnormals};
use crate::loops::BufferKind;

use super::abi::Args;
use super::bind::{Array, Bind, Bound, Tensor};
use super::layout::{Arena, LINE, elements};
use super::pass::args;
use super::shape::row_len;
use super::{CodegenError, Compiled, Storage};

/// What a session is made with; see [`Bind`].
#[derive(Default)]
pub struct SessionArrays {
    pub params: Vec<AlignedVec>,
    pub slots: Vec<AlignedVec>,
    pub states: Vec<AlignedVec>,
    /// Of every step.
    pub scalars: Vec<u32>,
    pub streams: Vec<u64>,
}

/// Invariant: no array is moved or resized after `operands` was made.
pub struct Session {
    compiled: Compiled,
    arrays: SessionArrays,
    /// By slot, `most` rows each; whether they are integers, whose bits stand there.
    inputs: Vec<AlignedVec>,
    whole: Vec<bool>,
    output: AlignedVec,
    order: Vec<u32>,
    totals: Vec<f64>,
    /// Temporaries; native code alone reads and writes them.
    _arena: AlignedVec,
    operands: Vec<u64>,
    most: usize,
    /// Numbers of a row's output.
    width: usize,
    barrier: Barrier,
}

impl Compiled {
    /// A session for passes of one step with up to `most` rows. The program reads f32 inputs and no targets.
    ///
    /// # Errors
    /// Arrays that do not fit the program.
    pub fn session(self, arrays: SessionArrays, most: usize) -> Result<Session, CodegenError> {
        let program = self.program();
        let (mut inputs, mut whole) = (Vec::new(), Vec::new());
        let mut output = AlignedVec::default();
        let mut width = 0;
        for buffer in &program.buffers {
            match buffer.kind {
                BufferKind::Input { slot } => {
                    let slot = slot as usize;
                    inputs.resize_with(inputs.len().max(slot + 1), AlignedVec::default);
                    inputs[slot] = AlignedVec::filled(most * row_len(buffer), 0.0);
                    whole.resize(inputs.len(), false);
                    whole[slot] = buffer.dtype == DType::I32;
                }
                BufferKind::Output => {
                    output = AlignedVec::filled(elements(buffer, most), 0.0);
                    width = elements(buffer, 1);
                }
                _ => {}
            }
        }
        if self.storages().contains(&Storage::Bytes) {
            return Err(CodegenError::Bind {
                buffer: "input".into(),
                reason: "a session takes f32 inputs".into(),
            });
        }
        if program.blocks.ranks() > 1 {
            let reason = "a session has all rows".into();
            return Err(CodegenError::Bind { buffer: "rows".into(), reason });
        }
        let lines = Arena::new(program, most).lines;
        let mut session = Session {
            arrays,
            inputs,
            whole,
            output,
            order: (0..most as u32).collect(),
            totals: vec![0.0; self.totals()],
            _arena: AlignedVec::filled(lines * LINE, 0.0),
            operands: Vec::new(),
            most,
            width,
            barrier: Barrier::new(1, false, None),
            compiled: self,
        };
        session.bind()?;
        Ok(session)
    }
}

impl Session {
    /// Proves that the session's arrays fit and writes their addresses down.
    fn bind(&mut self) -> Result<(), CodegenError> {
        let places = Arena::new(self.compiled.program(), self.most);
        let arena = self._arena.as_mut_ptr() as u64;
        let (done, stop) = (AtomicU64::new(0), AtomicU32::new(0));
        let mut bind = Bind {
            inputs: self.inputs.iter().zip(&self.whole).map(array).collect(),
            params: tensors(&mut self.arrays.params),
            slots: tensors(&mut self.arrays.slots),
            states: tensors(&mut self.arrays.states),
            order: &self.order,
            scalars: &self.arrays.scalars,
            scalar_count: self.arrays.scalars.len(),
            streams: &self.arrays.streams,
            totals: &mut self.totals,
            ..Bind::once(self.most, &mut self.output, &done, &stop)
        };
        let bound: Bound = self.compiled.bound(&mut bind, &places, (arena, 0))?;
        self.operands = self.compiled.operand_table(&bound)?;
        let verdict = [AtomicU32::new(0), AtomicU32::new(0)];
        let args = args(&mut bind, 0, &self.operands, &verdict, &self.barrier, 0, 1);
        let mut args = Args { binds: 1, last_step: 0, ..args };
        let _flush = FlushSubnormals::begin();
        // SAFETY: as in `run`: `bound` has proved that the arrays fit. What is computed stays in the arena, where no step writes over it.
        unsafe { self.compiled.native()(&mut args) };
        Ok(())
    }

    /// Writes the first rows of an input before [`run`](Self::run): numbers, or integers in 32 bits where it has tokens or lengths.
    ///
    /// # Panics
    /// If it has not so many rows.
    pub fn write(&mut self, slot: usize, numbers: &[f32]) {
        let Some(own) = self.inputs.get_mut(slot) else { return };
        if self.whole[slot] {
            let own: &mut [i32] = bytemuck::cast_slice_mut(own);
            own[..numbers.len()].iter_mut().zip(numbers).for_each(|(to, x)| *to = *x as i32);
        } else {
            own[..numbers.len()].copy_from_slice(numbers);
        }
    }

    /// Runs the first `rows` rows; answers their outputs. `first` is the number of row 0 where rows have masks.
    ///
    /// # Panics
    /// If `rows` is more than the session was made for.
    pub fn run(&mut self, rows: usize, first: u64) -> &mut [f32] {
        assert!(rows <= self.most, "{rows} rows in a session for {}", self.most);
        let (done, stop) = (AtomicU64::new(0), AtomicU32::new(0));
        let verdict = [AtomicU32::new(0), AtomicU32::new(0)];
        let mut bind = Bind {
            order: &self.order,
            scalars: &self.arrays.scalars,
            scalar_count: self.arrays.scalars.len(),
            streams: &self.arrays.streams,
            position_base: first,
            totals: &mut self.totals,
            ..Bind::once(rows, &mut self.output, &done, &stop)
        };
        let args = args(&mut bind, 0, &self.operands, &verdict, &self.barrier, 0, 1);
        // The operands are those of a whole minibatch.
        let mut args = Args { batch: self.most as u64, ..args };
        let _flush = FlushSubnormals::begin();
        // SAFETY: `bind` proved that the arrays that `operands` names fit a pass of `most` rows, hence of fewer; they are the
        // session's own, have not moved, and `&mut self` keeps everybody else away. One thread needs no barrier.
        unsafe { self.compiled.native()(&mut args) };
        &mut self.output[..rows * self.width]
    }

    /// Numbers of a row's output.
    pub fn width(&self) -> usize {
        self.width
    }

    /// Rows of one call, at most.
    pub fn most(&self) -> usize {
        self.most
    }
}

fn array<'a>((numbers, whole): (&'a AlignedVec, &bool)) -> Array<'a> {
    if *whole { Array::I32(bytemuck::cast_slice(numbers)) } else { Array::F32(numbers) }
}

fn tensors(stored: &mut [AlignedVec]) -> Vec<Tensor<'_>> {
    stored.iter_mut().map(|t| Tensor::Write(t)).collect()
}
