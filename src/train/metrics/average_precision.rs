//! How well scores rank the rows of rare classes: the precision at each row of a class, from the surest down, in the mean.
//!
//! # Formula
//! Of each class against the rest (of each bit) `sum_n (R_n - R_(n-1)) P_n` over the distinct scores from the highest down, R and P being recall and precision of all rows that
//! score at least as much; no interpolation. The mean over the classes of which there are rows.
//!
//! # Example
//! ```net
//! report average_precision
//! ```

use super::{Metric, Tally, auc};
use crate::{
    model::OutputKind,
    vocab::{Args, Block, Sig},
};

pub struct AveragePrecision;
pub static WORD: AveragePrecision = AveragePrecision;

static SIG: Sig = Sig {
    name: "average_precision",
    about: "area under the curve of precision over recall, mean over the classes",
    args: &[],
    block: Block::None,
};

impl Metric for AveragePrecision {
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
        "no row is of a class"
    }

    fn tally(&self, _args: &Args, kind: OutputKind) -> Box<dyn Tally> {
        Box::new(auc::Scores::new(kind, precision))
    }
}

/// Of scores and whether they are of the class; none where none is.
fn precision(mut scores: Vec<(f64, bool)>) -> Option<f64> {
    if scores.iter().any(|(score, _)| score.is_nan()) {
        return Some(f64::NAN);
    }
    scores.sort_by(|a, b| b.0.total_cmp(&a.0));
    let all = scores.iter().filter(|(_, own)| *own).count();
    let (mut seen, mut own, mut sum) = (0, 0, 0.0);
    for ties in scores.chunk_by(|a, b| a.0 == b.0) {
        let found = ties.iter().filter(|(_, own)| *own).count();
        seen += ties.len();
        own += found;
        sum += found as f64 * own as f64 / seen as f64;
    }
    (all > 0).then(|| sum / all as f64)
}
