//! Rules of numbers: operations on constants, neutral elements, double negation, and elementwise work before a broadcast instead of after it.
//!
//! All are exact in IEEE arithmetic but for two: `x + 0` keeps the sign of a zero x, and transcendental functions of constants are taken with
//! unfused arithmetic, whatever the host has.

use super::super::builder::Builder;
use super::super::interpret::Real;
use super::super::{Op, ValueId};
use super::fold::{apply, constant_of, parts};

pub(super) fn simplify(b: &mut Builder, op: &Op, inputs: &[ValueId]) -> Option<ValueId> {
    identity(b, op, inputs).or_else(|| number(b, op, inputs)).or_else(|| before_broadcast(b, op, inputs))
}

/// The value of an operation on numbers, where all operands are known and scalar.
fn number(b: &mut Builder, op: &Op, inputs: &[ValueId]) -> Option<ValueId> {
    if !b.ty(*inputs.first()?).dims.is_empty() {
        return None;
    }
    let known: Option<Vec<f32>> = inputs.iter().map(|v| constant_of(b, *v)).collect();
    let known = known?;
    let x = *known.first()?;
    // Of one operand, `x` itself.
    let y = known.get(1).copied().unwrap_or(x);
    let value = match op {
        Op::Neg => -x,
        Op::Abs => x.abs(),
        Op::Exp => Real::exp(x, false),
        Op::Log => Real::log(x, false),
        Op::Sqrt => x.sqrt(),
        Op::Tanh => Real::tanh(x, false),
        Op::Sigmoid => Real::sigmoid(x, false),
        Op::Softplus => Real::softplus(x, false),
        Op::Erf => Real::erf(x, false),
        Op::Add => x + y,
        Op::Sub => x - y,
        Op::Mul => x * y,
        Op::Div => x / y,
        Op::Max => {
            if y < x {
                x
            } else {
                y
            }
        }
        Op::Min => {
            if x < y {
                x
            } else {
                y
            }
        }
        // No numbers: conditions, draws, integers; and what identities or moves take care of.
        Op::Less
        | Op::Select
        | Op::OneHot { .. }
        | Op::KeepMask { .. }
        | Op::Noise { .. }
        | Op::Detach
        | Op::Broadcast { .. }
        | Op::Reduce { .. }
        | Op::Reshape { .. }
        | Op::Transpose { .. }
        | Op::Slice { .. }
        | Op::Pad { .. }
        | Op::Concat { .. }
        | Op::Contract { .. }
        | Op::Input { .. }
        | Op::Target { .. }
        | Op::Param(_)
        | Op::Slot(_)
        | Op::State(_)
        | Op::Scalar(_)
        | Op::Const(_)
        | Op::RowKey(_) => return None,
    };
    Some(b.constant(value))
}

fn identity(b: &mut Builder, op: &Op, inputs: &[ValueId]) -> Option<ValueId> {
    let is = |b: &Builder, i: usize, value: f32| constant_of(b, inputs[i]) == Some(value);
    let x = *inputs.first()?;
    match op {
        Op::Detach => Some(x),
        Op::Neg => negated(b, x),
        Op::Abs => negated(b, x).map(|y| apply(b, &Op::Abs, &[y])),
        Op::Add if is(b, 1, 0.0) => Some(x),
        Op::Add if is(b, 0, 0.0) => Some(inputs[1]),
        Op::Add => match (negated(b, x), negated(b, inputs[1])) {
            (_, Some(y)) => Some(apply(b, &Op::Sub, &[x, y])),
            (Some(y), None) => Some(apply(b, &Op::Sub, &[inputs[1], y])),
            (None, None) => None,
        },
        Op::Sub if is(b, 1, 0.0) => Some(x),
        Op::Sub => negated(b, inputs[1]).map(|y| apply(b, &Op::Add, &[x, y])),
        Op::Mul | Op::Div if is(b, 1, 1.0) => Some(x),
        Op::Mul if is(b, 0, 1.0) => Some(inputs[1]),
        Op::Mul | Op::Div if is(b, 1, -1.0) => Some(apply(b, &Op::Neg, &[x])),
        Op::Mul if is(b, 0, -1.0) => Some(apply(b, &Op::Neg, &[inputs[1]])),
        Op::Mul | Op::Div => {
            let (x, y) = (negated(b, x)?, negated(b, inputs[1])?);
            Some(apply(b, op, &[x, y]))
        }
        Op::Max | Op::Min => (x == inputs[1]).then_some(x),
        Op::Select => (inputs[1] == inputs[2]).then_some(inputs[1]),
        Op::Exp
        | Op::Log
        | Op::Sqrt
        | Op::Tanh
        | Op::Sigmoid
        | Op::Softplus
        | Op::Erf
        | Op::Less
        | Op::OneHot { .. }
        | Op::KeepMask { .. }
        | Op::Noise { .. }
        | Op::Broadcast { .. }
        | Op::Reduce { .. }
        | Op::Reshape { .. }
        | Op::Transpose { .. }
        | Op::Slice { .. }
        | Op::Pad { .. }
        | Op::Concat { .. }
        | Op::Contract { .. }
        | Op::Input { .. }
        | Op::Target { .. }
        | Op::Param(_)
        | Op::Slot(_)
        | Op::State(_)
        | Op::Scalar(_)
        | Op::Const(_)
        | Op::RowKey(_) => None,
    }
}

/// `y` where `x` is `-y`.
fn negated(b: &Builder, x: ValueId) -> Option<ValueId> {
    match parts(b, x) {
        (Op::Neg, inputs) => inputs.first().copied(),
        _ => None,
    }
}

/// `op(broadcast x, broadcast y)` as `broadcast(op(x, y))`: on fewer elements. Where one of two is a spread scalar, it is spread over the other's
/// smaller operand. Conditions are excluded, as only f32 is broadcast.
fn before_broadcast(b: &mut Builder, op: &Op, inputs: &[ValueId]) -> Option<ValueId> {
    if matches!(op, Op::Less | Op::Select | Op::OneHot { .. }) {
        return None;
    }
    let mut smaller = Vec::with_capacity(inputs.len());
    // Dimensions before the broadcast, and where they go.
    let mut form = None;
    for v in inputs {
        let (Op::Broadcast { axes, .. }, from) = parts(b, *v) else { return None };
        let from = *from.first()?;
        smaller.push(from);
        if !axes.is_empty() {
            let this = (b.dims(from), axes);
            if form.as_ref().is_some_and(|other| *other != this) {
                return None;
            }
            form = Some(this);
        }
    }
    let (small, axes) = form.unwrap_or_default();
    for v in &mut smaller {
        *v = b.broadcast(*v, &small, &[]);
    }
    let result = apply(b, op, &smaller);
    let dims = b.dims(*inputs.first()?);
    Some(apply(b, &Op::Broadcast { dims, axes }, &[result]))
}
