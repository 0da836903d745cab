//! What marks a value that is not known: the usual marks, or those that the file names.
//!
//! An empty cell is always a gap. A usual mark in quotes is a word where the column holds words, as in a list of countries' codes
//! that has "NA" for Namibia; a mark that the file names is one with quotes or without.

use serde::{Deserialize, Serialize};

use super::text::Cell;

/// Marks that need no mention.
const USUAL: &[&str] = &["?", "NA", "N/A", "NaN", "nan", "null", "NULL"];

/// The marks of a table.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub enum Gaps {
    #[default]
    Usual,
    Named(Vec<String>),
}

impl Gaps {
    /// Whether the cell is a gap in a column of numbers.
    pub(super) fn among_numbers(&self, cell: &Cell<'_>) -> bool {
        cell.text.is_empty() || self.marks(&cell.text)
    }

    /// Whether the cell is a gap in a column of words.
    pub(super) fn among_words(&self, cell: &Cell<'_>) -> bool {
        let is_word = cell.quoted && *self == Gaps::Usual;
        cell.text.is_empty() || (!is_word && self.marks(&cell.text))
    }

    /// A mark that is a number stands for every way to write that number.
    fn marks(&self, text: &str) -> bool {
        match self {
            Gaps::Usual => USUAL.contains(&text),
            Gaps::Named(marks) => marks.iter().any(|mark| mark == text || same_number(mark, text)),
        }
    }
}

fn same_number(mark: &str, text: &str) -> bool {
    matches!((mark.parse::<f64>(), text.parse::<f64>()), (Ok(a), Ok(b)) if a == b)
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
        let gaps = Gaps::Named(vec!["-".into(), "-999".into()]);
        for text in ["-", "-999", "-999.0", ""] {
            assert!(gaps.among_numbers(&cell(text, false)), "{text}");
        }
        assert!(!gaps.among_words(&cell("NA", false)) && gaps.among_words(&cell("-", true)));
    }
}
