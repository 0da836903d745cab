//! Names and their values: `param`, `let`, block formals, `repeat` indices, and attributes of the data.

use std::collections::BTreeMap;

use super::words::Ledger;
use crate::{
    diag::{Diagnostic, Span},
    vocab::Value,
};

/// A value, or what was wrong where it was defined: each use answers the same diagnostic, which is printed once.
type Known = Result<Value, Box<Diagnostic>>;

/// What is known about the data before training: `train.rows`, `data.rows`, `data.features`, `data.classes`.
/// Empty when nothing was probed; such numbers are then symbolic.
pub type Attributes = BTreeMap<String, f64>;

/// Expressions, and values that are copied, in one check: more than any net needs, and seconds of work.
const MOST_WORK: usize = 20_000_000;
/// What all names together may hold.
const MOST_HELD: usize = 10_000_000;

/// The attributes that data can answer.
pub const ATTRIBUTES: &[&str] = &["train.rows", "data.rows", "data.features", "data.classes"];

#[derive(Clone, Debug)]
struct Binding {
    name: String,
    value: Known,
    /// Where it is declared; `None` for what needs no use (indices).
    declared: Option<Span>,
}

/// A stack of bindings; later ones hide earlier ones.
#[derive(Clone, Debug)]
pub struct Scope {
    bindings: Vec<Binding>,
    /// Every declared name by its place, and whether it was used: in whichever call or pass.
    declared: BTreeMap<Span, (String, bool)>,
    /// The places of a name's bindings, innermost last.
    places: BTreeMap<String, Vec<usize>>,
    pub attributes: Attributes,
    /// Names that stand for words.
    pub words: Ledger,
    work: usize,
    held: usize,
}

impl Scope {
    pub fn new(attributes: Attributes) -> Self {
        Self {
            bindings: Vec::new(),
            declared: BTreeMap::new(),
            places: BTreeMap::new(),
            attributes,
            words: Ledger::default(),
            work: 0,
            held: 0,
        }
    }

    /// Declares a name that should be used; answers what is wrong with its value.
    pub fn declare(&mut self, name: &str, value: Known, span: Span) -> Option<Diagnostic> {
        self.declared.entry(span).or_insert((name.into(), false));
        let value = value.and_then(|value| self.room(value, span));
        let fault = value.as_ref().err().map(|d| (**d).clone());
        self.push(Binding { name: name.into(), value, declared: Some(span) });
        fault
    }

    /// Binds a name that may be left unused.
    pub fn bind(&mut self, name: &str, value: Value) {
        self.push(Binding { name: name.into(), value: Ok(value), declared: None });
    }

    /// Counts work; all that a file may ask for is spent at some time.
    pub fn spend(&mut self, work: usize, span: Span) -> Result<(), Box<Diagnostic>> {
        self.work += work;
        if self.work <= MOST_WORK {
            return Ok(());
        }
        Err(Box::new(
            Diagnostic::error("E0216", span, "the expressions of this file take too long to compute")
                .label("stopped here")
                .help("repeat less, or compute a value once by `let`"),
        ))
    }

    fn room(&self, value: Value, span: Span) -> Known {
        if self.held + value.size() <= MOST_HELD {
            return Ok(value);
        }
        Err(Box::new(
            Diagnostic::error("E0216", span, "the names of this file hold too much")
                .label("no room for this one")
                .help("write long lists once, where they are used"),
        ))
    }

    fn push(&mut self, binding: Binding) {
        self.held += binding.value.as_ref().map_or(0, Value::size);
        self.places.entry(binding.name.clone()).or_default().push(self.bindings.len());
        self.bindings.push(binding);
    }

    fn pop(&mut self) -> Option<Binding> {
        let binding = self.bindings.pop()?;
        self.held -= binding.value.as_ref().map_or(0, Value::size);
        if let Some(places) = self.places.get_mut(&binding.name) {
            places.pop();
            if places.is_empty() {
                self.places.remove(&binding.name);
            }
        }
        Some(binding)
    }

    /// The innermost binding of a name.
    fn find(&self, name: &str) -> Option<&Binding> {
        self.places.get(name)?.last().map(|place| &self.bindings[*place])
    }

    pub fn lookup(&mut self, name: &str) -> Option<Known> {
        let binding = self.find(name)?;
        let (declared, value) = (binding.declared, binding.value.clone());
        if let Some((_, used)) = declared.and_then(|span| self.declared.get_mut(&span)) {
            *used = true;
        }
        Some(value)
    }

    /// The word that a name stands for, if it stands for one.
    pub fn word(&self, name: &str) -> Option<String> {
        match &self.find(name)?.value {
            Ok(Value::Word(word)) => Some(word.clone()),
            _ => None,
        }
    }

    /// Where the nearest binding of this name is declared.
    pub fn declared_at(&self, name: &str) -> Option<Span> {
        self.find(name)?.declared
    }

    pub fn contains(&self, name: &str) -> bool {
        self.places.contains_key(name)
    }

    pub fn names(&self) -> impl Iterator<Item = &str> {
        self.bindings.iter().map(|b| b.name.as_str())
    }

    pub fn depth(&self) -> usize {
        self.bindings.len()
    }

    /// Leaves a block: forgets what was bound since `depth`.
    pub fn truncate(&mut self, depth: usize) {
        while self.bindings.len() > depth {
            self.pop();
        }
    }

    /// Enters a block, which sees only the file's own names: hides what was bound since `file_depth`.
    pub fn detach(&mut self, file_depth: usize) -> Hidden {
        let mut hidden = Vec::new();
        while self.bindings.len() > file_depth {
            hidden.extend(self.pop());
        }
        Hidden(hidden)
    }

    /// Leaves it: forgets what the block bound and shows the hidden names again.
    pub fn attach(&mut self, file_depth: usize, hidden: Hidden) {
        self.truncate(file_depth);
        hidden.0.into_iter().rev().for_each(|binding| self.push(binding));
    }

    pub fn unused(&self) -> impl Iterator<Item = (&str, Span)> {
        self.declared.iter().filter(|(_, (_, used))| !used).map(|(span, (name, _))| (name.as_str(), *span))
    }
}

/// Bindings out of sight while a block runs, innermost first.
pub struct Hidden(Vec<Binding>);
