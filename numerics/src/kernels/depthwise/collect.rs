//! The gradient of inputs where windows do not begin at every place: each element sums what the windows that see it hand to it.

use super::{Axis, Maps, Sizes, by_channels, load, plus, store};

/// By element of an axis: the windows that see it, ascending, each with the tap by which it does.
pub(super) struct Sights {
    /// Where those of each element begin; one more for the end.
    starts: Vec<usize>,
    all: Vec<(usize, usize)>,
}

impl Sights {
    pub(super) fn of(axis: Axis) -> Self {
        let mut sights = Self { starts: vec![0], all: Vec::new() };
        for element in 0..axis.len {
            let at = element + axis.before;
            let first = at.saturating_sub((axis.size - 1) * axis.dilation).div_ceil(axis.stride);
            for window in first..(at / axis.stride + 1).min(axis.count) {
                let further = at - window * axis.stride;
                if further.is_multiple_of(axis.dilation) {
                    sights.all.push((window, further / axis.dilation));
                }
            }
            sights.starts.push(sights.all.len());
        }
        sights
    }

    #[inline(always)]
    fn of_element(&self, element: usize) -> &[(usize, usize)] {
        &self.all[self.starts[element]..self.starts[element + 1]]
    }
}

/// What the windows of a picture hand to its elements, for windows that do not begin at every place.
///
/// # Safety
/// As for `inputs`, of one picture.
#[inline(always)]
pub(super) unsafe fn collect<const FUSED: bool>(
    sizes: &Sizes,
    [rows, cols]: [&Sights; 2],
    x: Maps<*mut f32>,
    w: *const f32,
    y: Maps<*const f32>,
) {
    for row in 0..sizes.rows.len {
        for col in 0..sizes.cols.len {
            let seen = [rows.of_element(row), cols.of_element(col)];
            // SAFETY: the element is the picture's.
            unsafe {
                let to = x.start.add((row * sizes.cols.len + col) * x.pixel);
                by_channels!(sizes.channels, element::<FUSED>(sizes, seen, to, w, y));
            }
        }
    }
}

/// The same of one element in `N` channels.
///
/// # Safety
/// As for [`collect`]; the channels from `channel` on are there.
#[inline(always)]
unsafe fn element<const FUSED: bool, const N: usize>(
    sizes: &Sizes,
    [rows, cols]: [&[(usize, usize)]; 2],
    to: *mut f32,
    w: *const f32,
    y: Maps<*const f32>,
    channel: usize,
) {
    let mut sum = [0.0; N];
    // SAFETY: windows are the picture's, and taps theirs.
    unsafe {
        for &(i, u) in rows {
            let (line, taps) = (i * sizes.cols.count, u * sizes.cols.size);
            for &(j, v) in cols {
                let weight = load::<N>(w.add((taps + v) * sizes.channels + channel));
                let own = load::<N>(y.start.add((line + j) * y.pixel + channel));
                sum = plus::<FUSED, N>(sum, own, weight);
            }
        }
        store(to.add(channel), sum);
    }
}
