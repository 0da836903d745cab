//! How well confidence tells right from wrong: the area under the risk-coverage curve.
//!
//! # Formula
//! Rows are taken in order of the probability of the class that they are taken for, the surest first. The risk at a coverage is the share of
//! mistakes among the rows so far; the area is its mean over all rows. 0 where nothing is wrong; the error rate where confidence says
//! nothing. Rows that are equally sure are taken together. For bits, each bit is a row of its own.
//!
//! # Example
//! ```net
//! report accuracy, aurc
//! ```
//!
//! # Papers
//! Geifman and El-Yaniv 2017, Selective classification for deep neural networks.

use super::{Metric, Rows, Tally, Targets, accuracy::argmax, probabilities};
use crate::{
    model::OutputKind,
    vocab::{Args, Block, Sig},
};

pub struct Aurc;
pub static WORD: Aurc = Aurc;

static SIG: Sig = Sig {
    name: "aurc",
    about: "area under the risk-coverage curve: whether mistakes are where confidence is low",
    args: &[],
    block: Block::None,
};

impl Metric for Aurc {
    fn sig(&self) -> &'static Sig {
        &SIG
    }

    fn fits(&self, kind: OutputKind) -> bool {
        kind.has_probabilities() && kind.steps().is_none()
    }

    fn higher_is_better(&self) -> bool {
        false
    }

    fn tally(&self, _args: &Args, _kind: OutputKind) -> Box<dyn Tally> {
        Box::new(Judged(Vec::new()))
    }
}

/// Doubt and loss of every row, or of every bit: what is ranked must be kept.
struct Judged(Vec<(f64, f64)>);

impl Tally for Judged {
    fn add(&mut self, rows: &Rows<'_>) {
        match rows.targets {
            Targets::Classes(classes) => self.0.extend(rows.outputs().zip(classes).map(|(row, class)| {
                let taken = argmax(row);
                let doubt = probabilities::rest(&probabilities::of_classes(row), taken);
                (doubt, f64::from(taken != *class as usize))
            })),
            // No such output has this metric.
            Targets::Tokens { .. } => {}
            Targets::Real { data, .. } => self.0.extend(
                rows.outputs
                    .iter()
                    .zip(data)
                    .map(|(z, y)| (probabilities::of_bit(-z.abs()), f64::from((*z > 0.0) != (*y > 0.5)))),
            ),
        }
    }

    fn value(&self) -> f64 {
        let curve = risk_coverage(self.0.clone());
        curve.iter().map(|(_, risk)| risk).sum::<f64>() / curve.len() as f64
    }

    fn words(&self) -> Vec<u64> {
        self.0.iter().flat_map(|(doubt, loss)| [doubt.to_bits(), loss.to_bits()]).collect()
    }

    fn resume(&mut self, words: &[u64]) -> bool {
        let (pairs, []) = words.as_chunks::<2>() else { return false };
        self.0 = pairs.iter().map(|pair| (f64::from_bits(pair[0]), f64::from_bits(pair[1]))).collect();
        true
    }
}

/// Of pairs of a doubt and a loss: after each row, the least doubtful first, the share of rows so far and their mean loss. Rows of equal doubt
/// have the risk of all of them. What is not a number counts as most doubtful.
#[must_use]
pub fn risk_coverage(mut judged: Vec<(f64, f64)>) -> Vec<(f64, f64)> {
    judged.sort_by(|a, b| {
        a.0.is_nan().cmp(&b.0.is_nan()).then(a.0.partial_cmp(&b.0).unwrap_or(std::cmp::Ordering::Equal))
    });
    let rows = judged.len() as f64;
    let mut curve = Vec::with_capacity(judged.len());
    let mut lost = 0.0;
    for equal in judged.chunk_by(|a, b| a.0 == b.0) {
        lost += equal.iter().map(|(_, loss)| loss).sum::<f64>();
        let risk = lost / (curve.len() + equal.len()) as f64;
        curve.extend(equal.iter().map(|_| (0.0, risk)));
    }
    curve.iter_mut().zip(1..).for_each(|(point, n)| point.0 = f64::from(n) / rows);
    curve
}
