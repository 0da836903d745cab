//! Names and their values: `param`, `let`, block formals, `repeat` indices, and attributes of the data.

use std::collections::BTreeMap;

use crate::{
    diag::{Diagnostic, Span},
    vocab::Value,
};

/// What is known about the data before training: `train.rows`, `data.rows`, `data.features`, `data.classes`.
/// Empty when nothing was probed; such numbers are then symbolic.
pub type Attributes = BTreeMap<String, f64>;

/// The attributes that data can answer.
pub const ATTRIBUTES: &[&str] = &["train.rows", "data.rows", "data.features", "data.classes"];

#[derive(Clone, Debug)]
struct Binding {
    name: String,
    /// The fault of a name whose value is wrong: whoever uses it answers with the same fault, and equal faults are said once.
    value: Result<Value, Box<Diagnostic>>,
    /// Where it is declared; `None` for what needs no use (formals, indices).
    declared: Option<Span>,
    used: bool,
}

/// A stack of bindings; later ones hide earlier ones.
#[derive(Clone, Debug)]
pub struct Scope {
    bindings: Vec<Binding>,
    pub attributes: Attributes,
}

impl Scope {
    pub fn new(attributes: Attributes) -> Self {
        Self { bindings: Vec::new(), attributes }
    }

    /// Declares a name that should be used.
    pub fn declare(&mut self, name: &str, value: Value, span: Span) {
        self.bindings.push(Binding {
            name: name.into(),
            value: Ok(value),
            declared: Some(span),
            used: false,
        });
    }

    /// Binds a name that may be left unused.
    pub fn bind(&mut self, name: &str, value: Value) {
        self.bindings.push(Binding { name: name.into(), value: Ok(value), declared: None, used: false });
    }

    /// Binds a name whose value is wrong.
    pub fn bind_fault(&mut self, name: &str, fault: Box<Diagnostic>) {
        self.bindings.push(Binding { name: name.into(), value: Err(fault), declared: None, used: false });
    }

    pub fn lookup(&mut self, name: &str) -> Option<Result<Value, Box<Diagnostic>>> {
        let binding = self.bindings.iter_mut().rev().find(|b| b.name == name)?;
        binding.used = true;
        Some(binding.value.clone())
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
        self.bindings
            .iter()
            .filter(|b| !b.used)
            .filter_map(|b| b.declared.map(|span| (b.name.as_str(), span)))
    }
}

/// Bindings out of sight while a block runs.
pub struct Hidden(Vec<Binding>);
