//! Predicts with an exponential moving average of the parameters.
//!
//! # Formula
//! After each update `average = d average + (1 - d) parameter`. With `warmup` `d = min(decay, 1 - (1 + t)^(-2/3))` for the update of number t
//! (from 0): the first one is copied, and the average reaches back over a growing part of the run. Without, the first update is copied, and `d =
//! decay` from the second on. The last `1 / (1 - d)` updates or so have a say.
//!
//! # Arguments
//! `decay` is 0.999 unless given: choose `1 / (1 - decay)` well below the updates of the run. `warmup=false` begins with the full `decay`.
//!
//! # Train and eval
//! Training goes on from the parameters themselves. Validation, the test and every prediction use the average, also of what batch norm has
//! stored. `last.ckpt` holds the trained parameters, and the averages as `average.PATH`; in `best.ckpt` the average stands under the layers'
//! names, and what was trained as `trained.PATH`.
//!
//! # Elsewhere
//! timm's `ModelEmaV3`, PyTorch's `AveragedModel` with `get_ema_multi_avg_fn`, Keras's `use_ema=True` (`ema_momentum` is `decay`; its average begins
//! at the initial values).
//!
//! # Example
//! ```net
//! average ema, decay=0.999
//! ```
//!
//! # Papers
//! Polyak and Juditsky 1992, Acceleration of stochastic approximation by averaging.

use super::Average;
use crate::{
    graph::{ScalarDef, StepInfo},
    vocab::{ArgSpec, Args, Block, Bounds, Default, Kind, Sig, exactly},
};

pub struct Ema;
pub static WORD: Ema = Ema;

/// `(0, 1)`
const INSIDE: Bounds = Bounds { low: 0.0, high: 1.0, open_low: true, open_high: true };

static SIG: Sig = Sig {
    name: "ema",
    about: "predicts with an exponential moving average of the parameters",
    args: &[
        ArgSpec::named(
            "decay",
            Kind::Number(INSIDE),
            Default::Number(0.999),
            "share that an update leaves the average",
        ),
        ArgSpec::named("warmup", Kind::Bool, Default::Bool(true), "whether the share grows to `decay`"),
    ],
    block: Block::None,
};

impl Average for Ema {
    fn sig(&self) -> &'static Sig {
        &SIG
    }

    fn keep(&self, args: &Args) -> ScalarDef {
        ScalarDef::Of { f: keep, a: args.number("decay"), b: f64::from(u8::from(args.flag("warmup"))) }
    }

    fn told(&self, args: &Args) -> String {
        format!("by a moving average of the parameters, decay {}", exactly(args.number("decay")))
    }
}

fn keep(step: &StepInfo, decay: f64, warmup: f64) -> f64 {
    let update = step.clock.update as f64;
    match step.clock.update {
        0 => 0.0,
        _ if warmup == 0.0 => decay,
        _ => decay.min(1.0 - (1.0 + update).powf(-2.0 / 3.0)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::vocab::Clock;

    #[test]
    fn the_first_update_is_copied_and_the_share_grows_to_the_decay() {
        let at = |update, warmup| {
            let clock = Clock { update, updates_per_epoch: 10, horizon: 1000 };
            keep(&StepInfo { clock, ..StepInfo::of_prediction(1) }, 0.9, warmup)
        };
        assert_eq!((at(0, 1.0), at(0, 0.0), at(1, 0.0)), (0.0, 0.0, 0.9));
        assert!((at(7, 1.0) - 0.75).abs() < 1e-12, "{}", at(7, 1.0));
        assert_eq!(at(999, 1.0), 0.9);
    }
}
