//! The formatter: canonical samples, idempotence, meaning and comments kept.

use dropnet::internal::syntax::{format, parse, same_meaning, unified_diff};

/// Formats twice and compares trees and comments.
#[track_caller]
fn formatted(source: &str) -> String {
    let once = format(source).unwrap_or_else(|d| panic!("{d:#?}\n{source}"));
    let twice = format(&once).unwrap_or_else(|d| panic!("{d:#?}\n{once}"));
    assert_eq!(once, twice, "not idempotent");
    let ((before, _), (after, _)) = (parse(source), parse(&once));
    assert!(same_meaning(&before, &after), "meaning changed:\n{source}\n---\n{once}");
    let comments = |file: dropnet::internal::syntax::ast::File| -> Vec<String> {
        file.comments.into_iter().map(|comment| comment.text.trim_end().to_string()).collect()
    };
    assert_eq!(comments(before), comments(after), "comments");
    once
}

#[test]
fn samples() {
    for name in [
        "a_mnist_mlp",
        "b_cifar_conv",
        "c_uci_mc_dropout",
        "d_lstm_lm",
        "e_text_transformer",
        "f_audio",
        "g_forms",
    ] {
        let source = std::fs::read_to_string(format!("tests/samples/{name}.net")).expect("sample");
        let after = formatted(&source);
        insta::assert_snapshot!(name, unified_diff(&source, &after, name));
    }
}

#[track_caller]
fn becomes(source: &str, expected: &str) {
    assert_eq!(formatted(source), expected);
}

#[test]
fn blanks() {
    becomes("param   p=0.5\nlet q=p*2", "param p = 0.5\nlet q = p * 2\n");
    becomes("net{dense 3,bias = false}", "net { dense 3, bias=false }\n");
    becomes("a->b  ->\tc", "a -> b -> c\n");
    becomes("left :from a", "left: from a\n");
    becomes("input x :real[ 4 ,5 ]", "input x: real[4, 5]\n");
    becomes("f [ 1 , 2 ] , ( a )", "f [1, 2], (a)\n");
    becomes("block  Foo ( a , b = 1 ){relu}", "block Foo(a, b=1) { relu }\n");
    becomes("repeat 3  as  i{}", "repeat 3 as i {}\n");
    becomes("if a==1{b}else{c}", "if a == 1 { b } else { c }\n");
    becomes("load \"a  b\" ,into=[ x, stem_* ]", "load \"a  b\", into=[x, stem_*]\n");
    becomes("report valid.loss", "report valid.loss\n");
}

#[test]
fn operators() {
    becomes("f width*2^ i", "f width * 2^i\n");
    becomes("f ff = 4 * d, a+b", "f ff=4*d, a + b\n");
    becomes("scale 1 / 255", "scale 1/255\n");
    becomes("f -2st .. 2st, x= - 1", "f -2st..2st, x=-1\n");
    becomes("f 1 .. n - k", "f 1..n-k\n");
    becomes("f 1e - 3..2", "f 1e - 3..2\n");
    becomes("f a-b, a - - b, -(a+b)", "f a - b, a - -b, -(a + b)\n");
    becomes("if a<b and(c>=d or e){f}", "if a < b and (c >= d or e) { f }\n");
    becomes("f x=g(a*b)", "f x=g(a * b)\n");
}

#[test]
fn digits() {
    becomes(
        "f 10000, 1234567.25, 1_0, 100_00ms, 55000e-3",
        "f 10_000, 1_234_567.25, 10, 10_000ms, 55_000e-3\n",
    );
    becomes("f 4000, 5_000, 50_00, 10000x3", "f 4000, 5_000, 5000, 10000x3\n");
}

#[test]
fn call_parentheses_go() {
    becomes(
        "dense(64, bias=false) -> relu() -> dropout(0.5)",
        "dense 64, bias=false -> relu -> dropout 0.5\n",
    );
    becomes("dense(\n64,\nbias=false,\n)\nrelu", "dense 64,\n  bias=false\nrelu\n");
    becomes("f((a + b)*2)", "f (a + b) * 2\n");
    becomes("f (a)", "f (a)\n");
    becomes("residual() { f(-1) }", "residual { f -1 }\n");
    becomes("dense(  # units\n64)", "dense(  # units\n  64)\n");
}

#[test]
fn idle_commas_go() {
    becomes("f [1, 2,], 3,\n", "f [1, 2], 3\n");
    becomes("f [\n1,\n2,\n]\n", "f [\n  1,\n  2,\n]\n");
    becomes("net { f 3, }", "net { f 3 }\n");
    becomes("f 3, -> g 4,\n\n", "f 3 -> g 4\n");
}

#[test]
fn line_ends_and_blank_lines() {
    becomes("", "");
    becomes("\n\n  \n", "");
    becomes("\n\nedition 1\n\n\n\nparam p = 1", "edition 1\n\nparam p = 1\n");
    becomes("net {\n\n  a\n\n\n  b\n\n}\n", "net {\n  a\n\n  b\n}\n");
    becomes("data {\na\n}\nnet {\nb\n}\nx\n", "data {\n  a\n}\n\nnet {\n  b\n}\n\nx\n");
    becomes("x\n# about net\nnet {\nb\n}\n# end\n", "x\n\n# about net\nnet {\n  b\n}\n\n# end\n");
    becomes("net { a\n}", "net {\n  a\n}\n");
    becomes("net {\n}", "net {}\n");
    becomes("net {\r\n\ta\r\n}\r\n", "net {\r\n  a\r\n}\r\n");
    becomes("\u{FEFF}net { a }", "net { a }\n");
}

#[test]
fn continued_lines() {
    becomes("net {\na\n\n-> b\n   -> c {\nd\n}\n}", "net {\n  a\n    -> b\n    -> c {\n      d\n    }\n}\n");
    becomes("net {\nf [1,\n2], x=[\n3\n]\n}", "net {\n  f [1,\n    2], x=[\n    3\n  ]\n}\n");
}

#[test]
fn comments_stay() {
    becomes(
        "net {# a\n#b\n\n# c\ndense 3   #d\n#e\n}#f",
        "net {  # a\n  #b\n\n  # c\n  dense 3  #d\n  #e\n}  #f\n",
    );
    becomes("a\n# between\n-> b", "a\n  # between\n  -> b\n");
    becomes("f [1, # one\n# own\n2]", "f [1,  # one\n  # own\n  2]\n");
    becomes(
        "param a = 1 # x\nparam long = 1 # y\n\nlet c = 1 # z",
        "param a = 1     # x\nparam long = 1  # y\n\nlet c = 1  # z\n",
    );
    becomes("net {\n  # only\n}", "net {\n  # only\n}\n");
    becomes("# only", "# only\n");
}

#[test]
fn long_lines_break_before_arrows() {
    let layer = "dense 1000, max_norm=3";
    let chain = [layer; 6].join(" -> ");
    becomes(
        &format!("net {{\n{chain}  # end\n}}"),
        &format!("net {{\n  {0} -> {0} -> {0}\n    -> {0} -> {0} -> {0}  # end\n}}\n", layer),
    );
    becomes(
        &format!("branch {{ {chain} }}"),
        &format!("branch {{\n  {0} -> {0} -> {0}\n    -> {0} -> {0} -> {0}\n}}\n", layer),
    );
    let long = "x".repeat(100);
    becomes(&format!("a -> {long} -> b"), &format!("a\n  -> {long}\n  -> b\n"));
}

#[test]
fn broken_files_are_refused() {
    assert!(format("dense 50 relu").is_err());
    assert!(format("net {").is_err());
    assert!(format("f h -1").is_err());
}

#[test]
fn diff() {
    assert_eq!(unified_diff("a\n", "a\n", "m.net"), "");
    assert_eq!(
        unified_diff("a\nb  c\nd\n", "a\nb c\nd\n", "m.net"),
        "--- m.net\n+++ m.net (formatted)\n@@ -1,3 +1,3 @@\n a\n-b  c\n+b c\n d\n"
    );
}

/// Programs with blanks, line ends and comments wherever the grammar lets them be.
mod generated {
    use super::formatted;
    use proptest::prelude::*;

    fn one_of(words: &'static [&'static str]) -> BoxedStrategy<String> {
        proptest::sample::select(words).prop_map(str::to_string).boxed()
    }

    fn name() -> BoxedStrategy<String> {
        one_of(&["a", "width", "dense", "Stage", "max_norm", "relu", "x1", "_", "p_in", "iffy", "order"])
    }

    fn blank() -> BoxedStrategy<String> {
        one_of(&["", " ", "  ", "\t"])
    }

    /// Where a line may end.
    fn gap() -> BoxedStrategy<String> {
        prop_oneof![6 => blank(), 2 => one_of(&["\n", " \n\n ", "\r\n\t"]), 1 => one_of(&["# c\n", " ## d {\n  # e \n"])].boxed()
    }

    fn literal() -> BoxedStrategy<String> {
        one_of(&[
            "0.5",
            "50%",
            "1e-3",
            "10000",
            "5_000",
            "16kHz",
            "25ms",
            "3x3",
            "28x28x1",
            "\"a # {b\"",
            "\"\\\"\"",
            "true",
            "data.rows",
            "width",
            "same",
            "1_0.5e+2s",
        ])
    }

    fn expr() -> BoxedStrategy<String> {
        literal()
            .prop_recursive(4, 24, 4, |inner| {
                let operand = prop_oneof![literal(), inner.clone().prop_map(|e| format!("({e})"))].boxed();
                let operator = one_of(&["+", "-", "*", "/", "^", "==", "<", ">=", "and", "or", "..", "!="]);
                prop_oneof![
                    (operand.clone(), operator, operand.clone(), blank()).prop_map(|(l, op, r, b)| match op
                        .as_str()
                    {
                        "and" | "or" | "-" | "+" => format!("{l} {op} {b}{r}"),
                        _ => format!("{l}{b}{op}{b}{r}"),
                    }),
                    (blank(), operand).prop_map(|(b, e)| format!("-{b}{e}")),
                    (gap(), inner.clone(), gap()).prop_map(|(b, e, c)| format!("({b}{e}{c})")),
                    (name(), args(inner.clone()), gap(), gap())
                        .prop_map(|(n, a, b, c)| format!("{n}({b}{a}{c})")),
                    (name(), args(inner.clone()), gap(), gap())
                        .prop_map(|(n, a, b, c)| format!("{n}[{b}{a}{c}]")),
                    (proptest::collection::vec((inner, gap()), 0..4), gap(), blank()).prop_map(
                        |(items, b, c)| {
                            let items: Vec<String> =
                                items.into_iter().map(|(item, gap)| format!("{item},{gap}")).collect();
                            format!("[{b}{}{c}]", items.concat())
                        }
                    ),
                ]
            })
            .boxed()
    }

    fn arg(value: BoxedStrategy<String>) -> BoxedStrategy<String> {
        (name(), one_of(&["", "", "=", " = ", ": "]), value)
            .prop_map(|(name, key, value)| if key.is_empty() { value } else { format!("{name}{key}{value}") })
            .boxed()
    }

    fn args(value: BoxedStrategy<String>) -> BoxedStrategy<String> {
        proptest::collection::vec((arg(value), gap()), 1..4)
            .prop_map(|args| {
                let mut text = String::new();
                for (index, (arg, gap)) in args.into_iter().enumerate() {
                    let comma = if index > 0 { format!(",{gap}") } else { String::new() };
                    text = format!("{text}{comma}{arg}");
                }
                text
            })
            .boxed()
    }

    fn step(body: BoxedStrategy<String>) -> BoxedStrategy<String> {
        prop_oneof![
            name(),
            (name(), args(expr())).prop_map(|(n, a)| format!("{n} {a}")),
            (name(), args(expr()), gap(), gap()).prop_map(|(n, a, b, c)| format!("{n}({b}{a}{c})")),
            (name(), gap()).prop_map(|(n, b)| format!("{n}({b})")),
            (name(), args(expr()), blank(), body).prop_map(|(n, a, b, body)| format!("{n} {a}{b}{body}")),
        ]
        .boxed()
    }

    fn stmt(body: BoxedStrategy<String>) -> BoxedStrategy<String> {
        let chain = proptest::collection::vec((step(body.clone()), gap()), 1..5).prop_map(|steps| {
            let mut text = String::new();
            for (step, gap) in steps {
                text = if text.is_empty() { step } else { format!("{text}{gap}-> {step}") };
            }
            text
        });
        prop_oneof![
            4 => chain.clone(),
            1 => (name(), blank(), chain).prop_map(|(label, b, chain)| format!("{label}{b}:{b}{chain}")),
            1 => (name(), blank(), expr()).prop_map(|(n, b, e)| format!("param {n}{b}={b}{e}")),
            1 => (name(), expr()).prop_map(|(n, e)| format!("let {n} = {e}")),
            1 => (name(), gap(), expr(), body.clone())
                .prop_map(|(n, g, e, body)| format!("block {n}({g}a,{g}b = {e}{g}){body}")),
            1 => (expr(), body.clone(), body.clone())
                .prop_map(|(c, a, b)| format!("if {c} {a}else if{c}{b} else {a}").replace("else if", "else if ")),
            1 => (expr(), body).prop_map(|(c, b)| format!("repeat {c} as i{b}")),
        ]
        .boxed()
    }

    fn lines(stmt: BoxedStrategy<String>) -> BoxedStrategy<String> {
        let end = one_of(&["\n", "\n\n\n", "  # c\n", "\n# own\n", "\n\n   # own\n\n", "\r\n"]);
        proptest::collection::vec((blank(), stmt, end), 0..4)
            .prop_map(|lines| lines.into_iter().map(|(b, stmt, end)| b + &stmt + &end).collect())
            .boxed()
    }

    fn program() -> BoxedStrategy<String> {
        let empty = one_of(&["{}", "{ }", "{\n}", "{ # c\n\n}"]);
        let body = empty.prop_recursive(3, 12, 3, |inner| {
            prop_oneof![
                stmt(inner.clone()).prop_map(|s| format!("{{ {s} }}")),
                (gap(), lines(stmt(inner))).prop_map(|(gap, lines)| format!("{{{gap}{lines}}}")),
            ]
        });
        (one_of(&["", "\u{FEFF}", "\n\n"]), lines(stmt(body.boxed())))
            .prop_map(|(head, rest)| head + &rest)
            .boxed()
    }

    proptest! {
        #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::with_cases(200) })]
        #[test]
        fn meaning_comments_and_form_are_kept(source in program()) {
            formatted(&source);
        }
    }
}
