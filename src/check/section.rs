//! What the sections have in common: their lines, words and families.

use super::{elsewhere, suggest::nearest};
use crate::{
    diag::{Diagnostic, Span},
    syntax::ast::{Arg, ArgKey, Body, ExprKind, Step, Stmt},
    train::augment,
};

/// In their usual order.
pub const NAMES: &[&str] = &["data", "augment", "net", "train", "predict", "sweep"];

/// The section whose lines begin with a word.
pub type Home = fn(&str) -> Option<&'static str>;

/// A section: its word and its block.
#[derive(Clone, Copy)]
pub struct Section<'f> {
    pub name: &'static str,
    pub head: Span,
    pub body: &'f Body,
    /// Where another section's words belong: sections know each other through this alone.
    pub home: Home,
}

/// A line in another section than its own, or in none.
pub fn misplaced(word: &str, section: &str, span: Span) -> Diagnostic {
    Diagnostic::error("E0103", span, format!("`{word}` stands inside `{section} {{ ... }}`"))
        .label(format!("outside `{section}`"))
        .help(format!("move the line into the section `{section}`"))
}

/// The steps of a section's lines; anything else is reported.
pub fn statement_steps<'f>(section: Section<'f>, diags: &mut Vec<Diagnostic>) -> Vec<&'f Step> {
    section.body.stmts.iter().filter_map(|stmt| statement_step(stmt, section.name, diags)).collect()
}

/// The one step of a line of a section; anything else is reported.
pub fn statement_step<'f>(stmt: &'f Stmt, section: &str, diags: &mut Vec<Diagnostic>) -> Option<&'f Step> {
    let top_only = |span, what: &str| {
        Diagnostic::error("E0107", span, format!("{what} stand at the top of the file"))
            .label(format!("inside `{section}`"))
    };
    diags.push(match stmt {
        Stmt::Chain(chain) if chain.label.is_none() && chain.steps.len() == 1 => {
            let step = &chain.steps[0];
            if let Some(body) = step.body.as_ref().filter(|_| !takes_a_block(section, &step.name.text)) {
                diags.push(
                    Diagnostic::error("E0213", body.span, format!("`{}` takes no block", step.name.text))
                        .label("not expected"),
                );
            }
            return Some(step);
        }
        Stmt::Error(_) => return None,
        Stmt::Chain(chain) => {
            Diagnostic::error("E0107", chain.span, format!("a line of `{section}` is one statement"))
                .label("a chain or a label")
        }
        Stmt::Param(b) | Stmt::Let(b) => top_only(b.span, "definitions"),
        Stmt::Block(b) => top_only(b.span, "blocks"),
        Stmt::If(i) => {
            Diagnostic::error("E0204", i.span, format!("`if` in `{section}` is not in this version"))
                .label("not built yet")
        }
        Stmt::Repeat(r) => Diagnostic::error("E0107", r.span, "`repeat` stands in `net`")
            .label(format!("inside `{section}`")),
    });
    None
}

/// Whether a statement of a section is followed by others in braces.
fn takes_a_block(section: &str, word: &str) -> bool {
    match section {
        "augment" => augment::find(word).is_some_and(|word| word.holds_statements()),
        "predict" => word == "augment",
        _ => false,
    }
}

/// `FAMILY WORD, args...`: the word, its place and the other arguments.
pub fn family_word<'f>(
    step: &'f Step,
    family: &str,
    example: &str,
) -> Result<(&'f str, Span, &'f [Arg]), Diagnostic> {
    match step.args.split_first() {
        Some((Arg { key: ArgKey::Positional, value, .. }, rest)) => match &value.kind {
            ExprKind::Path(word) => Ok((word, value.span, rest)),
            _ => Err(Diagnostic::error("E0205", value.span, format!("`{family}` begins with a word"))
                .label(format!("such as `{example}`"))),
        },
        _ => Err(Diagnostic::error("E0201", step.span, format!("`{family}` needs a word"))
            .label(format!("such as `{example}`"))),
    }
}

/// Span of a step's word and arguments.
pub fn use_span(step: &Step) -> Span {
    step.args.last().map_or(step.name.span, |last| step.name.span.to(last.span))
}

/// The answer to a word of another library, where there is one: what is written here.
pub fn called_otherwise(what: &str, word: &str, span: Span, ours: Option<&str>) -> Option<Diagnostic> {
    let error = Diagnostic::error("E0203", span, format!("unknown {what} `{word}`"));
    ours.map(|ours| error.label("has another name here").fix("this is its name", span, ours))
}

/// A statement or word that is not known: with its name here, did-you-mean, or as not in this version.
pub fn unknown_word(what: &str, word: &str, span: Span, known: &[&str], not_yet: &[&str]) -> Diagnostic {
    if not_yet.contains(&word) {
        return Diagnostic::error("E0204", span, format!("the {what} `{word}` is not in this version"))
            .label("not built yet");
    }
    if let Some(error) = called_otherwise(what, word, span, elsewhere::word(what, word)) {
        return error;
    }
    let error = Diagnostic::error("E0203", span, format!("unknown {what} `{word}`"))
        .label(format!("no {what} has this name"));
    if let Some(advice) = elsewhere::advice(what, word) {
        return error.help(advice);
    }
    match nearest(word, known.iter().copied()) {
        Some(near) => error.fix("a similar name exists", span, near),
        None => error.note(format!("known: {}", known.join(", "))),
    }
}
