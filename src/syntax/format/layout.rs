//! Pieces to lines: breaks, indentation, blank lines, aligned comments.
//!
//! A line end of the source stays; blocks over several lines open after `{` and close before `}`; what continues a
//! statement is indented once more.

use super::facts::Facts;
use super::pieces::Piece;
use std::collections::BTreeSet;

/// Code past this column breaks before `->`; comments do not count.
const WIDTH: usize = 88;
const INDENT: usize = 2;

#[derive(Default)]
pub(super) struct Line {
    indent: usize,
    blank_before: bool,
    code: String,
    comment: String,
    /// Byte offsets in `code` of the arrows it can break before.
    arrows: Vec<usize>,
    /// The `{` of the first block that begins and ends on this line.
    short_block: Option<usize>,
}

impl Line {
    /// The one-line block to spread over lines because this line is too long.
    pub fn block_to_open(&self) -> Option<usize> {
        self.short_block.filter(|_| self.width() > WIDTH)
    }

    fn width(&self) -> usize {
        self.indent + self.code.chars().count()
    }

    fn push(&mut self, piece: &Piece, is_short_block: bool) {
        if !self.code.is_empty() && piece.spaced {
            self.code.push(' ');
        }
        if piece.is("->") && !self.code.is_empty() {
            self.arrows.push(self.code.len());
        }
        if is_short_block && self.short_block.is_none() {
            self.short_block = Some(piece.at);
        }
        self.code.push_str(&piece.text);
    }
}

struct Layout<'p> {
    pieces: &'p [Piece],
    facts: &'p Facts,
    lines: Vec<Line>,
    line: Line,
    /// Indentation of the lines that opened the blocks we are in.
    blocks: Vec<usize>,
    /// Brackets open before the current line, and now.
    brackets: usize,
    separated: BTreeSet<usize>,
    /// Of each piece, the first from it on that is no comment.
    code: Vec<usize>,
}

pub(super) fn lines(pieces: &[Piece], facts: &Facts) -> Vec<Line> {
    let mut layout = Layout {
        pieces,
        facts,
        lines: Vec::new(),
        line: Line::default(),
        blocks: Vec::new(),
        brackets: 0,
        separated: separated(pieces, facts),
        code: code_from(pieces),
    };
    for index in 0..pieces.len() {
        layout.place(index);
    }
    layout.finish();
    layout.lines
}

fn code_from(pieces: &[Piece]) -> Vec<usize> {
    let mut found = vec![pieces.len(); pieces.len()];
    for (index, piece) in pieces.iter().enumerate().rev() {
        let next = found.get(index + 1).copied().unwrap_or(pieces.len());
        found[index] = if piece.is_comment() { next } else { index };
    }
    found
}

/// Offsets of the pieces that begin a line after a forced blank line: before and after a top-level statement that
/// takes several lines, with the comments right above it.
fn separated(pieces: &[Piece], facts: &Facts) -> BTreeSet<usize> {
    let mut found = BTreeSet::new();
    for stmt in &facts.top_level {
        if facts.open_bodies.range(stmt.start..stmt.end).next().is_none() {
            continue;
        }
        let mut lead = pieces.partition_point(|piece| piece.at < stmt.start);
        while let Some(above) = lead.checked_sub(1).and_then(|above| pieces.get(above)) {
            let adjacent = pieces.get(lead).is_some_and(|piece| piece.newlines == 1);
            let own_line = above.newlines > 0 || lead == 1;
            if !(above.is_comment() && adjacent && own_line) {
                break;
            }
            lead -= 1;
        }
        found.extend(pieces.get(lead).map(|piece| piece.at));
        let after = pieces.partition_point(|piece| piece.at < stmt.end);
        let next_line = pieces.get(after..).unwrap_or(&[]).iter().find(|piece| piece.newlines > 0);
        found.extend(next_line.map(|piece| piece.at));
    }
    found
}

impl Layout<'_> {
    fn place(&mut self, index: usize) {
        let Some(piece) = self.pieces.get(index) else { return };
        let previous = index.checked_sub(1).and_then(|before| self.pieces.get(before));
        let opening = self.facts.openings.get(&piece.at);
        let closes_block = opening.is_some_and(|open| self.facts.open_bodies.contains(open));
        let opened = previous.is_some_and(|p| p.is("{") && self.facts.open_bodies.contains(&p.at));
        let empty_block = previous.is_some_and(|p| p.is("{") && !self.facts.bodies.contains(&p.at));
        let trails = piece.is_comment() && piece.newlines == 0;
        let breaks = !empty_block && (piece.newlines > 0 || closes_block || opened && !trails)
            || previous.is_some_and(Piece::is_comment);
        if breaks && previous.is_some() {
            self.finish();
        }
        if closes_block {
            self.line.indent = self.blocks.pop().unwrap_or(0);
        } else if breaks || previous.is_none() {
            self.line.indent = self.indent(index);
            self.line.blank_before = self.is_blank_before(index);
        }
        if piece.is_comment() {
            self.line.comment = piece.text.clone();
            return;
        }
        let is_body = self.facts.bodies.contains(&piece.at);
        let is_open = self.facts.open_bodies.contains(&piece.at);
        self.line.push(piece, is_body && !is_open);
        if is_open {
            self.split();
            self.blocks.push(self.line.indent);
        }
        if piece.is("(") || piece.is("[") {
            self.brackets += 1;
        } else if piece.is(")") || piece.is("]") {
            self.brackets = self.brackets.saturating_sub(1);
        }
    }

    /// The first piece from `index` on that is no comment.
    fn code_from(&self, index: usize) -> Option<&Piece> {
        self.pieces.get(*self.code.get(index)?)
    }

    /// Indentation of a line that begins with this piece.
    fn indent(&self, index: usize) -> usize {
        let base = self.blocks.last().map_or(0, |indent| indent + INDENT);
        let rest = self.pieces.get(index..).unwrap_or(&[]);
        let Some(code) = self.code_from(index) else { return base };
        let begins = self.facts.stmt_starts.contains(&code.at) || code.is("}");
        let closers = rest.iter().take_while(|piece| piece.is(")") || piece.is("]")).count();
        let closes_all = closers > 0 && closers >= self.brackets;
        if begins || closes_all { base } else { base + INDENT }
    }

    /// At most one blank line between statements, none inside them, none at the ends of a block or of the file.
    fn is_blank_before(&self, index: usize) -> bool {
        let Some(piece) = self.pieces.get(index) else { return false };
        let code = self.code_from(index);
        let between = code.is_none_or(|code| self.facts.stmt_starts.contains(&code.at) || code.is("}"));
        let after_open = self.lines.last().is_none_or(|line| line.code.ends_with('{'));
        let wanted = piece.newlines > 1 || self.separated.contains(&piece.at);
        wanted && between && !after_open && !piece.is("}")
    }

    fn finish(&mut self) {
        self.split();
        if !(self.line.code.is_empty() && self.line.comment.is_empty()) {
            self.lines.push(std::mem::take(&mut self.line));
        }
        self.line = Line::default();
    }

    /// Breaks the current line before arrows until its parts fit, or no arrow is left.
    fn split(&mut self) {
        if self.line.short_block.is_some() || self.line.width() <= WIDTH {
            return;
        }
        let continues = self.line.code.starts_with("->") || self.is_continued();
        let further = self.line.indent + if continues { 0 } else { INDENT };
        let line = std::mem::take(&mut self.line);
        let ends: Vec<usize> = line.arrows.iter().copied().chain([line.code.len()]).collect();
        let (mut begin, mut indent, mut blank_before) = (0, line.indent, line.blank_before);
        let mut next = 0;
        while next < ends.len() {
            let parts = fitting(&line.code, begin, &ends[next..], WIDTH.saturating_sub(indent));
            let end = ends[next + parts - 1];
            let code = line.code.get(begin..end).unwrap_or("");
            let code = if end < line.code.len() { code.trim_end() } else { code }.to_string();
            self.lines.push(Line { indent, blank_before, code, ..Line::default() });
            (begin, indent, blank_before, next) = (end, further, false, next + parts);
        }
        // The last part may go on, and has the comment.
        self.line = Line { comment: line.comment, ..self.lines.pop().unwrap_or_default() };
    }

    /// The current line already continues a statement, so its parts need no further indentation.
    fn is_continued(&self) -> bool {
        let base = self.blocks.last().map_or(0, |indent| indent + INDENT);
        self.line.indent > base
    }
}

/// How many of the parts of `code` from `begin`, which end at `ends`, fit one line: one at least.
fn fitting(code: &str, begin: usize, ends: &[usize], width: usize) -> usize {
    let (mut from, mut chars, mut count) = (begin, 0, 0);
    for end in ends {
        let part = code.get(from..*end).unwrap_or("");
        if chars + part.trim_end().chars().count() > width {
            break;
        }
        chars += part.chars().count();
        (from, count) = (*end, count + 1);
    }
    count.max(1)
}

/// The lines as text; comments behind neighbouring lines of one indentation start in one column.
pub(super) fn print(lines: &[Line], ending: &str) -> String {
    let mut out = String::new();
    for (line, column) in lines.iter().zip(comment_columns(lines)) {
        if line.blank_before {
            out.push_str(ending);
        }
        let mut text = " ".repeat(line.indent) + &line.code;
        if !line.comment.is_empty() {
            if !line.code.is_empty() {
                let width = text.chars().count();
                text.push_str(&" ".repeat(column.max(width + 2) - width));
            }
            text.push_str(&line.comment);
        }
        out.push_str(&text);
        out.push_str(ending);
    }
    out
}

/// Of each line, where a comment behind it begins: two columns past the longest of the neighbouring lines that have a comment and the
/// same indentation.
fn comment_columns(lines: &[Line]) -> Vec<usize> {
    let commented = |line: &Line| !line.code.is_empty() && !line.comment.is_empty();
    let alike = |a: &Line, b: &Line| a.indent == b.indent && commented(a) && commented(b) && !b.blank_before;
    let groups = lines.chunk_by(alike);
    groups
        .flat_map(|group| {
            let longest = group.iter().map(Line::width).max().unwrap_or(0);
            std::iter::repeat_n(longest + 2, group.len())
        })
        .collect()
}
