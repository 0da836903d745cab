//! Pools over maps and their derivatives: a window at a time, sixteen channels beside each other.
//!
//! A derivative is written by the windows, each into the elements that it covers: a part owns whole pictures, so nobody else writes there, and every
//! window is looked at once. Which element a maximum came from is found again and kept nowhere.

use std::ops::Range;

use super::conv::{Axis, Maps};
use super::lanes::{Lanes, add, widened};

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
    /// Every window of `pictures`, row-major, with its number among those of all pictures.
    #[inline(always)]
    fn windows(&self, pictures: Range<usize>) -> Windows<'_> {
        let number = pictures.start * self.rows.count * self.cols.count;
        Windows { sizes: self, picture: pictures.start, end: pictures.end, row: 0, col: 0, number }
    }

    /// Runs of channels.
    #[inline(always)]
    fn runs(&self) -> impl Iterator<Item = (usize, usize)> + use<> {
        let channels = self.channels;
        (0..channels).step_by(LANES).map(move |from| (from, LANES.min(channels - from)))
    }
}

struct Windows<'s> {
    sizes: &'s Sizes,
    picture: usize,
    /// Of the pictures.
    end: usize,
    row: usize,
    col: usize,
    number: usize,
}

impl Iterator for Windows<'_> {
    type Item = (usize, Covered);

    #[inline(always)]
    fn next(&mut self) -> Option<Self::Item> {
        let (rows, cols) = (&self.sizes.rows, &self.sizes.cols);
        if self.col == cols.count {
            (self.row, self.col) = (self.row + 1, 0);
        }
        if self.row == rows.count {
            (self.picture, self.row) = (self.picture + 1, 0);
        }
        if self.picture >= self.end {
            return None;
        }
        let (lines, places) = (rows.inside(self.row), cols.inside(self.col));
        let mut covered = Covered { first: 0, lines: 0, places: 0, down: 0, right: cols.dilation };
        if !lines.is_empty() && !places.is_empty() {
            let line = self.picture * rows.len + rows.element(self.row, lines.start);
            covered.first = line * cols.len + cols.element(self.col, places.start);
            covered.down = rows.dilation * cols.len;
            (covered.lines, covered.places) = (lines.len(), places.len());
        }
        (self.col, self.number) = (self.col + 1, self.number + 1);
        Some((self.number - 1, covered))
    }
}

/// The elements of a window that lie in the picture: lines of places, as numbers of places of all pictures.
struct Covered {
    first: usize,
    lines: usize,
    places: usize,
    down: usize,
    right: usize,
}

impl Covered {
    /// Lines and places, row-major.
    #[inline(always)]
    fn taps(&self) -> Taps {
        Taps { lines: if self.places == 0 { 0 } else { self.lines }, places: self.places, line: 0, place: 0 }
    }

    #[inline(always)]
    fn at(&self, line: usize, place: usize) -> usize {
        self.first + line * self.down + place * self.right
    }
}

struct Taps {
    lines: usize,
    places: usize,
    line: usize,
    place: usize,
}

impl Iterator for Taps {
    type Item = (usize, usize);

    #[inline(always)]
    fn next(&mut self) -> Option<Self::Item> {
        if self.place == self.places {
            (self.line, self.place) = (self.line + 1, 0);
        }
        let tap = (self.line < self.lines).then_some((self.line, self.place));
        self.place += 1;
        tap
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

impl Sizes {
    widened! { Sizes:
        /// The windows of `pictures`: their maxima, or their sums. A window that sees nothing of its picture has the sum 0.
        ///
        /// # Safety
        /// `x` are maps of all pictures before the end of `pictures`, `y` those of their windows; nobody writes `x` or touches `y` at these
        /// pictures during the call.
        pub forward = folded (pool: Pool, pictures: Range<usize>, x: Maps<*const f32>, y: Maps<*mut f32>)
    }

    widened! { Sizes:
        /// The gradient of `x`: of a sum, `g` of the windows at each of their elements; of a maximum, at the first of the largest.
        ///
        /// # Safety
        /// As for [`forward`](Self::forward); `dx` are maps like `x`, which is written, and nobody else touches them at these pictures. For
        /// sums `x` is not read.
        pub backward = spread
            (pool: Pool, pictures: Range<usize>, x: Maps<*const f32>, g: Maps<*const f32>, dx: Maps<*mut f32>)
    }

    /// Whether no element lies in two windows.
    fn are_apart(&self) -> bool {
        [self.rows, self.cols].iter().all(|axis| axis.dilation == 1 && axis.size <= axis.stride)
    }

    /// Whether every element lies in a window.
    fn cover_all(&self) -> bool {
        let reach = |axis: &Axis| (axis.count - 1) * axis.stride + axis.size;
        [self.rows, self.cols].iter().all(|axis| {
            axis.dilation == 1 && axis.stride <= axis.size && reach(axis) >= axis.before + axis.len
        })
    }
}

#[inline(always)]
unsafe fn folded(
    sizes: &Sizes,
    _wide: bool,
    pool: Pool,
    pictures: Range<usize>,
    x: Maps<*const f32>,
    y: Maps<*mut f32>,
) {
    let start = if pool == Pool::Max { f32::NEG_INFINITY } else { 0.0 };
    for (window, covered) in sizes.windows(pictures) {
        for (channel, len) in sizes.runs() {
            let mut folded = [start; LANES];
            for (line, place) in covered.taps() {
                // SAFETY: covered places are places of the pictures.
                let value =
                    unsafe { load(x.start.add(covered.at(line, place) * x.pixel + channel), len, 0.0) };
                for lane in 0..LANES {
                    folded[lane] = match pool {
                        Pool::Max if value[lane] < folded[lane] => folded[lane],
                        Pool::Max => value[lane],
                        Pool::Sum => folded[lane] + value[lane],
                    };
                }
            }
            // SAFETY: the window is one of the pictures.
            unsafe { store(y.start.add(window * y.pixel + channel), len, folded) };
        }
    }
}

#[inline(always)]
unsafe fn spread(
    sizes: &Sizes,
    wide: bool,
    pool: Pool,
    pictures: Range<usize>,
    x: Maps<*const f32>,
    g: Maps<*const f32>,
    dx: Maps<*mut f32>,
) {
    let apart = sizes.are_apart();
    let clear = !(apart && sizes.cover_all());
    let places = sizes.rows.len * sizes.cols.len;
    for picture in pictures {
        if clear {
            // A picture at a time, so that what is cleared still lies in a cache when its windows write there.
            // SAFETY: the picture is one of the caller's.
            unsafe { dx.start.add(picture * places * dx.pixel).write_bytes(0, places * dx.pixel) };
        }
        for (window, covered) in sizes.windows(picture..picture + 1) {
            let whole = (covered.lines, covered.places) == (sizes.rows.size, sizes.cols.size);
            // SAFETY: the window is one of the picture.
            unsafe {
                let g = Maps { start: g.start.add(window * g.pixel), pixel: g.pixel };
                match (covered.lines, covered.places) {
                    (2, 2) if whole && pool == Pool::Max => {
                        spread_whole::<2>(sizes, (wide, apart), &covered, x, g, dx);
                    }
                    (3, 3) if whole && pool == Pool::Max => {
                        spread_whole::<3>(sizes, (wide, apart), &covered, x, g, dx);
                    }
                    _ => spread_window(sizes, (pool, apart), &covered, x, g, dx),
                }
            }
        }
    }
}

/// As [`spread_window`], of a maximum over `SIZE` by `SIZE` elements.
///
/// # Safety
/// As there; the window has so many elements.
#[inline(always)]
unsafe fn spread_whole<const SIZE: usize>(
    sizes: &Sizes,
    (wide, apart): (bool, bool),
    covered: &Covered,
    x: Maps<*const f32>,
    g: Maps<*const f32>,
    dx: Maps<*mut f32>,
) {
    let (mut channel, channels) = (0, sizes.channels);
    // SAFETY: the caller's contract: its places have so many channels.
    unsafe {
        while wide && channel + 16 <= channels {
            spread_vector::<16, SIZE>(apart, covered, channel, x, g, dx);
            channel += 16;
        }
        while channel + 8 <= channels {
            spread_vector::<8, SIZE>(apart, covered, channel, x, g, dx);
            channel += 8;
        }
        if apart && channel < channels && channels >= 8 {
            // The last ones once more: the same is written again.
            spread_vector::<8, SIZE>(apart, covered, channels - 8, x, g, dx);
            return;
        }
        while channel < channels {
            spread_vector::<1, SIZE>(apart, covered, channel, x, g, dx);
            channel += 1;
        }
    }
}

/// The same of `L` channels: which of their elements is the first of the largest stays in registers.
///
/// # Safety
/// As there; the places have so many channels from `channel` on.
#[inline(always)]
unsafe fn spread_vector<const L: usize, const SIZE: usize>(
    apart: bool,
    covered: &Covered,
    channel: usize,
    x: Maps<*const f32>,
    g: Maps<*const f32>,
    dx: Maps<*mut f32>,
) {
    // SAFETY: the caller's contract.
    unsafe {
        let g = g.start.add(channel).cast::<Lanes<L>>().read_unaligned();
        let (mut top, mut higher) = ([f32::NEG_INFINITY; L], [[[0; L]; SIZE]; SIZE]);
        for (line, higher) in higher.iter_mut().enumerate() {
            for (place, higher) in higher.iter_mut().enumerate() {
                let at = x.start.add(covered.at(line, place) * x.pixel + channel);
                let value = at.cast::<Lanes<L>>().read_unaligned();
                for lane in 0..L {
                    let is_higher = top[lane] < value[lane];
                    top[lane] = if is_higher { value[lane] } else { top[lane] };
                    higher[lane] = if is_higher { u32::MAX } else { 0 };
                }
            }
        }
        // The last that was higher than all before it is the first of the largest; where none was, the first element.
        higher[0][0] = [u32::MAX; L];
        let mut left = [u32::MAX; L];
        for line in (0..SIZE).rev() {
            for place in (0..SIZE).rev() {
                let to = dx.start.add(covered.at(line, place) * dx.pixel + channel).cast::<Lanes<L>>();
                let mut new = [0.0; L];
                for lane in 0..L {
                    let own = higher[line][place][lane] & left[lane];
                    left[lane] &= !own;
                    new[lane] = f32::from_bits(g[lane].to_bits() & own);
                }
                to.write_unaligned(if apart { new } else { add(to.read_unaligned(), new) });
            }
        }
    }
}

/// The gradient of a window, `g`, where it belongs: it is all that comes there if windows are apart, and is added if they are not.
///
/// # Safety
/// As for [`Sizes::backward`], whose pictures have this window.
#[inline(always)]
unsafe fn spread_window(
    sizes: &Sizes,
    (pool, apart): (Pool, bool),
    covered: &Covered,
    x: Maps<*const f32>,
    g: Maps<*const f32>,
    dx: Maps<*mut f32>,
) {
    for (channel, len) in sizes.runs() {
        // SAFETY: the caller's contract: covered places are places of its pictures.
        unsafe {
            let g = load(g.start.add(channel), len, 0.0);
            let first = match pool {
                Pool::Max => first(covered, x.start.add(channel), x.pixel, len),
                Pool::Sum => [0; LANES],
            };
            for (tap, (line, place)) in covered.taps().enumerate() {
                let at = dx.start.add(covered.at(line, place) * dx.pixel + channel);
                let mut new = [0.0; LANES];
                for lane in 0..LANES {
                    let own = pool == Pool::Sum || first[lane] == tap as u32;
                    new[lane] = if own { g[lane] } else { 0.0 };
                }
                if !apart {
                    let old = load(at, len, 0.0);
                    (0..LANES).for_each(|lane| new[lane] += old[lane]);
                }
                store(at, len, new);
            }
        }
    }
}

/// By channel: which of the covered elements is the first of the largest.
///
/// # Safety
/// They may be read.
#[inline(always)]
unsafe fn first(covered: &Covered, x: *const f32, pixel: usize, len: usize) -> [u32; LANES] {
    let (mut top, mut first) = ([f32::NEG_INFINITY; LANES], [0; LANES]);
    for (tap, (line, place)) in covered.taps().enumerate() {
        // SAFETY: the caller's contract.
        let value = unsafe { load(x.add(covered.at(line, place) * pixel), len, 0.0) };
        for lane in 0..LANES {
            let higher = top[lane] < value[lane];
            top[lane] = if higher { value[lane] } else { top[lane] };
            first[lane] = if higher { tap as u32 } else { first[lane] };
        }
    }
    first
}
