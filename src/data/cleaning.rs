//! What the statements of a table say of its columns: which hold categories, in which order, which hold dates, and what fills gaps.
//!
//! Invariant: a column is said to be one thing at most, and has one filling at most.

use super::config::{ColumnRef, Columns};
use super::dates::Dates;
use super::error::DataError;
use super::raw::expand;
use super::scaler::Scaler;
use crate::diag::Span;

/// What stands in for a value that is not known.
#[derive(Clone, Debug, PartialEq)]
pub enum Fill {
    /// The training part's mean; of words the most frequent one.
    Mean,
    /// The training part's median; of words the most frequent one.
    Median,
    /// The training part's most frequent value.
    Mode,
    Number(f64),
    Word(String),
    /// A category of its own.
    Own,
}

/// The columns that something fills.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    Numbers,
    Words,
    Both,
}

impl Fill {
    pub fn kind(&self) -> Kind {
        match self {
            Fill::Mean | Fill::Median | Fill::Mode => Kind::Both,
            Fill::Number(_) => Kind::Numbers,
            Fill::Word(_) | Fill::Own => Kind::Words,
        }
    }
}

/// One `fill` statement; without columns it is of all of its kind that no other one names.
#[derive(Clone, Debug, PartialEq)]
pub struct Filling {
    pub by: Fill,
    pub columns: Option<Columns>,
    pub span: Span,
}

/// One `ordered` statement.
#[derive(Clone, Debug, PartialEq)]
pub struct Ordered {
    pub column: Columns,
    /// From the least to the most.
    pub names: Vec<String>,
}

/// All that is said of columns.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Cleaning {
    pub categories: Option<Columns>,
    pub ordered: Vec<Ordered>,
    pub dates: Vec<(Columns, Dates)>,
    pub fills: Vec<Filling>,
    /// Columns that are scaled in a way of their own.
    pub scaled: Vec<(Columns, Scaler)>,
}

/// How a column is to be read.
#[derive(Clone, Debug, Default, PartialEq)]
pub enum Form {
    /// As its cells show.
    #[default]
    Found,
    Categories,
    /// Words that are numbers by their place in this list.
    Ordered(Vec<String>),
    Dates(Dates),
}

/// What is said of one column.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Saying {
    pub form: Form,
    pub fill: Option<Fill>,
    /// Where the column is named by a `fill`, for one that cannot be filled.
    pub filled_at: Option<Span>,
    pub scaler: Option<Scaler>,
    /// The statement that names it, for a column that is not used.
    pub by: Option<&'static str>,
}

impl Cleaning {
    /// What is said of each column; `words` are those that the source says are words.
    ///
    /// # Errors
    /// E0527 for a column that is not there, or of which two things are said.
    pub(super) fn of_columns(&self, names: &[String], words: &[ColumnRef]) -> Result<Vec<Saying>, DataError> {
        let mut sayings = vec![Saying::default(); names.len()];
        for position in expand(words, names)? {
            say(&mut sayings, names, position, Form::Categories, "words", None)?;
        }
        let at = |columns: &Columns| expand(&columns.list, names).map_err(|e| e.net(columns.span));
        if let Some(columns) = &self.categories {
            for position in at(columns)? {
                say(&mut sayings, names, position, Form::Categories, "categories", Some(columns.span))?;
            }
        }
        for Ordered { column, names: order } in &self.ordered {
            for position in at(column)? {
                let form = Form::Ordered(order.clone());
                say(&mut sayings, names, position, form, "ordered", Some(column.span))?;
            }
        }
        for (columns, dates) in &self.dates {
            for position in at(columns)? {
                say(&mut sayings, names, position, Form::Dates(dates.clone()), "dates", Some(columns.span))?;
            }
        }
        for (columns, scaler) in &self.scaled {
            for position in at(columns)? {
                if sayings[position].scaler.replace(*scaler).is_some() {
                    return Err(DataError::new("E0527", "two `normalize` name the same column")
                        .column(position + 1, &names[position])
                        .net(columns.span));
                }
                sayings[position].by.get_or_insert("normalize");
            }
        }
        for Filling { by, columns, span } in &self.fills {
            let Some(columns) = columns else { continue };
            for position in at(columns)? {
                let saying = &mut sayings[position];
                if saying.fill.is_some() {
                    return Err(DataError::new("E0527", "two `fill` name the same column")
                        .column(position + 1, &names[position])
                        .net(*span));
                }
                saying.fill = Some(by.clone());
                saying.filled_at = Some(*span);
                saying.by.get_or_insert("fill");
            }
        }
        Ok(sayings)
    }

    /// Whether a `fill` names no column.
    pub(super) fn fills_in_general(&self) -> bool {
        self.fills.iter().any(|filling| filling.columns.is_none())
    }

    /// What fills a column of words, or of numbers, that no `fill` names: what is of its kind alone before what is of both.
    pub(super) fn general_fill(&self, words: bool) -> Option<&Fill> {
        let mut general = self.fills.iter().filter(|filling| filling.columns.is_none());
        let kind = if words { Kind::Words } else { Kind::Numbers };
        let own = general.clone().find(|filling| filling.by.kind() == kind);
        own.or_else(|| general.find(|filling| filling.by.kind() == Kind::Both)).map(|filling| &filling.by)
    }
}

fn say(
    sayings: &mut [Saying],
    names: &[String],
    position: usize,
    form: Form,
    by: &'static str,
    span: Option<Span>,
) -> Result<(), DataError> {
    let saying = &mut sayings[position];
    if saying.form != Form::Found {
        let first = saying.by.unwrap_or("words");
        let error = DataError::new("E0527", format!("`{first}` and `{by}` name the same column"))
            .column(position + 1, &names[position])
            .help("name it in one of them");
        return Err(span.map_or(error.clone(), |span| error.net(span)));
    }
    saying.form = form;
    saying.by = Some(by);
    Ok(())
}
