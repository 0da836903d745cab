//! One update from the gradients of several minibatches: what a larger `batch` would do, in the memory of a small one.
//!
//! # Formula
//! The gradients of `count` minibatches are averaged, each a mean over its own rows with its own masks, and the optimizer makes one step with the mean. The last update of an epoch takes
//! the minibatches that are left, so no gradient goes from one epoch to the next.
//!
//! Steps stay minibatches: `steps 500`, schedules, ramps and warm-ups count those. What counts updates is the optimizer (Adam's corrections) and `average`. `clip_norm` and `clip_value` act on the
//! mean gradient. Batch norm sees each minibatch by itself.
//!
//! # Arguments
//! `count` is the number of minibatches.
//!
//! # Example
//! ```net
//! accumulate 4
//! ```

use crate::{
    graph::{ScalarDef, StepInfo},
    vocab::{ArgSpec, Block, Kind, Sig},
};

pub static SIG: Sig = Sig {
    name: "accumulate",
    about: "one update from the mean gradient of several minibatches",
    args: &[ArgSpec::required("count", Kind::Count { min: 2 }, "minibatches of an update")],
    block: Block::None,
};

/// 1 in the last minibatch of an update, else 0.
pub fn due(every: usize) -> ScalarDef {
    ScalarDef::Of { f: is_due, a: every as f64, b: 0.0 }
}

/// One over the minibatches of the update that this one is of.
pub fn share(every: usize) -> ScalarDef {
    ScalarDef::Of { f: share_of, a: every as f64, b: 0.0 }
}

/// The minibatch's number in its epoch, and how many the epoch has.
fn place(step: &StepInfo) -> (u64, u64) {
    let epoch = step.clock.updates_per_epoch.max(1);
    (step.clock.update % epoch, epoch)
}

fn is_due(step: &StepInfo, every: f64, _: f64) -> f64 {
    let (at, epoch) = place(step);
    f64::from(u8::from((at + 1).is_multiple_of(every as u64) || at + 1 == epoch))
}

fn share_of(step: &StepInfo, every: f64, _: f64) -> f64 {
    let (at, epoch) = place(step);
    let first = at - at % every as u64;
    1.0 / (every as u64).min(epoch - first) as f64
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::vocab::Clock;

    #[test]
    fn the_last_update_of_an_epoch_takes_what_is_left() {
        let word = |def: ScalarDef, update| {
            let clock = Clock { update, updates_per_epoch: 7, horizon: 14 };
            f32::from_bits(def.word(&StepInfo { clock, ..StepInfo::of_prediction(1) }))
        };
        let all = |def: fn(usize) -> ScalarDef| (7..14).map(|u| word(def(3), u)).collect::<Vec<f32>>();
        assert_eq!(all(due), [0.0, 0.0, 1.0, 0.0, 0.0, 1.0, 1.0]);
        let third = (1.0_f64 / 3.0) as f32;
        assert_eq!(all(share), [third, third, third, third, third, third, 1.0]);
        let ordinal = |update| {
            let clock = Clock { update, updates_per_epoch: 7, horizon: 14 };
            StepInfo { clock, every: 3, ..StepInfo::of_prediction(1) }.ordinal()
        };
        assert_eq!([0, 2, 3, 6, 7, 13].map(ordinal), [1.0, 1.0, 2.0, 3.0, 4.0, 6.0]);
    }
}
