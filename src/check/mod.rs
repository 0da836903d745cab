//! Syntax tree to [`Model`]: names, arguments, units, shapes. Pure: no IO, no panic, everything wrong is a diagnostic.
//!
//! Data is known only by its attributes ([`Attributes`]), which the driver probes; without them such numbers stay symbolic
//! and may stand only where a run-time number may.

mod activities;
mod augment;
mod bind;
mod carry;
mod chosen;
mod data;
mod elsewhere;
mod eval;
mod family;
mod fit;
mod forms;
mod loads;
mod mend;
mod mention;
mod naming;
mod net;
mod parts;
mod penalties;
mod positive;
mod predict;
mod report;
mod scope;
mod section;
mod sections;
mod sizes;
mod suggest;
mod sweep;
mod terms;
mod times;
mod train;
mod value;
mod views;
mod watched;
mod wave;
mod ways;
mod words;

pub use elsewhere::statement_elsewhere;
pub use forms::INPUT_TYPES;
pub use net::Net;
pub use penalties::check as check_penalties;
pub use predict::{MOST_COINS, PREDICT_STATEMENTS};
pub use scope::{ATTRIBUTES, Attributes};
pub use section::NAMES as SECTIONS;
pub use sections::home as home_section;
pub use suggest::nearest;
pub use sweep::SWEEP_STATEMENTS;
pub use train::TRAIN_STATEMENTS;
pub use views::views_of;

use std::collections::BTreeMap;

use crate::{
    data::DataConfig,
    diag::{Diagnostic, Span},
    lint,
    model::{Model, Node, Param},
    syntax::{
        ast::{Binding, BlockDef, Expr, ExprKind, File, Stmt},
        parse, parse_with,
    },
    vocab::Value,
};
use naming::{may_declare, unused};
use scope::Scope;
use sections::Sections;

/// What the file does not say itself, and how much is to be said about it.
#[derive(Clone, Debug, Default)]
pub struct Env {
    /// `--set name=value`, in order; the value is an expression.
    pub sets: Vec<(String, String)>,
    pub attributes: Attributes,
    /// Advice too, not only what is proved.
    pub pedantic: bool,
}

/// A model where there is no error; warnings may stand beside it.
pub struct Checked {
    pub model: Option<Model>,
    /// Sorted by place.
    pub diagnostics: Vec<Diagnostic>,
    /// As far as it was understood.
    pub sketch: Sketch,
}

/// The layers of a net that may lack its end.
#[derive(Default)]
pub struct Sketch {
    pub nodes: Vec<Node>,
    pub params: Vec<Param>,
    /// The `data` section, where it is sound.
    pub data: Option<DataConfig>,
    /// Whether a size `_` waits for the data: the net is not known before, and nothing is wrong with that.
    pub waits: bool,
}

/// Parses and checks a source text.
pub fn check_source(source: &str, env: &Env) -> Checked {
    let (file, diagnostics) = parse_source(source);
    check_parsed(source, &file, diagnostics, env)
}

/// Parses a source text, with the words of the language known.
pub fn parse_source(source: &str) -> (File, Vec<Diagnostic>) {
    parse_with(source, &|word| crate::layers::find(word).is_some())
}

/// Checks a text that [`parse_source`] made `file` and `diagnostics` of.
pub fn check_parsed(source: &str, file: &File, mut diagnostics: Vec<Diagnostic>, env: &Env) -> Checked {
    let broken = diagnostics.iter().any(Diagnostic::is_error);
    if broken && file.stmts.is_empty() {
        // Nothing was read, so nothing can be said to be missing.
        return Checked { model: None, diagnostics, sketch: Sketch::default() };
    }
    mend::commas(source, &mut diagnostics, env);
    let mut checked = check_as(file, env, broken);
    let errors: Vec<usize> = diagnostics.iter().map(|e| e.span.start).collect();
    checked.diagnostics.retain(|d| d.code != "E0201" || !half_read(source, d.span, &errors));
    checked.diagnostics.append(&mut diagnostics);
    checked.diagnostics.extend(lint::unknown_allows(&file.comments));
    let allowed = lint::Allowed::of(&file.comments, source);
    checked.diagnostics.retain(|d| !allowed.holds(d));
    if checked.diagnostics.iter().any(Diagnostic::is_error) {
        checked.model = None;
    }
    checked.diagnostics.sort_by_key(|d| (d.span, d.code));
    let edits = checked.diagnostics.iter_mut().flat_map(|d| &mut d.fixes).flat_map(|fix| &mut fix.edits);
    edits.for_each(|edit| edit.take_blank_line(source));
    checked
}

/// Whether the parser gave up on the rest of this line: what seems missing may stand there.
fn half_read(source: &str, span: Span, errors: &[usize]) -> bool {
    let rest = source.get(span.end..).unwrap_or_default();
    let end = rest.find('\n').map_or(source.len(), |length| span.end + length);
    // Errors of the parser are sorted by place.
    errors.get(errors.partition_point(|at| *at < span.start)).is_some_and(|at| *at <= end)
}

/// Checks a parsed file.
pub fn check(file: &File, env: &Env) -> Checked {
    check_as(file, env, false)
}

/// The same of a file that was read whole or, where it is `broken`, in part.
fn check_as(file: &File, env: &Env, broken: bool) -> Checked {
    let file = &*terms::as_layers(file);
    let mut diags = Vec::new();
    let mut scope = Scope::new(env.attributes.clone());
    let blocks = blocks(file, &mut diags);
    let sections = Sections::collect(file, &mut diags);
    let knobs = top_level(file, env, &mut scope, &mut diags);
    let (model, sketch) = sections.model(&mut scope, &blocks, knobs, &mut diags);
    diags.extend(scope.words.misspelt());
    diags.extend(scope.unused().map(|(name, span)| unused(name, span)));
    // Where something else is wrong, what looks unused may stand in the part that was not understood; so it may behind a size that is not known.
    if broken || sketch.waits || diags.iter().any(Diagnostic::is_error) {
        diags.retain(|d| !["W0201", "W0202", "W0204"].contains(&d.code));
    }
    diags.sort_by_key(|d| (d.span, d.code));
    diags.dedup();
    let model = model.filter(|_| !broken && !diags.iter().any(Diagnostic::is_error));
    let level = if env.pedantic { lint::Level::Pedantic } else { lint::Level::Proved };
    diags.extend(model.iter().flat_map(ways::unavoidable));
    diags.extend(model.iter().flat_map(|model| lint::find(model, level)));
    Checked { model, diagnostics: diags, sketch }
}

/// `param` and `let` in order; `--set` replaces the values of params.
fn top_level(file: &File, env: &Env, scope: &mut Scope, diags: &mut Vec<Diagnostic>) -> Vec<(String, Value)> {
    let mut knobs = Vec::new();
    for stmt in &file.stmts {
        match stmt {
            Stmt::Param(binding) => {
                if !may_declare(binding, scope, diags) {
                    continue;
                }
                let set = env.sets.iter().rev().find(|(name, _)| *name == binding.name.text);
                let value = match set {
                    Some((name, text)) => {
                        match (&binding.value.kind, set_value(name, text, binding, scope)) {
                            // A shell has taken the quotes away, as of the name of a file.
                            (ExprKind::Str(_), value) if !matches!(value, Ok(Value::Text(_))) => {
                                Ok(Value::Text(text.clone()))
                            }
                            (_, value) => value,
                        }
                    }
                    None => words::eval_or_word(&binding.value, scope),
                };
                knobs.extend(value.iter().map(|value| (binding.name.text.clone(), value.clone().plain())));
                diags.extend(scope.declare(&binding.name.text, value, binding.name.span));
            }
            Stmt::Let(binding) => forms::declare_let(binding, scope, diags),
            _ => {}
        }
    }
    unknown_sets(file, env, &knobs, diags);
    knobs
}

/// The value of `--set`, written as in the file.
fn set_value(name: &str, text: &str, binding: &Binding, scope: &mut Scope) -> Result<Value, Box<Diagnostic>> {
    let wrong = |why: String| {
        Box::new(
            Diagnostic::error("E0111", binding.span, format!("`--set {name}={text}` is not a value"))
                .label("would replace this")
                .note(why),
        )
    };
    let (file, errors) = parse(&format!("let value = {text}\n"));
    let [Stmt::Let(Binding { value, .. })] = &file.stmts[..] else {
        return Err(wrong(errors.first().map_or("it does not parse".into(), |d| d.message.clone())));
    };
    if !errors.is_empty() {
        return Err(wrong(errors[0].message.clone()));
    }
    let value: &Expr = value;
    words::eval_or_word(value, scope).map_err(|d| wrong(d.message.clone()))
}

fn unknown_sets(file: &File, env: &Env, knobs: &[(String, Value)], diags: &mut Vec<Diagnostic>) {
    for (name, text) in &env.sets {
        let declared = file.stmts.iter().any(|s| matches!(s, Stmt::Param(b) if b.name.text == *name));
        if !declared {
            let error = Diagnostic::error(
                "E0111",
                Span::NOWHERE,
                format!("`--set {name}={text}`: the file has no `param {name}`"),
            );
            let known: Vec<&str> = knobs.iter().map(|(known, _)| known.as_str()).collect();
            let error = match known[..] {
                [] => error.note("it has no `param` at all"),
                _ => error.note(format!("its params are {}", shortened(&known))),
            };
            let meant = match known[..] {
                [only] => Some(only),
                _ => nearest(name, known),
            };
            diags.push(match meant {
                Some(known) => error.help(format!("did you mean `{known}`?")),
                None => error.help(format!(
                    "only params can be set: write `param {name} = {text}` and use it where it is meant"
                )),
            });
        }
    }
}

/// The first of many names.
fn shortened(names: &[&str]) -> String {
    const SHOWN: usize = 12;
    let first = names.iter().take(SHOWN).map(|name| format!("`{name}`")).collect::<Vec<_>>().join(", ");
    match names.len().checked_sub(SHOWN) {
        Some(more @ 1..) => format!("{first} and {more} more"),
        _ => first,
    }
}

fn blocks<'f>(file: &'f File, diags: &mut Vec<Diagnostic>) -> BTreeMap<String, &'f BlockDef> {
    let mut blocks: BTreeMap<String, &BlockDef> = BTreeMap::new();
    for stmt in &file.stmts {
        let Stmt::Block(block) = stmt else { continue };
        let name = &block.name;
        if !name.text.starts_with(|c: char| c.is_ascii_uppercase()) {
            let camel = camel_case(&name.text);
            diags.push(
                Diagnostic::error(
                    "E0110",
                    name.span,
                    format!("a block's name is CamelCase, `{}` is not", name.text),
                )
                .label("built-in layers are snake_case, blocks are not")
                .fix("rename it, here and where it is used", name.span, camel),
            );
        }
        for (i, formal) in block.formals.iter().enumerate() {
            if block.formals[..i].iter().any(|f| f.name.text == formal.name.text) {
                diags.push(
                    Diagnostic::error(
                        "E0102",
                        formal.name.span,
                        format!("the argument `{}` is declared twice", formal.name.text),
                    )
                    .label("declared again"),
                );
            }
        }
        if let Some(first) = blocks.insert(name.text.clone(), block) {
            diags.push(
                Diagnostic::error(
                    "E0102",
                    name.span,
                    format!("the block `{}` is already defined", name.text),
                )
                .label("defined again")
                .also(first.name.span, "first defined here"),
            );
        }
    }
    blocks
}

fn camel_case(name: &str) -> String {
    name.split('_')
        .filter_map(|part| {
            let mut chars = part.chars();
            chars.next().map(|first| first.to_ascii_uppercase().to_string() + chars.as_str())
        })
        .collect()
}
