//! Raw rows for prediction, in the forms in which a user has them: one file a form, one row of the table.

mod answers;
mod array;
mod idx;
mod json;
mod kept;
mod labelled_table;
mod labelled_texts;
mod npy;
mod picture;
mod pixels;
mod sound;
mod table;
mod text;
mod windows;

pub use kept::Kept;
pub(super) use labelled_table::{labelled_table, with_answers};
pub(super) use labelled_texts::labelled as labelled_texts;
pub use picture::Labelled;
pub(super) use picture::{folder, in_table as pictures_in_table, labelled};
pub(super) use sound::{folder as folder_of_sounds, labelled as labelled_sounds};
pub(super) use text::{folder as folder_of_texts, table_rows};
pub(super) use windows::labelled as labelled_windows;

use std::fs::File;

use super::error::DataError;
use super::pictures;
use super::rows::Rows;
use super::sound as sounds;
use super::transform::{Fields, Transform};

/// A form of raw rows.
pub(super) trait ReadRows: Sync {
    /// Whether unpacked bytes have this form, for a net whose rows consist of such fields.
    fn takes(&self, bytes: &[u8], fields: &Fields) -> bool;

    /// Encodes them in their order. `name` stands for the bytes in messages.
    ///
    /// # Errors
    /// Rows that are not of the form, or not those that the net was trained on, with their place.
    fn read(&self, bytes: Vec<u8>, transform: &Transform, name: &str) -> Result<Rows, DataError>;

    /// Where the rows of a file are, for forms whose rows are read one by one when they are wanted.
    ///
    /// # Errors
    /// As [`read`](Self::read).
    fn leave(&self, _file: File, _transform: &Transform, _name: &str) -> Option<Result<Rows, DataError>> {
        None
    }
}

/// The first that takes some bytes reads them. What shows itself by how it begins comes before other text, which may begin with anything.
static TOLD: &[&dyn ReadRows] =
    &[&text::READER, &npy::READER, &idx::READER, &picture::READER, &sound::READER, &json::READER];
static WRITTEN: &[&dyn ReadRows] = &[&table::READER, &pixels::READER];

/// The reader of some bytes, which may be called as a picture or a sound and be none. What a net of sounds or of pictures is given is one, unless it is an
/// array or numbers: who gives it anything else is told why that is none.
pub(super) fn of(bytes: &[u8], name: &str, transform: &Transform) -> Option<&'static dyn ReadRows> {
    if pictures::is_named_so(name) {
        return Some(&picture::READER);
    }
    if sounds::is_named_so(name) {
        return Some(&sound::READER);
    }
    let fields = &transform.fields;
    let one_of = |readers: &[&'static dyn ReadRows]| readers.iter().copied().find(|r| r.takes(bytes, fields));
    if let Some(found) = one_of(TOLD) {
        return Some(found);
    }
    match (fields, &transform.inputs[..]) {
        (Fields::Array(rule), _) if pixels::are(bytes, rule.width) => one_of(WRITTEN),
        _ if transform.sounds.is_some() => Some(&sound::READER),
        (Fields::Array(_), [input]) if matches!(input.shape[..], [_, _] | [_, _, 1 | pictures::CHANNELS]) => {
            Some(&picture::READER)
        }
        _ => one_of(WRITTEN),
    }
}
