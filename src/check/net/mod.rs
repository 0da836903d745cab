//! The `net` section: statements become nodes.
//!
//! A value flows downward; each step transforms it. After an error the flow is [`Flow::Broken`]: names and arguments are still
//! checked, shapes no longer, so that one mistake is reported once and the next one too.

mod ends;
mod labels;
mod nodes;
mod resolve;
mod site;

use std::collections::{BTreeMap, BTreeSet};

use super::{
    chosen,
    eval::{eval, too_late},
    forms, mention,
    scope::Scope,
    section::Home,
};
use resolve::Resolved;

use crate::{
    diag::{Diagnostic, Span},
    layers::{Flow, Place},
    model::{Node, NodeId, Output, Param, State, WeightDrop},
    syntax::ast::{self, BlockDef, Body, Chain, Comment, Step, Stmt},
    vocab::{Value, exactly},
};

/// More nodes than this is a slip in a `repeat`, not a net.
const MAX_NODES: usize = 20_000;
/// More steps than this, layers or not: a net of nothing that never ends.
const MAX_STEPS: usize = 500_000;
/// What the nodes may hold together, in bytes: their paths, inputs and arguments. A net of `MAX_NODES` usual layers has a twentieth of it.
const MAX_BULK: usize = 1 << 28;
/// Blocks inside blocks, none of which calls itself.
const MAX_DEPTH: usize = 64;

/// A named result, and the nodes between its entry and it, for `reuse`.
#[derive(Clone, Debug)]
struct Label {
    flow: Flow,
    entry: Flow,
    nodes: std::ops::Range<usize>,
    span: Span,
    used: bool,
}

/// The net under construction.
pub struct Net<'f> {
    pub scope: &'f mut Scope,
    pub diags: &'f mut Vec<Diagnostic>,
    blocks: &'f BTreeMap<String, &'f BlockDef>,
    /// Bindings of the file itself, all that a block's body sees besides its formals.
    file_depth: usize,
    comments: &'f [Comment],
    home: Home,
    /// The steps that were met, by where they begin: their chain and their place in it.
    written: BTreeMap<usize, (&'f Chain, usize)>,
    pub nodes: Vec<Node>,
    /// What lies between the input and each node.
    places: Vec<Place>,
    /// Whether windows slid over its axes.
    slid: Vec<bool>,
    bulk: usize,
    pub inputs: Vec<NodeId>,
    named: BTreeMap<String, NodeId>,
    /// Inputs whose sizes wait for the data.
    waiting: BTreeMap<String, Span>,
    /// A size `_`: that of the first input that has one, and whether there is any.
    takes_rest: Option<Span>,
    pub open: bool,
    /// Whether the vocabulary of its tokens is `_`.
    pub open_vocab: bool,
    /// The output is an answer at each step.
    pub answers_each: bool,
    pub params: Vec<Param>,
    pub states: Vec<State>,
    pub output: Option<Output>,
    /// An `output` was written, right or wrong.
    pub saw_output: bool,
    labels: BTreeMap<String, Label>,
    /// Labels of which the training section speaks.
    pub trained_labels: BTreeSet<&'f str>,
    /// All labels of the net and its blocks.
    pub seen_labels: BTreeSet<String>,
    prefix: String,
    ordinals: BTreeMap<String, usize>,
    weight_drop: Option<WeightDrop>,
    /// In what goes backwards through time: layers that do, so far.
    backwards: Option<usize>,
    /// The blocks that are being expanded, outermost first.
    calls: Vec<&'f str>,
    called: BTreeSet<&'f str>,
    steps: usize,
    /// The net grew too large, which has been reported.
    stopped: bool,
}

impl<'f> Net<'f> {
    pub fn new(
        scope: &'f mut Scope,
        blocks: &'f BTreeMap<String, &'f BlockDef>,
        comments: &'f [Comment],
        home: Home,
        diags: &'f mut Vec<Diagnostic>,
    ) -> Self {
        let file_depth = scope.depth();
        Self {
            scope,
            diags,
            blocks,
            file_depth,
            comments,
            home,
            written: BTreeMap::new(),
            nodes: Vec::new(),
            places: Vec::new(),
            slid: Vec::new(),
            bulk: 0,
            inputs: Vec::new(),
            named: BTreeMap::new(),
            waiting: BTreeMap::new(),
            takes_rest: None,
            open: false,
            open_vocab: false,
            answers_each: false,
            params: Vec::new(),
            states: Vec::new(),
            output: None,
            saw_output: false,
            labels: BTreeMap::new(),
            trained_labels: BTreeSet::new(),
            seen_labels: BTreeSet::new(),
            prefix: String::new(),
            ordinals: BTreeMap::new(),
            weight_drop: None,
            backwards: None,
            calls: Vec::new(),
            called: BTreeSet::new(),
            steps: 0,
            stopped: false,
        }
    }

    /// Whether a size that the data say is not known yet.
    pub fn waits(&self) -> bool {
        !self.waiting.is_empty() || (self.open && self.saw_output && self.output.is_none())
    }

    pub(crate) fn report(&mut self, diagnostic: Diagnostic) -> Flow {
        self.diags.push(diagnostic);
        Flow::Broken
    }

    /// Runs statements in order; answers the flow after the last.
    pub fn statements(&mut self, stmts: impl IntoIterator<Item = &'f Stmt>, mut flow: Flow) -> Flow {
        for stmt in stmts {
            if self.too_long(ast::span_of(stmt)) {
                return Flow::Broken;
            }
            flow = match stmt {
                Stmt::Chain(chain) => self.chain(chain, flow),
                Stmt::Let(binding) => {
                    forms::declare_let(binding, self.scope, self.diags);
                    flow
                }
                Stmt::If(choice) => self.choice(choice, flow),
                Stmt::Repeat(repeat) => self.repeat(repeat, flow),
                Stmt::Param(binding) => {
                    let d = Diagnostic::error(
                        "E0107",
                        binding.span,
                        "`param` stands at the top of the file, not in a section",
                    )
                    .label("inside `net`")
                    .help("move it above `net {`, or use `let`");
                    self.report(d);
                    flow
                }
                Stmt::Block(block) => {
                    let d = Diagnostic::error(
                        "E0107",
                        block.name.span,
                        "`block` stands at the top of the file, not in a section",
                    )
                    .label("inside `net`")
                    .help("move it above `net {`");
                    self.report(d);
                    flow
                }
                Stmt::Error(_) => Flow::Broken,
            };
        }
        flow
    }

    /// A nested body; its `let`s end with it.
    fn body(&mut self, body: &'f Body, flow: Flow) -> Flow {
        let depth = self.scope.depth();
        let flow = self.statements(&body.stmts, flow);
        self.scope.truncate(depth);
        flow
    }

    /// Statements of the body of a layer that holds layers: a level of the instance path.
    fn inside(&mut self, level: &str, stmts: impl IntoIterator<Item = &'f Stmt>, flow: Flow) -> Flow {
        let prefix = std::mem::replace(&mut self.prefix, format!("{level}/"));
        let depth = self.scope.depth();
        let flow = self.statements(stmts, flow);
        self.scope.truncate(depth);
        self.prefix = prefix;
        flow
    }

    fn choice(&mut self, choice: &'f ast::If, flow: Flow) -> Flow {
        match chosen::holds(choice, self.scope) {
            Ok(taken) => {
                let then = Some(&choice.then);
                let otherwise = choice.otherwise.as_ref();
                let (body, other) = if taken { (then, otherwise) } else { (otherwise, then) };
                other.into_iter().for_each(|body| self.mention(body));
                body.map_or(flow, |body| self.body(body, flow))
            }
            Err(fault) => self.report(*fault),
        }
    }

    /// The names in a part that is not elaborated count as used.
    fn mention(&mut self, body: &'f Body) {
        for name in mention::names(body) {
            self.steps += 1;
            self.scope.lookup(name);
            self.called.insert(name);
            if let Some(label) = self.labels.get_mut(name) {
                label.used = true;
            }
        }
    }

    fn repeat(&mut self, repeat: &'f ast::Repeat, mut flow: Flow) -> Flow {
        let count = match eval(&repeat.count, self.scope) {
            Ok(Value::Quantity(x, unit)) => {
                let error = Diagnostic::error("E0207", repeat.count.span, "a number of passes takes no unit")
                    .label(format!("is in `{unit}`"))
                    .fix("leave the unit out", repeat.count.span, exactly(x));
                return self.report(error);
            }
            Ok(Value::Number(x)) if x >= 0.0 && x.fract() == 0.0 && x <= MAX_NODES as f64 => x as usize,
            Ok(Value::Symbol(symbol)) => {
                return self.report(*too_late(&symbol, repeat.count.span, "`repeat`"));
            }
            Ok(other) => {
                let d =
                    Diagnostic::error("E0206", repeat.count.span, "`repeat` needs a whole number of passes")
                        .label(format!("is {}", super::eval::describe(&other)))
                        .note(format!("from 0 to {MAX_NODES}"));
                return self.report(d);
            }
            Err(d) => return self.report(*d),
        };
        for pass in 0..count {
            if self.too_large(repeat.count.span, 1) {
                return Flow::Broken;
            }
            let errors = self.diags.len();
            let depth = self.scope.depth();
            if let Some(index) = &repeat.index {
                self.scope.bind(&index.text, Value::Number(pass as f64));
            }
            flow = self.body(&repeat.body, flow);
            self.scope.truncate(depth);
            if self.diags[errors..].iter().any(Diagnostic::is_error) {
                return Flow::Broken;
            }
        }
        flow
    }

    fn chain(&mut self, chain: &'f Chain, flow: Flow) -> Flow {
        let first = self.nodes.len();
        let first_param = self.params.len();
        let mut entry = flow;
        let outer = self.prefix.clone();
        let single = chain.steps.len() == 1;
        let label = chain.label.as_ref().map(|l| l.text.as_str());
        if let (Some(label), false) = (label, single) {
            self.prefix = format!("{outer}{label}/");
        }
        let mut flow = flow;
        for (i, step) in chain.steps.iter().enumerate() {
            let name = if single { label } else { None };
            self.written.insert(step.span.start, (chain, i));
            flow = self.step(step, flow, name);
            if i == 0 && step.name.text == "from" {
                entry = flow;
            }
        }
        self.prefix = outer;
        if let Some(label) = &chain.label {
            self.name_params(label, first..self.nodes.len(), first_param);
            self.define_label(
                label,
                Label { flow, entry, nodes: first..self.nodes.len(), span: label.span, used: false },
            );
        }
        flow
    }

    fn step(&mut self, step: &'f Step, flow: Flow, label: Option<&str>) -> Flow {
        if step.name.text != "output" && self.too_large(step.span, 0) {
            return Flow::Broken;
        }
        if let (Some(body), "input" | "output") = (&step.body, step.name.text.as_str()) {
            self.no_block(&step.name.text, body);
        }
        match step.name.text.as_str() {
            "input" => self.input(step, flow),
            "output" => self.output(step, flow),
            "from" => self.from(step),
            "reuse" => self.reuse(step, flow, label),
            name => match self.resolved(name, step.name.span) {
                Ok(Resolved::Block(block)) => self.call(block, step, flow, label),
                Ok(Resolved::Layer(layer)) => self.layer(layer, step, flow, label),
                Ok(Resolved::Unknown) => {
                    let error = forms::unknown_layer(step, self.blocks.keys().map(String::as_str), self.home);
                    self.report(error)
                }
                Err(fault) => self.report(*fault),
            },
        }
    }

    /// Whether the net grows beyond all bounds with so many layers more.
    fn too_large(&mut self, span: Span, layers: usize) -> bool {
        let fault = match self.nodes.len() - self.inputs.len() + layers > MAX_NODES {
            true => Some(format!("the net has more than {MAX_NODES} layers")),
            false if self.bulk > MAX_BULK => {
                Some("the layers of the net hold too much: long names, or long lists of arguments".into())
            }
            false => None,
        };
        self.ends_by(fault, span) || self.too_long(span)
    }

    /// Counts one more step.
    fn too_long(&mut self, span: Span) -> bool {
        self.steps += 1;
        let fault =
            (self.steps > MAX_STEPS).then(|| format!("the net takes more than {MAX_STEPS} steps to expand"));
        self.ends_by(fault, span)
    }

    /// A net that grows without end is reported once.
    fn ends_by(&mut self, fault: Option<String>, span: Span) -> bool {
        let Some(what) = fault else { return false };
        if !std::mem::replace(&mut self.stopped, true) {
            self.report(Diagnostic::error("E0305", span, what).label("stopped here"));
        }
        true
    }

    /// A call of a user's block.
    fn call(&mut self, block: &'f BlockDef, step: &'f Step, flow: Flow, label: Option<&str>) -> Flow {
        let name = block.name.text.as_str();
        self.called.insert(name);
        if self.calls.contains(&name) || self.calls.len() >= MAX_DEPTH {
            let what = match self.calls.last() {
                Some(inner) if *inner == name => format!("`{name}` calls itself"),
                Some(inner) if self.calls.contains(&name) => {
                    format!("`{name}` calls itself through `{inner}`")
                }
                _ => format!("`{name}` stands more than {MAX_DEPTH} blocks deep"),
            };
            let d = Diagnostic::error("E0108", step.span, what)
                .label("would never end")
                .also(block.name.span, "this block")
                .help("use `repeat` for repetition");
            return self.report(d);
        }
        if let Some(body) = &step.body {
            self.no_block(name, body);
        }
        let Some(values) = forms::bind_formals(block, step, self.scope, self.diags) else {
            return Flow::Broken;
        };
        let level = self.path(&block.name.text, label);
        let hidden = self.scope.detach(self.file_depth);
        for (name, value) in values {
            let formal = block.formals.iter().find(|formal| formal.name.text == name);
            let span = formal.map_or(block.name.span, |formal| formal.name.span);
            let fault = self.scope.declare(&name, Ok(value), span);
            self.diags.extend(fault);
        }
        self.calls.push(&block.name.text);
        let labels = std::mem::take(&mut self.labels);
        let flow = self.inside(&level, &block.body.stmts, flow);
        self.warn_unused_labels();
        self.labels = labels;
        self.calls.pop();
        self.scope.attach(self.file_depth, hidden);
        flow
    }
}
