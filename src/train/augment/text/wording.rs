//! The statements of texts as they run: one after another on a row.
//!
//! Invariant: what becomes of a row is a function of its tokens and of (seed, statements, epoch, position) alone.

use super::{Edit, Lexicon, Text, Vocabulary};
use crate::{
    data::DataError,
    draws::site_key,
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
            sites.push(Site { act, key: site_key(&statement.path), p: statement.p(), lexicon });
        }
        Ok(Self { sites })
    }

    /// What becomes of a row's tokens.
    pub fn apply(&self, row: &Row, tokens: &mut Vec<i32>) {
        for Site { act, key, p, lexicon } in &self.sites {
            let mut draw = Draw::new(row, *key);
            // The coin is drawn though it should be sure, so that the other draws stay where they are.
            if draw.happens(*p) {
                act.edit(&mut draw, &mut Text { tokens, lexicon });
            }
        }
    }
}
