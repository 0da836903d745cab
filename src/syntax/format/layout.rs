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
    };
    for index in 0..pieces.len() {
        layout.place(index);
    }
    layout.finish();
    layout.lines
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

    /// Indentation of a line that begins with this piece.
    fn indent(&self, index: usize) -> usize {
        let base = self.blocks.last().map_or(0, |indent| indent + INDENT);
        let rest = self.pieces.get(index..).unwrap_or(&[]);
        let Some(code) = rest.iter().find(|piece| !piece.is_comment()) else { return base };
        let begins = self.facts.stmt_starts.contains(&code.at) || code.is("}");
        let closers = rest.iter().take_while(|piece| piece.is(")") || piece.is("]")).count();
        let closes_all = closers > 0 && closers >= self.brackets;
        if begins || closes_all { base } else { base + INDENT }
    }

    /// At most one blank line between statements, none inside them, none at the ends of a block or of the file.
    fn is_blank_before(&self, index: usize) -> bool {
        let rest = self.pieces.get(index..).unwrap_or(&[]);
        let Some(piece) = rest.first() else { return false };
        let code = rest.iter().find(|piece| !piece.is_comment());
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
        while self.line.short_block.is_none() && self.line.width() > WIDTH {
            let fits = |at: &&usize| {
                let head = self.line.code.get(..**at).unwrap_or("").trim_end();
                self.line.indent + head.chars().count() <= WIDTH
            };
            let arrows = &self.line.arrows;
            let Some(&at) = arrows.iter().rev().find(fits).or(arrows.first()) else { return };
            let tail = self.line.code.split_off(at);
            let later =
                self.line.arrows.iter().filter(|arrow| **arrow > at).map(|arrow| arrow - at).collect();
            self.line.code.truncate(self.line.code.trim_end().len());
            let continues = self.line.code.starts_with("->");
            let indent = self.line.indent + if continues || self.is_continued() { 0 } else { INDENT };
            let comment = std::mem::take(&mut self.line.comment);
            let rest = Line { indent, code: tail, comment, arrows: later, ..Line::default() };
            self.line.arrows.clear();
            self.lines.push(std::mem::replace(&mut self.line, rest));
        }
    }

    /// The current line already continues a statement, so its parts need no further indentation.
    fn is_continued(&self) -> bool {
        let base = self.blocks.last().map_or(0, |indent| indent + INDENT);
        self.line.indent > base
    }
}

/// The lines as text; comments behind neighbouring lines of one indentation start in one column.
pub(super) fn print(lines: &[Line], ending: &str) -> String {
    let mut out = String::new();
    for (index, line) in lines.iter().enumerate() {
        if line.blank_before {
            out.push_str(ending);
        }
        let mut text = " ".repeat(line.indent) + &line.code;
        if !line.comment.is_empty() {
            if !line.code.is_empty() {
                let width = text.chars().count();
                text.push_str(&" ".repeat(comment_column(lines, index).max(width + 2) - width));
            }
            text.push_str(&line.comment);
        }
        out.push_str(&text);
        out.push_str(ending);
    }
    out
}

/// Two columns past the longest of the neighbouring lines that have a comment and the same indentation.
fn comment_column(lines: &[Line], index: usize) -> usize {
    let Some(line) = lines.get(index) else { return 0 };
    let alike =
        |other: &&Line| other.indent == line.indent && !other.code.is_empty() && !other.comment.is_empty();
    let up = lines.get(..=index).unwrap_or(&[]).iter().rev();
    let mut blank = false;
    let above = up.take_while(|other| alike(other) && !std::mem::replace(&mut blank, other.blank_before));
    let below = lines.get(index + 1..).unwrap_or(&[]).iter();
    let below = below.take_while(|other| alike(other) && !other.blank_before);
    above.chain(below).map(Line::width).max().unwrap_or(0) + 2
}
