//! Raw rows for prediction: what a user has, in the columns the net was trained on.

use std::fs::File;
use std::path::Path;
use std::sync::Arc;

use super::assemble::full;
use super::config::DataConfig;
use super::dataset::Input;
use super::encode::{Dealt, held};
use super::error::DataError;
use super::files;
use super::labels::Labels;
use super::pictures::{self, Converted};
use super::raw::{Delimiter, Format};
use super::readers::{self, Labelled};
use super::streams;
use super::text::{self, Record, Records};
use super::texts::Unread;
use super::transform::{ColumnRule, Fields, InputShape, Transform};
use crate::memory;

/// Encoded inputs of some rows, in the order they came.
#[derive(Clone, Debug)]
pub struct Rows {
    pub rows: usize,
    pub inputs: Vec<Input>,
    /// Of the files that the rows are, where each is one.
    pub names: Vec<String>,
    /// Of pictures: those that were something else than the net's rows are.
    pub converted: Converted,
    pub unread: Unread,
    /// Of rows that are decoded as they are read: what was found out about those that were.
    pub noticed: Option<Arc<dyn Noticed>>,
}

/// What is found out about rows as they are read, and not before.
pub trait Noticed: std::fmt::Debug + Send + Sync {
    fn so_far(&self) -> (Converted, Unread);
}

impl Transform {
    /// Encodes rows in any form that has a reader, plain or gzip. `name` stands for the bytes in messages (`-` for standard input).
    ///
    /// # Errors
    /// E0521 to E0529, E0535 and E0546, with their place; E0538 for a transform that was tampered with; E0540 without memory for the rows.
    pub fn read_rows(&self, bytes: Vec<u8>, name: &str) -> Result<Rows, DataError> {
        self.sound()?;
        let bytes = files::unpacked(bytes, name)?;
        let reader = readers::of(&bytes, name, self).ok_or_else(|| nothing(name))?;
        self.rows_seen(reader.read(bytes, self, name)?)
    }

    /// Rows as the net sees them: with their lengths, where they have some; the middle of larger pictures.
    pub(super) fn rows_seen(&self, mut rows: Rows) -> Result<Rows, DataError> {
        let texts = matches!(self.fields, Fields::Text(_));
        if !texts && rows.inputs.len() == self.inputs.len() {
            rows.inputs.extend(full(self.lengths.as_ref(), rows.rows));
        }
        let (Some(size), Fields::Array(rule)) = (self.middle, &self.fields) else { return Ok(rows) };
        let inputs = rows
            .inputs
            .into_iter()
            .map(|input| Ok(Input { raw: None, ..input.middle(size, rule, self.resized)? }));
        Ok(Rows { inputs: inputs.collect::<Result<_, DataError>>()?, ..rows })
    }

    /// Encodes the pictures in a folder, or the sounds of a net that hears and the texts of one that reads, and in the folders in it, in order of their paths; those
    /// of an archive of sounds too.
    ///
    /// # Errors
    /// E0520, E0525, E0528, E0541 to E0543, E0552 and E0553, with the file; E0538 and E0540 as [`read_rows`](Self::read_rows).
    pub fn read_folder(&self, path: &Path, name: &str) -> Result<Rows, DataError> {
        self.sound()?;
        match &self.fields {
            Fields::Text(rule) => readers::folder_of_texts(path, self, rule, name),
            _ if self.sounds.is_some() => readers::folder_of_sounds(path, self, name),
            _ => self.rows_seen(readers::folder(path, self, name)?),
        }
    }

    /// Whether a file of this name is an archive of sounds, which is read as a folder of them.
    #[must_use]
    pub fn takes_archive(&self, name: &str) -> bool {
        self.sounds.is_some() && super::sound::is_archive(name)
    }

    /// Encodes rows whose answers are known: those of a table like the one that was trained on; pictures, sounds and texts in a folder of classes, or one in the folder of its
    /// class; pictures and sounds that a table names, in whose columns `asked` says what stands; or rows of arrays with their answers in a file beside them.
    ///
    /// # Errors
    /// As [`read_folder`](Self::read_folder) and [`read_rows`](Self::read_rows); E0531 for an answer that the net does not know, E0527 for a table without its columns.
    pub fn read_labelled(&self, path: &Path, name: &str, asked: &Asked<'_>) -> Result<Labelled, DataError> {
        self.sound()?;
        if !path.exists() {
            return Err(DataError::new("E0520", "there is no such file or folder").file(name));
        }
        let answers = asked.answers.map(|path| (path, path.display().to_string()));
        match (&self.fields, answers) {
            (Fields::Table { .. }, None) => readers::labelled_table(path, self, name),
            (Fields::Text(rule), None) => readers::labelled_texts(path, self, rule, name),
            (Fields::Table { .. } | Fields::Text(_), Some((_, answers))) => Err(DataError::new(
                "E0527",
                "the net's rows have their answers in a column of their own table",
            )
            .file(&answers)
            .help("leave `--labels` out: `--input` names the table")),
            (Fields::Array(_), answers) if self.sounds.is_some() => match answers {
                None => readers::labelled_sounds(path, self, name),
                Some((_, answers)) => {
                    Err(DataError::new("E0527", "sounds are judged by the table in their folder")
                        .file(&answers)
                        .help("name the table itself by `--input`, or a folder of classes"))
                }
            },
            (Fields::Array(_), Some((table, called))) if path.is_dir() => {
                let usual = Labels::usual(&called);
                let labels = asked.columns.unwrap_or(&usual);
                readers::pictures_in_table(labels, (table, &called), (path, name), self)
            }
            (Fields::Array(_), Some((table, called))) => {
                let rows = self.read_file(path, name)?;
                readers::with_answers(rows, self, (table, &called))
            }
            (Fields::Array(_), None) if path.is_file() && self.names_pictures(path, name) => {
                let usual = Labels::usual(name);
                let labels = asked.columns.unwrap_or(&usual);
                let folder = path.parent().filter(|folder| !folder.as_os_str().is_empty());
                let folder = folder.unwrap_or(Path::new("."));
                readers::pictures_in_table(
                    labels,
                    (path, name),
                    (folder, &folder.display().to_string()),
                    self,
                )
            }
            (Fields::Array(_), None) if path.is_file() && !pictures::is_named_so(name) => {
                Err(DataError::new("E0527", "the rows have no answers")
                    .file(name)
                    .help("name the file of their labels too: `--labels y.npy`, or a text with a line a row"))
            }
            (Fields::Array(_), None) => readers::labelled(path, self, name),
        }
    }

    /// Whether a file is a table that names pictures: text with a header, for a net whose rows may be pictures.
    fn names_pictures(&self, path: &Path, name: &str) -> bool {
        let is_text = files::text(path, name).is_ok();
        is_text && !pictures::is_named_so(name) && self.inputs.len() == 1 && self.inputs[0].shape.len() == 3
    }

    /// Encodes the rows of a file or folder, which stay there if they can.
    ///
    /// # Errors
    /// As [`read_rows`](Self::read_rows) and [`read_folder`](Self::read_folder).
    pub fn read_path(&self, path: &Path, name: &str) -> Result<Rows, DataError> {
        match path.is_dir() || self.takes_archive(name) {
            true => self.read_folder(path, name),
            false => self.read_file(path, name),
        }
    }

    /// Rows of a file, which stay there if they can.
    fn read_file(&self, path: &Path, name: &str) -> Result<Rows, DataError> {
        let unread = |e: std::io::Error| {
            DataError::new("E0520", "the file cannot be read").file(name).note(e.to_string())
        };
        let file = File::open(path).map_err(unread)?;
        match self.leave_rows(&file, name)? {
            Some(rows) => Ok(rows),
            None => self.read_rows(std::fs::read(path).map_err(unread)?, name),
        }
    }

    /// A text whose tokens are foretold, by a net of windows of one, as `config` cuts them.
    ///
    /// # Errors
    /// E0520 for a file that cannot be read, E0550 for a text that is too short, E0525 for a net of other rows.
    pub fn read_stream(&self, path: &Path, name: &str, config: &DataConfig) -> Result<Labelled, DataError> {
        self.sound()?;
        let (Fields::Text(rule), [input], Some(window)) =
            (&self.fields, &self.inputs[..], &config.settings.window)
        else {
            return Err(DataError::new("E0525", "the net reads no windows of a text").file(name));
        };
        let text = files::text(path, name)?;
        let part = streams::known(&text, window, config.streams(), (&rule.tokenizer, input));
        let (part, unknown) = part.map_err(|e| e.file(name))?;
        let unread = Unread { unknown: Some((unknown, rule.tokenizer.len())), ..Unread::default() };
        Ok(Labelled { part, names: Vec::new(), converted: Converted::default(), unread })
    }

    /// Another table in the order of time, by a net of windows of one, as `config` cuts them; windows in an array are rows like others.
    ///
    /// # Errors
    /// What reading the table says; E0550 for one that is too short, E0527 for one with other columns; as [`read_labelled`](Self::read_labelled).
    pub fn read_windows(&self, path: &Path, name: &str, config: &DataConfig) -> Result<Labelled, DataError> {
        self.sound()?;
        match files::text(path, name) {
            Ok(text) => readers::labelled_windows(&text, self, config, name),
            Err(_) => self.read_labelled(path, name, &Asked::default()),
        }
    }

    fn sound(&self) -> Result<(), DataError> {
        if self.is_sound() {
            return Ok(());
        }
        Err(DataError::new("E0538", "the checkpoint's way of reading rows contradicts itself")
            .help("the checkpoint was changed by hand or damaged: train again"))
    }

    /// The rows of an array in a file that is not packed: they stay there, and are read one by one when they are wanted. `None` for a
    /// file in another form.
    ///
    /// # Errors
    /// As [`read_rows`](Self::read_rows); E0520 for a file that cannot be read.
    pub fn leave_rows(&self, file: &File, name: &str) -> Result<Option<Rows>, DataError> {
        let unread = |e: std::io::Error| {
            DataError::new("E0520", "the file cannot be read").file(name).note(e.to_string())
        };
        if !self.is_sound() || self.inputs.len() != 1 || !file.metadata().map_err(unread)?.is_file() {
            return Ok(None);
        }
        let mut file = file.try_clone().map_err(unread)?;
        let (head, _) = files::head(&mut file, LONGEST_MAGIC, name)?;
        let left = readers::of(&head, name, self).and_then(|reader| reader.leave(file, self, name));
        left.transpose()?.map(|rows| self.rows_seen(rows)).transpose()
    }
}

/// Where the answers of labelled rows stand, where that is not in the rows.
#[derive(Clone, Copy, Default)]
pub struct Asked<'a> {
    /// A file of their own.
    pub answers: Option<&'a Path>,
    /// The columns of a table that names files, as the net's own source says them.
    pub columns: Option<&'a Labels>,
}

/// As many bytes as tell the forms apart whose rows may stay in their file.
const LONGEST_MAGIC: u64 = 8;

/// Records of text.
///
/// # Errors
/// E0540 without memory for so many columns.
pub(super) fn records<'a>(text: &'a str, delimiter: Delimiter, name: &str) -> Result<Records<'a>, DataError> {
    text::records(text, delimiter).map_err(|e| DataError::from(e).file(name))
}

/// Records of a table like the one that was trained on: behind the lines that were passed over there, where it has them too, which is told by the first record
/// that fits.
///
/// # Errors
/// E0540 without memory for so many columns.
pub(super) fn table_records<'a>(
    text: &'a str,
    format: &Format,
    fits: impl Fn(&Record<'_>) -> bool,
    name: &str,
) -> Result<Records<'a>, DataError> {
    let at_once = records(text, format.delimiter, name)?;
    let first_fits = |records: &Records<'_>| records.clone().next().is_some_and(|first| fits(&first));
    if format.skip == 0 || first_fits(&at_once) {
        return Ok(at_once);
    }
    let behind = text::records_behind(text, format.skip, format.delimiter);
    let behind = behind.map_err(|e| DataError::from(e).file(name))?;
    Ok(if first_fits(&behind) { behind } else { at_once })
}

pub(super) fn nothing(name: &str) -> DataError {
    DataError::new("E0528", "there are no rows to predict").file(name)
}

/// Input arrays while rows arrive.
pub(super) struct Growing<'a> {
    inputs: &'a [InputShape],
    arrays: Vec<Vec<f32>>,
    dealt: Dealt,
    line: Vec<f32>,
    rows: usize,
}

impl<'a> Growing<'a> {
    /// With room for so many rows.
    ///
    /// # Errors
    /// E0540 without memory for them.
    pub fn new(transform: &'a Transform, rows: usize, name: &str) -> Result<Self, DataError> {
        Self::with_room(transform, rows).map_err(|e| DataError::from(e).file(name))
    }

    fn with_room(transform: &'a Transform, rows: usize) -> Result<Self, memory::TooMuch> {
        let room = |input: &InputShape| memory::reserve(rows.saturating_mul(input.width()));
        let arrays = transform.inputs.iter().map(room).collect::<Result<_, _>>()?;
        let line = memory::filled(transform.width(), 0.0)?;
        let columns: &[ColumnRule] =
            if let Fields::Table { columns, .. } = &transform.fields { columns } else { &[] };
        let dealt = Dealt::of(columns, &transform.inputs).unwrap_or_default();
        Ok(Self { inputs: &transform.inputs, arrays, dealt, line, rows: 0 })
    }

    /// One more row, whose numbers `fill` writes.
    ///
    /// # Errors
    /// What `fill` says.
    pub fn push(&mut self, fill: impl FnOnce(&mut [f32]) -> Result<(), DataError>) -> Result<(), DataError> {
        fill(&mut self.line)?;
        self.dealt.deal(&self.line, self.inputs, &mut self.arrays);
        self.rows += 1;
        Ok(())
    }

    /// # Errors
    /// E0528 without a row.
    pub fn finish(self, name: &str) -> Result<Rows, DataError> {
        if self.rows == 0 {
            return Err(nothing(name));
        }
        let array = |(input, data): (&InputShape, Vec<f32>)| held(input, data);
        Ok(Rows {
            rows: self.rows,
            inputs: self.inputs.iter().zip(self.arrays).map(array).collect(),
            names: Vec::new(),
            converted: Converted::default(),
            unread: Unread::default(),
            noticed: None,
        })
    }
}
