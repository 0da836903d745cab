//! One entry a code: what `dropnet explain CODE` prints. Codes are never reused.
//!
//! Blocks: E00 syntax, E01 names, E02 arguments, E03 shapes, E04 training, E05 data, E06 checkpoint, E07 export;
//! W01 advice on dropout, W02 style, W03 deprecation.
//! Invariants (tested below): sorted, no code twice, every code used in `src` has an entry.

/// Code and text: a title line, a blank line, then meaning, an example that fires it, and the way out.
pub const CODES: &[(&str, &str)] = &[
    (
        "E0001",
        r#"The line does not fit the language

A statement is `word arg, arg, key=value`, perhaps with a `{ block }`, one to a line; `->` joins several layers.
The text at the caret fits none of the forms of edition 1, and nothing nearer can be said about it.

    if 1 < a < 2 {        comparisons do not chain

Write `if 1 < a and a < 2 {`. When in doubt, put each layer on a line of its own: the line that still fails is the
one to look at."#,
    ),
    (
        "E0002",
        r#"A comma is missing between two values

Arguments are separated by commas, so a value right behind a finished value has no meaning.

    dense 50 bias=false
    dense h -1            reads as `h` and then the number -1

Write `dense 50, bias=false`. To subtract, put a blank on both sides of the minus or on neither: `h - 1`. A minus with
a blank before it and none after it is always a sign, so that `dropout -0.2` and `f 3, -1` mean what they look like."#,
    ),
    (
        "E0003",
        r#"An arrow is missing between two layers

Several layers stand on one line only if `->` leads from each to the next.

    dense 50 relu

Write `dense 50 -> relu`, or put `relu` on the next line: a value flows downward by itself."#,
    ),
    (
        "E0004",
        r#"A layer is missing next to an arrow or a label

`->` leads from one layer to the next, and `label:` names the result of the chain behind it; each needs a layer there.

    dense 50 -> relu ->
    left:

Remove the arrow or write the layer. A line may begin with `->`: then it continues the line above."#,
    ),
    (
        "E0005",
        r#"A name gets its value by `param` or `let`

`param p = 0.5` makes a knob (`--set p=0.3` turns it), `let q = p / 2` derives a value from earlier names. A bare
`p = 0.5` is no statement, and `==` compares instead of giving a value.

    p = 0.5
    param p == 0.5
    if depth = 2 {

Write `param p = 0.5`, and `==` in conditions."#,
    ),
    (
        "E0006",
        r#"Not a number the language can read

Numbers begin and end with a digit: `0.5`, `10_000`, `1e-3`. A unit follows without a blank: `25ms`, `50%`,
`5epochs`. Sizes are whole numbers joined by `x`: `3x3`, `28x28x1`. Values must fit a double.

    dropout .5
    param a = 10_
    param b = 1e999

Write `dropout 0.5`; remove the underscore at the end; choose a value that is finite."#,
    ),
    (
        "E0007",
        r#"A string is not closed, or has an unknown escape

Strings begin and end with `"` on one line. Inside, `\"`, `\\`, `\n` and `\t` are the only escapes.

    source csv, "concrete.csv, header=true
    source csv, "data\quick.csv"

Close the string before the comma. In file names write `/`, or two backslashes."#,
    ),
    (
        "E0008",
        r#"A brace has no partner

Each `{` needs its `}`. Where counting cannot tell which one is wrong, indentation does: a `}` at the start of a line
closes the block whose first line has the same indentation, and a brace opened inside since then is the one reported.

    net {
      residual {
        dense 8
      relu
    }

Here `residual {` is never closed: put a `}` before `relu`. A brace inside a string or comment does not count."#,
    ),
    (
        "E0009",
        r#"A bracket has no partner

Each `(` needs its `)` and each `[` its `]`. They may span lines only where a line ends in `,` or in the opening
bracket, or the next one begins with the closing one.

    dense (3 + 4
    concat over=[time, freq)

Close the bracket with its own kind, on the same line."#,
    ),
    (
        "E0010",
        r#"Too deep, too long or too many

Brackets and braces may stand 64 deep, an expression may have 256 operators and an `if` 64 arms. No net needs more;
the limits keep a damaged or generated file from exhausting the compiler.

    param a = ((((((((((...))))))))))     more than 64 deep

Name the inner part with `let`, or move the inner lines to a `block`."#,
    ),
    (
        "E0011",
        r#"A keyword cannot be a name

`param`, `let`, `block`, `if`, `else`, `repeat` and `as` are keywords. They begin statements and cannot name a
parameter, an argument, a label or a layer; nor can they stand behind `->`.

    param block = 3
    dense 3 -> repeat 2 { relu }

Choose another word, such as `block_size`; end the chain before `repeat` and begin a new line."#,
    ),
    (
        "E0012",
        r#"A character or operator of another language

The language uses ASCII letters and digits, `_`, and `-> = { } ( ) [ ] , : . # "` besides the operators
`+ - * / ^ == != <= >= < > .. and or`. Statements end with their line. Text of any alphabet may stand in strings and
comments.

    dense 3;
    dense 3 → relu
    load 'x.ckpt'

Write `dense 3`, `dense 3 -> relu`, `load "x.ckpt"`. A power is `2^3`; the opposite of `deep` is `deep == false`."#,
    ),
    (
        "E0013",
        r#"A value is missing

After `=`, `,`, `:`, an operator or an opening bracket a value must follow on the same line, except that a line may
break after `,` and after `(` or `[`.

    dense 3, bias=
    param a = 2 *
    dense , bias=false

Write the value, or remove what asks for it. The first argument of a layer follows its name without a comma."#,
    ),
    (
        "E0014",
        r#"The head of a statement is incomplete

The statements with keywords have fixed heads: `param p = 0.5`, `let q = p / 2`, `block Name(a, b=1) {`, `if c {`,
`} else {`, `repeat 3 {`, `repeat 3 as i {`. A part is missing, or `else` stands on a line of its own.

    block Foo {
    repeat {

Write `block Foo() {`, with parentheses even where there are no arguments, and `repeat 3 {`."#,
    ),
    (
        "E0015",
        r#"A blank before a bracket, or none

`sqrt(2)` and `real[4]` are one value, so the bracket touches the word; with a blank it would be the next argument.
For a layer both `dense 64` and `dense(64)` are accepted, but all arguments are inside the parentheses or none is, and
a list is set off by a blank: `reshape [4, 4]`.

    dense sqrt (2)
    dense[3]
    dense(64), bias=false

Write `dense sqrt(2)`, `dense [3]`, `dense 64, bias=false`."#,
    ),
    (
        "E0016",
        r#"Two statements on one line

One line holds one statement; what follows a `}` on its line is only `->`, `else` or another `}`.

    data { batch 32 } train { epochs 10 }

Begin a new line."#,
    ),
    (
        "E0017",
        r#"A comma at the line end joins two lines

After a `,` a statement goes on in the next line. So a comma left at the end of a finished statement makes the next
statement one of its arguments.

    dense 64,
    dropout 0.5

Remove the comma behind 64."#,
    ),
];

/// The page of a code, or `None` for a code that does not exist. Case does not matter.
pub fn explain(code: &str) -> Option<&'static str> {
    CODES.iter().find(|(known, _)| known.eq_ignore_ascii_case(code)).map(|(_, text)| *text)
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::BTreeSet;
    use std::path::Path;

    /// String literals of the form `"E0123"` or `"W0123"` in the sources under `folder`, their tests aside.
    fn used_codes(folder: &Path, found: &mut BTreeSet<String>) {
        for entry in std::fs::read_dir(folder).expect("folder") {
            let path = entry.expect("entry").path();
            if path.is_dir() {
                used_codes(&path, found);
            } else if path.extension().is_some_and(|e| e == "rs") && !path.ends_with("tests.rs") {
                let text = std::fs::read_to_string(&path).expect("source file");
                let text = text.split("#[cfg(test)]").next().unwrap_or("");
                let literals = text.split('"').filter(|piece| piece.len() == 5);
                let codes = literals.filter(|piece| {
                    let digits = piece.strip_prefix("E0").or(piece.strip_prefix("W0"));
                    digits.is_some_and(|d| d.bytes().all(|b| b.is_ascii_digit()))
                });
                found.extend(codes.map(str::to_string));
            }
        }
    }

    #[test]
    fn every_code_in_use_has_a_page() {
        let mut used = BTreeSet::new();
        used_codes(&Path::new(env!("CARGO_MANIFEST_DIR")).join("src"), &mut used);
        let missing: Vec<_> = used.iter().filter(|code| explain(code).is_none()).collect();
        assert!(missing.is_empty(), "codes without an entry in src/diag/codes.rs: {missing:?}");
    }

    #[test]
    fn codes_are_sorted_and_unique() {
        for pair in CODES.windows(2) {
            assert!(pair[0].0 < pair[1].0, "{} stands before {}", pair[0].0, pair[1].0);
        }
    }

    #[test]
    fn pages_have_a_title_and_sentences() {
        for (code, text) in CODES {
            let (title, rest) = text.split_once("\n\n").unwrap_or((text, ""));
            assert!(!title.contains('\n') && !title.ends_with('.'), "{code}: title");
            assert!(rest.matches(['.', ':']).count() >= 2, "{code}: meaning, example, way out");
        }
    }

    #[test]
    fn explain_knows_only_real_codes() {
        assert!(explain("E0008").is_some_and(|text| text.contains("brace")));
        assert_eq!(explain("e0008"), explain("E0008"));
        assert_eq!(explain("E9999"), None);
        assert_eq!(explain(""), None);
    }
}
