//! The function of a loop over time: `extern "C" fn(operands, args, first, last)`, as that of any kernel.
//!
//! Its row of operands has a row a step and kernel, in the order in which they are run. A thread runs all steps on its own shards, and meets nobody.
//! Where rows have lengths, a row before those of a step's kernels tells which shards have this step: it is run on each run of them.

use cranelift_codegen::ir::condcodes::IntCC;
use cranelift_codegen::ir::types::I64;
use cranelift_codegen::ir::{BlockArg, FuncRef, InstBuilder, Value};
use cranelift_frontend::FunctionBuilder;

/// `step` are the kernels of a step, `rest` what says which shards have it, each with the words of its row.
pub(super) fn emit(
    fb: &mut FunctionBuilder<'_>,
    steps: usize,
    rest: Option<(FuncRef, usize)>,
    step: &[(FuncRef, usize)],
) {
    let (entry, head, body, exit) =
        (fb.create_block(), fb.create_block(), fb.create_block(), fb.create_block());
    fb.append_block_params_for_function_params(entry);
    fb.switch_to_block(entry);
    let [row, args, first, last] = [0, 1, 2, 3].map(|i| fb.block_params(entry)[i]);
    let words: usize = step.iter().map(|(_, words)| words).sum();
    let words = words + rest.map_or(0, |(_, words)| words);
    let end = fb.ins().iadd_imm_s(row, (8 * steps * words) as i64);
    let at = fb.append_block_param(head, I64);
    // A thread without shards has nothing to do in any step.
    let some = fb.ins().icmp(IntCC::UnsignedLessThan, first, last);
    fb.ins().brif(some, head, &[BlockArg::from(row)], exit, &[]);
    fb.switch_to_block(head);
    let more = fb.ins().icmp(IntCC::UnsignedLessThan, at, end);
    fb.ins().brif(more, body, &[], exit, &[]);
    fb.switch_to_block(body);
    match rest {
        Some(rest) => runs(fb, rest, step, at, (args, first, last)),
        None => kernels(fb, step, at, (args, first, last)),
    }
    let next = fb.ins().iadd_imm_s(at, (8 * words) as i64);
    fb.ins().jump(head, &[BlockArg::from(next)]);
    fb.switch_to_block(exit);
    fb.ins().return_(&[]);
    fb.seal_all_blocks();
}

/// The kernels of a step, whose rows begin at `row`, on shards `first..last`.
fn kernels(
    fb: &mut FunctionBuilder<'_>,
    step: &[(FuncRef, usize)],
    mut row: Value,
    (args, first, last): (Value, Value, Value),
) {
    for (function, words) in step {
        fb.ins().call(*function, &[row, args, first, last]);
        row = fb.ins().iadd_imm_s(row, (8 * words) as i64);
    }
}

/// The kernels of a step on each run of shards that have it.
fn runs(
    fb: &mut FunctionBuilder<'_>,
    (rest, words): (FuncRef, usize),
    step: &[(FuncRef, usize)],
    row: Value,
    (args, first, last): (Value, Value, Value),
) {
    let (look, run, done) = (fb.create_block(), fb.create_block(), fb.create_block());
    let from = fb.append_block_param(look, I64);
    fb.ins().jump(look, &[BlockArg::from(first)]);
    fb.switch_to_block(look);
    let call = fb.ins().call(rest, &[row, args, from, last]);
    let answer = fb.inst_results(call)[0];
    let start = fb.ins().ushr_imm_u(answer, 32);
    let end = fb.ins().band_imm_u(answer, 0xFFFF_FFFF);
    let some = fb.ins().icmp(IntCC::UnsignedLessThan, start, end);
    fb.ins().brif(some, run, &[], done, &[]);
    fb.switch_to_block(run);
    let of_step = fb.ins().iadd_imm_s(row, (8 * words) as i64);
    kernels(fb, step, of_step, (args, start, end));
    let more = fb.ins().icmp(IntCC::UnsignedLessThan, end, last);
    fb.ins().brif(more, look, &[BlockArg::from(end)], done, &[]);
    fb.switch_to_block(done);
}
