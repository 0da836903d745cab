//! Losses of positive numbers, against the net's last layer and what the data make of targets.

use crate::{
    diag::Diagnostic,
    model::{Model, ends, reaches},
};

pub fn check(model: &Model) -> Vec<Diagnostic> {
    let Some(used) = model.train.as_ref().map(|train| &train.loss).filter(|loss| loss.word.is_of_positive())
    else {
        return Vec::new();
    };
    let (name, span) = (used.args.sig.name, used.args.span);
    let reaches = reaches(&model.nodes);
    let below = ends(&model.nodes, model.output.source).into_iter().find(|id| reaches[id.0].low < 0.0);
    let of_outputs = below.map(|id| {
        Diagnostic::error("E0402", span, format!("`{name}` of numbers that may be below 0"))
            .label("reads numbers above 0")
            .also(model.node(id).span, "gives others too")
            .help("end the net with `exp`, or with `softplus`")
    });
    let normalize = model.data.as_ref().and_then(|data| data.settings.normalize).filter(|n| n.target);
    let of_targets = normalize.map(|normalize| {
        Diagnostic::error("E0402", span, format!("`{name}` of a target that is normalised"))
            .label("reads targets from 0 on, as they are")
            .also(normalize.span, "brings others to the loss")
            .help("leave `target` out of `normalize`")
    });
    of_outputs.into_iter().chain(of_targets).collect()
}
