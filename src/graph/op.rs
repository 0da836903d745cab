//! The operations. One table says arity and class; shape rules, derivatives and evaluation are exhaustive matches beside it.

use super::{Dim, ParamId, ScalarId, SiteId, SlotId, StateId};

#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Reduction {
    Sum,
    Max,
}

/// A tensor operation with its attributes.
#[derive(Clone, Debug, PartialEq)]
pub enum Op {
    // Sources
    /// Input array `slot` of the minibatch's rows; with `partner`, of the rows they are mixed with.
    Input {
        slot: u32,
        partner: bool,
    },
    /// The targets: `i32[Batch]` classes or `f32[Batch, D]`.
    Target {
        partner: bool,
    },
    Param(ParamId),
    Slot(SlotId),
    State(StateId),
    Scalar(ScalarId),
    /// `f32[]`
    Const(f32),
    /// The key of each row at a site: `key[Batch]`, or `key[]` where the site is addressed by update.
    RowKey(SiteId),

    // Random, pure functions of the key
    /// `(key, q: i32[]) -> f32`, 1 where kept, 0 where dropped. The result has the key's dims followed by `dims`; a unit is the row-major
    /// index in `dims`, to which an axis marked in `shared` contributes 0.
    KeepMask {
        dims: Vec<usize>,
        shared: Vec<bool>,
    },
    /// `(key) -> f32`: standard normal deviates, addressed in the same way.
    Noise {
        dims: Vec<usize>,
        shared: Vec<bool>,
    },

    // Elementwise, one operand
    Neg,
    Abs,
    Exp,
    Log,
    Sqrt,
    Tanh,
    Sigmoid,
    Softplus,
    Erf,

    // Elementwise, two operands of equal type
    Add,
    Sub,
    Mul,
    Div,
    /// The larger operand; the second if either is NaN.
    Max,
    Min,
    /// `f32, f32 -> bool`
    Less,
    /// `bool, f32, f32 -> f32`
    Select,

    /// `i32[Batch] -> f32[Batch, classes]`
    OneHot {
        classes: usize,
    },

    // Shape
    /// Operand axis `i` becomes result axis `axes[i]`; the other result axes repeat it.
    Broadcast {
        dims: Vec<Dim>,
        axes: Vec<usize>,
    },
    /// Removes `axes` (ascending). Over `Batch` the fixed tree of 32-row shards is meant.
    Reduce {
        reduction: Reduction,
        axes: Vec<usize>,
    },
    /// Same elements in row-major order; `Batch` stays in front.
    Reshape {
        dims: Vec<Dim>,
    },
    Transpose {
        permutation: Vec<usize>,
    },
    Slice {
        axis: usize,
        start: usize,
        len: usize,
    },
    /// Zeros before and after along a constant axis; the derivative of `Slice`.
    Pad {
        axis: usize,
        before: usize,
        after: usize,
    },
    /// Any number of operands, equal but for `axis`.
    Concat {
        axis: usize,
    },

    /// Products summed over contracting axes: result dims = batch axes, free axes of the left, free axes of the right.
    Contract {
        batch: Vec<(usize, usize)>,
        over: Vec<(usize, usize)>,
    },
}

/// What passes and fusion need to know of an operation.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Class {
    Source,
    /// Pure function of the address; may be recomputed anywhere.
    Random,
    Elementwise,
    /// Moves or reduces elements.
    Shape,
    Product,
}
