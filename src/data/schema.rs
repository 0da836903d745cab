//! What can be known of the data before a net is fitted to it; it binds `train.rows`, `data.classes` and their kin.

use std::collections::BTreeMap;

use serde::Serialize;

use super::divide::Parts;
use super::pictures::Converted;
use super::raw::{Arrays, Cells, Column, RawTarget, Table};
use super::sound::SoundSizes;
use super::target;
use super::texts::TextSizes;

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
    /// Where groups of rows stay together.
    pub groups: Option<Grouped>,
    pub converted: Converted,
    /// Of texts.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub text: Option<TextSizes>,
    /// Of sounds.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub sound: Option<SoundSizes>,
}

/// Groups of each part, by the values of a column.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Grouped {
    pub column: String,
    pub train: usize,
    pub valid: usize,
    pub test: usize,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct ColumnInfo {
    pub name: String,
    pub kind: ColumnKind,
    /// Cells that are not known, and are filled in.
    pub gaps: usize,
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

    /// What the checker may ask of the data, by name; `data.classes` only where the target has classes.
    pub fn attributes(&self) -> BTreeMap<String, f64> {
        let mut known = vec![
            ("train.rows", self.train_rows),
            ("data.rows", self.rows),
            ("data.features", self.features()),
        ];
        known.extend(self.classes.as_ref().map(|names| ("data.classes", names.len())));
        known.into_iter().map(|(name, count)| (name.to_owned(), count as f64)).collect()
    }

    pub(super) fn with_rows(mut self, parts: &Parts, own_test: usize) -> Self {
        self.train_rows = parts.train.len();
        self.valid_rows = parts.valid.len();
        self.test_rows = parts.test.len() + own_test;
        self
    }

    /// Sizes of a table; the parts are not known yet.
    pub(super) fn of_table(table: &Table) -> Self {
        let info = |c: &Column| ColumnInfo {
            name: c.name.clone(),
            kind: match &c.cells {
                Cells::Numbers(_) => ColumnKind::Number,
                Cells::Words { names, .. } => ColumnKind::Words(names.clone()),
            },
            gaps: c.cells.gaps(),
        };
        let width = |c: &Column| match &c.cells {
            Cells::Numbers(_) => 1,
            Cells::Words { names, .. } => names.len(),
        };
        let whole_numbers = |cells: &Cells| match cells {
            Cells::Numbers(values) => values.iter().all(|x| x.fract() == 0.0),
            Cells::Words { .. } => true,
        };
        let classes = match table.target.as_slice() {
            [column] if whole_numbers(&column.cells) && column.merged.is_none() => {
                target::classes_of(&column.cells).map(|(_, names)| names)
            }
            _ => None,
        };
        Self {
            rows: table.rows,
            train_rows: 0,
            valid_rows: 0,
            test_rows: 0,
            dropped: table.dropped,
            shape: vec![table.inputs.iter().map(width).sum()],
            columns: table.inputs.iter().map(info).collect(),
            target: table.target.iter().map(info).collect(),
            classes,
            target_width: table.target.len(),
            groups: None,
            converted: Converted::default(),
            text: None,
            sound: None,
        }
    }

    /// Sizes of arrays, whose classes are numbers unless they have `names`; the parts are not known yet.
    pub(super) fn of_arrays(train: &Arrays, test: Option<&Arrays>, names: Option<&[String]>) -> Self {
        let classes =
            [Some(train), test].into_iter().flatten().filter_map(|a| target::array_classes(&a.target)).max();
        let width = match &train.target {
            RawTarget::Labels { .. } => 1,
            RawTarget::Numbers { width, .. } => *width,
            RawTarget::Columns(columns) => columns.len(),
        };
        let sound = train.data.sounds().map(|own| own.sizes(test.and_then(|test| test.data.sounds())));
        let mut converted = train.converted;
        converted += test.map_or_else(Converted::default, |test| test.converted);
        Self {
            rows: train.rows + test.map_or(0, |t| t.rows),
            train_rows: 0,
            valid_rows: 0,
            test_rows: 0,
            dropped: 0,
            shape: train.shape.clone(),
            columns: Vec::new(),
            target: vec![ColumnInfo { name: String::new(), kind: ColumnKind::Number, gaps: 0 }],
            classes: match names {
                Some(names) => Some(names.to_vec()),
                None => classes.map(|k| target::array_names(&train.target, k)),
            },
            target_width: width,
            groups: None,
            converted,
            text: None,
            sound,
        }
    }
}
