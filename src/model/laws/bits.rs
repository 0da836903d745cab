//! `bits[K]`: K answers of yes or no, none of which excludes another. The net gives a logit for each; predictions are their sigmoids.

use super::{
    Law,
    meaning::{divergence, log, sigmoids},
};
use crate::{
    data::Want,
    graph::{Builder, ValueId},
    train::{Loss, Metric, losses, metrics},
};

pub struct Bits;
pub static LAW: Bits = Bits;

impl Law for Bits {
    fn word(&self) -> &'static str {
        "bits"
    }

    fn reads(&self, k: usize) -> String {
        format!("{k} logits, one a bit")
    }

    fn want(&self, k: usize) -> Want {
        Want::Bits(k)
    }

    fn usual_loss(&self) -> &'static dyn Loss {
        &losses::binary_cross_entropy::WORD
    }

    fn usual_metric(&self) -> &'static dyn Metric {
        &metrics::accuracy::WORD
    }

    fn squash(&self) -> Option<&'static str> {
        Some("sigmoid")
    }

    fn lower(&self, b: &mut Builder, logits: ValueId) -> ValueId {
        b.sigmoid(logits)
    }

    fn meaning(&self, logits: &mut [f32], _k: usize) {
        sigmoids(logits);
    }

    fn meaning_wide(&self, logits: &mut [f64], _k: usize) {
        sigmoids(logits);
    }

    fn chances_width(&self, k: usize) -> usize {
        2 * k
    }

    /// Of ones, then of zeros: 1 - p of a p near 1 is only its rounding.
    fn chances(&self, row: &[f64], _k: usize) -> Vec<f64> {
        let mut chances: Vec<f64> = row.iter().copied().chain(row.iter().map(|z| -z)).collect();
        sigmoids(&mut chances);
        chances
    }

    fn outputs_of_chances(&self, chances: &[f64], k: usize) -> Vec<f64> {
        let (ones, zeros) = chances.split_at(k);
        ones.iter().zip(zeros).map(|(one, zero)| log(*one) - log(*zero)).collect()
    }

    fn error(&self, said: &[f64], observed: &[f64], _k: usize) -> f64 {
        let wrong = said.iter().zip(observed).filter(|(p, y)| (**p > 0.5) != (**y > 0.5));
        wrong.count() as f64 / said.len() as f64
    }

    fn divergence(&self, said: &[f64], truth: &[f64], k: usize) -> Option<f64> {
        let both = |(t, p): (&f64, &f64)| divergence(*t, *p) + divergence(1.0 - t, 1.0 - p);
        Some(truth.iter().zip(said).map(both).sum::<f64>() / (said.len() / k) as f64)
    }
}
