//! A table that names pictures and says what is in each.

use std::path::Path;

use super::File;
use super::folder::{READ, is_named_so};
use crate::data::config::{By, ColumnRef, Columns};
use crate::data::error::{DataError, cut};
use crate::data::files;
use crate::data::gaps::Gaps;
use crate::data::raw::{Cells, Column, Delimiter, Pick, Table, Unknown};
use crate::data::search::Search;
use crate::data::table::{self, Missing, Reading};
use crate::diag::Span;

/// The table, as the `.net` file names it and its columns.
#[derive(Clone, Debug)]
pub(in crate::data) struct Labels {
    pub table: String,
    pub file: ColumnRef,
    pub label: Vec<ColumnRef>,
}

/// The pictures in the order of the table, and the columns that say something of each.
pub(in crate::data) struct Labelled {
    pub files: Vec<File>,
    pub target: Vec<Column>,
    pub groups: Option<Column>,
}

impl Labels {
    /// Reads the table; pictures lie in `folder`, which messages call `name`. A name without an ending is that of the picture with one.
    ///
    /// # Errors
    /// E0520 to E0528 of the table; E0520 for a picture that is not there, E0527 for one that is named twice.
    pub fn read(
        &self,
        folder: &Path,
        name: &str,
        groups: Option<&By>,
        search: &Search,
    ) -> Result<Labelled, DataError> {
        let text = files::text(&search.find(&self.table)?, &self.table)?;
        let columns = |list: &[ColumnRef]| Columns { list: list.to_vec(), span: Span::default() };
        let (inputs, target) = (columns(std::slice::from_ref(&self.file)), columns(&self.label));
        let pick = Pick { inputs: Some(&inputs), target: Some(&target), groups, ..Pick::default() };
        let reading = Reading {
            header: true,
            delimiter: Delimiter::Byte(b','),
            missing: Missing::Error,
            unknown: Unknown::Error,
            gaps: Gaps::Usual,
            words: vec![self.file.clone()],
        };
        let Table { inputs, target, groups, .. } =
            table::read(&text, &self.table, &reading, &pick).map_err(|e| match e.code {
                "E0524" => e.helped_by("leave the row out of the table, or write what is in the picture"),
                _ => e,
            })?;
        let [Column { cells: Cells::Words { codes, names }, number, name: column, .. }] = inputs.as_slice()
        else {
            return Err(DataError::new("E0527", "the table has no column of files").file(&self.table));
        };
        let at = |e: DataError, row: usize| e.file(&self.table).row(row).column(*number, column);
        let mut seen = vec![None; names.len()];
        let mut files = Vec::with_capacity(codes.len());
        for (row, code) in codes.iter().enumerate() {
            let file = &names[*code as usize];
            if let Some(first) = seen[*code as usize].replace(row) {
                let error = DataError::new("E0527", format!("the picture `{}` stands twice", cut(file)));
                return Err(at(error.note(format!("first in row {}", first + 1)), row)
                    .help("leave one of the rows out: parts of the data would share the picture"));
            }
            let found = found(folder, file).ok_or_else(|| {
                let error = DataError::new("E0520", format!("the picture `{}` is not there", cut(file)));
                at(error, row).help(format!("it is looked for in {name}"))
            })?;
            files.push(File { path: folder.join(&found), name: format!("{name}/{found}") });
        }
        Ok(Labelled { files, target, groups })
    }
}

/// The name of a picture in a folder: as it is, or with the ending that it lacks.
fn found(folder: &Path, file: &str) -> Option<String> {
    if folder.join(file).is_file() {
        return Some(file.to_owned());
    }
    let mut endings = READ.iter().filter(|_| !is_named_so(file)).map(|ending| format!("{file}.{ending}"));
    endings.find(|name| folder.join(name).is_file())
}
