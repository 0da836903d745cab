//! The `train` section.

use super::{
    activities::Labelled,
    augment,
    bind::bind,
    chosen::chosen_steps,
    family::{ACTIVITY, AVERAGE, LOSS, OPTIMIZER, PENALIZE, SCHEDULE},
    parts::{self, FREEZE, LR},
    report,
    scope::Scope,
    section::{Section, misplaced, unknown_word, use_span},
    times::updates_per_epoch,
    watched::check_watch,
};
use crate::{
    data::{DataConfig, Split},
    diag::{Diagnostic, Span},
    model::{Freeze, OutputKind, OwnRate, StopEarly, Train, Use},
    syntax::ast::Step,
    train::{
        Activity, Wrong, averages, losses, metrics, optimizers, penalties, schedules,
        steps::{
            accumulate,
            judge::{self, Judge},
            load::{self, Load},
            sam, sample,
        },
    },
    vocab::{ArgSpec, Args, Block, Bounds, Default, Kind, Sig, Time, Unit},
};

static EPOCHS: Sig = Sig {
    name: "epochs",
    about: "passes over the training rows",
    args: &[ArgSpec::required("count", Kind::Count { min: 1 }, "number of epochs")],
    block: Block::None,
};
static STEPS: Sig = Sig {
    name: "steps",
    about: "updates, in place of `epochs`: the last epoch may be a part of one, which nothing watches",
    args: &[ArgSpec::required("count", Kind::Count { min: 1 }, "number of updates")],
    block: Block::None,
};
static SEED: Sig = Sig {
    name: "seed",
    about: "seed of every random decision; `--seed` wins",
    args: &[ArgSpec::required("value", Kind::Count { min: 0 }, "the seed")],
    block: Block::None,
};
static STOP_EARLY: Sig = Sig {
    name: "stop_early",
    about: "stop when the watched figure no longer improves",
    args: &[
        ArgSpec::named(
            "patience",
            Kind::Count { min: 1 },
            Default::Number(10.0),
            "epochs without improvement",
        ),
        ArgSpec::named(
            "watch",
            Kind::Name,
            Default::Word("valid.loss"),
            "the figure: `valid.loss`, `valid.accuracy`",
        ),
        ArgSpec::named(
            "min_delta",
            Kind::Number(Bounds::NON_NEGATIVE),
            Default::Number(0.0),
            "smallest improvement that counts",
        ),
    ],
    block: Block::None,
};
/// The statements of `train` whose words are fixed; the others choose a word of a family.
pub static TRAIN_STATEMENTS: &[&Sig] = &[&EPOCHS, &STEPS, &SEED, &STOP_EARLY, &FREEZE, &LR];

/// The statements of `train`.
pub const STATEMENTS: &[&str] = &[
    "loss",
    "optimizer",
    "schedule",
    "penalize",
    "epochs",
    "steps",
    "seed",
    "stop_early",
    "average",
    "report",
    "judge",
    "load",
    "freeze",
    "lr",
    "accumulate",
    "sam",
    "sample",
];
/// Statements that may stand more than once.
const REPEATED: &[&str] = &["penalize", "load", "freeze", "lr"];
#[derive(Default)]
struct Found {
    loss: Option<Use<dyn losses::Loss>>,
    optimizer: Option<Use<dyn optimizers::Optimizer>>,
    schedule: Option<Use<dyn schedules::Schedule>>,
    penalties: Vec<Use<dyn penalties::Penalty>>,
    length: Option<Time>,
    activities: Vec<Use<dyn Activity>>,
    loads: Vec<Load>,
    freezes: Vec<Freeze>,
    rates: Vec<OwnRate>,
    stop_early: Option<(StopEarly, Span)>,
    average: Option<Use<dyn averages::Average>>,
    report: Vec<Use<dyn metrics::Metric>>,
    judge: Option<Judge>,
    accumulate: Option<usize>,
    sam: Option<f64>,
    balanced: bool,
    seed: Option<u64>,
    seen: Vec<(&'static str, Span)>,
}

/// Checks `train`, and the `augment` section beside it. `kind` is the net's output and `labels` what its labels name, where the net is sound.
pub fn section(
    section: Section<'_>,
    beside: Option<(Section<'_>, Option<&[augment::Input]>)>,
    kind: Option<OutputKind>,
    (data, labels): (Option<&DataConfig>, Option<&Labelled<'_>>),
    scope: &mut Scope,
    diags: &mut Vec<Diagnostic>,
) -> Option<Train> {
    let before = diags.len();
    let mut found = Found::default();
    for step in chosen_steps(section, scope, diags) {
        let word = step.name.text.as_str();
        let Some(name) = STATEMENTS.iter().copied().find(|n| *n == word) else {
            diags.push(match (section.home)(word) {
                Some(section) => misplaced(word, section, step.name.span),
                None => unknown_word("`train` statement", word, step.name.span, STATEMENTS, &[]),
            });
            continue;
        };
        if let Some((_, first)) = found.seen.iter().find(|(n, _)| *n == name && !REPEATED.contains(n)) {
            diags.push(
                Diagnostic::error("E0104", step.span, format!("a second `{name}`"))
                    .label("stands once")
                    .also(*first, "the first one"),
            );
            continue;
        }
        found.seen.push((name, step.span));
        found.statement(name, step, kind, scope, diags);
    }
    let augmentation =
        beside.map(|(s, inputs)| augment::section(s, inputs, data, scope, diags)).unwrap_or_default();
    found.require(section.head, kind, diags);
    let has_valid = data.is_none_or(|data| data.settings.split.as_ref().is_some_and(Split::has_valid));
    if let (Some((stop, span)), Some(_)) = (&found.stop_early, kind) {
        check_watch(&stop.watch, *span, has_valid, &found.report, diags);
    }
    let schedule = found.schedule.as_ref().filter(|_| kind.is_some());
    if let Some((plateau, used)) = schedule.and_then(|used| Some((used.word.plateau(&used.args)?, used))) {
        check_watch(&plateau.watch, used.args.span_of("watch"), has_valid, &found.report, diags);
    }
    let rows = scope.attributes.get("train.rows").copied();
    let updates = data.and_then(|data| updates_per_epoch(data, rows));
    if let (Some(used), Some(length)) = (&found.schedule, found.length) {
        sound(schedules::check_times(used, length, updates), &used.args, diags);
    }
    let activities = std::mem::take(&mut found.activities);
    let held = labels.map_or_else(Vec::new, |labels| labels.held(activities, diags));
    diags.extend(found.two_lengths());
    diags.extend(found.never_watched(updates));
    if diags[before..].iter().any(Diagnostic::is_error) {
        return None;
    }
    let constant = || Use {
        word: &schedules::constant::WORD as &'static dyn schedules::Schedule,
        args: Args::new(schedules::constant::WORD.sig(), section.head, Vec::new()),
    };
    Some(Train {
        loss: found.loss?,
        optimizer: found.optimizer?,
        schedule: found.schedule.unwrap_or_else(constant),
        penalties: found.penalties,
        held,
        length: found.length?,
        loads: found.loads,
        freezes: found.freezes,
        rates: found.rates,
        stop_early: found.stop_early.map(|(stop, _)| stop),
        average: found.average,
        accumulate: found.accumulate.unwrap_or(1),
        sam: found.sam,
        balanced: found.balanced,
        report: found.report,
        judge: found.judge,
        augmentation,
        seed: found.seed,
    })
}

use crate::train::Schedule as _;

impl Found {
    fn statement(
        &mut self,
        name: &str,
        step: &Step,
        kind: Option<OutputKind>,
        scope: &mut Scope,
        diags: &mut Vec<Diagnostic>,
    ) {
        match name {
            "loss" => self.loss = LOSS.chosen(step, scope, diags).filter(|used| fits_loss(used, kind, diags)),
            "optimizer" => {
                self.optimizer = OPTIMIZER
                    .chosen(step, scope, diags)
                    .filter(|used| sound(used.word.check(&used.args), &used.args, diags))
            }
            "schedule" => {
                self.schedule = SCHEDULE
                    .chosen(step, scope, diags)
                    .filter(|used| sound(used.word.check(&used.args), &used.args, diags))
            }
            "average" => self.average = AVERAGE.chosen(step, scope, diags),
            "penalize" if ACTIVITY.is_meant(step, "of") => {
                self.activities.extend(ACTIVITY.chosen(step, scope, diags))
            }
            "penalize" => self.penalties.extend(PENALIZE.chosen(step, scope, diags)),
            "epochs" => self.length = length(&EPOCHS, Unit::Epochs, step, scope, diags),
            "steps" => self.length = length(&STEPS, Unit::Steps, step, scope, diags),
            "judge" => {
                self.judge = bind(&judge::SIG, &step.args, use_span(step), scope, diags).map(Judge::of);
            }
            "load" => {
                self.loads.extend(bind(&load::SIG, &step.args, use_span(step), scope, diags).map(Load::of));
            }
            "freeze" => {
                let args = bind(&FREEZE, &step.args, use_span(step), scope, diags);
                self.freezes.extend(args.as_ref().map(parts::freeze));
            }
            "lr" => {
                let args = bind(&LR, &step.args, use_span(step), scope, diags);
                self.rates.extend(args.as_ref().map(parts::own_rate));
            }
            "accumulate" => {
                let args = bind(&accumulate::SIG, &step.args, use_span(step), scope, diags);
                self.accumulate = args.map(|args| args.count("count"));
            }
            "sam" => {
                self.sam = bind(&sam::SIG, &step.args, use_span(step), scope, diags).map(|a| a.number("rho"));
            }
            "sample" => {
                let sound = bind(&sample::SIG, &step.args, use_span(step), scope, diags).is_some();
                self.balanced = sound && has_classes(step, kind, diags);
            }
            "seed" => {
                self.seed =
                    bind(&SEED, &step.args, use_span(step), scope, diags).map(|a| a.count("value") as u64)
            }
            "stop_early" => {
                self.stop_early = bind(&STOP_EARLY, &step.args, use_span(step), scope, diags).map(|a| {
                    let stop = StopEarly {
                        patience: a.count("patience"),
                        watch: a.word("watch").into(),
                        min_delta: a.number("min_delta"),
                        span: a.span,
                    };
                    (stop, a.span_of("watch"))
                });
            }
            _ => self.report = report::of_training(step, kind, scope, diags),
        }
    }

    /// A run that ends before the first epoch does, and something that looks at the figures of epochs.
    fn never_watched(&self, updates_per_epoch: Option<u64>) -> Option<Diagnostic> {
        let length = self.length.filter(|length| length.1 == Unit::Steps)?;
        let updates = updates_per_epoch.filter(|updates| length.updates(*updates) < *updates)?;
        let stop = self.stop_early.as_ref().map(|(stop, _)| (stop.span, "stop_early"));
        let plateau = self.schedule.as_ref().filter(|used| used.word.plateau(&used.args).is_some());
        let (span, word) = stop.or(plateau.map(|used| (used.args.span, used.args.sig.name)))?;
        Some(
            Diagnostic::error(
                "E0406",
                span,
                format!("`{word}` never looks: training ends before its first epoch does"),
            )
            .label("looks after whole epochs")
            .note(format!("an epoch has {updates} steps, training {}", length.0)),
        )
    }

    /// `epochs` beside `steps`.
    fn two_lengths(&self) -> Option<Diagnostic> {
        let at = |name: &str| self.seen.iter().find(|(n, _)| *n == name).map(|(_, span)| *span);
        let (epochs, steps) = (at(EPOCHS.name)?, at(STEPS.name)?);
        Some(
            Diagnostic::error("E0104", epochs.max(steps), "both `epochs` and `steps` are given")
                .label("one of them says how long")
                .also(epochs.min(steps), "the other one"),
        )
    }

    /// What a `train` section cannot do without.
    fn require(&self, head: Span, kind: Option<OutputKind>, diags: &mut Vec<Diagnostic>) {
        let usual = kind.unwrap_or(OutputKind::class(2)).usual_loss();
        let loss = format!("loss {}", usual.sig().name);
        for (name, example) in
            [("loss", loss.as_str()), ("optimizer", "optimizer adam, lr=1e-3"), ("epochs", "epochs 20")]
        {
            let there = |n: &str| n == name || (name == "epochs" && n == STEPS.name);
            if !self.seen.iter().any(|(n, _)| there(n)) {
                diags.push(
                    Diagnostic::error("E0404", head, format!("the `train` section has no `{name}`"))
                        .label(format!("needs `{name}`"))
                        .help(format!("add, for example, `{example}`")),
                );
            }
        }
    }
}

/// Whether rows have classes that can be visited equally often.
fn has_classes(step: &Step, kind: Option<OutputKind>, diags: &mut Vec<Diagnostic>) -> bool {
    let Some(kind) = kind.filter(|kind| kind.classes().is_none()) else { return true };
    diags.push(
        Diagnostic::error(
            "E0402",
            use_span(step),
            format!("rows of an output of type `{kind}` have no classes"),
        )
        .label("visits every class equally often")
        .help("leave it out"),
    );
    false
}

fn length(
    sig: &'static Sig,
    unit: Unit,
    step: &Step,
    scope: &mut Scope,
    diags: &mut Vec<Diagnostic>,
) -> Option<Time> {
    bind(sig, &step.args, use_span(step), scope, diags).map(|a| Time(a.number("count"), unit))
}

fn fits_loss(used: &Use<dyn losses::Loss>, kind: Option<OutputKind>, diags: &mut Vec<Diagnostic>) -> bool {
    let Some(kind) = kind else { return true };
    let name = used.args.sig.name;
    if !used.word.fits(kind) {
        let fitting: Vec<&str> =
            losses::WORDS.iter().filter(|(w, _)| w.fits(kind)).map(|(w, _)| w.sig().name).collect();
        diags.push(
            Diagnostic::error(
                "E0402",
                used.args.span,
                format!("`{name}` cannot read an output of type `{kind}`"),
            )
            .label("does not fit the output")
            .help(format!("for `{kind}`: {}", fitting.join(", "))),
        );
        return false;
    }
    sound(used.word.check(&used.args, kind), &used.args, diags)
}

/// Reports an argument that its word refuses.
pub(super) fn sound(found: Result<(), Wrong>, args: &Args, diags: &mut Vec<Diagnostic>) -> bool {
    let Err((arg, why)) = found else { return true };
    diags.push(
        Diagnostic::error("E0206", args.span_of(arg), format!("`{arg}` of `{}` {why}", args.sig.name))
            .label("does not fit"),
    );
    false
}
