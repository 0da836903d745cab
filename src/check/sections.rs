//! The sections of a file, and the model they make together.

use std::collections::BTreeMap;

use super::{
    Sketch,
    activities::Labelled,
    augment, carry, data, loads,
    net::Net,
    parts, penalties, positive, predict,
    scope::Scope,
    section::{NAMES, Section, misplaced},
    suggest::nearest,
    sweep, times, train,
};
use crate::{
    data::{STATEMENTS, Split},
    diag::{Diagnostic, Span},
    layers::Flow,
    model::{Fitted, Model, Predict, Train},
    syntax::ast::{Arg, ArgKey, BlockDef, Comment, ExprKind, File, Step, Stmt},
    train::bayes_decay::{TARGET_VARIANCE, TRAIN_TOKENS},
    vocab::Value,
};

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
        self.found.push(Section { name, head: span, body, home });
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
        let mut data = self.get("data").and_then(|section| data::section(section, scope, diags));
        let Some(section) = self.get("net") else {
            diags.push(
                Diagnostic::error("E0104", Span::new(self.end, self.end), "the file has no `net` section")
                    .label("a net is needed")
                    .help("write `net { input x: real[8] ... output y: class[3] }` on lines"),
            );
            return (None, Sketch::default());
        };
        let mut net = Net::new(scope, blocks, self.comments, home, diags);
        net.trained_labels = self.get("train").iter().flat_map(|s| parts::labels_named(s.body)).collect();
        net.statements(&section.body.stmts, Flow::Start);
        net.warn_unused_labels();
        net.warn_idle();
        let close = Span::new(section.body.span.end.saturating_sub(1), section.body.span.end);
        let broken = net.diags.iter().any(Diagnostic::is_error);
        let waits = net.waits();
        if net.inputs.is_empty() && !broken && !waits {
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
        let flows = net.flows_of_labels();
        if let (true, Some(data)) = (net.answers_each, &mut data) {
            data.answer_each();
        }
        let (nodes, inputs, params, states, output, labels) =
            (net.nodes, net.inputs, net.params, net.states, net.output, net.seen_labels);
        let (open, open_vocab) = (net.open, net.open_vocab);
        let sketch = Sketch { nodes: nodes.clone(), params: params.clone(), data: data.clone(), waits };
        if waits && self.get("data").is_none() {
            diags.push(
                Diagnostic::error(
                    "E0501",
                    section.head,
                    "`_` is a size that the data say, and the file has no `data` section",
                )
                .label("of which size is it?")
                .help("add `data { source csv, \"table.csv\" }` on lines, or write the number"),
            );
        }
        let kind = output.as_ref().map(|o| o.kind);
        if let (Some(data), Some(kind)) = (&data, kind) {
            diags.extend(data.check_output(kind.want(), kind.says_spread()));
        }
        let augmented: Option<Vec<augment::Input>> = (!broken && !waits).then(|| {
            let inputs = inputs.iter().map(|id| &nodes[id.0]);
            inputs.filter_map(augment::Input::of).collect()
        });
        let train = self.get("train").and_then(|s| {
            let beside = self.get("augment").map(|s| (s, augmented.as_deref()));
            let roles = params.iter().map(|param| param.role).collect();
            let labelled = (!broken && !waits).then(|| Labelled { flows, nodes: &nodes, roles });
            train::section(s, beside, kind, (data.as_ref(), labelled.as_ref()), scope, diags)
        });
        if let (Some(augment), None) = (self.get("augment"), self.get("train")) {
            diags.push(
                Diagnostic::error("E0405", augment.head, "`augment` without a `train` section has no effect")
                    .label("acts in training only"),
            );
        }
        let found = self.get("predict").map(|s| predict::section(s, kind, scope, diags));
        let sweep = self.get("sweep").map(|s| sweep::section(s, &knobs, scope, diags));
        let predict = Predict::default();
        let tokens = scope.attributes.get(TRAIN_TOKENS).filter(|_| {
            let per_step = |train: &Train| train.loss.word.is_per_step(&train.loss.args, kind?).then_some(());
            train.as_ref().and_then(per_step).is_some()
        });
        let fitted = scope.attributes.get("train.rows").map(|rows| Fitted {
            rows: *rows,
            terms: *tokens.unwrap_or(rows),
            variance: scope.attributes.get(TARGET_VARIANCE).copied().unwrap_or(1.0),
        });
        let Some(output) = output else { return (None, sketch) };
        let mut model = Model {
            nodes,
            inputs,
            output,
            params,
            states,
            data,
            open,
            open_vocab,
            train,
            predict,
            sweep: None,
            fitted,
            knobs,
            given: Vec::new(),
            direct: false,
        };

        if let Some(found) = found {
            model.predict = found.finish(&model, sweep.is_some(), diags);
        }
        model.sweep = sweep.and_then(|found| found.finish(&model, diags));
        if model.train.as_ref().is_some_and(Train::watches_valid) {
            let split = model.data.as_mut().and_then(|data| data.settings.split.as_mut());
            split.into_iter().for_each(Split::spare_for_watching);
        }
        diags.extend(carry::check(&model));
        diags.extend(positive::check(&model));
        diags.extend(penalties::check(&model));
        diags.extend(times::late_ramps(&model));
        diags.extend(parts::check(&model, &labels));
        diags.extend(loads::check(&model, &labels));
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
    if word == "source" || STATEMENTS.iter().any(|w| w.sig.name == word) {
        Some("data")
    } else if train::STATEMENTS.contains(&word) {
        Some("train")
    } else if NAMES.contains(&word) {
        None
    } else if predict::PREDICT_STATEMENTS.iter().any(|sig| sig.name == word) {
        Some("predict")
    } else if sweep::SWEEP_STATEMENTS.iter().any(|sig| sig.name == word) {
        Some("sweep")
    } else if crate::layers::find(word).is_some() {
        Some("net")
    } else {
        crate::train::augment::find(word).map(|_| "augment")
    }
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
