//! The mask of a dropped activation is read off the activation: behind `relu -> dropout` the output is positive exactly where the unit is
//! active and kept, so the derivative needs neither the draw nor the input of `relu`.
//!
//! `where(0 < x, g k, 0)` with `y = max(x, 0) k s`, a mask `k` and a scale `s > 0` becomes `where(0 < y, g, 0)`. Invariant: `y` is there
//! already; nothing is computed for this.
//!
//! Likewise behind `x = a + b`, as at the end of a residual block: `where(0 < x, g, 0)` becomes `where(0 < max(x, 0), g, 0)`, so that the sum of two
//! values, which is dear to make again, is not kept beside its `relu`.

use super::super::builder::Builder;
use super::super::{Graph, Op, ValueId};
use super::fold::{constant_of, parts};
use super::rebuild;

pub fn kept(graph: &Graph) -> Graph {
    rebuild(
        graph,
        |_| true,
        |b, op, inputs| {
            let simpler = recovered(b, op, inputs).or_else(|| behind_a_sum(b, op, inputs));
            simpler.unwrap_or_else(|| b.push(op.clone(), inputs))
        },
    )
}

/// The derivative of a dropped `relu` by its output, if `op` over `inputs` is one.
fn recovered(b: &mut Builder, op: &Op, inputs: &[ValueId]) -> Option<ValueId> {
    let (Op::Select, [active, masked, zero]) = (op, inputs) else { return None };
    let (Op::Less, below) = parts(b, *active) else { return None };
    let (Op::Mul, factors) = parts(b, *masked) else { return None };
    let ([low, x], [g, mask]) = (&below[..], &factors[..]) else { return None };
    if low != zero || constant_of(b, *zero) != Some(0.0) || !is_mask(b, *mask) {
        return None;
    }
    let relu = b.find(&Op::Max, &[*x, *zero])?;
    let unscaled = b.find(&Op::Mul, &[relu, *mask])?;
    let output = match parts(b, *g) {
        (Op::Mul, factors) if is_positive(b, factors[1]) => b.find(&Op::Mul, &[unscaled, factors[1]]),
        _ => None,
    };
    let kept = b.push(Op::Less, &[*zero, output.unwrap_or(unscaled)]);
    Some(b.push(Op::Select, &[kept, *g, *zero]))
}

/// The derivative of `relu` behind a sum by its output, if `op` over `inputs` is one.
fn behind_a_sum(b: &mut Builder, op: &Op, inputs: &[ValueId]) -> Option<ValueId> {
    let (Op::Select, [active, g, zero]) = (op, inputs) else { return None };
    let (Op::Less, below) = parts(b, *active) else { return None };
    let &[low, x] = &below[..] else { return None };
    let (Op::Add, summands) = parts(b, x) else { return None };
    let repeated = |v: &ValueId| matches!(b.graph().node(*v).op, Op::Broadcast { .. });
    if low != *zero || constant_of(b, low) != Some(0.0) || summands.iter().any(repeated) {
        return None;
    }
    let relu = b.find(&Op::Max, &[x, low])?;
    let active = b.push(Op::Less, &[low, relu]);
    Some(b.push(Op::Select, &[active, *g, low]))
}

/// Whether every element is 0 or 1 by construction.
fn is_mask(b: &Builder, v: ValueId) -> bool {
    match parts(b, v) {
        (Op::KeepMask { .. }, _) => true,
        (Op::Broadcast { .. }, inputs) => is_mask(b, inputs[0]),
        _ => false,
    }
}

/// Whether every element is the same positive scalar.
fn is_positive(b: &Builder, v: ValueId) -> bool {
    match parts(b, v) {
        (Op::Scalar(id), _) => b.graph().scalars[id.0 as usize].positive,
        (Op::Broadcast { .. }, inputs) => is_positive(b, inputs[0]),
        _ => false,
    }
}
