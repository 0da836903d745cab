//! Convolutions of pictures of few channels, as those in front of a net: nothing is gathered. A line of a window is neighbours in the picture, so windows
//! are rows of a matrix that overlap. The picture is copied into a border of zeros, and the columns of what has no whole vectors are filled up.

use std::ops::Range;

use super::scratch::Room;
use super::tile::{Kept, Left, Product, is_fast};
use super::{Maps, Sizes};
use crate::kernels::gemm::Matrix;

/// Channels of a picture up to which gathering windows costs more than it saves.
const CHANNELS: usize = 32;
/// Elements of a vector that columns are filled up to.
const VECTOR: usize = 16;

/// Whether windows are read where they lie.
pub(super) fn pays(sizes: &Sizes) -> bool {
    sizes.channels <= CHANNELS && sizes.cols.dilation == 1 && is_fast()
}

/// A picture in its border, and how windows lie in it.
struct Bordered {
    /// Extents.
    rows: usize,
    cols: usize,
    channels: usize,
}

impl Bordered {
    fn of(sizes: &Sizes) -> Self {
        let reach = |axis: &super::Axis| {
            let windows = (axis.count - 1) * axis.stride + (axis.size - 1) * axis.dilation + 1;
            windows.max(axis.before + axis.len)
        };
        Self { rows: reach(&sizes.rows), cols: reach(&sizes.cols), channels: sizes.channels }
    }

    fn line(&self) -> usize {
        self.cols * self.channels
    }

    fn elements(&self) -> usize {
        (self.rows * self.line()).next_multiple_of(VECTOR)
    }

    /// Copies a picture into the border, which is zeros already.
    ///
    /// # Safety
    /// `x` holds the picture.
    unsafe fn fill(&self, sizes: &Sizes, x: Maps<*const f32>, picture: usize, to: &mut [f32]) {
        let (rows, cols) = (&sizes.rows, &sizes.cols);
        for row in 0..rows.len {
            let at = (rows.before + row) * self.line() + cols.before * self.channels;
            let line = &mut to[at..][..cols.len * self.channels];
            for (col, pixel) in line.chunks_exact_mut(self.channels).enumerate() {
                // SAFETY: a place of the picture.
                let from = unsafe { x.start.add(((picture * rows.len + row) * cols.len + col) * x.pixel) };
                for (channel, element) in pixel.iter_mut().enumerate() {
                    // SAFETY: as above.
                    *element = unsafe { *from.add(channel) };
                }
            }
        }
    }

    /// The first element of the windows of a line of results.
    fn windows(&self, sizes: &Sizes, row: usize) -> usize {
        row * sizes.rows.stride * self.line()
    }
}

/// As [`super::forward`].
///
/// # Safety
/// As for [`super::forward`].
pub(super) unsafe fn forward(
    sizes: &Sizes,
    pictures: Range<usize>,
    x: Maps<*const f32>,
    w: Matrix<*const f32>,
    y: Maps<*mut f32>,
) {
    let bordered = Bordered::of(sizes);
    let (rows, cols, depth) = (&sizes.rows, &sizes.cols, sizes.cols.size * sizes.channels);
    let wide = sizes.filters.next_multiple_of(VECTOR);
    let (steps, line) = (rows.size * depth, cols.count * wide);
    let mut room = Room::of(bordered.elements() + steps * wide + line);
    let (picture, rest) = room.split_at_mut(bordered.elements());
    let (weights, rest) = rest.split_at_mut(steps * wide);
    let results = &mut rest[..line];
    picture.fill(0.0);
    let mut b = (w.start, w.strides.0);
    if sizes.filters != wide {
        for (step, to) in weights.chunks_exact_mut(wide).enumerate() {
            // SAFETY: the weights have a row for each step.
            let from = unsafe { std::slice::from_raw_parts(b.0.add(step * b.1), sizes.filters) };
            to[..sizes.filters].copy_from_slice(from);
            to[sizes.filters..].fill(0.0);
        }
        b = (weights.as_ptr(), wide);
    }
    for number in pictures {
        // SAFETY: the caller's picture; its windows lie in the border, and their results in `y`.
        unsafe {
            bordered.fill(sizes, x, number, picture);
            for row in 0..rows.count {
                let to = y.start.add((number * rows.count + row) * cols.count * y.pixel);
                let (c, n) = match sizes.filters == wide {
                    true => ((to, y.pixel), sizes.filters),
                    false => ((results.as_mut_ptr(), wide), wide),
                };
                let a = Left {
                    start: picture.as_ptr().add(bordered.windows(sizes, row)),
                    down: cols.stride * sizes.channels,
                    right: 1,
                    line: rows.dilation * bordered.line(),
                };
                let (m, lines) = (cols.count, rows.size);
                Product { m, n, lines, depth, accumulate: false, c, a, b, kept: Kept::All }.run();
                if sizes.filters != wide {
                    for (col, from) in results.chunks_exact(wide).take(cols.count).enumerate() {
                        to.add(col * y.pixel).copy_from_nonoverlapping(from.as_ptr(), sizes.filters);
                    }
                }
            }
        }
    }
}

/// As [`super::weights`].
///
/// # Safety
/// As for [`super::weights`].
pub(super) unsafe fn weights(
    sizes: &Sizes,
    pictures: Range<usize>,
    x: Maps<*const f32>,
    w: Matrix<*mut f32>,
    y: Maps<*const f32>,
) {
    let bordered = Bordered::of(sizes);
    let (rows, cols, depth) = (&sizes.rows, &sizes.cols, sizes.cols.size * sizes.channels);
    let wide = sizes.filters.next_multiple_of(VECTOR);
    let places = sizes.places();
    let mut room = Room::of(bordered.elements() + rows.size * depth * wide + places * wide);
    let (picture, rest) = room.split_at_mut(bordered.elements());
    let (sums, results) = rest.split_at_mut(rows.size * depth * wide);
    picture.fill(0.0);
    sums.fill(0.0);
    results[..places * wide].fill(0.0);
    for number in pictures {
        // SAFETY: the caller's picture and the results of its windows.
        unsafe {
            bordered.fill(sizes, x, number, picture);
            let from = y.start.add(number * places * y.pixel);
            let b = match sizes.filters == wide {
                true => (from, y.pixel),
                false => {
                    for (place, to) in results.chunks_exact_mut(wide).take(places).enumerate() {
                        to.as_mut_ptr().copy_from_nonoverlapping(from.add(place * y.pixel), sizes.filters);
                    }
                    (results.as_ptr(), wide)
                }
            };
            for tap in 0..rows.size {
                let a = Left {
                    start: picture.as_ptr().add(tap * rows.dilation * bordered.line()),
                    down: 1,
                    right: cols.stride * sizes.channels,
                    line: rows.stride * bordered.line(),
                };
                let c = (sums.as_mut_ptr().add(tap * depth * wide), wide);
                let (lines, steps) = (rows.count, cols.count);
                Product {
                    m: depth,
                    n: wide,
                    lines,
                    depth: steps,
                    accumulate: true,
                    c,
                    a,
                    b,
                    kept: Kept::All,
                }
                .run();
            }
        }
    }
    for (row, from) in sums.chunks_exact(wide).enumerate() {
        // SAFETY: the weights have a row for each step.
        unsafe { w.start.add(row * w.strides.0).copy_from_nonoverlapping(from.as_ptr(), sizes.filters) };
    }
}
