//! The accuracy if every class had equally many rows: a net that always says the same class has 1 / K.
//!
//! # Formula
//! The mean of recall over the classes that occur among the targets; for bits, of each bit the mean of the shares of ones and of zeros that are predicted right, then the mean over the bits that have both.
//!
//! # Example
//! ```net
//! report balanced_accuracy
//! ```

use super::{Metric, Tally, counts};
use crate::{
    model::OutputKind,
    vocab::{Args, Block, Sig},
};

pub struct BalancedAccuracy;
pub static WORD: BalancedAccuracy = BalancedAccuracy;

static SIG: Sig = Sig {
    name: "balanced_accuracy",
    about: "mean over the classes of the share of their rows classified right",
    args: &[],
    block: Block::None,
};

impl Metric for BalancedAccuracy {
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
        "there is no row, or no bit has ones and zeros"
    }

    fn tally(&self, _args: &Args, kind: OutputKind) -> Box<dyn Tally> {
        if kind.classes().is_some() { counts::tally(kind, of_classes) } else { counts::tally(kind, of_bits) }
    }
}

fn of_classes(counts: &counts::Counts) -> f64 {
    mean(counts.each.iter().filter_map(|count| count.recall()))
}

fn of_bits(counts: &counts::Counts) -> f64 {
    mean(counts.each.iter().filter_map(|count| {
        let zeros = counts.rows - count.observed;
        let right = counts.rows + count.hits - count.observed - count.predicted;
        (zeros > 0).then(|| Some(0.5 * (count.recall()? + right as f64 / zeros as f64)))?
    }))
}

fn mean(values: impl Iterator<Item = f64>) -> f64 {
    let values: Vec<f64> = values.collect();
    values.iter().sum::<f64>() / values.len() as f64
}
