//! Rules of numbers: operations on constants, neutral elements, double negation, and elementwise work before a broadcast instead of after it.
//!
//! All are exact in IEEE arithmetic but for two: `x + 0` keeps the sign of a zero x, and transcendental functions of constants are taken with
//! unfused arithmetic, whatever the host has.

use super::super::builder::Builder;
use super::super::interpret::Real;
use super::super::{Op, ValueId};
use super::fold::{apply, constant_of, parts};

pub(super) fn simplify(b: &mut Builder, op: &Op, inputs: &[ValueId]) -> Option<ValueId> {
    of_operands(b, op, inputs).or_else(|| before_broadcast(b, op, inputs))
}

/// The rules of each operation: what neutral elements and signs make of it, then its value where the operands are numbers.
fn of_operands(b: &mut Builder, op: &Op, inputs: &[ValueId]) -> Option<ValueId> {
    let x = *inputs.first()?;
    match op {
        Op::Neg => negated(b, x).or_else(|| number(b, x, |x| -x)),
        Op::Abs => {
            let same = negated(b, x).map(|y| apply(b, &Op::Abs, &[y]));
            same.or_else(|| number(b, x, f32::abs))
        }
        Op::Exp => number(b, x, |x| Real::exp(x, false)),
        Op::Log => number(b, x, |x| Real::log(x, false)),
        Op::Sqrt => number(b, x, f32::sqrt),
        Op::Tanh => number(b, x, |x| Real::tanh(x, false)),
        Op::Sigmoid => number(b, x, |x| Real::sigmoid(x, false)),
        Op::Softplus => number(b, x, |x| Real::softplus(x, false)),
        Op::Erf => number(b, x, |x| Real::erf(x, false)),
        Op::Add => sum(b, x, inputs[1]).or_else(|| numbers(b, x, inputs[1], |x, y| x + y)),
        Op::Sub => difference(b, x, inputs[1]).or_else(|| numbers(b, x, inputs[1], |x, y| x - y)),
        Op::Mul => product(b, x, inputs[1]).or_else(|| numbers(b, x, inputs[1], |x, y| x * y)),
        Op::Div => quotient(b, x, inputs[1]).or_else(|| numbers(b, x, inputs[1], |x, y| x / y)),
        Op::Max if x == inputs[1] => Some(x),
        Op::Max => numbers(b, x, inputs[1], |x, y| if y < x { x } else { y }),
        Op::Min if x == inputs[1] => Some(x),
        Op::Min => numbers(b, x, inputs[1], |x, y| if x < y { x } else { y }),
        Op::Select => (inputs[1] == inputs[2]).then_some(inputs[1]),
        Op::Detach => Some(x),
        // Conditions, draws, integers, sources; and what the rules of moves take care of.
        Op::Less
        | Op::OneHot { .. }
        | Op::KeepMask { .. }
        | Op::Noise { .. }
        | Op::Within { .. }
        | Op::KeepMaskAt
        | Op::Gather
        | Op::ScatterAdd { .. }
        | Op::DropSquares { .. }
        | Op::Broadcast { .. }
        | Op::Reduce { .. }
        | Op::Reshape { .. }
        | Op::Transpose { .. }
        | Op::Slice { .. }
        | Op::Pad { .. }
        | Op::Concat { .. }
        | Op::Windows { .. }
        | Op::Overlap { .. }
        | Op::IsFirst { .. }
        | Op::Attend(_)
        | Op::AttendBack(_)
        | Op::Waves { .. }
        | Op::Spectra(_)
        | Op::SpectraBack(_)
        | Op::Table(_)
        | Op::Moments
        | Op::Contract { .. }
        | Op::Input { .. }
        | Op::Target { .. }
        | Op::Param(_)
        | Op::Slot(_)
        | Op::State(_)
        | Op::Scalar(_)
        | Op::Const(_)
        | Op::RowKey(_)
        | Op::Enter(_)
        | Op::Scan(_) => None,
    }
}

/// A function of a number that is known.
fn number(b: &mut Builder, x: ValueId, value: impl Fn(f32) -> f32) -> Option<ValueId> {
    let known = constant_of(b, x).filter(|_| b.ty(x).dims.is_empty())?;
    Some(b.constant(value(known)))
}

/// A function of two numbers that are known.
fn numbers(b: &mut Builder, x: ValueId, y: ValueId, value: impl Fn(f32, f32) -> f32) -> Option<ValueId> {
    let (known, other) = (constant_of(b, x).filter(|_| b.ty(x).dims.is_empty())?, constant_of(b, y)?);
    Some(b.constant(value(known, other)))
}

fn is(b: &Builder, x: ValueId, value: f32) -> bool {
    constant_of(b, x) == Some(value)
}

fn sum(b: &mut Builder, x: ValueId, y: ValueId) -> Option<ValueId> {
    if is(b, y, 0.0) {
        return Some(x);
    }
    if is(b, x, 0.0) {
        return Some(y);
    }
    match (negated(b, x), negated(b, y)) {
        (_, Some(less)) => Some(apply(b, &Op::Sub, &[x, less])),
        (Some(less), None) => Some(apply(b, &Op::Sub, &[y, less])),
        (None, None) => None,
    }
}

fn difference(b: &mut Builder, x: ValueId, y: ValueId) -> Option<ValueId> {
    match is(b, y, 0.0) {
        true => Some(x),
        false => negated(b, y).map(|more| apply(b, &Op::Add, &[x, more])),
    }
}

fn product(b: &mut Builder, x: ValueId, y: ValueId) -> Option<ValueId> {
    for (factor, other) in [(y, x), (x, y)] {
        if is(b, factor, 1.0) {
            return Some(other);
        }
    }
    for (factor, other) in [(y, x), (x, y)] {
        if is(b, factor, -1.0) {
            return Some(apply(b, &Op::Neg, &[other]));
        }
    }
    let (x, y) = (negated(b, x)?, negated(b, y)?);
    Some(apply(b, &Op::Mul, &[x, y]))
}

fn quotient(b: &mut Builder, x: ValueId, y: ValueId) -> Option<ValueId> {
    if is(b, y, 1.0) {
        return Some(x);
    }
    if is(b, y, -1.0) {
        return Some(apply(b, &Op::Neg, &[x]));
    }
    let (x, y) = (negated(b, x)?, negated(b, y)?);
    Some(apply(b, &Op::Div, &[x, y]))
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
