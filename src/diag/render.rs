//! Diagnostics to text: full with source lines, one line each, or JSON lines. The only place that knows how.
//!
//! Invariants: errors first, then warnings, each sorted by place, duplicates removed; spans that no longer fit the text are moved to its nearest
//! character boundary, never a panic; no output depends on the terminal's width.

use super::{Diagnostic, Fix, LineIndex, Position, Severity, Span};
use annotate_snippets::{AnnotationKind, Group, Level, Patch, Renderer, Snippet};
use serde::Serialize;
use std::fmt::Write;

/// How diagnostics are written: `--output-format`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Format {
    /// Source lines, carets, notes and suggested edits.
    Full,
    /// `file:line:col: error[CODE]: message`
    Concise,
    /// One object a line.
    Json,
}

/// Errors shown before `… and N more`; warnings have the same limit of their own, and so have the edits of a fix that are drawn. JSON has none.
const SHOWN: usize = 20;

/// All diagnostics as text that ends with a line end, or empty if there is none.
pub fn render(
    diagnostics: &[Diagnostic],
    source: &str,
    file_name: &str,
    format: Format,
    color: bool,
) -> String {
    let sorted = sorted(diagnostics);
    let index = LineIndex::new(source);
    let mut out = String::new();
    if format == Format::Json {
        for diagnostic in sorted {
            let object = JsonDiagnostic::new(diagnostic, &index, file_name);
            out.push_str(&serde_json::to_string(&object).unwrap_or_default());
            out.push('\n');
        }
        return out;
    }
    let (mut errors, mut warnings) = (0, 0);
    for diagnostic in sorted {
        let count = if diagnostic.is_error() { &mut errors } else { &mut warnings };
        *count += 1;
        if *count > SHOWN {
            continue;
        }
        match format {
            Format::Concise => concise(&mut out, diagnostic, &index, file_name),
            _ => full(&mut out, diagnostic, source, file_name, color),
        }
    }
    let hidden = [(errors, "more error"), (warnings, "more warning")];
    for (count, what) in hidden.into_iter().filter(|(count, _)| *count > SHOWN) {
        let _ = writeln!(out, "… and {}", plural(count - SHOWN, what));
    }
    out
}

/// Errors and warnings, duplicates left out: as many as are drawn.
pub fn counts(diagnostics: &[Diagnostic]) -> (usize, usize) {
    let sorted = sorted(diagnostics);
    let errors = sorted.iter().filter(|d| d.is_error()).count();
    (errors, sorted.len() - errors)
}

/// `2 errors, 1 warning`; `no errors` for none.
pub fn count_line(diagnostics: &[Diagnostic]) -> String {
    told(counts(diagnostics))
}

/// The same of these numbers of errors and warnings.
pub fn told((errors, warnings): (usize, usize)) -> String {
    match (errors, warnings) {
        (0, 0) => "no errors".to_string(),
        (_, 0) => plural(errors, "error"),
        (0, _) => plural(warnings, "warning"),
        _ => format!("{}, {}", plural(errors, "error"), plural(warnings, "warning")),
    }
}

fn plural(count: usize, what: &str) -> String {
    format!("{count} {what}{}", if count == 1 { "" } else { "s" })
}

/// Errors first, each by its place, and each once.
fn sorted(diagnostics: &[Diagnostic]) -> Vec<&Diagnostic> {
    let mut sorted: Vec<&Diagnostic> = diagnostics.iter().collect();
    // What is an error comes first: a warning may be its consequence.
    sorted.sort_by(|a, b| {
        (!a.is_error(), a.span, a.code, &a.message).cmp(&(!b.is_error(), b.span, b.code, &b.message))
    });
    sorted.dedup();
    sorted
}

fn severity(diagnostic: &Diagnostic) -> &'static str {
    match diagnostic.severity {
        Severity::Error => "error",
        Severity::Warning => "warning",
    }
}

fn concise(out: &mut String, diagnostic: &Diagnostic, index: &LineIndex<'_>, file_name: &str) {
    let Position { line, col, .. } = index.position(diagnostic.span.start);
    let (severity, code, message) = (severity(diagnostic), diagnostic.code, &diagnostic.message);
    let _ = writeln!(out, "{file_name}:{line}:{col}: {severity}[{code}]: {message}");
}

fn full(out: &mut String, diagnostic: &Diagnostic, source: &str, file_name: &str, color: bool) {
    // A byte-order mark would be drawn as a character: leave it out and count from behind it.
    let shown = source.strip_prefix('\u{FEFF}').unwrap_or(source);
    let skipped = source.len() - shown.len();
    let range = |span: Span| {
        let start = shown.floor_char_boundary(span.start.saturating_sub(skipped));
        start..shown.floor_char_boundary(span.end.saturating_sub(skipped)).max(start)
    };
    let level = if diagnostic.is_error() { Level::ERROR } else { Level::WARNING };
    let mut primary = AnnotationKind::Primary.span(range(diagnostic.span));
    if !diagnostic.label.is_empty() {
        primary = primary.label(diagnostic.label.as_str());
    }
    let secondary = diagnostic
        .secondary
        .iter()
        .map(|(span, label)| AnnotationKind::Context.span(range(*span)).label(label.as_str()));
    let title = level.primary_title(diagnostic.message.as_str()).id(diagnostic.code);
    let mut main = match diagnostic.span == Span::NOWHERE && diagnostic.label.is_empty() {
        true => Group::with_title(title),
        false => {
            title.element(Snippet::source(shown).path(file_name).annotation(primary).annotations(secondary))
        }
    };
    for note in &diagnostic.notes {
        main = main.element(Level::NOTE.message(note.as_str()));
    }
    let (mechanical, advice): (Vec<&Fix>, Vec<&Fix>) =
        diagnostic.fixes.iter().partition(|f| (1..=SHOWN).contains(&f.edits.len()));
    for fix in advice {
        let message = match fix.edits.len() {
            0 => fix.message.clone(),
            places => format!("{}, in {places} places", fix.message),
        };
        main = main.element(Level::HELP.message(message));
    }
    let mut groups: Vec<Group<'_>> = vec![main];
    for fix in mechanical {
        let patches = fix.edits.iter().map(|edit| Patch::new(range(edit.span), edit.text.as_str()));
        let patched = Snippet::source(shown).path(file_name).patches(patches);
        groups.push(Level::HELP.secondary_title(fix.message.as_str()).element(patched));
    }
    let renderer = if color { Renderer::styled() } else { Renderer::plain() };
    out.push_str(&renderer.render(&groups));
    out.push_str("\n\n");
}

#[derive(Serialize)]
struct JsonDiagnostic<'d> {
    code: &'d str,
    severity: &'d str,
    message: &'d str,
    file: &'d str,
    span: JsonSpan,
    fixes: Vec<JsonFix<'d>>,
    url: String,
}

#[derive(Serialize)]
struct JsonSpan {
    start: JsonPosition,
    end: JsonPosition,
}

#[derive(Serialize)]
struct JsonPosition {
    line: usize,
    col: usize,
    byte: usize,
}

#[derive(Serialize)]
struct JsonFix<'d> {
    message: &'d str,
    edits: Vec<JsonEdit<'d>>,
}

#[derive(Serialize)]
struct JsonEdit<'d> {
    byte: [usize; 2],
    text: &'d str,
}

impl<'d> JsonDiagnostic<'d> {
    fn new(diagnostic: &'d Diagnostic, index: &LineIndex<'_>, file: &'d str) -> Self {
        let position = |byte| {
            let Position { line, col, byte } = index.position(byte);
            JsonPosition { line, col, byte }
        };
        let edits = |fix: &'d Fix| {
            let edit = |e: &'d super::Edit| JsonEdit { byte: [e.span.start, e.span.end], text: &e.text };
            fix.edits.iter().map(edit).collect()
        };
        Self {
            code: diagnostic.code,
            severity: severity(diagnostic),
            message: &diagnostic.message,
            file,
            span: JsonSpan { start: position(diagnostic.span.start), end: position(diagnostic.span.end) },
            fixes: diagnostic
                .fixes
                .iter()
                .map(|f| JsonFix { message: &f.message, edits: edits(f) })
                .collect(),
            url: format!("dropnet explain {}", diagnostic.code),
        }
    }
}

#[cfg(test)]
mod tests;
