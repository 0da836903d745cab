//! The operand table of a pass: what each kernel finds in its row, once it is known where the buffers lie.

use super::bind::Bound;
use super::layout::Table;
use super::shape::Shape;
use super::{CodegenError, Options};
use crate::loops::{BufferId, BufferKind, Kernel, Operand, Program};

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
    let address = |id: BufferId| bound.addresses[id.0 as usize];
    for kernel in &program.kernels {
        match kernel {
            Kernel::Loop(k) => {
                let shape = Shape::new(k, &program.buffers, options)?;
                words.extend(k.operands.iter().map(|o| match *o {
                    Operand::Buffer(id) => address(id),
                    Operand::Scalar(s) => 4 * u64::from(s.0),
                    Operand::Site(s) => u64::from(s.0),
                }));
                words.extend(shape.byte_operands().map(|o| affine(program, bound, &k.operands, o)));
            }
            Kernel::Call { call, .. } => {
                words.extend(call.operands().iter().map(|o| address(o.buffer)));
                words.extend(call.params());
            }
            Kernel::Total { .. } => {}
        }
    }
    debug_assert_eq!(words.len(), layout.words);
    Ok(words)
}

/// The affine map of a byte operand; 0 where there is none.
fn affine(program: &Program, bound: &Bound, operands: &[Operand], operand: u32) -> u64 {
    let Some(Operand::Buffer(id)) = operands.get(operand as usize) else { return 0 };
    let BufferKind::Input { slot } = program.buffers[id.0 as usize].kind else { return 0 };
    bound.affine.get(slot as usize).copied().unwrap_or(0)
}
