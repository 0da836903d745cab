//! `report`: the figures that are wanted, of training and of predictions.

use super::{
    bind::bind,
    scope::Scope,
    section::unknown_word,
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
static SCORES: &[&Sig] = &[&LOG_LIKELIHOOD, &COVERAGE, &EPISTEMIC_SD, &ALEATORIC_SD, &MUTUAL_INFORMATION];

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
    needs_one(step, diags);
    for arg in &step.args {
        let Some((name, args)) = called(arg, scope, diags) else { continue };
        if let Some(sig) = score_of(&name) {
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
        let Some(used) = metric(arg, &name, args, kind, &[], scope, diags) else { continue };
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
    needs_one(step, diags);
    for arg in &step.args {
        let Some((name, args)) = called(arg, scope, diags) else { continue };
        let reported = match score_of(&name) {
            Some(sig) => {
                bind(sig, args, arg.span, scope, diags).map(|args| Reported::Score(the_score(&args)))
            }
            None => metric(arg, &name, args, kind, SCORES, scope, diags).map(Reported::Metric),
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
    let fits = match score {
        Score::LogLikelihood(_) => true,
        Score::Coverage | Score::EpistemicSd | Score::AleatoricSd => numbers,
        Score::MutualInformation => kind.classes().is_some(),
    };
    if !fits {
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

fn score_of(name: &Ident) -> Option<&'static Sig> {
    SCORES.iter().copied().find(|sig| sig.name == name.text)
}

fn the_score(args: &Args) -> Score {
    match args.sig.name {
        "log_likelihood" => Score::LogLikelihood(precision(args)),
        "coverage" => Score::Coverage,
        "epistemic_sd" => Score::EpistemicSd,
        "aleatoric_sd" => Score::AleatoricSd,
        _ => Score::MutualInformation,
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
    also: &[&Sig],
    scope: &mut Scope,
    diags: &mut Vec<Diagnostic>,
) -> Option<Use<dyn Metric>> {
    let Some((word, extra)) = metrics::spelled(&name.text) else {
        let known: Vec<&str> = metrics::names().into_iter().chain(also.iter().map(|sig| sig.name)).collect();
        diags.push(unknown_word("metric", &name.text, name.span, &known, &["perplexity"]));
        return None;
    };
    let owned: Vec<Arg> =
        extra.map(|k| number_arg(k, name.span)).into_iter().chain(args.iter().cloned()).collect();
    let args = bind(word.sig(), &owned, arg.span, scope, diags)?;
    if let Some(kind) = kind.filter(|kind| !word.fits(*kind)) {
        diags.push(
            Diagnostic::error(
                "E0403",
                arg.span,
                format!("`{}` says nothing about an output of type `{kind}`", name.text),
            )
            .label("does not fit the output"),
        );
        return None;
    }
    let fits = kind.is_none_or(|kind| super::train::sound(word.check(&args, kind), &args, diags));
    fits.then_some(Use { word, args })
}

/// A name, or a name with arguments; a param's name is the word that it stands for.
fn called<'a>(arg: &'a Arg, scope: &mut Scope, diags: &mut Vec<Diagnostic>) -> Option<(Ident, &'a [Arg])> {
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
    match stood_for(&name, scope) {
        Ok(meant) => Some((Ident { text: meant.unwrap_or(name.text), span: name.span }, args)),
        Err(fault) => {
            diags.push(*fault);
            None
        }
    }
}

/// The metric or score that a name stands for. None if nothing has defined the name.
fn stood_for(name: &Ident, scope: &mut Scope) -> Result<Option<String>, Box<Diagnostic>> {
    // `top5` is one of endlessly many words.
    let is_numbered = |word: &str| metrics::find(word).is_none() && metrics::spelled(word).is_some();
    if !scope.contains(&name.text) {
        return Ok(None);
    }
    if is_numbered(&name.text) {
        return Err(twofold(&name.text, name.span, scope));
    }
    scope.words.accept_form(&name.text, |word| metrics::spelled(word).is_some());
    if let Some(word) = scope.word(&name.text).filter(|word| is_numbered(word)) {
        scope.lookup(&name.text);
        return Ok(Some(word));
    }
    let words: Vec<&'static str> =
        metrics::names().into_iter().chain(SCORES.iter().map(|sig| sig.name)).collect();
    stands_for(&name.text, name.span, &words, "the metric", scope)
}

fn number_arg(value: usize, span: Span) -> Arg {
    let value = Expr { kind: ExprKind::Number { value: value as f64, unit: None }, span };
    Arg { key: ArgKey::Positional, value, span }
}
