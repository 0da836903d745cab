//! Where a net begins and ends: `input` and `output`.

use super::{Flow, Net};
use crate::{
    check::forms,
    diag::Diagnostic,
    model::{Node, NodeId, NodeKind, Output},
    syntax::ast::{ArgKey, Body, Step},
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
