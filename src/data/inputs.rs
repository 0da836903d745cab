//! The inputs of array sources before anything is fitted: numbers in memory, or rows that stay in their file.
//!
//! Invariant: both say the same of a row, number by number, so what is fitted to them has the same bits.

use super::error::DataError;
use super::pictures::Kept;
use super::raw::Stored;
use super::sound::Clips;
use super::stores::{Element, FileRows};
use super::streams::Stream;
use super::texts::Texts;
use crate::memory;

/// The inputs of arrays.
#[derive(Clone, Debug)]
pub enum Inputs {
    /// In memory, rows first.
    Held(Stored),
    /// In their file; `is_short` says that 32 bits hold every number.
    Filed { rows: FileRows, is_short: bool },
    /// Texts, which become tokens once they are divided.
    Texts(Texts),
    /// One text, whose windows become tokens likewise.
    Stream(Stream),
    /// Pictures that are decoded when they are read.
    Undecoded(Kept),
    /// Sounds, each as long as it is.
    Sounds(Clips),
}

/// How much a stored number says.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Precision {
    Byte,
    /// A number of 32 bits.
    Short,
    Long,
}

impl From<Stored> for Inputs {
    fn from(stored: Stored) -> Self {
        Inputs::Held(stored)
    }
}

impl Inputs {
    pub fn precision(&self) -> Precision {
        match self {
            Inputs::Held(Stored::U8(_)) | Inputs::Undecoded(_) => Precision::Byte,
            Inputs::Held(Stored::F32(_)) => Precision::Short,
            Inputs::Held(Stored::F64(_)) => Precision::Long,
            Inputs::Filed { rows, .. } if rows.element().is_byte() => Precision::Byte,
            Inputs::Filed { is_short: true, .. } | Inputs::Sounds(_) => Precision::Short,
            Inputs::Filed { .. } => Precision::Long,
            // Tokens are told apart whatever they are.
            Inputs::Texts(_) | Inputs::Stream(_) => Precision::Byte,
        }
    }

    /// Whether the numbers are in memory.
    pub fn is_held(&self) -> bool {
        matches!(self, Inputs::Held(_) | Inputs::Texts(_) | Inputs::Stream(_) | Inputs::Sounds(_))
    }

    /// The clips, where they are sounds.
    pub fn sounds(&self) -> Option<&Clips> {
        if let Inputs::Sounds(clips) = self { Some(clips) } else { None }
    }

    /// Calls `visit` with the place in its row and the value of each number of these rows of `width` numbers, in order.
    ///
    /// # Errors
    /// A row that cannot be read.
    pub fn each(
        &self,
        width: usize,
        rows: impl Iterator<Item = usize>,
        visit: &mut dyn FnMut(usize, f64),
    ) -> Result<(), DataError> {
        match self {
            Inputs::Held(data) => {
                rows.for_each(|row| (0..width).for_each(|i| visit(i, data.at(row * width + i))));
                Ok(())
            }
            // Nothing is fitted to them.
            Inputs::Texts(_) | Inputs::Stream(_) | Inputs::Sounds(_) => Ok(()),
            Inputs::Filed { rows: file, .. } => file.each(rows, |_, bytes| {
                file.numbers(bytes).enumerate().for_each(|(i, x)| visit(i, x));
                Ok(())
            }),
            Inputs::Undecoded(pictures) => pictures.each(rows, |bytes| {
                bytes.iter().enumerate().for_each(|(i, byte)| visit(i, f64::from(*byte)))
            }),
        }
    }

    /// Whether they are bytes as they stand.
    pub fn are_bytes(&self) -> bool {
        match self {
            Inputs::Held(Stored::U8(_)) | Inputs::Undecoded(_) => true,
            Inputs::Filed { rows, .. } => rows.element() == Element::U8,
            _ => false,
        }
    }

    /// Calls `see` with each of these rows of `width` bytes, in order; never where they are no bytes.
    ///
    /// # Errors
    /// A row that cannot be read.
    pub fn each_of_bytes(
        &self,
        width: usize,
        rows: impl Iterator<Item = usize>,
        see: &mut dyn FnMut(&[u8]),
    ) -> Result<(), DataError> {
        match self {
            Inputs::Held(Stored::U8(bytes)) => {
                rows.for_each(|row| see(&bytes[row * width..(row + 1) * width]));
                Ok(())
            }
            Inputs::Undecoded(pictures) => pictures.each(rows, see),
            Inputs::Filed { rows: file, .. } if self.are_bytes() => file.each(rows, |_, bytes| {
                see(bytes);
                Ok(())
            }),
            _ => Ok(()),
        }
    }

    /// One column of rows of `width` numbers, the first `rows` of them.
    ///
    /// # Errors
    /// A row that cannot be read.
    pub fn column(&self, width: usize, rows: usize, element: usize) -> Result<Vec<f64>, DataError> {
        let mut column = memory::reserve(rows)?;
        self.each(width, 0..rows, &mut |i, x| {
            if i == element {
                column.push(x);
            }
        })?;
        Ok(column)
    }

    /// Only these rows of `width` numbers, numbered anew.
    #[must_use]
    pub fn only(self, width: usize, rows: &[usize]) -> Self {
        fn picked<T: Copy>(data: &[T], width: usize, rows: &[usize]) -> Vec<T> {
            rows.iter().flat_map(|row| &data[row * width..(row + 1) * width]).copied().collect()
        }
        match self {
            Inputs::Held(Stored::U8(bytes)) => Stored::U8(picked(&bytes, width, rows)).into(),
            Inputs::Held(Stored::F32(floats)) => Stored::F32(picked(&floats, width, rows)).into(),
            Inputs::Held(Stored::F64(floats)) => Stored::F64(picked(&floats, width, rows)).into(),
            Inputs::Filed { rows: file, is_short } => Inputs::Filed { rows: file.only(rows), is_short },
            Inputs::Texts(texts) => Inputs::Texts(texts.only(rows)),
            // The section refuses to leave windows out.
            Inputs::Stream(stream) => Inputs::Stream(stream),
            Inputs::Undecoded(pictures) => Inputs::Undecoded(pictures.only(rows)),
            Inputs::Sounds(clips) => Inputs::Sounds(clips.only(rows)),
        }
    }
}
