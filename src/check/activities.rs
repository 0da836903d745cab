//! `penalize ar, 2, of=LABEL` against the net: the label must be one, and its value such that the penalty has a meaning.

use std::collections::BTreeMap;

use super::suggest::nearest;
use crate::{
    diag::Diagnostic,
    layers::Flow,
    model::{Held, Node, NodeId, ParamRole, Use},
    train::Activity,
};

/// What labels of the net name, and its nodes so far.
pub struct Labelled<'n> {
    pub flows: BTreeMap<String, Flow>,
    pub nodes: &'n [Node],
    /// The roles of parameters, by number.
    pub roles: Vec<ParamRole>,
}

impl Labelled<'_> {
    /// The penalties with the values that they are of; none whose net or label is wrong.
    pub fn held(&self, used: Vec<Use<dyn Activity>>, diags: &mut Vec<Diagnostic>) -> Vec<Held> {
        used.into_iter()
            .filter_map(|used| self.settled(used).map_err(|fault| diags.extend(fault)).ok())
            .collect()
    }

    fn settled(&self, used: Use<dyn Activity>) -> Result<Held, Option<Diagnostic>> {
        let (label, span) = (used.args.word("of").to_owned(), used.args.span_of("of"));
        let value = match self.flows.get(&label) {
            Some(Flow::Node(node)) => *node,
            // What is wrong there has been said.
            Some(_) => return Err(None),
            None => return Err(Some(self.unknown(&label, span))),
        };
        let looks_back = used.word.looks_back();
        let value = if looks_back { self.before_dropouts(value) } else { value };
        let ty = &self.nodes[value.0].ty;
        if looks_back && ty.steps().is_none_or(|steps| steps.size < 2) {
            return Err(Some(
                Diagnostic::error(
                    "E0301",
                    span,
                    format!("`{}` looks from step to step, and `{label}` is {ty}", used.args.sig.name),
                )
                .label("has no steps that follow each other")
                .also(self.nodes[value.0].span, "this value")
                .help("name a chain whose value has an axis of time, such as a recurrent layer with `output=all`"),
            ));
        }
        Ok(Held { used, value })
    }

    fn unknown(&self, label: &str, span: crate::diag::Span) -> Diagnostic {
        let error = Diagnostic::error("E0101", span, format!("`{label}` is no label of the net"))
            .label("names no chain of the net itself");
        match nearest(label, self.flows.keys().map(String::as_str)) {
            Some(known) => error.fix("a label with a similar name exists", span, known),
            None => error.help(format!("write `{label}:` before the chain that is meant")),
        }
    }

    /// The value before the dropouts that end a chain.
    fn before_dropouts(&self, mut value: NodeId) -> NodeId {
        loop {
            let node = &self.nodes[value.0];
            let multiplies = node.params.iter().any(|id| self.roles[id.0] != ParamRole::Rate);
            match (node.drop_site(), &node.inputs[..]) {
                (Some(_), [input]) if !multiplies => value = *input,
                _ => return value,
            }
        }
    }
}
