//! Convolutions as products of patches: a few hundred windows at a time are gathered into scratch of at most 256 KiB and multiplied by the
//! library's kernels.
//!
//! A patch is the elements of one window, `[taps, channels]` row-major, with zeros in the border: a row of the left matrix, as the weights
//! `[taps, channels, filters]` are the right one. Gathering knows of border, stride and dilation; products know of nothing. What a call does
//! depends on its sizes and its pictures alone, never on the thread. Few channels are not gathered (`lines`), tiles of 2x2 results have fewer products
//! (`winograd`), gradients that are mostly zeros are listed (`zeros`).

mod lines;
mod patches;
pub(super) mod scratch;
pub(super) mod tile;
pub mod winograd;
mod zeros;

use std::ops::Range;

use super::gemm::{Along, Matrix, multiply};
use super::sparse;
pub use patches::{Axis, Maps};
use patches::{Scratch, gather, scatter};

/// Columns of a part of a gradient of weights that is cut by taps and columns.
pub const WEIGHT_COLUMNS: usize = 64;

/// The sizes of a convolution.
#[derive(Clone, Copy, Debug)]
pub struct Sizes {
    pub rows: Axis,
    pub cols: Axis,
    /// Of the input that a filter sees.
    pub channels: usize,
    pub filters: usize,
}

impl Sizes {
    /// Windows of a picture.
    pub fn places(&self) -> usize {
        self.rows.count * self.cols.count
    }

    /// Elements of the weights.
    pub fn weights(&self) -> usize {
        self.taps() * self.channels * self.filters
    }

    fn taps(&self) -> usize {
        self.rows.size * self.cols.size
    }

    /// The windows of some pictures.
    fn windows(&self, pictures: &Range<usize>) -> Range<usize> {
        pictures.start * self.places()..pictures.end * self.places()
    }
}

/// Runs of at most `step` in `range`.
fn chunks(range: Range<usize>, step: usize) -> impl Iterator<Item = Range<usize>> {
    let end = range.end;
    range.step_by(step.max(1)).map(move |from| from..(from + step.max(1)).min(end))
}

/// The maps `y` of `pictures`: `y[window, filter]` = sum over taps and channels of the window's elements times `w`.
///
/// # Safety
/// `x` and `y` are maps of all pictures before the end of `pictures`, by `sizes`; `w` has a row for each tap and channel, of `filters`
/// elements; nobody writes `x` and `w` or touches `y` at these pictures during the call.
pub unsafe fn forward(
    sizes: &Sizes,
    pictures: Range<usize>,
    x: Maps<*const f32>,
    w: Matrix<*const f32>,
    y: Maps<*mut f32>,
) {
    if lines::pays(sizes) {
        // SAFETY: the caller's contract.
        return unsafe { lines::forward(sizes, pictures, x, w, y) };
    }
    let mut scratch = Scratch::open(sizes);
    for windows in chunks(sizes.windows(&pictures), scratch.windows) {
        for taps in chunks(0..sizes.taps(), scratch.taps) {
            let depth = taps.len() * sizes.channels;
            // SAFETY: the windows are those of the caller's pictures, and the scratch holds so many of so many taps.
            unsafe {
                gather(sizes, x, pictures.end, windows.clone(), taps.clone(), scratch.start());
                let c = Matrix { start: y.start.add(windows.start * y.pixel), strides: (y.pixel, 1) };
                let a = Matrix { start: scratch.start().cast_const(), strides: (depth, 1) };
                let b = Matrix { start: w.start.add(taps.start * sizes.channels * w.strides.0), ..w };
                multiply(Along::Columns, (windows.len(), sizes.filters, depth), c, taps.start > 0, a, b);
            }
        }
    }
}

/// The gradient of `x` of `pictures`, `x[element, channel]` = sum over the windows that cover the element and over filters of `y` times `w`.
///
/// # Safety
/// As for [`forward`], `x` being what is written.
pub unsafe fn inputs(
    sizes: &Sizes,
    pictures: Range<usize>,
    x: Maps<*mut f32>,
    w: Matrix<*const f32>,
    y: Maps<*const f32>,
) {
    let mut scratch = Scratch::open(sizes);
    // SAFETY: the pictures are the caller's.
    let by_lists = unsafe {
        x.clear(sizes, pictures.clone());
        zeros::pays(sizes, &pictures, y)
    };
    for windows in chunks(sizes.windows(&pictures), scratch.windows) {
        for taps in chunks(0..sizes.taps(), scratch.taps) {
            let depth = taps.len() * sizes.channels;
            // SAFETY: as in `forward`.
            unsafe {
                let a = Matrix { start: y.start.add(windows.start * y.pixel), strides: (y.pixel, 1) };
                let rows = w.start.add(taps.start * sizes.channels * w.strides.0);
                let b = Matrix { start: rows, strides: (w.strides.1, w.strides.0) };
                let c = Matrix { start: scratch.start(), strides: (depth, 1) };
                let size = (windows.len(), depth, sizes.filters);
                match by_lists {
                    true => sparse::multiply(size, c, false, a, b),
                    false => multiply(Along::Columns, size, c, false, a, b),
                }
                scatter(sizes, scratch.start().cast_const(), windows.clone(), taps.clone(), x);
            }
        }
    }
}

/// The gradient of the weights over `pictures`: `w[tap, channel, filter]` = sum over windows of their elements times `y`.
///
/// # Safety
/// As for [`forward`], `w` being what is written.
pub unsafe fn weights(
    sizes: &Sizes,
    pictures: Range<usize>,
    x: Maps<*const f32>,
    w: Matrix<*mut f32>,
    y: Maps<*const f32>,
) {
    // SAFETY: the caller's contract.
    unsafe {
        if zeros::pays(sizes, &pictures, y) {
            return zeros::weights(sizes, pictures, x, w, y);
        }
        if lines::pays(sizes) {
            return lines::weights(sizes, pictures, x, w, y);
        }
    }
    let whole = Block { taps: 0..sizes.taps(), filters: 0..sizes.filters };
    // SAFETY: the caller's contract.
    unsafe { weights_of(sizes, pictures, x, w, y, whole) }
}

/// A part of the weights.
pub struct Block {
    pub taps: Range<usize>,
    pub filters: Range<usize>,
}

/// The same of a block of the weights.
///
/// # Safety
/// As for [`weights`]; nobody else touches the block.
pub unsafe fn weights_of(
    sizes: &Sizes,
    pictures: Range<usize>,
    x: Maps<*const f32>,
    w: Matrix<*mut f32>,
    y: Maps<*const f32>,
    block: Block,
) {
    let mut scratch = Scratch::of(sizes, block.taps.len());
    let Range { start: filter, .. } = block.filters;
    let columns = block.filters.len();
    for taps in chunks(block.taps, scratch.taps) {
        let depth = taps.len() * sizes.channels;
        // SAFETY: the weights have a row for each tap and channel.
        let start = unsafe { w.start.add(taps.start * sizes.channels * w.strides.0 + filter * w.strides.1) };
        let c = Matrix { start, ..w };
        if pictures.is_empty() {
            // SAFETY: as above; rows of the block.
            (0..depth).for_each(|row| unsafe { start.add(row * w.strides.0).write_bytes(0, columns) });
        }
        for (number, windows) in chunks(sizes.windows(&pictures), scratch.windows).enumerate() {
            // SAFETY: as in `forward`.
            unsafe {
                gather(sizes, x, pictures.end, windows.clone(), taps.clone(), scratch.start());
                let a = Matrix { start: scratch.start().cast_const(), strides: (1, depth) };
                let b = y.start.add(windows.start * y.pixel + filter);
                let b = Matrix { start: b, strides: (y.pixel, 1) };
                multiply(Along::Columns, (depth, columns, windows.len()), c, number > 0, a, b);
            }
        }
    }
}
