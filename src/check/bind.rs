//! Written arguments against a word's signature: names, kinds, ranges.

use super::{
    eval::{bound, describe, eval, more_than_all, too_late},
    scope::Scope,
    suggest::nearest,
    words::{eval_or_word, stands_for, twofold},
};
use crate::{
    diag::{Diagnostic, Span},
    syntax::ast::{Arg, ArgKey, Expr, ExprKind, Ident},
    vocab::{ArgSpec, Args, Bounds, Default, Given, Kind, Sig, Unit, Value, exactly},
};

/// Arguments that the language has and this version does not: `(word, argument)`.
const NOT_YET: &[(&str, &str)] = &[("train", "rng")];

/// Checks `args` against `sig`. Everything wrong is pushed to `diags`; `None` if anything was.
pub fn bind(
    sig: &'static Sig,
    args: &[Arg],
    span: Span,
    scope: &mut Scope,
    diags: &mut Vec<Diagnostic>,
) -> Option<Args> {
    let mut given: Vec<Given> = Vec::new();
    let mut sound = true;
    // Misspelt or miswritten: reported as that, and not as missing on top.
    let mut meant: Vec<&str> = Vec::new();
    let mut fail = |d: Diagnostic| {
        diags.push(d);
        sound = false;
    };
    let mut positional = sig.args.iter().filter(|a| a.positional);
    let mut rest: Option<(&'static ArgSpec, Vec<Value>, Span)> = None;
    for arg in args {
        let spec = match &arg.key {
            ArgKey::Named(name) => match sig.arg(&name.text) {
                Some(spec) => spec,
                None => {
                    let error = unknown_argument(sig, &name.text, name.span);
                    match nearest(&name.text, sig.args.iter().map(|a| a.name)) {
                        Some(known) => meant.push(known),
                        None => meant.extend(only_missing(sig, args)),
                    }
                    fail(match only_missing(sig, args) {
                        Some(missing) if error.fixes.is_empty() => error.fix(
                            format!("`{}` needs `{missing}`: is that meant?", sig.name),
                            name.span,
                            missing,
                        ),
                        _ => error,
                    });
                    continue;
                }
            },
            ArgKey::Typed(name) => {
                fail(colon(name, arg));
                meant.extend(sig.arg(&name.text).map(|spec| spec.name));
                continue;
            }
            ArgKey::Positional => match rest.as_ref().map(|r| r.0).or_else(|| positional.next()) {
                Some(spec) => spec,
                None => {
                    fail(surplus(sig, arg));
                    continue;
                }
            },
        };
        if let Some(first) = given.iter().find(|g| g.name == spec.name) {
            fail(
                Diagnostic::error("E0210", arg.span, format!("`{}` is given twice", spec.name))
                    .label("given again")
                    .also(first.span, "first given here"),
            );
            continue;
        }
        let (kind, is_rest) = match spec.kind {
            Kind::Rest(kind) => (*kind, true),
            kind => (kind, false),
        };
        match value_of(&arg.value, kind, sig, spec, scope) {
            Ok(value) if is_rest => {
                let entry = rest.get_or_insert((spec, Vec::new(), arg.span));
                entry.1.push(value);
                entry.2 = entry.2.to(arg.span);
            }
            Ok(value) => given.push(Given { name: spec.name, value, span: arg.value.span, written: true }),
            Err(d) => {
                fail(*d);
                // Known to be written: not reported as missing on top.
                given.push(Given {
                    name: spec.name,
                    value: Value::Bool(false),
                    span: arg.span,
                    written: true,
                });
            }
        }
    }
    if let Some((spec, values, span)) = rest {
        given.push(Given { name: spec.name, value: Value::List(values), span, written: true });
    }
    for spec in sig.args.iter().filter(|a| a.default == Default::Required) {
        if !given.iter().any(|g| g.name == spec.name) && !meant.contains(&spec.name) {
            fail(
                Diagnostic::error(
                    "E0201",
                    span,
                    format!("`{}` needs `{}`: {}", sig.name, spec.name, spec.about),
                )
                .label(format!("`{}` is missing", spec.name))
                .note(usage(sig)),
            );
        }
    }
    sound.then(|| Args::new(sig, span, given))
}

/// The one argument that must be given and is not, beside the one that is not known: what the other was meant to be.
fn only_missing(sig: &Sig, args: &[Arg]) -> Option<&'static str> {
    let named = |name: &str| args.iter().any(|a| matches!(&a.key, ArgKey::Named(n) if n.text == name));
    let strange = args.iter().filter(|a| matches!(&a.key, ArgKey::Named(n) if sig.arg(&n.text).is_none()));
    let written = args.iter().filter(|a| a.key == ArgKey::Positional).count();
    let required = sig.args.iter().enumerate().filter(|(_, a)| a.default == Default::Required);
    let mut missing = required.filter(|(i, a)| !(named(a.name) || a.positional && *i < written));
    let first = missing.next().map(|(_, a)| a.name);
    first.filter(|_| missing.next().is_none() && strange.count() == 1)
}

/// `usage: dense width, bias=true, ...`
fn usage(sig: &Sig) -> String {
    let args: Vec<String> = sig
        .args
        .iter()
        .map(|a| match (a.positional, a.default) {
            (true, Default::Required) => a.name.to_string(),
            (true, _) => format!("[{}]", a.name),
            (false, _) => format!("{}=", a.name),
        })
        .collect();
    format!("usage: {} {}", sig.name, args.join(", "))
}

fn unknown_argument(sig: &Sig, name: &str, span: Span) -> Diagnostic {
    if NOT_YET.contains(&(sig.name, name)) {
        return Diagnostic::error(
            "E0204",
            span,
            format!("`{name}` of `{}` is not in this version", sig.name),
        )
        .label("not built yet")
        .help("leave it out");
    }
    let error = Diagnostic::error("E0202", span, format!("`{}` has no argument `{name}`", sig.name))
        .label("unknown argument");
    match nearest(name, sig.args.iter().map(|a| a.name)) {
        Some(known) => error.fix("a similar argument exists", span, known),
        None if sig.args.is_empty() => error.note(format!("`{}` takes no arguments", sig.name)),
        None => {
            let names: Vec<&str> = sig.args.iter().map(|a| a.name).collect();
            error.note(format!("`{}` takes {}", sig.name, names.join(", ")))
        }
    }
}

/// `width: 64` for `width=64`; also for the arguments of a block.
pub fn colon(name: &Ident, arg: &Arg) -> Diagnostic {
    Diagnostic::error("E0205", arg.span, format!("the value of `{}` follows `=`", name.text))
        .label("`name: type` belongs to `input` and `output`")
        .fix("write `=`", Span::new(name.span.start, arg.value.span.start), format!("{}=", name.text))
}

fn surplus(sig: &Sig, arg: &Arg) -> Diagnostic {
    let count = sig.args.iter().filter(|a| a.positional).count();
    let error = match count {
        0 => Diagnostic::error("E0210", arg.span, format!("`{}` takes no unnamed arguments", sig.name)),
        1 => Diagnostic::error("E0210", arg.span, format!("`{}` takes 1 unnamed argument", sig.name)),
        n => Diagnostic::error("E0210", arg.span, format!("`{}` takes {n} unnamed arguments", sig.name)),
    };
    error.label("one too many").note(usage(sig))
}

type Bound = Result<Value, Box<Diagnostic>>;

/// What may stand in a list of [`Kind::Items`].
const ITEM: &[Kind] = &[Kind::Name, Kind::Text, Kind::Number(Bounds::ANY)];

fn value_of(expr: &Expr, kind: Kind, sig: &Sig, spec: &ArgSpec, scope: &mut Scope) -> Bound {
    let wrong = |found: String, wanted: &str| another_kind(expr.span, found, wanted, sig, spec);
    match kind {
        Kind::Word(words) => word(expr, words, sig, spec, scope),
        Kind::Words(words) => match &expr.kind {
            ExprKind::List(items) => items
                .iter()
                .map(|item| word(item, words, sig, spec, scope))
                .collect::<Result<_, _>>()
                .map(Value::List),
            _ => word(expr, words, sig, spec, scope),
        },
        Kind::Choices => match &expr.kind {
            ExprKind::List(items) => {
                let values = items.iter().map(|item| choice(item, sig, spec, scope));
                fitted(Value::List(values.collect::<Result<_, _>>()?), expr.span, kind, sig, spec)
            }
            _ => evaluated(expr, kind, sig, spec, scope),
        },
        Kind::Items => match &expr.kind {
            ExprKind::List(items) => items
                .iter()
                .map(|item| one_of(item, ITEM, sig, spec, scope))
                .collect::<Result<_, _>>()
                .map(Value::List),
            _ => one_of(expr, ITEM, sig, spec, scope).map(|item| Value::List(vec![item])),
        },
        Kind::Name => match &expr.kind {
            ExprKind::Path(name) => Ok(Value::Word(name.clone())),
            _ => Err(wrong(shape_of(expr), "a name")),
        },
        Kind::OneOf(kinds) => one_of(expr, kinds, sig, spec, scope),
        Kind::Text => match &expr.kind {
            ExprKind::Path(name) if !scope.contains(name) => {
                let error = wrong(shape_of(expr), "a quoted text");
                Err(Box::new(error.fix("put it in quotes", expr.span, format!("{name:?}"))))
            }
            _ => evaluated(expr, kind, sig, spec, scope),
        },
        Kind::Rest(kind) => value_of(expr, *kind, sig, spec, scope),
        Kind::Use(sigs) => used(expr, &sigs(), sig, spec, scope),
        _ => evaluated(expr, kind, sig, spec, scope),
    }
}

fn evaluated(expr: &Expr, kind: Kind, sig: &Sig, spec: &ArgSpec, scope: &mut Scope) -> Bound {
    fitted(eval(expr, scope)?, expr.span, kind, sig, spec)
}

fn fitted(value: Value, span: Span, kind: Kind, sig: &Sig, spec: &ArgSpec) -> Bound {
    fit(value, kind, span, sig, spec)
        .map_err(|e| e.unwrap_or_else(|v| another_kind(span, describe(&v), &wanted(kind), sig, spec)))
}

fn another_kind(span: Span, found: String, wanted: &str, sig: &Sig, spec: &ArgSpec) -> Box<Diagnostic> {
    let message = format!("`{}` of `{}` is {wanted}, found {found}", spec.name, sig.name);
    Box::new(Diagnostic::error("E0205", span, message).label(format!("expected {wanted}")))
}

/// Words by their spelling; everything else by evaluating once and taking the first kind that fits.
fn one_of(expr: &Expr, kinds: &'static [Kind], sig: &Sig, spec: &ArgSpec, scope: &mut Scope) -> Bound {
    let of_lists = kinds.iter().find(|kind| matches!(kind, Kind::Choices | Kind::Items));
    if let (ExprKind::List(_), Some(of_lists)) = (&expr.kind, of_lists) {
        return value_of(expr, *of_lists, sig, spec, scope);
    }
    if let ExprKind::Path(path) = &expr.kind {
        for kind in kinds {
            match kind {
                Kind::Word(words) | Kind::Words(words) if words.contains(&path.as_str()) => {
                    if scope.contains(path) {
                        return Err(twofold(path, expr.span, scope));
                    }
                    return Ok(Value::Word(path.clone()));
                }
                // Among other values a word is one that this place takes; what else the name may be is not known.
                Kind::Word(words) | Kind::Words(words) if scope.word(path).is_some() => {
                    scope.words.accept(path, words.iter().map(ToString::to_string));
                }
                Kind::Name if !scope.contains(path) && path != "true" && path != "false" => {
                    return Ok(Value::Word(path.clone()));
                }
                _ => {}
            }
        }
    }
    let mut value = eval(expr, scope)?;
    for kind in kinds {
        match fit(value, *kind, expr.span, sig, spec) {
            Ok(value) => return Ok(value),
            Err(Ok(range)) => return Err(range),
            Err(Err(back)) => value = back,
        }
    }
    let wanted: Vec<String> = kinds.iter().map(|k| wanted(*k)).collect();
    Err(Box::new(
        Diagnostic::error(
            "E0205",
            expr.span,
            format!(
                "`{}` of `{}` is {}, found {}",
                spec.name,
                sig.name,
                wanted.join(" or "),
                describe(&value)
            ),
        )
        .label("does not fit"),
    ))
}

/// One of several values that are tried.
fn choice(expr: &Expr, sig: &Sig, spec: &ArgSpec, scope: &mut Scope) -> Bound {
    match eval_or_word(expr, scope)?.plain() {
        value @ (Value::Number(_) | Value::Word(_) | Value::Bool(_)) => Ok(value),
        other => Err(another_kind(expr.span, describe(&other), "a number or a word", sig, spec)),
    }
}

fn word(expr: &Expr, words: &[&'static str], sig: &Sig, spec: &ArgSpec, scope: &mut Scope) -> Bound {
    let found = match &expr.kind {
        ExprKind::Path(found) => match stands_for(found, expr.span, words, &place(sig, spec), scope)? {
            Some(word) => return Ok(Value::Word(word)),
            None if words.contains(&found.as_str()) => return Ok(Value::Word(found.clone())),
            None => found,
        },
        _ => {
            return Err(Box::new(
                Diagnostic::error(
                    "E0205",
                    expr.span,
                    format!("`{}` of `{}` is a word, found {}", spec.name, sig.name, shape_of(expr)),
                )
                .label(format!("one of {}", words.join(", "))),
            ));
        }
    };
    Err(unknown_choice(found, expr.span, words, sig, spec))
}

/// `` `init` of `dense` ``
fn place(sig: &Sig, spec: &ArgSpec) -> String {
    format!("`{}` of `{}`", spec.name, sig.name)
}

fn unknown_choice(found: &str, span: Span, words: &[&str], sig: &Sig, spec: &ArgSpec) -> Box<Diagnostic> {
    let message = format!("`{}` of `{}` cannot be `{found}`", spec.name, sig.name);
    let error = Diagnostic::error("E0215", span, message).label(format!("one of {}", words.join(", ")));
    Box::new(match nearest(found, words.iter().copied()) {
        Some(known) => error.fix("a similar word exists", span, known),
        None => error,
    })
}

/// A word with arguments of its own: `normal(sd=0.01)`. Without any it is the word alone.
fn used(expr: &Expr, words: &[&'static Sig], sig: &Sig, spec: &ArgSpec, scope: &mut Scope) -> Bound {
    let names: Vec<&'static str> = words.iter().map(|word| word.name).collect();
    let (name, args): (String, &[Arg]) = match &expr.kind {
        ExprKind::Call { name, args } => (name.text.clone(), args),
        ExprKind::Path(name) => match stands_for(name, expr.span, &names, &place(sig, spec), scope)? {
            Some(word) => (word, &[]),
            None => (name.clone(), &[]),
        },
        _ => return word(expr, &names, sig, spec, scope),
    };
    let Some(found) = words.iter().find(|word| word.name == name) else {
        return Err(unknown_choice(&name, expr.span, &names, sig, spec));
    };
    let args = bound(found, args, expr.span, scope)?;
    let written: Vec<(Option<String>, Value)> =
        args.iter().filter(|given| given.written).map(|g| (Some(g.name.into()), g.value.clone())).collect();
    Ok(if written.is_empty() { Value::Word(name) } else { Value::Call(name, written) })
}

/// `Ok`: fits. `Err(Ok(diagnostic))`: the kind fits and its value does not. `Err(Err(value))`: another kind.
fn fit(
    value: Value,
    kind: Kind,
    span: Span,
    sig: &Sig,
    spec: &ArgSpec,
) -> Result<Value, Result<Box<Diagnostic>, Value>> {
    let fault = |what: String, label: String| {
        let message = format!("`{}` of `{}` {what}", spec.name, sig.name);
        Err(Ok(Box::new(Diagnostic::error("E0206", span, message).label(label))))
    };
    let range = |text: String, label: String| fault(format!("must be {text}"), label);
    let sizes_fault = |label: &str| range("made of whole numbers from 1".into(), label.into());
    let bounded = |x: f64, bounds: Bounds, value: Value| match bounds.in_32_bits(x) {
        _ if !bounds.holds(x) => range(bounds.describe(), format!("is {}", exactly(x))),
        Some(seen) => {
            let why = match seen {
                "0" => "is below their smallest, 1.2e-38",
                "infinite" => "is above their largest, 3.4e38",
                _ => "rounds to it",
            };
            fault(format!("is {seen} in 32 bits"), format!("{} {why}", exactly(x)))
        }
        None => Ok(value),
    };
    // A percentage is a number where any number may stand: a count is no share of anything.
    let value = match kind {
        Kind::Number(_) | Kind::Timed(_) | Kind::RunTime(_) | Kind::Decay(_) => value.plain(),
        _ => value,
    };
    match (kind, value) {
        (Kind::Count { min }, Value::Number(x)) => {
            if x.fract() != 0.0 {
                range("a whole number".into(), format!("is {}", exactly(x)))
            } else if x < min as f64 {
                range(format!("at least {min}"), format!("is {}", exactly(x)))
            } else if x > f64::from(i32::MAX) {
                range(format!("at most {}", i32::MAX), format!("is {}", exactly(x)))
            } else {
                Ok(Value::Number(x))
            }
        }
        (
            Kind::Number(bounds) | Kind::Timed(bounds) | Kind::RunTime(bounds) | Kind::Decay(bounds),
            Value::Number(x),
        ) => bounded(x, bounds, Value::Number(x)),
        (Kind::Timed(bounds) | Kind::Decay(bounds), Value::Ramp(ramp)) => {
            let bounds = bounds.with_low();
            for end in [ramp.from, ramp.to] {
                bounded(end, bounds, Value::Number(end))?;
            }
            Ok(Value::Ramp(ramp))
        }
        (Kind::Count { .. } | Kind::Number(_) | Kind::RunTime(_), Value::Ramp(_)) => Err(Ok(Box::new(
            Diagnostic::error("E0208", span, format!("`{}` of `{}` cannot change over time", spec.name, sig.name))
                .label("must be one number")
                .note("`ramp` may stand for rates of dropping, `lr`, `momentum`, `weight_decay` and the amounts of penalties"),
        ))),
        (Kind::Share { .. }, Value::Quantity(x, Unit::Percent)) if x > 100.0 => Err(Ok(more_than_all(x, span))),
        (Kind::Share { .. }, Value::Quantity(x, Unit::Percent)) => {
            bounded(x, Bounds::NON_NEGATIVE, Value::Quantity(x, Unit::Percent))
        }
        (Kind::Share { .. }, Value::Number(x)) => bounded(x, Bounds::NON_NEGATIVE, Value::Number(x)),
        (Kind::Share { tail: true }, Value::Tail(x)) => bounded(x, Bounds::NON_NEGATIVE, Value::Tail(x)),
        (Kind::RunTime(_) | Kind::Decay(_), Value::Symbol(s)) => Ok(Value::Symbol(s)),
        (Kind::Decay(_), call @ Value::Call(..)) => Ok(call),
        (_, Value::Symbol(s)) => Err(Ok(too_late(&s, span, &format!("`{}`", spec.name)))),
        (
            Kind::Count { .. } | Kind::Number(_) | Kind::Timed(_) | Kind::RunTime(_) | Kind::Decay(_),
            Value::Quantity(x, unit),
        ) => Err(Ok(Box::new(
            Diagnostic::error("E0207", span, format!("`{}` of `{}` takes no unit", spec.name, sig.name))
                .label(format!("is in `{unit}`"))
                .fix("leave the unit out", span, exactly(x)),
        ))),
        (Kind::Bool, Value::Bool(b)) => Ok(Value::Bool(b)),
        // What a name stands for.
        (Kind::Word(words) | Kind::Words(words), Value::Word(word)) if words.contains(&word.as_str()) => {
            Ok(Value::Word(word))
        }
        (Kind::Name, Value::Word(word)) => Ok(Value::Word(word)),
        (Kind::Text, Value::Text(t)) => Ok(Value::Text(t)),
        (Kind::Quantity(units), Value::Quantity(x, unit)) if units.contains(&unit) => {
            bounded(x, Bounds::NON_NEGATIVE, Value::Quantity(x, unit))
        }
        (Kind::Quantity(units), Value::Quantity(_, unit)) => {
            let names: Vec<String> = units.iter().map(|u| format!("`{u}`")).collect();
            Err(Ok(Box::new(
                Diagnostic::error(
                    "E0207",
                    span,
                    format!("`{}` of `{}` is in {}, not `{unit}`", spec.name, sig.name, names.join(" or ")),
                )
                .label("wrong unit"),
            )))
        }
        (Kind::Numbers | Kind::Choices, Value::List(items)) if items.iter().all(|v| listed(v, kind)) => {
            for x in items.iter().filter_map(|v| if let Value::Number(x) = v { Some(*x) } else { None }) {
                bounded(x, Bounds::ANY, Value::Number(x))?;
            }
            Ok(Value::List(items))
        }
        (Kind::Choices, Value::List(items))
            if items.iter().all(|v| matches!(v, Value::Number(_) | Value::Word(_))) =>
        {
            Ok(Value::List(items))
        }
        (Kind::Size, Value::Size(dims)) if dims.contains(&0) => sizes_fault("has a 0"),
        (Kind::Size, Value::Size(dims)) => Ok(Value::Size(dims)),
        (Kind::Size, Value::List(items)) if items.iter().any(|v| !matches!(v, Value::Number(_))) => {
            Err(Err(Value::List(items)))
        }
        (Kind::Size, Value::List(items)) if !items.is_empty() => {
            let size = |v: &Value| match v {
                Value::Number(x) if x.fract() == 0.0 && *x >= 1.0 => Some(*x as u64),
                _ => None,
            };
            let dims: Option<Vec<u64>> = items.iter().map(size).collect();
            dims.map_or_else(|| sizes_fault("has another number"), |dims| Ok(Value::Size(dims)))
        }
        (Kind::Span, Value::Span(a, b)) => Ok(Value::Span(a, b)),
        (_, other) => Err(Err(other)),
    }
}

/// What may stand in a list of this kind.
fn listed(item: &Value, kind: Kind) -> bool {
    match item {
        Value::Number(_) => true,
        Value::Word(_) | Value::Bool(_) => matches!(kind, Kind::Choices),
        _ => false,
    }
}

fn wanted(kind: Kind) -> String {
    match kind {
        Kind::Count { .. } => "a whole number".into(),
        Kind::Number(_) | Kind::RunTime(_) => "a number".into(),
        Kind::Timed(_) => "a number or `ramp(...)`".into(),
        Kind::Decay(_) => "a number, `ramp(...)` or `bayes_decay(...)`".into(),
        Kind::Share { tail: true } => "a count, a percentage or `tail` and one of them".into(),
        Kind::Share { tail: false } => "a number".into(),
        Kind::Bool => "true or false".into(),
        Kind::Word(words) | Kind::Words(words) => format!("one of {}", words.join(", ")),
        Kind::Name => "a name".into(),
        Kind::Text => "a quoted text".into(),
        Kind::Quantity(units) => {
            let names: Vec<String> = units.iter().map(|u| format!("`{u}`")).collect();
            format!("a number with the unit {}", names.join(" or "))
        }
        Kind::Numbers => "a list of numbers".into(),
        Kind::Items => "a list of names, texts and numbers".into(),
        Kind::Choices => "a list of numbers or words".into(),
        Kind::Size => "a size such as 3x3".into(),
        Kind::Span => "a range such as 1..8".into(),
        Kind::OneOf(kinds) => kinds.iter().map(|k| wanted(*k)).collect::<Vec<_>>().join(" or "),
        Kind::Use(sigs) => {
            let names: Vec<&str> = sigs().iter().map(|sig| sig.name).collect();
            format!("one of {}", names.join(", "))
        }
        Kind::Rest(kind) => wanted(*kind),
    }
}

fn shape_of(expr: &Expr) -> String {
    match &expr.kind {
        ExprKind::Number { .. } => "a number".into(),
        ExprKind::Dims(_) => "a size".into(),
        ExprKind::Str(_) => "a text".into(),
        ExprKind::List(_) => "a list".into(),
        ExprKind::Path(p) => format!("the word `{p}`"),
        ExprKind::Range { .. } => "a range".into(),
        ExprKind::Tail(_) => "a share of the last rows".into(),
        _ => "an expression".into(),
    }
}
