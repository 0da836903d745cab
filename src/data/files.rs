//! Files to bytes and text: plain or gzip, whole or an error that says what is broken.
//!
//! Invariant: no more is allocated than the file holds, or its gzip stream can hold, and nothing that the machine has not.

use std::fs::File;
use std::io::{self, Read, Seek};
use std::path::Path;

use flate2::read::MultiGzDecoder;

use super::encoding;
use super::error::DataError;
use crate::memory::{self, TooMuch};

/// The bytes of a file, unpacked if it is gzip (told by its first two bytes).
///
/// # Errors
/// E0520 if it cannot be opened, E0521 if the gzip stream is damaged, E0528 if there is nothing in it, E0540 if it is too large.
pub(super) fn read(path: &Path, name: &str) -> Result<Vec<u8>, DataError> {
    let cannot_open =
        |e: io::Error| DataError::new("E0520", "the file cannot be read").file(name).note(e.to_string());
    let mut file = File::open(path).map_err(cannot_open)?;
    let length = file.metadata().map_or(0, |about| about.len());
    let bytes = match whole(&mut file, length) {
        Ok(bytes) => unpacked(bytes, name)?,
        Err(Broken::Memory(error)) => return Err(too_large(error, "the file", name)),
        Err(Broken::Stream(error, _)) => return Err(cannot_open(error)),
    };
    match bytes.is_empty() {
        true => Err(DataError::new("E0528", "the file is empty").file(name)),
        false => Ok(bytes),
    }
}

/// Where the inputs of a source are, between reading them and training on them.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) enum Keep {
    /// In memory, unless their file is larger than [`LARGEST_HELD`] and can be read row by row.
    #[default]
    BySize,
    Memory,
    Disk,
}

/// Files up to so many bytes are held in memory. A number of its own, and not what memory is free: what is kept decides no bit of a result,
/// but a run should not take another course on another day.
pub(super) const LARGEST_HELD: u64 = 1_000_000_000;

/// The opened file, if its rows are to stay there: it is large enough or asked for, and not packed.
///
/// # Errors
/// E0520 if it cannot be opened, E0545 for a packed file whose rows are asked to stay there.
pub(super) fn by_row(path: &Path, name: &str, keep: Keep) -> Result<Option<File>, DataError> {
    if keep == Keep::Memory {
        return Ok(None);
    }
    let cannot_open =
        |e: io::Error| DataError::new("E0520", "the file cannot be read").file(name).note(e.to_string());
    let mut file = File::open(path).map_err(cannot_open)?;
    let length = file.metadata().map_err(cannot_open)?.len();
    if keep == Keep::BySize && length <= LARGEST_HELD {
        return Ok(None);
    }
    let mut magic = Vec::new();
    file.by_ref().take(GZIP.len() as u64).read_to_end(&mut magic).map_err(cannot_open)?;
    match (magic == GZIP, keep) {
        (false, _) => Ok(Some(file)),
        (true, Keep::Disk) => Err(DataError::new(
            "E0545",
            "the file is packed with gzip, so its rows cannot be read one by one",
        )
        .file(name)
        .help("unpack it with `gunzip`, or leave `keep=disk` out")),
        (true, _) => Ok(None),
    }
}

/// The first bytes of a file that is open, at most so many, and its length.
///
/// # Errors
/// E0520 if it cannot be read.
pub(super) fn head(file: &mut File, most: u64, name: &str) -> Result<(Vec<u8>, u64), DataError> {
    let read = |file: &mut File| {
        file.rewind()?;
        let mut bytes = Vec::new();
        file.take(most).read_to_end(&mut bytes)?;
        Ok((bytes, file.metadata()?.len()))
    };
    read(file).map_err(|e: io::Error| {
        DataError::new("E0520", "the file cannot be read").file(name).note(e.to_string())
    })
}

/// What gzip files begin with.
pub(super) const GZIP: &[u8] = &[0x1f, 0x8b];

/// A file may have been packed that was packed already; one that is packed more often was made to keep readers busy.
pub(super) const MOST_LAYERS: usize = 2;

/// Bytes as they are, or unpacked if they are gzip, and once more if that comes out.
///
/// # Errors
/// E0521 if the gzip stream is damaged, E0540 if what comes out of it is too large.
pub(super) fn unpacked(mut bytes: Vec<u8>, name: &str) -> Result<Vec<u8>, DataError> {
    for _ in 0..MOST_LAYERS {
        if !bytes.starts_with(GZIP) {
            break;
        }
        bytes = layer(&bytes, name)?;
    }
    Ok(bytes)
}

fn layer(bytes: &[u8], name: &str) -> Result<Vec<u8>, DataError> {
    whole(&mut MultiGzDecoder::new(bytes), length_inside(bytes)).map_err(|broken| match broken {
        Broken::Memory(error) => too_large(error, "what is packed in the file", name),
        Broken::Stream(e, out) if e.kind() == io::ErrorKind::UnexpectedEof => {
            DataError::new("E0521", "the gzip stream ends too early")
                .file(name)
                .note(format!("{out} bytes came out before it broke off"))
                .help("the file was cut off: fetch it again")
        }
        Broken::Stream(e, _) => DataError::new("E0521", "the gzip stream is damaged")
            .file(name)
            .note(e.to_string())
            .help("fetch the file again"),
    })
}

/// The most that a byte of a gzip stream can become.
const MOST_UNPACKED: u64 = 1032;

/// How many bytes come out of a gzip stream, as its last four bytes say: exact for one member below 4 GB, a first guess otherwise.
fn length_inside(packed: &[u8]) -> u64 {
    let said = packed.last_chunk::<4>().map_or(0, |bytes| u64::from(u32::from_le_bytes(*bytes)));
    said.min(packed.len() as u64 * MOST_UNPACKED)
}

/// Why a stream was not read to its end.
enum Broken {
    Memory(TooMuch),
    /// After so many bytes.
    Stream(io::Error, usize),
}

/// Reads to the end; `expected` is how many bytes there probably are.
fn whole(from: &mut impl Read, expected: u64) -> Result<Vec<u8>, Broken> {
    // One more, so that the end is seen without another allocation.
    let expected = usize::try_from(expected.saturating_add(1)).unwrap_or(usize::MAX);
    let mut bytes = memory::reserve(expected).map_err(Broken::Memory)?;
    loop {
        let room = bytes.capacity() - bytes.len();
        match from.by_ref().take(room as u64).read_to_end(&mut bytes) {
            Ok(n) if n < room => return Ok(bytes),
            Ok(_) => memory::grow(&mut bytes).map_err(Broken::Memory)?,
            Err(error) => return Err(Broken::Stream(error, bytes.len())),
        }
    }
}

fn too_large(error: TooMuch, what: &str, name: &str) -> DataError {
    DataError::from(error).file(name).note(format!("{what} is read into memory as a whole"))
}

/// The text of a file, without byte-order marks.
///
/// # Errors
/// As [`read`]; E0525 with the line if it is neither UTF-8 nor UTF-16.
pub(super) fn text(path: &Path, name: &str) -> Result<String, DataError> {
    encoding::decode(read(path, name)?, name)
}

#[cfg(test)]
mod tests {
    use std::io::Write;

    use flate2::{Compression, write::GzEncoder};

    use super::*;

    fn saved(bytes: &[u8]) -> tempfile::NamedTempFile {
        let mut file = tempfile::NamedTempFile::new().unwrap();
        file.write_all(bytes).unwrap();
        file
    }

    #[test]
    fn gzip_is_unpacked_and_a_cut_is_noticed() {
        let mut encoder = GzEncoder::new(Vec::new(), Compression::default());
        encoder.write_all(&(0..4000u32).flat_map(u32::to_le_bytes).collect::<Vec<u8>>()).unwrap();
        let packed = encoder.finish().unwrap();
        assert_eq!(read(saved(&packed).path(), "a.gz").unwrap().len(), 16000);
        let cut = read(saved(&packed[..packed.len() / 2]).path(), "a.gz").unwrap_err();
        assert_eq!((cut.code, cut.message.as_str()), ("E0521", "the gzip stream ends too early"));
        let mut bent = packed;
        let middle = bent.len() / 2;
        bent[middle] ^= 0xff;
        assert_eq!(read(saved(&bent).path(), "a.gz").unwrap_err().code, "E0521");
    }

    #[test]
    fn what_is_too_large_is_said_before_it_is_unpacked() {
        let mut encoder = GzEncoder::new(Vec::new(), Compression::default());
        encoder.write_all(&[0; 1000]).unwrap();
        let mut packed = encoder.finish().unwrap();
        assert_eq!(length_inside(&packed), 1000);
        let end = packed.len() - 4;
        packed[end..].copy_from_slice(&u32::MAX.to_le_bytes());
        // A length that no stream of this size can have promises nothing.
        assert_eq!(length_inside(&packed), packed.len() as u64 * MOST_UNPACKED);
    }

    #[test]
    fn streams_longer_than_expected_are_read_to_their_end() {
        let bytes: Vec<u8> = (0..300_000u32).map(|i| i as u8).collect();
        for expected in [0, 1, 299_999, 300_000, 300_001] {
            let read = whole(&mut bytes.as_slice(), expected);
            assert!(read.is_ok_and(|read| read == bytes), "{expected}");
        }
    }

    /// Of holes: such a file takes no room.
    #[test]
    fn files_beyond_a_gigabyte_stay_on_disk() {
        let file = saved(b"\x93NUMPY");
        let stays = |length: u64, keep: Keep| {
            file.as_file().set_len(length).unwrap();
            by_row(file.path(), "x.npy", keep).unwrap().is_some()
        };
        assert!(!stays(LARGEST_HELD, Keep::BySize));
        assert!(stays(LARGEST_HELD + 1, Keep::BySize));
        assert!(!stays(LARGEST_HELD + 1, Keep::Memory));
        assert!(stays(100, Keep::Disk));
        let packed = saved(GZIP);
        packed.as_file().set_len(LARGEST_HELD + 1).unwrap();
        assert!(by_row(packed.path(), "x.npy.gz", Keep::BySize).unwrap().is_none());
        assert_eq!(by_row(packed.path(), "x.npy.gz", Keep::Disk).unwrap_err().code, "E0545");
    }

    #[test]
    fn empty_and_marked() {
        assert_eq!(read(saved(b"").path(), "a").unwrap_err().code, "E0528");
        assert_eq!(text(saved("\u{feff}a,b".as_bytes()).path(), "a").unwrap(), "a,b");
    }
}
