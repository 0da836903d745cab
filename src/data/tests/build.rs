//! The section without IO: what contradicts what, and where it is said.

use super::*;

fn lines(uses: &[Use<'_>]) -> String {
    let (config, found) = build(uses);
    assert!(config.is_none() && !found.is_empty(), "a fault was expected");
    let line = |d: &Diagnostic| {
        format!("{} at {}..{}: {} [{}]", d.code, d.span.start, d.span.end, d.message, d.label)
    };
    found.iter().map(line).collect::<Vec<_>>().join("\n")
}

#[test]
fn contradictions_are_placed() {
    let moons = || ("moons", vec![]);
    let idx = || ("idx", vec![("folder", text("mnist"))]);
    let cases = [
        lines(&[("batch", vec![("rows", n(8.0))])]),
        lines(
            &[moons(), ("iris", vec![])]
                .map(|(w, a)| if w == "iris" { ("builtin", vec![("name", text("iris"))]) } else { (w, a) }),
        ),
        lines(&[moons(), ("batch", vec![]), ("batch", vec![])]),
        lines(&[idx(), ("inputs", vec![("columns", list(vec![n(1.0)]))])]),
        lines(&[moons(), ("split", vec![("given", text("index"))])]),
        lines(&[moons(), ("inputs", vec![])]),
        lines(&[moons(), ("inputs", vec![("columns", list(vec![Value::Span(3.0, 1.0)]))])]),
        lines(&[moons(), ("inputs", vec![("columns", list(vec![Value::Span(0.0, 1.0)]))])]),
        lines(&[moons(), ("inputs", vec![("columns", list(vec![Value::Span(1.5, 3.0)]))])]),
        lines(&[moons(), ("scale", vec![("factor", n(0.0))])]),
        lines(&[moons(), ("normalize", vec![("what", list(vec![word("target")])), ("per", word("all"))])]),
        lines(&[("builtin", vec![("name", text("boston"))])]),
        lines(&[("idx", vec![])]),
        lines(&[("idx", vec![("images", text("a"))])]),
        lines(&[("idx", vec![("folder", text("a")), ("labels", text("b"))])]),
        lines(&[("npy", vec![("inputs", text("a")), ("target", text("b")), ("test_inputs", text("c"))])]),
        lines(&[("csv", vec![("file", text("a")), ("delimiter", text("::"))])]),
        lines(&[("blobs", vec![("rows", n(2.0)), ("classes", n(3.0))])]),
    ];
    insta::assert_snapshot!(cases.join("\n"));
}

#[test]
fn a_class_has_no_mean() {
    let config = config(&[
        ("moons", vec![]),
        ("normalize", vec![("what", list(vec![word("inputs"), word("target")]))]),
    ]);
    assert_eq!(config.check_need(&need(2, Want::Class(2)))[0].code, "E0508");
    assert!(config.check_need(&need(2, Want::Real(1))).is_empty());
}

#[test]
fn defaults_hold_where_the_file_is_silent() {
    let config = config(&[("moons", vec![])]);
    assert_eq!((config.batch().rows, config.batch().drop_last), (32, false));
    let schema = super::super::probe(&config, &nowhere()).unwrap();
    assert_eq!(
        (schema.attribute("train.rows"), schema.attribute("data.features")),
        (Some(1000.0), Some(2.0))
    );
    assert_eq!((schema.attribute("data.classes"), schema.attribute("data.colour")), (Some(2.0), None));
    for path in super::super::DataSchema::ATTRIBUTES {
        assert!(schema.attribute(path).is_some(), "{path}");
    }
}
