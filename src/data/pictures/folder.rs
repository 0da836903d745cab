//! Folders of pictures: a folder a class, in folders of parts where there are such.

use std::collections::BTreeSet;
use std::fs;
use std::path::Path;

use super::File;
use crate::data::error::{DataError, listed};

/// Endings of pictures that are read.
const READ: [&str; 4] = ["png", "jpg", "jpeg", "webp"];
/// Endings of pictures that are not: who has some would miss them.
const UNREAD: [&str; 9] = ["gif", "bmp", "tif", "tiff", "heic", "heif", "avif", "jp2", "jxl"];

/// Folders in a folder of a class, at most so deep: deeper ones lead round in a circle.
const DEEPEST: usize = 16;

/// A part's pictures in order, and the number of the class of each.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(in crate::data) struct Part {
    pub files: Vec<File>,
    pub classes: Vec<u32>,
}

/// What a folder of pictures holds.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(in crate::data) struct Folder {
    /// In order of their bytes.
    pub classes: Vec<String>,
    /// All, where there are no folders of parts.
    pub train: Part,
    pub valid: Option<Part>,
    pub test: Option<Part>,
}

impl Folder {
    /// # Errors
    /// E0520 for a folder that cannot be read, E0528 for a class without pictures, E0531 for one that training lacks, E0543 for a
    /// folder that is laid out in another way.
    pub fn read(path: &Path, name: &str) -> Result<Self, DataError> {
        let entries = entries(path, name)?;
        let folders: Vec<&str> = entries.iter().filter(|e| e.is_folder).map(|e| e.name.as_str()).collect();
        let valid = ["valid", "val"].into_iter().find(|part| folders.contains(part));
        if !folders.contains(&"train") {
            let classes: Vec<String> = folders.iter().map(|name| (*name).to_owned()).collect();
            let train = part(path, name, &classes)?;
            return Ok(Self { classes, train, valid: None, test: None });
        }
        if let Some(other) = folders.iter().find(|name| !["train", "valid", "val", "test"].contains(*name)) {
            return Err(laid_out(name).note(format!("beside `train` there is `{other}`")));
        }
        let classes = classes_of(path, name, "train")?;
        let of = |part_name: &str| -> Result<Part, DataError> {
            let found = classes_of(path, name, part_name)?;
            if let Some(unknown) = found.iter().find(|class| !classes.contains(class)) {
                return Err(DataError::new("E0531", format!("`{unknown}` is no class of the training part"))
                    .file(&format!("{name}/{part_name}"))
                    .note(format!("the classes are {}", listed(&classes, 12)))
                    .help("take the folder out, or give `train` pictures of that class"));
            }
            let mut of_part = part(&path.join(part_name), &format!("{name}/{part_name}"), &found)?;
            let number = |class: &String| classes.iter().position(|known| known == class).unwrap_or(0) as u32;
            let numbers: Vec<u32> = found.iter().map(number).collect();
            of_part.classes.iter_mut().for_each(|class| *class = numbers[*class as usize]);
            Ok(of_part)
        };
        let (train, valid) = (of("train")?, valid.map(of).transpose()?);
        let test = folders.contains(&"test").then(|| of("test")).transpose()?;
        Ok(Self { classes, train, valid, test })
    }
}

/// All pictures in a folder and the folders in it, in order of their paths' bytes.
///
/// # Errors
/// As [`Folder::read`]; E0528 without a picture.
pub(in crate::data) fn all(path: &Path, name: &str) -> Result<Vec<File>, DataError> {
    let mut files = Vec::new();
    collect(path, name, 0, &mut files)?;
    match files.is_empty() {
        true => Err(DataError::new("E0528", "the folder holds no pictures")
            .file(name)
            .help("png, jpg and webp files are read")),
        false => Ok(files),
    }
}

fn classes_of(path: &Path, name: &str, part: &str) -> Result<Vec<String>, DataError> {
    let entries = entries(&path.join(part), &format!("{name}/{part}"))?;
    Ok(entries.into_iter().filter(|entry| entry.is_folder).map(|entry| entry.name).collect())
}

/// The pictures of some classes, each in a folder of its name.
fn part(path: &Path, name: &str, classes: &[String]) -> Result<Part, DataError> {
    if classes.is_empty() {
        return Err(laid_out(name).note("there is no folder in it"));
    }
    let mut part = Part::default();
    for (number, class) in classes.iter().enumerate() {
        let name = format!("{name}/{class}");
        let before = part.files.len();
        collect(&path.join(class), &name, 0, &mut part.files)?;
        if part.files.len() == before {
            return Err(DataError::new("E0528", format!("the class `{class}` has no pictures"))
                .file(&name)
                .help("png, jpg and webp files are read; remove the folder if it is no class"));
        }
        part.classes.resize(part.files.len(), number as u32);
    }
    Ok(part)
}

/// Whether a name ends as those of pictures that are read.
pub(in crate::data) fn is_named_so(name: &str) -> bool {
    let ending =
        Path::new(name).extension().and_then(|e| e.to_str()).unwrap_or_default().to_ascii_lowercase();
    READ.contains(&ending.as_str())
}

/// The picture of a name in a folder, which may lack its ending.
pub(in crate::data) fn find(folder: &Path, name: &str, file: &str) -> Option<File> {
    let found = |own: &str| folder.join(own).is_file();
    let own = match found(file) {
        true => file.to_owned(),
        false => {
            let mut endings =
                READ.iter().filter(|_| !is_named_so(file)).map(|ending| format!("{file}.{ending}"));
            endings.find(|own| found(own))?
        }
    };
    Some(File { path: folder.join(&own), name: format!("{name}/{own}") })
}

fn collect(path: &Path, name: &str, depth: usize, files: &mut Vec<File>) -> Result<(), DataError> {
    if depth > DEEPEST {
        return Err(DataError::new("E0543", "the folders lie too deep in one another")
            .file(name)
            .help("a link may lead back to where it stands"));
    }
    for entry in entries(path, name)? {
        let (path, name) = (path.join(&entry.name), format!("{name}/{}", entry.name));
        if entry.is_folder {
            collect(&path, &name, depth + 1, files)?;
            continue;
        }
        let ending = path.extension().and_then(|e| e.to_str()).unwrap_or_default().to_ascii_lowercase();
        if is_named_so(&name) {
            files.push(File { path, name });
        } else if UNREAD.contains(&ending.as_str()) {
            return Err(DataError::new("E0541", format!("pictures of the form {ending} are not read"))
                .file(&name)
                .help("convert it to png or jpg, or take it out of the folder"));
        }
    }
    Ok(())
}

struct Entry {
    name: String,
    is_folder: bool,
}

/// What is in a folder, in order of the bytes of names; hidden files are left out.
fn entries(path: &Path, name: &str) -> Result<Vec<Entry>, DataError> {
    let unread = |e: std::io::Error| {
        DataError::new("E0520", "the folder cannot be read").file(name).note(e.to_string())
    };
    let mut names = BTreeSet::new();
    for entry in fs::read_dir(path).map_err(unread)? {
        let entry_name = entry.map_err(unread)?.file_name();
        let entry_name = entry_name.into_string().map_err(|bytes| {
            DataError::new("E0543", format!("the name {bytes:?} is no UTF-8"))
                .file(name)
                .help("rename the file")
        })?;
        if !entry_name.starts_with('.') {
            names.insert(entry_name);
        }
    }
    Ok(names.into_iter().map(|name| Entry { is_folder: path.join(&name).is_dir(), name }).collect())
}

fn laid_out(name: &str) -> DataError {
    DataError::new("E0543", "the folder is not laid out as classes of pictures").file(name).help(
        "put the pictures of each class in a folder with its name, or folders like that in `train`, `valid` and `test`",
    )
}
