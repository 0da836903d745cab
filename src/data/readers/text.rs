//! Raw texts to predict: a text a line, the column of a table that the net was trained on, or JSON.

use std::path::Path;
use std::sync::Arc;

use super::{ReadRows, json};
use crate::data::dataset::{Input, Storage};
use crate::data::encoding;
use crate::data::error::{DataError, counted};
use crate::data::pictures::Converted;
use crate::data::raw::Delimiter;
use crate::data::rows::{Rows, nothing, records};
use crate::data::sources::text as source;
use crate::data::text::Record;
use crate::data::texts::{Text, TextForm, TextRule, Unread, long_enough};
use crate::data::tokens::Encoded;
use crate::data::transform::{Fields, Transform};

pub(super) struct RawText;
pub(super) static READER: RawText = RawText;

impl ReadRows for RawText {
    fn takes(&self, _bytes: &[u8], fields: &Fields) -> bool {
        matches!(fields, Fields::Text(_))
    }

    fn read(&self, bytes: Vec<u8>, transform: &Transform, name: &str) -> Result<Rows, DataError> {
        let Fields::Text(rule) = &transform.fields else { return Err(nothing(name)) };
        let decoded = encoding::decode(bytes, name)?;
        let file: Arc<str> = name.into();
        let text = |(line, text)| Text { text, answer: None, line: Some(line), file: file.clone() };
        let (texts, blank_lines) = texts(&decoded, rule, name)?;
        let texts: Vec<Text> = texts.into_iter().map(text).collect();
        if texts.is_empty() {
            return Err(nothing(name));
        }
        let mut rows = encoded(&texts, transform, rule)?;
        rows.unread.blank_lines = blank_lines;
        Ok(rows)
    }
}

/// The texts of a folder and of the folders in it, a row a file.
///
/// # Errors
/// E0520 and E0525 for files that are no texts, E0528 for a folder without any; E0548 and E0549 for a text that is too short.
pub(in crate::data) fn folder(
    path: &Path,
    transform: &Transform,
    rule: &TextRule,
    name: &str,
) -> Result<Rows, DataError> {
    let texts = source::all(path, name.trim_end_matches('/'))?;
    if texts.is_empty() {
        return Err(DataError::new("E0528", "the folder holds no texts").file(name));
    }
    let names = texts.iter().map(|text| text.file.to_string()).collect();
    Ok(Rows { names, ..encoded(&texts, transform, rule)? })
}

/// Texts as rows of tokens.
///
/// # Errors
/// E0548 and E0549 for a text that is too short.
pub(super) fn encoded(texts: &[Text], transform: &Transform, rule: &TextRule) -> Result<Rows, DataError> {
    let ([input], Some(lengths)) = (&transform.inputs[..], &transform.lengths) else {
        return Err(nothing(texts.first().map_or("-", |text| &text.file)));
    };
    let (mut rows, mut encoder) = (Encoded::default(), rule.tokenizer.encoder());
    let mut unread = Unread::default();
    for text in texts {
        let mut numbers = encoder.numbers(&text.text);
        match rule.form {
            // What comes next follows the last tokens.
            TextForm::Stream => {
                unread.beginnings += usize::from(numbers.len() > input.width());
                drop(numbers.drain(..numbers.len().saturating_sub(input.width())));
            }
            _ => {
                unread.ends += usize::from(numbers.len() > input.width());
                numbers.truncate(input.width());
            }
        }
        long_enough(numbers.len(), lengths, &rule.tokenizer).map_err(|e| text.place(e))?;
        rows.push(numbers, input.width());
    }
    let Encoded { tokens, lengths, .. } = rows;
    let tokens = Input::held(&input.name, &input.shape, Storage::I32(tokens), (1.0, 0.0));
    Ok(Rows {
        rows: texts.len(),
        inputs: vec![tokens, Input::lengths(&input.name, lengths)],
        names: Vec::new(),
        converted: Converted::default(),
        unread,
        noticed: None,
    })
}

/// The texts and their lines: of a table its column, found by its name where the first line has it, else by its place; a line that is one field
/// is the text itself. And how many lines there are without one.
fn texts(decoded: &str, rule: &TextRule, name: &str) -> Result<(Vec<(u64, String)>, usize), DataError> {
    let column = if let TextForm::Column { name, .. } = &rule.form { name.as_deref() } else { None };
    if let Some(texts) = json::texts(decoded, column, name) {
        return Ok((texts?, 0));
    }
    let TextForm::Column { number, width, delimiter, name: column, .. } = &rule.form else {
        let lines = (1..).zip(decoded.lines());
        let (texts, blank): (Vec<_>, Vec<_>) = lines.partition(|(_, line)| !line.trim().is_empty());
        return Ok((
            texts.into_iter().map(|(number, line)| (number, line.to_owned())).collect(),
            blank.len(),
        ));
    };
    let fields = table_rows(decoded, delimiter_of(name, *delimiter), name)?;
    // A text a line, of which an empty one may be missed; a table's own empty lines mean nothing.
    let is_text_a_line = fields.iter().all(|(_, fields)| fields.len() == 1);
    let blank = decoded.lines().filter(|line| is_text_a_line && line.trim().is_empty()).count();
    let header = named_in(&fields, column.as_deref());
    let place = header.unwrap_or(number - 1);
    let text = |(line, fields): (u64, Vec<String>)| match fields.len() {
        _ if header.is_some() && place < fields.len() => Ok((line, fields[place].clone())),
        1 => Ok((line, fields[0].clone())),
        n if n == *width => Ok((line, fields[place].clone())),
        n => Err(DataError::new(
            "E0522",
            format!("{} where one text, or {width}, are expected", counted(n, "field")),
        )
        .file(name)
        .line(line)
        .help("put quotes around a text that holds commas, or write one text a line")),
    };
    let texts: Result<_, _> = fields.into_iter().skip(usize::from(header.is_some())).map(text).collect();
    Ok((texts?, blank))
}

/// Where the first line names the column of texts.
pub(super) fn named_in(fields: &[(u64, Vec<String>)], column: Option<&str>) -> Option<usize> {
    fields.first()?.1.iter().position(|field| Some(field.as_str()) == column)
}

/// What stands between the fields of a table, by its name where that says so: a net that was trained on one kind is given the other too.
pub(super) fn delimiter_of(name: &str, trained: u8) -> u8 {
    let name = name.strip_suffix(".gz").unwrap_or(name);
    match (Path::new(name).extension().and_then(|ending| ending.to_str()), trained) {
        (Some("tsv" | "tab"), _) => b'\t',
        (Some("csv"), b'\t') => b',',
        _ => trained,
    }
}

/// The fields of each line. Tabs stand in no text and need no quotes.
pub(in crate::data) fn table_rows(
    text: &str,
    delimiter: u8,
    name: &str,
) -> Result<Vec<(u64, Vec<String>)>, DataError> {
    if delimiter == b'\t' {
        let lines = (1..).zip(text.lines()).filter(|(_, line)| !line.is_empty());
        return Ok(lines
            .map(|(number, line)| (number, line.split('\t').map(str::to_owned).collect()))
            .collect());
    }
    let records = records(text, Delimiter::Byte(delimiter), name)?;
    let fields = |record: Record<'_>| {
        // Those beyond the width of the table are not kept, and still one too many.
        let more = usize::from(record.count > record.fields.len());
        let kept = record.fields.into_iter().map(|field| field.text.into_owned());
        kept.chain(std::iter::repeat_n(String::new(), more)).collect()
    };
    Ok(records.map(|record| (record.line, fields(record))).collect())
}
