//! A number that changes while a net is trained: `dropout ramp(0, 0.5, over=10epochs)`.
//!
//! # What it does
//! The number begins at `from` and comes to `to` in the time `over`, update by update; then it stays. Nothing is compiled anew: rates, scales
//! and factors are arguments of the native step. Prediction, and all that is said of a trained net, goes by `to`.
//!
//! # Formula
//! `from + (to - from) s`, `s = min(1, max(0, (t - after) / over))`, t updates done before; with `shape=cosine` `s` becomes
//! `(1 - cos(pi s)) / 2`.
//!
//! # Arguments
//! `over` and `after` are times, `10epochs` or `500steps`; without `over` the number is on its way until the epochs of the file end. `after` waits at
//! `from` first. A ramp may stand where a rate of dropping, `lr`, `momentum`, `weight_decay` or the amount of a penalty stands. Beside a
//! `schedule`, the schedule's factor multiplies the learning rate of the ramp.
//!
//! # Example
//! ```net
//! net {
//!   input x: real[8]
//!   dense 16 -> relu -> dropout ramp(0, 0.5, over=10epochs)
//!   dense 3
//!   output y: class[3]
//! }
//! ```
//!
//! # Papers
//! Morerio et al. 2017, Curriculum dropout (a rate that grows).

use std::{cmp::Ordering, fmt};

use super::{ArgSpec, Args, Block, Bounds, Default, Kind, Sig, Unit, Value, exactly};

/// The manual of the word.
pub const SOURCE: &str = include_str!("ramp.rs");

const TIME: Kind = Kind::Quantity(&[Unit::Epochs, Unit::Steps]);

pub static SIG: Sig = Sig {
    name: "ramp",
    about: "a number that changes while a net is trained",
    args: &[
        ArgSpec::required("from", Kind::Number(Bounds::ANY), "the first value"),
        ArgSpec::required("to", Kind::Number(Bounds::ANY), "the last value"),
        ArgSpec::named(
            "over",
            TIME,
            Default::Absent,
            "time from the first value to the last; all epochs unless given",
        ),
        ArgSpec::named("after", TIME, Default::Absent, "time before the number begins to change"),
        ArgSpec::named("shape", Kind::Word(&["linear", "cosine"]), Default::Word("linear"), "how it changes"),
    ],
    block: Block::None,
};

/// A moment of training.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Clock {
    /// Updates done before this one, since the start of the run.
    pub update: u64,
    pub updates_per_epoch: u64,
    /// Updates in the epochs of the file.
    pub horizon: u64,
}

impl Clock {
    /// When all is done, as prediction sees it.
    pub const END: Clock = Clock { update: u64::MAX, updates_per_epoch: 1, horizon: 1 };
}

/// A length of time.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Time(pub f64, pub Unit);

impl Time {
    /// That of an argument; None if it was left out.
    #[must_use]
    pub fn of(args: &Args, name: &str) -> Option<Self> {
        match args.value(name) {
            Some(Value::Quantity(x, unit)) => Some(Self(*x, *unit)),
            _ => None,
        }
    }

    /// Against another length; none of different units where nobody knows how many updates an epoch has.
    #[must_use]
    pub fn compare(self, other: Self, updates_per_epoch: Option<u64>) -> Option<Ordering> {
        match updates_per_epoch {
            _ if self.1 == other.1 => self.0.partial_cmp(&other.0),
            Some(updates) => Some(self.updates(updates).cmp(&other.updates(updates))),
            None => None,
        }
    }

    /// In updates, rounded.
    #[must_use]
    pub fn updates(self, updates_per_epoch: u64) -> u64 {
        match self.1 {
            Unit::Epochs => (self.0 * updates_per_epoch as f64).round() as u64,
            _ => self.0.round() as u64,
        }
    }
}

impl fmt::Display for Time {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}{}", exactly(self.0), self.1)
    }
}

/// A checked use.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Ramp {
    pub from: f64,
    pub to: f64,
    /// Until the horizon without one.
    pub over: Option<Time>,
    pub after: Option<Time>,
    pub cosine: bool,
}

impl Ramp {
    #[must_use]
    pub fn new(args: &Args) -> Self {
        Self {
            from: args.number("from"),
            to: args.number("to"),
            over: Time::of(args, "over"),
            after: Time::of(args, "after"),
            cosine: args.word("shape") == "cosine",
        }
    }

    /// The value at a moment; exactly `from` before it begins, exactly `to` once it is over.
    #[must_use]
    pub fn at(&self, clock: &Clock) -> f64 {
        let updates = |time: Time| time.updates(clock.updates_per_epoch);
        let after = self.after.map_or(0, updates);
        let over = self.over.map_or(clock.horizon.saturating_sub(after), updates);
        if clock.update >= after.saturating_add(over) {
            return self.to;
        }
        let share = clock.update.saturating_sub(after) as f64 / over as f64;
        let share = if self.cosine { 0.5 * (1.0 - (std::f64::consts::PI * share).cos()) } else { share };
        self.from + (self.to - self.from) * share
    }
}

impl fmt::Display for Ramp {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "ramp({}, {}", exactly(self.from), exactly(self.to))?;
        for (name, time) in [("over", self.over), ("after", self.after)] {
            if let Some(time) = time {
                write!(f, ", {name}={time}")?;
            }
        }
        f.write_str(if self.cosine { ", shape=cosine)" } else { ")" })
    }
}

/// A number that may change while a net is trained.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Timed {
    Constant(f64),
    Ramp(Ramp),
}

impl Timed {
    pub const ZERO: Timed = Timed::Constant(0.0);

    #[must_use]
    pub fn at(&self, clock: &Clock) -> f64 {
        match self {
            Self::Constant(x) => *x,
            Self::Ramp(ramp) => ramp.at(clock),
        }
    }

    /// What a trained net has.
    #[must_use]
    pub fn last(&self) -> f64 {
        self.at(&Clock::END)
    }

    /// The values that it has at first and at last.
    #[must_use]
    pub fn ends(&self) -> [f64; 2] {
        match self {
            Self::Constant(x) => [*x, *x],
            Self::Ramp(ramp) => [ramp.from, ramp.to],
        }
    }

    /// The largest value that it ever has.
    #[must_use]
    pub fn largest(&self) -> f64 {
        match self {
            Self::Constant(x) => *x,
            Self::Ramp(ramp) => ramp.from.max(ramp.to),
        }
    }

    /// Never anything but 0.
    #[must_use]
    pub fn is_zero(&self) -> bool {
        match self {
            Self::Constant(x) => *x == 0.0,
            Self::Ramp(ramp) => ramp.from == 0.0 && ramp.to == 0.0,
        }
    }

    /// Whether it is ever other than 0: in training, or else in what is trained.
    #[must_use]
    pub fn acts(&self, training: bool) -> bool {
        if training { !self.is_zero() } else { self.last() != 0.0 }
    }

    #[must_use]
    pub fn changes(&self) -> bool {
        matches!(self, Self::Ramp(_))
    }

    /// The same of an affine function of it.
    #[must_use]
    pub fn map(&self, affine: impl Fn(f64) -> f64) -> Self {
        match *self {
            Self::Constant(x) => Self::Constant(affine(x)),
            Self::Ramp(ramp) => Self::Ramp(Ramp { from: affine(ramp.from), to: affine(ramp.to), ..ramp }),
        }
    }
}

impl From<Timed> for Value {
    fn from(timed: Timed) -> Self {
        match timed {
            Timed::Constant(x) => Value::Number(x),
            Timed::Ramp(ramp) => Value::Ramp(ramp),
        }
    }
}

/// In words: `0.5`, `0 to 0.5 over 10 epochs`.
impl fmt::Display for Timed {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let ramp = match self {
            Self::Constant(x) => return f.write_str(&exactly(*x)),
            Self::Ramp(ramp) => ramp,
        };
        write!(f, "{} to {}", exactly(ramp.from), exactly(ramp.to))?;
        match ramp.over {
            Some(Time(x, unit)) => write!(f, " over {} {unit}", exactly(x))?,
            None => f.write_str(" over all epochs")?,
        }
        if let Some(Time(x, unit)) = ramp.after {
            write!(f, " after {} {unit}", exactly(x))?;
        }
        f.write_str(if ramp.cosine { ", along a cosine" } else { "" })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const TEN: Ramp =
        Ramp { from: 0.0, to: 0.5, over: Some(Time(2.0, Unit::Epochs)), after: None, cosine: false };

    fn at(ramp: Ramp, update: u64) -> f64 {
        ramp.at(&Clock { update, updates_per_epoch: 5, horizon: 20 })
    }

    #[test]
    fn it_comes_from_one_value_to_the_other_and_stays() {
        assert_eq!([0, 5, 10, 11, 1_000].map(|update| at(TEN, update)), [0.0, 0.25, 0.5, 0.5, 0.5]);
        let late = Ramp { after: Some(Time(4.0, Unit::Steps)), ..TEN };
        assert_eq!([0, 4, 9, 14].map(|update| at(late, update)), [0.0, 0.0, 0.25, 0.5]);
        let whole = Ramp { over: None, ..late };
        assert_eq!([4, 12, 19, 20].map(|update| at(whole, update)), [0.0, 0.25, 0.46875, 0.5]);
        let cosine = Ramp { cosine: true, ..TEN };
        assert!((at(cosine, 5) - 0.25).abs() < 1e-12 && at(cosine, 2) < at(TEN, 2));
        assert_eq!(at(Ramp { over: Some(Time(0.0, Unit::Steps)), ..TEN }, 0), 0.5);
        assert_eq!(Timed::Ramp(late).last(), 0.5);
    }

    #[test]
    fn it_reads_as_it_is_written() {
        let late = Ramp { after: Some(Time(4.0, Unit::Steps)), cosine: true, ..TEN };
        assert_eq!(late.to_string(), "ramp(0, 0.5, over=2epochs, after=4steps, shape=cosine)");
        assert_eq!(Timed::Ramp(late).to_string(), "0 to 0.5 over 2 epochs after 4 steps, along a cosine");
    }
}
