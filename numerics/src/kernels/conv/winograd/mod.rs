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
//! A channel that is zeros in all pictures of a block, as dropout of whole channels leaves it, is left out of its products; so is one of a gradient that nobody
//! reads in any of them.
//! Turning is additions, and multiplications by a half: no vector width changes a bit.

mod kept;
mod tiles;
mod wanted;
mod weights;

use std::ops::Range;

use super::scratch::Room;
use super::tile::{Kept, Left, Product};
use super::{Maps, Sizes, chunks};
use kept::{Channels, Seen};
use tiles::Tiles;
use wanted::{LANES, Wanted};
pub use wanted::{Read, pays};
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

/// How the tiles of some pictures are divided: whole pictures at a time, as many as make a block, or one in several blocks.
struct Division {
    pictures: usize,
    tiles: usize,
}

impl Division {
    /// Of tiles that have so many channels on both sides together.
    fn of(tiles: &Tiles, pictures: &Range<usize>, channels: usize) -> Self {
        let most = (BLOCK / PRODUCTS / channels).max(8);
        let picture = tiles.of(&(0..1)).len();
        let run = (most / picture).clamp(1, pictures.len().max(1));
        let all = run * picture;
        Self { pictures: run, tiles: all.div_ceil(all.div_ceil(most)) }
    }

    fn runs(&self, pictures: Range<usize>) -> impl Iterator<Item = Range<usize>> {
        chunks(pictures, self.pictures)
    }

    fn blocks(&self, tiles: Range<usize>) -> impl Iterator<Item = Range<usize>> {
        chunks(tiles, self.tiles)
    }
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
    unsafe { filtered(&tiles, pictures, (x, sizes.channels), w, (y, sizes.filters), None) }
}

/// The gradient of `x` of `pictures`, as [`super::inputs`]; `w` is `[16, filters, channels]`, turned for it. Where it is said what of it is `read`, zeros may
/// stand in the rest.
///
/// # Safety
/// As for [`super::inputs`]; `w` has `step` elements from row to row.
pub unsafe fn inputs(
    sizes: &Sizes,
    pictures: Range<usize>,
    x: Maps<*mut f32>,
    w: (*const f32, usize),
    y: Maps<*const f32>,
    read: Option<Read<'_>>,
) {
    let tiles = Tiles::inputs(sizes);
    // SAFETY: the caller's contract.
    unsafe { filtered(&tiles, pictures, (y, sizes.filters), w, (x, sizes.channels), read) }
}

/// `from` through the turned filters `w` of `[16, wide, narrow]` to `to`.
unsafe fn filtered(
    tiles: &Tiles,
    pictures: Range<usize>,
    (from, width): (Maps<*const f32>, usize),
    w: (*const f32, usize),
    (to, results): (Maps<*mut f32>, usize),
    read: Option<Read<'_>>,
) {
    let division = Division::of(tiles, &pictures, width + results);
    let read = read.filter(|read| results > LANES && read.drops_in_all(division.pictures));
    let block = |start, width| Block { start, tiles: division.tiles, width };
    let null = std::ptr::null_mut();
    let (left, right) = (block(null, width).elements(), block(null, results).elements());
    let own = Channels::room(width, division.pictures * tiles.places());
    let places = division.pictures * tiles.results();
    let few = read.map_or(0, |_| Wanted::room(results, places, PRODUCTS * width));
    let mut room = Room::of(left + right + own + few);
    let (v, rest) = room.split_at_mut(left);
    let (m, rest) = rest.split_at_mut(right);
    let (own, few) = rest.split_at_mut(own);
    let mut channels = Channels::open();
    let mut wanted = Wanted::open(results);
    for run in division.runs(pictures) {
        // SAFETY: pictures of the caller's.
        let seen = unsafe { channels.see(from, width, tiles.places(), run.clone(), own) };
        let v = block(v.as_mut_ptr(), seen.width);
        let all = Filtered { tiles, seen: &seen, v, width };
        // SAFETY: tiles of the run are those of the caller's pictures, and memory holds a block of them, whatever is left out.
        unsafe {
            if let Some(read) = read
                && wanted.take(run.clone(), read, tiles.of(&run).len())
            {
                let n = wanted.width();
                let (filters, maps) = few.split_at_mut(PRODUCTS * width * results + LANES);
                wanted.together(PRODUCTS * width, w, filters.as_mut_ptr());
                let maps = Maps { start: maps.as_mut_ptr(), pixel: n };
                let m = block(m.as_mut_ptr(), n);
                all.run(&division, 0, m, (filters.as_ptr(), n), maps);
                let places = run.start * tiles.results()..run.end * tiles.results();
                wanted.apart(maps.start.cast_const(), places, to);
            } else {
                all.run(&division, tiles.of(&run).start, block(m.as_mut_ptr(), results), w, to);
            }
        }
    }
}

/// Tiles of a run of pictures on their way through filters of `width` rows.
struct Filtered<'s> {
    tiles: &'s Tiles,
    seen: &'s Seen<'s>,
    v: Block,
    width: usize,
}

impl Filtered<'_> {
    /// Through `w`, `step` elements from row to row, to the maps `to`, where `first` is the number of the run's first tile.
    ///
    /// # Safety
    /// As for [`forward`], of matrices with the columns of `m`.
    unsafe fn run(
        &self,
        division: &Division,
        first: usize,
        m: Block,
        (w, step): (*const f32, usize),
        to: Maps<*mut f32>,
    ) {
        let Self { tiles, seen, v, width } = *self;
        for own in division.blocks(tiles.of(&seen.pictures)) {
            let written = own.start - tiles.of(&seen.pictures).start + first;
            // SAFETY: the block's tiles are those of the caller's pictures, and its memory holds so many.
            unsafe {
                tiles.spread(own.clone(), seen.maps, v);
                for q in 0..PRODUCTS {
                    let a = Left { start: v.start.add(q * v.step()), down: v.width, right: 1, line: 0 };
                    let (c, b) = ((m.start.add(q * m.step()), m.width), (w.add(q * width * step), step));
                    let kept = seen.kept.map_or(Kept::All, Kept::Steps);
                    let (lines, depth, accumulate) = (1, seen.depth, false);
                    Product { m: own.len(), n: m.width, lines, depth, accumulate, c, a, b, kept }.run();
                }
                tiles.gather(written..written + own.len(), m, to);
            }
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
    let division = Division::of(&tiles, &pictures, channels + filters);
    let block = |start, width| Block { start, tiles: division.tiles, width };
    let null = std::ptr::null_mut();
    let (left, right) = (block(null, channels).elements(), block(null, filters).elements());
    let room = Channels::room(channels, division.pictures * tiles.places());
    let mut memory = Room::of(left + right + room + PRODUCTS * own);
    let (v, rest) = memory.split_at_mut(left);
    let (m, rest) = rest.split_at_mut(right);
    let (room, sums) = rest.split_at_mut(room);
    let m = block(m.as_mut_ptr(), filters);
    let sums = &mut sums[..PRODUCTS * own];
    sums.fill(0.0);
    let mut looked = Channels::open();
    for run in division.runs(pictures) {
        // SAFETY: pictures of the caller's.
        let seen = unsafe { looked.see(x, channels, tiles.places(), run.clone(), room) };
        let v = block(v.as_mut_ptr(), seen.width);
        let first = tiles.of(&run).start;
        for own_tiles in division.blocks(tiles.of(&seen.pictures)) {
            let read = own_tiles.start - tiles.of(&seen.pictures).start + first;
            // SAFETY: as in `filtered`; the sums have room for sixteen matrices of channels by filters.
            unsafe {
                tiles.spread(own_tiles.clone(), seen.maps, v);
                tiles.spread_results(read..read + own_tiles.len(), y, m);
                for q in 0..PRODUCTS {
                    let a = Left { start: v.start.add(q * v.step()), down: 1, right: v.width, line: 0 };
                    let b = (m.start.add(q * m.step()).cast_const(), filters);
                    let c = (sums.as_mut_ptr().add(q * own), filters);
                    let kept = seen.kept.map_or(Kept::All, Kept::Rows);
                    let (lines, depth, accumulate) = (1, own_tiles.len(), true);
                    Product { m: seen.depth, n: filters, lines, depth, accumulate, c, a, b, kept }.run();
                }
            }
        }
    }
    // SAFETY: the caller's weights.
    unsafe { Sums { channels, filters, from: sums.as_ptr(), to: w, step }.collect() }
}
