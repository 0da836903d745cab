//! What `dropout` multiplies by, as graphs: one function a kind.

use super::{
    super::{Each, Lower},
    scope,
};
use crate::{
    draws::{self, Squares},
    graph::{Address, DType, Dim, Mode, ScalarDef, ValueId},
    vocab::Timed,
};

/// The key and the shared axes of this node's draws.
fn address(cx: &mut Lower<'_>) -> (ValueId, Vec<usize>, Vec<bool>) {
    let scope = scope(cx.args);
    let whole_batch = match scope.rows {
        Each::Row => false,
        Each::Step => true,
        Each::Sample => cx.mode == Mode::Mc,
    };
    let (dims, shared) = (cx.input_ty().sizes(), scope.along(cx.input_ty()));
    (cx.site_key(if whole_batch { Address::Update } else { Address::Row }), dims, shared)
}

/// 1 where kept, 0 where dropped, in the shape of the input.
pub(super) fn mask(cx: &mut Lower<'_>, rate: Timed) -> ValueId {
    let (key, dims, shared) = address(cx);
    let q = cx.scalar("q", DType::I32, ScalarDef::Threshold(rate));
    if let [x, tokens] = *cx.inputs() {
        let mask = cx.b.keep_mask_at(key, q, tokens);
        if cx.input_types[1].categories().is_none() {
            return cx.b.broadcast_like(mask, x, &[0, 1]);
        }
        // One of each row.
        let mask = cx.b.reshape(mask, &[Dim::Batch]);
        return cx.b.broadcast_like(mask, x, &[0]);
    }
    let mask = cx.b.keep_mask(key, q, &dims, &shared);
    cx.b.along_last(mask, cx.input())
}

/// Squares of zeros, and what is left over the share that is kept on average (Ghiasi, Lin and Le 2018).
pub(super) fn squares(cx: &mut Lower<'_>, rate: Timed) -> ValueId {
    let (key, dims, shared) = address(cx);
    let size = cx.args.count("size");
    let shared = shared.last() == Some(&true);
    let squares = Squares::of(&dims, size, shared);
    let q = cx.scalar("q", DType::I32, ScalarDef::Seeds(squares, rate));
    let kept = cx.b.drop_squares(key, q, cx.input(), size, shared);
    let scale = cx.scalar("scale", DType::F32, ScalarDef::InverseKeepOfSquares(squares, rate));
    cx.b.mul(kept, scale)
}

/// `x (1 + z sqrt(p / (1 - p)))`.
pub(super) fn gaussian(cx: &mut Lower<'_>, rate: Timed) -> ValueId {
    let (key, dims, shared) = address(cx);
    let noise = cx.b.noise(key, &dims, &shared);
    let noise = cx.b.along_last(noise, cx.input());
    let sd = cx.scalar("sd", DType::F32, ScalarDef::OfRate(|p| (p / (1.0 - p)).sqrt(), rate));
    let spread = cx.b.mul(noise, sd);
    let factor = cx.b.offset(spread, 1.0);
    cx.b.mul(cx.input(), factor)
}

/// The multiplier of Gal, Hron and Kendall (2017): a relaxed coin with probability `sigmoid(logit)` of dropping, over the probability of keeping.
pub(super) fn concrete(cx: &mut Lower<'_>) -> ValueId {
    let (key, dims, shared) = address(cx);
    let logit = cx.b.reshape(cx.param(0), &[]);
    let noise = cx.b.noise(key, &dims, &shared);
    // erf(z / sqrt 2) = 2 u - 1 of a normal deviate z, u uniform.
    let scaled = cx.b.scale(noise, std::f32::consts::FRAC_1_SQRT_2);
    let centred = cx.b.erf(scaled);
    let uniform = logit_of_centred(cx, centred);
    let own = cx.b.spread(logit, uniform);
    let both = cx.b.add(own, uniform);
    let sharp = cx.b.scale(both, (-1.0 / cx.args.number("temperature")) as f32);
    let kept = cx.b.sigmoid(sharp);
    let minus = cx.b.neg(logit);
    let keep = cx.b.sigmoid(minus);
    let keep = cx.b.spread(keep, kept);
    let factor = cx.b.div(kept, keep);
    let factor = cx.b.along_last(factor, cx.input());
    cx.b.mul(cx.input(), factor)
}

/// `ln((1 + x) / (1 - x))`, kept finite as in the authors' code.
fn logit_of_centred(cx: &mut Lower<'_>, x: ValueId) -> ValueId {
    const TINY: f32 = 2e-7;
    let above = cx.b.offset(x, 1.0 + TINY);
    let minus = cx.b.neg(x);
    let below = cx.b.offset(minus, 1.0 + TINY);
    let (above, below) = (cx.b.log(above), cx.b.log(below));
    cx.b.sub(above, below)
}

/// What `selu` goes to far below zero.
const SATURATION: f64 = -1.758_099_340_847_376_6;

fn alpha_gain(p: f64) -> f64 {
    let keep = draws::keep(p);
    (keep + SATURATION * SATURATION * keep * (1.0 - keep)).powf(-0.5)
}

fn alpha_shift(p: f64) -> f64 {
    -alpha_gain(p) * (1.0 - draws::keep(p)) * SATURATION
}

/// Klambauer's: dropped units go to `-lambda alpha`, then an affine map restores mean 0 and variance 1.
pub(super) fn alpha(cx: &mut Lower<'_>, rate: Timed) -> ValueId {
    let mask = mask(cx, rate);
    let x = cx.input();
    let low = cx.b.splat(SATURATION as f32, x);
    let zero = cx.b.splat(0.0, x);
    let kept = cx.b.less(zero, mask);
    let mixed = cx.b.select(kept, x, low);
    let gain = cx.scalar("gain", DType::F32, ScalarDef::OfRate(alpha_gain, rate));
    let shift = cx.scalar("shift", DType::F32, ScalarDef::OfRate(alpha_shift, rate));
    let scaled = cx.b.mul(mixed, gain);
    cx.b.add(scaled, shift)
}
