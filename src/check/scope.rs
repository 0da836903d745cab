//! Names and their values: `param`, `let`, block formals, `repeat` indices, and attributes of the data.

use std::collections::BTreeMap;

use crate::{
    diag::{Diagnostic, Span},
    vocab::Value,
};

/// A value, or what was wrong where it was defined: each use answers the same diagnostic, which is printed once.
type Known = Result<Value, Box<Diagnostic>>;

/// What is known about the data before training: `train.rows`, `data.rows`, `data.features`, `data.classes`.
/// Empty when nothing was probed; such numbers are then symbolic.
pub type Attributes = BTreeMap<String, f64>;

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
    pub attributes: Attributes,
}

impl Scope {
    pub fn new(attributes: Attributes) -> Self {
        Self { bindings: Vec::new(), declared: BTreeMap::new(), attributes }
    }

    /// Declares a name that should be used.
    pub fn declare(&mut self, name: &str, value: Known, span: Span) {
        self.declared.entry(span).or_insert((name.into(), false));
        self.bindings.push(Binding { name: name.into(), value, declared: Some(span) });
    }

    /// Binds a name that may be left unused.
    pub fn bind(&mut self, name: &str, value: Value) {
        self.bindings.push(Binding { name: name.into(), value: Ok(value), declared: None });
    }

    pub fn lookup(&mut self, name: &str) -> Option<Known> {
        let binding = self.bindings.iter().rev().find(|b| b.name == name)?;
        if let Some((_, used)) = binding.declared.and_then(|span| self.declared.get_mut(&span)) {
            *used = true;
        }
        Some(binding.value.clone())
    }

    /// Where the nearest binding of this name is declared.
    pub fn declared_at(&self, name: &str) -> Option<Span> {
        self.bindings.iter().rev().find(|b| b.name == name)?.declared
    }

    pub fn contains(&self, name: &str) -> bool {
        self.bindings.iter().any(|b| b.name == name)
    }

    pub fn names(&self) -> impl Iterator<Item = &str> {
        self.bindings.iter().map(|b| b.name.as_str())
    }

    pub fn depth(&self) -> usize {
        self.bindings.len()
    }

    /// Leaves a block: forgets what was bound since `depth`.
    pub fn truncate(&mut self, depth: usize) {
        self.bindings.truncate(depth);
    }

    /// Enters a block, which sees only the file's own names: hides what was bound since `file_depth`.
    pub fn detach(&mut self, file_depth: usize) -> Hidden {
        Hidden(self.bindings.split_off(file_depth))
    }

    /// Leaves it: forgets what the block bound and shows the hidden names again.
    pub fn attach(&mut self, file_depth: usize, hidden: Hidden) {
        self.bindings.truncate(file_depth);
        self.bindings.extend(hidden.0);
    }

    pub fn unused(&self) -> impl Iterator<Item = (&str, Span)> {
        self.declared.iter().filter(|(_, (_, used))| !used).map(|(span, (name, _))| (name.as_str(), *span))
    }
}

/// Bindings out of sight while a block runs.
pub struct Hidden(Vec<Binding>);
