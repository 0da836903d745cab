//! Means of channels and sums of squares around them: of a shard of maps, and of shards brought together (Chan, Golub and LeVeque 1983).
//!
//! A shard is read twice, the second time around its own means while it lies in a cache, so that what numbers have in common takes nothing from
//! their spread. Sums are of every fourth place each; no vector width changes a bit.

use super::lanes::{Lanes, add, by_vectors, scale, sub, widened};

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

/// Moments that are brought together in the fixed tree (stride 1, 2, 4, ...): rows of `channels` means and as many sums of squares.
#[derive(Clone, Copy)]
pub struct Joined {
    pub channels: usize,
    /// Places of a shard; the last one has what is left.
    pub shard: usize,
}

impl Joined {
    /// The moments of the shards of `places` places become those of the first. Places lie in blocks of `block`, the last with what is left, each with room
    /// for the moments of `room` shards: those of a block are joined first, then blocks.
    ///
    /// # Panics
    /// If there are fewer moments than shards.
    pub fn join(self, moments: &mut [f32], (block, room): (usize, usize), places: usize) {
        let block = block.max(1);
        for (number, first) in (0..places).step_by(block).enumerate() {
            let own = &mut moments[number * room * 2 * self.channels..];
            tree(own, (self.channels, 1), self.shard, block.min(places - first));
        }
        tree(moments, (self.channels, room), block, places);
    }
}

/// The tree over sets of `each` places, the last with what is left of `places`, whose moments are so many rows apart.
fn tree(moments: &mut [f32], (channels, apart): (usize, usize), each: usize, places: usize) {
    let sets = places.div_ceil(each.max(1));
    let count = |sets: std::ops::Range<usize>| (sets.end * each).min(places) - sets.start * each;
    let row = 2 * channels * apart;
    let mut stride = 1;
    while stride < sets {
        for low in (0..sets - stride).step_by(2 * stride) {
            let high = low + stride;
            let (of_low, of_high) = (count(low..high), count(high..(high + stride).min(sets)));
            let (left, right) = moments.split_at_mut(high * row);
            join((&mut left[low * row..], of_low), (right, of_high), channels);
        }
        stride *= 2;
    }
}

/// The moments of two sets of so many numbers each, in place of the first's.
fn join((a, of_a): (&mut [f32], usize), (b, of_b): (&[f32], usize), channels: usize) {
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
        Joined { channels, shard: grain }.join(&mut moments, (places, 0), places);
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
