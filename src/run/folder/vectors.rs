//! Tables of vectors that begin as files say, for the tokens of the data.

use std::sync::Arc;

use super::open::OpenError;
use crate::{
    data::{Dataset, Fields, Search, tokens::Unit, vectors},
    diag::Diagnostic,
    model::{Given, Model, NodeKind},
};

/// The vectors that the net's layers name, of the tokens that the vocabulary has.
///
/// # Errors
/// E0204 for tokens that no file of words has vectors of; E0520, E0522 and E0523 of the files.
pub fn given(model: &Model, dataset: &Dataset, search: &Search) -> Result<Vec<Given>, OpenError> {
    let mut given = Vec::new();
    for node in &model.nodes {
        let NodeKind::Layer(used) = &node.kind else { continue };
        let (Some(file), Some(param)) = (used.word.vectors(&used.args), node.params.first()) else {
            continue;
        };
        let span = used.args.span_of("vectors");
        let tokenizer = match &dataset.transform.fields {
            Fields::Text(rule) if rule.tokenizer.unit() == Unit::Words => Some(&rule.tokenizer),
            _ => None,
        };
        let Some(tokenizer) = tokenizer else {
            return Err(OpenError::Net(vec![
                Diagnostic::error(
                    "E0204",
                    span,
                    "vectors of tokens that are no words are not in this version",
                )
                .label("has vectors of words")
                .help("`tokenize words` makes words of texts"),
            ]));
        };
        let width = model.params[param.0].dims[1];
        let read = vectors::read(&search.find(file)?, file, &tokenizer.names(), width)?;
        given.push(Given::Vectors { param: *param, vectors: Arc::new(read) });
    }
    Ok(given)
}

/// Advice where most words of the text have no vector in the file.
pub fn few(model: &Model) -> impl Iterator<Item = Diagnostic> + '_ {
    model.given.iter().filter_map(|given| {
        let Given::Vectors { param, vectors } = given else { return None };
        let param = &model.params[param.0];
        let (sought, found) = (vectors.sought, vectors.rows.len());
        let NodeKind::Layer(used) = &model.node(param.node).kind else { return None };
        let message = format!("{found} of {sought} words have a vector in the file");
        (2 * found < sought).then(|| {
            Diagnostic::warning("W0507", used.args.span_of("vectors"), message)
                .label("the others begin as `init` says")
                .help("`lower=true` of `tokenize` finds more in files of small letters, `vocab=` leaves rare words out")
        })
    })
}
