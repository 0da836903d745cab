//! What flows to a row's kept columns: products of lines of two matrices, some of each at a time, so that each line that is loaded is used several times.

use std::ops::Range;

use super::{Rows, Thinned};
#[cfg(target_arch = "x86_64")]
use crate::kernels::conv::tile::Vector;
#[cfg(target_arch = "x86_64")]
use crate::kernels::sparse::lanes::{Lane, turned};

/// Columns that are summed over at a time, so that a row's lines of them stay in the second cache.
pub(super) const DEPTH: usize = 1024;

impl Thinned<'_> {
    /// Columns `units` of what flows to `x`, from `dy` of `cols` columns; the lists are of these columns.
    ///
    /// # Safety
    /// The matrices may be read, and columns `units` of `dx` written, during the call; nobody else touches those. The processor is one on which this
    /// [`pays`](super::pays).
    pub unsafe fn inputs(
        &self,
        (units, cols): (Range<usize>, usize),
        dy: Rows<*const f32>,
        w: Rows<*const f32>,
        dx: Rows<*mut f32>,
    ) {
        for line in 0..self.lists.rows() * self.steps {
            // SAFETY: columns of a line.
            unsafe { dx.start.add(line * dx.stride + units.start).write_bytes(0, units.len()) };
        }
        // SAFETY: the processor has what the functions are compiled for, or is not asked; the rest is the caller's contract.
        #[cfg(target_arch = "x86_64")]
        unsafe {
            match is_x86_feature_detected!("avx512f") {
                true => self.with_avx512(cols, dy, w, dx),
                false => self.with_avx2(cols, dy, w, dx),
            }
        }
    }

    #[cfg(target_arch = "x86_64")]
    #[target_feature(enable = "avx512f,avx2,fma")]
    unsafe fn with_avx512(&self, cols: usize, dy: Rows<*const f32>, w: Rows<*const f32>, dx: Rows<*mut f32>) {
        // SAFETY: the caller's contract.
        unsafe { self.runs::<std::arch::x86_64::__m512, 4, 4>(cols, dy, w, dx) }
    }

    #[cfg(target_arch = "x86_64")]
    #[target_feature(enable = "avx2,fma")]
    unsafe fn with_avx2(&self, cols: usize, dy: Rows<*const f32>, w: Rows<*const f32>, dx: Rows<*mut f32>) {
        // SAFETY: the caller's contract.
        unsafe { self.runs::<std::arch::x86_64::__m256, 4, 2>(cols, dy, w, dx) }
    }

    /// `STEPS` lines of `dy` by `UNITS` of `w` at a time. Where there are fewer left, the last ones are taken again and their sums left out.
    #[cfg(target_arch = "x86_64")]
    #[inline(always)]
    unsafe fn runs<V: Vector, const STEPS: usize, const UNITS: usize>(
        &self,
        cols: usize,
        dy: Rows<*const f32>,
        w: Rows<*const f32>,
        dx: Rows<*mut f32>,
    ) {
        for from in (0..cols).step_by(DEPTH) {
            let depth = DEPTH.min(cols - from);
            for row in 0..self.lists.rows() {
                let first = row * self.steps;
                for own in self.lists.of(row).chunks(UNITS) {
                    // SAFETY: lines of the matrices.
                    let b: [*const f32; UNITS] = std::array::from_fn(|i| unsafe {
                        w.start.add(own[i.min(own.len() - 1)] as usize * w.stride + from)
                    });
                    for step in (0..self.steps).step_by(STEPS) {
                        let count = STEPS.min(self.steps - step);
                        // SAFETY: likewise, and elements of the caller's columns.
                        unsafe {
                            let a: [*const f32; STEPS] = std::array::from_fn(|i| {
                                dy.start.add((first + step + i.min(count - 1)) * dy.stride + from)
                            });
                            let sums = lines::<V, STEPS, UNITS>(depth, &a, &b);
                            for (i, sums) in sums.iter().enumerate().take(count) {
                                let to = dx.start.add((first + step + i) * dx.stride);
                                for (unit, sum) in own.iter().zip(sums) {
                                    *to.add(*unit as usize) += sum;
                                }
                            }
                        }
                    }
                }
            }
        }
    }
}

/// The products of `depth` elements of each of `a` with each of `b`.
#[cfg(target_arch = "x86_64")]
#[inline(always)]
unsafe fn lines<V: Vector, const A: usize, const B: usize>(
    depth: usize,
    a: &[*const f32; A],
    b: &[*const f32; B],
) -> [[f32; B]; A] {
    const { assert!((A * B).is_multiple_of(8)) };
    let whole = depth - depth % V::LANES;
    // SAFETY: elements of the lines.
    unsafe {
        let mut sums = [[V::zero(); B]; A];
        let mut at = 0;
        while at < whole {
            let mut y = [V::zero(); B];
            for (y, b) in y.iter_mut().zip(b) {
                *y = V::load(b.add(at));
            }
            for (sums, a) in sums.iter_mut().zip(a) {
                let x = V::load(a.add(at));
                for (sum, y) in sums.iter_mut().zip(y) {
                    *sum = V::fused(x, y, *sum);
                }
            }
            at += V::LANES;
        }
        let mut totals = totals::<V, A, B>(&sums);
        for (i, totals) in totals.iter_mut().enumerate().filter(|_| whole < depth) {
            for (j, total) in totals.iter_mut().enumerate() {
                for at in whole..depth {
                    *total += *a[i].add(at) * *b[j].add(at);
                }
            }
        }
        totals
    }
}

/// The lanes of each vector, added up: eight vectors side by side.
#[cfg(target_arch = "x86_64")]
#[inline(always)]
unsafe fn totals<V: Vector, const A: usize, const B: usize>(sums: &[[V; B]; A]) -> [[f32; B]; A] {
    let mut totals = [[0.0; B]; A];
    let groups = sums.as_flattened().chunks_exact(8).zip(totals.as_flattened_mut().chunks_exact_mut(8));
    for (sums, totals) in groups {
        let mut eight: [Lane; 8] = [[0.0; 8]; 8];
        for (lane, sum) in eight.iter_mut().zip(sums) {
            let mut all = [0.0; 16];
            // SAFETY: a vector has at most sixteen lanes; the processor has it.
            unsafe { V::store(all.as_mut_ptr(), *sum) };
            for i in 0..8 {
                lane[i] = all[i] + all[i + 8];
            }
        }
        let [first, others @ ..] = turned::<true>(eight);
        totals.copy_from_slice(
            &others.iter().fold(first, |sums: Lane, lane| std::array::from_fn(|i| sums[i] + lane[i])),
        );
    }
    totals
}
