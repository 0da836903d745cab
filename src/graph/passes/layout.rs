//! Rules that only move elements: what moves nothing goes, two moves become one, and a product reads a transposed operand in place.

use super::super::builder::Builder;
use super::super::shape::free;
use super::super::{Dim, Op, Reduction, ValueId};
use super::fold::{apply, constant_of, parts};

pub(super) fn simplify(b: &mut Builder, op: &Op, inputs: &[ValueId]) -> Option<ValueId> {
    let x = *inputs.first()?;
    let (inner, from) = parts(b, x);
    let from = from.first().copied();
    match op {
        Op::Broadcast { dims, .. } if b.dims(x) == *dims => Some(x),
        Op::Broadcast { dims, axes } => match inner {
            Op::Broadcast { axes: first, .. } => {
                let axes = first.iter().map(|axis| axes[*axis]).collect();
                Some(apply(b, &Op::Broadcast { dims: dims.clone(), axes }, &[from?]))
            }
            _ => None,
        },
        Op::Reshape { dims } if b.dims(x) == *dims => Some(x),
        Op::Reshape { dims } => match inner {
            Op::Reshape { .. } => Some(apply(b, op, &[from?])),
            Op::Broadcast { .. } => splat(b, x, dims),
            _ => None,
        },
        Op::Transpose { permutation } if permutation.is_sorted() => Some(x),
        Op::Transpose { permutation } => match inner {
            Op::Transpose { permutation: first } => {
                let permutation = permutation.iter().map(|axis| first[*axis]).collect();
                Some(apply(b, &Op::Transpose { permutation }, &[from?]))
            }
            Op::Broadcast { .. } => {
                let dims: Vec<Dim> = permutation.iter().map(|axis| b.dims(x)[*axis]).collect();
                splat(b, x, &dims)
            }
            _ => None,
        },
        Op::Slice { axis, len, .. } if b.dims(x)[*axis] == Dim::Const(*len) => Some(x),
        Op::Pad { before: 0, after: 0, .. } => Some(x),
        Op::Concat { .. } if inputs.len() == 1 => Some(x),
        // Windows of one element each are the elements.
        Op::Windows { geometry, .. } if geometry.is_identity() => {
            let mut dims = b.dims(x);
            dims.splice(geometry.taps()..geometry.taps(), geometry.axes.iter().map(|_| Dim::Const(1)));
            Some(apply(b, &Op::Reshape { dims }, &[x]))
        }
        Op::Overlap { geometry } if geometry.is_identity() => {
            let mut dims = b.dims(x);
            dims.drain(geometry.taps()..geometry.taps() + geometry.axes.len());
            Some(apply(b, &Op::Reshape { dims }, &[x]))
        }
        // The largest of one element is the element, and the first of the largest. Sums stay: kernels of strided windows are found by them.
        Op::Reduce { reduction: Reduction::Max | Reduction::First, axes } if are_single(b, x, axes) => {
            let kept = (0..).zip(b.dims(x)).filter(|(axis, _)| !axes.contains(axis)).map(|(_, dim)| dim);
            let dims = kept.collect();
            Some(apply(b, &Op::Reshape { dims }, &[x]))
        }
        Op::IsFirst { axes } if are_single(b, x, axes) => Some(b.splat(1.0, x)),
        Op::Contract { batch, over } => untransposed(b, inputs, batch, over),
        _ => None,
    }
}

/// Whether there is one element along these axes.
fn are_single(b: &Builder, x: ValueId, axes: &[usize]) -> bool {
    axes.iter().all(|axis| b.ty(x).dims[*axis] == Dim::Const(1))
}

/// A known number in every element of `dims`, if `v` is one.
fn splat(b: &mut Builder, v: ValueId, dims: &[Dim]) -> Option<ValueId> {
    let value = constant_of(b, v)?;
    let value = b.constant(value);
    Some(b.broadcast(value, dims, &[]))
}

type Pairs = [(usize, usize)];

/// A product of a transposed operand as one of the operand itself, where that leaves the order of the result's axes.
fn untransposed(b: &mut Builder, inputs: &[ValueId], batch: &Pairs, over: &Pairs) -> Option<ValueId> {
    for side in [0, 1] {
        let (Op::Transpose { permutation }, from) = parts(b, inputs[side]) else { continue };
        let used = |(left, right): &(usize, usize)| if side == 0 { *left } else { *right };
        let kept = free(b.ty(inputs[side]), batch.iter().chain(over).map(used));
        if !kept.iter().map(|axis| permutation[*axis]).is_sorted() {
            continue;
        }
        let rename = |(left, right): &(usize, usize)| {
            if side == 0 { (permutation[*left], *right) } else { (*left, permutation[*right]) }
        };
        let (batch, over) = (batch.iter().map(rename).collect(), over.iter().map(rename).collect());
        let mut inputs = inputs.to_vec();
        inputs[side] = *from.first()?;
        return Some(apply(b, &Op::Contract { batch, over }, &inputs));
    }
    None
}
