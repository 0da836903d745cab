//! The registry of the `data` section: the words of `source` and the other statements, one file each.
//!
//! Invariant: a word's name is its signature's, and no name stands twice.

use std::sync::Arc;

use super::config::Settings;
use super::source::Source;
use super::{sources, statements};
use crate::diag::Diagnostic;
use crate::vocab::{Args, Sig};

/// A source, or what is wrong with its arguments taken together.
pub type Read = Result<Arc<dyn Source>, Box<Diagnostic>>;

/// A word that may stand after `source`.
#[derive(Debug)]
pub struct SourceWord {
    pub sig: &'static Sig,
    /// The source file; its leading `//!` lines are the manual.
    pub source: &'static str,
    pub read: fn(&Args) -> Read,
}

/// A statement of the section other than `source`.
#[derive(Debug)]
pub struct Statement {
    pub sig: &'static Sig,
    /// The source file; its leading `//!` lines are the manual.
    pub source: &'static str,
    pub read: fn(&Args, &mut Settings) -> Result<(), Box<Diagnostic>>,
    /// Whether it may stand several times.
    pub repeats: bool,
}

pub static SOURCES: &[&SourceWord] = &[
    &sources::csv::WORD,
    &sources::text::WORD,
    &sources::idx::WORD,
    &sources::npy::WORD,
    &sources::images::WORD,
    &sources::audio::WORD,
    &sources::cifar10::WORD,
    &sources::cifar100::WORD,
    &sources::builtin::WORD,
    &sources::moons::WORD,
    &sources::circles::WORD,
    &sources::spirals::WORD,
    &sources::blobs::WORD,
    &sources::friedman::WORD,
    &sources::line::WORD,
    &sources::shapes::WORD,
    &sources::tones::WORD,
    &sources::adding::WORD,
    &sources::brackets::WORD,
    &sources::copy::WORD,
    &sources::sines::WORD,
];

pub static STATEMENTS: &[&Statement] = &[
    &statements::inputs::WORD,
    &statements::target::WORD,
    &statements::weights::WORD,
    &statements::classes::WORD,
    &statements::categories::WORD,
    &statements::ordered::WORD,
    &statements::dates::WORD,
    &statements::fill::WORD,
    &statements::split::WORD,
    &statements::tokenize::WORD,
    &statements::window::WORD,
    &statements::normalize::WORD,
    &statements::resize::WORD,
    &statements::crop::WORD,
    &statements::resample::WORD,
    &statements::trim::WORD,
    &statements::level::WORD,
    &statements::scale::WORD,
    &statements::range::WORD,
    &statements::batch::WORD,
    &statements::prefix_limit::WORD,
];

pub fn source(name: &str) -> Option<&'static SourceWord> {
    SOURCES.iter().find(|w| w.sig.name == name).copied()
}

pub fn statement(name: &str) -> Option<&'static Statement> {
    STATEMENTS.iter().find(|w| w.sig.name == name).copied()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_name_stands_once() {
        let mut names: Vec<&str> =
            SOURCES.iter().map(|w| w.sig.name).chain(STATEMENTS.iter().map(|w| w.sig.name)).collect();
        names.push("source");
        let count = names.len();
        names.sort_unstable();
        names.dedup();
        assert_eq!(names.len(), count);
    }

    #[test]
    fn every_word_is_found_and_explained() {
        for word in SOURCES {
            assert!(source(word.sig.name).is_some() && !word.sig.about.is_empty());
        }
        for word in STATEMENTS {
            assert!(statement(word.sig.name).is_some() && !word.sig.about.is_empty());
        }
    }
}
