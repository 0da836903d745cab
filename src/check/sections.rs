//! The sections of a file, and the model they make together.

use std::collections::BTreeMap;

use super::{
    Sketch, bind::bind, net::Net, penalties, predict, scope::Scope, suggest::nearest, sweep, times, train,
};
use crate::layers::Flow;
use crate::{
    data::{self, DataConfig},
    diag::{Diagnostic, Span},
    model::{Fitted, Model, Predict},
    syntax::ast::{Arg, ArgKey, BlockDef, Body, Comment, ExprKind, File, Step, Stmt},
    train::bayes_decay::TARGET_VARIANCE,
    vocab::{Args, Value},
};

/// In their usual order.
pub const NAMES: &[&str] = &["data", "augment", "net", "train", "predict", "sweep"];

/// A section: its word and its block.
#[derive(Clone, Copy)]
pub struct Section<'f> {
    pub name: &'static str,
    pub head: Span,
    pub body: &'f Body,
}

#[derive(Default)]
pub struct Sections<'f> {
    found: Vec<Section<'f>>,
    comments: &'f [Comment],
    end: usize,
}

impl<'f> Sections<'f> {
    /// Finds the sections and reports what else stands at the top of the file.
    pub fn collect(file: &'f File, diags: &mut Vec<Diagnostic>) -> Self {
        let mut sections = Sections { comments: &file.comments, ..Sections::default() };
        let mut edition = None;
        for stmt in &file.stmts {
            match stmt {
                Stmt::Chain(chain) => {
                    sections.end = chain.span.end;
                    match &chain.steps[..] {
                        [step] if chain.label.is_none() && step.name.text == "edition" => {
                            check_edition(step, &mut edition, diags)
                        }
                        [step] if chain.label.is_none() => sections.section(step, diags),
                        _ => diags.push(
                            Diagnostic::error("E0103", chain.span, "layers stand inside `net { ... }`")
                                .label("outside every section"),
                        ),
                    }
                }
                Stmt::If(i) => diags.push(outside("if", i.span)),
                Stmt::Repeat(r) => diags.push(outside("repeat", r.span)),
                Stmt::Param(_) | Stmt::Let(_) | Stmt::Block(_) | Stmt::Error(_) => {}
            }
        }
        sections.warn_order(diags);
        sections
    }

    fn section(&mut self, step: &'f Step, diags: &mut Vec<Diagnostic>) {
        let span = step.name.span;
        let word = step.name.text.as_str();
        let Some(name) = NAMES.iter().copied().find(|n| *n == word) else {
            diags.push(unknown_section(step));
            return;
        };
        if let Some(arg) = step.args.first() {
            diags.push(
                Diagnostic::error("E0202", arg.span, format!("the section `{name}` takes no arguments"))
                    .label("not expected"),
            );
        }
        let Some(body) = &step.body else {
            diags.push(
                Diagnostic::error("E0213", span, format!("the section `{name}` needs a block"))
                    .label("no block")
                    .help(format!("write `{name} {{ ... }}`")),
            );
            return;
        };
        if let Some(first) = self.get(name) {
            diags.push(
                Diagnostic::error("E0104", span, format!("a second `{name}` section"))
                    .label("each section stands once")
                    .also(first.head, "the first one"),
            );
            return;
        }
        self.found.push(Section { name, head: span, body });
    }

    /// W0203 for an unusual order of sections.
    fn warn_order(&self, diags: &mut Vec<Diagnostic>) {
        let rank = |s: &Section| NAMES.iter().position(|n| *n == s.name);
        if let Some(pair) = self.found.windows(2).find(|pair| rank(&pair[0]) > rank(&pair[1])) {
            diags.push(
                Diagnostic::warning(
                    "W0203",
                    pair[1].head,
                    format!("`{}` usually stands before `{}`", pair[1].name, pair[0].name),
                )
                .label("unusual order")
                .note(format!("the usual order is {}", NAMES.join(", "))),
            );
        }
    }

    fn get(&self, name: &str) -> Option<Section<'f>> {
        self.found.iter().copied().find(|s| s.name == name)
    }

    /// Checks the sections one by one, and against each other.
    pub fn model(
        &self,
        scope: &mut Scope,
        blocks: &BTreeMap<String, &'f BlockDef>,
        knobs: Vec<(String, Value)>,
        diags: &mut Vec<Diagnostic>,
    ) -> (Option<Model>, Sketch) {
        let data = self.get("data").and_then(|section| data(section, scope, diags));
        let Some(section) = self.get("net") else {
            diags.push(
                Diagnostic::error("E0104", Span::new(self.end, self.end), "the file has no `net` section")
                    .label("a net is needed")
                    .help("write `net { input x: real[8] ... output y: class[3] }` on lines"),
            );
            return (None, Sketch::default());
        };
        let mut net = Net::new(scope, blocks, self.comments, diags);
        net.statements(&section.body.stmts, Flow::Start);
        net.warn_unused_labels();
        net.warn_idle();
        let close = Span::new(section.body.span.end.saturating_sub(1), section.body.span.end);
        let broken = net.diags.iter().any(Diagnostic::is_error);
        if net.inputs.is_empty() && !broken {
            net.diags.push(
                Diagnostic::error("E0105", section.head, "the net has no `input`")
                    .label("nothing flows in")
                    .help("begin with `input x: real[8]`"),
            );
        } else if !net.saw_output && !broken {
            net.diags.push(
                Diagnostic::error("E0105", close, "the net has no `output`")
                    .label("expected before this brace")
                    .help("end with, for example, `output y: class[10]`"),
            );
        }
        let (nodes, inputs, params, states, output) =
            (net.nodes, net.inputs, net.params, net.states, net.output);
        let sketch = Sketch { nodes: nodes.clone(), params: params.clone() };
        let kind = output.as_ref().map(|o| o.kind);
        if let (Some(data), Some(kind)) = (&data, kind) {
            diags.extend(data.check_output(kind.want()));
        }
        let train = self
            .get("train")
            .and_then(|s| train::section(s, self.get("augment"), kind, data.as_ref(), scope, diags));
        if let (Some(augment), None) = (self.get("augment"), self.get("train")) {
            diags.push(
                Diagnostic::error("E0405", augment.head, "`augment` without a `train` section has no effect")
                    .label("acts in training only"),
            );
        }
        let found = self.get("predict").map(|s| predict::section(s, kind, scope, diags));
        let sweep = self.get("sweep").map(|s| sweep::section(s, &knobs, scope, diags));
        let predict = Predict::default();
        let fitted = scope.attributes.get("train.rows").map(|rows| Fitted {
            rows: *rows,
            variance: scope.attributes.get(TARGET_VARIANCE).copied().unwrap_or(1.0),
        });
        let Some(output) = output else { return (None, sketch) };
        let mut model =
            Model { nodes, inputs, output, params, states, data, train, predict, sweep: None, fitted, knobs };

        if let Some(found) = found {
            model.predict = found.finish(&model, sweep.is_some(), diags);
        }
        model.sweep = sweep.and_then(|found| found.finish(&model, diags));
        diags.extend(penalties::check(&model));
        diags.extend(times::late_ramps(&model));
        (Some(model), sketch)
    }
}

fn outside(word: &str, span: Span) -> Diagnostic {
    Diagnostic::error("E0103", span, format!("`{word}` stands inside a section"))
        .label("outside every section")
}

fn unknown_section(step: &Step) -> Diagnostic {
    let (word, span) = (step.name.text.as_str(), step.name.span);
    if word == "use" {
        return Diagnostic::error("E0204", span, "`use` is not in this version")
            .label("not built yet")
            .help("copy the block into this file");
    }
    if let Some(section) = home(word) {
        return misplaced(word, section, span);
    }
    let error = Diagnostic::error("E0103", span, format!("unknown section `{word}`"))
        .label("no section has this name");
    match nearest(word, NAMES.iter().copied().chain(["edition"])) {
        Some(known) => error.fix("a section with a similar name exists", span, known),
        None => error.note(format!("sections are {}", NAMES.join(", "))),
    }
}

/// The section whose lines begin with this word.
pub fn home(word: &str) -> Option<&'static str> {
    if word == "source" || data::STATEMENTS.iter().any(|w| w.sig.name == word) {
        Some("data")
    } else if train::STATEMENTS.contains(&word) {
        Some("train")
    } else if predict::PREDICT_STATEMENTS.iter().any(|sig| sig.name == word) {
        Some("predict")
    } else if sweep::SWEEP_STATEMENTS.iter().any(|sig| sig.name == word) {
        Some("sweep")
    } else if train::AUGMENT_STATEMENTS.iter().any(|sig| sig.name == word) {
        Some("augment")
    } else {
        crate::layers::find(word).map(|_| "net")
    }
}

/// A line in another section than its own, or in none.
pub fn misplaced(word: &str, section: &str, span: Span) -> Diagnostic {
    Diagnostic::error("E0103", span, format!("`{word}` stands inside `{section} {{ ... }}`"))
        .label(format!("outside `{section}`"))
        .help(format!("move the line into the section `{section}`"))
}

fn check_edition(step: &Step, seen: &mut Option<Span>, diags: &mut Vec<Diagnostic>) {
    if let Some(first) = seen {
        diags.push(
            Diagnostic::error("E0104", step.span, "`edition` is given twice")
                .label("given again")
                .also(*first, "the first one"),
        );
    }
    *seen = Some(step.span);
    let sound = matches!(
        &step.args[..],
        [Arg { key: ArgKey::Positional, value, .. }] if matches!(value.kind, ExprKind::Number { value: 1.0, unit: None })
    );
    if !sound || step.body.is_some() {
        diags.push(
            Diagnostic::error("E0112", step.span, "this version knows edition 1")
                .label("unknown edition")
                .fix("write", step.span, "edition 1"),
        );
    }
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
            if let Some(body) = &step.body {
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

/// A statement or word that is not known: with did-you-mean, or as not in this version.
pub fn unknown_word(what: &str, word: &str, span: Span, known: &[&str], not_yet: &[&str]) -> Diagnostic {
    if not_yet.contains(&word) {
        return Diagnostic::error("E0204", span, format!("the {what} `{word}` is not in this version"))
            .label("not built yet");
    }
    let error = Diagnostic::error("E0203", span, format!("unknown {what} `{word}`"))
        .label(format!("no {what} has this name"));
    match nearest(word, known.iter().copied()) {
        Some(near) => error.fix("a similar name exists", span, near),
        None => error.note(format!("known: {}", known.join(", "))),
    }
}

/// Statements of `data` and sources that the language has and this version does not.
const DATA_NOT_YET: &[&str] = &["tokenize", "window", "resample", "cifar10", "text", "audio", "images"];

fn data(section: Section<'_>, scope: &mut Scope, diags: &mut Vec<Diagnostic>) -> Option<DataConfig> {
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
        } else if let Some(section) = home(word) {
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
