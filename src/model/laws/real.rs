//! `real[D]`: D numbers, as the net gives them. How far observations spread around them somebody else must say (`precision=`).

use super::{
    Law,
    meaning::{counted, root_mean_square},
};
use crate::{
    data::{TargetRule, Want},
    train::{Loss, Metric, losses, metrics},
};

pub struct Real;
pub static LAW: Real = Real;

impl Law for Real {
    fn word(&self) -> &'static str {
        "real"
    }

    fn reads(&self, d: usize) -> String {
        counted(d, "number")
    }

    fn want(&self, d: usize) -> Want {
        Want::Real(d)
    }

    fn usual_loss(&self) -> &'static dyn Loss {
        &losses::squared_error::WORD
    }

    fn usual_metric(&self) -> &'static dyn Metric {
        &metrics::rmse::WORD
    }

    fn to_units(&self, outputs: &mut [f32], _d: usize, target: &TargetRule) {
        target.to_units(outputs);
    }

    fn to_training(&self, outputs: &mut [f32], _d: usize, target: &TargetRule) {
        target.from_units(outputs);
    }

    fn error(&self, said: &[f64], observed: &[f64], _d: usize) -> f64 {
        root_mean_square(said, observed)
    }
}
