//! What fusion knows of an operation.
//!
//! [`form`] is fusion's one match over all operations: a new one is an error of the build here. Everything else in this folder asks for
//! the [`Form`], so a kind of operation that fusion does not have yet is a variant that the compiler then asks for wherever it matters.

use std::slice;

use super::trace::Home;
use crate::graph::{Geometry, Node, Op, Reduction, ScalarId, SiteId, ValueId};
use crate::loops::{Binary, Unary};

/// An operation with its operands, as fusion sees it.
pub(super) enum Form<'g> {
    Leaf(Leaf),
    /// Drawn for the units of `dims`, or told by their number.
    Drawn {
        law: Law,
        key: ValueId,
        dims: &'g [usize],
        shared: &'g [bool],
    },
    /// Kept or dropped, by the threshold `q`, the unit being what `tokens` holds there.
    DrawnAt {
        key: ValueId,
        q: ValueId,
        tokens: ValueId,
    },
    /// Element by element.
    Compute(Compute<ValueId>),
    OneHot(ValueId),
    /// The same elements in the same order.
    Same(ValueId),
    Broadcast {
        x: ValueId,
        axes: &'g [usize],
    },
    Slice {
        x: ValueId,
        axis: usize,
        start: usize,
    },
    Pad {
        x: ValueId,
        axis: usize,
        before: usize,
    },
    Concat {
        operands: &'g [ValueId],
        axis: usize,
    },
    Transpose {
        x: ValueId,
        permutation: &'g [usize],
    },
    Reduce {
        x: ValueId,
        reduction: Reduction,
        axes: &'g [usize],
    },
    /// The windows of a value; in the border lies what no function of the place says.
    Windows {
        x: ValueId,
        geometry: &'g Geometry,
    },
    /// A kernel of the library, always stored.
    Overlap {
        geometry: &'g Geometry,
    },
    /// Likewise; of marks, the kernel that needs them.
    Library,
}

/// A value that has no operand to look at.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum Leaf {
    Const(f32),
    Scalar(ScalarId),
    Key(SiteId),
    /// Memory that outlives the step.
    Kept(Home),
    /// Rows of the data set.
    Data {
        home: Home,
        partner: bool,
    },
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Law {
    /// Kept or dropped, by the threshold `q`.
    Mask {
        q: ValueId,
    },
    Noise,
    /// Whether `stride * unit + offset` is below the length that stands for the key.
    Within {
        stride: usize,
        offset: isize,
    },
}

/// An elementwise instruction with operands of type `T`: values, values seen through views, instances, registers.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) enum Compute<T> {
    Unary(Unary, T),
    Binary(Binary, T, T),
    Select { condition: T, then: T, otherwise: T },
}

impl<T> Compute<T> {
    /// The same instruction with other operands, made in order.
    pub fn map<U, E>(self, mut f: impl FnMut(T) -> Result<U, E>) -> Result<Compute<U>, E> {
        Ok(match self {
            Self::Unary(op, x) => Compute::Unary(op, f(x)?),
            Self::Binary(op, x, y) => Compute::Binary(op, f(x)?, f(y)?),
            Self::Select { condition, then, otherwise } => {
                Compute::Select { condition: f(condition)?, then: f(then)?, otherwise: f(otherwise)? }
            }
        })
    }
}

/// The form of a node. Its operands are as many as the table of operations says: the graph's verifier has counted them.
pub(super) fn form(node: &Node) -> Form<'_> {
    let operand = |i: usize| node.inputs[i];
    let unary = |op| Form::Compute(Compute::Unary(op, operand(0)));
    let binary = |op| Form::Compute(Compute::Binary(op, operand(0), operand(1)));
    let drawn = |law, dims, shared| Form::Drawn { law, key: operand(0), dims, shared };
    match &node.op {
        Op::Input { slot, partner } => Form::Leaf(Leaf::Data { home: Home::Input(*slot), partner: *partner }),
        Op::Target { partner } => Form::Leaf(Leaf::Data { home: Home::Target, partner: *partner }),
        Op::Param(p) => Form::Leaf(Leaf::Kept(Home::Param(*p))),
        Op::Slot(s) => Form::Leaf(Leaf::Kept(Home::Slot(*s))),
        Op::State(s) => Form::Leaf(Leaf::Kept(Home::State(*s))),
        Op::Scalar(s) => Form::Leaf(Leaf::Scalar(*s)),
        Op::Const(x) => Form::Leaf(Leaf::Const(*x)),
        Op::RowKey(site) => Form::Leaf(Leaf::Key(*site)),
        Op::Enter(slot) => Form::Leaf(Leaf::Kept(Home::Enter(*slot))),
        Op::KeepMask { dims, shared } => drawn(Law::Mask { q: operand(1) }, dims, shared),
        Op::Noise { dims, shared } => drawn(Law::Noise, dims, shared),
        Op::Within { steps, stride, offset } => {
            drawn(Law::Within { stride: *stride, offset: *offset }, slice::from_ref(steps), &[false])
        }
        Op::Neg => unary(Unary::Neg),
        Op::Abs => unary(Unary::Abs),
        Op::Exp => unary(Unary::Exp),
        Op::Log => unary(Unary::Log),
        Op::Sqrt => unary(Unary::Sqrt),
        Op::Tanh => unary(Unary::Tanh),
        Op::Sigmoid => unary(Unary::Sigmoid),
        Op::Softplus => unary(Unary::Softplus),
        Op::Erf => unary(Unary::Erf),
        Op::Add => binary(Binary::Add),
        Op::Sub => binary(Binary::Sub),
        Op::Mul => binary(Binary::Mul),
        Op::Div => binary(Binary::Div),
        Op::Max => binary(Binary::Max),
        Op::Min => binary(Binary::Min),
        Op::Less => binary(Binary::Less),
        Op::Select => {
            Form::Compute(Compute::Select { condition: operand(0), then: operand(1), otherwise: operand(2) })
        }
        Op::OneHot { .. } => Form::OneHot(operand(0)),
        Op::Detach | Op::Reshape { .. } => Form::Same(operand(0)),
        Op::Broadcast { axes, .. } => Form::Broadcast { x: operand(0), axes },
        Op::Slice { axis, start, .. } => Form::Slice { x: operand(0), axis: *axis, start: *start },
        Op::Pad { axis, before, .. } => Form::Pad { x: operand(0), axis: *axis, before: *before },
        Op::Concat { axis } => Form::Concat { operands: &node.inputs, axis: *axis },
        Op::Transpose { permutation } => Form::Transpose { x: operand(0), permutation },
        Op::Reduce { reduction, axes } => Form::Reduce { x: operand(0), reduction: *reduction, axes },
        Op::Windows { geometry, .. } => Form::Windows { x: operand(0), geometry },
        Op::Overlap { geometry } => Form::Overlap { geometry },
        Op::Attend(_)
        | Op::AttendBack(_)
        | Op::Waves { .. }
        | Op::Spectra(_)
        | Op::SpectraBack(_)
        | Op::Table(_)
        | Op::Scan(_)
        | Op::Contract { .. }
        | Op::IsFirst { .. }
        | Op::Gather
        | Op::ScatterAdd { .. }
        | Op::DropSquares { .. }
        | Op::Moments => Form::Library,
        Op::KeepMaskAt => Form::DrawnAt { key: operand(0), q: operand(1), tokens: operand(2) },
    }
}
