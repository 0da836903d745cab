//! Products of a block of turned tiles, small enough to lie in the near caches as they are: nothing is packed.
//!
//! Rows of the result, a few at a time, stay in registers for all steps of the sum. Each element is a sum in order of `k`.

use crate::kernels::gemm::{self, Matrix};

/// Rows and elements of a tile of the result: sixteen or twelve vectors.
#[cfg(target_arch = "x86_64")]
mod tile {
    pub const WIDE: (usize, usize) = (8, 32);
    pub const NARROW: (usize, usize) = (6, 16);
}

/// A product of matrices whose rows are lines of memory. `TURNED`: the left one is read by columns.
struct Call {
    m: usize,
    n: usize,
    k: usize,
    accumulate: bool,
    c: (*mut f32, usize),
    a: (*const f32, usize),
    b: (*const f32, usize),
}

/// `c = a b`: `a` is m x k, `b` is k x n; each with the elements from row to row.
///
/// # Safety
/// The matrices may be read, and `c` written, during the call; nobody else touches `c`, which overlaps neither.
pub(super) unsafe fn multiply(
    (m, n, k): (usize, usize, usize),
    c: (*mut f32, usize),
    a: (*const f32, usize),
    b: (*const f32, usize),
) {
    // SAFETY: the caller's contract.
    unsafe { Call { m, n, k, accumulate: false, c, a, b }.run::<false>() }
}

/// `c = a' b` or `c += a' b`: `a` is k x m, `b` is k x n.
///
/// # Safety
/// As for [`multiply`].
pub(super) unsafe fn multiply_transposed(
    (m, n, k): (usize, usize, usize),
    c: (*mut f32, usize),
    accumulate: bool,
    a: (*const f32, usize),
    b: (*const f32, usize),
) {
    // SAFETY: the caller's contract.
    unsafe { Call { m, n, k, accumulate, c, a, b }.run::<true>() }
}

impl Call {
    unsafe fn run<const TURNED: bool>(&self) {
        // SAFETY: the features are there where they are asked for; the rest is the caller's contract.
        unsafe {
            #[cfg(target_arch = "x86_64")]
            {
                if is_x86_feature_detected!("avx512f") {
                    return self.with_avx512::<TURNED>();
                }
                if is_x86_feature_detected!("avx2") && is_x86_feature_detected!("fma") {
                    return self.with_avx2::<TURNED>();
                }
            }
            self.library::<TURNED>();
        }
    }

    #[cfg(target_arch = "x86_64")]
    #[target_feature(enable = "avx512f")]
    unsafe fn with_avx512<const TURNED: bool>(&self) {
        // SAFETY: the caller's contract.
        unsafe { self.tiles::<TURNED, { tile::WIDE.0 }, { tile::WIDE.1 }>() }
    }

    #[cfg(target_arch = "x86_64")]
    #[target_feature(enable = "avx2,fma")]
    unsafe fn with_avx2<const TURNED: bool>(&self) {
        // SAFETY: the caller's contract.
        unsafe { self.tiles::<TURNED, { tile::NARROW.0 }, { tile::NARROW.1 }>() }
    }

    /// Tiles of `R` rows and `C` columns; what is left of rows one at a time, what is left of columns 16, 8 and then one at a time.
    #[cfg(target_arch = "x86_64")]
    #[inline(always)]
    unsafe fn tiles<const TURNED: bool, const R: usize, const C: usize>(&self) {
        let mut col = 0;
        // SAFETY: the columns are the matrices'.
        unsafe {
            while col + C <= self.n {
                self.columns::<TURNED, R, C>(col);
                col += C;
            }
            while col + 16 <= self.n {
                self.columns::<TURNED, R, 16>(col);
                col += 16;
            }
            while col + 8 <= self.n {
                self.columns::<TURNED, R, 8>(col);
                col += 8;
            }
            while col < self.n {
                self.columns::<TURNED, R, 1>(col);
                col += 1;
            }
        }
    }

    #[cfg(target_arch = "x86_64")]
    #[inline(always)]
    unsafe fn columns<const TURNED: bool, const R: usize, const C: usize>(&self, col: usize) {
        let whole = self.m - self.m % R;
        // SAFETY: the rows are the matrices'.
        unsafe {
            for row in (0..whole).step_by(R) {
                self.tile::<TURNED, R, C>(row, col);
            }
            (whole..self.m).for_each(|row| self.tile::<TURNED, 1, C>(row, col));
        }
    }

    #[cfg(target_arch = "x86_64")]
    #[inline(always)]
    unsafe fn tile<const TURNED: bool, const R: usize, const C: usize>(&self, row: usize, col: usize) {
        let (down, right) = if TURNED { (1, self.a.1) } else { (self.a.1, 1) };
        // SAFETY: the caller's rows and columns.
        unsafe {
            let a = self.a.0.add(row * down);
            let b = self.b.0.add(col);
            let c = |i: usize| self.c.0.add((row + i) * self.c.1 + col).cast::<[f32; C]>();
            let mut sums = [[0.0_f32; C]; R];
            if self.accumulate {
                for (i, sums) in sums.iter_mut().enumerate() {
                    *sums = c(i).read_unaligned();
                }
            }
            for p in 0..self.k {
                let line = b.add(p * self.b.1).cast::<[f32; C]>().read_unaligned();
                for (i, sums) in sums.iter_mut().enumerate() {
                    let x = *a.add(i * down + p * right);
                    for (sum, y) in sums.iter_mut().zip(line) {
                        *sum = x.mul_add(y, *sum);
                    }
                }
            }
            for (i, sums) in sums.into_iter().enumerate() {
                c(i).write_unaligned(sums);
            }
        }
    }

    /// Where multiplication and addition are two instructions.
    unsafe fn library<const TURNED: bool>(&self) {
        let strides = if TURNED { (1, self.a.1) } else { (self.a.1, 1) };
        // SAFETY: the caller's contract.
        unsafe {
            let c = Matrix { start: self.c.0, strides: (self.c.1, 1) };
            let a = Matrix { start: self.a.0, strides };
            let b = Matrix { start: self.b.0, strides: (self.b.1, 1) };
            gemm::dense((self.m, self.n, self.k), c, self.accumulate, a, b);
        }
    }
}
