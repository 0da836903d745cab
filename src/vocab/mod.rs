//! The vocabulary types shared by every word of the language: what a word accepts ([`Sig`]) and what it was given ([`Args`]).
//!
//! A word (layer, loss, optimizer, source, ...) declares a static `Sig` in its own file. From it come checking, did-you-mean,
//! the manual and completion. Invariant: an [`Args`] that exists was checked against its `Sig`, so the getters cannot fail.

mod args;
mod number;
pub mod ramp;
mod value;

pub use args::{Args, Given};
pub use number::{exactly, in_digits};
pub use ramp::{Clock, Ramp, Time, Timed};
pub use value::{Symbol, Unit, Value, quoted_if_needed};

/// What one word accepts.
#[derive(Debug)]
pub struct Sig {
    pub name: &'static str,
    /// One line for lists and completion.
    pub about: &'static str,
    /// Positional arguments first, in order.
    pub args: &'static [ArgSpec],
    pub block: Block,
}

/// Whether a word is followed by `{ ... }`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Block {
    None,
    /// A chain of layers.
    Body,
    /// `branch { ... }` blocks.
    Branches,
    /// The block may be left out.
    Optional,
}

/// One argument of a word.
#[derive(Debug)]
pub struct ArgSpec {
    pub name: &'static str,
    pub kind: Kind,
    /// May be written without `name=`, in the order of the table.
    pub positional: bool,
    pub default: Default,
    pub about: &'static str,
    /// What other libraries call it of this word alone.
    pub elsewhere: &'static [&'static str],
}

/// What stands in for an argument that is left out.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Default {
    /// Leaving it out is an error.
    Required,
    /// Leaving it out is meaningful; the getter answers `None`.
    Absent,
    Number(f64),
    Bool(bool),
    Word(&'static str),
    /// Both ends.
    Range(f64, f64),
}

/// Whether a name of another library is this one, however it is written: `ReduceLROnPlateau`, `reduce_lr_on_plateau`; `SpatialDropout2D`, `spatial_dropout`.
#[must_use]
pub fn is_called(other: &str, name: &str) -> bool {
    let plain = |name: &str| name.replace('_', "").to_lowercase();
    let (other, name) = (plain(other), plain(name));
    let dims = ["1d", "2d", "3d"].iter().find_map(|dims| other.strip_suffix(dims));
    other == name || dims == Some(name.as_str())
}

/// What kind of value an argument takes. Ranges are checked where the value is written.
#[derive(Clone, Copy, Debug)]
pub enum Kind {
    /// An integer of at least `min`.
    Count {
        min: u64,
    },
    /// A finite number within `low..=high`; `open_low`/`open_high` exclude the ends.
    Number(Bounds),
    /// The same, or `ramp(...)`, whose ends may be the low end of the bounds.
    Timed(Bounds),
    /// A share of rows: a count, a fraction or a percentage; where `tail` holds, with `tail` in front, of the last rows.
    Share {
        tail: bool,
    },
    /// A number that may depend on the data (`1/train.rows`); bounds hold once it is known.
    RunTime(Bounds),
    /// The same, `ramp(...)` or `bayes_decay(...)`.
    Decay(Bounds),
    Bool,
    /// One of these bare words.
    Word(&'static [&'static str]),
    /// One of these bare words, or a list of them.
    Words(&'static [&'static str]),
    /// Any bare name: a label, a column.
    Name,
    /// A column of a table by its name or number, several by the first and the last, or with `-` all but these.
    Column,
    /// A quoted string.
    Text,
    /// A number that must bear one of these units.
    Quantity(&'static [Unit]),
    /// A list of numbers.
    Numbers,
    /// A list of numbers, bare words, `true` and `false`: values that are tried.
    Choices,
    /// A list of names, texts and numbers, or one of them.
    Items,
    /// `3x3` or `[3, 3]`.
    Size,
    /// The same, whose sides may be 0.
    Border,
    /// `low..high`, whole numbers, both ends included.
    Span,
    /// `low..high` within bounds, both ends in this unit if there is one; of one number `x` that from `-x` where it goes both ways, else from
    /// `x` itself.
    Interval {
        unit: Option<Unit>,
        bounds: Bounds,
        both_ways: bool,
    },
    /// One of several kinds; the first that fits.
    OneOf(&'static [Kind]),
    /// A word that may have arguments of its own, `normal(sd=0.01)`: one of those with these signatures.
    Use(fn() -> Vec<&'static Sig>),
    /// Zero or more of a kind: the rest of the positional arguments.
    Rest(&'static Kind),
}

impl Kind {
    /// The bare words that it takes.
    #[must_use]
    pub fn words(&self) -> Vec<&'static str> {
        match self {
            Self::Bool => vec!["true", "false"],
            Self::Word(words) | Self::Words(words) => words.to_vec(),
            Self::OneOf(kinds) => kinds.iter().flat_map(Kind::words).collect(),
            Self::Use(sigs) => sigs().iter().map(|sig| sig.name).collect(),
            Self::Rest(kind) => kind.words(),
            _ => Vec::new(),
        }
    }
}

#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Bounds {
    pub low: f64,
    pub high: f64,
    pub open_low: bool,
    pub open_high: bool,
}

impl Bounds {
    pub const ANY: Bounds =
        Bounds { low: f64::NEG_INFINITY, high: f64::INFINITY, open_low: false, open_high: false };
    pub const POSITIVE: Bounds = Bounds { low: 0.0, high: f64::INFINITY, open_low: true, open_high: false };
    pub const NON_NEGATIVE: Bounds =
        Bounds { low: 0.0, high: f64::INFINITY, open_low: false, open_high: false };
    /// `[0, 1)`: a probability of dropping, a momentum.
    pub const BELOW_ONE: Bounds = Bounds { low: 0.0, high: 1.0, open_low: false, open_high: true };
    pub const UNIT: Bounds = Bounds { low: 0.0, high: 1.0, open_low: false, open_high: false };

    /// These, with the low end: what a ramp may come from or go to.
    #[must_use]
    pub fn with_low(self) -> Self {
        Self { open_low: false, ..self }
    }

    /// What native code would see instead of `x`, where that is another number altogether: it computes in 32 bits, and takes what is
    /// smaller than their normal numbers for 0.
    #[must_use]
    pub fn in_32_bits(&self, x: f64) -> Option<&'static str> {
        let seen = x as f32;
        match f64::from(seen) {
            _ if seen.is_infinite() => Some("infinite"),
            _ if x != 0.0 && !seen.is_normal() => Some("0"),
            1.0 if x < 1.0 && !self.holds(1.0) => Some("1"),
            _ => None,
        }
    }

    pub fn holds(&self, x: f64) -> bool {
        let low = if self.open_low { x > self.low } else { x >= self.low };
        let high = if self.open_high { x < self.high } else { x <= self.high };
        low && high
    }

    /// `[0, 1)`, `> 0`, `>= 0`, as diagnostics say it.
    pub fn describe(&self) -> String {
        match (self.low.is_finite(), self.high.is_finite()) {
            (true, true) => format!(
                "in {}{}, {}{}",
                if self.open_low { '(' } else { '[' },
                self.low,
                self.high,
                if self.open_high { ')' } else { ']' }
            ),
            (true, false) => format!("{} {}", if self.open_low { ">" } else { ">=" }, self.low),
            (false, true) => format!("{} {}", if self.open_high { "<" } else { "<=" }, self.high),
            (false, false) => "a finite number".into(),
        }
    }

    /// The same of quantities; 0 is 0 in every unit.
    pub fn describe_in(&self, unit: Unit) -> String {
        let has_unit = |end: f64| end.is_finite() && end != 0.0;
        match has_unit(self.low) || has_unit(self.high) {
            true => format!("{} {unit}", self.describe()),
            false => self.describe(),
        }
    }
}

impl ArgSpec {
    /// A positional argument that must be given.
    pub const fn required(name: &'static str, kind: Kind, about: &'static str) -> Self {
        Self { name, kind, positional: true, default: Default::Required, about, elsewhere: &[] }
    }

    /// A named argument with a default.
    pub const fn named(name: &'static str, kind: Kind, default: Default, about: &'static str) -> Self {
        Self { name, kind, positional: false, default, about, elsewhere: &[] }
    }

    /// A positional argument that may be left out.
    pub const fn optional(name: &'static str, kind: Kind, default: Default, about: &'static str) -> Self {
        Self { name, kind, positional: true, default, about, elsewhere: &[] }
    }

    /// With what other libraries call it.
    #[must_use]
    pub const fn called(self, elsewhere: &'static [&'static str]) -> Self {
        Self { elsewhere, ..self }
    }
}

impl Sig {
    pub fn arg(&self, name: &str) -> Option<&'static ArgSpec> {
        self.args.iter().find(|a| a.name == name)
    }
}

#[cfg(test)]
mod tests {
    use super::is_called;

    #[test]
    fn names_are_known_however_they_are_written() {
        for name in ["SpatialDropout2D", "spatial_dropout_2d", "spatial_dropout", "SpatialDropout"] {
            assert!(is_called("SpatialDropout2D", name), "{name}");
        }
        assert!(!is_called("SpatialDropout2D", "spatial_dropout1d") && !is_called("Dropout", "dropout2d"));
    }
}
