//! What the three forms look like. The snapshots are the specification: read them as a user would.

use super::*;

const SOURCE: &str = "net {\n  input x: real[8]\n  dropuot 0.5\n}\n";

fn sample() -> Vec<Diagnostic> {
    vec![
        Diagnostic::error("E0203", Span::new(27, 34), "unknown layer `dropuot`")
            .label("no layer has this name")
            .fix("a layer with a similar name exists", Span::new(27, 34), "dropout"),
    ]
}

#[test]
fn full_form() {
    insta::assert_snapshot!(render(&sample(), SOURCE, "mnist.net", Format::Full, false));
}

#[test]
fn full_form_with_everything() {
    let diagnostic = Diagnostic::error("E0301", Span::new(27, 34), "dense expects a vector, found 28x28x1")
        .label("sees 28x28x1")
        .also(Span::new(14, 22), "this value comes from here")
        .note("a picture is height, width, channel")
        .help("insert `flatten`")
        .fix("insert it", Span::new(27, 27), "flatten -> ");
    insta::assert_snapshot!(render(&[diagnostic], SOURCE, "mnist.net", Format::Full, false));
}

#[test]
fn concise_form() {
    let text = render(&sample(), SOURCE, "mnist.net", Format::Concise, false);
    assert_eq!(text, "mnist.net:3:3: error[E0203]: unknown layer `dropuot`\n");
}

#[test]
fn json_form() {
    let text = render(&sample(), SOURCE, "mnist.net", Format::Json, false);
    let expected = concat!(
        r#"{"code":"E0203","severity":"error","message":"unknown layer `dropuot`","file":"mnist.net","#,
        r#""span":{"start":{"line":3,"col":3,"byte":27},"end":{"line":3,"col":10,"byte":34}},"#,
        r#""fixes":[{"message":"a layer with a similar name exists","edits":[{"byte":[27,34],"text":"dropout"}]}],"#,
        r#""url":"dropnet explain E0203"}"#,
        "\n"
    );
    assert_eq!(text, expected);
}

#[test]
fn sorted_without_duplicates() {
    let at = |start| Diagnostic::warning("W0101", Span::new(start, start + 1), "rate");
    let text = render(&[at(9), at(2), at(9)], SOURCE, "m.net", Format::Concise, false);
    assert_eq!(text, "m.net:1:3: warning[W0101]: rate\nm.net:2:4: warning[W0101]: rate\n");
    assert_eq!(count_line(&[at(9), at(2), at(9)]), "2 warnings");
}

#[test]
fn at_most_twenty_errors() {
    let many: Vec<Diagnostic> =
        (0..32).map(|at| Diagnostic::error("E0001", Span::new(at, at + 1), format!("error {at}"))).collect();
    let text = render(&many, SOURCE, "m.net", Format::Concise, false);
    assert_eq!(text.lines().count(), 21);
    assert_eq!(text.lines().last(), Some("… and 12 more errors"));
    assert_eq!(render(&many, SOURCE, "m.net", Format::Json, false).lines().count(), 32);
    assert_eq!(count_line(&many), "32 errors");
}

#[test]
fn counts() {
    let error = Diagnostic::error("E0001", Span::new(0, 1), "e");
    let warning = Diagnostic::warning("W0101", Span::new(0, 1), "w");
    assert_eq!(count_line(&[]), "no errors");
    assert_eq!(count_line(std::slice::from_ref(&error)), "1 error");
    assert_eq!(count_line(&[error, warning]), "1 error, 1 warning");
}

/// Any span over any text: inside characters, past the end, reversed, over line ends.
#[test]
fn no_span_panics() {
    for source in ["", "ä\nöü\r\n\tx", "\u{FEFF}net {\r\n  größe 3\r\n}", "日本語 # \u{1F600}\n"] {
        for start in 0..source.len() + 3 {
            for end in 0..source.len() + 3 {
                let diagnostic = Diagnostic::error("E0001", Span::new(start, end), "any")
                    .label("here")
                    .also(Span::new(end, start), "there")
                    .fix("so", Span::new(start, end), "text");
                for format in [Format::Full, Format::Concise, Format::Json] {
                    for color in [false, true] {
                        assert!(
                            !render(std::slice::from_ref(&diagnostic), source, "ä.net", format, color)
                                .is_empty()
                        );
                    }
                }
            }
        }
    }
}

#[test]
fn multibyte_columns() {
    let source = "# größe\nnet { größe 3 }\n";
    let start = source.rfind("größe").expect("word");
    let diagnostic = Diagnostic::error("E0012", Span::new(start, start + 7), "not ASCII").label("here");
    insta::assert_snapshot!(render(&[diagnostic], source, "m.net", Format::Full, false));
}
