//! Rows that are changed while training: blocks of them, filled by the whole team between stretches of native code.
//!
//! Invariant: a row of a block is a function of the stored row and of (seed, epoch, position), so neither blocks nor threads change a bit; an
//! error of reading is that of the first position that has one.

mod block;
mod facts;
mod shown;
mod views;

use std::ops::Range;
use std::sync::{Mutex, PoisonError};

pub use block::Block;
pub use shown::{Gallery, Mixed, Shown, shown};
pub use views::other_views;

use super::{
    feed::ahead,
    function::PassError,
    plan::{self, EpochPlan, Shape},
};
use crate::{
    data::{
        ArrayRule, DataConfig, DataError, Dataset, Input, Numbers, Numeric, Part, RowBuffer, RowStore, Tones,
    },
    kernels::team::Team,
    model::{Model, Train},
    train::augment::{Chain, Facts, Room, Row},
};
use block::{Hands, each_piece, paste};
use facts::{moments, unit};

/// Bytes of a block, where one step does not take more.
const BLOCK: usize = 1 << 20;

/// Rows that a thread fills before it asks for more.
const PIECE: usize = 8;

/// What a run does to its rows.
pub struct Augmenter {
    chain: Chain,
    /// The input that is a picture.
    input: usize,
    seed: u64,
    mapped: Mapping,
}

/// How changed numbers become those that the net sees.
enum Mapping {
    /// They are those.
    Same,
    /// Of bytes, and of other numbers.
    Seen(Tones, ArrayRule),
}

impl Augmenter {
    /// None for a net whose rows stay as they are but for sums of them.
    ///
    /// # Errors
    /// A row that cannot be read, where statements depend on means over all of them.
    pub fn new(model: &Model, dataset: &Dataset, seed: u64) -> Result<Option<Self>, DataError> {
        let (Some(train), Some((input, [height, width, channels]))) = (&model.train, model.picture()) else {
            return Ok(None);
        };
        let augmentation = &train.augmentation;
        let pastes = augmentation.pairs.as_ref().is_some_and(|pairs| pairs.pastes());
        if augmentation.rows.is_empty() && !pastes {
            return Ok(None);
        }
        let fed = &dataset.train.inputs[input];
        let from = match fed.unmapped().form().shape[..] {
            [height, width, _] => [height, width],
            _ => [height, width],
        };
        let is_bytes = fed.unmapped().form().numeric == Numeric::U8;
        let (range, unit) = (of_the_source(model), unit(fed, channels));
        let facts = match augmentation.asks() {
            true => Facts::of(&moments(&dataset.train, input, channels)?, range, unit, is_bytes),
            false => Facts::unknown(range, unit),
        };
        let chain = Chain::new(&augmentation.rows, from, channels, facts);
        Ok(Some(Self { chain, input, seed, mapped: Mapping::of(fed) }))
    }

    /// The statements at one epoch.
    pub fn at<'a>(
        &'a self,
        train: &'a Train,
        shape: &'a Shape,
        plan: &'a EpochPlan,
        epoch: u64,
    ) -> Epoch<'a> {
        Epoch { augmenter: self, train, shape, plan, epoch }
    }

    /// The numbers of a row after all statements, as the source has them.
    fn numbers(&self, row: &Row, store: &dyn RowStore) -> Result<Vec<f32>, DataError> {
        let mut scratch = Scratch::default();
        Ok(match scratch.buffer.row(store, row.number as usize)? {
            Numbers::U8(bytes) => {
                self.chain.apply(row, bytes, &mut scratch.bytes).iter().map(|byte| f32::from(*byte)).collect()
            }
            Numbers::F32(floats) => self.chain.apply(row, floats, &mut scratch.floats).to_vec(),
            // Statements of pictures find none here.
            Numbers::I32(whole) => whole.iter().map(|x| *x as f32).collect(),
        })
    }

    /// What the net is fed of a row.
    fn row(
        &self,
        row: &Row,
        store: &dyn RowStore,
        scratch: &mut Scratch,
        into: &mut [u8],
    ) -> Result<(), DataError> {
        match scratch.buffer.row(store, row.number as usize)? {
            Numbers::U8(bytes) => {
                let changed = self.chain.apply(row, bytes, &mut scratch.bytes);
                match &self.mapped {
                    Mapping::Same => into.copy_from_slice(changed),
                    Mapping::Seen(tones, _) => tones.see(changed, bytemuck::cast_slice_mut(into)),
                }
            }
            Numbers::I32(whole) => into.copy_from_slice(bytemuck::cast_slice(whole)),
            Numbers::F32(floats) => {
                let changed = self.chain.apply(row, floats, &mut scratch.floats);
                match &self.mapped {
                    Mapping::Seen(_, rule) => ruled(rule, changed.iter().map(|x| f64::from(*x)), into),
                    Mapping::Same => into.copy_from_slice(bytemuck::cast_slice(changed)),
                }
            }
        }
        Ok(())
    }
}

/// Black and white in the numbers of the source; of what are no bytes they are declared, where a statement asks for them.
fn of_the_source(model: &Model) -> [f32; 2] {
    let of = |data: &DataConfig| data.settings.range.unwrap_or(data.source.shades());
    let (low, high) = model.data.as_ref().map_or((0.0, 255.0), of);
    [low as f32, high as f32]
}

fn ruled(rule: &ArrayRule, numbers: impl Iterator<Item = f64>, into: &mut [u8]) {
    let seen: &mut [f32] = bytemuck::cast_slice_mut(into);
    seen.iter_mut().zip(numbers).enumerate().for_each(|(i, (seen, x))| *seen = rule.apply(i, x));
}

impl Mapping {
    fn of(input: &Input) -> Self {
        let Some(raw) = &input.raw else { return Self::Same };
        if input.store.form().numeric == Numeric::U8 {
            // Bytes that are seen as bytes: their map is the gather's.
            return Self::Same;
        }
        Self::Seen(Tones::new(&raw.rule), raw.rule.clone())
    }
}

/// The statements of a run at one epoch.
#[derive(Clone, Copy)]
pub struct Epoch<'a> {
    augmenter: &'a Augmenter,
    train: &'a Train,
    shape: &'a Shape,
    plan: &'a EpochPlan,
    epoch: u64,
}

/// What a thread needs while it fills rows.
#[derive(Default)]
struct Scratch {
    bytes: Room<u8>,
    floats: Room<f32>,
    buffer: RowBuffer,
}

impl Epoch<'_> {
    /// The row of the stores `number` at a position of the epoch.
    fn row(&self, position: usize, number: u32) -> Row {
        let steps = self.shape.steps() as u64;
        let update = self.epoch * steps + (position / self.shape.batch) as u64;
        Row {
            seed: self.augmenter.seed,
            epoch: self.epoch,
            position: position as u64,
            number: u64::from(number),
            clock: plan::clock(self.train, update, steps),
        }
    }

    /// Calls `run` with blocks of whole steps and the positions that each holds, in turn, until it answers something. `order` is the row of the
    /// stores at each position from `first` on.
    ///
    /// # Errors
    /// What `run` says; a row that cannot be read, when its block's turn comes; no memory for blocks.
    pub fn each_block<R>(
        &self,
        part: &Part,
        order: &[u32],
        first: usize,
        team: &Team,
        mut run: impl FnMut(&Block<'_>, Range<usize>) -> Result<Option<R>, PassError>,
    ) -> Result<Option<R>, PassError> {
        let batch = self.shape.batch;
        let row: usize = part.inputs.iter().map(|input| input.store.form().row_bytes()).sum();
        let size = (BLOCK / (row * batch).max(1)).max(1) * batch;
        let room = || Block::new(part, self.augmenter.input, size.min(order.len()));
        let all = (0..order.len()).step_by(size).map(|start| start..order.len().min(start + size));
        let fill = |block: &mut Block<'_>, positions: Range<usize>, hands: Hands<'_>| {
            block.fill(self, &order[positions.clone()], first + positions.start, hands)
        };
        if part.inputs[self.augmenter.input].unmapped().is_work() {
            // What waits for files and decodes them goes on beside the team.
            let room = [room()?, room()?].into();
            return ahead(room, all, |block, these| fill(block, these, Hands::Own(team.threads())), run);
        }
        let mut block = room()?;
        for positions in all {
            fill(&mut block, positions.clone(), Hands::Team(team))?;
            if let Some(answer) = run(&block, positions)? {
                return Ok(Some(answer));
            }
        }
        Ok(None)
    }

    /// Fills rows of an input for positions from `first` on.
    fn rows(
        &self,
        input: &Input,
        room: &mut [u8],
        order: &[u32],
        first: usize,
        hands: Hands<'_>,
    ) -> Result<(), DataError> {
        let (store, row_bytes) = (input.unmapped(), input.store.form().row_bytes());
        let pieces: Vec<_> = room.chunks_mut(PIECE * row_bytes).map(Mutex::new).collect();
        let failed: Mutex<Option<(usize, DataError)>> = Mutex::new(None);
        each_piece(&pieces, hands, &|piece, rows| {
            let mut scratch = Scratch::default();
            let start = piece * PIECE;
            for (place, into) in (start..).zip(rows.chunks_exact_mut(row_bytes)) {
                let row = self.row(first + place, order[place]);
                if let Err(error) = self.augmenter.row(&row, store, &mut scratch, into) {
                    let mut failed = failed.lock().unwrap_or_else(PoisonError::into_inner);
                    if failed.as_ref().is_none_or(|(other, _)| place < *other) {
                        *failed = Some((place, error));
                    }
                    return;
                }
            }
        });
        let failed = failed.into_inner().unwrap_or_else(PoisonError::into_inner);
        failed.map_or(Ok(()), |(_, error)| Err(error))
    }

    /// Pastes boxes from partners into the rows of the minibatches of a block that begins at this position.
    fn paste(&self, rows: &mut [u8], row_bytes: usize, first: usize, hands: Hands<'_>) {
        let Some(partner) =
            self.plan.partner.as_deref().filter(|_| self.plan.boxes.iter().any(Option::is_some))
        else {
            return;
        };
        let [height, width, channels] = self.augmenter.chain.shape();
        let element = row_bytes / (height * width * channels);
        let batch = self.shape.batch;
        let minibatches: Vec<_> = rows.chunks_mut(batch * row_bytes).map(Mutex::new).collect();
        each_piece(&minibatches, hands, &|step, rows| {
            let start = first + step * batch;
            let Some(rect) = self.plan.boxes[start / batch] else { return };
            let count = rows.len() / row_bytes;
            let partner: Vec<usize> =
                partner[start..start + count].iter().map(|position| *position as usize - start).collect();
            paste(rows, row_bytes, rect, width, channels * element, &partner);
        });
    }
}
