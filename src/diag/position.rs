//! Byte offsets to lines and columns.
//!
//! Invariants: lines and columns count from 1, columns in characters; a byte-order mark has no width; lines end at
//! `\n`, so a `\r` before it is the last character of its line.

/// Where a byte stands for a reader.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Position {
    pub line: usize,
    /// In characters, not bytes.
    pub col: usize,
    pub byte: usize,
}

/// The line starts of one text; look-ups are logarithmic in the number of lines.
pub struct LineIndex<'s> {
    source: &'s str,
    starts: Vec<usize>,
}

impl<'s> LineIndex<'s> {
    pub fn new(source: &'s str) -> Self {
        let first = if source.starts_with('\u{FEFF}') { '\u{FEFF}'.len_utf8() } else { 0 };
        let ends = source.match_indices('\n').map(|(at, _)| at + 1);
        Self { source, starts: std::iter::once(first).chain(ends).collect() }
    }

    /// The line that holds `byte`, from 1.
    pub fn line(&self, byte: usize) -> usize {
        self.starts.partition_point(|start| *start <= byte).max(1)
    }

    /// The position of `byte`; offsets past the end or inside a character move back to the nearest boundary.
    pub fn position(&self, byte: usize) -> Position {
        let byte = self.source.floor_char_boundary(byte);
        let line = self.line(byte);
        let start = self.starts.get(line - 1).copied().unwrap_or(0);
        let before = self.source.get(start..byte).unwrap_or("");
        Position { line, col: before.chars().count() + 1, byte }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(source: &str, byte: usize) -> (usize, usize) {
        let position = LineIndex::new(source).position(byte);
        (position.line, position.col)
    }

    #[test]
    fn columns_count_characters_from_one() {
        assert_eq!(at("ab\ncd", 0), (1, 1));
        assert_eq!(at("ab\ncd", 2), (1, 3));
        assert_eq!(at("ab\ncd", 3), (2, 1));
        assert_eq!(at("äöü x", 7), (1, 5));
        assert_eq!(at("ä", 1), (1, 1));
        assert_eq!(at("ab\n", 99), (2, 1));
        assert_eq!(at("", 0), (1, 1));
        assert_eq!(at("\u{FEFF}net", 3), (1, 1));
        assert_eq!(at("\u{FEFF}net", 0), (1, 1));
    }
}
