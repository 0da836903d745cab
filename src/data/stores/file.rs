//! Rows of equal length that stay in their file and are read one by one.
//!
//! A file is read at an offset, never mapped: a map counts against limits of address space, and a file that shrinks under one ends the
//! process. Invariant: what is read is a function of the row number as long as nobody writes to the file.

use std::fs::File;
use std::io;
use std::sync::Arc;

use super::element::{Coding, Element};
use crate::data::error::DataError;

/// Rows that follow one another are read together, up to so many bytes.
const TOGETHER: usize = 1 << 20;

/// Rows `start ..` of a file.
#[derive(Clone, Debug)]
pub struct FileRows {
    file: Arc<File>,
    /// For messages: as the `.net` file wrote it.
    name: String,
    /// Where the first row begins.
    start: u64,
    coding: Coding,
    /// Numbers of a row.
    width: usize,
    rows: usize,
    /// The rows of the file that count, where not all do.
    chosen: Option<Arc<[u32]>>,
}

/// Where rows lie in a file.
#[derive(Clone, Copy, Debug)]
pub struct Layout {
    pub start: u64,
    pub coding: Coding,
    pub width: usize,
    pub rows: usize,
}

impl FileRows {
    pub fn new(file: File, name: &str, layout: Layout) -> Self {
        let Layout { start, coding, width, rows } = layout;
        Self { file: Arc::new(file), name: name.into(), start, coding, width, rows, chosen: None }
    }

    /// Only these rows, numbered anew.
    #[must_use]
    pub fn only(self, rows: &[usize]) -> Self {
        let chosen = rows.iter().map(|row| self.in_file(*row) as u32).collect();
        Self { rows: rows.len(), chosen: Some(chosen), ..self }
    }

    pub fn rows(&self) -> usize {
        self.rows
    }

    pub fn element(&self) -> Element {
        self.coding.element
    }

    fn row_bytes(&self) -> usize {
        self.width * self.element().bytes()
    }

    /// The number in the file of a row that counts.
    fn in_file(&self, row: usize) -> usize {
        self.chosen.as_ref().map_or(row, |chosen| chosen[row] as usize)
    }

    /// The bytes of a row, as they are stored.
    ///
    /// # Errors
    /// E0521 for a file that ends before the row does, E0520 for one that cannot be read; with its name and the row.
    pub fn read(&self, row: usize, into: &mut [u8]) -> Result<(), DataError> {
        self.read_from(self.in_file(row), into)
    }

    /// Bytes of this row of the file and those behind it.
    fn read_from(&self, row: usize, into: &mut [u8]) -> Result<(), DataError> {
        let offset = self.start + row as u64 * self.row_bytes() as u64;
        read_at(&self.file, into, offset).map_err(|error| self.unread(row, &error))
    }

    fn unread(&self, row: usize, error: &io::Error) -> DataError {
        let error = match error.kind() {
            io::ErrorKind::UnexpectedEof => DataError::new("E0521", "the file ends before this row does")
                .note("it was longer when it was opened")
                .help("restore the file; `--resume` goes on from the last checkpoint"),
            _ => DataError::new("E0520", "the row cannot be read").note(error.to_string()),
        };
        error.file(&self.name).row(row)
    }

    /// Calls `see` with the numbers of rows in turn. Rows that follow one another in the file are read together.
    ///
    /// # Errors
    /// As [`read`](Self::read); what `see` says.
    pub fn each(
        &self,
        rows: impl IntoIterator<Item = usize>,
        mut see: impl FnMut(usize, &[u8]) -> Result<(), DataError>,
    ) -> Result<(), DataError> {
        let length = self.row_bytes();
        let most = (TOGETHER / length.max(1)).max(1);
        let mut rows = rows.into_iter().peekable();
        let mut room = Vec::new();
        while let Some(first) = rows.next() {
            let place = self.in_file(first);
            let mut run = vec![first];
            while let Some(next) =
                rows.next_if(|next| run.len() < most && self.in_file(*next) == place + run.len())
            {
                run.push(next);
            }
            room.resize(run.len() * length, 0);
            self.read_from(place, &mut room)?;
            run.into_iter().zip(room.chunks_exact(length)).try_for_each(|(row, bytes)| see(row, bytes))?;
        }
        Ok(())
    }

    /// The numbers in stored bytes, widened; whole numbers beyond 2^53 are rounded.
    pub fn numbers<'a>(&self, bytes: &'a [u8]) -> impl Iterator<Item = f64> + use<'a> {
        self.coding.numbers(bytes)
    }

    /// Whole numbers of 64 bits in stored bytes, exactly; none of other elements.
    pub fn whole<'a>(&self, bytes: &'a [u8]) -> impl Iterator<Item = Option<i128>> + use<'a> {
        self.coding.whole(bytes)
    }

    /// Whether stored numbers are what native code reads.
    pub fn is_native(&self) -> bool {
        let Coding { element, big_endian } = self.coding;
        element == Element::U8 || element == Element::F32 && big_endian == cfg!(target_endian = "big")
    }
}

#[cfg(unix)]
fn read_at(file: &File, into: &mut [u8], offset: u64) -> io::Result<()> {
    std::os::unix::fs::FileExt::read_exact_at(file, into, offset)
}

#[cfg(windows)]
fn read_at(file: &File, mut into: &mut [u8], mut offset: u64) -> io::Result<()> {
    while !into.is_empty() {
        match std::os::windows::fs::FileExt::seek_read(file, into, offset)? {
            0 => return Err(io::ErrorKind::UnexpectedEof.into()),
            read => {
                into = &mut into[read..];
                offset += read as u64;
            }
        }
    }
    Ok(())
}
