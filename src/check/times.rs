//! Times of training that leave nothing of what they are times of.

use crate::{
    data::DataConfig,
    diag::Diagnostic,
    model::{Model, NodeKind},
    vocab::{Args, Given, Time, Value},
};

/// Updates of an epoch, where the data have said how many rows are fitted.
pub fn updates_per_epoch(data: &DataConfig, rows: Option<f64>) -> Option<u64> {
    Some(data.batch().updates(rows? as usize) as u64)
}

/// Ramps that have not begun when training ends: nets are trained with one number, and said to have the other.
pub fn late_ramps(model: &Model) -> Vec<Diagnostic> {
    let Some(train) = &model.train else { return Vec::new() };
    let rows = model.fitted.map(|fitted| fitted.rows);
    let updates = model.data.as_ref().and_then(|data| updates_per_epoch(data, rows));
    let end = train.length;
    let layers = model.nodes.iter().filter_map(|node| match &node.kind {
        NodeKind::Layer(used) => Some(&used.args),
        NodeKind::Input { .. } => None,
    });
    let penalties = train.penalties.iter().map(|penalty| &penalty.args);
    let statements = train.augmentation.statements().map(|statement| &statement.used.args);
    let all = layers.chain([&train.optimizer.args]).chain(penalties).chain(statements);
    all.flat_map(Args::iter).filter_map(|given| late(given, end, updates)).collect()
}

fn late(given: &Given, end: Time, updates: Option<u64>) -> Option<Diagnostic> {
    let Value::Ramp(ramp) = &given.value else { return None };
    let after = ramp.after.filter(|after| after.compare(end, updates).is_some_and(|order| order.is_ge()))?;
    let name = given.name;
    Some(
        Diagnostic::error(
            "E0206",
            given.span,
            format!("`{name}` must begin to change before training ends ({end}): the ramp waits for {after}"),
        )
        .label(format!("stays at {} to the end", ramp.from))
        .help(format!(
            "wait less, or write `{}`: what is said of a trained net goes by {}",
            ramp.from, ramp.to
        )),
    )
}
