//! What sounds there are: in a folder and the folders in it, or in an archive of such a folder.

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use super::archive::{self, Archive, Stretch};
use super::decode::{CONVERT, READ, UNREAD, ending, is_named_so};
use crate::data::error::DataError;

/// Folders in one another, at most so deep: deeper ones lead round in a circle.
const DEEPEST: usize = 16;

/// A file of a sound, and what it is called in messages.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct File {
    pub name: String,
    place: Place,
}

#[derive(Clone, Debug, PartialEq, Eq)]
enum Place {
    Path(PathBuf),
    Packed(Arc<Archive>, Stretch),
    Held(Arc<[u8]>),
}

impl File {
    pub fn at(path: PathBuf, name: String) -> Self {
        Self { name, place: Place::Path(path) }
    }

    pub(super) fn packed(archive: Arc<Archive>, stretch: Stretch, name: String) -> Self {
        Self { name, place: Place::Packed(archive, stretch) }
    }

    /// What was read already.
    pub fn held(bytes: Vec<u8>, name: &str) -> Self {
        Self { name: name.to_owned(), place: Place::Held(bytes.into()) }
    }

    /// The archive whose files are read in their order alone, if it lies in one, and where in it.
    pub(super) fn in_stream(&self) -> Option<(&Arc<Archive>, Stretch)> {
        match &self.place {
            Place::Packed(archive, stretch) if archive.is_packed() => Some((archive, *stretch)),
            _ => None,
        }
    }

    /// Bytes of it; none of a file that is not there.
    pub(super) fn length(&self) -> u64 {
        match &self.place {
            Place::Packed(_, stretch) => stretch.length,
            Place::Held(bytes) => bytes.len() as u64,
            Place::Path(path) => fs::metadata(path).map_or(0, |about| about.len()),
        }
    }

    /// What it holds.
    ///
    /// # Errors
    /// E0520 for a file that cannot be read, E0521 for one of an archive that is damaged.
    pub(super) fn bytes(&self) -> Result<std::borrow::Cow<'_, [u8]>, DataError> {
        match &self.place {
            Place::Packed(archive, stretch) => archive.bytes(*stretch).map(Into::into),
            Place::Held(bytes) => Ok((&bytes[..]).into()),
            Place::Path(path) => fs::read(path).map(Into::into).map_err(|e| {
                DataError::new("E0520", "the file cannot be read").file(&self.name).note(e.to_string())
            }),
        }
    }
}

/// The sounds of a folder, in order of the bytes of their paths.
#[derive(Clone, Debug, Default)]
pub(in crate::data) struct Listing {
    /// The folder or archive, as messages call it.
    pub name: String,
    /// Path below the folder, with `/` between its parts, and file.
    pub sounds: Vec<(String, File)>,
    /// Folders right in it.
    pub folders: BTreeSet<String>,
    /// How many files are neither sounds nor hidden, and the first of them.
    others: Option<(usize, String)>,
}

impl Listing {
    /// Of a folder, or of an archive; hidden files are left out.
    ///
    /// # Errors
    /// E0520 for what is not there, E0521 for an archive that is damaged, E0528 without a sound, E0543 for names that are no UTF-8 and folders that lead
    /// round, E0552 for sounds in a form that is not read.
    pub fn read(path: &Path, name: &str) -> Result<Self, DataError> {
        let listing = match path.is_dir() {
            true => {
                let mut listing = Self::of(name);
                listing.collect(path, "", 0)?;
                listing
            }
            false if archive::is_named_so(name) => archive::read(path, name)?,
            false => {
                return Err(DataError::new("E0543", "sounds lie in a folder, and this is a file")
                    .file(name)
                    .help("name the folder of the sounds, or a .tar.gz of it"));
            }
        };
        match listing.sounds.is_empty() {
            true => Err(listing.none()),
            false => Ok(listing),
        }
    }

    /// With nothing in it yet.
    pub(super) fn of(name: &str) -> Self {
        Self { name: name.to_owned(), ..Self::default() }
    }

    /// One more file, which is a sound if it is called so.
    ///
    /// # Errors
    /// E0552 for sounds in a form that is not read.
    pub(super) fn add(&mut self, below: String, file: File) -> Result<(), DataError> {
        if let Some((folder, _)) = below.split_once('/') {
            self.folders.insert(folder.to_owned());
        }
        let ending = ending(&below);
        if is_named_so(&below) {
            self.sounds.push((below, file));
        } else if UNREAD.contains(&ending.as_str()) {
            return Err(DataError::new("E0552", format!("sounds of the form {ending} are not read"))
                .file(&file.name)
                .help(CONVERT));
        } else {
            let (count, first) = self.others.take().unwrap_or((0, below));
            self.others = Some((count + 1, first));
        }
        Ok(())
    }

    fn collect(&mut self, folder: &Path, below: &str, depth: usize) -> Result<(), DataError> {
        let of = |part: &str| if below.is_empty() { part.to_owned() } else { format!("{below}/{part}") };
        let named = if below.is_empty() { self.name.clone() } else { format!("{}/{below}", self.name) };
        if depth > DEEPEST {
            return Err(DataError::new("E0543", "the folders lie too deep in one another")
                .file(&named)
                .help("a link may lead back to where it stands"));
        }
        let unread = |e: std::io::Error| {
            DataError::new("E0520", "the folder cannot be read").file(&named).note(e.to_string())
        };
        let mut entries = BTreeSet::new();
        for entry in fs::read_dir(folder).map_err(unread)? {
            let entry = entry.map_err(unread)?.file_name();
            let entry = entry.into_string().map_err(|bytes| {
                DataError::new("E0543", format!("the name {bytes:?} is no UTF-8"))
                    .file(&named)
                    .help("rename the file")
            })?;
            if !entry.starts_with('.') {
                entries.insert(entry);
            }
        }
        for entry in entries {
            let path = folder.join(&entry);
            if path.is_dir() {
                if below.is_empty() {
                    self.folders.insert(entry.clone());
                }
                self.collect(&path, &of(&entry), depth + 1)?;
            } else {
                let name = format!("{named}/{entry}");
                self.add(of(&entry), File::at(path, name))?;
            }
        }
        Ok(())
    }

    /// Takes folders away that all files lie in, as archives have them, but for `least` parts of a path.
    pub fn without_common_folders(&mut self, least: usize) {
        loop {
            let mut firsts = self.sounds.iter().map(|(below, _)| below.split_once('/'));
            let Some(Some((common, _))) = firsts.next() else { return };
            let deep = |below: &str| below.split('/').count() > least;
            if !self.sounds.iter().all(|(below, _)| deep(below))
                || !firsts.all(|first| first.is_some_and(|(first, _)| first == common))
            {
                return;
            }
            let start = common.len() + 1;
            self.sounds.iter_mut().for_each(|(below, _)| *below = below.split_off(start));
            let folders =
                self.sounds.iter().filter_map(|(below, _)| Some(below.split_once('/')?.0.to_owned()));
            self.folders = folders.collect();
        }
    }

    /// The sound of a path below the folder; its ending may be left out.
    pub fn find(&self, name: &str) -> Option<&File> {
        let own = |below: &str| self.sounds.iter().find(|(own, _)| own == below).map(|(_, file)| file);
        own(name).or_else(|| {
            let mut endings = READ.iter().filter(|_| !is_named_so(name));
            endings.find_map(|ending| own(&format!("{name}.{ending}")))
        })
    }

    fn none(&self) -> DataError {
        let error = DataError::new("E0528", "the folder holds no sounds").file(&self.name);
        let error = match &self.others {
            Some((1, first)) => error.note(format!("there is `{first}`")),
            Some((count, first)) => error.note(format!("there are {count} other files, such as `{first}`")),
            None => error.note("there is no file in it"),
        };
        match &self.others {
            Some((_, first)) if crate::data::pictures::is_named_so(first) => {
                error.help("pictures are read by `source images`")
            }
            _ => error.help("wav and flac files are read"),
        }
    }
}
