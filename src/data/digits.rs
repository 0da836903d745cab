//! How the numbers of a table are written: `decimal=comma`, `thousands=`.

use std::borrow::Cow;

use serde::{Deserialize, Serialize};

use super::text;

/// What stands between digits.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Digits {
    /// Whether a comma stands before the fraction, and not a point.
    pub comma: bool,
    /// What may stand between groups of three digits; a blank is any blank.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub thousands: Option<char>,
}

impl Digits {
    /// As the language itself writes numbers.
    pub fn is_plain(&self) -> bool {
        *self == Self::default()
    }

    /// A finite number, in 32 bits too, or nothing.
    pub fn number(self, cell: &str) -> Option<f64> {
        text::number(&self.plain(cell)?)
    }

    /// The number of a cell as the language writes it; none of what is no number in this notation.
    pub fn plain(self, cell: &str) -> Option<Cow<'_, str>> {
        if self.is_plain() {
            return Some(Cow::Borrowed(cell));
        }
        let (sign, rest) = match cell.strip_prefix(['-', '+']) {
            Some(rest) => (&cell[..1], rest),
            None => ("", cell),
        };
        let (digits, exponent) = rest.find(['e', 'E']).map_or((rest, ""), |at| rest.split_at(at));
        let mark = if self.comma { ',' } else { '.' };
        let (whole, fraction) = digits.split_once(mark).map_or((digits, None), |(w, f)| (w, Some(f)));
        let whole = self.joined(whole)?;
        let is_digits = |text: &str| text.bytes().all(|byte| byte.is_ascii_digit());
        if !is_digits(&whole) || !fraction.is_none_or(is_digits) {
            return None;
        }
        let fraction = fraction.map_or(String::new(), |fraction| format!(".{fraction}"));
        Some(Cow::Owned(format!("{sign}{whole}{fraction}{exponent}")))
    }

    /// The whole part without what stands between its groups.
    fn joined(self, whole: &str) -> Option<Cow<'_, str>> {
        let Some(separator) = self.thousands else { return Some(Cow::Borrowed(whole)) };
        let separates = |c: char| c == separator || separator == ' ' && c.is_whitespace();
        let groups: Vec<&str> = whole.split(separates).collect();
        let (first, others) = groups.split_first()?;
        let sound = others.is_empty()
            || (1..=3).contains(&first.len()) && others.iter().all(|group| group.len() == 3);
        sound.then(|| Cow::Owned(groups.concat()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_are_read_as_the_table_writes_them() {
        let comma = Digits { comma: true, thousands: None };
        let german = Digits { comma: true, thousands: Some('.') };
        let english = Digits { comma: false, thousands: Some(',') };
        let french = Digits { comma: true, thousands: Some(' ') };
        for (digits, cell, number) in [
            (Digits::default(), "1.5", Some(1.5)),
            (Digits::default(), "1,5", None),
            (comma, "1,5", Some(1.5)),
            (comma, "-0,25e2", Some(-25.0)),
            (comma, ",5", Some(0.5)),
            (comma, "12", Some(12.0)),
            // A point would be read as another number than was meant.
            (comma, "1.5", None),
            (comma, "1,2,3", None),
            (comma, "", None),
            (comma, "inf", None),
            (german, "1.234,5", Some(1234.5)),
            (german, "-12.345.678", Some(-12_345_678.0)),
            (german, "1.5", None),
            (german, "1234,5", Some(1234.5)),
            (english, "1,234.5", Some(1234.5)),
            (english, "1,23", None),
            (french, "1 234,5", Some(1234.5)),
            (french, "1\u{202f}234\u{a0}567", Some(1_234_567.0)),
            (english, "forty", None),
        ] {
            assert_eq!(digits.number(cell), number, "{cell:?} by {digits:?}");
        }
    }
}
