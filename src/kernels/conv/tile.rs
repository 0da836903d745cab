//! Products of matrices that lie in the near caches as they are: nothing is packed. Some rows of the result stay in registers for all steps of the
//! sum, each element a sum in order of `k`.
//!
//! The left matrix is told by the start of each row and the way from step to step, so that rows may overlap, as windows of a picture do, and steps may
//! be lines of a picture.

use crate::kernels::gemm::{self, Matrix};

/// What the left matrix is of.
#[derive(Clone, Copy)]
pub(super) enum Kept<'k> {
    All,
    /// Its steps are these rows of the right one.
    Steps(&'k [u32]),
    /// Its rows are these of the result; the others are left alone.
    Rows(&'k [u32]),
}

/// `c = a b` or `c += a b`, what is added being summed up by itself: sums over many calls lose less so.
#[derive(Clone, Copy)]
pub(super) struct Product<'k> {
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
pub(super) struct Left {
    pub start: *const f32,
    pub down: usize,
    pub right: usize,
    pub line: usize,
}

const ALL: u8 = 0;
const STEPS: u8 = 1;
const ROWS: u8 = 2;

/// Whether the processor multiplies and adds in one instruction, so that products here are as fast as the library's.
pub(super) fn is_fast() -> bool {
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
    #[target_feature(enable = "avx512f")]
    unsafe fn with_avx512(&self) {
        // SAFETY: the caller's contract.
        unsafe {
            match self.kept {
                Kept::All => self.tiles::<8, 32, ALL>(),
                Kept::Steps(_) => self.tiles::<8, 32, STEPS>(),
                Kept::Rows(_) => self.tiles::<8, 32, ROWS>(),
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
                Kept::All => self.tiles::<6, 16, ALL>(),
                Kept::Steps(_) => self.tiles::<6, 16, STEPS>(),
                Kept::Rows(_) => self.tiles::<6, 16, ROWS>(),
            }
        }
    }

    /// Tiles of `R` rows and `C` columns; what is left of columns 16, 8 and then one at a time.
    #[inline(always)]
    unsafe fn tiles<const R: usize, const C: usize, const K: u8>(&self) {
        let mut col = 0;
        // SAFETY: the columns are the matrices'.
        unsafe {
            while col + C <= self.n {
                self.columns::<R, C, K>(col);
                col += C;
            }
            while col + 16 <= self.n {
                self.columns::<R, 16, K>(col);
                col += 16;
            }
            while col + 8 <= self.n {
                self.columns::<R, 8, K>(col);
                col += 8;
            }
            while col < self.n {
                self.columns::<R, 1, K>(col);
                col += 1;
            }
        }
    }

    #[inline(always)]
    unsafe fn columns<const R: usize, const C: usize, const K: u8>(&self, col: usize) {
        let mut row = 0;
        // SAFETY: the rows are the matrices'.
        unsafe {
            while row + R <= self.m {
                self.tile::<R, C, K>(row, col);
                row += R;
            }
            while row + 3 <= self.m {
                self.tile::<3, C, K>(row, col);
                row += 3;
            }
            while row < self.m {
                self.tile::<1, C, K>(row, col);
                row += 1;
            }
        }
    }

    #[inline(always)]
    unsafe fn tile<const R: usize, const C: usize, const K: u8>(&self, row: usize, col: usize) {
        let Left { start, down, right, line } = self.a;
        // SAFETY: the caller's rows, steps and columns.
        unsafe {
            let mut sums = [[0.0_f32; C]; R];
            let b = self.b.0.add(col);
            let mut step = |a: *const f32, b: *const f32| {
                let y = b.cast::<[f32; C]>().read_unaligned();
                for (i, sums) in sums.iter_mut().enumerate() {
                    let x = *a.add((row + i) * down);
                    for (sum, y) in sums.iter_mut().zip(y) {
                        *sum = x.mul_add(y, *sum);
                    }
                }
            };
            if let Kept::Steps(kept) = self.kept
                && K == STEPS
            {
                for (p, &own) in kept.iter().enumerate() {
                    step(start.add(p * right), b.add(own as usize * self.b.1));
                }
            } else {
                let mut b = b;
                for number in 0..self.lines {
                    let mut a = start.add(number * line);
                    for _ in 0..self.depth {
                        step(a, b);
                        (a, b) = (a.add(right), b.add(self.b.1));
                    }
                }
            }
            for (i, mut sums) in sums.into_iter().enumerate() {
                let own = match self.kept {
                    Kept::Rows(kept) if K == ROWS => kept[row + i] as usize,
                    _ => row + i,
                };
                let c = self.c.0.add(own * self.c.1 + col).cast::<[f32; C]>();
                if self.accumulate {
                    let old = c.read_unaligned();
                    sums.iter_mut().zip(old).for_each(|(sum, old)| *sum += old);
                }
                c.write_unaligned(sums);
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
