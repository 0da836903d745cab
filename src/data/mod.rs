//! Data: the statements of the `data` section, sources, divisions, normalisation, and raw rows for prediction.
//!
//! `DataConfig::build` (no IO) -> `open` -> `Opened::schema` (for the checker) and `Opened::dataset` (for the runtime).
//! Invariants: what is fitted is fitted on the training part alone; a dataset is a function of the files and the section, never of
//! threads, the run's seed or the machine; bad data is a [`DataError`] with its place, never a panic.

mod advice;
mod arrays;
mod assemble;
mod cells;
mod cleaning;
mod config;
mod contradictions;
mod cores;
mod dataset;
mod dates;
mod digits;
mod divide;
mod draw;
mod encode;
mod encoding;
mod error;
mod files;
mod finite;
mod fit;
mod foretold;
mod gaps;
mod groups;
mod index;
mod inputs;
mod labels;
mod laid;
mod need;
mod notation;
mod only;
mod opened;
mod own_test;
mod pictures;
pub mod profile;
mod raw;
mod readers;
pub mod resample;
mod rows;
mod scaler;
mod schema;
mod search;
mod single;
pub mod sizes;
mod sound;
mod source;
mod sources;
mod statements;
mod stores;
mod streams;
mod survey;
mod table;
mod target;
pub mod tensors;
#[cfg(test)]
mod tests;
mod text;
mod texts;
pub mod tokens;
mod transform;
pub mod translations;
mod units;
pub mod vectors;
mod weights;
mod windows;
pub mod wordnet;
mod words;

pub(crate) use advice::{Advice, are_hardly_classes, fitting_classes, left_out};
pub use config::{
    Batch, By, Choosing, Classes, ColumnRef, Columns, DEFAULT_BATCH, DataConfig, Division, Normalize, Per,
    Scale, Settings, Share, Split, updates,
};
pub use dataset::{Dataset, Input, Observed, Part, Storage, Target};
pub use encode::is_column_of;
pub(crate) use error::cut;
pub use error::{DataError, Fault, Place};
pub use foretold::Foretold;
pub use need::{Lengths, Need, Want};
pub(crate) use notation::Notations;
pub use opened::{Divided, Opened, open};
pub use pictures::{Converted, Prepare};
pub use raw::Format;
pub use readers::{Kept, Labelled};
pub use rows::{Asked, Noticed, Rows};
pub use scaler::{Curve, Scaler};
pub use schema::{ColumnInfo, ColumnKind, DataSchema, Grouped};
pub use search::Search;
pub use sound::{Hearing, SoundSizes, hertz, recordings, seconds};
pub use source::Source;
pub use stores::{Form, Numbers, Numeric, RowBuffer, RowStore, Tones, read_rows};
pub use texts::{Texts, Unread};
pub use transform::{Affine, ArrayRule, CellRule, ColumnRule, Fields, InputShape, TargetRule, Transform};
pub use units::Units;
pub use windows::Window;
pub use words::{SOURCES, STATEMENTS, SourceWord, Statement};

/// Reads the source only to say what it holds.
///
/// # Errors
/// Any fault of the files, or of their division.
pub fn probe(config: &DataConfig, search: &Search) -> Result<DataSchema, DataError> {
    open(config, search)?.schema()
}

/// Reads, divides and fits.
///
/// # Errors
/// Any fault of the files, or data that do not fit the net.
pub fn load(config: &DataConfig, search: &Search, need: &Need) -> Result<Dataset, DataError> {
    open(config, search)?.dataset(need)
}
