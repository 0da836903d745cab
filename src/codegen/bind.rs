//! The arrays and numbers of one pass, and the proof that native code stays inside them.
//!
//! `check` has proved that every access of a program lies within its buffers' declared extents; `Bound::new` proves that the arrays
//! given for a pass have those extents, that row numbers are within the data and that the tables by id are long enough. Together
//! they are what makes `Compiled::run` safe.

use std::ops::Range;
use std::sync::atomic::{AtomicU32, AtomicU64};

use crate::graph::DType;
use crate::loops::{Buffer, BufferId, BufferKind, Program};

use super::layout::{Arena, LINE, elements};
use super::needs::Needs;
use super::shape::{row_len, storage};
use super::{CodegenError, Options, Storage};

/// An input array of the data set, all rows.
#[derive(Clone, Copy, Debug)]
pub enum Array<'a> {
    F32(&'a [f32]),
    /// Tokens, or lengths of rows.
    I32(&'a [i32]),
    /// Read as `byte * scale + shift`, each operation rounded.
    U8 {
        bytes: &'a [u8],
        scale: f32,
        shift: f32,
    },
}

/// The targets of the data set, all rows.
#[derive(Clone, Copy, Debug)]
pub enum Target<'a> {
    None,
    /// Of rows, or of the steps of each.
    Classes(&'a [i32]),
    Values(&'a [f32]),
}

/// A stored tensor: parameter, optimizer slot or state.
#[derive(Debug)]
pub enum Tensor<'a> {
    Read(&'a [f32]),
    Write(&'a mut [f32]),
}

impl Tensor<'_> {
    fn len(&self) -> usize {
        match self {
            Self::Read(x) => x.len(),
            Self::Write(x) => x.len(),
        }
    }

    fn address(&mut self) -> u64 {
        match self {
            Self::Read(x) => x.as_ptr() as u64,
            Self::Write(x) => x.as_mut_ptr() as u64,
        }
    }
}

/// One pass over rows in batches.
pub struct Bind<'a> {
    /// By slot.
    pub inputs: Vec<Array<'a>>,
    pub target: Target<'a>,
    /// By id, each of the three; a tensor that the program updates must be `Write`, at a multiple of 64 bytes.
    pub params: Vec<Tensor<'a>>,
    pub slots: Vec<Tensor<'a>>,
    pub states: Vec<Tensor<'a>>,
    /// Predictions, one row a position of the steps to run: the first is of position `steps.start * batch`. Empty where the program has none.
    pub output: &'a mut [f32],
    /// Rows of the pass and of a batch; step `s` has positions `s * batch ..`.
    pub rows: usize,
    pub batch: usize,
    /// Steps to run now, within `0 .. rows.div_ceil(batch)`.
    pub steps: Range<usize>,
    /// Row of the data at each position of the steps to run: the first is of position `steps.start * batch`.
    pub order: &'a [u32],
    /// The row that each of these positions is mixed with; empty where nothing is mixed.
    pub partner: &'a [u32],
    /// What each of these positions counts as where row keys are made, in code that is not sampled; empty where it is the position itself.
    pub places: &'a [u32],
    /// `scalar_count` words a step, by id: f32 bits or i32. Row 0 belongs to `steps.start`.
    pub scalars: &'a [u32],
    pub scalar_count: usize,
    /// Stream keys by site; in code that is sampled one such list a sample.
    pub streams: &'a [u64],
    /// In code that is sampled: the sample that each of these positions belongs to, an index of lists of streams. A row's key is then made of
    /// its sample's stream and `order`'s row number; the key of a site with one draw a step is that of the first position's
    /// sample, so such steps have one sample each.
    pub samples: &'a [u32],
    /// Streams of one sample.
    pub stream_count: usize,
    /// Number of position 0 where row keys are made: 0 in training.
    pub position_base: u64,
    /// Ordinal in the run of the update of `steps.start`.
    pub update_base: u64,
    /// Sums over steps, by metric; added to.
    pub totals: &'a mut [f64],
    /// Number of the next step, stored after every step.
    pub done: &'a AtomicU64,
    /// The pass ends after the current step when this is not 0.
    pub stop: &'a AtomicU32,
}

impl Bind<'_> {
    /// Positions of the steps to run, within the pass.
    #[inline]
    pub(super) fn positions(&self) -> Range<usize> {
        let of = |step: usize| self.rows.min(step * self.batch);
        of(self.steps.start)..of(self.steps.end.max(self.steps.start))
    }
}

impl<'a> Bind<'a> {
    /// One step over `rows` rows without tensors and tables, targets, mixing, samples and sums: what a pass has of them replaces these.
    #[inline]
    pub fn once(rows: usize, output: &'a mut [f32], done: &'a AtomicU64, stop: &'a AtomicU32) -> Self {
        Self {
            inputs: Vec::new(),
            target: Target::None,
            params: Vec::new(),
            slots: Vec::new(),
            states: Vec::new(),
            output,
            rows,
            batch: rows.max(1),
            steps: 0..usize::from(rows > 0),
            order: &[],
            partner: &[],
            places: &[],
            scalars: &[],
            scalar_count: 0,
            streams: &[],
            samples: &[],
            stream_count: 0,
            position_base: 0,
            update_base: 0,
            totals: &mut [],
            done,
            stop,
        }
    }
}

/// A checked pass: the words of the operand table that are addresses of buffers, and the affine maps of byte inputs.
pub(super) struct Bound {
    pub addresses: Vec<u64>,
    /// By input slot.
    pub affine: Vec<u64>,
    /// Rows of a whole minibatch.
    pub batch: usize,
    /// First of the blocks of rows that are this process's.
    pub first_block: usize,
}

fn wrong<T>(buffer: &str, reason: impl Into<String>) -> Result<T, CodegenError> {
    Err(CodegenError::Bind { buffer: buffer.into(), reason: reason.into() })
}

impl Bound {
    /// `arena` is the address of the temporaries, laid out for `bind.batch` by `places`; `rank` the number of the process.
    pub fn new(
        program: &Program,
        options: &Options,
        needs: &Needs,
        bind: &mut Bind<'_>,
        places: &Arena,
        (arena, rank): (u64, usize),
    ) -> Result<Self, CodegenError> {
        check_steps(bind)?;
        check_tables(needs, bind)?;
        if options.sampled {
            check_samples(needs, bind)?;
        }
        check_rows_that_go_on(program, bind)?;
        let mut data_rows = None;
        let mut addresses = Vec::with_capacity(program.buffers.len());
        for (i, buffer) in program.buffers.iter().enumerate() {
            let id = BufferId(i as u32);
            let (written, batch) = (needs.written(id), bind.batch.min(bind.rows));
            let address = match buffer.kind {
                BufferKind::Input { slot } => {
                    let (address, rows) = input(buffer, storage(buffer, options), &bind.inputs, slot)?;
                    least(&mut data_rows, rows);
                    address
                }
                BufferKind::Target => {
                    let (address, rows) = target(buffer, bind.target)?;
                    least(&mut data_rows, rows);
                    address
                }
                BufferKind::Param(p) => stored(buffer, written, bind.params.get_mut(p.index()), batch)?,
                BufferKind::Slot(s) => stored(buffer, written, bind.slots.get_mut(s.index()), batch)?,
                BufferKind::State(s) => stored(buffer, written, bind.states.get_mut(s.index()), batch)?,
                BufferKind::Output => output(buffer, bind)?,
                BufferKind::Enter(_) | BufferKind::Carry(_) | BufferKind::Stack(_) => {
                    return wrong(&buffer.name, "belongs to a step of a loop over time");
                }
                BufferKind::Temp | BufferKind::Partials => match places.place(id, buffer) {
                    Some(element) => arena + 4 * element as u64,
                    None => return wrong(&buffer.name, "has no place in the arena"),
                },
            };
            addresses.push(address);
        }
        if let Some(rows) = data_rows {
            check_order("order", bind.order, bind, rows, needs.order || options.sampled)?;
            check_order("partner", bind.partner, bind, rows, needs.partner)?;
        }
        let affine = bind.inputs.iter().map(|a| match a {
            Array::F32(_) | Array::I32(_) => 0,
            Array::U8 { scale, shift, .. } => u64::from(scale.to_bits()) | u64::from(shift.to_bits()) << 32,
        });
        let first_block = rank * program.blocks.own();
        Ok(Self { addresses, affine: affine.collect(), batch: bind.batch, first_block })
    }
}

fn least(rows: &mut Option<usize>, new: usize) {
    *rows = Some(rows.map_or(new, |old: usize| old.min(new)));
}

fn check_steps(bind: &Bind<'_>) -> Result<(), CodegenError> {
    if bind.batch == 0 || bind.rows > u32::MAX as usize {
        return wrong("batch", "must be positive, and rows must fit 32 bits");
    }
    if bind.steps.end > bind.rows.div_ceil(bind.batch) {
        return wrong("steps", format!("end at {}, beyond the rows of the pass", bind.steps.end));
    }
    Ok(())
}

/// A block's rows of a state begin where those of a whole minibatch's block do.
fn check_rows_that_go_on(program: &Program, bind: &Bind<'_>) -> Result<(), CodegenError> {
    let carried = program.buffers.iter().find(|b| b.is_batched() && matches!(b.kind, BufferKind::State(_)));
    match carried.filter(|_| !program.blocks.are_one() && !bind.rows.is_multiple_of(bind.batch)) {
        Some(state) => wrong(&state.name, "rows that go on fill whole minibatches"),
        None => Ok(()),
    }
}

fn check_tables(needs: &Needs, bind: &Bind<'_>) -> Result<(), CodegenError> {
    if bind.scalar_count < needs.scalars || bind.scalars.len() < bind.steps.len() * bind.scalar_count {
        return wrong("scalars", format!("need {} words a step for every step", needs.scalars));
    }
    if bind.streams.len() < needs.streams {
        return wrong("streams", format!("need {}, have {}", needs.streams, bind.streams.len()));
    }
    if !bind.places.is_empty() && bind.places.len() < bind.positions().len() {
        return wrong("places", "shorter than the steps to run");
    }
    if bind.totals.len() < needs.totals {
        return wrong("totals", format!("need {}, have {}", needs.totals, bind.totals.len()));
    }
    Ok(())
}

/// Every sample that the steps name has its streams, and every position its row number.
fn check_samples(needs: &Needs, bind: &Bind<'_>) -> Result<(), CodegenError> {
    let positions = bind.positions();
    let (Some(samples), Some(_)) = (bind.samples.get(..positions.len()), bind.order.get(..positions.len()))
    else {
        return wrong("samples", "shorter than the pass");
    };
    let most = samples.iter().max().map_or(0, |s| *s as usize + 1);
    if bind.stream_count < needs.streams || bind.streams.len() < most * bind.stream_count {
        return wrong("streams", format!("need {} for each of {most} samples", needs.streams));
    }
    Ok(())
}

/// Every row number that the steps gather is a row of the data.
fn check_order(
    name: &str,
    order: &[u32],
    bind: &Bind<'_>,
    data_rows: usize,
    used: bool,
) -> Result<(), CodegenError> {
    if !used {
        return Ok(());
    }
    let Some(rows) = order.get(..bind.positions().len()) else {
        return wrong(name, "shorter than the steps to run");
    };
    match rows.iter().max() {
        Some(&row) if row as usize >= data_rows => {
            wrong(name, format!("names row {row}, and the data has {data_rows}"))
        }
        _ => Ok(()),
    }
}

/// Address and rows of an input array.
fn input(
    buffer: &Buffer,
    storage: Storage,
    inputs: &[Array<'_>],
    slot: u32,
) -> Result<(u64, usize), CodegenError> {
    let (address, len) = match (inputs.get(slot as usize), storage, buffer.dtype) {
        (Some(Array::F32(x)), Storage::Words, DType::F32) => (x.as_ptr() as u64, x.len()),
        (Some(Array::I32(x)), Storage::Words, DType::I32) => (x.as_ptr() as u64, x.len()),
        (Some(Array::U8 { bytes, .. }), Storage::Bytes, DType::F32) => (bytes.as_ptr() as u64, bytes.len()),
        (Some(_), ..) => return wrong(&buffer.name, "is stored otherwise than the code was made for"),
        (None, ..) => return wrong(&buffer.name, "no array is bound"),
    };
    Ok((address, whole_rows(buffer, len)?))
}

/// Where the predictions of position 0 would stand, so that those of the steps to run are within `bind.output`. Steps are within the
/// pass already.
fn output(buffer: &Buffer, bind: &mut Bind<'_>) -> Result<u64, CodegenError> {
    let positions = bind.positions();
    if bind.output.len() < elements(buffer, positions.len()) {
        return wrong(&buffer.name, "too short for the rows of its steps");
    }
    Ok((bind.output.as_mut_ptr() as u64).wrapping_sub(4 * elements(buffer, positions.start) as u64))
}

fn target(buffer: &Buffer, target: Target<'_>) -> Result<(u64, usize), CodegenError> {
    let (address, len) = match (target, buffer.dtype) {
        (Target::Classes(x), DType::I32) => (x.as_ptr() as u64, x.len()),
        (Target::Values(x), DType::F32) => (x.as_ptr() as u64, x.len()),
        _ => return wrong(&buffer.name, "targets are missing or of the wrong kind"),
    };
    Ok((address, whole_rows(buffer, len)?))
}

fn whole_rows(buffer: &Buffer, len: usize) -> Result<usize, CodegenError> {
    match row_len(buffer) {
        0 => wrong(&buffer.name, "has rows of no elements"),
        n if len.is_multiple_of(n) => Ok(len / n),
        n => wrong(&buffer.name, format!("{len} elements are not rows of {n}")),
    }
}

/// Of a tensor that outlives the step; one that has a part for each row has room for as many as a minibatch has.
fn stored(
    buffer: &Buffer,
    written: bool,
    tensor: Option<&mut Tensor<'_>>,
    batch: usize,
) -> Result<u64, CodegenError> {
    let Some(tensor) = tensor else { return wrong(&buffer.name, "no tensor is bound") };
    let (has, wants) = (tensor.len(), elements(buffer, batch));
    if if buffer.is_batched() { has < wants } else { has != wants } {
        return wrong(&buffer.name, format!("has {has} elements instead of {wants}"));
    }
    if written && matches!(tensor, Tensor::Read(_)) {
        return wrong(&buffer.name, "is updated by the program but bound for reading");
    }
    let address = tensor.address();
    if written && !address.is_multiple_of(4 * LINE as u64) {
        return wrong(&buffer.name, "is not aligned to 64 bytes");
    }
    Ok(address)
}
