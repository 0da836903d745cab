//! `normal[D]`: a normal distribution of each of D numbers. The net gives D means, then D logarithms of variances; predictions are means and
//! standard deviations.

use super::{
    Law,
    meaning::{PORTABLE, counted, root_mean_square},
};
use crate::{
    data::{TargetRule, Want},
    math,
    train::{Loss, Metric, losses, metrics},
};

pub struct Normal;
pub static LAW: Normal = Normal;

/// The factor of each output from the units of training to the target's own; 1 where nothing was normalised.
fn units(target: &TargetRule) -> impl Iterator<Item = f64> {
    target.units().into_iter().flat_map(|units| units.sd.iter().copied()).chain(std::iter::repeat(1.0))
}

impl Law for Normal {
    fn word(&self) -> &'static str {
        "normal"
    }

    fn width(&self, d: usize) -> usize {
        2 * d
    }

    fn reads(&self, d: usize) -> String {
        format!("{} numbers: {} and {}", 2 * d, counted(d, "mean"), counted(d, "log-variance"))
    }

    fn want(&self, d: usize) -> Want {
        Want::Real(d)
    }

    fn usual_loss(&self) -> &'static dyn Loss {
        &losses::gaussian_nll::WORD
    }

    fn usual_metric(&self) -> &'static dyn Metric {
        &metrics::rmse::WORD
    }

    fn says_spread(&self) -> bool {
        true
    }

    fn to_units(&self, outputs: &mut [f32], d: usize, target: &TargetRule) {
        for row in outputs.chunks_exact_mut(2 * d) {
            let (means, spreads) = row.split_at_mut(d);
            target.to_units(means);
            for (spread, unit) in spreads.iter_mut().zip(units(target)) {
                let sd = math::exp(&mut { PORTABLE }, *spread / 2.0);
                *spread = (f64::from(sd) * unit) as f32;
            }
        }
    }

    fn to_training(&self, outputs: &mut [f32], d: usize, target: &TargetRule) {
        for row in outputs.chunks_exact_mut(2 * d) {
            let (means, spreads) = row.split_at_mut(d);
            target.from_units(means);
            for (sd, unit) in spreads.iter_mut().zip(units(target)) {
                *sd = 2.0 * (f64::from(*sd) / unit).ln() as f32;
            }
        }
    }

    /// Of the means.
    fn error(&self, said: &[f64], observed: &[f64], _d: usize) -> f64 {
        root_mean_square(said, observed)
    }
}
