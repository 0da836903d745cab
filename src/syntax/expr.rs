//! Parse pairs of expressions to tree.
//!
//! Invariants: an expression in parentheses has the span of the parentheses; no tree is deeper than
//! the bracket limit plus `MAX_OPERATORS`.

use super::ast::{BinaryOp, Expr, ExprKind, Ident};
use super::build::{Builder, ident, span};
use super::grammar::Rule;
use super::messages;
use crate::diag::Span;
use pest::iterators::{Pair, Pairs};

/// Operators beyond this in one expression are refused: every later stage walks the tree recursively.
const MAX_OPERATORS: usize = 256;

impl<'i> Builder<'i> {
    /// An expression; operators of those inside it count together with its own.
    pub fn expr(&mut self, pair: Pair<'i, Rule>) -> Expr {
        if self.nesting == 0 {
            self.operators = 0;
        }
        self.nesting += 1;
        let expr = self.bounded(pair);
        self.nesting -= 1;
        expr
    }

    fn bounded(&mut self, pair: Pair<'i, Rule>) -> Expr {
        let whole = span(&pair);
        let mut parts = pair.into_inner();
        let before = self.operators;
        self.operators += parts.len() / 2;
        if self.operators <= MAX_OPERATORS {
            return self.climb(&mut parts, 0, whole);
        }
        if before <= MAX_OPERATORS {
            self.diagnostics.push(messages::too_many("operators in one expression", whole, MAX_OPERATORS));
        }
        Expr { kind: ExprKind::Path(String::new()), span: whole }
    }

    /// Reads operands as long as the operators between them bind at least as strongly as `least`.
    fn climb(&mut self, parts: &mut Pairs<'i, Rule>, least: u8, whole: Span) -> Expr {
        let mut left = match parts.next() {
            Some(sign) if sign.as_rule() == Rule::neg => {
                let inner = self.climb(parts, SIGN, whole);
                let span = span(&sign).to(inner.span);
                Expr { kind: ExprKind::Neg(Box::new(inner)), span }
            }
            Some(atom) => self.atom(atom),
            None => Expr { kind: ExprKind::Path(String::new()), span: whole },
        };
        let mut single = None;
        while let Some(op) = parts.peek().filter(|op| strength(op.as_rule()) >= least) {
            parts.next();
            let (rule, place) = (op.as_rule(), span(&op));
            if op.as_str() == "-" {
                self.check_minus(place);
            }
            let right_least = if rule == Rule::pow_op { strength(rule) } else { strength(rule) + 1 };
            let right = self.climb(parts, right_least, whole);
            if single == Some(rule) {
                // The third operand is dropped: nothing sensible could be said about it later.
                self.diagnostics.push(messages::does_not_chain(place, rule == Rule::range_op));
                continue;
            }
            single = Some(rule).filter(|rule| matches!(rule, Rule::cmp_op | Rule::range_op));
            left = joined(&op, left, right);
        }
        left
    }

    /// `h -1`: a blank before the minus and none after it reads as a sign, so it never subtracts.
    fn check_minus(&mut self, minus: Span) {
        let blank = |b: Option<&u8>| matches!(b, Some(b' ' | b'\t'));
        let bytes = self.text.as_bytes();
        if blank(bytes.get(minus.start.wrapping_sub(1))) && !blank(bytes.get(minus.end)) {
            self.diagnostics.push(messages::sign_after_value(self.text, minus));
        }
    }

    fn atom(&mut self, pair: Pair<'i, Rule>) -> Expr {
        let span = span(&pair);
        let kind = match pair.as_rule() {
            Rule::number => self.number(pair.as_str(), span),
            Rule::dims => self.dims(pair.as_str(), span),
            Rule::string => ExprKind::Str(self.unescape(pair.as_str(), span)),
            Rule::open_string => {
                self.diagnostics.push(messages::open_string(self.text, span));
                ExprKind::Str(pair.as_str().trim_start_matches('"').to_string())
            }
            Rule::group => match pair.into_inner().next() {
                Some(inner) => self.expr(inner).kind,
                None => ExprKind::Path(String::new()),
            },
            Rule::tail => match pair.into_inner().next() {
                Some(share) => ExprKind::Tail(Box::new(self.atom(share))),
                None => ExprKind::Path(String::new()),
            },
            Rule::list => ExprKind::List(pair.into_inner().map(|inner| self.expr(inner)).collect()),
            Rule::call | Rule::index => {
                let is_call = pair.as_rule() == Rule::call;
                let mut name = Ident { text: String::new(), span };
                let mut args = Vec::new();
                for inner in pair.into_inner() {
                    match inner.as_rule() {
                        Rule::path => name = ident(&inner),
                        _ => args = self.args(inner),
                    }
                }
                if is_call { ExprKind::Call { name, args } } else { ExprKind::Index { name, args } }
            }
            _ => ExprKind::Path(pair.as_str().to_string()),
        };
        Expr { kind, span }
    }

    /// `10_000`, `1e-3`, `25ms`, `50%`. The grammar admits only what parses as f64; too large a number is infinite.
    fn number(&mut self, text: &str, span: Span) -> ExprKind {
        let (digits, unit) = split_unit(text);
        let value = digits.replace('_', "").parse::<f64>().unwrap_or(f64::INFINITY);
        if !value.is_finite() {
            self.diagnostics.push(messages::huge_number(span));
        }
        ExprKind::Number { value, unit: (!unit.is_empty()).then(|| unit.to_string()) }
    }

    fn dims(&mut self, text: &str, span: Span) -> ExprKind {
        let parsed: Result<Vec<u64>, _> = text.split('x').map(str::parse).collect();
        ExprKind::Dims(parsed.unwrap_or_else(|_| {
            self.diagnostics.push(messages::huge_number(span));
            Vec::new()
        }))
    }

    /// The text between the quotes with `\"`, `\\`, `\n` and `\t` replaced.
    fn unescape(&mut self, quoted: &str, span: Span) -> String {
        let inner = quoted.strip_prefix('"').and_then(|text| text.strip_suffix('"')).unwrap_or(quoted);
        let mut text = String::new();
        let mut chars = inner.char_indices();
        while let Some((at, c)) = chars.next() {
            if c != '\\' {
                text.push(c);
                continue;
            }
            match chars.next() {
                Some((_, c @ ('"' | '\\'))) => text.push(c),
                Some((_, 'n')) => text.push('\n'),
                Some((_, 't')) => text.push('\t'),
                Some((_, c)) => {
                    let start = span.start + 1 + at;
                    let wrong = Span::new(start, start + 1 + c.len_utf8());
                    self.diagnostics.push(messages::unknown_escape(wrong, c));
                }
                None => {}
            }
        }
        text
    }
}

/// The strength of the sign in `-a`: weaker than `^`, stronger than `*`.
const SIGN: u8 = 7;

/// How strongly an infix operator binds; equal ones lean left, powers lean right.
fn strength(rule: Rule) -> u8 {
    match rule {
        Rule::or => 1,
        Rule::and => 2,
        Rule::cmp_op => 3,
        Rule::range_op => 4,
        Rule::sum_op => 5,
        Rule::mul_op => 6,
        _ => 8,
    }
}

fn joined(op: &Pair<'_, Rule>, left: Expr, right: Expr) -> Expr {
    let span = left.span.to(right.span);
    let (left, right) = (Box::new(left), Box::new(right));
    let kind = match op.as_rule() {
        Rule::range_op => ExprKind::Range { low: left, high: right },
        _ => ExprKind::Binary { op: operator(op), left, right },
    };
    Expr { kind, span }
}

fn operator(pair: &Pair<'_, Rule>) -> BinaryOp {
    match pair.as_str() {
        "+" => BinaryOp::Add,
        "-" => BinaryOp::Sub,
        "*" => BinaryOp::Mul,
        "/" => BinaryOp::Div,
        "^" => BinaryOp::Pow,
        "==" => BinaryOp::Eq,
        "!=" => BinaryOp::Ne,
        "<=" => BinaryOp::Le,
        ">=" => BinaryOp::Ge,
        "<" => BinaryOp::Lt,
        ">" => BinaryOp::Gt,
        "or" => BinaryOp::Or,
        _ => BinaryOp::And,
    }
}

/// `25ms` to `25` and `ms`; the `e` of an exponent belongs to the number.
pub(crate) fn split_unit(text: &str) -> (&str, &str) {
    let bytes = text.as_bytes();
    let mut end = bytes.iter().take_while(|b| b.is_ascii_digit() || matches!(b, b'_' | b'.')).count();
    if matches!(bytes.get(end), Some(b'e' | b'E')) {
        let sign = usize::from(matches!(bytes.get(end + 1), Some(b'+' | b'-')));
        let digits = bytes.iter().skip(end + 1 + sign).take_while(|b| b.is_ascii_digit()).count();
        if digits > 0 {
            end += 1 + sign + digits;
        }
    }
    text.split_at(end)
}
