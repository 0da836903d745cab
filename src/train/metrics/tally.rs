//! Figures in the making: rows come in blocks, and what a figure needs of them is kept, not the rows.

use super::Rows;

/// One figure of a pass. Sums are f64 in the order of the rows, so that it is no matter where the pass is cut into blocks.
pub trait Tally: Send {
    /// Takes in the rows of a block; blocks come in order of position.
    fn add(&mut self, rows: &Rows<'_>);

    /// The figure over all rows so far; not a number where there are none.
    fn value(&self) -> f64;

    /// All that is kept, for a checkpoint within an epoch.
    fn words(&self) -> Vec<u64>;

    /// Takes up what [`words`](Self::words) gave, of a tally of the same metric and output, in place of what is kept. False, and nothing
    /// taken up, where these are no such words.
    #[must_use]
    fn resume(&mut self, words: &[u64]) -> bool;
}

/// Terms of a mean so far.
#[derive(Clone, Copy, Debug, Default)]
pub struct Terms {
    pub sum: f64,
    pub count: u64,
}

impl Terms {
    pub fn add(&mut self, term: f64) {
        self.sum += term;
        self.count += 1;
    }
}

/// The tally of a mean over rows, or over numbers of rows.
struct Mean<F> {
    terms: Terms,
    each: F,
    figure: fn(f64) -> f64,
}

/// A mean: `each` adds the terms of a block's rows, in their order.
pub fn mean(each: impl FnMut(&Rows<'_>, &mut Terms) + Send + 'static) -> Box<dyn Tally> {
    of_mean(each, |mean| mean)
}

/// A function of a mean.
pub fn of_mean(
    each: impl FnMut(&Rows<'_>, &mut Terms) + Send + 'static,
    figure: fn(f64) -> f64,
) -> Box<dyn Tally> {
    Box::new(Mean { terms: Terms::default(), each, figure })
}

impl<F: FnMut(&Rows<'_>, &mut Terms) + Send> Tally for Mean<F> {
    fn add(&mut self, rows: &Rows<'_>) {
        (self.each)(rows, &mut self.terms);
    }

    fn value(&self) -> f64 {
        (self.figure)(self.terms.sum / self.terms.count as f64)
    }

    fn words(&self) -> Vec<u64> {
        vec![self.terms.sum.to_bits(), self.terms.count]
    }

    fn resume(&mut self, words: &[u64]) -> bool {
        let [sum, count] = *words else { return false };
        self.terms = Terms { sum: f64::from_bits(sum), count };
        true
    }
}
