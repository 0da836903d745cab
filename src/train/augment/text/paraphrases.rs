//! Texts that were translated and came back: which of them stand for their originals.

use std::{cell::RefCell, fmt, sync::atomic::AtomicU32, time::Duration};

use rustc_hash::{FxHashMap, FxHashSet};

use crate::data::{
    DataError, Search, Texts,
    tokens::Tokenizer,
    translations::{Calls, Route, squeezed},
};

/// The tokens of another text, by the row's number in the source.
pub(super) type Paraphrases = FxHashMap<u64, Box<[i32]>>;

/// Words that negate; so does what ends in `n't`.
const NEGATIONS: [&str; 10] =
    ["not", "no", "never", "nor", "neither", "none", "nobody", "nothing", "nowhere", "cannot"];

/// How a statement paraphrases.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Translation {
    pub route: Route,
    /// Whether a paraphrase with another number of negations is left out.
    pub keeps_negations: bool,
    /// Of one call of a translator.
    pub limit: Duration,
}

/// The texts of the training rows.
#[derive(Clone, Copy)]
pub struct Corpus<'a> {
    pub texts: &'a Texts,
    /// Of the training part.
    pub rows: &'a [u32],
    pub tokenizer: &'a Tokenizer,
    pub search: &'a Search,
}

/// What came back, text by text.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
struct Tally {
    texts: usize,
    used: usize,
    same: usize,
    empty: usize,
    length: usize,
    negations: usize,
}

impl Translation {
    /// The paraphrases of the training rows that may stand for them, each line translated once; None if that was stopped.
    ///
    /// # Errors
    /// See [`Route::there_and_back`].
    pub(super) fn paraphrases(
        &self,
        corpus: &Corpus<'_>,
        stop: &AtomicU32,
        tell: &mut dyn FnMut(&str),
    ) -> Result<Option<Paraphrases>, DataError> {
        let line = |row: &u32| squeezed(corpus.texts.text(*row as usize));
        let mut seen = FxHashSet::default();
        let lines: Vec<String> = corpus
            .rows
            .iter()
            .map(line)
            .filter(|line| !line.is_empty() && seen.insert(line.clone()))
            .collect();
        let tell = RefCell::new(tell);
        let say = |said: &str| (tell.borrow_mut())(&format!("translates {said}"));
        let folder = corpus.search.translations_folder().map(Into::into);
        let calls = Calls { limit: self.limit, folder, stop, tell: &say };
        let Some(answers) = self.route.there_and_back(&lines, &calls)? else { return Ok(None) };
        let (mut found, mut tally) = (Paraphrases::default(), Tally::default());
        let mut encoder = corpus.tokenizer.encoder();
        for row in corpus.rows {
            let original = line(row);
            let answer = answers.get(&original).map_or("", String::as_str);
            // Translators begin sentences with a capital, whatever they were given.
            let is_small = !original.chars().any(char::is_uppercase);
            let answer = if is_small { answer.to_lowercase() } else { answer.to_owned() };
            let (own, other) = (encoder.numbers(&original), encoder.numbers(&answer));
            if tally.takes(&own, &other, !self.keeps_negations || negations(&original) == negations(&answer))
            {
                found.insert(u64::from(*row), other.into());
            }
        }
        (tell.borrow_mut())(&format!("{}: {tally}", self.route));
        Ok(Some(found))
    }
}

impl Tally {
    /// Whether one text may stand for another, counted.
    fn takes(&mut self, own: &[i32], other: &[i32], same_negations: bool) -> bool {
        self.texts += 1;
        let count = match () {
            () if other.is_empty() => &mut self.empty,
            () if own == other => &mut self.same,
            () if 2 * other.len() < own.len() || other.len() > 2 * own.len() => &mut self.length,
            () if !same_negations => &mut self.negations,
            () => {
                self.used += 1;
                return true;
            }
        };
        *count += 1;
        false
    }
}

/// `paraphrases of 480 of 500 texts; not used: 12 as they were, 8 with another number of negations`
impl fmt::Display for Tally {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "paraphrases of {} of {} texts", self.used, self.texts)?;
        let unused = [
            (self.same, "as they were"),
            (self.empty, "empty"),
            (self.length, "less than half as long or more than twice"),
            (self.negations, "with another number of negations"),
        ];
        let told: Vec<String> = unused
            .iter()
            .filter(|(count, _)| *count > 0)
            .map(|(count, why)| format!("{count} {why}"))
            .collect();
        if told.is_empty() { Ok(()) } else { write!(f, "; not used: {}", told.join(", ")) }
    }
}

/// How often a text says no.
fn negations(text: &str) -> usize {
    let is_negation = |word: &str| {
        let word = word.trim_matches(|c: char| !c.is_alphanumeric()).to_lowercase().replace('\u{2019}', "'");
        NEGATIONS.contains(&&*word) || word.ends_with("n't")
    };
    text.split_whitespace().filter(|word| is_negation(word)).count()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn negations_are_counted() {
        for (text, count) in [
            ("it is not, and never was; NO!", 3),
            ("Don\u{2019}t, won't: cannot", 3),
            ("nothing (none) \"nor\"", 3),
            ("knot note another snow", 0),
        ] {
            assert_eq!(negations(text), count, "{text}");
        }
    }

    #[test]
    fn what_may_stand_for_a_text() {
        let mut tally = Tally::default();
        let own = [5, 6, 7, 8];
        assert!(tally.takes(&own, &[5, 6], true) && tally.takes(&own, &[5; 8], true));
        assert!(!tally.takes(&own, &[5], true) && !tally.takes(&own, &[5; 9], true));
        assert!(!tally.takes(&own, &own, true) && !tally.takes(&own, &[], true));
        assert!(!tally.takes(&own, &[1, 2, 3], false));
        let told = "paraphrases of 2 of 7 texts; not used: 1 as they were, 1 empty, 2 less than half as long or more than twice, 1 with another number of negations";
        assert_eq!(tally.to_string(), told);
    }
}
