//! Values of arguments after evaluation.

use std::fmt;

use super::{Ramp, exactly};

/// A unit that a number may bear. Units are part of the number: `1s` is not `1steps`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Unit {
    Percent,
    Epochs,
    Steps,
    Seconds,
    Milliseconds,
    Hertz,
    Kilohertz,
    Semitones,
    Decibels,
    Degrees,
    Kilobytes,
    Megabytes,
    Gigabytes,
    Terabytes,
}

impl Unit {
    const NAMES: &'static [(&'static str, Unit)] = &[
        ("%", Unit::Percent),
        ("epochs", Unit::Epochs),
        ("epoch", Unit::Epochs),
        ("steps", Unit::Steps),
        ("step", Unit::Steps),
        ("s", Unit::Seconds),
        ("ms", Unit::Milliseconds),
        ("Hz", Unit::Hertz),
        ("kHz", Unit::Kilohertz),
        ("st", Unit::Semitones),
        ("dB", Unit::Decibels),
        ("deg", Unit::Degrees),
        ("kB", Unit::Kilobytes),
        ("MB", Unit::Megabytes),
        ("GB", Unit::Gigabytes),
        ("TB", Unit::Terabytes),
    ];

    /// Those of memory.
    pub const SIZES: &'static [Unit] = &[Unit::Kilobytes, Unit::Megabytes, Unit::Gigabytes, Unit::Terabytes];

    /// Bytes, of a unit of memory.
    #[must_use]
    pub fn bytes(self) -> Option<f64> {
        match self {
            Unit::Kilobytes => Some(1e3),
            Unit::Megabytes => Some(1e6),
            Unit::Gigabytes => Some(1e9),
            Unit::Terabytes => Some(1e12),
            _ => None,
        }
    }

    /// `x` of this unit in another one that measures the same, if it does: 8 kHz are 8000 Hz.
    #[must_use]
    pub fn convert(self, x: f64, to: Unit) -> Option<f64> {
        /// The unit that it is a thousand of.
        fn thousandth(unit: Unit) -> Option<Unit> {
            match unit {
                Unit::Kilohertz => Some(Unit::Hertz),
                Unit::Seconds => Some(Unit::Milliseconds),
                _ => None,
            }
        }
        match () {
            () if self == to => Some(x),
            // Rounded as the number is written: 4.1 kHz are 4100 Hz.
            () if thousandth(self) == Some(to) => Some((x * 1e9).round() / 1e6),
            () if thousandth(to) == Some(self) => Some(x / 1e3),
            () => None,
        }
    }

    pub fn parse(text: &str) -> Option<Unit> {
        Self::NAMES.iter().find(|(name, _)| *name == text).map(|(_, unit)| *unit)
    }

    pub fn all_names() -> impl Iterator<Item = &'static str> {
        Self::NAMES.iter().map(|(name, _)| *name)
    }
}

impl fmt::Display for Unit {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let name = Self::NAMES.iter().find(|(_, unit)| unit == self).map_or("", |(name, _)| name);
        f.write_str(name)
    }
}

/// A number that is known only once the data is: the text of the expression, as `summary` and `emit` print it.
#[derive(Clone, Debug, PartialEq)]
pub struct Symbol(pub String);

#[derive(Clone, Debug, PartialEq)]
pub enum Value {
    Number(f64),
    /// A percentage is one until it is counted with, so that 100% is not one row: see [`Value::plain`].
    Quantity(f64, Unit),
    Symbol(Symbol),
    Bool(bool),
    /// A bare word or name, dotted or not.
    Word(String),
    Text(String),
    List(Vec<Value>),
    Size(Vec<u64>),
    /// Both ends included.
    Span(f64, f64),
    /// The same with a unit: `-15deg..15deg`.
    UnitSpan(f64, f64, Unit),
    /// `tail 20%`: a share, of the last rows.
    Tail(f64),
    /// The columns from one to another: `age..height`.
    Names(String, String),
    /// `-age`: all but these columns.
    Without(Box<Value>),
    /// A number that changes while a net is trained.
    Ramp(Ramp),
    /// `bayes_decay(length_scale=1e-2)`: a word that takes arguments where a value stands.
    Call(String, Vec<(Option<String>, Value)>),
}

impl Value {
    /// A percentage as the fraction that it is; anything else as it is.
    #[must_use]
    pub fn plain(self) -> Self {
        match self {
            Self::Quantity(x, Unit::Percent) => Self::Number(x / 100.0),
            other => other,
        }
    }

    /// How much it holds: values, and characters of texts.
    #[must_use]
    pub fn size(&self) -> usize {
        match self {
            Self::List(items) => items.iter().fold(1, |sum, item| sum + item.size()),
            Self::Symbol(Symbol(text)) | Self::Text(text) | Self::Word(text) => 1 + text.len(),
            Self::Size(dims) => 1 + dims.len(),
            Self::Call(name, args) => {
                args.iter().fold(1 + name.len(), |sum, (_, value)| sum + 1 + value.size())
            }
            _ => 1,
        }
    }

    /// How many lists stand inside one another.
    #[must_use]
    pub fn depth(&self) -> usize {
        match self {
            Self::List(items) => 1 + items.iter().map(Value::depth).max().unwrap_or(0),
            _ => 0,
        }
    }
}

/// A name as the language takes it.
#[must_use]
pub fn quoted_if_needed(name: &str) -> String {
    let is_word = |c: char| c.is_ascii_alphanumeric() || c == '_';
    let bare = name.starts_with(|c: char| c.is_ascii_alphabetic() || c == '_') && name.chars().all(is_word);
    if bare { name.to_owned() } else { format!("{name:?}") }
}

impl fmt::Display for Value {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Value::Number(x) => f.write_str(&exactly(*x)),
            Value::Quantity(x, unit) => write!(f, "{}{unit}", exactly(*x)),
            Value::Ramp(ramp) => write!(f, "{ramp}"),
            Value::Symbol(s) => f.write_str(&s.0),
            Value::Bool(b) => write!(f, "{b}"),
            Value::Word(w) => f.write_str(w),
            Value::Text(t) => write!(f, "{t:?}"),
            Value::List(items) => {
                f.write_str("[")?;
                for (i, item) in items.iter().enumerate() {
                    write!(f, "{}{item}", if i > 0 { ", " } else { "" })?;
                }
                f.write_str("]")
            }
            Value::Size(dims) => {
                let dims: Vec<String> = dims.iter().map(u64::to_string).collect();
                f.write_str(&dims.join("x"))
            }
            Value::Span(low, high) => write!(f, "{}..{}", exactly(*low), exactly(*high)),
            Value::UnitSpan(low, high, unit) => {
                write!(f, "{}{unit}..{}{unit}", exactly(*low), exactly(*high))
            }
            Value::Tail(share) => write!(f, "tail {}", exactly(*share)),
            Value::Names(first, last) => write!(f, "{}..{}", quoted_if_needed(first), quoted_if_needed(last)),
            Value::Without(columns) => write!(f, "-{columns}"),
            Value::Call(name, args) => {
                let args: Vec<String> = args
                    .iter()
                    .map(|(key, value)| key.as_ref().map_or(format!("{value}"), |k| format!("{k}={value}")))
                    .collect();
                write!(f, "{name}({})", args.join(", "))
            }
        }
    }
}
