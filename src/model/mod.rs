//! The checked program: every name resolved, every argument evaluated, every shape known.
//!
//! Invariants: nodes are in topological order; a node's `inputs`, `params` and `states` exist; instance paths are unique and so
//! are the hashes of its sites; `output.source` has a type that fits the output's kind.

mod coins;
mod ends;
mod feeding;
mod given;
pub mod laws;
mod parts;
mod predict;
mod print;
pub mod summary;
mod sweep;
mod train;
mod ty;

pub use ends::{ends, reaches};
pub use given::Given;
pub use laws::OutputKind;
pub use parts::{Freeze, OwnRate, meant, under};
pub use predict::{Interval, McDropout, Mean, Precision, Predict, PredictMode, Reported, Score, Until};
pub use print::print;
pub use summary::Summary;
pub use sweep::{Goal, Prune, Range, Search, Sweep, Values, Vary};
pub use train::{Fitted, Held, StopEarly, Train};
pub use ty::{Axis, Clock, Elem, Ragged, Role, Ty};

use crate::{
    data::{DEFAULT_BATCH, DataConfig},
    diag::Span,
    graph::Blocks,
    layers::{DropSite, Facts, InnerDrop, Layer},
    train::{augment::Pairs, penalties::Own},
    vocab::{Args, Timed, Value},
};

/// A word with its checked arguments.
pub struct Use<T: ?Sized + 'static> {
    pub word: &'static T,
    pub args: Args,
}

impl<T: ?Sized> Clone for Use<T> {
    fn clone(&self) -> Self {
        Self { word: self.word, args: self.args.clone() }
    }
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct NodeId(pub usize);

#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct ParamId(pub usize);

#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct StateId(pub usize);

#[derive(Clone)]
pub struct Model {
    pub nodes: Vec<Node>,
    /// The `Input` nodes, in the order of declaration.
    pub inputs: Vec<NodeId>,
    pub output: Output,
    pub params: Vec<Param>,
    pub states: Vec<State>,
    pub data: Option<DataConfig>,
    /// Whether a size of its inputs or its output is `_`, that of the data.
    pub open: bool,
    /// Whether the number of its tokens is `_`, that of the text.
    pub open_vocab: bool,
    pub train: Option<Train>,
    pub predict: Predict,
    pub sweep: Option<Sweep>,
    /// What the data say that penalties depend on, once they are loaded.
    pub fitted: Option<Fitted>,
    /// Parameters and running figures that begin as files say, once those are read.
    pub given: Vec<Given>,
    /// `param` values after `--set`, as they were used.
    pub knobs: Vec<(String, Value)>,
    /// Whether its predictions are made without convolutions in tiles, as audits make them.
    pub direct: bool,
}

/// One use of a layer, or an input.
#[derive(Clone)]
pub struct Node {
    /// Instance path: label or block path, operation, ordinal. Unique.
    pub path: String,
    pub kind: NodeKind,
    pub inputs: Vec<NodeId>,
    pub ty: Ty,
    pub params: Vec<ParamId>,
    /// How many of them, the last ones, are of other nodes.
    pub lent: usize,
    pub states: Vec<StateId>,
    /// The `drop_connect` block that this node stands in.
    pub weight_drop: Option<WeightDrop>,
    pub span: Span,
}

#[derive(Clone)]
pub enum NodeKind {
    Input { name: String },
    Layer(Use<dyn Layer>),
}

/// The argument that is the rate of dropping what a step leaves to the next, where that is multiplied.
pub const RECURRENT: &str = "recurrent_dropout";

/// Masking of weight matrices: rate of dropping; one mask a step.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct WeightDrop {
    pub p: Timed,
    pub always: bool,
    /// Whether matrices that multiply what the step before left are masked alone.
    pub recurrent: bool,
}

impl WeightDrop {
    /// Whether it masks this parameter of a node that it stands around.
    pub fn masks(&self, param: &Param) -> bool {
        param.role == ParamRole::Weight && (!self.recurrent || param.is_recurrent())
    }
}

/// What a parameter is to the regularizers.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ParamRole {
    /// A matrix that decays and is constrained.
    Weight,
    Bias,
    /// Gain and shift of a normalisation.
    Norm,
    /// The logit of a learned rate of dropping.
    Rate,
}

/// How a parameter starts; see `layers/initial` for the words and `runtime/initial` for the numbers.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Init {
    Zeros,
    Ones,
    Constant(f64),
    /// Uniform in `[-limit, limit]`.
    Uniform {
        limit: f64,
    },
    Normal {
        mean: f64,
        sd: f64,
    },
    /// Normal deviates, those beyond `within` standard deviations drawn anew.
    Truncated {
        mean: f64,
        sd: f64,
        within: f64,
    },
    /// A random matrix whose columns (or rows, where those are fewer) are orthogonal and of this length.
    Orthogonal {
        gain: f64,
    },
    /// 1 where unit j reads input j, else 0.
    Dirac,
    /// Of the biases of so many gates: `value` for those of one, 0 for the others.
    Gate {
        gate: usize,
        of: usize,
        value: f64,
    },
}

#[derive(Clone, Debug)]
pub struct Param {
    /// `PATH.weight`: the name in checkpoints.
    pub name: String,
    pub dims: Vec<usize>,
    pub role: ParamRole,
    pub init: Init,
    /// Largest norm of a unit's incoming weight vector (a column of `[in, out]`).
    pub max_norm: Option<f64>,
    /// Of this parameter alone.
    pub penalties: Vec<Own>,
    /// The input of its node that a matrix multiplies, if it is one of them.
    pub fed_by: Option<usize>,
    /// The argument of its layer that is the rate of dropping what it multiplies, or rows of itself.
    pub dropped_by: Option<&'static str>,
    /// What its layer says that holds it still.
    pub held: Option<Freeze>,
    /// The node that declared it.
    pub node: NodeId,
}

impl Param {
    /// Whether it is a matrix that multiplies what the step before left.
    pub fn is_recurrent(&self) -> bool {
        self.dropped_by == Some(RECURRENT)
    }

    pub fn len(&self) -> usize {
        self.dims.iter().product()
    }

    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// Whether penalties and decay with these arguments act on it: on weights, with `on=all` on biases and norms too. A learned rate has a
    /// penalty of its own.
    pub fn is_held(&self, by: &Args) -> bool {
        match self.role {
            ParamRole::Weight => true,
            ParamRole::Bias | ParamRole::Norm => by.sig.arg("on").is_some() && by.word("on") == "all",
            ParamRole::Rate => false,
        }
    }
}

/// A tensor that training updates without a gradient.
#[derive(Clone, Debug)]
pub struct State {
    pub name: String,
    pub dims: Vec<usize>,
    pub start: f32,
    /// Whether each row of a minibatch has its own, which goes on to the row at its place in the next; it begins at zero with each pass.
    pub by_row: bool,
}

#[derive(Clone, Debug)]
pub struct Output {
    pub name: String,
    pub kind: OutputKind,
    pub source: NodeId,
    pub span: Span,
}

impl Model {
    /// The input whose rows have lengths, if one has. They are one more array of the graph, behind those of the inputs.
    #[must_use]
    pub fn ragged(&self) -> Option<&Node> {
        self.inputs.iter().map(|id| self.node(*id)).find(|node| node.ty.ragged().is_some())
    }

    /// Whether rows count differently while training. Their weights are one more array of the graph of training, the last.
    #[must_use]
    pub fn weighs_rows(&self) -> bool {
        self.data.as_ref().is_some_and(|data| data.settings.weights.is_some())
    }

    /// The input that is a picture, among the inputs, and its height, width and channels; none of several.
    #[must_use]
    pub fn picture(&self) -> Option<(usize, [usize; 3])> {
        let sizes = self.inputs.iter().enumerate().filter_map(|(i, id)| {
            let ty = &self.node(*id).ty;
            ty.channels().and_then(|_| Some((i, ty.sizes().try_into().ok()?)))
        });
        let mut pictures = sizes.collect::<Vec<_>>().into_iter();
        pictures.next().filter(|_| pictures.next().is_none())
    }

    /// Whether the rows that the net is fed while it is trained are others in every epoch. A sum of two sounds is as long as the longer one, so that its length is.
    #[must_use]
    pub fn changes_rows(&self) -> bool {
        let Some(augmentation) = self.train.as_ref().map(|train| &train.augmentation) else { return false };
        let are_sounds = || self.inputs.iter().any(|id| self.node(*id).ty.rate().is_some());
        augmentation.changes_rows()
            || self.draws_stretches()
            || augmentation.pairs.as_ref().is_some_and(Pairs::blends) && are_sounds()
    }

    /// Whether training reads another stretch of rows that are too long in every epoch.
    #[must_use]
    pub fn draws_stretches(&self) -> bool {
        self.data.as_ref().is_some_and(|data| data.source.draws_stretches())
    }

    /// Bytes that may keep what depends on training rows alone: none where those are others in every epoch.
    #[must_use]
    pub fn training_prefix_limit(&self) -> u64 {
        if self.changes_rows() { 0 } else { self.data.as_ref().map_or(0, DataConfig::prefix_limit) }
    }

    /// Rows that go on side by side where layers carry their states from window to window: those of a minibatch.
    #[must_use]
    pub fn streams(&self) -> usize {
        self.data.as_ref().map_or(DEFAULT_BATCH, |data| data.batch().rows)
    }

    /// How the rows of a minibatch are cut.
    #[must_use]
    pub fn blocks(&self) -> Blocks {
        self.data.as_ref().map_or(Blocks::ONE, |data| data.batch().blocks)
    }

    /// Deals the blocks of each minibatch to processes.
    ///
    /// # Errors
    /// How many blocks there are, where that does not come out even.
    pub fn deal(&mut self, ranks: usize) -> Result<(), usize> {
        let dealt = self.blocks().dealt(ranks).ok_or(self.blocks().count())?;
        if let Some(data) = &mut self.data {
            data.deal(dealt);
        }
        Ok(())
    }

    /// Whether a layer carries its state from window to window.
    #[must_use]
    pub fn carries(&self) -> bool {
        self.states.iter().any(|state| state.by_row)
    }

    /// How many of them begin with the numbers of a file of tensors.
    pub fn loaded_count(&self) -> usize {
        let loaded = self.given.iter().filter_map(|given| match given {
            Given::Param { numbers, .. } => Some(numbers.len()),
            Given::Vectors { .. } | Given::State { .. } => None,
        });
        loaded.sum()
    }

    pub fn node(&self, id: NodeId) -> &Node {
        &self.nodes[id.0]
    }

    pub fn parameter_count(&self) -> usize {
        self.params.iter().map(Param::len).sum()
    }
}

impl Node {
    /// The layer's use; none of an input.
    pub fn layer(&self) -> Option<&Use<dyn Layer>> {
        match &self.kind {
            NodeKind::Layer(used) => Some(used),
            NodeKind::Input { .. } => None,
        }
    }

    /// Where it drops units or adds noise, if it does.
    pub fn drop_site(&self) -> Option<DropSite> {
        let used = self.layer()?;
        used.word.drop_site(&used.args)
    }

    /// Where inside of it something is dropped, in this model.
    pub fn inner_drops(&self, model: &Model) -> Vec<InnerDrop> {
        let inputs: Vec<&Ty> = self.inputs.iter().map(|id| &model.node(*id).ty).collect();
        self.layer().map_or_else(Vec::new, |used| used.word.inner_drops(self, &inputs))
    }

    /// What its layer says of itself.
    pub fn facts(&self) -> Facts {
        self.layer().map_or(Facts::NONE, |used| used.word.facts())
    }
}
