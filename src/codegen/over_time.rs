//! The function of a loop over time: `extern "C" fn(operands, args, first, last)`, as that of any kernel.
//!
//! Its row of operands has a row a step and kernel, in the order in which they are run. A thread runs all steps on its own shards, and meets nobody.

use cranelift_codegen::ir::condcodes::IntCC;
use cranelift_codegen::ir::types::I64;
use cranelift_codegen::ir::{BlockArg, FuncRef, InstBuilder};
use cranelift_frontend::FunctionBuilder;

/// `step` are the kernels of a step, each with the words of its row.
pub(super) fn emit(fb: &mut FunctionBuilder<'_>, steps: usize, step: &[(FuncRef, usize)]) {
    let (entry, head, body, exit) =
        (fb.create_block(), fb.create_block(), fb.create_block(), fb.create_block());
    fb.append_block_params_for_function_params(entry);
    fb.switch_to_block(entry);
    let [mut row, args, first, last] = [0, 1, 2, 3].map(|i| fb.block_params(entry)[i]);
    let words: usize = step.iter().map(|(_, words)| words).sum();
    let end = fb.ins().iadd_imm_s(row, (8 * steps * words) as i64);
    let at = fb.append_block_param(head, I64);
    // A thread without shards has nothing to do in any step.
    let some = fb.ins().icmp(IntCC::UnsignedLessThan, first, last);
    fb.ins().brif(some, head, &[BlockArg::from(row)], exit, &[]);
    fb.switch_to_block(head);
    let more = fb.ins().icmp(IntCC::UnsignedLessThan, at, end);
    fb.ins().brif(more, body, &[], exit, &[]);
    fb.switch_to_block(body);
    row = at;
    for (function, words) in step {
        fb.ins().call(*function, &[row, args, first, last]);
        row = fb.ins().iadd_imm_s(row, (8 * words) as i64);
    }
    fb.ins().jump(head, &[BlockArg::from(row)]);
    fb.switch_to_block(exit);
    fb.ins().return_(&[]);
    fb.seal_all_blocks();
}
