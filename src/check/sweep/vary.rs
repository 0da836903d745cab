//! `vary`: the values of a param that are tried.

use crate::{
    check::scope::Scope,
    diag::{Diagnostic, Span},
    model::{Range, Sweep, Values, Vary, summary::grouped},
    syntax::ast::{ExprKind, Step},
    vocab::{ArgSpec, Args, Block, Bounds, Default, Kind, Sig, Value, exactly},
};

pub(super) static VARY: Sig = Sig {
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
/// More values of one param than anybody tries one by one.
const MOST_VALUES: f64 = 10_000.0;

/// Words that are tried must be such as a use of the param takes.
pub(super) fn words_of(step: &Step, args: &Args, scope: &mut Scope) {
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

pub(super) fn values(args: &Args, diags: &mut Vec<Diagnostic>) -> Option<Values> {
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

/// Lists the values of a range in steps, as a grid takes them.
pub(super) fn listed(vary: &mut Vary, span: Span) -> Option<Diagnostic> {
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
pub(super) fn endless(vary: &[(Vary, Span)]) -> Option<Diagnostic> {
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
