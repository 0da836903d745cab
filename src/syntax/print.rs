//! The syntax tree as text: `dropnet emit --stage ast`.
//!
//! One line a node, children indented by two, then the byte span. Expressions are in prefix form with every parenthesis, so that
//! precedence can be read off. Invariant: a function of the tree alone.

use std::fmt::{self, Write};

use super::ast::{Arg, ArgKey, BinaryOp, Binding, Body, Chain, Expr, ExprKind, File, If, Step, Stmt};
use crate::diag::Span;

/// The whole file; comments last, in order.
pub fn print(file: &File) -> String {
    let mut tree = Tree { out: String::from("file\n"), depth: 1 };
    tree.stmts(&file.stmts);
    for comment in &file.comments {
        tree.line(&format!("comment {:?}", comment.text), comment.span);
    }
    tree.out
}

struct Tree {
    out: String,
    depth: usize,
}

impl Tree {
    fn line(&mut self, text: &str, span: Span) {
        let indent = 2 * self.depth;
        let _ = writeln!(self.out, "{:indent$}{text}  @{}..{}", "", span.start, span.end);
    }

    fn nested(&mut self, inner: impl FnOnce(&mut Self)) {
        self.depth += 1;
        inner(self);
        self.depth -= 1;
    }

    fn stmts(&mut self, stmts: &[Stmt]) {
        for stmt in stmts {
            self.stmt(stmt);
        }
    }

    fn body(&mut self, body: &Body) {
        self.nested(|tree| tree.stmts(&body.stmts));
    }

    fn stmt(&mut self, stmt: &Stmt) {
        match stmt {
            Stmt::Param(binding) => self.binding("param", binding),
            Stmt::Let(binding) => self.binding("let", binding),
            Stmt::Block(block) => {
                let formals: Vec<String> =
                    block.formals.iter().map(|f| formal(&f.name.text, &f.default)).collect();
                self.line(&format!("block {}({})", block.name.text, formals.join(", ")), block.span);
                self.body(&block.body);
            }
            Stmt::If(choice) => self.choice(choice),
            Stmt::Repeat(repeat) => {
                let index = repeat.index.as_ref().map_or(String::new(), |i| format!(" as {}", i.text));
                self.line(&format!("repeat {}{index}", repeat.count), repeat.span);
                self.body(&repeat.body);
            }
            Stmt::Chain(chain) => self.chain(chain),
            Stmt::Error(span) => self.line("error", *span),
        }
    }

    fn binding(&mut self, word: &str, binding: &Binding) {
        self.line(&format!("{word} {} = {}", binding.name.text, binding.value), binding.span);
    }

    fn choice(&mut self, choice: &If) {
        self.line(&format!("if {}", choice.condition), choice.span);
        self.body(&choice.then);
        if let Some(otherwise) = &choice.otherwise {
            self.line("else", otherwise.span);
            self.body(otherwise);
        }
    }

    fn chain(&mut self, chain: &Chain) {
        let label = chain.label.as_ref().map_or(String::new(), |l| format!(" {}:", l.text));
        self.line(&format!("chain{label}"), chain.span);
        self.nested(|tree| chain.steps.iter().for_each(|step| tree.step(step)));
    }

    fn step(&mut self, step: &Step) {
        let args = if step.args.is_empty() { String::new() } else { format!(" {}", listed(&step.args)) };
        let block = if step.body.is_some() { " {}" } else { "" };
        self.line(&format!("step {}{args}{block}", step.name.text), step.span);
        if let Some(body) = &step.body {
            self.body(body);
        }
    }
}

fn formal(name: &str, default: &Option<Expr>) -> String {
    default.as_ref().map_or(name.to_string(), |value| format!("{name}={value}"))
}

fn listed<T: fmt::Display>(items: &[T]) -> String {
    let items: Vec<String> = items.iter().map(T::to_string).collect();
    items.join(", ")
}

impl fmt::Display for Arg {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.key {
            ArgKey::Positional => write!(f, "{}", self.value),
            ArgKey::Named(name) => write!(f, "{}={}", name.text, self.value),
            ArgKey::Typed(name) => write!(f, "{}: {}", name.text, self.value),
        }
    }
}

/// Prefix form: `(+ 1 (* 2 x))`.
impl fmt::Display for Expr {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.kind {
            ExprKind::Number { value, unit } => write!(f, "{value}{}", unit.as_deref().unwrap_or_default()),
            ExprKind::Dims(sizes) => {
                let sizes: Vec<String> = sizes.iter().map(u64::to_string).collect();
                f.write_str(&sizes.join("x"))
            }
            ExprKind::Str(text) => write!(f, "{text:?}"),
            ExprKind::List(items) => write!(f, "[{}]", listed(items)),
            ExprKind::Path(path) => f.write_str(path),
            ExprKind::Call { name, args } => write!(f, "{}({})", name.text, listed(args)),
            ExprKind::Index { name, args } => write!(f, "{}[{}]", name.text, listed(args)),
            ExprKind::Neg(inner) => write!(f, "(- {inner})"),
            ExprKind::Tail(inner) => write!(f, "(tail {inner})"),
            ExprKind::Binary { op, left, right } => write!(f, "({} {left} {right})", symbol(*op)),
            ExprKind::Range { low, high } => write!(f, "(.. {low} {high})"),
        }
    }
}

fn symbol(op: BinaryOp) -> &'static str {
    match op {
        BinaryOp::Add => "+",
        BinaryOp::Sub => "-",
        BinaryOp::Mul => "*",
        BinaryOp::Div => "/",
        BinaryOp::Pow => "^",
        BinaryOp::Eq => "==",
        BinaryOp::Ne => "!=",
        BinaryOp::Le => "<=",
        BinaryOp::Ge => ">=",
        BinaryOp::Lt => "<",
        BinaryOp::Gt => ">",
        BinaryOp::And => "and",
        BinaryOp::Or => "or",
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::syntax::parse;

    #[test]
    fn every_form_prints() {
        let source = "\
param p = 1 - 2 * 3 ^ 2   # knob
let deep = p > 0 and true
block Part(width, rate=50%) {
  dense width -> dropout(rate)
}
net {
  input x: real[2, 3], y: real[4]
  left: from x -> flatten
    -> dense -p
  repeat 2 as i {
    Part 8 * i, rate=0.1
  }
  if deep { identity } else { crop 3x3, at=[1, 2], gain=-6dB..6dB }
}
";
        let (file, errors) = parse(source);
        assert_eq!(errors, []);
        insta::assert_snapshot!(print(&file));
    }

    #[test]
    fn what_recovery_skipped_is_shown() {
        let (file, errors) = parse("param p == 3\n");
        assert!(!errors.is_empty());
        assert!(print(&file).contains("error  @"), "{}", print(&file));
    }
}
