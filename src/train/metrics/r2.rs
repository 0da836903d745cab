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

use super::{Metric, Rows, Tally, Targets};
use crate::{
    math::Running,
    model::OutputKind,
    vocab::{Args, Block, Sig},
};

pub struct R2;
pub static WORD: R2 = R2;

static SIG: Sig = Sig {
    name: "r2",
    about: "share of the targets' variance that is explained",
    args: &[],
    block: Block::None,
};

impl Metric for R2 {
    fn sig(&self) -> &'static Sig {
        &SIG
    }

    fn elsewhere(&self) -> &'static [(&'static str, &'static str)] {
        &[("r2_score", "r2")]
    }

    fn fits(&self, kind: OutputKind) -> bool {
        !kind.has_probabilities()
    }

    fn higher_is_better(&self) -> bool {
        true
    }

    fn undefined_where(&self) -> &'static str {
        "all targets of these rows are equal"
    }

    fn tally(&self, _args: &Args, kind: OutputKind) -> Box<dyn Tally> {
        Box::new(Outputs(vec![Explained::default(); kind.outputs()]))
    }
}

/// One output: its targets, and the sum of squares that the net leaves of them. In units of training, on which their ratio does not depend, but in the target's own where
/// training sees logarithms.
#[derive(Clone, Copy, Default)]
struct Explained {
    targets: Running,
    residual: f64,
}

impl Explained {
    /// None where its targets do not differ and are not met, or where there are none.
    fn r2(&self) -> Option<f64> {
        let total = self.targets.moments().squares;
        match (total > 0.0, self.residual == 0.0) {
            (true, _) => Some(1.0 - self.residual / total),
            (false, exact) => (exact && !total.is_nan()).then_some(1.0),
        }
    }
}

/// By output.
struct Outputs(Vec<Explained>);

impl Tally for Outputs {
    fn add(&mut self, rows: &Rows<'_>) {
        let Targets::Real { data, width, units } = rows.targets else { return };
        let measured = |d: usize, x: f32| match units.curve {
            None => f64::from(x),
            Some(_) => units.own(d, f64::from(x)),
        };
        for (row, targets) in rows.outputs().zip(data.chunks_exact(width)) {
            for (d, (own, (yhat, y))) in self.0.iter_mut().zip(row.iter().zip(targets)).enumerate() {
                let (yhat, y) = (measured(d, *yhat), measured(d, *y));
                own.targets.add(y);
                own.residual += (yhat - y) * (yhat - y);
            }
        }
    }

    fn value(&self) -> f64 {
        let scores: Vec<f64> = self.0.iter().filter_map(Explained::r2).collect();
        scores.iter().sum::<f64>() / scores.len() as f64
    }

    fn words(&self) -> Vec<u64> {
        self.0
            .iter()
            .flat_map(|own| own.targets.words().into_iter().chain([own.residual.to_bits()]))
            .collect()
    }

    fn resume(&mut self, words: &[u64]) -> bool {
        if words.len() != self.0.len() * (Running::WORDS + 1) {
            return false;
        }
        let each = words.chunks_exact(Running::WORDS + 1).map(|own| {
            let (targets, residual) = own.split_at(Running::WORDS);
            Explained { targets: Running::of_words(targets), residual: f64::from_bits(residual[0]) }
        });
        self.0 = each.collect();
        true
    }
}
