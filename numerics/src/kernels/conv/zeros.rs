//! Gradients of results that are mostly zeros, as a pool of maxima hands back one place of four: only what is not zero is multiplied.

use std::ops::Range;

use super::patches::{SCRATCH, STEP, gather};
use super::scratch::Room;
use super::{Maps, Sizes, chunks};
use crate::kernels::gemm::Matrix;
use crate::kernels::sparse;

/// The share of the gradients that may be other than zero; at more of them tiles of all are as fast.
const DENSEST: f64 = 0.35;
/// Windows and filters from which lists of them pay, and elements of a patch up to which enough patches fit the scratch.
const WINDOWS_LEAST: usize = 64;
const FILTERS_LEAST: usize = 24;
const PATCH_MOST: usize = SCRATCH / WINDOWS_LEAST;

/// Whether lists of what is not zero in `y` pay: a function of the pictures and of the sizes.
///
/// # Safety
/// `y` are maps of the windows of all pictures before the end of `pictures`, which may be read.
pub(super) unsafe fn pays(sizes: &Sizes, pictures: &Range<usize>, y: Maps<*const f32>) -> bool {
    let windows = sizes.windows(pictures);
    let fits = windows.len() >= WINDOWS_LEAST
        && sizes.filters >= FILTERS_LEAST
        && sizes.taps() * sizes.channels <= PATCH_MOST;
    // SAFETY: windows of the caller's pictures.
    fits && unsafe {
        let start = y.start.add(windows.start * y.pixel);
        sparse::share((windows.len(), sizes.filters), Matrix { start, strides: (y.pixel, 1) }) < DENSEST
    }
}

/// As [`super::weights`]: the gradient is summed up with a row a filter, whose lists are those of `y`, and turned at the end.
///
/// # Safety
/// As for [`super::weights`], where [`pays`] says so.
pub(super) unsafe fn weights(
    sizes: &Sizes,
    pictures: Range<usize>,
    x: Maps<*const f32>,
    w: Matrix<*mut f32>,
    y: Maps<*const f32>,
) {
    let depth = sizes.taps() * sizes.channels;
    let together = SCRATCH / depth;
    let mut room = Room::of(sizes.filters * depth + together * depth + STEP);
    let (sums, patches) = room.split_at_mut(sizes.filters * depth);
    for (number, windows) in chunks(sizes.windows(&pictures), together).enumerate() {
        // SAFETY: the windows are those of the caller's pictures, and the room has so many patches and a row of sums a filter.
        unsafe {
            gather(sizes, x, pictures.end, windows.clone(), 0..sizes.taps(), patches.as_mut_ptr());
            let a = Matrix { start: y.start.add(windows.start * y.pixel), strides: (1, y.pixel) };
            let size = (sizes.filters, depth, windows.len());
            let c = Matrix { start: sums.as_mut_ptr(), strides: (depth, 1) };
            let b = Matrix { start: patches.as_ptr(), strides: (depth, 1) };
            sparse::multiply(size, c, number > 0, a, b);
        }
    }
    for (filter, row) in sums.chunks_exact(depth).enumerate() {
        // SAFETY: the weights have a row for each element of a patch, of a column for each filter.
        row.iter().enumerate().for_each(|(i, sum)| unsafe {
            *w.start.add(i * w.strides.0 + filter * w.strides.1) = *sum;
        });
    }
}
