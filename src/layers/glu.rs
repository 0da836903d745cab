//! Gated linear unit: one half of the units opens or shuts the other.
//!
//! # What it does
//! Cuts the last axis in two and multiplies the first half by a gate of the second. Behind `dense 128` it is 64 units. With `gate=silu` it is the SwiGLU of today's
//! transformers, with `gate=gelu` their GEGLU, with `gate=relu` ReGLU, with `gate=identity` the bilinear unit.
//!
//! # Formula
//! `y = a gate(b)`, a and b the first and the second half of the last axis.
//!
//! # Shape
//! Any; the last axis, which must be even, becomes half as long.
//!
//! # Arguments
//! `gate` is the function of the second half: `sigmoid` unless given, `silu`, `gelu`, `relu`, `tanh` or `identity`.
//!
//! # Train and eval
//! The same.
//!
//! # Example
//! ```net
//! net {
//!   input x: real[4]
//!   dense 16 -> glu gate=silu
//!   dropout 0.1 -> dense 2
//!   output y: class[2]
//! }
//! ```
//!
//! # Papers
//! Dauphin et al. 2017, Language modeling with gated convolutional networks. Shazeer 2020, GLU variants improve transformer.

use super::{
    Infer, Layer, Lower, OverTime,
    gelu::gelu,
    maxout::{divided, pieces},
};
use crate::{
    diag::Diagnostic,
    graph::ValueId,
    model::Ty,
    vocab::{ArgSpec, Args, Block, Default, Kind, Sig},
};

pub struct Glu;
pub static LAYER: Glu = Glu;

static SIG: Sig = Sig {
    name: "glu",
    about: "one half of the units times a gate of the other",
    args: &[ArgSpec::named(
        "gate",
        Kind::Word(&["sigmoid", "silu", "gelu", "relu", "tanh", "identity"]),
        Default::Word("sigmoid"),
        "function of the second half",
    )],
    block: Block::None,
};

impl Layer for Glu {
    fn sig(&self) -> &'static Sig {
        &SIG
    }

    fn elsewhere(&self) -> &'static [(&'static str, &'static str)] {
        &[("SwiGLU", "glu gate=silu"), ("GEGLU", "glu gate=gelu"), ("ReGLU", "glu gate=relu")]
    }

    fn infer(&self, cx: &mut Infer<'_>) -> Result<Ty, Diagnostic> {
        divided(cx, 2)
    }

    fn over_time(&self, _args: &Args) -> OverTime {
        OverTime::PerStep
    }

    fn lower(&self, cx: &mut Lower<'_>) -> ValueId {
        let halves = pieces(cx, 2);
        let (value, b) = (halves[0], halves[1]);
        let gate = match cx.args.word("gate") {
            "sigmoid" => cx.b.sigmoid(b),
            "silu" => {
                let share = cx.b.sigmoid(b);
                cx.b.mul(b, share)
            }
            "gelu" => gelu(cx.b, b),
            "relu" => cx.b.relu(b),
            "tanh" => cx.b.tanh(b),
            _ => b,
        };
        cx.b.mul(value, gate)
    }
}
