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

use super::{Metric, Rows, Tally, Targets, probabilities};
use crate::{
    model::OutputKind,
    vocab::{Args, Block, Sig},
};

pub struct Auc;
pub static WORD: Auc = Auc;

static SIG: Sig = Sig {
    name: "auc",
    about: "area under the ROC curve, mean over the classes",
    args: &[],
    block: Block::None,
};

impl Metric for Auc {
    fn sig(&self) -> &'static Sig {
        &SIG
    }

    fn elsewhere(&self) -> &'static [(&'static str, &'static str)] {
        &[("auroc", "auc"), ("roc_auc", "auc")]
    }

    fn fits(&self, kind: OutputKind) -> bool {
        kind.has_probabilities() && kind.steps().is_none()
    }

    fn higher_is_better(&self) -> bool {
        true
    }

    fn undefined_where(&self) -> &'static str {
        "all of these rows are of one class"
    }

    fn tally(&self, _args: &Args, kind: OutputKind) -> Box<dyn Tally> {
        Box::new(Scores::new(kind, area))
    }
}

/// The logits of every row, `[rows, width]`, since every class ranks the rows in another order, and their targets: classes, or as many
/// bits as logits.
pub(super) struct Scores {
    width: usize,
    logits: Vec<f32>,
    classes: Vec<u32>,
    bits: Vec<bool>,
    /// Of scores and whether they are of a class, where that says something.
    figure: Figure,
}

type Figure = fn(Vec<(f64, bool)>) -> Option<f64>;

impl Scores {
    pub fn new(kind: OutputKind, figure: Figure) -> Self {
        Self { width: kind.width(), logits: Vec::new(), classes: Vec::new(), bits: Vec::new(), figure }
    }

    /// The figure of one class or bit.
    fn of(&self, k: usize) -> Option<f64> {
        let logits = self.logits.chunks_exact(self.width);
        if self.bits.is_empty() {
            let scores = logits.map(|row| probabilities::log_odds_of_class(row, k));
            return (self.figure)(
                scores.zip(&self.classes).map(|(score, class)| (score, *class as usize == k)).collect(),
            );
        }
        let bits = self.bits.chunks_exact(self.width).map(|bits| bits[k]);
        (self.figure)(logits.map(|row| f64::from(row[k])).zip(bits).collect())
    }
}

impl Tally for Scores {
    fn add(&mut self, rows: &Rows<'_>) {
        self.logits.extend_from_slice(rows.outputs);
        match rows.targets {
            Targets::Classes(classes) => self.classes.extend_from_slice(classes),
            // No such output has this metric.
            Targets::Tokens { .. } => {}
            Targets::Real { data, .. } => self.bits.extend(data.iter().map(|y| *y > 0.5)),
        }
    }

    fn value(&self) -> f64 {
        let areas: Vec<f64> = (0..self.width).filter_map(|k| self.of(k)).collect();
        areas.iter().sum::<f64>() / areas.len() as f64
    }

    /// How many of each, then a word for each.
    fn words(&self) -> Vec<u64> {
        let counts = [self.logits.len(), self.classes.len(), self.bits.len()].map(|n| n as u64);
        let logits = self.logits.iter().map(|z| u64::from(z.to_bits()));
        let classes = self.classes.iter().map(|class| u64::from(*class));
        let bits = self.bits.iter().map(|bit| u64::from(*bit));
        counts.into_iter().chain(logits).chain(classes).chain(bits).collect()
    }

    fn resume(&mut self, words: &[u64]) -> bool {
        let Some((counts, rest)) = words.split_first_chunk::<3>() else { return false };
        let [logits, classes, bits] = counts.map(|n| usize::try_from(n).unwrap_or(usize::MAX));
        let fits = logits.checked_add(classes).and_then(|n| n.checked_add(bits)) == Some(rest.len());
        if !fits || (classes.checked_mul(self.width) != Some(logits) && bits != logits) {
            return false;
        }
        let (of_logits, rest) = rest.split_at(logits);
        let (of_classes, of_bits) = rest.split_at(classes);
        self.logits = of_logits.iter().map(|word| f32::from_bits(*word as u32)).collect();
        self.classes = of_classes.iter().map(|word| *word as u32).collect();
        self.bits = of_bits.iter().map(|word| *word != 0).collect();
        true
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
