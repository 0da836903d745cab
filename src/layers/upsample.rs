//! Makes a map larger by a whole factor.
//!
//! # What it does
//! Repeats each place, or draws straight lines between neighbours. It has no weights; `conv_transpose` learns how to enlarge.
//!
//! # Formula
//! `kind=nearest`: `y[i, j, c] = x[i / size, j / size, c]`, rounded down. `kind=bilinear`: the number at the place `(i + 0.5) / size - 0.5` between the centres of
//! neighbours, along each axis; what lies outside of the outermost centres is as they are.
//!
//! # Shape
//! `h x w x c` becomes `(size h) x (size w) x c`, `steps x c` becomes `(size steps) x c`.
//!
//! # Arguments
//! `size` is the factor of each axis: `2x2`, or one number for all. `kind` is `nearest` unless given, or `bilinear` (over steps, lines between two).
//!
//! # Train and eval
//! The same.
//!
//! # Example
//! ```net
//! net {
//!   input image: real[3, 4, 2]
//!   conv 3, 3x3 -> upsample 2x2
//!   upsample 2x3, kind=bilinear
//!   flatten -> dense 3
//!   output kind: class[3]
//! }
//! ```

use super::{Infer, Layer, Lower, Reach, Reached, slide};
use crate::{
    diag::Diagnostic,
    graph::{Builder, Dim, ValueId},
    model::Ty,
    vocab::{ArgSpec, Block, Default, Kind, Sig},
};

pub struct Upsample;
pub static LAYER: Upsample = Upsample;

static SIG: Sig = Sig {
    name: "upsample",
    about: "makes a map larger by a whole factor",
    args: &[
        ArgSpec::required("size", slide::SIZES, "factor of each axis, or one for all"),
        ArgSpec::named(
            "kind",
            Kind::Word(&["nearest", "bilinear"]),
            Default::Word("nearest"),
            "how places between others come about",
        ),
    ],
    block: Block::None,
};

impl Layer for Upsample {
    fn sig(&self) -> &'static Sig {
        &SIG
    }

    fn elsewhere(&self) -> &'static [(&'static str, &'static str)] {
        &[
            ("UpSampling1D", "upsample"),
            ("UpSampling2D", "upsample"),
            ("UpsamplingNearest2d", "upsample"),
            ("UpsamplingBilinear2d", "upsample kind=bilinear"),
        ]
    }

    fn infer(&self, cx: &mut Infer<'_>) -> Result<Ty, Diagnostic> {
        let axes = slide::map(cx)?;
        slide::one_an_axis(cx, "size", axes)?;
        slide::some(cx, "size")?;
        let factors = slide::sizes(cx.args, "size", axes).unwrap_or_else(|| vec![1; axes]);
        if factors.iter().all(|factor| *factor == 1) {
            return Err(Diagnostic::error("E0211", cx.args.span_of("size"), "`upsample` by a factor of 1")
                .label("has no effect")
                .help("leave it out, or give it a factor: `upsample 2x2`"));
        }
        let mut ty = cx.input().clone();
        for (axis, factor) in ty.axes.iter_mut().zip(factors) {
            axis.size = axis.size.saturating_mul(factor);
        }
        Ok(ty)
    }

    fn reach(&self, cx: &Reached<'_>) -> Reach {
        cx.input()
    }

    fn lower(&self, cx: &mut Lower<'_>) -> ValueId {
        let axes = cx.input_ty().axes.len() - 1;
        let factors = slide::sizes(cx.args, "size", axes).unwrap_or_default();
        let enlarged = if cx.args.word("kind") == "bilinear" { interpolated } else { repeated };
        let larger = (1..).zip(factors).filter(|(_, factor)| *factor > 1);
        larger.fold(cx.input(), |x, (axis, factor)| enlarged(cx.b, x, axis, factor))
    }
}

/// The dimensions of `x` with `axis` cut into runs of `factor`, and with its runs joined.
fn dims(b: &Builder, x: ValueId, axis: usize, factor: usize) -> (usize, Vec<Dim>, Vec<Dim>) {
    let mut joined = b.dims(x);
    let len = joined[axis].size().unwrap_or(1);
    let mut cut = joined.clone();
    joined[axis] = Dim::Const(len * factor);
    cut.insert(axis + 1, Dim::Const(factor));
    (len, cut, joined)
}

/// Each place `factor` times.
fn repeated(b: &mut Builder, x: ValueId, axis: usize, factor: usize) -> ValueId {
    let (_, cut, joined) = dims(b, x, axis, factor);
    let own: Vec<usize> = (0..cut.len()).filter(|i| *i != axis + 1).collect();
    let runs = b.broadcast(x, &cut, &own);
    b.reshape(runs, &joined)
}

/// The `factor` numbers that lie around each centre, between it and its neighbours.
fn interpolated(b: &mut Builder, x: ValueId, axis: usize, factor: usize) -> ValueId {
    let (len, mut cut, joined) = dims(b, x, axis, factor);
    let (first, last) = (b.slice(x, axis, 0, 1), b.slice(x, axis, len - 1, 1));
    let extended = b.concat(&[first, x, last], axis);
    cut[axis + 1] = Dim::Const(1);
    let phases: Vec<ValueId> = (0..factor)
        .map(|phase| {
            // Where the number lies, from the centre of the place in front.
            let at = (phase as f64 + 0.5) / factor as f64 + 0.5;
            let (left, share) = (at.floor(), at.fract());
            let near = b.slice(extended, axis, left as usize, len);
            let near = b.scale(near, (1.0 - share) as f32);
            let mixed = match share > 0.0 {
                true => {
                    let far = b.slice(extended, axis, left as usize + 1, len);
                    let far = b.scale(far, share as f32);
                    b.add(near, far)
                }
                false => near,
            };
            b.reshape(mixed, &cut)
        })
        .collect();
    let runs = b.concat(&phases, axis + 1);
    b.reshape(runs, &joined)
}
