//! What becomes of a text: its tokens after the row statements, cut at the net's length.

use super::Scratch;
use crate::{
    data::{DataError, Dataset, Fields, Numbers, RowStore, tokens::PADDING},
    model::Model,
    train::augment::{Corpus, Row, Wording},
};

/// The input that reads tokens, and what they are; none for a net without one.
pub(super) fn vocabulary(model: &Model, dataset: &Dataset) -> Option<(usize, Vec<String>)> {
    let input = model.inputs.iter().position(|id| model.node(*id).ty.vocab().is_some())?;
    let Fields::Text(rule) = &dataset.transform.fields else { return None };
    Some((input, rule.tokenizer.names()))
}

/// The texts of the training rows.
pub(super) fn corpus(dataset: &Dataset) -> Option<Corpus<'_>> {
    let (Some(texts), Fields::Text(rule)) = (&dataset.texts, &dataset.transform.fields) else { return None };
    let rows = dataset.train.numbers();
    Some(Corpus { texts, rows, tokenizer: &rule.tokenizer, search: &dataset.search })
}

/// How many tokens of a row are its own: padding stands behind them alone.
pub(super) fn length(tokens: &[i32]) -> usize {
    tokens.iter().rposition(|token| *token != PADDING).map_or(0, |last| last + 1)
}

/// What the net is fed of a row; answers how many tokens are its own.
pub(super) fn row(
    wording: &Wording,
    row: &Row,
    store: &dyn RowStore,
    scratch: &mut Scratch,
    into: &mut [u8],
) -> Result<usize, DataError> {
    let Numbers::I32(own) = scratch.buffer.row(store, row.number as usize)? else {
        debug_assert!(false, "texts are stored as numbers of tokens");
        return Ok(0);
    };
    let tokens = &mut scratch.tokens;
    tokens.clear();
    tokens.extend_from_slice(&own[..length(own)]);
    wording.apply(row, tokens);
    tokens.resize(own.len(), PADDING);
    into.copy_from_slice(bytemuck::cast_slice(tokens));
    Ok(length(tokens))
}
