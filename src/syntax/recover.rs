//! What went wrong on a line that does not parse: a table on the first wrong token and its neighbours.
//!
//! The grammar's own recovery says which line is broken and from where it fits nothing; the rule `strict` is run
//! again on that line alone and its furthest failure gives the token. Knows no layer: the caller's predicate does.

use super::grammar::{NetParser, Rule};
use super::lex::{self, Token, TokenKind};
use crate::diag::{Diagnostic, Span};
use pest::Parser;
use pest::error::InputLocation;

/// The broken statement as tokens, and the first of them that is wrong.
pub(super) struct Scene<'s> {
    pub text: &'s str,
    pub is_word: &'s dyn Fn(&str) -> bool,
    /// Tokens of the statement without comments, up to the end of its line or brackets.
    pub tokens: Vec<Token>,
    /// Index of the wrong token; `tokens.len()` if the text ends too early.
    pub at: usize,
    /// Unclosed brackets before the wrong token, outermost first.
    pub open: Vec<Token>,
}

/// The diagnostic for the statement at `start`, of which `wrong` fits nothing; `end` is where its brackets end.
/// None if the cause is a string without end, which has its own diagnostic.
pub(super) fn diagnose(
    text: &str,
    start: usize,
    wrong: Span,
    end: usize,
    is_word: &dyn Fn(&str) -> bool,
) -> Option<Diagnostic> {
    let end = line_end(text, if end > wrong.end { end } else { wrong.start });
    let start = start.max(last_line_with_body(text, start, wrong.start));
    let slice = text.get(start..end).unwrap_or("");
    let mut tokens = lex::tokens(slice);
    tokens.retain(|token| token.kind != TokenKind::Comment);
    while tokens.last().is_some_and(|token| token.kind == TokenKind::Newline) {
        tokens.pop();
    }
    for token in &mut tokens {
        token.span = Span::new(token.span.start + start, token.span.end + start);
    }
    let focus = wrong.start.max(start + furthest(slice));
    let at = tokens.iter().position(|token| token.span.end > focus && token.kind != TokenKind::Newline);
    let at = at.unwrap_or(tokens.len());
    let open = unclosed(text, tokens.get(..at).unwrap_or(&[]));
    super::blame::table(&Scene { text, is_word, tokens, at, open })
}

/// The end of the line that holds `from`.
fn line_end(text: &str, from: usize) -> usize {
    text.get(from..).and_then(|rest| rest.find('\n')).map_or(text.len(), |length| from + length)
}

/// If a body ends between `start` and `wrong`, the place behind it: nothing before can be the cause.
fn last_line_with_body(text: &str, start: usize, wrong: usize) -> usize {
    let before = text.get(start..wrong).unwrap_or("");
    let tokens = lex::tokens(before);
    tokens
        .iter()
        .rev()
        .find(|token| token.text(before) == "}")
        .map_or(start, |token| start + token.span.start)
}

/// How far into `line` the grammar gets at most.
fn furthest(line: &str) -> usize {
    match NetParser::parse(Rule::strict, line) {
        Ok(_) => 0,
        Err(error) => match error.location {
            InputLocation::Pos(at) => at,
            InputLocation::Span((at, _)) => at,
        },
    }
}

fn unclosed(text: &str, tokens: &[Token]) -> Vec<Token> {
    let mut open = Vec::new();
    for token in tokens {
        match token.text(text) {
            "(" | "[" => open.push(*token),
            ")" | "]" => {
                open.pop();
            }
            _ => {}
        }
    }
    open
}

impl<'s> Scene<'s> {
    /// The text of the token `offset` places from the wrong one; line ends do not count, nothing is "".
    pub fn near(&self, offset: isize) -> &'s str {
        self.token(offset).map_or("", |token| token.text(self.text))
    }

    pub fn token(&self, offset: isize) -> Option<Token> {
        let mut index = self.at;
        let mut left = offset.unsigned_abs();
        if left == 0 {
            return self.tokens.get(index).copied();
        }
        loop {
            index = if offset < 0 { index.checked_sub(1)? } else { index + 1 };
            let token = self.tokens.get(index)?;
            if token.kind != TokenKind::Newline {
                left -= 1;
            }
            if left == 0 {
                return Some(*token);
            }
        }
    }

    pub fn kind(&self, offset: isize) -> Option<TokenKind> {
        self.token(offset).map(|token| token.kind)
    }

    /// The first word of the statement.
    pub fn first(&self) -> &'s str {
        self.tokens.first().map_or("", |token| token.text(self.text))
    }

    /// Where the wrong token stands, or the end of the text before it.
    pub fn place(&self) -> Span {
        let end = self.token(-1).map_or(0, |token| token.span.end);
        self.token(0).map_or(Span::new(end, end), |token| token.span)
    }

    /// The last token before the wrong one.
    pub fn before(&self) -> Span {
        self.token(-1).map_or(self.place(), |token| token.span)
    }

    /// True if no blank parts the tokens `offset` and `offset + 1`.
    pub fn touches(&self, offset: isize) -> bool {
        match (self.token(offset), self.token(offset + 1)) {
            (Some(left), Some(right)) => left.span.end == right.span.start,
            _ => false,
        }
    }
}

/// True if `text` is one statement.
pub(super) fn is_statement(text: &str) -> bool {
    NetParser::parse(Rule::strict, text).is_ok()
}

/// True if the grammar reads all of `text` as one number or size.
pub(super) fn is_number(text: &str) -> bool {
    let whole = |rule| NetParser::parse(rule, text).is_ok_and(|pairs| pairs.as_str().len() == text.len());
    whole(Rule::number) || whole(Rule::dims)
}
