//! The meaning of every operation with operands, one exhaustive match.

use super::attention;
use super::spectra;
use super::tensor::{at, offsets, strides};
use super::{Real, Tensor};
use crate::draws::{self, Squares};
use crate::graph::builder::ice;
use crate::graph::{Op, Reduction};
use crate::math::waves;

/// The value of `op` over operands of the types its rule wants; `dims` are those of the result.
pub(super) fn eval<T: Real>(op: &Op, operands: &[&Tensor<T>], dims: &[usize], fma: bool) -> Tensor<T> {
    let x = |i: usize| operands[i];
    let unary = |f: &dyn Fn(T) -> T| Tensor::real(dims, x(0).reals().iter().map(|a| f(*a)).collect());
    let binary = |f: &dyn Fn(T, T) -> T| {
        let pairs = x(0).reals().iter().zip(x(1).reals());
        Tensor::real(dims, pairs.map(|(a, b)| f(*a, *b)).collect())
    };
    match op {
        Op::KeepMask { shared, .. } => {
            let q = x(1).as_ints()[0].cast_unsigned();
            draw(x(0), shared, dims, &|key, unit| if draws::kept(key, unit, q) { 1.0 } else { 0.0 })
        }
        Op::Noise { shared, .. } => draw(x(0), shared, dims, &|key, unit| draws::normal(key, unit, fma)),
        Op::KeepMaskAt => {
            let (keys, q) = (x(0).as_keys(), x(1).as_ints()[0].cast_unsigned());
            let steps = dims[1];
            let kept = x(2).as_ints().iter().enumerate().map(|(i, token)| {
                let key = keys[if keys.len() == 1 { 0 } else { i / steps }];
                T::from_f32(if draws::kept(key, token.cast_unsigned(), q) { 1.0 } else { 0.0 })
            });
            Tensor::real(dims, kept.collect())
        }
        Op::Gather => {
            let (table, width) = (x(0).reals(), dims[2]);
            let row = |token: &i32| {
                usize::try_from(*token).ok().and_then(|t| table.get(t * width..(t + 1) * width))
            };
            let rows = x(1).as_ints().iter().map(row);
            let nothing = vec![T::from_f32(0.0); width];
            Tensor::real(dims, rows.flat_map(|row| row.unwrap_or(&nothing).iter().copied()).collect())
        }
        Op::ScatterAdd { rows } => {
            let (width, g) = (dims[1], x(0).reals());
            let mut sums = vec![T::from_f32(0.0); rows * width];
            for (token, g) in x(1).as_ints().iter().zip(g.chunks_exact(width)) {
                let own = usize::try_from(*token).ok().and_then(|t| sums.get_mut(t * width..(t + 1) * width));
                own.into_iter().flatten().zip(g).for_each(|(sum, g)| *sum = *sum + *g);
            }
            Tensor::real(dims, sums)
        }
        Op::Within { steps, stride, offset } => {
            let within = |length: &i32| {
                let length = i64::from(*length);
                (0..*steps).map(move |t| {
                    T::from_f32(if ((stride * t) as i64 + *offset as i64) < length { 1.0 } else { 0.0 })
                })
            };
            Tensor::real(dims, x(0).as_ints().iter().flat_map(within).collect())
        }
        Op::DropSquares { size, shared } => {
            let squares = Squares::of(&dims[1..], *size, *shared);
            drop_squares(x(0).as_keys(), x(1).as_ints()[0].cast_unsigned(), x(2), &squares)
        }
        Op::Neg => unary(&|a| -a),
        Op::Abs => unary(&T::abs),
        Op::Exp => unary(&|a| a.exp(fma)),
        Op::Log => unary(&|a| a.log(fma)),
        Op::Sqrt => unary(&T::sqrt),
        Op::Tanh => unary(&|a| a.tanh(fma)),
        Op::Sigmoid => unary(&|a| a.sigmoid(fma)),
        Op::Softplus => unary(&|a| a.softplus(fma)),
        Op::Erf => unary(&|a| a.erf(fma)),
        Op::Detach => x(0).clone(),
        Op::Add => binary(&|a, b| a + b),
        Op::Sub => binary(&|a, b| a - b),
        Op::Mul => binary(&|a, b| a * b),
        Op::Div => binary(&|a, b| a / b),
        Op::Max => binary(&|a, b| if b < a { a } else { b }),
        Op::Min => binary(&|a, b| if a < b { a } else { b }),
        Op::Less => {
            let pairs = x(0).reals().iter().zip(x(1).reals());
            Tensor::bools(dims, pairs.map(|(a, b)| a < b).collect())
        }
        Op::Select => {
            let branches = x(1).reals().iter().zip(x(2).reals());
            let picked = x(0).as_bools().iter().zip(branches).map(|(c, (a, b))| if *c { *a } else { *b });
            Tensor::real(dims, picked.collect())
        }
        Op::OneHot { classes } => {
            let one_hot = |label: &i32| {
                let label = *label;
                (0..*classes).map(move |k| T::from_f32(if k as i64 == i64::from(label) { 1.0 } else { 0.0 }))
            };
            Tensor::real(dims, x(0).as_ints().iter().flat_map(one_hot).collect())
        }
        Op::Broadcast { axes, .. } => {
            let mut repeated = vec![0; dims.len()];
            for (stride, axis) in strides(&x(0).dims).into_iter().zip(axes) {
                repeated[*axis] = stride;
            }
            x(0).gather(dims, &offsets(dims, &repeated))
        }
        Op::Reduce { reduction, axes } => reduce(x(0), *reduction, axes, dims),
        Op::Reshape { .. } => Tensor::real(dims, x(0).reals().to_vec()),
        Op::Transpose { permutation } => {
            x(0).gather(dims, &offsets(dims, &at(&strides(&x(0).dims), permutation)))
        }
        Op::Slice { axis, start, .. } => {
            let strides = strides(&x(0).dims);
            let inside = offsets(dims, &strides).into_iter().map(|o| o + start * strides[*axis]);
            x(0).gather(dims, &inside.collect::<Vec<_>>())
        }
        Op::Pad { axis, before, .. } => place(dims, *axis, &[(x(0), *before)]),
        Op::Concat { axis } => {
            let mut start = 0;
            let mut parts = Vec::with_capacity(operands.len());
            for part in operands {
                parts.push((*part, start));
                start += part.dims[*axis];
            }
            place(dims, *axis, &parts)
        }
        Op::Windows { geometry, pad } => {
            let (data, pad) = (x(0).reals(), T::from_f32(*pad));
            let sources = geometry.sources(&x(0).dims);
            Tensor::real(dims, sources.into_iter().map(|at| at.map_or(pad, |at| data[at])).collect())
        }
        Op::Overlap { geometry } => {
            let mut data = vec![T::from_f32(0.0); dims.iter().product()];
            for (at, value) in geometry.sources(dims).into_iter().zip(x(0).reals()) {
                if let Some(at) = at {
                    data[at] = data[at] + *value;
                }
            }
            Tensor::real(dims, data)
        }
        Op::IsFirst { axes } => is_first(x(0), axes, dims),
        Op::Attend(form) => attention::attend(form, operands, None, fma),
        Op::AttendBack(form) => attention::attend_back(form, x(0), &operands[2..], None, fma),
        Op::Waves { places, width, apart } => {
            Tensor::real(dims, waves(*places, *width, *apart).into_iter().map(T::from_f32).collect())
        }
        Op::Spectra(form) => spectra::spectra(form, x(0), dims),
        Op::SpectraBack(form) => spectra::back(form, x(0), x(1), dims),
        Op::Table(table) => {
            Tensor::real(dims, table.weights().into_iter().map(|w| T::from_f32(w as f32)).collect())
        }
        Op::Moments => moments(x(0), dims),
        Op::Contract { batch, over } => contract(x(0), x(1), batch, over, dims),
        Op::Scan(scan) => crate::graph::scan::run(scan, operands, dims, fma),
        Op::Input { .. }
        | Op::Target { .. }
        | Op::Param(_)
        | Op::Slot(_)
        | Op::State(_)
        | Op::Scalar(_)
        | Op::Const(_)
        | Op::RowKey(_)
        | Op::Enter(_) => ice("a source is bound, not computed", &op.mnemonic()),
    }
}

/// Draws for all units of all keys.
fn draw<T: Real>(
    keys: &Tensor<T>,
    shared: &[bool],
    dims: &[usize],
    of: &dyn Fn(u64, u32) -> f32,
) -> Tensor<T> {
    let units = draws::units(&dims[keys.dims.len()..], shared);
    let all = keys.as_keys().iter().flat_map(|key| units.iter().map(|u| T::from_f32(of(*key, *u as u32))));
    Tensor::real(dims, all.collect())
}

/// Rows without their squares; a key a row, or one for all.
fn drop_squares<T: Real>(keys: &[u64], threshold: u32, x: &Tensor<T>, squares: &Squares) -> Tensor<T> {
    let width: usize = x.dims[1..].iter().product();
    let rows = x.reals().chunks_exact(width).zip(keys.iter().cycle());
    let kept = rows.flat_map(|(row, key)| {
        let dropped = squares.dropped(*key, threshold);
        row.iter()
            .zip(dropped)
            .map(|(x, dropped)| if dropped { T::from_f32(0.0) } else { *x })
            .collect::<Vec<T>>()
    });
    Tensor::real(&x.dims, kept.collect())
}

fn reduce<T: Real>(x: &Tensor<T>, reduction: Reduction, axes: &[usize], dims: &[usize]) -> Tensor<T> {
    let kept: Vec<usize> = (0..x.dims.len()).filter(|axis| !axes.contains(axis)).collect();
    let strides = strides(&x.dims);
    let inner = offsets(&at(&x.dims, axes), &at(&strides, axes));
    let data = x.reals();
    let fold = |base: usize| {
        let items = inner.iter().map(|o| data[base + o]);
        match reduction {
            Reduction::Sum => items.fold(T::from_f32(0.0), |sum, a| sum + a),
            Reduction::Max | Reduction::First => {
                items.fold(T::from_f32(f32::NEG_INFINITY), |top, a| if a < top { top } else { a })
            }
        }
    };
    let outer = offsets(&at(&x.dims, &kept), &at(&strides, &kept));
    Tensor::real(dims, outer.into_iter().map(fold).collect())
}

fn is_first<T: Real>(x: &Tensor<T>, axes: &[usize], dims: &[usize]) -> Tensor<T> {
    let kept: Vec<usize> = (0..dims.len()).filter(|axis| !axes.contains(axis)).collect();
    let strides = strides(dims);
    let inner = offsets(&at(dims, axes), &at(&strides, axes));
    let data = x.reals();
    let mut marks = vec![T::from_f32(0.0); data.len()];
    for base in offsets(&at(dims, &kept), &at(&strides, &kept)) {
        let higher = |top: usize, o: usize| if data[base + top] < data[base + o] { o } else { top };
        if let Some(first) = inner.iter().copied().reduce(higher) {
            marks[base + first] = T::from_f32(1.0);
        }
    }
    Tensor::real(dims, marks)
}

/// Means of channels, then sums of squares around them.
fn moments<T: Real>(x: &Tensor<T>, dims: &[usize]) -> Tensor<T> {
    let channels = dims[0] / 2;
    let rows = x.reals().chunks_exact(channels);
    let count = T::from_f32(rows.len() as f32);
    let mut means = vec![T::from_f32(0.0); channels];
    for row in rows.clone() {
        means.iter_mut().zip(row).for_each(|(sum, x)| *sum = *sum + *x);
    }
    means.iter_mut().for_each(|sum| *sum = *sum / count);
    let mut squares = vec![T::from_f32(0.0); channels];
    for row in rows {
        for ((sum, x), mean) in squares.iter_mut().zip(row).zip(&means) {
            *sum = *sum + (*x - *mean) * (*x - *mean);
        }
    }
    Tensor::real(dims, [means, squares].concat())
}

/// Zeros of `dims` with parts laid in along `axis`, each at its start.
fn place<T: Real>(dims: &[usize], axis: usize, parts: &[(&Tensor<T>, usize)]) -> Tensor<T> {
    let mut data = vec![T::from_f32(0.0); dims.iter().product()];
    let strides = strides(dims);
    for (part, start) in parts {
        for (to, value) in offsets(&part.dims, &strides).into_iter().zip(part.reals()) {
            data[to + start * strides[axis]] = *value;
        }
    }
    Tensor::real(dims, data)
}

fn contract<T: Real>(
    left: &Tensor<T>,
    right: &Tensor<T>,
    batch: &[(usize, usize)],
    over: &[(usize, usize)],
    dims: &[usize],
) -> Tensor<T> {
    let (batch_l, batch_r): (Vec<usize>, Vec<usize>) = batch.iter().copied().unzip();
    let (over_l, over_r): (Vec<usize>, Vec<usize>) = over.iter().copied().unzip();
    let free = |x: &Tensor<T>, batch: &[usize], over: &[usize]| -> Vec<usize> {
        (0..x.dims.len()).filter(|axis| !batch.contains(axis) && !over.contains(axis)).collect()
    };
    let walk = |x: &Tensor<T>, axes: &[usize]| offsets(&at(&x.dims, axes), &at(&strides(&x.dims), axes));
    let (free_l, free_r) =
        (walk(left, &free(left, &batch_l, &over_l)), walk(right, &free(right, &batch_r, &over_r)));
    let (sum_l, sum_r) = (walk(left, &over_l), walk(right, &over_r));
    let (a, b) = (left.reals(), right.reals());

    let mut data = Vec::with_capacity(dims.iter().product());
    for (base_l, base_r) in walk(left, &batch_l).into_iter().zip(walk(right, &batch_r)) {
        for l in &free_l {
            for r in &free_r {
                let terms = sum_l.iter().zip(&sum_r).map(|(k, m)| a[base_l + l + k] * b[base_r + r + m]);
                data.push(terms.fold(T::from_f32(0.0), |sum, term| sum + term));
            }
        }
    }
    Tensor::real(dims, data)
}
