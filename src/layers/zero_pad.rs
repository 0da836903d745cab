//! Surrounds a map by zeros.
//!
//! # What it does
//! Adds places at the border of each channel. `conv` and pools have a border of their own (`pad=`); this one is for what asks for an uneven or a larger one.
//!
//! # Formula
//! `y[i, j, c] = x[i - top, j - left, c]` where there is such a place, else 0.
//!
//! # Shape
//! `h x w x c` becomes `(top + h + bottom) x (left + w + right) x c`; `steps x c` becomes `(left + steps + right) x c`.
//!
//! # Arguments
//! `size` is the number of places on every side: `zero_pad 1`, or `zero_pad 1x2` for height and width. `top`, `bottom`, `left` and `right` are those of one
//! side, where they are not `size`, which is 0 unless given: `zero_pad bottom=1, right=1`. Steps have `left` and `right` alone.
//!
//! # Train and eval
//! The same.
//!
//! # Example
//! ```net
//! net {
//!   input image: real[5, 4, 2]
//!   conv 3, 3x3 -> zero_pad 1x2
//!   zero_pad bottom=1, right=2
//!   flatten -> dense 3
//!   output kind: class[3]
//! }
//! ```

use super::{Infer, Layer, Lower, Reach, Reached, slide};
use crate::{
    diag::Diagnostic,
    graph::ValueId,
    model::Ty,
    vocab::{ArgSpec, Args, Block, Default, Kind, Sig},
};

pub struct ZeroPad;
pub static LAYER: ZeroPad = ZeroPad;

/// Of one side: those of height, then those of width.
const SIDES: [[&str; 2]; 2] = [["top", "bottom"], ["left", "right"]];

const fn side(name: &'static str, about: &'static str) -> ArgSpec {
    ArgSpec::named(name, Kind::Count { min: 0 }, Default::Absent, about)
}

static SIG: Sig = Sig {
    name: "zero_pad",
    about: "zeros around a map",
    args: &[
        ArgSpec::optional("size", slide::SIZES, Default::Absent, "places on each side of every axis"),
        side("top", "lines above"),
        side("bottom", "lines below"),
        side("left", "places on the left, or steps in front"),
        side("right", "places on the right, or steps behind"),
    ],
    block: Block::None,
};

impl Layer for ZeroPad {
    fn sig(&self) -> &'static Sig {
        &SIG
    }

    fn elsewhere(&self) -> &'static [(&'static str, &'static str)] {
        &[
            ("ZeroPad1d", "zero_pad"),
            ("ZeroPad2d", "zero_pad"),
            ("ZeroPadding1D", "zero_pad"),
            ("ZeroPadding2D", "zero_pad"),
        ]
    }

    fn infer(&self, cx: &mut Infer<'_>) -> Result<Ty, Diagnostic> {
        let axes = slide::map(cx)?;
        slide::one_an_axis(cx, "size", axes)?;
        if let Some(name) = SIDES[0].into_iter().find(|name| axes == 1 && cx.args.is_written(name)) {
            let error = Diagnostic::error("E0211", cx.args.span_of(name), format!("steps have no `{name}`"));
            return Err(error.label(format!("sees {}", cx.input())).help("write `left` and `right`"));
        }
        let border = border(cx.args, axes);
        if border.iter().all(|(before, after)| before + after == 0) {
            return Err(Diagnostic::error("E0211", cx.args.span, "`zero_pad` without a border")
                .label("adds nothing")
                .help("leave it out, or give it a size: `zero_pad 1`"));
        }
        let mut ty = cx.input().clone();
        for (axis, (before, after)) in ty.axes.iter_mut().zip(border) {
            axis.size = axis.size.saturating_add(before).saturating_add(after);
        }
        Ok(ty)
    }

    fn reach(&self, cx: &Reached<'_>) -> Reach {
        cx.input().hull(Reach { low: 0.0, high: 0.0 })
    }

    fn lower(&self, cx: &mut Lower<'_>) -> ValueId {
        let border = border(cx.args, cx.input_ty().axes.len() - 1);
        let sides = (1..).zip(border).filter(|(_, (before, after))| before + after > 0);
        sides.fold(cx.input(), |x, (axis, (before, after))| cx.b.zeros_around(x, axis, before, after))
    }
}

/// In front of each axis and behind it.
fn border(args: &Args, axes: usize) -> Vec<(usize, usize)> {
    let all = slide::sizes(args, "size", axes).unwrap_or_else(|| vec![0; axes]);
    let own = |name: &str, all: usize| args.opt_number(name).map_or(all, |n| n as usize);
    let sides = SIDES[2 - axes..].iter().zip(all);
    sides.map(|([before, after], all)| (own(before, all), own(after, all))).collect()
}
