//! WordNet: single words that mean the same as a word, in the form in which that stands.
//!
//! What is read are the files of a WordNet database (`wndb(5)`): `index.POS`, `data.POS` and `POS.exc` of nouns, verbs, adjectives and adverbs. A word is led
//! back to its lemma by WordNet's own rules, a synonym of the lemma is put into the word's form: `films` gives `movies`.
//!
//! Invariant: what is answered is a function of the files and the word, in the order of senses and of the words in them.

mod files;
mod forms;
#[cfg(test)]
pub(crate) mod tests;

use std::path::{Path, PathBuf};

use super::error::DataError;
use super::search::Search;
use files::Lemmas;
use forms::{Exceptions, Form};

/// Where Debian's package and the original's own installation put the files.
const USUAL: [&str; 4] = [
    "/usr/share/wordnet",
    "/usr/share/wordnet/dict",
    "/usr/local/WordNet-3.0/dict",
    "/usr/local/share/wordnet",
];

/// A part of speech: the ending of its files, its forms and the rules back to lemmas.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Speech {
    Noun,
    Verb,
    Adjective,
    Adverb,
}

impl Speech {
    const ALL: [Speech; 4] = [Speech::Noun, Speech::Verb, Speech::Adjective, Speech::Adverb];

    /// As its files end.
    fn ending(self) -> &'static str {
        match self {
            Speech::Noun => "noun",
            Speech::Verb => "verb",
            Speech::Adjective => "adj",
            Speech::Adverb => "adv",
        }
    }
}

/// The files, read.
#[derive(Debug)]
pub struct Wordnet {
    parts: Vec<Part>,
}

#[derive(Debug)]
struct Part {
    speech: Speech,
    lemmas: Lemmas,
    exceptions: Exceptions,
}

/// The folder of the files: `dict` if it is written, else the one that the environment names, else the usual ones.
///
/// # Errors
/// E0560 where there is none; E0520 for a folder that is written and missing.
pub fn find(dict: Option<&str>, search: &Search) -> Result<PathBuf, DataError> {
    if let Some(dict) = dict {
        return search.find(dict);
    }
    let has_files = |folder: &&Path| folder.join("index.noun").is_file();
    let named = search.wordnet_folder();
    if let Some(found) = named.into_iter().chain(USUAL.map(Path::new)).find(has_files) {
        return Ok(found.to_owned());
    }
    let error = DataError::new("E0560", "WordNet is not installed");
    let error = match named {
        Some(folder) => error.note(format!("WNSEARCHDIR={} has no file `index.noun`", folder.display())),
        None => error.note(format!("sought in {}", USUAL.join(", "))),
    };
    Err(error.help("`apt-get install wordnet-base` on Debian and Ubuntu; or name the folder of its files, `dict=\"PATH\"` or the variable WNSEARCHDIR"))
}

impl Wordnet {
    /// Reads the files of a folder.
    ///
    /// # Errors
    /// E0560 for a file that is missing or is none of WordNet's.
    pub fn open(folder: &Path) -> Result<Self, DataError> {
        let part = |speech: Speech| {
            let lemmas = Lemmas::read(folder, speech)?;
            Ok(Part { speech, lemmas, exceptions: Exceptions::read(folder, speech)? })
        };
        Ok(Self { parts: Speech::ALL.into_iter().map(part).collect::<Result<_, DataError>>()? })
    }

    /// What means the same as `word`, which is in small letters, by the `senses` most frequent senses of each part of speech. Names, and what is
    /// written in several words, are not among it.
    ///
    /// # Errors
    /// E0560 for a file that is broken.
    pub fn synonyms(&self, word: &str, senses: usize) -> Result<Vec<String>, DataError> {
        let mut found: Vec<String> = Vec::new();
        for part in &self.parts {
            for (lemma, form) in part.lemmas_of(word) {
                for synonym in part.lemmas.synonyms(&lemma, senses)? {
                    let Some(formed) = part.exceptions.formed(&synonym, form) else { continue };
                    if formed != word && synonym != lemma && !found.contains(&formed) {
                        found.push(formed);
                    }
                }
            }
        }
        Ok(found)
    }
}

impl Part {
    /// The lemmas that a word may be a form of, and which: itself first.
    fn lemmas_of(&self, word: &str) -> Vec<(String, Form)> {
        let mut found = vec![(word.to_owned(), Form::Base)];
        found.extend(self.exceptions.lemmas(word));
        if found.len() == 1 {
            found.extend(forms::regular(word, self.speech));
        }
        found.retain(|(lemma, _)| self.lemmas.has(lemma));
        found
    }
}
