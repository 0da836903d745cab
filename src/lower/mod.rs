//! Model to graph: the forward computation in each mode, the loss, and for training the gradient, the update and its constraints.
//!
//! Invariant: parameters, states and inputs of the graph stand in the order of the model's.

mod forward;
mod objective;
mod probe;
mod step;

pub use probe::{Probe, lower_probe};

use crate::{
    graph::{Graph, Mode, ScalarDef, ScalarId, Split, by_dropped, split},
    model::Model,
};

/// A graph and the definitions of its per-step scalars, by `ScalarId`.
#[derive(Clone)]
pub struct Lowered {
    pub graph: Graph,
    pub scalars: Vec<ScalarDef>,
}

/// The rate up to which it is worth while to multiply dropped units instead of kept ones.
const RARE: f64 = 0.4;

impl Lowered {
    /// The graph of samples in two: what is computed once a row, and what once a sample of it. None if no draw reaches the output.
    #[must_use]
    pub fn parts(&self) -> Option<Split> {
        split(&by_dropped(&self.graph, |id| self.rate(id).is_some_and(|rate| rate <= RARE)))
    }

    /// The rate of dropping of a threshold.
    #[must_use]
    pub fn rate(&self, id: ScalarId) -> Option<f64> {
        match self.scalars[id.index()] {
            ScalarDef::Threshold(rate) => Some(rate.last()),
            _ => None,
        }
    }
}

/// The totals of a training pass: sums over rows, of what is minimised and of the data loss alone. Of a loss that is a mean over steps they are sums
/// over the rows' own steps, and their number is a third.
pub const OBJECTIVE: usize = 0;
pub const LOSS: usize = 1;
pub const STEPS: usize = 2;

/// One training step: forward, loss, gradient, update. Needs a `train` section.
pub fn lower_train(model: &Model) -> Lowered {
    step::train(model)
}

/// The forward half of a training step: outputs, loss, objective. Needs a `train` section.
pub fn lower_forward(model: &Model) -> Lowered {
    step::forward(model)
}

/// The statistics that norms store, as a mean over steps of training that begins with the epoch. Nothing else is computed.
pub fn lower_measure(model: &Model) -> Lowered {
    step::measure(model)
}

/// One step over rows with outputs and, where the model has a loss, the sum of the rows' losses on hard targets (total 0).
pub fn lower_eval(model: &Model, mode: Mode) -> Lowered {
    step::eval(model, mode, true, false)
}

/// Outputs, and the losses where they are wanted and the model has some: of rows that go on where those at their places stopped in the step before, as far as
/// layers carry, or of rows `apart`.
pub fn lower_pass(model: &Model, mode: Mode, with_loss: bool, apart: bool) -> Lowered {
    step::eval(model, mode, with_loss, apart)
}

/// Samples of the outputs: dropout on, batch norm frozen. With `meaning`, classes are probabilities instead of logits, and so are bits. Rows carry nothing on.
pub fn lower_samples(model: &Model, meaning: bool) -> Lowered {
    step::samples(model, meaning)
}

/// Outputs only, for rows without targets, which carry nothing on.
pub fn lower_predict(model: &Model, mode: Mode) -> Lowered {
    step::eval(model, mode, false, true)
}
