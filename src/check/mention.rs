//! The names that a part of the file mentions, where the part itself is not elaborated: the branch of an `if` that is not
//! taken, a block that nobody calls. What stands there counts as used.

use crate::syntax::ast::{Arg, Body, Expr, ExprKind, Stmt};

/// Every word of `body` that may be a name: of a value, a label or a block.
pub fn names(body: &Body) -> Vec<&str> {
    let mut found = Vec::new();
    in_body(body, &mut found);
    found
}

fn in_body<'f>(body: &'f Body, found: &mut Vec<&'f str>) {
    for stmt in &body.stmts {
        match stmt {
            Stmt::Param(binding) | Stmt::Let(binding) => in_expr(&binding.value, found),
            Stmt::Block(block) => in_body(&block.body, found),
            Stmt::If(choice) => {
                in_expr(&choice.condition, found);
                in_body(&choice.then, found);
                choice.otherwise.iter().for_each(|body| in_body(body, found));
            }
            Stmt::Repeat(repeat) => {
                in_expr(&repeat.count, found);
                in_body(&repeat.body, found);
            }
            Stmt::Chain(chain) => {
                for step in &chain.steps {
                    found.push(&step.name.text);
                    in_args(&step.args, found);
                    step.body.iter().for_each(|body| in_body(body, found));
                }
            }
            Stmt::Error(_) => {}
        }
    }
}

fn in_args<'f>(args: &'f [Arg], found: &mut Vec<&'f str>) {
    args.iter().for_each(|arg| in_expr(&arg.value, found));
}

fn in_expr<'f>(expr: &'f Expr, found: &mut Vec<&'f str>) {
    match &expr.kind {
        ExprKind::Path(name) => found.push(name),
        ExprKind::List(items) => items.iter().for_each(|item| in_expr(item, found)),
        ExprKind::Call { args, .. } | ExprKind::Index { args, .. } => in_args(args, found),
        ExprKind::Neg(inner) | ExprKind::Tail(inner) => in_expr(inner, found),
        ExprKind::Binary { left: a, right: b, .. } | ExprKind::Range { low: a, high: b } => {
            in_expr(a, found);
            in_expr(b, found);
        }
        ExprKind::Number { .. } | ExprKind::Dims(_) | ExprKind::Str(_) => {}
    }
}
