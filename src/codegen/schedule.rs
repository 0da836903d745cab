//! Who does what, and where threads must wait: kernels in order, each with its fixed list of parts, barriers, totals and the judgement of
//! the loss. Pure analysis; `run` turns it into code.
//!
//! Every kernel is cut into parts that depend on shapes only, and thread `t` of `n` takes parts `ceil(p t / n) .. ceil(p (t+1) / n)`, so
//! thread 0 has what there is only one of. A barrier stands between two kernels that touch the same memory, unless each thread touches
//! only what it touched before: the same rows of the same list of shards.

use crate::graph::Dim;
use crate::loops::{
    Access, Base, BufferId, BufferKind, Domain, Extent, Inst, Kernel, LoopKernel, Operand, Product, Program,
    Ranges, SHARD_ELEMENTS, SHARD_ROWS, Stmt,
};

use super::shape::{Memory, memory, row_len};

/// Columns of a product that are one part, at most and at least. A panel of fewer than 16 columns would waste vectors of 16 lanes.
const PANEL_MOST: usize = 64;
const PANEL_LEAST: usize = 16;
/// Products with fewer columns are cut by rows.
const COLUMNS_LEAST: usize = 32;
/// Rows of one part of a product that is cut by rows; a last part of one row joins the one before it, because one-row products
/// go another way in product libraries and round differently.
pub(super) const PANEL_ROWS: usize = 32;
/// Columns of partials that one part of a `Combine` covers: one cache line.
pub(super) const COMBINE_COLUMNS: usize = 16;

/// The fixed list of parts of a kernel.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Parts {
    /// Known now.
    Const(usize),
    /// Shards of the batch of this many rows each.
    BatchShards(usize),
    /// Row panels of a product whose rows are `n` times the batch: `max(1, (n rows + 30) / 32)`.
    BatchPanels(usize),
}

/// How a product is cut.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Cut {
    Columns { width: usize },
    Rows,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Task {
    /// A kernel's parts of this thread.
    Call {
        kernel: usize,
        parts: Parts,
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

pub(super) fn cut(product: &Product) -> Cut {
    let n = product.n.len;
    match !product.n.batch && n >= COLUMNS_LEAST {
        true => Cut::Columns { width: (n / 8).next_multiple_of(PANEL_LEAST).clamp(PANEL_LEAST, PANEL_MOST) },
        false => Cut::Rows,
    }
}

fn product_parts(product: &Product) -> Parts {
    let row_panels = |rows: usize| ((rows + PANEL_ROWS - 2) / PANEL_ROWS).max(1);
    match (cut(product), product.m) {
        (Cut::Columns { width }, _) => Parts::Const(product.n.len.div_ceil(width)),
        (Cut::Rows, Extent { batch: true, len }) => Parts::BatchPanels(len),
        (Cut::Rows, Extent { batch: false, len }) => Parts::Const(row_panels(len)),
    }
}

fn domain_parts(domain: Domain) -> Parts {
    match domain {
        Domain::Rows { rows: Dim::Batch, grain, .. } => Parts::BatchShards(grain),
        Domain::Rows { rows: Dim::Const(n), grain, .. } => Parts::Const(n.div_ceil(grain)),
        Domain::Flat { len } => Parts::Const(len.div_ceil(SHARD_ELEMENTS)),
    }
}

fn parts(kernel: &Kernel, program: &Program) -> Parts {
    match kernel {
        Kernel::Loop(k) => domain_parts(k.domain),
        Kernel::Product(p) => product_parts(p),
        Kernel::Combine { partials, .. } => {
            Parts::Const(row_len(&program.buffers[partials.0 as usize]).div_ceil(COMBINE_COLUMNS))
        }
        Kernel::Transpose { dims, permutation, .. } => match permutation.first().and_then(|a| dims.get(*a)) {
            Some(Dim::Const(n)) => Parts::Const(n.div_ceil(SHARD_ROWS)),
            Some(Dim::Batch) => Parts::BatchShards(SHARD_ROWS),
            None => Parts::Const(1),
        },
        Kernel::Total { .. } => Parts::Const(1),
    }
}

/// Which parts of a memory a thread touches; equal values mean the same thread for the same elements.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Reach {
    /// Elements anywhere.
    All,
    /// `width` elements of each row of its shards; `pass` for rows of the whole pass.
    Rows {
        rows: Dim,
        grain: usize,
        width: usize,
        pass: bool,
    },
    /// Its shards' rows of partials.
    Shards {
        rows: Dim,
        grain: usize,
    },
    FlatShards {
        len: usize,
    },
    /// Its elements of a flat domain.
    Elements {
        len: usize,
        offset: usize,
    },
    /// Its columns of partials.
    Columns {
        cols: usize,
    },
    /// Its parts of a product's result.
    Panels {
        cut: Cut,
        m: Extent,
        n: Extent,
        stride: usize,
        offset: usize,
    },
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

/// The step of `program` as tasks. Buffer and operand numbers must be in range.
pub(super) fn schedule(program: &Program) -> Vec<Task> {
    let judged = Judged::find(program);
    let mut tasks = Vec::new();
    let mut open: Vec<Touch> = Vec::new();
    let mut pending = None;
    for (i, kernel) in program.kernels.iter().enumerate() {
        let touches = touches(program, kernel);
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
            _ => Task::Call { kernel: i, parts: parts(kernel, program) },
        });
        open.extend(touches);
        if judged.as_ref().is_some_and(|j| j.writer == i) {
            pending = judged.as_ref().map(|j| j.value);
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
    fn find(program: &Program) -> Option<Self> {
        let total = |k: &Kernel| matches!(k, Kernel::Total { index: 0, .. });
        let at = program.kernels.iter().position(total)?;
        let Kernel::Total { value, .. } = program.kernels[at] else { return None };
        let writes = |k: &Kernel| touches(program, k).iter().any(|t| t.write && t.buffer == value);
        let writer = program.kernels[..at].iter().rposition(writes)?;
        Some(Self { value, writer })
    }
}

/// Whether a buffer outlives the step as part of the model.
fn persists(program: &Program, id: BufferId) -> bool {
    matches!(
        program.buffers[id.0 as usize].kind,
        BufferKind::Param(_) | BufferKind::Slot(_) | BufferKind::State(_)
    )
}

fn touch(program: &Program, buffer: BufferId, write: bool, reach: Reach) -> Touch {
    Touch { buffer, memory: memory(buffer, &program.buffers[buffer.0 as usize]), write, reach }
}

fn touches(program: &Program, kernel: &Kernel) -> Vec<Touch> {
    match kernel {
        Kernel::Loop(k) => loop_touches(program, k),
        Kernel::Product(p) => {
            let reach = Reach::Panels { cut: cut(p), m: p.m, n: p.n, stride: p.c.stride, offset: p.c.offset };
            vec![
                touch(program, p.a.buffer, false, Reach::All),
                touch(program, p.b.buffer, false, Reach::All),
                touch(program, p.c.buffer, true, reach),
            ]
        }
        Kernel::Combine { partials, .. } => {
            let cols = row_len(&program.buffers[partials.0 as usize]);
            vec![touch(program, *partials, true, Reach::Columns { cols })]
        }
        Kernel::Total { value, .. } => {
            vec![touch(program, *value, false, Reach::Columns { cols: 1 })]
        }
        Kernel::Transpose { from, to, .. } => {
            vec![touch(program, *from, false, Reach::All), touch(program, *to, true, Reach::All)]
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
                add(*operand, false, reach(kernel.domain, *access, ranges));
            }
            Stmt::Store { operand, access, .. } => {
                add(*operand, true, reach(kernel.domain, *access, ranges));
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
fn reach(domain: Domain, access: Access, ranges: Ranges) -> Reach {
    match (domain, access.base) {
        (Domain::Rows { rows, grain, .. }, Base::Own | Base::Pass) if access.rows_are_apart(ranges) => {
            Reach::Rows { rows, grain, width: access.at.row, pass: access.base == Base::Pass }
        }
        (Domain::Flat { len }, Base::Own) if access.at.col == 1 => {
            Reach::Elements { len, offset: access.at.offset }
        }
        _ => Reach::All,
    }
}
