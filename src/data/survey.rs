//! What the columns of a text table hold, judged by all of their cells: numbers, or words.
//!
//! A column without a word holds numbers, one without a number words. Where both occur it is a matter of which are the exception:
//! a number among words is a word, a word among numbers is an error that names it. `words=` settles it for a column.

use super::advice::written;
use super::digits::Digits;
use super::error::{DataError, counted, cut};
use super::gaps::Gaps;
use super::notation::{Notation, Notations};
use super::text::Cell;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Held {
    Numbers,
    Words,
}

/// So many cells that are no numbers are shown.
const SHOWN: usize = 3;

/// The cells of one column, counted.
#[derive(Clone, Debug, Default)]
pub(super) struct Tally {
    /// Numbers as they are to be written.
    numbers: usize,
    /// Numbers that are too large.
    large: usize,
    /// Numbers that are written in another way, `inf` among them, which can be a word.
    otherwise: usize,
    words: usize,
    /// Usual marks of gaps, in quotes.
    quoted_marks: usize,
    notations: Notations,
    /// The first different cells that are no plain numbers, with their lines.
    odd: Vec<(u64, String)>,
}

impl Tally {
    pub fn add(&mut self, cell: &Cell<'_>, line: u64, gaps: &Gaps, digits: Digits) {
        if gaps.among_numbers(cell) {
            self.quoted_marks += usize::from(!gaps.among_words(cell));
            return;
        }
        if digits.number(&cell.text).is_some() {
            self.numbers += 1;
            return;
        }
        let notation = Notation::of(&cell.text);
        notation.into_iter().for_each(|notation| self.notations.add(notation));
        let is_number = cell.text.parse::<f64>().is_ok();
        match (notation, is_number) {
            (None, true) if cell.text.contains(|c: char| c.is_ascii_digit()) => self.large += 1,
            (None, false) => self.words += 1,
            _ => self.otherwise += 1,
        }
        if self.odd.len() < SHOWN && !self.odd.iter().any(|(_, known)| *known == cell.text) {
            self.odd.push((line, cell.text.clone().into_owned()));
        }
    }

    fn odd_ones(&self) -> usize {
        self.large + self.otherwise + self.words
    }

    /// What the column `name` holds. `is_target`: classes may be called `5%`.
    ///
    /// # Errors
    /// E0523: a column of numbers with cells that are none; E0524: a column of gaps. Both without file and column.
    pub fn held(&self, name: &str, is_target: bool) -> Result<Held, DataError> {
        let like_numbers = self.numbers + self.large + if is_target { 0 } else { self.otherwise };
        match (self.numbers + self.odd_ones(), self.odd_ones()) {
            (0, _) if self.quoted_marks == 0 => Err(every_value_missing()),
            (0, _) => Ok(Held::Words),
            (_, 0) => Ok(Held::Numbers),
            (known, _) if 2 * like_numbers >= known => Err(self.not_all_numbers(name)),
            _ => Ok(Held::Words),
        }
    }

    /// The same of a column that says how much each row counts, which has no words.
    ///
    /// # Errors
    /// E0558 and E0524, without file and column.
    pub fn held_weights(&self) -> Result<Held, DataError> {
        let Some((line, first)) = self.odd.first() else { return self.held("", false) };
        let known = counted(self.numbers + self.odd_ones(), "value");
        let is = if self.numbers == 1 { "is a number" } else { "are numbers" };
        Err(DataError::new("E0558", format!("weights are numbers, and `{}` is none", cut(first)))
            .line(*line)
            .note(format!("{} of the column's {known} {is}", self.numbers))
            .help(
                "correct the cell, or name the column that says how much each row counts: `weights COLUMN`",
            ))
    }

    /// Of a column of words, once its categories are known: among many different numbers a word marks something and is no category.
    ///
    /// # Errors
    /// E0523, without file and column.
    pub fn check_categories(
        &self,
        name: &str,
        categories: &[String],
        digits: Digits,
    ) -> Result<(), DataError> {
        let numbers = categories.iter().filter(|category| digits.number(category).is_some()).count();
        match numbers > 0 && 2 * numbers >= categories.len() {
            true => Err(self.not_all_numbers(name)),
            false => Ok(()),
        }
    }

    /// Names the first cells that are no numbers.
    fn not_all_numbers(&self, name: &str) -> DataError {
        let Some(((line, first), others)) = self.odd.split_first() else { return every_value_missing() };
        let known = counted(self.numbers + self.odd_ones(), "value");
        let notation = Notation::of(first).and(self.notations.judged());
        let mut error = not_so(first, notation, notation.map(Notation::fix)).line(*line);
        error = match self.numbers {
            0 => error,
            1 => error.note(format!("1 of the column's {known} is a number")),
            n => error.note(format!("{n} of the column's {known} are numbers")),
        };
        if !others.is_empty() {
            let each = others.iter().map(|(line, cell)| format!("`{}` on line {line}", cut(cell)));
            error = error.note(format!("no numbers either: {}", each.collect::<Vec<_>>().join(", ")));
        }
        if self.odd_ones() > self.odd.len() {
            error = error.note(format!("{} in all are none", counted(self.odd_ones(), "cell")));
        }
        if Notation::of(first).is_none() {
            let marks: Vec<String> = self.odd.iter().map(|(_, cell)| format!("{cell:?}")).collect();
            error = error.help(format!(
                "correct the cell; if it stands for a value that is not known, write `na=[{}]` on the source, which takes the place of the usual marks",
                marks.join(", ")
            ));
        }
        error.help(format!(
            "`categories {}` in `data` takes every cell of the column as a category",
            written(name)
        ))
    }
}

/// A cell where a number is expected, and the way out.
pub(super) fn not_a_number(cell: &str) -> DataError {
    let notation = Notation::of(cell);
    not_so(cell, notation, notation.map(Notation::fix_cell))
}

fn not_so(cell: &str, notation: Option<Notation>, fix: Option<&str>) -> DataError {
    if cell.parse::<f64>().is_ok() {
        return DataError::new("E0523", format!("`{}` is too large or not finite", cut(cell)));
    }
    let error = DataError::new("E0523", format!("`{}` is not a number", cut(cell)));
    match notation.zip(fix) {
        Some((notation, fix)) => {
            error.note(format!("the column seems to hold {}", notation.name())).help(fix)
        }
        None => error,
    }
}

fn every_value_missing() -> DataError {
    DataError::new("E0524", "every value is missing").help("leave the column out")
}
