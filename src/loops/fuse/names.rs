//! Names of buffers and kernels, and what a buffer holds in words. Names come from the origins of nodes; equal ones get a number.

use std::collections::{BTreeMap, BTreeSet};

use rustc_hash::{FxHashMap, FxHashSet};

use super::group::is_combined;
use super::trace::{Context, Effect, Home, Instance, Trace, What};
use crate::graph::{Op, ParamId, Phase, Reduction, Sink, ValueId};

pub(super) struct Names<'c, 'g> {
    context: &'c Context<'g>,
    used: FxHashSet<String>,
    /// The last number behind a name.
    numbers: FxHashMap<String, usize>,
    /// Values that are the gradient of a parameter.
    gradients: BTreeMap<ValueId, ParamId>,
}

/// Deepest nesting that [`Names::describe`] writes out.
const DEPTH: usize = 7;

impl<'c, 'g> Names<'c, 'g> {
    pub fn new(context: &'c Context<'g>) -> Self {
        Names {
            context,
            used: FxHashSet::default(),
            numbers: FxHashMap::default(),
            gradients: gradients(context),
        }
    }

    /// `name`, or with the first free number behind it.
    pub fn unique(&mut self, name: String) -> String {
        if self.used.insert(name.clone()) {
            return name;
        }
        let number = self.numbers.entry(name.clone()).or_insert(1);
        loop {
            *number += 1;
            let candidate = format!("{name}_{number}");
            if self.used.insert(candidate.clone()) {
                return candidate;
            }
        }
    }

    /// What the buffer of a stored value is called.
    pub fn value(&self, v: ValueId) -> String {
        let graph = self.context.graph;
        let node = graph.node(v);
        if let Some(p) = self.gradients.get(&v) {
            return format!("grad({})", graph.params[p.index()].name);
        }
        let product = matches!(node.op, Op::Contract { .. });
        let word = match node.origin.phase {
            Phase::Forward if product => "product",
            Phase::Forward if node.op == Op::Moments => "moments",
            Phase::Forward if is_combined(graph, v) => "sum",
            Phase::Forward => "out",
            Phase::Backward if product && node.ty.has_batch() => "input_grad",
            Phase::Backward => "grad",
            Phase::Update => "update",
        };
        format!("{}.{word}", self.path(v))
    }

    fn path(&self, v: ValueId) -> &str {
        let node = self.context.graph.node(v);
        if node.origin.path.is_empty() { node.op.mnemonic() } else { &node.origin.path }
    }

    /// `dense_1+relu_1+dropout_1.forward`: the layers whose operations a loop fuses.
    pub fn kernel(&self, trace: &Trace) -> String {
        let graph = self.context.graph;
        for action in &trace.actions {
            if let Home::Param(p) = action.home {
                return format!("update({})", graph.params[p.index()].name);
            }
        }
        let work = |what: &What| {
            !matches!(what, What::Load { .. } | What::Scalar(..) | What::Const(_) | What::Key(_))
        };
        let mut nodes: BTreeSet<ValueId> =
            trace.instances.iter().filter(|i| work(&i.what)).map(|i| i.node).collect();
        nodes.extend(trace.actions.iter().map(|a| a.root.value(graph)));
        let mut paths: Vec<&str> = Vec::new();
        let mut phases = BTreeSet::new();
        for v in &nodes {
            let path = self.path(*v);
            if !paths.contains(&path) {
                paths.push(path);
            }
            phases.insert(phase(graph.node(*v).origin.phase));
        }
        let layers = match paths.as_slice() {
            [first, .., last] if paths.len() > 4 => format!("{first}..{last}"),
            few => few.join("+"),
        };
        let phases: Vec<&str> = phases.into_iter().map(|(_, word)| word).collect();
        format!("{layers}.{}", phases.join("_"))
    }

    /// The value as an expression of what is in memory.
    pub fn describe(&self, v: ValueId) -> String {
        let mut text = String::new();
        self.write(&mut text, v, DEPTH, true);
        text
    }

    fn write(&self, text: &mut String, v: ValueId, depth: usize, top: bool) {
        let graph = self.context.graph;
        let node = graph.node(v);
        if !top && self.context.stored.contains(v) {
            return text.push_str(&self.value(v));
        }
        match &node.op {
            Op::Input { slot, partner } => partner_of(text, &graph.inputs[*slot as usize].name, *partner),
            Op::Target { partner } => partner_of(text, "target", *partner),
            Op::Param(p) => text.push_str(&graph.params[p.index()].name),
            Op::Slot(s) => text.push_str(&graph.slots[s.index()].name),
            Op::State(s) => text.push_str(&graph.states[s.index()].name),
            Op::Scalar(s) => text.push_str(&graph.scalars[s.index()].name),
            Op::Const(c) => text.push_str(&c.to_string()),
            Op::RowKey(site) => text.push_str(&graph.sites[site.index()].path),
            Op::KeepMask { .. } | Op::KeepMaskAt | Op::Noise { .. } | Op::Within { .. } => {
                self.call(text, v, 1, depth)
            }
            Op::Broadcast { .. } | Op::Reshape { .. } if depth > 0 => {
                node.inputs.iter().for_each(|x| self.write(text, *x, depth, false));
            }
            _ if depth == 0 => text.push_str(".."),
            _ => self.call(text, v, node.inputs.len(), depth),
        }
    }

    /// The operation and the first `count` of its operands.
    fn call(&self, text: &mut String, v: ValueId, count: usize, depth: usize) {
        let node = self.context.graph.node(v);
        text.push_str(node.op.mnemonic());
        if count == 0 {
            text.push('(');
        }
        for (i, x) in node.inputs.iter().take(count).enumerate() {
            text.push_str(if i == 0 { "(" } else { ", " });
            self.write(text, *x, depth.saturating_sub(1), false);
        }
        text.push(')');
    }
}

fn partner_of(text: &mut String, name: &str, partner: bool) {
    text.push_str(if partner { "partner(" } else { "" });
    text.push_str(name);
    text.push_str(if partner { ")" } else { "" });
}

fn phase(phase: Phase) -> (u8, &'static str) {
    match phase {
        Phase::Forward => (0, "forward"),
        Phase::Backward => (1, "backward"),
        Phase::Update => (2, "update"),
    }
}

/// From each update back through the optimizer's nodes to the first value of the backward phase.
fn gradients(context: &Context) -> BTreeMap<ValueId, ParamId> {
    let graph = context.graph;
    let mut gradients = BTreeMap::new();
    for (sink, v) in &graph.sinks {
        let Sink::Param(p) = sink else { continue };
        let len: usize = graph.params[p.index()].dims.iter().product();
        let mut seen = BTreeSet::new();
        let mut stack = vec![*v];
        while let Some(v) = stack.pop() {
            let node = graph.node(v);
            if node.ty.has_batch() || node.ty.row_len() != len || !seen.insert(v) {
                continue;
            }
            if node.origin.phase == Phase::Backward {
                gradients.entry(context.strip(v)).or_insert(*p);
            } else {
                stack.extend(&node.inputs);
            }
        }
    }
    gradients
}

/// The operations of a kernel in the order of the graph; broadcasts and other moves are not worth a word.
pub(super) fn fused(trace: &Trace, needed: &[bool]) -> Vec<String> {
    let mut names = BTreeMap::new();
    for (instance, _) in trace.instances.iter().zip(needed).filter(|(_, n)| **n) {
        if let Some(word) = word(trace, instance) {
            names.insert(instance.node, word);
        }
    }
    for action in &trace.actions {
        if let (Effect::Partial(reduction), Home::Value(v)) = (action.effect, action.home) {
            names.insert(v, reduction_word(reduction).to_string());
        }
    }
    if names.is_empty() {
        let gathers = |i: &Instance| matches!(i.what, What::Load { home: Home::Input(_) | Home::Target, .. });
        let word = if trace.instances.iter().any(gathers) { "gather" } else { "copy" };
        return vec![word.to_string()];
    }
    names.into_values().collect()
}

fn reduction_word(reduction: Reduction) -> &'static str {
    match reduction {
        Reduction::Sum => "reduce_sum",
        Reduction::Max | Reduction::First => "reduce_max",
    }
}

/// What an instance is called; loads and numbers are not worth a word.
fn word(trace: &Trace, instance: &Instance) -> Option<String> {
    match &instance.what {
        What::Load { .. } | What::Scalar(..) | What::Const(_) | What::Key(_) => return None,
        What::Mask { .. }
        | What::MaskAt { .. }
        | What::Noise { .. }
        | What::Within { .. }
        | What::OneHot { .. }
        | What::Compute(_)
        | What::Accumulate { .. }
        | What::Fold { .. } => {}
    }
    Some(match &trace.context.graph.node(instance.node).op {
        Op::Reduce { reduction, .. } => reduction_word(*reduction).to_string(),
        op => op.mnemonic().to_string(),
    })
}
