//! Tiles of maps, turned for the products and turned back, a vector of channels at a time.

use std::ops::Range;

use super::super::{Maps, Sizes};
use super::Block;
use crate::kernels::lanes::{Lanes, add, by_vectors, sub, widened};

/// Results of a tile along an axis.
const RESULTS: usize = 2;

/// How the tiles of a picture lie: row-major, each the four results from twice its place on.
#[derive(Clone, Copy, Debug)]
pub(super) struct Tiles {
    /// Extents of the maps that are read, and of those of results.
    from: [usize; 2],
    to: [usize; 2],
    /// Elements of the first tile that lie in the border.
    before: [isize; 2],
}

/// Neighbouring tiles in one line of a picture, and the place of the first in its block.
#[derive(Clone, Debug)]
struct Run {
    picture: usize,
    row: usize,
    cols: Range<usize>,
    at: usize,
}

/// Maps whose lines and columns a run looks at.
#[derive(Clone, Copy)]
struct Source {
    maps: Maps<*const f32>,
    extents: [usize; 2],
}

impl Source {
    /// The lines of `picture` from `first` on; none where they lie in the border.
    ///
    /// # Safety
    /// The maps hold the picture.
    #[inline(always)]
    unsafe fn lines<const N: usize>(&self, picture: usize, first: isize) -> [Option<*const f32>; N] {
        let [rows, cols] = self.extents;
        let mut lines = [None; N];
        for (i, line) in lines.iter_mut().enumerate() {
            let row = first + i as isize;
            if (0..rows as isize).contains(&row) {
                // SAFETY: a line of the picture.
                *line = Some(unsafe {
                    self.maps.start.add((picture * rows + row as usize) * cols * self.maps.pixel)
                });
            }
        }
        lines
    }

    /// The channels from `channel` on of the lines at a column; zeros in the border.
    ///
    /// # Safety
    /// The lines are those of a picture that has so many channels.
    #[inline(always)]
    unsafe fn column<const N: usize, const L: usize>(
        &self,
        lines: &[Option<*const f32>; N],
        col: isize,
        channel: usize,
    ) -> [Lanes<L>; N] {
        let mut column = [[0.0; L]; N];
        if (0..self.extents[1] as isize).contains(&col) {
            for (line, to) in lines.iter().zip(&mut column) {
                if let Some(line) = line {
                    // SAFETY: a place of the picture.
                    *to = unsafe {
                        let from = line.add(col as usize * self.maps.pixel + channel);
                        from.cast::<[f32; L]>().read_unaligned()
                    };
                }
            }
        }
        column
    }
}

/// `B' d`.
#[inline(always)]
fn spread<const L: usize>([a, b, c, d]: [Lanes<L>; 4]) -> [Lanes<L>; 4] {
    [sub(a, c), add(b, c), sub(c, b), sub(b, d)]
}

/// `A g`.
#[inline(always)]
fn spread_result<const L: usize>([a, b]: [Lanes<L>; 2]) -> [Lanes<L>; 4] {
    [a, add(a, b), sub(a, b), sub([0.0; L], b)]
}

/// `A' m`.
#[inline(always)]
fn gather<const L: usize>([a, b, c, d]: [Lanes<L>; 4]) -> [Lanes<L>; 2] {
    [add(add(a, b), c), sub(sub(b, c), d)]
}

impl Block {
    /// The sixteen vectors of a tile.
    ///
    /// # Safety
    /// The block has the tile and the channels.
    #[inline(always)]
    unsafe fn store<const L: usize>(&self, q: usize, tile: usize, channel: usize, values: Lanes<L>) {
        // SAFETY: the caller's contract.
        unsafe {
            let to = self.start.add(q * self.step() + tile * self.width + channel);
            to.cast::<[f32; L]>().write_unaligned(values);
        }
    }

    /// # Safety
    /// As for [`store`](Self::store).
    #[inline(always)]
    unsafe fn load<const L: usize>(&self, q: usize, tile: usize, channel: usize) -> Lanes<L> {
        // SAFETY: the caller's contract.
        unsafe {
            let from = self.start.add(q * self.step() + tile * self.width + channel);
            from.cast::<[f32; L]>().read_unaligned()
        }
    }
}

impl Tiles {
    pub fn forward(sizes: &Sizes) -> Self {
        let (rows, cols) = (&sizes.rows, &sizes.cols);
        let before = [rows.before as isize, cols.before as isize];
        Self { from: [rows.len, cols.len], to: [rows.count, cols.count], before }
    }

    /// Of the gradient of inputs, which slides the filters, turned by half a turn, over the gradients of results.
    pub fn inputs(sizes: &Sizes) -> Self {
        let (rows, cols) = (&sizes.rows, &sizes.cols);
        let before = [rows, cols].map(|axis| axis.size as isize - 1 - axis.before as isize);
        Self { from: [rows.count, cols.count], to: [rows.len, cols.len], before }
    }

    fn extents(&self) -> [usize; 2] {
        self.to.map(|results| results.div_ceil(RESULTS))
    }

    /// Places of a picture that is read.
    pub fn places(&self) -> usize {
        self.from[0] * self.from[1]
    }

    /// Places of a picture of results.
    pub fn results(&self) -> usize {
        self.to[0] * self.to[1]
    }

    /// The tiles of some pictures.
    pub fn of(&self, pictures: &Range<usize>) -> Range<usize> {
        let [rows, cols] = self.extents();
        pictures.start * rows * cols..pictures.end * rows * cols
    }

    /// The lines of neighbours that `tiles` are.
    #[inline(always)]
    fn runs(&self, tiles: Range<usize>) -> impl Iterator<Item = Run> {
        let [rows, cols] = self.extents();
        let (lines, all) = (tiles.start / cols..tiles.end.div_ceil(cols), tiles);
        lines.map(move |line| {
            let (first, end) = (all.start.max(line * cols), all.end.min((line + 1) * cols));
            let own = first - line * cols..end - line * cols;
            Run { picture: line / rows, row: line % rows, cols: own, at: first - all.start }
        })
    }

    widened! { Tiles:
        /// Writes tiles of maps, turned, to a block.
        ///
        /// # Safety
        /// The maps hold the pictures of the tiles, with as many channels as the block has columns; the block has room.
        pub spread = spread_all (tiles: Range<usize>, x: Maps<*const f32>, to: Block)
    }

    widened! { Tiles:
        /// Writes tiles of the results' gradients, turned, to a block.
        ///
        /// # Safety
        /// As for [`spread`](Self::spread), of the maps of results.
        pub spread_results = spread_all_results(tiles: Range<usize>, y: Maps<*const f32>, to: Block)
    }

    widened! { Tiles:
        /// Writes the results of a block's tiles to their maps.
        ///
        /// # Safety
        /// As for [`spread_results`](Self::spread_results); the maps may be written at these pictures.
        pub gather = gather_all(tiles: Range<usize>, from: Block, y: Maps<*mut f32>)
    }
}

#[inline(always)]
unsafe fn spread_all(tiles: &Tiles, wide: bool, range: Range<usize>, x: Maps<*const f32>, to: Block) {
    let source = Source { maps: x, extents: tiles.from };
    for run in tiles.runs(range) {
        // SAFETY: the run's tiles are among the caller's.
        unsafe {
            by_vectors!(wide, to.width, |channel| spread_run::<L>(tiles, &source, &run, channel, &to));
        }
    }
}

/// The tiles of a run: two columns of each are those of the one before.
#[inline(always)]
unsafe fn spread_run<const L: usize>(tiles: &Tiles, source: &Source, run: &Run, channel: usize, to: &Block) {
    let [down, right] = tiles.before;
    // SAFETY: the caller's contract.
    unsafe {
        let lines = source.lines::<4>(run.picture, (run.row * RESULTS) as isize - down);
        let start = (run.cols.start * RESULTS) as isize - right;
        let mut first = spread(source.column::<4, L>(&lines, start, channel));
        let mut second = spread(source.column::<4, L>(&lines, start + 1, channel));
        for i in 0..run.cols.len() {
            let col = start + (RESULTS * i) as isize;
            let third = spread(source.column::<4, L>(&lines, col + 2, channel));
            let fourth = spread(source.column::<4, L>(&lines, col + 3, channel));
            for row in 0..4 {
                let turned = spread([first[row], second[row], third[row], fourth[row]]);
                for (col, values) in turned.into_iter().enumerate() {
                    to.store(4 * row + col, run.at + i, channel, values);
                }
            }
            (first, second) = (third, fourth);
        }
    }
}

#[inline(always)]
unsafe fn spread_all_results(tiles: &Tiles, wide: bool, range: Range<usize>, y: Maps<*const f32>, to: Block) {
    let source = Source { maps: y, extents: tiles.to };
    for run in tiles.runs(range) {
        // SAFETY: the run's tiles are among the caller's.
        unsafe {
            by_vectors!(wide, to.width, |channel| spread_results_run::<L>(&source, &run, channel, &to));
        }
    }
}

#[inline(always)]
unsafe fn spread_results_run<const L: usize>(source: &Source, run: &Run, channel: usize, to: &Block) {
    // SAFETY: the caller's contract.
    unsafe {
        let lines = source.lines::<2>(run.picture, (run.row * RESULTS) as isize);
        for (i, tile) in run.cols.clone().enumerate() {
            let col = (tile * RESULTS) as isize;
            let first = spread_result(source.column::<2, L>(&lines, col, channel));
            let second = spread_result(source.column::<2, L>(&lines, col + 1, channel));
            for row in 0..4 {
                for (col, values) in spread_result([first[row], second[row]]).into_iter().enumerate() {
                    to.store(4 * row + col, run.at + i, channel, values);
                }
            }
        }
    }
}

#[inline(always)]
unsafe fn gather_all(tiles: &Tiles, wide: bool, range: Range<usize>, from: Block, y: Maps<*mut f32>) {
    for run in tiles.runs(range) {
        // SAFETY: the run's tiles are among the caller's.
        unsafe {
            by_vectors!(wide, from.width, |channel| gather_run::<L>(tiles, &from, &run, channel, y));
        }
    }
}

#[inline(always)]
unsafe fn gather_run<const L: usize>(
    tiles: &Tiles,
    from: &Block,
    run: &Run,
    channel: usize,
    y: Maps<*mut f32>,
) {
    // SAFETY: the caller's contract.
    unsafe {
        for (i, col) in run.cols.clone().enumerate() {
            let mut half = [[[0.0; L]; RESULTS]; 4];
            for (col, half) in half.iter_mut().enumerate() {
                let mut column = [[0.0; L]; 4];
                for (row, part) in column.iter_mut().enumerate() {
                    *part = from.load::<L>(4 * row + col, run.at + i, channel);
                }
                *half = gather(column);
            }
            let [a, b, c, d] = half;
            let upper = gather([a[0], b[0], c[0], d[0]]);
            let lower = gather([a[1], b[1], c[1], d[1]]);
            let (row, col) = (RESULTS * run.row, RESULTS * col);
            put(tiles, (run.picture, row, col), channel, upper, y);
            put(tiles, (run.picture, row + 1, col), channel, lower, y);
        }
    }
}

/// Two neighbouring results, where they are inside the maps.
#[inline(always)]
unsafe fn put<const L: usize>(
    tiles: &Tiles,
    (picture, row, col): (usize, usize, usize),
    channel: usize,
    [first, second]: [Lanes<L>; RESULTS],
    y: Maps<*mut f32>,
) {
    let [rows, cols] = tiles.to;
    if row < rows {
        // SAFETY: the caller's contract: these results are inside.
        unsafe {
            let to = y.start.add(((picture * rows + row) * cols + col) * y.pixel + channel);
            to.cast::<[f32; L]>().write_unaligned(first);
            if col + 1 < cols {
                to.add(y.pixel).cast::<[f32; L]>().write_unaligned(second);
            }
        }
    }
}
