//! Pools over maps and their derivatives: a window at a time, sixteen channels beside each other.
//!
//! A derivative is written by the windows, each into the elements that it covers: a part owns whole pictures, so nobody else writes there, and every
//! window is looked at once. Which element a maximum came from is found again and kept nowhere.

use std::ops::Range;

use super::conv::{Axis, Maps};

/// Channels that are worked on together.
const LANES: usize = 16;

/// The sizes of a pool.
#[derive(Clone, Copy, Debug)]
pub struct Sizes {
    pub rows: Axis,
    pub cols: Axis,
    pub channels: usize,
}

/// What a window becomes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Pool {
    Max,
    Sum,
}

impl Sizes {
    /// Runs `each` with the number of every window of `pictures` and the first elements of its taps that lie in the picture, as numbers of
    /// places of all pictures: lines of `cols` places, `step` apart.
    fn windows(&self, pictures: Range<usize>, mut each: impl FnMut(usize, &Covered)) {
        let (rows, cols) = (self.rows, self.cols);
        let mut window = pictures.start * rows.count * cols.count;
        for picture in pictures {
            for row in 0..rows.count {
                let lines = rows.inside(row);
                for col in 0..cols.count {
                    let places = cols.inside(col);
                    let mut covered =
                        Covered { first: 0, lines: 0, places: 0, down: 0, right: cols.dilation };
                    if !lines.is_empty() && !places.is_empty() {
                        let line = picture * rows.len + rows.element(row, lines.start);
                        covered.first = line * cols.len + cols.element(col, places.start);
                        covered.down = rows.dilation * cols.len;
                        (covered.lines, covered.places) = (lines.len(), places.len());
                    }
                    each(window, &covered);
                    window += 1;
                }
            }
        }
    }

    /// Runs of channels.
    fn runs(&self) -> impl Iterator<Item = (usize, usize)> + use<> {
        let channels = self.channels;
        (0..channels).step_by(LANES).map(move |from| (from, LANES.min(channels - from)))
    }
}

/// The elements of a window that lie in the picture.
struct Covered {
    first: usize,
    lines: usize,
    places: usize,
    down: usize,
    right: usize,
}

impl Covered {
    /// Their places, row-major.
    fn each(&self, mut f: impl FnMut(usize)) {
        for line in 0..self.lines {
            for place in 0..self.places {
                f(self.first + line * self.down + place * self.right);
            }
        }
    }
}

/// `len` elements as a vector; the others are `rest`.
///
/// # Safety
/// They may be read.
#[inline(always)]
unsafe fn load(from: *const f32, len: usize, rest: f32) -> [f32; LANES] {
    // SAFETY: the caller's contract.
    unsafe {
        if len == LANES {
            return from.cast::<[f32; LANES]>().read_unaligned();
        }
        std::array::from_fn(|lane| if lane < len { *from.add(lane) } else { rest })
    }
}

/// # Safety
/// `len` elements may be written.
#[inline(always)]
unsafe fn store(to: *mut f32, len: usize, values: [f32; LANES]) {
    // SAFETY: the caller's contract.
    unsafe {
        if len == LANES {
            to.cast::<[f32; LANES]>().write_unaligned(values);
        } else {
            (0..len).for_each(|lane| *to.add(lane) = values[lane]);
        }
    }
}

/// The windows of `pictures`: their maxima, or their sums. A window that sees nothing of its picture has the sum 0.
///
/// # Safety
/// `x` are maps of all pictures before the end of `pictures`, `y` those of their windows; nobody writes `x` or touches `y` at these
/// pictures during the call.
pub unsafe fn forward(
    pool: Pool,
    sizes: &Sizes,
    pictures: Range<usize>,
    x: Maps<*const f32>,
    y: Maps<*mut f32>,
) {
    let start = if pool == Pool::Max { f32::NEG_INFINITY } else { 0.0 };
    sizes.windows(pictures, |window, covered| {
        for (channel, len) in sizes.runs() {
            let mut folded = [start; LANES];
            // SAFETY: covered places are places of the pictures.
            covered.each(|place| {
                let value = unsafe { load(x.start.add(place * x.pixel + channel), len, 0.0) };
                for (to, from) in folded.iter_mut().zip(value) {
                    *to = match pool {
                        Pool::Max if from < *to => *to,
                        Pool::Max => from,
                        Pool::Sum => *to + from,
                    };
                }
            });
            // SAFETY: the window is one of the pictures.
            unsafe { store(y.start.add(window * y.pixel + channel), len, folded) };
        }
    });
}

/// The gradient of `x`: of a sum, `g` of the windows at each of their elements; of a maximum, at the first of the largest.
///
/// # Safety
/// As for [`forward`]; `dx` are maps like `x`, which is written, and nobody else touches them at these pictures. For sums `x` is not read.
pub unsafe fn backward(
    pool: Pool,
    sizes: &Sizes,
    pictures: Range<usize>,
    x: Maps<*const f32>,
    g: Maps<*const f32>,
    dx: Maps<*mut f32>,
) {
    let places = sizes.rows.len * sizes.cols.len;
    let (from, to) = (pictures.start * places * dx.pixel, pictures.end * places * dx.pixel);
    // SAFETY: the caller's pictures.
    unsafe { dx.start.add(from).write_bytes(0, to - from) };
    sizes.windows(pictures, |window, covered| {
        for (channel, len) in sizes.runs() {
            // SAFETY: the window is one of the pictures, and covered places are theirs.
            unsafe {
                let g = load(g.start.add(window * g.pixel + channel), len, 0.0);
                let first = match pool {
                    Pool::Max => first(covered, x.start.add(channel), x.pixel, len),
                    Pool::Sum => [0; LANES],
                };
                let mut tap = 0;
                covered.each(|place| {
                    let at = dx.start.add(place * dx.pixel + channel);
                    let old = load(at, len, 0.0);
                    store(
                        at,
                        len,
                        std::array::from_fn(|lane| {
                            let own = pool == Pool::Sum || first[lane] == tap;
                            old[lane] + if own { g[lane] } else { 0.0 }
                        }),
                    );
                    tap += 1;
                });
            }
        }
    });
}

/// By channel: which of the covered elements is the first of the largest.
///
/// # Safety
/// They may be read.
#[inline(always)]
unsafe fn first(covered: &Covered, x: *const f32, pixel: usize, len: usize) -> [u32; LANES] {
    let (mut top, mut first) = ([f32::NEG_INFINITY; LANES], [0; LANES]);
    let mut tap = 0;
    covered.each(|place| {
        // SAFETY: the caller's contract.
        let value = unsafe { load(x.add(place * pixel), len, 0.0) };
        for lane in 0..LANES {
            if top[lane] < value[lane] {
                (top[lane], first[lane]) = (value[lane], tap);
            }
        }
        tap += 1;
    });
    first
}
