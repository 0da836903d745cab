//! Squares that are dropped from a map (Ghiasi, Lin and Le 2018): where they begin is drawn, place by place.
//!
//! Seeds are places at which a whole square fits. Each is drawn with a probability gamma, by all 32 bits of its counter's hash, and drops the square of which it is
//! the first place. Squares overlap, so gamma is less than the share that they drop is large, and the middle of a map loses more than its border.

use super::hash::bits32;

/// Squares of a map of `rows` by `cols` places with `channels` numbers each. A series has one row, and its squares too.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Squares {
    pub rows: usize,
    pub cols: usize,
    pub channels: usize,
    /// Rows and columns of a square, at most those of the map.
    pub size: [usize; 2],
    /// Whether a square takes all channels.
    pub shared: bool,
}

impl Squares {
    /// Over a row of a value with axes of these sizes, the last of which is the channels.
    ///
    /// # Panics
    /// If there are neither one nor two axes before the channels.
    #[must_use]
    pub fn of(sizes: &[usize], size: usize, shared: bool) -> Self {
        match *sizes {
            [cols, channels] => Self { rows: 1, cols, channels, size: [1, size], shared },
            [rows, cols, channels] => Self { rows, cols, channels, size: [size; 2], shared },
            _ => panic!("this is a bug in dropnet: squares of {sizes:?}"),
        }
    }

    /// Places of a row at which a square may begin: rows, columns, and channels unless they share it. A seed's counter is its row-major index.
    #[must_use]
    pub fn seeds(&self) -> [usize; 3] {
        let channels = if self.shared { 1 } else { self.channels };
        [self.rows - self.size[0] + 1, self.cols - self.size[1] + 1, channels]
    }

    /// The probability of a seed, of which `p` of the places would be dropped if no squares overlapped and all places were covered alike.
    #[must_use]
    pub fn gamma(&self, p: f64) -> f64 {
        let [rows, cols, _] = self.seeds();
        let (places, square) = ((self.rows * self.cols) as f64, (self.size[0] * self.size[1]) as f64);
        p * places / (square * (rows * cols) as f64)
    }

    /// Below which the hash of a seed is for a square to begin there.
    #[must_use]
    pub fn threshold(&self, p: f64) -> u32 {
        // Beyond the largest the conversion stays at it.
        (self.gamma(p) * 4_294_967_296.0).round() as u32
    }

    /// The share of the places that is kept, on average over the map.
    #[must_use]
    pub fn keep(&self, p: f64) -> f64 {
        let missed = 1.0 - f64::from(self.threshold(p)) / 4_294_967_296.0;
        let (rows, cols) = (covers(self.rows, self.size[0]), covers(self.cols, self.size[1]));
        let kept = rows.iter().flat_map(|r| cols.iter().map(move |c| missed.powi((r * c) as i32)));
        kept.sum::<f64>() / (self.rows * self.cols) as f64
    }

    /// The numbers of a row that are dropped, in row-major order.
    #[must_use]
    pub fn dropped(&self, row: u64, threshold: u32) -> Vec<bool> {
        let mut dropped = vec![false; self.rows * self.cols * self.channels];
        let [rows, cols, channels] = self.seeds();
        for seed in (0..rows * cols * channels).filter(|seed| bits32(row, *seed as u32) < threshold) {
            self.lines(seed).for_each(|(from, len, step)| {
                (0..len).for_each(|i| dropped[from + i * step] = true);
            });
        }
        dropped
    }

    /// The lines of the square that begins at a seed: the first element, how many there are and from one to the next.
    pub fn lines(&self, seed: usize) -> impl Iterator<Item = (usize, usize, usize)> + use<> {
        let [_, cols, channels] = self.seeds();
        let (row, col, channel) = (seed / channels / cols, seed / channels % cols, seed % channels);
        let Self { cols: width, channels: all, size: [down, right], shared, .. } = *self;
        let (len, step) = if shared { (right * all, 1) } else { (right, all) };
        (row..row + down).map(move |row| ((row * width + col) * all + channel, len, step))
    }
}

/// Along an axis: at how many places a square may begin that covers each of its places.
fn covers(len: usize, size: usize) -> Vec<usize> {
    (0..len).map(|at| at.min(len - size) + 1 - (at + 1).saturating_sub(size)).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::draws::{mix64, row_key};

    const MAP: Squares = Squares { rows: 16, cols: 16, channels: 3, size: [7, 7], shared: false };

    /// Shares of the places that squares drop, over many rows: in all, in the middle, in a corner.
    fn measured(squares: Squares, p: f64, rows: u64) -> [f64; 3] {
        let threshold = squares.threshold(p);
        let mut counts = vec![0_u64; squares.rows * squares.cols * squares.channels];
        for row in 0..rows {
            let dropped = squares.dropped(row_key(mix64(77), row), threshold);
            counts.iter_mut().zip(dropped).for_each(|(count, dropped)| *count += u64::from(dropped));
        }
        let share = |places: &[usize]| {
            let sum: u64 =
                places.iter().flat_map(|p| &counts[p * squares.channels..][..squares.channels]).sum();
            sum as f64 / (rows as usize * places.len() * squares.channels) as f64
        };
        let all: Vec<usize> = (0..squares.rows * squares.cols).collect();
        [share(&all), share(&[squares.rows / 2 * squares.cols + squares.cols / 2]), share(&[0])]
    }

    /// As the page says of size 7 and a rate of 0.25 on 16x16: 21 in 100 in all, 47 in the middle, 1.3 in a corner.
    #[test]
    fn shares_that_are_dropped_are_those_of_the_formula() {
        let [all, middle, corner] = measured(MAP, 0.25, 4000);
        assert!((MAP.gamma(0.25) - 0.25 * 256.0 / (49.0 * 100.0)).abs() < 1e-12);
        assert!((all - (1.0 - MAP.keep(0.25))).abs() < 0.003, "{all}");
        assert!((all - 0.21).abs() < 0.005 && (middle - 0.47).abs() < 0.015, "{all} {middle}");
        assert!((corner - MAP.gamma(0.25)).abs() < 0.004, "{corner}");
    }

    /// Squares of all channels drop as much, and of all or none of them.
    #[test]
    fn channels_share_a_square() {
        let squares = Squares { shared: true, ..MAP };
        let [all, ..] = measured(squares, 0.1, 4000);
        assert!((all - (1.0 - squares.keep(0.1))).abs() < 0.006, "{all}");
        let dropped = squares.dropped(row_key(3, 4), squares.threshold(0.9));
        assert!(dropped.iter().any(|d| *d) && dropped.iter().any(|d| !*d));
        assert!(dropped.chunks(3).all(|place| place.iter().all(|d| *d == place[0])));
    }

    /// What is dropped is made of whole squares: every dropped place lies in a square that is dropped as a whole.
    #[test]
    fn squares_are_whole() {
        for squares in [MAP, Squares { rows: 9, cols: 8, channels: 2, size: [2, 3], shared: false }] {
            let dropped = squares.dropped(row_key(5, 6), squares.threshold(0.3));
            let at =
                |row: usize, col: usize, c: usize| dropped[(row * squares.cols + col) * squares.channels + c];
            let [rows, cols, _] = squares.seeds();
            let mut covered = vec![false; dropped.len()];
            for (row, col, c) in (0..rows)
                .flat_map(|r| (0..cols).flat_map(move |c| (0..squares.channels).map(move |k| (r, c, k))))
            {
                let places = || {
                    (row..row + squares.size[0])
                        .flat_map(|r| (col..col + squares.size[1]).map(move |c| (r, c)))
                };
                if places().all(|(row, col)| at(row, col, c)) {
                    places().for_each(|(row, col)| {
                        covered[(row * squares.cols + col) * squares.channels + c] = true
                    });
                }
            }
            assert_eq!(covered, dropped);
            assert!(dropped.iter().any(|d| *d));
        }
    }

    /// Squares of one place are coins, and a square as large as its map takes it or leaves it.
    #[test]
    fn at_the_ends() {
        let single = Squares { size: [1, 1], ..MAP };
        assert!((single.gamma(0.3) - 0.3).abs() < 1e-12 && (single.keep(0.3) - 0.7).abs() < 1e-9);
        let whole = Squares { rows: 7, cols: 7, channels: 2, ..MAP };
        assert!((whole.keep(0.3) - 0.7).abs() < 1e-9);
        let series = Squares::of(&[20, 4], 5, false);
        assert_eq!(series.seeds(), [1, 16, 4]);
        let [all, ..] = measured(series, 0.2, 4000);
        assert!((all - (1.0 - series.keep(0.2))).abs() < 0.006, "{all}");
    }

    /// Known answers: what an address gives never changes.
    #[test]
    fn known_squares() {
        let squares = Squares { rows: 4, cols: 5, channels: 2, size: [2, 2], shared: false };
        let dropped = squares.dropped(row_key(mix64(1), 2), squares.threshold(0.5));
        let text: String = dropped.iter().map(|d| if *d { 'x' } else { '.' }).collect();
        assert_eq!(text, "...x.x.x..x.xxxxxxx.x.x.xxxxx...x.x.....");
    }
}
