//! The plain recurrent layer: each step sees its input and what the step before left.
//!
//! # What it does
//! Goes through the steps of a series; the units of a step are a squashed sum of the step's input and of the units of the step before. It forgets soon: `lstm` and `gru` keep longer.
//!
//! # Formula
//! `h' = tanh(x_t W + h U + b)`; `h` begins at zero.
//!
//! # Shape
//! Steps of channels, such as `real[20, 3]`; the result has the same steps of `width` channels, or with `output=last` `width` units. Parameters: `input_weight` `[in, width]`, `recurrent_weight` `[width, width]`, `bias` `[width]`.
//!
//! # Arguments
//! `width` is the number of units. `dropout` drops units of the input, `recurrent_dropout` units of what the step before left where it enters the product; what is
//! carried keeps them. Kept units are divided by `1 - p`. `share=time`, the default, draws one mask for all steps of a row (variational dropout); `share=none` draws afresh in every step.
//! `zoneout` is the probability that a unit keeps its old value for a step, drawn afresh in each; prediction takes the mean of old and new.
//! `output=last` gives the last step alone, `output=all` every one. `reverse=true` goes from the last step in time to the first; results stand at their own times.
//! `init` is the start of all weights, such as `uniform(limit=0.1)`; without it the input's start `glorot_uniform`, the recurrent ones `orthogonal`. Biases start at zero.
//! `carry=true` begins a row with the state that the row at its place in the minibatch before ended with, instead of zeros; it belongs to `window ..., carry=true` in `data`, whose rows go on like that. The
//! state is zero where an epoch or an evaluation begins, and gradients stop where the window does. In the middle of an epoch it stands in the checkpoint, as `carry.PATH`. Rows to predict
//! that are no part of the data begin with zeros.
//!
//! # Train and eval
//! Masks act in training and in Monte-Carlo prediction. Those of a row depend on seed, place, epoch, position and unit alone: a mask for all steps is numbered by its units, one a step by
//! step times width plus unit. The sites are called `PATH.dropout`, `PATH.recurrent_dropout`, `PATH.zoneout`.
//!
//! # Example
//! ```net
//! net {
//!   input x: real[6, 3]
//!   rnn 8, dropout=0.2 -> mean_pool over=time
//!   dense 2
//!   output y: class[2]
//! }
//! ```
//!
//! # Papers
//! Elman 1990. Gal and Ghahramani 2016, A theoretically grounded application of dropout in recurrent neural networks. Krueger et al. 2017, Zoneout.

use super::recurrent::{Gates, Recurrent, arguments};
use crate::{
    graph::{Builder, ValueId},
    vocab::{Block, Sig},
};

pub struct Rnn;
pub static LAYER: Rnn = Rnn;

static SIG: Sig = Sig {
    name: "rnn",
    about: "the plain recurrent layer",
    args: &[
        arguments::WIDTH,
        arguments::DROPOUT,
        arguments::RECURRENT_DROPOUT,
        arguments::SHARE,
        arguments::ZONEOUT,
        arguments::OUTPUT,
        arguments::REVERSE,
        arguments::CARRY,
        arguments::INIT,
    ],
    block: Block::None,
};

impl Recurrent for Rnn {
    fn sig(&self) -> &'static Sig {
        &SIG
    }

    fn elsewhere(&self) -> &'static [(&'static str, &'static str)] {
        &[("RNN", "rnn"), ("SimpleRNN", "rnn"), ("RNNCell", "rnn"), ("Elman", "rnn")]
    }

    fn in_keras(&self) -> (&'static str, &'static [usize]) {
        ("simple_rnn_cell", &[0])
    }

    fn gates(&self) -> usize {
        1
    }

    fn carried(&self) -> &'static [&'static str] {
        &["zoneout"]
    }

    fn step(&self, b: &mut Builder, gates: Gates, _: &[ValueId]) -> Vec<ValueId> {
        let z = b.add(gates.input, gates.recurrent);
        vec![b.tanh(z)]
    }
}
