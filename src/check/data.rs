//! The `data` section.

use super::{
    bind::bind,
    chosen::chosen_steps,
    scope::Scope,
    section::{Section, family_word, misplaced, unknown_word, use_span},
    words::stands_for,
};
use crate::{
    data::{self, DataConfig},
    diag::Diagnostic,
    syntax::ast::Step,
    vocab::Args,
};

/// Checks `data`: its statements, and what they say together.
pub fn section(section: Section<'_>, scope: &mut Scope, diags: &mut Vec<Diagnostic>) -> Option<DataConfig> {
    let before = diags.len();
    let mut uses: Vec<Args> = Vec::new();
    for step in chosen_steps(section, scope, diags) {
        let word = step.name.text.as_str();
        let bound = if word == "source" {
            source(step, scope, diags)
        } else if let Some(statement) = data::STATEMENTS.iter().find(|w| w.sig.name == word) {
            bind(statement.sig, &step.args, use_span(step), scope, diags)
        } else if let Some(section) = (section.home)(word) {
            diags.push(misplaced(word, section, step.name.span));
            None
        } else {
            let mut known: Vec<&str> = data::STATEMENTS.iter().map(|w| w.sig.name).collect();
            known.push("source");
            diags.push(unknown_word("`data` statement", word, step.name.span, &known, &[]));
            None
        };
        uses.extend(bound);
    }
    if diags[before..].iter().any(Diagnostic::is_error) {
        return None;
    }
    let (config, found) = DataConfig::build(&uses, section.head);
    diags.extend(found);
    config
}

/// `source WORD, ...`, or a name that stands for the word.
fn source(step: &Step, scope: &mut Scope, diags: &mut Vec<Diagnostic>) -> Option<Args> {
    let (name, span, rest) =
        family_word(step, "source", "source csv, \"table.csv\"").map_err(|d| diags.push(d)).ok()?;
    let known: Vec<&'static str> = data::SOURCES.iter().map(|w| w.sig.name).collect();
    let meant = stands_for(name, span, &known, "the source", scope).map_err(|d| diags.push(*d)).ok()?;
    let word = meant.as_deref().unwrap_or(name);
    match data::SOURCES.iter().find(|w| w.sig.name == word) {
        Some(source) => bind(source.sig, rest, use_span(step), scope, diags),
        None => {
            diags.push(unknown_word("source", name, span, &known, &[]));
            None
        }
    }
}
