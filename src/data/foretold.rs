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
    /// How many steps are a row's own, where that is not all that are left.
    lengths: Option<Arc<[i32]>>,
}

impl Foretold {
    /// What comes next behind each token of windows that move by `stride`.
    pub fn behind(tokens: Arc<[i32]>, stride: usize, steps: usize) -> Self {
        Self { tokens, first: 1, stride, steps, lengths: None }
    }

    /// Rows of `steps` tokens behind one another.
    pub fn held(tokens: Vec<i32>, steps: usize) -> Self {
        Self { tokens: tokens.into(), first: 0, stride: steps, steps, lengths: None }
    }

    /// The same of rows that have fewer steps.
    #[must_use]
    pub fn of_lengths(self, lengths: Vec<i32>) -> Self {
        Self { lengths: Some(lengths.into()), ..self }
    }

    /// A row's own tokens.
    pub fn row(&self, row: usize) -> &[i32] {
        let behind = &self.tokens[(self.first + row * self.stride).min(self.tokens.len())..];
        let own = self.lengths.as_ref().map_or(self.steps, |lengths| lengths[row] as usize);
        &behind[..own.min(behind.len())]
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
        Self::held(tokens, self.steps).of_lengths(lengths)
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
        assert_eq!((some.row(0), some.of_rows(&[1]).row(0)), (&[6, 7][..], &[3, 4, 5][..]));
    }
}
