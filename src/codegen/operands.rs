//! The operand table of a pass: what each kernel finds in its row, once it is known where the buffers lie.

use super::bind::Bound;
use super::layout::{Table, block_step, runs};
use super::shape::{Shape, row_len};
use super::{CodegenError, Options};
use crate::loops::plan::PartialRows;
use crate::loops::{Buffer, BufferId, BufferKind, Call, Kernel, LoopKernel, Operand, Program, Rest, traffic};

/// Addresses of all buffers, then a row a kernel: addresses, byte offsets of scalars, numbers of streams, maps of bytes; parameters of a
/// library kernel. `layout` says where each row begins, and how long the table is.
pub(super) fn table(
    program: &Program,
    options: &Options,
    layout: &Table,
    bound: &Bound,
) -> Result<Vec<u64>, CodegenError> {
    let mut words = Vec::with_capacity(layout.words);
    words.extend_from_slice(&bound.addresses);
    let partials = program.partial_rows(bound.batch);
    for kernel in &program.kernels {
        for block in 0..runs(program, kernel) {
            let steps = match block + bound.first_block {
                0 => Vec::new(),
                _ => block_steps(program, kernel, bound.batch, &partials),
            };
            let ahead = |i: usize, step: &usize| {
                let of_all = matches!(program.buffers[i].kind, BufferKind::State(_));
                step * (block + if of_all { bound.first_block } else { 0 })
            };
            let ahead = steps.iter().enumerate().map(|(i, step)| ahead(i, step)).collect();
            Rows { program, options, bound, ahead }.of_kernel(kernel, &mut words)?;
        }
    }
    debug_assert_eq!(words.len(), layout.words);
    Ok(words)
}

/// By buffer: elements from what a kernel touches on one block of rows to what it touches on the next.
fn block_steps(program: &Program, kernel: &Kernel, batch: usize, partials: &[PartialRows]) -> Vec<usize> {
    let mut steps: Vec<usize> =
        program.buffers.iter().map(|buffer| block_step(program, buffer, batch)).collect();
    for id in traffic(kernel).1.into_iter().map(|id| id.0 as usize) {
        if program.buffers[id].kind == BufferKind::Partials {
            steps[id] = partials[id].each * row_len(&program.buffers[id]);
        }
    }
    steps
}

/// What writes the rows of kernels on one block of rows.
struct Rows<'p> {
    program: &'p Program,
    options: &'p Options,
    bound: &'p Bound,
    /// By buffer: where the block's part begins; empty for the first block.
    ahead: Vec<usize>,
}

impl Rows<'_> {
    fn of_kernel(&self, kernel: &Kernel, words: &mut Vec<u64>) -> Result<(), CodegenError> {
        match kernel {
            Kernel::Loop(k) => self.of_loop(k, &self.program.buffers, 0, &|id| (id, 0), words)?,
            Kernel::Call { call, .. } => self.of_call(call, words),
            Kernel::Repeat { repeat, .. } => {
                for turn in 0..repeat.steps {
                    let place = |id| repeat.place(id, turn);
                    if let Some(rest) = repeat.rest(turn) {
                        self.of_rest(&rest, repeat.grain, words);
                    }
                    for kernel in &repeat.body.kernels {
                        match kernel {
                            Kernel::Loop(k) => {
                                let time = repeat.time(turn);
                                self.of_loop(k, &repeat.body.buffers, time, &place, words)?;
                            }
                            Kernel::Call { call, .. } => self.of_call(&repeat.call_at(call, turn), words),
                            Kernel::Repeat { .. } | Kernel::Total { .. } => {}
                        }
                    }
                }
            }
            Kernel::Total { .. } => {}
        }
        Ok(())
    }

    /// The address of an element of a buffer, of the block's part of it.
    fn address(&self, buffer: BufferId, offset: usize) -> u64 {
        let number = buffer.0 as usize;
        let ahead = self.ahead.get(number).copied().unwrap_or(0);
        self.bound.addresses[number] + 4 * (offset + ahead) as u64
    }

    /// `place` says of a buffer of `buffers` where it lies: in which buffer of the program, behind how many elements.
    fn of_loop(
        &self,
        kernel: &LoopKernel,
        buffers: &[Buffer],
        time: usize,
        place: &dyn Fn(BufferId) -> (BufferId, usize),
        words: &mut Vec<u64>,
    ) -> Result<(), CodegenError> {
        let shape = Shape::new(kernel, buffers, self.options)?;
        words.extend(kernel.operands.iter().map(|o| match *o {
            Operand::Buffer(id) => {
                let (buffer, offset) = place(id);
                self.address(buffer, offset)
            }
            Operand::Scalar(s) => 4 * u64::from(s.0),
            Operand::Site(s) => u64::from(s.0),
            Operand::Over { site, units } => u64::from(site.0) | ((units * time) as u64) << 32,
        }));
        words.extend(shape.byte_operands().map(|o| affine(self.program, self.bound, &kernel.operands, o)));
        Ok(())
    }

    /// The row of `host::rest`: shards, then lines of memory, each an address, elements from row to row and elements.
    fn of_rest(&self, rest: &Rest, grain: usize, words: &mut Vec<u64>) {
        words.extend([grain, rest.carried.len(), rest.stacked.len()].map(|n| n as u64));
        let carried = rest.carried.iter().flat_map(|(from, to)| [from, to]);
        for line in std::iter::once(&rest.within).chain(carried).chain(&rest.stacked) {
            words.extend([self.address(line.buffer, line.offset), line.stride as u64, line.len as u64]);
        }
    }

    fn of_call(&self, call: &Call, words: &mut Vec<u64>) {
        words.extend(call.front());
        words.extend(call.operands().iter().map(|o| self.address(o.buffer, 0)));
        words.extend(call.params());
    }
}

/// Words of the row of what a turn leaves out.
pub(super) fn words_of_rest(rest: &Rest) -> usize {
    3 + 3 * (1 + 2 * rest.carried.len() + rest.stacked.len())
}

/// The affine map of a byte operand; 0 where there is none.
fn affine(program: &Program, bound: &Bound, operands: &[Operand], operand: u32) -> u64 {
    let Some(Operand::Buffer(id)) = operands.get(operand as usize) else { return 0 };
    let BufferKind::Input { slot } = program.buffers[id.0 as usize].kind else { return 0 };
    bound.affine.get(slot as usize).copied().unwrap_or(0)
}
