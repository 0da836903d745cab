//! Expressions to values, at compile time. Every failure is reported at the expression where it is written.

use super::{bind::bind, scope::Scope, sizes, suggest::nearest, words};
use crate::{
    check::scope::ATTRIBUTES,
    diag::{Diagnostic, Span},
    syntax::ast::{Arg, ArgKey, BinaryOp, Expr, ExprKind},
    train::{BayesDecay, bayes_decay},
    vocab::{Args, Ramp, Sig, Symbol, Unit, Value, exactly, ramp},
};

/// Functions of expressions: name and number of arguments (`None`: one or more).
const FUNCTIONS: &[(&str, Option<usize>)] = &[
    ("min", None),
    ("max", None),
    ("sqrt", Some(1)),
    ("log", Some(1)),
    ("round", Some(1)),
    ("floor", Some(1)),
    ("ceil", Some(1)),
    ("pick", Some(3)),
];

/// What a number may be off a whole one by and still be meant as it, as a share of its size: `0.29 * 100` is 29.
const ROUNDING: f64 = 1e-9;

/// What one value may hold: items of lists, characters of a number that waits for the data. Names that double each other reach any size
/// in a few lines.
const MOST_IN_A_VALUE: usize = 10_000;
const MOST_IN_A_SYMBOL: usize = 1_000;
/// Lists inside lists; later stages recurse on them.
const DEEPEST_LIST: usize = 64;

type Result<T> = std::result::Result<T, Box<Diagnostic>>;

/// Evaluates an expression. Names must be bound; bare words are not values here.
pub fn eval(expr: &Expr, scope: &mut Scope) -> Result<Value> {
    let span = expr.span;
    scope.spend(1, span)?;
    let value = match &expr.kind {
        ExprKind::Number { value, unit } => number(*value, unit.as_deref(), span),
        ExprKind::Dims(dims) => Ok(Value::Size(dims.clone())),
        ExprKind::Str(text) => Ok(Value::Text(text.clone())),
        ExprKind::List(items) => items
            .iter()
            .map(|item| eval(item, scope).map(Value::plain))
            .collect::<Result<_>>()
            .map(Value::List),
        ExprKind::Path(path) => name(path, span, scope),
        ExprKind::Call { name, args } => call(&name.text, args, span, scope),
        ExprKind::Index { name, .. } => Err(Box::new(
            Diagnostic::error("E0205", span, format!("`{}[...]` is a type, not a value", name.text))
                .label("types stand after `input x:` and `output y:`"),
        )),
        ExprKind::Neg(inner) => match eval(inner, scope)? {
            Value::Number(x) => Ok(Value::Number(-x)),
            Value::Quantity(x, unit) => Ok(Value::Quantity(-x, unit)),
            Value::Symbol(Symbol(text)) => Ok(Value::Symbol(Symbol(format!("-{text}")))),
            other => Err(kind_error(inner.span, "a number", &other)),
        },
        ExprKind::Tail(share) => match eval(share, scope)? {
            Value::Number(x) => Ok(Value::Tail(x)),
            Value::Quantity(x, Unit::Percent) if x > 100.0 => Err(more_than_all(x, share.span)),
            Value::Quantity(x, Unit::Percent) => Ok(Value::Tail(x / 100.0)),
            other => Err(kind_error(share.span, "a share", &other)),
        },
        ExprKind::Binary { op: op @ (BinaryOp::Eq | BinaryOp::Ne), left, right } => {
            let (a, b) = words::sides(left, right, scope)?;
            binary(*op, (a, left.span), (b, right.span), span)
        }
        ExprKind::Binary { op, left, right } => {
            let (a, b) = (eval(left, scope)?.plain(), eval(right, scope)?.plain());
            binary(*op, (a, left.span), (b, right.span), span)
        }
        ExprKind::Range { low, high } => range(eval(low, scope)?.plain(), eval(high, scope)?.plain(), span),
    }?;
    held(value, span)
}

/// Refuses a value that has grown beyond all use.
fn held(value: Value, span: Span) -> Result<Value> {
    let too_large = |what: String, label: &str| {
        Err(Box::new(Diagnostic::error("E0216", span, what).label(label).help(
            "write it out where it is used; a name that holds another one twice doubles with each line",
        )))
    };
    match &value {
        Value::List(_) if value.depth() > DEEPEST_LIST => {
            too_large(format!("more than {DEEPEST_LIST} lists inside one another"), "one list too many")
        }
        Value::List(_) if value.size() > MOST_IN_A_VALUE => {
            too_large(format!("a list of more than {MOST_IN_A_VALUE} values"), "grows beyond all use")
        }
        Value::Symbol(Symbol(text)) if text.len() > MOST_IN_A_SYMBOL => too_large(
            format!("an expression of more than {MOST_IN_A_SYMBOL} characters that waits for the data"),
            "grows beyond all use",
        ),
        _ => Ok(value),
    }
}

/// `150%` where a share is meant.
pub fn more_than_all(percent: f64, span: Span) -> Box<Diagnostic> {
    Box::new(
        Diagnostic::error("E0206", span, format!("{percent}% is more than there is"))
            .label("a share is at most 100%"),
    )
}

fn number(value: f64, unit: Option<&str>, span: Span) -> Result<Value> {
    let value = match unit {
        None => Value::Number(value),
        Some(text) => match Unit::parse(text) {
            Some(unit) => Value::Quantity(value, unit),
            None => {
                let mut error = Diagnostic::error("E0207", span, format!("unknown unit `{text}`"))
                    .label("numbers bear their unit without a space");
                error = match nearest(text, Unit::all_names()) {
                    Some(unit) => error.help(format!("did you mean `{unit}`?")),
                    None => {
                        error.note(format!("units are {}", Unit::all_names().collect::<Vec<_>>().join(", ")))
                    }
                };
                return Err(Box::new(error));
            }
        },
    };
    finite(value, span)
}

fn finite(value: Value, span: Span) -> Result<Value> {
    match value {
        Value::Number(x) | Value::Quantity(x, _) if !x.is_finite() => Err(Box::new(
            Diagnostic::error("E0214", span, "this number is not finite").label(format!("comes to {x}")),
        )),
        value => Ok(value),
    }
}

fn name(path: &str, span: Span, scope: &mut Scope) -> Result<Value> {
    match path {
        "true" => return Ok(Value::Bool(true)),
        "false" => return Ok(Value::Bool(false)),
        sizes::OPEN => return Err(sizes::misplaced(span)),
        _ => {}
    }
    if let Some(value) = scope.lookup(path) {
        scope.spend(value.as_ref().map_or(1, Value::size), span)?;
        return value;
    }
    if ATTRIBUTES.contains(&path) {
        return Ok(match scope.attributes.get(path) {
            Some(&x) => Value::Number(x),
            None => Value::Symbol(Symbol(path.into())),
        });
    }
    let mut error = Diagnostic::error("E0101", span, format!("unknown name `{path}`"))
        .label("neither a `param`, a `let` nor an argument of this block");
    if let Some(known) = nearest(path, scope.names().chain(ATTRIBUTES.iter().copied())) {
        error = error.fix("a similar name exists", span, known);
    } else if !path.contains('.') {
        error = error.note(format!(
            "a number that `--set` changes is declared at the top of the file: `param {path} = 0.5`"
        ));
    }
    Err(Box::new(error))
}

fn kind_error(span: Span, wanted: &str, found: &Value) -> Box<Diagnostic> {
    Box::new(
        Diagnostic::error("E0205", span, format!("expected {wanted}, found {}", describe(found)))
            .label(format!("this is {}", describe(found))),
    )
}

/// A number that the data decide, where one is needed before.
pub fn too_late(Symbol(text): &Symbol, span: Span, place: &str) -> Box<Diagnostic> {
    Box::new(
        Diagnostic::error(
            "E0208",
            span,
            format!("`{text}` is known only once the data is, too late for {place}"),
        )
        .label("a run-time number")
        .note("run-time numbers may stand in rates, penalties and schedules"),
    )
}

/// A value in words.
pub fn describe(value: &Value) -> String {
    match value {
        Value::Number(_) => format!("the number {value}"),
        Value::Quantity(..) => format!("the quantity {value}"),
        Value::Symbol(Symbol(text)) => format!("`{text}`, known once the data is"),
        Value::Bool(b) => format!("`{b}`"),
        Value::Word(w) => format!("the word `{w}`"),
        Value::Text(t) => format!("the text {t:?}"),
        Value::List(_) => "a list".into(),
        Value::Size(_) => format!("the size {value}"),
        Value::Span(..) | Value::UnitSpan(..) => format!("the range {value}"),
        Value::Tail(_) => "a share of the last rows".into(),
        Value::Names(..) => format!("the columns {value}"),
        Value::Without(columns) => format!("all columns but {columns}"),
        Value::Ramp(_) => "`ramp(...)`, which changes while the net is trained".into(),
        Value::Call(name, _) => format!("`{name}(...)`"),
    }
}

fn binary(op: BinaryOp, (a, a_span): (Value, Span), (b, b_span): (Value, Span), span: Span) -> Result<Value> {
    use BinaryOp::*;
    if let (And | Or, Value::Bool(x), Value::Bool(y)) = (op, &a, &b) {
        return Ok(Value::Bool(if op == And { *x && *y } else { *x || *y }));
    }
    if matches!(op, And | Or) {
        let (found, at) = if matches!(a, Value::Bool(_)) { (&b, b_span) } else { (&a, a_span) };
        return Err(kind_error(at, "true or false", found));
    }
    if let (Eq | Ne, Value::Bool(x), Value::Bool(y)) = (op, &a, &b) {
        return Ok(Value::Bool((x == y) == (op == Eq)));
    }
    if let (Eq | Ne, Value::Word(x), Value::Word(y)) = (op, &a, &b) {
        return Ok(Value::Bool((x == y) == (op == Eq)));
    }
    if matches!(a, Value::Symbol(_)) || matches!(b, Value::Symbol(_)) {
        for (value, at) in [(&a, a_span), (&b, b_span)] {
            if !matches!(value, Value::Symbol(_) | Value::Number(_)) {
                return Err(kind_error(at, "a number", value));
            }
        }
        return Ok(Value::Symbol(Symbol(format!("({a} {} {b})", sign(op)))));
    }
    let (x, y, unit) = match (&a, &b) {
        (Value::Number(x), Value::Number(y)) => (*x, *y, None),
        (Value::Quantity(x, u), Value::Quantity(y, v)) if u == v => (*x, *y, Some(*u)),
        (Value::Quantity(x, u), Value::Number(y)) if matches!(op, Mul | Div) => (*x, *y, Some(*u)),
        (Value::Number(x), Value::Quantity(y, u)) if op == Mul => (*x, *y, Some(*u)),
        (Value::Number(_) | Value::Quantity(..), Value::Number(_) | Value::Quantity(..)) => {
            return Err(Box::new(
                Diagnostic::error("E0207", span, format!("`{a} {} {b}` mixes units", sign(op)))
                    .label("both sides need the same unit"),
            ));
        }
        (Value::Number(_) | Value::Quantity(..), _) => return Err(kind_error(b_span, "a number", &b)),
        _ => return Err(kind_error(a_span, "a number", &a)),
    };
    let truth = match op {
        Eq => Some(x == y),
        Ne => Some(x != y),
        Le => Some(x <= y),
        Ge => Some(x >= y),
        Lt => Some(x < y),
        Gt => Some(x > y),
        _ => None,
    };
    if let Some(truth) = truth {
        return Ok(Value::Bool(truth));
    }
    if op == Div && y == 0.0 {
        return Err(Box::new(
            Diagnostic::error("E0214", span, "division by zero").label(format!("divides {a} by 0")),
        ));
    }
    let z = match op {
        Add => x + y,
        Sub => x - y,
        Mul => x * y,
        Div => x / y,
        _ => x.powf(y),
    };
    finite(
        match unit {
            Some(_) if matches!((&a, &b, op), (Value::Quantity(..), Value::Quantity(..), Div)) => {
                Value::Number(z)
            }
            Some(unit) => Value::Quantity(z, unit),
            None => Value::Number(z),
        },
        span,
    )
}

fn sign(op: BinaryOp) -> &'static str {
    match op {
        BinaryOp::Add => "+",
        BinaryOp::Sub => "-",
        BinaryOp::Mul => "*",
        BinaryOp::Div => "/",
        BinaryOp::Pow => "^",
        BinaryOp::Eq => "==",
        BinaryOp::Ne => "!=",
        BinaryOp::Le => "<=",
        BinaryOp::Ge => ">=",
        BinaryOp::Lt => "<",
        BinaryOp::Gt => ">",
        BinaryOp::And => "and",
        BinaryOp::Or => "or",
    }
}

/// A quantity in a unit that measures the same.
fn in_unit(value: Value, unit: Unit) -> Value {
    match value {
        Value::Quantity(x, own) => own.convert(x, unit).map_or(value, |x| Value::Quantity(x, unit)),
        other => other,
    }
}

fn range(low: Value, high: Value, span: Span) -> Result<Value> {
    match (low, high) {
        (Value::Number(a), Value::Number(b)) if a <= b => Ok(Value::Span(a, b)),
        (Value::Number(a), Value::Number(b)) => Err(Box::new(
            Diagnostic::error("E0206", span, format!("the range {}..{} is empty", exactly(a), exactly(b)))
                .label("the first end is the larger one")
                .fix("turn it round", span, format!("{}..{}", exactly(b), exactly(a))),
        )),
        // `50Hz..8kHz` is in the smaller unit.
        (Value::Quantity(a, u), Value::Quantity(b, v)) if u != v && u.convert(1.0, v).is_some() => {
            let (a, b) = (Value::Quantity(a, u), Value::Quantity(b, v));
            let unit = if u.convert(1.0, v) > Some(1.0) { v } else { u };
            range(in_unit(a, unit), in_unit(b, unit), span)
        }
        (Value::Quantity(a, u), Value::Quantity(b, v)) if u == v && a <= b => Ok(Value::UnitSpan(a, b, u)),
        (Value::Quantity(a, u), Value::Quantity(b, v)) if u == v => Err(Box::new(
            Diagnostic::error(
                "E0206",
                span,
                format!("the range {}{u}..{}{u} is empty", exactly(a), exactly(b)),
            )
            .label("the first end is the larger one")
            .fix("turn it round", span, format!("{}{u}..{}{u}", exactly(b), exactly(a))),
        )),
        (Value::Quantity(a, u), Value::Quantity(b, v)) => Err(Box::new(
            Diagnostic::error("E0207", span, format!("`{}{u}..{}{v}` mixes units", exactly(a), exactly(b)))
                .label("both ends need the same unit"),
        )),
        (a, b) => {
            let found = if matches!(a, Value::Number(_)) { b } else { a };
            Err(kind_error(span, "a range of numbers", &found))
        }
    }
}

/// The arguments of a word that stands for a value.
pub fn bound(sig: &'static Sig, args: &[Arg], span: Span, scope: &mut Scope) -> Result<Args> {
    let mut faults = Vec::new();
    let args = bind(sig, args, span, scope, &mut faults);
    match (args, faults.into_iter().find(Diagnostic::is_error)) {
        (Some(args), None) => Ok(args),
        (_, Some(fault)) => Err(Box::new(fault)),
        (None, None) => {
            Err(Box::new(Diagnostic::error("E0205", span, format!("`{}` does not fit", sig.name))))
        }
    }
}

fn call(name: &str, args: &[Arg], span: Span, scope: &mut Scope) -> Result<Value> {
    match name {
        "bayes_decay" => {
            return bound(&bayes_decay::SIG, args, span, scope).map(|args| BayesDecay::value(&args));
        }
        "ramp" => return bound(&ramp::SIG, args, span, scope).map(|args| Value::Ramp(Ramp::new(&args))),
        _ => {}
    }
    let Some(&(name, arity)) = FUNCTIONS.iter().find(|(known, _)| *known == name) else {
        let mut error = Diagnostic::error("E0101", span, format!("unknown function `{name}`"))
            .label("not a function of expressions");
        error = match nearest(name, FUNCTIONS.iter().map(|(known, _)| *known).chain(["ramp"])) {
            Some(known) => error.help(format!("did you mean `{known}`?")),
            None => error.note("functions are min, max, sqrt, log, round, floor, ceil, pick(condition, a, b), ramp(from, to)"),
        };
        return Err(Box::new(error));
    };
    if let Some(named) = args.iter().find(|a| a.key != ArgKey::Positional) {
        return Err(Box::new(
            Diagnostic::error("E0202", named.span, format!("`{name}` takes no named arguments"))
                .label("write the value alone"),
        ));
    }
    let fits = arity.map_or(!args.is_empty(), |n| n == args.len());
    if !fits {
        let wanted = arity.map_or("at least 1 argument".to_string(), |n| {
            format!("{n} argument{}", if n == 1 { "" } else { "s" })
        });
        return Err(Box::new(
            Diagnostic::error("E0210", span, format!("`{name}` takes {wanted}, found {}", args.len()))
                .label("called here"),
        ));
    }
    let values = args.iter().map(|a| eval(&a.value, scope)).collect::<Result<Vec<_>>>()?;
    if name == "pick" {
        return match &values[0] {
            Value::Bool(first) => Ok(values[if *first { 1 } else { 2 }].clone()),
            other => Err(kind_error(args[0].span, "true or false", other)),
        };
    }
    let values: Vec<Value> = values.into_iter().map(Value::plain).collect();
    let mut numbers = Vec::new();
    for (value, arg) in values.iter().zip(args) {
        match value {
            Value::Number(x) => numbers.push(*x),
            Value::Symbol(_) => {
                let texts: Vec<String> = values.iter().map(Value::to_string).collect();
                return Ok(Value::Symbol(Symbol(format!("{name}({})", texts.join(", ")))));
            }
            other => return Err(kind_error(arg.span, "a number", other)),
        }
    }
    let x = match name {
        "min" => numbers.into_iter().fold(f64::INFINITY, f64::min),
        "max" => numbers.into_iter().fold(f64::NEG_INFINITY, f64::max),
        "sqrt" => numbers[0].sqrt(),
        "round" => meant(numbers[0]).round(),
        "floor" => meant(numbers[0]).floor(),
        "ceil" => meant(numbers[0]).ceil(),
        _ => numbers[0].ln(),
    };
    // Zero has no sign.
    finite(Value::Number(x + 0.0), span)
}

/// The whole number beside `x`, if rounding alone lies between them.
fn meant(x: f64) -> f64 {
    let whole = x.round();
    if (x - whole).abs() <= ROUNDING * x.abs().max(1.0) { whole } else { x }
}

#[cfg(test)]
mod tests {
    use crate::check::{Env, check_source};

    /// What an expression comes to, as the value of a param.
    fn value(expression: &str) -> String {
        let net = "net {\n  input x: real[2]\n  dense 1\n  output y: real[1]\n}\n";
        let source = format!("param a = {expression}\n{net}");
        let checked = check_source(&source, &Env::default());
        let model = checked.model.unwrap_or_else(|| panic!("{expression}: {:?}", checked.diagnostics));
        model.knobs[0].1.to_string()
    }

    #[test]
    fn numbers_are_made_whole() {
        let values =
            |expressions: &[&str]| expressions.iter().map(|one| value(one)).collect::<Vec<_>>().join(" ");
        assert_eq!(values(&["round(800 / 0.3)", "floor(800 / 0.3)", "ceil(800 / 0.3)"]), "2667 2666 2667");
        assert_eq!(values(&["round(2.5)", "round(-2.5)", "round(-0.2)", "floor(-0.5)"]), "3 -3 0 -1");
        // 0.29 * 100 is 28.999999999999996, and 0.7 * 10 more than 7.
        assert_eq!(values(&["floor(0.29 * 100)", "ceil(0.1 * 3 * 10)", "floor(28.9999)"]), "29 3 28");
    }
}
