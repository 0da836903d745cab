//! Rows that are changed while training: blocks of them, filled by the whole team between stretches of native code.
//! What becomes of a picture is in `pictures.rs`, of a text in `texts.rs`, of a sound in `sounds.rs`.
//!
//! Invariant: a row of a block is a function of the stored row and of (seed, epoch, position), so neither blocks nor threads change a bit; an
//! error of reading is that of the first position that has one.

mod block;
mod facts;
mod pictures;
mod shown;
mod sounds;
#[cfg(test)]
mod tests;
mod texts;
mod views;

use std::ops::Range;
use std::sync::{Mutex, PoisonError, atomic::AtomicU32};

pub use block::Block;
pub use shown::{Gallery, Mixed, Pictured, Shown, shown};
pub use views::other_views;

use super::{
    feed::ahead,
    function::PassError,
    plan::{self, EpochPlan, Shape},
};
use crate::{
    data::{DataError, Dataset, Part, RowBuffer},
    kernels::team::Team,
    model::{Model, Train},
    train::augment::{Playing, Room, Row, Studio, Vocabulary, Wording},
};
use block::{Hands, each_piece, paste};
use pictures::Pictures;

/// Bytes of a block, where one step does not take more.
const BLOCK: usize = 1 << 20;

/// Rows that a thread fills before it asks for more; of sounds, a row of which is a thousand times the work.
const PIECE: usize = 8;
const PIECE_OF_SOUNDS: usize = 2;

/// What a run does to its rows.
pub struct Augmenter {
    rows: Rows,
    /// The input that is changed.
    input: usize,
    /// The input that says how many tokens or samples of a row are its own, of texts and sounds.
    lengths: Option<usize>,
    seed: u64,
    /// What threads worked on, for whoever works next: what lies there changes nothing.
    idle: Mutex<Vec<Scratch>>,
}

/// What rows are, and what becomes of them one by one.
enum Rows {
    Pictures(Pictures),
    Texts(Wording),
    Sounds(Playing),
}

impl Augmenter {
    /// None for a net whose rows stay as they are but for sums of them.
    ///
    /// # Errors
    /// A row that cannot be read, where statements depend on means over all of them; a dictionary that a statement needs.
    pub fn new(model: &Model, dataset: &Dataset, seed: u64) -> Result<Option<Self>, DataError> {
        let Some(augmentation) = model.train.as_ref().map(|train| &train.augmentation) else {
            return Ok(None);
        };
        let lengths = |input: usize| Some(dataset.train.inputs.len() - 1).filter(|last| *last != input);
        if !model.changes_rows() {
            return Ok(None);
        }
        if let Some((input, playing)) = sounds::playing(model, augmentation, &dataset.search)? {
            return Ok(Some(Self {
                rows: Rows::Sounds(playing),
                input,
                lengths: lengths(input),
                seed,
                idle: Mutex::default(),
            }));
        }
        if let Some((input, picture)) = model.picture() {
            let pictures = Pictures::new(model, augmentation, dataset, (input, picture))?;
            return Ok(Some(Self {
                rows: Rows::Pictures(pictures),
                input,
                lengths: None,
                seed,
                idle: Mutex::default(),
            }));
        }
        let Some((input, names)) = texts::vocabulary(model, dataset) else { return Ok(None) };
        let wording = Wording::new(&augmentation.rows, &mut Vocabulary::new(names, &dataset.search))?;
        Ok(Some(Self {
            rows: Rows::Texts(wording),
            input,
            lengths: lengths(input),
            seed,
            idle: Mutex::default(),
        }))
    }

    /// Something to work on.
    fn scratch(&self) -> Scratch {
        self.idle.lock().unwrap_or_else(PoisonError::into_inner).pop().unwrap_or_default()
    }

    /// Makes the paraphrases that statements need, and tells of it; answers whether that was not stopped.
    ///
    /// # Errors
    /// A translator that is missing or does not do its work, at the statement.
    pub fn prepare(
        &mut self,
        dataset: &Dataset,
        stop: &AtomicU32,
        tell: &mut dyn FnMut(&str),
    ) -> Result<bool, DataError> {
        match (&mut self.rows, texts::corpus(dataset)) {
            (Rows::Texts(wording), Some(corpus)) => wording.prepare(&corpus, stop, tell),
            _ => Ok(true),
        }
    }

    /// A word that tells what dictionaries and translators said of the net's words, once it is prepared; none where nobody was asked.
    pub fn stamp(&self) -> Option<u64> {
        match &self.rows {
            Rows::Texts(wording) => wording.stamp(),
            Rows::Pictures(_) | Rows::Sounds(_) => None,
        }
    }

    /// The statements at one epoch.
    pub fn at<'a>(
        &'a self,
        train: &'a Train,
        shape: &'a Shape,
        plan: &'a EpochPlan,
        epoch: u64,
    ) -> Epoch<'a> {
        Epoch { augmenter: self, train, shape, plan, epoch, read: None }
    }

    /// The pictures that are changed, if the rows are some.
    fn pictures(&self) -> Option<&Pictures> {
        match &self.rows {
            Rows::Pictures(pictures) => Some(pictures),
            Rows::Texts(_) | Rows::Sounds(_) => None,
        }
    }

    /// The statements of sounds, if the rows are some.
    fn playing(&self) -> Option<&Playing> {
        match &self.rows {
            Rows::Sounds(playing) => Some(playing),
            Rows::Pictures(_) | Rows::Texts(_) => None,
        }
    }

    /// The samples of a row of the stores before all statements, those of the whole clip where stretches of it are drawn; none of other rows.
    fn heard(&self, part: &Part, number: u64) -> Result<Vec<f32>, DataError> {
        let Some(playing) = self.playing() else { return Ok(Vec::new()) };
        let place = (part, self.input, self.lengths);
        if playing.draws_stretches() {
            return sounds::whole(number, place);
        }
        let mut room = [RowBuffer::default(), RowBuffer::default()];
        let [buffer, length] = &mut room;
        sounds::own(number, place, (buffer, length)).map(<[f32]>::to_vec)
    }

    /// What the net is fed of a row of a part; answers how many tokens or samples are its own, of texts and sounds.
    fn row(
        &self,
        row: &Row,
        part: &Part,
        scratch: &mut Scratch,
        into: &mut [u8],
    ) -> Result<usize, DataError> {
        let store = part.inputs[self.input].unmapped();
        match &self.rows {
            Rows::Pictures(pictures) => pictures.row(row, store, scratch, into).map(|()| 0),
            Rows::Texts(wording) => texts::row(wording, row, store, scratch, into),
            Rows::Sounds(playing) => {
                sounds::row(playing, row, (part, self.input, self.lengths), scratch, into)
            }
        }
    }
}

/// The statements of a run at one epoch.
#[derive(Clone)]
pub struct Epoch<'a> {
    augmenter: &'a Augmenter,
    train: &'a Train,
    shape: &'a Shape,
    plan: &'a EpochPlan,
    epoch: u64,
    /// By position, counted from the first: whether the row is read here; all are where nothing is said.
    read: Option<(usize, Vec<bool>)>,
}

/// What a thread needs while it fills rows.
#[derive(Default)]
struct Scratch {
    bytes: Room<u8>,
    floats: Room<f32>,
    tokens: Vec<i32>,
    studio: Studio,
    /// Of a clip that is longer than a row.
    stretch: Vec<f32>,
    buffer: RowBuffer,
    length: RowBuffer,
}

impl Epoch<'_> {
    /// The row of the stores `number` at a position of the epoch.
    fn row(&self, position: usize, number: u32) -> Row {
        let steps = self.shape.steps() as u64;
        let update = self.epoch * steps + (position / self.shape.batch) as u64;
        Row {
            seed: self.augmenter.seed,
            epoch: self.epoch,
            position: self.plan.place(position) as u64,
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
        let changed = (self.augmenter.input, self.augmenter.lengths);
        let room = || Block::new(part, changed, size.min(order.len()));
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

    /// Leaves rows out that nobody reads here: `read` says by position, counted from `first`, which are.
    #[must_use]
    pub fn only(self, first: usize, read: Option<Vec<bool>>) -> Self {
        Self { read: read.map(|read| (first, read)), ..self }
    }

    fn is_read(&self, position: usize) -> bool {
        self.read.as_ref().is_none_or(|(first, read)| read[position - first])
    }

    /// Fills rows, and how long they are, for positions from `first` on.
    fn rows(
        &self,
        part: &Part,
        (room, lengths): (&mut [u8], &mut [i32]),
        order: &[u32],
        first: usize,
        hands: Hands<'_>,
    ) -> Result<(), DataError> {
        let row_bytes = part.inputs[self.augmenter.input].store.form().row_bytes();
        let size = if self.augmenter.playing().is_some() { PIECE_OF_SOUNDS } else { PIECE };
        let pieces = room.chunks_mut(size * row_bytes).zip(lengths.chunks_mut(size));
        let mut pieces: Vec<(&mut [u8], &mut [i32])> = pieces.collect();
        let pieces: Vec<_> = pieces.iter_mut().map(Mutex::new).collect();
        let failed: Mutex<Option<(usize, DataError)>> = Mutex::new(None);
        each_piece(&pieces, hands, &|piece, (rows, lengths)| {
            let mut scratch = self.augmenter.scratch();
            let start = piece * size;
            let rows = rows.chunks_exact_mut(row_bytes).zip(lengths.iter_mut());
            for (place, (into, length)) in (start..).zip(rows) {
                if !self.is_read(first + place) {
                    continue;
                }
                let row = self.row(first + place, order[place]);
                match self.augmenter.row(&row, part, &mut scratch, into) {
                    Ok(own) => *length = own as i32,
                    Err(error) => {
                        let mut failed = failed.lock().unwrap_or_else(PoisonError::into_inner);
                        if failed.as_ref().is_none_or(|(other, _)| place < *other) {
                            *failed = Some((place, error));
                        }
                        break;
                    }
                }
            }
            self.augmenter.idle.lock().unwrap_or_else(PoisonError::into_inner).push(scratch);
        });
        let failed = failed.into_inner().unwrap_or_else(PoisonError::into_inner);
        failed.map_or(Ok(()), |(_, error)| Err(error))
    }

    /// Makes rows of a block that begins at this position as long as those that they are mixed with.
    fn lengthen(&self, lengths: &mut [i32], first: usize) {
        let (Some(partner), Rows::Sounds(_)) = (&self.plan.partner, &self.augmenter.rows) else { return };
        let own = lengths.to_vec();
        for (place, length) in lengths.iter_mut().enumerate() {
            *length = (*length).max(own[partner[first + place] as usize - first]);
        }
    }

    /// Pastes boxes from partners into the rows of the minibatches of a block that begins at this position.
    fn paste(&self, rows: &mut [u8], row_bytes: usize, first: usize, hands: Hands<'_>) {
        let partner = self.plan.partner.as_deref().filter(|_| self.plan.boxes.iter().any(Option::is_some));
        let Some((partner, pictures)) = partner.zip(self.augmenter.pictures()) else { return };
        let [height, width, channels] = pictures.chain.shape();
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
