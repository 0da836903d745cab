//! What a word of `source` stands for.

use std::fmt;

use super::error::DataError;
use super::labels::Labels;
use super::raw::{Pick, Raw};
use super::search::Search;
use super::table::Reading;

/// Where rows come from; one implementation a word of `source`.
pub trait Source: fmt::Debug + Send + Sync {
    /// Reads everything the source holds. `pick` says which columns are used; sources without columns ignore it.
    fn open(&self, pick: &Pick<'_>, search: &Search) -> Result<Raw, DataError>;

    /// Whether `inputs` and `target` may choose among columns.
    fn has_columns(&self) -> bool {
        true
    }

    /// Whether a column may say which rows stay together.
    fn has_groups(&self) -> bool {
        self.has_columns()
    }

    /// Whether rows are pictures in files, which may have any size.
    fn has_pictures(&self) -> bool {
        false
    }

    /// The columns of the table that names its files, where there is one.
    fn labels(&self) -> Option<&Labels> {
        None
    }

    /// Whether rows are sounds, each as long as it is.
    fn has_sounds(&self) -> bool {
        false
    }

    /// Whether training reads another stretch of what is longer than a row in every epoch.
    fn draws_stretches(&self) -> bool {
        false
    }

    /// Whether it may be one text, whose windows are rows.
    fn may_stream(&self) -> bool {
        false
    }

    /// Whether rows are texts, which become tokens.
    fn has_texts(&self) -> bool {
        false
    }

    /// Whether pictures are always bytes.
    fn gives_bytes(&self) -> bool {
        false
    }

    /// Black and white of pictures in bytes.
    fn shades(&self) -> (f64, f64) {
        (0.0, 255.0)
    }

    /// Whether columns are measured in units of their own, as those of tables are.
    fn has_units(&self) -> bool {
        false
    }

    /// The file and the way it is read, of a table that is text: statements may say how its columns are read.
    fn text_table(&self) -> Option<(&str, &Reading)> {
        None
    }

    /// Whether the test rows of a table stand in a file of their own.
    fn has_test_table(&self) -> bool {
        false
    }

    /// The file that index files lie beside.
    fn file(&self) -> Option<&str> {
        None
    }
}
