//! What layers, losses and optimizers write in: one method an operation, and the few compositions that many of them need.
//!
//! Two-operand methods spread an operand of type `f32[]` over the other; every other broadcast is spelt out by its caller. Rules of type are
//! those of `shape`.

use super::builder::{Builder, ice};
use crate::sound::Spectrum;

use super::{Attention, DType, Dim, Geometry, Op, Reduction, SiteId, Table, ValueId};

macro_rules! unary {
    ($($(#[$doc:meta])* $name:ident => $op:ident;)*) => {
        impl Builder {$(
            $(#[$doc])*
            pub fn $name(&mut self, x: ValueId) -> ValueId {
                self.push(Op::$op, &[x])
            }
        )*}
    };
}

unary! {
    neg => Neg;
    abs => Abs;
    exp => Exp;
    /// Natural logarithm.
    log => Log;
    sqrt => Sqrt;
    tanh => Tanh;
    sigmoid => Sigmoid;
    /// `log(1 + exp(x))`
    softplus => Softplus;
    erf => Erf;
    /// `x`, held constant in differentiation.
    detach => Detach;
}

macro_rules! binary {
    ($($(#[$doc:meta])* $name:ident => $op:ident;)*) => {
        impl Builder {$(
            $(#[$doc])*
            pub fn $name(&mut self, x: ValueId, y: ValueId) -> ValueId {
                let (x, y) = self.level(x, y);
                self.push(Op::$op, &[x, y])
            }
        )*}
    };
}

binary! {
    add => Add;
    sub => Sub;
    mul => Mul;
    div => Div;
    max => Max;
    min => Min;
    /// `x < y`
    less => Less;
}

impl Builder {
    // Elementwise

    pub fn constant(&mut self, value: f32) -> ValueId {
        self.push(Op::Const(value), &[])
    }

    /// `value` in every element of `like`'s dimensions.
    pub fn splat(&mut self, value: f32, like: ValueId) -> ValueId {
        let c = self.constant(value);
        self.broadcast_like(c, like, &[])
    }

    /// The scalar `s: f32[]` in every element of `like`'s dimensions.
    pub fn spread(&mut self, s: ValueId, like: ValueId) -> ValueId {
        self.broadcast_like(s, like, &[])
    }

    /// `condition ? then : otherwise`, element by element; scalars spread over the other branch.
    pub fn select(&mut self, condition: ValueId, then: ValueId, otherwise: ValueId) -> ValueId {
        let (then, otherwise) = (self.over(then, condition), self.over(otherwise, condition));
        self.push(Op::Select, &[condition, then, otherwise])
    }

    pub fn scale(&mut self, x: ValueId, factor: f32) -> ValueId {
        let factor = self.constant(factor);
        self.mul(x, factor)
    }

    pub fn offset(&mut self, x: ValueId, by: f32) -> ValueId {
        let by = self.constant(by);
        self.add(x, by)
    }

    pub fn square(&mut self, x: ValueId) -> ValueId {
        self.mul(x, x)
    }

    pub fn relu(&mut self, x: ValueId) -> ValueId {
        let zero = self.constant(0.0);
        self.max(x, zero)
    }

    pub fn one_hot(&mut self, labels: ValueId, classes: usize) -> ValueId {
        self.push(Op::OneHot { classes }, &[labels])
    }

    fn level(&mut self, x: ValueId, y: ValueId) -> (ValueId, ValueId) {
        (self.over(x, y), self.over(y, x))
    }

    fn over(&mut self, x: ValueId, like: ValueId) -> ValueId {
        if self.ty(x).dims.is_empty() { self.spread(x, like) } else { x }
    }

    // Broadcasts

    /// Axis `i` of `v` becomes axis `axes[i]` of `like`'s dimensions; the other axes repeat it.
    pub fn broadcast_like(&mut self, v: ValueId, like: ValueId, axes: &[usize]) -> ValueId {
        let dims = self.dims(like);
        self.broadcast(v, &dims, axes)
    }

    pub fn broadcast(&mut self, v: ValueId, dims: &[Dim], axes: &[usize]) -> ValueId {
        if self.ty(v).dims == dims {
            return v;
        }
        self.push(Op::Broadcast { dims: dims.to_vec(), axes: axes.to_vec() }, &[v])
    }

    /// `v` along the last axes of `like`.
    pub fn along_last(&mut self, v: ValueId, like: ValueId) -> ValueId {
        let (rank, of) = (self.ty(v).dims.len(), self.ty(like).dims.len());
        let axes: Vec<usize> = (of.saturating_sub(rank)..of).collect();
        self.broadcast_like(v, like, &axes)
    }

    /// `v` along the first axes of `like`: a value of each row.
    pub fn along_first(&mut self, v: ValueId, like: ValueId) -> ValueId {
        let axes: Vec<usize> = (0..self.ty(v).dims.len()).collect();
        self.broadcast_like(v, like, &axes)
    }

    /// `x + bias`, `bias` along the last axes.
    pub fn add_bias(&mut self, x: ValueId, bias: ValueId) -> ValueId {
        let bias = self.along_last(bias, x);
        self.add(x, bias)
    }

    // Reductions

    /// The sum over `axes`, which it removes. Over no axes it is `x`.
    pub fn sum(&mut self, x: ValueId, axes: &[usize]) -> ValueId {
        self.reduce(x, Reduction::Sum, axes)
    }

    pub fn max_over(&mut self, x: ValueId, axes: &[usize]) -> ValueId {
        self.reduce(x, Reduction::Max, axes)
    }

    /// The maximum over `axes`; the derivative goes to the first of equal ones.
    pub fn first_over(&mut self, x: ValueId, axes: &[usize]) -> ValueId {
        self.reduce(x, Reduction::First, axes)
    }

    /// The sum of all elements, `f32[]`.
    pub fn sum_all(&mut self, x: ValueId) -> ValueId {
        let axes: Vec<usize> = (0..self.ty(x).dims.len()).collect();
        self.sum(x, &axes)
    }

    /// The means of the channels of `x` over rows and places, and the sums of squares around them.
    pub fn moments_of_channels(&mut self, x: ValueId) -> (ValueId, ValueId) {
        let node = self.graph().node(x).clone();
        let rank = node.ty.dims.len();
        // A vector that is added to all places moves the means alone.
        let moved = match (&node.op, &node.inputs[..]) {
            (Op::Add, &[z, v]) => match &self.graph().node(v).op {
                Op::Broadcast { axes, .. } if *axes == [rank - 1] => {
                    Some((z, self.graph().node(v).inputs[0]))
                }
                _ => None,
            },
            _ => None,
        };
        let channels = node.ty.dims[rank - 1].size().unwrap_or(1);
        let moments = self.push(Op::Moments, &[moved.map_or(x, |(z, _)| z)]);
        let mean = self.slice(moments, 0, 0, channels);
        let mean = moved.map_or(mean, |(_, v)| self.add(mean, v));
        (mean, self.slice(moments, 0, channels, channels))
    }

    /// The mean over `axes`; over the batch it multiplies by the scalar [`INV_ROWS`](super::builder::INV_ROWS).
    pub fn mean(&mut self, x: ValueId, axes: &[usize]) -> ValueId {
        let reduced = axes.iter().filter_map(|axis| self.ty(x).dims.get(*axis).copied()).collect::<Vec<_>>();
        let n: usize = reduced.iter().map(|dim| if let Dim::Const(n) = dim { *n } else { 1 }).product();
        let mut mean = self.sum(x, axes);
        if n != 1 {
            mean = self.scale(mean, 1.0 / n as f32);
        }
        if reduced.contains(&Dim::Batch) {
            let inv_rows = self.inv_rows();
            mean = self.mul(mean, inv_rows);
        }
        mean
    }

    fn reduce(&mut self, x: ValueId, reduction: Reduction, axes: &[usize]) -> ValueId {
        if axes.is_empty() {
            return x;
        }
        self.push(Op::Reduce { reduction, axes: axes.to_vec() }, &[x])
    }

    /// `log softmax(x)` over the last axis. The maximum is held constant: its two contributions to the gradient cancel.
    pub fn log_softmax(&mut self, x: ValueId) -> ValueId {
        let (shifted, sum) = self.shifted_exp(x);
        let log = self.log(sum);
        let log = self.along_first(log, x);
        self.sub(shifted, log)
    }

    pub fn softmax(&mut self, x: ValueId) -> ValueId {
        let (shifted, sum) = self.shifted_exp(x);
        let exp = self.exp(shifted);
        let sum = self.along_first(sum, x);
        self.div(exp, sum)
    }

    /// `x - max` and the sum of its exponentials, over the last axis.
    fn shifted_exp(&mut self, x: ValueId) -> (ValueId, ValueId) {
        let Some(last) = self.ty(x).dims.len().checked_sub(1) else {
            ice("softmax needs an axis", self.ty(x))
        };
        let max = self.max_over(x, &[last]);
        let max = self.detach(max);
        let max = self.along_first(max, x);
        let shifted = self.sub(x, max);
        let exp = self.exp(shifted);
        (shifted, self.sum(exp, &[last]))
    }

    // Shape

    pub fn reshape(&mut self, x: ValueId, dims: &[Dim]) -> ValueId {
        if self.ty(x).dims == dims {
            return x;
        }
        self.push(Op::Reshape { dims: dims.to_vec() }, &[x])
    }

    /// `[Batch, n]`, or `[n]` where there is no batch.
    pub fn flatten(&mut self, x: ValueId) -> ValueId {
        let n = Dim::Const(self.ty(x).row_len());
        let dims = if self.ty(x).has_batch() { vec![Dim::Batch, n] } else { vec![n] };
        self.reshape(x, &dims)
    }

    /// Result axis `i` is axis `permutation[i]` of `x`.
    pub fn transpose(&mut self, x: ValueId, permutation: &[usize]) -> ValueId {
        if permutation.iter().copied().eq(0..self.ty(x).dims.len()) {
            return x;
        }
        self.push(Op::Transpose { permutation: permutation.to_vec() }, &[x])
    }

    pub fn slice(&mut self, x: ValueId, axis: usize, start: usize, len: usize) -> ValueId {
        self.push(Op::Slice { axis, start, len }, &[x])
    }

    /// `x` with zeros before and after along a constant axis.
    pub fn zeros_around(&mut self, x: ValueId, axis: usize, before: usize, after: usize) -> ValueId {
        self.push(Op::Pad { axis, before, after }, &[x])
    }

    pub fn concat(&mut self, parts: &[ValueId], axis: usize) -> ValueId {
        self.push(Op::Concat { axis }, parts)
    }

    // Windows

    /// The windows of `x`, with `pad` in the border.
    pub fn windows(&mut self, x: ValueId, geometry: &Geometry, pad: f32) -> ValueId {
        self.push(Op::Windows { geometry: geometry.clone(), pad }, &[x])
    }

    /// The sums of what overlaps of `x`, windows.
    pub fn overlap(&mut self, x: ValueId, geometry: &Geometry) -> ValueId {
        self.push(Op::Overlap { geometry: geometry.clone() }, &[x])
    }

    // Products

    /// `x [Batch, .., in]` by `w [in, out]`: `[Batch, .., out]`.
    pub fn matmul(&mut self, x: ValueId, w: ValueId) -> ValueId {
        let Some(last) = self.ty(x).dims.len().checked_sub(1) else {
            ice("a product needs an axis", self.ty(x))
        };
        self.contract(x, w, &[], &[(last, 0)])
    }

    /// Result axes: `batch`, the left's free axes, the right's free axes.
    pub fn contract(
        &mut self,
        left: ValueId,
        right: ValueId,
        batch: &[(usize, usize)],
        over: &[(usize, usize)],
    ) -> ValueId {
        self.push(Op::Contract { batch: batch.to_vec(), over: over.to_vec() }, &[left, right])
    }

    // Attention

    /// Attention by `form` over its operands: `[key, threshold,] packed [, turns] [, lengths]`.
    pub fn attend(&mut self, form: Attention, operands: &[ValueId]) -> ValueId {
        self.push(Op::Attend(form), operands)
    }

    /// `f32[places, width]`: sines and cosines of the places.
    pub fn waves(&mut self, places: usize, width: usize, apart: bool) -> ValueId {
        self.push(Op::Waves { places, width, apart }, &[])
    }

    // Sound

    /// The short-time spectra of a wave, `[Batch, frames, bins]`.
    pub fn spectra(&mut self, wave: ValueId, form: Spectrum) -> ValueId {
        self.push(Op::Spectra(form), &[wave])
    }

    /// A matrix that is known before any data.
    pub fn table(&mut self, table: Table) -> ValueId {
        self.push(Op::Table(table), &[])
    }

    // Random draws

    /// `key[Batch]`, or `key[]` for a site addressed by update.
    pub fn row_key(&mut self, site: SiteId) -> ValueId {
        self.push(Op::RowKey(site), &[])
    }

    /// 1 where kept, 0 where dropped: the key's dimensions followed by `dims`. `q: i32[]` is the threshold round(65536 p).
    pub fn keep_mask(&mut self, key: ValueId, q: ValueId, dims: &[usize], shared: &[bool]) -> ValueId {
        self.push(Op::KeepMask { dims: dims.to_vec(), shared: shared.to_vec() }, &[key, q])
    }

    /// Standard normal deviates: the key's dimensions followed by `dims`.
    pub fn noise(&mut self, key: ValueId, dims: &[usize], shared: &[bool]) -> ValueId {
        self.push(Op::Noise { dims: dims.to_vec(), shared: shared.to_vec() }, &[key])
    }

    /// The row of `table`, `[V, D]`, that each token names, `i32[Batch, T]`: `[Batch, T, D]`.
    pub fn gather(&mut self, table: ValueId, tokens: ValueId) -> ValueId {
        self.push(Op::Gather, &[table, tokens])
    }

    /// 1 where kept, 0 where dropped, at each token, `i32[Batch, T]`: the same at all of a kind. `q: i32[]` is the threshold round(65536 p).
    pub fn keep_mask_at(&mut self, key: ValueId, q: ValueId, tokens: ValueId) -> ValueId {
        self.push(Op::KeepMaskAt, &[key, q, tokens])
    }

    /// 1 at the steps within a row's length (`i32[Batch]`), 0 behind its end: `f32[Batch, steps]`. A step stands for `stride` of those that
    /// lengths count, from `offset` on.
    pub fn within_length(&mut self, lengths: ValueId, steps: usize, stride: usize, offset: isize) -> ValueId {
        self.push(Op::Within { steps, stride, offset }, &[lengths])
    }

    /// `x`, maps, with zeros in squares; `q: i32[]` is the threshold of their seeds.
    pub fn drop_squares(
        &mut self,
        key: ValueId,
        q: ValueId,
        x: ValueId,
        size: usize,
        shared: bool,
    ) -> ValueId {
        self.push(Op::DropSquares { size, shared }, &[key, q, x])
    }

    /// The threshold of a site's masks: a step scalar, `i32[]`.
    pub fn threshold(&mut self, name: &str) -> ValueId {
        self.scalar(name, DType::I32)
    }
}
