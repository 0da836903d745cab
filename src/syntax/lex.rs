//! Tokens of a source text, for everything that looks at text rather than at the tree: brace repair, comments,
//! error messages, the formatter.
//!
//! Invariants: tokens are in order, do not overlap, and leave out only blanks; strings, comments and line ends are
//! cut exactly as the grammar cuts them.

use crate::diag::Span;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum TokenKind {
    Word,
    Number,
    Str,
    /// A string without its closing quote; it ends before the line end or the next brace.
    OpenStr,
    Punct,
    Comment,
    Newline,
    /// A character the language does not use.
    Other,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Token {
    pub kind: TokenKind,
    pub span: Span,
}

impl Token {
    pub fn text<'s>(&self, source: &'s str) -> &'s str {
        source.get(self.span.start..self.span.end).unwrap_or("")
    }
}

/// All tokens of `source`; blanks and a byte-order mark are left out.
pub(crate) fn tokens(source: &str) -> Vec<Token> {
    let mut found = Vec::new();
    let mut at = if source.starts_with('\u{FEFF}') { '\u{FEFF}'.len_utf8() } else { 0 };
    while let Some(rest) = source.get(at..).filter(|rest| !rest.is_empty()) {
        let (kind, length) = token(rest);
        if let Some(kind) = kind {
            found.push(Token { kind, span: Span::new(at, at + length) });
        }
        at += length.max(1);
    }
    found
}

/// Kind (none for blanks) and length in bytes of the token at the start of `rest`, which is not empty.
fn token(rest: &str) -> (Option<TokenKind>, usize) {
    let first = rest.chars().next().unwrap_or(' ');
    let run = |keep: fn(u8) -> bool| rest.bytes().take_while(|b| keep(*b)).count();
    let (kind, length) = match first {
        ' ' | '\t' => return (None, run(|b| b == b' ' || b == b'\t')),
        '\n' => (TokenKind::Newline, 1),
        '\r' if rest.starts_with("\r\n") => (TokenKind::Newline, 2),
        '#' => (TokenKind::Comment, line_length(rest)),
        '"' => return string(rest),
        'A'..='Z' | 'a'..='z' | '_' => (TokenKind::Word, run(is_word_byte)),
        '0'..='9' => (TokenKind::Number, number_length(rest.as_bytes())),
        _ => match punct_length(rest) {
            0 => (TokenKind::Other, first.len_utf8()),
            length => (TokenKind::Punct, length),
        },
    };
    (Some(kind), length)
}

pub(crate) fn is_word_byte(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || byte == b'_'
}

/// Length up to, not including, the line end.
fn line_length(rest: &str) -> usize {
    let end = rest.find('\n').unwrap_or(rest.len());
    if end < rest.len() && rest[..end].ends_with('\r') { end - 1 } else { end }
}

fn punct_length(rest: &str) -> usize {
    const PUNCTUATION: [&str; 23] = [
        "->", "==", "!=", "<=", ">=", "..", ".", "<", ">", "=", "{", "}", "(", ")", "[", "]", ",", ":", "+",
        "-", "*", "/", "^",
    ];
    PUNCTUATION.iter().find(|p| rest.starts_with(**p)).map_or(0, |p| p.len())
}

fn string(rest: &str) -> (Option<TokenKind>, usize) {
    let line = &rest[..line_length(rest)];
    let mut escaped = false;
    for (at, c) in line.char_indices().skip(1) {
        match c {
            _ if escaped => escaped = false,
            '\\' => escaped = true,
            '"' => return (Some(TokenKind::Str), at + 1),
            _ => {}
        }
    }
    (Some(TokenKind::OpenStr), line.find(['{', '}']).unwrap_or(line.len()))
}

/// Digits with fraction, exponent and unit, or a size such as `3x3`; takes malformed tails (`1_`, `3x3x`) along.
fn number_length(bytes: &[u8]) -> usize {
    let digit = |at: usize| bytes.get(at).is_some_and(u8::is_ascii_digit);
    let run = |mut at: usize, keep: fn(u8) -> bool| {
        while bytes.get(at).is_some_and(|b| keep(*b)) {
            at += 1;
        }
        at
    };
    let mut at = run(0, |b| b.is_ascii_digit() || b == b'_');
    if bytes.get(at) == Some(&b'.') && digit(at + 1) {
        at = run(at + 1, |b| b.is_ascii_digit());
    }
    if matches!(bytes.get(at), Some(b'e' | b'E'))
        && matches!(bytes.get(at + 1), Some(b'+' | b'-'))
        && digit(at + 2)
    {
        at = run(at + 2, |b| b.is_ascii_digit());
    }
    at = run(at, is_word_byte);
    if bytes.get(at) == Some(&b'%') { at + 1 } else { at }
}
