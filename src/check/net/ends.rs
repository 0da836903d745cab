//! Where a net begins and ends: `input` and `output`.

use std::collections::{BTreeMap, BTreeSet};

use super::Net;
use crate::layers::Flow;
use crate::{
    check::forms,
    diag::{Diagnostic, Edit, Fix, Span},
    model::{Node, NodeId, NodeKind, Output, Ty, reaches},
    syntax::ast::{ArgKey, Body, Chain, Comment, Expr, Step},
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
            if self.named.contains_key(&name.text) || self.waiting.contains_key(&name.text) {
                let d = Diagnostic::error(
                    "E0102",
                    name.span,
                    format!("the input `{}` is declared twice", name.text),
                )
                .label("declared again");
                last = self.report(d);
                continue;
            }
            last = match self.input_type(&name.text, &arg.value, arg.span) {
                Ok(None) => {
                    self.waiting.insert(name.text.clone(), arg.span);
                    Flow::Broken
                }
                Ok(Some(ty)) => {
                    let id = self.push(Node {
                        path: name.text.clone(),
                        kind: NodeKind::Input { name: name.text.clone() },
                        inputs: Vec::new(),
                        ty,
                        params: Vec::new(),
                        lent: 0,
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

    /// The type of an input; where a size is `_`, what the inputs before it leave of a row.
    fn input_type(&mut self, name: &str, written: &Expr, span: Span) -> Result<Option<Ty>, Box<Diagnostic>> {
        if let Some(first) = self.takes_rest {
            return Err(Box::new(
                Diagnostic::error("E0208", span, "an input behind one with a size `_`")
                    .label("which of them takes what is left of a row?")
                    .also(first, "takes what the inputs before it leave")
                    .help("declare the input with `_` last"),
            ));
        }
        if forms::has_open_size(written) {
            self.open = true;
            // A column of categories is known by its name.
            self.takes_rest = Some(span).filter(|_| !forms::is_category(written));
        }
        self.open_vocab |= forms::has_open_vocab(written);
        let taken = |id: &NodeId| {
            let ty = &self.nodes[id.0].ty;
            ty.categories().unwrap_or(ty.len())
        };
        let taken: usize = self.inputs.iter().map(taken).sum();
        forms::input_type(name, written, Some(taken).filter(|_| !self.inputs.is_empty()), self.scope)
    }

    pub(super) fn output(&mut self, step: &'f Step, flow: Flow) -> Flow {
        if self.saw_output {
            let d = Diagnostic::error("E0204", step.span, "a second `output` is not in this version")
                .label("a net has one output");
            return self.report(d);
        }
        self.saw_output = true;
        self.open |= step.args.iter().any(|arg| forms::has_open_size(&arg.value));
        self.answers_each = step.args.iter().any(|arg| forms::is_over_time(&arg.value));
        match forms::output(step, self.scope) {
            Ok((_, None)) => {}
            Ok((name, Some(kind))) => {
                let Flow::Node(source) = flow else {
                    return self.dangling(step, flow);
                };
                if let Some((end, error)) = forms::squashed_logits(&self.nodes, source, kind, step.span) {
                    let error = self.without(end, error);
                    self.report(error);
                } else if let Err(d) = forms::fits_output(&self.nodes, source, kind, step.span) {
                    let open = step.args.iter().any(|arg| forms::has_open_size(&arg.value));
                    self.report(if open { d.note(format!("the data make it `{kind}`")) } else { *d });
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
        let (mut taken, mut at) = (BTreeMap::new(), id);
        while let NodeKind::Layer(used) = &self.nodes[at.0].kind
            && forms::is_squashed(reaches[at.0])
        {
            let node = &self.nodes[at.0];
            let [before] = node.inputs[..] else { return Vec::new() };
            if !used.word.facts().hands_on {
                match self.written.get(&node.span.start) {
                    Some((chain, i)) if chain.steps[*i].name.text == used.args.sig.name => {
                        let (_, steps) =
                            taken.entry(chain.span.start).or_insert_with(|| (*chain, BTreeSet::new()));
                        steps.insert(*i);
                    }
                    _ => return Vec::new(),
                }
            }
            at = before;
        }
        taken.values().flat_map(|(chain, steps)| removals(chain, steps, self.comments)).collect()
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

/// The edits that take steps out of their chain, one for all that stand side by side; where a label would be left alone, `identity` stands in.
fn removals(chain: &Chain, taken: &BTreeSet<usize>, comments: &[Comment]) -> Vec<Edit> {
    let mut edits = Vec::new();
    let mut left: Vec<usize> = taken.iter().copied().collect();
    if chain.label.is_some() && taken.len() == chain.steps.len() {
        edits.push(Edit { span: chain.steps[left.remove(0)].span, text: "identity".into() });
    }
    for run in left.chunk_by(|a, b| a + 1 == *b) {
        edits.extend(removal(chain, run[0], run[run.len() - 1], comments));
    }
    edits
}

/// The edits that take the steps from `first` to `last` out; a comment between them ends its line, and stays.
fn removal(chain: &Chain, first: usize, last: usize, comments: &[Comment]) -> Vec<Edit> {
    let steps = &chain.steps;
    let next = steps.get(last + 1).map(|next| next.span.start);
    let (mut from, to) = match (first.checked_sub(1), next) {
        (Some(before), _) => (steps[before].span.end, steps[last].span.end),
        (None, Some(next)) => (steps[first].span.start, next),
        (None, None) => (steps[first].span.start, steps[last].span.end),
    };
    let mut spans = Vec::new();
    let mut arrow_stays = false;
    let some = comments.partition_point(|c| c.span.start < from);
    for comment in comments[some..].iter().take_while(|c| c.span.end <= steps[last].span.start) {
        let ends = steps[first..=last].iter().map(|step| step.span.end);
        spans.extend(
            ends.take_while(|end| *end <= comment.span.start).last().map(|end| Span { start: from, end }),
        );
        from = comment.span.end;
        arrow_stays = true;
    }
    let to = match (arrow_stays, next) {
        // What follows on the line would become part of the comment.
        (true, Some(next)) => {
            from = steps[first..=last].iter().map(|s| s.span.start).find(|at| *at >= from).unwrap_or(from);
            next
        }
        _ => to,
    };
    spans.push(Span::new(from, to));
    let blank = |span: &Span| span.start < span.end;
    spans.into_iter().filter(blank).map(|span| Edit { span, text: String::new() }).collect()
}
