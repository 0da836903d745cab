//! Where everything stands: the rows of the operand table, and the temporaries' places in the arena.

use crate::graph::Dim;
use crate::loops::{Buffer, BufferId, BufferKind, Kernel, Program};

use super::shape::{Memory, memory, row_len};

/// Words of the operand table: the address of each buffer, then a row a kernel, or one for each block of rows that it is run on.
#[derive(Debug, Default)]
pub(super) struct Table {
    /// First word, and words of a row.
    kernels: Vec<(usize, usize)>,
    pub words: usize,
}

impl Table {
    /// `rows` are the length and the number of each kernel's rows.
    pub fn new(buffers: usize, rows: impl Iterator<Item = (usize, usize)>) -> Self {
        let mut table = Self { kernels: Vec::new(), words: buffers };
        for (len, count) in rows {
            table.kernels.push((table.words, len));
            table.words += len * count;
        }
        table
    }

    pub fn of_kernel(&self, kernel: usize) -> usize {
        self.kernels[kernel].0
    }

    /// Words of a row of a kernel.
    pub fn row(&self, kernel: usize) -> usize {
        self.kernels[kernel].1
    }

    pub fn of_buffer(&self, buffer: BufferId) -> usize {
        buffer.0 as usize
    }
}

/// How often a kernel is run in a step, on other memory: once, or once for each block of rows that is the process's.
pub(super) fn runs(program: &Program, kernel: &Kernel) -> usize {
    if kernel.is_of_rows() { program.blocks.own() } else { 1 }
}

/// Elements from a block's rows of a buffer to those of the next, for minibatches of `batch` rows: temporaries of a block begin at a cache line. They are there for a process's own
/// blocks, what outlives the step for all.
pub(super) fn block_step(program: &Program, buffer: &Buffer, batch: usize) -> usize {
    let rows = program.blocks.rows(batch) * row_len(buffer);
    match buffer.kind {
        BufferKind::Temp if buffer.is_batched() => rows.next_multiple_of(LINE),
        BufferKind::State(_) if buffer.is_batched() => rows,
        _ => 0,
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
        let partials = program.partial_rows(batch);
        for (i, buffer) in program.buffers.iter().enumerate() {
            let id = BufferId(i as u32);
            let elements = match buffer.kind {
                BufferKind::Temp if buffer.is_batched() => {
                    program.blocks.own() * block_step(program, buffer, batch)
                }
                BufferKind::Temp => row_len(buffer),
                BufferKind::Partials => {
                    row_len(buffer) * partials[i].blocks.min(program.blocks.own()) * partials[i].each
                }
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
