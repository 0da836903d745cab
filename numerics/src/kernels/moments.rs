//! Means of channels and sums of squares around them: of a shard of maps, and of shards brought together (Chan, Golub and LeVeque 1983).
//!
//! A shard is read twice, the second time around its own means while it lies in a cache, so that what numbers have in common takes nothing from
//! their spread. Sums are of every fourth place each; no vector width changes a bit.

use std::ops::Range;

use super::lanes::{Lanes, add, by_vectors, scale, sub, widened};
use super::tree::{Pair, Runs, pairs};

/// Sums that run beside each other.
const SUMS: usize = 4;

/// Places one behind another, each of so many channels.
#[derive(Clone, Copy)]
pub struct Shard {
    pub start: *const f32,
    pub places: usize,
    pub channels: usize,
}

impl Shard {
    widened! { Shard:
        /// Writes the means of the channels to `to`, and the sums of squares around them behind.
        ///
        /// # Safety
        /// The places, of which there are some, may be read, and `to` written for twice the channels.
        pub moments = moments_of(to: *mut f32)
    }
}

#[inline(always)]
unsafe fn moments_of(shard: &Shard, wide: bool, to: *mut f32) {
    // SAFETY: the caller's contract.
    unsafe { by_vectors!(wide, shard.channels, |channel| moments_of_vector::<L>(shard, channel, to)) };
}

#[inline(always)]
unsafe fn moments_of_vector<const L: usize>(shard: &Shard, channel: usize, to: *mut f32) {
    let share = 1.0 / shard.places as f32;
    // SAFETY: the caller's contract.
    unsafe {
        let at = |place: usize| {
            shard.start.add(place * shard.channels + channel).cast::<[f32; L]>().read_unaligned()
        };
        let mean = scale(share, summed(shard.places, at));
        let squares = summed(shard.places, |place| squared(sub(at(place), mean)));
        to.add(channel).cast::<[f32; L]>().write_unaligned(mean);
        to.add(shard.channels + channel).cast::<[f32; L]>().write_unaligned(squares);
    }
}

#[inline(always)]
fn squared<const L: usize>(a: Lanes<L>) -> Lanes<L> {
    let mut squares = a;
    for lane in 0..L {
        squares[lane] = a[lane] * a[lane];
    }
    squares
}

#[inline(always)]
fn summed<const L: usize>(places: usize, of: impl Fn(usize) -> Lanes<L>) -> Lanes<L> {
    let mut sums = [[0.0; L]; SUMS];
    let whole = places - places % SUMS;
    for first in (0..whole).step_by(SUMS) {
        for (i, sum) in sums.iter_mut().enumerate() {
            *sum = add(*sum, of(first + i));
        }
    }
    for (sum, place) in sums.iter_mut().zip(whole..places) {
        *sum = add(*sum, of(place));
    }
    let [a, b, c, d] = sums;
    add(add(a, b), add(c, d))
}

/// Moments that are brought together in the fixed tree: rows of `channels` means and as many sums of squares.
#[derive(Clone, Copy)]
pub struct Joined {
    pub channels: usize,
    /// Places of a shard; the last one has what is left.
    pub shard: usize,
    /// Places of a block, of which the last has what is left.
    pub block: usize,
    /// Shards whose moments a block has room for.
    pub room: usize,
    /// Of all blocks.
    pub places: usize,
}

impl Joined {
    /// The moments of all shards become those of the first: those of a block are joined first, then blocks.
    ///
    /// # Panics
    /// If there are fewer moments than shards.
    pub fn join(self, moments: &mut [f32]) {
        self.join_run(moments, Runs::one(self.blocks()), 0);
    }

    /// The same of the blocks of one run, the first of which begins the moments: nodes of the tree are left.
    ///
    /// # Panics
    /// If there are fewer moments than shards.
    pub fn join_run(self, moments: &mut [f32], runs: Runs, run: usize) {
        let (own, row) = (runs.of(run), 2 * self.channels);
        for block in own.clone() {
            let places = self.places_of(block..block + 1);
            let shards = &mut moments[(block - own.start) * self.room * row..];
            let count =
                |shards: Range<usize>| (shards.end * self.shard).min(places) - shards.start * self.shard;
            for pair in pairs(places.div_ceil(self.shard.max(1))) {
                let (left, right) = shards.split_at_mut(pair.high * row);
                let of = (count(pair.low..pair.high), count(pair.high..pair.end));
                join(&mut left[pair.low * row..], right, of, self.channels);
            }
        }
        for pair in runs.within(run) {
            let at = |block: usize| (block - own.start) * self.room * row;
            let (left, right) = moments.split_at_mut(at(pair.high));
            self.take_in(&mut left[at(pair.low)..], right, pair);
        }
    }

    /// The moments of the blocks of a pair, in place of those of the lower ones.
    ///
    /// # Panics
    /// If there are no moments.
    pub fn take_in(self, low: &mut [f32], high: &[f32], Pair { low: first, high: middle, end }: Pair) {
        let of = (self.places_of(first..middle), self.places_of(middle..end));
        join(low, high, of, self.channels);
    }

    /// Blocks that have some places.
    pub fn blocks(self) -> usize {
        self.places.div_ceil(self.block.max(1))
    }

    fn places_of(self, blocks: Range<usize>) -> usize {
        (blocks.end * self.block).min(self.places) - (blocks.start * self.block).min(self.places)
    }
}

/// The moments of two sets of so many numbers each, in place of the first's.
fn join(a: &mut [f32], b: &[f32], (of_a, of_b): (usize, usize), channels: usize) {
    let all = (of_a + of_b) as f64;
    let (share, weight) = ((of_b as f64 / all) as f32, (of_a as f64 * (of_b as f64 / all)) as f32);
    let (means, squares) = a[..2 * channels].split_at_mut(channels);
    for channel in 0..channels {
        let apart = b[channel] - means[channel];
        means[channel] += apart * share;
        squares[channel] += b[channels + channel] + apart * apart * weight;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Numbers between 999 and 1001, whose spread a sum of squares less a square of sums would lose in f32.
    fn numbers(places: usize, channels: usize) -> Vec<f32> {
        (0..places * channels).map(|i| 1000.0 + (i as f32 * 0.7).sin()).collect()
    }

    fn combined(x: &[f32], channels: usize, grain: usize) -> Vec<f32> {
        let places = x.len() / channels;
        let mut moments = vec![0.0; places.div_ceil(grain) * 2 * channels];
        let shards = x.chunks(grain * channels).zip(moments.chunks_exact_mut(2 * channels));
        for (shard, to) in shards {
            let shard = Shard { start: shard.as_ptr(), places: shard.len() / channels, channels };
            // SAFETY: the shard's places are there, and room for its moments.
            unsafe { shard.moments(to.as_mut_ptr()) };
        }
        Joined { channels, shard: grain, block: places, room: 0, places }.join(&mut moments);
        moments[..2 * channels].to_vec()
    }

    #[test]
    fn moments_of_shards_are_those_of_all_places() {
        for (places, channels, grain) in [(1, 1, 1), (7, 3, 2), (64, 20, 16), (1000, 17, 256)] {
            let x = numbers(places, channels);
            let own = combined(&x, channels, grain);
            for channel in 0..channels {
                let values: Vec<f64> =
                    x.iter().skip(channel).step_by(channels).map(|v| f64::from(*v)).collect();
                let mean = values.iter().sum::<f64>() / places as f64;
                let squares: f64 = values.iter().map(|v| (v - mean).powi(2)).sum();
                assert!((f64::from(own[channel]) - mean).abs() < 2e-4, "{} for {mean}", own[channel]);
                let error = (f64::from(own[channels + channel]) - squares).abs();
                assert!(error <= 1e-4 * squares.max(1.0), "{} for {squares}", own[channels + channel]);
            }
        }
    }
}
