//! Rows that go on from minibatch to minibatch: `window 35, carry=true`.
//!
//! Each part is a stretch of steps in the order of time. It is cut into as many streams as a minibatch has rows, whose lengths differ by one step at most. Row
//! `window * streams + stream` of a part is that window of that stream, so the minibatches of a part are its rows one after another, and a row goes on where the one at its place in the
//! minibatch before stopped. Streams that have one window less lack in the last minibatch, at its end.

use super::divide::Parts;
use super::error::{DataError, counted};

/// How stretches are laid out.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Streams {
    /// Rows of a minibatch.
    pub count: usize,
    /// Steps of a window.
    pub length: usize,
    /// Whether a window at a stream's end may have fewer.
    pub tails: bool,
}

/// Some steps one after another.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Steps {
    pub start: usize,
    pub length: usize,
}

/// The rows of all parts, and which are whose.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Windows {
    pub rows: Vec<Steps>,
    pub parts: Parts,
}

impl Streams {
    /// The windows of parts that are stretches of steps, each called `unit`.
    ///
    /// # Errors
    /// E0534 for parts that are no stretches, E0550 for one with streams of less than a window.
    pub fn windows(&self, stretches: &Parts, unit: &str) -> Result<Windows, DataError> {
        let mut rows = Vec::new();
        let mut part = |name: &str, steps: &[u32]| {
            let first = rows.len() as u32;
            let Some(start) = steps.first().map(|start| *start as usize) else { return Ok(Vec::new()) };
            if steps.last().is_some_and(|last| *last as usize + 1 - start != steps.len()) {
                return Err(DataError::new(
                    "E0534",
                    "streams are stretches of time, and these parts are none",
                )
                .help("write shares, such as `split valid=10%, test=10%`"));
            }
            if steps.len() < self.count * self.length {
                return Err(self.too_short(name, steps.len(), unit));
            }
            self.lay(start, steps.len(), &mut rows);
            Ok((first..rows.len() as u32).collect())
        };
        let train = part("training", &stretches.train)?;
        let valid = part("validation", &stretches.valid)?;
        let test = part("test", &stretches.test)?;
        Ok(Windows { rows, parts: Parts { train, valid, test } })
    }

    fn too_short(&self, name: &str, has: usize, unit: &str) -> DataError {
        let Self { count, length, .. } = self;
        let message = format!(
            "the {name} part has {}, too few for {count} streams of a window each",
            counted(has, unit)
        );
        DataError::new("E0550", message)
            .note(format!(
                "`batch {count}` makes as many streams, and a window takes {}: together {}",
                counted(*length, unit),
                counted(count * length, unit)
            ))
            .help("write a smaller `batch`, or a shorter window")
    }

    /// The windows of one stretch of `steps` steps from `first` on.
    fn lay(&self, first: usize, steps: usize, rows: &mut Vec<Steps>) {
        let start = |stream: usize| first + stream * (steps / self.count) + stream.min(steps % self.count);
        let windows = steps.div_ceil(self.count).div_ceil(self.length);
        for window in 0..windows {
            for stream in 0..self.count {
                let (at, end) = (start(stream) + window * self.length, start(stream + 1));
                let length = end.saturating_sub(at).min(self.length);
                if length == self.length || self.tails && length > 0 {
                    rows.push(Steps { start: at, length });
                }
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn laid(steps: usize, count: usize, length: usize, tails: bool) -> Vec<(usize, usize)> {
        let stretches = Parts { train: (10..10 + steps as u32).collect(), ..Parts::default() };
        let windows = Streams { count, length, tails }.windows(&stretches, "token").expect("streams");
        assert_eq!(windows.parts.train, (0..windows.rows.len() as u32).collect::<Vec<_>>());
        windows.rows.iter().map(|row| (row.start, row.length)).collect()
    }

    #[test]
    fn each_row_goes_on_where_the_one_a_minibatch_before_stopped() {
        // Streams of 8, 8 and 7 steps: 10.., 18.., 26...
        assert_eq!(
            laid(23, 3, 3, true),
            [(10, 3), (18, 3), (26, 3), (13, 3), (21, 3), (29, 3), (16, 2), (24, 2), (32, 1)]
        );
        assert_eq!(laid(23, 3, 3, false).len(), 6);
        // Streams of 4, 3 and 3: two lack a window, and the last minibatch has one row.
        assert_eq!(laid(10, 3, 3, true), [(10, 3), (14, 3), (17, 3), (13, 1)]);
        assert_eq!(laid(10, 3, 3, false), [(10, 3), (14, 3), (17, 3)]);
    }

    #[test]
    fn all_steps_are_there_once() {
        for (steps, count, length) in [(9, 2, 2), (100, 7, 5), (64, 8, 8), (65, 8, 8), (30, 3, 10)] {
            let mut seen: Vec<usize> = laid(steps, count, length, true)
                .into_iter()
                .flat_map(|(start, length)| start..start + length)
                .collect();
            for (at, pair) in laid(steps, count, length, true).windows(count + 1).enumerate() {
                assert_eq!(pair[0].0 + length, pair[count].0, "row {at}");
            }
            seen.sort_unstable();
            assert_eq!(seen, (10..10 + steps).collect::<Vec<_>>());
        }
    }

    #[test]
    fn stretches_that_make_no_streams() {
        let streams = Streams { count: 4, length: 5, tails: true };
        let say = |train: Vec<u32>, valid: Vec<u32>| {
            let parts = Parts { train, valid, test: Vec::new() };
            streams.windows(&parts, "token").expect_err("a fault").plain()
        };
        let apart = (0..40).filter(|row| *row != 7).collect();
        insta::assert_snapshot!(
            [say(apart, Vec::new()), say((0..20).collect(), (20..39).collect())].join("\n---\n")
        );
    }
}
