//! Convolutions of 3x3 windows that move by one place, by Winograd's minimal filtering (Lavin and Gray 2016): four results of a tile from sixteen
//! products instead of thirty-six.
//!
//! ```text
//! F(2x2, 3x3)   y = A'[(G w G') . (B' x B)] A       x a tile of 4x4 elements, y one of 2x2 results; forward, and the gradient of inputs
//! F(3x3, 2x2)   w = G'[(B' x B) . (A y A')] G       summed over tiles; the gradient of weights
//! ```
//!
//! The products, one for each of the sixteen elements, are over channels and so products of matrices: tiles by channels by filters. A block of tiles
//! is turned, multiplied and turned back while it lies in the thread's second cache. Blocks are a function of the pictures and sizes of the call alone.
//! Turning is additions, and multiplications by a half: no vector width changes a bit.

mod tiles;
mod weights;

use std::ops::Range;

use super::scratch::Room;
use super::tile::{Left, Product};
use super::{Maps, Sizes};
use tiles::Tiles;
use weights::Sums;
pub use weights::{CHANNELS, Filters};

/// Elements of a turned tile, and so products.
pub const PRODUCTS: usize = 16;
/// Elements that the turned tiles of a block take, on both sides of the products: half a megabyte.
const BLOCK: usize = 128 << 10;
/// What keeps the sixteen matrices of a block from lying a power of two apart, where they would share lines of the nearest cache.
const APART: usize = 16;

/// The sixteen matrices of a block, of `tiles` rows and `width` columns.
#[derive(Clone, Copy)]
struct Block {
    start: *mut f32,
    tiles: usize,
    width: usize,
}

impl Block {
    /// Elements from matrix to matrix.
    fn step(&self) -> usize {
        (self.tiles * self.width).next_multiple_of(APART) + APART
    }

    fn elements(&self) -> usize {
        PRODUCTS * self.step()
    }
}

/// Tiles of a block where they have so many channels on both sides together.
fn tiles_of_a_block(channels: usize, all: usize) -> usize {
    let most = (BLOCK / PRODUCTS / channels).max(8);
    all.div_ceil(all.div_ceil(most).max(1)).max(1)
}

fn blocks(all: Range<usize>, step: usize) -> impl Iterator<Item = Range<usize>> {
    let end = all.end;
    all.step_by(step).map(move |from| from..(from + step).min(end))
}

/// The maps `y` of `pictures`, as [`super::forward`]; `w` is `[16, channels, filters]`, turned.
///
/// # Safety
/// As for [`super::forward`]; `w` has `step` elements from row to row.
pub unsafe fn forward(
    sizes: &Sizes,
    pictures: Range<usize>,
    x: Maps<*const f32>,
    w: (*const f32, usize),
    y: Maps<*mut f32>,
) {
    let tiles = Tiles::forward(sizes);
    // SAFETY: the caller's contract.
    unsafe { filtered(&tiles, pictures, (x, sizes.channels), w, (y, sizes.filters)) }
}

/// The gradient of `x` of `pictures`, as [`super::inputs`]; `w` is `[16, filters, channels]`, turned for it.
///
/// # Safety
/// As for [`super::inputs`]; `w` has `step` elements from row to row.
pub unsafe fn inputs(
    sizes: &Sizes,
    pictures: Range<usize>,
    x: Maps<*mut f32>,
    w: (*const f32, usize),
    y: Maps<*const f32>,
) {
    let tiles = Tiles::inputs(sizes);
    // SAFETY: the caller's contract.
    unsafe { filtered(&tiles, pictures, (y, sizes.filters), w, (x, sizes.channels)) }
}

/// `from` through the turned filters `w` of `[16, wide, narrow]` to `to`.
unsafe fn filtered(
    tiles: &Tiles,
    pictures: Range<usize>,
    (from, width): (Maps<*const f32>, usize),
    (w, step): (*const f32, usize),
    (to, results): (Maps<*mut f32>, usize),
) {
    let all = tiles.of(&pictures);
    let size = tiles_of_a_block(width + results, all.len());
    let block = |start, width| Block { start, tiles: size, width };
    let null = std::ptr::null_mut();
    let (left, right) = (block(null, width).elements(), block(null, results).elements());
    let mut room = Room::of(left + right);
    let (v, m) = room.split_at_mut(left);
    let (v, m) = (block(v.as_mut_ptr(), width), block(m.as_mut_ptr(), results));
    for own in blocks(all, size) {
        // SAFETY: the block's tiles are those of the caller's pictures, and its memory holds so many.
        unsafe {
            tiles.spread(own.clone(), from, v);
            for q in 0..PRODUCTS {
                let a = Left { start: v.start.add(q * v.step()), down: width, right: 1, line: 0 };
                let (c, b) = ((m.start.add(q * m.step()), results), (w.add(q * width * step), step));
                let (lines, depth) = (1, width);
                Product { m: own.len(), n: results, lines, depth, accumulate: false, c, a, b }.run();
            }
            tiles.gather(own, m, to);
        }
    }
}

/// The gradient of the weights over `pictures`, as [`super::weights`].
///
/// # Safety
/// As for [`super::weights`].
pub unsafe fn weights(
    sizes: &Sizes,
    pictures: Range<usize>,
    x: Maps<*const f32>,
    (w, step): (*mut f32, usize),
    y: Maps<*const f32>,
) {
    let (channels, filters) = (sizes.channels, sizes.filters);
    let (tiles, own) = (Tiles::forward(sizes), channels * filters);
    let all = tiles.of(&pictures);
    let size = tiles_of_a_block(channels + filters, all.len());
    let block = |start, width| Block { start, tiles: size, width };
    let null = std::ptr::null_mut();
    let (left, right) = (block(null, channels).elements(), block(null, filters).elements());
    let mut room = Room::of(left + right + PRODUCTS * own);
    let (v, rest) = room.split_at_mut(left);
    let (m, sums) = rest.split_at_mut(right);
    let (v, m) = (block(v.as_mut_ptr(), channels), block(m.as_mut_ptr(), filters));
    let sums = &mut sums[..PRODUCTS * own];
    if all.is_empty() {
        sums.fill(0.0);
    }
    for (number, own_tiles) in blocks(all, size).enumerate() {
        // SAFETY: as in `filtered`; the sums have room for sixteen matrices of channels by filters.
        unsafe {
            tiles.spread(own_tiles.clone(), x, v);
            tiles.spread_results(own_tiles.clone(), y, m);
            for q in 0..PRODUCTS {
                let a = Left { start: v.start.add(q * v.step()), down: 1, right: channels, line: 0 };
                let b = (m.start.add(q * m.step()).cast_const(), filters);
                let c = (sums.as_mut_ptr().add(q * own), filters);
                let (lines, depth) = (1, own_tiles.len());
                Product { m: channels, n: filters, lines, depth, accumulate: number > 0, c, a, b }.run();
            }
        }
    }
    // SAFETY: the caller's weights.
    unsafe { Sums { channels, filters, from: sums.as_ptr(), to: w, step }.collect() }
}
