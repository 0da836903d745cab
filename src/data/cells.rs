//! Single cells of raw rows to a net's inputs, by the rules that training fitted.

use rustc_hash::FxHashMap;

use super::error::{DataError, cut, listed, nearest};
use super::finite;
use super::raw::{Format, MISSING, Unknown};
use super::survey::not_a_number;
use super::text::{Cell, number};
use super::transform::{CellRule, ColumnRule};

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
            CellRule::Category { names, .. } => names,
            CellRule::Number { .. } => &[],
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
    /// E0523, E0524 or E0535, without a place.
    pub fn write(&self, cell: &Cell<'_>, out: &mut [f32]) -> Result<(), DataError> {
        match &self.column.rule {
            CellRule::Number { .. } => {
                let x = match number(&cell.text) {
                    _ if self.format.gaps.among_numbers(cell) => f64::NAN,
                    Some(x) => x,
                    None => {
                        return Err(not_a_number(&cell.text).note("the column held numbers in training"));
                    }
                };
                out[0] = finite::seen(&cell.text, self.column.rule.number(x).ok_or_else(gap)?)?;
                Ok(())
            }
            CellRule::Category { names, .. } => {
                let code = match self.codes.get(&*cell.text) {
                    _ if self.format.gaps.among_words(cell) => MISSING,
                    Some(code) => *code,
                    None if self.format.unknown == Unknown::Zero => {
                        out.fill(0.0);
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
            CellRule::Number { .. } => {
                Some(number(&cell.text).is_some() || self.format.gaps.among_numbers(cell))
            }
            CellRule::Category { .. } if self.format.unknown == Unknown::Zero => None,
            CellRule::Category { .. } => {
                Some(self.codes.contains_key(&*cell.text) || self.format.gaps.among_words(cell))
            }
        }
    }

    pub fn is_of_numbers(&self) -> bool {
        matches!(self.column.rule, CellRule::Number { .. })
    }
}

fn gap() -> DataError {
    DataError::new("E0524", "a value is missing")
        .note("training filled nothing in, so the net has no number for it")
        .help("give the value, or train with `missing=mean` on the source")
}

fn never_seen(word: &str, names: &[String]) -> DataError {
    let error = DataError::new("E0535", format!("`{}` is a category that training never saw", cut(word)))
        .note(format!("known are {}", listed(names, 12)));
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
