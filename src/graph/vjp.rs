//! Vector-Jacobian products: what the gradient of an operation's result makes of one of its operands.
//!
//! One exhaustive match. At kinks: `abs` has derivative 0 at 0; `max(a, b)` passes to the first operand where `b < a`, else to the second, so
//! that the derivative of `max(x, 0)` at 0 is 0 for x; a maximum over axes passes to every element that attains it, in equal shares.

use super::shape::free;
use super::{Builder, Dim, Node, Op, Reduction, ValueId};

/// The gradient by operand `i` of `node`, whose result is `y` and whose result's gradient is `g`. `None` where none passes.
pub fn operand_gradient(b: &mut Builder, node: &Node, y: ValueId, g: ValueId, i: usize) -> Option<ValueId> {
    let x = *node.inputs.get(i)?;
    let other = || node.inputs[1 - i];
    let gradient = match &node.op {
        Op::Input { .. }
        | Op::Target { .. }
        | Op::Param(_)
        | Op::Slot(_)
        | Op::State(_)
        | Op::Scalar(_)
        | Op::Const(_)
        | Op::RowKey(_)
        | Op::KeepMask { .. }
        | Op::Noise { .. }
        | Op::Detach
        | Op::Less
        | Op::OneHot { .. } => return None,
        Op::Neg => b.neg(g),
        Op::Abs => abs(b, x, g),
        Op::Exp => b.mul(g, y),
        Op::Log => b.div(g, x),
        Op::Sqrt => {
            let half = b.scale(g, 0.5);
            b.div(half, y)
        }
        Op::Tanh => {
            let square = b.square(y);
            let slope = one_minus(b, square);
            b.mul(g, slope)
        }
        Op::Sigmoid => {
            let rest = one_minus(b, y);
            let slope = b.mul(y, rest);
            b.mul(g, slope)
        }
        Op::Softplus => {
            let slope = b.sigmoid(x);
            b.mul(g, slope)
        }
        Op::Erf => erf(b, x, g),
        Op::Add => g,
        Op::Sub => {
            if i == 0 {
                g
            } else {
                b.neg(g)
            }
        }
        // Both operands may be one value: each occurrence gets its own share.
        Op::Mul => b.mul(g, other()),
        Op::Div => {
            let by = node.inputs[1];
            let part = b.div(g, by);
            if i == 0 {
                part
            } else {
                let product = b.mul(part, y);
                b.neg(product)
            }
        }
        Op::Max => {
            let first = b.less(node.inputs[1], node.inputs[0]);
            pass_where(b, first, g, i == 0)
        }
        Op::Min => {
            let first = b.less(node.inputs[0], node.inputs[1]);
            pass_where(b, first, g, i == 0)
        }
        Op::Select => match i {
            0 => return None,
            _ => pass_where(b, node.inputs[0], g, i == 1),
        },
        Op::Broadcast { dims, axes } => {
            let repeated: Vec<usize> = (0..dims.len()).filter(|axis| !axes.contains(axis)).collect();
            b.sum(g, &repeated)
        }
        Op::Reduce { reduction, axes } => reduce(b, *reduction, axes, x, y, g),
        Op::Reshape { .. } => {
            let dims = b.dims(x);
            b.reshape(g, &dims)
        }
        Op::Transpose { permutation } => {
            let mut inverse = vec![0; permutation.len()];
            for (to, from) in permutation.iter().enumerate() {
                inverse[*from] = to;
            }
            b.transpose(g, &inverse)
        }
        Op::Slice { axis, start, len } => {
            let after = extent(b, x, *axis) - start - len;
            b.push(Op::Pad { axis: *axis, before: *start, after }, &[g])
        }
        Op::Pad { axis, before, .. } => {
            let len = extent(b, x, *axis);
            b.slice(g, *axis, *before, len)
        }
        Op::Concat { axis } => {
            let start = node.inputs[..i].iter().map(|v| extent(b, *v, *axis)).sum();
            let len = extent(b, x, *axis);
            b.slice(g, *axis, start, len)
        }
        Op::Contract { batch, over } => contract(b, node, g, i, batch, over),
    };
    Some(gradient)
}

fn one_minus(b: &mut Builder, x: ValueId) -> ValueId {
    let one = b.constant(1.0);
    b.sub(one, x)
}

/// `g` where the condition is `on`, else 0.
fn pass_where(b: &mut Builder, condition: ValueId, g: ValueId, on: bool) -> ValueId {
    let zero = b.constant(0.0);
    if on { b.select(condition, g, zero) } else { b.select(condition, zero, g) }
}

/// `g` where `0 < x`, `-g` where `x < 0`, else 0.
fn abs(b: &mut Builder, x: ValueId, g: ValueId) -> ValueId {
    let zero = b.splat(0.0, x);
    let positive = b.less(zero, x);
    let negative = b.less(x, zero);
    let minus = b.neg(g);
    let rest = pass_where(b, negative, minus, true);
    b.select(positive, g, rest)
}

/// `2 / sqrt(pi) exp(-x^2)`
fn erf(b: &mut Builder, x: ValueId, g: ValueId) -> ValueId {
    let square = b.square(x);
    let exponent = b.neg(square);
    let bell = b.exp(exponent);
    let slope = b.scale(bell, std::f32::consts::FRAC_2_SQRT_PI);
    b.mul(g, slope)
}

fn reduce(
    b: &mut Builder,
    reduction: Reduction,
    axes: &[usize],
    x: ValueId,
    y: ValueId,
    g: ValueId,
) -> ValueId {
    let kept: Vec<usize> = (0..b.dims(x).len()).filter(|axis| !axes.contains(axis)).collect();
    let spread = b.broadcast_like(g, x, &kept);
    match reduction {
        Reduction::Sum => spread,
        Reduction::Max => {
            let top = b.broadcast_like(y, x, &kept);
            let below = b.less(x, top);
            let (zero, one) = (b.constant(0.0), b.splat(1.0, x));
            let attained = b.select(below, zero, one);
            let count = b.sum(attained, axes);
            let count = b.broadcast_like(count, x, &kept);
            let share = b.div(spread, count);
            b.mul(share, attained)
        }
    }
}

fn extent(b: &Builder, x: ValueId, axis: usize) -> usize {
    match b.dims(x)[axis] {
        Dim::Const(n) => n,
        Dim::Batch => unreachable!("shape rules slice, pad and join constant axes only"),
    }
}

/// The gradient contracts `g` with the other operand over the other's free axes; what comes out is put in the operand's order.
fn contract(
    b: &mut Builder,
    node: &Node,
    g: ValueId,
    i: usize,
    batch: &[(usize, usize)],
    over: &[(usize, usize)],
) -> ValueId {
    let (x, other) = (node.inputs[i], node.inputs[1 - i]);
    let mine = |pair: &(usize, usize)| if i == 0 { pair.0 } else { pair.1 };
    let its = |pair: &(usize, usize)| if i == 0 { pair.1 } else { pair.0 };
    let my_free = free(b.ty(x), batch.iter().chain(over).map(mine));
    let its_free = free(b.ty(other), batch.iter().chain(over).map(its));
    // Axes of g: batch, free of the left, free of the right.
    let its_at = if i == 0 { batch.len() + my_free.len() } else { batch.len() };
    let its_in_g = (its_at..its_at + its_free.len()).zip(its_free.iter().copied());
    let over_g: Vec<(usize, usize)> = its_in_g.collect();
    let batch_g: Vec<(usize, usize)> = batch.iter().enumerate().map(|(k, pair)| (k, its(pair))).collect();
    // The operand's axes in the order in which the product gives them: batch, then the free ones of the first factor, then of the second.
    // The factor that comes second in the forward product comes second here too, so that a weight's gradient is x^T g and not its transpose.
    let mut contracted: Vec<(usize, usize)> = over.iter().map(|pair| (its(pair), mine(pair))).collect();
    contracted.sort_unstable();
    let contracted: Vec<usize> = contracted.into_iter().map(|(_, mine)| mine).collect();
    let batch_axes: Vec<usize> = batch.iter().map(mine).collect();
    let (product, order): (ValueId, Vec<usize>) = if i == 0 {
        (b.contract(g, other, &batch_g, &over_g), [batch_axes, my_free, contracted].concat())
    } else {
        let flip = |pairs: Vec<(usize, usize)>| pairs.into_iter().map(|(a, c)| (c, a)).collect::<Vec<_>>();
        (b.contract(other, g, &flip(batch_g), &flip(over_g)), [batch_axes, contracted, my_free].concat())
    };
    let mut permutation = vec![0; order.len()];
    for (at, axis) in order.iter().enumerate() {
        permutation[*axis] = at;
    }
    b.transpose(product, &permutation)
}
