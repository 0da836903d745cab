//! A picture file as one row, and a folder of them as many: for nets whose rows are pictures, with one channel or three.

use std::path::Path;
use std::sync::{Arc, OnceLock};

use super::{ReadRows, answers};
use crate::data::cores::side_by_side;
use crate::data::dataset::{Input, Part, Storage, Target};
use crate::data::error::{DataError, listed};
use crate::data::files;
use crate::data::labels::Labels;
use crate::data::pictures::{self, CHANNELS, Converted, File, Folder, Picture};
use crate::data::raw::{Cells, Column};
use crate::data::rows::{Noticed, Rows, nothing};
use crate::data::stores::{Form, Held, Lately, Numbers, Numeric, RowStore, Toned};
use crate::data::texts::Unread;
use crate::data::transform::{ArrayRule, Fields, InputShape, TargetRule, Transform};
use crate::memory;
use crate::vocab::exactly;

pub(super) struct Pictures;
pub(super) static READER: Pictures = Pictures;

impl ReadRows for Pictures {
    fn takes(&self, bytes: &[u8], _fields: &Fields) -> bool {
        pictures::is_picture(bytes)
    }

    fn read(&self, bytes: Vec<u8>, transform: &Transform, name: &str) -> Result<Rows, DataError> {
        let rule = rule(transform, name)?;
        let decoded = pictures::decode(&bytes, name).map_err(|error| {
            error.help("a net of pictures predicts png, jpg and webp files, folders of them, npy files, and numbers as csv")
        })?;
        let (pixels, converted) = seen(decoded, transform, name)?;
        rows(pixels, vec![name.to_owned()], converted, rule, transform, name)
    }
}

/// All pictures in a folder, in order of their paths; each row is called as its file, and decoded when it is read.
///
/// # Errors
/// E0520, E0528 and E0543 with the file; E0541 and E0542 when a row is read.
pub(in crate::data) fn folder(path: &Path, transform: &Transform, name: &str) -> Result<Rows, DataError> {
    let files = pictures::all(path, name)?;
    let rule = rule(transform, name)?;
    let [input] = transform.inputs.as_slice() else { return Err(nothing(name)) };
    let names: Vec<String> = files.iter().map(|file| file.name.clone()).collect();
    let undecoded = Arc::new(Undecoded {
        noticed: files.iter().map(|_| OnceLock::new()).collect(),
        files,
        transform: transform.clone(),
        form: Form { numeric: Numeric::U8, shape: input.shape.clone() },
    });
    let store = Arc::new(Toned::new(Arc::new(Lately::new(undecoded.clone())), rule));
    let input = Input { name: input.name.clone(), store, scale: 1.0, shift: 0.0, raw: None };
    Ok(Rows {
        rows: names.len(),
        inputs: vec![input],
        names,
        converted: Converted::default(),
        unread: Unread::default(),
        noticed: Some(undecoded),
    })
}

/// Files as the bytes that a net sees of them, decoded when they are read.
#[derive(Debug)]
struct Undecoded {
    files: Vec<File>,
    transform: Transform,
    form: Form,
    /// What had to be converted of each.
    noticed: Vec<OnceLock<Converted>>,
}

impl RowStore for Undecoded {
    fn rows(&self) -> usize {
        self.files.len()
    }

    fn form(&self) -> &Form {
        &self.form
    }

    fn whole(&self) -> Option<Numbers<'_>> {
        None
    }

    fn is_work(&self) -> bool {
        true
    }

    fn read(&self, row: usize, into: &mut [u8]) -> Result<(), DataError> {
        let (own, converted) = file(&self.files[row], &self.transform)?;
        into.copy_from_slice(&own);
        self.noticed[row].get_or_init(|| converted);
        Ok(())
    }
}

impl Noticed for Undecoded {
    fn so_far(&self) -> (Converted, Unread) {
        let mut converted = Converted::default();
        self.noticed.iter().filter_map(OnceLock::get).for_each(|one| converted += *one);
        (converted, Unread::default())
    }
}

/// The bytes that a net sees of a file.
fn file(file: &File, transform: &Transform) -> Result<(Vec<u8>, Converted), DataError> {
    let bytes = std::fs::read(&file.path).map_err(|e| {
        DataError::new("E0520", "the file cannot be read").file(&file.name).note(e.to_string())
    })?;
    seen(pictures::decode(&bytes, &file.name)?, transform, &file.name)
}

/// Files as rows, decoded by all cores.
fn decoded(files: Vec<File>, transform: &Transform, name: &str) -> Result<Rows, DataError> {
    let rule = rule(transform, name)?;
    let mut pixels = memory::filled(files.len().saturating_mul(rule.width), 0_u8)
        .map_err(|e| DataError::from(e).file(name).help("predict the pictures of a folder at a time"))?;
    let each = side_by_side(&files, rule.width, &mut pixels, |one, into| {
        let (own, converted) = file(one, transform)?;
        into.copy_from_slice(&own);
        Ok(converted)
    })?;
    let mut converted = Converted::default();
    each.into_iter().for_each(|one| converted += one);
    rows(pixels, files.into_iter().map(|file| file.name).collect(), converted, rule, transform, name)
}

/// Pictures whose classes are known, with the names of their files: a folder of classes, or one picture in the folder of its class.
///
/// # Errors
/// As [`folder`]; E0531 for a class that the net does not know, or a net that knows none, E0543 for a folder that is laid out in another way.
pub(in crate::data) fn labelled(
    path: &Path,
    transform: &Transform,
    name: &str,
) -> Result<Labelled, DataError> {
    let known = match &transform.target {
        TargetRule::Classes { names, .. } => names.as_slice(),
        TargetRule::Bits { names: Some(names), .. } => names.as_slice(),
        TargetRule::Bits { .. } | TargetRule::Real { .. } => {
            return Err(DataError::new("E0531", "folders name classes, and the net knows none")
                .file(name)
                .help("`dropnet predict` says what it makes of them"));
        }
    };
    if !path.exists() {
        return Err(DataError::new("E0520", "there is no such file or folder").file(name));
    }
    let (files, found, codes) = match path.is_dir() {
        true => {
            let Folder { classes, train, valid, test } = Folder::read(path, name)?;
            if valid.is_some() || test.is_some() || path.join("train").is_dir() {
                return Err(DataError::new("E0543", "the folder holds parts of data, not classes")
                    .file(name)
                    .help(format!("name one of them, such as {name}/test")));
            }
            (train.files, classes, train.classes)
        }
        false => {
            let class = path.parent().and_then(Path::file_name).map(|class| class.to_string_lossy());
            let file = File { path: path.to_owned(), name: name.to_owned() };
            (vec![file], vec![class.unwrap_or_default().into_owned()], vec![0])
        }
    };
    let number = |class: &String| {
        known.iter().position(|known| known == class).map(|number| number as u32).ok_or_else(|| {
            DataError::new("E0531", format!("`{class}` is no class of the net"))
                .file(name)
                .note(format!("the classes are {}", listed(known, 12)))
                .help("each picture lies in the folder of its class")
        })
    };
    let numbers = found.iter().map(number).collect::<Result<Vec<u32>, _>>()?;
    let codes: Vec<u32> = codes.into_iter().map(|code| numbers[code as usize]).collect();
    let target = match &transform.target {
        TargetRule::Classes { .. } => Target::Classes(codes),
        _ => Target::Bits { data: codes.into_iter().map(|code| code as f32).collect(), width: 1 },
    };
    let Rows { rows, inputs, names, converted, .. } =
        transform.rows_seen(decoded(files, transform, name)?)?;
    Ok(Labelled { part: Part::of_first(rows, inputs, target), names, converted, unread: Unread::default() })
}

/// Pictures that a table names, which lie in a folder, and what stands in its columns of answers.
///
/// # Errors
/// As [`labelled`]; E0520 to E0528 of the table, E0527 for a table without its columns.
pub(in crate::data) fn in_table(
    labels: &Labels,
    (table, called): (&Path, &str),
    (folder, folder_name): (&Path, &str),
    transform: &Transform,
) -> Result<Labelled, DataError> {
    let found = labels.of_text(
        &files::text(table, called)?,
        called,
        (folder_name, "picture"),
        |file| pictures::find(folder, folder_name, file),
        None,
    )?;
    let text = |column: &Column| -> Vec<String> {
        match &column.cells {
            Cells::Words { codes, names } => codes.iter().map(|code| names[*code as usize].clone()).collect(),
            Cells::Numbers(values) => values.iter().map(|x| exactly(x + 0.0)).collect(),
        }
    };
    let columns: Vec<Vec<String>> = found.target.iter().map(text).collect();
    let wanted = answers::columns(&transform.target);
    if columns.len() != wanted {
        let message = format!("answers stand in {wanted} columns, and {} are named", columns.len());
        return Err(DataError::new("E0532", message).file(called));
    }
    let rows: Vec<Vec<&str>> = (0..found.files.len())
        .map(|row| columns.iter().map(|column| column[row].as_str()).collect())
        .collect();
    let at = |row: usize, column: usize, error: DataError| {
        error.file(called).row(row).column(found.target[column].number, &found.target[column].name)
    };
    let target = answers::target(&rows, &transform.target, &at)?;
    let Rows { rows, inputs, names, converted, .. } =
        transform.rows_seen(decoded(found.files, transform, folder_name)?)?;
    Ok(Labelled { part: Part::of_first(rows, inputs, target), names, converted, unread: Unread::default() })
}

/// Pictures or texts with what they are.
pub struct Labelled {
    pub part: Part,
    /// Of their files, where each is one.
    pub names: Vec<String>,
    pub converted: Converted,
    pub unread: Unread,
}

/// Rows of bytes, which stay bytes until they are predicted.
fn rows(
    pixels: Vec<u8>,
    names: Vec<String>,
    converted: Converted,
    rule: &ArrayRule,
    transform: &Transform,
    name: &str,
) -> Result<Rows, DataError> {
    let [input] = transform.inputs.as_slice() else { return Err(nothing(name)) };
    let bytes = Arc::new(Held::new(input.shape.clone(), Storage::U8(pixels)));
    let store = Arc::new(Toned::new(bytes, rule));
    let input = Input { name: input.name.clone(), store, scale: 1.0, shift: 0.0, raw: None };
    Ok(Rows {
        rows: names.len(),
        inputs: vec![input],
        names,
        converted,
        unread: Unread::default(),
        noticed: None,
    })
}

/// How a net that was trained on arrays sees their elements.
///
/// # Errors
/// E0525 for a net that was trained on a table.
fn rule<'a>(transform: &'a Transform, name: &str) -> Result<&'a ArrayRule, DataError> {
    match &transform.fields {
        Fields::Array(rule) => Ok(rule),
        Fields::Table { .. } | Fields::Text(_) => {
            Err(DataError::new("E0525", "the file is a picture, and rows to predict are text")
                .file(name)
                .note("the net was trained on a table, whose columns have names")
                .help("give it rows with these columns, as csv or json"))
        }
    }
}

/// The bytes that a net sees of a decoded picture.
fn seen(
    (picture, mut converted): (Picture, Converted),
    transform: &Transform,
    name: &str,
) -> Result<(Vec<u8>, Converted), DataError> {
    let picture = transform.pictures.unwrap_or_default().apply(picture, name)?;
    let places = picture.height * picture.width;
    let pixels = fitting(picture, transform, name)?;
    if pixels.len() == places {
        // Brightness is all that such rows have.
        converted.grey = 0;
    }
    Ok((pixels, converted))
}

/// The bytes of a picture as the net's rows are: its colours, or their brightness where rows have one channel.
fn fitting(picture: Picture, transform: &Transform, name: &str) -> Result<Vec<u8>, DataError> {
    let Picture { height, width, pixels } = picture;
    match transform.inputs.as_slice() {
        [input] if input.shape == [height, width, CHANNELS] => Ok(pixels),
        [input] if input.shape == [height, width, 1] || input.shape == [height, width] => {
            Ok(pixels.chunks_exact(CHANNELS).map(|color| luma([color[0], color[1], color[2]])).collect())
        }
        inputs => {
            let shape =
                |input: &InputShape| input.shape.iter().map(usize::to_string).collect::<Vec<_>>().join("x");
            let shapes: Vec<String> = inputs.iter().map(shape).collect();
            Err(DataError::new("E0542", "the picture has another size than the net's rows")
                .file(name)
                .note(format!("it is {height}x{width}, and a row is {}", shapes.join(" and ")))
                .help("resize it; a net whose `data` says `resize` does so itself"))
        }
    }
}

/// Brightness by the weights of ITU-R 601, rounded; of grey the same byte.
fn luma([red, green, blue]: [u8; 3]) -> u8 {
    let sum = 299 * u32::from(red) + 587 * u32::from(green) + 114 * u32::from(blue);
    ((sum + 500) / 1000) as u8
}
