//! What the runtime reads: parts as lists of rows over stores of inputs and targets, and the fitted transform.
//!
//! Invariants: parts that were divided from one source share its stores; the rows of a part are in the order of the source; pictures
//! stay bytes with one affine map; all numbers of rows of parts are finite; each byte of the data is held once, or not at all.

use std::sync::Arc;

use super::error::DataError;
use super::foretold::Foretold;
use super::schema::DataSchema;
use super::search::Search;
use super::stores::{Held, Numbers, Numeric, RowBuffer, RowStore};
use super::texts::Texts;
use super::tokens::Unknown;
use super::transform::{ArrayRule, Transform};
use crate::math::Moments;

/// Numbers as the runtime reads them.
#[derive(Clone, Debug, PartialEq)]
pub enum Storage {
    F32(Vec<f32>),
    I32(Vec<i32>),
    U8(Vec<u8>),
}

impl Storage {
    pub fn len(&self) -> usize {
        match self {
            Storage::F32(data) => data.len(),
            Storage::I32(data) => data.len(),
            Storage::U8(data) => data.len(),
        }
    }

    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }
}

/// Loaded, divided and fitted data.
#[derive(Clone, Debug)]
pub struct Dataset {
    pub train: Part,
    pub valid: Option<Part>,
    pub test: Option<Part>,
    pub transform: Transform,
    pub schema: DataSchema,
    /// Texts that were longer than a row, and were cut.
    pub cut: usize,
    /// Tokens that the vocabulary lacks.
    pub unknown: Unknown,
    /// Of the files that the rows are, where each is one: those of the stores that parts are divided from, and of a test part of the source's own.
    pub names: [Arc<[String]>; 2],
    /// What the rows of the stores were before they were numbers, where they are texts that are changed while training.
    pub texts: Option<Texts>,
    /// Where its files were looked up: what changes rows may need more.
    pub search: Search,
}

impl Dataset {
    /// Training rows and nothing else: what has more says so.
    pub(super) fn of(train: Part, transform: Transform, schema: DataSchema) -> Self {
        Self {
            train,
            valid: None,
            test: None,
            transform,
            schema,
            cut: 0,
            unknown: Unknown::default(),
            names: Default::default(),
            texts: None,
            search: Search::default(),
        }
    }
}

/// The rows of one part: a view of stores. Row `i` of the part is row `numbers()[i]` of each of them.
#[derive(Clone, Debug)]
pub struct Part {
    numbers: Arc<[u32]>,
    /// In the order of the net's inputs; where rows have lengths, these come last.
    pub inputs: Vec<Input>,
    pub target: Arc<Target>,
    streams: Option<usize>,
}

/// One input of the net, for all rows of a source.
#[derive(Clone, Debug)]
pub struct Input {
    pub name: String,
    pub store: Arc<dyn RowStore>,
    /// The net sees `number * scale + shift` of bytes; 1 and 0 for floats.
    pub scale: f32,
    pub shift: f32,
    /// The numbers of the source, where the net sees others and rows are changed before it does.
    pub raw: Option<Raw>,
}

/// Rows as the source has them, and what the net sees of each number.
#[derive(Clone, Debug)]
pub struct Raw {
    pub store: Arc<dyn RowStore>,
    pub rule: ArrayRule,
}

impl Input {
    /// Rows of `shape` that lie in memory; bytes are seen as `byte * scale + shift`.
    ///
    /// # Panics
    /// If the numbers are no whole rows.
    pub fn held(name: &str, shape: &[usize], data: Storage, (scale, shift): (f32, f32)) -> Self {
        Self { name: name.into(), store: Arc::new(Held::new(shape.to_vec(), data)), scale, shift, raw: None }
    }

    /// Rows of `shape` that lie in memory as the net sees them.
    ///
    /// # Panics
    /// If the numbers are no whole rows.
    pub fn floats(name: &str, shape: &[usize], data: Vec<f32>) -> Self {
        Self::held(name, shape, Storage::F32(data), (1.0, 0.0))
    }

    /// How many steps of each row are its own.
    pub fn lengths(of: &str, lengths: Vec<i32>) -> Self {
        Self::held(&format!("{of}.length"), &[], Storage::I32(lengths), (1.0, 0.0))
    }

    /// The middle of its pictures, beside the whole ones as the source has them: cut out of them, or the largest window of its proportions resized.
    ///
    /// # Errors
    /// No memory for it.
    pub fn middle(self, size: [usize; 2], rule: &ArrayRule, resized: bool) -> Result<Self, DataError> {
        let whole = || Raw { store: self.store.clone(), rule: rule.clone() };
        let raw = Some(self.raw.clone().unwrap_or_else(whole));
        if resized {
            let store = super::stores::fitted(Self { raw: None, ..self.clone() }, size);
            return Ok(Self { store, scale: 1.0, shift: 0.0, raw, ..self });
        }
        Ok(Self { store: super::stores::middle(self.store, size)?, raw, ..self })
    }

    /// The rows that tell one set of data from another: of larger pictures all, not what the net sees of them.
    pub fn entire(&self) -> &dyn RowStore {
        let larger = self.raw.as_ref().filter(|raw| raw.store.form().shape != self.store.form().shape);
        larger.map_or(&*self.store, |raw| &*raw.store)
    }

    /// The rows that are changed while training.
    pub fn unmapped(&self) -> &dyn RowStore {
        self.raw.as_ref().map_or(&*self.store, |raw| &*raw.store)
    }

    /// Of one row.
    pub fn shape(&self) -> &[usize] {
        &self.store.form().shape
    }

    /// Numbers of a row.
    pub fn width(&self) -> usize {
        self.store.form().width()
    }

    /// These rows by themselves, in memory.
    ///
    /// # Errors
    /// A row that cannot be read.
    pub fn of_rows(&self, rows: &[u32]) -> Result<Self, DataError> {
        let (mut floats, mut whole, mut bytes) = (Vec::new(), Vec::new(), Vec::new());
        let mut buffer = RowBuffer::default();
        for row in rows {
            match buffer.row(&*self.store, *row as usize)? {
                Numbers::F32(own) => floats.extend_from_slice(own),
                Numbers::I32(own) => whole.extend_from_slice(own),
                Numbers::U8(own) => bytes.extend_from_slice(own),
            }
        }
        let data = match self.store.form().numeric {
            Numeric::F32 => Storage::F32(floats),
            Numeric::I32 => Storage::I32(whole),
            Numeric::U8 => Storage::U8(bytes),
        };
        Ok(Self::held(&self.name, self.shape(), data, (self.scale, self.shift)))
    }

    /// What the net sees of these numbers; tokens and lengths as they are.
    pub fn seen(&self, numbers: Numbers<'_>) -> Vec<f32> {
        match numbers {
            Numbers::F32(floats) => floats.to_vec(),
            Numbers::I32(whole) => whole.iter().map(|x| *x as f32).collect(),
            Numbers::U8(bytes) => {
                bytes.iter().map(|byte| f32::from(*byte) * self.scale + self.shift).collect()
            }
        }
    }
}

/// What the net is to answer, for all rows of a source.
#[derive(Clone, Debug, PartialEq)]
pub enum Target {
    /// Class numbers below K.
    Classes(Vec<u32>),
    /// Row-major, normalised if the file says so.
    Real { data: Vec<f32>, width: usize },
    /// Row-major zeros and ones.
    Bits { data: Vec<f32>, width: usize },
    /// At each step of a row.
    Tokens(Foretold),
}

impl Target {
    /// Of rows that are only predicted.
    pub const NONE: Target = Target::Real { data: Vec::new(), width: 0 };

    /// Those of some rows, in their order.
    #[must_use]
    pub fn of_rows(&self, rows: &[u32]) -> Self {
        let numbers = |data: &[f32], width: usize| {
            rows.iter().flat_map(|row| &data[*row as usize * width..][..width]).copied().collect()
        };
        match self {
            Target::Classes(classes) => {
                Target::Classes(rows.iter().map(|row| classes[*row as usize]).collect())
            }
            Target::Real { data, width } => Target::Real { data: numbers(data, *width), width: *width },
            Target::Bits { data, width } => Target::Bits { data: numbers(data, *width), width: *width },
            Target::Tokens(tokens) => Target::Tokens(tokens.of_rows(rows)),
        }
    }

    /// Whether native code can read it where it lies.
    fn is_whole(&self) -> bool {
        !matches!(self, Target::Tokens(tokens) if tokens.whole().is_none())
    }
}

/// The target of one row.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Observed<'a> {
    Class(u32),
    Real(&'a [f32]),
    Bits(&'a [f32]),
    /// At each of the row's own steps.
    Tokens(&'a [i32]),
}

impl Part {
    /// These rows of the stores and of the target.
    pub fn new(numbers: Arc<[u32]>, inputs: Vec<Input>, target: Arc<Target>) -> Self {
        Self { numbers, inputs, target, streams: None }
    }

    /// Of rows that go on: row `window * streams + stream` where that of the window before stopped.
    #[must_use]
    pub fn in_streams(self, streams: Option<usize>) -> Self {
        Self { streams, ..self }
    }

    /// How many streams the rows are, where they go on from minibatch to minibatch: the rows of a minibatch, in any pass over the part.
    pub fn streams(&self) -> Option<usize> {
        self.streams
    }

    /// The first `rows` rows of the stores.
    pub fn of_first(rows: usize, inputs: Vec<Input>, target: Target) -> Self {
        Self::new((0..rows as u32).collect(), inputs, Arc::new(target))
    }

    /// How many there are.
    pub fn rows(&self) -> usize {
        self.numbers.len()
    }

    /// The number (from 0) of each row among those of the source that are used: without rows that miss values or are of other
    /// classes. For a source's own test part, its own row numbers.
    pub fn numbers(&self) -> &[u32] {
        &self.numbers
    }

    /// Whether all rows and their targets lie in memory as native code reads them.
    pub fn is_held(&self) -> bool {
        self.target.is_whole() && self.inputs.iter().all(|input| input.store.whole().is_some())
    }

    /// The first rows, at most so many.
    #[must_use]
    pub fn first(&self, most: usize) -> Self {
        let numbers = self.numbers[..self.rows().min(most)].into();
        Self { numbers, ..self.clone() }
    }

    /// What was observed at a row of the part.
    pub fn observed(&self, row: usize) -> Observed<'_> {
        let number = self.numbers[row] as usize;
        let own = |width: usize| number * width..(number + 1) * width;
        match &*self.target {
            Target::Classes(classes) => Observed::Class(classes[number]),
            Target::Real { data, width } => Observed::Real(&data[own(*width)]),
            Target::Bits { data, width } => Observed::Bits(&data[own(*width)]),
            Target::Tokens(tokens) => Observed::Tokens(tokens.row(number)),
        }
    }

    /// Answers that are known: one a row, or one at each step of its own.
    pub fn answers(&self) -> usize {
        match &*self.target {
            Target::Tokens(tokens) => self.numbers.iter().map(|row| tokens.row(*row as usize).len()).sum(),
            _ => self.rows(),
        }
    }

    /// What was observed at each row in turn.
    pub fn all_observed(&self) -> impl Iterator<Item = Observed<'_>> + Clone {
        (0..self.rows()).map(|row| self.observed(row))
    }

    /// Calls `see` with the numbers of an input, row by row in the part's order.
    ///
    /// # Errors
    /// A row that cannot be read; what `see` says.
    pub fn each_row(
        &self,
        input: &Input,
        mut see: impl FnMut(usize, Numbers<'_>) -> Result<(), DataError>,
    ) -> Result<(), DataError> {
        let mut buffer = RowBuffer::default();
        let mut rows = self.numbers.iter().enumerate();
        rows.try_for_each(|(at, number)| see(at, buffer.row(&*input.store, *number as usize)?))
    }

    /// All numbers of an input as the net sees them, `[rows, width]`.
    ///
    /// # Errors
    /// A row that cannot be read.
    pub fn seen(&self, input: &Input) -> Result<Vec<f32>, DataError> {
        let mut all = Vec::with_capacity(self.rows() * input.width());
        self.each_row(input, |_, numbers| {
            all.extend(input.seen(numbers));
            Ok(())
        })?;
        Ok(all)
    }

    /// Mean variance of the outputs in the units of training; 1 of what are no numbers, or do not vary.
    pub fn variance(&self) -> f64 {
        let Target::Real { data, width } = &*self.target else { return 1.0 };
        let of = |output: usize| {
            let values = self.numbers.iter().map(|row| f64::from(data[*row as usize * width + output]));
            Moments::of(values).variance()
        };
        let mean = (0..*width).map(of).sum::<f64>() / *width as f64;
        if mean == 0.0 { 1.0 } else { mean }
    }
}
