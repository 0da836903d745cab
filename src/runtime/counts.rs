//! How many rows training can do with: conditions of the net and its section on the sizes of the parts, checked before anything is fitted.

use super::plan::Shape;
use crate::{
    data::{DataConfig, DataError},
    diag::Span,
    layers::Across,
    model::{Model, Node, Train},
};

/// Whether the net can be fitted to so many rows, with validation rows beside them or without.
///
/// # Errors
/// E0539, at its place in the `.net` file.
pub fn check(model: &Model, rows: usize, has_valid: bool) -> Result<(), DataError> {
    let (Some(section), Some(config)) = (&model.train, &model.data) else { return Ok(()) };
    minibatches(model, config, rows)?;
    if has_valid { Ok(()) } else { nothing_watched(section, config) }
}

fn unfit(span: Span, message: String) -> DataError {
    DataError::new("E0539", message).net(span)
}

/// There is a minibatch, and none is too short.
fn minibatches(model: &Model, config: &DataConfig, rows: usize) -> Result<(), DataError> {
    let batch = config.batch();
    let (drop_last, goes_on) = (batch.drop_last, false);
    let shape = Shape { rows, batch: batch.rows, drop_last, seed: 0, picture: [0, 0], goes_on };
    if shape.steps() == 0 {
        return Err(unfit(batch.span, format!("{rows} training rows make no minibatch of {}", batch.rows))
            .help("use a smaller `batch`, or leave `drop_last` out"));
    }
    // A map of several places has several numbers of each channel.
    let alone = |node: &&Node| node.facts().normalises == Some(Across::Batch) && node.ty.places() == 1;
    let needs_two = model.nodes.iter().find(alone);
    let Some(node) = needs_two.filter(|_| shape.rows_of(shape.steps() - 1) < 2) else { return Ok(()) };
    let error = unfit(node.span, format!("`{}` needs at least two rows in every minibatch", node.path));
    Err(match batch.rows {
        1 => error.note("`batch 1` makes minibatches of one row").help("use a larger `batch`"),
        size => error
            .note(format!("{rows} training rows in minibatches of {size} leave one for the last"))
            .help("use another `batch`, or `drop_last=true`"),
    })
}

/// What is watched must be there: figures of validation need validation rows.
fn nothing_watched(section: &Train, config: &DataConfig) -> Result<(), DataError> {
    let span = config.settings.split.as_ref().map_or(config.source_span, |split| split.span);
    if section.fits_precision() {
        let what = "`bayes_decay(precision=fit)` looks at validation rows, and the data have none";
        return Err(unfit(span, what.into()).help("write `split valid=10%`, or a number for `precision`"));
    }
    match section.watches().into_iter().find(|(_, watch)| watch.starts_with("valid.")) {
        Some((word, watch)) => {
            Err(unfit(span, format!("`{word}` watches `{watch}`, and the data have no validation rows"))
                .help("write `split valid=10%`, or `watch=train.loss`"))
        }
        None => Ok(()),
    }
}
