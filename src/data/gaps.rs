//! What marks a value that is not known: the usual marks, or those that the file names.
//!
//! An empty cell is always a gap. A usual mark in quotes is a word where the column holds words, as in a list of countries' codes
//! that has "NA" for Namibia; a mark that the file names is one with quotes or without.

use std::fmt;

use rustc_hash::FxHashSet;
use serde::{Deserialize, Serialize};

use super::text::Cell;

/// Marks that need no mention.
const USUAL: &[&str] = &["?", "NA", "N/A", "NaN", "nan", "null", "NULL"];

/// The marks of a table.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub enum Gaps {
    #[default]
    Usual,
    Named(Marks),
}

/// Marks that the file names, to be looked up for each cell.
#[derive(Clone, PartialEq, Serialize, Deserialize)]
#[serde(from = "Vec<String>", into = "Vec<String>")]
pub struct Marks {
    written: Vec<String>,
    texts: FxHashSet<String>,
    /// Those that are numbers, by their bits.
    numbers: FxHashSet<u64>,
}

impl fmt::Debug for Marks {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.written.fmt(f)
    }
}

impl From<Vec<String>> for Marks {
    fn from(written: Vec<String>) -> Self {
        let texts = written.iter().cloned().collect();
        let numbers = written.iter().filter_map(|mark| bits(mark)).collect();
        Self { written, texts, numbers }
    }
}

impl From<Marks> for Vec<String> {
    fn from(marks: Marks) -> Self {
        marks.written
    }
}

impl Marks {
    fn contain(&self, text: &str) -> bool {
        let is_number = || bits(text).is_some_and(|bits| self.numbers.contains(&bits));
        self.texts.contains(text) || (!self.numbers.is_empty() && is_number())
    }
}

/// What equal numbers share, however they are written; `NaN` equals nothing.
fn bits(text: &str) -> Option<u64> {
    text.parse::<f64>().ok().filter(|x| !x.is_nan()).map(|x| (x + 0.0).to_bits()) // -0 counts as 0
}

impl Gaps {
    /// In place of the usual marks.
    pub(super) fn named(marks: Vec<String>) -> Self {
        Self::Named(marks.into())
    }

    /// As the file names them; none of the usual ones.
    pub(super) fn marks_named(&self) -> &[String] {
        match self {
            Gaps::Usual => &[],
            Gaps::Named(marks) => &marks.written,
        }
    }

    /// Whether the cell is a gap in a column of numbers.
    pub(super) fn among_numbers(&self, cell: &Cell<'_>) -> bool {
        cell.text.is_empty() || self.marks(&cell.text)
    }

    /// Whether the cell is a gap in a column of words.
    pub(super) fn among_words(&self, cell: &Cell<'_>) -> bool {
        let is_word = cell.quoted && matches!(self, Gaps::Usual);
        cell.text.is_empty() || (!is_word && self.marks(&cell.text))
    }

    /// A mark that is a number stands for every way to write that number.
    fn marks(&self, text: &str) -> bool {
        match self {
            Gaps::Usual => USUAL.contains(&text),
            Gaps::Named(marks) => marks.contain(text),
        }
    }
}

#[cfg(test)]
mod tests {
    use std::borrow::Cow;

    use super::*;

    fn cell(text: &str, quoted: bool) -> Cell<'_> {
        Cell { text: Cow::Borrowed(text), quoted }
    }

    #[test]
    fn quotes_make_a_word_of_a_usual_mark() {
        assert!(Gaps::Usual.among_words(&cell("NA", false)) && Gaps::Usual.among_numbers(&cell("NA", true)));
        assert!(!Gaps::Usual.among_words(&cell("NA", true)));
        assert!(Gaps::Usual.among_words(&cell("", true)));
    }

    #[test]
    fn named_marks_take_the_place_of_the_usual_ones() {
        let gaps = Gaps::named(vec!["-".into(), "-999".into(), "0".into(), "NaN".into()]);
        for text in ["-", "-999", "-999.0", "-9.99e2", "-0.0", "NaN", ""] {
            assert!(gaps.among_numbers(&cell(text, false)), "{text}");
        }
        assert!(!gaps.among_words(&cell("NA", false)) && gaps.among_words(&cell("-", true)));
    }
    /// A cell is looked up among the marks, not compared with each: this takes a moment, and took minutes.
    #[test]
    fn a_hundred_thousand_marks_are_looked_up() {
        let gaps = Gaps::named((0..100_000).map(|i| format!("{i}.5")).collect());
        assert!((0..100_000).all(|i| gaps.among_numbers(&cell(&format!("{i}.50"), false))));
        assert!(!(0..100_000).any(|i| gaps.among_words(&cell(&format!("{i}"), true))));
    }

    #[test]
    fn a_checkpoint_holds_marks_as_they_are_written() {
        let gaps = Gaps::named(vec!["-".into(), "-999".into()]);
        let text = serde_json::to_string(&gaps).unwrap();
        assert_eq!(text, r#"{"Named":["-","-999"]}"#);
        assert_eq!(serde_json::from_str::<Gaps>(&text).unwrap(), gaps);
    }
}
