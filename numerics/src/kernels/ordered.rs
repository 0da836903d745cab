//! Products whose rows are each a function of one row of the left matrix: what depends on data alone is kept from epoch to epoch, or
//! computed again with other rows beside it, and has the same bits either way.
//!
//! Invariant: an element is a sum in order of `k` from zero, one rounding a step where the processor fuses, and no zero of it has a sign.
//! So it depends on no other row and no other column: on neither the rows of the call nor how it is divided. The three ways to compute it
//! agree to the bit where the right matrix is finite, since a step with a zero changes nothing but the sign of a zero: dense tiles, lists
//! of what is not zero (`sparse`), and single rows (`row`).

use std::cell::RefCell;

use super::gemm::Matrix;
use super::panel::{DEPTH, PANEL, Panel, load, store};
use super::sparse::lanes::Lane;
use super::{row, sparse};

/// Rows of a tile: with two vectors of columns their sums fill twelve registers of sixteen.
const TILE: usize = 6;

/// `c = a b`: `a` is m x k, `b` is k x n, `c` is m x n.
///
/// # Safety
/// The three matrices lie in memory that may be read (and for `c` written) during the call; elements of `b` are neighbours along rows or
/// along columns, those of `c` along rows; `c` overlaps neither `a` nor `b`, and no other thread touches its elements.
pub unsafe fn multiply(
    (m, n, k): (usize, usize, usize),
    c: Matrix<*mut f32>,
    a: Matrix<*const f32>,
    b: Matrix<*const f32>,
) {
    debug_assert_eq!(c.strides.1, 1, "rows of a result are lines of memory");
    // SAFETY: the caller's contract, in each one's words.
    unsafe {
        if m == 1 && b.strides.1 == 1 {
            row::multiply((n, k), c.start, false, (a.start, a.strides.1), (b.start, b.strides.0));
        } else if sparse::pays((m, k), a, b) {
            sparse::multiply((m, n, k), c, false, a, b);
        } else {
            dense((m, n, k), c, a, b);
        }
        for row in 0..m {
            let line = std::slice::from_raw_parts_mut(c.start.add(row * c.strides.0), n);
            // -0 becomes 0, and nothing else changes.
            line.iter_mut().for_each(|x| *x += 0.0);
        }
    }
}

thread_local! {
    /// Kept from call to call for its memory.
    static ROOM: RefCell<Box<Panel>> = RefCell::new(Panel::boxed());
}

/// The contract is that of [`multiply`].
unsafe fn dense(
    (m, n, k): (usize, usize, usize),
    c: Matrix<*mut f32>,
    a: Matrix<*const f32>,
    b: Matrix<*const f32>,
) {
    let call = Call { m, n, k, a, b, c };
    // SAFETY: the features are there where they are asked for; the rest is the caller's contract.
    ROOM.with_borrow_mut(|panel| unsafe {
        #[cfg(target_arch = "x86_64")]
        if is_x86_feature_detected!("avx2") && is_x86_feature_detected!("fma") {
            return with_avx2(&call, panel);
        }
        call.run::<false>(panel);
    });
}

/// The same code for processors with vectors of eight.
#[cfg(target_arch = "x86_64")]
#[target_feature(enable = "avx2,fma")]
unsafe fn with_avx2(call: &Call, panel: &mut Panel) {
    // SAFETY: the caller's contract.
    unsafe { call.run::<true>(panel) }
}

struct Call {
    m: usize,
    n: usize,
    k: usize,
    a: Matrix<*const f32>,
    b: Matrix<*const f32>,
    c: Matrix<*mut f32>,
}

impl Call {
    /// Panels of columns, steps of `k` in each, tiles of rows in those. `FUSED`: one rounding a multiplication and addition.
    #[inline(always)]
    unsafe fn run<const FUSED: bool>(&self, panel: &mut Panel) {
        if self.k == 0 {
            // SAFETY: rows of the result.
            (0..self.m)
                .for_each(|row| unsafe { self.c.start.add(row * self.c.strides.0).write_bytes(0, self.n) });
        }
        for col in (0..self.n).step_by(PANEL) {
            let width = PANEL.min(self.n - col);
            for start in (0..self.k).step_by(DEPTH) {
                let steps = (start, DEPTH.min(self.k - start));
                // SAFETY: the block lies in `b`, and has at most eight vectors.
                unsafe {
                    panel.pack::<FUSED, 8>(self.b, steps, (col, width));
                    for first in (0..width).step_by(16) {
                        self.column::<FUSED>(steps, (col + first, 16.min(width - first)), &panel.0[first..]);
                    }
                }
            }
        }
    }

    /// Steps of `k` for at most 16 columns, whose rows in `panel` begin [`PANEL`] apart.
    #[inline(always)]
    unsafe fn column<const FUSED: bool>(&self, steps: (usize, usize), cols: (usize, usize), panel: &[f32]) {
        let whole = self.m - self.m % TILE;
        // SAFETY: these rows are the matrices'.
        unsafe {
            for row in (0..whole).step_by(TILE) {
                self.tile::<FUSED, TILE>(row, steps, cols, panel);
            }
            match self.m - whole {
                0 => {}
                1 => self.tile::<FUSED, 1>(whole, steps, cols, panel),
                2 => self.tile::<FUSED, 2>(whole, steps, cols, panel),
                3 => self.tile::<FUSED, 3>(whole, steps, cols, panel),
                4 => self.tile::<FUSED, 4>(whole, steps, cols, panel),
                _ => self.tile::<FUSED, 5>(whole, steps, cols, panel),
            }
        }
    }

    /// `R` rows from `row` on.
    #[inline(always)]
    unsafe fn tile<const FUSED: bool, const R: usize>(
        &self,
        row: usize,
        (start, depth): (usize, usize),
        (col, width): (usize, usize),
        panel: &[f32],
    ) {
        let (down, right) = self.a.strides;
        // SAFETY: the rows, steps and columns are the matrices', and the panel has a row of two vectors for each step.
        unsafe {
            let c: [*mut f32; R] =
                std::array::from_fn(|i| self.c.start.add((row + i) * self.c.strides.0 + col));
            let mut sums: [[Lane; 2]; R] = [[[0.0; 8]; 2]; R];
            if start > 0 {
                (0..R).for_each(|i| load(c[i], width, &mut sums[i]));
            }
            let a = self.a.start.add(row * down + start * right);
            for p in 0..depth {
                let b = &*panel.as_ptr().add(p * PANEL).cast::<[Lane; 2]>();
                for (i, sums) in sums.iter_mut().enumerate() {
                    let x = *a.add(i * down + p * right);
                    for (sums, b) in sums.iter_mut().zip(b) {
                        for (sum, y) in sums.iter_mut().zip(b) {
                            *sum = if FUSED { x.mul_add(*y, *sum) } else { x * *y + *sum };
                        }
                    }
                }
            }
            (0..R).for_each(|i| store(c[i], width, &sums[i]));
        }
    }
}

#[cfg(test)]
mod tests;
