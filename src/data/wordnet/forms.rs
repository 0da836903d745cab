//! Forms of English words: back to the lemma by WordNet's rules and lists (`morphy(7)`), and from a lemma to a form.

use std::path::Path;

use rustc_hash::FxHashMap;

use super::{Speech, files};
use crate::data::error::DataError;

#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(super) enum Form {
    Base,
    /// A noun in the plural.
    Plural,
    /// `sees`
    Third,
    /// `seen`, `saw`
    Past,
    /// `seeing`
    Present,
    Comparative,
    Superlative,
}

/// An ending, what stands for it in the lemma, and the form that it makes.
type Rule = (&'static str, &'static str, Form);

const NOUNS: &[Rule] = &[
    ("s", "", Form::Plural),
    ("ses", "s", Form::Plural),
    ("xes", "x", Form::Plural),
    ("zes", "z", Form::Plural),
    ("ches", "ch", Form::Plural),
    ("shes", "sh", Form::Plural),
    ("men", "man", Form::Plural),
    ("ies", "y", Form::Plural),
];
const VERBS: &[Rule] = &[
    ("s", "", Form::Third),
    ("ies", "y", Form::Third),
    ("es", "e", Form::Third),
    ("es", "", Form::Third),
    ("ed", "e", Form::Past),
    ("ed", "", Form::Past),
    ("ing", "e", Form::Present),
    ("ing", "", Form::Present),
];
const ADJECTIVES: &[Rule] = &[
    ("er", "", Form::Comparative),
    ("est", "", Form::Superlative),
    ("er", "e", Form::Comparative),
    ("est", "e", Form::Superlative),
];

/// What a word may be a regular form of.
pub(super) fn regular(word: &str, speech: Speech) -> Vec<(String, Form)> {
    let rules = match speech {
        Speech::Noun => NOUNS,
        Speech::Verb => VERBS,
        Speech::Adjective => ADJECTIVES,
        Speech::Adverb => &[],
    };
    let mut found: Vec<(String, Form)> = Vec::new();
    for (ending, instead, form) in rules {
        let Some(stem) = word.strip_suffix(ending).filter(|stem| !stem.is_empty()) else { continue };
        let lemma = format!("{stem}{instead}");
        if !found.iter().any(|(other, _)| *other == lemma) {
            found.push((lemma, *form));
        }
    }
    found
}

/// `POS.exc`: forms that follow no rule.
#[derive(Debug, Default)]
pub(super) struct Exceptions {
    lemmas: FxHashMap<String, Vec<(String, Form)>>,
    forms: FxHashMap<(String, Form), Vec<String>>,
}

impl Exceptions {
    pub fn read(folder: &Path, speech: Speech) -> Result<Self, DataError> {
        let mut found = Self::default();
        for line in files::text(folder, &format!("{}.exc", speech.ending()))?.lines() {
            let mut words = line.split_ascii_whitespace();
            let Some(word) = words.next() else { continue };
            let form = irregular(word, speech);
            for lemma in words.filter(|lemma| *lemma != word) {
                found.lemmas.entry(word.to_owned()).or_default().push((lemma.to_owned(), form));
                found.forms.entry((lemma.to_owned(), form)).or_default().push(word.to_owned());
            }
        }
        Ok(found)
    }

    pub fn lemmas(&self, word: &str) -> Vec<(String, Form)> {
        self.lemmas.get(word).cloned().unwrap_or_default()
    }

    /// A lemma in this form. None where that is not sure: `went` and `gone` are both the past of `go`.
    pub fn formed(&self, lemma: &str, form: Form) -> Option<String> {
        match self.forms.get(&(lemma.to_owned(), form)).map(Vec::as_slice) {
            Some([only]) => Some(only.clone()),
            Some(_) => None,
            None => Some(inflected(lemma, form)),
        }
    }
}

/// Which form a word of the lists is, which they do not say.
fn irregular(word: &str, speech: Speech) -> Form {
    match speech {
        Speech::Noun => Form::Plural,
        Speech::Verb if word.ends_with("ing") => Form::Present,
        Speech::Verb if word.ends_with('s') => Form::Third,
        Speech::Verb => Form::Past,
        Speech::Adjective | Speech::Adverb if word.ends_with("st") => Form::Superlative,
        Speech::Adjective | Speech::Adverb => Form::Comparative,
    }
}

/// A lemma in a regular form.
fn inflected(lemma: &str, form: Form) -> String {
    let end = match form {
        Form::Base => return lemma.to_owned(),
        Form::Plural if lemma.ends_with("man") => return format!("{}en", &lemma[..lemma.len() - 2]),
        Form::Plural | Form::Third => return with_s(lemma),
        Form::Past => "ed",
        Form::Present => "ing",
        Form::Comparative => "er",
        Form::Superlative => "est",
    };
    if let Some(stem) = lemma.strip_suffix("ie").filter(|_| form == Form::Present) {
        return format!("{stem}ying");
    }
    let silent = lemma.ends_with('e') && !(form == Form::Present && lemma.ends_with("ee"));
    match (lemma.strip_suffix('y').filter(|stem| form != Form::Present && ends_in_a_consonant(stem)), silent)
    {
        (Some(stem), _) => format!("{stem}i{end}"),
        (None, true) => format!("{}{end}", &lemma[..lemma.len() - 1]),
        (None, false) => match doubled(lemma) {
            Some(last) => format!("{lemma}{last}{end}"),
            None => format!("{lemma}{end}"),
        },
    }
}

fn with_s(lemma: &str) -> String {
    if let Some(stem) = lemma.strip_suffix('y').filter(|stem| ends_in_a_consonant(stem)) {
        return format!("{stem}ies");
    }
    match ["s", "x", "z", "ch", "sh"].iter().any(|end| lemma.ends_with(end)) {
        true => format!("{lemma}es"),
        false => format!("{lemma}s"),
    }
}

fn is_vowel(c: char) -> bool {
    "aeiou".contains(c)
}

fn ends_in_a_consonant(stem: &str) -> bool {
    stem.chars().next_back().is_some_and(|c| c.is_alphabetic() && !is_vowel(c))
}

/// The last letter, where it is written twice before an ending: that of a word with one vowel between consonants, `stop`. Where longer words do so hangs on
/// how they are spoken: they are written without, and whoever has no such word leaves them.
fn doubled(lemma: &str) -> Option<char> {
    let mut back = lemma.chars().rev();
    let (last, vowel, before) = (back.next()?, back.next()?, back.next()?);
    let closed = !is_vowel(last) && !"wxy".contains(last) && is_vowel(vowel) && !is_vowel(before);
    (closed && lemma.chars().filter(|c| is_vowel(*c)).count() == 1).then_some(last)
}
