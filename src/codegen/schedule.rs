//! Who does what, and where threads must wait: kernels in order, each with its fixed list of parts, barriers, totals and the judgement of
//! the loss. Pure analysis; `run` turns it into code.
//!
//! Every kernel is cut into parts that depend on shapes only, and thread `t` of `n` takes parts `ceil(p t / n) .. ceil(p (t+1) / n)`, so
//! thread 0 has what there is only one of. A barrier stands between two kernels that touch the same memory, unless each thread touches
//! only what it touched before: the same rows of the same list of shards.

use crate::loops::calls::Reach;
use crate::loops::{
    Access, Base, BufferId, Domain, Inst, Kernel, LoopKernel, Operand, Parts, Program, Ranges, Stmt, once,
};
use crate::peers::Slice;

use super::shape::{Memory, memory};

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Task {
    /// A kernel's parts of this thread.
    Call {
        kernel: usize,
        parts: Parts,
        /// Whether these are its parts of each block of rows, one block behind the other.
        by_block: bool,
        /// Which of them are this process's, where they are shared out.
        slice: Option<Slice>,
    },
    /// Thread 0 adds a value to a total.
    Total {
        index: u32,
        value: BufferId,
    },
    Barrier,
    /// All threads leave if the value is not finite.
    Judge {
        value: BufferId,
    },
}

fn parts(kernel: &Kernel) -> Parts {
    match kernel {
        Kernel::Loop(k) => k.domain.parts(),
        Kernel::Call { call, .. } => call.parts(),
        Kernel::Repeat { repeat, .. } => repeat.parts(),
        Kernel::Total { .. } => Parts::Const(1),
    }
}

#[derive(Clone, Copy, Debug)]
struct Touch {
    buffer: BufferId,
    memory: Memory,
    write: bool,
    reach: Reach,
}

impl Touch {
    fn clashes(&self, later: &Self) -> bool {
        let apart = self.buffer == later.buffer && self.reach == later.reach && self.reach != Reach::All;
        self.memory == later.memory && (self.write || later.write) && !apart
    }
}

/// A program as tasks.
pub(super) struct Schedule {
    /// Of values that depend on parameters alone: before the first step. All threads meet behind them.
    pub once: Vec<Task>,
    pub step: Vec<Task>,
}

impl Schedule {
    /// Buffer and operand numbers of the program must be in range.
    pub fn new(program: &Program) -> Self {
        let runs_once = once(program);
        let touches: Vec<Vec<Touch>> =
            program.kernels.iter().map(|kernel| touches(program, kernel)).collect();
        let judged = Judged::find(program, &touches);
        let tasks =
            |once: bool| tasks(program, &touches, judged.as_ref(), |kernel| runs_once[kernel] == once);
        let mut once = tasks(true);
        if !once.is_empty() {
            once.push(Task::Barrier);
        }
        Self { once, step: tasks(false) }
    }
}

/// Some kernels as tasks. `touches` has what each kernel of the program touches.
fn tasks(
    program: &Program,
    touches: &[Vec<Touch>],
    judged: Option<&Judged>,
    of: impl Fn(usize) -> bool,
) -> Vec<Task> {
    let judged = judged.filter(|judged| of(judged.writer));
    let mut tasks = Vec::new();
    let mut open: Vec<Touch> = Vec::new();
    let mut pending = None;
    for (i, kernel) in program.kernels.iter().enumerate().filter(|(i, _)| of(*i)) {
        let touches = &touches[i];
        let clash = touches.iter().any(|t| open.iter().any(|o| o.clashes(t)));
        let must_judge = pending.is_some() && touches.iter().any(|t| t.write && persists(program, t.buffer));
        if clash || must_judge {
            tasks.push(Task::Barrier);
            open.clear();
            if let Some(value) = pending.take() {
                tasks.push(Task::Judge { value });
                open.push(touch(program, value, false, Reach::All));
                // The kernel may overwrite the value while a late thread still judges it.
                if touches.iter().any(|t| open[0].clashes(t)) {
                    tasks.push(Task::Barrier);
                    open.clear();
                }
            }
        }
        tasks.push(match kernel {
            Kernel::Total { index, value } => Task::Total { index: *index, value: *value },
            _ => {
                let by_block = !program.blocks.are_one() && kernel.is_of_rows();
                let slice = if let Kernel::Loop(k) = kernel { k.slice } else { None };
                Task::Call { kernel: i, parts: parts(kernel), by_block, slice }
            }
        });
        open.extend(touches);
        if let Some(judged) = judged.filter(|judged| judged.writer == i) {
            pending = Some(judged.value);
        }
    }
    if let Some(value) = pending {
        tasks.extend([Task::Barrier, Task::Judge { value }]);
    }
    tasks
}

/// The buffer that must stay finite, and the last kernel before its total that writes it.
struct Judged {
    value: BufferId,
    writer: usize,
}

impl Judged {
    fn find(program: &Program, touches: &[Vec<Touch>]) -> Option<Self> {
        let total = |k: &Kernel| matches!(k, Kernel::Total { index: 0, .. });
        let at = program.kernels.iter().position(total)?;
        let Kernel::Total { value, .. } = program.kernels[at] else { return None };
        let writes = |of: &Vec<Touch>| of.iter().any(|t| t.write && t.buffer == value);
        let writer = touches[..at].iter().rposition(writes)?;
        Some(Self { value, writer })
    }
}

/// Whether a buffer outlives the step as part of the model.
fn persists(program: &Program, id: BufferId) -> bool {
    program.buffers[id.0 as usize].kind.outlives()
}

fn touch(program: &Program, buffer: BufferId, write: bool, reach: Reach) -> Touch {
    Touch { buffer, memory: memory(buffer, &program.buffers[buffer.0 as usize]), write, reach }
}

fn touches(program: &Program, kernel: &Kernel) -> Vec<Touch> {
    match kernel {
        Kernel::Loop(k) => loop_touches(program, k),
        Kernel::Call { .. } | Kernel::Repeat { .. } => {
            let own = kernel.touched();
            own.iter().map(|o| touch(program, o.buffer, o.touch.writes(), o.reach)).collect()
        }
        Kernel::Total { value, .. } => {
            vec![touch(program, *value, false, Reach::Columns { cols: 1 })]
        }
    }
}

fn loop_touches(program: &Program, kernel: &LoopKernel) -> Vec<Touch> {
    let mut found = Vec::new();
    let mut add = |operand: u32, write: bool, reach: Reach| {
        if let Some(Operand::Buffer(id)) = kernel.operands.get(operand as usize) {
            found.push(touch(program, *id, write, reach));
        }
    };
    for (_, inst) in &kernel.body.uniform {
        if let Inst::Load { operand, .. } = inst {
            add(*operand, false, Reach::All);
        }
    }
    for (cols, taps, stmt) in kernel.body.stmts() {
        let ranges = Ranges::new(kernel.domain, cols, taps);
        match stmt {
            Stmt::Let(_, Inst::Load { operand, access, .. }) => {
                add(*operand, false, reach(kernel, *access, ranges));
            }
            Stmt::Store { operand, access, .. } => {
                add(*operand, true, reach(kernel, *access, ranges));
            }
            Stmt::Partial { operand, .. } => add(*operand, true, shards(kernel.domain)),
            Stmt::Let(..) | Stmt::Accumulate { .. } | Stmt::Fold { .. } => {}
        }
    }
    found
}

fn shards(domain: Domain) -> Reach {
    match domain {
        Domain::Rows { rows, grain, .. } => Reach::Shards { rows, grain },
        Domain::Flat { len } => Reach::FlatShards { len },
    }
}

/// Rows that are not apart, or not the thread's own, may be anybody's.
fn reach(kernel: &LoopKernel, access: Access, ranges: Ranges) -> Reach {
    match (kernel.domain, access.base) {
        (Domain::Rows { rows, grain, .. }, Base::Own | Base::Pass) if access.rows_are_apart(ranges) => {
            Reach::Rows { rows, grain, width: access.at.row, pass: access.base == Base::Pass }
        }
        // Threads have other elements of a slice than of the whole.
        (Domain::Flat { len }, Base::Own) if access.at.col == 1 && kernel.slice.is_none() => {
            Reach::Elements { len, offset: access.at.offset }
        }
        _ => Reach::All,
    }
}
