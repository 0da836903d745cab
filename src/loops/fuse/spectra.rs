//! Short-time spectra, and matrices that are known before any data.

use super::windows::strip;
use crate::graph::{self, Graph, Node, Op, ValueId};
use crate::loops::BufferId;
use crate::loops::calls::{Spectra, Table};
use crate::sound::Spectrum;

/// Spectra of a wave that lies in memory, or what flows back through them.
#[derive(Clone, Debug)]
pub(super) struct SpectraView {
    form: Spectrum,
    wave: ValueId,
    flow: Option<ValueId>,
}

impl SpectraView {
    /// What lies in the memory that it reads.
    pub fn bases(&self) -> Vec<ValueId> {
        [Some(self.wave), self.flow].into_iter().flatten().collect()
    }

    /// The library's kernel, its result in `own`.
    pub fn call(&self, own: BufferId, buffer: impl Fn(ValueId) -> BufferId) -> Spectra {
        Spectra { form: self.form, wave: buffer(self.wave), flow: self.flow.map(&buffer), to: own }
    }
}

/// The spectra that a node is, or their derivative.
pub(super) fn view(graph: &Graph, node: &Node) -> Option<SpectraView> {
    match (&node.op, &node.inputs[..]) {
        (Op::Spectra(form), [wave]) => {
            Some(SpectraView { form: *form, wave: strip(graph, *wave), flow: None })
        }
        (Op::SpectraBack(form), [flow, wave]) => {
            let flow = Some(strip(graph, *flow));
            Some(SpectraView { form: *form, wave: strip(graph, *wave), flow })
        }
        _ => None,
    }
}

/// A matrix by its description.
#[derive(Clone, Copy, Debug)]
pub(super) struct TableView(graph::Table);

impl TableView {
    /// The table of a node that makes one.
    pub fn of(node: &Node) -> Option<Self> {
        if let Op::Table(table) = node.op { Some(Self(table)) } else { None }
    }

    /// The library's kernel, its result in `own`.
    pub fn call(self, own: BufferId) -> Table {
        Table { to: own, table: self.0 }
    }
}
