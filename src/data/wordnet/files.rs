//! `index.POS` and `data.POS`: lemmas, their senses by frequency, and the words of each sense.

use std::path::Path;

use rustc_hash::FxHashMap;

use super::Speech;
use crate::data::error::DataError;

/// The lemmas of a part of speech.
#[derive(Debug)]
pub(super) struct Lemmas {
    /// Places of their senses in `data`, the most frequent first.
    senses: FxHashMap<String, Vec<u32>>,
    /// The text of the file: places count its bytes.
    data: String,
    file: String,
}

/// The text of a file of the folder.
///
/// # Errors
/// E0560 for a file that cannot be read.
pub(super) fn text(folder: &Path, name: &str) -> Result<String, DataError> {
    std::fs::read_to_string(folder.join(name)).map_err(|error| {
        DataError::new("E0560", format!("a file of WordNet cannot be read: {error}"))
            .file(&folder.join(name).display().to_string())
            .help("`dict` is the folder that holds `index.noun`, `data.noun` and their like; Debian's package is `wordnet-base`")
    })
}

fn broken(file: &str, line: usize) -> DataError {
    DataError::new("E0560", "this is no line of a WordNet file")
        .file(file)
        .line(line as u64 + 1)
        .help("install the files anew: `apt-get install --reinstall wordnet-base`")
}

impl Lemmas {
    pub fn read(folder: &Path, speech: Speech) -> Result<Self, DataError> {
        let name = format!("index.{}", speech.ending());
        let index = text(folder, &name)?;
        let mut senses = FxHashMap::default();
        for (number, line) in index.lines().enumerate().filter(|(_, line)| !is_notice(line)) {
            let (lemma, offsets) = entry(line).ok_or_else(|| broken(&name, number))?;
            // What is written in several words is no token.
            if !lemma.contains('_') {
                senses.insert(lemma.to_owned(), offsets);
            }
        }
        let file = format!("data.{}", speech.ending());
        Ok(Self { senses, data: text(folder, &file)?, file })
    }

    pub fn has(&self, lemma: &str) -> bool {
        self.senses.contains_key(lemma)
    }

    /// The other single words of the lemma's most frequent senses, in small letters: no names.
    ///
    /// # Errors
    /// E0560 for a place at which no sense begins.
    pub fn synonyms(&self, lemma: &str, senses: usize) -> Result<Vec<String>, DataError> {
        let mut found = Vec::new();
        for offset in self.senses.get(lemma).into_iter().flatten().take(senses) {
            let line = self.data.get(*offset as usize..).and_then(|rest| rest.lines().next());
            let words = line.and_then(|line| words(line, *offset)).ok_or_else(|| {
                let before = self.data.as_bytes().iter().take(*offset as usize);
                broken(&self.file, before.filter(|byte| **byte == b'\n').count())
            })?;
            let single = |word: &&str| !word.contains('_') && !word.chars().any(char::is_uppercase);
            found.extend(words.into_iter().filter(single).map(str::to_owned));
        }
        Ok(found)
    }
}

/// The files begin with their licence, in lines that begin with two spaces.
fn is_notice(line: &str) -> bool {
    line.starts_with("  ")
}

/// `lemma pos synsets pointers SYMBOL... senses tagged OFFSET...`
fn entry(line: &str) -> Option<(&str, Vec<u32>)> {
    let fields: Vec<&str> = line.split_ascii_whitespace().collect();
    let count: usize = fields.get(2)?.parse().ok()?;
    let offsets = fields.get(fields.len().checked_sub(count)?.max(3)..)?;
    Some((fields[0], offsets.iter().map(|offset| offset.parse().ok()).collect::<Option<_>>()?))
}

/// `OFFSET file type WORDS word id ...`, the number of words in base 16; adjectives may say in brackets where they stand.
fn words(line: &str, offset: u32) -> Option<Vec<&str>> {
    let mut fields = line.split_ascii_whitespace();
    let is_here = fields.next()?.parse() == Ok(offset);
    let count = usize::from_str_radix(fields.nth(2)?, 16).ok().filter(|_| is_here)?;
    let word = |_| {
        let word = fields.next()?;
        fields.next()?;
        Some(word.split('(').next().unwrap_or(word))
    };
    (0..count).map(word).collect()
}
