//! Pictures that stay in their files: each is decoded when its row is read, again in every epoch.
//!
//! Invariant: a row gives the bytes that it would give in memory, as long as nobody writes to its file.

use std::fs::{self, File as Opened};
use std::io::{Read as _, Seek as _, SeekFrom};
use std::sync::Arc;

use super::load::{another_size, read};
use super::{CHANNELS, Converted, File, Prepare, measured};
use crate::data::cores::side_by_side;
use crate::data::error::DataError;
use crate::data::stores::{Form, Numbers, Numeric, RowStore};

/// Pieces of a file that a checksum covers, and bytes of each: a file that is not larger than all of them is covered whole.
const PIECES: u64 = 64;
const PIECE: u64 = 4096;

/// Rows of files.
#[derive(Clone, Debug)]
pub struct Kept {
    files: Arc<[File]>,
    prepare: Prepare,
    /// Height and width of every picture.
    size: [usize; 2],
    form: Form,
    /// What every picture's size is held against: the first file's.
    first: Arc<str>,
}

impl Kept {
    /// Files whose pictures, prepared, have the size of `like`, or of the first where there is none; and what will be converted. All heads are read: what
    /// is behind them when a row is.
    ///
    /// # Errors
    /// E0541 for a file that is no picture, E0542 for a size that does not fit; of several the first. E0528 without a file.
    pub fn new(
        files: Vec<File>,
        prepare: Prepare,
        like: Option<[usize; 2]>,
    ) -> Result<(Self, Converted), DataError> {
        let first = files.first().ok_or_else(|| DataError::new("E0528", "there are no pictures"))?;
        let head = |file: &File| -> Result<([usize; 2], Converted), DataError> {
            let (size, converted) = measured(&file.path, &file.name)?;
            Ok((prepare.result(size, &file.name)?, converted))
        };
        let size = like.map_or_else(|| head(first).map(|(size, _)| size), Ok)?;
        let mut none = vec![0_u8; files.len()];
        let heads = side_by_side(&files, 1, &mut none, |file, _| match head(file)? {
            (own, converted) if own == size => Ok(converted),
            (own, _) => Err(another_size(own, file, size, &first.name)),
        })?;
        let mut converted = Converted::default();
        heads.into_iter().for_each(|one| converted += one);
        let form = Form { numeric: Numeric::U8, shape: vec![size[0], size[1], CHANNELS] };
        let first = first.name.as_str().into();
        Ok((Self { first, files: files.into(), prepare, size, form }, converted))
    }

    pub fn size(&self) -> [usize; 2] {
        self.size
    }

    /// The same rows in a shape of as many numbers.
    #[must_use]
    pub fn shaped(self, shape: &[usize]) -> Self {
        Self { form: Form { numeric: Numeric::U8, shape: shape.to_vec() }, ..self }
    }

    /// Only these rows, numbered anew.
    #[must_use]
    pub fn only(self, rows: &[usize]) -> Self {
        Self { files: rows.iter().map(|row| self.files[*row].clone()).collect(), ..self }
    }

    /// Calls `see` with the bytes of these rows in turn; they are decoded by all cores, a few at a time.
    ///
    /// # Errors
    /// As [`RowStore::read`]; of several the first.
    pub fn each(
        &self,
        rows: impl Iterator<Item = usize>,
        mut see: impl FnMut(&[u8]),
    ) -> Result<(), DataError> {
        const TOGETHER: usize = 64;
        let (mut rows, row) = (rows.peekable(), self.form.row_bytes());
        let mut room = Vec::new();
        while rows.peek().is_some() {
            let these: Vec<usize> = rows.by_ref().take(TOGETHER).collect();
            room.resize(these.len() * row, 0);
            side_by_side(&these, row, &mut room, |number, into| RowStore::read(self, *number, into))?;
            room.chunks_exact(row).for_each(&mut see);
        }
        Ok(())
    }
}

impl RowStore for Kept {
    fn rows(&self) -> usize {
        self.files.len()
    }

    fn form(&self) -> &Form {
        &self.form
    }

    fn whole(&self) -> Option<Numbers<'_>> {
        None
    }

    fn read(&self, row: usize, into: &mut [u8]) -> Result<(), DataError> {
        let file = &self.files[row];
        let (picture, _) = read(file, &self.prepare)?;
        if [picture.height, picture.width] != self.size {
            return Err(another_size([picture.height, picture.width], file, self.size, &self.first));
        }
        into.copy_from_slice(&picture.pixels);
        Ok(())
    }

    fn is_work(&self) -> bool {
        true
    }

    /// The file's length and pieces of it, from its beginning to its end.
    fn stamp(&self, row: usize, into: &mut Vec<u8>) -> Result<(), DataError> {
        let file = &self.files[row];
        let pieces = || -> std::io::Result<Vec<u8>> {
            let length = fs::metadata(&file.path)?.len();
            let mut bytes = length.to_le_bytes().to_vec();
            if length <= PIECES * PIECE {
                bytes.extend(fs::read(&file.path)?);
                return Ok(bytes);
            }
            let mut opened = Opened::open(&file.path)?;
            for piece in 0..PIECES {
                opened.seek(SeekFrom::Start((length - PIECE) * piece / (PIECES - 1)))?;
                (&mut opened).take(PIECE).read_to_end(&mut bytes)?;
            }
            Ok(bytes)
        };
        into.extend(pieces().map_err(|e| {
            DataError::new("E0520", "the file cannot be read").file(&file.name).note(e.to_string())
        })?);
        Ok(())
    }
}
