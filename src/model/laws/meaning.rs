//! Probabilities of logits and what is said of them, written once for 32 and for 64 bits.

use std::ops::Sub;

use crate::math;

/// Functions of the host's own: without fused products their bits depend on no processor and no C library.
pub(super) const PORTABLE: math::Scalar32 = math::Scalar32 { fma: false };

/// A number of either width. Sums of both are 64 bits wide.
pub(super) trait Number: Copy + Sub<Output = Self> {
    const LEAST: Self;
    fn larger(self, other: Self) -> Self;
    fn exp(self) -> Self;
    fn sigmoid(self) -> Self;
    fn wide(self) -> f64;
    fn of(x: f64) -> Self;
}

impl Number for f32 {
    const LEAST: Self = f32::NEG_INFINITY;

    fn larger(self, other: Self) -> Self {
        self.max(other)
    }

    fn exp(self) -> Self {
        math::exp(&mut { PORTABLE }, self)
    }

    fn sigmoid(self) -> Self {
        math::sigmoid(&mut { PORTABLE }, self)
    }

    fn wide(self) -> f64 {
        f64::from(self)
    }

    fn of(x: f64) -> Self {
        x as f32
    }
}

impl Number for f64 {
    const LEAST: Self = f64::NEG_INFINITY;

    fn larger(self, other: Self) -> Self {
        self.max(other)
    }

    fn exp(self) -> Self {
        f64::exp(self)
    }

    fn sigmoid(self) -> Self {
        1.0 / (1.0 + (-self).exp())
    }

    fn wide(self) -> f64 {
        self
    }

    fn of(x: f64) -> Self {
        x
    }
}

/// Of one row.
pub(super) fn softmax<N: Number>(row: &mut [N]) {
    let top = row.iter().fold(N::LEAST, |top, z| top.larger(*z));
    row.iter_mut().for_each(|z| *z = (*z - top).exp());
    let sum: f64 = row.iter().map(|power| power.wide()).sum();
    row.iter_mut().for_each(|power| *power = N::of(power.wide() / sum));
}

pub(super) fn sigmoids<N: Number>(logits: &mut [N]) {
    logits.iter_mut().for_each(|z| *z = z.sigmoid());
}

/// The logarithm of a probability, also of one that was rounded to 0.
pub(super) fn log(p: f64) -> f64 {
    p.max(f64::MIN_POSITIVE).ln()
}

/// What one value adds to the divergence of a distribution with `p` from one with `t` there: `t ln(t / p)`, and the difference of both, which
/// is 0 in sum where each sums to 1. So no term is negative, and rounding makes no sum so.
pub(super) fn divergence(t: f64, p: f64) -> f64 {
    // What is left of a probability that was rounded to 1 is less than this.
    const LEAST: f64 = f64::EPSILON / 2.0;
    match t == p || t == 0.0 {
        true => p - t,
        false => (t * (t / if p > 0.0 { p } else { LEAST.min(t) }).ln() + p - t).max(0.0),
    }
}

/// The first of the largest probabilities.
pub fn likeliest(row: &[f64]) -> usize {
    row.iter().enumerate().fold(0, |best, (i, x)| if *x > row[best] { i } else { best })
}

pub(super) fn root_mean_square(said: &[f64], observed: &[f64]) -> f64 {
    let squares = said.iter().zip(observed).map(|(a, b)| (a - b) * (a - b));
    (squares.sum::<f64>() / said.len() as f64).sqrt()
}

/// `2 numbers`, `1 number`.
pub(super) fn counted(n: usize, what: &str) -> String {
    format!("{n} {what}{}", if n == 1 { "" } else { "s" })
}
