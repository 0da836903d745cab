//! Whether a value is of the kind that an argument takes, and within its bounds.

use super::eval::{more_than_all, too_late};
use crate::{
    diag::{Diagnostic, Span},
    vocab::{ArgSpec, Bounds, Kind, Sig, Unit, Value, exactly},
};

/// `Ok`: fits. `Err(Ok(diagnostic))`: the kind fits and its value does not. `Err(Err(value))`: another kind.
pub(super) fn fit(
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
    let least = if matches!(kind, Kind::Border) { 0.0 } else { 1.0 };
    let sizes_fault = |label: &str| range(format!("made of whole numbers from {least}"), label.into());
    // `written` is the number as it stands in the text.
    let within =
        |x: f64, bounds: Bounds, told: String, written: String, value: Value| match bounds.in_32_bits(x) {
            _ if !bounds.holds(x) => range(told, format!("is {written}")),
            Some(seen) => {
                let why = match seen {
                    "0" => "is below their smallest, 1.2e-38",
                    "infinite" => "is above their largest, 3.4e38",
                    _ => "rounds to it",
                };
                fault(format!("is {seen} in 32 bits"), format!("{written} {why}"))
            }
            None => Ok(value),
        };
    // A percentage stands for a number, and is told as it was written.
    let as_written = written(&value);
    let is_share = matches!(value, Value::Quantity(_, Unit::Percent));
    let bounded = |x: f64, bounds: Bounds, value: Value| {
        let told = if is_share { as_written[0].clone() } else { exactly(x) };
        let share = !is_share
            && !bounds.holds(x)
            && (bounds.low, bounds.high) == (0.0, 1.0)
            && x > 1.0
            && bounds.holds(x / 100.0)
            // As it stands there, and not by the name of a param.
            && span.end - span.start == exactly(x).len();
        match within(x, bounds, bounds.describe(), told, value) {
            Err(Ok(error)) if share => {
                Err(Ok(Box::new(error.fix("is a percentage meant?", span, format!("{}%", exactly(x))))))
            }
            other => other,
        }
    };
    let bounded_in = |x: f64, bounds: Bounds, unit: Unit, value: Value| {
        within(x, bounds, bounds.describe_in(unit), format!("{}{unit}", exactly(x)), value)
    };
    // A percentage is a number where any number may stand: a count is no share of anything.
    let value = match kind {
        Kind::Number(_) | Kind::Timed(_) | Kind::RunTime(_) | Kind::Decay(_) => value.plain(),
        Kind::Interval { unit: None, .. } => value.plain(),
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
                .note("`ramp` may stand for rates of dropping, `lr`, `momentum`, `weight_decay`, the amounts of penalties and `p` and the strengths of augmentations"),
        ))),
        (Kind::Share { .. }, Value::Quantity(x, Unit::Percent)) if x > 100.0 => Err(Ok(more_than_all(x, span))),
        (Kind::Share { .. }, Value::Quantity(x, Unit::Percent)) => {
            bounded_in(x, Bounds::NON_NEGATIVE, Unit::Percent, Value::Quantity(x, Unit::Percent))
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
            // A level lies below another one, and a pitch may go down.
            let bounds = match unit {
                Unit::Decibels | Unit::Semitones => Bounds::ANY,
                _ => Bounds::NON_NEGATIVE,
            };
            bounded_in(x, bounds, unit, Value::Quantity(x, unit))
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
        (Kind::Border, Value::Size(dims)) => Ok(Value::Size(dims)),
        (Kind::Size, Value::Size(dims)) if dims.contains(&0) => sizes_fault("has a 0"),
        (Kind::Size, Value::Size(dims)) => Ok(Value::Size(dims)),
        (Kind::Size | Kind::Border, Value::List(items)) if items.iter().any(|v| !matches!(v, Value::Number(_))) => {
            Err(Err(Value::List(items)))
        }
        (Kind::Size | Kind::Border, Value::List(items)) if !items.is_empty() => {
            let size = |v: &Value| match v {
                Value::Number(x) if x.fract() == 0.0 && *x >= least => Some(*x as u64),
                _ => None,
            };
            let dims: Option<Vec<u64>> = items.iter().map(size).collect();
            dims.map_or_else(|| sizes_fault("has another number"), |dims| Ok(Value::Size(dims)))
        }
        (Kind::Span, Value::Span(a, b)) => Ok(Value::Span(a, b)),
        (Kind::Interval { unit: Some(unit), .. }, Value::Number(x)) => Err(Ok(Box::new(
            Diagnostic::error("E0207", span, format!("`{}` of `{}` is in `{unit}`", spec.name, sig.name))
                .label("has no unit")
                .fix("write the unit", span, format!("{}{unit}", exactly(x))),
        ))),
        (Kind::Interval { .. }, value) => {
            let Some((low, high)) = ends(&value, kind) else { return Err(Err(value)) };
            let (bounds, unit) = match kind {
                Kind::Interval { bounds, unit, .. } => (bounds, unit),
                _ => (Bounds::ANY, None),
            };
            let told = unit.map_or_else(|| bounds.describe(), |unit| bounds.describe_in(unit));
            // Of one number both ends are told as that number: nobody wrote its negative.
            for (end, written) in [low, high].into_iter().zip(&as_written) {
                within(end, bounds, told.clone(), written.clone(), Value::Number(end))?;
            }
            Ok(match unit {
                Some(unit) => Value::UnitSpan(low, high, unit),
                None => Value::Span(low, high),
            })
        }
        (_, other) => Err(Err(other)),
    }
}

/// Both ends of a range as they stand in the text; of one number twice itself.
fn written(value: &Value) -> [String; 2] {
    let plain = |x: &f64| exactly(*x);
    let with = |x: &f64, unit: &Unit| format!("{}{unit}", exactly(*x));
    match value {
        Value::Span(low, high) => [plain(low), plain(high)],
        Value::UnitSpan(low, high, unit) => [with(low, unit), with(high, unit)],
        Value::Quantity(x, unit) => [with(x, unit), with(x, unit)],
        Value::Number(x) => [plain(x), plain(x)],
        _ => Default::default(),
    }
}

/// The ends of a range in the unit that is wanted, or of one number.
fn ends(value: &Value, kind: Kind) -> Option<(f64, f64)> {
    let Kind::Interval { unit, both_ways, .. } = kind else { return None };
    let single = |x: f64| if both_ways { (-x.abs(), x.abs()) } else { (x, x) };
    match (value, unit) {
        (Value::Span(low, high), None) => Some((*low, *high)),
        (Value::UnitSpan(low, high, own), Some(unit)) => {
            Some((own.convert(*low, unit)?, own.convert(*high, unit)?))
        }
        (Value::Number(x), None) => Some(single(*x)),
        (Value::Quantity(x, own), Some(unit)) => own.convert(*x, unit).map(single),
        _ => None,
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

/// What an argument of this kind takes, in words.
pub(super) fn wanted(kind: Kind) -> String {
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
        Kind::Column => "a column by its name or number".into(),
        Kind::Text => "a quoted text".into(),
        Kind::Quantity(units) => {
            let names: Vec<String> = units.iter().map(|u| format!("`{u}`")).collect();
            format!("a number with the unit {}", names.join(" or "))
        }
        Kind::Numbers => "a list of numbers".into(),
        Kind::Items => "a list of names, texts and numbers".into(),
        Kind::Choices => "a list of numbers or words".into(),
        Kind::Size => "a size such as 3x3".into(),
        Kind::Border => "a size such as 1x0".into(),
        Kind::Span => "a range such as 1..8".into(),
        Kind::Interval { unit: None, .. } => "a range such as 0.5..1.5".into(),
        Kind::Interval { unit: Some(unit), .. } => format!("a range such as 1{unit}..2{unit}"),
        Kind::OneOf(kinds) => kinds.iter().map(|k| wanted(*k)).collect::<Vec<_>>().join(" or "),
        Kind::Use(sigs) => {
            let names: Vec<&str> = sigs().iter().map(|sig| sig.name).collect();
            format!("one of {}", names.join(", "))
        }
        Kind::Rest(kind) => wanted(*kind),
    }
}

#[cfg(test)]
mod tests {
    use crate::check::{Env, check_source};

    /// A number beyond its bounds is told as it stands in the text: with its unit, and with no sign that nobody wrote.
    #[test]
    fn numbers_are_told_as_they_are_written() {
        let told = |statement: &str| {
            let source = format!(
                "augment {{\n  {statement}\n}}\nnet {{\n  input clip: wave[1s, rate=8kHz]\n  mean_pool over=time -> dense 2\n  output y: class[2]\n}}\ntrain {{\n  loss cross_entropy\n  optimizer sgd, lr=0.1\n  epochs 1\n}}\n"
            );
            let found = check_source(&source, &Env::default()).diagnostics;
            found.iter().find(|d| d.code == "E0206").map(|d| format!("{}; {}", d.message, d.label))
        };
        for (statement, said) in [
            ("pitch_shift 30st", "`distance` of `pitch_shift` must be in [-24, 24] st; is 30st"),
            ("pitch_shift -30st", "`distance` of `pitch_shift` must be in [-24, 24] st; is -30st"),
            ("pitch_shift 1st..25st", "`distance` of `pitch_shift` must be in [-24, 24] st; is 25st"),
            ("gain -200dB..2dB", "`level` of `gain` must be in [-100, 100] dB; is -200dB"),
            ("lowpass -1kHz..2kHz", "`cutoff` of `lowpass` must be > 0; is -1kHz"),
            ("polarity p=120%", "`p` of `polarity` must be in [0, 1]; is 120%"),
            ("speed 500%", "`factor` of `speed` must be in [0.25, 4]; is 500%"),
            ("speed 0.1", "`factor` of `speed` must be in [0.25, 4]; is 0.1"),
        ] {
            assert_eq!(told(statement).as_deref(), Some(said), "{statement}");
        }
    }
}
