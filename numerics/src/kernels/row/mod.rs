//! One row times a matrix: what a prediction of a single row consists of. A library's product would spend more time on its blocks
//! than on the numbers. The time is that of reading the matrix, so rows of it that would be multiplied by zero, as behind relu, are not read.
//!
//! Each column is a sum in order of `k` from what is there already, so its bits depend on no division of the columns.

#[cfg(target_arch = "x86_64")]
mod vectors;

use std::cell::RefCell;

use super::sparse::lanes::{Entry, Lane, append};

/// More columns than this are not visited one block after the other: a block reads a few neighbours in each row of the matrix, which no
/// prefetching foresees and which fall on the same lines of a cache where rows are a power of two apart.
const WIDE: usize = 128;
/// Rows of the matrix that are read together then.
const TOGETHER: usize = 8;

thread_local! {
    /// What is not zero in a row, kept from call to call for its memory.
    static ENTRIES: RefCell<Vec<Entry>> = const { RefCell::new(Vec::new()) };
}

/// `c[j] = sum_p a[p * step] * b[p * stride + j]` for `j` below `n`; added to what is there if `accumulate`.
///
/// # Safety
/// `a` has `k` elements in steps of `step`, `b` has `k` rows of `n` elements in steps of `stride`, `c` has `n` elements and overlaps
/// neither.
pub unsafe fn multiply(
    (n, k): (usize, usize),
    c: *mut f32,
    accumulate: bool,
    (a, step): (*const f32, usize),
    (b, stride): (*const f32, usize),
) {
    // SAFETY: the features are there where they are asked for; the rest is the caller's contract.
    ENTRIES.with_borrow_mut(|entries| unsafe {
        #[cfg(target_arch = "x86_64")]
        if is_x86_feature_detected!("avx2") && is_x86_feature_detected!("fma") {
            let wide = is_x86_feature_detected!("avx512f");
            let of = if wide { with_avx512 } else { with_avx2 };
            return of((n, k), c, accumulate, (a, step), (b, stride), entries);
        }
        let entries = listed::<false>(k, (a, step), entries);
        columns::<false>(n, c, accumulate, entries, (b, stride));
    });
}

/// The same for processors with vectors of eight.
#[cfg(target_arch = "x86_64")]
#[target_feature(enable = "avx2,fma")]
unsafe fn with_avx2(
    (n, k): (usize, usize),
    c: *mut f32,
    accumulate: bool,
    a: (*const f32, usize),
    b: (*const f32, usize),
    entries: &mut Vec<Entry>,
) {
    // SAFETY: the caller's contract.
    unsafe { columns::<true>(n, c, accumulate, listed::<true>(k, a, entries), b) }
}

/// And of sixteen.
#[cfg(target_arch = "x86_64")]
#[target_feature(enable = "avx2,fma,avx512f")]
unsafe fn with_avx512(
    (n, k): (usize, usize),
    c: *mut f32,
    accumulate: bool,
    a: (*const f32, usize),
    b: (*const f32, usize),
    entries: &mut Vec<Entry>,
) {
    // SAFETY: the caller's contract.
    unsafe { vectors::multiply(n, c, accumulate, listed::<true>(k, a, entries), b) }
}

/// The elements of `a` that are not zero. `AVX2`: the processor has it.
///
/// # Safety
/// `a` has `k` elements in steps of `step`.
#[inline(always)]
unsafe fn listed<const AVX2: bool>(
    k: usize,
    (a, step): (*const f32, usize),
    entries: &mut Vec<Entry>,
) -> &[Entry] {
    if entries.len() < k + 8 {
        entries.resize(k + 8, Entry::default());
    }
    let mut len = 0;
    for first in (0..k).step_by(8) {
        // SAFETY: elements `first..k` of the row; entries for all before, and room for eight.
        unsafe {
            let lane: Lane = match step {
                1 if first + 8 <= k => *a.add(first).cast::<Lane>(),
                _ => std::array::from_fn(|i| if first + i < k { *a.add((first + i) * step) } else { 0.0 }),
            };
            len += append::<AVX2, 1>(&lane, first, entries.as_mut_ptr().add(len));
        }
    }
    &entries[..len]
}

/// All columns, from the entries that say where rows of `b` are. `FUSED`: one rounding a multiplication and addition.
#[inline(always)]
unsafe fn columns<const FUSED: bool>(
    n: usize,
    c: *mut f32,
    accumulate: bool,
    entries: &[Entry],
    b: (*const f32, usize),
) {
    // SAFETY: the caller's contract.
    unsafe {
        match n {
            ..=WIDE => blocks::<FUSED>(n, c, accumulate, entries, b),
            _ => streams::<FUSED>(n, c, accumulate, entries, b),
        }
    }
}

/// All columns, some rows of `b` at a time: each is read from its beginning to its end, and the sums stay in the nearest cache.
#[inline(always)]
unsafe fn streams<const FUSED: bool>(
    n: usize,
    c: *mut f32,
    accumulate: bool,
    entries: &[Entry],
    b: (*const f32, usize),
) {
    let (many, rest) = entries.as_chunks::<TOGETHER>();
    // SAFETY: the caller's contract.
    unsafe {
        if !accumulate {
            c.write_bytes(0, n);
        }
        many.iter().for_each(|entries| together::<FUSED, TOGETHER>(n, c, entries, b));
        rest.iter().for_each(|entry| together::<FUSED, 1>(n, c, &[*entry], b));
    }
}

#[inline(always)]
unsafe fn together<const FUSED: bool, const R: usize>(
    n: usize,
    c: *mut f32,
    entries: &[Entry; R],
    b: (*const f32, usize),
) {
    let mut col = 0;
    while col < n {
        // SAFETY: each block has at most the `n - col` columns that are left.
        unsafe {
            let (c, b) = (c.add(col), (b.0.add(col), b.1));
            col += match n - col {
                32.. => block::<FUSED, 32>(entries, c, true, b),
                8.. => block::<FUSED, 8>(entries, c, true, b),
                _ => block::<FUSED, 1>(entries, c, true, b),
            };
        }
    }
}

/// As many columns at a time as there are sums under way at once (a sum waits four cycles for its last addition, and two are begun in each:
/// eight vectors), then what is left.
#[inline(always)]
unsafe fn blocks<const FUSED: bool>(
    n: usize,
    c: *mut f32,
    accumulate: bool,
    entries: &[Entry],
    b: (*const f32, usize),
) {
    let mut col = 0;
    while col < n {
        // SAFETY: each block has at most the `n - col` columns that are left.
        unsafe {
            let (c, b) = (c.add(col), (b.0.add(col), b.1));
            col += match n - col {
                64.. => block::<FUSED, 64>(entries, c, accumulate, b),
                32.. => block::<FUSED, 32>(entries, c, accumulate, b),
                16.. => block::<FUSED, 16>(entries, c, accumulate, b),
                8.. => block::<FUSED, 8>(entries, c, accumulate, b),
                4.. => block::<FUSED, 4>(entries, c, accumulate, b),
                2.. => block::<FUSED, 2>(entries, c, accumulate, b),
                _ => block::<FUSED, 1>(entries, c, accumulate, b),
            };
        }
    }
}

/// `N` columns; answers `N`.
#[inline(always)]
unsafe fn block<const FUSED: bool, const N: usize>(
    entries: &[Entry],
    c: *mut f32,
    accumulate: bool,
    (b, stride): (*const f32, usize),
) -> usize {
    // SAFETY: `c` has `N` elements, and so have the rows of `b` at least.
    unsafe {
        let target = &mut *c.cast::<[f32; N]>();
        let mut sums = if accumulate { *target } else { [0.0; N] };
        for entry in entries {
            let row = &*b.add(entry.at as usize * stride).cast::<[f32; N]>();
            for (sum, y) in sums.iter_mut().zip(row) {
                *sum = add::<FUSED>(*sum, entry.value, *y);
            }
        }
        *target = sums;
    }
    N
}

#[inline(always)]
fn add<const FUSED: bool>(sum: f32, x: f32, y: f32) -> f32 {
    if FUSED { x.mul_add(y, sum) } else { x * y + sum }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    #[cfg(target_arch = "x86_64")]
    fn vectors_of_sixteen_give_the_bits_of_those_of_eight() {
        if !(is_x86_feature_detected!("avx512f") && is_x86_feature_detected!("fma")) {
            return;
        }
        let number = |i: usize| if i.is_multiple_of(3) { 0.0 } else { (i as f32 * 0.7).sin() };
        for (n, k) in [(1, 9), (2, 1), (10, 64), (16, 5), (50, 50), (127, 30), (128, 0), (129, 33), (301, 77)]
        {
            for accumulate in [false, true] {
                let a: Vec<f32> = (0..k).map(number).collect();
                let b: Vec<f32> = (0..k * n).map(|i| number(i + 1)).collect();
                let of = |f: unsafe fn(_, _, _, _, _, &mut _)| {
                    let mut c: Vec<f32> = (0..n).map(|i| i as f32 * 0.3).collect();
                    // SAFETY: the processor has the features, and the arrays the sizes.
                    unsafe {
                        f(
                            (n, k),
                            c.as_mut_ptr(),
                            accumulate,
                            (a.as_ptr(), 1),
                            (b.as_ptr(), n),
                            &mut Vec::new(),
                        )
                    };
                    c.iter().map(|x| x.to_bits()).collect::<Vec<_>>()
                };
                assert_eq!(of(with_avx512), of(with_avx2), "{k} x {n}, {accumulate}");
            }
        }
    }
}
