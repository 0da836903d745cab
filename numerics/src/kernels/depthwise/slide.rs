//! Windows as weighted sums of what they see: forward, and for inputs where windows begin at every place.

use super::{Maps, Sizes, by_channels, full, load, plus, store};

/// Windows of a line that are in registers together.
const TILE: usize = 7;

/// The windows of a picture: weighted sums of what they see, by the taps or by their reverse.
///
/// # Safety
/// As for `forward`, of one picture.
#[inline(always)]
pub(super) unsafe fn slide<const FUSED: bool, const REVERSED: bool>(
    sizes: &Sizes,
    x: Maps<*const f32>,
    w: *const f32,
    y: Maps<*mut f32>,
) {
    let (rows, cols, channels) = (sizes.rows, sizes.cols, sizes.channels);
    let inner = full(cols);
    for row in 0..rows.count {
        let mut col = 0;
        while col < cols.count {
            let room = if inner.contains(&col) { inner.end - col } else { 1 };
            // SAFETY: the windows are the picture's.
            unsafe {
                col += match room {
                    TILE.. => {
                        by_channels!(channels, tile::<FUSED, TILE, REVERSED>(sizes, x, w, y, (row, col)));
                        TILE
                    }
                    2.. => {
                        by_channels!(channels, tile::<FUSED, 2, REVERSED>(sizes, x, w, y, (row, col)));
                        2
                    }
                    _ => {
                        by_channels!(channels, tile::<FUSED, 1, REVERSED>(sizes, x, w, y, (row, col)));
                        1
                    }
                };
            }
        }
    }
}

/// `T` windows of a line from `(row, col)` on in `N` channels: all of them inside of the picture, or one.
///
/// # Safety
/// As for [`slide`]; the channels from `channel` on are there.
#[inline(always)]
unsafe fn tile<const FUSED: bool, const N: usize, const T: usize, const REVERSED: bool>(
    sizes: &Sizes,
    x: Maps<*const f32>,
    w: *const f32,
    y: Maps<*mut f32>,
    (row, col): (usize, usize),
    channel: usize,
) {
    let (rows, cols) = (sizes.rows, sizes.cols);
    let places = if T == 1 { cols.inside(col) } else { 0..cols.size };
    let mut sums = [[0.0; N]; T];
    // SAFETY: taps and windows are inside of the picture.
    unsafe {
        for u in rows.inside(row) {
            let line = rows.element(row, u) * cols.len;
            for v in places.clone() {
                let tap = u * cols.size + v;
                let tap = if REVERSED { rows.size * cols.size - 1 - tap } else { tap };
                let weight = load::<N>(w.add(tap * sizes.channels + channel));
                let from = x.start.add((line + cols.element(col, v)) * x.pixel + channel);
                for (t, sum) in sums.iter_mut().enumerate() {
                    *sum = plus::<FUSED, N>(*sum, load::<N>(from.add(t * cols.stride * x.pixel)), weight);
                }
            }
        }
        let to = y.start.add((row * cols.count + col) * y.pixel + channel);
        (0..T).for_each(|t| store(to.add(t * y.pixel), sums[t]));
    }
}
