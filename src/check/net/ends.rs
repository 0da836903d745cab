//! Where a net begins and ends: `input` and `output`.

use super::{Flow, Net};
use crate::{
    check::forms,
    diag::{Diagnostic, Edit, Fix, Span},
    model::{Node, NodeId, NodeKind, Output, reaches},
    syntax::ast::{ArgKey, Body, Chain, Comment, Step},
};

impl<'f> Net<'f> {
    pub(super) fn no_block(&mut self, word: &str, body: &Body) {
        let error = Diagnostic::error("E0213", body.span, format!("`{word}` takes no block"));
        self.report(error.label("not expected"));
    }

    pub(super) fn input(&mut self, step: &'f Step, flow: Flow) -> Flow {
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
            if self.named.contains_key(&name.text) {
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
                    let id = self.push(Node {
                        path: name.text.clone(),
                        kind: NodeKind::Input { name: name.text.clone() },
                        inputs: Vec::new(),
                        ty,
                        params: Vec::new(),
                        states: Vec::new(),
                        weight_drop: None,
                        span: arg.span,
                    });
                    self.named.insert(name.text.clone(), id);
                    self.inputs.push(id);
                    Flow::Node(id)
                }
                Err(d) => self.report(*d),
            };
        }
        last
    }

    pub(super) fn output(&mut self, step: &'f Step, flow: Flow) -> Flow {
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
                if let Some((end, error)) = forms::squashed_logits(&self.nodes, source, kind, step.span) {
                    let error = self.without(end, error);
                    self.report(error);
                } else if let Err(d) = forms::fits_output(&self.nodes, source, kind, step.span) {
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

    /// An error whose remedy is to take the layer of a node out, with those before it that are of its kind.
    fn without(&self, id: NodeId, mut error: Diagnostic) -> Diagnostic {
        let edits = self.unsquashed(id);
        if edits.is_empty() {
            return error.help("end the net in a layer with weights, such as `dense`");
        }
        let passed = edits.iter().any(|edit| !edit.text.is_empty());
        let message = if passed { "pass the logits on as they are" } else { "take it out" };
        error.fixes.push(Fix { message: message.into(), edits });
        error
    }

    /// The edits that take out what squashes a value; none where one of them cannot be taken out alone.
    fn unsquashed(&self, id: NodeId) -> Vec<Edit> {
        let reaches = reaches(&self.nodes);
        let (mut edits, mut at): (Vec<Edit>, _) = (Vec::new(), id);
        while let NodeKind::Layer(used) = &self.nodes[at.0].kind
            && forms::is_squashed(reaches[at.0])
        {
            let node = &self.nodes[at.0];
            let [before] = node.inputs[..] else { return Vec::new() };
            if !used.word.hands_on() {
                match self.written.get(&node.span.start) {
                    Some((chain, i)) if chain.steps[*i].name.text == used.args.sig.name => {
                        edits.push(removal(chain, *i, self.comments));
                    }
                    _ => return Vec::new(),
                }
            }
            at = before;
        }
        joined(edits)
    }

    /// A step that needs a value and has none.
    pub(super) fn dangling(&mut self, step: &Step, flow: Flow) -> Flow {
        if flow == Flow::Start {
            let d = Diagnostic::error("E0105", step.span, format!("nothing flows into `{}`", step.name.text))
                .label("no value yet")
                .help("declare an input above: `input x: real[8]`");
            return self.report(d);
        }
        Flow::Broken
    }
}

/// The edit that takes a step out of its chain; where a label would be left alone, `identity` stands in for it.
fn removal(chain: &Chain, i: usize, comments: &[Comment]) -> Edit {
    let step = &chain.steps[i];
    let before = i.checked_sub(1).map(|before| chain.steps[before].span.end);
    // A comment before the arrow ends its line, and stays.
    let comment = before.and_then(|end| {
        let between = |c: &&Comment| end <= c.span.start && c.span.end <= step.span.start;
        comments.iter().rfind(between)
    });
    let (span, text) = match (before, comment, chain.steps.get(i + 1)) {
        (Some(before), None, _) => (Span::new(before, step.span.end), ""),
        (_, _, Some(next)) => (Span::new(step.span.start, next.span.start), ""),
        (_, Some(comment), None) => (Span::new(comment.span.end, step.span.end), ""),
        (None, None, None) => (step.span, if chain.label.is_some() { "identity" } else { "" }),
    };
    Edit { span, text: text.into() }
}

/// Edits in the order of their places; deletions that overlap are one.
fn joined(mut edits: Vec<Edit>) -> Vec<Edit> {
    edits.sort_by_key(|edit| edit.span);
    let mut found: Vec<Edit> = Vec::new();
    for edit in edits {
        match found.last_mut() {
            Some(last) if edit.span.start < last.span.end => last.span = last.span.to(edit.span),
            _ => found.push(edit),
        }
    }
    found
}
