//! What a layer has at hand when it is lowered to graph operations.

use crate::{
    graph::{Address, Builder, DType, Mode, Op, ScalarDef, Scalars, StepInfo, ValueId},
    model::{Axis, Node, Ragged, Ty},
    vocab::Args,
};

/// Whether `freeze` holds the layer still in training.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Still {
    Never,
    Always,
    /// While this number of the step is 0; afterwards it is 1.
    Until(ValueId),
}

/// Context of [`super::Layer::lower`].
pub struct Lower<'a> {
    pub b: &'a mut Builder,
    pub mode: Mode,
    pub node: &'a Node,
    pub args: &'a Args,
    pub(crate) inputs: &'a [ValueId],
    pub(crate) input_types: &'a [Ty],
    /// Steps of each row, `i32[Batch]`, where rows have lengths.
    pub(crate) lengths: Option<ValueId>,
    pub(crate) params: &'a [ValueId],
    pub(crate) states: &'a [ValueId],
    pub(crate) still: Still,
    /// Whether the step measures what norms store, and changes nothing else.
    pub(crate) measures: bool,
    /// Whether rows go on where those at their places stopped in the step before.
    pub(crate) goes_on: bool,
    pub(crate) scalars: &'a mut Scalars,
    /// New values of states, by index; what is left `None` stays.
    pub(crate) updates: &'a mut [Option<ValueId>],
}

impl Lower<'_> {
    pub fn input(&self) -> ValueId {
        self.inputs[0]
    }

    pub fn inputs(&self) -> &[ValueId] {
        self.inputs
    }

    /// The type of the first input, with roles.
    pub fn input_ty(&self) -> &Ty {
        &self.input_types[0]
    }

    /// 1 at the steps of the first input that are a row's own, 0 behind its end, `f32[Batch, steps]`; none where rows have no lengths.
    pub fn within(&mut self) -> Option<ValueId> {
        self.within_of(0)
    }

    /// The same of another input.
    pub fn within_of(&mut self, input: usize) -> Option<ValueId> {
        self.within_steps(self.input_types[input].steps()?)
    }

    /// An input as a product reads it: zeros behind the ends of rows, where nobody reads the result, since rows of zeros are left out of products. Windows stay
    /// as they are: products read them where they lie, and overlapping ones would be written out for it.
    pub fn multiplied(&mut self, input: usize) -> ValueId {
        let x = self.inputs[input];
        match self.b.graph().node(x).op {
            Op::Windows { .. } => x,
            _ => {
                let within = self.within_of(input);
                self.filled(x, within, 0.0)
            }
        }
    }

    /// `x`, of the axes of the first input, with `fill` behind the ends of rows; `x` itself where rows have no lengths.
    pub fn own_steps(&mut self, x: ValueId, fill: f32) -> ValueId {
        let within = self.within();
        self.filled(x, within, fill)
    }

    /// `x` with `fill` where `within` is 0.
    fn filled(&mut self, x: ValueId, within: Option<ValueId>, fill: f32) -> ValueId {
        let Some(within) = within else { return x };
        let within = self.b.broadcast_like(within, x, &[0, 1]);
        let (zero, fill) = (self.b.splat(0.0, x), self.b.splat(fill, x));
        let own = self.b.less(zero, within);
        self.b.select(own, x, fill)
    }

    fn within_steps(&mut self, steps: Axis) -> Option<ValueId> {
        let (lengths, Ragged { stride, offset }) = (self.lengths?, steps.ragged?);
        Some(self.b.within_length(lengths, steps.size, stride, offset))
    }

    /// The `i`-th declared parameter, behind its weight mask where there is one.
    pub fn param(&self, i: usize) -> ValueId {
        self.params[i]
    }

    pub fn param_count(&self) -> usize {
        self.params.len()
    }

    pub fn state(&self, i: usize) -> ValueId {
        self.states[i]
    }

    /// What the row at its place in the step before left of the `i`-th declared state, where rows go on and the layer carries.
    pub fn left_before(&self, i: usize) -> Option<ValueId> {
        self.states.get(i).copied().filter(|_| self.goes_on)
    }

    /// Says what the `i`-th declared state holds after the step. A later pass of `reuse` sees it as the state's value.
    pub fn update_state(&mut self, i: usize, value: ValueId) {
        self.updates[i] = Some(value);
    }

    /// Where the step measures: the share of its figures in a mean that begins with the epoch.
    pub fn measured_share(&mut self) -> Option<ValueId> {
        let share = ScalarDef::Of { f: share_of_epoch, a: 0.0, b: 0.0 };
        self.measures.then(|| self.scalars.define(self.b, "measured.share", DType::F32, share))
    }

    /// Whether running figures stay as they are.
    pub fn still(&self) -> Still {
        self.still
    }

    /// `fresh` once the layer is trained, `held` before, to the bit.
    pub fn once_live(&mut self, live: ValueId, fresh: ValueId, held: ValueId) -> ValueId {
        let (zero, live) = (self.b.splat(0.0, fresh), self.b.spread(live, fresh));
        let live = self.b.less(zero, live);
        self.b.select(live, fresh, held)
    }

    /// A number that the host sets for each step.
    pub fn scalar(&mut self, name: &str, dtype: DType, def: ScalarDef) -> ValueId {
        self.scalars.define(self.b, &format!("{}.{name}", self.node.path), dtype, def)
    }

    /// The site of draws inside of this node, a draw a row.
    pub fn inner_key(&mut self, name: &str) -> ValueId {
        let site = self.b.site(&format!("{}.{name}", self.node.path), Address::Row);
        self.b.row_key(site)
    }

    /// The site of this node's draws.
    pub fn site_key(&mut self, address: Address) -> ValueId {
        let site = self.b.site(&self.node.path, address);
        self.b.row_key(site)
    }

    /// The site within this node that the argument `name` speaks of.
    pub fn key_of(&mut self, name: &str, address: Address) -> ValueId {
        let site = self.b.site(&format!("{}.{name}", self.node.path), address);
        self.b.row_key(site)
    }
}

/// `1 / (n + 1)` in the step of number n of its epoch.
fn share_of_epoch(step: &StepInfo, _: f64, _: f64) -> f64 {
    1.0 / (step.clock.update % step.clock.updates_per_epoch.max(1) + 1) as f64
}
