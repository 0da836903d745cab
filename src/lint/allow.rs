//! `# allow(W0104)`: findings that the author knows of.

use crate::{
    diag::{CODES, Diagnostic, Span},
    syntax::ast::Comment,
};

/// The codes that a comment allows, with their places.
fn codes(comment: &Comment) -> Vec<(&str, Span)> {
    let said = comment.text.trim_start_matches(['#', ' ']);
    let Some(rest) = said.strip_prefix("allow(") else { return Vec::new() };
    let inner = comment.text.len() - rest.len();
    let Some(len) = comment.text[inner..].find(')') else { return Vec::new() };
    let mut found = Vec::new();
    let mut at = inner;
    for code in comment.text[inner..inner + len].split(',') {
        let lead = code.len() - code.trim_start().len();
        let begin = comment.span.start + at + lead;
        found.push((code.trim(), Span::new(begin, begin + code.trim().len())));
        at += code.len() + 1;
    }
    found
}

/// Whether a warning is allowed by a comment in the line where it begins, or by one that stands alone in the line above.
#[must_use]
pub fn allowed(finding: &Diagnostic, comments: &[Comment], source: &str) -> bool {
    let line = |at: usize| source[..at.min(source.len())].matches('\n').count();
    let alone = |c: &Comment| {
        let begin = source[..c.span.start].rfind('\n').map_or(0, |newline| newline + 1);
        source[begin..c.span.start].trim().is_empty()
    };
    let near = |c: &&Comment| {
        let (own, its) = (line(finding.span.start), line(c.span.start));
        own == its || (own == its + 1 && alone(c))
    };
    !finding.is_error()
        && comments.iter().filter(near).any(|c| codes(c).iter().any(|(code, _)| *code == finding.code))
}

/// A warning for each code that no warning has.
#[must_use]
pub fn unknown_allows(comments: &[Comment]) -> Vec<Diagnostic> {
    let known = |code: &str| code.starts_with('W') && CODES.iter().any(|(known, _)| *known == code);
    let unknown = |(code, span): (&str, Span)| {
        let what = if code.is_empty() { "nothing".into() } else { format!("`{code}`") };
        Diagnostic::warning("W0205", span, format!("`allow` of {what}, which is no warning"))
            .label("silences nothing")
            .help("write the code of a warning, such as `# allow(W0104)`")
    };
    let each = comments.iter().flat_map(codes);
    each.filter(|(code, _)| !known(code)).map(unknown).collect()
}
