//! What the numbers of a value can be in prediction, whatever the weights and the row.
//!
//! A bounded value is no matter inside a net; read as logits, or held against targets of any size, it keeps the net from saying what
//! is so. Each layer answers for itself ([`super::Layer::reach`]), from what its inputs can be.

use std::ops::{Add, Mul};

use crate::{
    model::{NodeId, Ty},
    vocab::Args,
};

/// From `low` to `high`, either of which may be infinite.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Reach {
    pub low: f64,
    pub high: f64,
}

impl Reach {
    pub const ANY: Reach = Reach { low: f64::NEG_INFINITY, high: f64::INFINITY };
    /// Of probabilities.
    pub const UNIT: Reach = Reach { low: 0.0, high: 1.0 };

    #[must_use]
    pub fn hull(self, other: Self) -> Self {
        Self { low: self.low.min(other.low), high: self.high.max(other.high) }
    }

    /// That of a function which never falls.
    #[must_use]
    pub fn through(self, rising: impl Fn(f64) -> f64) -> Self {
        Self { low: rising(self.low), high: rising(self.high) }
    }

    /// That of a function which falls to `least` and rises to the right of it, above `x` nowhere but below 0.
    #[must_use]
    pub fn dips_to(self, least: f64) -> Self {
        Self { low: least, high: self.high.max(0.0) }
    }

    #[must_use]
    pub fn is_within(self, other: Self) -> bool {
        self.low >= other.low && self.high <= other.high
    }
}

impl Add for Reach {
    type Output = Self;

    fn add(self, other: Self) -> Self {
        Self { low: self.low + other.low, high: self.high + other.high }
    }
}

impl Mul for Reach {
    type Output = Self;

    fn mul(self, other: Self) -> Self {
        let corners =
            [(self.low, other.low), (self.low, other.high), (self.high, other.low), (self.high, other.high)];
        // Nothing times no matter what is nothing.
        let products = corners.map(|(a, b)| if a == 0.0 || b == 0.0 { 0.0 } else { a * b });
        let ends = |pick: fn(f64, f64) -> f64| products.into_iter().reduce(pick).unwrap_or(0.0);
        Self { low: ends(f64::min), high: ends(f64::max) }
    }
}

/// What a layer answers by: its arguments and what flows in.
pub struct Reached<'a> {
    pub args: &'a Args,
    /// The type of the result.
    pub ty: &'a Ty,
    pub(crate) inputs: &'a [NodeId],
    /// Of all nodes before this one.
    pub(crate) known: &'a [Reach],
}

impl Reached<'_> {
    /// Of the first input.
    #[must_use]
    pub fn input(&self) -> Reach {
        self.inputs().next().unwrap_or(Reach::ANY)
    }

    pub fn inputs(&self) -> impl Iterator<Item = Reach> {
        self.inputs.iter().map(|id| self.known[id.0])
    }

    /// Whether all inputs are one value, an even number of times.
    #[must_use]
    pub fn is_square(&self) -> bool {
        self.inputs.len().is_multiple_of(2) && self.inputs.iter().all(|id| *id == self.inputs[0])
    }

    /// Whether the last axis holds one number.
    #[must_use]
    pub fn is_single(&self) -> bool {
        self.ty.axes.last().is_none_or(|axis| axis.size == 1)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const LOW: Reach = Reach { low: -1.0, high: 2.0 };

    #[test]
    fn it_goes_through_sums_products_and_functions() {
        assert_eq!(LOW + Reach::UNIT, Reach { low: -1.0, high: 3.0 });
        assert_eq!(LOW * LOW, Reach { low: -2.0, high: 4.0 });
        assert_eq!(LOW * Reach::ANY, Reach::ANY);
        assert_eq!(
            Reach::UNIT * Reach { low: 0.0, high: f64::INFINITY },
            Reach { low: 0.0, high: f64::INFINITY }
        );
        assert_eq!(LOW.through(|x| x.max(0.0)), Reach { low: 0.0, high: 2.0 });
        assert_eq!(Reach::ANY.through(f64::tanh), Reach { low: -1.0, high: 1.0 });
        assert_eq!(LOW.hull(Reach::ANY), Reach::ANY);
        assert!(Reach::UNIT.is_within(LOW) && !LOW.is_within(Reach::UNIT));
    }
}
