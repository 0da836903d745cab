//! Columns of many categories, which a net had better look up: a vector for each in place of an input for each.

use super::{About, ColumnProfile, Held, Profile, Role};

/// So few categories are inputs of their own, one each.
pub(super) const FEW: usize = 10;
/// The most numbers of a vector.
const WIDEST: f64 = 50.0;

/// What the language reads otherwise.
const KEYWORDS: &[&str] = &["param", "let", "block", "if", "else", "repeat"];

/// Numbers of a vector, by the rule of fastai: wide enough for categories to differ in several ways, and narrow enough for them to share.
pub(super) fn width(categories: usize) -> usize {
    (1.6 * (categories as f64).powf(0.56)).round().min(WIDEST) as usize
}

/// What an input is called that reads a column: as it is, with `_` for what no name holds; none where nothing that is left begins like a name.
pub(super) fn input_name(column: &str) -> Option<String> {
    let letter = |c: char| if c.is_ascii_alphanumeric() { c.to_ascii_lowercase() } else { '_' };
    let name: String = column.chars().map(letter).collect();
    let begins = name.starts_with(|c: char| c.is_ascii_alphabetic());
    (begins && !KEYWORDS.contains(&name.as_str())).then_some(name)
}

/// What the input of a column is called, and how long its vectors are.
pub(super) struct LookedUp {
    pub input: String,
    pub width: usize,
}

impl Profile {
    /// Those among the inputs of a net that is written for the table, `x` being taken by what is not looked up.
    pub(super) fn looked_up(&self, kept: &[&ColumnProfile]) -> Vec<LookedUp> {
        let mut found: Vec<LookedUp> = Vec::new();
        for column in kept.iter().filter(|column| column.has_many_categories()) {
            let Some(input) = input_name(&column.name) else { continue };
            // One name would read either of two columns.
            let alike = self.columns.iter().filter(|c| input_name(&c.name).as_ref() == Some(&input)).count();
            if input != "x" && alike == 1 {
                found.push(LookedUp { input, width: width(column.different) });
            }
        }
        found
    }
}

impl ColumnProfile {
    /// Whether it has more categories than should be inputs of their own, and they are no names of rows.
    pub(super) fn has_many_categories(&self) -> bool {
        let is_words = matches!(self.held, Held::Words | Held::Mixed { .. });
        let names_rows = self.remarks.iter().any(|remark| remark.about == About::TellsRowsApart);
        self.role == Role::Input && is_words && self.different > FEW && !names_rows
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_and_widths() {
        let names = ["Home town", "zip-code", "2nd", "Stra\u{df}e", "if"].map(input_name);
        let expected = [Some("home_town"), Some("zip_code"), None, Some("stra_e"), None];
        assert_eq!(names.each_ref().map(|name| name.as_deref()), expected);
        assert_eq!([11, 40, 1_000, 100_000].map(width), [6, 13, 50, 50]);
    }
}
