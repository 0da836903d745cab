//! Products of matrices that lie in the near caches as they are: nothing is packed. Some rows of the result stay in registers for all steps of the
//! sum, each element a sum in order of `k`.
//!
//! The left matrix is told by the start of each row and the way from step to step, so that rows may overlap, as windows of a picture do, and steps may
//! be lines of a picture.

#[cfg(target_arch = "x86_64")]
use std::arch::x86_64::*;

use crate::kernels::gemm::{self, Matrix};

/// What the left matrix is of.
#[derive(Clone, Copy)]
pub(in crate::kernels) enum Kept<'k> {
    All,
    /// Its steps are these rows of the right one.
    Steps(&'k [u32]),
    /// Its rows are these of the result; the others are left alone.
    Rows(&'k [u32]),
}

/// `c = a b` or `c += a b`, what is added being summed up by itself: sums over many calls lose less so.
#[derive(Clone, Copy)]
pub(in crate::kernels) struct Product<'k> {
    /// Rows and columns of the result.
    pub m: usize,
    pub n: usize,
    /// Steps of the sum: so many lines, each of so many steps.
    pub lines: usize,
    pub depth: usize,
    pub accumulate: bool,
    pub c: (*mut f32, usize),
    pub a: Left,
    /// With the elements from row to row; lines of steps follow each other.
    pub b: (*const f32, usize),
    pub kept: Kept<'k>,
}

/// The left matrix: elements from row to row, from step to step and from line to line.
#[derive(Clone, Copy)]
pub(in crate::kernels) struct Left {
    pub start: *const f32,
    pub down: usize,
    pub right: usize,
    pub line: usize,
}

/// Which of them, for code that is made for each.
const ALL: u8 = 0;
const STEPS: u8 = 1;
const ROWS: u8 = 2;

/// Whether the processor multiplies and adds in one instruction, so that products here are as fast as the library's.
pub(in crate::kernels) fn is_fast() -> bool {
    #[cfg(target_arch = "x86_64")]
    return is_x86_feature_detected!("avx2") && is_x86_feature_detected!("fma");
    #[cfg(not(target_arch = "x86_64"))]
    false
}

impl Product<'_> {
    /// Runs it.
    ///
    /// # Safety
    /// The matrices may be read, and `c` written, during the call; nobody else touches `c`, which overlaps neither.
    pub unsafe fn run(&self) {
        // SAFETY: the features are there where they are asked for; the rest is the caller's contract.
        unsafe {
            #[cfg(target_arch = "x86_64")]
            {
                if is_x86_feature_detected!("avx512f") {
                    return self.with_avx512();
                }
                if is_fast() {
                    return self.with_avx2();
                }
            }
            self.library();
        }
    }

    /// Sixteen vectors of sums, of thirty-two.
    #[cfg(target_arch = "x86_64")]
    #[target_feature(enable = "avx512f,avx2,fma")]
    unsafe fn with_avx512(&self) {
        // SAFETY: the caller's contract.
        unsafe {
            match self.kept {
                Kept::All => self.tiles::<__m512, 8, ALL>(),
                Kept::Steps(_) => self.tiles::<__m512, 8, STEPS>(),
                Kept::Rows(_) => self.tiles::<__m512, 8, ROWS>(),
            }
        }
    }

    /// Twelve vectors of sums, of sixteen.
    #[cfg(target_arch = "x86_64")]
    #[target_feature(enable = "avx2,fma")]
    unsafe fn with_avx2(&self) {
        // SAFETY: the caller's contract.
        unsafe {
            match self.kept {
                Kept::All => self.tiles::<__m256, 6, ALL>(),
                Kept::Steps(_) => self.tiles::<__m256, 6, STEPS>(),
                Kept::Rows(_) => self.tiles::<__m256, 6, ROWS>(),
            }
        }
    }

    /// Tiles of `R` rows and two vectors of columns; what is left of columns by one vector, by 8 and then one at a time.
    #[cfg(target_arch = "x86_64")]
    #[inline(always)]
    unsafe fn tiles<V: Vector, const R: usize, const K: u8>(&self) {
        let mut col = 0;
        // SAFETY: the columns are the matrices'.
        unsafe {
            while col + 2 * V::LANES <= self.n {
                self.columns::<V, R, 2, K>(col);
                col += 2 * V::LANES;
            }
            while col + V::LANES <= self.n {
                self.columns::<V, R, 1, K>(col);
                col += V::LANES;
            }
            while col + 8 <= self.n {
                self.columns::<__m256, R, 1, K>(col);
                col += 8;
            }
            while col < self.n {
                self.columns::<f32, R, 1, K>(col);
                col += 1;
            }
        }
    }

    #[cfg(target_arch = "x86_64")]
    #[inline(always)]
    unsafe fn columns<V: Vector, const R: usize, const W: usize, const K: u8>(&self, col: usize) {
        let mut row = 0;
        // SAFETY: the rows are the matrices'.
        unsafe {
            while row + R <= self.m {
                self.tile::<V, R, W, K>(row, col);
                row += R;
            }
            while row + 3 <= self.m {
                self.tile::<V, 3, W, K>(row, col);
                row += 3;
            }
            while row < self.m {
                self.tile::<V, 1, W, K>(row, col);
                row += 1;
            }
        }
    }

    #[cfg(target_arch = "x86_64")]
    #[inline(always)]
    unsafe fn tile<V: Vector, const R: usize, const W: usize, const K: u8>(&self, row: usize, col: usize) {
        let Left { start, down, right, line } = self.a;
        // SAFETY: the caller's rows, steps and columns.
        unsafe {
            let mut sums = [[V::zero(); W]; R];
            let (start, b) = (start.add(row * down), self.b.0.add(col));
            if let Kept::Steps(kept) = self.kept
                && K == STEPS
            {
                for (p, &own) in kept.iter().enumerate() {
                    step(&mut sums, (start.add(p * right), down), b.add(own as usize * self.b.1));
                }
            } else {
                let mut b = b;
                for number in 0..self.lines {
                    let mut a = start.add(number * line);
                    for _ in 0..self.depth {
                        step(&mut sums, (a, down), b);
                        (a, b) = (a.add(right), b.add(self.b.1));
                    }
                }
            }
            for (i, sums) in sums.into_iter().enumerate() {
                let own = match self.kept {
                    Kept::Rows(kept) if K == ROWS => kept[row + i] as usize,
                    _ => row + i,
                };
                let c = self.c.0.add(own * self.c.1 + col);
                for (j, sum) in sums.into_iter().enumerate() {
                    let c = c.add(j * V::LANES);
                    V::store(c, if self.accumulate { V::add(sum, V::load(c)) } else { sum });
                }
            }
        }
    }

    /// Where multiplication and addition are two instructions.
    unsafe fn library(&self) {
        for number in 0..self.lines {
            // SAFETY: the caller's contract.
            unsafe {
                let c = Matrix { start: self.c.0, strides: (self.c.1, 1) };
                let a = self.a.start.add(number * self.a.line);
                let a = Matrix { start: a, strides: (self.a.down, self.a.right) };
                let b = self.b.0.add(number * self.depth * self.b.1);
                let b = Matrix { start: b, strides: (self.b.1, 1) };
                gemm::dense((self.m, self.n, self.depth), c, self.accumulate || number > 0, a, b);
            }
        }
    }
}

/// A step of the sum: an element of each row by the vectors from `b` on.
///
/// # Safety
/// They may be read; the processor has the vectors.
#[cfg(target_arch = "x86_64")]
#[inline(always)]
unsafe fn step<V: Vector, const R: usize, const W: usize>(
    sums: &mut [[V; W]; R],
    (a, down): (*const f32, usize),
    b: *const f32,
) {
    // SAFETY: the caller's contract.
    unsafe {
        let mut y = [V::zero(); W];
        for (j, y) in y.iter_mut().enumerate() {
            *y = V::load(b.add(j * V::LANES));
        }
        for (i, sums) in sums.iter_mut().enumerate() {
            let x = V::splat(*a.add(i * down));
            for (sum, y) in sums.iter_mut().zip(y) {
                *sum = V::fused(x, y, *sum);
            }
        }
    }
}

/// Numbers in a register. What compilers make of arrays in a loop this tight is their mood; of these it is what is written.
///
/// # Safety
/// Every function is called where the processor has the vectors; addresses are of as many numbers.
#[cfg(target_arch = "x86_64")]
pub(in crate::kernels) trait Vector: Copy {
    const LANES: usize;
    unsafe fn zero() -> Self;
    unsafe fn splat(x: f32) -> Self;
    unsafe fn load(from: *const f32) -> Self;
    unsafe fn store(to: *mut f32, value: Self);
    unsafe fn add(a: Self, b: Self) -> Self;
    /// `a b + c`, rounded once.
    unsafe fn fused(a: Self, b: Self, c: Self) -> Self;
}

macro_rules! vector {
    ($ty:ty, $lanes:literal: $zero:ident, $splat:ident, $load:ident, $store:ident, $add:ident, $fused:ident) => {
        #[cfg(target_arch = "x86_64")]
        impl Vector for $ty {
            const LANES: usize = $lanes;

            #[inline(always)]
            unsafe fn zero() -> Self {
                // SAFETY: the trait's contract.
                unsafe { $zero() }
            }

            #[inline(always)]
            unsafe fn splat(x: f32) -> Self {
                // SAFETY: the trait's contract.
                unsafe { $splat(x) }
            }

            #[inline(always)]
            unsafe fn load(from: *const f32) -> Self {
                // SAFETY: the trait's contract.
                unsafe { $load(from) }
            }

            #[inline(always)]
            unsafe fn store(to: *mut f32, value: Self) {
                // SAFETY: the trait's contract.
                unsafe { $store(to, value) }
            }

            #[inline(always)]
            unsafe fn add(a: Self, b: Self) -> Self {
                // SAFETY: the trait's contract.
                unsafe { $add(a, b) }
            }

            #[inline(always)]
            unsafe fn fused(a: Self, b: Self, c: Self) -> Self {
                // SAFETY: the trait's contract.
                unsafe { $fused(a, b, c) }
            }
        }
    };
}

vector!(__m512, 16: _mm512_setzero_ps, _mm512_set1_ps, _mm512_loadu_ps, _mm512_storeu_ps, _mm512_add_ps, _mm512_fmadd_ps);
vector!(__m256, 8: _mm256_setzero_ps, _mm256_set1_ps, _mm256_loadu_ps, _mm256_storeu_ps, _mm256_add_ps, _mm256_fmadd_ps);

#[cfg(target_arch = "x86_64")]
impl Vector for f32 {
    const LANES: usize = 1;

    #[inline(always)]
    unsafe fn zero() -> Self {
        0.0
    }

    #[inline(always)]
    unsafe fn splat(x: f32) -> Self {
        x
    }

    #[inline(always)]
    unsafe fn load(from: *const f32) -> Self {
        // SAFETY: the trait's contract.
        unsafe { *from }
    }

    #[inline(always)]
    unsafe fn store(to: *mut f32, value: Self) {
        // SAFETY: the trait's contract.
        unsafe { *to = value }
    }

    #[inline(always)]
    unsafe fn add(a: Self, b: Self) -> Self {
        a + b
    }

    #[inline(always)]
    unsafe fn fused(a: Self, b: Self, c: Self) -> Self {
        a.mul_add(b, c)
    }
}
