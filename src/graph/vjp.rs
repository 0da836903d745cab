//! The derivative of every operation: what flows to an operand when `g` flows into the result.
//!
//! One exhaustive match; a rule is short, pushes nodes through the builder (equal ones are made once) and neither accumulates nor asks whether it
//! is wanted: that is `autodiff`'s. Conventions at corners:
//! - `max`, `min`: where the operands are equal all goes to the second, as in evaluation; so relu, `max(x, 0)`, has derivative 0 at 0;
//! - `abs`: 0 at 0;
//! - `reduce max`: equal maxima share evenly; `reduce first`: all goes to the first of them.

use super::builder::{Builder, ice};
use super::shape::free;
use super::{Op, Reduction, ValueId};

/// What flows to operand `operand` of the node `of` when `g`, of the type of its result, flows into it.
pub(super) fn flow(b: &mut Builder, of: ValueId, operand: usize, g: ValueId) -> ValueId {
    let node = b.graph().node(of).clone();
    let x = |i: usize| node.inputs[i];
    match &node.op {
        Op::Neg => b.neg(g),
        Op::Abs => {
            let zero = b.splat(0.0, g);
            let (below, above) = (b.less(x(0), zero), b.less(zero, x(0)));
            let negated = b.neg(g);
            let not_above = b.select(below, negated, zero);
            b.select(above, g, not_above)
        }
        Op::Exp => b.mul(g, of),
        Op::Log => b.div(g, x(0)),
        Op::Sqrt => {
            let half = b.scale(g, 0.5);
            b.div(half, of)
        }
        Op::Tanh => {
            let one = b.splat(1.0, g);
            let square = b.mul(of, of);
            let slope = b.sub(one, square);
            b.mul(g, slope)
        }
        Op::Sigmoid => {
            let one = b.splat(1.0, g);
            let rest = b.sub(one, of);
            let slope = b.mul(of, rest);
            b.mul(g, slope)
        }
        Op::Softplus => {
            let slope = b.sigmoid(x(0));
            b.mul(g, slope)
        }
        Op::Erf => {
            let square = b.mul(x(0), x(0));
            let exponent = b.neg(square);
            let bell = b.exp(exponent);
            let slope = b.scale(bell, std::f32::consts::FRAC_2_SQRT_PI);
            b.mul(g, slope)
        }
        Op::Gather => {
            let rows = extent(b, x(0), 0);
            b.push(Op::ScatterAdd { rows }, &[g, x(1)])
        }
        Op::ScatterAdd { .. } => b.push(Op::Gather, &[g, x(1)]),
        Op::DropSquares { .. } => b.push(node.op.clone(), &[x(0), x(1), g]),
        Op::Add => g,
        Op::Sub if operand == 0 => g,
        Op::Sub => b.neg(g),
        Op::Mul => b.mul(g, x(1 - operand)),
        Op::Div if operand == 0 => b.div(g, x(1)),
        Op::Div => {
            let part = b.div(g, x(1));
            let part = b.mul(part, of);
            b.neg(part)
        }
        Op::Max => {
            let first = b.less(x(1), x(0));
            branch(b, first, operand == 0, g)
        }
        Op::Min => {
            let first = b.less(x(0), x(1));
            branch(b, first, operand == 0, g)
        }
        Op::Select => branch(b, x(0), operand == 1, g),
        Op::Broadcast { dims, axes } => {
            let repeated: Vec<usize> = (0..dims.len()).filter(|axis| !axes.contains(axis)).collect();
            b.sum(g, &repeated)
        }
        Op::Reduce { reduction: Reduction::Sum, axes } => spread_back(b, g, x(0), axes),
        Op::Reduce { reduction: Reduction::Max, axes } => {
            let max = spread_back(b, of, x(0), axes);
            let below = b.less(x(0), max);
            let (zero, one) = (b.splat(0.0, x(0)), b.splat(1.0, x(0)));
            let is_max = b.select(below, zero, one);
            let count = b.sum(is_max, axes);
            let share = b.div(g, count);
            let share = spread_back(b, share, x(0), axes);
            b.select(below, zero, share)
        }
        Op::Reduce { reduction: Reduction::First, axes } => {
            let share = spread_back(b, g, x(0), axes);
            let first = b.push(Op::IsFirst { axes: axes.clone() }, &[x(0)]);
            b.mul(share, first)
        }
        Op::Windows { geometry, .. } => b.overlap(g, geometry),
        Op::Overlap { geometry } => b.windows(g, geometry, 0.0),
        Op::Reshape { .. } => {
            let dims = b.dims(x(0));
            b.reshape(g, &dims)
        }
        Op::Transpose { permutation } => b.transpose(g, &inverse(permutation)),
        Op::Slice { axis, start, len } => {
            let after = extent(b, x(0), *axis) - start - len;
            b.zeros_around(g, *axis, *start, after)
        }
        Op::Pad { axis, before, .. } => {
            let len = extent(b, x(0), *axis);
            b.slice(g, *axis, *before, len)
        }
        Op::Concat { axis } => {
            let start = node.inputs[..operand].iter().map(|v| extent(b, *v, *axis)).sum();
            let len = extent(b, x(operand), *axis);
            b.slice(g, *axis, start, len)
        }
        Op::Attend(form) if operand == form.packed() => {
            let operands = [&[g, of], &node.inputs[..]].concat();
            b.push(Op::AttendBack(*form), &operands)
        }
        // Which places there are is no matter of degree.
        Op::Attend(_) => b.splat(0.0, x(operand)),
        Op::Spectra(form) => b.push(Op::SpectraBack(*form), &[g, x(0)]),
        Op::Moments => around_means(b, of, x(0), g),
        Op::Contract { batch, over } => contract(b, (x(0), x(1)), (batch, over), operand, g),
        Op::Input { .. }
        | Op::Target { .. }
        | Op::Param(_)
        | Op::Slot(_)
        | Op::State(_)
        | Op::Scalar(_)
        | Op::Const(_)
        | Op::RowKey(_)
        | Op::Enter(_)
        // Its flows come all at once: `scan::flows`.
        | Op::Scan(_)
        | Op::KeepMask { .. }
        | Op::Noise { .. }
        | Op::Within { .. }
        | Op::KeepMaskAt
        | Op::Less
        | Op::IsFirst { .. }
        | Op::AttendBack(_)
        | Op::Waves { .. }
        | Op::SpectraBack(_)
        | Op::Table(_)
        | Op::Detach
        | Op::OneHot { .. } => ice("this operation has no derivative", &node.op.mnemonic()),
    }
}

/// `g` where `condition` is `when`, else 0.
fn branch(b: &mut Builder, condition: ValueId, when: bool, g: ValueId) -> ValueId {
    let zero = b.splat(0.0, g);
    if when { b.select(condition, g, zero) } else { b.select(condition, zero, g) }
}

/// `v`, a reduction of `like` over `axes`, repeated along them.
fn spread_back(b: &mut Builder, v: ValueId, like: ValueId, axes: &[usize]) -> ValueId {
    let kept = free(b.ty(like), axes.iter().copied());
    b.broadcast_like(v, like, &kept)
}

/// A mean is a share of each of its elements; squares around it change with their distances alone, whatever the mean does.
fn around_means(b: &mut Builder, of: ValueId, x: ValueId, g: ValueId) -> ValueId {
    let channels = extent(b, of, 0) / 2;
    let mean = b.slice(of, 0, 0, channels);
    let mean = b.along_last(mean, x);
    let centred = b.sub(x, mean);
    let of_squares = part(b, g, channels..2 * channels).map(|g| {
        let twice = b.scale(g, 2.0);
        let twice = b.along_last(twice, x);
        b.mul(centred, twice)
    });
    let of_means = part(b, g, 0..channels).map(|g| {
        let dims = b.dims(x);
        let places: usize = dims[1..dims.len() - 1].iter().filter_map(|dim| dim.size()).product();
        let inv_rows = b.inv_rows();
        let share = b.mul(g, inv_rows);
        let share = b.scale(share, (1.0 / places as f64) as f32);
        b.along_last(share, x)
    });
    match (of_squares, of_means) {
        (Some(a), Some(c)) => b.add(a, c),
        (Some(flow), None) | (None, Some(flow)) => flow,
        (None, None) => b.splat(0.0, x),
    }
}

/// Elements `range` of a vector, looked for among the parts that it is put together of; none if they are zeros.
fn part(b: &mut Builder, v: ValueId, range: std::ops::Range<usize>) -> Option<ValueId> {
    let node = b.graph().node(v).clone();
    match node.op {
        Op::Add => {
            let parts = [part(b, node.inputs[0], range.clone()), part(b, node.inputs[1], range)];
            match parts {
                [Some(left), Some(right)] => Some(b.add(left, right)),
                [left, right] => left.or(right),
            }
        }
        Op::Pad { axis: 0, before, .. } => {
            let own = before..before + extent(b, node.inputs[0], 0);
            let apart = range.end <= own.start || own.end <= range.start;
            match own == range {
                true => Some(node.inputs[0]),
                false if apart => None,
                false => Some(b.slice(v, 0, range.start, range.len())),
            }
        }
        _ => Some(b.slice(v, 0, range.start, range.len())),
    }
}

fn inverse(permutation: &[usize]) -> Vec<usize> {
    let mut inverse = vec![0; permutation.len()];
    for (to, from) in permutation.iter().enumerate() {
        inverse[*from] = to;
    }
    inverse
}

/// The extent of a constant axis of an operand, which its rule has checked to be one.
fn extent(b: &Builder, v: ValueId, axis: usize) -> usize {
    match b.ty(v).dims[axis] {
        super::Dim::Const(n) => n,
        super::Dim::Batch => ice("this axis is constant", b.ty(v)),
    }
}

type Pairs = [(usize, usize)];

/// The gradient of a product whose rows are summed over beside batch axes: as a product its rows would not lead, so it is a sum of products
/// of single elements.
///
/// `own` are the axes of `this` of which `g` has the gradient, in its order, before or after those that are `free` (in `g`, in the other);
/// `others` pairs axes of `this` with the other's.
fn spread(
    b: &mut Builder,
    (this, other): (ValueId, ValueId),
    (g, own): (ValueId, &[usize]),
    others: &Pairs,
    free: &Pairs,
) -> ValueId {
    let rank = b.ty(this).dims.len();
    let mut dims = b.dims(this);
    dims.extend(free.iter().map(|(_, axis)| b.ty(other).dims[*axis]));
    // Where the axes of either operand lie among all of them: those of `this`, then the free ones.
    let mut of_g = vec![0; b.ty(g).dims.len()];
    let mut kept = own.iter();
    for (axis, place) in of_g.iter_mut().enumerate() {
        *place = match free.iter().position(|(at, _)| *at == axis) {
            Some(i) => rank + i,
            None => *kept.next().unwrap_or(&0),
        };
    }
    let mut of_other = vec![0; b.ty(other).dims.len()];
    others.iter().for_each(|(here, there)| of_other[*there] = *here);
    free.iter().enumerate().for_each(|(i, (_, there))| of_other[*there] = rank + i);
    let mut wide = |v: ValueId, places: &[usize]| {
        let mut order: Vec<usize> = (0..places.len()).collect();
        order.sort_unstable_by_key(|axis| places[*axis]);
        let axes: Vec<usize> = order.iter().map(|axis| places[*axis]).collect();
        let v = b.transpose(v, &order);
        b.broadcast(v, &dims, &axes)
    };
    let (g, other) = (wide(g, &of_g), wide(other, &of_other));
    let products = b.mul(g, other);
    if free.is_empty() {
        return products;
    }
    b.sum(products, &(rank..dims.len()).collect::<Vec<_>>())
}

/// A product's operand gets the product of `g` with the other operand over the other's free axes.
///
/// The result's axes are batch, free axes of the one factor, free axes of the other. Of the two orders of the factors that one is taken which
/// gives the operand's own order of axes; if none does, one that leaves the minibatch in front, and a transposition follows.
fn contract(
    b: &mut Builder,
    (left, right): (ValueId, ValueId),
    (batch, over): (&Pairs, &Pairs),
    operand: usize,
    g: ValueId,
) -> ValueId {
    // Seen from the operand: (its axis, the other's axis).
    let seen = |(l, r): &(usize, usize)| if operand == 0 { (*l, *r) } else { (*r, *l) };
    let batch: Vec<(usize, usize)> = batch.iter().map(seen).collect();
    let mut over: Vec<(usize, usize)> = over.iter().map(seen).collect();
    let (this, other) = if operand == 0 { (left, right) } else { (right, left) };
    let free_this = free(b.ty(this), batch.iter().chain(&over).map(|pair| pair.0));
    let free_other = free(b.ty(other), batch.iter().chain(&over).map(|pair| pair.1));

    // Axes of `g` paired with the other's.
    let first = batch.len() + if operand == 0 { free_this.len() } else { 0 };
    let batch_g: Vec<(usize, usize)> = (0..).zip(&batch).map(|(i, pair)| (i, pair.1)).collect();
    let over_g: Vec<(usize, usize)> = (first..).zip(free_other).collect();

    // What was summed over is free in the product, in the other's order of axes.
    over.sort_unstable_by_key(|pair| pair.1);
    let summed: Vec<usize> = over.iter().map(|pair| pair.0).collect();
    let shared: Vec<usize> = batch.iter().map(|pair| pair.0).collect();
    let g_first = [shared.as_slice(), free_this.as_slice(), summed.as_slice()].concat();
    if !shared.is_empty() && b.ty(this).has_batch() && summed.contains(&0) {
        let own = [shared, free_this].concat();
        let others: Vec<(usize, usize)> = batch.iter().chain(&over).copied().collect();
        let free_other: Vec<(usize, usize)> = over_g;
        return spread(b, (this, other), (g, &own), &others, &free_other);
    }
    let other_first = [shared, summed, free_this].concat();
    let takes_other_first = other_first.is_sorted() || b.ty(this).has_batch() && g_first[0] != 0;
    if takes_other_first {
        let swap = |pairs: &Pairs| pairs.iter().map(|(g, o)| (*o, *g)).collect::<Vec<_>>();
        let product = b.contract(other, g, &swap(&batch_g), &swap(&over_g));
        b.transpose(product, &inverse(&other_first))
    } else {
        let product = b.contract(g, other, &batch_g, &over_g);
        b.transpose(product, &inverse(&g_first))
    }
}
