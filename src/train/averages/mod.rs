//! Averages of parameters over the updates of a run, which predict in place of the last ones: `average WORD, ...`.
//!
//! An average is a running one: after each update `average = keep average + (1 - keep) parameter`, with a number of the step for `keep`. It
//! is 0 where the average begins, so no value from before has a share.

pub use super::Wrong;
use crate::{
    graph::ScalarDef,
    vocab::{Args, Sig},
};

pub trait Average: Sync {
    fn sig(&self) -> &'static Sig;

    /// Names of it in other libraries, each with what to write here.
    fn elsewhere(&self) -> &'static [(&'static str, &'static str)] {
        &[]
    }

    /// The share that an update leaves the average.
    fn keep(&self, args: &Args) -> ScalarDef;

    /// What predicts, in a line.
    fn told(&self, args: &Args) -> String;

    /// Whether statistics of batch norm are measured with the average, where they otherwise are averaged themselves; and after which share of
    /// the run.
    fn measures_after(&self, _args: &Args) -> Option<f64> {
        None
    }
}

crate::train::family! { Average: ema, swa }
