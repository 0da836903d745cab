//! A block of the right matrix of a product, copied to where each row of it is a line of the nearest cache.

use super::gemm::Matrix;
use super::sparse::lanes::{Lane, turned};

/// Steps of `k` whose rows of a panel stay in the nearest cache (24 KiB).
pub const DEPTH: usize = 96;
/// Columns of a panel: 8 vectors of 8, half of the registers.
pub const PANEL: usize = 64;

#[repr(align(64))]
pub struct Panel(pub [f32; DEPTH * PANEL]);

impl Panel {
    pub fn boxed() -> Box<Self> {
        Box::new(Self([0.0; DEPTH * PANEL]))
    }

    /// Copies rows `start..start + depth` of columns `col..col + width` of `b`, with zeros up to `W` vectors. `FUSED`: on a processor with
    /// AVX2.
    ///
    /// # Safety
    /// The block lies in `b`, whose elements are neighbours along rows or along columns; it has at most [`DEPTH`] rows and `W` vectors.
    #[inline(always)]
    pub unsafe fn pack<const FUSED: bool, const W: usize>(
        &mut self,
        b: Matrix<*const f32>,
        (start, depth): (usize, usize),
        (col, width): (usize, usize),
    ) {
        let (down, right) = b.strides;
        // SAFETY: the block lies in `b`.
        unsafe {
            let b = b.start.add(start * down + col * right);
            if right == 1 {
                for (p, row) in self.0.chunks_exact_mut(PANEL).take(depth).enumerate() {
                    let mut sums = [[0.0; 8]; W];
                    load(b.add(p * down), width, &mut sums);
                    row[..8 * W].copy_from_slice(sums.as_flattened());
                }
                return;
            }
            for j in (0..8 * W).step_by(8) {
                for p in (0..depth).step_by(8) {
                    let inside = (8.min(depth - p), 8.min(width.saturating_sub(j)));
                    let tile = tile::<FUSED>(b.add(p * down + j * right), right, inside);
                    for (i, row) in tile.iter().take(inside.0).enumerate() {
                        self.0[(p + i) * PANEL + j..][..8].copy_from_slice(row);
                    }
                }
            }
        }
    }
}

/// `width` neighbours; what is beyond them in `to` stays.
///
/// # Safety
/// `from` has `width` elements, no more than `W` lanes.
#[inline(always)]
pub unsafe fn load<const W: usize>(from: *const f32, width: usize, to: &mut [Lane; W]) {
    // SAFETY: the caller's contract.
    unsafe {
        match width == 8 * W {
            true => *to = *from.cast::<[Lane; W]>(),
            false => std::ptr::copy_nonoverlapping(from, to.as_mut_ptr().cast(), width),
        }
    }
}

/// # Safety
/// `to` has `width` elements, no more than `W` lanes.
#[inline(always)]
pub unsafe fn store<const W: usize>(to: *mut f32, width: usize, from: &[Lane; W]) {
    // SAFETY: the caller's contract.
    unsafe {
        match width == 8 * W {
            true => *to.cast::<[Lane; W]>() = *from,
            false => std::ptr::copy_nonoverlapping(from.as_ptr().cast(), to, width),
        }
    }
}

/// Eight rows of eight elements of a matrix whose columns are lines of memory, `stride` apart: as many as `inside` says, else zeros.
#[inline(always)]
unsafe fn tile<const FUSED: bool>(
    start: *const f32,
    stride: usize,
    (rows, cols): (usize, usize),
) -> [Lane; 8] {
    // SAFETY: by the contract so many elements of so many lines may be read.
    let line = |j: usize| unsafe {
        let mut line = [0.0; 8];
        match (j < cols, rows) {
            (true, 8) => line = *start.add(j * stride).cast::<Lane>(),
            (true, _) => std::ptr::copy_nonoverlapping(start.add(j * stride), line.as_mut_ptr(), rows),
            (false, _) => {}
        }
        line
    };
    turned::<FUSED>(std::array::from_fn(line))
}
