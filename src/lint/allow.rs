//! `# allow(W0104)`: findings that the author knows of.

use std::collections::BTreeMap;

use crate::{
    diag::{CODES, Diagnostic, LineIndex, Span},
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

/// The warnings of a text that its comments allow, by line.
pub struct Allowed<'s> {
    index: LineIndex<'s>,
    codes: BTreeMap<usize, Vec<&'s str>>,
}

impl<'s> Allowed<'s> {
    /// A comment is about its own line; one that stands alone also about the next.
    #[must_use]
    pub fn of(comments: &'s [Comment], source: &'s str) -> Self {
        let index = LineIndex::new(source);
        let mut allowed: BTreeMap<usize, Vec<&str>> = BTreeMap::new();
        for comment in comments {
            let line = index.line(comment.span.start);
            let begin = source[..comment.span.start].rfind('\n').map_or(0, |newline| newline + 1);
            let alone = source[begin..comment.span.start].trim().is_empty();
            for (code, _) in codes(comment) {
                for line in line..=line + usize::from(alone) {
                    allowed.entry(line).or_default().push(code);
                }
            }
        }
        Self { index, codes: allowed }
    }

    /// Whether a finding is a warning that is allowed where it begins.
    #[must_use]
    pub fn holds(&self, finding: &Diagnostic) -> bool {
        let line = self.index.line(finding.span.start);
        !finding.is_error() && self.codes.get(&line).is_some_and(|codes| codes.contains(&finding.code))
    }
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
