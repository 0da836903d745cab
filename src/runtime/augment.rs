//! Rows that are changed while training: blocks of them, filled by the whole team between stretches of native code.
//!
//! Invariant: a row of a block is a function of the stored row and of (seed, epoch, position), so neither blocks nor threads change a bit; an
//! error of reading is that of the first position that has one.

use std::ops::Range;
use std::sync::{
    Mutex, PoisonError,
    atomic::{AtomicUsize, Ordering},
};

use super::{
    function::{Arrays, PassError},
    plan::{self, EpochPlan, Shape},
};
use crate::{
    data::{ArrayRule, DataError, Dataset, Input, Numbers, Numeric, Part, RowBuffer, RowStore, Target},
    kernels::{aligned::AlignedVec, team::Team},
    math::Running,
    memory,
    model::{Model, Train},
    train::augment::{Chain, Facts, Rect, Room, Row},
};

/// Bytes of a block, where one step does not take more.
const BLOCK: usize = 1 << 20;

/// Rows that a thread fills before it asks for more.
const PIECE: usize = 8;

/// Black and white of pictures in bytes.
const BYTES: [f32; 2] = [0.0, 255.0];

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
    /// By their channel, of bytes: 256 numbers each.
    Table(Vec<[f32; 256]>),
    Rule(ArrayRule),
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
        let declared = model.data.as_ref().and_then(|data| data.settings.range);
        let floats = declared.map_or([0.0, 1.0], |(low, high)| [low as f32, high as f32]);
        let (range, unit) = (if is_bytes { BYTES } else { floats }, unit(fed, channels));
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
                    Mapping::Table(tables) => {
                        let seen: &mut [f32] = bytemuck::cast_slice_mut(into);
                        let n = tables.len();
                        for (seen, bytes) in seen.chunks_exact_mut(n).zip(changed.chunks_exact(n)) {
                            for ((seen, byte), table) in seen.iter_mut().zip(bytes).zip(tables) {
                                *seen = table[usize::from(*byte)];
                            }
                        }
                    }
                    Mapping::Rule(rule) => ruled(rule, changed.iter().map(|byte| f64::from(*byte)), into),
                }
            }
            Numbers::F32(floats) => {
                let changed = self.chain.apply(row, floats, &mut scratch.floats);
                match &self.mapped {
                    Mapping::Rule(rule) => ruled(rule, changed.iter().map(|x| f64::from(*x)), into),
                    _ => into.copy_from_slice(bytemuck::cast_slice(changed)),
                }
            }
        }
        Ok(())
    }
}

fn ruled(rule: &ArrayRule, numbers: impl Iterator<Item = f64>, into: &mut [u8]) {
    let seen: &mut [f32] = bytemuck::cast_slice_mut(into);
    seen.iter_mut().zip(numbers).enumerate().for_each(|(i, (seen, x))| *seen = rule.apply(i, x));
}

impl Mapping {
    fn of(input: &Input) -> Self {
        let Some(raw) = &input.raw else { return Self::Same };
        match (raw.store.form().numeric, raw.rule.pairs.len()) {
            (Numeric::U8, 1..=16) => {
                let table = |i: usize| std::array::from_fn(|byte| raw.rule.apply(i, byte as f64));
                Self::Table((0..raw.rule.pairs.len()).map(table).collect())
            }
            _ => Self::Rule(raw.rule.clone()),
        }
    }
}

/// How much of each channel's numbers is 1 to the net.
fn unit(input: &Input, channels: usize) -> Vec<f32> {
    let of = |scale: f64| if scale == 0.0 { 0.0 } else { (1.0 / scale.abs()) as f32 };
    let Some(raw) = &input.raw else { return vec![of(f64::from(input.scale)); channels] };
    let pairs = &raw.rule.pairs;
    // Of a pair an element, that of the channel's first place.
    (0..channels).map(|channel| of(pairs[channel % pairs.len()].scale)).collect()
}

/// Means and deviations of the channels of the training rows.
fn moments(part: &Part, input: usize, channels: usize) -> Result<Vec<(f64, f64)>, DataError> {
    let store = part.inputs[input].unmapped();
    let mut buffer = RowBuffer::default();
    let mut sums = vec![Running::default(); channels];
    // How often each byte occurs: exact, and soon done.
    let mut counts = vec![[0_u64; 256]; channels];
    for number in part.numbers() {
        match buffer.row(store, *number as usize)? {
            Numbers::U8(bytes) => bytes.chunks_exact(channels).for_each(|place| {
                place.iter().zip(&mut counts).for_each(|(byte, counts)| counts[usize::from(*byte)] += 1);
            }),
            Numbers::F32(floats) => floats.chunks_exact(channels).for_each(|place| {
                place.iter().zip(&mut sums).for_each(|(x, sum)| sum.add(f64::from(*x)));
            }),
        }
    }
    Ok(match store.form().numeric {
        Numeric::U8 => counts.iter().map(of_counts).collect(),
        Numeric::F32 => sums.iter().map(Running::moments).map(|m| (m.mean, m.deviation())).collect(),
    })
}

/// Mean and deviation of bytes that occur so often.
fn of_counts(counts: &[u64; 256]) -> (f64, f64) {
    let rows = counts.iter().sum::<u64>().max(1) as f64;
    let sum = |f: &dyn Fn(f64) -> f64| (0..256).map(|byte| counts[byte] as f64 * f(byte as f64)).sum::<f64>();
    let mean = sum(&|byte| byte) / rows;
    (mean, (sum(&|byte| (byte - mean) * (byte - mean)) / rows).sqrt())
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
        let mut block = Block::new(part, self.augmenter.input, size.min(order.len()))?;
        for start in (0..order.len()).step_by(size) {
            let positions = start..order.len().min(start + size);
            block.fill(self, &order[positions.clone()], first + start, team)?;
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
        team: &Team,
    ) -> Result<(), DataError> {
        let (store, row_bytes) = (input.unmapped(), input.store.form().row_bytes());
        let pieces: Vec<_> = room.chunks_mut(PIECE * row_bytes).map(Mutex::new).collect();
        let failed: Mutex<Option<(usize, DataError)>> = Mutex::new(None);
        each_piece(&pieces, team, &|piece, rows| {
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
    fn paste(&self, rows: &mut [u8], row_bytes: usize, first: usize, team: &Team) {
        let Some(partner) =
            self.plan.partner.as_deref().filter(|_| self.plan.boxes.iter().any(Option::is_some))
        else {
            return;
        };
        let [height, width, channels] = self.augmenter.chain.shape();
        let element = row_bytes / (height * width * channels);
        let batch = self.shape.batch;
        let minibatches: Vec<_> = rows.chunks_mut(batch * row_bytes).map(Mutex::new).collect();
        each_piece(&minibatches, team, &|step, rows| {
            let start = first + step * batch;
            let Some(rect) = self.plan.boxes[start / batch] else { return };
            let count = rows.len() / row_bytes;
            let partner: Vec<usize> =
                partner[start..start + count].iter().map(|position| *position as usize - start).collect();
            paste(rows, row_bytes, rect, width, channels * element, &partner);
        });
    }
}

/// Copies a rectangle of each row from its partner, as it was before.
fn paste(rows: &mut [u8], row_bytes: usize, rect: Rect, width: usize, place: usize, partner: &[usize]) {
    let lines: Vec<Range<usize>> = rect.lines(width, place).collect();
    let before: Vec<u8> = rows
        .chunks_exact(row_bytes)
        .flat_map(|row| lines.iter().flat_map(move |line| &row[line.clone()]))
        .copied()
        .collect();
    let of_row = rect.area() * place;
    for (row, partner) in rows.chunks_exact_mut(row_bytes).zip(partner) {
        let mut from = &before[partner * of_row..(partner + 1) * of_row];
        for line in &lines {
            let (own, rest) = from.split_at(line.len());
            row[line.clone()].copy_from_slice(own);
            from = rest;
        }
    }
}

/// Calls `work` with each piece and its number, on all threads.
fn each_piece<T: ?Sized + Send>(
    pieces: &[Mutex<&mut T>],
    team: &Team,
    work: &(impl Fn(usize, &mut T) + Sync),
) {
    let next = AtomicUsize::new(0);
    team.run(team.threads().min(pieces.len()), &|_| {
        loop {
            let number = next.fetch_add(1, Ordering::Relaxed);
            let Some(piece) = pieces.get(number) else { return };
            // Nobody else has drawn this number.
            work(number, &mut piece.lock().unwrap_or_else(PoisonError::into_inner));
        }
    });
}

/// Rows one after another, as the net is fed with them.
pub struct Block<'a> {
    part: &'a Part,
    /// The input that is changed.
    changed: usize,
    /// On cache lines, bytes too.
    inputs: Vec<AlignedVec>,
    target: Target,
    positions: usize,
}

impl<'a> Block<'a> {
    fn new(part: &'a Part, changed: usize, positions: usize) -> Result<Self, DataError> {
        let sizes = part.inputs.iter().map(|input| positions * input.store.form().row_bytes());
        memory::check(sizes.clone().map(|size| size as u64).sum())?;
        let room = |size: usize| {
            let room = AlignedVec::try_filled(size.div_ceil(size_of::<f32>()), 0.0);
            room.map_err(|_| memory::refused(size as u64))
        };
        Ok(Self {
            part,
            changed,
            inputs: sizes.map(room).collect::<Result<_, _>>()?,
            target: Target::NONE,
            positions,
        })
    }

    /// The rows at positions from `first` on, whose rows of the stores are `order`.
    fn fill(&mut self, epoch: &Epoch<'_>, order: &[u32], first: usize, team: &Team) -> Result<(), DataError> {
        self.positions = order.len();
        for (i, input) in self.part.inputs.iter().enumerate() {
            let row_bytes = input.store.form().row_bytes();
            let room: &mut [u8] = bytemuck::cast_slice_mut(&mut self.inputs[i]);
            let room = &mut room[..order.len() * row_bytes];
            if i == self.changed {
                epoch.rows(input, room, order, first, team)?;
                epoch.paste(room, row_bytes, first, team);
                continue;
            }
            for (row, into) in order.iter().zip(room.chunks_exact_mut(row_bytes)) {
                input.store.read(*row as usize, into)?;
            }
        }
        self.target = self.part.target.of_rows(order);
        Ok(())
    }

    /// The numbers of an input.
    fn numbers(&self, input: usize) -> Numbers<'_> {
        let form = self.part.inputs[input].store.form();
        let count = self.positions * form.width();
        match form.numeric {
            Numeric::F32 => Numbers::F32(&self.inputs[input][..count]),
            Numeric::U8 => Numbers::U8(&bytemuck::cast_slice(&self.inputs[input])[..count]),
        }
    }

    /// Those of the rows that were changed.
    pub fn changed(&self) -> Numbers<'_> {
        self.numbers(self.changed)
    }

    /// What native code reads the rows from.
    pub(super) fn arrays(&self) -> Arrays<'_> {
        let inputs = self.part.inputs.iter().enumerate().map(|(i, input)| (input, self.numbers(i)));
        Arrays::new(inputs, Some(&self.target))
    }
}
