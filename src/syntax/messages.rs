//! Constructors of the `E00xx` diagnostics that do not depend on the place of a broken line.

use crate::diag::{Diagnostic, Span};

pub(crate) fn too_many(what: &str, span: Span, limit: usize) -> Diagnostic {
    Diagnostic::error("E0010", span, format!("more than {limit} {what}"))
        .label("too many")
        .help("name parts of it with `let`, or write fewer")
}

pub(crate) fn surplus_marks(marks: Span) -> Diagnostic {
    Diagnostic::error("E0012", marks, "a second byte-order mark (U+FEFF), which cannot be seen")
        .label("not part of the language")
        .fix("remove it", marks, "")
}

pub(crate) fn too_deep(span: Span, limit: usize) -> Diagnostic {
    Diagnostic::error("E0010", span, format!("more than {limit} brackets inside one another"))
        .label("nested too deeply")
        .help("name the inner parts with `let` or `block`")
}

/// What stands at the end of a list of errors that is cut short.
pub(crate) fn too_many_errors(span: Span, hidden: usize) -> Diagnostic {
    Diagnostic::error("E0010", span, format!("{hidden} more lines that cannot be read"))
        .label("the first of them")
        .help("is this a `.net` file? mend the first errors and check it again")
}

/// Longer names are no names: they stand in the path of every layer of a block.
pub(crate) fn long_name(span: Span, limit: usize) -> Diagnostic {
    Diagnostic::error("E0010", span, format!("a name of more than {limit} characters"))
        .label("too long")
        .help("choose a shorter one")
}

pub(crate) fn too_large() -> Diagnostic {
    Diagnostic::error("E0010", Span::new(0, 0), "the file is too large to parse")
}

/// Brackets that are open before the string and close at the end of its line are not its own.
pub(crate) fn open_string(source: &str, span: Span) -> Diagnostic {
    let line = source.get(..span.start).unwrap_or("").rsplit('\n').next().unwrap_or("");
    let count = |brackets: [char; 2]| line.matches(brackets).count();
    let text = source.get(span.start..span.end).unwrap_or("");
    let end = match count(['(', '[']) > count([')', ']']) {
        true => span.start + text.trim_end_matches([')', ']', ',', ' ']).len(),
        false => span.end,
    };
    Diagnostic::error("E0007", span, "the string has no closing `\"`").label("opened here").fix(
        "close it on the same line",
        Span::new(end, end),
        "\"",
    )
}

pub(crate) fn unknown_escape(span: Span, c: char) -> Diagnostic {
    Diagnostic::error("E0007", span, format!("`\\{c}` is no escape"))
        .label("known are `\\\"`, `\\\\`, `\\n` and `\\t`")
        .fix("for a backslash, write two", Span::new(span.start, span.start + 1), "\\\\")
}

pub(crate) fn huge_number(span: Span) -> Diagnostic {
    Diagnostic::error("E0006", span, "the number is too large").label("does not fit")
}

/// `a < b < c` or `1..2..3`, at the second operator.
pub(crate) fn does_not_chain(span: Span, is_range: bool) -> Diagnostic {
    if is_range {
        return Diagnostic::error("E0001", span, "a range has two ends").label("a third end");
    }
    Diagnostic::error("E0001", span, "comparisons do not chain")
        .label("a second comparison")
        .help("write `a < b and b < c`")
}

/// `dense h -1`: `minus` follows a blank and precedes none.
pub(crate) fn sign_after_value(text: &str, minus: Span) -> Diagnostic {
    let before = text.get(..minus.start).unwrap_or("");
    let line = before.rsplit('\n').next().unwrap_or("").trim_start();
    let label = "reads as a sign: a blank before it, none after";
    let subtract = ("to subtract, put a blank on both sides", Span::new(minus.end, minus.end), " ");
    if line.starts_with("param ") || line.starts_with("let ") {
        return Diagnostic::error("E0002", minus, "missing a blank behind `-`?")
            .label(label)
            .fix(subtract.0, subtract.1, subtract.2);
    }
    let end = before.trim_end().len();
    Diagnostic::error("E0002", minus, "missing `,` before a negative number?")
        .label(label)
        .fix("to begin a new argument, put a comma before it", Span::new(end, end), ",")
        .fix(subtract.0, subtract.1, subtract.2)
}

/// `end` is where the missing `}` belongs: the start of a line, or the end of the text.
pub(crate) fn unclosed_brace(source: &str, span: Span, end: usize) -> Diagnostic {
    let line = source.get(..span.start).unwrap_or("").rsplit('\n').next().unwrap_or("");
    let indent: String = line.chars().take_while(|c| matches!(c, ' ' | '\t')).collect();
    let at_line_start = end < source.len() || source.ends_with('\n');
    let text = if at_line_start { format!("{indent}}}\n") } else { format!("\n{indent}}}\n") };
    Diagnostic::error("E0008", span, "this `{` is never closed").label("opened here").fix(
        "close it where its lines end",
        Span::new(end, end),
        text,
    )
}

/// Several `}` in a row.
pub(crate) fn unopened_braces(span: Span) -> Diagnostic {
    Diagnostic::error("E0008", span, "these `}` close nothing").label("no `{` is open here").fix(
        "remove them",
        span,
        "",
    )
}

pub(crate) fn unopened_brace(span: Span, header: Option<Span>) -> Diagnostic {
    let diagnostic = Diagnostic::error("E0008", span, "this `}` closes nothing").label("no `{` is open here");
    match header {
        Some(header) => diagnostic.also(header, "is a `{` missing at the end of this line?").fix(
            "open the block",
            Span::new(header.end, header.end),
            " {",
        ),
        None => diagnostic.fix("remove it", span, ""),
    }
}
