//! The layers: one file a layer, one row here. No other file names a layer.
//!
//! A layer's file begins with its manual (the module doc, printed by `dropnet explain`), then its signature, shape rule and
//! lowering to graph operations, and its tests. Adding one is a file, a row and a snapshot: see CONTRIBUTING.md.

mod expand;
mod infer;
pub mod initial;
mod lower;
mod rate;
mod reach;
#[cfg(test)]
pub(crate) mod tests;

pub use expand::Expand;
pub use infer::{Infer, ParamDecl, Place, Source};
pub use lower::Lower;
pub use reach::{Reach, Reached};

use crate::{
    diag::Diagnostic,
    graph::ValueId,
    model::{Node, NodeId, Ty},
    vocab::{Args, Sig, Timed},
};

/// A word of the `net` section.
pub trait Layer: Sync {
    fn sig(&self) -> &'static Sig;

    /// The shape rule: checks the inputs, declares parameters and states, answers the type of the result.
    fn infer(&self, cx: &mut Infer<'_>) -> Result<Ty, Diagnostic>;

    /// The forward computation in graph operations; derivatives come from autodiff.
    fn lower(&self, cx: &mut Lower<'_>) -> ValueId;

    /// How one use becomes nodes. A plain layer is one node fed by the flowing value; layers that hold layers say otherwise.
    fn expand(&self, cx: &mut Expand<'_, '_>) -> Result<NodeId, Stop> {
        cx.node(&[cx.flow()])
    }

    /// Whether the layer may start a flow from named values.
    fn takes_names(&self) -> bool {
        self.sig().block == crate::vocab::Block::Branches
    }

    /// What the numbers of the result can be in prediction, whatever the weights: any numbers unless a layer knows better.
    fn reach(&self, _cx: &Reached<'_>) -> Reach {
        Reach::ANY
    }

    /// Whether prediction hands the inputs' numbers on as they are, or all times one constant.
    fn hands_on(&self) -> bool {
        false
    }

    /// Whether the numbers of a row come out with one mean and one spread, whatever they were.
    fn evens_out(&self) -> bool {
        false
    }

    /// Whether training needs at least two rows in every minibatch: statistics over the batch.
    fn needs_two_rows(&self) -> bool {
        false
    }

    /// Where this layer drops units, for summaries, prediction and lints.
    fn drop_site(&self, _args: &Args) -> Option<DropSite> {
        None
    }

    /// Coins that a row tosses here: units after sharing, each kept or dropped (or smoothly between). Continuous multipliers have none.
    fn coins(&self, _args: &Args, _input: &Ty) -> usize {
        0
    }

    /// Whether each unit of the result is a function of the same unit of the input alone, and of which kind.
    fn unitwise(&self) -> Option<Unitwise> {
        None
    }

    /// Multiply-adds a row, for summaries; products dominate, so the default is none.
    fn multiply_adds(&self, _node: &Node, _inputs: &[&Ty]) -> usize {
        0
    }
}

/// Elaboration of this use stopped: its diagnostic has been reported.
#[derive(Clone, Copy, Debug)]
pub struct Stop;

/// A function of one unit.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Unitwise {
    /// `f(c x) = c f(x)` for every `c >= 0`.
    Homogeneous,
    Other,
}

/// A place where random multipliers act.
#[derive(Clone, Debug, PartialEq)]
pub struct DropSite {
    /// Probability of dropping, or the rate that a Gaussian multiplier's variance is derived from.
    pub rate: Timed,
    /// `bernoulli`, `gaussian`, `alpha`, `concrete`.
    pub kind: String,
    /// `rate` is where training begins: the node's first parameter is its logit.
    pub learned: bool,
    /// Stochastic in every mode.
    pub always: bool,
    /// Live in Monte-Carlo prediction.
    pub live_in_mc: bool,
}

/// A layer and its manual.
pub struct Row {
    pub layer: &'static dyn Layer,
    /// The source file; its leading `//!` lines are the manual.
    source: &'static str,
}

macro_rules! layers {
    ($($name:ident),* $(,)?) => {
        $(mod $name;)*

        /// All layers, by name.
        pub static LAYERS: &[Row] = &[$(Row { layer: &$name::LAYER, source: include_str!(concat!(stringify!($name), ".rs")) }),*];
    };
}

layers! {
    add,
    batch_norm,
    concat,
    dense,
    drop_connect,
    dropout,
    elu,
    flatten,
    gelu,
    identity,
    layer_norm,
    leaky_relu,
    log_softmax,
    mul,
    noise,
    relu,
    reshape,
    residual,
    selu,
    sigmoid,
    silu,
    softmax,
    softplus,
    tanh,
}

pub fn find(name: &str) -> Option<&'static dyn Layer> {
    LAYERS.iter().find(|row| row.layer.sig().name == name).map(|row| row.layer)
}

impl Row {
    /// The layer's page of the manual, as Markdown.
    pub fn manual(&self) -> String {
        manual(self.source)
    }
}

/// The leading `//!` lines of a source file without their marks.
pub fn manual(source: &str) -> String {
    let lines = source.lines().map_while(|line| line.strip_prefix("//!"));
    lines.map(|line| format!("{}\n", line.strip_prefix(' ').unwrap_or(line))).collect()
}
