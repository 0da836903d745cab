//! `source text, "reviews"`: a folder of texts, a folder a class, a file a row; or one text, a stream.
//!
//! # What it reads
//! `reviews/CLASS/*.txt`, divided as `split` says; or `reviews/train/CLASS/*.txt` and `reviews/test/CLASS/*.txt`, which are the parts. Classes are called as their
//! folders, in order of their bytes; hidden files are skipped. A text is UTF-8, or UTF-16 with its byte-order mark; gzip is unpacked.
//!
//! `source text, "input.txt"` is a file: one text, of whose tokens `window` makes rows, the token behind each being what is to be foretold.
//!
//! # Rows
//! `token[T, vocab=V]`, as `tokenize` cuts them.
//!
//! # Example
//! ```net
//! data {
//!   source text, "reviews"
//!   tokenize words, vocab=20_000, length=200
//!   split train=80%, valid=20%
//! }
//! ```

use std::fs;
use std::path::Path;
use std::sync::Arc;

use crate::data::error::{DataError, listed};
use crate::data::files;
use crate::data::inputs::Inputs;
use crate::data::raw::{Arrays, Pick, Raw, RawTarget};
use crate::data::search::Search;
use crate::data::source::Source;
use crate::data::texts::{Text, TextForm, Texts};
use crate::data::words::{Read, SourceWord};
use crate::vocab::{ArgSpec, Args, Block, Kind, Sig};

pub static SIG: Sig = Sig {
    name: "text",
    about: "a folder of texts, a folder a class, or one text",
    args: &[ArgSpec::required(
        "folder",
        Kind::Text,
        "the folder of the classes, or of train and test; or a file, which is a stream",
    )],
    block: Block::None,
};

pub static WORD: SourceWord = SourceWord { sig: &SIG, source: include_str!("text.rs"), read };

/// The folder, as the `.net` file names it.
#[derive(Clone, Debug)]
struct Folder(String);

fn read(args: &Args) -> Read {
    Ok(Arc::new(Folder(args.text("folder").to_owned())))
}

impl Source for Folder {
    fn open(&self, _: &Pick<'_>, search: &Search) -> Result<Raw, DataError> {
        let (path, name) = (search.find(&self.0)?, self.0.as_str());
        if path.is_file() {
            let text = Text { text: files::text(&path, name)?, answer: None, line: None, file: name.into() };
            let data = Inputs::Texts(Texts::new(vec![text], TextForm::Stream));
            let target = RawTarget::Labels { codes: vec![0], names: vec!["next".into()] };
            return Ok(Raw::Arrays { train: Arrays::of(name, 1, Vec::new(), data, target), test: None });
        }
        let folders = classes_of(&path, name)?;
        let parts = |folder: &str| (path.join(folder), format!("{name}/{folder}"));
        if !folders.iter().any(|folder| folder == "train") {
            return Ok(Raw::Arrays { train: part(&path, name, &folders)?, test: None });
        }
        let (train, named) = parts("train");
        let classes = classes_of(&train, &named)?;
        let read = part(&train, &named, &classes)?;
        let test = folders.iter().any(|folder| folder == "test").then(|| {
            let (test, named) = parts("test");
            let found = classes_of(&test, &named)?;
            match found == classes {
                true => part(&test, &named, &classes),
                false => {
                    Err(DataError::new("E0531", "the test part has other classes than the training part")
                        .file(&named)
                        .note(format!("{} here, {} there", listed(&found, 6), listed(&classes, 6))))
                }
            }
        });
        Ok(Raw::Arrays { train: read, test: test.transpose()? })
    }

    fn has_columns(&self) -> bool {
        false
    }

    fn has_texts(&self) -> bool {
        true
    }

    fn may_stream(&self) -> bool {
        true
    }
}

/// What a folder holds, folders or files, in order of their bytes.
fn names(path: &Path, name: &str, folders: bool) -> Result<Vec<String>, DataError> {
    let unread = |e: std::io::Error| {
        DataError::new("E0520", "the folder cannot be read").file(name).note(e.to_string())
    };
    let mut found = Vec::new();
    for entry in fs::read_dir(path).map_err(unread)? {
        let entry = entry.map_err(unread)?;
        let own = entry.file_name().to_string_lossy().into_owned();
        if !own.starts_with('.') && entry.path().is_dir() == folders {
            found.push(own);
        }
    }
    found.sort_unstable();
    Ok(found)
}

/// The folders in a folder.
pub(in crate::data) fn classes_of(path: &Path, name: &str) -> Result<Vec<String>, DataError> {
    names(path, name, true)
}

/// The texts of some classes as rows.
fn part(path: &Path, name: &str, classes: &[String]) -> Result<Arrays, DataError> {
    let (texts, codes) = texts_of(path, name, classes)?;
    let target = RawTarget::Labels { codes, names: classes.to_vec() };
    let rows = texts.len();
    Ok(Arrays::of(name, rows, Vec::new(), Inputs::Texts(Texts::new(texts, TextForm::Lines)), target))
}

/// The texts of some classes, each in a folder of its name, and which class each is of.
///
/// # Errors
/// E0543 without classes, E0528 for a class without texts.
pub(in crate::data) fn texts_of(
    path: &Path,
    name: &str,
    classes: &[String],
) -> Result<(Vec<Text>, Vec<u32>), DataError> {
    if classes.is_empty() {
        return Err(DataError::new("E0543", "the folder holds no folder a class")
            .file(name)
            .help("lay texts out as `CLASS/*.txt`; a table of texts is read by `source csv, FILE, text=COLUMN, label=COLUMN`"));
    }
    let (mut texts, mut codes) = (Vec::new(), Vec::new());
    for (code, class) in (0..).zip(classes) {
        let (folder, named) = (path.join(class), format!("{name}/{class}"));
        let files = names(&folder, &named, false)?;
        if files.is_empty() {
            return Err(DataError::new("E0528", format!("the class `{class}` has no texts")).file(&named));
        }
        for file in files {
            let own = format!("{named}/{file}");
            texts.push(one(&folder.join(&file), own)?);
            codes.push(code);
        }
    }
    Ok((texts, codes))
}

/// The texts of a folder and of the folders in it, a file each, in order of their paths.
///
/// # Errors
/// E0520 for what cannot be read.
pub(in crate::data) fn all(path: &Path, name: &str) -> Result<Vec<Text>, DataError> {
    let mut texts = Vec::new();
    for file in names(path, name, false)? {
        texts.push(one(&path.join(&file), format!("{name}/{file}"))?);
    }
    for folder in names(path, name, true)? {
        texts.extend(all(&path.join(&folder), &format!("{name}/{folder}"))?);
    }
    Ok(texts)
}

/// The text that a file is; an empty one is a text without tokens, which whoever encodes it refuses as any such text.
fn one(path: &Path, name: String) -> Result<Text, DataError> {
    let is_empty = fs::metadata(path).is_ok_and(|file| file.len() == 0);
    let text = if is_empty { String::new() } else { files::text(path, &name)? };
    Ok(Text { text, answer: None, line: None, file: name.into() })
}
