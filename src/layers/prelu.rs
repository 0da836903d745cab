//! Leaky rectifier whose slope is learned.
//!
//! # What it does
//! Passes positive values on and multiplies negative ones by a slope, which training moves as it moves a weight.
//!
//! # Formula
//! `y = x` where `x > 0`, else `slope x`; the derivative at 0 is `slope`.
//!
//! # Shape
//! Any; the result has the shape of the input. The slopes, `PATH.slope`, are as many as the last axis has numbers, which are the channels in a convolutional net; with `per=element` they have the shape of the row.
//!
//! # Arguments
//! `slope` is where each begins, 0.25 unless given. `per=channel` learns one a channel (a unit of a dense layer is one), `per=layer` one for all, `per=element` one for
//! each number of a map, as `PReLU` of Keras does without `shared_axes`.
//!
//! # Train and eval
//! The same. Weight decay leaves slopes as they are, unless the optimizer says `on=all`: a decayed slope would be drawn to a plain rectifier.
//!
//! # Example
//! ```net
//! net {
//!   input x: real[4]
//!   dense 8 -> prelu
//!   dense 1
//!   output y: real[1]
//! }
//! ```
//!
//! # Papers
//! He et al. 2015, Delving deep into rectifiers: surpassing human-level performance on ImageNet classification.

use super::{Facts, InFile, Infer, Layer, Library, Lower, OverTime, ParamDecl, Sought, Unitwise};
use crate::{
    diag::Diagnostic,
    graph::{Dim, ValueId},
    model::{Init, ParamRole, Ty},
    vocab::{ArgSpec, Args, Block, Bounds, Default, Kind, Sig},
};

pub struct Prelu;
pub static LAYER: Prelu = Prelu;

static SIG: Sig = Sig {
    name: "prelu",
    about: "negative values are scaled by a learned slope",
    args: &[
        ArgSpec::optional(
            "slope",
            Kind::Number(Bounds::ANY),
            Default::Number(0.25),
            "factor of negative values at the start",
        ),
        ArgSpec::named(
            "per",
            Kind::Word(&["channel", "layer", "element"]),
            Default::Word("channel"),
            "what has a slope of its own",
        ),
    ],
    block: Block::None,
};

impl Layer for Prelu {
    fn sig(&self) -> &'static Sig {
        &SIG
    }

    fn infer(&self, cx: &mut Infer<'_>) -> Result<Ty, Diagnostic> {
        let sizes: Vec<usize> = cx.input().axes.iter().map(|axis| axis.size).collect();
        let slopes = match cx.args.word("per") {
            "layer" => vec![1],
            "element" => sizes,
            _ => vec![sizes.last().copied().unwrap_or(1)],
        };
        let start = Init::Constant(cx.args.number("slope"));
        cx.param(ParamDecl::new("slope", slopes, ParamRole::Norm, start));
        Ok(cx.input().clone())
    }

    fn facts(&self) -> Facts {
        Facts::unitwise(Unitwise::Homogeneous)
    }

    fn in_files(&self, sought: &Sought<'_>) -> Vec<InFile> {
        let per_element = sought.args.word("per") == "element";
        match sought.library {
            // It has no slopes of single places.
            Library::Torch if per_element && sought.dims.len() > 1 => Vec::new(),
            Library::Torch => vec![sought.per_unit(&["weight"])],
            Library::Keras if per_element => vec![sought.same(&["alpha"])],
            Library::Keras => {
                // Shared along all axes but the last.
                let ones = vec![1; sought.input.axes.len() - 1];
                vec![InFile::new(&["alpha"], [&ones[..], sought.dims].concat())]
            }
        }
    }

    fn starts(&self, _args: &Args, _library: Option<Library>) -> Vec<&'static str> {
        vec!["slope"]
    }

    fn over_time(&self, args: &Args) -> OverTime {
        if args.word("per") == "element" { OverTime::Refuses } else { OverTime::PerStep }
    }

    fn lower(&self, cx: &mut Lower<'_>) -> ValueId {
        let (x, slope) = (cx.input(), cx.param(0));
        let slope = match cx.b.dims(slope)[..] {
            [Dim::Const(1)] => {
                let one = cx.b.reshape(slope, &[]);
                cx.b.spread(one, x)
            }
            _ => cx.b.along_last(slope, x),
        };
        let zero = cx.b.splat(0.0, x);
        let positive = cx.b.less(zero, x);
        let low = cx.b.mul(x, slope);
        cx.b.select(positive, x, low)
    }
}
