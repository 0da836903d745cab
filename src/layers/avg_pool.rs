//! The mean of each window of a map.
//!
//! # What it does
//! Makes a map smaller: each channel becomes its mean over each window.
//!
//! # Formula
//! `y[i, j, c] = mean over u, v of x[i stride + u, j stride + v, c]`, over those places of the window that lie in the map.
//!
//! # Shape
//! `h x w x c` becomes `h' x w' x c`, `steps x c` becomes `steps' x c`. With `pad=valid` h' is (h - size) / stride + 1, rounded down: what is left over
//! at the end is not seen.
//!
//! # Arguments
//! `size` is that of a window (`2x2`, or one number over steps). `stride` is the window's size unless given: windows lie side by side. `pad=same` makes
//! h' = h / stride, rounded up, `pad=1` adds that many places on each side; the mean is over the places that are there, of a row with a length over its own.
//!
//! # Train and eval
//! The same.
//!
//! # Example
//! ```net
//! net {
//!   input image: real[9, 9, 2]
//!   avg_pool 2x2
//!   avg_pool 3x3, stride=2, pad=same
//!   flatten -> dense 3
//!   output kind: class[3]
//! }
//! ```

use super::{
    Facts, Infer, Layer, Lower, OverTime, Reach, Reached,
    slide::{POOL_STRIDE, SIZE, VALID, Windows},
};
use crate::{
    diag::Diagnostic,
    graph::{Builder, Dim, Geometry, Slide, ValueId},
    model::Ty,
    vocab::{Args, Block, Sig},
};

pub struct AvgPool;
pub static LAYER: AvgPool = AvgPool;

static SIG: Sig = Sig {
    name: "avg_pool",
    about: "the mean of each window",
    args: &[SIZE, POOL_STRIDE, VALID],
    block: Block::None,
};

impl Layer for AvgPool {
    fn sig(&self) -> &'static Sig {
        &SIG
    }

    fn elsewhere(&self) -> &'static [(&'static str, &'static str)] {
        &[
            ("AvgPool1d", "avg_pool"),
            ("AvgPool2d", "avg_pool"),
            ("AveragePooling1D", "avg_pool"),
            ("AveragePooling2D", "avg_pool"),
        ]
    }

    fn infer(&self, cx: &mut Infer<'_>) -> Result<Ty, Diagnostic> {
        let windows = Windows::of(cx)?;
        Ok(windows.pooled(cx.input()))
    }

    fn reach(&self, cx: &Reached<'_>) -> Reach {
        cx.input()
    }

    fn over_time(&self, _args: &Args) -> OverTime {
        OverTime::Whole
    }

    fn facts(&self) -> Facts {
        Facts { slides: true, ..Facts::NONE }
    }

    fn lower(&self, cx: &mut Lower<'_>) -> ValueId {
        let (input, windows) = (cx.input_ty().clone(), Windows::read(cx.args, cx.input_ty()));
        let geometry = windows.geometry();
        let within = if windows.reach_over_ends() { cx.within() } else { None };
        let x = if within.is_some() { cx.own_steps(cx.input(), 0.0) } else { cx.input() };
        let x = windows.over(cx.b, x);
        let seen = cx.b.windows(x, &geometry, 0.0);
        let mean = means(cx.b, seen, &geometry, within);
        windows.flat(cx.b, mean, &input)
    }
}

/// The mean of each window, over its places within the map; where rows have lengths, over those that are `within` the row.
fn means(b: &mut Builder, windows: ValueId, geometry: &Geometry, within: Option<ValueId>) -> ValueId {
    if within.is_none() && !geometry.has_border() {
        return b.mean(windows, &geometry.tap_axes());
    }
    let mut mean = b.sum(windows, &geometry.tap_axes());
    for (number, slide) in geometry.axes.iter().enumerate() {
        let cells = match within.filter(|_| number == 0) {
            None => {
                let cells = cells(b, slide);
                b.broadcast_like(cells, mean, &[slide.axis])
            }
            Some(within) => {
                let line = Geometry { axes: vec![*slide] };
                let steps = b.windows(within, &line, 0.0);
                let own = b.sum(steps, &line.tap_axes());
                // Windows behind a row's end have none.
                let one = b.splat(1.0, own);
                let own = b.max(own, one);
                b.broadcast_like(own, mean, &[0, slide.axis])
            }
        };
        mean = b.div(mean, cells);
    }
    mean
}

/// Along one axis: how many places of each window lie in the map.
fn cells(b: &mut Builder, slide: &Slide) -> ValueId {
    let one = b.constant(1.0);
    let ones = b.broadcast(one, &[Dim::Const(slide.len)], &[]);
    let line = Geometry { axes: vec![Slide { axis: 0, ..*slide }] };
    let windows = b.windows(ones, &line, 0.0);
    b.sum(windows, &line.tap_axes())
}
