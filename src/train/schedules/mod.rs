//! Schedules: `schedule WORD, ...`. A schedule answers the factor of the learning rate at an update, on the host.

use crate::vocab::{Args, Sig};

pub trait Schedule: Sync {
    fn sig(&self) -> &'static Sig;

    /// The factor at this time, 1 being the optimizer's `lr`; warm-up is applied outside.
    fn factor(&self, args: &Args, at: &At) -> f64;

    /// The rule of a schedule that watches the loss; the driver keeps its state.
    fn plateau(&self, _args: &Args) -> Option<Plateau> {
        None
    }
}

/// Cuts the rate by `factor`, down to `floor`, when the loss has not fallen by the share `threshold` for more than `patience` epochs.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Plateau {
    pub factor: f64,
    pub patience: usize,
    pub threshold: f64,
    pub floor: f64,
}

/// A moment of training. Past the horizon a schedule holds its last value.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct At {
    /// Updates done before this one, since the start of the run.
    pub update: u64,
    pub updates_per_epoch: u64,
    /// The horizon in updates: `over=`, or `epochs` of the file.
    pub horizon: u64,
    /// What the plateau schedule has cut the rate by so far; 1 for the others.
    pub plateau: f64,
}

crate::train::family! { Schedule: constant }
