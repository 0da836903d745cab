//! Diagnostics: data first. Every stage reports with these types; rendering lives in one place.
//!
//! Invariant: spans are byte ranges of the source text that was checked, on character boundaries.

mod codes;
mod position;
mod render;

pub use codes::{CODES, explain};
pub use position::{LineIndex, Position};
pub use render::{Format, count_line, counts, render, told};

/// A byte range `start..end` of the source.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Span {
    pub start: usize,
    pub end: usize,
}

impl Span {
    /// Of what is wrong with no part of the text, such as a flag.
    pub const NOWHERE: Span = Span { start: 0, end: 0 };

    pub fn new(start: usize, end: usize) -> Self {
        Self { start, end }
    }

    /// The smallest span that covers both.
    pub fn to(self, other: Span) -> Span {
        Span::new(self.start.min(other.start), self.end.max(other.end))
    }
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Severity {
    Error,
    Warning,
}

/// A replacement of `span` by `text`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Edit {
    pub span: Span,
    pub text: String,
}

impl Edit {
    /// Where a deletion would leave nothing but blanks in a line, it takes the line.
    pub fn take_blank_line(&mut self, source: &str) {
        let (Some(before), Some(after)) = (source.get(..self.span.start), source.get(self.span.end..)) else {
            return;
        };
        let start = before.rfind('\n').map_or(0, |newline| newline + 1);
        let Some(length) = after.find('\n') else { return };
        let blank = |text: &str| text.trim().is_empty();
        if self.text.is_empty()
            && self.span.start < self.span.end
            && blank(&before[start..])
            && blank(&after[..length])
        {
            self.span = Span::new(start, self.span.end + length + 1);
        }
    }
}

/// What the reader can do; with edits it is mechanical.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Fix {
    pub message: String,
    pub edits: Vec<Edit>,
}

/// One finding, at its place, with the reason and, where there is one, the fix.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Diagnostic {
    /// `E0203`, `W0101`: never reused; `dropnet explain CODE` tells more.
    pub code: &'static str,
    pub severity: Severity,
    pub message: String,
    pub span: Span,
    /// The words under the carets.
    pub label: String,
    pub secondary: Vec<(Span, String)>,
    pub notes: Vec<String>,
    pub fixes: Vec<Fix>,
}

impl Diagnostic {
    pub fn error(code: &'static str, span: Span, message: impl Into<String>) -> Self {
        Self {
            code,
            severity: Severity::Error,
            message: message.into(),
            span,
            label: String::new(),
            secondary: Vec::new(),
            notes: Vec::new(),
            fixes: Vec::new(),
        }
    }

    pub fn warning(code: &'static str, span: Span, message: impl Into<String>) -> Self {
        Self { severity: Severity::Warning, ..Self::error(code, span, message) }
    }

    /// The finding of a text in a part of it: what was at `from` is at `to`. What lies before is left out.
    #[must_use]
    pub fn moved(mut self, from: usize, to: usize) -> Self {
        let moved = |span: Span| {
            Some(Span::new(span.start.checked_sub(from)? + to, span.end.checked_sub(from)? + to))
        };
        self.span = moved(self.span).unwrap_or(Span::new(to, to));
        self.secondary =
            self.secondary.into_iter().filter_map(|(span, text)| Some((moved(span)?, text))).collect();
        self.fixes.retain_mut(|fix| {
            let all =
                fix.edits.iter().map(|edit| Some(Edit { span: moved(edit.span)?, text: edit.text.clone() }));
            all.collect::<Option<Vec<_>>>().map(|edits| fix.edits = edits).is_some()
        });
        self
    }

    pub fn label(mut self, text: impl Into<String>) -> Self {
        self.label = text.into();
        self
    }

    pub fn also(mut self, span: Span, text: impl Into<String>) -> Self {
        self.secondary.push((span, text.into()));
        self
    }

    pub fn note(mut self, text: impl Into<String>) -> Self {
        self.notes.push(text.into());
        self
    }

    /// Advice without a mechanical edit.
    pub fn help(mut self, message: impl Into<String>) -> Self {
        self.fixes.push(Fix { message: message.into(), edits: Vec::new() });
        self
    }

    /// Advice with one replacement.
    pub fn fix(mut self, message: impl Into<String>, span: Span, text: impl Into<String>) -> Self {
        self.fixes.push(Fix { message: message.into(), edits: vec![Edit { span, text: text.into() }] });
        self
    }

    pub fn is_error(&self) -> bool {
        self.severity == Severity::Error
    }
}
