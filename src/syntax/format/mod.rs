//! The formatter: lines are the layout, so it keeps the author's line ends and fixes everything between them.
//!
//! Indent 2; one blank around `->` and in `param`/`let` around `=`, none in arguments; one blank line between
//! sections; digits in groups of three from five digits on; `dropout(0.5)` becomes `dropout 0.5`; lines break before
//! `->` past 88 columns; comments stay where they stand.
//! It prints tokens, not the tree, so nothing can be lost; the tree only says what each token is.
//! Invariants (tests/format.rs): idempotent; the tree is the same before and after; every comment survives in order.

mod diff;
mod facts;
mod layout;
mod pieces;

use super::ast::{File, Stmt};
use super::lex::{self, TokenKind};
use super::parse;
use crate::diag::Diagnostic;

pub use diff::unified_diff;

/// `source` in canonical form, or its syntax errors. Files with CRLF line ends keep them.
pub fn format(source: &str) -> Result<String, Vec<Diagnostic>> {
    let (file, diagnostics) = parse(source);
    if diagnostics.iter().any(Diagnostic::is_error) || file.stmts.iter().any(|s| matches!(s, Stmt::Error(_)))
    {
        return Err(diagnostics);
    }
    Ok(format_parsed(source, &file))
}

/// The canonical form of a text without syntax errors, of which `file` is the tree.
pub fn format_parsed(source: &str, file: &File) -> String {
    let tokens = lex::tokens(source);
    let mut facts = facts::Facts::gather(file, source, &tokens);
    let pieces = pieces::pieces(source, &tokens, &facts);
    let lines = loop {
        let lines = layout::lines(&pieces, &facts);
        // A line that is too long gives up its one-line block; each round opens one more level.
        let opened: Vec<usize> = lines.iter().filter_map(layout::Line::block_to_open).collect();
        if opened.is_empty() {
            break lines;
        }
        facts.open_bodies.extend(opened);
    };
    let ending = match tokens.iter().find(|token| token.kind == TokenKind::Newline) {
        Some(token) if token.text(source) == "\r\n" => "\r\n",
        _ => "\n",
    };
    layout::print(&lines, ending)
}
