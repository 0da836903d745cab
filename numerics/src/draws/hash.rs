//! The counter hash behind every mask: which unit of which row is dropped is a function of coordinates, never of an order of calls.
//!
//! seed, site and epoch (training) or sample (prediction) make a *stream* on the host; stream and position make a *row key*; row key and
//! unit make a draw. The constants and the order of steps never change within edition 1: the tests hold known answers.
//! Functions over [`Arith`] are those that native code runs on lanes; the others are the host's and the interpreter's.

use super::words::{Host, key_of_row, mix};
use crate::math::{Arith, Scalar32, erfinv};

/// Tells the streams of training from those of prediction.
const TRAIN: u64 = 0x7472_6169_6e00_0000; // "train" in ASCII
const PREDICT: u64 = 0x7072_6564_6963_7400; // "predict"

/// Tells the streams of augmentation from both.
const AUGMENT: u64 = 0x6175_676d_656e_7400; // "augment"

/// The finaliser of splitmix64, on a number of the host.
#[must_use]
#[inline]
pub fn mix64(x: u64) -> u64 {
    mix(&mut Host, x)
}

/// The 64-bit hash of Fowler, Noll and Vo, variant 1a.
#[must_use]
pub fn fnv1a64(text: &str) -> u64 {
    text.bytes().fold(0xCBF2_9CE4_8422_2325, |h, byte| (h ^ u64::from(byte)).wrapping_mul(0x0100_0000_01B3))
}

/// The identity of a site: a hash of the instance path that `summary` shows.
#[must_use]
pub fn site_key(path: &str) -> u64 {
    mix64(fnv1a64(path))
}

/// The stream of a site in one epoch of training; for sites with one mask a step, epoch 0 throughout.
#[must_use]
pub fn train_stream(seed: u64, site: u64, epoch: u64) -> u64 {
    mix64(mix64(mix64(seed ^ TRAIN) ^ site) ^ epoch)
}

/// The stream of a site in one Monte-Carlo sample of prediction.
#[must_use]
pub fn predict_stream(seed: u64, site: u64, sample: u64) -> u64 {
    mix64(mix64(mix64(seed ^ PREDICT) ^ site) ^ sample)
}

/// The stream of a statement of `augment` in one epoch; `site` is the key of its path.
#[must_use]
pub fn augment_stream(seed: u64, site: u64, epoch: u64) -> u64 {
    mix64(mix64(mix64(seed ^ AUGMENT) ^ site) ^ epoch)
}

/// The key of a row. `position`: place in the epoch's shuffled order, row number of the input, or ordinal of the update.
#[must_use]
#[inline]
pub fn row_key(stream: u64, position: u64) -> u64 {
    key_of_row(&mut Host, stream, position)
}

/// 32 random bits of counter `j` under a row key given in halves. Two multiplications (C. Wellons' search, 2018), with the key's high half
/// mixed in between so that rows which share the low half differ.
pub fn hash32<A: Arith>(a: &mut A, row_low: A::I, row_high: A::I, j: A::I) -> A::I {
    let x = a.iadd(j, row_low);
    let y = a.shr(x, 16);
    let x = a.ixor(x, y);
    let first = a.i32(0x21F0_AAAD);
    let x = a.imul(x, first);
    let x = a.iadd(x, row_high);
    let y = a.shr(x, 15);
    let x = a.ixor(x, y);
    let second = a.i32(0xD35A_2D97_u32.cast_signed());
    let x = a.imul(x, second);
    let y = a.shr(x, 15);
    a.ixor(x, y)
}

/// Where the draw of `unit` lies: the hash's counter, and whether it is the low half. Four neighbouring counters serve eight neighbouring units.
#[must_use]
pub const fn draw_place(unit: u32) -> (u32, bool) {
    let (k, r) = (unit / 8, unit % 8);
    (4 * k + (r & 3), r < 4)
}

/// Dropped or not by the low half of `hash`, against [`super::threshold`]: one shift and one signed comparison.
pub fn dropped_low<A: Arith>(a: &mut A, hash: A::I, threshold: A::I) -> A::M {
    let high = a.shl(hash, 16);
    a.ilt(high, threshold)
}

/// Dropped or not by the high half of `hash`; the low half cannot change the comparison, as `threshold` ends in 16 zeros.
pub fn dropped_high<A: Arith>(a: &mut A, hash: A::I, threshold: A::I) -> A::M {
    a.ilt(hash, threshold)
}

/// A standard normal deviate of 23 bits of `hash`: the normal quantile at the midpoint of one of 2^23 equal intervals. |z| < 5.4.
pub fn normal_of<A: Arith>(a: &mut A, hash: A::I) -> A::F {
    let k = a.shr(hash, 9);
    let k = a.to_f32(k);
    // Both exact: ((k + 1/2) 2^-22 - 1) has 24 bits.
    let scale = a.f32(1.0 / 4_194_304.0);
    let start = a.f32(0.5 / 4_194_304.0 - 1.0);
    let x = a.fma(k, scale, start);
    let z = erfinv(a, x);
    let sqrt2 = a.f32(std::f32::consts::SQRT_2);
    a.mul(z, sqrt2)
}

/// 32 random bits of counter `j` of a row: see [`hash32`].
#[must_use]
#[inline]
pub fn bits32(row: u64, j: u32) -> u32 {
    let [low, high] = halves(row);
    hash32(&mut Scalar32 { fma: false }, low, high, j.cast_signed()).cast_unsigned()
}

/// A row key as native code takes it: `[low, high]`.
#[must_use]
pub const fn halves(row: u64) -> [i32; 2] {
    [row as u32 as i32, (row >> 32) as u32 as i32]
}

/// The 16-bit draw of a unit, uniform on 0..65536.
#[must_use]
#[inline]
pub fn draw16(row: u64, unit: u32) -> u16 {
    let (j, low) = draw_place(unit);
    let h = bits32(row, j);
    let half = if low { h as u16 } else { (h >> 16) as u16 };
    half ^ 0x8000
}

/// Whether a unit is kept at the quantised rate `q`.
#[must_use]
#[inline]
pub fn kept(row: u64, unit: u32, q: u32) -> bool {
    u32::from(draw16(row, unit)) >= q
}

/// A unit's standard normal deviate.
#[must_use]
#[inline]
pub fn normal(row: u64, unit: u32, fma: bool) -> f32 {
    normal_of(&mut Scalar32 { fma }, bits32(row, unit).cast_signed())
}
