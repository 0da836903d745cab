//! How well scores rank: the probability that a row of a class gets a higher score for it than a row of another.
//!
//! # Formula
//! The area under the receiver operating characteristic of each class against the rest (of each bit), ties counting half; the mean over
//! the classes that some rows have and some have not.
//!
//! # Example
//! ```net
//! report auc
//! ```
//!
//! # Papers
//! Hanley and McNeil 1982, The meaning and use of the area under a receiver operating characteristic curve.

use super::{Metric, Rows, Targets, probabilities};
use crate::{
    model::OutputKind,
    vocab::{Args, Block, Sig},
};

pub struct Auc;
pub static WORD: Auc = Auc;

static SIG: Sig =
    Sig { name: "auc", about: "area under the ROC curve, mean over the classes", args: &[], block: Block::None };

impl Metric for Auc {
    fn sig(&self) -> &'static Sig {
        &SIG
    }

    fn fits(&self, kind: OutputKind) -> bool {
        matches!(kind, OutputKind::Class(_) | OutputKind::Bits(_))
    }

    fn higher_is_better(&self) -> bool {
        true
    }

    fn undefined_where(&self) -> &'static str {
        "all of these rows are of one class"
    }

    fn value(&self, _args: &Args, rows: &Rows<'_>) -> f64 {
        let outputs = || rows.outputs.chunks_exact(rows.width);
        let area_of = |k: usize| match rows.targets {
            Targets::Classes(classes) => {
                let scores = outputs().map(|row| probabilities::log_odds_of_class(row, k));
                area(scores.zip(classes).map(|(p, class)| (p, *class as usize == k)).collect())
            }
            Targets::Real { data, width, .. } => {
                let bits = data.chunks_exact(width).map(|bits| bits[k] > 0.5);
                area(outputs().map(|row| f64::from(row[k])).zip(bits).collect())
            }
        };
        let areas: Vec<f64> = (0..rows.width).filter_map(area_of).collect();
        areas.iter().sum::<f64>() / areas.len() as f64
    }
}

/// Of scores and whether they are of the class; none where all are, or none is. By the sum of ranks (Mann and Whitney).
fn area(mut scores: Vec<(f64, bool)>) -> Option<f64> {
    if scores.iter().any(|(score, _)| score.is_nan()) {
        return Some(f64::NAN);
    }
    scores.sort_by(|a, b| a.0.total_cmp(&b.0));
    let own = scores.iter().filter(|(_, own)| *own).count();
    let others = scores.len() - own;
    if own == 0 || others == 0 {
        return None;
    }
    let mut ranks = 0.0;
    let mut below = 0;
    for ties in scores.chunk_by(|a, b| a.0 == b.0) {
        // Equal scores share the mean of their ranks.
        let rank = below as f64 + 0.5 * (ties.len() + 1) as f64;
        ranks += rank * ties.iter().filter(|(_, own)| *own).count() as f64;
        below += ties.len();
    }
    let least = 0.5 * (own * (own + 1)) as f64;
    Some((ranks - least) / (own * others) as f64)
}
