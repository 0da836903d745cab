//! One row times a matrix: what a prediction of a single row consists of. A library's product would spend more time on its blocks
//! than on the numbers.
//!
//! Each column is a sum in order of `k` from what is there already, so its bits depend on no division of the columns.

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
    unsafe {
        #[cfg(target_arch = "x86_64")]
        if std::arch::is_x86_feature_detected!("avx2") && std::arch::is_x86_feature_detected!("fma") {
            return with_avx2((n, k), c, accumulate, (a, step), (b, stride));
        }
        blocks::<false>((n, k), c, accumulate, (a, step), (b, stride));
    }
}

/// The same code for processors with vectors of eight.
#[cfg(target_arch = "x86_64")]
#[target_feature(enable = "avx2,fma")]
unsafe fn with_avx2(
    sizes: (usize, usize),
    c: *mut f32,
    accumulate: bool,
    a: (*const f32, usize),
    b: (*const f32, usize),
) {
    // SAFETY: the caller's contract.
    unsafe { blocks::<true>(sizes, c, accumulate, a, b) }
}

/// As many columns at a time as vectors hold, then what is left. `FUSED`: one rounding a multiplication and addition.
#[inline(always)]
unsafe fn blocks<const FUSED: bool>(
    (n, k): (usize, usize),
    c: *mut f32,
    accumulate: bool,
    a: (*const f32, usize),
    b: (*const f32, usize),
) {
    let mut col = 0;
    while col < n {
        // SAFETY: each block has at most the `n - col` columns that are left.
        unsafe {
            let (c, b) = (c.add(col), (b.0.add(col), b.1));
            col += match n - col {
                32.. => block::<FUSED, 32>(k, c, accumulate, a, b),
                8.. => block::<FUSED, 8>(k, c, accumulate, a, b),
                4.. => block::<FUSED, 4>(k, c, accumulate, a, b),
                2.. => block::<FUSED, 2>(k, c, accumulate, a, b),
                _ => block::<FUSED, 1>(k, c, accumulate, a, b),
            };
        }
    }
}

/// `N` columns; answers `N`.
#[inline(always)]
unsafe fn block<const FUSED: bool, const N: usize>(
    k: usize,
    c: *mut f32,
    accumulate: bool,
    (a, step): (*const f32, usize),
    (b, stride): (*const f32, usize),
) -> usize {
    // SAFETY: `c` has `N` elements and `b` `k` rows of at least as many.
    unsafe {
        let target = &mut *c.cast::<[f32; N]>();
        let mut sums = if accumulate { *target } else { [0.0; N] };
        for p in 0..k {
            let x = *a.add(p * step);
            let row = &*b.add(p * stride).cast::<[f32; N]>();
            for (sum, y) in sums.iter_mut().zip(row) {
                *sum = add::<FUSED>(*sum, x, *y);
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
