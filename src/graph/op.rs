//! The operations. One table ([`TABLE`]) says mnemonic, arity, class and whether there is a derivative; type rules (`shape`),
//! derivatives (`vjp`) and evaluation (`interpret`) are exhaustive matches beside it.
//!
//! Invariants: an operation's row depends on its variant only, never on its attributes; mnemonics are unique; the order of `TABLE` is
//! the order of the variants.

use std::sync::Arc;

use super::attention::Attention;
use super::geometry::Geometry;
use super::scan::Scan;
use super::table::Table;
use super::{Dim, ParamId, ScalarId, SiteId, SlotId, StateId};
use crate::sound::Spectrum;

#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Reduction {
    Sum,
    Max,
    /// The maximum, whose derivative goes to the first of equal ones in row-major order. Fusion meets none: it is `Max` there.
    First,
}

/// A tensor operation with its attributes. Unless said otherwise operands and results are f32.
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
    /// In the body of a scan: what it sees of operand `i`.
    Enter(u32),

    // Random, pure functions of the key; and what is within a row's length, as pure
    /// `(key, q: i32[]) -> f32`, 1 where kept, 0 where dropped. The result has the key's dims followed by `dims`; a unit is the row-major
    /// index in `dims`, to which an axis marked in `shared` contributes 0.
    KeepMask {
        dims: Vec<usize>,
        shared: Vec<bool>,
    },
    /// `(key, q: i32[], i32[Batch, T]) -> f32[Batch, T]`: the same, the unit being the number of the token: all of a kind share a coin.
    KeepMaskAt,
    /// `(key) -> f32`: standard normal deviates, addressed in the same way.
    Noise {
        dims: Vec<usize>,
        shared: Vec<bool>,
    },

    /// `(i32[Batch]) -> f32[Batch, steps]`: 1 at the steps within a row's length, 0 behind its end. A step `t` stands for `stride * t + offset` of
    /// the steps that lengths count, and is within where that is less than the length.
    Within {
        steps: usize,
        stride: usize,
        offset: isize,
    },

    /// `(key, q: i32[], x: f32) -> f32`: `x`, maps `[Batch, .., channels]` of one or two axes, with zeros in squares of `size` places a side
    /// ([`Squares`](crate::draws::Squares)), through all channels where they share them. `q` is the threshold of 32 bits of their seeds.
    DropSquares {
        size: usize,
        shared: bool,
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
    /// The operand itself, held constant in differentiation. `fold` removes it: fusion meets none.
    Detach,

    // Elementwise, two operands of equal type
    Add,
    Sub,
    Mul,
    Div,
    /// `b < a ? a : b`: the larger operand; the second if either is NaN or both are equal.
    Max,
    /// `a < b ? a : b`
    Min,
    /// `f32, f32 -> bool`
    Less,
    /// `bool, f32, f32 -> f32`
    Select,

    /// `(table: f32[V, D], i32[Batch, T]) -> f32[Batch, T, D]`: the row of the table that each token names; zeros for one that it has not.
    Gather,
    /// `(g: f32[Batch, T, D], i32[Batch, T]) -> f32[rows, D]`: sums of what stands at each token, row by row and step by step; what names no
    /// row is left out. The adjoint of `Gather`.
    ScatterAdd {
        rows: usize,
    },

    /// `i32[Batch] -> f32[Batch, classes]`, or `i32[Batch, T] -> f32[Batch, T, classes]`
    OneHot {
        classes: usize,
    },

    // Shape
    /// Operand axis `i` becomes result axis `axes[i]` (strictly ascending); the other result axes repeat it.
    Broadcast {
        dims: Vec<Dim>,
        axes: Vec<usize>,
    },
    /// Removes `axes` (strictly ascending, at least one). Over `Batch` the fixed tree of 32-row shards is meant.
    Reduce {
        reduction: Reduction,
        axes: Vec<usize>,
    },
    /// Same elements in row-major order; `Batch` stays in front.
    Reshape {
        dims: Vec<Dim>,
    },
    /// Result axis `i` is operand axis `permutation[i]`; `Batch` stays in front.
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

    /// The windows of a value, with `pad` in the border: the operand's dimensions, the windowed ones as the windows' places followed by
    /// the places in a window (`geometry`).
    Windows {
        geometry: Geometry,
        pad: f32,
    },
    /// Sums of what overlaps: each element of the result is the sum of all elements of the operand, windows, that lie on it. The adjoint of
    /// `Windows` with pad 0.
    Overlap {
        geometry: Geometry,
    },
    /// 1 at the first maximum along `axes` in row-major order, 0 elsewhere.
    IsFirst {
        axes: Vec<usize>,
    },

    /// Attention over packed queries, keys and values, a softmax over the keys of each head and query: operands and result as [`Attention`]
    /// says. Weights are dropped behind the softmax; a query that sees no key has the result 0.
    Attend(Attention),
    /// `(g, result, operands of attend)`: what flows to the packed numbers when `g` flows into the result.
    AttendBack(Attention),
    /// `f32[places, width]`: sines and cosines of a place over wavelengths from 2 pi to 2 pi 10 000, pair by pair; `apart` puts all
    /// sines before all cosines.
    Waves {
        places: usize,
        width: usize,
        apart: bool,
    },

    /// `f32[Batch, samples] -> f32[Batch, frames, bins]`: the short-time spectra of a wave ([`Spectrum`]).
    Spectra(Spectrum),
    /// `(g: f32[Batch, frames, bins], f32[Batch, samples]) -> f32[Batch, samples]`: what flows to the wave when `g` flows into its spectra.
    SpectraBack(Spectrum),
    /// `f32[rows, columns]`: a matrix that is known before any data.
    Table(Table),

    /// `[Batch, .., channels] -> [2 channels]`: the mean of each channel over rows and places, then the sums of squares around them. Shards of rows are
    /// brought together in the fixed tree.
    Moments,

    /// Products summed over contracting axes: result dims = batch axes, free axes of the left, free axes of the right.
    Contract {
        batch: Vec<(usize, usize)>,
        over: Vec<(usize, usize)>,
    },

    /// A loop over time: `[B, T, W]`, what its steps stack.
    Scan(Arc<Scan>),
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

/// How many operands an operation takes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Arity {
    Exactly(usize),
    /// One or more.
    Several,
}

impl Arity {
    pub fn admits(self, operands: usize) -> bool {
        match self {
            Self::Exactly(n) => operands == n,
            Self::Several => operands >= 1,
        }
    }
}

/// One row of the operation table.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Row {
    /// The word in printed graphs.
    pub mnemonic: &'static str,
    pub arity: Arity,
    pub class: Class,
    /// Whether gradients pass through it. Sources receive a gradient and pass none on.
    pub differentiable: bool,
}

macro_rules! ops {
    ($($pattern:pat => $mnemonic:literal, $arity:expr, $class:ident, $differentiable:literal;)*) => {
        /// Every operation, in the order of [`Op`]: what tests loop over.
        pub const TABLE: &[Row] = &[$(
            Row { mnemonic: $mnemonic, arity: $arity, class: Class::$class, differentiable: $differentiable },
        )*];

        impl Op {
            pub fn row(&self) -> Row {
                use Op::*;
                match self {$(
                    $pattern => Row {
                        mnemonic: $mnemonic, arity: $arity, class: Class::$class, differentiable: $differentiable,
                    },
                )*}
            }
        }
    };
}

use Arity::{Exactly, Several};

ops! {
    // pattern        mnemonic     operands     class     differentiable
    Input { .. }     => "input",     Exactly(0), Source,      false;
    Target { .. }    => "target",    Exactly(0), Source,      false;
    Param(_)         => "param",     Exactly(0), Source,      false;
    Slot(_)          => "slot",      Exactly(0), Source,      false;
    State(_)         => "state",     Exactly(0), Source,      false;
    Scalar(_)        => "scalar",    Exactly(0), Source,      false;
    Const(_)         => "const",     Exactly(0), Source,      false;
    RowKey(_)        => "row_key",   Exactly(0), Source,      false;
    Enter(_)         => "enter",     Exactly(0), Source,      false;
    KeepMask { .. }  => "keep_mask", Exactly(2), Random,      false;
    KeepMaskAt       => "keep_mask_at", Exactly(3), Random,   false;
    Noise { .. }     => "noise",     Exactly(1), Random,      false;
    Within { .. }    => "within",    Exactly(1), Random,      false;
    DropSquares { .. } => "drop_squares", Exactly(3), Shape,     true;
    Neg              => "neg",       Exactly(1), Elementwise, true;
    Abs              => "abs",       Exactly(1), Elementwise, true;
    Exp              => "exp",       Exactly(1), Elementwise, true;
    Log              => "log",       Exactly(1), Elementwise, true;
    Sqrt             => "sqrt",      Exactly(1), Elementwise, true;
    Tanh             => "tanh",      Exactly(1), Elementwise, true;
    Sigmoid          => "sigmoid",   Exactly(1), Elementwise, true;
    Softplus         => "softplus",  Exactly(1), Elementwise, true;
    Erf              => "erf",       Exactly(1), Elementwise, true;
    Detach           => "detach",    Exactly(1), Elementwise, false;
    Add              => "add",       Exactly(2), Elementwise, true;
    Sub              => "sub",       Exactly(2), Elementwise, true;
    Mul              => "mul",       Exactly(2), Elementwise, true;
    Div              => "div",       Exactly(2), Elementwise, true;
    Max              => "max",       Exactly(2), Elementwise, true;
    Min              => "min",       Exactly(2), Elementwise, true;
    Less             => "less",      Exactly(2), Elementwise, false;
    Select           => "select",    Exactly(3), Elementwise, true;
    Gather           => "gather",    Exactly(2), Shape,       true;
    ScatterAdd { .. } => "scatter_add", Exactly(2), Shape,      true;
    OneHot { .. }    => "one_hot",   Exactly(1), Elementwise, false;
    Broadcast { .. } => "broadcast", Exactly(1), Shape,       true;
    Reduce { .. }    => "reduce",    Exactly(1), Shape,       true;
    Reshape { .. }   => "reshape",   Exactly(1), Shape,       true;
    Transpose { .. } => "transpose", Exactly(1), Shape,       true;
    Slice { .. }     => "slice",     Exactly(1), Shape,       true;
    Pad { .. }       => "pad",       Exactly(1), Shape,       true;
    Concat { .. }    => "concat",    Several,    Shape,       true;
    Windows { .. }   => "windows",   Exactly(1), Shape,       true;
    Overlap { .. }   => "overlap",   Exactly(1), Shape,       true;
    IsFirst { .. }   => "is_first",  Exactly(1), Shape,       false;
    Attend(_)        => "attend",    Several,    Product,     true;
    AttendBack(_)    => "attend_back", Several,  Product,     false;
    Waves { .. }     => "waves",     Exactly(0), Random,      false;
    Spectra(_)       => "spectra",   Exactly(1), Product,     true;
    SpectraBack(_)   => "spectra_back", Exactly(2), Product,  false;
    Table(_)         => "table",     Exactly(0), Random,      false;
    Moments          => "moments",   Exactly(1), Shape,       true;
    Contract { .. }  => "contract",  Exactly(2), Product,     true;
    Scan(_)          => "scan",      Several,    Product,     true;
}

impl Op {
    pub fn mnemonic(&self) -> &'static str {
        self.row().mnemonic
    }

    pub fn class(&self) -> Class {
        self.row().class
    }

    /// Equality of bits: unlike `==` it tells 0 from -0, and a NaN equals itself.
    pub fn identical(&self, other: &Op) -> bool {
        match (self, other) {
            (Op::Const(a), Op::Const(b)) => a.to_bits() == b.to_bits(),
            _ => self == other,
        }
    }
}
