//! A sound file as one row, and a folder of them as many: for nets whose rows are waves.

use std::path::Path;
use std::sync::{Arc, OnceLock};

use super::{Labelled as Judged, ReadRows};
use crate::data::dataset::{Input, Part, Target};
use crate::data::error::{DataError, listed};
use crate::data::files;
use crate::data::labels::{Labelled, Labels};
use crate::data::pictures::Converted;
use crate::data::raw::Cells;
use crate::data::rows::{Noticed, Rows};
use crate::data::sound::{self, Clips, File, Folder, Hearing, Listing, Pattern};
use crate::data::stores::{Form, Lately, Numbers, Numeric, RowStore};
use crate::data::texts::Unread;
use crate::data::transform::{Fields, TargetRule, Transform};
use crate::vocab::exactly;

pub(super) struct Sounds;
pub(super) static READER: Sounds = Sounds;

impl ReadRows for Sounds {
    fn takes(&self, bytes: &[u8], _fields: &Fields) -> bool {
        sound::is_sound(bytes)
    }

    fn read(&self, bytes: Vec<u8>, transform: &Transform, name: &str) -> Result<Rows, DataError> {
        let is_sound = sound::is_sound(&bytes);
        rows(&[File::held(bytes, name)], transform, name).map_err(|error| match is_sound {
            true => error,
            false => {
                error.help("a net of sounds predicts wav and flac files, and folders or archives of them")
            }
        })
    }
}

/// All sounds in a folder or an archive, in order of their paths; each row is called as its file. Those of a folder are decoded when they are read.
///
/// # Errors
/// E0520, E0521, E0528 and E0543 with the file; E0552 and E0553 too, of a folder when a row is read.
pub(in crate::data) fn folder(path: &Path, transform: &Transform, name: &str) -> Result<Rows, DataError> {
    let (_, files): (Vec<String>, Vec<File>) = Listing::read(path, name)?.sounds.into_iter().unzip();
    if path.is_file() {
        return rows(&files, transform, name);
    }
    let [input] = transform.inputs.as_slice() else { return Err(super::super::rows::nothing(name)) };
    let names: Vec<String> = files.iter().map(|file| file.name.clone()).collect();
    let unheard = Arc::new(Unheard {
        lengths: files.iter().map(|_| OnceLock::new()).collect(),
        files,
        hearing: hearing(transform, name)?.clone(),
        rate: rate(transform),
        least: transform.lengths.as_ref().map_or(1, |own| own.least),
        form: Form { numeric: Numeric::F32, shape: input.shape.clone() },
    });
    let wave = Arc::new(Lately::new(unheard.clone()));
    let form = Form { numeric: Numeric::I32, shape: Vec::new() };
    let lengths = Arc::new(Lengths { of: unheard.clone(), form });
    let own =
        |name: String, store: Arc<dyn RowStore>| Input { name, store, scale: 1.0, shift: 0.0, raw: None };
    Ok(Rows {
        rows: names.len(),
        inputs: vec![own(input.name.clone(), wave), own(format!("{}.length", input.name), lengths)],
        names,
        converted: Converted::default(),
        unread: Unread::default(),
        noticed: Some(unheard),
    })
}

/// Files as a net hears them, decoded when they are read.
#[derive(Debug)]
struct Unheard {
    files: Vec<File>,
    hearing: Hearing,
    rate: u32,
    /// No row is shorter.
    least: usize,
    form: Form,
    /// Samples of each clip, which nobody knows before it is decoded.
    lengths: Vec<OnceLock<usize>>,
}

impl Unheard {
    fn clip(&self, row: usize) -> Result<Clips, DataError> {
        let clip =
            Clips::load(std::slice::from_ref(&self.files[row]), self.hearing.clone(), Some(self.rate))?;
        self.lengths[row].get_or_init(|| clip.longest());
        Ok(clip)
    }

    /// How many samples of a row are its own.
    fn own(&self, row: usize) -> Result<usize, DataError> {
        let length = match self.lengths[row].get() {
            Some(length) => *length,
            None => self.clip(row)?.longest(),
        };
        Ok(length.max(self.least).min(self.form.width()))
    }
}

impl RowStore for Unheard {
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
        self.clip(row)?.row(0, &self.form, into)
    }
}

impl Noticed for Unheard {
    fn so_far(&self) -> (Converted, Unread) {
        let lengths = self.lengths.iter().filter_map(OnceLock::get);
        let sounds = lengths.filter(|length| **length > self.form.width()).count();
        (Converted::default(), Unread { sounds, ..Unread::default() })
    }
}

/// How many samples of each row are its own. They are known once its sound was read, which is the input before.
#[derive(Debug)]
struct Lengths {
    of: Arc<Unheard>,
    form: Form,
}

impl RowStore for Lengths {
    fn rows(&self) -> usize {
        self.of.files.len()
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
        into.copy_from_slice(&(self.of.own(row)? as i32).to_ne_bytes());
        Ok(())
    }
}

/// Files as rows of the net's input.
fn rows(files: &[File], transform: &Transform, name: &str) -> Result<Rows, DataError> {
    let clips = Clips::load(files, hearing(transform, name)?.clone(), Some(rate(transform)))?;
    let [input] = transform.inputs.as_slice() else { return Err(super::super::rows::nothing(name)) };
    let (inputs, cut) = clips.inputs(input, transform.lengths.as_ref())?;
    let names = clips.names().to_vec();
    let unread = Unread { sounds: cut, ..Unread::default() };
    Ok(Rows { rows: clips.rows(), inputs, names, converted: Converted::default(), unread, noticed: None })
}

impl Transform {
    /// A sound that is in memory, as a `Session` of the runtime reads it: what the net hears of it, with zeros behind it, and how many of the samples are its own. Channels
    /// stand side by side, samples are in -1..1; it is resampled, trimmed, levelled and cut as the files were that were trained on.
    ///
    /// # Errors
    /// E0525 for a net that reads no sounds, E0552 for no samples, E0553 for another rate than the net's.
    pub fn hear(&self, samples: Vec<f32>, channels: usize, rate: u32) -> Result<(Vec<f32>, f32), DataError> {
        let name = "the samples";
        let clips = Clips::of(samples, (channels, rate), hearing(self, name)?.clone(), self::rate(self))?;
        let [input] = self.inputs.as_slice() else { return Err(super::super::rows::nothing(name)) };
        let (inputs, _) = clips.inputs(input, self.lengths.as_ref())?;
        let part = Part::of_first(1, inputs, Target::NONE);
        let [wave, length] = part.inputs.as_slice() else { return Err(super::super::rows::nothing(name)) };
        Ok((part.seen(wave)?, part.seen(length)?.first().copied().unwrap_or_default()))
    }
}

/// Samples a second of the net's sounds.
fn rate(transform: &Transform) -> u32 {
    transform.lengths.as_ref().and_then(|own| own.rate).unwrap_or_default()
}

/// How the net's sounds are prepared.
///
/// # Errors
/// E0525 for a net that reads no sounds.
fn hearing<'a>(transform: &'a Transform, name: &str) -> Result<&'a Hearing, DataError> {
    transform.sounds.as_ref().ok_or_else(|| {
        DataError::new("E0525", "the file is a sound, and the net reads none")
            .file(name)
            .help("give it rows like those that it was trained on")
    })
}

/// Sounds whose classes are known: by the form of their names where the net's data have one, by a table like that of the net's data, or by their folders; one file by its own name, or its folder's.
///
/// # Errors
/// As [`folder`]; E0531 for a class that the net does not know, or a net that knows none, E0543 for a folder that is laid out in another way, E0554 for a
/// name of another form.
pub(in crate::data) fn labelled(path: &Path, transform: &Transform, name: &str) -> Result<Judged, DataError> {
    let known = match &transform.target {
        TargetRule::Classes { names, .. } => names.as_slice(),
        TargetRule::Bits { names: Some(names), .. } => names.as_slice(),
        TargetRule::Bits { .. } | TargetRule::Real { .. } => {
            return Err(DataError::new(
                "E0531",
                "names of files and folders are classes, and the net knows none",
            )
            .file(name)
            .help("`dropnet predict` says what it makes of them"));
        }
    };
    if !path.exists() {
        return Err(DataError::new("E0520", "there is no such file or folder").file(name));
    }
    let hearing = hearing(transform, name)?;
    let (files, classes) = match &hearing.labels {
        Some(labels) if path.is_file() && !sound::is_named_so(name) => in_table(labels, path, name)?,
        _ => named(path, &hearing.pattern, name)?,
    };
    let number = |(file, class): (&File, &String)| {
        known.iter().position(|known| known == class).map(|number| number as u32).ok_or_else(|| {
            DataError::new("E0531", format!("`{class}` is no class of the net"))
                .file(&file.name)
                .note(format!("the classes are {}", listed(known, 12)))
        })
    };
    let codes = files.iter().zip(&classes).map(number).collect::<Result<Vec<u32>, _>>()?;
    let target = match &transform.target {
        TargetRule::Classes { .. } => Target::Classes(codes),
        _ => Target::Bits { data: codes.into_iter().map(|code| code as f32).collect(), width: 1 },
    };
    let Rows { rows, inputs, names, converted, unread, .. } = rows(&files, transform, name)?;
    Ok(Judged { part: Part::of_first(rows, inputs, target), names, converted, unread })
}

/// The files of a table like the one of training, which lie in its folder, and what class each is of.
fn in_table(labels: &Labels, path: &Path, name: &str) -> Result<(Vec<File>, Vec<String>), DataError> {
    let folder = path.parent().unwrap_or(path);
    let called = name.rsplit_once('/').map_or(".", |(folder, _)| folder);
    let listing = Listing::read(if folder.as_os_str().is_empty() { Path::new(".") } else { folder }, called)?;
    let Labelled { files, target, .. } = labels.of_text(
        &files::text(path, name)?,
        name,
        (called, "sound"),
        |file| listing.find(file).cloned(),
        None,
    )?;
    let [column] = target.as_slice() else {
        return Err(DataError::new("E0532", "classes stand in one column").file(name));
    };
    let classes = match &column.cells {
        Cells::Words { codes, names } => codes.iter().map(|code| names[*code as usize].clone()).collect(),
        Cells::Numbers(values) => values.iter().map(|x| exactly(x + 0.0)).collect(),
    };
    Ok((files, classes))
}

/// Files and what class each is of.
fn named(path: &Path, pattern: &Option<String>, name: &str) -> Result<(Vec<File>, Vec<String>), DataError> {
    let is_one = path.is_file() && sound::is_named_so(name);
    let files = |listing: Listing| listing.sounds.into_iter().map(|(_, file)| file).collect::<Vec<_>>();
    if let Some(pattern) = pattern.as_ref().and_then(|text| Pattern::parse(text).ok()) {
        let files = match is_one {
            true => vec![File::at(path.to_owned(), name.to_owned())],
            false => files(Listing::read(path, name)?),
        };
        let class = |file: &File| Ok(pattern.read(&file.name)?[pattern.label()].to_owned());
        let classes = files.iter().map(class).collect::<Result<Vec<String>, DataError>>()?;
        return Ok((files, classes));
    }
    if is_one {
        let class = path.parent().and_then(Path::file_name).map(|class| class.to_string_lossy());
        let file = File::at(path.to_owned(), name.to_owned());
        return Ok((vec![file], vec![class.unwrap_or_default().into_owned()]));
    }
    let listing = Listing::read(path, name)?;
    let holds_parts = listing.folders.contains("train");
    let Folder { classes, train, .. } = Folder::of(listing)?;
    if holds_parts {
        return Err(DataError::new("E0543", "the folder holds parts of data, not classes")
            .file(name)
            .help(format!("name one of them, such as {name}/test")));
    }
    let own = train.classes.iter().map(|class| classes[*class as usize].clone()).collect();
    Ok((train.files, own))
}
