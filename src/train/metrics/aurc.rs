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

use super::{Metric, Rows, Targets, accuracy::argmax, probabilities};
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
        matches!(kind, OutputKind::Class(_) | OutputKind::Bits(_))
    }

    fn higher_is_better(&self) -> bool {
        false
    }

    fn value(&self, _args: &Args, rows: &Rows<'_>) -> f64 {
        let judged: Vec<(f64, f64)> = match rows.targets {
            Targets::Classes(classes) => {
                let all = rows.outputs.chunks_exact(rows.width).zip(classes);
                all.map(|(row, class)| {
                    let taken = argmax(row);
                    // The sum of the others: of a probability near 1 the difference is only its rounding.
                    let others = probabilities::of_classes(row).into_iter().enumerate().filter(|(k, _)| *k != taken);
                    let doubt = others.map(|(_, p)| p).sum::<f64>();
                    (doubt, f64::from(u8::from(taken != *class as usize)))
                })
                .collect()
            }
            Targets::Real { data, .. } => {
                let doubt = |z: f32| probabilities::of_bit(-z.abs());
                let wrong = |z: f32, y: f32| f64::from(u8::from((z > 0.0) != (y > 0.5)));
                rows.outputs.iter().zip(data).map(|(z, y)| (doubt(*z), wrong(*z, *y))).collect()
            }
        };
        let curve = risk_coverage(judged);
        curve.iter().map(|(_, risk)| risk).sum::<f64>() / curve.len() as f64
    }
}

/// Of pairs of a doubt and a loss: after each row, the least doubtful first, the share of rows so far and their mean loss. Rows of equal doubt
/// have the risk of all of them. What is not a number counts as most doubtful.
#[must_use]
pub fn risk_coverage(mut judged: Vec<(f64, f64)>) -> Vec<(f64, f64)> {
    judged.sort_by(|a, b| a.0.is_nan().cmp(&b.0.is_nan()).then(a.0.partial_cmp(&b.0).unwrap_or(std::cmp::Ordering::Equal)));
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
