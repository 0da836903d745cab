//! Named results: labels, `from` and `reuse`.

use std::collections::BTreeMap;

use super::{Label, Net};
use crate::layers::Flow;
use crate::{
    check::{forms, suggest::nearest},
    diag::{Diagnostic, Span},
    layers::{self, Infer, Stop},
    model::{Node, NodeId, NodeKind, ParamId, meant},
    syntax::ast::{self, Step},
};

impl<'f> Net<'f> {
    /// The weights of a labelled chain bear its label, if one layer owns them all.
    pub(super) fn name_params(
        &mut self,
        label: &ast::Ident,
        nodes: std::ops::Range<usize>,
        first_param: usize,
    ) {
        let owners = self.nodes[nodes].iter().filter(|n| !n.params.is_empty()).count();
        if owners != 1 {
            return;
        }
        for param in &mut self.params[first_param..] {
            let suffix = param.name.rsplit('.').next().unwrap_or_default();
            param.name = format!("{}{}.{suffix}", self.prefix, label.text);
        }
    }

    pub(super) fn define_label(&mut self, label: &ast::Ident, value: Label) {
        let fault = self.label_fault(label);
        self.diags.extend(fault);
        // Known all the same, so that its uses are not reported on top.
        self.seen_labels.insert(label.text.clone());
        self.labels.entry(label.text.clone()).or_insert(value);
    }

    /// Why a label cannot bear this name.
    pub(super) fn label_fault(&self, label: &ast::Ident) -> Option<Diagnostic> {
        let (name, span) = (&label.text, label.span);
        let taken = |text: String| Diagnostic::error("E0102", span, text);
        let input = self.named.get(name).map(|id| self.nodes[id.0].span).or(self.waiting.get(name).copied());
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
            return Some(error.also(input, "the input").help("give the label another name"));
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
        if let Some(id) = self.named.get(name) {
            return Flow::Node(*id);
        }
        if self.waiting.contains_key(name) {
            return Flow::Broken;
        }
        let error = Diagnostic::error("E0106", span, format!("no label or input is named `{name}`"))
            .label("labels are seen from the line where they stand");
        let known = self.named.keys().chain(self.waiting.keys()).chain(self.labels.keys());
        let error = match nearest(name, known.map(String::as_str)) {
            Some(known) => error.fix("a similar name exists", span, known),
            None => error,
        };
        self.report(error)
    }

    /// The table of the only look-up in a labelled chain.
    pub(crate) fn table_of(&mut self, name: &str, span: Span) -> Result<ParamId, Stop> {
        if self.labelled(name, span) == Flow::Broken {
            return Err(Stop);
        }
        let nodes = self.labels.get(name).map_or(0..0, |label| label.nodes.clone());
        let looks_up = |node: &&Node| matches!(&node.kind, NodeKind::Layer(used) if used.word.reads_tokens());
        let tables: Vec<ParamId> = self.nodes[nodes]
            .iter()
            .filter(looks_up)
            .filter_map(|node| node.params.first().copied())
            .collect();
        if let [table] = tables[..] {
            return Ok(table);
        }
        let found = match tables.len() {
            0 => "looks up nothing".to_owned(),
            several => format!("looks up in {several} tables"),
        };
        self.report(
            Diagnostic::error("E0205", span, format!("the chain `{name}` {found}"))
                .label("a label of one `embedding` is needed")
                .help(format!("label the embedding: `{name}: embedding 128`")),
        );
        Err(Stop)
    }

    pub(super) fn from(&mut self, step: &'f Step) -> Flow {
        match forms::one_name(step) {
            Ok((name, span)) => self.labelled(&name, span),
            Err(d) => self.report(*d),
        }
    }

    /// Applies a labelled chain again: same weights, new input, own sites.
    pub(super) fn reuse(&mut self, step: &'f Step, flow: Flow, label: Option<&str>) -> Flow {
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
    pub(super) fn infer_again(&mut self, mut node: Node) -> Result<NodeId, Box<Diagnostic>> {
        let sources = self.sources(&node.inputs);
        let place = self.place(&node.inputs);
        if let NodeKind::Layer(used) = &mut node.kind {
            let behind = self.behind(&node.inputs);
            let slid = node.inputs.first().is_some_and(|id| self.slid[id.0]);
            let sizes = self.sizes_of(&node.params[node.params.len() - node.lent..]);
            let mut cx = Infer::new(&mut used.args, &sources, (place, slid), behind, &sizes);
            let ty = layers::shaped(used.word, &mut cx)?;
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
            if let (Some(_), NodeKind::Layer(used)) =
                (cx.states.iter().find(|state| state.by_row), &node.kind)
            {
                return Err(Box::new(
                    Diagnostic::error("E0211", node.span, "`reuse` of a layer that carries its state on")
                        .label("it would begin where its first pass over the same window ends")
                        .also(used.args.span_of("carry"), "the state goes on from window to window here")
                        .help("leave `carry` out, or write a layer of its own"),
                ));
            }
            node.ty = ty;
        }
        Ok(self.push(node))
    }

    /// What each label of the net itself names.
    pub fn flows_of_labels(&self) -> BTreeMap<String, Flow> {
        self.labels.iter().map(|(name, label)| (name.clone(), label.flow)).collect()
    }

    pub fn warn_unused_labels(&mut self) {
        let unused: Vec<(String, Span)> = self
            .labels
            .iter()
            .filter(|(name, l)| {
                let used = l.used || self.trained_labels.iter().any(|named| meant(named, name));
                !(used || matches!(l.flow, Flow::Broken))
            })
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
