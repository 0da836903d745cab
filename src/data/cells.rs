//! Single cells of raw rows to a net's inputs, by the rules that training fitted.

use rustc_hash::FxHashMap;

use super::dates::{Dates, Order};
use super::error::{DataError, cut, listed, nearest};
use super::finite;
use super::raw::{Format, MISSING, OWN, Unknown};
use super::scaler::Curve;
use super::survey::not_a_number;
use super::text::Cell;
use super::transform::{CellRule, ColumnRule};
use crate::vocab::exactly;

/// How the cells of one column are read.
pub(super) struct Reader<'a> {
    column: &'a ColumnRule,
    format: &'a Format,
    /// The codes of a column of words.
    codes: FxHashMap<&'a str, u32>,
}

impl<'a> Reader<'a> {
    pub fn new(column: &'a ColumnRule, format: &'a Format) -> Self {
        let names: &[String] = match &column.rule {
            CellRule::Category { names, .. }
            | CellRule::Code { names, .. }
            | CellRule::Ordered { names, .. } => names,
            CellRule::Number { .. } | CellRule::Curved { .. } | CellRule::Dates { .. } => &[],
        };
        let codes = names.iter().zip(0..).map(|(name, code)| (name.as_str(), code)).collect();
        Self { column, format, codes }
    }

    /// How many inputs a cell becomes.
    pub fn width(&self) -> usize {
        self.column.rule.width()
    }

    /// Writes the inputs of a cell.
    ///
    /// # Errors
    /// E0523, E0524, E0535, E0555 or E0556, without a place.
    pub fn write(&self, cell: &Cell<'_>, out: &mut [f32]) -> Result<(), DataError> {
        match &self.column.rule {
            CellRule::Number { .. } | CellRule::Curved { .. } => {
                let x = match self.format.digits.number(&cell.text) {
                    _ if self.format.gaps.among_numbers(cell) => f64::NAN,
                    Some(x) => x,
                    None => {
                        return Err(not_a_number(&cell.text).note("the column held numbers in training"));
                    }
                };
                if let Some(curve) = self.column.rule.curve().filter(|c| !x.is_nan() && c.of(x).is_none()) {
                    return Err(no_logarithm(x, curve));
                }
                out[0] = finite::seen(&cell.text, self.column.rule.number(x).ok_or_else(gap)?)?;
                Ok(())
            }
            CellRule::Ordered { names, .. } => {
                let place = match self.codes.get(&*cell.text) {
                    _ if self.format.gaps.among_words(cell) => f64::NAN,
                    Some(code) => f64::from(*code),
                    None => return Err(not_in_order(&cell.text, names)),
                };
                out[0] = self.column.rule.number(place).ok_or_else(gap)?;
                Ok(())
            }
            CellRule::Dates { dates, .. } => {
                let days = match dates.read(&cell.text) {
                    _ if self.format.gaps.among_words(cell) => f64::NAN,
                    Some(days) => days,
                    None => return Err(no_date(&cell.text, dates)),
                };
                self.column.rule.date(days, out).ok_or_else(gap)
            }
            CellRule::Category { names, .. } | CellRule::Code { names, .. } => {
                let code = match self.codes.get(&*cell.text) {
                    _ if self.format.gaps.among_words(cell) => MISSING,
                    Some(code) => *code,
                    None if self.format.unknown == Unknown::Zero => {
                        self.column.rule.unseen(out);
                        return Ok(());
                    }
                    None => return Err(never_seen(&cell.text, names)),
                };
                self.column.rule.category(code, out).ok_or_else(gap)
            }
        }
    }

    /// Whether the cell can be a value of the column; `None` if that says nothing, as of a column of words that takes every word.
    pub fn fits(&self, cell: &Cell<'_>) -> Option<bool> {
        match &self.column.rule {
            CellRule::Number { .. } | CellRule::Curved { .. } => {
                let is_number = self.format.digits.number(&cell.text).is_some();
                Some(is_number || self.format.gaps.among_numbers(cell))
            }
            CellRule::Ordered { .. } => {
                Some(self.codes.contains_key(&*cell.text) || self.format.gaps.among_words(cell))
            }
            CellRule::Dates { dates, .. } => {
                Some(dates.read(&cell.text).is_some() || self.format.gaps.among_words(cell))
            }
            CellRule::Category { .. } | CellRule::Code { .. } if self.format.unknown == Unknown::Zero => None,
            CellRule::Category { .. } | CellRule::Code { .. } => {
                Some(self.codes.contains_key(&*cell.text) || self.format.gaps.among_words(cell))
            }
        }
    }

    pub fn is_of_numbers(&self) -> bool {
        matches!(self.column.rule, CellRule::Number { .. } | CellRule::Curved { .. } | CellRule::Dates { .. })
    }
}

fn gap() -> DataError {
    DataError::new("E0524", "a value is missing")
        .note("training filled nothing in, so the net has no number for it")
        .help("give the value, or train with `fill mean` in `data`")
}

/// A number that `kind=log` cannot take.
pub(super) fn no_logarithm(x: f64, curve: Curve) -> DataError {
    let error = DataError::new("E0557", format!("{} has no logarithm", exactly(x))).note(format!(
        "`kind={}` takes {}",
        curve.word(),
        curve.domain()
    ));
    match curve {
        Curve::Log if x == 0.0 => error.help("write `kind=log1p`, the logarithm of 1 + x, or `kind=robust`"),
        _ => error.help("correct the cell, or write `kind=robust`"),
    }
}

/// A word that the order does not have.
pub(super) fn not_in_order(word: &str, names: &[String]) -> DataError {
    let error = DataError::new("E0555", format!("`{}` is not among the ordered values", cut(word)))
        .note(format!("they are {}", listed(names, 12)));
    match nearest(word, names) {
        Some(near) => error.help(format!("did you mean `{near}`?")),
        None => error.help("correct the cell, or add it to the list of `ordered`"),
    }
}

/// A cell that is no date of its column's order.
pub(super) fn no_date(cell: &str, dates: &Dates) -> DataError {
    let error = DataError::new("E0556", format!("`{}` is no date", cut(cell)));
    let written = match dates.order {
        Order::Ymd => "2024-03-01",
        Order::Dmy => "1.3.2024",
        Order::Mdy => "3/1/2024",
    };
    let error =
        error.note(format!("dates of the column are written like {written}: `order={}`", dates.order.name()));
    let reads = |order: &&Order| Dates { order: **order, ..dates.clone() }.read(cell).is_some();
    match Order::ALL.iter().find(reads) {
        Some(other) => error.help(format!("write `order={}` if all are written like this one", other.name())),
        None => error.help(
            "correct the cell; if it stands for a date that is not known, name it in `na=` of the source",
        ),
    }
}

fn never_seen(word: &str, names: &[String]) -> DataError {
    let known: Vec<&String> = names.iter().filter(|name| *name != OWN).collect();
    let error = DataError::new("E0535", format!("`{}` is a category that training never saw", cut(word)))
        .note(format!("known are {}", listed(&known, 12)));
    match nearest(word, names) {
        Some(near) => error.help(format!("did you mean `{near}`?")),
        None => error.help("correct the cell, or train with `unknown=zero` on the source"),
    }
}

#[cfg(test)]
mod tests {
    use std::borrow::Cow;

    use super::*;

    fn read(rule: &CellRule, format: &Format, text: &str, quoted: bool) -> Result<[f32; 2], DataError> {
        let column = ColumnRule { name: "x".into(), number: 1, rule: rule.clone() };
        let mut out = [9.0, 9.0];
        let reader = Reader::new(&column, format);
        let width = reader.width();
        reader.write(&Cell { text: Cow::Borrowed(text), quoted }, &mut out[..width]).map(|()| out)
    }

    #[test]
    fn cells_of_text() {
        let number = CellRule::Number { scale: 0.5, shift: 1.0, fill: None };
        let names = ["a", "b", "NA"].map(String::from).to_vec();
        let category = CellRule::Category { names: names[..2].to_vec(), fill: Some(1) };
        let strict = Format::plain(1);
        let zero = Format { unknown: Unknown::Zero, ..Format::plain(1) };
        assert_eq!(read(&number, &strict, "4", false).unwrap()[0], 3.0);
        assert_eq!(read(&category, &strict, "a", false).unwrap(), [1.0, 0.0]);
        assert_eq!(read(&category, &strict, "NA", false).unwrap(), [0.0, 1.0]);
        assert_eq!(read(&category, &zero, "c", false).unwrap(), [0.0, 0.0]);
        let code = |rule, text| read(rule, &strict, text, false).unwrap_err().code;
        assert_eq!(code(&category, "c"), "E0535");
        assert_eq!((code(&number, ""), code(&number, "x")), ("E0524", "E0523"));
    }

    #[test]
    fn a_quoted_mark_is_the_word_it_was_in_training() {
        let rule = CellRule::Category { names: vec!["NA".into(), "b".into()], fill: Some(1) };
        let format = Format::plain(1);
        assert_eq!(read(&rule, &format, "NA", true).unwrap(), [1.0, 0.0]);
        assert_eq!(read(&rule, &format, "NA", false).unwrap(), [0.0, 1.0]);
    }
}
