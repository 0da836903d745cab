//! What a table holds, said before anything is trained on it: `dropnet data`.
//!
//! Nothing is refused here that can be said: a column of numbers with words among them is one, and what speaks against a column is a remark.

mod coded;
mod looked_up;
mod remarks;
mod section;
mod sniff;

use std::path::Path;

use serde::Serialize;

use self::coded::Coded;
pub use self::remarks::{About, Remark};
use super::cleaning::Form;
use super::config::{ColumnRef, DataConfig};
use super::dates::Order;
use super::digits::Digits;
use super::error::DataError;
use super::raw::{OWN, Pick, Raw, Table, expand};
use super::schema::{DataSchema, are_of_order};
use super::search::Search;
use super::table::Reading;
use super::text::{check_row, records_behind};
use super::{encoding, files};
use crate::math::Moments;

/// A table, column by column.
#[derive(Debug, Serialize)]
pub struct Profile {
    pub file: String,
    pub rows: usize,
    pub columns: Vec<ColumnProfile>,
    /// Rows that are equal to one before them, in all columns.
    pub repeated_rows: usize,
    /// Of a `.net` file: the rows of its parts.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub parts: Option<Parts>,
    /// How it is to be read.
    #[serde(skip)]
    reading: Option<Reading>,
}

/// Training, validation and test part.
#[derive(Clone, Copy, Debug, Serialize)]
pub struct Parts {
    pub train: usize,
    pub valid: usize,
    pub test: usize,
    /// Rows of the other parts whose inputs stand in the training part too.
    pub seen_in_training: usize,
}

/// What a column is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Role {
    Input,
    Target,
    Group,
    Weight,
    Unused,
}

/// What its cells are.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[serde(rename_all = "lowercase", tag = "kind")]
pub enum Held {
    Numbers {
        least: f64,
        mean: f64,
        most: f64,
        whole: bool,
    },
    Words,
    Dates {
        order: String,
    },
    /// Numbers, and so many cells that are none.
    Mixed {
        words: usize,
    },
    Nothing,
}

/// One column.
#[derive(Clone, Debug, Serialize)]
pub struct ColumnProfile {
    /// From 1.
    pub number: usize,
    pub name: String,
    pub role: Role,
    #[serde(flatten)]
    pub held: Held,
    pub gaps: usize,
    /// Different values.
    pub different: usize,
    /// The most frequent values with how often they occur.
    pub frequent: Vec<(String, usize)>,
    pub remarks: Vec<Remark>,
}

/// Values that a column shows.
const SHOWN: usize = 12;

/// A table in a file, read as it seems to be written; `target` names what is to be predicted, else it is the last column.
///
/// # Errors
/// E0520 to E0528 for a file that is no table; E0527 for a target that it lacks.
pub fn of_file(path: &Path, name: &str, target: Option<&str>) -> Result<Profile, DataError> {
    let text = encoding::decode(files::read(path, name)?, name)?;
    let reading = sniff::reading(&text, name)?;
    let (names, columns) = coded(&text, name, &reading)?;
    let target = match target {
        Some(target) => expand(&[column_ref(target, &names)], &names).map_err(|e| e.file(name))?[0],
        None => names.len().saturating_sub(1),
    };
    let role = |place: usize| if place == target { Role::Target } else { Role::Input };
    let roles = (0..names.len()).map(role).collect();
    Ok(Profile::of(name, &names, &columns, roles, Some(reading)))
}

/// By its name, or by its number where no column is called so.
fn column_ref(target: &str, names: &[String]) -> ColumnRef {
    match target.parse::<usize>() {
        Ok(number) if number > 0 && !names.iter().any(|name| name == target) => ColumnRef::Number(number),
        _ => ColumnRef::Name(target.to_owned()),
    }
}

/// What a `data` section reads.
#[derive(Debug)]
pub struct Page {
    /// Of a table.
    pub profile: Option<Profile>,
    /// Sizes and parts, or why the section cannot be read.
    pub schema: Result<DataSchema, DataError>,
}

/// The rows that a `data` section reads, where they are a table; else what is known of them. What keeps a table from being read as the section says does not
/// keep it from being looked at.
///
/// # Errors
/// Any fault of the files.
pub fn of_config(config: &DataConfig, search: &Search) -> Result<Page, DataError> {
    let of_text = config.source.text_table().map(|(file, reading)| of_text(config, (file, reading), search));
    let of_text = of_text.transpose()?;
    let opened = match super::open(config, search) {
        Ok(opened) => opened,
        Err(error) if of_text.is_some() => return Ok(Page { profile: of_text, schema: Err(error) }),
        Err(error) => return Err(error),
    };
    let schema = opened.schema()?;
    let profile = match &opened.raw {
        Raw::Table(table) => {
            let parts = Some(parts(&opened, table, &schema)?);
            Some(Profile { parts, ..of_text.unwrap_or_else(|| of_table(table)) })
        }
        Raw::Arrays { .. } => of_text,
    };
    Ok(Page { profile, schema: Ok(schema) })
}

/// The file of a section, with the roles that it gives to columns.
fn of_text(
    config: &DataConfig,
    (file, reading): (&str, &Reading),
    search: &Search,
) -> Result<Profile, DataError> {
    let at = |e: DataError| e.net(config.source_span);
    let text = files::text(&search.find(file).map_err(at)?, file).map_err(at)?;
    let (names, columns) = coded(&text, file, reading).map_err(at)?;
    let settings = &config.settings;
    let window = settings.window.as_ref().and_then(|window| window.target.as_ref());
    let pick = Pick {
        inputs: settings.inputs.as_ref(),
        target: window.or(settings.target.as_ref()),
        groups: settings.split.as_ref().and_then(|split| split.by.as_ref()),
        weights: settings.weights.as_ref(),
        windows: settings.window.is_some(),
        ..Pick::default()
    };
    let chosen = pick.resolve(&names).map_err(at)?;
    let role = |place: usize| match () {
        () if chosen.target.contains(&place) => Role::Target,
        () if chosen.groups == Some(place) => Role::Group,
        () if chosen.weights == Some(place) => Role::Weight,
        () if chosen.inputs.contains(&place) => Role::Input,
        () => Role::Unused,
    };
    let roles = (0..names.len()).map(role).collect();
    let mut profile = Profile::of(file, &names, &columns, roles, Some(reading.clone()));
    let sayings = config.settings.cleaning.of_columns(&names, &reading.words).map_err(at)?;
    // What the section says of a column need not be proposed.
    let said = |remark: &Remark| {
        matches!(remark.about, About::MayBeCategories | About::Dates | About::WordsAmongNumbers)
    };
    for (column, saying) in profile.columns.iter_mut().zip(sayings) {
        column.remarks.retain(|remark| saying.form == Form::Found || !said(remark));
    }
    Ok(profile)
}

/// Of a generator, or of a table that comes with the program.
fn of_table(table: &Table) -> Profile {
    let columns = || table.inputs.iter().chain(&table.target);
    let names: Vec<String> = columns().map(|column| column.name.clone()).collect();
    let coded: Vec<Coded> = columns().map(Coded::of_column).collect();
    let role = |place: usize| if place < table.inputs.len() { Role::Input } else { Role::Target };
    let roles = (0..names.len()).map(role).collect();
    Profile::of(table.file.as_deref().unwrap_or("the source"), &names, &coded, roles, None)
}

/// The parts, and how many rows beside the training part are in it too.
fn parts(opened: &super::Opened<'_>, table: &Table, schema: &DataSchema) -> Result<Parts, DataError> {
    let coded: Vec<Coded> = table.inputs.iter().map(Coded::of_column).collect();
    let row = |row: &u32| coded.iter().map(|column| column.codes[*row as usize]).collect::<Vec<u32>>();
    let divided = opened.parts(table.rows, None, table.test.is_some())?;
    let known: rustc_hash::FxHashSet<Vec<u32>> = divided.train.iter().map(row).collect();
    let others = divided.valid.iter().chain(&divided.test);
    let seen_in_training = others.filter(|number| known.contains(&row(number))).count();
    let DataSchema { train_rows, valid_rows, test_rows, .. } = schema;
    Ok(Parts { train: *train_rows, valid: *valid_rows, test: *test_rows, seen_in_training })
}

/// The names of the columns, and their cells.
fn coded(text: &str, name: &str, reading: &Reading) -> Result<(Vec<String>, Vec<Coded>), DataError> {
    let rows = records_behind(text, reading.skip, reading.delimiter);
    let mut rows = rows.map_err(|e| DataError::from(e).file(name))?;
    let empty = || DataError::new("E0528", "the table has no rows").file(name);
    let first = rows.clone().next().ok_or_else(empty)?;
    let width = first.fields.len();
    let names = match reading.header {
        true => first.fields.iter().map(|field| field.text.clone().into_owned()).collect(),
        false => (1..=width).map(|number| number.to_string()).collect(),
    };
    if reading.header {
        rows.next();
    }
    let mut records = Vec::new();
    for record in rows {
        check_row(&record, width, reading.delimiter, name)?;
        records.push(record);
    }
    if records.is_empty() {
        return Err(empty());
    }
    let column = |place: usize| {
        Coded::of(records.iter().map(|record| {
            let cell = &record.fields[place];
            (!reading.gaps.among_words(cell)).then_some(&*cell.text)
        }))
    };
    Ok((names, (0..width).map(column).collect()))
}

impl Profile {
    fn of(file: &str, names: &[String], coded: &[Coded], roles: Vec<Role>, reading: Option<Reading>) -> Self {
        let digits = reading.as_ref().map_or(Digits::default(), |reading| reading.digits);
        let rows = coded.first().map_or(0, Coded::rows);
        let mut columns: Vec<ColumnProfile> = Vec::with_capacity(names.len());
        for (place, (column, role)) in coded.iter().zip(roles).enumerate() {
            let frequent = column.by_count().into_iter().take(SHOWN);
            columns.push(ColumnProfile {
                number: place + 1,
                name: names[place].clone(),
                role,
                held: held(column, digits),
                gaps: column.gaps(),
                different: column.values.iter().filter(|value| *value != OWN).count(),
                frequent: frequent.map(|(value, count)| (value.to_owned(), count)).collect(),
                remarks: Vec::new(),
            });
        }
        let repeated_rows = repeated(coded, rows);
        let mut profile = Self { file: file.to_owned(), rows, columns, repeated_rows, parts: None, reading };
        profile.remark(coded, digits);
        profile
    }

    /// The only target, where there is one.
    #[must_use]
    pub fn target(&self) -> Option<&ColumnProfile> {
        let mut targets = self.columns.iter().filter(|column| column.role == Role::Target);
        targets.next().filter(|_| targets.next().is_none())
    }
}

fn repeated(coded: &[Coded], rows: usize) -> usize {
    let row = |row: usize| coded.iter().map(|column| column.codes[row]).collect::<Vec<u32>>();
    let different: rustc_hash::FxHashSet<Vec<u32>> = (0..rows).map(row).collect();
    rows - different.len()
}

fn held(column: &Coded, digits: Digits) -> Held {
    let numbers: Vec<Option<f64>> = column.values.iter().map(|value| digits.number(value)).collect();
    let count = |known: bool| -> usize {
        let of = numbers.iter().zip(&column.counts).filter(|(number, _)| number.is_some() == known);
        of.map(|(_, count)| count).sum()
    };
    let (known, words) = (count(true), count(false));
    match (known, words) {
        (0, 0) => Held::Nothing,
        (_, 0) => {
            let each = || {
                let values = numbers.iter().zip(&column.counts);
                values.flat_map(|(x, count)| std::iter::repeat_n(x.unwrap_or(0.0), *count))
            };
            let least = each().fold(f64::INFINITY, f64::min);
            let most = each().fold(f64::NEG_INFINITY, f64::max);
            let whole = each().all(|x| x.fract() == 0.0);
            Held::Numbers { least, mean: Moments::of(each()).mean, most, whole }
        }
        (0, _) => match Order::ALL.into_iter().find(|order| are_of_order(&column.values, *order)) {
            Some(order) => Held::Dates { order: order.name().to_owned() },
            None => Held::Words,
        },
        (known, words) if known >= words => Held::Mixed { words },
        _ => Held::Words,
    }
}
