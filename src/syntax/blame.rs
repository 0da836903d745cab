//! The table of syntax messages: which diagnostic a wrong token gets, by its neighbours.
//!
//! Each function looks at one kind of mistake and returns None if it is another; the first that answers wins.

use super::lex::{Token, TokenKind};
use super::recover::Scene;
use crate::diag::{Diagnostic, Span};

const KEYWORDS: [&str; 7] = ["param", "let", "block", "if", "else", "repeat", "as"];
const OPERATORS: [&str; 15] =
    ["+", "-", "*", "/", "^", "..", "==", "!=", "<=", ">=", "<", ">", "and", "or", "="];

pub(super) fn table(scene: &Scene<'_>) -> Option<Diagnostic> {
    if is_end(scene) && scene.tokens.iter().any(|t| t.kind == TokenKind::OpenStr) {
        return None;
    }
    let causes: [fn(&Scene<'_>) -> Option<Diagnostic>; 13] = [
        bad_number,
        plus_sign,
        foreign_character,
        arrow,
        equals,
        keyword,
        header,
        bracket,
        continued_line,
        missing_value,
        blank_before_bracket,
        two_values,
        operator,
    ];
    Some(causes.iter().find_map(|cause| cause(scene)).unwrap_or_else(|| anything_else(scene)))
}

/// The line, or its text before a block, ends here.
fn is_end(scene: &Scene<'_>) -> bool {
    matches!(scene.near(0), "" | "{" | "}")
}

fn after(span: Span) -> Span {
    Span::new(span.end, span.end)
}

fn at_start(span: Span) -> Span {
    Span::new(span.start, span.start)
}

fn anything_else(scene: &Scene<'_>) -> Diagnostic {
    let place = scene.place();
    match scene.near(0) {
        "{" if scene.at == 0 => Diagnostic::error("E0001", place, "a block needs a name before its `{`")
            .label("no layer or section is named"),
        text if scene.at == 0 => Diagnostic::error("E0001", place, format!("`{text}` begins no statement"))
            .label("a statement begins with a word: a section, a layer, a keyword"),
        "" => Diagnostic::error("E0001", scene.before(), "the statement ends too early")
            .label("nothing follows"),
        text => Diagnostic::error("E0001", place, format!("`{text}` does not fit here"))
            .label("not expected here"),
    }
}

fn bad_number(scene: &Scene<'_>) -> Option<Diagnostic> {
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
        _ if scene.kind(0) == Some(TokenKind::Number) && !super::recover::is_number(scene.near(0)) => {
            Some(malformed(place))
        }
        _ => None,
    }
}

/// `f +5`, `a = +5`.
fn plus_sign(scene: &Scene<'_>) -> Option<Diagnostic> {
    let no_value = scene.at <= 1 || !is_value(scene, -1);
    (scene.near(0) == "+" && no_value && scene.kind(1) == Some(TokenKind::Number)).then(|| {
        Diagnostic::error("E0006", scene.place(), "a number needs no `+`").label("nothing is added here").fix(
            "remove it",
            scene.place(),
            "",
        )
    })
}

fn foreign_character(scene: &Scene<'_>) -> Option<Diagnostic> {
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
        ";" => wrong("a statement ends with its line, without `;`").fix("remove it", place, ""),
        "'" => wrong("strings stand between `\"`"),
        "“" | "”" | "„" => wrong("strings stand between straight `\"`").fix("write `\"`", place, "\""),
        "→" => wrong("an arrow is written `->`").fix("write `->`", place, "->"),
        "×" => wrong("sizes are written `3x3`, products `a * b`"),
        "−" | "–" | "—" => wrong("a minus is written `-`").fix("write `-`", place, "-"),
        "\u{A0}" => wrong("this is a no-break space").fix("write an ordinary blank", place, " "),
        "&" if twice => wrong("`and` joins conditions").fix("write `and`", both, "and"),
        "|" if twice => wrong("`or` joins conditions").fix("write `or`", both, "or"),
        "%" if scene.kind(-1) == Some(TokenKind::Number) => wrong("a unit stands right behind its number")
            .fix("remove the blank", Span::new(scene.before().end, place.start), ""),
        "!" => wrong("there is no `!`: compare with `== false`"),
        "\\" => wrong("a line goes on after `,` or before `->`, without a sign").fix("remove it", place, ""),
        "\r" => wrong("a carriage return that ends no line").fix("remove it", place, ""),
        _ if text.chars().all(char::is_alphabetic) => wrong("names have ASCII letters, digits and `_`"),
        _ if text.chars().all(char::is_control) => {
            let code = text.chars().next().map_or(0, u32::from);
            wrong(&format!("the control character U+{code:04X} is not part of the language"))
        }
        _ => wrong(&format!("`{text}` is not part of the language")),
    })
}

/// `-> ->`, `-> 5`, a line that starts or ends with `->`, `left:` with nothing behind.
fn arrow(scene: &Scene<'_>) -> Option<Diagnostic> {
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
fn equals(scene: &Scene<'_>) -> Option<Diagnostic> {
    let place = scene.place();
    let binds = matches!(scene.first(), "param" | "let");
    match scene.near(0) {
        "=" if scene.at == 1 && !KEYWORDS.contains(&scene.near(-1)) => {
            let name = scene.near(-1);
            let value = scene.near(1);
            let hint = if value.is_empty() { "0.5" } else { value };
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

fn keyword(scene: &Scene<'_>) -> Option<Diagnostic> {
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
fn header(scene: &Scene<'_>) -> Option<Diagnostic> {
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
            let diagnostic = error(format!("`block {name}` needs its arguments: `block {name}() {{`"));
            Some(diagnostic.label("`(` is missing").fix("without arguments", after(scene.before()), "()"))
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

/// A bracket that is not closed, closes nothing, or is closed by the other kind.
fn bracket(scene: &Scene<'_>) -> Option<Diagnostic> {
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

/// No bracket reaches beyond the token `text`: the text ends, or a new line begins and nothing closes later.
fn ends_brackets(scene: &Scene<'_>, text: &str) -> bool {
    let before = scene.at.checked_sub(1).and_then(|at| scene.tokens.get(at));
    let new_line = before.is_some_and(|token| token.kind == TokenKind::Newline) && is_value(scene, -1);
    let rest = scene.tokens.get(scene.at..).unwrap_or(&[]);
    let closed = rest.iter().any(|token| matches!(token.text(scene.text), ")" | "]"));
    matches!(text, "" | "{" | "}" | "->") || new_line && !closed
}

/// `dense 64,` and the next statement read as its argument.
fn continued_line(scene: &Scene<'_>) -> Option<Diagnostic> {
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
fn missing_value(scene: &Scene<'_>) -> Option<Diagnostic> {
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
fn blank_before_bracket(scene: &Scene<'_>) -> Option<Diagnostic> {
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

/// A value right behind a finished one: a comma, an arrow or a line end is missing.
fn two_values(scene: &Scene<'_>) -> Option<Diagnostic> {
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

fn operator(scene: &Scene<'_>) -> Option<Diagnostic> {
    let text = scene.near(0);
    let place = scene.place();
    match text {
        "==" | "!=" | "<" | ">" | "<=" | ">=" if is_value(scene, -1) => Some(
            Diagnostic::error("E0001", place, "comparisons do not chain")
                .label("a second comparison")
                .help("write `a < b and b < c`"),
        ),
        ".." => Some(Diagnostic::error("E0001", place, "a range has two ends").label("a third end")),
        "-" if scene.near(-1) == "-" => Some(
            Diagnostic::error("E0013", place, "a value is missing between two signs")
                .label("second sign")
                .help("write `-(-a)`"),
        ),
        _ => None,
    }
}

/// Token `offset` ends a value: a word, a literal or a closing bracket.
fn is_value(scene: &Scene<'_>, offset: isize) -> bool {
    match scene.kind(offset) {
        Some(TokenKind::Word) => {
            !matches!(scene.near(offset), "and" | "or") && !KEYWORDS.contains(&scene.near(offset))
        }
        Some(TokenKind::Number | TokenKind::Str | TokenKind::OpenStr) => true,
        _ => matches!(scene.near(offset), ")" | "]"),
    }
}

/// Token `offset` begins a value or a layer.
fn starts_value(scene: &Scene<'_>, offset: isize) -> bool {
    match scene.kind(offset) {
        Some(TokenKind::Word | TokenKind::Number | TokenKind::Str | TokenKind::OpenStr) => {
            !matches!(scene.near(offset), "and" | "or" | "as" | "else")
        }
        _ => matches!(scene.near(offset), "(" | "["),
    }
}
