//! What the names of files say: `{label}_{speaker}_{index}`.

use std::fmt;

use crate::data::error::{DataError, listed};
use crate::data::raw::{Cells, Column};

/// A form of names: what stands between, and what is called how.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Pattern {
    /// What each name begins with.
    start: String,
    /// What stands in braces, and what comes behind it.
    parts: Vec<(String, String)>,
}

/// The part that is the class.
pub(in crate::data) const LABEL: &str = "label";

impl Pattern {
    /// # Errors
    /// What is wrong with the text, and how to write it.
    pub fn parse(text: &str) -> Result<Self, (String, String)> {
        let fault = |what: &str, help: &str| Err((what.to_owned(), help.to_owned()));
        let mut pieces = text.split('{');
        let start = pieces.next().unwrap_or_default().to_owned();
        let mut parts: Vec<(String, String)> = Vec::new();
        for piece in pieces {
            let Some((name, behind)) = piece.split_once('}') else {
                return fault("a brace of the pattern is not closed", "write `{label}`");
            };
            let is_name = name.starts_with(|c: char| c.is_alphabetic() || c == '_')
                && name.chars().all(|c| c.is_alphanumeric() || c == '_');
            if !is_name {
                return fault(
                    &format!("`{{{name}}}` is no name"),
                    "letters, digits and `_`, such as `{speaker}`",
                );
            }
            if parts.iter().any(|(other, _)| other == name) {
                return fault(
                    &format!("`{{{name}}}` stands twice in the pattern"),
                    "give each part a name of its own",
                );
            }
            if parts.last().is_some_and(|(_, between)| between.is_empty()) {
                return fault(
                    "two parts of the pattern stand side by side, with nothing to tell where one ends",
                    "write what stands between them: `{label}_{number}`",
                );
            }
            parts.push((name.to_owned(), behind.to_owned()));
        }
        if start.contains('}') || parts.iter().any(|(_, behind)| behind.contains('}')) {
            return fault("a brace of the pattern was not opened", "write `{label}`");
        }
        match parts.iter().any(|(name, _)| name == LABEL) {
            true => Ok(Self { start, parts }),
            false => fault(
                "no part of the pattern is called `label`",
                "write `{label}` where the class stands in the name",
            ),
        }
    }

    /// What the parts are called.
    pub fn names(&self) -> Vec<String> {
        self.parts.iter().map(|(name, _)| name.clone()).collect()
    }

    /// What the parts of a file's name are, without its folder and its ending. Every part has a character.
    ///
    /// # Errors
    /// E0554 for a name of another form, or one that can be read in two ways.
    pub fn read<'n>(&self, file: &'n str) -> Result<Vec<&'n str>, DataError> {
        let stem = stem(file);
        let mut found = Vec::new();
        if let Some(rest) = stem.strip_prefix(self.start.as_str()) {
            ways(rest, &self.parts, &mut Vec::new(), &mut found);
        }
        match found.as_slice() {
            [parts] => Ok(parts.clone()),
            [] => Err(DataError::new("E0554", format!("the name `{stem}` is not of the form `{self}`"))
                .file(file)
                .help("rename the file, take it out of the folder, or write another `pattern`")),
            [one, other, ..] => {
                let say = |parts: &[&str]| listed(parts, 8);
                Err(DataError::new(
                    "E0554",
                    format!("the name `{stem}` can be read as `{self}` in more than one way"),
                )
                .file(file)
                .note(format!("{}, or {}", say(one), say(other)))
                .help("rename the file, or write a pattern with fewer parts"))
            }
        }
    }

    /// A column of each part, for these files in their order.
    ///
    /// # Errors
    /// As [`read`](Self::read).
    pub fn columns<'f>(&self, files: impl Iterator<Item = &'f str>) -> Result<Vec<Column>, DataError> {
        let mut cells: Vec<Vec<String>> = vec![Vec::new(); self.parts.len()];
        for file in files {
            let parts = self.read(file)?;
            cells.iter_mut().zip(parts).for_each(|(cells, part)| cells.push(part.to_owned()));
        }
        let column = |(i, (name, cells)): (usize, (&String, Vec<String>))| {
            Column::new(name.clone(), i + 1, words(&cells))
        };
        Ok(self.names().iter().zip(cells).enumerate().map(column).collect())
    }

    /// Where the class stands among the parts.
    pub fn label(&self) -> usize {
        self.parts.iter().position(|(name, _)| name == LABEL).unwrap_or(0)
    }
}

/// The name of a file without folders and without its ending.
fn stem(file: &str) -> &str {
    let own = file.rsplit('/').next().unwrap_or(file);
    own.rsplit_once('.').map_or(own, |(stem, _)| stem)
}

/// Cells as codes of their words, which are sorted.
fn words(cells: &[String]) -> Cells {
    let mut names = cells.to_vec();
    names.sort_by(|a, b| crate::data::raw::label_order(a, b));
    names.dedup();
    let place: rustc_hash::FxHashMap<&str, u32> = names.iter().map(String::as_str).zip(0..).collect();
    let codes = cells.iter().map(|cell| place[cell.as_str()]).collect();
    Cells::Words { codes, names }
}

/// The ways in which a text is parts with what stands behind them; two are enough to know that there are several.
fn ways<'n>(
    text: &'n str,
    parts: &[(String, String)],
    taken: &mut Vec<&'n str>,
    found: &mut Vec<Vec<&'n str>>,
) {
    let [(_, behind), rest @ ..] = parts else {
        if text.is_empty() {
            found.push(taken.clone());
        }
        return;
    };
    let ends: Vec<usize> = match (behind.is_empty(), rest.is_empty()) {
        // The last part takes all that is left.
        (true, _) => vec![text.len()],
        (false, true) => text.strip_suffix(behind.as_str()).map(str::len).into_iter().collect(),
        (false, false) => text.match_indices(behind.as_str()).map(|(at, _)| at).collect(),
    };
    for end in ends.into_iter().filter(|end| *end > 0) {
        if found.len() > 1 {
            return;
        }
        taken.push(&text[..end]);
        ways(&text[end + behind.len()..], rest, taken, found);
        taken.pop();
    }
}

impl fmt::Display for Pattern {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.start)?;
        self.parts.iter().try_for_each(|(name, behind)| write!(f, "{{{name}}}{behind}"))
    }
}
