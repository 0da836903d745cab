//! `source csv, FILE, text=COLUMN, label=COLUMN`: texts of a table, each a row with its label.

use std::sync::Arc;

use super::csv::{delimiter, text_of};
use crate::data::config::ColumnRef;
use crate::data::error::{DataError, counted, cut};
use crate::data::files;
use crate::data::raw::{Arrays, Delimiter, Pick, Raw, RawTarget, expand, label_order};
use crate::data::readers::table_rows;
use crate::data::search::Search;
use crate::data::source::Source;
use crate::data::text::number;
use crate::data::texts::{Text, TextForm, Texts};
use crate::data::words::Read;
use crate::diag::Diagnostic;
use crate::vocab::{Args, Value};

#[derive(Clone, Debug)]
struct TextTable {
    file: String,
    test: Option<String>,
    text: ColumnRef,
    label: ColumnRef,
    header: bool,
    /// None by the file's ending.
    delimiter: Option<u8>,
}

/// Arguments that are of columns of numbers and categories.
const OF_CELLS: &[&str] = &["missing", "na", "words", "unknown", "decimal", "thousands", "skip"];

/// Reads the arguments of the source.
///
/// # Errors
/// E0506 without a column of texts or labels, E0505 for arguments that mean nothing for texts.
pub(super) fn read(args: &Args) -> Read {
    let column = |name: &str| {
        let value = args.value(name).filter(|_| args.is_written(name));
        value.map(|value| match value {
            Value::Number(n) => ColumnRef::Number(*n as usize),
            name => ColumnRef::Name(text_of(name)),
        })
    };
    let (Some(text), Some(label)) = (column("text"), column("label")) else {
        let (has, lacks) = if column("text").is_some() { ("text", "label") } else { ("label", "text") };
        return Err(Box::new(
            Diagnostic::error("E0506", args.span, format!("`source csv` with `{has}=` needs `{lacks}=`"))
                .label(format!("no `{lacks}`"))
                .help("write, for example, `text=review, label=mood`, or numbers of columns from 1"),
        ));
    };
    if let Some(name) = OF_CELLS.iter().find(|name| args.is_written(name)) {
        return Err(Box::new(
            Diagnostic::error(
                "E0505",
                args.span_of(name),
                format!("`{name}` is of columns of numbers and categories"),
            )
            .label("texts have neither")
            .help("leave it out"),
        ));
    }
    let numbered = [&text, &label].iter().all(|column| matches!(column, ColumnRef::Number(_)));
    let header = if args.is_written("header") { args.flag("header") } else { !numbered };
    let delimiter = match args.is_written("delimiter").then(|| delimiter(args)).transpose()? {
        Some(Delimiter::Byte(byte)) => Some(byte),
        Some(Delimiter::Whitespace) => {
            return Err(Box::new(
                Diagnostic::error("E0507", args.span_of("delimiter"), "white space stands in texts")
                    .label("cannot tell fields apart"),
            ));
        }
        None => None,
    };
    let test = args.value("test").filter(|_| args.is_written("test")).map(text_of);
    Ok(Arc::new(TextTable { file: args.text("file").to_owned(), test, text, label, header, delimiter }))
}

impl Source for TextTable {
    fn open(&self, _: &Pick<'_>, search: &Search) -> Result<Raw, DataError> {
        let train = self.read(&self.file, search)?;
        let test = self.test.as_deref().map(|file| self.read(file, search)).transpose()?;
        let (names, numbers) = kinds(&train.labels, test.as_ref().map(|test| test.labels.as_slice()));
        let arrays = |part: Rows, file: &str| {
            let target = target(&part, &names, numbers).map_err(|e| e.file(file))?;
            let texts = Texts::new(part.texts, part.form);
            Ok::<Arrays, DataError>(Arrays::of(
                file,
                part.lines.len(),
                Vec::new(),
                crate::data::inputs::Inputs::Texts(texts),
                target,
            ))
        };
        let test = test.zip(self.test.as_deref()).map(|(test, file)| arrays(test, file)).transpose()?;
        Ok(Raw::Arrays { train: arrays(train, &self.file)?, test })
    }

    fn has_columns(&self) -> bool {
        false
    }

    fn has_texts(&self) -> bool {
        true
    }

    fn file(&self) -> Option<&str> {
        Some(&self.file)
    }
}

/// The rows of a file.
struct Rows {
    texts: Vec<Text>,
    labels: Vec<String>,
    lines: Vec<u64>,
    form: TextForm,
}

impl TextTable {
    fn read(&self, name: &str, search: &Search) -> Result<Rows, DataError> {
        let text = files::text(&search.find(name)?, name)?;
        let plain = name.strip_suffix(".gz").unwrap_or(name);
        let by_ending = if plain.ends_with(".tsv") { b'\t' } else { b',' };
        let delimiter = self.delimiter.unwrap_or(by_ending);
        let mut rows = table_rows(&text, delimiter, name)?.into_iter();
        let empty = || DataError::new("E0528", "the table has no rows").file(name);
        let first = rows.clone().next().ok_or_else(empty)?;
        let width = first.1.len();
        let names: Vec<String> = match self.header {
            true => rows
                .next()
                .map(|(_, names)| names.iter().map(|name| name.trim().to_owned()).collect())
                .unwrap_or_default(),
            false => (1..=width).map(|number| number.to_string()).collect(),
        };
        let find = |column: &ColumnRef| expand(std::slice::from_ref(column), &names).map(|found| found[0]);
        let at = |e: DataError| e.file(name).line(first.0);
        let (of_text, of_label) = (find(&self.text).map_err(at)?, find(&self.label).map_err(at)?);
        let column = self.header.then(|| names[of_text].clone());
        let label = (width != 2 || of_label == of_text).then_some(of_label + 1);
        let form = TextForm::Column { number: of_text + 1, width, delimiter, name: column, label };
        let mut read = Rows { texts: Vec::new(), labels: Vec::new(), lines: Vec::new(), form };
        let file: Arc<str> = name.into();
        for (line, mut fields) in rows {
            if fields.len() != width {
                return Err(DataError::new(
                    "E0522",
                    format!("{} where {width} are expected", counted(fields.len(), "field")),
                )
                .file(name)
                .line(line)
                .help("a text that holds the delimiter stands in quotes; in a `.tsv` no text holds a tab"));
            }
            read.labels.push(fields[of_label].trim().to_owned());
            read.texts.push(Text {
                answer: None,
                text: std::mem::take(&mut fields[of_text]),
                line: Some(line),
                file: file.clone(),
            });
            read.lines.push(line);
        }
        if read.texts.is_empty() { Err(empty()) } else { Ok(read) }
    }
}

/// The labels in order, and whether they are numbers with fractions, which are no classes.
fn kinds(train: &[String], test: Option<&[String]>) -> (Vec<String>, bool) {
    let all = || train.iter().chain(test.unwrap_or_default());
    let fractions = all().all(|label| number(label).is_some())
        && all().any(|label| number(label).is_some_and(|x| x.fract() != 0.0));
    let mut names: Vec<String> = train.to_vec();
    names.sort_unstable_by(|a, b| label_order(a, b));
    names.dedup();
    (names, fractions)
}

fn target(rows: &Rows, names: &[String], numbers: bool) -> Result<RawTarget, DataError> {
    if numbers {
        let data = rows.labels.iter().map(|label| number(label).unwrap_or(f64::NAN)).collect();
        return Ok(RawTarget::Numbers { data, width: 1 });
    }
    let code = |(label, line): (&String, &u64)| {
        names.binary_search_by(|name| label_order(name, label)).map(|code| code as u32).map_err(|_| {
            DataError::new("E0531", format!("`{}` is no label of the training part", cut(label))).line(*line)
        })
    };
    let codes = rows.labels.iter().zip(&rows.lines).map(code).collect::<Result<_, _>>()?;
    Ok(RawTarget::Labels { codes, names: names.to_vec() })
}
