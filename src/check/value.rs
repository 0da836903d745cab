//! The value of one argument: words by their spelling, all else by evaluation.

use super::{
    eval::{bound, describe, eval},
    fit::{fit, wanted},
    scope::Scope,
    suggest::nearest,
    words::{eval_or_word, stands_for, twofold},
};
use crate::{
    diag::{Diagnostic, Span},
    syntax::ast::{Arg, Expr, ExprKind},
    vocab::{ArgSpec, Bounds, Default, Kind, Sig, Value},
};

type Bound = Result<Value, Box<Diagnostic>>;

/// What may stand in a list of [`Kind::Items`].
const ITEM: &[Kind] = &[Kind::Name, Kind::Text, Kind::Number(Bounds::ANY)];

/// What an expression is as the argument `spec` of `sig`.
pub(super) fn value_of(expr: &Expr, kind: Kind, sig: &Sig, spec: &ArgSpec, scope: &mut Scope) -> Bound {
    let wrong = |found: String, wanted: &str| another_kind(expr.span, found, wanted, sig, spec);
    match kind {
        Kind::Word(words) => word(expr, words, sig, spec, scope),
        Kind::Words(words) => match &expr.kind {
            ExprKind::List(items) => listed_words(expr.span, items, words, sig, spec, scope),
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
        Kind::Column => column(expr, sig, spec, scope),
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
    let mut value = eval(expr, scope).map_err(|error| no_choice(error, expr, kinds, sig, spec))?;
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

/// A column, several by the first and the last, or with a minus all but these.
fn column(expr: &Expr, sig: &Sig, spec: &ArgSpec, scope: &mut Scope) -> Bound {
    const ONE: &[Kind] = &[Kind::Span, Kind::Count { min: 1 }, Kind::Name, Kind::Text];
    let name = |end: &Expr| match &end.kind {
        ExprKind::Path(name) if !scope.contains(name) => Some(name.clone()),
        ExprKind::Str(name) => Some(name.clone()),
        _ => None,
    };
    match &expr.kind {
        ExprKind::Neg(columns) => {
            column(columns, sig, spec, scope).map(|value| Value::Without(Box::new(value)))
        }
        // A minus belongs to what stands behind it, and is meant for all of the range.
        ExprKind::Range { low, high } if matches!(low.kind, ExprKind::Neg(_)) => {
            let ExprKind::Neg(first) = &low.kind else { return one_of(expr, ONE, sig, spec, scope) };
            let range =
                Expr { kind: ExprKind::Range { low: first.clone(), high: high.clone() }, span: expr.span };
            column(&range, sig, spec, scope).map(|value| Value::Without(Box::new(value)))
        }
        ExprKind::Range { low, high } => match (name(low), name(high)) {
            (Some(first), Some(last)) => Ok(Value::Names(first, last)),
            (None, None) => one_of(expr, ONE, sig, spec, scope),
            _ => Err(Box::new(
                Diagnostic::error("E0205", expr.span, "a range of columns from a name to a number")
                    .label("two names, or two numbers")
                    .help("write, for example, `age..height`, or `1..8`"),
            )),
        },
        _ => one_of(expr, ONE, sig, spec, scope),
    }
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

/// A list of words; an empty one says nothing.
fn listed_words(
    span: Span,
    items: &[Expr],
    words: &[&'static str],
    sig: &Sig,
    spec: &ArgSpec,
    scope: &mut Scope,
) -> Bound {
    if items.is_empty() {
        let error = Diagnostic::error("E0211", span, format!("{} is an empty list", place(sig, spec)))
            .label("has no effect");
        let name = format!("name one of {}", words.join(", "));
        return Err(Box::new(match spec.default {
            Default::Required => error.help(name),
            _ => error.help(format!("leave `{}` out, or {name}", spec.name)),
        }));
    }
    items.iter().map(|item| word(item, words, sig, spec, scope)).collect::<Result<_, _>>().map(Value::List)
}

/// `` `init` of `dense` ``
fn place(sig: &Sig, spec: &ArgSpec) -> String {
    format!("`{}` of `{}`", spec.name, sig.name)
}

/// Among other values a name that nothing has defined, and that is like none that is, was meant to be one of the words.
fn no_choice(
    unknown: Box<Diagnostic>,
    expr: &Expr,
    kinds: &[Kind],
    sig: &Sig,
    spec: &ArgSpec,
) -> Box<Diagnostic> {
    let words = kinds.iter().find_map(|kind| match kind {
        Kind::Word(words) | Kind::Words(words) => Some(*words),
        _ => None,
    });
    match (&expr.kind, words) {
        (ExprKind::Path(found), Some(words)) if unknown.code == "E0101" && unknown.fixes.is_empty() => {
            let others = kinds.iter().filter(|kind| !matches!(kind, Kind::Word(_) | Kind::Words(_)));
            let others: Vec<String> = others.map(|kind| wanted(*kind)).collect();
            let error = unknown_choice(found, expr.span, words, sig, spec);
            Box::new(error.note(format!("it may also be {}", others.join(" or "))))
        }
        _ => unknown,
    }
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
