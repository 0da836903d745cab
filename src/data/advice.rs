//! What to write where a net and its data differ in size: the size that the data have, or, where a column of words is hardly one of
//! categories, that it should not be an input.

use super::error::{counted, cut, listed};
use super::notation::Notations;
use super::schema::{ColumnInfo, ColumnKind, DataSchema};

/// Notes and ways out of one disagreement.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Advice {
    pub notes: Vec<String>,
    pub help: String,
}

/// Fewer words than this are categories however few rows there are.
const FEW: usize = 10;
/// Columns are listed up to here.
const SHOWN: usize = 6;

impl DataSchema {
    /// Columns that have another word in nearly every row: names, dates, numbers of rows.
    pub(crate) fn identifiers(&self) -> Vec<(&ColumnInfo, usize)> {
        let words = |column: &ColumnInfo| match &column.kind {
            ColumnKind::Words(names) => names.len(),
            ColumnKind::Number => 0,
        };
        let each = self.columns.iter().map(|column| (column, words(column)));
        each.filter(|(_, words)| *words > FEW && 2 * words > self.rows).collect()
    }

    /// How a net's input that takes `wanted` numbers comes to fit.
    pub(crate) fn fitting_input(&self, wanted: usize) -> Advice {
        let identifiers = self.identifiers();
        if !identifiers.is_empty() {
            let rows = counted(self.rows, "row");
            let say = |(column, words): &(&ColumnInfo, usize)| {
                format!(
                    "`{}` has {words} different words in {rows}: each would be an input of its own",
                    cut(&column.name)
                )
            };
            let names: Vec<&str> = identifiers.iter().map(|(column, _)| column.name.as_str()).collect();
            let others: Vec<&str> =
                self.columns.iter().map(|c| c.name.as_str()).filter(|name| !names.contains(name)).collect();
            let example = match others.is_empty() || others.len() > SHOWN {
                true => String::new(),
                false => format!(
                    ", for example `inputs {}`",
                    others.iter().map(|n| written(n)).collect::<Vec<_>>().join(", ")
                ),
            };
            return Advice {
                notes: identifiers.iter().take(SHOWN).map(say).collect(),
                help: format!(
                    "such a column tells rows apart and is no category: choose the others by `inputs`{example}"
                ),
            };
        }
        let sizes: Vec<String> = self.shape.iter().map(usize::to_string).collect();
        let choose = match !self.columns.is_empty() && self.features() > wanted {
            true => ", or choose columns with `inputs`",
            false => "",
        };
        let help = format!("write `real[{}]`{choose}", sizes.join(", "));
        let wide: Vec<String> = self.columns.iter().filter_map(categories).collect();
        if wide.is_empty() {
            return Advice { notes: Vec::new(), help };
        }
        let more = wide.len().saturating_sub(SHOWN);
        let more = if more > 0 { format!(" and {more} more") } else { String::new() };
        let shown = wide.into_iter().take(SHOWN).collect::<Vec<_>>().join(", ");
        Advice { notes: vec![format!("columns of words give one number a category: {shown}{more}")], help }
    }
}

/// `sex 2 (f, m)`
fn categories(column: &ColumnInfo) -> Option<String> {
    let ColumnKind::Words(names) = &column.kind else { return None };
    let shown: Vec<String> = names.iter().take(4).map(|name| cut(name)).collect();
    let more = if names.len() > 4 { ", ..." } else { "" };
    Some(format!("{} {} ({}{more})", cut(&column.name), names.len(), shown.join(", ")))
}

/// A column's name as `inputs` takes it.
fn written(name: &str) -> String {
    let is_word = |c: char| c.is_ascii_alphanumeric() || c == '_';
    let bare = name.starts_with(|c: char| c.is_ascii_alphabetic() || c == '_') && name.chars().all(is_word);
    let is_number = name.chars().all(|c| c.is_ascii_digit());
    if bare || is_number { name.to_owned() } else { format!("{name:?}") }
}

/// Whether nearly every row has a class of its own.
pub(crate) fn are_hardly_classes(names: &[String], rows: usize) -> bool {
    names.len() > FEW && 2 * names.len() > rows
}

/// How the net's output comes to fit these classes.
pub(crate) fn fitting_classes(names: &[String], rows: usize) -> Advice {
    match names {
        [only] => Advice {
            notes: vec![format!("every row is of class `{}`: there is nothing to tell apart", cut(only))],
            help: "name another column in `target`, or data with more classes".into(),
        },
        _ if names.len() > FEW
            && let Some(notation) = Notations::of(names) =>
        {
            Advice {
                notes: vec![
                    format!("{} different values in {}", names.len(), counted(rows, "row")),
                    format!("the column seems to hold {}", notation.name()),
                ],
                help: format!("{}; for a number to be predicted write `output y: real[1]`", notation.fix()),
            }
        }
        _ if are_hardly_classes(names, rows) => Advice {
            notes: vec![format!(
                "{} different values in {} are hardly classes",
                names.len(),
                counted(rows, "row")
            )],
            help:
                "for a number to be predicted write `output y: real[1]`, or name another column in `target`"
                    .into(),
        },
        _ => Advice {
            notes: vec![format!("they are {}", listed(names, 12))],
            help: format!("write `class[{}]`", names.len()),
        },
    }
}
