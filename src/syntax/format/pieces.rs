//! Tokens to be printed, with their final text and the blanks between neighbours.

use super::facts::Facts;
use crate::syntax::expr::split_unit;
use crate::syntax::lex::{Token, TokenKind};

pub(super) struct Piece {
    pub at: usize,
    pub kind: TokenKind,
    pub text: String,
    /// Line ends between this piece and the one before it.
    pub newlines: usize,
    /// A blank before it when both stand on one line.
    pub spaced: bool,
}

impl Piece {
    pub fn is(&self, text: &str) -> bool {
        self.kind == TokenKind::Punct && self.text == text
    }

    pub fn is_comment(&self) -> bool {
        self.kind == TokenKind::Comment
    }
}

/// All tokens but line ends, dropped parentheses and commas that separate nothing.
pub(super) fn pieces(source: &str, tokens: &[Token], facts: &Facts) -> Vec<Piece> {
    let mut pieces: Vec<Piece> = Vec::new();
    let mut newlines = 0;
    let mut join = false;
    for (index, token) in tokens.iter().enumerate() {
        let at = token.span.start;
        let text = token.text(source);
        if token.kind == TokenKind::Newline {
            newlines += 1;
        } else if facts.dropped.contains(&at) {
            // What stood on a line of its own inside the parentheses joins its layer.
            newlines = 0;
            join = text == "(";
        } else if text == "," && is_idle_comma(source, tokens.get(index + 1..).unwrap_or(&[]), facts) {
            continue;
        } else {
            let text = match token.kind {
                TokenKind::Number => grouped(text),
                _ => text.trim_end().to_string(),
            };
            let piece =
                Piece { at, kind: token.kind, text, newlines: if join { 0 } else { newlines }, spaced: true };
            pieces.push(piece);
            (newlines, join) = (0, false);
        }
    }
    for index in 1..pieces.len() {
        let (before, rest) = pieces.split_at_mut(index);
        if let (Some(left), Some(right)) = (before.last(), rest.first_mut()) {
            right.spaced = is_spaced(left, right, facts);
        }
    }
    pieces
}

/// A comma behind which no value comes; one before a closing bracket on the next line stays.
fn is_idle_comma(source: &str, rest: &[Token], facts: &Facts) -> bool {
    let mut new_line = false;
    for token in rest {
        match token.kind {
            TokenKind::Newline => new_line = true,
            TokenKind::Comment => {}
            _ => {
                let closes = matches!(token.text(source), ")" | "]");
                let ends = matches!(token.text(source), "->" | "{" | "}");
                return ends || closes && (!new_line || facts.dropped.contains(&token.span.start));
            }
        }
    }
    true
}

/// `10000` to `10_000`; `5000` and `5_000` stay as they are, and so do fraction, exponent and unit.
fn grouped(text: &str) -> String {
    if split_unit(text).1.starts_with('x') {
        return text.to_string();
    }
    let end = text.bytes().take_while(|b| b.is_ascii_digit() || *b == b'_').count();
    let (written, rest) = text.split_at(end);
    let digits = written.replace('_', "");
    let is_thousands = digits.len() == 4 && written.find('_') == Some(1) && written.len() == 5;
    if digits.len() < 5 && !is_thousands {
        return digits + rest;
    }
    let mut out = String::new();
    for (index, digit) in digits.char_indices() {
        if index > 0 && (digits.len() - index).is_multiple_of(3) {
            out.push('_');
        }
        out.push(digit);
    }
    out + rest
}

fn is_spaced(left: &Piece, right: &Piece, facts: &Facts) -> bool {
    // Operators first: a `-` without an entry is a sign and touches what follows, a `*` without one is a pattern.
    let operator = |piece: &Piece| facts.operators.get(&piece.at).copied();
    if let Some(spaced) = operator(left).or(operator(right)) {
        return spaced;
    }
    if left.is("-") || right.is("*") || left.is(".") || right.is(".") {
        return false;
    }
    if left.is("=") || right.is("=") {
        return facts.bindings.contains(&left.at) || facts.bindings.contains(&right.at);
    }
    if right.is("(") || right.is("[") {
        return !(facts.glued.contains(&right.at) || left.is("(") || left.is("["));
    }
    let closes = right.is(",") || right.is(":") || right.is(")") || right.is("]");
    let opens = left.is("(") || left.is("[");
    let empty_block = left.is("{") && right.is("}") && !facts.bodies.contains(&left.at);
    !(closes || opens || empty_block)
}
