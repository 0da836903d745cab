//! The parser: samples, the cases of the language that are easy to get wrong, recovery, extremes.

use dropnet::internal::diag::Span;
use dropnet::internal::syntax::ast::{self, ArgKey, Body, Expr, ExprKind, Stmt};
use dropnet::internal::syntax::{parse, same_meaning};

fn samples() -> Vec<(String, String)> {
    let mut found = Vec::new();
    for entry in std::fs::read_dir("tests/samples").expect("samples") {
        let path = entry.expect("entry").path();
        let source = std::fs::read_to_string(&path).expect("sample");
        found.push((path.file_name().expect("name").to_string_lossy().into_owned(), source));
    }
    found.sort();
    found
}

fn errors(stmts: &[Stmt]) -> usize {
    let inside = |body: &Body| errors(&body.stmts);
    let of = |stmt: &Stmt| match stmt {
        Stmt::Error(_) => 1,
        Stmt::Param(_) | Stmt::Let(_) => 0,
        Stmt::Block(block) => inside(&block.body),
        Stmt::If(choice) => inside(&choice.then) + choice.otherwise.as_ref().map_or(0, inside),
        Stmt::Repeat(repeat) => inside(&repeat.body),
        Stmt::Chain(chain) => {
            chain.steps.iter().filter_map(|step: &ast::Step| step.body.as_ref()).map(inside).sum()
        }
    };
    stmts.iter().map(of).sum()
}

#[test]
fn samples_parse() {
    let samples = samples();
    assert_eq!(samples.len(), 7);
    for (name, source) in samples {
        let (file, diagnostics) = parse(&source);
        assert_eq!(diagnostics, [], "{name}");
        assert_eq!(errors(&file.stmts), 0, "{name}");
    }
}

/// The arguments of the only step of `source`, in a short form.
#[track_caller]
fn args(source: &str) -> Vec<String> {
    let (file, diagnostics) = parse(source);
    assert_eq!(diagnostics, [], "{source}");
    let [Stmt::Chain(chain)] = file.stmts.as_slice() else { panic!("{:?}", file.stmts) };
    let arg = |arg: &ast::Arg| match &arg.key {
        ArgKey::Positional => show(&arg.value),
        ArgKey::Named(name) => format!("{}={}", name.text, show(&arg.value)),
        ArgKey::Typed(name) => format!("{}: {}", name.text, show(&arg.value)),
    };
    chain.steps[0].args.iter().map(arg).collect()
}

/// An expression with all its parentheses.
fn show(expr: &Expr) -> String {
    let list = |args: &[ast::Arg]| args.iter().map(|a| show(&a.value)).collect::<Vec<_>>().join(" ");
    match &expr.kind {
        ExprKind::Number { value, unit } => format!("{value}{}", unit.as_deref().unwrap_or("")),
        ExprKind::Dims(dims) => format!("{dims:?}"),
        ExprKind::Str(text) => format!("{text:?}"),
        ExprKind::Path(path) => path.clone(),
        ExprKind::List(items) => format!("[{}]", items.iter().map(show).collect::<Vec<_>>().join(" ")),
        ExprKind::Call { name, args } => format!("{}({})", name.text, list(args)),
        ExprKind::Index { name, args } => format!("{}[{}]", name.text, list(args)),
        ExprKind::Neg(inner) => format!("-{}", show(inner)),
        ExprKind::Tail(inner) => format!("tail {}", show(inner)),
        ExprKind::Range { low, high } => format!("({}..{})", show(low), show(high)),
        ExprKind::Binary { op, left, right } => format!("({} {op:?} {})", show(left), show(right)),
    }
}

#[test]
fn a_minus_after_the_layer_is_a_sign() {
    assert_eq!(args("dropout -0.2"), ["-0.2"]);
    assert_eq!(args("gain -6dB"), ["-6dB"]);
    assert_eq!(args("gain -6dB..6dB"), ["(-6dB..6dB)"]);
    assert_eq!(args("f -2st..2st"), ["(-2st..2st)"]);
    assert_eq!(args("f h - 1, h-1, h- 1"), ["(h Sub 1)", "(h Sub 1)", "(h Sub 1)"]);
    assert_eq!(parse("dense h -1").1.len(), 1);
}

#[test]
fn precedence() {
    assert_eq!(args("f -2^2"), ["-(2 Pow 2)"]);
    assert_eq!(args("f 2^-1"), ["(2 Pow -1)"]);
    assert_eq!(args("f 2^3^2"), ["(2 Pow (3 Pow 2))"]);
    assert_eq!(args("f 2^-3^2"), ["(2 Pow -(3 Pow 2))"]);
    assert_eq!(args("f -a*b"), ["(-a Mul b)"]);
    assert_eq!(args("f a - b - c"), ["((a Sub b) Sub c)"]);
    assert_eq!(args("f a + b * c / d"), ["(a Add ((b Mul c) Div d))"]);
    assert_eq!(args("f (a + b) * c"), ["((a Add b) Mul c)"]);
    assert_eq!(args("f a or b and c == 1"), ["(a Or (b And (c Eq 1)))"]);
    assert_eq!(args("f 1..n - 1"), ["(1..(n Sub 1))"]);
    assert_eq!(args("f 1..2 == 3..4"), ["((1..2) Eq (3..4))"]);
    assert_eq!(args("f a < b and c < d or e"), ["(((a Lt b) And (c Lt d)) Or e)"]);
    assert_eq!(args("f 2^-3*4, a--b"), ["((2 Pow -3) Mul 4)", "(a Sub -b)"]);
    assert_eq!(args("f order, andy"), ["order", "andy"]);
}

#[test]
fn brackets_bind_without_a_blank() {
    assert_eq!(args("f sqrt(2)"), ["sqrt(2)"]);
    assert_eq!(args("f real[4, 5]"), ["real[4 5]"]);
    assert_eq!(args("f (2)"), ["2"]);
    assert_eq!(args("f(2)"), ["2"]);
    assert_eq!(args("f [2]"), ["[2]"]);
    assert_eq!(args("f(2, a=3)"), ["2", "a=3"]);
    for wrong in ["f sqrt (2)", "f real [4]", "f[2]", "f(2), 3", "f(2) * 3"] {
        assert_eq!(parse(wrong).1.len(), 1, "{wrong}");
    }
}

#[test]
fn numbers_and_units() {
    assert_eq!(
        args("f 10_000, 1e-3, 50%, 1epoch, 1e5, 2.5e+1ms"),
        ["10000", "0.001", "50%", "1epoch", "100000", "25ms"]
    );
    assert_eq!(args("f 3x3, 28x28x1, 2x20"), ["[3, 3]", "[28, 28, 1]", "[2, 20]"]);
    assert_eq!(args("f 1..8, 0.8..1.25, 10dB..40dB"), ["(1..8)", "(0.8..1.25)", "(10dB..40dB)"]);
    assert_eq!(args(r#"f "a\"b\\\n\tä""#), [r#""a\"b\\\n\tä""#]);
    assert_eq!(args("f [stem, stage_*], into=[a_* , b]"), ["[stem stage_*]", "into=[a_* b]"]);
    assert_eq!(args("input x: real[4], y: token[_, vocab=3]"), ["x: real[4]", "y: token[_ 3]"]);
}

#[test]
fn odd_files() {
    for empty in ["", "\n", "  \t", "\u{FEFF}", "# only a comment", "\r\n\r\n", "#", "\n\n# ä\n"] {
        let (file, diagnostics) = parse(empty);
        assert_eq!((file.stmts.len(), diagnostics.len()), (0, 0), "{empty:?}");
    }
    let plain = "net {\n  input x: real[4]\n  dense 3 -> relu\n}\n";
    let (expected, _) = parse(plain);
    let variants = [
        plain.replace('\n', "\r\n"),
        plain.trim_end().to_string(),
        format!("\u{FEFF}{plain}"),
        plain.replace("  ", "\t"),
        plain.replace('\n', "  # größe → 日本\n"),
        plain.replace('\n', "\n\n"),
    ];
    for variant in variants {
        let (file, diagnostics) = parse(&variant);
        assert_eq!(diagnostics, [], "{variant:?}");
        assert!(same_meaning(&file, &expected), "{variant:?}");
    }
}

#[test]
fn spans_are_exact() {
    let source = "left: dense (3 + a) , b=[1]   # c\n  -> drop_connect 0.5 { relu }  \n";
    let (file, _) = parse(source);
    let text = |span: Span| &source[span.start..span.end];
    let [Stmt::Chain(chain)] = file.stmts.as_slice() else { panic!("{:?}", file.stmts) };
    assert_eq!(text(chain.span), source.trim_end());
    assert_eq!(text(chain.steps[0].span), "dense (3 + a) , b=[1]");
    assert_eq!(text(chain.steps[0].args[0].span), "(3 + a)");
    assert_eq!(text(chain.steps[0].args[1].span), "b=[1]");
    assert_eq!(text(chain.steps[1].span), "drop_connect 0.5 { relu }");
    assert_eq!(text(chain.steps[1].body.as_ref().expect("body").span), "{ relu }");
    assert_eq!(text(file.comments[0].span), "# c");
}

/// All that can be read of a broken file is in the tree, at its place in the text as written.
#[test]
fn recovery_keeps_sound_lines() {
    let source =
        "data {\n  batch 3\nnet {\n  dense 3 4\n  residual ) {\n    relu\n  }\n  output y: class[3]\n}\n";
    let (file, diagnostics) = parse(source);
    assert_eq!(diagnostics.iter().map(|d| d.code).collect::<Vec<_>>(), ["E0008", "E0002", "E0009"]);
    let names = ["batch", "dense", "residual", "relu", "output"];
    let mut spans = Vec::new();
    steps(&file.stmts, &mut |step| spans.push(step.name.clone()));
    for name in names {
        let found = spans.iter().find(|ident| ident.text == name).expect(name);
        assert_eq!(found.span.start, source.find(name).expect(name), "{name}");
    }
}

fn steps(stmts: &[Stmt], visit: &mut dyn FnMut(&ast::Step)) {
    for stmt in stmts {
        if let Stmt::Chain(chain) = stmt {
            for step in &chain.steps {
                visit(step);
                step.body.iter().for_each(|body| steps(&body.stmts, visit));
            }
        }
    }
}

/// Nesting, chains of operators and sheer size end in a diagnostic, not in a full stack or a long wait.
#[test]
fn extremes() {
    let many = |text: &str| text.repeat(10_000);
    let deep = [
        format!("f {}", many("(")),
        format!("f {}1{}", many("("), many(")")),
        format!("f {}", many("[")),
        format!("f {}", many("g(")),
        format!("f {}1{}", many("g["), many("]")),
        many("a {"),
        many("a {\n"),
        format!("{}{}", many("a {\n"), many("}\n")),
        many("}"),
        many("}\n"),
        many("if a { } else "),
        format!("{}{{}}", many("if a {} else ")),
        format!("f {}1", many("1 + ")),
        format!("f {}1", many("2^")),
        format!("f {}1", many("a and ")),
        format!("f {}1", many("-")),
        many("\""),
        many("-> "),
        many("a -> ("),
        many("a\n -> b {"),
        format!("f {}", many("a=")),
    ];
    for source in deep {
        let start = std::time::Instant::now();
        let (_, diagnostics) = parse(&source);
        assert!(!diagnostics.is_empty(), "{:?}", &source[..20]);
        assert!(start.elapsed().as_secs_f64() < 20.0, "{:?} took {:?}", &source[..20], start.elapsed());
    }
    let wide =
        [format!("f {}1", many("1, ")), format!("f [{}]", many("a,\n")), many("a -> ") + "b", many("a\n")];
    for source in wide {
        assert_eq!(parse(&source).1, [], "{:?}", &source[..20]);
    }
}

/// Applying the proposed edits of these files, one round after the other, leaves no error.
#[test]
fn fixes_fix() {
    let broken = [
        "net {\n  residual {\n    dense 8\n  relu\n}\n",
        "net {\n  dense 8",
        "net {\n  residual\n    dense 8\n  }\n}\n",
        "net { dense 3 }\n}\n",
        "param k = h -1\n",
        "dense h -1\n",
        "p = 0.5\nparam q == .5\nparam r 5.\n",
        "dense 50 bias=false\ndense 3 Stage -> a\n",
        "dense 3;\ndense 3 → relu\ndense 3 - > relu\ndense\u{A0}3\ncrop 50 %\nf a && b\nf 2 ** 3\nf +5\n",
        "source csv, \"a.csv\ndense (3\nf [1, 2)\ndense 3)\nf sqrt (2)\nf[3]\n",
        "dense 64,\ndropout 0.5\n",
        "block Foo { relu }\ndata { a } net { b }\n",
    ];
    for source in broken {
        let mut text = source.to_string();
        for _ in 0..4 {
            let (_, diagnostics) = parse(&text);
            let firsts = diagnostics.iter().filter_map(|d| d.fixes.first());
            let mut edits: Vec<_> = firsts.flat_map(|fix| fix.edits.clone()).collect();
            edits.sort_by_key(|edit| std::cmp::Reverse(edit.span));
            edits.iter().for_each(|edit| text.replace_range(edit.span.start..edit.span.end, &edit.text));
        }
        assert_eq!(parse(&text).1, [], "{source}\n---\n{text}");
    }
}
