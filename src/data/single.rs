//! Whether numbers of a column are still told apart once they are shortened: a net sees 24 bits of them.
//!
//! What lies closer together than a thousandth of the column's deviation may become one number: no net learns from it. What lies further
//! apart must not.

use super::error::DataError;
use crate::{math::Moments, vocab::exactly};

/// Of the column's deviation.
const TOLERANCE: f64 = 1.0 / 1024.0;

/// Numbers of a column as they are (NaN where one is missing), and as they are once shortened.
pub(super) struct Column<'a> {
    pub count: usize,
    pub exact: &'a dyn Fn(usize) -> f64,
    pub short: &'a dyn Fn(usize) -> f64,
    /// How far apart numbers of this size in the short form are that differ by one there.
    pub step: &'a dyn Fn(f64) -> f64,
}

/// A little more than nothing, below which single precision has no more numbers.
const LEAST: f64 = f32::from_bits(1) as f64;

/// How far apart neighbours are in single precision, of numbers up to `size`, for numbers that are multiplied by `scale` before.
pub(super) fn step(size: f64, scale: f64) -> f64 {
    (size * f64::from(f32::EPSILON)).max(LEAST) / scale.abs()
}

/// Whether numbers with this deviation are apart from their neighbours, whatever they are, if the largest of them has this step to the next.
pub(super) fn are_apart(deviation: f64, step: f64) -> bool {
    deviation == 0.0 || step <= TOLERANCE * deviation
}

impl Column<'_> {
    /// Two rows whose numbers are apart and become one.
    pub fn merged(&self) -> Option<(usize, usize)> {
        let known = || (0..self.count).filter(|row| !(self.exact)(*row).is_nan());
        let deviation = Moments::of(known().map(self.exact)).deviation();
        let size = known().map(|row| (self.short)(row).abs()).fold(0.0, f64::max);
        if are_apart(deviation, (self.step)(size)) {
            return None;
        }
        let least = TOLERANCE * deviation;
        let mut rows: Vec<usize> = known().collect();
        rows.sort_by(|a, b| (self.exact)(*a).total_cmp(&(self.exact)(*b)));
        let equal = |a: &usize, b: &usize| (self.short)(*a) == (self.short)(*b);
        let ends = rows.chunk_by(equal).map(|rows| (rows[0], rows[rows.len() - 1]));
        ends.into_iter().find(|(a, b)| (self.exact)(*b) - (self.exact)(*a) > least)
    }
}

/// Refuses numbers that 32 bits do not tell apart when they are mapped.
///
/// # Errors
/// E0544 without a place; `cure` says what would help.
pub(super) fn check(
    count: usize,
    exact: &dyn Fn(usize) -> f64,
    scale: f64,
    short: &dyn Fn(f64) -> f32,
    cure: &str,
) -> Result<(), DataError> {
    let step = |size: f64| step(size, scale);
    let mapped = |row: usize| f64::from(short(exact(row)));
    match (Column { count, exact, short: &mapped, step: &step }).merged() {
        None => Ok(()),
        Some((a, b)) => Err(DataError::new(
            "E0544",
            format!("{} and {} become one number in 32 bits", exactly(exact(a)), exactly(exact(b))),
        )
        .note("what differs lies beyond the 7 digits that the net would see")
        .help(cure)),
    }
}

/// Two whole numbers of the text column `name` that 64 bits do not tell apart.
pub(super) fn merged_whole(a: i128, b: i128, name: &str) -> DataError {
    DataError::new("E0544", format!("{a} and {b} become one number in 64 bits"))
        .note("whole numbers are exact up to 2^53, which has 16 digits")
        .help(format!(
            "if they name things, write `words=[{name:?}]` on the source, which keeps them as they are written; if they measure, take a number that all rows share off the column"
        ))
}

/// Whether two numbers that become one are far enough apart to matter among these.
pub(super) fn matters(a: i128, b: i128, column: &[f64]) -> bool {
    let known = column.iter().copied().filter(|x| !x.is_nan());
    a.abs_diff(b) as f64 > TOLERANCE * Moments::of(known).deviation()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn merged(values: &[f64], scale: f64, shift: f64) -> Option<(f64, f64)> {
        let exact = |row: usize| values[row];
        let short = |row: usize| f64::from((values[row] * scale + shift) as f32);
        let step = |size: f64| step(size, scale);
        let found = Column { count: values.len(), exact: &exact, short: &short, step: &step }.merged();
        found.map(|(a, b)| (values[a], values[b]))
    }

    #[test]
    fn seconds_are_one_number_until_their_mean_is_taken_off() {
        let seconds: Vec<f64> = (0..200).map(|i| 1.7e9 + f64::from(i)).collect();
        assert_eq!(merged(&seconds, 1.0, 0.0), Some((1.7e9, 1.7e9 + 64.0)));
        assert_eq!(merged(&seconds, 1.0 / 57.7, -1.7e9 / 57.7), None);
        // Days of a century fit; so does what is missing, and what does not differ.
        let days: Vec<f64> = (0..36_525).map(|i| 2_415_020.0 + f64::from(i)).collect();
        assert_eq!(merged(&days, 1.0, 0.0), None);
        assert_eq!(merged(&[f64::NAN, 1.7e9, 1.7e9], 1.0, 0.0), None);
    }

    #[test]
    fn what_is_too_small_for_32_bits_becomes_0() {
        let small: Vec<f64> = (0..9).map(|i| f64::from(i) * 1e-50).collect();
        assert_eq!(merged(&small, 1.0, 0.0), Some((0.0, 8e-50)));
        assert_eq!(merged(&small, 1e50, 0.0), None);
    }

    /// Many numbers by chance share their 24 bits; nothing is lost.
    #[test]
    fn what_is_close_together_may_become_one() {
        let close: Vec<f64> = (0..1000).map(|i| (f64::from(i % 10)) + 1e-9 * f64::from(i)).collect();
        assert_eq!(merged(&close, 1.0, 0.0), None);
    }
}
