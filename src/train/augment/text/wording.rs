//! The statements of texts as they run: one after another on a row.
//!
//! Invariant: what becomes of a row is a function of its tokens and of (seed, statements, epoch, position) alone.

use std::sync::atomic::AtomicU32;

use super::{Corpus, Edit, Lexicon, Text, Translation, Vocabulary};
use crate::{
    data::DataError,
    diag::Span,
    draws::{mix64, site_key},
    train::augment::{Draw, Plan, Row, Statement},
    vocab::Timed,
};

/// What stands in a file as statements.
pub struct Wording {
    sites: Vec<Site>,
}

/// A statement at its place.
struct Site {
    act: Box<dyn Edit>,
    key: u64,
    /// How often it acts.
    p: Timed,
    lexicon: Lexicon,
    translation: Option<Translation>,
    span: Span,
}

impl Wording {
    /// Row statements for texts of this vocabulary.
    ///
    /// # Errors
    /// A dictionary that cannot be read, at the statement.
    pub fn new(statements: &[Statement], vocabulary: &mut Vocabulary<'_>) -> Result<Self, DataError> {
        let mut sites = Vec::new();
        for statement in statements {
            let used = &statement.used;
            let Plan::Edit(act) = used.word.plan(&used.args) else { continue };
            let lexicon =
                vocabulary.lexicon(&used.word.lore(&used.args)).map_err(|e| e.net(used.args.span))?;
            let (translation, span) = (used.word.translation(&used.args), used.args.span);
            let site =
                Site { act, key: site_key(&statement.path), p: statement.p(), lexicon, translation, span };
            sites.push((!used.word.begins_anew(), site));
        }
        // Stable: the others stay in the order of the file.
        sites.sort_by_key(|(is_later, _)| *is_later);
        let sites = sites.into_iter().map(|(_, site)| site).collect();
        Ok(Self { sites })
    }

    /// Makes the paraphrases that statements need, and tells of it; answers whether that was not stopped.
    ///
    /// # Errors
    /// A translator that is missing or does not do its work, at the statement.
    pub fn prepare(
        &mut self,
        corpus: &Corpus<'_>,
        stop: &AtomicU32,
        tell: &mut dyn FnMut(&str),
    ) -> Result<bool, DataError> {
        for site in &mut self.sites {
            let Some(translation) = &site.translation else { continue };
            let made = translation.paraphrases(corpus, stop, tell).map_err(|e| e.net(site.span))?;
            match made {
                Some(paraphrases) => site.lexicon.paraphrases = paraphrases,
                None => return Ok(false),
            }
        }
        Ok(true)
    }

    /// A word that tells what dictionaries and translators said, of all statements; none where nobody was asked.
    pub fn stamp(&self) -> Option<u64> {
        let stamps = self.sites.iter().filter_map(|site| site.lexicon.stamp());
        stamps.reduce(|sum, stamp| mix64(sum ^ stamp))
    }

    /// What becomes of a row's tokens.
    pub fn apply(&self, row: &Row, tokens: &mut Vec<i32>) {
        for Site { act, key, p, lexicon, .. } in &self.sites {
            let mut draw = Draw::new(row, *key);
            // The coin is drawn though it should be sure, so that the other draws stay where they are.
            if draw.happens(*p) {
                act.edit(&mut draw, &mut Text { tokens, lexicon });
            }
        }
    }
}
