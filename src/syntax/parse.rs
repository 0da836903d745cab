//! Text to tree: tokens, brace repair, grammar, tree, and spans mapped back to the text as written.

use super::ast::{Comment, File};
use super::braces::{self, Repaired};
use super::brackets;
use super::build::Builder;
use super::grammar::{NetParser, Rule};
use super::lex::{self, TokenKind};
use super::{messages, spans};
use crate::diag::{Diagnostic, Span};
use pest::Parser;
use std::num::NonZeroUsize;

/// Rule calls before pest gives up; a guard against grammar mistakes, far above what linear time needs.
const CALL_LIMIT: Option<NonZeroUsize> = NonZeroUsize::new(400_000_000);

/// Characters of a name, dots and all.
const LONGEST_NAME: usize = 255;
/// Errors after which no more are listed: nobody reads them, and the file is likely to be none of ours.
const MOST_ERRORS: usize = 1000;

/// Parses a whole file. The tree holds all that could be read; each error has a diagnostic at its place.
///
/// Never panics, whatever the text; time is linear in its length.
pub fn parse(source: &str) -> (File, Vec<Diagnostic>) {
    parse_with(source, &|_| false)
}

/// [`parse`], with a predicate that knows the words of the language (layers and their kin): it decides between
/// "missing `,`?" and "missing `->`?".
pub fn parse_with(source: &str, is_word: &dyn Fn(&str) -> bool) -> (File, Vec<Diagnostic>) {
    if let Some(marks) = surplus_marks(source) {
        // Blanks of the same length, so that all other places stay.
        let blanks = " ".repeat(marks.end - marks.start);
        let text = [&source[..marks.start], &blanks, &source[marks.end..]].concat();
        let (file, mut diagnostics) = parse_with(&text, is_word);
        diagnostics.insert(0, messages::surplus_marks(marks));
        return (file, diagnostics);
    }
    let tokens = lex::tokens(source);
    let comments = tokens.iter().filter(|token| token.kind == TokenKind::Comment);
    let comments = comments.map(|token| Comment { text: token.text(source).to_string(), span: token.span });
    let mut file = File { stmts: Vec::new(), comments: comments.collect() };
    if let Some(span) = brackets::too_deep(source, &tokens) {
        return (file, vec![messages::too_deep(span, brackets::MAX_NESTING)]);
    }
    let long = |token: &&lex::Token| {
        token.kind == TokenKind::Word && token.span.end - token.span.start > LONGEST_NAME
    };
    if let Some(token) = tokens.iter().find(long) {
        return (file, vec![messages::long_name(token.span, LONGEST_NAME)]);
    }
    let (repaired, mut diagnostics) = braces::repair(source, &tokens);
    let verbatim = repaired.is_verbatim();
    let (stmts, mut found) = grammar(&repaired, is_word, &tokens_of(&repaired, verbatim, tokens));
    file.stmts = stmts;
    if !verbatim {
        spans::map_stmts(&mut file.stmts, &|span| repaired.original_span(span));
        found.iter_mut().for_each(|d| spans::map_diagnostic(d, &|span| repaired.original_span(span)));
    }
    diagnostics.append(&mut found);
    diagnostics.sort_by_key(|d| d.span);
    if let Some(first) = diagnostics.get(MOST_ERRORS).map(|d| d.span) {
        let hidden = diagnostics.len() - MOST_ERRORS;
        diagnostics.truncate(MOST_ERRORS);
        diagnostics.push(messages::too_many_errors(first, hidden));
    }
    (file, diagnostics)
}

/// Byte-order marks behind the first.
fn surplus_marks(source: &str) -> Option<Span> {
    let first = '\u{FEFF}'.len_utf8();
    let end = source.len() - source.trim_start_matches('\u{FEFF}').len();
    (end > first).then(|| Span::new(first, end))
}

fn tokens_of(repaired: &Repaired, verbatim: bool, tokens: Vec<lex::Token>) -> Vec<lex::Token> {
    if verbatim { tokens } else { lex::tokens(&repaired.text) }
}

fn grammar(
    repaired: &Repaired,
    is_word: &dyn Fn(&str) -> bool,
    tokens: &[lex::Token],
) -> (Vec<super::ast::Stmt>, Vec<Diagnostic>) {
    pest::set_call_limit(CALL_LIMIT);
    let text = repaired.text.as_str();
    let long_brackets = brackets::long_brackets(text, tokens);
    let mut builder = Builder {
        text,
        is_word,
        long_brackets: &long_brackets,
        diagnostics: Vec::new(),
        operators: 0,
        nesting: 0,
    };
    let stmts = match NetParser::parse(Rule::file, text) {
        Ok(mut pairs) => pairs.next().map(|file| builder.stmts(file)).unwrap_or_default(),
        // The grammar takes every balanced text, so only the call limit is left.
        Err(_) => {
            builder.diagnostics.push(messages::too_large());
            Vec::new()
        }
    };
    (stmts, builder.diagnostics)
}
