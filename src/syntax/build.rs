//! Parse pairs to syntax tree. Statements here, expressions in `expr.rs`.
//!
//! Invariants: a node's span runs from its first to its last token (pest's own spans may carry trailing blanks);
//! every `rest` and `junk` becomes one `Stmt::Error` and at least one diagnostic.

use super::ast::{
    Arg, ArgKey, Binding, BlockDef, Body, Chain, Formal, Ident, If, Repeat, Step, Stmt, span_of,
};
use super::grammar::Rule;
use super::{messages, recover};
use crate::diag::{Diagnostic, Span};
use pest::iterators::Pair;

/// `else if` arms beyond this are refused, so the tree stays shallow.
const MAX_ARMS: usize = 64;

pub(crate) struct Builder<'i> {
    pub text: &'i str,
    pub is_word: &'i dyn Fn(&str) -> bool,
    /// Brackets that close on a later line; an error before such a bracket swallows what stands inside it.
    pub long_brackets: &'i [Span],
    pub diagnostics: Vec<Diagnostic>,
    /// Operators of the outermost expression being built, and how deep in it we are.
    pub operators: usize,
    pub nesting: usize,
}

impl<'i> Builder<'i> {
    /// The statements of a file or body.
    pub fn stmts(&mut self, pair: Pair<'i, Rule>) -> Vec<Stmt> {
        let mut stmts: Vec<Stmt> = Vec::new();
        let mut swallow_to = 0;
        for line in pair.into_inner().filter(|p| p.as_rule() != Rule::EOI) {
            if line.as_span().start() < swallow_to {
                continue;
            }
            match line.as_rule() {
                Rule::rest => {
                    let wrong = self.trimmed(&line);
                    let start = stmts.last().map_or(wrong.start, |stmt| span_of(stmt).start);
                    self.explain(start, wrong);
                    swallow_to = self.swallowed(start, wrong);
                    self.adopt(line, stmts.last_mut());
                    stmts.push(Stmt::Error(wrong));
                }
                Rule::junk => {
                    let wrong = self.trimmed(&line);
                    let goes_on = matches!(stmts.last(), Some(Stmt::Error(_)));
                    if !(goes_on && self.text[wrong.start..].starts_with("->")) {
                        self.explain(wrong.start, wrong);
                    }
                    swallow_to = self.swallowed(wrong.start, wrong);
                    self.adopt(line, None);
                    stmts.push(Stmt::Error(wrong));
                }
                _ => {
                    let stmt = self.stmt(line);
                    stmts.push(stmt);
                }
            }
        }
        stmts
    }

    /// Reports what is wrong with the statement at `start`, whose part `wrong` fits nothing.
    fn explain(&mut self, start: usize, wrong: Span) {
        let end = self.swallowed(start, wrong).max(wrong.end);
        self.diagnostics.extend(recover::diagnose(self.text, start, wrong, end, self.is_word));
    }

    /// The span of an error node without the blanks at its end.
    fn trimmed(&self, pair: &Pair<'i, Rule>) -> Span {
        let start = pair.as_span().start();
        Span::new(start, start + pair.as_str().trim_end().len())
    }

    /// The end of a bracket that opens in the broken lines and closes on a later one.
    fn swallowed(&self, start: usize, wrong: Span) -> usize {
        let holds = |bracket: &&Span| (start..wrong.end).contains(&bracket.start) && bracket.end > wrong.end;
        self.long_brackets.iter().filter(holds).map(|bracket| bracket.end).max().unwrap_or(0)
    }

    /// Reads the bodies and strings inside skipped text; the first body goes to a statement that lacks one, so the
    /// block under a broken header is still checked.
    fn adopt(&mut self, wrong: Pair<'i, Rule>, owner: Option<&mut Stmt>) {
        let mut orphan = None;
        for inner in wrong.into_inner() {
            match inner.as_rule() {
                Rule::body => {
                    let body = self.body(inner);
                    orphan = orphan.or(Some(body));
                }
                Rule::open_string => self.diagnostics.push(messages::open_string(self.text, span(&inner))),
                _ => {}
            }
        }
        if let (Some(Stmt::Chain(chain)), Some(body)) = (owner, orphan)
            && let Some(step) = chain.steps.last_mut()
            && step.body.is_none()
        {
            step.body = Some(body);
        }
    }

    fn stmt(&mut self, pair: Pair<'i, Rule>) -> Stmt {
        match pair.as_rule() {
            Rule::param => Stmt::Param(self.binding(pair)),
            Rule::constant => Stmt::Let(self.binding(pair)),
            Rule::define => self.define(pair),
            Rule::choice => self.choice(pair),
            Rule::loop_ => self.repeat(pair),
            Rule::chain => Stmt::Chain(self.chain(pair)),
            _ => Stmt::Error(span(&pair)),
        }
    }

    fn binding(&mut self, pair: Pair<'i, Rule>) -> Binding {
        let start = pair.as_span().start();
        let mut name = Ident { text: String::new(), span: span(&pair) };
        let mut value = None;
        for inner in pair.into_inner() {
            match inner.as_rule() {
                Rule::name => name = ident(&inner),
                Rule::expr => value = Some(self.expr(inner)),
                _ => {}
            }
        }
        let value = value.unwrap_or_else(|| missing(name.span));
        Binding { span: Span::new(start, value.span.end), name, value }
    }

    fn define(&mut self, pair: Pair<'i, Rule>) -> Stmt {
        let start = pair.as_span().start();
        let mut name = Ident { text: String::new(), span: span(&pair) };
        let mut formals = Vec::new();
        let mut body = Body { stmts: Vec::new(), span: span(&pair) };
        for inner in pair.into_inner() {
            match inner.as_rule() {
                Rule::name => name = ident(&inner),
                Rule::formal => formals.push(self.formal(inner)),
                Rule::body => body = self.body(inner),
                _ => {}
            }
        }
        Stmt::Block(BlockDef { span: Span::new(start, body.span.end), name, formals, body })
    }

    fn formal(&mut self, pair: Pair<'i, Rule>) -> Formal {
        let mut name = Ident { text: String::new(), span: span(&pair) };
        let mut default = None;
        for inner in pair.into_inner() {
            match inner.as_rule() {
                Rule::name => name = ident(&inner),
                Rule::expr => default = Some(self.expr(inner)),
                _ => {}
            }
        }
        Formal { name, default }
    }

    /// Arms arrive flat: condition, body, condition, body, ..., perhaps a last body.
    fn choice(&mut self, pair: Pair<'i, Rule>) -> Stmt {
        let whole = span(&pair);
        let mut arms = Vec::new();
        let mut condition = None;
        let mut start = whole.start;
        let mut otherwise = None;
        for inner in pair.into_inner() {
            match inner.as_rule() {
                Rule::kw_if => start = inner.as_span().start(),
                Rule::expr => condition = Some(self.expr(inner)),
                Rule::body => match condition.take() {
                    Some(condition) => arms.push((start, condition, self.body(inner))),
                    None => otherwise = Some(self.body(inner)),
                },
                _ => {}
            }
        }
        if arms.len() > MAX_ARMS {
            self.diagnostics.push(messages::too_many("arms of `if`", whole, MAX_ARMS));
            return Stmt::Error(whole);
        }
        let end =
            otherwise.as_ref().or(arms.last().map(|arm| &arm.2)).map_or(whole.end, |body| body.span.end);
        let mut tail = otherwise;
        let mut built = None;
        while let Some((start, condition, then)) = arms.pop() {
            let span = Span::new(start, end);
            built = Some(Stmt::If(If { condition, then, otherwise: tail.take(), span }));
            if !arms.is_empty() {
                tail = built.take().map(|inner| Body { stmts: vec![inner], span });
            }
        }
        built.unwrap_or(Stmt::Error(whole))
    }

    fn repeat(&mut self, pair: Pair<'i, Rule>) -> Stmt {
        let whole = span(&pair);
        let (mut count, mut index) = (None, None);
        let mut body = Body { stmts: Vec::new(), span: whole };
        for inner in pair.into_inner() {
            match inner.as_rule() {
                Rule::expr => count = Some(self.expr(inner)),
                Rule::name => index = Some(ident(&inner)),
                Rule::body => body = self.body(inner),
                _ => {}
            }
        }
        let count = count.unwrap_or_else(|| missing(whole));
        Stmt::Repeat(Repeat { span: Span::new(whole.start, body.span.end), count, index, body })
    }

    fn body(&mut self, pair: Pair<'i, Rule>) -> Body {
        let span = span(&pair);
        Body { stmts: self.stmts(pair), span }
    }

    fn chain(&mut self, pair: Pair<'i, Rule>) -> Chain {
        let start = pair.as_span().start();
        let mut label = None;
        let mut steps: Vec<Step> = Vec::new();
        for inner in pair.into_inner() {
            match inner.as_rule() {
                Rule::label => label = inner.into_inner().next().map(|name| ident(&name)),
                _ => steps.push(self.step(inner)),
            }
        }
        let end = steps.last().map_or(start, |step| step.span.end);
        Chain { label, steps, span: Span::new(start, end) }
    }

    fn step(&mut self, pair: Pair<'i, Rule>) -> Step {
        let start = pair.as_span().start();
        let mut step = Step {
            name: Ident { text: String::new(), span: Span::new(start, start) },
            args: Vec::new(),
            body: None,
            span: Span::new(start, start),
        };
        for inner in pair.into_inner() {
            match inner.as_rule() {
                Rule::bare => step.name = ident(&inner),
                Rule::called => {
                    step.span.end = inner.as_span().end();
                    for part in inner.into_inner() {
                        match part.as_rule() {
                            Rule::name => step.name = ident(&part),
                            _ => step.args = self.args(part),
                        }
                    }
                }
                Rule::body => step.body = Some(self.body(inner)),
                _ => step.args.push(self.arg(inner)),
            }
        }
        let ends = [step.name.span.end, step.args.last().map_or(0, |a| a.span.end)];
        let body_end = step.body.as_ref().map_or(0, |body| body.span.end);
        step.span.end = ends.into_iter().fold(step.span.end.max(body_end), usize::max);
        step
    }

    pub fn args(&mut self, pair: Pair<'i, Rule>) -> Vec<Arg> {
        pair.into_inner().map(|inner| self.arg(inner)).collect()
    }

    fn arg(&mut self, pair: Pair<'i, Rule>) -> Arg {
        let rule = pair.as_rule();
        if !matches!(rule, Rule::named | Rule::typed) {
            let value = self.expr(pair);
            return Arg { key: ArgKey::Positional, span: value.span, value };
        }
        let mut name = Ident { text: String::new(), span: span(&pair) };
        let mut value = None;
        for inner in pair.into_inner() {
            match inner.as_rule() {
                Rule::name => name = ident(&inner),
                _ => value = Some(self.expr(inner)),
            }
        }
        let value = value.unwrap_or_else(|| missing(name.span));
        let span = name.span.to(value.span);
        let key = if rule == Rule::named { ArgKey::Named(name) } else { ArgKey::Typed(name) };
        Arg { key, value, span }
    }
}

pub(crate) fn span(pair: &Pair<'_, Rule>) -> Span {
    Span::new(pair.as_span().start(), pair.as_span().end())
}

pub(crate) fn ident(pair: &Pair<'_, Rule>) -> Ident {
    Ident { text: pair.as_str().to_string(), span: span(pair) }
}

/// The grammar guarantees a value; this keeps the builder total without a panic.
fn missing(span: Span) -> super::ast::Expr {
    super::ast::Expr { kind: super::ast::ExprKind::Path(String::new()), span }
}
