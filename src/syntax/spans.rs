//! A walk over every span of a tree: to map spans after brace repair, and to compare trees without them.

use super::ast::{Arg, ArgKey, Binding, Body, Chain, Expr, ExprKind, File, Ident, Stmt};
use crate::diag::{Diagnostic, Span};

type Map<'f> = &'f dyn Fn(Span) -> Span;

/// Replaces each span in `stmts` by its image.
pub fn map_stmts(stmts: &mut [Stmt], map: Map<'_>) {
    for stmt in stmts {
        map_stmt(stmt, map);
    }
}

pub(crate) fn map_diagnostic(diagnostic: &mut Diagnostic, map: Map<'_>) {
    diagnostic.span = map(diagnostic.span);
    diagnostic.secondary.iter_mut().for_each(|(span, _)| *span = map(*span));
    let edits = diagnostic.fixes.iter_mut().flat_map(|fix| fix.edits.iter_mut());
    edits.for_each(|edit| edit.span = map(edit.span));
}

/// Equality of trees, spans and comments aside.
pub fn same_meaning(left: &File, right: &File) -> bool {
    let bare = |file: &File| {
        let mut stmts = file.stmts.clone();
        map_stmts(&mut stmts, &|_| Span::default());
        stmts
    };
    bare(left) == bare(right)
}

fn map_stmt(stmt: &mut Stmt, map: Map<'_>) {
    match stmt {
        Stmt::Param(binding) | Stmt::Let(binding) => map_binding(binding, map),
        Stmt::Block(block) => {
            map_ident(&mut block.name, map);
            for formal in &mut block.formals {
                map_ident(&mut formal.name, map);
                formal.default.iter_mut().for_each(|default| map_expr(default, map));
            }
            map_body(&mut block.body, map);
            block.span = map(block.span);
        }
        Stmt::If(choice) => {
            map_expr(&mut choice.condition, map);
            map_body(&mut choice.then, map);
            choice.otherwise.iter_mut().for_each(|body| map_body(body, map));
            choice.span = map(choice.span);
        }
        Stmt::Repeat(repeat) => {
            map_expr(&mut repeat.count, map);
            repeat.index.iter_mut().for_each(|index| map_ident(index, map));
            map_body(&mut repeat.body, map);
            repeat.span = map(repeat.span);
        }
        Stmt::Chain(chain) => map_chain(chain, map),
        Stmt::Error(span) => *span = map(*span),
    }
}

fn map_chain(chain: &mut Chain, map: Map<'_>) {
    chain.label.iter_mut().for_each(|label| map_ident(label, map));
    for step in &mut chain.steps {
        map_ident(&mut step.name, map);
        map_args(&mut step.args, map);
        step.body.iter_mut().for_each(|body| map_body(body, map));
        step.span = map(step.span);
    }
    chain.span = map(chain.span);
}

fn map_binding(binding: &mut Binding, map: Map<'_>) {
    map_ident(&mut binding.name, map);
    map_expr(&mut binding.value, map);
    binding.span = map(binding.span);
}

fn map_body(body: &mut Body, map: Map<'_>) {
    map_stmts(&mut body.stmts, map);
    body.span = map(body.span);
}

fn map_ident(ident: &mut Ident, map: Map<'_>) {
    ident.span = map(ident.span);
}

fn map_args(args: &mut [Arg], map: Map<'_>) {
    for arg in args {
        match &mut arg.key {
            ArgKey::Positional => {}
            ArgKey::Named(name) | ArgKey::Typed(name) => map_ident(name, map),
        }
        map_expr(&mut arg.value, map);
        arg.span = map(arg.span);
    }
}

fn map_expr(expr: &mut Expr, map: Map<'_>) {
    expr.span = map(expr.span);
    match &mut expr.kind {
        ExprKind::Number { .. } | ExprKind::Dims(_) | ExprKind::Str(_) | ExprKind::Path(_) => {}
        ExprKind::List(items) => items.iter_mut().for_each(|item| map_expr(item, map)),
        ExprKind::Call { name, args } | ExprKind::Index { name, args } => {
            map_ident(name, map);
            map_args(args, map);
        }
        ExprKind::Neg(inner) | ExprKind::Tail(inner) => map_expr(inner, map),
        ExprKind::Binary { left, right, .. } | ExprKind::Range { low: left, high: right } => {
            map_expr(left, map);
            map_expr(right, map);
        }
    }
}
