//! Matthews' correlation coefficient: how predictions and targets are correlated, which frequent classes alone do not make large: 1 for a perfect net, 0 for one that always says the same.
//!
//! # Formula
//! `(s c - sum_k t_k p_k) / sqrt((s^2 - sum_k p_k^2) (s^2 - sum_k t_k^2))` of s rows, c of them right, t_k of class k and p_k predicted as it (Gorodkin 2004); 0 where the root is 0. For bits that of each bit, and their mean.
//!
//! # Example
//! ```net
//! report mcc
//! ```
//!
//! # Papers
//! Matthews 1975, Comparison of the predicted and observed secondary structure of T4 phage lysozyme.
//! Gorodkin 2004, Comparing two K-category assignments by a K-category correlation coefficient.

use super::{Metric, Tally, counts};
use crate::{
    model::OutputKind,
    vocab::{Args, Block, Sig},
};

pub struct Mcc;
pub static WORD: Mcc = Mcc;

static SIG: Sig = Sig {
    name: "mcc",
    about: "Matthews' correlation of predictions and targets",
    args: &[],
    block: Block::None,
};

impl Metric for Mcc {
    fn sig(&self) -> &'static Sig {
        &SIG
    }

    fn fits(&self, kind: OutputKind) -> bool {
        kind.has_probabilities() && kind.steps().is_none()
    }

    fn higher_is_better(&self) -> bool {
        true
    }

    fn undefined_where(&self) -> &'static str {
        "there is no row"
    }

    fn tally(&self, _args: &Args, kind: OutputKind) -> Box<dyn Tally> {
        if kind.classes().is_some() { counts::tally(kind, of_classes) } else { counts::tally(kind, of_bits) }
    }
}

fn of_classes(counts: &counts::Counts) -> f64 {
    let sum = |of: fn(&counts::Count) -> u64| counts.each.iter().map(of).map(|x| x as f64).sum::<f64>();
    let (rows, right) = (counts.rows as f64, sum(|count| count.hits));
    let products: f64 = counts.each.iter().map(|count| count.observed as f64 * count.predicted as f64).sum();
    let squares =
        |of: fn(&counts::Count) -> u64| counts.each.iter().map(of).map(|x| x as f64 * x as f64).sum::<f64>();
    let (predicted, observed) = (squares(|count| count.predicted), squares(|count| count.observed));
    over(rows * right - products, (rows * rows - predicted) * (rows * rows - observed), counts.rows)
}

fn of_bits(counts: &counts::Counts) -> f64 {
    let rows = counts.rows as f64;
    let of = |count: &counts::Count| {
        let [hits, predicted, observed] = [count.hits, count.predicted, count.observed].map(|n| n as f64);
        let spread = predicted * (rows - predicted) * observed * (rows - observed);
        over(rows * hits - predicted * observed, spread, counts.rows)
    };
    counts.each.iter().map(of).sum::<f64>() / counts.each.len() as f64
}

/// A covariance over the root of two variances.
fn over(covariance: f64, variances: f64, rows: u64) -> f64 {
    match rows {
        0 => f64::NAN,
        _ if variances > 0.0 => covariance / variances.sqrt(),
        _ => 0.0,
    }
}
