//! The table of syntax messages: which diagnostic a wrong token gets, by its neighbours.
//!
//! Each function looks at one kind of mistake and returns None if it is another; the first that answers wins.

mod args;
mod heads;
mod text;

use super::lex::TokenKind;
use super::recover::Scene;
use crate::diag::{Diagnostic, Span};

const KEYWORDS: [&str; 7] = ["param", "let", "block", "if", "else", "repeat", "as"];
const OPERATORS: [&str; 15] =
    ["+", "-", "*", "/", "^", "..", "==", "!=", "<=", ">=", "<", ">", "and", "or", "="];

pub(super) fn table(scene: &Scene<'_>) -> Option<Diagnostic> {
    if is_end(scene) && scene.tokens.iter().any(|t| t.kind == TokenKind::OpenStr) {
        return None;
    }
    let causes: [fn(&Scene<'_>) -> Option<Diagnostic>; 15] = [
        text::slashes,
        text::bad_number,
        text::plus_sign,
        text::foreign_character,
        args::varied,
        heads::arrow,
        heads::equals,
        heads::keyword,
        heads::header,
        args::bracket,
        args::continued_line,
        args::missing_value,
        args::blank_before_bracket,
        args::two_values,
        args::operator,
    ];
    Some(causes.iter().find_map(|cause| cause(scene)).unwrap_or_else(|| anything_else(scene)))
}

/// The line, or its text before a block, ends here.
fn is_end(scene: &Scene<'_>) -> bool {
    matches!(scene.near(0), "" | "{" | "}")
}

fn after(span: Span) -> Span {
    Span::new(span.end, span.end)
}

fn at_start(span: Span) -> Span {
    Span::new(span.start, span.start)
}

fn anything_else(scene: &Scene<'_>) -> Diagnostic {
    let place = scene.place();
    match scene.near(0) {
        "{" if scene.at == 0 => Diagnostic::error("E0001", place, "a block needs a name before its `{`")
            .label("no layer or section is named"),
        text if scene.at == 0 => Diagnostic::error("E0001", place, format!("`{text}` begins no statement"))
            .label("a statement begins with a word: a section, a layer, a keyword"),
        "" => Diagnostic::error("E0001", scene.before(), "the statement ends too early")
            .label("nothing follows"),
        text => Diagnostic::error("E0001", place, format!("`{text}` does not fit here"))
            .label("not expected here"),
    }
}

/// Token `offset` ends a value: a word, a literal or a closing bracket.
fn is_value(scene: &Scene<'_>, offset: isize) -> bool {
    match scene.kind(offset) {
        Some(TokenKind::Word) => {
            !matches!(scene.near(offset), "and" | "or") && !KEYWORDS.contains(&scene.near(offset))
        }
        Some(TokenKind::Number | TokenKind::Str | TokenKind::OpenStr) => true,
        _ => matches!(scene.near(offset), ")" | "]"),
    }
}

/// Token `offset` begins a value or a layer.
fn starts_value(scene: &Scene<'_>, offset: isize) -> bool {
    match scene.kind(offset) {
        Some(TokenKind::Word | TokenKind::Number | TokenKind::Str | TokenKind::OpenStr) => {
            !matches!(scene.near(offset), "and" | "or" | "as" | "else")
        }
        _ => matches!(scene.near(offset), "(" | "["),
    }
}
