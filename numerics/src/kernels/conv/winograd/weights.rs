//! Filters of 3x3 turned into 4x4 for the products, and gradients turned back.

use std::ops::Range;

use super::PRODUCTS;
use crate::kernels::lanes::{Lanes, add, by_vectors, scale, sub, widened};

/// Channels that are turned together: a line of memory where they become columns.
pub const CHANNELS: usize = 16;

/// Filters `[3, 3, channels, filters]` and what becomes of them.
#[derive(Clone, Copy)]
pub struct Filters {
    pub channels: usize,
    pub filters: usize,
    /// Turned by half a turn, as `[16, filters, channels]`, to take gradients back; else as `[16, channels, filters]`.
    pub inputs: bool,
    pub from: *const f32,
    pub to: *mut f32,
}

impl Filters {
    widened! { Filters:
        /// Turns the filters of some channels, at most [`CHANNELS`] of them.
        ///
        /// # Safety
        /// `from` may be read and the channels' elements of `to` written.
        pub turn = turn_all(channels: Range<usize>)
    }

    fn own(&self) -> usize {
        self.channels * self.filters
    }
}

/// Sixteen matrices of filters by channels, on their way to columns.
type Turned = [[[f32; CHANNELS]; 16]; PRODUCTS];

#[inline(always)]
unsafe fn turn_all(filters: &Filters, wide: bool, channels: Range<usize>) {
    // SAFETY: the caller's contract.
    unsafe {
        if filters.inputs {
            let mut turned: Turned = [[[0.0; CHANNELS]; 16]; PRODUCTS];
            by_vectors!(wide, filters.filters, |filter| turn_block::<L>(
                filters,
                &channels,
                filter,
                &mut turned
            ));
        } else {
            for channel in channels {
                by_vectors!(wide, filters.filters, |filter| turn_vector::<L>(filters, channel, filter));
            }
        }
    }
}

#[inline(always)]
unsafe fn turn_vector<const L: usize>(filters: &Filters, channel: usize, filter: usize) {
    let at = channel * filters.filters + filter;
    // SAFETY: the caller's contract.
    unsafe {
        for (row, line) in filtered::<L>(filters, at).into_iter().enumerate() {
            for (col, values) in line.into_iter().enumerate() {
                let to = filters.to.add((4 * row + col) * filters.own() + at);
                to.cast::<[f32; L]>().write_unaligned(values);
            }
        }
    }
}

/// `L` filters of all `channels`, whose rows are lines of the channels.
#[inline(always)]
unsafe fn turn_block<const L: usize>(
    filters: &Filters,
    channels: &Range<usize>,
    filter: usize,
    turned: &mut Turned,
) {
    // SAFETY: the caller's contract.
    unsafe {
        for (number, channel) in channels.clone().enumerate() {
            for (row, line) in
                filtered::<L>(filters, channel * filters.filters + filter).into_iter().enumerate()
            {
                for (col, values) in line.into_iter().enumerate() {
                    let matrix = &mut turned[4 * mirrored(row) + mirrored(col)];
                    (0..L).for_each(|lane| matrix[lane][number] = values[lane]);
                }
            }
        }
        for (q, matrix) in turned.iter().enumerate() {
            for (lane, line) in matrix.iter().take(L).enumerate() {
                let to =
                    filters.to.add(q * filters.own() + (filter + lane) * filters.channels + channels.start);
                to.copy_from_nonoverlapping(line.as_ptr(), channels.len());
            }
        }
    }
}

/// `G w G'` of the filters at element `at` of each tap.
#[inline(always)]
unsafe fn filtered<const L: usize>(filters: &Filters, at: usize) -> [[Lanes<L>; 4]; 4] {
    // SAFETY: the caller's contract.
    let mut half = [[[0.0; L]; 4]; 3];
    for (col, half) in half.iter_mut().enumerate() {
        let mut column = [[0.0; L]; 3];
        for (row, to) in column.iter_mut().enumerate() {
            // SAFETY: the caller's contract.
            *to = unsafe {
                filters.from.add((row * 3 + col) * filters.own() + at).cast::<[f32; L]>().read_unaligned()
            };
        }
        *half = wide(column);
    }
    let [a, b, c] = half;
    let mut turned = [[[0.0; L]; 4]; 4];
    for (row, turned) in turned.iter_mut().enumerate() {
        *turned = wide([a[row], b[row], c[row]]);
    }
    turned
}

/// Where an element of a turned filter goes when the filter is turned by half a turn.
fn mirrored(place: usize) -> usize {
    [3, 1, 2, 0][place]
}

/// `G g`.
#[inline(always)]
fn wide<const L: usize>([a, b, c]: [Lanes<L>; 3]) -> [Lanes<L>; 4] {
    let (even, odd) = (scale(0.5, add(a, c)), scale(0.5, b));
    [a, add(even, odd), sub(even, odd), c]
}

/// `G' s`.
#[inline(always)]
fn narrow<const L: usize>([a, b, c, d]: [Lanes<L>; 4]) -> [Lanes<L>; 3] {
    let (even, odd) = (scale(0.5, add(b, c)), scale(0.5, sub(b, c)));
    [add(a, even), odd, add(even, d)]
}

/// The sixteen sums over tiles that a gradient of weights is made of, each `[channels, filters]`, and the gradient, in rows `step` apart.
#[derive(Clone, Copy)]
pub(super) struct Sums {
    pub channels: usize,
    pub filters: usize,
    pub from: *const f32,
    pub to: *mut f32,
    pub step: usize,
}

impl Sums {
    widened! { Sums:
        /// Writes the gradient.
        ///
        /// # Safety
        /// `from` may be read, and `to`, a row for each tap and channel, written.
        pub(super) collect = collect_all()
    }
}

#[inline(always)]
unsafe fn collect_all(sums: &Sums, wide: bool) {
    for channel in 0..sums.channels {
        // SAFETY: the caller's contract.
        unsafe { by_vectors!(wide, sums.filters, |filter| collect_vector::<L>(sums, channel, filter)) };
    }
}

#[inline(always)]
unsafe fn collect_vector<const L: usize>(sums: &Sums, channel: usize, filter: usize) {
    let own = sums.channels * sums.filters;
    // SAFETY: the caller's contract.
    unsafe {
        let mut half = [[[0.0; L]; 3]; 4];
        for (col, half) in half.iter_mut().enumerate() {
            let mut column = [[0.0; L]; 4];
            for (row, to) in column.iter_mut().enumerate() {
                let from = sums.from.add((4 * row + col) * own + channel * sums.filters + filter);
                *to = from.cast::<[f32; L]>().read_unaligned();
            }
            *half = narrow(column);
        }
        let [a, b, c, d] = half;
        for row in 0..3 {
            for (col, values) in narrow([a[row], b[row], c[row], d[row]]).into_iter().enumerate() {
                let to = sums.to.add(((row * 3 + col) * sums.channels + channel) * sums.step + filter);
                to.cast::<[f32; L]>().write_unaligned(values);
            }
        }
    }
}
