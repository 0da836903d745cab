//! The largest number of each window of a map.
//!
//! # What it does
//! Makes a map smaller and keeps, channel by channel, what was found most clearly in each window.
//!
//! # Formula
//! `y[i, j, c] = max over u, v of x[i stride + u, j stride + v, c]`. In training the gradient goes to the first of equal maxima, in the order of
//! lines and columns.
//!
//! # Shape
//! `h x w x c` becomes `h' x w' x c`, `steps x c` becomes `steps' x c`, and a spectrogram stays one, `time x freq` with a size of two sides. With `pad=valid` h' is (h - size) / stride + 1, rounded down: what is left over
//! at the end is not seen. With `over` the named axes are taken away; where rows have lengths, and time alone is left, the
//! result is a series of one channel.
//!
//! # Arguments
//! `size` is that of a window (`2x2`, or one number over steps). `stride` is the window's size unless given: windows lie side by side. `pad=same` makes
//! h' = h / stride, rounded up, `pad=1` adds that many places on each side; what is outside of the map is never the largest.
//! `over` names axes instead (`height`, `width`, `space`, `time`, `freq`, `channel`, `unit`, one or a list), along all of which the largest number is taken: there are no windows then.
//!
//! # Train and eval
//! The same.
//!
//! # Example
//! ```net
//! net {
//!   input image: real[9, 9, 2]
//!   max_pool 2x2
//!   max_pool 3x3, stride=2, pad=same
//!   flatten -> dense 3
//!   output kind: class[3]
//! }
//! ```

use super::{
    Facts, Infer, Layer, Lower, OverTime, Reach, Reached, over,
    slide::{OPTIONAL_SIZE, POOL_STRIDE, VALID, Windows},
};
use crate::{
    diag::Diagnostic,
    graph::ValueId,
    model::Ty,
    vocab::{ArgSpec, Args, Block, Default, Sig},
};

pub struct MaxPool;
pub static LAYER: MaxPool = MaxPool;

static SIG: Sig = Sig {
    name: "max_pool",
    about: "the largest number of each window, or along named axes",
    args: &[
        OPTIONAL_SIZE,
        POOL_STRIDE,
        VALID,
        ArgSpec::named("over", over::AXES, Default::Absent, "axes that are taken away, instead of windows"),
    ],
    block: Block::None,
};

impl Layer for MaxPool {
    fn sig(&self) -> &'static Sig {
        &SIG
    }

    fn elsewhere(&self) -> &'static [(&'static str, &'static str)] {
        &[
            ("MaxPool1d", "max_pool"),
            ("MaxPool2d", "max_pool"),
            ("MaxPooling1D", "max_pool"),
            ("MaxPooling2D", "max_pool"),
        ]
    }

    fn infer(&self, cx: &mut Infer<'_>) -> Result<Ty, Diagnostic> {
        match (cx.args.is_written("over"), cx.args.is_written("size")) {
            (true, _) => {
                no_windows(cx)?;
                return over::without(cx);
            }
            (false, false) => {
                return Err(Diagnostic::error("E0201", cx.args.span, "`max_pool` needs windows or axes")
                    .label("neither `size` nor `over`")
                    .help(
                        "write `max_pool 2x2`, or `max_pool over=space` for the largest of the whole map",
                    ));
            }
            (false, true) => {}
        }
        let windows = Windows::of(cx)?;
        Ok(windows.pooled(cx.input()))
    }

    fn reach(&self, cx: &Reached<'_>) -> Reach {
        cx.input()
    }

    fn over_time(&self, args: &Args) -> OverTime {
        if args.is_written("over") { over::time(args) } else { OverTime::Whole }
    }

    fn facts(&self) -> Facts {
        Facts { slides: true, ..Facts::NONE }
    }

    fn lower(&self, cx: &mut Lower<'_>) -> ValueId {
        if cx.args.is_written("over") {
            let axes: Vec<usize> =
                over::axes(cx.args, cx.input_ty()).into_iter().map(|axis| axis + 1).collect();
            let x = if axes.contains(&1) { cx.own_steps(cx.input(), f32::MIN) } else { cx.input() };
            let largest = over::first(cx.b, x, &axes);
            return over::shaped(cx, largest);
        }
        let (input, windows) = (cx.input_ty().clone(), Windows::read(cx.args, cx.input_ty()));
        let geometry = windows.geometry();
        let x = if windows.reach_over_ends() { cx.own_steps(cx.input(), f32::MIN) } else { cx.input() };
        let x = windows.over(cx.b, x);
        let seen = cx.b.windows(x, &geometry, f32::NEG_INFINITY);
        let top = cx.b.first_over(seen, &geometry.tap_axes());
        windows.flat(cx.b, top, &input)
    }
}

/// Arguments of windows say nothing where axes are named.
fn no_windows(cx: &Infer<'_>) -> Result<(), Diagnostic> {
    match ["size", "stride", "pad"].into_iter().find(|name| cx.args.is_written(name)) {
        None => Ok(()),
        Some(name) => {
            Err(Diagnostic::error("E0211", cx.args.span_of(name), format!("both `{name}` and `over`"))
                .label("there are no windows where axes are named")
                .help("keep one of them"))
        }
    }
}
