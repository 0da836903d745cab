//! The forward computation: inputs, then every node in order.

use super::step::since;
use crate::graph::{ScalarDef, Scalars};
use crate::train::activities::Penalised;
use crate::{
    graph::{Address, Builder, DType, Mode, ValueId},
    layers::{Lower, Still},
    model::{Model, Node, NodeId, NodeKind, Ragged, State, StateId, Ty},
};

/// The shares of a row itself and of the one that it is mixed with.
#[derive(Clone, Copy)]
pub struct Mix {
    pub lambda: ValueId,
    pub rest: ValueId,
}

pub struct Forward<'m> {
    model: &'m Model,
    mode: Mode,
    measures: bool,
    /// Whether rows go on where those at their places stopped in the step before, as far as layers carry on.
    goes_on: bool,
    /// Whether what the step leaves of states is kept.
    stores: bool,
    values: Vec<ValueId>,
    /// Steps of each row, `i32[Batch]`, where rows have lengths.
    lengths: Option<ValueId>,
    /// The trained tensors themselves, without masks.
    pub params: Vec<ValueId>,
    /// What each state holds so far: its value before the step, or what the last pass through its layer made of it.
    states: Vec<ValueId>,
}

impl<'m> Forward<'m> {
    pub fn new(model: &'m Model, mode: Mode, b: &mut Builder) -> Self {
        let params: Vec<ValueId> = model.params.iter().map(|p| b.param(&p.name, &p.dims)).collect();
        let states: Vec<ValueId> = model.states.iter().map(|state| place(model, state, b)).collect();
        let params_still = model.params.iter().zip(&params).filter(|(param, _)| model.is_frozen(param));
        let states_still = (0..).map(StateId).zip(&states).filter(|(state, _)| model.is_still(*state));
        params_still.map(|(_, v)| v).chain(states_still.map(|(_, v)| v)).for_each(|v| b.hold_still(*v));
        let lengths = Self::declare_inputs(model, b);
        let values = Vec::with_capacity(model.nodes.len());
        Self { model, mode, measures: false, goes_on: true, stores: true, values, lengths, params, states }
    }

    /// The arrays of the inputs, in their order, and the lengths of rows behind them.
    fn declare_inputs(model: &Model, b: &mut Builder) -> Option<ValueId> {
        for node in model.inputs.iter().map(|id| model.node(*id)) {
            let dtype = if node.ty.vocab().is_some() { DType::I32 } else { DType::F32 };
            b.declare_input(&node.path, dtype, &node.ty.sizes());
        }
        let ragged = model.ragged()?;
        let slot = b.declare_input(&format!("{}.length", ragged.path), DType::I32, &[]);
        Some(b.with_origin(&ragged.path, |b| b.input(slot, false)))
    }

    /// As in training, but figures that norms store are their mean over the steps.
    pub fn measuring(model: &'m Model, b: &mut Builder) -> Self {
        Self { measures: true, ..Self::new(model, Mode::Train, b) }
    }

    /// What each node says, in the order of the model's; once it has run.
    pub fn values(&self) -> &[ValueId] {
        &self.values
    }

    pub fn path(&self, node: NodeId) -> &'m str {
        &self.model.node(node).path
    }

    /// The value of a node that was lowered, and which of its steps are a row's own.
    pub fn penalised(&self, node: NodeId, b: &mut Builder) -> Penalised {
        let ty = &self.model.node(node).ty;
        let mut within = |first: usize| {
            let (lengths, steps, Ragged { stride, offset }) = (self.lengths?, ty.steps()?, ty.ragged()?);
            Some(b.within_length(
                lengths,
                steps.size.checked_sub(first)?,
                stride,
                offset + (first * stride) as isize,
            ))
        };
        Penalised { value: self.values[node.0], within: within(0), within_later: within(1) }
    }

    /// The same pass, with other numbers for the parameters. It begins where the first one began, and what it leaves of states is stored by nobody.
    pub fn at(&self, params: Vec<ValueId>, b: &mut Builder) -> Self {
        let states = self.model.states.iter().map(|state| place(self.model, state, b)).collect();
        let values = Vec::with_capacity(self.model.nodes.len());
        Self { values, params, states, stores: false, ..*self }
    }

    /// Rows by themselves: none goes on where another stopped.
    pub fn of_rows_apart(self) -> Self {
        Self { goes_on: false, ..self }
    }

    /// Lowers all nodes; answers the value that the output reads.
    pub fn run(&mut self, b: &mut Builder, scalars: &mut Scalars, mix: Option<Mix>) -> ValueId {
        let model = self.model;
        for (i, node) in model.nodes.iter().enumerate() {
            let mut updates = vec![None; node.states.len()];
            let value = b.with_origin(&node.path, |b| match &node.kind {
                NodeKind::Input { .. } => self.input(NodeId(i), node, b, mix),
                NodeKind::Layer(used) => {
                    let inputs: Vec<ValueId> = node.inputs.iter().map(|id| self.values[id.0]).collect();
                    let types: Vec<Ty> = node.inputs.iter().map(|id| model.node(*id).ty.clone()).collect();
                    let params = self.masked_params(node, b, scalars);
                    let still = self.still(node, b, scalars);
                    let states: Vec<ValueId> = node.states.iter().map(|s| self.states[s.0]).collect();
                    let mut cx = Lower {
                        b,
                        mode: self.mode,
                        node,
                        args: &used.args,
                        inputs: &inputs,
                        input_types: &types,
                        lengths: self.lengths,
                        params: &params,
                        states: &states,
                        still,
                        measures: self.measures,
                        goes_on: self.goes_on,
                        scalars,
                        updates: &mut updates,
                    };
                    used.word.lower(&mut cx)
                }
            });
            self.values.push(value);
            for (state, update) in node.states.iter().zip(updates) {
                self.states[state.0] = update.unwrap_or(self.states[state.0]);
            }
        }
        if self.stores {
            self.store_states(b);
        }
        self.values[model.output.source.0]
    }

    /// 1 at the steps of what the output reads that are a row's own, 0 behind its end; none where rows have no lengths.
    pub fn within(&self, b: &mut Builder) -> Option<ValueId> {
        let steps = self.model.node(self.model.output.source).ty.steps()?;
        let (lengths, Ragged { stride, offset }) = (self.lengths?, steps.ragged?);
        Some(b.within_length(lengths, steps.size, stride, offset))
    }

    /// Whether training holds the node still.
    fn still(&self, node: &Node, b: &mut Builder, scalars: &mut Scalars) -> Still {
        let freeze = self.model.freeze_of(node).filter(|_| self.mode == Mode::Train);
        match freeze.map(|freeze| freeze.until) {
            None => Still::Never,
            Some(None) => Still::Always,
            Some(Some(time)) => Still::Until(since(time, b, scalars)),
        }
    }

    /// One sink for each state that the step changes.
    fn store_states(&self, b: &mut Builder) {
        for (state, value) in self.model.states.iter().zip(&self.states) {
            let before = place(self.model, state, b);
            if before != *value {
                b.store(before, *value);
            }
        }
    }

    fn input(&self, id: NodeId, node: &Node, b: &mut Builder, mix: Option<Mix>) -> ValueId {
        let Some(slot) = (0..).zip(&self.model.inputs).find(|(_, input)| **input == id).map(|(slot, _)| slot)
        else {
            panic!("this is a bug in dropnet: `{}` is no input of its net", node.path)
        };
        let own = b.input(slot, false);
        match mix.filter(|_| node.ty.vocab().is_none()) {
            None => own,
            Some(mix) => {
                let partner = b.input(slot, true);
                let own = b.mul(own, mix.lambda);
                let partner = b.mul(partner, mix.rest);
                b.add(own, partner)
            }
        }
    }

    /// The node's parameters; inside `drop_connect` its weight matrices are masked, one mask a step.
    fn masked_params(&self, node: &Node, b: &mut Builder, scalars: &mut Scalars) -> Vec<ValueId> {
        let mut masked = Vec::with_capacity(node.params.len());
        for id in &node.params {
            let param = &self.model.params[id.0];
            let value = self.params[id.0];
            let live = node.weight_drop.filter(|d| {
                d.masks(param) && (self.mode != Mode::Eval || d.always) && d.p.acts(self.mode == Mode::Train)
            });
            let Some(drop) = live else {
                masked.push(value);
                continue;
            };
            // Passes of `reuse` share the weights and not the masks: the site is the node's, not the parameter's.
            let suffix = param.name.rsplit('.').next().unwrap_or_default();
            let path = format!("{}.{suffix}.drop_connect", node.path);
            let site = b.site(&path, Address::Update);
            let key = b.row_key(site);
            let q = scalars.define(b, &format!("{path}.q"), DType::I32, ScalarDef::Threshold(drop.p));
            let scale =
                scalars.define(b, &format!("{path}.scale"), DType::F32, ScalarDef::InverseKeepOf(drop.p));
            let mask = b.keep_mask(key, q, &param.dims, &vec![false; param.dims.len()]);
            let kept = b.mul(value, mask);
            masked.push(b.mul(kept, scale));
        }
        masked
    }
}

/// What the state holds before the step.
pub(super) fn place(model: &Model, state: &State, b: &mut Builder) -> ValueId {
    match state.by_row {
        true => b.state_by_row(&state.name, model.streams(), &state.dims),
        false => b.state(&state.name, &state.dims),
    }
}
