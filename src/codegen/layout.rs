//! Where everything stands: the rows of the operand table, and the temporaries' places in the arena.

use crate::graph::Dim;
use crate::loops::calls::{Region, Touched};
use crate::loops::{Buffer, BufferId, BufferKind, Kernel, LoopKernel, Operand, Program, Section, Stmt};

use super::shape::{Memory, memory, row_len};

/// Words of the operand table: the address of each buffer, then a row a kernel.
#[derive(Debug, Default)]
pub(super) struct Table {
    kernels: Vec<usize>,
    pub words: usize,
}

impl Table {
    /// `words[k]` is the length of kernel `k`'s row.
    pub fn new(buffers: usize, words: impl Iterator<Item = usize>) -> Self {
        let mut table = Self { kernels: Vec::new(), words: buffers };
        for n in words {
            table.kernels.push(table.words);
            table.words += n;
        }
        table
    }

    pub fn of_kernel(&self, kernel: usize) -> usize {
        self.kernels[kernel]
    }

    pub fn of_buffer(&self, buffer: BufferId) -> usize {
        buffer.0 as usize
    }
}

/// f32 elements of a cache line: the arena's unit.
pub(super) const LINE: usize = 16;

/// The arena for one batch size: first line of each memory.
pub(super) struct Arena {
    places: Vec<(Memory, usize)>,
    pub lines: usize,
}

impl Arena {
    pub fn new(program: &Program, batch: usize) -> Self {
        let mut sizes: Vec<(Memory, usize)> = Vec::new();
        for (i, buffer) in program.buffers.iter().enumerate() {
            let id = BufferId(i as u32);
            let elements = match buffer.kind {
                BufferKind::Temp => elements(buffer, batch),
                BufferKind::Partials => row_len(buffer) * shards(program, id, batch),
                _ => continue,
            };
            let memory = memory(id, buffer);
            let lines = elements.div_ceil(LINE);
            match sizes.iter_mut().find(|(m, _)| *m == memory) {
                Some((_, size)) => *size = lines.max(*size),
                None => sizes.push((memory, lines)),
            }
        }
        let mut lines = 0;
        let places = sizes
            .into_iter()
            .map(|(memory, size)| {
                let at = lines;
                lines += size;
                (memory, at)
            })
            .collect();
        Self { places, lines }
    }

    /// First element of a temporary.
    pub fn place(&self, id: BufferId, buffer: &Buffer) -> Option<usize> {
        let memory = memory(id, buffer);
        self.places.iter().find(|(m, _)| *m == memory).map(|(_, line)| line * LINE)
    }
}

/// Elements of a buffer for `batch` rows.
pub(super) fn elements(buffer: &Buffer, batch: usize) -> usize {
    let rows = if buffer.dims.contains(&Dim::Batch) { batch } else { 1 };
    rows * row_len(buffer)
}

/// Rows that partials need: a shard of each domain that writes or combines them; at least one.
fn shards(program: &Program, id: BufferId, batch: usize) -> usize {
    let of = |kernel: &Kernel| match kernel {
        Kernel::Loop(k) if writes_partials(k, id) => k.domain.shards(batch),
        Kernel::Call { call, .. } => {
            let shards = |o: &Touched| match o.region {
                Region::Partials { domain, .. } if o.buffer == id => domain.shards(batch),
                _ => 1,
            };
            call.operands().iter().map(shards).max().unwrap_or(1)
        }
        Kernel::Loop(_) | Kernel::Repeat { .. } | Kernel::Total { .. } => 1,
    };
    program.kernels.iter().map(of).max().unwrap_or(1).max(1)
}

fn writes_partials(kernel: &LoopKernel, id: BufferId) -> bool {
    kernel.body.sections.iter().any(|section| {
        let (Section::Row(stmts) | Section::Columns { stmts, .. }) = section;
        stmts.iter().any(|s| match s {
            Stmt::Partial { operand, .. } => {
                kernel.operands.get(*operand as usize) == Some(&Operand::Buffer(id))
            }
            _ => false,
        })
    })
}
