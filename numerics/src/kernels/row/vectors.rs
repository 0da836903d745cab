//! The row's product in vectors of sixteen. All columns of a narrow matrix are under way at once, so that each of its rows is read once and from
//! its beginning to its end; what is left of a width that sixteen does not divide is a vector with a mask.

use std::arch::x86_64::*;

use super::{Entry, TOGETHER};

const WIDTH: usize = 16;
/// Vectors of sums at once: with those of a row, all fit the processor's registers.
const MOST: usize = 8;

/// `c = sum of entry.value * row entry.at of b` (added to what is there if `accumulate`) over `n` columns, each in order of the entries.
///
/// # Safety
/// The processor has AVX-512; `c` has `n` elements and overlaps no row of `b` that an entry names, which have `n` elements each.
#[target_feature(enable = "avx512f")]
pub unsafe fn multiply(
    n: usize,
    c: *mut f32,
    accumulate: bool,
    entries: &[Entry],
    (b, stride): (*const f32, usize),
) {
    // SAFETY: the caller's contract; columns `col..col + cols` are some of the `n`.
    unsafe {
        if n <= WIDTH * MOST {
            return columns(n, c, accumulate, entries, (b, stride));
        }
        if !accumulate {
            c.write_bytes(0, n);
        }
        for entries in entries.chunks(TOGETHER) {
            for col in (0..n).step_by(WIDTH * MOST) {
                let cols = (n - col).min(WIDTH * MOST);
                columns(cols, c.add(col), true, entries, (b.add(col), stride));
            }
        }
    }
}

/// At most `MOST` vectors of columns.
///
/// # Safety
/// As for [`multiply`].
#[target_feature(enable = "avx512f")]
unsafe fn columns(n: usize, c: *mut f32, accumulate: bool, entries: &[Entry], b: (*const f32, usize)) {
    let last = u16::MAX >> (n.next_multiple_of(WIDTH) - n);
    // SAFETY: the caller's contract; so many vectors, of which the last has the mask's columns, are `n` columns.
    unsafe {
        match n.div_ceil(WIDTH) {
            0 => {}
            1 => sums::<1>(c, accumulate, entries, b, last),
            2 => sums::<2>(c, accumulate, entries, b, last),
            3 => sums::<3>(c, accumulate, entries, b, last),
            4 => sums::<4>(c, accumulate, entries, b, last),
            5 => sums::<5>(c, accumulate, entries, b, last),
            6 => sums::<6>(c, accumulate, entries, b, last),
            7 => sums::<7>(c, accumulate, entries, b, last),
            _ => sums::<MOST>(c, accumulate, entries, b, last),
        }
    }
}

/// `V` vectors of columns, of the last one those in `mask`.
///
/// # Safety
/// As for [`multiply`], for those columns.
#[target_feature(enable = "avx512f")]
#[inline]
unsafe fn sums<const V: usize>(
    c: *mut f32,
    accumulate: bool,
    entries: &[Entry],
    (b, stride): (*const f32, usize),
    mask: __mmask16,
) {
    let mask = |vector: usize| if vector + 1 == V { mask } else { u16::MAX };
    let mut sums = [_mm512_setzero_ps(); V];
    // SAFETY: the caller's contract: masked elements are neither read nor written.
    unsafe {
        if accumulate {
            for (v, sum) in sums.iter_mut().enumerate() {
                *sum = _mm512_maskz_loadu_ps(mask(v), c.add(v * WIDTH));
            }
        }
        for entry in entries {
            let (x, row) = (_mm512_set1_ps(entry.value), b.add(entry.at as usize * stride));
            for (v, sum) in sums.iter_mut().enumerate() {
                *sum = _mm512_fmadd_ps(x, _mm512_maskz_loadu_ps(mask(v), row.add(v * WIDTH)), *sum);
            }
        }
        for (v, sum) in sums.iter().enumerate() {
            _mm512_mask_storeu_ps(c.add(v * WIDTH), mask(v), *sum);
        }
    }
}
