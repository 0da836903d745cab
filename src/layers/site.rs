//! The net that a use of a layer stands in, as the layer sees it: what it may ask of elaboration, without knowing the checker.

use super::{Layer, Stop};
use crate::{
    diag::{Diagnostic, Span},
    model::{NodeId, ParamId, WeightDrop},
    syntax::ast::Stmt,
    vocab::Args,
};

/// The value that flows into a step.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Flow {
    /// Nothing flows yet: the first step must be an input or `from`.
    Start,
    Node(NodeId),
    /// Something above was wrong, and has been reported.
    Broken,
}

/// A net under construction. `'f` is the file's.
pub trait Site<'f> {
    /// Adds one node over these values; a shape that does not fit is reported.
    fn add(&mut self, layer: &'static dyn Layer, args: Args, inputs: &[NodeId], path: &str) -> Flow;

    /// The same of a node that reads parameters of other nodes too, behind its own.
    fn add_lent(
        &mut self,
        layer: &'static dyn Layer,
        args: Args,
        inputs: &[NodeId],
        lent: &[ParamId],
        path: &str,
    ) -> Flow;

    /// The table of the only look-up in the chain of a label; what is none is reported at `span`.
    fn table(&mut self, label: &str, span: Span) -> Result<ParamId, Stop>;

    /// Runs statements as one level of the instance path; answers the flow after the last.
    fn inside(&mut self, level: &str, stmts: &mut dyn Iterator<Item = &'f Stmt>, flow: Flow) -> Flow;

    /// The same with every weight matrix that is made there masked.
    fn inside_masked(
        &mut self,
        drop: WeightDrop,
        level: &str,
        stmts: &mut dyn Iterator<Item = &'f Stmt>,
        flow: Flow,
    ) -> Flow;

    /// The same with every layer that goes through time going backwards; also answers how many such layers there were.
    fn inside_backwards(
        &mut self,
        level: &str,
        stmts: &mut dyn Iterator<Item = &'f Stmt>,
        flow: Flow,
    ) -> (Flow, usize);

    /// The value that a label stands for; an unknown one is reported at `span`.
    fn labelled(&mut self, label: &str, span: Span) -> Flow;

    /// The tokens that a node looked up, if that is what it does.
    fn looked_up(&self, node: NodeId) -> Option<NodeId>;

    /// Whether weight matrices made here are masked.
    fn masks_weights(&self) -> bool;

    /// Matrices that such a masking masks, of the nodes made so far, once for each pass.
    fn masked_by(&self, drop: WeightDrop) -> usize;

    fn report(&mut self, diagnostic: Diagnostic) -> Flow;
}
