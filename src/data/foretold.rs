//! What comes at each step of a row, where a net foretells that.
//!
//! Rows that are windows of one text overlap: all of them lie in the one array of its tokens.

use std::sync::Arc;

use super::tokens::PADDING;

/// Tokens of rows: row `i` are those from `first + i * stride` on, `steps` of them or as many as are left.
#[derive(Clone, Debug, PartialEq)]
pub struct Foretold {
    tokens: Arc<[i32]>,
    first: usize,
    stride: usize,
    steps: usize,
}

impl Foretold {
    /// What comes next behind each token of windows that move by `stride`.
    pub fn behind(tokens: Arc<[i32]>, stride: usize, steps: usize) -> Self {
        Self { tokens, first: 1, stride, steps }
    }

    /// Rows of `steps` tokens behind one another.
    pub fn held(tokens: Vec<i32>, steps: usize) -> Self {
        Self { tokens: tokens.into(), first: 0, stride: steps, steps }
    }

    /// A row's own tokens.
    pub fn row(&self, row: usize) -> &[i32] {
        let behind = &self.tokens[(self.first + row * self.stride).min(self.tokens.len())..];
        &behind[..self.steps.min(behind.len())]
    }

    /// These rows by themselves, all as long as the longest.
    #[must_use]
    pub fn of_rows(&self, rows: &[u32]) -> Self {
        let mut tokens = vec![PADDING; rows.len() * self.steps];
        for (row, into) in rows.iter().zip(tokens.chunks_exact_mut(self.steps)) {
            let own = self.row(*row as usize);
            into[..own.len()].copy_from_slice(own);
        }
        Self::held(tokens, self.steps)
    }

    /// All rows, `[rows, steps]`, where they lie behind one another.
    pub fn whole(&self) -> Option<&[i32]> {
        let apart = self.first == 0 && self.stride == self.steps;
        (apart && self.tokens.len().is_multiple_of(self.steps)).then_some(&*self.tokens)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn windows_share_the_tokens_and_the_last_is_short() {
        let tokens: Arc<[i32]> = vec![2, 3, 4, 5, 6, 7].into();
        let windows = Foretold::behind(tokens, 3, 3);
        assert_eq!((windows.row(0), windows.row(1)), (&[3, 4, 5][..], &[6, 7][..]));
        assert!(windows.row(7).is_empty() && windows.whole().is_none());
        let some = windows.of_rows(&[1, 0]);
        assert_eq!(some.whole(), Some(&[6, 7, PADDING, 3, 4, 5][..]));
        assert_eq!(some.of_rows(&[1]).row(0), [3, 4, 5]);
    }
}
