//! The mean negative log-probability of what happened, in nats: the score that no net can cheat.
//!
//! # Formula
//! `-ln p_y`, averaged over rows, or over tokens; for bits the sum over the bits of a row. Unlike the loss it knows no smoothing and no weights.
//!
//! # Example
//! ```net
//! report nll
//! ```

use super::{Metric, Tally, Targets, probabilities, tally};
use crate::{
    model::OutputKind,
    vocab::{Args, Block, Sig},
};

pub struct Nll;
pub static WORD: Nll = Nll;

static SIG: Sig = Sig {
    name: "nll",
    about: "mean negative log-probability of what happened",
    args: &[],
    block: Block::None,
};

impl Metric for Nll {
    fn sig(&self) -> &'static Sig {
        &SIG
    }

    fn elsewhere(&self) -> &'static [(&'static str, &'static str)] {
        &[("log_loss", "nll")]
    }

    fn fits(&self, kind: OutputKind) -> bool {
        kind.has_probabilities()
    }

    fn higher_is_better(&self) -> bool {
        false
    }

    fn tally(&self, _args: &Args, _kind: OutputKind) -> Box<dyn Tally> {
        tally::mean(|rows, surprise| match rows.targets {
            Targets::Classes(classes) => rows.outputs().zip(classes).for_each(|(row, class)| {
                surprise.add(-probabilities::log_of_class(row, *class as usize));
            }),
            Targets::Tokens { .. } => rows.told().for_each(|(log_p, _)| surprise.add(-log_p)),
            Targets::Real { data, width, .. } => {
                rows.outputs.iter().zip(data).for_each(|(z, y)| {
                    let z = if *y > 0.5 { f64::from(*z) } else { -f64::from(*z) };
                    surprise.sum -= log_sigmoid(z);
                });
                surprise.count += (data.len() / width) as u64;
            }
        })
    }
}

/// Without overflow.
fn log_sigmoid(z: f64) -> f64 {
    z.min(0.0) - (-z.abs()).exp().ln_1p()
}
