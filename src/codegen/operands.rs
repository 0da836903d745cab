//! The operand table of a pass: what each kernel finds in its row, once it is known where the buffers lie.

use super::bind::Bound;
use super::layout::Table;
use super::shape::Shape;
use super::{CodegenError, Options};
use crate::loops::{Buffer, BufferId, BufferKind, Call, Kernel, LoopKernel, Operand, Program, Rest};

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
    let rows = Rows { program, options, bound };
    let own = |id: BufferId| (id, 0);
    for kernel in &program.kernels {
        match kernel {
            Kernel::Loop(k) => rows.of_loop(k, &program.buffers, 0, &own, &mut words)?,
            Kernel::Call { call, .. } => rows.of_call(call, &mut words),
            Kernel::Repeat { repeat, .. } => {
                for turn in 0..repeat.steps {
                    let place = |id| repeat.place(id, turn);
                    if let Some(rest) = repeat.rest(turn) {
                        rows.of_rest(&rest, repeat.grain, &mut words);
                    }
                    for kernel in &repeat.body.kernels {
                        match kernel {
                            Kernel::Loop(k) => {
                                let time = repeat.time(turn);
                                rows.of_loop(k, &repeat.body.buffers, time, &place, &mut words)?;
                            }
                            Kernel::Call { call, .. } => {
                                rows.of_call(&repeat.call_at(call, turn), &mut words)
                            }
                            Kernel::Repeat { .. } | Kernel::Total { .. } => {}
                        }
                    }
                }
            }
            Kernel::Total { .. } => {}
        }
    }
    debug_assert_eq!(words.len(), layout.words);
    Ok(words)
}

struct Rows<'p> {
    program: &'p Program,
    options: &'p Options,
    bound: &'p Bound,
}

impl Rows<'_> {
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
                self.bound.addresses[buffer.0 as usize] + 4 * offset as u64
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
            let address = self.bound.addresses[line.buffer.0 as usize] + 4 * line.offset as u64;
            words.extend([address, line.stride as u64, line.len as u64]);
        }
    }

    fn of_call(&self, call: &Call, words: &mut Vec<u64>) {
        words.extend(call.operands().iter().map(|o| self.bound.addresses[o.buffer.0 as usize]));
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
