//! Texts whose labels are known, to judge a net by: a table like the one that it was trained on, a folder of classes, or one text in the folder of its class.

use std::path::Path;

use super::picture::Labelled;
use super::text::{encoded, table_rows};
use crate::data::dataset::{Part, Target};
use crate::data::error::{DataError, counted, cut, listed};
use crate::data::files;
use crate::data::pictures::Converted;
use crate::data::rows::nothing;
use crate::data::sources::text::{classes_of, texts_of};
use crate::data::text::number;
use crate::data::texts::{Text, TextForm, TextRule};
use crate::data::transform::{TargetRule, Transform};

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
    let target = target(&found, &transform.target)?;
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
    for (place, (line, mut fields)) in table_rows(decoded, *delimiter, name)?.into_iter().enumerate() {
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

/// Labels as training sees them.
fn target(found: &Found, rule: &TargetRule) -> Result<Target, DataError> {
    let each = || found.labels.iter().zip(&found.texts);
    let unknown = |label: &str, text: &Text, what: String| {
        text.place(DataError::new("E0531", format!("`{}` {what}", cut(label))))
    };
    let class = |names: &[String], (label, text): (&String, &Text)| {
        let place = names.iter().position(|name| name == label);
        place.ok_or_else(|| {
            unknown(label, text, "is no class of the net".into())
                .note(format!("the classes are {}", listed(names, 12)))
        })
    };
    let value = |(label, text): (&String, &Text)| {
        number(label).filter(|x| x.is_finite()).ok_or_else(|| unknown(label, text, "is no number".into()))
    };
    Ok(match rule {
        TargetRule::Classes { names, .. } => {
            Target::Classes(each().map(|one| class(names, one).map(|k| k as u32)).collect::<Result<_, _>>()?)
        }
        TargetRule::Bits { names: Some(names), .. } => {
            let bit = |one| class(names, one).map(|k| k as f32);
            Target::Bits { data: each().map(bit).collect::<Result<_, _>>()?, width: 1 }
        }
        TargetRule::Bits { names: None, .. } => {
            let bit = |one: (&String, &Text)| match value(one)? {
                x if x == 0.0 || x == 1.0 => Ok(x as f32),
                _ => Err(unknown(one.0, one.1, "is neither 0 nor 1".into())),
            };
            Target::Bits { data: each().map(bit).collect::<Result<_, _>>()?, width: 1 }
        }
        TargetRule::Real { mean, sd, .. } => {
            let (mean, sd) = (mean.first().copied().unwrap_or(0.0), sd.first().copied().unwrap_or(1.0));
            let seen = |one| value(one).map(|x| ((x - mean) / sd) as f32);
            Target::Real { data: each().map(seen).collect::<Result<_, _>>()?, width: 1 }
        }
    })
}
