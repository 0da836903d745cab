//! `freeze LABEL` and `lr LABEL, factor=` against the net: the label must be one, and what is said of it must have an effect.

use std::{cmp::Ordering, collections::BTreeSet};

use super::{suggest::nearest, times::updates_per_epoch};
use crate::{
    diag::{Diagnostic, Span},
    model::{Freeze, Model, OwnRate, under},
    syntax::ast::{Arg, ArgKey, Body, Expr, ExprKind, Step, Stmt},
    train::steps::load,
    vocab::{ArgSpec, Args, Block, Bounds, Default, Kind, Sig, Time, Unit},
};

pub static FREEZE: Sig = Sig {
    name: "freeze",
    about: "holds the layer or block of a label still: no update, no penalty, no state of the optimizer; its batch norms use and keep their stored figures. What is frozen to the end has no gradient computed",
    args: &[
        ArgSpec::required("label", Kind::Name, "the label"),
        ArgSpec::named(
            "until",
            Kind::Quantity(&[Unit::Epochs, Unit::Steps]),
            Default::Absent,
            "time after which it is trained; never unless given",
        ),
    ],
    block: Block::None,
};
pub static LR: Sig = Sig {
    name: "lr",
    about: "another learning rate for the layer or block of a label, after schedule and warm-up",
    args: &[
        ArgSpec::required("label", Kind::Name, "the label"),
        ArgSpec::named(
            "factor",
            Kind::Number(Bounds::POSITIVE),
            Default::Required,
            "what the rate of the optimizer is multiplied by",
        ),
    ],
    block: Block::None,
};

pub fn freeze(args: &Args) -> Freeze {
    Freeze { label: args.word("label").into(), until: Time::of(args, "until"), span: args.span }
}

pub fn own_rate(args: &Args) -> OwnRate {
    OwnRate { label: args.word("label").into(), factor: args.number("factor"), span: args.span }
}

/// The labels that a `train` section speaks of, whichever branch of an `if` is taken; `stem_*` for those that begin so.
pub fn labels_named(body: &Body) -> Vec<&str> {
    let mut found = Vec::new();
    for stmt in &body.stmts {
        match stmt {
            Stmt::Chain(chain) => found.extend(chain.steps.iter().flat_map(named)),
            Stmt::If(choice) => {
                found.extend(labels_named(&choice.then));
                found.extend(choice.otherwise.iter().flat_map(labels_named));
            }
            _ => {}
        }
    }
    found
}

fn named(step: &Step) -> Vec<&str> {
    let called =
        |name: &'static str| move |arg: &&Arg| matches!(&arg.key, ArgKey::Named(key) if key.text == name);
    let arg = match step.name.text.as_str() {
        word if [FREEZE.name, LR.name].contains(&word) => step.args.first(),
        "penalize" => step.args.iter().find(called("of")),
        // Without labels all of them are names of tensors.
        word if word == load::SIG.name => match step.args.iter().find(called("into")) {
            None => return vec!["*"],
            into => into,
        },
        _ => None,
    };
    match arg.map(|arg| (&arg.value, &arg.value.kind)) {
        Some((_, ExprKind::List(items))) => items.iter().filter_map(label).collect(),
        Some((expr, _)) => label(expr).into_iter().collect(),
        None => Vec::new(),
    }
}

fn label(expr: &Expr) -> Option<&str> {
    match &expr.kind {
        ExprKind::Path(label) | ExprKind::Str(label) => Some(label),
        _ => None,
    }
}

/// What is said of parts of the net and cannot be meant. `labels` are those of the net.
pub fn check(model: &Model, labels: &BTreeSet<String>) -> Vec<Diagnostic> {
    let Some(train) = &model.train else { return Vec::new() };
    let mut found = Vec::new();
    for (i, freeze) in train.freezes.iter().enumerate() {
        let said: Vec<(&str, Span)> = train.freezes[..i].iter().map(|f| (f.label.as_str(), f.span)).collect();
        let states =
            model.nodes.iter().any(|node| under(&node.path, &freeze.label) && !node.states.is_empty());
        found.extend(part(model, labels, "freeze", &freeze.label, freeze.span, states, &said));
        found.extend(until(model, freeze));
    }
    for (i, rate) in train.rates.iter().enumerate() {
        let said: Vec<(&str, Span)> = train.rates[..i].iter().map(|r| (r.label.as_str(), r.span)).collect();
        found.extend(part(model, labels, "lr", &rate.label, rate.span, false, &said));
        found.extend(of_frozen(model, rate));
    }
    if found.is_empty()
        && !train.freezes.is_empty()
        && model.params.iter().all(|param| model.is_frozen(param))
    {
        let last = train.freezes.last().map_or(model.output.span, |freeze| freeze.span);
        found.push(
            Diagnostic::error("E0211", last, "every parameter of the net is frozen")
                .label("leaves nothing to train")
                .help("freeze less, or write `until=3epochs`"),
        );
    }
    found
}

/// A label that is none, that has nothing to be said of, or of which the same was said before.
fn part(
    model: &Model,
    labels: &BTreeSet<String>,
    word: &str,
    label: &str,
    span: Span,
    states: bool,
    said: &[(&str, Span)],
) -> Option<Diagnostic> {
    if !labels.contains(label) {
        let error = Diagnostic::error("E0101", span, format!("`{label}` is no label of the net"))
            .label("names no part");
        return Some(match nearest(label, labels.iter().map(String::as_str)) {
            Some(known) => error.help(format!("did you mean `{known}`?")),
            None => error.help(format!("write `{label}:` before the layer or chain that is meant")),
        });
    }
    let paths = || model.params.iter().map(|param| model.node(param.node).path.as_str());
    let mine = || paths().filter(|path| under(path, label));
    if mine().next().is_none() && !states {
        return Some(
            Diagnostic::error(
                "E0211",
                span,
                format!("`{word} {label}`: nothing under this label is trained"),
            )
            .label("has no effect"),
        );
    }
    let (other, first) =
        said.iter().find(|(other, _)| *other == label || mine().any(|path| under(path, other)))?;
    Some(
        Diagnostic::error("E0104", span, format!("`{word}` is said twice of what stands under `{label}`"))
            .label("which one counts?")
            .also(*first, format!("`{other}` holds it too")),
    )
}

/// A time that ends before it begins, or after training does.
fn until(model: &Model, freeze: &Freeze) -> Option<Diagnostic> {
    let (until, train) = (freeze.until?, model.train.as_ref()?);
    let fault = |what: String, label: &str, help: &str| {
        let error = Diagnostic::error("E0206", freeze.span, format!("`until` of `freeze` must {what}"));
        Some(error.label(label.to_string()).help(help.to_string()))
    };
    if until.0 <= 0.0 {
        return fault("be longer than nothing".into(), "holds nothing still", "leave the line out");
    }
    let rows = model.fitted.map(|fitted| fitted.rows);
    let updates = model.data.as_ref().and_then(|data| updates_per_epoch(data, rows));
    match until.compare(train.length, updates) {
        Some(Ordering::Greater | Ordering::Equal) => fault(
            format!("end before training does ({})", train.length),
            "is never trained",
            "end it earlier, or leave `until` out: then no gradient is computed for it",
        ),
        _ => None,
    }
}

/// A rate of what is never trained.
fn of_frozen(model: &Model, rate: &OwnRate) -> Option<Diagnostic> {
    let mut mine =
        model.params.iter().filter(|param| under(&model.node(param.node).path, &rate.label)).peekable();
    let freeze = mine.peek().and_then(|param| model.freeze(param))?;
    mine.all(|param| model.is_frozen(param)).then(|| {
        Diagnostic::error("E0211", rate.span, format!("`lr {}`: all of it is frozen", rate.label))
            .label("has no effect")
            .also(freeze.span, "held still here")
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::check::{Env, check_source};

    fn findings(statements: &str) -> Vec<String> {
        let net = "net {\n  input x: real[4]\n  stem: dense 8 -> batch_norm -> relu\n  act: relu\n  head: dense 3\n  output y: class[3]\n}\n";
        let source = format!(
            "{net}train {{\n  loss cross_entropy\n  optimizer adam, lr=0.1\n  epochs 5\n{statements}\n}}\n"
        );
        let checked = check_source(&source, &Env::default());
        checked
            .diagnostics
            .into_iter()
            .filter(Diagnostic::is_error)
            .map(|d| format!("{} {}", d.code, d.message))
            .collect()
    }

    #[test]
    fn what_is_said_of_a_part_has_an_effect() {
        assert!(findings("freeze stem\nlr head, factor=0.1").is_empty());
        assert!(findings("freeze stem, until=4epochs\nlr stem, factor=2").is_empty());
        for (statements, expected) in [
            ("freeze stm", "E0101 `stm` is no label of the net"),
            ("freeze dense_1", "E0101 `dense_1` is no label of the net"),
            ("freeze act", "E0211 `freeze act`: nothing under this label is trained"),
            ("lr act, factor=2", "E0211 `lr act`: nothing under this label is trained"),
            (
                "freeze stem\nfreeze stem, until=1epoch",
                "E0104 `freeze` is said twice of what stands under `stem`",
            ),
            ("freeze stem\nlr stem, factor=0.1", "E0211 `lr stem`: all of it is frozen"),
            ("freeze stem\nfreeze head", "E0211 every parameter of the net is frozen"),
            ("freeze stem, until=0epochs", "E0206 `until` of `freeze` must be longer than nothing"),
            (
                "freeze stem, until=5epochs",
                "E0206 `until` of `freeze` must end before training does (5epochs)",
            ),
            (
                "freeze stem, until=3",
                "E0205 `until` of `freeze` is a number with the unit `epochs` or `steps`, found the number 3",
            ),
            ("lr stem", "E0201 `lr` needs `factor`: what the rate of the optimizer is multiplied by"),
            ("lr stem, factor=0", "E0206 `factor` of `lr` must be > 0"),
        ] {
            assert_eq!(findings(statements).first().map(String::as_str), Some(expected), "{statements}");
        }
    }
}
