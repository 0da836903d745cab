//! Layers that do not do what they seem to.

use crate::{
    diag::Diagnostic,
    model::{Model, NodeKind, OutputKind},
};

/// W0110: logits that cannot be negative.
pub fn relu_before_logits(model: &Model) -> Vec<Diagnostic> {
    let node = model.node(model.output.source);
    let NodeKind::Layer(used) = &node.kind else { return Vec::new() };
    let logits = matches!(model.output.kind, OutputKind::Class(_) | OutputKind::Bits(_));
    if !logits || used.args.sig.name != "relu" {
        return Vec::new();
    }
    let what = match model.output.kind {
        OutputKind::Bits(_) => "no probability can be below one half",
        _ => "no class can be made less likely than one whose logit is 0",
    };
    vec![
        Diagnostic::warning("W0110", node.span, "`relu` on logits")
            .label(what)
            .note("and a class whose logits are all cut off has no gradient")
            .help("leave it out: the output takes logits of either sign"),
    ]
}
