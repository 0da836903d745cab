//! Names of a file: which may be declared, and which were declared for nothing.

use super::{scope::Scope, section, sizes};
use crate::{
    diag::{Diagnostic, Span},
    syntax::ast::Binding,
};

/// Whether a name is free; one that is not is reported.
pub fn may_declare(binding: &Binding, scope: &Scope, diags: &mut Vec<Diagnostic>) -> bool {
    let name = binding.name.text.as_str();
    if name == sizes::OPEN {
        diags.push(*sizes::misplaced(binding.name.span));
        return false;
    }
    if scope.contains(name) {
        let error = Diagnostic::error("E0102", binding.name.span, format!("`{name}` is already defined"))
            .label("defined again");
        diags.push(match scope.declared_at(name) {
            Some(first) => error.also(first, "first defined here"),
            None => error,
        });
        return false;
    }
    let reserved = section::NAMES.contains(&name)
        || ["true", "false", "time", "space", "channel", "batch"].contains(&name);
    if reserved {
        diags.push(
            Diagnostic::error("E0110", binding.name.span, format!("`{name}` is a word of the language"))
                .label("names a section or an axis")
                .help("choose another name"),
        );
    }
    !reserved
}

pub fn unused(name: &str, span: Span) -> Diagnostic {
    Diagnostic::warning("W0201", span, format!("`{name}` is never used")).label("has no effect")
}
