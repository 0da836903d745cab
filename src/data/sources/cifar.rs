//! What the two CIFAR sets share: records of label bytes and three planes of 32x32 bytes, red, green, blue.
//!
//! Format: Krizhevsky (2009), "binary version". A file has no header; its length is a multiple of a record's.

use std::path::Path;

use crate::data::error::{DataError, counted};
use crate::data::files;
use crate::data::raw::{Arrays, RawTarget, Stored};
use crate::memory;

const SIDE: usize = 32;
const CHANNELS: usize = 3;
const PLANE: usize = SIDE * SIDE;
const PICTURE: usize = PLANE * CHANNELS;

/// Where the label of a record stands, among how many bytes of labels, and what the classes are called.
#[derive(Clone, Copy, Debug)]
pub(super) struct Labels {
    pub bytes: usize,
    pub at: usize,
    pub names: &'static [&'static str],
}

/// The files of a part, in order, one behind the other.
///
/// # Errors
/// E0520 for a file that is not there, E0521 for one that ends within a record, E0531 for a label that is no class, E0540 for too much.
pub(super) fn read(
    name: &str,
    folder: &Path,
    members: &[String],
    labels: Labels,
) -> Result<Arrays, DataError> {
    let record = labels.bytes + PICTURE;
    let places = members.iter().map(|member| place(name, folder, member)).collect::<Result<Vec<_>, _>>()?;
    // Room for all at once: a vector that grows is there twice for a while. Packed files are longer than they look.
    let length = |path: &Path| std::fs::metadata(path).map_or(0, |about| about.len() as usize);
    let about: usize = places.iter().map(|(path, _)| length(path) / record * PICTURE).sum();
    let (mut pictures, mut codes) = (memory::reserve(about)?, Vec::new());
    for (path, shown) in places {
        let bytes = files::read(&path, &shown)?;
        if bytes.len() % record != 0 {
            return Err(cut_short(bytes.len(), record).file(&shown));
        }
        memory::more(&mut pictures, bytes.len() / record * PICTURE)?;
        for (row, record) in bytes.chunks_exact(record).enumerate() {
            let (heads, planes) = record.split_at(labels.bytes);
            let label = heads[labels.at];
            if usize::from(label) >= labels.names.len() {
                return Err(no_class(label, labels.names.len()).file(&shown).row(row));
            }
            codes.push(u32::from(label));
            (0..PLANE).for_each(|at| pictures.extend((0..CHANNELS).map(|c| planes[c * PLANE + at])));
        }
    }
    let names = labels.names.iter().map(|name| (*name).to_owned()).collect();
    let (rows, shape) = (codes.len(), vec![SIDE, SIDE, CHANNELS]);
    Ok(Arrays::of(name, rows, shape, Stored::U8(pictures), RawTarget::Labels { codes, names }))
}

/// Whether a file is there, plain or packed.
pub(super) fn has(folder: &Path, member: &str) -> bool {
    place("", folder, member).is_ok()
}

/// A file, plain or packed, and its name for messages.
fn place(name: &str, folder: &Path, member: &str) -> Result<(std::path::PathBuf, String), DataError> {
    let spellings = ["", ".gz"].map(|ending| format!("{member}{ending}"));
    let found = spellings.iter().find(|spelling| folder.join(spelling).is_file());
    found.map(|spelling| (folder.join(spelling), format!("{name}/{spelling}"))).ok_or_else(|| {
        DataError::new("E0520", format!("the folder has no {member}, plain or .gz"))
            .file(name)
            .help("use the folder that the archive of the \"binary version\" unpacks to, with all its files")
    })
}

fn cut_short(length: usize, record: usize) -> DataError {
    let (whole, rest) = (length / record, length % record);
    DataError::new("E0521", "the file ends within a record")
        .note(format!("{} of {record} bytes, then {rest} more", counted(whole, "record")))
        .help("the file was cut off, or is of another set or version: fetch the binary version again")
}

fn no_class(label: u8, classes: usize) -> DataError {
    DataError::new("E0531", format!("label {label} is not one of the {classes} classes"))
        .note("each record begins with its label")
        .help("the file is damaged or of another set: fetch it again")
}
