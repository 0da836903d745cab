//! The largest number of each channel over its whole map.
//!
//! # What it does
//! Makes a vector of a map: for each channel, how clearly what it looks for was found anywhere.
//!
//! # Formula
//! `y[c] = max over i, j of x[i, j, c]`. In training the gradient goes to the first of equal maxima.
//!
//! # Shape
//! `h x w x c`, or `steps x c`, becomes `c` numbers.
//!
//! # Train and eval
//! The same.
//!
//! # Example
//! ```net
//! net {
//!   input image: real[6, 6, 3]
//!   conv 8, 3x3 -> relu
//!   global_max_pool -> dense 4
//!   output kind: class[4]
//! }
//! ```

use super::{Infer, Layer, Lower, OverTime, Reach, Reached, slide};
use crate::{
    diag::Diagnostic,
    graph::{Dim, Geometry, Slide, ValueId},
    model::Ty,
    vocab::{Args, Block, Sig},
};

pub struct GlobalMaxPool;
pub static LAYER: GlobalMaxPool = GlobalMaxPool;

static SIG: Sig = Sig {
    name: "global_max_pool",
    about: "the largest number of each channel over its map",
    args: &[],
    block: Block::None,
};

impl Layer for GlobalMaxPool {
    fn sig(&self) -> &'static Sig {
        &SIG
    }

    fn elsewhere(&self) -> &'static [(&'static str, &'static str)] {
        &[
            ("AdaptiveMaxPool1d", "global_max_pool"),
            ("AdaptiveMaxPool2d", "global_max_pool"),
            ("GlobalMaxPooling1D", "global_max_pool"),
            ("GlobalMaxPooling2D", "global_max_pool"),
        ]
    }

    fn infer(&self, cx: &mut Infer<'_>) -> Result<Ty, Diagnostic> {
        let axes = slide::map(cx)?;
        Ok(Ty::units(cx.input().axes[axes].size))
    }

    fn over_time(&self, _args: &Args) -> OverTime {
        OverTime::Whole
    }

    fn reach(&self, cx: &Reached<'_>) -> Reach {
        cx.input()
    }

    /// One window over all of the map.
    fn lower(&self, cx: &mut Lower<'_>) -> ValueId {
        let axes = &cx.input_ty().axes;
        let whole = |(i, axis): (usize, &crate::model::Axis)| Slide {
            axis: 1 + i,
            len: axis.size,
            size: axis.size,
            stride: 1,
            dilation: 1,
            before: 0,
            after: 0,
        };
        let geometry = Geometry { axes: axes[..axes.len() - 1].iter().enumerate().map(whole).collect() };
        let x = cx.own_steps(cx.input(), f32::MIN);
        let windows = cx.b.windows(x, &geometry, f32::NEG_INFINITY);
        let top = cx.b.first_over(windows, &geometry.tap_axes());
        let channels = cx.node.ty.len();
        cx.b.reshape(top, &[Dim::Batch, Dim::Const(channels)])
    }
}
