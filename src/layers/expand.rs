//! What a layer has at hand when its use becomes nodes.

use super::{Flow, Layer, Site, Stop};
use crate::{
    diag::Diagnostic,
    model::{NodeId, ParamId, WeightDrop},
    syntax::ast::{ArgKey, Body, Step, Stmt, span_of},
    vocab::Args,
};

/// Context of [`Layer::expand`].
pub struct Expand<'a, 'f> {
    net: &'a mut dyn Site<'f>,
    layer: &'static dyn Layer,
    pub args: Args,
    step: &'f Step,
    flow: Flow,
    path: String,
}

impl<'a, 'f> Expand<'a, 'f> {
    pub(crate) fn new(
        net: &'a mut dyn Site<'f>,
        layer: &'static dyn Layer,
        args: Args,
        step: &'f Step,
        flow: Flow,
        path: String,
    ) -> Self {
        Self { net, layer, args, step, flow, path }
    }

    /// The value that flows in.
    pub fn flow(&self) -> Flow {
        self.flow
    }

    /// Adds this layer's node over these values; nothing is added where one of them is broken.
    pub fn node(&mut self, inputs: &[Flow]) -> Result<NodeId, Stop> {
        self.node_lent(inputs, &[])
    }

    /// The same of a node that reads parameters of other nodes too, behind its own.
    pub fn node_lent(&mut self, inputs: &[Flow], lent: &[ParamId]) -> Result<NodeId, Stop> {
        let mut ids = Vec::new();
        for flow in inputs {
            match flow {
                Flow::Node(id) => ids.push(*id),
                Flow::Broken | Flow::Start => return Err(Stop),
            }
        }
        match self.net.add_lent(self.layer, self.args.clone(), &ids, lent, &self.path) {
            Flow::Node(id) => Ok(id),
            _ => Err(Stop),
        }
    }

    /// The tokens that the value was looked up by, if it comes from a table.
    pub fn looked_up(&self) -> Option<Flow> {
        match self.flow {
            Flow::Node(id) => self.net.looked_up(id).map(Flow::Node),
            Flow::Broken | Flow::Start => None,
        }
    }

    /// Passes a value on without a node of its own.
    pub fn pass(&self, flow: Flow) -> Result<NodeId, Stop> {
        match flow {
            Flow::Node(id) => Ok(id),
            Flow::Broken | Flow::Start => Err(Stop),
        }
    }

    /// The table of the look-up in the chain whose label argument `name` says.
    pub fn table(&mut self, name: &str) -> Result<ParamId, Stop> {
        let label = self.named(name)?;
        self.net.table(&label, self.args.span_of(name))
    }

    /// The value whose label or input argument `name` says.
    pub fn one(&mut self, name: &str) -> Flow {
        match self.named(name) {
            Ok(label) => self.net.labelled(&label, self.args.span_of(name)),
            Err(Stop) => Flow::Broken,
        }
    }

    /// The name that an argument gives; none where it was found to be something else.
    fn named(&self, name: &str) -> Result<String, Stop> {
        self.args.get(name).and(self.args.opt_word(name)).map(str::to_owned).ok_or(Stop)
    }

    /// The values that the words of argument `name` stand for.
    pub fn labelled(&mut self, name: &str) -> Vec<Flow> {
        let names: Vec<String> = self.args.list(name).iter().map(ToString::to_string).collect();
        let written = self.step.args.iter().filter(|arg| arg.key == ArgKey::Positional);
        names.iter().zip(written).map(|(name, arg)| self.net.labelled(name, arg.span)).collect()
    }

    pub fn has_block(&self) -> bool {
        self.step.body.is_some()
    }

    /// Runs the layer's block on `flow`.
    pub fn body(&mut self, flow: Flow) -> Flow {
        match &self.step.body {
            Some(body) => self.net.inside(&self.path, &mut body.stmts.iter(), flow),
            None => flow,
        }
    }

    /// Runs the layer's block on the flow in both directions of time, each with weights of its own; an error where nothing in it goes through time.
    pub fn both_ways(&mut self) -> Result<[Flow; 2], Stop> {
        let Some(body) = &self.step.body else { return Err(Stop) };
        let [forward, backward] = ["forward", "backward"].map(|way| format!("{}/{way}", self.path));
        let there = self.net.inside(&forward, &mut body.stmts.iter(), self.flow);
        let (back, turned) = self.net.inside_backwards(&backward, &mut body.stmts.iter(), self.flow);
        if turned == 0 && there != Flow::Broken {
            let (span, word) = (self.args.span, self.args.sig.name);
            return Err(self.stop(
                Diagnostic::error("E0211", span, format!("`{word}` around layers that know no direction"))
                    .label("both ways would be the same")
                    .help(format!("put it around a recurrent layer: `{word} {{ lstm 64 }}`")),
            ));
        }
        Ok([there, back])
    }

    /// Runs the layer's block with every weight matrix in it masked.
    pub fn body_with_weight_drop(&mut self, drop: WeightDrop) -> Flow {
        match &self.step.body {
            Some(body) => self.net.inside_masked(drop, &self.path, &mut body.stmts.iter(), self.flow),
            None => self.flow,
        }
    }

    /// Whether a `drop_connect` stands around this use.
    pub fn in_weight_drop(&self) -> bool {
        self.net.masks_weights()
    }

    /// Matrices that such a masking masks, of the nodes made so far, once for each pass.
    pub fn masked_by(&self, drop: WeightDrop) -> usize {
        self.net.masked_by(drop)
    }

    /// The blocks named `word` in the layer's block, each run on the flow; anything else there is reported.
    pub fn branches(&mut self, word: &str) -> Vec<Flow> {
        let Some(body) = &self.step.body else { return Vec::new() };
        let mut results = Vec::new();
        for stmt in &body.stmts {
            match named_block(stmt, word) {
                Some(inner) => {
                    let level = format!("{}/{word}_{}", self.path, results.len() + 1);
                    results.push(self.net.inside(&level, &mut inner.stmts.iter(), self.flow));
                }
                None => {
                    let d = Diagnostic::error(
                        "E0213",
                        span_of(stmt),
                        format!("`{}` holds `{word} {{ ... }}` blocks only", self.args.sig.name),
                    )
                    .label(format!("not a `{word}`"));
                    results.push(self.net.report(d));
                }
            }
        }
        results
    }

    /// The values that a joining layer reads: its branches; one named value and the flow; or the named values alone.
    pub fn joined(&mut self, name: &str) -> Result<Vec<Flow>, Stop> {
        let mut values = if self.has_block() { self.branches("branch") } else { self.labelled(name) };
        if self.has_block() && !self.args.list(name).is_empty() {
            let span = self.args.span_of(name);
            let word = self.args.sig.name;
            return Err(self.stop(
                Diagnostic::error("E0211", span, format!("`{word}` takes either names or branches"))
                    .label("names beside a block"),
            ));
        }
        if !self.has_block() && values.len() == 1 && self.flow != Flow::Start {
            values.insert(0, self.flow);
        }
        if self.flow == Flow::Broken {
            return Err(Stop);
        }
        if values.len() < 2 {
            let (span, word) = (self.args.span, self.args.sig.name);
            return Err(self.stop(
                Diagnostic::error("E0201", span, format!("`{word}` needs at least two values"))
                    .label("too few")
                    .help(format!("name them, `{word} a, b`, or write `{word} {{ branch {{ ... }} branch {{ ... }} }}` on lines")),
            ));
        }
        Ok(values)
    }

    /// Runs the layer's block without the statement `word { ... }`, and that block beside it.
    pub fn body_apart_from(&mut self, word: &str) -> (Flow, Option<Flow>) {
        let Some(body) = &self.step.body else { return (self.flow, None) };
        let mut sides = body.stmts.iter().filter(|stmt| named_block(stmt, word).is_some());
        let side = sides.next().and_then(|stmt| named_block(stmt, word));
        for stmt in sides {
            let text = format!("`{}` takes one `{word}`", self.args.sig.name);
            self.net.report(Diagnostic::error("E0213", span_of(stmt), text).label("one too many"));
        }
        let side = side.map(|inner| {
            self.net.inside(&format!("{}/{word}", self.path), &mut inner.stmts.iter(), self.flow)
        });
        let mut rest = body.stmts.iter().filter(|stmt| named_block(stmt, word).is_none());
        let flow = self.net.inside(&self.path, &mut rest, self.flow);
        (flow, side)
    }

    /// Reports an error at this use.
    pub fn stop(&mut self, diagnostic: Diagnostic) -> Stop {
        self.net.report(diagnostic);
        Stop
    }
}

/// The block of a statement that is just `word { ... }`.
fn named_block<'f>(stmt: &'f Stmt, word: &str) -> Option<&'f Body> {
    match stmt {
        Stmt::Chain(chain) if chain.label.is_none() => match &chain.steps[..] {
            [step] if step.name.text == word && step.args.is_empty() => step.body.as_ref(),
            _ => None,
        },
        _ => None,
    }
}
