//! What the tree knows about tokens: which minus is a sign, which parentheses can go, where statements begin.
//!
//! Everything is keyed by byte offset in the source.

use crate::diag::Span;
use crate::syntax::ast::span_of;
use crate::syntax::ast::{Arg, ArgKey, BinaryOp, Binding, Body, Chain, Expr, ExprKind, File, Step, Stmt};
use crate::syntax::lex::{Token, TokenKind};
use std::collections::{BTreeMap, BTreeSet};

#[derive(Default)]
pub(super) struct Facts {
    /// Binary operators and whether they have blanks around them. A `-` that is not here is a sign.
    pub operators: BTreeMap<usize, bool>,
    /// The `=` of `param` and `let`.
    pub bindings: BTreeSet<usize>,
    /// Brackets that touch the word before them.
    pub glued: BTreeSet<usize>,
    /// Parentheses of `layer(args)` that are not printed.
    pub dropped: BTreeSet<usize>,
    pub stmt_starts: BTreeSet<usize>,
    /// Statements of the file, not of its bodies.
    pub top_level: Vec<Span>,
    /// The `{` of each body that is not empty.
    pub bodies: BTreeSet<usize>,
    /// The `{` of each such body by its `}`.
    pub openings: BTreeMap<usize, usize>,
    /// The `{` of bodies printed over several lines.
    pub open_bodies: BTreeSet<usize>,
}

impl Facts {
    pub fn gather(file: &File, source: &str, tokens: &[Token]) -> Facts {
        let mut walk = Walk { facts: Facts::default(), source, tokens };
        walk.facts.top_level = file.stmts.iter().map(span_of).collect();
        walk.stmts(&file.stmts);
        walk.facts
    }
}

struct Walk<'s> {
    facts: Facts,
    source: &'s str,
    tokens: &'s [Token],
}

/// What surrounds an expression: in a range all operators are tight, in `key=value` products are.
#[derive(Clone, Copy, PartialEq)]
enum Place {
    Open,
    Named,
    Range,
}

impl Walk<'_> {
    fn stmts(&mut self, stmts: &[Stmt]) {
        for stmt in stmts {
            self.facts.stmt_starts.insert(span_of(stmt).start);
            match stmt {
                Stmt::Param(binding) | Stmt::Let(binding) => self.binding(binding),
                Stmt::Block(block) => {
                    self.facts.glued.extend(self.next_token(block.name.span.end));
                    let defaults = block.formals.iter().filter_map(|formal| formal.default.as_ref());
                    defaults.for_each(|default| self.expr(default, Place::Named));
                    self.body(&block.body);
                }
                Stmt::If(choice) => {
                    self.expr(&choice.condition, Place::Open);
                    self.body(&choice.then);
                    if let Some(otherwise) = &choice.otherwise {
                        self.otherwise(otherwise);
                    }
                }
                Stmt::Repeat(repeat) => {
                    self.expr(&repeat.count, Place::Open);
                    self.body(&repeat.body);
                }
                Stmt::Chain(chain) => self.chain(chain),
                Stmt::Error(_) => {}
            }
        }
    }

    /// `else if` is a body without braces; its `if` goes on on the line of the `}`.
    fn otherwise(&mut self, body: &Body) {
        if self.source.as_bytes().get(body.span.start) == Some(&b'{') {
            return self.body(body);
        }
        self.stmts(&body.stmts);
        for stmt in &body.stmts {
            self.facts.stmt_starts.remove(&span_of(stmt).start);
        }
    }

    fn binding(&mut self, binding: &Binding) {
        self.facts.bindings.extend(self.next_token(binding.name.span.end));
        self.expr(&binding.value, Place::Open);
    }

    fn chain(&mut self, chain: &Chain) {
        for step in &chain.steps {
            self.called(step);
            self.args(&step.args);
            if let Some(body) = &step.body {
                self.body(body);
            }
        }
    }

    /// Drops the parentheses of `layer(args)`, unless a comment stands right inside them.
    fn called(&mut self, step: &Step) {
        let open = step.name.span.end;
        if self.source.as_bytes().get(open) != Some(&b'(') {
            return;
        }
        let limit = step.body.as_ref().map_or(step.span.end, |body| body.span.start);
        let before_limit = self.tokens.partition_point(|token| token.span.start < limit);
        let close = self.tokens.get(..before_limit).unwrap_or(&[]).iter().rev();
        let Some(close) =
            close.map(|t| t.span.start).find(|at| self.source.as_bytes().get(*at) == Some(&b')'))
        else {
            return;
        };
        let first = step.args.first().map_or(close, |arg| arg.span.start);
        let last = step.args.last().map_or(open, |arg| arg.span.end);
        if self.has_comment(open, first) || self.has_comment(last, close) {
            self.facts.glued.insert(open);
        } else {
            self.facts.dropped.extend([open, close]);
        }
    }

    fn body(&mut self, body: &Body) {
        let (open, close) = (body.span.start, body.span.end.saturating_sub(1));
        let inside = self.tokens_between(open + 1, close);
        let is_empty = inside.iter().all(|token| token.kind == TokenKind::Newline);
        let is_long = inside.iter().any(|t| matches!(t.kind, TokenKind::Newline | TokenKind::Comment));
        if !is_empty {
            self.facts.bodies.insert(open);
            self.facts.openings.insert(close, open);
            if is_long {
                self.facts.open_bodies.insert(open);
            }
        }
        self.stmts(&body.stmts);
    }

    fn args(&mut self, args: &[Arg]) {
        for arg in args {
            let place = if matches!(arg.key, ArgKey::Named(_)) { Place::Named } else { Place::Open };
            self.expr(&arg.value, place);
        }
    }

    fn expr(&mut self, expr: &Expr, place: Place) {
        match &expr.kind {
            ExprKind::Number { .. } | ExprKind::Dims(_) | ExprKind::Str(_) | ExprKind::Path(_) => {}
            ExprKind::List(items) => items.iter().for_each(|item| self.expr(item, Place::Open)),
            ExprKind::Call { name, args } | ExprKind::Index { name, args } => {
                self.facts.glued.insert(name.span.end);
                self.args(args);
            }
            ExprKind::Neg(inner) | ExprKind::Tail(inner) => self.expr(inner, place),
            ExprKind::Range { low, high } => {
                if let Some(at) = self.next_token(low.span.end) {
                    self.facts.operators.insert(at, false);
                }
                self.expr(low, Place::Range);
                self.expr(high, Place::Range);
            }
            ExprKind::Binary { op, left, right } => {
                if let Some(at) = self.next_token(left.span.end) {
                    let spaced = is_spaced(*op, left, right, place);
                    self.facts.operators.insert(at, spaced);
                }
                self.expr(left, place);
                self.expr(right, place);
            }
        }
    }

    /// The first token at or after `from`.
    fn next_token(&self, from: usize) -> Option<usize> {
        let index = self.tokens.partition_point(|token| token.span.start < from);
        self.tokens.get(index).map(|token| token.span.start)
    }

    fn tokens_between(&self, from: usize, to: usize) -> &[Token] {
        let index = |at| self.tokens.partition_point(|token| token.span.start < at);
        self.tokens.get(index(from)..index(to)).unwrap_or(&[])
    }

    fn has_comment(&self, from: usize, to: usize) -> bool {
        self.tokens_between(from, to).iter().any(|token| token.kind == TokenKind::Comment)
    }
}

/// `1/255`, `ff=4*d` and `1..n-1` are tight, `width * 2^i` is not.
fn is_spaced(op: BinaryOp, left: &Expr, right: &Expr, place: Place) -> bool {
    let is_number = |expr: &Expr| matches!(expr.kind, ExprKind::Number { .. });
    match op {
        BinaryOp::Pow => false,
        BinaryOp::Mul | BinaryOp::Div => place == Place::Open && !(is_number(left) && is_number(right)),
        // A number with a unit would take `e-3` for its exponent.
        BinaryOp::Add | BinaryOp::Sub => place != Place::Range || is_number(left) || is_number(right),
        _ => true,
    }
}
