//! Archives of folders: tar, plain or packed with gzip. Their names are read first and their sounds when they are wanted, in the order in which they
//! lie: nothing is unpacked on the disk, and of what is packed no more is in memory than a few sounds.

use std::fs;
use std::io::{self, BufReader, Read, Seek, SeekFrom};
use std::path::{Path, PathBuf};
use std::sync::Arc;

use flate2::bufread::MultiGzDecoder;

use super::listing::{File, Listing};
use crate::data::error::DataError;
use crate::data::files::{GZIP, MOST_LAYERS};
use crate::memory;

/// How archives are called.
const ENDINGS: [&str; 3] = [".tar.gz", ".tgz", ".tar"];

pub(in crate::data) fn is_named_so(name: &str) -> bool {
    let name = name.to_ascii_lowercase();
    ENDINGS.iter().any(|ending| name.ends_with(ending))
}

/// An archive on the disk.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Archive {
    path: PathBuf,
    name: String,
    /// How often it is packed.
    layers: usize,
}

/// Where a file lies among the bytes that come out of an archive.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Stretch {
    pub start: u64,
    pub length: u64,
}

impl Archive {
    /// # Errors
    /// E0520 for a file that cannot be read, E0521 for one whose gzip stream is damaged.
    fn of(path: &Path, name: &str) -> Result<Self, DataError> {
        let mut archive = Self { path: path.to_owned(), name: name.to_owned(), layers: 0 };
        while archive.layers < MOST_LAYERS {
            let mut head = Vec::new();
            let read = archive.opened()?.take(GZIP.len() as u64).read_to_end(&mut head);
            read.map_err(|e| archive.broken(&e, 0))?;
            if head != GZIP {
                break;
            }
            archive.layers += 1;
        }
        Ok(archive)
    }

    /// Whether its sounds can be read in their order alone.
    pub fn is_packed(&self) -> bool {
        self.layers > 0
    }

    /// What comes out of it, from its beginning.
    fn opened(&self) -> Result<Box<dyn Read>, DataError> {
        let file = fs::File::open(&self.path).map_err(|e| {
            DataError::new("E0520", "the file cannot be read").file(&self.name).note(e.to_string())
        })?;
        let mut stream: Box<dyn Read> = Box::new(file);
        for _ in 0..self.layers {
            stream = Box::new(MultiGzDecoder::new(BufReader::new(stream)));
        }
        Ok(Box::new(BufReader::with_capacity(1 << 16, stream)))
    }

    fn broken(&self, error: &io::Error, at: u64) -> DataError {
        let damaged = DataError::new("E0521", "the archive is cut off or damaged").file(&self.name);
        damaged.byte(at as usize).note(error.to_string()).help("fetch it again")
    }

    /// The bytes of a file in it.
    ///
    /// # Errors
    /// As [`each`](Self::each).
    pub fn bytes(&self, stretch: Stretch) -> Result<Vec<u8>, DataError> {
        let mut found = Vec::new();
        if !self.is_packed() {
            let mut file = fs::File::open(&self.path).map_err(|e| self.broken(&e, stretch.start))?;
            file.seek(SeekFrom::Start(stretch.start)).map_err(|e| self.broken(&e, stretch.start))?;
            return self.taken(&mut file, stretch);
        }
        self.each(&[stretch], |_, bytes| {
            found = bytes;
            Ok(())
        })?;
        Ok(found)
    }

    /// Calls `see` with the number and the bytes of each of these stretches, which are in order.
    ///
    /// # Errors
    /// What `see` says; E0521 for an archive that is not what it was when its names were read, E0540 for a file that is larger than the memory.
    pub fn each(
        &self,
        stretches: &[Stretch],
        mut see: impl FnMut(usize, Vec<u8>) -> Result<(), DataError>,
    ) -> Result<(), DataError> {
        let (mut stream, mut at) = (self.opened()?, 0);
        for (number, stretch) in stretches.iter().enumerate() {
            let between = stretch.start.saturating_sub(at);
            let skipped = io::copy(&mut stream.by_ref().take(between), &mut io::sink());
            skipped.map_err(|e| self.broken(&e, at))?;
            let bytes = self.taken(&mut stream, *stretch)?;
            at = stretch.start + stretch.length;
            see(number, bytes)?;
        }
        Ok(())
    }

    /// A stretch that begins here.
    fn taken(&self, stream: &mut impl Read, stretch: Stretch) -> Result<Vec<u8>, DataError> {
        let length = usize::try_from(stretch.length).unwrap_or(usize::MAX);
        let mut bytes = memory::reserve(length).map_err(|e| DataError::from(e).file(&self.name))?;
        let end = stretch.start + stretch.length;
        stream.take(stretch.length).read_to_end(&mut bytes).map_err(|e| self.broken(&e, end))?;
        match bytes.len() == length {
            true => Ok(bytes),
            false => Err(self.broken(&io::ErrorKind::UnexpectedEof.into(), end)),
        }
    }
}

/// The sounds of an archive.
///
/// # Errors
/// E0520 and E0521 of the file; as [`Listing::add`].
pub(super) fn read(path: &Path, name: &str) -> Result<Listing, DataError> {
    let archive = Arc::new(Archive::of(path, name)?);
    let mut listing = Listing::of(name);
    let mut stream = archive.opened()?;
    let mut tar = tar::Archive::new(&mut stream);
    let mut at = 0;
    for entry in tar.entries().map_err(|e| archive.broken(&e, 0))? {
        let entry = entry.map_err(|e| archive.broken(&e, at))?;
        let stretch = Stretch { start: entry.raw_file_position(), length: entry.size() };
        at = stretch.start;
        if !entry.header().entry_type().is_file() {
            continue;
        }
        let inside = entry.path().map_err(|e| archive.broken(&e, at))?.into_owned();
        let parts: Vec<&str> =
            inside.iter().filter_map(|part| part.to_str()).filter(|part| *part != ".").collect();
        if parts.iter().any(|part| part.starts_with('.')) {
            continue;
        }
        let below = parts.join("/");
        let file = File::packed(archive.clone(), stretch, format!("{name}/{below}"));
        listing.add(below, file)?;
    }
    // A stream of gzip says at its end whether it is whole.
    io::copy(&mut stream, &mut io::sink()).map_err(|e| archive.broken(&e, at))?;
    listing.sounds.sort_by(|a, b| a.0.cmp(&b.0));
    Ok(listing)
}
