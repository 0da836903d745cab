//! Parts of a net that are trained in a way of their own: `freeze LABEL, until=3epochs` and `lr LABEL, factor=0.1`.
//!
//! A part is all that stands under a label: the layers of its chain, or the inside of its block, wherever the label occurs.

use super::{Model, Node, Param, ParamRole, StateId, Train};
use crate::{diag::Span, graph::Pace, vocab::Time};

/// A part whose parameters and running figures stay as they are: to the end, or for a time.
#[derive(Clone, Debug, PartialEq)]
pub struct Freeze {
    pub label: String,
    pub until: Option<Time>,
    pub span: Span,
}

/// A part whose learning rate is another one.
#[derive(Clone, Debug, PartialEq)]
pub struct OwnRate {
    pub label: String,
    pub factor: f64,
    pub span: Span,
}

/// Whether the instance path leads through this label.
#[must_use]
pub fn under(path: &str, label: &str) -> bool {
    path.split('/').any(|level| meant(label, level))
}

/// Whether a label is meant by one, or by the beginning of several: `stage_*`.
#[must_use]
pub fn meant(named: &str, label: &str) -> bool {
    match named.strip_suffix('*') {
        Some(beginning) => label.starts_with(beginning),
        None => named == label,
    }
}

impl Train {
    fn freeze(&self, path: &str) -> Option<&Freeze> {
        self.freezes.iter().find(|freeze| under(path, &freeze.label))
    }
}

impl Model {
    /// What holds the parameter still.
    #[must_use]
    pub fn freeze<'a>(&'a self, param: &'a Param) -> Option<&'a Freeze> {
        let said = || self.train.as_ref()?.freeze(&self.node(param.node).path);
        param.held.as_ref().or_else(said)
    }

    /// Whether the parameter stays as it begins.
    #[must_use]
    pub fn is_frozen(&self, param: &Param) -> bool {
        self.freeze(param).is_some_and(|freeze| freeze.until.is_none())
    }

    /// Whether the parameter is a matrix that multiplies rows of what its layer reads: no table of embeddings or places, no filter of one channel alone.
    #[must_use]
    pub fn is_matrix(&self, param: &Param) -> bool {
        let reads_tokens =
            || self.node(param.node).inputs.iter().any(|id| self.node(*id).ty.vocab().is_some());
        let is_table = || param.name.ends_with(".table") || reads_tokens();
        let is_of_one_channel = matches!(param.dims[..], [_, .., 1, _] if param.dims.len() > 2);
        param.role == ParamRole::Weight && param.dims.len() > 1 && !is_of_one_channel && !is_table()
    }

    /// What holds a node still: it, or the node whose parameters it shares.
    #[must_use]
    pub fn freeze_of(&self, node: &Node) -> Option<&Freeze> {
        let own = self.train.as_ref()?.freeze(&node.path);
        own.or_else(|| self.freeze(&self.params[node.params.first()?.0]))
    }

    /// Whether the running figure stays as it begins: all layers that would update it are held still to the end.
    #[must_use]
    pub fn is_still(&self, state: StateId) -> bool {
        let mut owners = self.nodes.iter().filter(|node| node.states.contains(&state));
        // What is carried from row to row moves though its layer is held still.
        !self.states[state.0].by_row
            && owners.all(|node| self.freeze_of(node).is_some_and(|freeze| freeze.until.is_none()))
    }

    /// The factor of the parameter's learning rate.
    #[must_use]
    pub fn rate_factor(&self, param: &Param) -> f64 {
        let path = &self.node(param.node).path;
        let rates = self.train.iter().flat_map(|train| &train.rates);
        rates.filter(|rate| under(path, &rate.label)).map(|rate| rate.factor).next().unwrap_or(1.0)
    }

    /// How the parameter is trained beside the others.
    #[must_use]
    pub fn pace(&self, param: &Param) -> Pace {
        Pace { factor: self.rate_factor(param), after: self.freeze(param).and_then(|freeze| freeze.until) }
    }
}
