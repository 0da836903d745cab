//! The `sweep` section.

use super::{
    bind::bind,
    scope::Scope,
    section::{Section, misplaced, statement_steps, unknown_word, use_span},
    suggest::nearest,
};
use crate::{
    diag::{Diagnostic, Span},
    model::{
        Goal, Model, PredictMode, Prune, Range, Reported, Search, Sweep, Values, Vary, summary::grouped,
    },
    syntax::ast::{ExprKind, Step},
    train::metrics,
    vocab::{ArgSpec, Args, Block, Bounds, Default, Kind, Sig, Unit, Value, exactly},
};

static VARY: Sig = Sig {
    name: "vary",
    about: "values of a `param` that are tried",
    args: &[
        ArgSpec::required("name", Kind::Name, "the param"),
        ArgSpec::required(
            "values",
            Kind::OneOf(&[Kind::Choices, Kind::Span]),
            "a list of values, or a range to draw from",
        ),
        ArgSpec::named(
            "scale",
            Kind::Word(&["linear", "log"]),
            Default::Word("linear"),
            "how a range is drawn from: evenly, or evenly in the logarithm",
        ),
        ArgSpec::named(
            "step",
            Kind::Number(Bounds::POSITIVE),
            Default::Absent,
            "distance of the values of a range, from its low end",
        ),
    ],
    block: Block::None,
};
static SEARCH: Sig = Sig {
    name: "search",
    about: "which combinations are tried: all of them, random ones, or such as promise much after what was found",
    args: &[
        ArgSpec::required("kind", Kind::Word(&["grid", "random", "tpe"]), "the way to search"),
        ArgSpec::named("trials", Kind::Count { min: 1 }, Default::Absent, "combinations that are drawn"),
        ArgSpec::named("seed", Kind::Count { min: 0 }, Default::Number(0.0), "seed of the draws"),
    ],
    block: Block::None,
};
static PRUNE: Sig = Sig {
    name: "prune",
    about: "gives up trials that are worse than the median of earlier ones after as many epochs",
    args: &[
        ArgSpec::required("kind", Kind::Word(&["median"]), "the rule"),
        ArgSpec::named(
            "after",
            Kind::Quantity(&[Unit::Epochs]),
            Default::Absent,
            "epochs that every trial is given; 1 unless given",
        ),
    ],
    block: Block::None,
};
static GOAL: Sig = Sig {
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

/// The statements of `sweep`.
pub static SWEEP_STATEMENTS: &[&Sig] = &[&VARY, &SEARCH, &PRUNE, &GOAL];
/// Figures that samples of dropout have beside the metrics.
const OF_SAMPLES: &[&str] = &["log_likelihood", "coverage"];

/// What the statements said, with their places.
pub struct Found {
    head: Span,
    vary: Vec<(Vary, Span)>,
    search: Option<(Search, Span)>,
    prune: Option<(Prune, Span)>,
    goal: Option<(Goal, Span)>,
    /// Statements that stand there, sound or not.
    seen: Vec<&'static str>,
}

/// Checks the statements one by one. `params` are the names that may vary.
pub fn section(
    section: Section<'_>,
    params: &[(String, Value)],
    scope: &mut Scope,
    diags: &mut Vec<Diagnostic>,
) -> Found {
    let mut found = Found {
        head: section.head,
        vary: Vec::new(),
        search: None,
        prune: None,
        goal: None,
        seen: Vec::new(),
    };
    for step in statement_steps(section, diags) {
        let word = step.name.text.as_str();
        let Some(sig) = SWEEP_STATEMENTS.iter().find(|sig| sig.name == word) else {
            let known: Vec<&str> = SWEEP_STATEMENTS.iter().map(|sig| sig.name).collect();
            diags.push(match (section.home)(word) {
                Some(section) if section != "sweep" => misplaced(word, section, step.name.span),
                _ => unknown_word("`sweep` statement", word, step.name.span, &known, &[]),
            });
            continue;
        };
        let span = use_span(step);
        found.seen.push(sig.name);
        let Some(args) = bind(sig, &step.args, span, scope, diags) else { continue };
        match word {
            "vary" => {
                words_of(step, &args, scope);
                found.vary(&args, params, diags);
            }
            "search" => {
                once(found.search.as_ref().map(|s| s.1), span, "a second `search`", diags);
                found.search = search(&args, diags).map(|search| (search, span));
            }
            "prune" => {
                once(found.prune.as_ref().map(|p| p.1), span, "a second `prune`", diags);
                found.prune = prune(&args, diags).map(|prune| (prune, span));
            }
            _ => {
                once(found.goal.as_ref().map(|g| g.1), span, "a second `goal`", diags);
                found.goal = goal(&args, diags).map(|goal| (goal, args.span_of("figure")));
            }
        }
    }
    found
}

/// Words that are tried must be such as a use of the param takes.
fn words_of(step: &Step, args: &Args, scope: &mut Scope) {
    let Some(Value::List(values)) = args.value("values") else { return };
    let items = step.args.iter().filter_map(|arg| match &arg.value.kind {
        ExprKind::List(items) => Some(items),
        _ => None,
    });
    for (item, value) in items.flatten().zip(values) {
        if let Value::Word(word) = value {
            scope.words.mean(args.word("name"), word, item.span);
        }
    }
}

impl Found {
    fn vary(&mut self, args: &Args, params: &[(String, Value)], diags: &mut Vec<Diagnostic>) {
        let name = args.word("name");
        let place = args.span_of("name");
        if !params.iter().any(|(known, _)| known == name) {
            let error = Diagnostic::error("E0101", place, format!("`{name}` is no `param` of this file"))
                .label("only params vary");
            diags.push(match nearest(name, params.iter().map(|(known, _)| known.as_str())) {
                Some(known) => error.fix("a similar name exists", place, known),
                None => error.help(format!("write `param {name} = ...` at the top of the file")),
            });
            return;
        }
        if let Some((_, first)) = self.vary.iter().find(|(vary, _)| vary.name == name) {
            let error = Diagnostic::error("E0104", args.span, format!("`{name}` varies twice"));
            diags.push(error.label("stands once").also(*first, "the first one"));
            return;
        }
        if let Some(values) = values(args, diags) {
            self.vary.push((Vary { name: name.into(), values }, args.span));
        }
    }

    /// Checks the section against its net.
    pub fn finish(self, model: &Model, diags: &mut Vec<Diagnostic>) -> Option<Sweep> {
        let missing = |what: &str, example: &str| {
            Diagnostic::error("E0404", self.head, format!("the `sweep` section has no `{what}`"))
                .label(format!("needs `{what}`"))
                .help(format!("add, for example, `{example}`"))
        };
        if !self.seen.contains(&VARY.name) {
            diags.push(missing("vary", "vary p, [0.1, 0.5]"));
        }
        if !self.seen.contains(&GOAL.name) {
            diags.push(missing("goal", "goal min, valid.loss"));
        }
        let (goal, place) = self.goal?;
        diags.extend(unknown_figure(&goal.figure, place, model));
        if let Some((_, span)) = &self.prune {
            diags.extend(not_watched(&goal.figure, *span, model));
        }
        if self.search.is_none() && self.seen.contains(&SEARCH.name) {
            // What was meant is not known; what is wrong with it has been said.
            return None;
        }
        let search = self.search.map_or(Search::Grid, |(search, _)| search);
        let mut vary = self.vary;
        if search == Search::Grid {
            diags.extend(vary.iter_mut().filter_map(|(vary, span)| listed(vary, *span)));
            diags.extend(endless(&vary));
        }
        let prune = self.prune.map(|(prune, _)| prune);
        Some(Sweep { vary: vary.into_iter().map(|(vary, _)| vary).collect(), search, prune, goal })
    }
}

/// More values of one param than anybody tries one by one.
const MOST_VALUES: f64 = 10_000.0;

/// Lists the values of a range in steps, as a grid takes them.
fn listed(vary: &mut Vary, span: Span) -> Option<Diagnostic> {
    let Values::Range(range) = vary.values else { return None };
    let error = |label: &str, help: &str| {
        let error = Diagnostic::error("E0211", span, format!("a grid over the range of `{}`", vary.name));
        Some(error.label(label.to_string()).help(help.to_string()))
    };
    match (range.step, range.values()) {
        (Some(step), _) if range.steps(step) >= MOST_VALUES => {
            error("has more than 10000 values", "take larger steps, or write `search random, trials=20`")
        }
        (_, Some(values)) => {
            vary.values = Values::List(values.map(Value::Number).collect());
            None
        }
        (_, None) => error(
            "has no end",
            "list the values, as `[0.1, 0.2]`, give a `step=`, or write `search random, trials=20`",
        ),
    }
}

/// A grid that nobody lives to see the end of.
fn endless(vary: &[(Vary, Span)]) -> Option<Diagnostic> {
    let lists = vary.iter().filter_map(|(vary, _)| match &vary.values {
        Values::List(list) => Some(list.len()),
        Values::Range(_) => None,
    });
    let points = lists.fold(1_usize, usize::saturating_mul);
    let (_, last) = vary.last().filter(|_| points > Sweep::MOST_POINTS)?;
    let (points, most) = (grouped(points), grouped(Sweep::MOST_POINTS));
    Some(
        Diagnostic::error("E0206", *last, format!("a grid of {points} points"))
            .label(format!("makes it so many; at most {most} are tried"))
            .help("vary fewer params, list fewer values, or write `search random, trials=100`"),
    )
}

fn values(args: &Args, diags: &mut Vec<Diagnostic>) -> Option<Values> {
    let (log, place) = (args.word("scale") == "log", args.span_of("values"));
    match args.value("values") {
        Some(Value::List(list)) if list.is_empty() => {
            diags.push(Diagnostic::error("E0206", place, "an empty list of values").label("nothing to try"));
            None
        }
        Some(Value::List(_)) if args.is_written("scale") || args.is_written("step") => {
            let written = if args.is_written("scale") { "scale" } else { "step" };
            diags.push(
                Diagnostic::error(
                    "E0211",
                    args.span_of(written),
                    format!("`{written}` beside a list of values"),
                )
                .label("has no effect here")
                .help(format!("leave `{written}` out, or give a range as `1e-4..1e-1`")),
            );
            None
        }
        Some(Value::List(list)) => {
            if let Some((_, twice)) = list.iter().enumerate().find(|(i, value)| list[..*i].contains(value)) {
                diags.push(
                    Diagnostic::error("E0206", place, format!("`{twice}` is tried twice"))
                        .label("each value once"),
                );
                return None;
            }
            Some(Values::List(list.clone()))
        }
        Some(Value::Span(low, high)) if low >= high => {
            diags.push(
                Diagnostic::error("E0206", place, "a range goes from a lower to a higher value")
                    .label(format!("from {low} to {high}")),
            );
            None
        }
        Some(Value::Span(low, _)) if log && *low <= 0.0 => {
            diags.push(
                Diagnostic::error("E0206", place, "a logarithmic range begins above 0")
                    .label(format!("begins at {}", exactly(*low))),
            );
            None
        }
        Some(Value::Span(low, high)) => {
            Some(Values::Range(Range { low: *low, high: *high, log, step: args.opt_number("step") }))
        }
        _ => None,
    }
}

fn search(args: &Args, diags: &mut Vec<Diagnostic>) -> Option<Search> {
    let fault = match (args.word("kind"), args.opt_count("trials")) {
        ("grid", None) if !args.is_written("seed") => return Some(Search::Grid),
        ("grid", _) => {
            let written = if args.is_written("trials") { "trials" } else { "seed" };
            Diagnostic::error(
                "E0211",
                args.span_of(written),
                format!("`{written}` beside `search grid`, which tries all"),
            )
            .label("has no effect here")
            .help(format!("leave `{written}` out, or write `search random`"))
        }
        (_, Some(trials)) if trials > Sweep::MOST_POINTS => {
            let most = grouped(Sweep::MOST_POINTS);
            Diagnostic::error("E0206", args.span_of("trials"), format!("`trials` must be at most {most}"))
                .label(format!("is {}", grouped(trials)))
        }
        (kind, Some(trials)) => {
            let (trials, seed) = (trials as u32, args.count("seed") as u64);
            return Some(match kind {
                "tpe" => Search::Tpe { trials, seed },
                _ => Search::Random { trials, seed },
            });
        }
        (kind, None) => Diagnostic::error("E0201", args.span, format!("`search {kind}` needs `trials`"))
            .label("how many combinations?")
            .help(format!("write `search {kind}, trials=40`")),
    };
    diags.push(fault);
    None
}

fn prune(args: &Args, diags: &mut Vec<Diagnostic>) -> Option<Prune> {
    let epochs = match args.value("after") {
        Some(Value::Quantity(epochs, _)) => *epochs,
        _ => 1.0,
    };
    if epochs.fract() == 0.0 && epochs >= 1.0 {
        return Some(Prune { after: epochs as u64 });
    }
    diags.push(
        Diagnostic::error("E0206", args.span_of("after"), "trials are compared after whole epochs, from 1")
            .label(format!("is {}", exactly(epochs))),
    );
    None
}

/// A trial can be given up by what is known after each of its epochs.
fn not_watched(figure: &str, place: Span, model: &Model) -> Option<Diagnostic> {
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

fn goal(args: &Args, diags: &mut Vec<Diagnostic>) -> Option<Goal> {
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

fn unknown_figure(figure: &str, place: Span, model: &Model) -> Option<Diagnostic> {
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

fn once(first: Option<Span>, span: Span, message: &str, diags: &mut Vec<Diagnostic>) {
    if let Some(first) = first {
        diags.push(
            Diagnostic::error("E0104", span, message).label("stands once").also(first, "the first one"),
        );
    }
}
