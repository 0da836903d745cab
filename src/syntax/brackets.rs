//! How deep brackets and braces nest, and which brackets span lines. Looks at tokens only.

use super::lex::{Token, TokenKind};
use crate::diag::Span;

/// Brackets and braces nested deeper than this are refused. Every later stage recurses on nesting.
pub(crate) const MAX_NESTING: usize = 64;

/// The first bracket nested deeper than `MAX_NESTING`, if any. Round and square brackets count while they can
/// still be open: a line end closes them unless it follows `,` or an opening, or a closing one comes next.
pub(crate) fn too_deep(source: &str, tokens: &[Token]) -> Option<Span> {
    let mut open: Vec<&str> = Vec::new();
    let code = tokens.iter().filter(|t| t.kind != TokenKind::Comment);
    let mut code = code.peekable();
    let mut last = "";
    while let Some(token) = code.next() {
        match token.text(source) {
            text @ ("(" | "[" | "{") => {
                open.push(text);
                if open.len() > MAX_NESTING {
                    return Some(token.span);
                }
            }
            ")" | "]" if open.last() != Some(&"{") => {
                open.pop();
            }
            "}" => while open.pop().is_some_and(|text| text != "{") {},
            _ if token.kind == TokenKind::Newline => {
                while code.next_if(|t| t.kind == TokenKind::Newline).is_some() {}
                let goes_on = matches!(last, "," | "(" | "[")
                    || code.peek().is_some_and(|next| matches!(next.text(source), ")" | "]"));
                while !goes_on && open.last().is_some_and(|text| *text != "{") {
                    open.pop();
                }
                continue;
            }
            _ => {}
        }
        last = token.text(source);
    }
    None
}

/// Round and square brackets that close on a later line, outermost ones only. A line that is indented no deeper than
/// the one with the bracket ends it, unless a comma or the closing bracket says otherwise.
pub(crate) fn long_brackets(source: &str, tokens: &[Token]) -> Vec<Span> {
    let mut open: Vec<(Span, usize, usize)> = Vec::new();
    let mut found: Vec<Span> = Vec::new();
    let (mut line, mut indent, mut first, mut last) = (0, 0, true, "");
    for token in tokens.iter().filter(|token| token.kind != TokenKind::Comment) {
        let text = token.text(source);
        if token.kind == TokenKind::Newline {
            (line, first) = (line + 1, true);
            continue;
        }
        if std::mem::take(&mut first) {
            indent = indent_at(source, token.span.start);
            let goes_on = matches!(last, "," | "(" | "[") || matches!(text, ")" | "]");
            if !goes_on && open.last().is_some_and(|(_, _, outer)| indent <= *outer) {
                open.clear();
            }
        }
        match text {
            "(" | "[" => open.push((token.span, line, indent)),
            ")" | "]" => {
                if let Some((opening, _, _)) = open.pop().filter(|(_, opened_on, _)| *opened_on < line) {
                    found.retain(|inner| inner.start < opening.start);
                    found.push(opening.to(token.span));
                }
            }
            "{" | "}" => open.clear(),
            _ => {}
        }
        last = text;
    }
    found
}

/// Indentation of the line on which `at` stands, if only blanks are before it there.
pub(crate) fn indent_at(source: &str, at: usize) -> usize {
    let before = source.get(..at).unwrap_or("");
    width(before.rsplit('\n').next().unwrap_or(""))
}

/// Columns of leading blanks; a tab counts as two.
pub(crate) fn width(blanks: &str) -> usize {
    blanks.chars().map(|c| if c == '\t' { 2 } else { 1 }).sum()
}
