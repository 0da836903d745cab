//! Mistakes inside one token: numbers, signs, characters of other languages.

use super::{after, at_start, is_value};
use crate::diag::{Diagnostic, Edit, Fix, Span};
use crate::syntax::lex::TokenKind;
use crate::syntax::recover::{self, Scene};

/// Quotes of books and word processors.
const QUOTES: [&str; 3] = ["“", "”", "„"];

/// `// a comment`, at either of the two.
pub(super) fn slashes(scene: &Scene<'_>) -> Option<Diagnostic> {
    let first = [0, -1]
        .into_iter()
        .find(|first| scene.near(*first) == "/" && scene.near(first + 1) == "/" && scene.touches(*first))?;
    let marks = scene.token(first)?.span.to(scene.token(first + 1)?.span);
    Some(Diagnostic::error("E0001", marks, "comments begin with `#`").label("begins no comment here").fix(
        "write it so",
        marks,
        "#",
    ))
}

pub(super) fn bad_number(scene: &Scene<'_>) -> Option<Diagnostic> {
    let place = scene.place();
    let malformed = |span: Span| {
        let text = scene.text.get(span.start..span.end).unwrap_or("");
        Diagnostic::error("E0006", span, format!("`{text}` is not a number"))
            .label("not a number")
            .note("numbers are `0.5`, `10_000`, `1e-3`, with a unit `25ms` or `50%`; sizes are `3x3`")
    };
    match (scene.kind(-1), scene.near(0), scene.kind(1)) {
        (Some(TokenKind::Number), ".", Some(TokenKind::Number)) if scene.touches(-1) && scene.touches(0) => {
            Some(malformed(scene.before().to(scene.token(1)?.span)))
        }
        (_, ".", Some(TokenKind::Number)) if scene.touches(0) => {
            let whole = place.to(scene.token(1)?.span);
            let text = scene.text.get(whole.start..whole.end).unwrap_or("");
            Some(
                Diagnostic::error("E0006", whole, format!("write `0{text}`, with a digit before the point"))
                    .label("a number begins with a digit")
                    .fix("put the zero", at_start(whole), "0"),
            )
        }
        (Some(TokenKind::Number), ".", _) if scene.touches(-1) => {
            let whole = scene.before().to(place);
            let text = scene.near(-1);
            Some(
                Diagnostic::error("E0006", whole, format!("write `{text}.0` or `{text}`"))
                    .label("a digit follows the point")
                    .fix("put a zero", after(whole), "0"),
            )
        }
        _ if scene.kind(0) == Some(TokenKind::Number) && !recover::is_number(scene.near(0)) => {
            Some(malformed(place))
        }
        _ => None,
    }
}

/// `f +5`, `a = +5`.
pub(super) fn plus_sign(scene: &Scene<'_>) -> Option<Diagnostic> {
    let no_value = scene.at <= 1 || !is_value(scene, -1);
    (scene.near(0) == "+" && no_value && scene.kind(1) == Some(TokenKind::Number)).then(|| {
        Diagnostic::error("E0006", scene.place(), "a number needs no `+`").label("nothing is added here").fix(
            "remove it",
            scene.place(),
            "",
        )
    })
}

pub(super) fn foreign_character(scene: &Scene<'_>) -> Option<Diagnostic> {
    let place = scene.place();
    let text = scene.near(0);
    let wrong = |message: &str| Diagnostic::error("E0012", place, message).label("not part of the language");
    if text == "*" && scene.near(-1) == "*" && scene.touches(-1) {
        let both = scene.before().to(place);
        return Some(Diagnostic::error("E0012", both, "a power is written `^`").label("no operator").fix(
            "write `^`",
            both,
            "^",
        ));
    }
    if text == ">" && scene.near(-1) == "-" {
        let both = scene.before().to(place);
        return Some(
            Diagnostic::error("E0012", both, "an arrow is written `->`, without a blank")
                .label("minus, then greater")
                .fix("write `->`", both, "->"),
        );
    }
    if scene.kind(0) != Some(TokenKind::Other) {
        return None;
    }
    let twice = scene.near(1) == text && scene.touches(0);
    let both = scene.token(1).map_or(place, |next| place.to(next.span));
    Some(match text {
        ";" if scene.near(-1) == "=" => {
            wrong("`;` is no value").help("a character that is meant as such stands in quotes: `\";\"`")
        }
        ";" if !scene.open.is_empty() => wrong("values are parted by `,`").fix("write `,`", place, ","),
        ";" => {
            let wrong = wrong("a statement ends with its line, without `;`");
            match scene.tokens.get(scene.at + 1) {
                Some(next) if !matches!(next.kind, TokenKind::Newline) && scene.near(1) != "}" => {
                    wrong.fix("begin a new line", place, "\n")
                }
                _ => wrong.fix("remove it", place, ""),
            }
        }
        "'" => wrong("strings stand between `\"`"),
        text if QUOTES.contains(&text) => {
            // Both ends at once: one alone would open a string without end.
            let behind = scene.tokens.iter().skip(scene.at + 1);
            let other =
                behind.filter(|token| QUOTES.contains(&token.text(scene.text))).map(|token| token.span);
            let edits = [place].into_iter().chain(other.take(1));
            let edits = edits.map(|span| Edit { span, text: "\"".into() }).collect();
            let mut error = wrong("strings stand between straight `\"`");
            error.fixes.push(Fix { message: "write `\"`".into(), edits });
            error
        }
        "→" => wrong("an arrow is written `->`").fix("write `->`", place, "->"),
        "×" => wrong("sizes are written `3x3`, products `a * b`"),
        "−" | "–" | "—" => wrong("a minus is written `-`").fix("write `-`", place, "-"),
        "\u{A0}" => wrong("this is a no-break space").fix("write an ordinary blank", place, " "),
        "\u{FEFF}" | "\u{200B}" | "\u{200C}" | "\u{200D}" | "\u{2060}" | "\u{AD}" => {
            let code = text.chars().next().map_or(0, u32::from);
            wrong(&format!("the character U+{code:04X} cannot be seen")).fix("remove it", place, "")
        }
        "&" if twice => wrong("`and` joins conditions").fix("write `and`", both, "and"),
        "|" if twice => wrong("`or` joins conditions").fix("write `or`", both, "or"),
        "%" if scene.kind(-1) == Some(TokenKind::Number) => wrong("a unit stands right behind its number")
            .fix("remove the blank", Span::new(scene.before().end, place.start), ""),
        "!" => wrong("there is no `!`: compare with `== false`"),
        "\\" => wrong("a line goes on after `,` or before `->`, without a sign").fix("remove it", place, ""),
        "\r" => {
            let mut error = wrong("a carriage return alone ends no line");
            let message = "end the lines".to_string();
            match lone_returns(scene.text, place.start) {
                Some(edits) => error.fixes.push(Fix { message, edits }),
                None => error = error.help("end the lines, here as at the first"),
            }
            error
        }
        _ if text.chars().all(char::is_alphabetic) => wrong("names have ASCII letters, digits and `_`"),
        _ if text.chars().all(char::is_control) => {
            let code = text.chars().next().map_or(0, u32::from);
            wrong(&format!("the control character U+{code:04X} is not part of the language"))
        }
        _ => wrong(&format!("`{text}` is not part of the language")),
    })
}

/// Every carriage return up to the next line end becomes one itself, if this is the first: a text that has one has them all over.
fn lone_returns(text: &str, first: usize) -> Option<Vec<Edit>> {
    let (before, rest) = text.split_at_checked(first)?;
    if before.rsplit('\n').next().is_some_and(|line| line.contains('\r')) {
        return None;
    }
    let line = rest.split('\n').next().unwrap_or("");
    let line = if line.len() < rest.len() { line.strip_suffix('\r').unwrap_or(line) } else { line };
    let ends = line.match_indices('\r').map(|(at, _)| Span::new(first + at, first + at + 1));
    Some(ends.map(|span| Edit { span, text: "\n".into() }).collect())
}
