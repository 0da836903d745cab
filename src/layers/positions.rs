//! Adds to each place of a sequence numbers that say where it is.
//!
//! # What it does
//! `kind=learned` adds a row of a table of parameters, one for each place; `kind=sinusoidal` adds sines and cosines of the place, which are the same in every
//! net. Attention by itself does not know where a place is: put this before the first `attention`, or let that one know places by `positions=rotary` or `alibi`.
//!
//! # Formula
//! `y[t] = x[t] + table[t]`; sinusoidal: `table[t, 2i] = sin(t / 10000^(2i / width))`, `table[t, 2i + 1]` the cosine of the same.
//!
//! # Shape
//! `[time, channel]`; the result has the same. Sines and cosines come in pairs, so that an even number of channels is needed for them.
//!
//! # Arguments
//! `kind` is `learned` (usual) or `sinusoidal`. `add positions(kind=learned)` is the same step. `init` is the start of a learned table, `normal(sd=0.02)` unless given.
//!
//! # Train and eval
//! The same.
//!
//! # Example
//! ```net
//! net {
//!   input x: real[24]
//!   reshape 6x4, roles=[time, channel] -> positions
//!   attention heads=2
//!   mean_pool over=time
//!   dense 2
//!   output y: class[2]
//! }
//! ```
//!
//! # Papers
//! Vaswani et al. 2017, Attention is all you need. Gehring et al. 2017, Convolutional sequence to sequence learning (learned).

use super::{
    Facts, InFile, Infer, Layer, Library, Lower, OverTime, Sought,
    attention::sequence,
    infer::ParamDecl,
    initial::{self, Shape},
};
use crate::{
    diag::Diagnostic,
    graph::ValueId,
    model::{Init, ParamRole, Ty},
    vocab::{ArgSpec, Args, Block, Default, Kind, Sig},
};

pub struct Positions;
pub static LAYER: Positions = Positions;

/// Standard deviation of a learned table at the start (Radford et al. 2018).
const SPREAD: f64 = 0.02;

static SIG: Sig = Sig {
    name: "positions",
    about: "adds to each place of a sequence numbers that say where it is",
    args: &[
        ArgSpec::optional(
            "kind",
            Kind::Word(&["learned", "sinusoidal"]),
            Default::Word("learned"),
            "a table of parameters, or sines and cosines",
        ),
        ArgSpec::named(
            "init",
            Kind::Use(initial::sigs),
            Default::Absent,
            "start of a learned table, normal(sd=0.02) unless given",
        ),
    ],
    block: Block::None,
};

impl Layer for Positions {
    fn sig(&self) -> &'static Sig {
        &SIG
    }

    fn elsewhere(&self) -> &'static [(&'static str, &'static str)] {
        &[
            ("PositionalEncoding", "positions sinusoidal"),
            ("PositionEmbedding", "positions"),
            ("SinePositionEncoding", "positions sinusoidal"),
        ]
    }

    fn facts(&self) -> Facts {
        Facts { adds: true, ..Facts::NONE }
    }

    fn infer(&self, cx: &mut Infer<'_>) -> Result<Ty, Diagnostic> {
        let (steps, width) = sequence(cx, 0)?;
        let learned = cx.args.word("kind") == "learned";
        if !learned && cx.args.is_written("init") {
            let span = cx.args.span_of("init");
            return Err(Diagnostic::error("E0211", span, "`init` of positions that are not learned")
                .label("has no effect here")
                .help("leave it out"));
        }
        if !learned && !width.is_multiple_of(2) {
            return Err(cx
                .mismatch(format!("sines and cosines come in pairs, and {} has {width} channels", cx.input()))
                .help("make the width even, or write `positions kind=learned`"));
        }
        if learned {
            let start = match cx.args.is_written("init") {
                true => cx.start("init", Shape::Weights { inputs: steps, outputs: width })?,
                false => Init::Normal { mean: 0.0, sd: SPREAD },
            };
            let table = ParamDecl::new("table", vec![steps, width], ParamRole::Weight, start);
            cx.param(ParamDecl { fed_by: None, ..table });
        }
        Ok(cx.input().clone())
    }

    fn in_files(&self, sought: &Sought<'_>) -> Vec<InFile> {
        vec![match sought.library {
            Library::Torch => sought.same(&["weight"]),
            Library::Keras => sought.same(&["embeddings", "position_embeddings"]),
        }]
    }

    fn over_time(&self, _args: &Args) -> OverTime {
        OverTime::PerStep
    }

    fn lower(&self, cx: &mut Lower<'_>) -> ValueId {
        let (steps, width) = (cx.input_ty().axes[0].size, cx.input_ty().axes[1].size);
        let table = match cx.param_count() {
            0 => cx.b.waves(steps, width, false),
            _ => cx.param(0),
        };
        cx.b.add_bias(cx.input(), table)
    }
}
