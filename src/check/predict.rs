//! The `predict` section.

use super::{
    bind::bind,
    chosen::chosen_steps,
    report,
    scope::Scope,
    section::{Section, misplaced, unknown_word, use_span},
    views,
};
use crate::{
    diag::{Diagnostic, Span},
    model::{
        Interval, McDropout, Mean, Model, OutputKind, Precision, Predict, PredictMode, Reported, Score, Until,
    },
    vocab::{ArgSpec, Args, Block, Bounds, Default, Kind, Sig},
};

static WEIGHT_SCALING: Sig = Sig {
    name: "weight_scaling",
    about: "predict by one pass with dropout off: the usual way",
    args: &[],
    block: Block::None,
};
static MC_DROPOUT: Sig = Sig {
    name: "mc_dropout",
    about: "predict by the mean over samples with dropout on, and say how they differ",
    args: &[
        ArgSpec::named("samples", Kind::Count { min: 1 }, Default::Number(100.0), "samples of each row"),
        ArgSpec::named(
            "seed",
            Kind::Count { min: 0 },
            Default::Absent,
            "seed of the masks; that of the run without one",
        ),
        ArgSpec::named(
            "until_se",
            Kind::Number(Bounds::POSITIVE),
            Default::Absent,
            "stop when no row's standard error is above this; `samples` is then the most",
        ),
        ArgSpec::named(
            "of",
            Kind::Word(&["mean"]),
            Default::Absent,
            "what `until_se` is the standard error of",
        ),
        ArgSpec::named(
            "min",
            Kind::Count { min: 2 },
            Default::Absent,
            "samples between two looks at the standard error, 20 without it",
        ),
    ],
    block: Block::None,
};
static ENSEMBLE: Sig = Sig {
    name: "ensemble",
    about: "predict by a mean of sampled sub-networks",
    args: &[
        ArgSpec::named(
            "kind",
            Kind::Word(&["arithmetic", "geometric"]),
            Default::Word("arithmetic"),
            "of probabilities, or of their logarithms",
        ),
        ArgSpec::named("samples", Kind::Count { min: 1 }, Default::Number(100.0), "sub-networks of each row"),
        ArgSpec::named(
            "seed",
            Kind::Count { min: 0 },
            Default::Absent,
            "seed of the masks; that of the run without one",
        ),
    ],
    block: Block::None,
};
static EXACT: Sig = Sig {
    name: "exact",
    about: "predict by the mean of all sub-networks of a small net",
    args: &[ArgSpec::named(
        "kind",
        Kind::Word(&["arithmetic", "geometric"]),
        Default::Word("arithmetic"),
        "of probabilities, or of their logarithms",
    )],
    block: Block::None,
};
static REPORT: Sig = Sig {
    name: "report",
    about: "the figures of predictions: metrics, log_likelihood(precision=), coverage, epistemic_sd, aleatoric_sd, mutual_information",
    args: &[ArgSpec::required(
        "figures",
        Kind::Rest(&Kind::Name),
        "names of figures, in the order they are wanted",
    )],
    block: Block::None,
};
static INTERVAL: Sig = Sig {
    name: "interval",
    about: "intervals that hold a new observation with this probability",
    args: &[
        ArgSpec::required(
            "share",
            Kind::Number(Bounds { low: 0.0, high: 1.0, open_low: true, open_high: true }),
            "probability of the interval, such as 95%",
        ),
        ArgSpec::named(
            "precision",
            report::PRECISION,
            Default::Absent,
            "inverse variance of an observation, in the target's own units, or `fit`: the likeliest for the validation rows; without it that of a reported `log_likelihood`, or of `bayes_decay`",
        ),
    ],
    block: Block::None,
};

static AUGMENT: Sig = Sig {
    name: "augment",
    about: "predict by the mean over fixed views of each picture: what its statements make of it, in every combination",
    args: &[],
    block: Block::Body,
};

/// The statements of `predict`.
pub static PREDICT_STATEMENTS: &[&Sig] =
    &[&WEIGHT_SCALING, &MC_DROPOUT, &ENSEMBLE, &EXACT, &AUGMENT, &INTERVAL, &REPORT];
/// Samples that fit the counters of a pass.
const MOST_SAMPLES: usize = 1_000_000;
/// Coins whose sub-networks can be counted.
pub const MOST_COINS: usize = 24;

/// What the statements said, with their places.
#[derive(Default)]
pub struct Found {
    predict: Predict,
    mode: Option<Span>,
    /// Of what needs live dropout, and its word.
    samples: Option<(Span, &'static str)>,
    interval: Option<Span>,
    views: Option<Span>,
    report: Option<Span>,
    reported: Vec<(Reported, Span)>,
}

/// Checks the statements one by one.
pub fn section(
    section: Section<'_>,
    kind: Option<OutputKind>,
    scope: &mut Scope,
    diags: &mut Vec<Diagnostic>,
) -> Found {
    let mut found = Found::default();
    for step in chosen_steps(section, scope, diags) {
        let word = step.name.text.as_str();
        let Some(sig) = PREDICT_STATEMENTS.iter().find(|sig| sig.name == word) else {
            let known: Vec<&str> = PREDICT_STATEMENTS.iter().map(|sig| sig.name).collect();
            diags.push(match (section.home)(word) {
                Some(section) if section != "predict" => misplaced(word, section, step.name.span),
                _ => unknown_word("`predict` statement", word, step.name.span, &known, &[]),
            });
            continue;
        };
        let span = use_span(step);
        if sig.name == REPORT.name {
            if found.report.is_none() {
                found.reported = report::of_predictions(step, kind, scope, diags);
            }
            once(&mut found.report, span, "a second `report`", diags);
            continue;
        }
        if sig.name == AUGMENT.name {
            if found.views.is_none() && bind(sig, &step.args, span, scope, diags).is_some() {
                found.predict.views = views::statements(step, section, scope, diags);
            }
            once(&mut found.views, span, "a second `augment`", diags);
            continue;
        }
        if let Some(args) = bind(sig, &step.args, span, scope, diags) {
            found.statement(&args, span, diags);
        }
    }
    found
}

impl Found {
    fn statement(&mut self, args: &Args, span: Span, diags: &mut Vec<Diagnostic>) {
        if args.sig.name == "interval" {
            once(&mut self.interval, span, "a second `interval`", diags);
            let precision = report::precision(args);
            self.predict.interval = Some(Interval { share: args.number("share"), precision });
            return;
        }
        once(&mut self.mode, span, "a second way to predict", diags);
        if args.sig.name == EXACT.name {
            self.samples = Some((span, args.sig.name));
            self.predict.mode = PredictMode::Exact(mean_of(args.word("kind")));
        } else if args.sig.name != "weight_scaling" {
            self.samples = Some((span, args.sig.name));
            let samples = args.count("samples");
            if samples > MOST_SAMPLES {
                diags.push(
                    Diagnostic::error(
                        "E0206",
                        args.span_of("samples"),
                        format!("{samples} samples of each row"),
                    )
                    .label(format!("at most {MOST_SAMPLES}")),
                );
            }
            let seed = args.opt_number("seed").map(|x| x as u64);
            let samples = samples.min(MOST_SAMPLES) as u32;
            let mc = McDropout { samples, seed, until: until(args, samples, diags) };
            self.predict.mode = match args.sig.arg("kind").map(|_| args.word("kind")) {
                None => PredictMode::McDropout(mc),
                Some(kind) => PredictMode::Ensemble(mean_of(kind), mc),
            };
        }
    }

    /// Checks the section against its net. Among the points of a sweep there may be one where nothing is dropped: it has one sample.
    pub fn finish(self, model: &Model, in_sweep: bool, diags: &mut Vec<Diagnostic>) -> Predict {
        if let Some((span, word)) = self.samples.filter(|_| !model.is_live_in_mc()) {
            let message = format!("`{word}` where nothing is left to chance");
            let found = match in_sweep {
                true => Diagnostic::warning("W0108", span, message),
                false => Diagnostic::error("E0407", span, message),
            };
            diags.push(
                found
                    .label("all samples would be the same")
                    .help("put a `dropout` with a rate above 0 into the net, or write `weight_scaling`"),
            );
        }
        if let (PredictMode::Exact(_), Some((span, _))) = (self.predict.mode, self.samples) {
            diags.extend(not_countable(model, span));
        }
        if let (Some(_), Some((span, word))) = (model.output.kind.steps(), self.samples) {
            diags.extend(not_of_steps(self.predict.mode, word, span));
        }
        let mut predict = self.predict;
        diags.extend(views::misfit(&predict, model));
        if let Some(interval) = predict.interval.as_mut().filter(|_| model.output.kind.needs_precision()) {
            interval.precision = interval.precision.or_else(|| said_elsewhere(&self.reported, model));
        }
        diags.extend(report::unfounded(&self.reported, &predict, model.output.kind));
        if let (Some(span), Some(interval)) = (self.interval, predict.interval) {
            diags.extend(wrong_interval(model.output.kind, interval, span));
            if let (PredictMode::Ensemble(..) | PredictMode::Exact(_), Some((place, word))) =
                (predict.mode, self.samples)
            {
                diags.push(
                    Diagnostic::error(
                        "E0211",
                        span,
                        format!("`interval` beside `{word}`, which gives one number a row"),
                    )
                    .label("has no effect here")
                    .also(place, "the way to predict")
                    .help("write `mc_dropout` to have intervals"),
                );
            }
        }
        Predict { report: self.reported.into_iter().map(|(reported, _)| reported).collect(), ..predict }
    }
}

/// The precision of an interval that names none: that of a reported likelihood, or that which `bayes_decay` trains with.
fn said_elsewhere(reported: &[(Reported, Span)], model: &Model) -> Option<Precision> {
    let likelihood = reported.iter().find_map(|(reported, _)| match reported {
        Reported::Score(Score::LogLikelihood(precision)) => *precision,
        _ => None,
    });
    let decays = model.train.iter().flat_map(|train| train.bayes_decays());
    likelihood
        .or_else(|| decays.filter_map(|decay| decay.precision).find(|precision| precision.known().is_some()))
}

/// When samples are enough, if the statement says.
fn until(args: &Args, samples: u32, diags: &mut Vec<Diagnostic>) -> Option<Until> {
    args.sig.arg("until_se")?;
    let mut refuse = |name: &str, message: String, label: &str| {
        diags.push(Diagnostic::error("E0211", args.span_of(name), message).label(label.to_string()));
    };
    let Some(standard_error) = args.opt_number("until_se") else {
        for name in ["of", "min"].into_iter().filter(|name| args.is_written(name)) {
            refuse(name, format!("`{name}` without `until_se`"), "has no effect here");
        }
        return None;
    };
    let min = args.opt_number("min").map_or(Until::USUAL_MIN, |n| n as u32);
    if min > samples {
        let name = if args.is_written("min") { "min" } else { "until_se" };
        let message =
            format!("the first look at the standard error is after {min} samples, and there are {samples}");
        refuse(name, message, "more `samples`, or a smaller `min`");
    }
    Some(Until { standard_error, min })
}

fn mean_of(kind: &str) -> Mean {
    if kind == "geometric" { Mean::Geometric } else { Mean::Arithmetic }
}

/// `exact` needs coins, and few of them.
fn not_countable(model: &Model, span: Span) -> Option<Diagnostic> {
    let coins = model.coins();
    let error = |message: String| Diagnostic::error("E0408", span, message);
    if model.output.kind.says_spread() {
        let error = error("`exact` of a `normal` output is not in this version".into());
        return Some(error.label("says a distribution").help("write `mc_dropout`"));
    }
    if let Some(path) = model.continuous_site() {
        let error = error(format!("`exact` where the multipliers of {path} are not coins"));
        return Some(error.label("there is no end of sub-networks").help("write `mc_dropout` or `ensemble`"));
    }
    (coins > MOST_COINS).then(|| {
        error(format!("`exact` over 2^{coins} sub-networks"))
            .label(format!("at most 2^{MOST_COINS}"))
            .help("write `mc_dropout` or `ensemble`: sampled means come as near as you like")
    })
}

/// Of answers at each step there are samples of a fixed number, and their mean.
fn not_of_steps(mode: PredictMode, word: &str, span: Span) -> Option<Diagnostic> {
    let what = match mode {
        PredictMode::WeightScaling => return None,
        PredictMode::McDropout(McDropout { until: None, .. }) => return None,
        PredictMode::McDropout(_) => "`until_se`".to_string(),
        PredictMode::Ensemble(..) | PredictMode::Exact(_) => format!("`{word}`"),
    };
    let message = format!("{what} of a net that answers at each step is not in this version");
    Some(
        Diagnostic::error("E0204", span, message)
            .label("not built yet")
            .help("write `mc_dropout samples=50`"),
    )
}

fn once(seen: &mut Option<Span>, span: Span, message: &str, diags: &mut Vec<Diagnostic>) {
    match seen {
        None => *seen = Some(span),
        Some(first) => {
            diags.push(
                Diagnostic::error("E0104", span, message).label("stands once").also(*first, "the first one"),
            );
        }
    }
}

fn wrong_interval(kind: OutputKind, interval: Interval, span: Span) -> Option<Diagnostic> {
    match interval.precision {
        _ if kind.has_probabilities() => Some(
            Diagnostic::error("E0211", span, "`interval` of an output that has probabilities")
                .label("for `real` and `normal` outputs")
                .help("leave it out: probabilities say how sure the net is"),
        ),
        Some(_) if kind.says_spread() => Some(
            Diagnostic::error("E0211", span, "`precision=` beside a `normal` output, which says its own")
                .label("has no effect here")
                .help("leave `precision` out"),
        ),
        None if kind.needs_precision() => Some(
            Diagnostic::error("E0211", span, "an interval needs to know how observations spread")
                .label("no `precision=`")
                .help("write `interval 95%, precision=0.1`: the inverse variance of an observation, or let the net say it by `output y: normal[1]`"),
        ),
        _ => None,
    }
}
