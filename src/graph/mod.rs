//! The tensor graph of one step: what is computed, in which order of dependence, with nothing said about how.
//!
//! A training graph holds forward, loss, backward and update; an evaluation graph holds forward and row losses. Sources name what
//! the runtime binds, sinks name where results go. Invariants (checked by `verify`):
//! - nodes are in topological order: operands have smaller ids;
//! - elementwise operands have equal types: broadcasts are explicit;
//! - random nodes are pure: their whole address is in their operands and attributes, so two equal nodes may be merged and
//!   any node may be computed twice;
//! - `Batch` is the leading dimension wherever it occurs.

pub mod attention;
pub mod autodiff;
mod blocks;
pub mod builder;
mod coins;
mod compose;
mod cut;
mod geometry;
mod intern;
pub mod interpret;
mod masks;
pub mod op;
pub mod passes;
mod prefix;
pub mod print;
mod scalars;
pub mod scan;
pub mod shape;
mod table;
#[cfg(test)]
mod tests;
pub mod verify;
mod vjp;

pub use attention::Attention;
pub use autodiff::differentiate;
pub use blocks::Blocks;
pub use builder::{AVERAGE, Builder};
pub use coins::{Coin, is_zero};
pub use cut::Cut;
pub use geometry::{Geometry, Slide};
pub use interpret::{Bindings, Tensor, attention_weights, interpret};
pub use masks::{
    Mask, Split, Tossed, affine_site, by_dropped, dropped_left, is_affine_in_masks, split, split_at,
};
pub use op::{Class, Op, Reduction};
pub use passes::{Passes, simplify, spared};
#[cfg(test)]
pub(crate) use prefix::prefixes;
pub use prefix::{Prefix, of_data_alone, prefix};
pub use scalars::{Pace, ScalarDef, Scalars, StepInfo};
pub use scan::{Enter, Scan, Step};
pub use table::Table;
pub use verify::verify;

/// Which of the model's functions is being made.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Mode {
    Train,
    /// Dropout off, batch norm frozen.
    Eval,
    /// Dropout on, batch norm frozen.
    Mc,
}

/// A node and its only result.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct ValueId(pub u32);

impl ValueId {
    pub fn index(self) -> usize {
        self.0 as usize
    }
}

macro_rules! ids {
    ($($(#[$doc:meta])* $name:ident),* $(,)?) => {$(
        $(#[$doc])*
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub struct $name(pub u32);

        impl $name {
            pub fn index(self) -> usize {
                self.0 as usize
            }
        }
    )*};
}

ids! {
    /// A trained tensor.
    ParamId,
    /// An optimizer's moment of one parameter.
    SlotId,
    /// A tensor that training updates without a gradient: running statistics.
    StateId,
    /// A number that the host sets for each step.
    ScalarId,
    /// A place where random bits are drawn.
    SiteId,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum DType {
    F32,
    /// Class labels and thresholds.
    I32,
    /// Result of a comparison; lives in registers only.
    Bool,
    /// 64-bit row key of the counter hash; lives in registers only.
    Key,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Dim {
    /// The rows of the minibatch; known at run time.
    Batch,
    Const(usize),
}

impl Dim {
    /// None for the batch.
    pub fn size(self) -> Option<usize> {
        match self {
            Dim::Batch => None,
            Dim::Const(n) => Some(n),
        }
    }
}

#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Type {
    pub dtype: DType,
    pub dims: Vec<Dim>,
}

impl Type {
    pub fn f32(dims: &[Dim]) -> Self {
        Self { dtype: DType::F32, dims: dims.to_vec() }
    }

    pub fn scalar(dtype: DType) -> Self {
        Self { dtype, dims: Vec::new() }
    }

    pub fn has_batch(&self) -> bool {
        self.dims.first() == Some(&Dim::Batch)
    }

    /// Elements without the batch dimension.
    pub fn row_len(&self) -> usize {
        self.dims.iter().map(|d| if let Dim::Const(n) = d { *n } else { 1 }).product()
    }
}

/// Forward code or a derivative of it; printed, and used to name kernels.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub enum Phase {
    #[default]
    Forward,
    Backward,
    Update,
}

/// Which layer a node comes from.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Origin {
    /// Instance path as `summary` shows it; empty for what belongs to no layer.
    pub path: std::sync::Arc<str>,
    pub phase: Phase,
}

#[derive(Clone, Debug, PartialEq)]
pub struct Node {
    pub op: Op,
    pub inputs: Vec<ValueId>,
    pub ty: Type,
    pub origin: Origin,
}

/// A tensor that outlives the step.
#[derive(Clone, Debug, PartialEq)]
pub struct Stored {
    /// `dense_1.weight`, `adam.m(dense_1.weight)`, `batch_norm_1.running_mean`.
    pub name: String,
    pub dims: Vec<usize>,
    /// Of a state: whether each row of a minibatch has its own, which goes on to the row at its place in the next. The first of `dims` are then the rows.
    pub by_row: bool,
    /// Whether no step of the run changes it: what is made of it and of rows alone is the same in every epoch.
    pub still: bool,
    /// Of a slot: the parameter or state whose running average it is.
    pub averages: Option<Averaged>,
}

impl Stored {
    /// As a step sees it.
    pub fn ty(&self) -> Type {
        let mut dims: Vec<Dim> = self.dims.iter().map(|n| Dim::Const(*n)).collect();
        if let (true, Some(rows)) = (self.by_row, dims.first_mut()) {
            *rows = Dim::Batch;
        }
        Type::f32(&dims)
    }
}

/// What is averaged over the updates of a run.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Averaged {
    Param(ParamId),
    State(StateId),
}

/// How a site's draws are addressed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Address {
    /// One draw a row: position in the epoch's shuffled order, or row number in prediction.
    Row,
    /// One draw a step for all rows: the update's ordinal (`share=batch`).
    Update,
}

#[derive(Clone, Debug, PartialEq)]
pub struct Site {
    /// Instance path, unique; its hash addresses the draws.
    pub path: String,
    pub hash: u64,
    pub address: Address,
}

/// An input array of the data set, as a minibatch of it.
#[derive(Clone, Debug, PartialEq)]
pub struct Array {
    pub name: String,
    /// `[Batch, ...]`
    pub ty: Type,
}

#[derive(Clone, Debug, PartialEq)]
pub struct Scalar {
    pub name: String,
    /// F32 or I32.
    pub dtype: DType,
    /// Whether it is above 0 at every step.
    pub positive: bool,
}

/// Where a result goes when the step is done. All reads of a step see the values from before it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Sink {
    Param(ParamId),
    Slot(SlotId),
    State(StateId),
    /// `[Batch, ...]`: written to the caller's rows, at the rows' positions.
    Output,
    /// A scalar that is added to the running totals; index into `Graph::metrics`.
    Metric(u32),
    /// In the body of a scan: what the next step sees of operand `i`.
    Carry(u32),
    /// In the body of a scan: `[Batch, ...]`, the step's part of what is stacked; in order of their numbers, side by side.
    Stack(u32),
}

#[derive(Clone, Debug, Default, PartialEq)]
pub struct Graph {
    pub nodes: Vec<Node>,
    /// Types of `Op::Input`, by slot.
    pub inputs: Vec<Array>,
    /// Type of `Op::Target`: `i32[Batch]`, `i32[Batch, T]` or `f32[Batch, D]`; none where there are no targets.
    pub target: Option<Type>,
    pub params: Vec<Stored>,
    pub slots: Vec<Stored>,
    pub states: Vec<Stored>,
    pub scalars: Vec<Scalar>,
    pub sites: Vec<Site>,
    /// Of the body of a scan: types of `Op::Enter`, by operand.
    pub enters: Vec<Type>,
    /// Names of the totals; index 0 is what must stay finite.
    pub metrics: Vec<String>,
    pub sinks: Vec<(Sink, ValueId)>,
    /// Whether convolutions are the sums that they say: none is made in tiles.
    pub direct: bool,
    /// How the rows of a minibatch are cut.
    pub blocks: Blocks,
}

impl Graph {
    pub fn node(&self, v: ValueId) -> &Node {
        &self.nodes[v.index()]
    }

    pub fn ty(&self, v: ValueId) -> &Type {
        &self.node(v).ty
    }

    /// What nodes name, without nodes and sinks.
    pub(crate) fn tables(&self) -> Self {
        let Self {
            nodes: _,
            inputs,
            target,
            params,
            slots,
            states,
            scalars,
            sites,
            enters,
            metrics,
            sinks: _,
            direct,
            blocks,
        } = self;
        Self {
            nodes: Vec::new(),
            inputs: inputs.clone(),
            target: target.clone(),
            params: params.clone(),
            slots: slots.clone(),
            states: states.clone(),
            scalars: scalars.clone(),
            sites: sites.clone(),
            enters: enters.clone(),
            metrics: metrics.clone(),
            sinks: Vec::new(),
            direct: *direct,
            blocks: *blocks,
        }
    }
}
