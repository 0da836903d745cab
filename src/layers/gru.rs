//! Gated recurrent units: a recurrent layer whose units take on a new value as far as a gate says.
//!
//! # What it does
//! Goes through the steps of a series. In each a unit computes a new value of the step's input and of what the units showed in the step before, as far as its reset gate lets that through, and moves towards it as far as its update
//! gate says.
//!
//! # Formula
//! `[r z n] = x_t W + b`, `[r' z' n'] = h U + b'`, `new = tanh(n + sigmoid(r + r') n')`, `h' = new + sigmoid(z + z') (h - new)`; `h` begins at zero.
//!
//! # Shape
//! Steps of channels, such as `real[20, 3]`; the result has the same steps of `width` channels, or with `output=last` `width` units. Parameters: `input_weight` `[in, 3 width]`, `recurrent_weight` `[width, 3 width]`, `bias` `[3 width]`, `recurrent_bias` `[3 width]`, gates in the order r, z, n.
//!
//! # Arguments
//! `width` is the number of units. `dropout` drops units of the input, `recurrent_dropout` units of what the step before left where it enters the product; what is
//! carried keeps them. Kept units are divided by `1 - p`. `share=time`, the default, draws one mask for all steps of a row (variational dropout); `share=none` draws afresh in every step.
//! `gates=untied` draws a mask for each gate (Gal and Ghahramani's), `gates=tied` one for all of them.
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
//!   gru 8, recurrent_dropout=0.2 -> gru 4, output=last
//!   dense 2
//!   output y: class[2]
//! }
//! ```
//!
//! # Papers
//! Cho et al. 2014. Gal and Ghahramani 2016, A theoretically grounded application of dropout in recurrent neural networks. Krueger et al. 2017, Zoneout.

use super::recurrent::{Gates, Recurrent, arguments};
use crate::{
    graph::{Builder, ValueId},
    vocab::{Block, Sig},
};

pub struct Gru;
pub static LAYER: Gru = Gru;

static SIG: Sig = Sig {
    name: "gru",
    about: "gated recurrent units: a recurrent layer with two gates",
    args: &[
        arguments::WIDTH,
        arguments::DROPOUT,
        arguments::RECURRENT_DROPOUT,
        arguments::SHARE,
        arguments::GATES,
        arguments::ZONEOUT,
        arguments::OUTPUT,
        arguments::REVERSE,
        arguments::CARRY,
        arguments::INIT,
    ],
    block: Block::None,
};

impl Recurrent for Gru {
    fn sig(&self) -> &'static Sig {
        &SIG
    }

    fn elsewhere(&self) -> &'static [(&'static str, &'static str)] {
        &[("GRU", "gru"), ("GRUCell", "gru"), ("CuDNNGRU", "gru")]
    }

    fn in_keras(&self) -> (&'static str, &'static [usize]) {
        ("gru_cell", &[1, 0, 2])
    }

    fn gates(&self) -> usize {
        3
    }

    fn carried(&self) -> &'static [&'static str] {
        &["zoneout"]
    }

    fn has_recurrent_bias(&self) -> bool {
        true
    }

    fn step(&self, b: &mut Builder, gates: Gates, before: &[ValueId]) -> Vec<ValueId> {
        let [own, carried] =
            [gates.input, gates.recurrent].map(|all| [0, 1, 2].map(|gate| gates.of(b, all, gate)));
        let (r, z) = (b.add(own[0], carried[0]), b.add(own[1], carried[1]));
        let (r, z) = (b.sigmoid(r), b.sigmoid(z));
        let let_through = b.mul(r, carried[2]);
        let new = b.add(own[2], let_through);
        let new = b.tanh(new);
        let change = b.sub(before[0], new);
        let kept = b.mul(z, change);
        vec![b.add(new, kept)]
    }
}
