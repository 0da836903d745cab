//! Mean and spread of numbers, and the one rule of when a spread is none: nothing else decides what may be divided by.
//!
//! Equal numbers have exactly their value as mean and no spread, however a sum of them is rounded; so have numbers that differ by a few units
//! in the last place. Sums are f64 in the order of the numbers.

/// Distances of so many units in the last place are rounding.
const ROUNDING: f64 = 8.0 * f64::EPSILON;

/// What of a spread of numbers as large as `level` is their own rounding.
#[must_use]
pub fn rounding_of(level: f64) -> f64 {
    ROUNDING * level.abs()
}

/// Distances are multiplied by these powers of two before they are squared, where their squares would be too small or too large for f64.
const RAISED: f64 = f64::from_bits((1023 + 600) << 52);
const LOWERED: f64 = f64::from_bits((1023 - 600) << 52);
/// Mean squares below this have lost digits, or will when something is taken off them.
const SMALL: f64 = 1e-280;

/// Mean and sum of squared distances from it; those are exactly 0 where the numbers count as equal.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Moments {
    pub count: f64,
    pub mean: f64,
    /// Of distances times `scale`, a power of two: 1 but for numbers whose own squares f64 does not hold.
    pub squares: f64,
    scale: f64,
}

/// Sums over numbers so far, of the numbers themselves and of their distances from the first. The distances are exact where numbers lie
/// close together, so that a level which they share takes nothing from their spread.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Running {
    count: f64,
    first: f64,
    sum: f64,
    distances: f64,
    squares: f64,
    raised: f64,
    lowered: f64,
}

fn squared(x: f64) -> f64 {
    x * x
}

impl Running {
    pub fn add(&mut self, x: f64) {
        if self.count == 0.0 {
            self.first = x;
        }
        let distance = x - self.first;
        self.count += 1.0;
        self.sum += x;
        self.distances += distance;
        self.squares += squared(distance);
        self.raised += squared(distance * RAISED);
        self.lowered += squared(distance * LOWERED);
    }

    /// Of each column of rows, with the bits of adding its numbers one by one.
    #[must_use]
    pub fn of_columns(rows: &[f64], columns: usize) -> Vec<Self> {
        /// Columns that are summed at once: five sums of four numbers fit the registers of any processor.
        const WIDTH: usize = 4;
        let mut all = Vec::with_capacity(columns);
        for start in (0..columns).step_by(WIDTH) {
            let width = WIDTH.min(columns - start);
            let mut first = [0.0; WIDTH];
            if let Some(row) = rows.get(start..start + width) {
                first[..width].copy_from_slice(row);
            }
            let mut x = [0.0; WIDTH];
            let mut sums = [[0.0; WIDTH]; 5];
            for row in rows.chunks_exact(columns) {
                x[..width].copy_from_slice(&row[start..start + width]);
                let [sum, distances, squares, raised, lowered] = &mut sums;
                for i in 0..WIDTH {
                    let distance = x[i] - first[i];
                    sum[i] += x[i];
                    distances[i] += distance;
                    squares[i] += squared(distance);
                    raised[i] += squared(distance * RAISED);
                    lowered[i] += squared(distance * LOWERED);
                }
            }
            let count = (rows.len() / columns) as f64;
            all.extend((0..width).map(|i| {
                let [sum, distances, squares, raised, lowered] = sums.map(|sums| sums[i]);
                Self { count, first: first[i], sum, distances, squares, raised, lowered }
            }));
        }
        all
    }

    /// Of so many of each byte, one of which was the first. Sums of whole numbers are exact in any order.
    fn of_counts(counts: &[u64; 256], first: u8) -> Self {
        let first = f64::from(first);
        let mut sums = Self { first, ..Self::default() };
        let there = (0..256).zip(counts).filter(|(_, count)| **count > 0);
        for (byte, count) in there {
            let (x, n) = (f64::from(byte), *count as f64);
            let distance = x - first;
            sums.count += n;
            sums.sum += n * x;
            sums.distances += n * distance;
            sums.squares += n * squared(distance);
            sums.raised += n * squared(distance * RAISED);
            sums.lowered += n * squared(distance * LOWERED);
        }
        sums
    }

    /// Whether all numbers are the first.
    fn are_equal(&self) -> bool {
        self.raised == 0.0
    }

    /// What distances are to be multiplied by, and the sum of their squares then.
    fn scaled(&self) -> (f64, f64) {
        match self.squares {
            _ if self.are_equal() => (1.0, 0.0),
            squares if squares < SMALL * self.count => (RAISED, self.raised),
            f64::INFINITY => (LOWERED, self.lowered),
            squares => (1.0, squares),
        }
    }

    /// Numbers of [`words`](Self::words).
    pub const WORDS: usize = 7;

    /// Everything that is known of what was added, bit for bit.
    #[must_use]
    pub fn words(&self) -> [u64; Self::WORDS] {
        let Self { count, first, sum, distances, squares, raised, lowered } = *self;
        [count, first, sum, distances, squares, raised, lowered].map(f64::to_bits)
    }

    /// From such words.
    ///
    /// # Panics
    /// If there are not [`WORDS`](Self::WORDS).
    #[must_use]
    pub fn of_words(words: &[u64]) -> Self {
        let [count, first, sum, distances, squares, raised, lowered] =
            std::array::from_fn(|i| f64::from_bits(words[i]));
        Self { count, first, sum, distances, squares, raised, lowered }
    }

    #[must_use]
    pub fn sum(&self) -> f64 {
        self.sum
    }

    #[must_use]
    pub fn mean(&self) -> f64 {
        self.sum / self.count
    }

    /// From what was added alone; within rounding of [`Moments::of`].
    #[must_use]
    pub fn moments(&self) -> Moments {
        self.about(0.0)
    }

    /// The same, where the numbers bear the rounding of numbers as large as `level`.
    fn about(&self, level: f64) -> Moments {
        let count = self.count;
        let (scale, squares) = self.scaled();
        if (squares / count).sqrt() / scale <= rounding_of(level.abs().max(self.first.abs())) {
            let mean = if squares == 0.0 { self.first } else { self.first + self.distances / count };
            return Moments { count, mean, squares: 0.0, scale: 1.0 };
        }
        let distances = self.distances * scale;
        let squares = squares - distances * (distances / count);
        let squares = if squares < 0.0 { 0.0 } else { squares };
        Moments { count, mean: self.first + self.distances / count, squares, scale }
    }

    /// With the squares of a second pass around the plain mean, of distances as [`scaled`](Self::scaled) says, unless they are as small as what rounding makes of such a sum.
    fn or(&self, level: f64, squares: f64) -> Moments {
        let (count, mean) = (self.count, self.mean());
        let scale = self.scaled().0;
        let own = (squares / count).sqrt() / scale;
        match !self.are_equal() && own > count * f64::EPSILON * mean.abs() && own > rounding_of(level) {
            true => Moments { count, mean, squares, scale },
            false => self.about(level),
        }
    }
}

impl Moments {
    pub fn of(values: impl Iterator<Item = f64> + Clone) -> Self {
        Self::of_results(values, 0.0)
    }

    /// Of differences of numbers as large as `level`, whose rounding they bear.
    pub fn of_results(values: impl Iterator<Item = f64> + Clone, level: f64) -> Self {
        let mut running = Running::default();
        values.clone().for_each(|x| running.add(x));
        let (mean, scale) = (running.mean(), running.scaled().0);
        running.or(level, values.map(|x| squared((x - mean) * scale)).sum())
    }

    /// Of each of `groups` groups: `each` visits all numbers with the group of each, the same at every call.
    pub fn of_groups(groups: usize, each: impl Fn(&mut dyn FnMut(usize, f64))) -> Vec<Self> {
        let mut running = vec![Running::default(); groups];
        each(&mut |group, x| running[group].add(x));
        let about: Vec<(f64, f64)> = running.iter().map(|own| (own.mean(), own.scaled().0)).collect();
        let mut squares = vec![0.0; groups];
        each(&mut |group, x| {
            let (mean, scale) = about[group];
            squares[group] += squared((x - mean) * scale);
        });
        running.iter().zip(squares).map(|(running, squares)| running.or(0.0, squares)).collect()
    }

    /// Of each of `groups` groups of bytes, with the bits of [`of_groups`](Self::of_groups): `each` visits rows, the same at every call, whose byte `i` is of
    /// group `i % groups`.
    pub fn of_bytes(groups: usize, each: impl Fn(&mut dyn FnMut(&[u8]))) -> Vec<Self> {
        let mut first: Vec<u8> = Vec::new();
        let mut counts = vec![[0_u64; 256]; groups];
        each(&mut |row| {
            if first.is_empty() {
                first.extend(row.iter().take(groups));
            }
            for place in row.chunks_exact(groups) {
                counts.iter_mut().zip(place).for_each(|(counts, byte)| counts[usize::from(*byte)] += 1);
            }
        });
        let firsts = first.iter().copied().chain(std::iter::repeat(0));
        let running: Vec<Running> =
            counts.iter().zip(firsts).map(|(counts, first)| Running::of_counts(counts, first)).collect();
        let table = |own: &Running| -> [f64; 256] {
            let (mean, scale) = (own.mean(), own.scaled().0);
            std::array::from_fn(|byte| squared((byte as f64 - mean) * scale))
        };
        let tables: Vec<[f64; 256]> = running.iter().map(table).collect();
        // These sums are rounded, and so go by the order of the rows.
        let mut squares = vec![0.0; groups];
        each(&mut |row| {
            for place in row.chunks_exact(groups) {
                let each = squares.iter_mut().zip(&tables).zip(place);
                each.for_each(|((sum, table), byte)| *sum += table[usize::from(*byte)]);
            }
        });
        running.iter().zip(squares).map(|(running, squares)| running.or(0.0, squares)).collect()
    }

    #[must_use]
    pub fn variance(&self) -> f64 {
        self.squares / self.count / self.scale / self.scale
    }

    /// Of the population; 0 where the numbers count as equal.
    #[must_use]
    pub fn deviation(&self) -> f64 {
        (self.squares / self.count).sqrt() / self.scale
    }

    /// What distances from the mean are divided by: the deviation, or 1 where there is none.
    #[must_use]
    pub fn unit(&self) -> f64 {
        if self.squares == 0.0 { 1.0 } else { self.deviation() }
    }

    /// Of what the numbers are a sample of, by their count less one; NaN of one number.
    #[must_use]
    pub fn sample_variance(&self) -> f64 {
        match self.count > 1.0 {
            true => self.squares / (self.count - 1.0) / self.scale / self.scale,
            false => f64::NAN,
        }
    }

    /// Of the mean, from the sample variance; NaN of one number.
    #[must_use]
    pub fn standard_error(&self) -> f64 {
        match self.count > 1.0 {
            true => (self.squares / (self.count - 1.0) / self.count).sqrt() / self.scale,
            false => f64::NAN,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(values: &[f64]) -> Moments {
        Moments::of(values.iter().copied())
    }

    fn running(values: &[f64]) -> Moments {
        let mut running = Running::default();
        values.iter().for_each(|x| running.add(*x));
        running.moments()
    }

    #[test]
    fn equal_numbers_have_no_spread_whatever_they_are() {
        for x in [0.1, 0.2, 0.3, 0.7, 1.1, 3.3, -0.1, 1e-300, 1.7e9 + 0.1, 0.0] {
            for n in [1, 2, 9, 1000] {
                let column = vec![x; n];
                for moments in [of(&column), running(&column)] {
                    assert_eq!((moments.mean, moments.squares, moments.unit()), (x, 0.0, 1.0), "{n} of {x}");
                }
                let grouped =
                    Moments::of_groups(2, |visit| (0..2 * n).for_each(|i| visit(i % 2, x * (i % 2) as f64)));
                assert_eq!((grouped[1].mean, grouped[1].squares), (x, 0.0));
            }
        }
    }

    #[test]
    fn columns_have_the_sums_of_their_numbers_one_by_one() {
        for columns in [1, 2, 7, 8, 9, 20] {
            let rows: Vec<f64> = (0..13 * columns).map(|i| 0.3 + ((i * 37 % 101) as f64).sqrt()).collect();
            let mut each = vec![Running::default(); columns];
            for row in rows.chunks_exact(columns) {
                each.iter_mut().zip(row).for_each(|(running, x)| running.add(*x));
            }
            assert_eq!(Running::of_columns(&rows, columns), each, "{columns} columns");
        }
        assert_eq!(Running::of_columns(&[], 3), [Running::default(); 3]);
    }

    #[test]
    fn bytes_have_the_moments_of_their_numbers() {
        for (groups, rows, of) in [(1, 7, 9), (3, 50, 36), (3, 1, 3), (4, 300, 8)] {
            let bytes: Vec<u8> = (0..rows * of).map(|i| (i * i * 31 + i / 7) as u8).collect();
            let dull = vec![17_u8; rows * of];
            for bytes in [bytes, dull] {
                let by_row = Moments::of_bytes(groups, |see| bytes.chunks_exact(of).for_each(&mut *see));
                let one_by_one = Moments::of_groups(groups, |visit| {
                    bytes.iter().enumerate().for_each(|(i, byte)| visit(i % groups, f64::from(*byte)));
                });
                assert_eq!(by_row, one_by_one, "{groups} groups, {rows} rows of {of}");
            }
        }
        assert!(Moments::of_bytes(2, |_| {})[1].mean.is_nan());
    }

    #[test]
    fn units_in_the_last_place_are_no_spread() {
        let column = [0.3, 0.1 + 0.2, 0.3, 0.1 + 0.2];
        assert_eq!((of(&column).squares, running(&column).squares), (0.0, 0.0));
        assert!((of(&column).mean - 0.3).abs() < 1e-16);
        // Differences of equal figures bear the rounding of the figures.
        let differences = [1000.3 - 1000.2, 0.3 - 0.2];
        assert!(of(&differences).squares > 0.0);
        assert_eq!(Moments::of_results(differences.into_iter(), 1000.3).squares, 0.0);
    }

    #[test]
    fn a_small_spread_at_a_high_level_stays() {
        for level in [0.0, 1.7e9, 1e15] {
            let column: Vec<f64> = (0..1000).map(|i| level + f64::from(i % 5)).collect();
            for moments in [of(&column), running(&column)] {
                assert!((moments.deviation() - 2.0_f64.sqrt()).abs() < 1e-12, "{level}: {moments:?}");
                assert_eq!(moments.mean, level + 2.0);
            }
        }
        let seldom: Vec<f64> = (0..100_000).map(|i| 1.7e9 + 0.25 * f64::from(i % 2)).collect();
        assert_eq!(of(&seldom).deviation(), 0.125);
    }

    /// Numbers whose squares are beyond f64 spread as the same numbers of a usual size do.
    #[test]
    fn the_size_of_numbers_takes_nothing_from_their_spread() {
        let usual: Vec<f64> = (0..40).map(|i| 3.0 + f64::from(i * 7 % 11)).collect();
        for power in [-1000, -700, -550, -480, -300, 300, 480, 550, 900] {
            let by = 2.0_f64.powi(power);
            let column: Vec<f64> = usual.iter().map(|x| x * by).collect();
            let grouped = Moments::of_groups(1, |visit| column.iter().for_each(|x| visit(0, *x)))[0];
            for (moments, plain) in
                [(of(&column), of(&usual)), (running(&column), running(&usual)), (grouped, of(&usual))]
            {
                assert_eq!(moments.mean, plain.mean * by, "2^{power}");
                let ratio = moments.deviation() / by / plain.deviation();
                assert!((ratio - 1.0).abs() < 1e-14, "2^{power}: {ratio}");
                assert!((moments.standard_error() / by / plain.standard_error() - 1.0).abs() < 1e-14);
            }
        }
        assert_eq!((of(&[1e-165; 9]).squares, of(&[1e200; 9]).unit()), (0.0, 1.0));
    }

    #[test]
    fn samples_count_one_less() {
        let moments = of(&[2.0, 5.0]);
        assert_eq!((moments.mean, moments.variance(), moments.sample_variance()), (3.5, 2.25, 4.5));
        assert_eq!(moments.standard_error(), 1.5);
        assert!(of(&[1.0]).sample_variance().is_nan() && of(&[1.0]).standard_error().is_nan());
        assert!(of(&[1.0, f64::NAN]).squares.is_nan() && of(&[]).mean.is_nan());
    }
}
