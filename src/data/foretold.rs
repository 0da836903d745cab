//! What comes at each step of a row, where a net foretells that.
//!
//! Rows that are windows of one text lie in the one array of its tokens, over which they may overlap.

use std::sync::Arc;

use super::laid::Steps;
use super::tokens::PADDING;

/// Tokens of rows, each of some that follow one another.
#[derive(Clone, Debug, PartialEq)]
pub struct Foretold {
    tokens: Arc<[i32]>,
    rows: Arc<[Steps]>,
    /// How far behind the places that `rows` says.
    behind: usize,
    /// Of the longest row.
    steps: usize,
}

impl Foretold {
    /// What comes next behind each token of these rows, which have `steps` at most.
    pub fn behind(tokens: Arc<[i32]>, rows: Arc<[Steps]>, steps: usize) -> Self {
        Self { tokens, rows, behind: 1, steps }
    }

    /// Rows of `steps` tokens behind one another, of which the first ones are their own.
    pub fn held(tokens: Vec<i32>, lengths: &[i32], steps: usize) -> Self {
        let row = |(row, length): (usize, &i32)| Steps { start: row * steps, length: *length as usize };
        let rows = lengths.iter().enumerate().map(row).collect();
        Self { tokens: tokens.into(), rows, behind: 0, steps }
    }

    /// A row's own tokens.
    pub fn row(&self, row: usize) -> &[i32] {
        let Steps { start, length } = self.rows[row];
        &self.tokens[self.behind + start..][..length]
    }

    /// These rows by themselves, all as long as the longest.
    #[must_use]
    pub fn of_rows(&self, rows: &[u32]) -> Self {
        let mut tokens = vec![PADDING; rows.len() * self.steps];
        let mut lengths = Vec::with_capacity(rows.len());
        for (row, into) in rows.iter().zip(tokens.chunks_exact_mut(self.steps)) {
            let own = self.row(*row as usize);
            into[..own.len()].copy_from_slice(own);
            lengths.push(own.len() as i32);
        }
        Self::held(tokens, &lengths, self.steps)
    }

    /// All rows, `[rows, steps]`, where they lie behind one another.
    pub fn whole(&self) -> Option<&[i32]> {
        let apart = self.behind == 0 && self.tokens.len() == self.rows.len() * self.steps;
        apart.then_some(&*self.tokens)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn windows_share_the_tokens_and_the_last_is_short() {
        let tokens: Arc<[i32]> = vec![2, 3, 4, 5, 6, 7].into();
        let rows = vec![Steps { start: 0, length: 3 }, Steps { start: 3, length: 2 }];
        let windows = Foretold::behind(tokens, rows.into(), 3);
        assert_eq!((windows.row(0), windows.row(1)), (&[3, 4, 5][..], &[6, 7][..]));
        assert!(windows.whole().is_none());
        let some = windows.of_rows(&[1, 0]);
        assert_eq!(some.whole(), Some(&[6, 7, PADDING, 3, 4, 5][..]));
        assert_eq!((some.row(0), some.of_rows(&[1]).row(0)), (&[6, 7][..], &[3, 4, 5][..]));
    }
}
