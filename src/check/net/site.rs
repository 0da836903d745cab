//! What the net under construction offers to a layer that becomes nodes.

use super::Net;
use crate::{
    diag::{Diagnostic, Span},
    layers::{Flow, Layer, Site, Stop},
    model::{NodeId, ParamId, WeightDrop},
    syntax::ast::Stmt,
    vocab::Args,
};

impl<'f> Site<'f> for Net<'f> {
    fn add(&mut self, layer: &'static dyn Layer, args: Args, inputs: &[NodeId], path: &str) -> Flow {
        Net::add(self, layer, args, inputs, &[], path)
    }

    fn add_lent(
        &mut self,
        layer: &'static dyn Layer,
        args: Args,
        inputs: &[NodeId],
        lent: &[ParamId],
        path: &str,
    ) -> Flow {
        Net::add(self, layer, args, inputs, lent, path)
    }

    fn table(&mut self, label: &str, span: Span) -> Result<ParamId, Stop> {
        self.table_of(label, span)
    }

    fn inside(&mut self, level: &str, stmts: &mut dyn Iterator<Item = &'f Stmt>, flow: Flow) -> Flow {
        Net::inside(self, level, stmts, flow)
    }

    fn inside_masked(
        &mut self,
        drop: WeightDrop,
        level: &str,
        stmts: &mut dyn Iterator<Item = &'f Stmt>,
        flow: Flow,
    ) -> Flow {
        let outer = self.weight_drop.replace(drop);
        let flow = Net::inside(self, level, stmts, flow);
        self.weight_drop = outer;
        flow
    }

    fn inside_backwards(
        &mut self,
        level: &str,
        stmts: &mut dyn Iterator<Item = &'f Stmt>,
        flow: Flow,
    ) -> (Flow, usize) {
        let outer = self.backwards.replace(0);
        let flow = Net::inside(self, level, stmts, flow);
        let turned = std::mem::replace(&mut self.backwards, outer);
        (flow, turned.unwrap_or(0))
    }

    fn labelled(&mut self, label: &str, span: Span) -> Flow {
        Net::labelled(self, label, span)
    }

    fn looked_up(&self, node: NodeId) -> Option<NodeId> {
        let tokens = *self.nodes[node.0].inputs.first()?;
        self.nodes[tokens.0].ty.vocab().map(|_| tokens)
    }

    fn masks_weights(&self) -> bool {
        self.weight_drop.is_some()
    }

    fn masked_by(&self, drop: WeightDrop) -> usize {
        let owned = self.nodes.iter().flat_map(|node| &node.params);
        owned.filter(|id| drop.masks(&self.params[id.0])).count()
    }

    fn report(&mut self, diagnostic: Diagnostic) -> Flow {
        Net::report(self, diagnostic)
    }
}
