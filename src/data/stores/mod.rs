//! Stores of rows: what a net reads of a row, by the row's number.
//!
//! A part of a dataset is a list of row numbers over stores, so that dividing data copies none of it. Invariant: [`RowStore::read`] is a
//! pure function of the row number; where [`RowStore::whole`] is there it says the same.

mod element;
mod file;
mod fitted;
mod held;
mod lately;
mod mapped;
mod middle;
mod toned;

pub use element::{Coding, Element};
pub use file::{FileRows, Layout};
pub use fitted::fitted;
pub use held::Held;
pub use lately::Lately;
pub use mapped::Mapped;
pub use middle::middle;
pub use toned::{Toned, Tones};

use std::fmt;

use super::cores::side_by_side;
use super::error::DataError;

/// What the numbers of a store are to native code.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Numeric {
    F32,
    /// Tokens, and lengths of rows.
    I32,
    U8,
}

/// What a row of a store is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Form {
    pub numeric: Numeric,
    /// Of one row, row-major.
    pub shape: Vec<usize>,
}

impl Form {
    /// Numbers of a row.
    pub fn width(&self) -> usize {
        self.shape.iter().product()
    }

    /// Bytes of a row.
    pub fn row_bytes(&self) -> usize {
        let each = match self.numeric {
            Numeric::F32 | Numeric::I32 => size_of::<f32>(),
            Numeric::U8 => size_of::<u8>(),
        };
        each * self.width()
    }
}

/// Numbers of one row or of several, where they lie.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Numbers<'a> {
    F32(&'a [f32]),
    I32(&'a [i32]),
    U8(&'a [u8]),
}

impl<'a> Numbers<'a> {
    /// Those of one row among rows of `width` numbers.
    fn row(self, row: usize, width: usize) -> Self {
        let own = row * width..(row + 1) * width;
        match self {
            Numbers::F32(all) => Numbers::F32(&all[own]),
            Numbers::I32(all) => Numbers::I32(&all[own]),
            Numbers::U8(all) => Numbers::U8(&all[own]),
        }
    }

    /// As they lie in memory.
    pub fn bytes(self) -> &'a [u8] {
        match self {
            Numbers::F32(floats) => bytemuck::cast_slice(floats),
            Numbers::I32(whole) => bytemuck::cast_slice(whole),
            Numbers::U8(bytes) => bytes,
        }
    }
}

/// Rows of one form, by their number from 0.
pub trait RowStore: fmt::Debug + Send + Sync {
    fn rows(&self) -> usize;

    fn form(&self) -> &Form;

    /// All rows one after another, where they lie in memory like that.
    fn whole(&self) -> Option<Numbers<'_>>;

    /// Writes a row's bytes, `Form::row_bytes` of them, as they lie in memory.
    ///
    /// # Errors
    /// What the row could not be read for, with its file and number.
    fn read(&self, row: usize, into: &mut [u8]) -> Result<(), DataError>;

    /// Whether a row takes so much work to read that several threads should.
    fn is_work(&self) -> bool {
        false
    }

    /// How many numbers the whole thing has that a row is a stretch of, where other stretches of it may be read.
    fn reach(&self, _row: usize) -> Option<usize> {
        None
    }

    /// Writes the bytes of the stretch of a row's whole thing that begins at this number of it; of others those of the row.
    ///
    /// # Errors
    /// As [`read`](Self::read).
    fn read_from(&self, row: usize, _first: usize, into: &mut [u8]) -> Result<(), DataError> {
        self.read(row, into)
    }

    /// Appends the bytes of a row that tell it from others, for a checksum: those that it is read as, where nothing says less.
    ///
    /// # Errors
    /// As [`read`](Self::read).
    fn stamp(&self, row: usize, into: &mut Vec<u8>) -> Result<(), DataError> {
        stamped(self, row, into)
    }
}

/// Reads these rows one after another into as many bytes; by all cores where a row takes work.
///
/// # Errors
/// As [`RowStore::read`]; of several the first.
pub fn read_rows(store: &dyn RowStore, rows: &[u32], into: &mut [u8]) -> Result<(), DataError> {
    let length = store.form().row_bytes();
    let read = |row: &u32, into: &mut [u8]| store.read(*row as usize, into);
    match store.is_work() {
        true => side_by_side(rows, length, into, read).map(drop),
        false => rows.iter().zip(into.chunks_exact_mut(length)).try_for_each(|(row, into)| read(row, into)),
    }
}

fn stamped(store: &(impl RowStore + ?Sized), row: usize, into: &mut Vec<u8>) -> Result<(), DataError> {
    let form = store.form();
    if let Some(all) = store.whole() {
        into.extend_from_slice(all.row(row, form.width()).bytes());
        return Ok(());
    }
    let start = into.len();
    into.resize(start + form.row_bytes(), 0);
    store.read(row, &mut into[start..])
}

/// Room for one row that lies nowhere in memory, used again from row to row.
#[derive(Debug, Default)]
pub struct RowBuffer(Vec<f32>);

impl RowBuffer {
    /// A row of a store: in place where the store lies in memory, else read into this room.
    ///
    /// # Errors
    /// As [`RowStore::read`].
    pub fn row<'a>(&'a mut self, store: &'a dyn RowStore, row: usize) -> Result<Numbers<'a>, DataError> {
        let form = store.form();
        if let Some(all) = store.whole() {
            return Ok(all.row(row, form.width()));
        }
        // Room of floats serves bytes too, and not the other way round.
        self.0.resize(form.row_bytes().div_ceil(size_of::<f32>()), 0.0);
        let room = &mut bytemuck::cast_slice_mut(&mut self.0)[..form.row_bytes()];
        store.read(row, room)?;
        Ok(match form.numeric {
            Numeric::F32 => Numbers::F32(&self.0),
            Numeric::I32 => Numbers::I32(bytemuck::cast_slice(&self.0)),
            Numeric::U8 => Numbers::U8(&bytemuck::cast_slice(&self.0)[..form.row_bytes()]),
        })
    }
}
