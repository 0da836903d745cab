//! The mean of each channel over its whole map.
//!
//! # What it does
//! Makes a vector of a map, one number a channel, whatever the map's size.
//!
//! # Formula
//! `y[c] = mean over i, j of x[i, j, c]`
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
//!   global_avg_pool -> dense 4
//!   output kind: class[4]
//! }
//! ```
//!
//! # Papers
//! Lin, Chen and Yan 2014, Network in network.

use super::{Infer, Layer, Lower, OverTime, Reach, Reached, slide};
use crate::{
    diag::Diagnostic,
    graph::ValueId,
    model::Ty,
    vocab::{Args, Block, Sig},
};

pub struct GlobalAvgPool;
pub static LAYER: GlobalAvgPool = GlobalAvgPool;

static SIG: Sig = Sig {
    name: "global_avg_pool",
    about: "the mean of each channel over its map",
    args: &[],
    block: Block::None,
};

impl Layer for GlobalAvgPool {
    fn sig(&self) -> &'static Sig {
        &SIG
    }

    fn elsewhere(&self) -> &'static [(&'static str, &'static str)] {
        &[
            ("AdaptiveAvgPool1d", "global_avg_pool"),
            ("AdaptiveAvgPool2d", "global_avg_pool"),
            ("GlobalAveragePooling1D", "global_avg_pool"),
            ("GlobalAveragePooling2D", "global_avg_pool"),
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

    fn lower(&self, cx: &mut Lower<'_>) -> ValueId {
        let axes: Vec<usize> = (1..cx.input_ty().axes.len()).collect();
        super::mean_pool::mean(cx, &axes)
    }
}
