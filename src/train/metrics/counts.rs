//! How often classes were observed, predicted and met, or bits were 1: what figures of right and wrong answers are made of.

use super::{Rows, Tally, Targets, Wrong, accuracy::argmax};
use crate::{
    model::OutputKind,
    vocab::{ArgSpec, Args, Default, Kind},
};

/// `class=`, of figures that may be of one class alone.
pub(super) const CLASS: ArgSpec = ArgSpec::optional(
    "class",
    Kind::Count { min: 0 },
    Default::Absent,
    "the number of a class (or of a bit), from 0, to which the figure is confined [default: the mean over the classes]",
);

/// What one class came to.
#[derive(Clone, Copy, Default)]
pub(super) struct Count {
    pub hits: u64,
    pub predicted: u64,
    pub observed: u64,
}

impl Count {
    fn add(&mut self, predicted: bool, observed: bool) {
        self.hits += u64::from(predicted && observed);
        self.predicted += u64::from(predicted);
        self.observed += u64::from(observed);
    }

    /// `hits / predicted`; none where nothing is predicted.
    pub fn precision(self) -> Option<f64> {
        share(self.hits, self.predicted)
    }

    /// `hits / observed`; none where nothing is observed.
    pub fn recall(self) -> Option<f64> {
        share(self.hits, self.observed)
    }

    /// The harmonic mean of both; none where the class does not occur.
    pub fn f1(self) -> Option<f64> {
        share(2 * self.hits, self.predicted + self.observed)
    }
}

fn share(part: u64, whole: u64) -> Option<f64> {
    (whole > 0).then(|| part as f64 / whole as f64)
}

/// A figure of the counts of all classes or bits.
pub(super) struct Counts {
    pub each: Vec<Count>,
    pub rows: u64,
    figure: fn(&Self) -> f64,
}

/// Counts of an output and the figure that is made of them.
pub(super) fn tally(kind: OutputKind, figure: fn(&Counts) -> f64) -> Box<dyn Tally> {
    Box::new(Counts { each: vec![Count::default(); kind.width()], rows: 0, figure })
}

/// The figure of the class that `class` names, or the mean over those that occur among targets or predictions: of one that has no such figure 0.
pub(super) fn by_class(args: &Args, kind: OutputKind, figure: fn(Count) -> Option<f64>) -> Box<dyn Tally> {
    let (class, each) = (args.opt_count("class"), vec![Count::default(); kind.width()]);
    Box::new(ByClass { counts: Counts { each, rows: 0, figure: |_| f64::NAN }, class, figure })
}

/// Whether the class that an argument names is one of the net's.
pub(super) fn check(args: &Args, kind: OutputKind) -> Result<(), Wrong> {
    match args.opt_count("class").filter(|class| *class >= kind.width()) {
        None => Ok(()),
        Some(_) => Err(("class", format!("must be a number from 0 to {}", kind.width() - 1))),
    }
}

impl Counts {
    fn take(&mut self, rows: &Rows<'_>) {
        match rows.targets {
            Targets::Classes(classes) => {
                for (row, class) in rows.outputs().zip(classes) {
                    let (predicted, observed) = (argmax(row), *class as usize);
                    self.each[predicted].add(true, predicted == observed);
                    if predicted != observed {
                        self.each[observed].add(false, true);
                    }
                    self.rows += 1;
                }
            }
            // No such output has these figures.
            Targets::Tokens { .. } => {}
            Targets::Real { data, width, .. } => {
                for (row, bits) in rows.outputs().zip(data.chunks_exact(width)) {
                    let bits = row.iter().zip(bits);
                    self.each.iter_mut().zip(bits).for_each(|(count, (z, y))| count.add(*z > 0.0, *y > 0.5));
                    self.rows += 1;
                }
            }
        }
    }

    fn all(&self) -> Vec<u64> {
        let each = self.each.iter().flat_map(|count| [count.hits, count.predicted, count.observed]);
        [self.rows].into_iter().chain(each).collect()
    }

    fn take_up(&mut self, words: &[u64]) -> bool {
        // A count of rows: what is more than that was not counted.
        if words.len() != 1 + 3 * self.each.len() || words.iter().any(|count| *count > u64::from(u32::MAX)) {
            return false;
        }
        self.rows = words[0];
        let each = words[1..].chunks_exact(3);
        self.each = each.map(|of| Count { hits: of[0], predicted: of[1], observed: of[2] }).collect();
        true
    }
}

impl Tally for Counts {
    fn add(&mut self, rows: &Rows<'_>) {
        self.take(rows);
    }

    fn value(&self) -> f64 {
        (self.figure)(self)
    }

    fn words(&self) -> Vec<u64> {
        self.all()
    }

    fn resume(&mut self, words: &[u64]) -> bool {
        self.take_up(words)
    }
}

struct ByClass {
    counts: Counts,
    class: Option<usize>,
    figure: fn(Count) -> Option<f64>,
}

impl Tally for ByClass {
    fn add(&mut self, rows: &Rows<'_>) {
        self.counts.take(rows);
    }

    fn value(&self) -> f64 {
        let each = &self.counts.each;
        if let Some(class) = self.class {
            return each.get(class).and_then(|count| (self.figure)(*count)).unwrap_or(f64::NAN);
        }
        let occur = each.iter().filter(|count| count.predicted + count.observed > 0);
        let figures: Vec<f64> = occur.map(|count| (self.figure)(*count).unwrap_or(0.0)).collect();
        figures.iter().sum::<f64>() / figures.len() as f64
    }

    fn words(&self) -> Vec<u64> {
        self.counts.all()
    }

    fn resume(&mut self, words: &[u64]) -> bool {
        self.counts.take_up(words)
    }
}
