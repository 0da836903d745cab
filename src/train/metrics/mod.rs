//! Metrics: `report WORD, ...`. A metric reads the outputs of a whole pass on the host, in f64; the loss is summed by the loop itself.

use crate::{
    model::OutputKind,
    vocab::{Args, Sig},
};

pub trait Metric: Sync {
    fn sig(&self) -> &'static Sig;

    fn fits(&self, kind: OutputKind) -> bool;

    /// Whether a larger value is better.
    fn higher_is_better(&self) -> bool;

    /// The figure over all rows.
    fn value(&self, args: &Args, rows: &Rows<'_>) -> f64;
}

/// The outputs of a pass and what they should have been.
pub struct Rows<'a> {
    /// `[rows, width]`: what the net gives (logits for classes and bits).
    pub outputs: &'a [f32],
    pub width: usize,
    pub targets: Targets<'a>,
}

pub enum Targets<'a> {
    Classes(&'a [u32]),
    /// `[rows, D]`, in the units of the training target; `scale` is the factor to the original ones.
    Real {
        data: &'a [f32],
        width: usize,
        scale: &'a [f64],
    },
}

crate::train::family! { Metric: accuracy }

/// A metric by its spelling in `report`: `top5` is `top_k` with 5.
pub fn spelled(name: &str) -> Option<(&'static dyn Metric, Option<usize>)> {
    if let Some(word) = find(name) {
        return Some((word, None));
    }
    let k = name.strip_prefix("top")?.parse().ok()?;
    find("top_k").map(|word| (word, Some(k)))
}

pub fn names() -> Vec<&'static str> {
    WORDS.iter().map(|(word, _)| word.sig().name).collect()
}

/// The name of a reported figure: `accuracy`, `top5`.
pub fn label(used: &crate::model::Use<dyn Metric>) -> String {
    match used.args.sig.arg("k").map(|_| used.args.count("k")) {
        Some(k) => format!("top{k}"),
        None => used.args.sig.name.into(),
    }
}
