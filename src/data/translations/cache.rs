//! Translations in files: one a command and version, a line a text and its translation.
//!
//! Invariant: a file is replaced whole or not at all, so it never holds half of a translation.

use std::fmt::Write as _;
use std::path::{Path, PathBuf};

use rustc_hash::FxHashMap;

use crate::atomic;
use crate::data::error::DataError;
use crate::draws::fnv1a64;

/// The first line of a file.
const HEAD: &str = "dropnet translations 1";

pub(super) struct Cache {
    path: Option<PathBuf>,
    head: String,
}

impl Cache {
    pub fn new(folder: Option<&Path>, command: &str, version: &str) -> Self {
        let head = format!("{HEAD}\t{}\t{}", super::squeezed(command), super::squeezed(version));
        let path = folder.map(|folder| folder.join(format!("{:016x}.tsv", fnv1a64(&head))));
        Self { path, head }
    }

    /// What is known; nothing of a file that is another's.
    pub fn read(&self) -> FxHashMap<String, String> {
        let text = self.path.as_ref().and_then(|path| std::fs::read_to_string(path).ok()).unwrap_or_default();
        let mut lines = text.lines();
        if lines.next() != Some(&self.head) {
            return FxHashMap::default();
        }
        let pair =
            |line: &str| line.split_once('\t').map(|(text, answer)| (text.to_owned(), answer.to_owned()));
        lines.filter_map(pair).collect()
    }

    /// Keeps all that is known, in the order of the texts.
    ///
    /// # Errors
    /// E0564 for a folder that cannot be written.
    pub fn write(&self, known: &FxHashMap<String, String>) -> Result<(), DataError> {
        let Some(path) = &self.path else { return Ok(()) };
        let mut pairs: Vec<_> = known.iter().collect();
        pairs.sort_unstable();
        let mut text = format!("{}\n", self.head);
        for (line, answer) in pairs {
            let _ = writeln!(text, "{line}\t{answer}");
        }
        let folder = path.parent().unwrap_or(Path::new("."));
        let made = std::fs::create_dir_all(folder);
        made.and_then(|()| atomic::replace(path, |out| out.write_all(text.as_bytes()))).map_err(|error| {
            DataError::new("E0564", format!("translations cannot be kept: {error}"))
                .file(&path.display().to_string())
                .help("the variable XDG_CACHE_HOME names another folder for them")
        })
    }
}
