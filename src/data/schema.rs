//! What can be known of the data before a net is fitted to it; it binds `train.rows`, `data.classes` and their kin.

use std::collections::BTreeMap;

use serde::Serialize;

use super::dates::{Dates, Order};
use super::divide::Parts;
use super::pictures::Converted;
use super::raw::{Arrays, Cells, Column, OWN, RawTarget, Table, View};
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
    /// Of numbers: whether each is one more than the one before it, as numbers of rows are.
    pub counts: bool,
    /// Of words: whether all are dates, in some order.
    pub dates: bool,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub enum ColumnKind {
    Number,
    /// The categories, sorted.
    Words(Vec<String>),
    /// Words that are numbers by their order.
    Ordered(Vec<String>),
    /// What its parts are called.
    Dates(Vec<String>),
}

/// Fewer rows than this count by accident.
const SOME: usize = 10;

fn counts_rows(column: &Column) -> bool {
    match (&column.cells, &column.view) {
        (Cells::Numbers(values), View::Plain) => {
            let whole = values.first().is_some_and(|first| first.fract() == 0.0);
            whole && values.len() >= SOME && values.windows(2).all(|pair| pair[1] == pair[0] + 1.0)
        }
        _ => false,
    }
}

fn are_dates(cells: &Cells) -> bool {
    let Cells::Words { names, .. } = cells else { return false };
    Order::ALL.iter().any(|order| are_of_order(names, *order))
}

/// Whether all of these words are dates of one order.
pub(super) fn are_of_order(names: &[String], order: Order) -> bool {
    let dates = Dates { parts: Vec::new(), order, round: false };
    let mut words = names.iter().filter(|name| *name != OWN).peekable();
    words.peek().is_some() && words.all(|name| dates.read(name).is_some())
}

impl ColumnInfo {
    /// How many inputs it becomes.
    pub fn width(&self) -> usize {
        match &self.kind {
            ColumnKind::Number | ColumnKind::Ordered(_) => 1,
            ColumnKind::Words(names) | ColumnKind::Dates(names) => names.len(),
        }
    }
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
            kind: match (&c.cells, &c.view) {
                (Cells::Numbers(_), View::Ordered(names)) => ColumnKind::Ordered(names.clone()),
                (Cells::Numbers(_), View::Dates(dates)) => ColumnKind::Dates(dates.names()),
                (Cells::Numbers(_), View::Plain) => ColumnKind::Number,
                (Cells::Words { names, .. }, _) => ColumnKind::Words(names.clone()),
            },
            gaps: c.cells.gaps(),
            counts: counts_rows(c),
            dates: are_dates(&c.cells),
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
            rows: table.rows + table.test.as_ref().map_or(0, |test| test.rows),
            train_rows: 0,
            valid_rows: 0,
            test_rows: 0,
            dropped: table.dropped,
            shape: vec![table.inputs.iter().map(Column::width).sum()],
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
            target: vec![ColumnInfo {
                name: String::new(),
                kind: ColumnKind::Number,
                gaps: 0,
                counts: false,
                dates: false,
            }],
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
