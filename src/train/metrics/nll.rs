//! The mean negative log-probability of what happened, in nats: the score that no net can cheat.
//!
//! # Formula
//! `-ln p_y`, averaged over rows; for bits the sum over the bits of a row. Unlike the loss it knows no smoothing and no weights.
//!
//! # Example
//! ```net
//! report nll
//! ```

use super::{Metric, Rows, Targets, probabilities};
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

    fn fits(&self, kind: OutputKind) -> bool {
        matches!(kind, OutputKind::Class(_) | OutputKind::Bits(_))
    }

    fn higher_is_better(&self) -> bool {
        false
    }

    fn value(&self, _args: &Args, rows: &Rows<'_>) -> f64 {
        match rows.targets {
            Targets::Classes(classes) => {
                let all = rows.outputs.chunks_exact(rows.width).zip(classes);
                let logs = all.map(|(row, class)| probabilities::log_of_class(row, *class as usize));
                (0.0 - logs.sum::<f64>()) / classes.len() as f64
            }
            Targets::Real { data, width, .. } => {
                let logs = rows.outputs.iter().zip(data).map(|(z, y)| {
                    let z = if *y > 0.5 { f64::from(*z) } else { -f64::from(*z) };
                    // ln sigmoid(z), without overflow.
                    z.min(0.0) - (-z.abs()).exp().ln_1p()
                });
                (0.0 - logs.sum::<f64>()) / (data.len() / width) as f64
            }
        }
    }
}
