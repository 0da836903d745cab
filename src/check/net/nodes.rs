//! Uses of layers: a step and what flows into it become a node with its parameters.

use std::collections::BTreeSet;

use super::Net;
use crate::layers::Flow;
use crate::{
    check::{bind::bind, forms, naming::unused},
    diag::{Diagnostic, Span},
    layers::{Expand, Infer, Layer, Place, Source, shaped},
    model::{Node, NodeId, NodeKind, Param, ParamId, State, StateId, Ty, Use},
    syntax::ast::Step,
    vocab::{Block, Value},
};

impl<'f> Net<'f> {
    pub(super) fn layer(
        &mut self,
        layer: &'static dyn Layer,
        step: &'f Step,
        flow: Flow,
        label: Option<&str>,
    ) -> Flow {
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
    pub(super) fn path(&mut self, word: &str, label: Option<&str>) -> String {
        if let Some(label) = label {
            return format!("{}{label}", self.prefix);
        }
        let stem = format!("{}{word}", self.prefix);
        let ordinal = self.ordinals.entry(stem.clone()).or_insert(0);
        *ordinal += 1;
        format!("{stem}_{ordinal}")
    }

    pub(super) fn sources(&self, inputs: &[NodeId]) -> Vec<Source> {
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
    pub(super) fn place(&self, inputs: &[NodeId]) -> Place {
        match inputs {
            [id] => self.places[id.0],
            _ => Place::Unclear,
        }
    }

    /// Adds a node whose parameters are there already.
    pub(super) fn push(&mut self, node: Node) -> NodeId {
        let weighted = node.params.iter().any(|p| self.params[p.0].dims.len() > 1);
        self.places.push(match &node.inputs[..] {
            _ if weighted => Place::Hidden,
            [] => Place::Input,
            inputs => self.place(inputs),
        });
        self.slid.push(self.slides(&node));
        let arguments: usize = match &node.kind {
            NodeKind::Layer(used) => used.args.iter().map(|given| given.value.size()).sum(),
            NodeKind::Input { .. } => 0,
        };
        self.bulk += node.path.len() + 8 * node.inputs.len() + size_of::<Value>() * arguments;
        self.nodes.push(node);
        NodeId(self.nodes.len() - 1)
    }

    /// Whether windows slid over the axes of a new node.
    fn slides(&self, node: &Node) -> bool {
        let roles = |ty: &Ty| ty.axes.iter().map(|axis| axis.role).collect::<Vec<_>>();
        // As many numbers on axes of other sizes are in another order: what `reshape` calls steps are not those of before.
        let reshaped = |from: &Ty| from.len() == node.ty.len() && *from != node.ty;
        let kept = |id: &NodeId| {
            let from = &self.nodes[id.0].ty;
            self.slid[id.0] && roles(from) == roles(&node.ty) && !reshaped(from)
        };
        node.facts().slides || !node.inputs.is_empty() && node.inputs.iter().all(kept)
    }

    /// The last two layers that a value came through, nearest first; none where several values meet.
    pub(super) fn behind(&self, inputs: &[NodeId]) -> Vec<Use<dyn Layer>> {
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

    /// Sizes of parameters.
    pub(super) fn sizes_of(&self, params: &[ParamId]) -> Vec<Vec<usize>> {
        params.iter().map(|id| self.params[id.0].dims.clone()).collect()
    }

    /// Adds one node, which reads its own parameters and those that are lent to it; shape errors are reported.
    pub(crate) fn add(
        &mut self,
        layer: &'static dyn Layer,
        mut args: crate::vocab::Args,
        inputs: &[NodeId],
        lent: &[ParamId],
        path: &str,
    ) -> Flow {
        if let Some(turned) = &mut self.backwards {
            *turned += usize::from(layer.turn_back(&mut args));
        }
        let sources = self.sources(inputs);
        let place = self.place(inputs);
        let slid = inputs.first().is_some_and(|id| self.slid[id.0]);
        let sizes = self.sizes_of(lent);
        let mut cx = Infer::new(&mut args, &sources, (place, slid), self.behind(inputs), &sizes);
        let result = shaped(layer, &mut cx);
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
                penalties: p.penalties,
                fed_by: p.fed_by,
                dropped_by: p.dropped_by,
                held: p.held,
                node: id,
            });
            ParamId(self.params.len() - 1)
        });
        let param_ids: Vec<ParamId> = param_ids.collect();
        let state_ids = states.into_iter().map(|s| {
            let name = match (s.by_row, s.suffix) {
                (false, suffix) => format!("{path}.{suffix}"),
                (true, "") => format!("carry.{path}"),
                (true, suffix) => format!("carry.{path}.{suffix}"),
            };
            self.states.push(State { name, dims: s.dims, start: s.start, by_row: s.by_row });
            StateId(self.states.len() - 1)
        });
        let states = state_ids.collect();
        let span = args.span;
        Flow::Node(self.push(Node {
            path: path.into(),
            kind: NodeKind::Layer(Use { word: layer, args }),
            inputs: inputs.to_vec(),
            ty,
            params: param_ids.into_iter().chain(lent.iter().copied()).collect(),
            lent: lent.len(),
            states,
            weight_drop: self.weight_drop,
            span,
        }))
    }

    /// Blocks that nothing calls, and layers that nothing reads: they would be passed over in silence.
    pub fn warn_idle(&mut self) {
        for (name, block) in self.blocks {
            if !self.called.contains(name.as_str()) {
                self.diags.push(unused(name, block.name.span));
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
}

/// The step without its block and the blanks before it.
fn trim(head: Span, step: &Step) -> Span {
    let end = step.args.last().map_or(step.name.span.end, |a| a.span.end);
    Span::new(head.start, end.max(step.name.span.end).min(head.end.max(end)))
}
