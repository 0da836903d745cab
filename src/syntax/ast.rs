//! The syntax tree: closed forms, open vocabulary. Sections, layers and statements of sections are all [`Step`]s.
//!
//! Invariant: every node carries the byte span it came from; `Stmt::Error` stands where recovery skipped text.

use crate::diag::Span;

#[derive(Clone, Debug, PartialEq)]
pub struct File {
    pub stmts: Vec<Stmt>,
    /// All comments in source order, for the formatter and for `# allow(...)`.
    pub comments: Vec<Comment>,
}

#[derive(Clone, Debug, PartialEq)]
pub struct Comment {
    /// With its `#`.
    pub text: String,
    pub span: Span,
}

#[derive(Clone, Debug, PartialEq)]
pub struct Ident {
    pub text: String,
    pub span: Span,
}

#[derive(Clone, Debug, PartialEq)]
pub enum Stmt {
    Param(Binding),
    Let(Binding),
    Block(BlockDef),
    If(If),
    Repeat(Repeat),
    Chain(Chain),
    Error(Span),
}

/// `param name = value` or `let name = value`.
#[derive(Clone, Debug, PartialEq)]
pub struct Binding {
    pub name: Ident,
    pub value: Expr,
    pub span: Span,
}

/// `block Name(a, b=1) { ... }`.
#[derive(Clone, Debug, PartialEq)]
pub struct BlockDef {
    pub name: Ident,
    pub formals: Vec<Formal>,
    pub body: Body,
    pub span: Span,
}

#[derive(Clone, Debug, PartialEq)]
pub struct Formal {
    pub name: Ident,
    pub default: Option<Expr>,
}

#[derive(Clone, Debug, PartialEq)]
pub struct If {
    pub condition: Expr,
    pub then: Body,
    /// `else if` is a body that holds one `Stmt::If`.
    pub otherwise: Option<Body>,
    pub span: Span,
}

#[derive(Clone, Debug, PartialEq)]
pub struct Repeat {
    pub count: Expr,
    pub index: Option<Ident>,
    pub body: Body,
    pub span: Span,
}

#[derive(Clone, Debug, PartialEq)]
pub struct Body {
    pub stmts: Vec<Stmt>,
    /// With both braces.
    pub span: Span,
}

/// `label: step -> step -> step`.
#[derive(Clone, Debug, PartialEq)]
pub struct Chain {
    pub label: Option<Ident>,
    pub steps: Vec<Step>,
    pub span: Span,
}

/// `name arg, key=arg { body }`.
#[derive(Clone, Debug, PartialEq)]
pub struct Step {
    pub name: Ident,
    pub args: Vec<Arg>,
    pub body: Option<Body>,
    pub span: Span,
}

#[derive(Clone, Debug, PartialEq)]
pub struct Arg {
    pub key: ArgKey,
    pub value: Expr,
    pub span: Span,
}

#[derive(Clone, Debug, PartialEq)]
pub enum ArgKey {
    Positional,
    /// `key=value`
    Named(Ident),
    /// `name: type`, as in `input x: real[4]`
    Typed(Ident),
}

#[derive(Clone, Debug, PartialEq)]
pub struct Expr {
    pub kind: ExprKind,
    pub span: Span,
}

#[derive(Clone, Debug, PartialEq)]
pub enum ExprKind {
    /// The value is in the unit as written: `25ms` is 25 with unit `ms`, `50%` is 50 with unit `%`.
    Number {
        value: f64,
        unit: Option<String>,
    },
    /// `28x28x1`
    Dims(Vec<u64>),
    Str(String),
    List(Vec<Expr>),
    /// `valid.loss`, `same`, `true`: which of name, word or attribute is the checker's to say.
    Path(String),
    /// `sqrt(2)`, no space before the parenthesis
    Call {
        name: Ident,
        args: Vec<Arg>,
    },
    /// `real[28, 28]`, no space before the bracket
    Index {
        name: Ident,
        args: Vec<Arg>,
    },
    Neg(Box<Expr>),
    /// `tail 20%`: a share of the last rows
    Tail(Box<Expr>),
    Binary {
        op: BinaryOp,
        left: Box<Expr>,
        right: Box<Expr>,
    },
    Range {
        low: Box<Expr>,
        high: Box<Expr>,
    },
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum BinaryOp {
    Add,
    Sub,
    Mul,
    Div,
    Pow,
    Eq,
    Ne,
    Le,
    Ge,
    Lt,
    Gt,
    And,
    Or,
}

#[must_use]
pub fn span_of(stmt: &Stmt) -> Span {
    match stmt {
        Stmt::Param(b) | Stmt::Let(b) => b.span,
        Stmt::Block(b) => b.span,
        Stmt::If(s) => s.span,
        Stmt::Repeat(s) => s.span,
        Stmt::Chain(s) => s.span,
        Stmt::Error(span) => *span,
    }
}
