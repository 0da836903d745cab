//! The gradient of the weights.

use super::{Maps, Sizes, full, load, plus, store};

/// What a picture adds to the gradient of the weights, in `N` channels: a line of taps at a time, up to five of them in registers together.
///
/// # Safety
/// As for `weights`, of one picture; the channels from `channel` on are there.
#[inline(always)]
pub(super) unsafe fn gathered<const FUSED: bool, const N: usize>(
    sizes: &Sizes,
    x: Maps<*const f32>,
    w: *mut f32,
    y: Maps<*const f32>,
    channel: usize,
) {
    for u in 0..sizes.rows.size {
        let mut first = 0;
        while first < sizes.cols.size {
            // SAFETY: the caller's contract.
            unsafe {
                first += match sizes.cols.size - first {
                    5.. => line::<FUSED, N, 5>(sizes, x, w, y, channel, (u, first)),
                    4 => line::<FUSED, N, 4>(sizes, x, w, y, channel, (u, first)),
                    3 => line::<FUSED, N, 3>(sizes, x, w, y, channel, (u, first)),
                    2 => line::<FUSED, N, 2>(sizes, x, w, y, channel, (u, first)),
                    _ => line::<FUSED, N, 1>(sizes, x, w, y, channel, (u, first)),
                };
            }
        }
    }
}

/// The same of `TAPS` taps beside each other; answers how many they are.
///
/// # Safety
/// As for [`gathered`].
#[inline(always)]
unsafe fn line<const FUSED: bool, const N: usize, const TAPS: usize>(
    sizes: &Sizes,
    x: Maps<*const f32>,
    w: *mut f32,
    y: Maps<*const f32>,
    channel: usize,
    (u, first): (usize, usize),
) -> usize {
    let (rows, cols) = (sizes.rows, sizes.cols);
    let inner = full(cols);
    let mut sums = [[0.0; N]; TAPS];
    // SAFETY: taps and windows are inside of the picture.
    unsafe {
        for row in (0..rows.count).filter(|row| rows.inside(*row).contains(&u)) {
            let start = rows.element(row, u) * cols.len;
            for col in 0..cols.count {
                let own = load::<N>(y.start.add((row * cols.count + col) * y.pixel + channel));
                let element = |v: usize| {
                    let place = start + cols.element(col, first + v);
                    load::<N>(x.start.add(place * x.pixel + channel))
                };
                if inner.contains(&col) {
                    for (v, sum) in sums.iter_mut().enumerate() {
                        *sum = plus::<FUSED, N>(*sum, element(v), own);
                    }
                } else {
                    let inside = cols.inside(col);
                    for (v, sum) in sums.iter_mut().enumerate().filter(|(v, _)| inside.contains(&(first + v)))
                    {
                        *sum = plus::<FUSED, N>(*sum, element(v), own);
                    }
                }
            }
        }
        for (v, sum) in sums.iter().enumerate() {
            let at = w.add((u * cols.size + first + v) * sizes.channels + channel);
            let mut total = load::<N>(at);
            total.iter_mut().zip(sum).for_each(|(total, sum)| *total += sum);
            store(at, total);
        }
    }
    TAPS
}
