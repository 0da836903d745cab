//! Patches of pictures: gathered into a matrix, and added back from one.

use std::ops::Range;

use super::Sizes;
use super::scratch::Room;

/// Elements of the scratch: 256 KiB.
pub(super) const SCRATCH: usize = 64 << 10;
/// Windows that are gathered together, at least.
const WINDOWS_LEAST: usize = 16;
/// Elements that a copy of a short run moves at a time; it may write so many beyond its end, where the next run follows.
pub(super) const STEP: usize = 8;

/// One axis of the pictures, and how windows slide along it.
#[derive(Clone, Copy, Debug)]
pub struct Axis {
    pub len: usize,
    /// Windows.
    pub count: usize,
    /// Elements of a window.
    pub size: usize,
    pub stride: usize,
    pub dilation: usize,
    /// Elements of the first window that lie in the border.
    pub before: usize,
}

impl Axis {
    /// The taps of window `place` that lie in the picture.
    pub fn inside(&self, place: usize) -> Range<usize> {
        let start = place * self.stride;
        let taps = |elements: usize| match self.dilation {
            1 => elements.min(self.size),
            dilation => elements.div_ceil(dilation).min(self.size),
        };
        let first = taps(self.before.saturating_sub(start));
        first..taps((self.before + self.len).saturating_sub(start)).max(first)
    }

    /// The element at a tap of window `place` that lies in the picture.
    pub fn element(&self, place: usize, tap: usize) -> usize {
        place * self.stride + tap * self.dilation - self.before
    }
}

/// Pictures, or maps of their windows, one behind another: `pixel` elements from place to place, of which the first ones are used.
#[derive(Clone, Copy, Debug)]
pub struct Maps<P> {
    pub start: P,
    pub pixel: usize,
}

impl Maps<*mut f32> {
    /// Zeros in the channels of some pictures.
    ///
    /// # Safety
    /// The pictures may be written.
    pub unsafe fn clear(self, sizes: &Sizes, pictures: Range<usize>) {
        let size = sizes.rows.len * sizes.cols.len;
        let places = pictures.start * size..pictures.end * size;
        // SAFETY: the caller's contract.
        unsafe {
            if self.pixel == sizes.channels {
                self.start.add(places.start * self.pixel).write_bytes(0, places.len() * self.pixel);
            } else {
                places.for_each(|p| self.start.add(p * self.pixel).write_bytes(0, sizes.channels));
            }
        }
    }
}

/// Memory of the thread for patches.
pub(super) struct Scratch {
    memory: Room,
    /// Windows and taps that are gathered together.
    pub windows: usize,
    pub taps: usize,
}

impl Scratch {
    pub fn open(sizes: &Sizes) -> Self {
        Self::of(sizes, sizes.rows.size * sizes.cols.size)
    }

    /// Room for patches of `all` taps, or of equal runs of them where too few windows would fit.
    pub fn of(sizes: &Sizes, all: usize) -> Self {
        let most = (SCRATCH / WINDOWS_LEAST / sizes.channels).clamp(1, all);
        let taps = all.div_ceil(all.div_ceil(most));
        let depth = taps * sizes.channels;
        let windows = (SCRATCH / depth).max(1);
        Self { memory: Room::of(SCRATCH.max(windows * depth) + STEP), windows, taps }
    }

    pub fn start(&mut self) -> *mut f32 {
        self.memory.as_mut_ptr()
    }
}

/// A window of all, by picture and place.
struct Window {
    picture: usize,
    row: usize,
    col: usize,
}

impl Window {
    fn of(sizes: &Sizes, number: usize) -> Self {
        let (picture, place) = (number / sizes.places(), number % sizes.places());
        Self { picture, row: place / sizes.cols.count, col: place % sizes.cols.count }
    }

    fn step(&mut self, sizes: &Sizes) {
        self.col += 1;
        if self.col == sizes.cols.count {
            (self.row, self.col) = (self.row + 1, 0);
        }
        if self.row == sizes.rows.count {
            (self.picture, self.row) = (self.picture + 1, 0);
        }
    }
}

/// The lines of a window among `taps`: the line's number, and its taps that are asked for.
fn lines(sizes: &Sizes, taps: &Range<usize>) -> impl Iterator<Item = (usize, Range<usize>)> + use<> {
    let (width, taps) = (sizes.cols.size, taps.clone());
    (taps.start / width..taps.end.div_ceil(width)).map(move |line| {
        let first = line * width;
        (line, taps.start.max(first) - first..taps.end.min(first + width) - first)
    })
}

/// Writes patches of `taps` of `windows` to `to`, one behind another.
///
/// # Safety
/// `x` holds all pictures before `pictures`, which have the windows; `to` has room for the patches and [`STEP`] elements more.
pub(super) unsafe fn gather(
    sizes: &Sizes,
    x: Maps<*const f32>,
    pictures: usize,
    windows: Range<usize>,
    taps: Range<usize>,
    mut to: *mut f32,
) {
    let (channels, width) = (sizes.channels, sizes.cols.len);
    let picture = sizes.rows.len * width * x.pixel;
    let solid = sizes.cols.dilation == 1 && x.pixel == channels;
    let mut at = Window::of(sizes, windows.start);
    for _ in windows {
        let (rows, cols) = (sizes.rows.inside(at.row), sizes.cols.inside(at.col));
        for (line, asked) in lines(sizes, &taps) {
            let inside = cols.start.clamp(asked.start, asked.end)..cols.end.clamp(asked.start, asked.end);
            // SAFETY: taps inside are elements of the picture, which lies in `x`; what is behind it to the last picture does too. `to`
            // goes on by the channels of each tap that is asked for.
            unsafe {
                if !rows.contains(&line) || inside.is_empty() {
                    to = zeros(to, asked.len() * channels);
                    continue;
                }
                let start = at.picture * picture + sizes.rows.element(at.row, line) * width * x.pixel;
                let from = start + sizes.cols.element(at.col, inside.start) * x.pixel;
                to = zeros(to, (inside.start - asked.start) * channels);
                let room = pictures * picture - from;
                if solid {
                    copy(x.start.add(from), to, inside.len() * channels, room);
                    to = to.add(inside.len() * channels);
                } else {
                    for tap in 0..inside.len() {
                        let further = tap * sizes.cols.dilation * x.pixel;
                        copy(x.start.add(from + further), to, channels, room - further);
                        to = to.add(channels);
                    }
                }
                to = zeros(to, (asked.end - inside.end) * channels);
            }
        }
        at.step(sizes);
    }
}

/// Writes `len` zeros, of which there mostly are none, and answers where they end.
///
/// # Safety
/// `to` may be written for `len` elements.
unsafe fn zeros(to: *mut f32, len: usize) -> *mut f32 {
    // SAFETY: the caller's contract.
    unsafe {
        if len > 0 {
            to.write_bytes(0, len);
        }
        to.add(len)
    }
}

/// Copies `len` elements; a short run in whole steps, where `room` elements follow from the first.
///
/// # Safety
/// `from` may be read for `room` elements, at least `len`, and `to` written for `len` and a step more.
unsafe fn copy(from: *const f32, to: *mut f32, len: usize, room: usize) {
    // SAFETY: the caller's contract: no more than `len` rounded up to steps are read, and those are there.
    unsafe {
        if len < 4 * STEP && len.next_multiple_of(STEP) <= room {
            for at in (0..len).step_by(STEP) {
                to.add(at)
                    .cast::<[f32; STEP]>()
                    .write_unaligned(from.add(at).cast::<[f32; STEP]>().read_unaligned());
            }
        } else {
            to.copy_from_nonoverlapping(from, len);
        }
    }
}

/// Adds patches of `taps` of `windows`, one behind another from `from`, to the elements of the pictures that they cover.
///
/// # Safety
/// `x` holds the pictures that have the windows, and nobody else touches them; the patches may be read.
pub(super) unsafe fn scatter(
    sizes: &Sizes,
    mut from: *const f32,
    windows: Range<usize>,
    taps: Range<usize>,
    x: Maps<*mut f32>,
) {
    let (channels, width) = (sizes.channels, sizes.cols.len);
    let picture = sizes.rows.len * width * x.pixel;
    let solid = sizes.cols.dilation == 1 && x.pixel == channels;
    let mut at = Window::of(sizes, windows.start);
    for _ in windows {
        let (rows, cols) = (sizes.rows.inside(at.row), sizes.cols.inside(at.col));
        for (line, asked) in lines(sizes, &taps) {
            let inside = cols.start.clamp(asked.start, asked.end)..cols.end.clamp(asked.start, asked.end);
            // SAFETY: as in `gather`.
            unsafe {
                let patch = from.add((inside.start - asked.start) * channels);
                from = from.add(asked.len() * channels);
                if !rows.contains(&line) || inside.is_empty() {
                    continue;
                }
                let start = at.picture * picture + sizes.rows.element(at.row, line) * width * x.pixel;
                let to = x.start.add(start + sizes.cols.element(at.col, inside.start) * x.pixel);
                if solid {
                    add(patch, to, inside.len() * channels);
                } else {
                    for tap in 0..inside.len() {
                        let further = tap * sizes.cols.dilation * x.pixel;
                        add(patch.add(tap * channels), to.add(further), channels);
                    }
                }
            }
        }
        at.step(sizes);
    }
}

/// # Safety
/// Both are `len` elements that do not overlap.
unsafe fn add(from: *const f32, to: *mut f32, len: usize) {
    // SAFETY: the caller's contract.
    let (from, to) =
        unsafe { (std::slice::from_raw_parts(from, len), std::slice::from_raw_parts_mut(to, len)) };
    to.iter_mut().zip(from).for_each(|(to, from)| *to += from);
}
