//! Parse pairs of expressions to tree.
//!
//! Invariants: layers of the grammar that hold one operand leave no node; an expression in parentheses has the span
//! of the parentheses; no tree is deeper than the bracket limit plus `MAX_OPERATORS`.

use super::ast::{BinaryOp, Expr, ExprKind, Ident};
use super::build::{Builder, ident, span};
use super::grammar::Rule;
use super::messages;
use crate::diag::Span;
use pest::iterators::Pair;

/// Operators beyond this in one expression are refused: every later stage walks the tree recursively.
const MAX_OPERATORS: usize = 256;

impl<'i> Builder<'i> {
    /// An expression of its own: the value of an argument, a parameter, a condition.
    pub fn expr(&mut self, pair: Pair<'i, Rule>) -> Expr {
        let outer = std::mem::take(&mut self.operators);
        let expr = self.operand(pair);
        self.operators = outer;
        expr
    }

    fn operand(&mut self, pair: Pair<'i, Rule>) -> Expr {
        let pair = single_operand(pair);
        let whole = span(&pair);
        match pair.as_rule() {
            Rule::expr | Rule::all | Rule::cmp | Rule::sum | Rule::product => self.operators(pair),
            Rule::range => {
                let mut ends =
                    pair.into_inner().map(|inner| self.operand(inner)).collect::<Vec<_>>().into_iter();
                match (ends.next(), ends.next()) {
                    (Some(low), Some(high)) => {
                        let span = low.span.to(high.span);
                        Expr { kind: ExprKind::Range { low: Box::new(low), high: Box::new(high) }, span }
                    }
                    (low, _) => low.unwrap_or(Expr { kind: ExprKind::Path(String::new()), span: whole }),
                }
            }
            Rule::unary | Rule::power => self.power(pair),
            Rule::group => {
                let inner = pair.into_inner().next().map(|inner| self.operand(inner).kind);
                Expr { kind: inner.unwrap_or(ExprKind::Path(String::new())), span: whole }
            }
            _ => self.atom(pair),
        }
    }

    /// A flat list `operand op operand op ...` of one precedence, leaning left.
    fn operators(&mut self, pair: Pair<'i, Rule>) -> Expr {
        let whole = span(&pair);
        let mut parts = pair.into_inner();
        let mut left = match parts.next() {
            Some(first) => self.operand(first),
            None => return Expr { kind: ExprKind::Path(String::new()), span: whole },
        };
        while let (Some(op), Some(right)) = (parts.next(), parts.next()) {
            if self.is_exhausted(whole) {
                break;
            }
            if op.as_str() == "-" {
                self.check_minus(span(&op));
            }
            let right = self.operand(right);
            let span = left.span.to(right.span);
            let kind = ExprKind::Binary { op: operator(&op), left: Box::new(left), right: Box::new(right) };
            left = Expr { kind, span };
        }
        left
    }

    /// Counts an operator; true, with one diagnostic, when the expression has too many.
    fn is_exhausted(&mut self, whole: Span) -> bool {
        self.operators += 1;
        if self.operators == MAX_OPERATORS + 1 {
            self.diagnostics.push(messages::too_many("operators in one expression", whole, MAX_OPERATORS));
        }
        self.operators > MAX_OPERATORS
    }

    /// `h -1`: a blank before the minus and none after it reads as a sign, so it never subtracts.
    fn check_minus(&mut self, minus: Span) {
        let blank = |b: Option<&u8>| matches!(b, Some(b' ' | b'\t'));
        let bytes = self.text.as_bytes();
        if blank(bytes.get(minus.start.wrapping_sub(1))) && !blank(bytes.get(minus.end)) {
            self.diagnostics.push(messages::sign_after_value(self.text, minus));
        }
    }

    /// `-a ^ b ^ -c`: the sign in front binds weakest, the powers lean right.
    fn power(&mut self, pair: Pair<'i, Rule>) -> Expr {
        let whole = span(&pair);
        let mut operands: Vec<(Option<Span>, Expr)> = Vec::new();
        let mut sign = None;
        let mut stack = vec![pair.into_inner()];
        while let Some(mut pairs) = stack.pop() {
            while let Some(inner) = pairs.next() {
                match inner.as_rule() {
                    Rule::neg => sign = Some(span(&inner)),
                    Rule::power => {
                        stack.push(pairs);
                        pairs = inner.into_inner();
                    }
                    _ if self.is_exhausted(whole) => break,
                    _ => operands.push((sign.take(), self.operand(inner))),
                }
            }
        }
        let mut built: Option<Expr> = None;
        while let Some((sign, base)) = operands.pop() {
            let mut term = match built.take() {
                None => base,
                Some(exponent) => {
                    let span = base.span.to(exponent.span);
                    let (left, right) = (Box::new(base), Box::new(exponent));
                    Expr { kind: ExprKind::Binary { op: BinaryOp::Pow, left, right }, span }
                }
            };
            if let Some(sign) = sign {
                let span = sign.to(term.span);
                term = Expr { kind: ExprKind::Neg(Box::new(term)), span };
            }
            built = Some(term);
        }
        built.unwrap_or(Expr { kind: ExprKind::Path(String::new()), span: whole })
    }

    fn atom(&mut self, pair: Pair<'i, Rule>) -> Expr {
        let span = span(&pair);
        let kind = match pair.as_rule() {
            Rule::number => self.number(pair.as_str(), span),
            Rule::dims => self.dims(pair.as_str(), span),
            Rule::string => ExprKind::Str(self.unescape(pair.as_str(), span)),
            Rule::open_string => {
                self.diagnostics.push(messages::open_string(span));
                ExprKind::Str(pair.as_str().trim_start_matches('"').to_string())
            }
            Rule::list => ExprKind::List(pair.into_inner().map(|inner| self.operand(inner)).collect()),
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

/// Descends through precedence layers that hold a single operand, without recursion.
fn single_operand(mut pair: Pair<'_, Rule>) -> Pair<'_, Rule> {
    while let Rule::expr
    | Rule::all
    | Rule::cmp
    | Rule::range
    | Rule::sum
    | Rule::product
    | Rule::unary
    | Rule::power = pair.as_rule()
    {
        let mut inner = pair.clone().into_inner();
        match (inner.next(), inner.next()) {
            (Some(only), None) => pair = only,
            _ => break,
        }
    }
    pair
}

fn operator(pair: &Pair<'_, Rule>) -> BinaryOp {
    match pair.as_str() {
        "+" => BinaryOp::Add,
        "-" => BinaryOp::Sub,
        "*" => BinaryOp::Mul,
        "/" => BinaryOp::Div,
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
