//! The buffer plan: temporaries that do not live at the same time share memory.
//!
//! A temporary lives from the first kernel that touches it to the last; what is computed once lives through the whole step, being there
//! in the next. Intervals are coloured greedily in order of their start: each takes the free slot whose size is nearest to its
//! own, so that large ones do not end in many half-used slots. Sizes depend on the rows of the batch; the plan does not: it
//! compares sizes at [`TYPICAL_ROWS`].

use super::calls::Region;
use super::{Buffer, BufferId, BufferKind, Kernel, Operand, Place, Program, Stmt, once};

/// Rows at which the plan compares sizes.
const TYPICAL_ROWS: usize = 128;
/// Buffers start at cache lines.
const ALIGN: usize = 64;

impl Kernel {
    /// Buffers it touches.
    pub fn buffers(&self) -> Vec<BufferId> {
        match self {
            Kernel::Loop(k) => {
                let buffer = |o: &Operand| if let Operand::Buffer(b) = o { Some(*b) } else { None };
                k.operands.iter().filter_map(buffer).collect()
            }
            Kernel::Call { call, .. } => call.operands().iter().map(|o| o.buffer).collect(),
            Kernel::Repeat { repeat, .. } => repeat.operands().iter().map(|o| o.buffer).collect(),
            Kernel::Total { value, .. } => vec![*value],
        }
    }
}

/// Rows that partials have: a block of rows has `each`, one for each of its shards.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct PartialRows {
    pub blocks: usize,
    pub each: usize,
}

impl Program {
    /// Bytes of a temporary for a batch of `rows` rows; partials have a row for each shard.
    pub fn buffer_bytes(&self, id: BufferId, rows: usize) -> usize {
        self.bytes(id, rows, self.partial_rows(rows)[id.0 as usize])
    }

    fn bytes(&self, id: BufferId, rows: usize, PartialRows { blocks, each }: PartialRows) -> usize {
        let rows = self.blocks.count() * self.blocks.rows(rows);
        let sizes = self.buffers[id.0 as usize].dims.iter().map(|d| d.size().unwrap_or(rows));
        sizes.fold((4 * blocks).saturating_mul(each), usize::saturating_mul)
    }

    /// By buffer, for minibatches of `rows` rows; one for what holds no partials.
    pub(crate) fn partial_rows(&self, rows: usize) -> Vec<PartialRows> {
        let block = self.blocks.rows(rows);
        let mut found = vec![PartialRows { blocks: 1, each: 1 }; self.buffers.len()];
        for kernel in &self.kernels {
            let blocks = if kernel.is_of_rows() { self.blocks.count() } else { 1 };
            let mut note = |id: BufferId, shards: usize| {
                if let (Some(own), true) = (found.get_mut(id.0 as usize), self.is_partials(id)) {
                    *own = PartialRows { blocks: own.blocks.max(blocks), each: own.each.max(shards) };
                }
            };
            match kernel {
                Kernel::Loop(k) => {
                    for (.., stmt) in k.body.stmts() {
                        if let Stmt::Partial { operand, .. } = stmt
                            && let Some(Operand::Buffer(id)) = k.operands.get(*operand as usize)
                        {
                            note(*id, k.domain.shards(block));
                        }
                    }
                }
                Kernel::Call { call, .. } => {
                    for operand in call.operands().iter().filter(|operand| operand.touch.writes()) {
                        let shards = match operand.region {
                            Region::Partials { domain, .. } => domain.shards(block),
                            _ => 1,
                        };
                        note(operand.buffer, shards);
                    }
                }
                Kernel::Repeat { .. } | Kernel::Total { .. } => {}
            }
        }
        found
    }

    fn is_partials(&self, id: BufferId) -> bool {
        self.buffers.get(id.0 as usize).is_some_and(|buffer| buffer.kind == BufferKind::Partials)
    }

    /// Bytes that all temporaries take together for a batch of `rows` rows.
    pub fn peak_bytes(&self, rows: usize) -> usize {
        let mut slots: Vec<usize> = Vec::new();
        let partials = self.partial_rows(rows);
        for (i, buffer) in self.buffers.iter().enumerate() {
            if let Some(Place { slot }) = buffer.place {
                let slot = slot as usize;
                slots.resize(slots.len().max(slot + 1), 0);
                let bytes = self.bytes(BufferId(i as u32), rows, partials[i]);
                slots[slot] = slots[slot].max(bytes.checked_next_multiple_of(ALIGN).unwrap_or(usize::MAX));
            }
        }
        slots.into_iter().fold(0, usize::saturating_add)
    }

    /// By buffer: the first and the last kernel between which it must be left alone, if any touches it.
    pub(super) fn lifetimes(&self) -> Vec<Option<(usize, usize)>> {
        let mut lives: Vec<Option<(usize, usize)>> = vec![None; self.buffers.len()];
        for (i, (kernel, once)) in self.kernels.iter().zip(once(self)).enumerate() {
            let (first, last) = if once { (0, self.kernels.len() - 1) } else { (i, i) };
            for id in kernel.buffers() {
                let life = lives[id.0 as usize].get_or_insert((first, last));
                *life = (life.0.min(first), life.1.max(last));
            }
        }
        lives
    }
}

pub(super) fn is_temporary(buffer: &Buffer) -> bool {
    matches!(buffer.kind, BufferKind::Temp | BufferKind::Partials)
}

struct Slot {
    bytes: usize,
    busy_to: usize,
}

/// Gives each temporary its place.
pub(crate) fn plan(program: &mut Program) {
    let mut lives: Vec<(usize, usize, BufferId)> = Vec::new();
    for (i, life) in program.lifetimes().into_iter().enumerate() {
        if let (true, Some((first, last))) = (is_temporary(&program.buffers[i]), life) {
            lives.push((first, last, BufferId(i as u32)));
        }
    }
    lives.sort();
    let partials = program.partial_rows(TYPICAL_ROWS);
    let mut slots: Vec<Slot> = Vec::new();
    for (first, last, id) in lives {
        let bytes = program.bytes(id, TYPICAL_ROWS, partials[id.0 as usize]).next_multiple_of(ALIGN);
        let free = slots.iter().enumerate().filter(|(_, s)| s.busy_to < first);
        // A small one must not occupy, nor a large one blow up, what another size will want.
        let near = free.filter(|(_, s)| s.bytes <= 2 * bytes && bytes <= 2 * s.bytes);
        let slot = match near.min_by_key(|(i, s)| (s.bytes.abs_diff(bytes), *i)).map(|(i, _)| i) {
            Some(i) => i,
            None => {
                slots.push(Slot { bytes: 0, busy_to: 0 });
                slots.len() - 1
            }
        };
        slots[slot].bytes = slots[slot].bytes.max(bytes);
        slots[slot].busy_to = last;
        program.buffers[id.0 as usize].place = Some(Place { slot: slot as u32 });
    }
}
