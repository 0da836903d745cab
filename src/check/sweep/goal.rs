//! `goal`: the figure by which the best combination is chosen, and trials are given up.

use crate::{
    diag::{Diagnostic, Span},
    model::{Goal, Model, PredictMode, Reported},
    train::metrics,
    vocab::{ArgSpec, Args, Block, Kind, Sig},
};

pub(super) static GOAL: Sig = Sig {
    name: "goal",
    about: "the figure of the validation part by which the best combination is chosen",
    args: &[
        ArgSpec::required("which", Kind::Word(&["min", "max"]), "whether the lowest or the highest is best"),
        ArgSpec::required(
            "figure",
            Kind::Name,
            "such as `valid.loss`, `valid.accuracy`, `valid.log_likelihood`",
        ),
    ],
    block: Block::None,
};

/// Figures that samples of dropout have beside the metrics.
const OF_SAMPLES: &[&str] = &["log_likelihood", "coverage"];

pub(super) fn goal(args: &Args, diags: &mut Vec<Diagnostic>) -> Option<Goal> {
    let written = args.word("figure");
    let Some(figure) = written.strip_prefix("valid.") else {
        diags.push(
            Diagnostic::error("E0406", args.span_of("figure"), format!("`{written}` cannot be a goal"))
                .label("not a figure of the validation part")
                .note("what is chosen on training or test rows says nothing about new ones")
                .help("write `valid.loss` or another figure of the validation part"),
        );
        return None;
    };
    Some(Goal { highest: args.word("which") == "max", figure: figure.into() })
}

pub(super) fn unknown_figure(figure: &str, place: Span, model: &Model) -> Option<Diagnostic> {
    let train = model.train.as_ref()?;
    let mut known = vec!["loss".to_string()];
    known.extend(train.report.iter().map(metrics::label));
    if train.report.is_empty() {
        known.extend(metrics::usual(model.output.kind).iter().map(metrics::label));
    }
    known.extend(model.predict.report.iter().map(Reported::name));
    if model.predict.report.is_empty() && matches!(model.predict.mode, PredictMode::McDropout(_)) {
        let density = !model.output.kind.needs_precision()
            || model.predict.interval.is_some_and(|interval| interval.precision.is_some());
        known.extend(OF_SAMPLES.iter().filter(|_| density).map(|name| name.to_string()));
    }
    if known.iter().any(|name| name == figure) {
        return None;
    }
    let error = Diagnostic::error(
        "E0406",
        place,
        format!("`valid.{figure}` is not reported, so it cannot be a goal"),
    )
    .label("unknown figure")
    .note(format!(
        "can be a goal: {}",
        known.iter().map(|name| format!("valid.{name}")).collect::<Vec<_>>().join(", ")
    ));
    Some(match OF_SAMPLES.contains(&figure) {
        true => error
            .help("it needs `mc_dropout` and, for a `real` output, `interval 95%, precision=` in `predict`"),
        false => error,
    })
}

/// A trial can be given up by what is known after each of its epochs.
pub(super) fn not_watched(figure: &str, place: Span, model: &Model) -> Option<Diagnostic> {
    let train = model.train.as_ref()?;
    let reported: Vec<String> = match train.report.is_empty() {
        true => metrics::usual(model.output.kind).iter().map(metrics::label).collect(),
        false => train.report.iter().map(metrics::label).collect(),
    };
    let known = figure == "loss" || reported.iter().any(|name| name == figure);
    (!known).then(|| {
        Diagnostic::error(
            "E0406",
            place,
            format!("nothing to prune by: `valid.{figure}` is not known after each epoch"),
        )
        .label("compares trials epoch by epoch")
        .help(format!("leave `prune` out, or take a goal that training reports: valid.{}", {
            let mut names = vec!["loss".to_string()];
            names.extend(reported);
            names.join(", valid.")
        }))
    })
}
