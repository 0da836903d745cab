//! Products of a few rows with a matrix that lies packed, for matrices that are multiplied again and again: those of a loop over time.
//!
//! The matrix lies in panels of [`COLUMNS`] columns, a line of them for each `k`. Two panels at a time stay in the nearest cache while all rows
//! go by, a few rows' sums in registers. Invariant: an element is a sum in order of `k`, one rounding a step where the processor fuses; it depends on
//! its row and its column alone.

/// Columns of a panel: a vector of the widest kind.
pub const COLUMNS: usize = 16;

/// Panels of a matrix of `n` columns.
pub fn panels(n: usize) -> usize {
    n.div_ceil(COLUMNS)
}

/// Rows of memory, `stride` elements apart.
#[derive(Clone, Copy, Debug)]
pub struct Rows<T> {
    pub start: T,
    pub stride: usize,
}

/// Writes one panel of `width` columns.
///
/// # Safety
/// `from` has `k` x `width` elements with these steps down and right, `to` room for `k` lines of [`COLUMNS`].
pub unsafe fn pack_panel(
    k: usize,
    width: usize,
    (from, (down, right)): (*const f32, (usize, usize)),
    to: *mut f32,
) {
    if right == 1 && width == COLUMNS {
        for j in 0..k {
            // SAFETY: a line of the panel, and room for one.
            unsafe { to.add(j * COLUMNS).copy_from_nonoverlapping(from.add(j * down), COLUMNS) };
        }
        return;
    }
    for j in 0..k {
        for col in 0..COLUMNS {
            // SAFETY: the caller's contract.
            unsafe {
                let value = if col < width { *from.add(j * down + col * right) } else { 0.0 };
                *to.add(j * COLUMNS + col) = value;
            }
        }
    }
}

type Vector = [f32; COLUMNS];

/// `c = a b` of `m` rows, `k` elements each, with the packed `k` x `n` matrix `b`.
///
/// # Safety
/// The rows lie in memory that may be read (and for `c` written) during the call, `b` has all its panels, and nobody else touches `c`'s rows.
pub unsafe fn multiply(sizes: (usize, usize, usize), c: Rows<*mut f32>, a: Rows<*const f32>, b: *const f32) {
    // SAFETY: the processor has what a function is compiled for; the rest is the caller's contract.
    unsafe {
        #[cfg(target_arch = "x86_64")]
        {
            if is_x86_feature_detected!("avx512f") && is_x86_feature_detected!("avx512vl") {
                return with_avx512(sizes, c, a, b);
            }
            if is_x86_feature_detected!("avx2") && is_x86_feature_detected!("fma") {
                return with_avx2(sizes, c, a, b);
            }
        }
        run::<false, 2>(sizes, c, a, b);
    }
}

#[cfg(target_arch = "x86_64")]
#[target_feature(enable = "avx512f,avx512vl,fma")]
unsafe fn with_avx512(sizes: (usize, usize, usize), c: Rows<*mut f32>, a: Rows<*const f32>, b: *const f32) {
    // SAFETY: the caller's contract.
    unsafe { run::<true, 10>(sizes, c, a, b) }
}

#[cfg(target_arch = "x86_64")]
#[target_feature(enable = "avx2,fma")]
unsafe fn with_avx2(sizes: (usize, usize, usize), c: Rows<*mut f32>, a: Rows<*const f32>, b: *const f32) {
    // SAFETY: the caller's contract.
    unsafe { run::<true, 3>(sizes, c, a, b) }
}

/// Tiles of at most `TILE` rows and two panels.
#[inline(always)]
unsafe fn run<const FUSED: bool, const TILE: usize>(
    (m, n, k): (usize, usize, usize),
    c: Rows<*mut f32>,
    a: Rows<*const f32>,
    b: *const f32,
) {
    for col in (0..n).step_by(2 * COLUMNS) {
        let width = (n - col).min(2 * COLUMNS);
        // The second panel is the first again where there is none: it is not stored.
        let second = if width > COLUMNS { COLUMNS * k } else { 0 };
        let mut row = 0;
        while row < m {
            // SAFETY: these rows and panels are the matrices'.
            unsafe {
                let panels = (b.add(col * k), b.add(col * k + second));
                let (a, c) = (
                    Rows { start: a.start.add(row * a.stride), ..a },
                    Rows { start: c.start.add(row * c.stride + col), ..c },
                );
                match m - row {
                    rest if rest >= TILE => {
                        tile::<FUSED, TILE>(k, width, c, a, panels);
                        row += TILE;
                    }
                    4.. if TILE > 4 => {
                        tile::<FUSED, 4>(k, width, c, a, panels);
                        row += 4;
                    }
                    2.. => {
                        tile::<FUSED, 2>(k, width, c, a, panels);
                        row += 2;
                    }
                    _ => {
                        tile::<FUSED, 1>(k, width, c, a, panels);
                        row += 1;
                    }
                }
            }
        }
    }
}

#[inline(always)]
unsafe fn tile<const FUSED: bool, const R: usize>(
    k: usize,
    width: usize,
    c: Rows<*mut f32>,
    a: Rows<*const f32>,
    (left, right): (*const f32, *const f32),
) {
    let mut sums: [[Vector; 2]; R] = [[[0.0; COLUMNS]; 2]; R];
    for j in 0..k {
        // SAFETY: a line of each panel, an element of each row.
        unsafe {
            let line = [*left.add(j * COLUMNS).cast::<Vector>(), *right.add(j * COLUMNS).cast::<Vector>()];
            for (r, sums) in sums.iter_mut().enumerate() {
                let x = *a.start.add(r * a.stride + j);
                for (sum, line) in sums.iter_mut().zip(&line) {
                    for (sum, y) in sum.iter_mut().zip(line) {
                        *sum = if FUSED { x.mul_add(*y, *sum) } else { x * y + *sum };
                    }
                }
            }
        }
    }
    for (r, sums) in sums.iter().enumerate() {
        // SAFETY: `width` columns of this row are written.
        unsafe {
            let to = c.start.add(r * c.stride);
            if width == 2 * COLUMNS {
                to.cast::<[Vector; 2]>().write_unaligned(*sums);
            } else {
                std::ptr::copy_nonoverlapping(sums.as_ptr().cast::<f32>(), to, width);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn numbers(n: usize, seed: u64) -> Vec<f32> {
        (0..n as u64).map(|i| (crate::draws::mix64(seed * 1000 + i) % 2001) as f32 / 1000.0 - 1.0).collect()
    }

    /// Sums in order of `k`, whatever rows and columns are beside an element, and none but the result's columns are written.
    #[test]
    fn every_element_is_the_sum_in_order() {
        let fused = cfg!(target_arch = "x86_64") && std::is_x86_feature_detected!("fma");
        for (m, n, k) in [(1, 1, 1), (3, 5, 7), (4, 16, 3), (23, 50, 31), (64, 96, 17), (5, 33, 0)] {
            let (a, b) = (numbers(m * (k + 2), 1), numbers(k * n, 2));
            for transposed in [false, true] {
                let strides = if transposed { (1, k) } else { (n, 1) };
                let mut packed = vec![f32::NAN; panels(n) * k * COLUMNS];
                for panel in 0..panels(n) {
                    let col = panel * COLUMNS;
                    // SAFETY: the matrix has these columns, and the panels their room.
                    unsafe {
                        let from = b.as_ptr().add(if k == 0 { 0 } else { col * strides.1 });
                        pack_panel(
                            k,
                            COLUMNS.min(n - col),
                            (from, strides),
                            packed.as_mut_ptr().add(col * k),
                        );
                    }
                }
                let mut c = vec![7.0; m * (n + 3)];
                let (to, from) = (
                    Rows { start: c.as_mut_ptr(), stride: n + 3 },
                    Rows { start: a.as_ptr(), stride: k + 2 },
                );
                // SAFETY: all three lie in their vectors.
                unsafe { multiply((m, n, k), to, from, packed.as_ptr()) };
                for (row, line) in c.chunks(n + 3).enumerate() {
                    for (col, got) in line.iter().enumerate() {
                        let product = |sum: f32, j: usize| {
                            let (x, y) = (a[row * (k + 2) + j], b[j * strides.0 + col * strides.1]);
                            if fused { x.mul_add(y, sum) } else { x * y + sum }
                        };
                        let want = if col < n { (0..k).fold(0.0, product) } else { 7.0 };
                        assert_eq!(got.to_bits(), want.to_bits(), "{m} x {n}, {k} summed, at {row}, {col}");
                    }
                }
            }
        }
    }
}
