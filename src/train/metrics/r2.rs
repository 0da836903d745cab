//! Coefficient of determination: the share of the targets' variance that the net explains.
//!
//! # Formula
//! `1 - sum (yhat - y)^2 / sum (y - mean y)^2` of each output, then the mean over the outputs; for `normal[D]` yhat is the mean. An output whose
//! targets are all equal counts 1 if it is met exactly; else it has no value and is left out. A net worse than the mean of the targets is below 0.
//!
//! # Example
//! ```net
//! report r2
//! ```

use super::{Metric, Rows, Targets};
use crate::{
    math::Moments,
    model::OutputKind,
    vocab::{Args, Block, Sig},
};

pub struct R2;
pub static WORD: R2 = R2;

static SIG: Sig =
    Sig { name: "r2", about: "share of the targets' variance that is explained", args: &[], block: Block::None };

impl Metric for R2 {
    fn sig(&self) -> &'static Sig {
        &SIG
    }

    fn fits(&self, kind: OutputKind) -> bool {
        matches!(kind, OutputKind::Real(_) | OutputKind::Normal(_))
    }

    fn higher_is_better(&self) -> bool {
        true
    }

    fn undefined_where(&self) -> &'static str {
        "all targets of these rows are equal"
    }

    fn value(&self, _args: &Args, rows: &Rows<'_>) -> f64 {
        let Targets::Real { data, width, .. } = rows.targets else { return f64::NAN };
        if data.is_empty() {
            return f64::NAN;
        }
        let scores: Vec<f64> =
            (0..width).filter_map(|output| explained(rows, data, width, output)).collect();
        scores.iter().sum::<f64>() / scores.len() as f64
    }
}

/// R2 of one output; none where its targets do not differ and are not met. Differences are in training units: the ratio does not depend on them.
fn explained(rows: &Rows<'_>, data: &[f32], width: usize, output: usize) -> Option<f64> {
    let targets = || data.iter().skip(output).step_by(width).map(|y| f64::from(*y));
    let outputs = rows.outputs.iter().skip(output).step_by(rows.width).map(|y| f64::from(*y));
    let residual: f64 = outputs.zip(targets()).map(|(yhat, y)| (yhat - y) * (yhat - y)).sum();
    let total = Moments::of(targets()).squares;
    match (total > 0.0, residual == 0.0) {
        (true, _) => Some(1.0 - residual / total),
        (false, exact) => exact.then_some(1.0),
    }
}
