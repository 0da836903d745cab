//! `bayes_decay` against the loss and the masks of its net, and learned rates against it.

use crate::{
    diag::{Diagnostic, Span},
    model::{Model, Node, NodeKind, ParamRole, PredictMode},
    train::{BayesDecay, losses::Likelihood},
    vocab::{Bounds, exactly},
};

pub fn check(model: &Model) -> Vec<Diagnostic> {
    let Some(train) = &model.train else { return Vec::new() };
    let decays = || train.penalties.iter().filter_map(|p| p.args.value("amount").and_then(BayesDecay::of));
    let mut found = Vec::new();
    if decays().next().is_none() {
        found.extend(learned(model).map(|span| {
            Diagnostic::warning("W0109", span, "a learned rate that nothing holds")
                .label("less dropout always fits the training rows better")
                .help("add `penalize l2, bayes_decay(length_scale=..., precision=...)` to `train`")
        }));
    }
    if decays().any(|decay| decay.reference) {
        found.extend(learned(model).map(|span| {
            Diagnostic::error("E0211", span, "`kind=concrete` beside `form=reference2018`")
                .label("that constant is of fixed rates")
                .help("leave `form` out")
        }));
    }
    for penalty in &train.penalties {
        let Some(decay) = penalty.args.value("amount").and_then(BayesDecay::of) else { continue };
        let span = penalty.args.span_of("amount");
        if penalty.args.opt_word("on") == Some("all") {
            found.push(
                Diagnostic::error("E0211", penalty.args.span_of("on"), "`on=all` beside `bayes_decay`")
                    .label("the prior is one of matrices")
                    .help("leave `on` out"),
            );
        }
        found.extend(afresh(model, span));
        found.extend(lost(decay, model, span));
        found.extend(against_loss(decay, train.loss.word.likelihood(), train.loss.args.sig.name, span));
        found.extend(unmasked(model, span));
    }
    found
}

/// Masks within a recurrent layer that are drawn afresh in every step: no draw of a matrix.
fn afresh(model: &Model, span: Span) -> Option<Diagnostic> {
    let fresh = |node: &&Node| node.inner_drops(model).iter().any(|drop| drop.fresh);
    let node = model.nodes.iter().find(fresh)?;
    Some(
        Diagnostic::error("E0211", span, "`bayes_decay` beside masks that are drawn afresh in every step")
            .label("is derived for weights that are one draw for all steps")
            .also(
                node.layer().map_or(node.span, |used| used.args.span_of("share")),
                format!("those of `{}`", node.path),
            )
            .help("leave `share=none` out there, or penalize with a number: `penalize l2, 1e-4`"),
    )
}

/// Where rates are learned.
fn learned(model: &Model) -> impl Iterator<Item = Span> {
    model.nodes.iter().filter_map(|node| match &node.kind {
        NodeKind::Layer(used) => {
            used.word.drop_site(&used.args).filter(|site| site.is_learned()).map(|_| used.args.span)
        }
        NodeKind::Input { .. } => None,
    })
}

fn against_loss(decay: BayesDecay, likelihood: Likelihood, loss: &str, span: Span) -> Option<Diagnostic> {
    match (likelihood, decay.precision) {
        (Likelihood::None, _) => Some(
            Diagnostic::error("E0211", span, format!("`bayes_decay` beside `loss {loss}`"))
                .label("is derived for likelihoods")
                .help("use `squared_error`, `gaussian_nll`, `cross_entropy` or `binary_cross_entropy`"),
        ),
        (Likelihood::OfPrecision, None) => Some(
            Diagnostic::error("E0211", span, "`bayes_decay` needs to know how observations spread")
                .label("no `precision=`")
                .help("write `bayes_decay(length_scale=1e-2, precision=0.1)`: the inverse variance of an observation"),
        ),
        (Likelihood::Own, Some(_)) if !decay.reference => Some(
            Diagnostic::error("E0211", span, format!("`precision=` beside `loss {loss}`, which says its own"))
                .label("has no effect here")
                .help("leave `precision` out"),
        ),
        (Likelihood::Own, None) if decay.reference => Some(
            Diagnostic::error("E0211", span, "`form=reference2018` needs `precision=`").label("no `precision=`"),
        ),
        _ => None,
    }
}

/// A coefficient that the data make 0 or infinite where the net computes.
fn lost(decay: BayesDecay, model: &Model, span: Span) -> Option<Diagnostic> {
    let weights = model.params.iter().filter(|param| param.role == ParamRole::Weight);
    let mut seen = weights.filter_map(|param| {
        let coefficient = decay.coefficient(model, param)?;
        Some((param, coefficient, Bounds::ANY.in_32_bits(coefficient)?))
    });
    let (param, coefficient, seen) = seen.next()?;
    let message = format!("the penalty of `{}` comes to {}", param.name, exactly(coefficient));
    Some(
        Diagnostic::error("E0206", span, message)
            .label(format!("is {seen} in 32 bits"))
            .help("choose another `length_scale` or `precision`"),
    )
}

/// Samples of a net in which a matrix is never masked are not those of the posterior that the penalty is derived for.
fn unmasked(model: &Model, span: Span) -> Option<Diagnostic> {
    let names = model.unmasked();
    if names.is_empty() || !matches!(model.predict.mode, PredictMode::McDropout(_)) {
        return None;
    }
    Some(
        Diagnostic::warning("W0107", span, "`bayes_decay` of matrices that no dropout feeds")
            .label(names.join(", "))
            .note("under `mc_dropout` these weights count as known for certain")
            .help("put a `dropout` in front of each layer with weights"),
    )
}
