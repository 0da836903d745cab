//! Mistakes among arguments: brackets, commas, missing values, operators.

use super::{OPERATORS, after, at_start, is_value, starts_value};
use crate::diag::{Diagnostic, Span};
use crate::syntax::brackets::indent_at;
use crate::syntax::lex::{Token, TokenKind};
use crate::syntax::recover::Scene;

/// A bracket that is not closed, closes nothing, or is closed by the other kind.
pub(super) fn bracket(scene: &Scene<'_>) -> Option<Diagnostic> {
    let closes = |open: &str| if open == "(" { ")" } else { "]" };
    let innermost = scene.open.last().map(|token: &Token| (token.span, token.text(scene.text)));
    match (scene.near(0), innermost) {
        (text @ (")" | "]"), None) => Some(
            Diagnostic::error("E0009", scene.place(), format!("this `{text}` closes nothing"))
                .label("no bracket is open here")
                .fix("remove it", scene.place(), ""),
        ),
        (text @ (")" | "]"), Some((span, open))) if closes(open) != text => Some(
            Diagnostic::error("E0009", scene.place(), format!("`{open}` is closed by `{text}`"))
                .label(format!("expected `{}`", closes(open)))
                .also(span, "opened here")
                .fix(format!("write `{}`", closes(open)), scene.place(), closes(open)),
        ),
        (text, Some((span, open))) if ends_brackets(scene, text) => {
            let close = closes(open);
            Some(
                Diagnostic::error("E0009", span, format!("this `{open}` is never closed"))
                    .label("opened here")
                    .fix(format!("close it with `{close}`"), after(scene.before()), close),
            )
        }
        _ => None,
    }
}

/// No bracket reaches beyond the token `text`: the text ends, or a line begins that is not indented deeper than the
/// statement, or nothing closes later.
fn ends_brackets(scene: &Scene<'_>, text: &str) -> bool {
    let before = scene.at.checked_sub(1).and_then(|at| scene.tokens.get(at));
    let new_line = before.is_some_and(|token| token.kind == TokenKind::Newline) && is_value(scene, -1);
    let rest = scene.tokens.get(scene.at..).unwrap_or(&[]);
    let closed = rest.iter().any(|token| matches!(token.text(scene.text), ")" | "]"));
    let indent = |token: Option<&Token>| token.map_or(0, |t| indent_at(scene.text, t.span.start));
    let deeper = indent(rest.first()) > indent(scene.tokens.first());
    matches!(text, "" | "{" | "}" | "->") || new_line && !(closed && deeper)
}

/// `dense 64,` and the next statement read as its argument.
pub(super) fn continued_line(scene: &Scene<'_>) -> Option<Diagnostic> {
    if !scene.open.is_empty() || !is_value(scene, -1) || !starts_value(scene, 0) {
        return None;
    }
    let before = scene.tokens.get(..scene.at)?;
    let newline = before.iter().rposition(|token| token.kind == TokenKind::Newline)?;
    let comma = before.get(..newline)?.iter().rev().find(|token| token.kind != TokenKind::Newline)?;
    (comma.text(scene.text) == ",").then(|| {
        Diagnostic::error("E0017", scene.place(), "this line continues the one above, which ends in `,`")
            .label("not an argument")
            .also(comma.span, "because of this comma")
            .fix("end the statement above", comma.span, "")
    })
}

/// Nothing where a value belongs: after `=`, `,`, `(`, an operator.
pub(super) fn missing_value(scene: &Scene<'_>) -> Option<Diagnostic> {
    let text = scene.near(0);
    let previous = scene.near(-1);
    let nothing = matches!(text, "" | "{" | "}" | ")" | "]" | "," | "->")
        || OPERATORS.contains(&text) && text != "-" && scene.at > 0;
    if !nothing {
        return None;
    }
    if previous == ":" && scene.at > 0 {
        return Some(
            Diagnostic::error("E0013", scene.before(), "a type is missing after `:`")
                .label("as in `x: real[4]`"),
        );
    }
    if OPERATORS.contains(&previous) || matches!(previous, "," | "(" | "[") {
        return Some(
            Diagnostic::error("E0013", scene.before(), format!("a value is missing after `{previous}`"))
                .label("nothing to use here"),
        );
    }
    let opens_args = text == "," && scene.kind(-1) == Some(TokenKind::Word) && scene.at == 1;
    opens_args.then(|| {
        Diagnostic::error("E0013", scene.place(), "a value is missing before `,`")
            .label("the first argument follows its layer without a comma")
            .fix("remove the comma", scene.place(), "")
    })
}

/// `sqrt (2)`, `real [4]`, `dense[3]`, `dense(3), bias=false`.
pub(super) fn blank_before_bracket(scene: &Scene<'_>) -> Option<Diagnostic> {
    let text = scene.near(0);
    let previous = scene.near(-1);
    if previous == ")"
        && scene.tokens.get(1).is_some_and(|token| token.text(scene.text) == "(")
        && scene.open.is_empty()
    {
        let name = scene.first();
        return Some(
            Diagnostic::error(
                "E0015",
                scene.place(),
                format!("the arguments of `{name}(...)` end at its `)`"),
            )
            .label("not expected behind it")
            .help(format!("write all arguments inside the parentheses, or none: `{name} a, b=1`")),
        );
    }
    if !matches!(text, "(" | "[") || scene.kind(-1) != Some(TokenKind::Word) {
        return None;
    }
    let gap = Span::new(scene.before().end, scene.place().start);
    if scene.touches(-1) {
        return Some(
            Diagnostic::error(
                "E0015",
                scene.place(),
                format!("a blank is missing between `{previous}` and `{text}`"),
            )
            .label("arguments follow after a blank")
            .fix("put a blank", gap, " "),
        );
    }
    Some(
        Diagnostic::error(
            "E0015",
            scene.place(),
            format!("`{previous}{text}...` is written without a blank"),
        )
        .label("does not belong to the word before")
        .fix("remove the blank", gap, "")
        .fix("for a new argument, put a comma", at_start(gap), ","),
    )
}

/// `vary lr in [0.1, 0.01]`, `vary lr [0.1, 0.01]`: a name and its values have a comma between them.
pub(super) fn varied(scene: &Scene<'_>) -> Option<Diagnostic> {
    if scene.first() != "vary" || !matches!(scene.at, 2 | 3) || !scene.open.is_empty() {
        return None;
    }
    let end = match scene.near(0) {
        "in" | "over" | "to" if starts_value(scene, 1) => scene.place().end,
        "[" => scene.before().end,
        "=" | ":" if starts_value(scene, 1) => scene.place().end,
        _ => return None,
    };
    Some(
        Diagnostic::error("E0002", scene.place(), "missing `,`?")
            .label("between the name of the param and its values")
            .fix("separate the arguments", Span::new(scene.before().end, end), ","),
    )
}

/// A value right behind a finished one: a comma, an arrow or a line end is missing.
pub(super) fn two_values(scene: &Scene<'_>) -> Option<Diagnostic> {
    if !starts_value(scene, 0) {
        return None;
    }
    let place = scene.place();
    let text = scene.near(0);
    if scene.near(-1) == "}" {
        return Some(
            Diagnostic::error("E0016", place, format!("`{text}` begins a second statement on this line"))
                .label("one line, one statement")
                .fix("begin a new line", at_start(place), "\n"),
        );
    }
    if !is_value(scene, -1) {
        return None;
    }
    if text == "not" {
        return Some(
            Diagnostic::error("E0012", place, "there is no `not`: compare with `== false`")
                .label("no operator"),
        );
    }
    if let Some(size) = parted_size(scene) {
        return Some(size);
    }
    let word = scene.kind(0) == Some(TokenKind::Word);
    let capital = text.starts_with(|c: char| c.is_ascii_uppercase());
    let takes_args = starts_value(scene, 1) && !scene.touches(0) || capital;
    if word
        && scene.open.is_empty()
        && scene.near(1) != "="
        && ((scene.is_word)(text) || takes_args || scene.near(1) == "->")
    {
        return Some(
            Diagnostic::error("E0003", place, "missing `->`?")
                .label(format!("`{text}` looks like a layer of its own"))
                .fix("lead into it", at_start(place), "-> "),
        );
    }
    let diagnostic = Diagnostic::error("E0002", place, "missing `,`?")
        .label("a second value right behind the first")
        .fix("separate the arguments", after(scene.before()), ",");
    let unit = word && scene.near(-1).bytes().all(|b| b.is_ascii_digit() || b == b'.') && text.len() <= 5;
    Some(if unit { diagnostic.note("a unit stands right behind its number: `25ms`") } else { diagnostic })
}

/// `crop 12 x 12`.
fn parted_size(scene: &Scene<'_>) -> Option<Diagnostic> {
    let is_count = |text: &str| !text.is_empty() && text.bytes().all(|b| b.is_ascii_digit());
    let (first, behind) = (scene.near(-1), scene.near(0).strip_prefix('x')?);
    let (second, last) = match behind {
        "" => (scene.near(1), scene.tokens.get(scene.at + 1)?.span),
        _ => (behind, scene.place()),
    };
    let whole = Span { end: last.end, ..scene.before() };
    (is_count(first) && is_count(second)).then(|| {
        Diagnostic::error("E0015", whole, "a size is written without blanks").label("one value").fix(
            "remove the blanks",
            whole,
            format!("{first}x{second}"),
        )
    })
}

/// `--5`.
pub(super) fn operator(scene: &Scene<'_>) -> Option<Diagnostic> {
    (scene.near(0) == "-" && scene.near(-1) == "-").then(|| {
        Diagnostic::error("E0013", scene.place(), "a value is missing between two signs")
            .label("second sign")
            .help("write `-(-a)`")
    })
}
