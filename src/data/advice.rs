//! What to write where a net and its data differ in size: the size that the data have, or, where a column of words is hardly one of
//! categories, that it should not be an input.

use super::error::{counted, cut, listed};
use super::notation::Notations;
use super::raw::OWN;
use super::schema::{ColumnInfo, ColumnKind, DataSchema};
use crate::vocab::quoted_if_needed;

/// Notes and ways out of one disagreement.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Advice {
    pub notes: Vec<String>,
    pub help: String,
}

/// Fewer words than this are categories however few rows there are.
const FEW: usize = 10;
/// Columns that tell rows apart are listed up to here.
const SHOWN: usize = 6;
/// All columns are listed up to here.
const LISTED: usize = 12;

impl DataSchema {
    /// Columns that have another word in nearly every row: names, dates, numbers of rows.
    pub(crate) fn identifiers(&self) -> Vec<(&ColumnInfo, usize)> {
        let words = |column: &ColumnInfo| match &column.kind {
            ColumnKind::Words(names) => names.len(),
            ColumnKind::Number | ColumnKind::Ordered(_) | ColumnKind::Dates(_) => 0,
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
            let columns: Vec<&ColumnInfo> = identifiers.iter().map(|(column, _)| *column).collect();
            return Advice {
                notes: identifiers.iter().take(SHOWN).map(say).collect(),
                help: format!("such a column tells rows apart and is no category: {}", left_out(&columns)),
            };
        }
        let sizes: Vec<String> = self.shape.iter().map(usize::to_string).collect();
        let choose = match !self.columns.is_empty() && self.features() > wanted {
            true => ", or choose columns with `inputs`",
            false => "",
        };
        let sizes = sizes.join(", ");
        let help = match self.columns.is_empty() {
            true => format!("write `real[{sizes}]`{choose}"),
            false => format!("write `real[_]`, which is `real[{sizes}]` here{choose}"),
        };
        match self.columns.is_empty() {
            true => Advice { notes: Vec::new(), help },
            false => Advice { notes: vec![format!("the columns give {}", self.widths())], help },
        }
    }

    /// `age to height 1 each, island 3 (Biscoe, Dream, Torgersen)`
    fn widths(&self) -> String {
        let is_number = |column: &ColumnInfo| column.kind == ColumnKind::Number;
        let runs = self.columns.chunk_by(|a, b| is_number(a) && is_number(b));
        let shown: Vec<String> = runs
            .map(|run| match run {
                [first, .., last] => format!("{} to {} 1 each", cut(&first.name), cut(&last.name)),
                [column] => width(column),
                [] => String::new(),
            })
            .collect();
        let more = shown.len().saturating_sub(LISTED);
        let more = if more > 0 { format!(" and {more} more") } else { String::new() };
        format!("{}{more}", shown.into_iter().take(LISTED).collect::<Vec<_>>().join(", "))
    }
}

/// The statement that leaves columns out; those of dates may become numbers instead.
pub(crate) fn left_out(columns: &[&ColumnInfo]) -> String {
    let minus: Vec<String> = columns.iter().take(SHOWN).map(|c| format!("-{}", written(&c.name))).collect();
    let leave = format!("leave it out, `inputs {}`", minus.join(", "));
    match columns.iter().find(|column| column.dates) {
        Some(dates) => format!("{leave}, or write `dates {}` for its parts", written(&dates.name)),
        None => leave,
    }
}

/// `sex 2 (f, m)`
fn width(column: &ColumnInfo) -> String {
    let names = match &column.kind {
        ColumnKind::Number => return format!("{} 1", cut(&column.name)),
        ColumnKind::Ordered(names) => return format!("{} 1 ({})", cut(&column.name), names.join(" < ")),
        ColumnKind::Words(names) | ColumnKind::Dates(names) => names,
    };
    let name = |name: &String| if name == OWN { "not known".to_owned() } else { cut(name) };
    let shown: Vec<String> = names.iter().take(4).map(name).collect();
    let more = if names.len() > 4 { ", ..." } else { "" };
    format!("{} {} ({}{more})", cut(&column.name), names.len(), shown.join(", "))
}

/// A column's name as `inputs` takes it.
pub(super) fn written(name: &str) -> String {
    let is_number = !name.is_empty() && name.chars().all(|c| c.is_ascii_digit());
    if is_number { name.to_owned() } else { quoted_if_needed(name) }
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
