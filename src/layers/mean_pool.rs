//! The mean along axes that are named.
//!
//! # What it does
//! Takes away axes of a value: each number of the result is the mean over all places along them. `global_avg_pool` is the usual case for
//! maps, `mean_pool over=space`; `avg_pool` takes means of windows.
//!
//! # Formula
//! `y[c] = mean over i, j of x[i, j, c]` with `over=[height, width]`, and so for other axes.
//!
//! # Shape
//! The value's without the named axes; one axis at least must be left. Where rows have lengths, the mean over time is that of a row's own steps, and a mean over all but time
//! leaves steps of one channel: `mean_pool over=freq` of a spectrogram is a series, how loud each moment is.
//!
//! # Arguments
//! `over` names the axes: `height`, `width`, `space` for both of them or for the steps of a series, `time` for those, `freq`, `channel`, `unit`; one or a list.
//!
//! # Train and eval
//! The same.
//!
//! # Example
//! ```net
//! net {
//!   input image: real[4, 5, 3]
//!   conv 4, 3x3 -> mean_pool over=height
//!   mean_pool over=[width]
//!   dense 3
//!   output kind: class[3]
//! }
//! ```

use super::{Infer, Layer, Lower, OverTime, Reach, Reached, over};
use crate::{
    diag::Diagnostic,
    graph::ValueId,
    model::Ty,
    vocab::{ArgSpec, Args, Block, Default, Sig},
};

pub struct MeanPool;
pub static LAYER: MeanPool = MeanPool;

static SIG: Sig = Sig {
    name: "mean_pool",
    about: "the mean along named axes",
    args: &[ArgSpec::named(
        "over",
        over::AXES,
        Default::Required,
        "axes that are taken away; means of windows are `avg_pool 2x2`",
    )],
    block: Block::None,
};

/// The mean of the input along these axes, along time over a row's own steps.
pub(super) fn mean(cx: &mut Lower<'_>, axes: &[usize]) -> ValueId {
    let x = cx.input();
    match axes.first() {
        Some(1) if cx.within().is_some() => over_own_steps(cx, x, axes),
        _ => cx.b.mean(x, axes),
    }
}

/// The mean of `x`, of the input's axes, along some of them, of which the first is time.
pub(super) fn over_own_steps(cx: &mut Lower<'_>, x: ValueId, axes: &[usize]) -> ValueId {
    let x = cx.own_steps(x, 0.0);
    let total = cx.b.sum(x, axes);
    let others = axes[1..].iter().map(|axis| cx.input_ty().axes[axis - 1].size).product::<usize>();
    let Some(within) = cx.within() else { return total };
    let steps = cx.b.sum(within, &[1]);
    let count = cx.b.scale(steps, others as f32);
    let count = cx.b.broadcast_like(count, total, &[0]);
    cx.b.div(total, count)
}

impl Layer for MeanPool {
    fn sig(&self) -> &'static Sig {
        &SIG
    }

    fn infer(&self, cx: &mut Infer<'_>) -> Result<Ty, Diagnostic> {
        over::without(cx)
    }

    fn over_time(&self, args: &Args) -> OverTime {
        over::time(args)
    }

    fn reach(&self, cx: &Reached<'_>) -> Reach {
        cx.input()
    }

    fn lower(&self, cx: &mut Lower<'_>) -> ValueId {
        let axes: Vec<usize> = over::axes(cx.args, cx.input_ty()).into_iter().map(|axis| axis + 1).collect();
        let mean = mean(cx, &axes);
        over::shaped(cx, mean)
    }
}
