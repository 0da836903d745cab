//! The `net` section: statements become nodes.
//!
//! A value flows downward; each step transforms it. After an error the flow is [`Flow::Broken`]: names and arguments are still
//! checked, shapes no longer, so that one mistake is reported once and the next one too.

use std::collections::{BTreeMap, BTreeSet};

use super::{
    bind::bind,
    eval::{eval, too_late},
    forms, mention,
    scope::Scope,
    suggest::nearest,
};
use crate::{
    diag::{Diagnostic, Span},
    layers::{self, Expand, Infer, Layer, Place, Source},
    model::{Node, NodeId, NodeKind, Output, Param, ParamId, State, StateId, Use, WeightDrop},
    syntax::ast::{self, ArgKey, BlockDef, Body, Chain, Step, Stmt},
    vocab::{Block, Value},
};

/// More nodes than this is a slip in a `repeat`, not a net.
const MAX_NODES: usize = 20_000;
/// More steps than this, layers or not: a net of nothing that never ends.
const MAX_STEPS: usize = 500_000;
/// Blocks inside blocks, none of which calls itself.
const MAX_DEPTH: usize = 64;

/// The value that flows into a step.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Flow {
    /// Nothing flows yet: the first step must be an input or `from`.
    Start,
    Node(NodeId),
    /// Something above was wrong.
    Broken,
}

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
    pub nodes: Vec<Node>,
    pub inputs: Vec<NodeId>,
    pub params: Vec<Param>,
    pub states: Vec<State>,
    pub output: Option<Output>,
    /// An `output` was written, right or wrong.
    pub saw_output: bool,
    labels: BTreeMap<String, Label>,
    prefix: String,
    ordinals: BTreeMap<String, usize>,
    weight_drop: Option<WeightDrop>,
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
        diags: &'f mut Vec<Diagnostic>,
    ) -> Self {
        let file_depth = scope.depth();
        Self {
            scope,
            diags,
            blocks,
            file_depth,
            nodes: Vec::new(),
            inputs: Vec::new(),
            params: Vec::new(),
            states: Vec::new(),
            output: None,
            saw_output: false,
            labels: BTreeMap::new(),
            prefix: String::new(),
            ordinals: BTreeMap::new(),
            weight_drop: None,
            calls: Vec::new(),
            called: BTreeSet::new(),
            steps: 0,
            stopped: false,
        }
    }

    pub(crate) fn report(&mut self, diagnostic: Diagnostic) -> Flow {
        self.diags.push(diagnostic);
        Flow::Broken
    }

    /// Runs statements in order; answers the flow after the last.
    pub fn statements(&mut self, stmts: impl IntoIterator<Item = &'f Stmt>, mut flow: Flow) -> Flow {
        for stmt in stmts {
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

    /// The body of a layer that holds layers: a level of the instance path.
    pub(crate) fn inside(&mut self, level: &str, body: &'f Body, flow: Flow) -> Flow {
        self.inside_of(level, &body.stmts, flow)
    }

    /// The same for some statements of a body.
    pub(crate) fn inside_of(
        &mut self,
        level: &str,
        stmts: impl IntoIterator<Item = &'f Stmt>,
        flow: Flow,
    ) -> Flow {
        let prefix = std::mem::replace(&mut self.prefix, format!("{level}/"));
        let depth = self.scope.depth();
        let flow = self.statements(stmts, flow);
        self.scope.truncate(depth);
        self.prefix = prefix;
        flow
    }

    pub(crate) fn weight_drop(&self) -> Option<WeightDrop> {
        self.weight_drop
    }

    /// Runs `f` with weight masks on.
    pub(crate) fn with_weight_drop<T>(&mut self, drop: WeightDrop, f: impl FnOnce(&mut Self) -> T) -> T {
        let outer = self.weight_drop.replace(drop);
        let result = f(self);
        self.weight_drop = outer;
        result
    }

    fn choice(&mut self, choice: &'f ast::If, flow: Flow) -> Flow {
        match eval(&choice.condition, self.scope) {
            Ok(Value::Bool(taken)) => {
                let then = Some(&choice.then);
                let otherwise = choice.otherwise.as_ref();
                let (body, other) = if taken { (then, otherwise) } else { (otherwise, then) };
                other.into_iter().for_each(|body| self.mention(body));
                body.map_or(flow, |body| self.body(body, flow))
            }
            Ok(Value::Symbol(symbol)) => self.report(*too_late(&symbol, choice.condition.span, "`if`")),
            Ok(other) => {
                let found = super::eval::describe(&other);
                self.report(
                    Diagnostic::error(
                        "E0205",
                        choice.condition.span,
                        format!("`if` needs true or false, found {found}"),
                    )
                    .label("not a condition"),
                )
            }
            Err(d) => self.report(*d),
        }
    }

    /// The names in a part that is not elaborated count as used.
    fn mention(&mut self, body: &'f Body) {
        for name in mention::names(body) {
            self.scope.lookup(name);
            self.called.insert(name);
            if let Some(label) = self.labels.get_mut(name) {
                label.used = true;
            }
        }
    }

    fn repeat(&mut self, repeat: &'f ast::Repeat, mut flow: Flow) -> Flow {
        let count = match eval(&repeat.count, self.scope) {
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
            if self.too_large(repeat.count.span) {
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

    /// The weights of a labelled chain bear its label, if one layer owns them all.
    fn name_params(&mut self, label: &ast::Ident, nodes: std::ops::Range<usize>, first_param: usize) {
        let owners = self.nodes[nodes].iter().filter(|n| !n.params.is_empty()).count();
        if owners != 1 {
            return;
        }
        for param in &mut self.params[first_param..] {
            let suffix = param.name.rsplit('.').next().unwrap_or_default();
            param.name = format!("{}{}.{suffix}", self.prefix, label.text);
        }
    }

    fn define_label(&mut self, label: &ast::Ident, value: Label) {
        let fault = self.label_fault(label);
        self.diags.extend(fault);
        // Known all the same, so that its uses are not reported on top.
        self.labels.entry(label.text.clone()).or_insert(value);
    }

    /// Why a label cannot bear this name.
    fn label_fault(&self, label: &ast::Ident) -> Option<Diagnostic> {
        let (name, span) = (&label.text, label.span);
        let taken = |text: String| Diagnostic::error("E0102", span, text);
        let input = self.inputs.iter().map(|id| &self.nodes[id.0]).find(|node| node.path == *name);
        match self.labels.get(name) {
            Some(earlier) if earlier.span == span => {
                return Some(
                    taken(format!("the label `{name}` would name the result of every pass"))
                        .label("inside `repeat`")
                        .help("leave it out, or make what is repeated a block of its own: labels are seen in their block"),
                );
            }
            Some(earlier) => {
                return Some(
                    taken(format!("the label `{name}` is already used"))
                        .label("used again")
                        .also(earlier.span, "first used here")
                        .help("give one of them another name"),
                );
            }
            None => {}
        }
        if let Some(input) = input {
            let error = taken(format!("the label `{name}` is the name of an input")).label("used again");
            return Some(error.also(input.span, "the input").help("give the label another name"));
        }
        // `dense_2` is the second dense layer without a label: its weights would have the same name in the checkpoint.
        let (stem, ordinal) = name.rsplit_once('_')?;
        let word = layers::find(stem).is_some() || self.blocks.contains_key(stem) || stem == "reuse";
        (word && ordinal.bytes().all(|b| b.is_ascii_digit())).then(|| {
            Diagnostic::error("E0110", span, format!("`{name}` is how a `{stem}` without a label is called"))
                .label("would name two layers")
                .help("choose another label")
        })
    }

    /// The value of a label or an input.
    pub(crate) fn labelled(&mut self, name: &str, span: Span) -> Flow {
        if let Some(label) = self.labels.get_mut(name) {
            label.used = true;
            return label.flow;
        }
        let input = self
            .inputs
            .iter()
            .copied()
            .find(|&id| matches!(&self.nodes[id.0].kind, NodeKind::Input { name: n } if n == name));
        if let Some(id) = input {
            return Flow::Node(id);
        }
        let inputs = self.inputs.iter().filter_map(|&id| match &self.nodes[id.0].kind {
            NodeKind::Input { name } => Some(name.as_str()),
            NodeKind::Layer(_) => None,
        });
        let error = Diagnostic::error("E0106", span, format!("no label or input is named `{name}`"))
            .label("labels are seen from the line where they stand");
        let error = match nearest(name, inputs.chain(self.labels.keys().map(String::as_str))) {
            Some(known) => error.fix("a similar name exists", span, known),
            None => error,
        };
        self.report(error)
    }

    fn step(&mut self, step: &'f Step, flow: Flow, label: Option<&str>) -> Flow {
        if self.too_large(step.span) {
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
            name => {
                if let Some(block) = self.blocks.get(name).copied() {
                    self.call(block, step, flow, label)
                } else if let Some(layer) = layers::find(name) {
                    self.layer(layer, step, flow, label)
                } else {
                    let error = forms::unknown_layer(step, self.blocks.keys().map(String::as_str));
                    self.report(error)
                }
            }
        }
    }

    /// Counts one more step; a net that grows beyond all bounds is reported once.
    fn too_large(&mut self, span: Span) -> bool {
        self.steps += 1;
        let what = match (self.nodes.len() > MAX_NODES, self.steps > MAX_STEPS) {
            (true, _) => format!("the net has more than {MAX_NODES} layers"),
            (_, true) => format!("the net takes more than {MAX_STEPS} steps to expand"),
            _ => return false,
        };
        if !std::mem::replace(&mut self.stopped, true) {
            self.report(Diagnostic::error("E0305", span, what).label("stopped here"));
        }
        true
    }

    fn no_block(&mut self, word: &str, body: &Body) {
        let error = Diagnostic::error("E0213", body.span, format!("`{word}` takes no block"));
        self.report(error.label("not expected"));
    }

    fn input(&mut self, step: &'f Step, flow: Flow) -> Flow {
        if step.args.is_empty() {
            let d = Diagnostic::error("E0201", step.span, "`input` needs a name and a type")
                .label("nothing is declared")
                .help("write, for example, `input x: real[8]`");
            return self.report(d);
        }
        let mut last = flow;
        for arg in &step.args {
            let ArgKey::Typed(name) = &arg.key else {
                let d = Diagnostic::error("E0205", arg.span, "`input` needs `name: type`")
                    .label("no type")
                    .help("write, for example, `input x: real[8]`");
                last = self.report(d);
                continue;
            };
            let clash = self.inputs.iter().any(|&id| self.nodes[id.0].path == name.text);
            if clash {
                let d = Diagnostic::error(
                    "E0102",
                    name.span,
                    format!("the input `{}` is declared twice", name.text),
                )
                .label("declared again");
                last = self.report(d);
                continue;
            }
            last = match forms::input_type(&arg.value, self.scope) {
                Ok(ty) => {
                    let id = NodeId(self.nodes.len());
                    self.nodes.push(Node {
                        path: name.text.clone(),
                        kind: NodeKind::Input { name: name.text.clone() },
                        inputs: Vec::new(),
                        ty,
                        params: Vec::new(),
                        states: Vec::new(),
                        weight_drop: None,
                        span: arg.span,
                    });
                    self.inputs.push(id);
                    Flow::Node(id)
                }
                Err(d) => self.report(*d),
            };
        }
        last
    }

    fn output(&mut self, step: &'f Step, flow: Flow) -> Flow {
        if self.saw_output {
            let d = Diagnostic::error("E0204", step.span, "a second `output` is not in this version")
                .label("a net has one output");
            return self.report(d);
        }
        self.saw_output = true;
        match forms::output(step, self.scope) {
            Ok((name, kind)) => {
                let Flow::Node(source) = flow else {
                    return self.dangling(step, flow);
                };
                if let Err(d) = forms::fits_output(&self.nodes, source, kind, step.span) {
                    self.report(*d);
                }
                self.output = Some(Output { name, kind, source, span: step.span });
            }
            Err(d) => {
                self.report(*d);
            }
        }
        flow
    }

    /// A step that needs a value and has none.
    fn dangling(&mut self, step: &Step, flow: Flow) -> Flow {
        if flow == Flow::Start {
            let d = Diagnostic::error("E0105", step.span, format!("nothing flows into `{}`", step.name.text))
                .label("no value yet")
                .help("declare an input above: `input x: real[8]`");
            return self.report(d);
        }
        Flow::Broken
    }

    fn from(&mut self, step: &'f Step) -> Flow {
        match forms::one_name(step) {
            Ok((name, span)) => self.labelled(&name, span),
            Err(d) => self.report(*d),
        }
    }

    /// Applies a labelled chain again: same weights, new input, own sites.
    fn reuse(&mut self, step: &'f Step, flow: Flow, label: Option<&str>) -> Flow {
        let (name, span) = match forms::one_name(step) {
            Ok(found) => found,
            Err(d) => return self.report(*d),
        };
        if let (Flow::Broken, _) = (self.labelled(&name, span), ()) {
            return Flow::Broken;
        }
        let Some(chain) = self.labels.get(&name).cloned() else {
            let d = Diagnostic::error(
                "E0106",
                span,
                format!("`{name}` is an input; `reuse` takes a labelled chain of layers"),
            )
            .label("has no weights");
            return self.report(d);
        };
        let (Flow::Node(input), Flow::Node(entry), Flow::Node(result)) = (flow, chain.entry, chain.flow)
        else {
            return self.dangling(step, flow);
        };
        let path = self.path("reuse", label);
        let mut map = BTreeMap::from([(entry, input)]);
        for old in chain.nodes {
            let mut node = self.nodes[old].clone();
            if matches!(node.kind, NodeKind::Input { .. }) {
                continue;
            }
            node.inputs = node.inputs.iter().map(|i| map.get(i).copied().unwrap_or(*i)).collect();
            let tail = node.path.clone();
            node.path = format!("{path}/{tail}");
            node.span = step.span;
            node.weight_drop = node.weight_drop.or(self.weight_drop);
            match self.infer_again(node) {
                Ok(id) => map.insert(NodeId(old), id),
                Err(d) => return self.report(*d),
            };
        }
        Flow::Node(map.get(&result).copied().unwrap_or(result))
    }

    /// Checks a copied node against its new inputs; its parameters and states stay those of the original.
    fn infer_again(&mut self, mut node: Node) -> Result<NodeId, Box<Diagnostic>> {
        let sources = self.sources(&node.inputs);
        let place = self.place(&node.inputs);
        if let NodeKind::Layer(used) = &mut node.kind {
            let behind = self.behind(&node.inputs);
            let mut cx = Infer::new(&mut used.args, &sources, place, behind);
            let ty = used.word.infer(&mut cx)?;
            for (decl, id) in cx.params.iter().zip(&node.params) {
                let owned = &self.params[id.0].dims;
                if decl.dims != *owned {
                    return Err(Box::new(
                        Diagnostic::error(
                            "E0301",
                            node.span,
                            format!("`reuse` needs weights of {:?}, the original has {owned:?}", decl.dims),
                        )
                        .label("the input has another width than the original's")
                        .also(self.nodes[self.params[id.0].node.0].span, "the weights come from here"),
                    ));
                }
            }
            node.ty = ty;
        }
        let id = NodeId(self.nodes.len());
        self.nodes.push(node);
        Ok(id)
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
            self.scope.declare(&name, Ok(value), formal.map_or(block.name.span, |formal| formal.name.span));
        }
        self.calls.push(&block.name.text);
        let labels = std::mem::take(&mut self.labels);
        let flow = self.inside(&level, &block.body, flow);
        self.warn_unused_labels();
        self.labels = labels;
        self.calls.pop();
        self.scope.attach(self.file_depth, hidden);
        flow
    }

    fn layer(&mut self, layer: &'static dyn Layer, step: &'f Step, flow: Flow, label: Option<&str>) -> Flow {
        let sig = layer.sig();
        let head = step
            .body
            .as_ref()
            .map_or(step.span, |b| Span::new(step.span.start, b.span.start.max(step.name.span.end)));
        let args = bind(sig, &step.args, trim(head, step), self.scope, self.diags);
        match (&step.body, sig.block) {
            (Some(body), Block::None) => self.no_block(sig.name, body),
            (None, Block::Body) => {
                let d =
                    Diagnostic::error("E0213", step.span, format!("`{}` needs a block of layers", sig.name))
                        .label("no block")
                        .help(format!("write `{} {{ ... }}`", sig.name));
                return self.report(d);
            }
            _ => {}
        }
        if flow == Flow::Start && sig.block != Block::Branches && !layer.takes_names() {
            return self.dangling(step, flow);
        }
        let path = self.path(sig.name, label);
        let flow = if args.is_none() { Flow::Broken } else { flow };
        let args = args.unwrap_or_else(|| crate::vocab::Args::new(sig, step.span, Vec::new()));
        let mut cx = Expand::new(self, layer, args, step, flow, path);
        match layer.expand(&mut cx) {
            Ok(id) => Flow::Node(id),
            Err(_) => Flow::Broken,
        }
    }

    /// The instance path of the next use of `word` here.
    fn path(&mut self, word: &str, label: Option<&str>) -> String {
        if let Some(label) = label {
            return format!("{}{label}", self.prefix);
        }
        let stem = format!("{}{word}", self.prefix);
        let ordinal = self.ordinals.entry(stem.clone()).or_insert(0);
        *ordinal += 1;
        format!("{stem}_{ordinal}")
    }

    fn sources(&self, inputs: &[NodeId]) -> Vec<Source> {
        inputs
            .iter()
            .map(|id| {
                let node = &self.nodes[id.0];
                let name = match &node.kind {
                    NodeKind::Input { name } => format!("`input {name}`"),
                    NodeKind::Layer(_) => format!("`{}`", node.path),
                };
                Source { ty: node.ty.clone(), name, span: node.span }
            })
            .collect()
    }

    /// What lies between the input and these values.
    fn place(&self, inputs: &[NodeId]) -> Place {
        let [mut id] = inputs[..] else { return Place::Unclear };
        loop {
            let node = &self.nodes[id.0];
            if node.params.iter().any(|p| self.params[p.0].dims.len() > 1) {
                return Place::Hidden;
            }
            match node.inputs[..] {
                [] => return Place::Input,
                [before] => id = before,
                _ => return Place::Unclear,
            }
        }
    }

    /// The last two layers that a value came through, nearest first; none where several values meet.
    fn behind(&self, inputs: &[NodeId]) -> Vec<Use<dyn Layer>> {
        let mut uses = Vec::new();
        let mut inputs = inputs;
        while let ([id], true) = (inputs, uses.len() < 2) {
            let node = &self.nodes[id.0];
            let NodeKind::Layer(used) = &node.kind else { break };
            uses.push(used.clone());
            inputs = &node.inputs;
        }
        uses
    }

    /// Adds one node; shape errors are reported.
    pub(crate) fn add(
        &mut self,
        layer: &'static dyn Layer,
        mut args: crate::vocab::Args,
        inputs: &[NodeId],
        path: &str,
    ) -> Flow {
        let sources = self.sources(inputs);
        let place = self.place(inputs);
        let mut cx = Infer::new(&mut args, &sources, place, self.behind(inputs));
        let result = layer.infer(&mut cx);
        let (params, states, warnings) = (cx.params, cx.states, cx.warnings);
        self.diags.extend(warnings);
        let ty = match result.and_then(|ty| forms::fits_memory(ty, &params, args.span)) {
            Ok(ty) => ty,
            Err(d) => return self.report(d),
        };
        let id = NodeId(self.nodes.len());
        let param_ids = params.into_iter().map(|p| {
            let name = format!("{path}.{}", p.suffix);
            self.params.push(Param {
                name,
                dims: p.dims,
                role: p.role,
                init: p.init,
                max_norm: p.max_norm,
                l1: p.l1,
                l2: p.l2,
                node: id,
            });
            ParamId(self.params.len() - 1)
        });
        let param_ids = param_ids.collect();
        let state_ids = states.into_iter().map(|s| {
            self.states.push(State { name: format!("{path}.{}", s.suffix), dims: s.dims, start: s.start });
            StateId(self.states.len() - 1)
        });
        let states = state_ids.collect();
        let span = args.span;
        self.nodes.push(Node {
            path: path.into(),
            kind: NodeKind::Layer(Use { word: layer, args }),
            inputs: inputs.to_vec(),
            ty,
            params: param_ids,
            states,
            weight_drop: self.weight_drop,
            span,
        });
        Flow::Node(id)
    }

    /// Blocks that nothing calls, and layers that nothing reads: they would be passed over in silence.
    pub fn warn_idle(&mut self) {
        for (name, block) in self.blocks {
            if !self.called.contains(name.as_str()) {
                self.diags.push(super::unused(name, block.name.span));
                self.mention(&block.body);
            }
        }
        let read: BTreeSet<NodeId> = self.nodes.iter().flat_map(|node| node.inputs.iter().copied()).collect();
        for (i, node) in self.nodes.iter().enumerate() {
            let id = NodeId(i);
            // An input may be left unread: it takes its numbers of a row so that they do not go to the next one.
            let idle = matches!(node.kind, NodeKind::Layer(_)) && !read.contains(&id);
            if !idle || self.output.as_ref().is_some_and(|output| output.source == id) {
                continue;
            }
            self.diags.push(
                Diagnostic::warning("W0204", node.span, format!("nothing reads `{}`", node.path))
                    .label("does not reach the output")
                    .help("take it out, or label it and join it: `concat`, `add`"),
            );
        }
    }

    pub fn warn_unused_labels(&mut self) {
        let unused: Vec<(String, Span)> = self
            .labels
            .iter()
            .filter(|(_, l)| !l.used && !matches!(l.flow, Flow::Broken))
            .map(|(n, l)| (n.clone(), l.span))
            .collect();
        for (name, span) in unused {
            self.diags.push(
                Diagnostic::warning("W0202", span, format!("the label `{name}` is never used"))
                    .label("names weights in the checkpoint, nothing else"),
            );
        }
    }
}

/// The step without its block and the blanks before it.
fn trim(head: Span, step: &Step) -> Span {
    let end = step.args.last().map_or(step.name.span.end, |a| a.span.end);
    Span::new(head.start, end.max(step.name.span.end).min(head.end.max(end)))
}
