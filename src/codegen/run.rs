//! The native mini-batch loop: `extern "C" fn run(args: *mut Args) -> u64`, executed by every thread of the team.
//!
//! Where parameters are bound (`Args::binds`): what depends on them alone. For each step: the rows of the step, then the tasks of the
//! schedule (those over rows, where these are cut into blocks, on one block after another), then thread 0 publishes `done`, reads `stop` and leaves its verdict for the others. Verdicts alternate between two
//! words, so that thread 0 may be a step ahead of a thread that still reads. All threads leave in the same step with the same
//! answer: `next step << 2 | code`.

mod blocks;

use std::ops::Range;

use cranelift_codegen::ir::condcodes::IntCC;
use cranelift_codegen::ir::types::{F32, F64, I32, I64};
use cranelift_codegen::ir::{Block, BlockArg, FuncRef, InstBuilder, MemFlagsData, Type, Value};
use cranelift_frontend::FunctionBuilder;

use crate::graph::Blocks;
use crate::loops::{Branch, BufferId, PANEL_ROWS, Parts};
use crate::peers::Slice;

use super::abi::{DONE, NON_FINITE, STOPPED, offset};
use super::layout::Table;
use super::schedule::{Schedule, Task};
use blocks::Rows;

/// What a pass consists of: the function and the operand row of each task.
pub(super) struct Plan<'p> {
    pub schedule: &'p Schedule,
    /// Tasks of a step that are visited together, once a shard.
    pub chains: &'p [Range<usize>],
    /// By kernel of the program: its function (local or imported); none for totals.
    pub functions: &'p [Option<FuncRef>],
    pub table: &'p Table,
    pub blocks: Blocks,
    pub barrier: FuncRef,
    /// What reads the thread's clock, in code that is profiled.
    pub clock: Option<FuncRef>,
    /// Where there are some.
    pub branches: Option<Branches<'p>>,
}

/// What coins drop for whole minibatches: kernels that serve one of these branches alone are run where it is kept.
#[derive(Clone, Copy)]
pub(super) struct Branches<'p> {
    /// What tosses a coin.
    pub coin: FuncRef,
    pub all: &'p [Branch],
    /// By kernel of the program: the branches that it serves.
    pub coins: &'p [Vec<usize>],
}

struct Runner<'p, 'f, 'b> {
    fb: &'f mut FunctionBuilder<'b>,
    plan: &'p Plan<'p>,
    args: Value,
    operands: Value,
    thread: Value,
    threads: Value,
    /// Shares of lists whose length is known before the loop.
    fixed: Vec<(usize, (Value, Value))>,
    /// By branch: whether the step keeps it.
    kept: Vec<Value>,
    exit: Block,
}

/// The parts of a kernel, or those of each block of rows, one block behind the other.
#[derive(Clone, Copy, PartialEq)]
struct List {
    parts: Parts,
    by_block: bool,
    slice: Option<Slice>,
}

/// Lists that have been shared out in a step.
type Shared = Vec<(List, (Value, Value))>;

pub(super) fn emit(fb: &mut FunctionBuilder<'_>, plan: &Plan<'_>) {
    let entry = fb.create_block();
    fb.append_block_params_for_function_params(entry);
    fb.switch_to_block(entry);
    let args = fb.block_params(entry)[0];
    let exit = fb.create_block();
    let code = fb.append_block_param(exit, I64);
    let next = fb.append_block_param(exit, I64);
    let constant = |fb: &mut FunctionBuilder<'_>, at| fb.ins().load(I64, pure(), args, at);
    let operands = constant(fb, offset!(operands));
    let thread = constant(fb, offset!(thread));
    let threads = constant(fb, offset!(threads));
    let mut runner =
        Runner { fb, plan, args, operands, thread, threads, fixed: Vec::new(), kept: Vec::new(), exit };
    runner.share_fixed_lists();
    runner.once();
    runner.steps();
    let fb = runner.fb;
    fb.switch_to_block(exit);
    let next = fb.ins().ishl_imm_u(next, 2);
    let answer = fb.ins().bor(next, code);
    fb.ins().return_(&[answer]);
    fb.seal_all_blocks();
}

/// Loads of what the host wrote before the call.
fn pure() -> MemFlagsData {
    MemFlagsData::trusted().with_readonly().with_can_move()
}

impl Runner<'_, '_, '_> {
    fn constant(&mut self, at: i32) -> Value {
        self.fb.ins().load(I64, pure(), self.args, at)
    }

    fn set(&mut self, at: i32, value: Value) {
        self.fb.ins().store(MemFlagsData::trusted(), value, self.args, at);
    }

    fn leave(&mut self, code: i64, next: Value) -> [BlockArg; 2] {
        let code = self.fb.ins().iconst(I64, code);
        [BlockArg::from(code), BlockArg::from(next)]
    }

    /// This thread's part of a list: `ceil(parts t / n) .. ceil(parts (t + 1) / n)`.
    fn share(&mut self, parts: Value) -> (Value, Value) {
        let less_one = self.fb.ins().iadd_imm_s(self.threads, -1);
        let from = self.fb.ins().imul(parts, self.thread);
        let to = self.fb.ins().iadd(from, parts);
        let from = self.fb.ins().iadd(from, less_one);
        let to = self.fb.ins().iadd(to, less_one);
        (self.fb.ins().udiv(from, self.threads), self.fb.ins().udiv(to, self.threads))
    }

    fn share_fixed_lists(&mut self) {
        let schedule = self.plan.schedule;
        for task in schedule.once.iter().chain(&schedule.step) {
            let Task::Call { parts: Parts::Const(n), by_block: false, slice: None, .. } = *task else {
                continue;
            };
            if self.fixed.iter().all(|(m, _)| *m != n) {
                let parts = self.fb.ins().iconst(I64, n as i64);
                let share = self.share(parts);
                self.fixed.push((n, share));
            }
        }
    }

    /// What depends on parameters alone, where they are bound anew.
    fn once(&mut self) {
        let tasks = &self.plan.schedule.once;
        if tasks.is_empty() {
            return;
        }
        let binds = self.constant(offset!(binds));
        let (some, after) = (self.fb.create_block(), self.fb.create_block());
        self.fb.ins().brif(binds, some, &[], after, &[]);
        self.fb.switch_to_block(some);
        for task in tasks {
            match *task {
                Task::Call { kernel, parts, by_block, slice } => {
                    if let Some(share) = self.known_share(List { parts, by_block, slice }, &[]) {
                        self.call(kernel, None, share);
                    }
                }
                Task::Barrier => self.barrier(),
                Task::Total { .. } | Task::Judge { .. } => {}
            }
        }
        self.read_clock(self.plan.schedule.step.len());
        self.fb.ins().jump(after, &[]);
        self.fb.switch_to_block(after);
    }

    fn steps(&mut self) {
        let (first, last) = (self.constant(offset!(first_step)), self.constant(offset!(last_step)));
        let (head, body) = (self.fb.create_block(), self.fb.create_block());
        let step = self.fb.append_block_param(head, I64);
        self.fb.ins().jump(head, &[BlockArg::from(first)]);
        self.fb.switch_to_block(head);
        let more = self.fb.ins().icmp(IntCC::UnsignedLessThan, step, last);
        let done = self.leave(DONE, step);
        self.fb.ins().brif(more, body, &[], self.exit, &done);
        self.fb.switch_to_block(body);
        let rows = self.begin(step, first);
        self.tasks(step, rows);
        self.end(step, head);
    }

    /// Writes what kernels read of this step.
    fn begin(&mut self, step: Value, first: Value) -> Rows {
        let (batch, total) = (self.constant(offset!(batch)), self.constant(offset!(rows_total)));
        let position = self.fb.ins().imul(step, batch);
        let left = self.fb.ins().isub(total, position);
        let rows = self.fb.ins().umin(left, batch);
        let since = self.fb.ins().isub(step, first);
        let (scalars, stride) = (self.constant(offset!(scalars)), self.constant(offset!(scalar_stride)));
        let bytes = self.fb.ins().imul(since, stride);
        let scalars = self.fb.ins().iadd(scalars, bytes);
        let base = self.constant(offset!(update_base));
        let update = self.fb.ins().iadd(base, since);
        self.set(offset!(position), position);
        self.set(offset!(rows), rows);
        self.set(offset!(step_scalars), scalars);
        self.set(offset!(update), update);
        self.toss();
        self.rows_of_step(rows, position)
    }

    /// The coins of the step, by its update and its scalars.
    fn toss(&mut self) {
        let Some(Branches { coin, all, .. }) = self.plan.branches else { return };
        for branch in all {
            let site = self.fb.ins().iconst(I64, i64::from(branch.coin.site.0));
            let q = self.fb.ins().iconst(I64, i64::from(branch.coin.q.0));
            let call = self.fb.ins().call(coin, &[self.args, site, q]);
            self.kept.push(self.fb.inst_results(call)[0]);
        }
    }

    /// What a step does only where it keeps all of these branches; before the steps there are no coins.
    fn where_kept(&mut self, branches: &[usize], inside: impl FnOnce(&mut Self)) {
        let mut kept = branches.iter().filter_map(|branch| self.kept.get(*branch).copied());
        let Some(first) = kept.next() else { return inside(self) };
        let kept: Vec<Value> = kept.collect();
        let all = kept.into_iter().fold(first, |all, one| self.fb.ins().band(all, one));
        let (some, after) = (self.fb.create_block(), self.fb.create_block());
        self.fb.ins().brif(all, some, &[], after, &[]);
        self.fb.switch_to_block(some);
        inside(self);
        self.fb.ins().jump(after, &[]);
        self.fb.switch_to_block(after);
    }

    fn tasks(&mut self, step: Value, rows: Rows) {
        let mut shared = Shared::new();
        let mut chains = self.plan.chains.iter().peekable();
        let mut i = 0;
        while let Some(task) = self.plan.schedule.step.get(i) {
            if let Task::Call { parts, by_block, slice, .. } = *task
                && let Some(chain) = chains.next_if(|chain| chain.start == i)
            {
                let list = List { parts, by_block, slice };
                let share = self.own_share(list, rows, &mut shared);
                self.in_blocks(list, rows, share, |r, block, share| {
                    r.chain(chain.clone(), block, share);
                });
                i = chain.end;
                continue;
            }
            match *task {
                Task::Barrier => self.barrier(),
                Task::Call { kernel, parts, by_block, slice } => {
                    let list = List { parts, by_block, slice };
                    let share = self.own_share(list, rows, &mut shared);
                    self.in_blocks(list, rows, share, |r, block, share| {
                        r.call(kernel, block, share);
                    });
                }
                Task::Total { index, value } => self.total(index, value),
                Task::Judge { value } => self.judge(value, step),
            }
            self.read_clock(i);
            i += 1;
        }
    }

    /// This thread's part of a list, made where it is first needed.
    fn own_share(&mut self, list: List, rows: Rows, shared: &mut Shared) -> (Value, Value) {
        if let Some(share) = self.known_share(list, shared) {
            return share;
        }
        let share = match (list.slice, list.by_block) {
            (Some(slice), _) => self.share_of_slice(list.parts, slice, rows),
            (None, true) => {
                let count = self.count_in_blocks(list.parts, rows);
                self.share(count)
            }
            (None, false) => {
                let count = self.count(list.parts, rows.all);
                self.share(count)
            }
        };
        shared.push((list, share));
        share
    }

    /// This thread's part of the shards that are this process's ([`Slice::shards`]).
    fn share_of_slice(&mut self, parts: Parts, slice: Slice, rows: Rows) -> (Value, Value) {
        let (all, blocks) = (self.count(parts, rows.all), self.plan.blocks);
        let first_block = self.constant(offset!(first_block));
        let rank = self.fb.ins().udiv_imm_u(first_block, blocks.own() as i64);
        let each = slice.each(blocks.ranks()) as i64;
        let start = self.fb.ins().imul_imm_s(rank, each);
        let end = self.fb.ins().iadd_imm_s(start, each);
        let [from, to] = [start, end].map(|number| {
            let within = self.fb.ins().iadd_imm_s(number, -(slice.first as i64));
            let zero = self.fb.ins().iconst(I64, 0);
            let within = self.fb.ins().smax(within, zero);
            self.fb.ins().smin(within, all)
        });
        let own = self.fb.ins().isub(to, from);
        let share = self.share(own);
        (self.fb.ins().iadd(share.0, from), self.fb.ins().iadd(share.1, from))
    }

    /// All calls of a chain for one shard, then for the next.
    fn chain(&mut self, tasks: Range<usize>, of: Option<Value>, (from, to): (Value, Value)) {
        let (head, body, after) = (self.fb.create_block(), self.fb.create_block(), self.fb.create_block());
        let shard = self.fb.append_block_param(head, I64);
        self.fb.ins().jump(head, &[BlockArg::from(from)]);
        self.fb.switch_to_block(head);
        let more = self.fb.ins().icmp(IntCC::UnsignedLessThan, shard, to);
        self.fb.ins().brif(more, body, &[], after, &[]);
        self.fb.switch_to_block(body);
        let next = self.fb.ins().iadd_imm_s(shard, 1);
        for i in tasks {
            if let Task::Call { kernel, .. } = self.plan.schedule.step[i] {
                self.call(kernel, of, (shard, next));
            }
            self.read_clock(i);
        }
        self.fb.ins().jump(head, &[BlockArg::from(next)]);
        self.fb.switch_to_block(after);
    }

    fn known_share(&self, list: List, shared: &[(List, (Value, Value))]) -> Option<(Value, Value)> {
        match list {
            List { parts: Parts::Const(n), by_block: false, slice: None } => {
                self.fixed.iter().find(|(m, _)| *m == n).map(|(_, s)| *s)
            }
            _ => shared.iter().find(|(own, _)| *own == list).map(|(_, s)| *s),
        }
    }

    /// The parts of a list that depends on the rows of the step.
    fn count(&mut self, parts: Parts, rows: Value) -> Value {
        match parts {
            Parts::Const(n) => self.fb.ins().iconst(I64, n as i64),
            Parts::BatchShards(grain) => {
                let up = self.fb.ins().iadd_imm_s(rows, grain as i64 - 1);
                self.fb.ins().udiv_imm_u(up, grain as i64)
            }
            Parts::BatchTimes(n) => self.fb.ins().imul_imm_s(rows, n as i64),
            Parts::BatchPanels(n) => {
                let rows = self.fb.ins().imul_imm_s(rows, n as i64);
                let up = self.fb.ins().iadd_imm_s(rows, PANEL_ROWS as i64 - 2);
                let panels = self.fb.ins().udiv_imm_u(up, PANEL_ROWS as i64);
                let one = self.fb.ins().iconst(I64, 1);
                self.fb.ins().umax(panels, one)
            }
        }
    }

    /// Called with no parts too: straight code is compiled in half the time of code with a branch a kernel. A block of rows has operands of its own.
    fn call(&mut self, kernel: usize, block: Option<Value>, (from, to): (Value, Value)) {
        let Some(function) = self.plan.functions[kernel] else { return };
        let branches = self.plan.branches.map_or(&[][..], |branches| &branches.coins[kernel]);
        self.where_kept(branches, |r| r.call_of(function, kernel, block, (from, to)));
    }

    fn call_of(
        &mut self,
        function: FuncRef,
        kernel: usize,
        block: Option<Value>,
        (from, to): (Value, Value),
    ) {
        let mut row = self.fb.ins().iadd_imm_s(self.operands, 8 * self.plan.table.of_kernel(kernel) as i64);
        if let Some(block) = block {
            let ahead = self.fb.ins().imul_imm_s(block, 8 * self.plan.table.row(kernel) as i64);
            row = self.fb.ins().iadd(row, ahead);
        }
        self.fb.ins().call(function, &[row, self.args, from, to]);
    }

    /// The time since the last reading is that of task `task`.
    fn read_clock(&mut self, task: usize) {
        if let Some(clock) = self.plan.clock {
            let task = self.fb.ins().iconst(I64, task as i64);
            self.fb.ins().call(clock, &[self.args, task]);
        }
    }

    fn barrier(&mut self) {
        let barrier = self.constant(offset!(barrier));
        self.fb.ins().call(self.plan.barrier, &[barrier]);
    }

    /// Element 0 of a buffer, in `ty`.
    fn value(&mut self, buffer: BufferId, ty: Type) -> Value {
        let word = 8 * self.plan.table.of_buffer(buffer) as i64;
        let word = self.fb.ins().iadd_imm_s(self.operands, word);
        let address = self.fb.ins().load(I64, pure(), word, 0);
        self.fb.ins().load(ty, MemFlagsData::trusted(), address, 0)
    }

    fn if_thread_0(&mut self, inside: impl FnOnce(&mut Self)) {
        let (some, after) = (self.fb.create_block(), self.fb.create_block());
        self.fb.ins().brif(self.thread, after, &[], some, &[]);
        self.fb.switch_to_block(some);
        inside(self);
        self.fb.ins().jump(after, &[]);
        self.fb.switch_to_block(after);
    }

    fn total(&mut self, index: u32, value: BufferId) {
        self.if_thread_0(|r| {
            let value = r.value(value, F32);
            let value = r.fb.ins().fpromote(F64, value);
            let totals = r.constant(offset!(totals));
            let at = 8 * index as i32;
            let old = r.fb.ins().load(F64, MemFlagsData::trusted(), totals, at);
            let new = r.fb.ins().fadd(old, value);
            r.fb.ins().store(MemFlagsData::trusted(), new, totals, at);
        });
    }

    /// Leaves if the exponent is all ones. Every thread reads the same value, so they need not speak.
    fn judge(&mut self, value: BufferId, step: Value) {
        let bits = self.value(value, I32);
        let exponent = self.fb.ins().band_imm_u(bits, 0x7F80_0000);
        let all = self.fb.ins().iconst(I32, 0x7F80_0000);
        let broken = self.fb.ins().icmp(IntCC::Equal, exponent, all);
        let after = self.fb.create_block();
        let leave = self.leave(NON_FINITE, step);
        self.fb.ins().brif(broken, self.exit, &leave, after, &[]);
        self.fb.switch_to_block(after);
    }

    fn end(&mut self, step: Value, head: Block) {
        let next = self.fb.ins().iadd_imm_s(step, 1);
        let verdict = self.constant(offset!(verdict));
        let parity = self.fb.ins().band_imm_u(step, 1);
        let parity = self.fb.ins().ishl_imm_u(parity, 2);
        let verdict = self.fb.ins().iadd(verdict, parity);
        self.if_thread_0(|r| {
            let done = r.constant(offset!(done));
            r.fb.ins().atomic_store(MemFlagsData::trusted(), next, done);
            // Processes leave together: what they agreed on, not what this one wants.
            let stop = match r.plan.blocks.ranks() {
                1 => r.constant(offset!(stop)),
                _ => r.constant(offset!(agreed)),
            };
            let stop = r.fb.ins().atomic_load(I32, MemFlagsData::trusted(), stop);
            r.fb.ins().atomic_store(MemFlagsData::trusted(), stop, verdict);
        });
        self.barrier();
        self.read_clock(self.plan.schedule.step.len());
        let stop = self.fb.ins().atomic_load(I32, MemFlagsData::trusted(), verdict);
        let stopped = self.fb.create_block();
        self.fb.ins().brif(stop, stopped, &[], head, &[BlockArg::from(next)]);
        self.fb.switch_to_block(stopped);
        // The last step is done, whether or not somebody asked to stop.
        let last = self.constant(offset!(last_step));
        let (done, early) = (self.leave(DONE, next), self.leave(STOPPED, next));
        let more = self.fb.ins().icmp(IntCC::UnsignedLessThan, next, last);
        self.fb.ins().brif(more, self.exit, &early, self.exit, &done);
    }
}
