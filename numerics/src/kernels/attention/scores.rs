//! From scores of a query to weights of keys, a line at a time: loops that are compiled for the widest vectors of the processor.

use std::hint::black_box;

use super::Draws;
use crate::draws::{self, hash32};
use crate::math::{self, Scalar32};

/// Numbers that are added up side by side.
const SIDE: usize = 16;

/// What becomes of the scores of one query.
#[derive(Clone, Copy)]
pub(super) struct Scores {
    /// Keys that it sees: the first ones.
    pub seen: usize,
    pub place: usize,
    /// What a score loses for each place between.
    pub slope: f32,
    pub draws: Option<Draws>,
    /// Number of the unit of key 0.
    pub unit: u32,
}

impl Scores {
    /// Turns scores into powers with zeros where a weight is dropped or a key is not seen. What they are to be multiplied by is answered.
    pub fn weigh(&self, scores: &mut [f32], kept: &mut [f32]) -> f32 {
        widest!(weigh(self, scores, kept))
    }

    /// Turns scores into weights as they act, and what flows to what they multiply into what flows to the scores. `mean` is the mean of the latter
    /// by the weights.
    pub fn flow(&self, scores: &mut [f32], flows: &mut [f32], kept: &mut [f32], mean: f32, scale: f32) {
        widest!(flow(self, scores, flows, kept, mean, scale))
    }
}

/// A function of the form `f::<FUSED>(...)`, compiled for AVX-512, for AVX2 with fused products, and as it is.
macro_rules! widest {
    ($of:ident($($arg:expr),*)) => {{
        #[cfg(target_arch = "x86_64")]
        {
            if is_x86_feature_detected!("avx512f") && is_x86_feature_detected!("avx512bw") && is_x86_feature_detected!("avx512vl") {
                // SAFETY: the processor has what the function is compiled for.
                return unsafe { wide::$of($($arg),*) };
            }
            if is_x86_feature_detected!("avx2") && is_x86_feature_detected!("fma") {
                // SAFETY: likewise.
                return unsafe { half::$of($($arg),*) };
            }
        }
        $of::<false>($($arg),*)
    }};
}
use widest;

macro_rules! compiled {
    ($module:ident, $features:literal) => {
        #[cfg(target_arch = "x86_64")]
        mod $module {
            use super::Scores;

            #[target_feature(enable = $features)]
            pub fn weigh(of: &Scores, scores: &mut [f32], kept: &mut [f32]) -> f32 {
                super::weigh::<true>(of, scores, kept)
            }

            #[target_feature(enable = $features)]
            pub fn flow(
                of: &Scores,
                scores: &mut [f32],
                flows: &mut [f32],
                kept: &mut [f32],
                mean: f32,
                scale: f32,
            ) {
                super::flow::<true>(of, scores, flows, kept, mean, scale);
            }
        }
    };
}
compiled!(wide, "avx512f,avx512bw,avx512vl,avx512dq,avx2,fma");
compiled!(half, "avx2,fma");

#[inline(always)]
fn weigh<const FUSED: bool>(of: &Scores, scores: &mut [f32], kept: &mut [f32]) -> f32 {
    let sum = powers::<FUSED>(of, scores);
    let Some(draws) = of.draws else { return if sum == 0.0 { 0.0 } else { 1.0 / sum } };
    let kept = &mut kept[..scores.len()];
    keep(kept, draws, of.unit);
    scores.iter_mut().zip(&*kept).for_each(|(score, kept)| *score *= kept);
    if sum == 0.0 { 0.0 } else { draws::scale(draws.q) / sum }
}

#[inline(always)]
fn flow<const FUSED: bool>(
    of: &Scores,
    scores: &mut [f32],
    flows: &mut [f32],
    kept: &mut [f32],
    mean: f32,
    scale: f32,
) {
    let sum = powers::<FUSED>(of, scores);
    let share = if sum == 0.0 { 0.0 } else { 1.0 / sum };
    let Some(draws) = of.draws else {
        for (score, flow) in scores.iter_mut().zip(flows) {
            *score *= share;
            *flow = *score * (*flow - mean) * scale;
        }
        return;
    };
    let kept = &mut kept[..scores.len()];
    keep(kept, draws, of.unit);
    let gain = draws::scale(draws.q);
    for ((score, flow), kept) in scores.iter_mut().zip(flows).zip(&*kept) {
        let (weight, factor) = (*score * share, *kept * gain);
        *score = weight * factor;
        *flow = weight * (*flow * factor - mean) * scale;
    }
}

/// Powers of the scores less their largest, zero for keys that are not seen; their sum.
#[inline(always)]
fn powers<const FUSED: bool>(of: &Scores, scores: &mut [f32]) -> f32 {
    if of.slope != 0.0 {
        for (key, score) in scores.iter_mut().enumerate() {
            *score -= of.slope * of.place.abs_diff(key) as f32;
        }
    }
    scores[of.seen..].fill(f32::NEG_INFINITY);
    let mut tops = [f32::NEG_INFINITY; SIDE];
    for side in scores.chunks_exact(SIDE) {
        for (top, score) in tops.iter_mut().zip(side) {
            *top = if *top < *score { *score } else { *top };
        }
    }
    let top = tops.into_iter().fold(f32::NEG_INFINITY, |a, b| if a < b { b } else { a });
    if top == f32::NEG_INFINITY {
        scores.fill(0.0);
        return 0.0;
    }
    let mut sums = [0.0; SIDE];
    for side in scores.chunks_exact_mut(SIDE) {
        for (sum, score) in sums.iter_mut().zip(side) {
            *score = math::exp(&mut Scalar32 { fma: FUSED }, *score - top);
            *sum += *score;
        }
    }
    sums.into_iter().sum()
}

/// 1 for each unit from `unit` on, a multiple of 8, that is kept, and 0 for the others: a multiple of 32 of them, sixteen hashes for thirty-two.
#[inline(always)]
fn keep(kept: &mut [f32], Draws { key: [low, high], q }: Draws, unit: u32) {
    let threshold = draws::threshold(q);
    let mut host = Scalar32 { fma: false };
    for (number, kept) in kept.chunks_exact_mut(32).enumerate() {
        // A block at a time: what a compiler makes of several at once are scattered stores.
        let first = black_box((unit / 2 + 16 * number as u32).cast_signed());
        let mut hashes = [0; 16];
        for (i, hash) in hashes.iter_mut().enumerate() {
            *hash = hash32(&mut host, low, high, first.wrapping_add(i as i32));
        }
        let (mut lows, mut highs) = ([0.0; 16], [0.0; 16]);
        for i in 0..16 {
            lows[i] = if (hashes[i] << 16) < threshold { 0.0 } else { 1.0 };
            highs[i] = if hashes[i] < threshold { 0.0 } else { 1.0 };
        }
        for (four, kept) in kept.chunks_exact_mut(8).enumerate() {
            kept[..4].copy_from_slice(&lows[4 * four..][..4]);
            kept[4..].copy_from_slice(&highs[4 * four..][..4]);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// As every other way to draw has it, for any place of a line.
    #[test]
    fn lines_of_draws_are_the_units() {
        for (row, unit, q) in
            [(7_u64, 0_u32, 6554), (1 << 40, 4096 * 4096 * 3 + 4096 * 17, 32768), (u64::MAX, 4096, 1)]
        {
            let mut kept = vec![7.0; 96];
            keep(&mut kept, Draws { key: draws::halves(row), q }, unit);
            for (i, kept) in kept.into_iter().enumerate() {
                let own = draws::kept(row, unit + i as u32, q);
                assert_eq!(kept, f32::from(u8::from(own)), "{row} {unit} {i}");
            }
        }
    }

    #[test]
    fn a_query_that_sees_nothing_weighs_nothing() {
        let of = Scores { seen: 0, place: 3, slope: 0.5, draws: None, unit: 0 };
        let (mut scores, mut kept) = (vec![1.0; 32], vec![0.0; 32]);
        assert_eq!(of.weigh(&mut scores, &mut kept), 0.0);
        assert_eq!(scores, vec![0.0; 32]);
    }
}
