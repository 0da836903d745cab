//! `report`: the figures that are wanted, of training and of predictions.

use super::{
    bind::bind,
    scope::Scope,
    section::{called_otherwise, unknown_word},
    words::{stands_for, twofold},
};
use crate::{
    diag::{Diagnostic, Span},
    model::{OutputKind, Precision, Predict, PredictMode, Reported, Score, Use},
    syntax::ast::{Arg, ArgKey, Expr, ExprKind, Ident, Step},
    train::metrics::{self, Metric},
    vocab::{ArgSpec, Args, Block, Bounds, Default, Kind, Sig, Value},
};

/// An inverse variance, or the word for one that is fitted on validation rows.
pub const PRECISION: Kind = Kind::OneOf(&[Kind::Number(Bounds::POSITIVE), Kind::Word(&["fit"])]);

static LOG_LIKELIHOOD: Sig = Sig {
    name: "log_likelihood",
    about: "mean log-probability of the observations under the predictive distribution",
    args: &[ArgSpec::named(
        "precision",
        PRECISION,
        Default::Absent,
        "inverse variance of an observation, in the target's own units, or `fit`; that of `interval` without it",
    )],
    block: Block::None,
};
static COVERAGE: Sig = score("coverage", "share of the observations that lie in their intervals");
static EPISTEMIC_SD: Sig = score("epistemic_sd", "root mean variance between samples");
static ALEATORIC_SD: Sig = score("aleatoric_sd", "root mean variance that samples leave open");
static MUTUAL_INFORMATION: Sig =
    score("mutual_information", "mean information between the class and the masks");

/// Figures of a predictive distribution.
static SCORES: &[(&Sig, Score)] = &[
    (&LOG_LIKELIHOOD, Score::LogLikelihood(None)),
    (&COVERAGE, Score::Coverage),
    (&EPISTEMIC_SD, Score::EpistemicSd),
    (&ALEATORIC_SD, Score::AleatoricSd),
    (&MUTUAL_INFORMATION, Score::MutualInformation),
];

const fn score(name: &'static str, about: &'static str) -> Sig {
    Sig { name, about, args: &[], block: Block::None }
}

/// `report accuracy, top5, macro_f1`: metrics by name; a metric with arguments is written `top_k(3)`.
pub fn of_training(
    step: &Step,
    kind: Option<OutputKind>,
    scope: &mut Scope,
    diags: &mut Vec<Diagnostic>,
) -> Vec<Use<dyn Metric>> {
    let mut found: Vec<Use<dyn Metric>> = Vec::new();
    let known = fitting(kind, &[]);
    needs_one(step, diags);
    for arg in &step.args {
        let Some((name, args)) = called(arg, &known, scope, diags) else { continue };
        if let Some((sig, _)) = score_of(&name.text) {
            diags.push(
                Diagnostic::error(
                    "E0205",
                    name.span,
                    format!("`{}` is a figure of predictions, not of training", sig.name),
                )
                .label("belongs into `predict`")
                .help(format!("write `report {}` in the `predict` section", sig.name)),
            );
            continue;
        }
        let Some(used) = metric(arg, &name, args, kind, &known, scope, diags) else { continue };
        let name = metrics::label(&used);
        if found.iter().any(|earlier| metrics::label(earlier) == name) {
            twice(arg.span, &name, diags);
            continue;
        }
        found.push(used);
    }
    found
}

/// The same for predictions, whose distributions have figures of their own: `report rmse, log_likelihood(precision=tau), coverage`.
pub fn of_predictions(
    step: &Step,
    kind: Option<OutputKind>,
    scope: &mut Scope,
    diags: &mut Vec<Diagnostic>,
) -> Vec<(Reported, Span)> {
    let mut found: Vec<(Reported, Span)> = Vec::new();
    let known = fitting(kind, SCORES);
    needs_one(step, diags);
    for arg in &step.args {
        let Some((name, args)) = called(arg, &known, scope, diags) else { continue };
        let reported = match score_of(&name.text) {
            Some((sig, score)) => {
                bind(sig, args, arg.span, scope, diags).map(|args| Reported::Score(written(score, &args)))
            }
            None => metric(arg, &name, args, kind, &known, scope, diags).map(Reported::Metric),
        };
        let Some(reported) = reported else { continue };
        if found.iter().any(|(earlier, _)| earlier.name() == reported.name()) {
            twice(arg.span, &reported.name(), diags);
            continue;
        }
        found.push((reported, arg.span));
    }
    found
}

/// Each score must have what it is made of.
pub fn unfounded(reported: &[(Reported, Span)], predict: &Predict, kind: OutputKind) -> Vec<Diagnostic> {
    let scores = || {
        reported.iter().filter_map(|(reported, span)| match reported {
            Reported::Score(score) => Some((*score, *span)),
            Reported::Metric(_) => None,
        })
    };
    let said = |(score, _)| matches!(score, Score::LogLikelihood(Some(_)));
    let spread = scores().any(said) || predict.interval.is_some_and(|interval| interval.precision.is_some());
    scores().filter_map(|(score, span)| without(score, span, predict, kind, spread)).collect()
}

/// What a score lacks. `spread` is whether something says how far observations lie from the mean function.
fn without(
    score: Score,
    span: Span,
    predict: &Predict,
    kind: OutputKind,
    spread: bool,
) -> Option<Diagnostic> {
    let name = score.name();
    let lacks = |message: String, label: &str, help: &str| {
        Some(Diagnostic::error("E0211", span, message).label(label.to_string()).help(help.to_string()))
    };
    let numbers = !kind.has_probabilities();
    if !score.fits(kind) {
        let message = format!("`{name}` says nothing about an output of type `{kind}`");
        let fitting = if numbers { "epistemic_sd" } else { "log_likelihood" };
        let error = Diagnostic::error("E0403", span, message).label("does not fit the output");
        return Some(error.help(format!("there is `{fitting}`")));
    }
    let of_samples = matches!(score, Score::EpistemicSd | Score::MutualInformation);
    let one_number = matches!(predict.mode, PredictMode::Ensemble(..) | PredictMode::Exact(_));
    if one_number && (numbers || of_samples) {
        return lacks(
            format!("`{name}` of one number a row"),
            "needs a distribution",
            "write `mc_dropout`, whose samples are one",
        );
    }
    if of_samples && predict.mode == PredictMode::WeightScaling {
        return lacks(format!("`{name}` of one pass"), "needs samples", "write `mc_dropout`");
    }
    match (score, kind.needs_precision()) {
        (Score::LogLikelihood(Some(_)), false) => lacks(
            format!("`precision=` of an output of type `{kind}`, which says its own distribution"),
            "has no effect here",
            "leave `precision` out",
        ),
        (Score::Coverage, _) if predict.interval.is_none() => lacks(
            "`coverage` where there are no intervals".into(),
            "of which intervals?",
            "write `interval 95%, precision=...`",
        ),
        (Score::LogLikelihood(_) | Score::AleatoricSd, true) if !spread => lacks(
            format!("`{name}` needs to know how observations spread"),
            "no precision",
            "write `log_likelihood(precision=0.1)`, or `precision=fit`",
        ),
        _ => None,
    }
}

/// What an argument of the kind [`PRECISION`] says.
pub fn precision(args: &Args) -> Option<Precision> {
    args.value("precision").map(|value| match value {
        Value::Number(x) => Precision::Known(*x),
        _ => Precision::Fit,
    })
}

fn score_of(name: &str) -> Option<(&'static Sig, Score)> {
    SCORES.iter().copied().find(|(sig, _)| sig.name == name)
}

/// A score with what its arguments say.
fn written(score: Score, args: &Args) -> Score {
    match score {
        Score::LogLikelihood(_) => Score::LogLikelihood(precision(args)),
        other => other,
    }
}

fn needs_one(step: &Step, diags: &mut Vec<Diagnostic>) {
    if step.args.is_empty() {
        diags.push(
            Diagnostic::error("E0201", step.span, "`report` needs at least one metric")
                .label("such as `report accuracy`"),
        );
    }
}

fn twice(span: Span, name: &str, diags: &mut Vec<Diagnostic>) {
    diags.push(Diagnostic::error("E0210", span, format!("`{name}` is reported twice")).label("given again"));
}

fn metric(
    arg: &Arg,
    name: &Ident,
    args: &[Arg],
    kind: Option<OutputKind>,
    known: &[&str],
    scope: &mut Scope,
    diags: &mut Vec<Diagnostic>,
) -> Option<Use<dyn Metric>> {
    let Some((word, extra)) = metrics::spelled(&name.text) else {
        let (what, name, span) = ("metric", &name.text, name.span);
        let otherwise = called_otherwise(what, name, span, metrics::elsewhere(name));
        diags.push(otherwise.unwrap_or_else(|| unknown_word(what, name, span, known, &[])));
        return None;
    };
    let owned: Vec<Arg> =
        extra.map(|k| number_arg(k, name.span)).into_iter().chain(args.iter().cloned()).collect();
    let args = bind(word.sig(), &owned, arg.span, scope, diags)?;
    if let Some(kind) = kind.filter(|kind| !word.fits(*kind)) {
        let message = format!("`{}` says nothing about an output of type `{kind}`", name.text);
        let error = Diagnostic::error("E0403", arg.span, message).label("does not fit the output");
        diags.push(match kind.steps() {
            None => error,
            Some(_) => error
                .note("of each token metrics see the probability that the net gave to it, and how many others it held for as likely")
                .help(format!("there are {}", fitting(Some(kind), &[]).join(", "))),
        });
        return None;
    }
    let fits = kind.is_none_or(|kind| super::train::sound(word.check(&args, kind), &args, diags));
    fits.then_some(Use { word, args })
}

/// A name, or a name with arguments; a param's name is the word that it stands for.
fn called<'a>(
    arg: &'a Arg,
    known: &[&'static str],
    scope: &mut Scope,
    diags: &mut Vec<Diagnostic>,
) -> Option<(Ident, &'a [Arg])> {
    let (name, args): (Ident, &[Arg]) = match (&arg.key, &arg.value.kind) {
        (ArgKey::Positional, ExprKind::Path(name)) => {
            (Ident { text: name.clone(), span: arg.value.span }, &[])
        }
        (ArgKey::Positional, ExprKind::Call { name, args }) => (name.clone(), args),
        _ => {
            diags.push(
                Diagnostic::error("E0205", arg.span, "`report` takes names of metrics").label("not a metric"),
            );
            return None;
        }
    };
    match stood_for(&name, known, scope) {
        Ok(meant) => Some((Ident { text: meant.unwrap_or(name.text), span: name.span }, args)),
        Err(fault) => {
            diags.push(*fault);
            None
        }
    }
}

/// The metric or score that a name stands for, wherever it fits; `known` are proposed if it is neither. None if nothing has defined the name.
fn stood_for(
    name: &Ident,
    known: &[&'static str],
    scope: &mut Scope,
) -> Result<Option<String>, Box<Diagnostic>> {
    if !scope.contains(&name.text) {
        return Ok(None);
    }
    let is_listed = |word: &str| metrics::find(word).is_some() || score_of(word).is_some();
    // `top5` is one of endlessly many words.
    let is_spelled = |word: &str| metrics::spelled(word).is_some();
    if is_spelled(&name.text) || is_listed(&name.text) {
        return Err(twofold(&name.text, name.span, scope));
    }
    scope.words.accept_form(&name.text, is_spelled);
    match scope.word(&name.text).filter(|word| is_listed(word) || is_spelled(word)) {
        Some(word) => {
            if is_listed(&word) {
                let scores = SCORES.iter().map(|(sig, _)| sig.name);
                scope.words.accept(&name.text, metrics::names().into_iter().chain(scores).map(String::from));
            }
            scope.lookup(&name.text);
            Ok(Some(word))
        }
        None => stands_for(&name.text, name.span, known, "the metric", scope),
    }
}

/// The metrics, and of these scores those, that say something about the output.
fn fitting(kind: Option<OutputKind>, scores: &[(&'static Sig, Score)]) -> Vec<&'static str> {
    let metrics = metrics::WORDS.iter().filter(|(word, _)| kind.is_none_or(|kind| word.fits(kind)));
    let scores = scores.iter().filter(|(_, score)| kind.is_none_or(|kind| score.fits(kind)));
    metrics.map(|(word, _)| word.sig().name).chain(scores.map(|(sig, _)| sig.name)).collect()
}

fn number_arg(value: usize, span: Span) -> Arg {
    let value = Expr { kind: ExprKind::Number { value: value as f64, unit: None }, span };
    Arg { key: ArgKey::Positional, value, span }
}

#[cfg(test)]
mod tests {
    use crate::check::{Env, check_source};

    /// Of what may stand in a `report`, messages name what belongs into its section and says something about the output.
    #[test]
    fn only_what_fits_is_proposed() {
        let said = |output: &str, sections: &str| {
            let source = format!(
                "param m = foo\nnet {{\n  input x: real[2]\n  dense 2 -> dropout 0.5\n  dense 2\n  output y: {output}\n}}\n{sections}"
            );
            format!("{:?}", check_source(&source, &Env::default()).diagnostics)
        };
        let training = |word: &str| format!("train {{\n  loss cross_entropy\n  report {word}\n}}\n");
        let predictions = "predict {\n  mc_dropout\n  report zork\n}\n";
        let of_classes = "accuracy, auc, aurc, average_precision, balanced_accuracy, brier, ece, f1, macro_f1, mcc, nll, precision, recall, top_k";
        for (output, sections, listed) in [
            ("class[2]", training("zork").as_str(), format!("known: {of_classes}\"")),
            ("class[2]", training("m").as_str(), format!("one of {of_classes}\"")),
            ("class[2]", predictions, format!("known: {of_classes}, log_likelihood, mutual_information\"")),
            (
                "real[2]",
                predictions,
                "known: mae, mape, r2, rmse, rmsle, log_likelihood, coverage, epistemic_sd, aleatoric_sd\""
                    .into(),
            ),
        ] {
            let said = said(output, sections);
            assert!(said.contains(&listed), "{listed}\n{said}");
        }
    }
}
