//! What a source hands over: a table of typed columns or arrays with one input and one target a row; nothing is fitted yet.
//!
//! Invariants: all columns of a table have `rows` cells; word codes index `names`, which are sorted; arrays hold whole rows.

use std::cmp::Ordering;
use std::collections::HashMap;
use std::path::PathBuf;

use super::cleaning::{Cleaning, Fill};
use super::config::{By, ColumnRef, Columns};
use super::dates::Dates;
use super::digits::Digits;
use super::error::{DataError, listed};
use super::gaps::Gaps;
use super::inputs::Inputs;
use super::pictures::{Converted, Prepare};
use super::scaler::Scaler;
use super::sound;
use crate::vocab::quoted_if_needed;

/// What a source holds.
#[derive(Clone, Debug)]
#[expect(clippy::large_enum_variant, reason = "a source is opened once, and its rows are elsewhere")]
pub enum Raw {
    Table(Table),
    /// `test` is the source's own test part.
    Arrays {
        train: Arrays,
        test: Option<Arrays>,
    },
}

#[derive(Clone, Debug)]
pub struct Table {
    /// As the `.net` file wrote it.
    pub file: Option<String>,
    pub rows: usize,
    /// Rows left out because a used cell was missing.
    pub dropped: usize,
    pub format: Format,
    pub inputs: Vec<Column>,
    pub target: Vec<Column>,
    /// Whose values say which rows belong together.
    pub groups: Option<Column>,
    /// Whose values say how much each row counts while training.
    pub weights: Option<Column>,
    /// The test rows, where they stand in a file of their own.
    pub test: Option<OwnTest>,
}

/// A table like the one that is trained on, which is read as labelled rows are.
#[derive(Clone, Debug)]
pub struct OwnTest {
    pub path: PathBuf,
    /// As the `.net` file wrote it.
    pub file: String,
    pub rows: usize,
}

/// What is needed to read further rows of the same table.
#[derive(Clone, Debug, PartialEq, serde::Serialize, serde::Deserialize)]
pub struct Format {
    pub delimiter: Delimiter,
    /// Fields in a row of the source, the target among them.
    pub width: usize,
    /// Whether the columns have names of their own.
    pub named: bool,
    pub unknown: Unknown,
    #[serde(default)]
    pub gaps: Gaps,
    #[serde(default, skip_serializing_if = "Digits::is_plain")]
    pub digits: Digits,
    /// Lines before the header.
    #[serde(default, skip_serializing_if = "is_none")]
    pub skip: usize,
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "serde asks so")]
fn is_none(lines: &usize) -> bool {
    *lines == 0
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub enum Delimiter {
    Byte(u8),
    Whitespace,
}

/// What a category that training never saw means at prediction.
#[derive(Clone, Copy, Debug, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub enum Unknown {
    Error,
    /// All of the column's inputs are 0.
    Zero,
}

impl Format {
    /// A table that is not text: predictions for it read comma-separated rows.
    pub fn plain(width: usize) -> Self {
        let (delimiter, unknown) = (Delimiter::Byte(b','), Unknown::Error);
        let digits = Digits::default();
        Self { delimiter, width, named: true, unknown, gaps: Gaps::Usual, digits, skip: 0 }
    }
}

#[derive(Clone, Debug, PartialEq)]
pub struct Column {
    pub name: String,
    /// From 1, in the source.
    pub number: usize,
    pub cells: Cells,
    /// Whether the file asks for words.
    pub settled: bool,
    /// What its numbers are of.
    pub view: View,
    /// What stands in for its gaps.
    pub fill: Option<Fill>,
    /// Where the file says how this column is scaled.
    pub scaler: Option<Scaler>,
    /// Two whole numbers that 64 bits do not tell apart.
    pub merged: Option<(i128, i128)>,
}

impl Column {
    pub fn new(name: String, number: usize, cells: Cells) -> Self {
        Self {
            name,
            number,
            cells,
            settled: false,
            view: View::Plain,
            fill: None,
            scaler: None,
            merged: None,
        }
    }

    /// How many inputs a cell becomes.
    pub fn width(&self) -> usize {
        match (&self.cells, &self.view) {
            (Cells::Words { names, .. }, _) => names.len(),
            (Cells::Numbers(_), View::Dates(dates)) => dates.width(),
            (Cells::Numbers(_), _) => 1,
        }
    }
}

/// What the numbers of a column are of.
#[derive(Clone, Debug, Default, PartialEq)]
pub enum View {
    #[default]
    Plain,
    /// Places in a list of words.
    Ordered(Vec<String>),
    /// Days from 1970.
    Dates(Dates),
}

/// What the category is called that a column has for its gaps: no cell can be it.
pub const OWN: &str = "";

#[derive(Clone, Debug, PartialEq)]
pub enum Cells {
    /// NaN where missing.
    Numbers(Vec<f64>),
    /// Codes into `names`; [`MISSING`] where missing.
    Words { codes: Vec<u32>, names: Vec<String> },
}

impl Cells {
    pub fn len(&self) -> usize {
        match self {
            Cells::Numbers(values) => values.len(),
            Cells::Words { codes, .. } => codes.len(),
        }
    }

    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// Cells that are not known.
    pub fn gaps(&self) -> usize {
        match self {
            Cells::Numbers(values) => values.iter().filter(|x| x.is_nan()).count(),
            Cells::Words { codes, .. } => codes.iter().filter(|code| **code == MISSING).count(),
        }
    }
}

/// The code of a missing word.
pub const MISSING: u32 = u32::MAX;

/// Inputs and targets as dense arrays, rows first.
#[derive(Clone, Debug)]
pub struct Arrays {
    /// For messages: the files as the `.net` file wrote them.
    pub file: String,
    pub target_file: String,
    pub rows: usize,
    /// So many rows at the end are the source's own validation part.
    pub own_valid: usize,
    pub converted: Converted,
    /// Whether a row is steps of time: a column is the last axis then.
    pub steps: bool,
    /// Of the files that the rows are, where each is one.
    pub names: Vec<String>,
    /// Whose values say which rows belong together.
    pub groups: Option<Column>,
    /// Without the rows.
    pub shape: Vec<usize>,
    pub data: Inputs,
    pub target: RawTarget,
}

impl Arrays {
    /// Rows of one file, targets and all.
    pub fn of(
        file: &str,
        rows: usize,
        shape: Vec<usize>,
        data: impl Into<Inputs>,
        target: RawTarget,
    ) -> Self {
        Self {
            file: file.to_owned(),
            target_file: file.to_owned(),
            rows,
            own_valid: 0,
            converted: Converted::default(),
            steps: false,
            names: Vec::new(),
            groups: None,
            shape,
            data: data.into(),
            target,
        }
    }
}

/// Numbers in the smallest type that holds them as they were stored: pictures stay bytes.
#[derive(Clone, Debug, PartialEq)]
pub enum Stored {
    F64(Vec<f64>),
    F32(Vec<f32>),
    U8(Vec<u8>),
}

#[derive(Clone, Debug, PartialEq)]
pub enum RawTarget {
    /// Class numbers from 0, and what the source calls the classes; without names they are called by their numbers.
    Labels { codes: Vec<u32>, names: Vec<String> },
    /// `rows * width` finite numbers.
    Numbers { data: Vec<f64>, width: usize },
    /// Those of a table beside the rows.
    Columns(Vec<Column>),
}

impl Stored {
    pub fn len(&self) -> usize {
        match self {
            Stored::F64(data) => data.len(),
            Stored::F32(data) => data.len(),
            Stored::U8(data) => data.len(),
        }
    }

    pub fn at(&self, i: usize) -> f64 {
        match self {
            Stored::F64(data) => data[i],
            Stored::F32(data) => f64::from(data[i]),
            Stored::U8(data) => f64::from(data[i]),
        }
    }

    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }
}

/// The columns that the file asks for.
#[derive(Clone, Copy, Debug, Default)]
pub struct Pick<'a> {
    pub inputs: Option<&'a Columns>,
    pub target: Option<&'a Columns>,
    /// Of which `split by=` keeps equal values together.
    pub groups: Option<&'a By>,
    /// How much each row counts.
    pub weights: Option<&'a By>,
    /// How pictures of any size become rows.
    pub pictures: Prepare,
    /// How sounds become rows.
    pub sounds: sound::Prepare,
    /// What is said of columns of a text table.
    pub cleaning: Option<&'a Cleaning>,
    /// Whether rows are windows: what came before is an input beside what comes.
    pub windows: bool,
}

/// Column positions from 0.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Chosen {
    pub inputs: Vec<usize>,
    pub target: Vec<usize>,
    pub groups: Option<usize>,
    pub weights: Option<usize>,
}

impl Pick<'_> {
    /// Finds the columns among those of the source. Left out, the target is the last column and the inputs are all others; what tells groups is
    /// among them only where it is named.
    ///
    /// # Errors
    /// E0527: a name or number that the source lacks, or a column that is both input and target, or target and group.
    pub fn resolve(&self, names: &[String]) -> Result<Chosen, DataError> {
        let of = |columns: &Columns| expand(&columns.list, names).map_err(|e| e.net(columns.span));
        let (inputs, left_out) = match self.inputs {
            Some(columns) => selected(&columns.list, names).map_err(|e| e.net(columns.span))?,
            None => (None, Vec::new()),
        };
        let target = self.target.map(of).transpose()?;
        let taken = |positions: &[usize]| {
            let mut taken = vec![false; names.len()];
            positions.iter().for_each(|position| taken[*position] = true);
            taken
        };
        let groups = self.groups.map(|by| one_column(by, names)).transpose()?;
        let weights = self.weights.map(|by| one_column(by, names)).transpose()?;
        let target = target.unwrap_or_else(|| {
            let mut taken = taken(inputs.as_deref().unwrap_or(&left_out));
            weights.into_iter().for_each(|column| taken[column] = true);
            taken.iter().rposition(|taken| !taken).into_iter().collect()
        });
        let is_target = taken(&target);
        if let (Some(by), Some(both)) = (self.groups, groups.filter(|column| is_target[*column])) {
            return Err(DataError::new("E0527", "a column is both target and group")
                .column(both + 1, &names[both])
                .net(by.span)
                .note("rows of one value would stand in one part, and no other part would have that answer")
                .help(match self.target {
                    Some(_) => {
                        "name the column in `by` that says which rows belong together: a person, a place, a day"
                    }
                    None => "the target is the last column unless `target` names another one",
                }));
        }
        if let (Some(by), Some(both)) = (self.weights, weights.filter(|column| is_target[*column])) {
            return Err(DataError::new("E0527", "a column is both target and weight")
                .column(both + 1, &names[both])
                .net(by.span)
                .help("name the column in `weights` that says how much a row counts"));
        }
        let is_left_out = taken(&left_out);
        let is_free =
            |c: &usize| !is_target[*c] && Some(*c) != groups && Some(*c) != weights && !is_left_out[*c];
        let inputs = inputs.unwrap_or_else(|| (0..names.len()).filter(is_free).collect());
        if let Some(&both) = inputs.iter().find(|c| is_target[**c] && !self.windows) {
            let error = DataError::new("E0527", "a column is both input and target")
                .column(both + 1, &names[both])
                .help("the net would be shown the answer: leave the column out of `inputs`");
            return Err(self.inputs.or(self.target).map_or(error.clone(), |columns| error.net(columns.span)));
        }
        if target.is_empty() || inputs.is_empty() && !self.windows {
            return Err(DataError::new("E0527", "a table needs an input column and a target column")
                .note(format!("it has {}", super::error::counted(names.len(), "column")))
                .help("if the columns were not told apart, give `delimiter=`"));
        }
        Ok(Chosen { inputs, target, groups, weights })
    }
}

fn one_column(by: &By, names: &[String]) -> Result<usize, DataError> {
    let found = expand(std::slice::from_ref(&by.column), names).map_err(|e| e.net(by.span))?;
    Ok(found[0])
}

/// The positions of columns that are named, none where all are meant but those that are left out; and the latter.
///
/// # Errors
/// As [`expand`]; E0527 for a column that is left out of those among which it is not.
fn selected(list: &[ColumnRef], names: &[String]) -> Result<(Option<Vec<usize>>, Vec<usize>), DataError> {
    let (mut kept, mut left_out) = (Vec::new(), Vec::new());
    for item in list {
        match item {
            ColumnRef::Not(columns) => left_out.push((**columns).clone()),
            other => kept.push(other.clone()),
        }
    }
    let left_out = expand(&left_out, names)?;
    if kept.is_empty() {
        return Ok((None, left_out));
    }
    let mut kept = expand(&kept, names)?;
    if let Some(other) = left_out.iter().find(|position| !kept.contains(position)) {
        return Err(DataError::new("E0527", "a column is left out of inputs that it is not among")
            .column(other + 1, &names[*other])
            .help("leave it out of the statement, or name no other columns in it"));
    }
    kept.retain(|position| !left_out.contains(position));
    Ok((Some(kept), left_out))
}

/// The positions of columns that the file names.
///
/// # Errors
/// E0527: a name or number that the source lacks, or a column that is named twice.
pub(super) fn expand(list: &[ColumnRef], names: &[String]) -> Result<Vec<usize>, DataError> {
    let mut place_of = HashMap::new();
    if list.iter().any(|item| matches!(item, ColumnRef::Name(_) | ColumnRef::Names(..))) {
        // Of equal names the first, as none but empty ones are equal.
        place_of.extend(names.iter().enumerate().rev().map(|(place, name)| (name, place)));
    }
    let mut positions = Vec::new();
    for item in list {
        match item {
            ColumnRef::Number(n) => positions.push(in_table(*n, names)?),
            ColumnRef::Range(low, high) => {
                in_table(*high, names)?;
                positions.extend((*low - 1)..*high);
            }
            ColumnRef::Name(name) => {
                positions.push(*place_of.get(name).ok_or_else(|| no_column(name, names))?);
            }
            ColumnRef::Names(first, last) => {
                let [from, to] = [first, last]
                    .map(|name| place_of.get(name).copied().ok_or_else(|| no_column(name, names)));
                let (from, to) = (from?, to?);
                if from > to {
                    let message = format!("`{first}` stands behind `{last}` in the table");
                    let help = format!(
                        "write `{}..{}`; both ends belong to it",
                        quoted_if_needed(last),
                        quoted_if_needed(first)
                    );
                    return Err(DataError::new("E0527", message).help(help));
                }
                positions.extend(from..=to);
            }
            // Statements that take a minus tell such columns apart before.
            ColumnRef::Not(_) => {}
        }
    }
    let mut sorted = positions.clone();
    sorted.sort_unstable();
    match sorted.windows(2).find(|w| w[0] == w[1]) {
        Some(twice) => {
            Err(DataError::new("E0527", "a column is named twice").column(twice[0] + 1, &names[twice[0]]))
        }
        None => Ok(positions),
    }
}

fn in_table(number: usize, names: &[String]) -> Result<usize, DataError> {
    if number > names.len() {
        return Err(DataError::new("E0527", format!("no column {number}: the table has {}", names.len()))
            .help("columns count from 1"));
    }
    Ok(number - 1)
}

fn no_column(name: &str, names: &[String]) -> DataError {
    let error = DataError::new("E0527", format!("no column is called `{name}`"));
    match super::error::nearest(name, names) {
        Some(near) => error.help(format!("did you mean `{near}`?")),
        None => error.note(format!("the columns are {}", listed(names, 12))),
    }
}

/// The order of class names: numbers by value, then words by their bytes.
pub fn label_order(a: &str, b: &str) -> Ordering {
    match (a.parse::<f64>(), b.parse::<f64>()) {
        (Ok(x), Ok(y)) => x.total_cmp(&y).then_with(|| a.cmp(b)),
        (Ok(_), Err(_)) => Ordering::Less,
        (Err(_), Ok(_)) => Ordering::Greater,
        (Err(_), Err(_)) => a.cmp(b),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::diag::Span;

    fn columns(list: Vec<ColumnRef>) -> Columns {
        Columns { list, span: Span::default() }
    }

    fn names(list: &[&str]) -> Vec<String> {
        list.iter().map(|s| s.to_string()).collect()
    }

    #[test]
    fn the_last_column_is_the_target_by_default() {
        let pick = Pick::default();
        let chosen = pick.resolve(&names(&["a", "b", "c"])).unwrap();
        assert_eq!(chosen, Chosen { inputs: vec![0, 1], target: vec![2], groups: None, weights: None });
    }

    #[test]
    fn numbers_ranges_and_names() {
        let inputs = columns(vec![ColumnRef::Range(2, 3), ColumnRef::Name("e".into())]);
        let target = columns(vec![ColumnRef::Number(1)]);
        let pick = Pick { inputs: Some(&inputs), target: Some(&target), ..Pick::default() };
        let chosen = pick.resolve(&names(&["a", "b", "c", "d", "e"])).unwrap();
        assert_eq!(chosen, Chosen { inputs: vec![1, 2, 4], target: vec![0], groups: None, weights: None });
    }

    #[test]
    fn wrong_columns_are_named() {
        let table = names(&["age", "height", "sex"]);
        let say = |inputs: Vec<ColumnRef>, target: Vec<ColumnRef>| {
            let (inputs, target) = (columns(inputs), columns(target));
            let pick = Pick { inputs: Some(&inputs), target: Some(&target), ..Pick::default() };
            pick.resolve(&table).unwrap_err().to_string()
        };
        let one = || vec![ColumnRef::Number(1)];
        assert!(say(one(), vec![ColumnRef::Name("heigth".into())]).contains("did you mean `height`?"));
        assert!(say(one(), one()).contains("both input and target"));
        assert!(say(vec![ColumnRef::Range(1, 4)], one()).contains("no column 4: the table has 3"));
        assert!(say(vec![ColumnRef::Number(2), ColumnRef::Number(2)], one()).contains("named twice"));
    }

    #[test]
    fn labels_sort_by_value_then_by_name() {
        let mut labels = vec!["10", "b", "9", "a", "2.5"];
        labels.sort_by(|a, b| label_order(a, b));
        assert_eq!(labels, ["2.5", "9", "10", "a", "b"]);
    }
}
