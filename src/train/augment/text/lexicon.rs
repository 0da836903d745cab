//! What statements know of the tokens of a vocabulary: which are words, which are passed over or kept, and what stands for them.

use std::path::PathBuf;

use rustc_hash::{FxHashMap, FxHashSet};

use super::{paraphrases::Paraphrases, stopwords};
use crate::data::{
    DataError, Search,
    wordnet::{self, Wordnet},
};
use crate::draws;

/// Words that turn a sentence into its opposite; the last is an ending.
pub(super) const PROTECTED: [&str; 5] = ["not", "no", "never", "nor", NEGATED];

/// What stands for all words that end in it.
const NEGATED: &str = "n't";

/// Marks that `aeda` inserts (Karimi et al. 2021).
const MARKS: [&str; 6] = [".", ";", "?", ":", "!", ","];

/// What a statement asks to know.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Lore {
    pub thesaurus: Option<Thesaurus>,
    /// In small letters; `n't` is what ends so.
    pub protect: Vec<String>,
    /// Whether marks of punctuation are inserted.
    pub inserts_marks: bool,
}

/// Where synonyms come from.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Thesaurus {
    pub dict: Option<String>,
    pub senses: usize,
    pub passes_over_stopwords: bool,
}

/// The tokens of a net, and the dictionaries that were read for them.
pub struct Vocabulary<'a> {
    /// Of each number; empty of those that stand for no text.
    names: Vec<String>,
    numbers: FxHashMap<String, i32>,
    search: &'a Search,
    dictionaries: FxHashMap<PathBuf, Wordnet>,
}

/// The tokens of a vocabulary as one statement knows them.
#[derive(Debug, Default)]
pub struct Lexicon {
    known: Vec<Known>,
    /// Those that stand for a word, by its number; none of a word that is passed over.
    synonyms: Vec<Box<[i32]>>,
    marks: Vec<i32>,
    /// Whether what ends in `n't` stays, in whatever tokens it stands.
    keeps_negations: bool,
    /// Other texts of a row, by its number in the source.
    pub(super) paraphrases: Paraphrases,
}

/// One token.
#[derive(Clone, Copy, Debug, Default)]
struct Known {
    is_word: bool,
    is_protected: bool,
    ends_in_n: bool,
    is_apostrophe: bool,
    is_t: bool,
}

impl<'a> Vocabulary<'a> {
    /// `names` are the tokens by number; of those that stand for no text, nothing.
    pub fn new(names: Vec<String>, search: &'a Search) -> Self {
        let numbered = (0..).zip(&names).filter(|(_, name)| !name.is_empty());
        let numbers = numbered.map(|(number, name)| (name.clone(), number)).collect();
        Self { names, numbers, search, dictionaries: FxHashMap::default() }
    }

    /// What a statement asks to know.
    ///
    /// # Errors
    /// E0560 for a dictionary that is missing or broken; E0561 for a vocabulary without punctuation where it is inserted.
    pub fn lexicon(&mut self, lore: &Lore) -> Result<Lexicon, DataError> {
        let marks: Vec<i32> = MARKS.iter().filter_map(|mark| self.numbers.get(*mark)).copied().collect();
        if lore.inserts_marks && marks.is_empty() {
            let error = DataError::new("E0561", "the vocabulary has no punctuation to insert");
            return Err(error
                .note(format!("none of {} is a token of the training texts", MARKS.join(" ")))
                .help("leave the statement out, or write `punctuation=split` in `tokenize`"));
        }
        let known = self.names.iter().map(|name| Known::of(name, &lore.protect)).collect();
        let synonyms = match &lore.thesaurus {
            Some(thesaurus) => self.synonyms(thesaurus)?,
            None => Vec::new(),
        };
        let keeps_negations = lore.protect.iter().any(|word| word == NEGATED);
        Ok(Lexicon { known, synonyms, marks, keeps_negations, paraphrases: Paraphrases::default() })
    }

    fn synonyms(&mut self, thesaurus: &Thesaurus) -> Result<Vec<Box<[i32]>>, DataError> {
        let Self { names, numbers, search, dictionaries } = self;
        let folder = wordnet::find(thesaurus.dict.as_deref(), search)?;
        let wordnet = match dictionaries.entry(folder.clone()) {
            std::collections::hash_map::Entry::Occupied(read) => read.into_mut(),
            std::collections::hash_map::Entry::Vacant(room) => room.insert(Wordnet::open(&folder)?),
        };
        let stop: FxHashSet<&str> = match thesaurus.passes_over_stopwords {
            true => stopwords::ENGLISH.iter().copied().collect(),
            false => FxHashSet::default(),
        };
        let of = |name: &String| {
            let lower = name.to_lowercase();
            if stop.contains(&*lower) || !lower.chars().any(char::is_alphabetic) {
                return Ok(Box::default());
            }
            let synonyms = wordnet.synonyms(&lower, thesaurus.senses)?;
            let own = synonyms.iter().filter_map(|synonym| numbers.get(&written_as(name, synonym)));
            Ok(own.copied().collect())
        };
        names.iter().map(of).collect()
    }
}

/// A word with the capitals of another.
fn written_as(model: &str, word: &str) -> String {
    let mut capitals = model.chars().filter(|c| c.is_alphabetic()).map(char::is_uppercase);
    match (capitals.next(), capitals.next()) {
        (Some(true), Some(true)) if capitals.all(|is_upper| is_upper) => word.to_uppercase(),
        (Some(true), _) => {
            let mut letters = word.chars();
            letters.next().into_iter().flat_map(char::to_uppercase).chain(letters).collect()
        }
        _ => word.to_owned(),
    }
}

fn is_apostrophe(c: char) -> bool {
    matches!(c, '\'' | '\u{2019}')
}

impl Known {
    fn of(name: &str, protect: &[String]) -> Self {
        let lower: String =
            name.to_lowercase().chars().map(|c| if is_apostrophe(c) { '\'' } else { c }).collect();
        let protects = |word: &String| match word == NEGATED {
            true => lower.ends_with(NEGATED),
            false => *word == lower,
        };
        Self {
            is_word: name.chars().any(char::is_alphanumeric),
            is_protected: protect.iter().any(protects),
            ends_in_n: lower.ends_with('n'),
            is_apostrophe: lower == "'",
            is_t: lower == "t",
        }
    }
}

impl Lexicon {
    /// A word that tells what dictionaries and translators said of the tokens; none where nobody was asked.
    pub(super) fn stamp(&self) -> Option<u64> {
        if self.synonyms.is_empty() && self.paraphrases.is_empty() {
            return None;
        }
        let fold = |sum: u64, tokens: &[i32]| {
            let sum = draws::mix64(sum ^ tokens.len() as u64);
            tokens.iter().fold(sum, |sum, token| draws::mix64(sum ^ u64::from(token.cast_unsigned())))
        };
        let synonyms = self.synonyms.iter().fold(0, |sum, tokens| fold(sum, tokens));
        let mut rows: Vec<_> = self.paraphrases.iter().collect();
        rows.sort_unstable_by_key(|(row, _)| **row);
        Some(rows.into_iter().fold(synonyms, |sum, (row, tokens)| fold(draws::mix64(sum ^ row), tokens)))
    }

    fn known(&self, token: i32) -> Known {
        usize::try_from(token).ok().and_then(|token| self.known.get(token)).copied().unwrap_or_default()
    }

    /// Whether it is a word; what the vocabulary lacks is one.
    pub fn is_word(&self, token: i32) -> bool {
        token == crate::data::tokens::UNKNOWN || self.known(token).is_word
    }

    /// Whether the token at a place stays: by itself, or as a part of what was `isn't` before punctuation was split off.
    pub fn protects(&self, tokens: &[i32], place: usize) -> bool {
        let negates = |start: usize| match tokens.get(start..start + 3) {
            Some([n, apostrophe, t]) => {
                self.known(*n).ends_in_n && self.known(*apostrophe).is_apostrophe && self.known(*t).is_t
            }
            _ => false,
        };
        let in_negation = || (place.saturating_sub(2)..=place).any(negates);
        self.known(tokens[place]).is_protected || self.keeps_negations && in_negation()
    }

    pub fn synonyms(&self, token: i32) -> &[i32] {
        usize::try_from(token).ok().and_then(|token| self.synonyms.get(token)).map_or(&[], |found| found)
    }

    /// What says the same as the text of a row.
    pub fn paraphrase(&self, row: u64) -> Option<&[i32]> {
        self.paraphrases.get(&row).map(AsRef::as_ref)
    }

    /// Punctuation that is inserted.
    pub fn marks(&self) -> &[i32] {
        &self.marks
    }
}
