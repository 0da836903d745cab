//! Long short-term memory: a recurrent layer whose units keep a memory that gates write, forget and show.
//!
//! # What it does
//! Goes through the steps of a series. In each, four gates are computed of the step's input and of what the unit showed in the step before; they decide what is written to the memory of each unit, what of it is
//! forgotten and what is shown.
//!
//! # Formula
//! `[i f g o] = x_t W + h U + b`, `c' = sigmoid(f) c + sigmoid(i) tanh(g)`, `h' = sigmoid(o) tanh(c')`; `h` and `c` begin at zero.
//!
//! # Shape
//! Steps of channels, such as `real[20, 3]`; the result has the same steps of `width` channels, or with `output=last` `width` units. Parameters: `input_weight` `[in, 4 width]`, `recurrent_weight` `[width, 4 width]`, `bias` `[4 width]`, gates in the order i, f, g, o.
//!
//! # Arguments
//! `width` is the number of units. `dropout` drops units of the input, `recurrent_dropout` units of what the step before left where it enters the product; what is
//! carried keeps them. Kept units are divided by `1 - p`. `share=time`, the default, draws one mask for all steps of a row (variational dropout); `share=none` draws afresh in every step.
//! `gates=untied` draws a mask for each gate (Gal and Ghahramani's), `gates=tied` one for all of them.
//! `zoneout` is the probability that a unit keeps its old value for a step, drawn afresh in each; prediction takes the mean of old and new.
//! `zoneout_cell` is the same of the memory; what is shown is made of the new memory, before its own zoneout.
//! `output=last` gives the last step alone, `output=all` every one. `reverse=true` goes from the last step in time to the first; results stand at their own times.
//! `init` is the start of all weights, such as `uniform(limit=0.1)`; without it the input's start `glorot_uniform`, the recurrent ones `orthogonal`. Biases start at zero, those of the forget gate at `forget_bias`, 1 unless given.
//! `carry=true` begins a row with the state that the row at its place in the minibatch before ended with, instead of zeros; it belongs to `window ..., carry=true` in `data`, whose rows go on like that. The
//! state is zero where an epoch or an evaluation begins, and gradients stop where the window does. In the middle of an epoch it stands in the checkpoint, as `carry.PATH` and `carry.PATH.cell`. Rows to predict
//! that are no part of the data begin with zeros.
//!
//! # Train and eval
//! Masks act in training and in Monte-Carlo prediction. Those of a row depend on seed, place, epoch, position and unit alone: a mask for all steps is numbered by its units, one a step by
//! step times width plus unit. The sites are called `PATH.dropout`, `PATH.recurrent_dropout`, `PATH.zoneout` and `PATH.zoneout_cell`.
//!
//! # Example
//! ```net
//! net {
//!   input x: real[6, 3]
//!   lstm 8, dropout=0.2, recurrent_dropout=0.2, output=last
//!   dense 2
//!   output y: class[2]
//! }
//! ```
//!
//! # Papers
//! Hochreiter and Schmidhuber 1997. Gal and Ghahramani 2016, A theoretically grounded application of dropout in recurrent neural networks. Krueger et al. 2017, Zoneout. Jozefowicz et al. 2015 (`forget_bias`).

use super::recurrent::{Gates, Recurrent, arguments};
use crate::{
    graph::{Builder, ValueId},
    model::Init,
    vocab::{ArgSpec, Args, Block, Bounds, Default, Kind, Sig},
};

pub struct Lstm;
pub static LAYER: Lstm = Lstm;

static SIG: Sig = Sig {
    name: "lstm",
    about: "long short-term memory: a recurrent layer with gates and a memory",
    args: &[
        arguments::WIDTH,
        arguments::DROPOUT,
        arguments::RECURRENT_DROPOUT,
        arguments::SHARE,
        arguments::GATES,
        arguments::ZONEOUT,
        ArgSpec::named(
            "zoneout_cell",
            Kind::Timed(Bounds::BELOW_ONE),
            Default::Number(0.0),
            "probability that a unit keeps its old memory for a step",
        ),
        ArgSpec::named(
            "forget_bias",
            Kind::Number(Bounds::ANY),
            Default::Number(1.0),
            "start of the forget gate's biases",
        ),
        arguments::OUTPUT,
        arguments::REVERSE,
        arguments::CARRY,
        arguments::INIT,
    ],
    block: Block::None,
};

impl Recurrent for Lstm {
    fn sig(&self) -> &'static Sig {
        &SIG
    }

    fn elsewhere(&self) -> &'static [(&'static str, &'static str)] {
        &[("LSTM", "lstm"), ("LSTMCell", "lstm"), ("CuDNNLSTM", "lstm")]
    }

    fn in_keras(&self) -> (&'static str, &'static [usize]) {
        ("lstm_cell", &[0, 1, 2, 3])
    }

    fn gates(&self) -> usize {
        4
    }

    fn starts_of_biases(&self) -> &'static [&'static str] {
        &["forget_bias"]
    }

    fn carried(&self) -> &'static [&'static str] {
        &["zoneout", "zoneout_cell"]
    }

    fn bias(&self, args: &Args) -> Init {
        match args.number("forget_bias") {
            0.0 => Init::Zeros,
            value => Init::Gate { gate: 1, of: 4, value },
        }
    }

    fn step(&self, b: &mut Builder, gates: Gates, before: &[ValueId]) -> Vec<ValueId> {
        let z = b.add(gates.input, gates.recurrent);
        let [i, f, g, o] = [0, 1, 2, 3].map(|gate| gates.of(b, z, gate));
        let (i, f, o) = (b.sigmoid(i), b.sigmoid(f), b.sigmoid(o));
        let g = b.tanh(g);
        let (kept, written) = (b.mul(f, before[1]), b.mul(i, g));
        let c = b.add(kept, written);
        let shown = b.tanh(c);
        vec![b.mul(o, shown), c]
    }
}
