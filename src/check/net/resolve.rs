//! What the word of a step names: a block, a layer, or a name that stands for one (`param act = relu`, `dense 64 -> act`).

use super::Net;
use crate::{
    check::nearest,
    diag::{Diagnostic, Span},
    layers::{self, Layer},
    syntax::ast::BlockDef,
};

pub(super) enum Resolved<'f> {
    Block(&'f BlockDef),
    Layer(&'static dyn Layer),
    Unknown,
}

impl<'f> Net<'f> {
    /// # Errors
    /// For a name that stands for a word that is no layer, and for a layer's own name given to such a word.
    pub(super) fn resolved(&mut self, name: &str, span: Span) -> Result<Resolved<'f>, Box<Diagnostic>> {
        let found = self.named(name);
        let word = match self.scope.word(name) {
            Some(word) => word,
            None => return Ok(found),
        };
        if !matches!(found, Resolved::Unknown) {
            return Err(Box::new(
                Diagnostic::error("E0110", span, format!("`{name}` is a word here, and stands for `{word}`"))
                    .label("which is meant?")
                    .help("give the param another name"),
            ));
        }
        self.scope.lookup(name);
        let layers = layers::LAYERS.iter().map(|row| row.layer.sig().name);
        let words: Vec<String> = layers.map(str::to_string).chain(self.blocks.keys().cloned()).collect();
        let near = nearest(&word, words.iter().map(String::as_str)).map(str::to_string);
        self.scope.words.accept(name, words);
        match self.named(&word) {
            Resolved::Unknown => {
                let message = format!("`{word}`, which `{name}` stands for, is no layer");
                let error = Diagnostic::error("E0203", span, message).label("no layer has this name");
                Err(Box::new(
                    near.iter().fold(error, |error, near| error.help(format!("did you mean `{near}`?"))),
                ))
            }
            found => Ok(found),
        }
    }

    fn named(&self, name: &str) -> Resolved<'f> {
        match (self.blocks.get(name), layers::find(name)) {
            (Some(block), _) => Resolved::Block(block),
            (None, Some(layer)) => Resolved::Layer(layer),
            (None, None) => Resolved::Unknown,
        }
    }
}
