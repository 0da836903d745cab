//! The `data` section.

use super::{
    bind::bind,
    scope::Scope,
    section::{Section, family_word, misplaced, statement_steps, unknown_word, use_span},
};
use crate::{
    data::{self, DataConfig},
    diag::Diagnostic,
    vocab::Args,
};

/// Statements of `data` and sources that the language has and this version does not.
const DATA_NOT_YET: &[&str] = &["tokenize", "window", "resample", "cifar10", "text", "audio", "images"];

/// Checks `data`: its statements, and what they say together.
pub fn section(section: Section<'_>, scope: &mut Scope, diags: &mut Vec<Diagnostic>) -> Option<DataConfig> {
    let before = diags.len();
    let mut uses: Vec<Args> = Vec::new();
    for step in statement_steps(section, diags) {
        let word = step.name.text.as_str();
        let bound = if word == "source" {
            match family_word(step, "source", "source csv, \"table.csv\"") {
                Ok((name, span, rest)) => match data::SOURCES.iter().find(|w| w.sig.name == name) {
                    Some(source) => bind(source.sig, rest, use_span(step), scope, diags),
                    None => {
                        let known: Vec<&str> = data::SOURCES.iter().map(|w| w.sig.name).collect();
                        diags.push(unknown_word("source", name, span, &known, DATA_NOT_YET));
                        None
                    }
                },
                Err(d) => {
                    diags.push(d);
                    None
                }
            }
        } else if let Some(statement) = data::STATEMENTS.iter().find(|w| w.sig.name == word) {
            bind(statement.sig, &step.args, use_span(step), scope, diags)
        } else if let Some(section) = (section.home)(word) {
            diags.push(misplaced(word, section, step.name.span));
            None
        } else {
            let mut known: Vec<&str> = data::STATEMENTS.iter().map(|w| w.sig.name).collect();
            known.push("source");
            diags.push(unknown_word("`data` statement", word, step.name.span, &known, DATA_NOT_YET));
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
