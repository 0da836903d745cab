//! Mistakes of statements: arrows, labels, `=`, keywords, the heads of `param`, `block`, `if`, `repeat`.

use super::{KEYWORDS, after, at_start, is_end, is_value};
use crate::diag::{Diagnostic, Span};
use crate::syntax::lex::TokenKind;
use crate::syntax::recover::{self, Scene};

/// `-> ->`, `-> 5`, a line that starts or ends with `->`, `left:` with nothing behind.
pub(super) fn arrow(scene: &Scene<'_>) -> Option<Diagnostic> {
    let missing = |place: Span, message: String| Diagnostic::error("E0004", place, message);
    if scene.near(-1) == "->" {
        let arrow = scene.before();
        if is_end(scene) || scene.near(0) == "->" {
            return Some(missing(arrow, "a layer is missing after `->`".into()).label("leads nowhere"));
        }
        if KEYWORDS.contains(&scene.near(0)) {
            let text = scene.near(0);
            return Some(
                Diagnostic::error("E0011", scene.place(), format!("`{text}` cannot stand in a chain"))
                    .label("a statement of its own")
                    .help(format!("end the chain and write `{text}` on a new line")),
            );
        }
        let text = scene.near(0);
        return Some(
            missing(scene.place(), format!("`{text}` is no layer")).label("`->` leads to a layer's name"),
        );
    }
    if scene.near(0) == "->" {
        if scene.at == 0 {
            let message = "a layer is missing before `->`";
            return Some(missing(scene.place(), message.into()).label("nothing flows into this"));
        }
        if matches!(scene.near(-1), ":") && scene.open.is_empty() {
            return Some(
                missing(scene.before(), "a layer is missing before `->`".into()).label("after this"),
            );
        }
    }
    let labelled = scene.near(-1) == ":" && scene.at == 2 && scene.kind(-2) == Some(TokenKind::Word);
    if labelled && is_end(scene) || scene.near(0) == ":" && scene.at == 1 && scene.token(1).is_none() {
        let (name, place) =
            if labelled { (scene.near(-2), scene.before()) } else { (scene.near(-1), scene.place()) };
        return Some(
            missing(place, format!("a layer is missing after `{name}:`"))
                .label("names the layer that follows"),
        );
    }
    None
}

/// `p = 0.5`, `param p == 0.5`, `param p 0.5`, `if a = 2`.
pub(super) fn equals(scene: &Scene<'_>) -> Option<Diagnostic> {
    let place = scene.place();
    let binds = matches!(scene.first(), "param" | "let");
    match scene.near(0) {
        "=" if scene.at == 1 && !KEYWORDS.contains(&scene.near(-1)) => {
            let name = scene.near(-1);
            let value = scene.near(1);
            let hint = if value.is_empty() { "0.5" } else { value };
            let gap =
                Span::new(scene.before().end, scene.token(1).map_or(place.end, |token| token.span.start));
            if (scene.is_word)(name) {
                let error = Diagnostic::error("E0005", place, format!("write `{name} {hint}`, without `=`"))
                    .label(format!("`{name}` is a layer, which takes arguments"));
                return Some(error.fix("remove it", gap, " "));
            }
            if is_inside(scene) {
                return Some(
                    Diagnostic::error("E0005", place, format!("`{name}` gets no value here"))
                        .label("not expected")
                        .help(format!(
                            "for a name of your own write `let {name} = {hint}` in a net, or `param {name} = {hint}` at the top of the \
                             file; a statement of a section takes its value without `=`: `{name} {hint}`"
                        )),
                );
            }
            Some(
                Diagnostic::error("E0005", place, format!("write `param {name} = {hint}`"))
                    .label("a name gets its value by `param` or `let`")
                    .fix("make it a parameter", at_start(scene.before()), "param "),
            )
        }
        "==" if binds && scene.at == 2 => {
            let (keyword, name) = (scene.first(), scene.near(-1));
            Some(
                Diagnostic::error("E0005", place, format!("write `{keyword} {name} = {}`", scene.near(1)))
                    .label("`==` compares")
                    .fix("write `=`", place, "="),
            )
        }
        "=" if matches!(scene.first(), "if" | "else" | "}") => {
            Some(Diagnostic::error("E0005", place, "to compare, write `==`").label("`=` gives a value").fix(
                "write `==`",
                place,
                "==",
            ))
        }
        text if binds && scene.at == 2 && scene.kind(-1) == Some(TokenKind::Word) && !text.is_empty() => {
            let is_value = matches!(scene.kind(0), Some(TokenKind::Number | TokenKind::Str));
            let diagnostic =
                Diagnostic::error("E0005", place, format!("`=` is missing after `{}`", scene.near(-1)))
                    .label("expected `=`");
            Some(if is_value { diagnostic.fix("put it", at_start(place), "= ") } else { diagnostic })
        }
        _ => None,
    }
}

/// Whether the statement stands in a body, as far as its line shows: indented, or behind something else.
fn is_inside(scene: &Scene<'_>) -> bool {
    let start = scene.tokens.first().map_or(0, |token| token.span.start);
    let before = scene.text.get(..start).unwrap_or("").trim_start_matches('\u{FEFF}');
    !before.is_empty() && !before.ends_with('\n')
}

pub(super) fn keyword(scene: &Scene<'_>) -> Option<Diagnostic> {
    let text = scene.near(0);
    if !KEYWORDS.contains(&text) {
        return None;
    }
    let error = |message: String| Diagnostic::error("E0011", scene.place(), message);
    if text == "else" && scene.at == 0 {
        return Some(
            Diagnostic::error("E0014", scene.place(), "`else` stands on the line of the `}` before it")
                .label("belongs to no `if`")
                .help("write `} else {`"),
        );
    }
    if scene.at == 0 {
        // A statement that begins rightly but goes no further, such as `param` alone; `header` says what is missing.
        return None;
    }
    if scene.near(-1) == "}" || scene.near(-1) == ")" && scene.open.is_empty() {
        return None;
    }
    let used_as = match scene.near(-1) {
        "param" | "let" | "block" | "(" if scene.at <= 3 => "name",
        _ => "name or value",
    };
    Some(error(format!("`{text}` is a keyword and cannot be a {used_as}")).label("keyword").help(format!(
        "choose another word, for instance `{text}_`; keywords are {}",
        KEYWORDS.map(|k| format!("`{k}`")).join(", ")
    )))
}

/// The head of `param`, `let`, `block`, `if`, `repeat` is incomplete.
pub(super) fn header(scene: &Scene<'_>) -> Option<Diagnostic> {
    let first = scene.first();
    let place = if scene.token(0).is_none() { scene.before() } else { scene.place() };
    let error = |message: String| Diagnostic::error("E0014", place, message);
    let position = scene.at;
    let ended = is_end(scene);
    match first {
        "param" | "let" if position <= 1 => {
            Some(error(format!("`{first}` needs a name: `{first} p = 0.5`")).label("a name is missing"))
        }
        "param" | "let" if position == 2 => {
            let name = scene.near(-1);
            Some(
                error(format!("`{first} {name}` needs a value: `{first} {name} = 0.5`"))
                    .label("`=` is missing"),
            )
        }
        "block" if position <= 1 => {
            Some(error("`block` needs a name: `block Name(width) {`".into()).label("a name is missing"))
        }
        "block" if position == 2 => {
            let name = scene.near(-1);
            let body = scene.tokens.iter().position(|token| token.text(scene.text) == "{");
            let formals = scene.tokens.get(2..body.unwrap_or(2)).unwrap_or(&[]);
            let (Some(first), Some(last)) = (formals.first(), formals.last()) else {
                let diagnostic = error(format!("`block {name}` needs its arguments: `block {name}() {{`"));
                let diagnostic = diagnostic.label("`(` is missing");
                return Some(diagnostic.fix("without arguments", after(scene.before()), "()"));
            };
            let written = scene.text.get(first.span.start..last.span.end).unwrap_or("");
            let words: Vec<&str> = formals.iter().map(|token| token.text(scene.text)).collect();
            let head = [written.to_string(), words.join(", ")]
                .map(|formals| format!("{name}({formals})"))
                .into_iter()
                .find(|head| recover::is_statement(&format!("block {head} {{ }}")));
            let Some(head) = head else {
                let diagnostic = error(format!("`block {name}` needs its arguments in parentheses"));
                return Some(diagnostic.label(format!("as in `block {name}(width) {{`")));
            };
            let place = scene.before().to(last.span);
            let diagnostic =
                error(format!("`block {name}` needs its arguments in parentheses: `block {head} {{`"));
            Some(diagnostic.label("`(` is missing").fix("put them in parentheses", place, head))
        }
        "block" | "if" | "repeat"
            if ended && scene.near(0) != "{" && scene.open.is_empty() && is_value(scene, -1) =>
        {
            Some(error(format!("`{first}` needs a body")).label("expected `{` and lines"))
        }
        "if" if position <= 1 => {
            Some(error("`if` needs a condition: `if deep {`".into()).label("no condition"))
        }
        "repeat" if position <= 1 => {
            Some(error("`repeat` needs a count: `repeat 3 {`".into()).label("no count"))
        }
        "repeat" if scene.near(-1) == "as" => {
            Some(error("a name is missing after `as`: `repeat 3 as i {`".into()).label("a name is missing"))
        }
        "}" if scene.near(0) == "else" => Some(
            error("`else` needs a body or another `if` on this line".into())
                .label("expected `{` or `if` behind it"),
        ),
        _ => None,
    }
}
