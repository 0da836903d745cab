//! Text tables: rows to typed columns, in two passes: what each column holds, then its cells.
//!
//! Only chosen columns are read. Invariant: every error names the line, the column and what stood there.

use std::collections::HashMap;

use rustc_hash::FxHashMap;

use super::cells::{no_date, not_in_order};
use super::cleaning::{Cleaning, Fill, Form, Kind, Saying};
use super::config::ColumnRef;
use super::digits::Digits;
use super::error::{DataError, counted};
use super::gaps::Gaps;
use super::raw::{
    Cells, Chosen, Column, Delimiter, Format, MISSING, OWN, Pick, Table, Unknown, View, label_order,
};
use super::scaler::Scaler;
use super::single;
use super::survey::{Held, Tally};
use super::text::{Cell, Record, Records, check_row, records_behind};
use crate::diag::Span;
use crate::memory;

/// What happens to a row with a missing cell among the used ones.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Missing {
    Error,
    Drop,
    /// A value stands in for it.
    Fill,
}

/// How a text table is to be read.
#[derive(Clone, Debug)]
pub struct Reading {
    pub header: bool,
    pub delimiter: Delimiter,
    pub missing: Missing,
    /// What fills gaps of which nothing else is said, where they are filled.
    pub fill: Fill,
    pub unknown: Unknown,
    pub gaps: Gaps,
    /// Columns whose cells are words, numbers too.
    pub words: Vec<ColumnRef>,
    pub digits: Digits,
    /// Lines before the header.
    pub skip: usize,
}

/// Reads a whole text table.
///
/// # Errors
/// E0522 to E0528, each with its line; E0540 for a table that does not fit into memory.
pub(super) fn read(text: &str, name: &str, reading: &Reading, pick: &Pick<'_>) -> Result<Table, DataError> {
    let rows = records_behind(text, reading.skip, reading.delimiter);
    let mut rows = rows.map_err(|e| DataError::from(e).file(name))?;
    let first = rows.clone().next();
    let first = first.ok_or_else(|| no_rows(name, 0))?;
    check_row(&first, first.count, reading.delimiter, name)?;
    check_delimiter(&first, reading.delimiter, name)?;
    let names =
        if reading.header { header(&first, reading.digits, name)? } else { numbered(first.fields.len()) };
    if reading.header {
        rows.next();
    }
    let at = |e: DataError| e.file(name);
    let chosen = pick.resolve(&names).map_err(at)?;
    let cleaning = pick.cleaning.cloned().unwrap_or_default();
    let sayings = cleaning.of_columns(&names, &reading.words).map_err(at)?;
    let width = names.len();
    let source = Text { name, rows, width, reading, cleaning: &cleaning };
    let (columns, surveyed) = source.survey(&names, &chosen, sayings)?;
    let filled = source.fill(columns, surveyed)?;
    let format = Format {
        delimiter: reading.delimiter,
        width,
        named: reading.header,
        unknown: reading.unknown,
        gaps: reading.gaps.clone(),
        digits: reading.digits,
        skip: reading.skip,
    };
    filled.table(name, format)
}

/// A first row that is one field with a delimiter in it.
///
/// # Errors
/// E0522.
fn check_delimiter(first: &Record<'_>, delimiter: Delimiter, file: &str) -> Result<(), DataError> {
    let [only] = first.fields.as_slice() else { return Ok(()) };
    let others = [(';', "semicolon"), ('\t', "tab"), ('|', "\"|\""), (',', "comma")];
    let found = others.iter().find(|(c, _)| only.text.contains(*c) && delimiter != Delimiter::Byte(*c as u8));
    match found.filter(|_| first.count == 1 && !only.quoted) {
        Some((c, word)) => Err(DataError::new(
            "E0522",
            format!("the first row is one field, with `{}` in it", c.escape_default()),
        )
        .file(file)
        .line(first.line)
        .help(format!("write `delimiter={word}` on the source"))),
        None => Ok(()),
    }
}

fn no_rows(file: &str, dropped: usize) -> DataError {
    let error = DataError::new("E0528", "the table has no rows").file(file);
    match dropped {
        0 => error,
        n => error.note(format!("{} left out because of missing values", counted(n, "row"))),
    }
}

/// Names for a table without a header: the columns' numbers.
fn numbered(width: usize) -> Vec<String> {
    (1..=width).map(|n| n.to_string()).collect()
}

fn header(record: &Record<'_>, digits: Digits, file: &str) -> Result<Vec<String>, DataError> {
    let place = |e: DataError| e.file(file).line(record.line);
    if record.fields.iter().all(|f| digits.number(&f.text).is_some()) {
        return Err(place(DataError::new("E0526", "the header is a row of numbers"))
            .help("if the first line is a row already, write `header=false`"));
    }
    let mut seen: HashMap<&str, usize> = HashMap::with_capacity(record.fields.len());
    for (i, field) in record.fields.iter().enumerate().filter(|(_, field)| !field.text.is_empty()) {
        let name: &str = &field.text;
        if let Some(first) = seen.insert(name, i) {
            return Err(place(
                DataError::new("E0526", format!("the header names `{name}` twice")).column(i + 1, name),
            )
            .note(format!("first as column {}", first + 1))
            .help("give each column its own name, or write `header=false` and leave the line out"));
        }
    }
    Ok(record.fields.iter().map(|field| field.text.clone().into_owned()).collect())
}

/// The rows of a text, behind its header.
struct Text<'a> {
    /// The file, for messages.
    name: &'a str,
    rows: Records<'a>,
    width: usize,
    reading: &'a Reading,
    cleaning: &'a Cleaning,
}

/// What a column is read for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Role {
    Input,
    Target,
    /// Its values tell which rows belong together.
    Group,
    /// Its values tell how much each row counts.
    Weight,
}

/// One used column while it is read.
struct Used {
    role: Role,
    position: usize,
    name: String,
    held: Held,
    tally: Tally,
    form: Form,
    missing: Missing,
    fill: Option<Fill>,
    /// Where the file names it in a `fill`.
    filled_at: Option<Span>,
    scaler: Option<Scaler>,
}

impl Used {
    fn is_gap(&self, cell: &Cell<'_>, gaps: &Gaps) -> bool {
        match self.held {
            Held::Numbers if self.form == Form::Found => gaps.among_numbers(cell),
            Held::Numbers | Held::Words => gaps.among_words(cell),
        }
    }

    /// Whether the file says that cells are words.
    fn is_settled(&self) -> bool {
        self.role == Role::Group || self.form == Form::Categories
    }

    fn place(&self, error: DataError, file: &str) -> DataError {
        error.file(file).column(self.position + 1, &self.name)
    }

    /// What fills the column, once it is known what it holds.
    fn settle_fill(&mut self, cleaning: &Cleaning, reading: &Reading) {
        if self.fill.is_some() || self.role != Role::Input {
            return;
        }
        let by_place = matches!(self.form, Form::Ordered(_) | Form::Dates(_));
        let general = cleaning.general_fill(self.held == Held::Words);
        self.fill = general.filter(|fill| !by_place || fill.kind() == Kind::Both).cloned();
        if self.fill.is_none() {
            self.missing = reading.missing;
            self.fill = (reading.missing == Missing::Fill).then(|| reading.fill.clone());
        }
    }

    /// Whether what fills the column is of its kind.
    ///
    /// # Errors
    /// E0527.
    fn check_fill(&self) -> Result<(), DataError> {
        let at = |error: DataError| Err(self.filled_at.map_or(error.clone(), |span| error.net(span)));
        let wrong = |what: &str, help: &str| at(DataError::new("E0527", what).help(help));
        match (&self.fill, &self.form, self.held) {
            (Some(Fill::Number(_)), Form::Ordered(_) | Form::Dates(_), _)
            | (Some(Fill::Number(_)), _, Held::Words) => {
                wrong("a number fills a column that holds none", "write `fill category`, or a word in quotes")
            }
            (Some(Fill::Own), _, Held::Numbers) => wrong(
                "`fill category` is of words, and the column holds numbers",
                "write `fill median`, or make its numbers categories by `categories`",
            ),
            (Some(Fill::Word(word)), Form::Ordered(names), _) if !names.contains(word) => {
                at(not_in_order(word, names))
            }
            (Some(Fill::Word(word)), Form::Dates(dates), _) if dates.read(word).is_none() => {
                at(no_date(word, dates))
            }
            (Some(Fill::Word(_)), Form::Found, Held::Numbers) => {
                wrong("a word fills a column of numbers", "write `fill median`, or a number")
            }
            _ => Ok(()),
        }
    }

    /// Whether the column has numbers to scale, where the file says how.
    ///
    /// # Errors
    /// E0527.
    fn check_scaler(&self) -> Result<(), DataError> {
        match (self.scaler, self.held) {
            (Some(_), Held::Words) => Err(DataError::new("E0527", "`normalize` names a column of words")
                .help("leave it out of `columns`: categories are 0 or 1")),
            _ => Ok(()),
        }
    }
}

impl<'a> Text<'a> {
    /// What the chosen columns hold, and how many rows there are.
    fn survey(
        &self,
        names: &[String],
        chosen: &Chosen,
        mut sayings: Vec<Saying>,
    ) -> Result<(Vec<Used>, usize), DataError> {
        let of = |role: Role, positions: &[usize]| -> Vec<(Role, usize)> {
            positions.iter().map(|position| (role, *position)).collect()
        };
        let roles = [
            of(Role::Input, &chosen.inputs),
            of(Role::Target, &chosen.target),
            of(Role::Group, chosen.groups.as_slice()),
            of(Role::Weight, chosen.weights.as_slice()),
        ]
        .concat();
        let positions: Vec<usize> = roles.iter().map(|(_, position)| *position).collect();
        let mut is_used = vec![false; self.width];
        positions.iter().for_each(|position| is_used[*position] = true);
        for (position, saying) in sayings.iter().enumerate() {
            if let Some(word) = saying.by.filter(|_| !is_used[position]) {
                return Err(DataError::new("E0527", format!("`{word}` names a column that is not used"))
                    .file(self.name)
                    .column(position + 1, &names[position])
                    .help(format!("leave it out of `{word}`")));
            }
        }
        let mut kept = Vec::with_capacity(roles.len());
        for (role, position) in roles {
            kept.push(self.used(role, position, &names[position], std::mem::take(&mut sayings[position]))?);
        }
        let mut tallies = vec![Tally::default(); positions.len()];
        let (mut rows, mut dropped) = (0, 0);
        for record in self.rows.clone() {
            check_row(&record, self.width, self.reading.delimiter, self.name)?;
            // A mark without quotes is a gap whatever its column holds, so that the row is left out.
            let is_gap = |used: &Used| {
                used.missing == Missing::Drop && self.reading.gaps.among_words(&record.fields[used.position])
            };
            if kept.iter().any(is_gap) {
                dropped += 1;
                continue;
            }
            rows += 1;
            for (tally, &position) in tallies.iter_mut().zip(&positions) {
                tally.add(&record.fields[position], record.line, &self.reading.gaps, self.reading.digits);
            }
        }
        if rows == 0 {
            return Err(no_rows(self.name, dropped));
        }
        for (used, tally) in kept.iter_mut().zip(tallies) {
            used.tally = tally;
            // Groups are told apart by what is written, be it a number or a word.
            let held = match used.form {
                _ if used.is_settled() => Ok(Held::Words),
                Form::Ordered(_) | Form::Dates(_) => Ok(Held::Numbers),
                _ if used.role == Role::Weight => used.tally.held_weights(),
                _ => used.tally.held(&used.name, used.role == Role::Target),
            };
            used.held = held.map_err(|error| used.place(error, self.name))?;
            used.settle_fill(self.cleaning, self.reading);
            used.check_fill()
                .and_then(|()| used.check_scaler())
                .map_err(|error| used.place(error, self.name))?;
        }
        Ok((kept, rows))
    }

    /// A column as the file speaks of it, before any cell is read.
    fn used(&self, role: Role, position: usize, name: &str, saying: Saying) -> Result<Used, DataError> {
        let at = |error: DataError| error.file(self.name).column(position + 1, name);
        if role != Role::Input {
            if let Some(span) = saying.filled_at {
                return Err(at(DataError::new("E0527", "a target is never filled in").net(span)).help(
                    "leave the column out of `fill`; `missing=drop` on the source leaves rows without it out",
                ));
            }
            if matches!(saying.form, Form::Ordered(_) | Form::Dates(_)) {
                let word = saying.by.unwrap_or("ordered");
                return Err(at(DataError::new("E0527", format!("`{word}` names a column that is no input")))
                    .help("leave it out; the order of classes is said by `classes`"));
            }
        }
        let fill = saying.fill.clone();
        // Whether a `fill` of all columns is of this one is known with its kind.
        let may_be_filled = role == Role::Input && (fill.is_some() || self.cleaning.fills_in_general());
        let missing = match self.reading.missing {
            _ if may_be_filled => Missing::Fill,
            Missing::Fill if role != Role::Input => Missing::Error,
            missing => missing,
        };
        if saying.scaler.is_some() && role != Role::Input {
            return Err(at(DataError::new("E0527", "`normalize` names a column that is no input"))
                .help("write `normalize target`"));
        }
        let (tally, held, form, name) = (Tally::default(), Held::Words, saying.form.clone(), name.to_owned());
        let Saying { filled_at, scaler, .. } = saying;
        Ok(Used { role, position, name, held, tally, form, missing, fill, filled_at, scaler })
    }

    /// The cells of all rows that are kept.
    fn fill(&self, used: Vec<Used>, rows: usize) -> Result<Filled, DataError> {
        let mut columns = Vec::with_capacity(used.len());
        for used in used {
            columns.push(Growing::new(used, rows).map_err(|e| DataError::from(e).file(self.name))?);
        }
        let (mut kept, mut dropped) = (0, 0);
        for record in self.rows.clone() {
            match self.gap(&record, &columns)? {
                Some(Missing::Drop) => dropped += 1,
                _ => {
                    kept += 1;
                    for column in &mut columns {
                        let cell = &record.fields[column.used.position];
                        column
                            .push(cell, &self.reading.gaps, self.reading.digits)
                            .map_err(|error| column.used.place(error, self.name).line(record.line))?;
                    }
                }
            }
        }
        Ok(Filled { columns, rows: kept, dropped })
    }

    /// What a gap in the row means, if it has one.
    fn gap(&self, record: &Record<'_>, columns: &[Growing]) -> Result<Option<Missing>, DataError> {
        let is_gap =
            |column: &Growing| column.used.is_gap(&record.fields[column.used.position], &self.reading.gaps);
        let mut found = None;
        for column in columns.iter().filter(|column| is_gap(column)) {
            match column.used.missing {
                Missing::Drop => return Ok(Some(Missing::Drop)),
                Missing::Error => return Err(self.not_known(&column.used, record)),
                Missing::Fill => found = Some(Missing::Fill),
            }
        }
        Ok(found)
    }

    fn not_known(&self, column: &Used, record: &Record<'_>) -> DataError {
        let cell = &record.fields[column.position];
        let error = column.place(DataError::new("E0524", "a value is missing"), self.name).line(record.line);
        let error = match &*cell.text {
            "" => error.note("the cell is empty"),
            mark => error.note(format!("`{mark}` stands for a value that is not known")),
        };
        match column.role {
            Role::Target => {
                error.help("write `missing=drop` to leave such rows out: a target is never filled in")
            }
            Role::Group => error
                .help("write `missing=drop` to leave such rows out: nothing says which group they belong to"),
            Role::Weight => {
                error.help("write `missing=drop` to leave such rows out, or a weight of 0 in the cell")
            }
            Role::Input => {
                error.help("write `missing=drop` to leave such rows out, or `fill median` in `data` to fill them in (`mean`, `category`, a value of your own)")
            }
        }
    }
}

/// The cells of one column while they arrive.
struct Growing {
    used: Used,
    values: Vec<f64>,
    codes: Vec<u32>,
    names: FxHashMap<String, u32>,
    /// Whole numbers beyond those that 64 bits hold exactly, by their bits there.
    large: FxHashMap<u64, i128>,
    /// Two that share them.
    merged: Option<(i128, i128)>,
}

/// Whole numbers up to here are exact in 64 bits.
const EXACT: f64 = (1_u64 << f64::MANTISSA_DIGITS) as f64;

impl Growing {
    fn new(used: Used, rows: usize) -> Result<Self, memory::TooMuch> {
        let (numbers, words) = match used.held {
            Held::Numbers => (rows, 0),
            Held::Words => (0, rows),
        };
        let (values, codes) = (memory::reserve(numbers)?, memory::reserve(words)?);
        let (names, large) = (FxHashMap::default(), FxHashMap::default());
        Ok(Self { used, values, codes, names, large, merged: None })
    }

    /// Remembers a whole number that another one may become.
    fn compare(&mut self, text: &str, x: f64) {
        let Some(exact) = Some(text).filter(|_| x.abs() >= EXACT).and_then(|text| text.parse().ok()) else {
            return;
        };
        let known = *self.large.entry(x.to_bits()).or_insert(exact);
        let widest = self.merged.map_or(0, |(a, b)| a.abs_diff(b));
        if known.abs_diff(exact) > widest {
            self.merged = Some((known.min(exact), known.max(exact)));
        }
    }

    fn push(&mut self, cell: &Cell<'_>, gaps: &Gaps, digits: Digits) -> Result<(), DataError> {
        let is_gap = self.used.is_gap(cell, gaps);
        if let (Form::Ordered(_) | Form::Dates(_), true) = (&self.used.form, is_gap) {
            self.values.push(f64::NAN);
            return Ok(());
        }
        match (&self.used.form, self.used.held) {
            (Form::Ordered(names), _) => {
                let place = names.iter().position(|name| *name == cell.text);
                self.values.push(place.ok_or_else(|| not_in_order(&cell.text, names))? as f64);
            }
            (Form::Dates(dates), _) => {
                self.values.push(dates.read(&cell.text).ok_or_else(|| no_date(&cell.text, dates))?);
            }
            (_, Held::Numbers) => {
                let x = if is_gap { f64::NAN } else { digits.number(&cell.text).unwrap_or(f64::NAN) };
                self.compare(&cell.text, x);
                self.values.push(x);
            }
            (_, Held::Words) if is_gap => self.codes.push(MISSING),
            (_, Held::Words) => {
                let next = self.names.len() as u32;
                let code = match self.names.get(&*cell.text) {
                    Some(code) => *code,
                    None => *self.names.entry(cell.text.clone().into_owned()).or_insert(next),
                };
                self.codes.push(code);
            }
        }
        Ok(())
    }

    fn finish(self, file: &str, digits: Digits) -> Result<Column, DataError> {
        let (used, merged) = (self.used, self.merged);
        if let Some((a, b)) = merged.filter(|(a, b)| single::matters(*a, *b, &self.values)) {
            return Err(used.place(single::merged_whole(a, b, &used.name), file));
        }
        let mut cells = match used.held {
            Held::Numbers => Cells::Numbers(self.values),
            Held::Words => sorted_words(self.codes, self.names),
        };
        if let Cells::Words { names, .. } = &cells
            && !used.is_settled()
        {
            used.tally.check_categories(&used.name, names, digits).map_err(|e| used.place(e, file))?;
        }
        if let Cells::Words { names, .. } = &mut cells {
            // What stands for gaps is a category like those that occur.
            let own = match &used.fill {
                Some(Fill::Own) => Some(OWN),
                Some(Fill::Word(word)) => Some(word.as_str()),
                _ => None,
            };
            names.extend(own.filter(|own| !names.iter().any(|name| name == own)).map(str::to_owned));
        }
        let settled = used.is_settled();
        let view = match used.form {
            Form::Ordered(names) => View::Ordered(names),
            Form::Dates(dates) => View::Dates(dates),
            Form::Found | Form::Categories => View::Plain,
        };
        let column = Column::new(used.name, used.position + 1, cells);
        Ok(Column { settled, view, fill: used.fill, scaler: used.scaler, merged, ..column })
    }
}

/// Renumbers the codes in the order of the words, so that they do not depend on the order of the rows.
fn sorted_words(mut codes: Vec<u32>, names: FxHashMap<String, u32>) -> Cells {
    let mut sorted: Vec<(String, u32)> = names.into_iter().collect();
    sorted.sort_by(|a, b| label_order(&a.0, &b.0));
    let mut rank = vec![0; sorted.len()];
    for (place, (_, code)) in sorted.iter().enumerate() {
        rank[*code as usize] = place as u32;
    }
    codes.iter_mut().filter(|c| **c != MISSING).for_each(|c| *c = rank[*c as usize]);
    Cells::Words { codes, names: sorted.into_iter().map(|(word, _)| word).collect() }
}

/// All columns: inputs, targets, and what tells groups if something does.
struct Filled {
    columns: Vec<Growing>,
    rows: usize,
    dropped: usize,
}

impl Filled {
    fn table(self, file: &str, format: Format) -> Result<Table, DataError> {
        if self.rows == 0 {
            return Err(no_rows(file, self.dropped));
        }
        let (mut inputs, mut target, mut groups, mut weights) = (Vec::new(), Vec::new(), None, None);
        for column in self.columns {
            let role = column.used.role;
            let column = column.finish(file, format.digits)?;
            match role {
                Role::Input => inputs.push(column),
                Role::Target => target.push(column),
                Role::Group => groups = Some(column),
                Role::Weight => weights = Some(column),
            }
        }
        let (rows, dropped) = (self.rows, self.dropped);
        Ok(Table {
            file: Some(file.to_owned()),
            rows,
            dropped,
            format,
            inputs,
            target,
            groups,
            weights,
            test: None,
        })
    }
}
