//! Makes braces balance before the grammar sees the text.
//!
//! A PEG fails as a whole on one missing `}`. So braces outside strings and comments are matched here first, by
//! indentation where counting alone cannot tell which one is wrong; the text is repaired, parsed, and spans are
//! mapped back.
//! Invariants: the repaired text has balanced braces; positions outside insertions map back exactly.

use super::brackets::{indent_at, width};
use super::lex::{Token, TokenKind};
use super::messages;
use crate::diag::{Diagnostic, Span};

/// Wrong braces of one kind beyond this are repaired without a look at their surroundings, so time stays linear.
const HINTS: usize = 20;

/// The text the grammar sees, and the way back.
pub(crate) struct Repaired {
    pub text: String,
    /// Position in the original and length of each insertion, in order.
    insertions: Vec<(usize, usize)>,
}

impl Repaired {
    /// A position in the repaired text as one in the original.
    pub fn original(&self, position: usize) -> usize {
        let mut inserted = 0;
        for (at, length) in &self.insertions {
            if at + inserted >= position {
                break;
            }
            inserted += length.min(&(position - at - inserted));
        }
        position - inserted
    }

    pub fn original_span(&self, span: Span) -> Span {
        Span::new(self.original(span.start), self.original(span.end))
    }

    pub fn is_verbatim(&self) -> bool {
        self.insertions.is_empty()
    }
}

#[derive(Clone, Copy)]
struct Brace {
    span: Span,
    opens: bool,
    /// Width of the blanks before the line's first token.
    indent: usize,
    line: usize,
    first_on_line: bool,
}

/// One change: replace `span` by `text`; a deletion is a blank, so it moves nothing.
struct Change {
    at: usize,
    delete: bool,
    text: &'static str,
}

/// Balances the braces of `source`, with a diagnostic for each brace that is wrong.
pub(crate) fn repair(source: &str, tokens: &[Token]) -> (Repaired, Vec<Diagnostic>) {
    let braces = braces(source, tokens);
    if unmatched(&braces).is_empty() {
        return (Repaired { text: source.to_string(), insertions: Vec::new() }, Vec::new());
    }
    let (unclosed, unopened) = match_by_indent(&braces);
    let mut changes = Vec::new();
    let mut diagnostics: Vec<Diagnostic> = Vec::new();
    // The last run of surplus braces with nothing between them: one slip, said once.
    let mut run: Option<Span> = None;
    for (count, brace) in unopened.into_iter().enumerate() {
        let header = if count < HINTS { lost_header(source, tokens, &brace) } else { None };
        let joined = run.filter(|run| {
            header.is_none() && source.get(run.end..brace.span.start).is_some_and(|gap| gap.trim().is_empty())
        });
        match (joined, diagnostics.last_mut()) {
            (Some(before), Some(last)) => {
                run = Some(before.to(brace.span));
                *last = messages::unopened_braces(before.to(brace.span));
            }
            _ => {
                diagnostics.push(messages::unopened_brace(brace.span, header));
                run = header.is_none().then_some(brace.span);
            }
        }
        changes.push(match header {
            Some(header) => Change { at: header.end, delete: false, text: " {" },
            None => Change { at: brace.span.start, delete: true, text: " " },
        });
    }
    for (count, brace) in unclosed.into_iter().enumerate() {
        let end = if count < HINTS { end_of_block(source, tokens, &brace) } else { source.len() };
        diagnostics.push(messages::unclosed_brace(source, brace.span, end));
        changes.push(Change {
            at: end,
            delete: false,
            text: if end == source.len() { "\n}" } else { "}\n" },
        });
    }
    (balanced(source, changes), diagnostics)
}

fn braces(source: &str, tokens: &[Token]) -> Vec<Brace> {
    let mut found = Vec::new();
    let (mut line, mut line_start, mut first, mut indent) = (0, 0, true, 0);
    for token in tokens {
        if token.kind == TokenKind::Newline {
            (line, line_start, first) = (line + 1, token.span.end, true);
            continue;
        }
        if first {
            indent = source.get(line_start..token.span.start).map_or(0, width);
        }
        if matches!(token.text(source), "{" | "}") {
            let opens = token.text(source) == "{";
            found.push(Brace { span: token.span, opens, indent, line, first_on_line: first });
        }
        first = false;
    }
    found
}

/// Braces without a partner by counting alone.
fn unmatched(braces: &[Brace]) -> Vec<Brace> {
    let mut open = Vec::new();
    let mut wrong = Vec::new();
    for brace in braces {
        if brace.opens {
            open.push(*brace);
        } else if open.pop().is_none() {
            wrong.push(*brace);
        }
    }
    wrong.append(&mut open);
    wrong
}

/// Unclosed and unopened braces of an unbalanced text. A `}` that starts its line closes the block whose line has
/// its indentation; blocks opened inside that one since are the unclosed ones.
fn match_by_indent(braces: &[Brace]) -> (Vec<Brace>, Vec<Brace>) {
    let mut open: Vec<Brace> = Vec::new();
    let (mut unclosed, mut unopened) = (Vec::new(), Vec::new());
    let surplus_closers =
        braces.iter().filter(|b| !b.opens).count() > braces.iter().filter(|b| b.opens).count();
    for brace in braces {
        if brace.opens {
            open.push(*brace);
            continue;
        }
        let Some(top) = open.last() else {
            unopened.push(*brace);
            continue;
        };
        if !brace.first_on_line || top.line == brace.line || top.indent == brace.indent {
            open.pop();
        } else if let Some(partner) =
            open.iter().rposition(|b| b.indent == brace.indent && b.line != brace.line)
        {
            unclosed.extend(open.drain(partner + 1..));
            open.pop();
        } else if surplus_closers {
            unopened.push(*brace);
        } else {
            open.pop();
        }
    }
    unclosed.append(&mut open);
    unclosed.sort_by_key(|b| b.span.start);
    (unclosed, unopened)
}

/// Where the missing `}` belongs: the start of the first line after the brace that is not deeper than its own.
fn end_of_block(source: &str, tokens: &[Token], brace: &Brace) -> usize {
    let mut line_start = None;
    for token in tokens.iter().skip_while(|t| t.span.start <= brace.span.start) {
        match (token.kind, line_start) {
            (TokenKind::Newline, _) => line_start = Some(token.span.end),
            (_, Some(start)) => {
                let shallow = source.get(start..token.span.start).map_or(0, width) <= brace.indent;
                if shallow {
                    return start;
                }
                line_start = None;
            }
            _ => {}
        }
    }
    source.len()
}

/// The line whose `{` a surplus `}` asks for: the last line above with the same indentation, if the lines between
/// are deeper and it has no brace of its own.
fn lost_header(source: &str, tokens: &[Token], brace: &Brace) -> Option<Span> {
    if !brace.first_on_line {
        return None;
    }
    let mut header = None;
    for line in tokens.split(|t| t.kind == TokenKind::Newline) {
        let code: Vec<&Token> = line.iter().filter(|t| t.kind != TokenKind::Comment).collect();
        let (Some(first), Some(last)) = (code.first(), code.last()) else { continue };
        if first.span.start >= brace.span.start {
            break;
        }
        let indent = indent_at(source, first.span.start);
        if indent <= brace.indent {
            let braced = code.iter().any(|t| matches!(t.text(source), "{" | "}"));
            let usable = indent == brace.indent && !braced && first.kind == TokenKind::Word;
            header = usable.then(|| Span::new(first.span.start, last.span.end));
        }
    }
    header
}

/// Applies the changes; if braces still do not balance (crossed blocks), the rest is made to by counting.
fn balanced(source: &str, mut changes: Vec<Change>) -> Repaired {
    changes.sort_by_key(|change| change.at);
    let mut repaired = Repaired { text: String::new(), insertions: Vec::new() };
    let mut done = 0;
    for change in &changes {
        repaired.text.push_str(source.get(done..change.at).unwrap_or(""));
        repaired.text.push_str(change.text);
        done = done.max(change.at);
        if change.delete {
            done += 1;
        } else {
            repaired.insertions.push((change.at, change.text.len()));
        }
    }
    repaired.text.push_str(source.get(done..).unwrap_or(""));
    let again = super::lex::tokens(&repaired.text);
    for brace in unmatched(&braces(&repaired.text, &again)) {
        if brace.opens {
            repaired.insertions.push((source.len(), 2));
            repaired.text.push_str("\n}");
        } else {
            repaired.text.replace_range(brace.span.start..brace.span.end, " ");
        }
    }
    repaired
}
