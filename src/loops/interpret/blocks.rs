//! A kernel over rows on one block after another.

use super::{Data, Machine};
use crate::loops::verify::traffic;
use crate::loops::{BufferKind, Kernel};

impl Machine<'_> {
    /// Runs a kernel on each block of the rows as if it were all of them: what it sees of each buffer is the block's.
    pub(super) fn by_blocks(&mut self, kernel: &Kernel) {
        let (program, step) = (self.program, self.step);
        let partials = program.partial_rows(step.rows);
        let written = traffic(kernel).1;
        let mut touched = kernel.buffers();
        touched.sort_unstable();
        touched.dedup();
        for (block, rows) in program.blocks.each(step.rows).enumerate() {
            let mut aside = Vec::new();
            for id in &touched {
                let buffer = &program.buffers[id.0 as usize];
                let own = match buffer.kind {
                    BufferKind::Temp | BufferKind::State(_) if buffer.is_batched() => rows.clone(),
                    BufferKind::Partials if written.contains(id) => {
                        let each = partials[id.0 as usize].each;
                        block * each..(block + 1) * each
                    }
                    _ => continue,
                };
                let own = own.start * buffer.row_len()..own.end * buffer.row_len();
                let part = Data::F32(self.floats(*id)[own.clone()].to_vec());
                aside.push((*id, own, std::mem::replace(&mut self.memory[id.0 as usize], part)));
            }
            (self.rows, self.position) = (rows.len(), step.position + rows.start);
            self.kernel(kernel);
            for (id, own, whole) in aside {
                let part = std::mem::replace(&mut self.memory[id.0 as usize], whole);
                if let Data::F32(part) = part {
                    self.floats_mut(id)[own].copy_from_slice(&part);
                }
            }
        }
        (self.rows, self.position) = (step.rows, step.position);
    }
}
