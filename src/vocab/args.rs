//! Checked arguments of one use of a word.

use super::{Default, Sig, Timed, Value};
use crate::diag::Span;

/// One argument as it stands after defaults.
#[derive(Clone, Debug)]
pub struct Given {
    pub name: &'static str,
    pub value: Value,
    /// Where it was written; the word's own span for a default.
    pub span: Span,
    pub written: bool,
}

/// All arguments of one use of a word, checked against its [`Sig`]; defaults filled in.
///
/// The typed getters panic on a name or type that the `Sig` does not have: that is a bug in the word's own file, and the
/// registry test that exercises every word's example finds it.
#[derive(Clone, Debug)]
pub struct Args {
    pub sig: &'static Sig,
    /// The whole use: word and arguments.
    pub span: Span,
    given: Vec<Given>,
}

impl Args {
    /// Fills in defaults. The caller has checked what was written.
    pub fn new(sig: &'static Sig, span: Span, mut written: Vec<Given>) -> Self {
        for spec in sig.args {
            let default = match spec.default {
                Default::Required | Default::Absent => continue,
                Default::Number(x) => Value::Number(x),
                Default::Bool(b) => Value::Bool(b),
                Default::Word(w) => Value::Word(w.into()),
                Default::Range(low, high) => Value::Span(low, high),
            };
            if !written.iter().any(|g| g.name == spec.name) {
                written.push(Given { name: spec.name, value: default, span, written: false });
            }
        }
        Self { sig, span, given: written }
    }

    pub fn get(&self, name: &str) -> Option<&Given> {
        debug_assert!(self.sig.arg(name).is_some(), "`{}` has no argument `{name}`", self.sig.name);
        self.given.iter().find(|g| g.name == name)
    }

    /// For arguments of several kinds.
    pub fn value(&self, name: &str) -> Option<&Value> {
        self.get(name).map(|g| &g.value)
    }

    /// Where the argument was written, or the whole use.
    pub fn span_of(&self, name: &str) -> Span {
        self.get(name).map_or(self.span, |g| g.span)
    }

    pub fn is_written(&self, name: &str) -> bool {
        self.get(name).is_some_and(|g| g.written)
    }

    /// In the order of the signature: what was written, then defaults.
    pub fn iter(&self) -> impl Iterator<Item = &Given> {
        self.sig.args.iter().filter_map(|spec| self.given.iter().find(|g| g.name == spec.name))
    }

    /// Gives a value to an argument that was left out.
    pub fn settle(&mut self, name: &'static str, value: Value) {
        if self.get(name).is_none() {
            self.given.push(Given { name, value, span: self.span, written: false });
        }
    }

    /// Gives a value to an argument, whatever it had.
    pub fn put(&mut self, name: &'static str, value: Value) {
        self.given.retain(|given| given.name != name);
        self.settle(name, value);
    }

    /// Gives another value to an argument that was left out, and tells whether it was.
    pub fn change(&mut self, name: &'static str, value: Value) -> bool {
        match self.given.iter_mut().find(|given| given.name == name) {
            Some(given) if given.written => false,
            Some(given) => {
                given.value = value;
                true
            }
            None => {
                self.settle(name, value);
                true
            }
        }
    }

    /// Puts what a word stands for, once that is known, in its place.
    pub fn resolve(&mut self, name: &str, value: Value) {
        self.given
            .iter_mut()
            .filter(|given| given.name == name)
            .for_each(|given| given.value = value.clone());
    }

    fn mismatch(&self, name: &str, wanted: &str) -> ! {
        panic!("`{}`: argument `{name}` is not a {wanted}; its table and its use disagree", self.sig.name)
    }

    /// Of a `ramp(...)` its last value.
    pub fn opt_number(&self, name: &str) -> Option<f64> {
        self.opt_timed(name).map(|timed| timed.last())
    }

    pub fn opt_timed(&self, name: &str) -> Option<Timed> {
        match &self.get(name)?.value {
            Value::Number(x) => Some(Timed::Constant(*x)),
            Value::Ramp(ramp) => Some(Timed::Ramp(*ramp)),
            _ => self.mismatch(name, "number"),
        }
    }

    pub fn timed(&self, name: &str) -> Timed {
        self.opt_timed(name).unwrap_or_else(|| self.mismatch(name, "number"))
    }

    pub fn number(&self, name: &str) -> f64 {
        self.opt_number(name).unwrap_or_else(|| self.mismatch(name, "number"))
    }

    /// The ends of a range; those of one number are the number itself.
    pub fn range(&self, name: &str) -> (f64, f64) {
        match self.get(name).map(|g| &g.value) {
            Some(Value::Span(low, high) | Value::UnitSpan(low, high, _)) => (*low, *high),
            Some(Value::Number(x)) => (*x, *x),
            _ => self.mismatch(name, "range"),
        }
    }

    /// Height and width, of a size that its word has checked to have two sides.
    pub fn sides(&self, name: &str) -> [usize; 2] {
        match self.get(name).map(|g| &g.value) {
            Some(Value::Size(sides)) if sides.len() == 2 => [sides[0] as usize, sides[1] as usize],
            _ => self.mismatch(name, "size with two sides"),
        }
    }

    pub fn opt_count(&self, name: &str) -> Option<usize> {
        self.opt_number(name).map(|x| x as usize)
    }

    pub fn count(&self, name: &str) -> usize {
        self.number(name) as usize
    }

    pub fn flag(&self, name: &str) -> bool {
        match self.get(name).map(|g| &g.value) {
            Some(Value::Bool(b)) => *b,
            _ => self.mismatch(name, "bool"),
        }
    }

    pub fn opt_word(&self, name: &str) -> Option<&str> {
        match &self.get(name)?.value {
            Value::Word(w) => Some(w),
            _ => self.mismatch(name, "word"),
        }
    }

    pub fn word(&self, name: &str) -> &str {
        self.opt_word(name).unwrap_or_else(|| self.mismatch(name, "word"))
    }

    pub fn opt_text(&self, name: &str) -> Option<&str> {
        match &self.get(name)?.value {
            Value::Text(t) => Some(t),
            _ => self.mismatch(name, "text"),
        }
    }

    pub fn text(&self, name: &str) -> &str {
        self.opt_text(name).unwrap_or_else(|| self.mismatch(name, "text"))
    }

    /// The words of a `Kind::Words` argument; empty if it was left out.
    pub fn words(&self, name: &str) -> Vec<&str> {
        match self.get(name).map(|g| &g.value) {
            None => Vec::new(),
            Some(Value::Word(w)) => vec![w],
            Some(Value::List(items)) => items
                .iter()
                .map(|v| if let Value::Word(w) = v { w.as_str() } else { self.mismatch(name, "word list") })
                .collect(),
            Some(_) => self.mismatch(name, "word list"),
        }
    }

    /// The items of a `Kind::Rest` or list argument; empty if it was left out.
    pub fn list(&self, name: &str) -> &[Value] {
        match self.get(name).map(|g| &g.value) {
            None => &[],
            Some(Value::List(items)) => items,
            Some(_) => self.mismatch(name, "list"),
        }
    }
}
