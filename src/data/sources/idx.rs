//! `source idx, "mnist"`: pictures in the IDX format of the MNIST files, plain or gzip.
//!
//! A folder holds `train-images-idx3-ubyte`, `train-labels-idx1-ubyte` and, if there is a test part, `t10k-...`; other names
//! are given by `images=`, `labels=`, `test_images=`, `test_labels=`. Pixels stay bytes. Pictures that fill more than 1 GB stay in their
//! file and are read row by row while the net trains, with the same results; `keep=memory` and `keep=disk` decide it for files of any
//! size. Labels are held in memory, and so is what is packed with gzip.
//! Format: two zero bytes, a type byte (0x08 = unsigned byte), the number of dimensions, each dimension as a big-endian u32, the data.

use std::fs::File;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use super::keep;
use crate::data::error::{DataError, counted};
use crate::data::files::{self, Keep};
use crate::data::inputs::Inputs;
use crate::data::raw::{Arrays, Pick, Raw, RawTarget, Stored};
use crate::data::search::Search;
use crate::data::source::Source;
use crate::data::stores::{Coding, FileRows, Layout};
use crate::data::words::{Read, SourceWord};
use crate::diag::Diagnostic;
use crate::vocab::{ArgSpec, Args, Block, Default, Kind, Sig};

pub static SIG: Sig = Sig {
    name: "idx",
    about: "pictures and labels in the IDX format of MNIST",
    args: &[
        ArgSpec::optional(
            "folder",
            Kind::Text,
            Default::Absent,
            "a folder with the files under their usual names",
        ),
        ArgSpec::named("images", Kind::Text, Default::Absent, "the pictures, instead of a folder"),
        ArgSpec::named("labels", Kind::Text, Default::Absent, "their labels"),
        ArgSpec::named("test_images", Kind::Text, Default::Absent, "the pictures of the test part"),
        ArgSpec::named("test_labels", Kind::Text, Default::Absent, "their labels"),
        keep::ARG,
    ],
    block: Block::None,
};

pub static WORD: SourceWord = SourceWord { sig: &SIG, source: include_str!("idx.rs"), read };

#[derive(Clone, Debug)]
struct Idx {
    place: Where,
    keep: Keep,
}

#[derive(Clone, Debug)]
enum Where {
    Folder(String),
    Files { train: Pair, test: Option<Pair> },
}

/// Images and labels as the `.net` file names them.
type Pair = (String, String);

fn read(args: &Args) -> Read {
    let pair = |a: &str, b: &str| (args.opt_text(a).map(str::to_owned), args.opt_text(b).map(str::to_owned));
    let (train, test) = (pair("images", "labels"), pair("test_images", "test_labels"));
    let fault = |message: &str| Err(Box::new(Diagnostic::error("E0507", args.span, message)));
    let found = |place: Where| -> Read { Ok(Arc::new(Idx { place, keep: keep::of(args) })) };
    match (args.opt_text("folder"), train, test) {
        (Some(folder), (None, None), (None, None)) => found(Where::Folder(folder.to_owned())),
        (Some(_), ..) => fault("a folder and files at once: name the folder, or every file"),
        (None, (Some(i), Some(l)), (None, None)) => found(Where::Files { train: (i, l), test: None }),
        (None, (Some(i), Some(l)), (Some(j), Some(m))) => {
            found(Where::Files { train: (i, l), test: Some((j, m)) })
        }
        (None, (Some(_), Some(_)), _) => fault("`test_images` and `test_labels` belong together"),
        (None, (None, None), _) => fault("`source idx` needs a folder, or `images=` and `labels=`"),
        (None, ..) => fault("`images` and `labels` belong together"),
    }
}

impl Source for Idx {
    fn open(&self, _: &Pick<'_>, search: &Search) -> Result<Raw, DataError> {
        match &self.place {
            Where::Folder(name) => open_folder(name, &search.find(name)?, self.keep),
            Where::Files { train, test } => {
                let load = |pair: &Pair| {
                    let (images, labels) = (search.find(&pair.0)?, search.find(&pair.1)?);
                    load_pair((&images, &pair.0), (&labels, &pair.1), self.keep)
                };
                Ok(Raw::Arrays { train: load(train)?, test: test.as_ref().map(load).transpose()? })
            }
        }
    }

    fn has_columns(&self) -> bool {
        false
    }
}

fn open_folder(name: &str, folder: &Path, keep: Keep) -> Result<Raw, DataError> {
    let load = |part: &str| -> Result<Option<Arrays>, DataError> {
        let images = member(name, folder, &format!("{part}-images"), 3);
        let labels = member(name, folder, &format!("{part}-labels"), 1);
        match (images, labels) {
            (Ok(i), Ok(l)) => load_pair((&i.0, &i.1), (&l.0, &l.1), keep).map(Some),
            (Err(_), Err(_)) if part == "t10k" => Ok(None),
            (Err(error), _) | (_, Err(error)) => Err(error),
        }
    };
    let train = load("train")?.ok_or_else(|| DataError::new("E0520", "no training pictures").file(name))?;
    Ok(Raw::Arrays { train, test: load("t10k")? })
}

/// Finds a file under its usual spellings; the second result is its name for messages.
fn member(name: &str, folder: &Path, stem: &str, rank: usize) -> Result<(PathBuf, String), DataError> {
    for spelling in [format!("{stem}-idx{rank}-ubyte"), format!("{stem}.idx{rank}-ubyte")] {
        for ending in ["", ".gz"] {
            let path = folder.join(format!("{spelling}{ending}"));
            if path.is_file() {
                return Ok((path, format!("{name}/{spelling}{ending}")));
            }
        }
    }
    Err(DataError::new("E0520", format!("the folder has no {stem}-idx{rank}-ubyte, plain or .gz"))
        .file(name)
        .help(
            "the public original of MNIST has four such files; others are named by `images=` and `labels=`",
        ))
}

fn load_pair(images: (&Path, &str), labels: (&Path, &str), keep: Keep) -> Result<Arrays, DataError> {
    let (shape, data) = match files::by_row(images.0, images.1, keep)? {
        Some(file) => {
            let (shape, rows) = rows(file, images.1)?;
            (shape, Inputs::Filed { rows, is_short: true })
        }
        None => {
            let (shape, bytes) = parse(files::read(images.0, images.1)?, images.1, "pictures")?;
            (shape, Stored::U8(bytes).into())
        }
    };
    let (label_shape, classes) = parse(files::read(labels.0, labels.1)?, labels.1, "labels")?;
    let (&rows, shape) =
        shape.split_first().ok_or_else(|| wrong(images.1, "a single number, not pictures"))?;
    if shape.is_empty() {
        return Err(
            wrong(images.1, "1 dimension; pictures have more").help("this looks like a file of labels")
        );
    }
    if label_shape.len() != 1 {
        return Err(wrong(labels.1, &format!("{} dimensions; labels have one", label_shape.len()))
            .help("this looks like a file of pictures"));
    }
    if classes.len() != rows {
        return Err(DataError::new("E0530", "pictures and labels differ in number")
            .file(labels.1)
            .note(format!(
                "{} in {}, {} in {}",
                counted(rows, "picture"),
                images.1,
                counted(classes.len(), "label"),
                labels.1
            ))
            .help("one of the two belongs to another set"));
    }
    if shape.contains(&0) || rows == 0 {
        let what = if rows == 0 { "no pictures" } else { "pictures without a pixel" };
        return Err(DataError::new("E0528", format!("the file holds {what}"))
            .file(images.1)
            .help("check that the file is the one that was meant"));
    }
    let target = RawTarget::Labels { codes: classes.into_iter().map(u32::from).collect(), names: Vec::new() };
    let read = Arrays::of(images.1, rows, shape.to_vec(), data, target);
    Ok(Arrays { target_file: labels.1.to_owned(), ..read })
}

fn wrong(name: &str, what: &str) -> DataError {
    DataError::new("E0529", format!("not the expected IDX data: {what}")).file(name)
}

/// Dimensions of pictures, and where their rows are.
///
/// # Errors
/// E0529 for what is no IDX file, E0521 for one of another length than its header says.
pub(in crate::data) fn rows(mut file: File, name: &str) -> Result<(Vec<usize>, FileRows), DataError> {
    let (head, length) = files::head(&mut file, LONGEST_HEADER, name)?;
    let (shape, start) = dimensions(&head, length, name, "pictures")?;
    let (rows, width) = (shape[0], shape[1..].iter().product());
    let layout = Layout { start: start as u64, coding: Coding::BYTES, width, rows };
    Ok((shape, FileRows::new(file, name, layout)))
}

/// Dimensions and bytes. The header is taken off in place: the data stays the one allocation.
pub(in crate::data) fn parse(
    mut bytes: Vec<u8>,
    name: &str,
    what: &str,
) -> Result<(Vec<usize>, Vec<u8>), DataError> {
    let (shape, start) = dimensions(&bytes, bytes.len() as u64, name, what)?;
    bytes.drain(..start);
    Ok((shape, bytes))
}

/// A header with all 255 dimensions.
const LONGEST_HEADER: u64 = 4 + 4 * 255;

/// The dimensions that a file of `length` bytes begins with, and where its data begin.
fn dimensions(bytes: &[u8], length: u64, name: &str, what: &str) -> Result<(Vec<usize>, usize), DataError> {
    let &[zero, zero2, kind, rank] =
        bytes.first_chunk::<4>().ok_or_else(|| wrong(name, "fewer than 4 bytes"))?;
    if (zero, zero2) != (0, 0) || rank == 0 {
        let magic: Vec<String> = [zero, zero2, kind, rank].iter().map(|b| format!("{b:02x}")).collect();
        return Err(wrong(name, &format!("it begins with {}", magic.join(" ")))
            .note(format!("IDX {what} begin with 00 00 08 and the number of dimensions"))
            .help("check that the file is the one that was meant"));
    }
    if kind != 0x08 {
        return Err(
            wrong(name, &format!("element type 0x{kind:02x}")).note("only unsigned bytes (0x08) are read")
        );
    }
    let start = 4 + 4 * usize::from(rank);
    let header = bytes.get(4..start).ok_or_else(|| wrong(name, "the header ends too early"))?;
    let shape: Vec<usize> =
        header.chunks_exact(4).map(|c| c.iter().fold(0, |n, b| n << 8 | usize::from(*b))).collect();
    let size = shape.iter().try_fold(1usize, |n, d| n.checked_mul(*d));
    let found = length - start as u64;
    if size.map(|size| size as u64) != Some(found) {
        let dims: Vec<String> = shape.iter().map(usize::to_string).collect();
        return Err(DataError::new("E0521", "the file is not as long as its header says")
            .file(name)
            .note(format!(
                "{} need {} bytes, {found} are there",
                dims.join("x"),
                size.map_or("too many".into(), |n| n.to_string())
            ))
            .help("the file was cut off or added to: fetch it again"));
    }
    Ok((shape, start))
}

#[cfg(test)]
mod tests {
    use std::fs;

    use super::*;

    fn idx(dims: &[u32], data: &[u8]) -> Vec<u8> {
        let mut bytes = vec![0, 0, 8, dims.len() as u8];
        bytes.extend(dims.iter().flat_map(|d| d.to_be_bytes()));
        bytes.extend(data);
        bytes
    }

    fn open(images: &[u8], labels: &[u8]) -> Result<Raw, DataError> {
        let folder = tempfile::tempdir().unwrap();
        fs::write(folder.path().join("train-images-idx3-ubyte"), images).unwrap();
        fs::write(folder.path().join("train-labels-idx1-ubyte"), labels).unwrap();
        open_folder("tiny", folder.path(), Keep::BySize)
    }

    #[test]
    fn a_folder_of_two_files() {
        let raw = open(&idx(&[2, 1, 3], &[1, 2, 3, 4, 5, 6]), &idx(&[2], &[1, 0])).unwrap();
        let Raw::Arrays { train, test } = raw else { panic!("idx is an array source") };
        assert!(test.is_none());
        assert_eq!((train.rows, train.shape.as_slice()), (2, [1, 3].as_slice()));
        assert!(matches!(train.data, Inputs::Held(Stored::U8(bytes)) if bytes == [1, 2, 3, 4, 5, 6]));
        assert_eq!(train.target, RawTarget::Labels { codes: vec![1, 0], names: Vec::new() });
    }

    #[test]
    fn broken_files_say_what_is_wrong() {
        let good = idx(&[2, 1, 3], &[0; 6]);
        let labels = idx(&[2], &[1, 0]);
        let mut magic = good.clone();
        magic[0] = 0x89;
        let cut = &good[..good.len() - 1];
        let faults: Vec<String> = [
            open(&magic, &labels),
            open(cut, &labels),
            open(&good, &idx(&[3], &[0, 1, 0])),
            open(&good, &good),
            open(&[0, 0, 8, 3, 0], &labels),
            open(&[0, 0, 13, 1, 0, 0, 0, 0], &labels),
            open(&[], &labels),
        ]
        .into_iter()
        .map(|r| r.unwrap_err().to_string())
        .collect();
        insta::assert_snapshot!(faults.join("\n\n"));
    }

    #[test]
    fn a_folder_without_the_files() {
        let folder = tempfile::tempdir().unwrap();
        assert_eq!(open_folder("tiny", folder.path(), Keep::BySize).unwrap_err().code, "E0520");
    }
}
