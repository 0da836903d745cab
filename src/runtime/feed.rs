//! Rows that do not lie in memory, brought there in blocks of whole steps, one of them read ahead while another runs.
//!
//! Invariants: what a step reads is a function of the pass's order alone, so neither blocks nor reading ahead change a bit; an error of
//! reading travels in its block and ends the pass where that block would have begun, whatever the number of threads.

use std::ops::Range;
use std::sync::mpsc::{Receiver, SyncSender, channel, sync_channel};
use std::thread;

use super::function::{Arrays, PassError};
use crate::{
    data::{DataError, Numbers, Numeric, Part, Target, read_rows},
    kernels::aligned::AlignedVec,
    memory,
};

/// Bytes of a block, where one step does not take more: enough to hide what a call of native code costs, little beside what a net holds.
const BLOCK: usize = 4 << 20;

/// Blocks in memory: one that runs, one that is filled.
pub(super) const RING: usize = 2;

/// The rows of some steps, block by block.
pub(super) struct Feed<'a> {
    part: &'a Part,
    with_target: bool,
    /// Row of the stores at each position of these steps.
    order: &'a [u32],
    /// By position: whether its row is read; all are where nothing is said.
    read: Option<&'a [bool]>,
    batch: usize,
    /// Steps of a block.
    steps: usize,
}

impl<'a> Feed<'a> {
    pub fn new(
        part: &'a Part,
        with_target: bool,
        (order, read): (&'a [u32], Option<&'a [bool]>),
        batch: usize,
    ) -> Self {
        let row: usize = part.inputs.iter().map(|input| input.store.form().row_bytes()).sum();
        let steps = (BLOCK / (row * batch).max(1)).max(1);
        Self { part, with_target, order, read, batch, steps }
    }

    /// Positions of a block, at most.
    pub fn positions(&self) -> usize {
        self.order.len().min(self.steps * self.batch)
    }

    /// Calls `run` with each block and the positions that it holds, in turn, until it answers something.
    ///
    /// # Errors
    /// What `run` says; a row that cannot be read, when its block's turn comes; no memory for blocks.
    pub fn each_block<R>(
        &self,
        run: impl FnMut(&Block, Range<usize>) -> Result<Option<R>, PassError>,
    ) -> Result<Option<R>, PassError> {
        let blocks = || {
            let size = self.steps * self.batch;
            (0..self.order.len()).step_by(size).map(move |start| start..self.order.len().min(start + size))
        };
        let room = blocks().take(RING).map(|_| Block::new(self)).collect::<Result<_, _>>()?;
        let fill = |block: &mut Block, positions: Range<usize>| block.fill(self, positions);
        ahead(room, blocks(), fill, run)
    }
}

/// Calls `run` with each block of positions in turn until it answers something, while `fill` fills the next in another thread; `room` is that of
/// the blocks that there are at a time.
///
/// # Errors
/// What `run` says; what `fill` says, when its block's turn comes.
pub(super) fn ahead<B: Send, R>(
    room: Vec<B>,
    blocks: impl Iterator<Item = Range<usize>> + Clone + Send,
    fill: impl Fn(&mut B, Range<usize>) -> Result<(), DataError> + Send,
    mut run: impl FnMut(&B, Range<usize>) -> Result<Option<R>, PassError>,
) -> Result<Option<R>, PassError> {
    let (full, filled) = sync_channel(room.len().max(1));
    let (empty, emptied) = channel();
    for block in room {
        // Nobody has closed the channel yet.
        let _ = empty.send(block);
    }
    thread::scope(|scope| {
        let to_fill = blocks.clone();
        scope.spawn(move || read_ahead(to_fill, &emptied, &full, fill));
        // The reader ends when these are gone, which is before the scope waits for it.
        let (filled, empty) = (filled, empty);
        for positions in blocks {
            let Ok(block) = filled.recv() else { break };
            let block: B = block?;
            if let Some(answer) = run(&block, positions)? {
                return Ok(Some(answer));
            }
            let _ = empty.send(block);
        }
        Ok(None)
    })
}

/// Fills blocks as they become free, until all are filled, one fails, or nobody waits for more.
fn read_ahead<B>(
    blocks: impl Iterator<Item = Range<usize>>,
    emptied: &Receiver<B>,
    full: &SyncSender<Result<B, DataError>>,
    fill: impl Fn(&mut B, Range<usize>) -> Result<(), DataError>,
) {
    for positions in blocks {
        let Ok(mut block) = emptied.recv() else { return };
        let filled = fill(&mut block, positions).map(|()| block);
        let failed = filled.is_err();
        if full.send(filled).is_err() || failed {
            return;
        }
    }
}

/// Rows one after another.
pub(super) struct Block {
    /// On cache lines, bytes too.
    inputs: Vec<AlignedVec>,
    target: Target,
}

impl Block {
    fn new(feed: &Feed<'_>) -> Result<Self, DataError> {
        let sizes = feed.part.inputs.iter().map(|input| feed.positions() * input.store.form().row_bytes());
        memory::check(sizes.clone().map(|size| size as u64).sum())?;
        let room = |size: usize| {
            let room = AlignedVec::try_filled(size.div_ceil(size_of::<f32>()), 0.0);
            room.map_err(|_| memory::refused(size as u64))
        };
        Ok(Self { inputs: sizes.map(room).collect::<Result<_, _>>()?, target: Target::NONE })
    }

    fn fill(&mut self, feed: &Feed<'_>, positions: Range<usize>) -> Result<(), DataError> {
        let (rows, read) = (&feed.order[positions.clone()], feed.read.map(|read| &read[positions]));
        for (input, room) in feed.part.inputs.iter().zip(&mut self.inputs) {
            let room: &mut [u8] = bytemuck::cast_slice_mut(room);
            let Some(read) = read else {
                read_rows(&*input.store, rows, room)?;
                continue;
            };
            let into = room.chunks_exact_mut(input.store.form().row_bytes());
            for ((row, into), _) in rows.iter().zip(into).zip(read).filter(|(_, read)| **read) {
                input.store.read(*row as usize, into)?;
            }
        }
        if feed.with_target {
            self.target = feed.part.target.of_rows(rows);
        }
        Ok(())
    }

    /// What native code reads the rows from.
    pub fn arrays<'b>(&'b self, feed: &'b Feed<'_>) -> Arrays<'b> {
        let inputs = feed.part.inputs.iter().zip(&self.inputs).map(|(input, room)| {
            let form = input.store.form();
            let numbers = match form.numeric {
                Numeric::F32 => Numbers::F32(room),
                Numeric::I32 => Numbers::I32(bytemuck::cast_slice(room)),
                Numeric::U8 => {
                    Numbers::U8(&bytemuck::cast_slice(room)[..feed.positions() * form.row_bytes()])
                }
            };
            (input, numbers)
        });
        Arrays::new(inputs, feed.with_target.then_some(&self.target))
    }
}
