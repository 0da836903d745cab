//! `class[K]`: one of K classes. The net gives K logits; predictions are their softmax.

use super::{
    Law, likeliest,
    meaning::{divergence, log, softmax},
};
use crate::{
    data::Want,
    graph::{Builder, DType, Dim, Type, ValueId},
    train::{Loss, Metric, losses, metrics},
};

pub struct Class;
pub static LAW: Class = Class;

impl Law for Class {
    fn word(&self) -> &'static str {
        "class"
    }

    fn refuses(&self, k: usize) -> Option<(&'static str, &'static str)> {
        (k < 2)
            .then_some(("a class output needs at least 2 classes", "for a yes-or-no answer write `bits[1]`"))
    }

    fn reads(&self, k: usize) -> String {
        format!("{k} logits")
    }

    fn want(&self, k: usize) -> Want {
        Want::Class(k)
    }

    fn target(&self, _k: usize) -> Type {
        Type { dtype: DType::I32, dims: vec![Dim::Batch] }
    }

    fn usual_loss(&self) -> &'static dyn Loss {
        &losses::cross_entropy::WORD
    }

    fn usual_metric(&self) -> &'static dyn Metric {
        &metrics::accuracy::WORD
    }

    fn classes(&self, k: usize) -> Option<usize> {
        Some(k)
    }

    fn squash(&self) -> Option<&'static str> {
        Some("softmax")
    }

    fn lower(&self, b: &mut Builder, logits: ValueId) -> ValueId {
        b.softmax(logits)
    }

    fn meaning(&self, logits: &mut [f32], k: usize) {
        logits.chunks_exact_mut(k).for_each(softmax);
    }

    fn meaning_wide(&self, logits: &mut [f64], k: usize) {
        logits.chunks_exact_mut(k).for_each(softmax);
    }

    fn outputs_of_chances(&self, chances: &[f64], _k: usize) -> Vec<f64> {
        chances.iter().map(|p| log(*p)).collect()
    }

    fn error(&self, said: &[f64], observed: &[f64], k: usize) -> f64 {
        let rows = said.chunks_exact(k).zip(observed.chunks_exact(k));
        rows.filter(|(a, b)| likeliest(a) != likeliest(b)).count() as f64 / (said.len() / k) as f64
    }

    fn divergence(&self, said: &[f64], truth: &[f64], k: usize) -> Option<f64> {
        let terms = truth.iter().zip(said).map(|(t, p)| divergence(*t, *p));
        Some(terms.sum::<f64>() / (said.len() / k) as f64)
    }
}
