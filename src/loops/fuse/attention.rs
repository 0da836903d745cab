//! Attention and its gradient: what they read, and what they are drawn by.

use super::windows::strip;
use crate::graph::{Address, Attention, Graph, Node, Op, ValueId};
use crate::loops::BufferId;
use crate::loops::calls::attend::{Attend, Draws, Gradient};
use crate::loops::calls::waves::Waves;

/// Attention, or its gradient where something flows into its result.
#[derive(Clone, Debug)]
pub(super) struct AttentionView {
    form: Attention,
    packed: ValueId,
    turns: Option<ValueId>,
    lengths: Option<ValueId>,
    draws: Option<Draws>,
    /// What flows, and the result.
    back: Option<(ValueId, ValueId)>,
}

impl AttentionView {
    /// What lies in the memory that it reads.
    pub fn bases(&self) -> Vec<ValueId> {
        let (flow, result) = self.back.unzip();
        [Some(self.packed), self.turns, self.lengths, flow, result].into_iter().flatten().collect()
    }

    /// The library's kernel, its result in `own`.
    pub fn call(&self, own: BufferId, buffer: impl Fn(ValueId) -> BufferId) -> Attend {
        Attend {
            form: self.form,
            packed: buffer(self.packed),
            result: self.back.map_or(own, |(_, result)| buffer(result)),
            turns: self.turns.map(&buffer),
            lengths: self.lengths.map(&buffer),
            draws: self.draws,
            gradient: self.back.map(|(flow, _)| Gradient { flow: buffer(flow), to: own }),
        }
    }
}

/// The attention of a node.
pub(super) fn view(graph: &Graph, node: &Node) -> Option<AttentionView> {
    let (form, back, operands) = match (&node.op, &node.inputs[..]) {
        (Op::Attend(form), operands) => (*form, None, operands),
        (Op::AttendBack(form), [flow, result, operands @ ..]) => {
            (*form, Some((strip(graph, *flow), strip(graph, *result))), operands)
        }
        _ => return None,
    };
    let draws = match form.dropped {
        false => None,
        true => {
            let (Op::RowKey(site), Op::Scalar(q)) =
                (&graph.node(operands[0]).op, &graph.node(operands[1]).op)
            else {
                return None;
            };
            let by_update = graph.sites[site.index()].address == Address::Update;
            Some(Draws { site: *site, by_update, q: *q })
        }
    };
    let at = |i: usize| strip(graph, operands[i]);
    let (turns, lengths) = (form.turns().map(at), form.lengths().map(at));
    Some(AttentionView { form, packed: at(form.packed()), turns, lengths, draws, back })
}

/// A table of waves.
#[derive(Clone, Copy, Debug)]
pub(super) struct WavesView {
    places: usize,
    width: usize,
    apart: bool,
}

impl WavesView {
    /// The table of a node that makes one.
    pub fn of(node: &Node) -> Option<Self> {
        let Op::Waves { places, width, apart } = node.op else { return None };
        Some(Self { places, width, apart })
    }

    /// The library's kernel, its result in `own`.
    pub fn call(self, own: BufferId) -> Waves {
        let Self { places, width, apart } = self;
        Waves { to: own, places, width, apart }
    }
}
