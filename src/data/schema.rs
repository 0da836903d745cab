//! What can be known of the data before a net is fitted to it; it binds `train.rows`, `data.classes` and their kin.

use serde::Serialize;

use super::divide::Parts;

/// Sizes, names and kinds.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct DataSchema {
    /// Rows of all parts.
    pub rows: usize,
    pub train_rows: usize,
    pub valid_rows: usize,
    pub test_rows: usize,
    /// Rows left out because of missing values.
    pub dropped: usize,
    /// The natural shape of a row: `[features]` for a table, the array's for arrays.
    pub shape: Vec<usize>,
    /// Input columns of a table; empty for arrays.
    pub columns: Vec<ColumnInfo>,
    /// Target columns of a table; one without a name for arrays.
    pub target: Vec<ColumnInfo>,
    /// Names of the classes where the target can be a class: words, or whole numbers.
    pub classes: Option<Vec<String>>,
    /// Outputs where the target is a number: `real[D]`.
    pub target_width: usize,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct ColumnInfo {
    pub name: String,
    pub kind: ColumnKind,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub enum ColumnKind {
    Number,
    /// The categories, sorted.
    Words(Vec<String>),
}

impl DataSchema {
    /// Numbers a row gives the net.
    pub fn features(&self) -> usize {
        self.shape.iter().product()
    }

    /// The value of an attribute such as `train.rows`. `None` for an unknown attribute, or `data.classes` without classes.
    pub fn attribute(&self, path: &str) -> Option<f64> {
        let count = match path {
            "data.rows" => self.rows,
            "train.rows" => self.train_rows,
            "valid.rows" => self.valid_rows,
            "test.rows" => self.test_rows,
            "data.features" => self.features(),
            "data.classes" => self.classes.as_ref()?.len(),
            _ => return None,
        };
        Some(count as f64)
    }

    /// Every name that [`DataSchema::attribute`] may answer to.
    pub const ATTRIBUTES: &'static [&'static str] =
        &["data.rows", "train.rows", "valid.rows", "test.rows", "data.features", "data.classes"];

    pub(super) fn with_rows(mut self, parts: &Parts, own_test: usize) -> Self {
        self.train_rows = parts.train.len();
        self.valid_rows = parts.valid.len();
        self.test_rows = parts.test.len() + own_test;
        self
    }
}
