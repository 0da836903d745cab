//! Texts whose labels are known, to judge a net by: a table like the one that it was trained on, a folder of classes, or one text in the folder of its class.

use std::path::Path;

use super::answers;
use super::picture::Labelled;
use super::text::{delimiter_of, encoded, table_rows};
use crate::data::dataset::Part;
use crate::data::error::{DataError, counted};
use crate::data::files;
use crate::data::pictures::Converted;
use crate::data::rows::nothing;
use crate::data::sources::text::{classes_of, texts_of};
use crate::data::texts::{Text, TextForm, TextRule};
use crate::data::transform::Transform;

/// Texts and what stands beside each.
struct Found {
    texts: Vec<Text>,
    labels: Vec<String>,
    /// Of files that are a text each.
    names: Vec<String>,
}

/// # Errors
/// As reading rows to predict; E0531 for a label that the net does not know, E0525 for a net of a stream, whose texts have no labels.
pub(in crate::data) fn labelled(
    path: &Path,
    transform: &Transform,
    rule: &TextRule,
    name: &str,
) -> Result<Labelled, DataError> {
    if !path.exists() {
        return Err(DataError::new("E0520", "there is no such file or folder").file(name));
    }
    let found = match (&rule.form, path.is_dir()) {
        (TextForm::Stream, _) => {
            return Err(DataError::new("E0525", "the net foretells what comes next in a text, and no label")
                .file(name)
                .help("name a text: `dropnet eval RUN --input FILE` tells how well it is foretold"));
        }
        (_, true) => folder(path, name)?,
        (TextForm::Lines, false) => {
            let class = path.parent().and_then(Path::file_name).unwrap_or_default();
            let text = Text { text: files::text(path, name)?, answer: None, line: None, file: name.into() };
            let labels = vec![class.to_string_lossy().into_owned()];
            Found { texts: vec![text], labels, names: vec![name.to_owned()] }
        }
        (form @ TextForm::Column { .. }, false) => table(&files::text(path, name)?, form, name)?,
    };
    if found.texts.is_empty() {
        return Err(nothing(name));
    }
    let labels: Vec<Vec<&str>> = found.labels.iter().map(|label| vec![label.as_str()]).collect();
    let at = |row: usize, _: usize, error: DataError| found.texts[row].place(error);
    let target = answers::target(&labels, &transform.target, &at)?;
    let rows = encoded(&found.texts, transform, rule)?;
    Ok(Labelled {
        part: Part::of_first(rows.rows, rows.inputs, target),
        names: found.names,
        converted: Converted::default(),
        unread: rows.unread,
    })
}

/// A folder a class, a file a text.
fn folder(path: &Path, name: &str) -> Result<Found, DataError> {
    let classes = classes_of(path, name)?;
    let (texts, codes) = texts_of(path, name, &classes)?;
    let names = texts.iter().map(|text| text.file.to_string()).collect();
    Ok(Found { texts, labels: codes.into_iter().map(|code| classes[code as usize].clone()).collect(), names })
}

/// The table's own columns; its first line may name them.
fn table(decoded: &str, form: &TextForm, name: &str) -> Result<Found, DataError> {
    let TextForm::Column { number, width, delimiter, name: column, label } = form else {
        return Err(nothing(name));
    };
    // Of two columns it is the other one.
    let of_label = label.unwrap_or(3 - number.min(&2)) - 1;
    let mut found = Found { texts: Vec::new(), labels: Vec::new(), names: Vec::new() };
    for (place, (line, mut fields)) in
        table_rows(decoded, delimiter_of(name, *delimiter), name)?.into_iter().enumerate()
    {
        if fields.len() != *width {
            let message = format!(
                "{} where {width} are expected: a text and its label",
                counted(fields.len(), "field")
            );
            return Err(DataError::new("E0522", message)
                .file(name)
                .line(line)
                .help("the columns are those of the table that the net was trained on; `dropnet predict` needs no label"));
        }
        let is_head =
            place == 0 && column.as_ref().is_some_and(|column| fields[number - 1].trim() == *column);
        if !is_head {
            found.labels.push(fields[of_label].trim().to_owned());
            let text = std::mem::take(&mut fields[number - 1]);
            found.texts.push(Text { text, answer: None, line: Some(line), file: name.into() });
        }
    }
    Ok(found)
}
