//! Folders of sounds: a folder a class, in folders of parts where there are such.

use super::listing::{File, Listing};
use crate::data::error::{DataError, listed};

/// A part's sounds in order, and the number of the class of each.
#[derive(Clone, Debug, Default)]
pub(in crate::data) struct Part {
    pub files: Vec<File>,
    pub classes: Vec<u32>,
}

/// What a folder of sounds holds.
#[derive(Clone, Debug, Default)]
pub(in crate::data) struct Folder {
    /// In order of their bytes.
    pub classes: Vec<String>,
    /// All, where there are no folders of parts.
    pub train: Part,
    pub valid: Option<Part>,
    pub test: Option<Part>,
}

const PARTS: [&str; 4] = ["train", "valid", "val", "test"];

impl Folder {
    /// # Errors
    /// E0528 for a class without sounds, E0531 for one that training lacks, E0543 for a folder that is laid out in another way.
    pub fn of(mut listing: Listing) -> Result<Self, DataError> {
        if listing.folders.len() < 2 {
            listing.without_common_folders(2);
        }
        let Listing { name, sounds, folders, .. } = listing;
        if !folders.contains("train") {
            let classes: Vec<String> = folders.into_iter().collect();
            if classes.is_empty() {
                return Err(laid_out(&name).note("there is no folder in it"));
            }
            let train = part(&name, sounds, &classes)?;
            return Ok(Self { classes, train, ..Self::default() });
        }
        if let Some(other) = folders.iter().find(|name| !PARTS.contains(&name.as_str())) {
            return Err(laid_out(&name).note(format!("beside `train` there is `{other}`")));
        }
        let of = |part: &str| -> Vec<(String, File)> {
            let own = |(below, file): &(String, File)| {
                let (first, rest) = below.split_once('/')?;
                (first == part).then(|| (rest.to_owned(), file.clone()))
            };
            sounds.iter().filter_map(own).collect()
        };
        let classes = classes_of(&of("train"));
        let known = |part_name: &str| -> Result<Part, DataError> {
            let (own, name) = (of(part_name), format!("{name}/{part_name}"));
            match classes_of(&own).iter().find(|class| !classes.contains(class)) {
                Some(unknown) => {
                    Err(DataError::new("E0531", format!("`{unknown}` is no class of the training part"))
                        .file(&name)
                        .note(format!("the classes are {}", listed(&classes, 12)))
                        .help("take the folder out, or give `train` sounds of that class"))
                }
                None => part(&name, own, &classes),
            }
        };
        let train = known("train")?;
        if classes.is_empty() {
            return Err(laid_out(&format!("{name}/train")).note("there is no folder in it"));
        }
        let valid = ["valid", "val"].into_iter().find(|part| folders.contains(*part));
        let valid = valid.map(known).transpose()?;
        let test = folders.contains("test").then(|| known("test")).transpose()?;
        Ok(Self { classes, train, valid, test })
    }
}

/// The first folders of paths, in order of their bytes.
fn classes_of(sounds: &[(String, File)]) -> Vec<String> {
    let mut classes: Vec<String> =
        sounds.iter().filter_map(|(below, _)| Some(below.split_once('/')?.0.to_owned())).collect();
    classes.sort();
    classes.dedup();
    classes
}

/// The sounds that lie in the folder of a class; those that lie in none are left alone.
fn part(name: &str, sounds: Vec<(String, File)>, classes: &[String]) -> Result<Part, DataError> {
    let mut part = Part::default();
    let mut count = vec![0; classes.len()];
    for (below, file) in sounds {
        let class = below.split_once('/').and_then(|(first, _)| classes.iter().position(|c| c == first));
        if let Some(class) = class {
            count[class] += 1;
            part.files.push(file);
            part.classes.push(class as u32);
        }
    }
    match count.iter().position(|n| *n == 0) {
        Some(empty) if name.ends_with("/train") || !is_part(name) => {
            Err(DataError::new("E0528", format!("the class `{}` has no sounds", classes[empty]))
                .file(&format!("{name}/{}", classes[empty]))
                .help("wav and flac files are read; remove the folder if it is no class"))
        }
        _ => Ok(part),
    }
}

fn is_part(name: &str) -> bool {
    ["/valid", "/val", "/test"].iter().any(|end| name.ends_with(end))
}

fn laid_out(name: &str) -> DataError {
    DataError::new("E0543", "the folder is not laid out as classes of sounds").file(name).help(
        "put the sounds of each class in a folder with its name; or say what the names of the files mean, `pattern=\"{label}_{number}\"`, or which table has their labels, `labels=\"labels.csv\", file=COLUMN, label=COLUMN`",
    )
}
