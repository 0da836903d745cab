//! Text tables: rows to typed columns, in two passes: what each column holds, then its cells.
//!
//! Only chosen columns are read. Invariant: every error names the line, the column and what stood there.

use std::collections::HashMap;

use rustc_hash::FxHashMap;

use super::config::ColumnRef;
use super::error::{DataError, counted};
use super::gaps::Gaps;
use super::raw::{
    self, Cells, Chosen, Column, Delimiter, Format, MISSING, Pick, Table, Unknown, label_order,
};
use super::single;
use super::survey::{Held, Tally};
use super::text::{Cell, Record, Records, check_row, number, records};
use crate::memory;

/// What happens to a row with a missing cell among the used ones.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Missing {
    Error,
    Drop,
    /// Numbers become the training part's mean, words its most frequent word.
    Mean,
}

/// How a text table is to be read.
#[derive(Clone, Debug)]
pub(super) struct Reading {
    pub header: bool,
    pub delimiter: Delimiter,
    pub missing: Missing,
    pub unknown: Unknown,
    pub gaps: Gaps,
    /// Columns whose cells are words, numbers too.
    pub words: Vec<ColumnRef>,
}

/// Reads a whole text table.
///
/// # Errors
/// E0522 to E0528, each with its line; E0540 for a table that does not fit into memory.
pub(super) fn read(text: &str, name: &str, reading: &Reading, pick: &Pick<'_>) -> Result<Table, DataError> {
    let mut rows = records(text, reading.delimiter).map_err(|e| DataError::from(e).file(name))?;
    let first = rows.clone().next();
    let first = first.ok_or_else(|| no_rows(name, 0))?;
    check_row(&first, first.count, reading.delimiter, name)?;
    let names = if reading.header { header(&first, name)? } else { numbered(first.fields.len()) };
    if reading.header {
        rows.next();
    }
    let at = |e: DataError| e.file(name);
    let chosen = pick.resolve(&names).map_err(at)?;
    let words = raw::expand(&reading.words, &names).map_err(at)?;
    let width = names.len();
    let source = Text { name, rows, width, reading };
    let (columns, surveyed) = source.survey(&names, &chosen, &words)?;
    let filled = source.fill(columns, surveyed)?;
    let format = Format {
        delimiter: reading.delimiter,
        width,
        named: reading.header,
        unknown: reading.unknown,
        gaps: reading.gaps.clone(),
    };
    filled.table(name, format, reading.missing == Missing::Mean)
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

fn header(record: &Record<'_>, file: &str) -> Result<Vec<String>, DataError> {
    let place = |e: DataError| e.file(file).line(record.line);
    if record.fields.iter().all(|f| number(&f.text).is_some()) {
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
}

/// What a column is read for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Role {
    Input,
    Target,
    /// Its values tell which rows belong together.
    Group,
}

/// One used column while it is read.
struct Used {
    role: Role,
    position: usize,
    name: String,
    held: Held,
    tally: Tally,
    /// Said by `words=`.
    settled: bool,
}

impl Used {
    fn is_gap(&self, cell: &Cell<'_>, gaps: &Gaps) -> bool {
        match self.held {
            Held::Numbers => gaps.among_numbers(cell),
            Held::Words => gaps.among_words(cell),
        }
    }

    fn place(&self, error: DataError, file: &str) -> DataError {
        error.file(file).column(self.position + 1, &self.name)
    }
}

impl<'a> Text<'a> {
    /// What the chosen columns hold, and how many rows there are.
    fn survey(
        &self,
        names: &[String],
        chosen: &Chosen,
        words: &[usize],
    ) -> Result<(Vec<Used>, usize), DataError> {
        let of = |role: Role, positions: &[usize]| -> Vec<(Role, usize)> {
            positions.iter().map(|position| (role, *position)).collect()
        };
        let roles = [
            of(Role::Input, &chosen.inputs),
            of(Role::Target, &chosen.target),
            of(Role::Group, chosen.groups.as_slice()),
        ]
        .concat();
        let positions: Vec<usize> = roles.iter().map(|(_, position)| *position).collect();
        let among = |positions: &[usize]| {
            let mut among = vec![false; self.width];
            positions.iter().for_each(|position| among[*position] = true);
            among
        };
        let (is_used, is_settled) = (among(&positions), among(words));
        if let Some(&unused) = words.iter().find(|position| !is_used[**position]) {
            return Err(DataError::new("E0527", "`words` names a column that is not used")
                .file(self.name)
                .column(unused + 1, &names[unused])
                .help("leave it out of `words`"));
        }
        let mut tallies = vec![Tally::default(); positions.len()];
        let (mut rows, mut dropped) = (0, 0);
        for record in self.rows.clone() {
            check_row(&record, self.width, self.reading.delimiter, self.name)?;
            // A mark without quotes is a gap whatever its column holds, so that the row is left out.
            let is_gap = |&position: &usize| self.reading.gaps.among_words(&record.fields[position]);
            if self.reading.missing == Missing::Drop && positions.iter().any(is_gap) {
                dropped += 1;
                continue;
            }
            rows += 1;
            for (tally, &position) in tallies.iter_mut().zip(&positions) {
                tally.add(&record.fields[position], record.line, &self.reading.gaps);
            }
        }
        if rows == 0 {
            return Err(no_rows(self.name, dropped));
        }
        let used = |(tally, (role, position)): (Tally, (Role, usize))| {
            // Groups are told apart by what is written, be it a number or a word.
            let (name, settled) = (names[position].clone(), is_settled[position] || role == Role::Group);
            let held = match settled {
                true => Ok(Held::Words),
                false => tally.held(&name, role == Role::Target),
            };
            let mut used = Used { role, position, name, held: Held::Words, tally, settled };
            used.held = held.map_err(|error| used.place(error, self.name))?;
            Ok(used)
        };
        Ok((tallies.into_iter().zip(roles).map(used).collect::<Result<_, DataError>>()?, rows))
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
                        column.push(&record.fields[column.used.position], &self.reading.gaps);
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
        let Some(first) = columns.iter().find(|column| is_gap(column)) else { return Ok(None) };
        match self.reading.missing {
            Missing::Drop => Ok(Some(Missing::Drop)),
            Missing::Error => Err(self.not_known(&first.used, record)),
            Missing::Mean => match columns.iter().find(|c| c.used.role != Role::Input && is_gap(c)) {
                Some(column) => Err(self.not_known(&column.used, record)),
                None => Ok(Some(Missing::Mean)),
            },
        }
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
            Role::Input => {
                error.help("write `missing=drop` to leave such rows out, or `missing=mean` to fill them in")
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

    fn push(&mut self, cell: &Cell<'_>, gaps: &Gaps) {
        let is_gap = self.used.is_gap(cell, gaps);
        match self.used.held {
            Held::Numbers => {
                let x = if is_gap { f64::NAN } else { number(&cell.text).unwrap_or(f64::NAN) };
                self.compare(&cell.text, x);
                self.values.push(x);
            }
            Held::Words if is_gap => self.codes.push(MISSING),
            Held::Words => {
                let next = self.names.len() as u32;
                let code = match self.names.get(&*cell.text) {
                    Some(code) => *code,
                    None => *self.names.entry(cell.text.clone().into_owned()).or_insert(next),
                };
                self.codes.push(code);
            }
        }
    }

    fn finish(self, file: &str) -> Result<Column, DataError> {
        let (used, merged) = (self.used, self.merged);
        if let Some((a, b)) = merged.filter(|(a, b)| single::matters(*a, *b, &self.values)) {
            return Err(used.place(single::merged_whole(a, b, &used.name), file));
        }
        let cells = match used.held {
            Held::Numbers => Cells::Numbers(self.values),
            Held::Words => sorted_words(self.codes, self.names),
        };
        if let Cells::Words { names, .. } = &cells
            && !used.settled
        {
            used.tally.check_categories(&used.name, names).map_err(|e| used.place(e, file))?;
        }
        let column = Column::new(used.name, used.position + 1, cells);
        Ok(Column { settled: used.settled, merged, ..column })
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
    fn table(self, file: &str, format: Format, fills: bool) -> Result<Table, DataError> {
        if self.rows == 0 {
            return Err(no_rows(file, self.dropped));
        }
        let (mut inputs, mut target, mut groups) = (Vec::new(), Vec::new(), None);
        for column in self.columns {
            let role = column.used.role;
            let column = column.finish(file)?;
            match role {
                Role::Input => inputs.push(column),
                Role::Target => target.push(column),
                Role::Group => groups = Some(column),
            }
        }
        let (rows, dropped) = (self.rows, self.dropped);
        Ok(Table { file: Some(file.to_owned()), rows, dropped, fills, format, inputs, target, groups })
    }
}
