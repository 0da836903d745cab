//! The samples of the language page parse without a complaint.

use dropnet::syntax::ast::{Body, Stmt};
use dropnet::syntax::{ast, parse};

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
