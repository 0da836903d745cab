//! Where a net's result comes about: behind the layers that only hand numbers on.

use super::{Node, NodeId, NodeKind};
use crate::layers::{Reach, Reached};

/// What the numbers of each node can be in prediction.
#[must_use]
pub fn reaches(nodes: &[Node]) -> Vec<Reach> {
    let mut known: Vec<Reach> = Vec::with_capacity(nodes.len());
    for node in nodes {
        let reach = match &node.kind {
            NodeKind::Input { .. } => Reach::ANY,
            NodeKind::Layer(used) => used.word.reach(&Reached {
                args: &used.args,
                ty: &node.ty,
                inputs: &node.inputs,
                known: &known,
            }),
        };
        known.push(reach);
    }
    known
}

/// The nodes that make the numbers of `source`: itself, or those before the layers that hand their input on. In the order in
/// which they stand in the result.
#[must_use]
pub fn ends(nodes: &[Node], source: NodeId) -> Vec<NodeId> {
    let (mut found, mut next) = (Vec::new(), vec![source]);
    let mut seen = vec![false; nodes.len()];
    while let Some(id) = next.pop() {
        if std::mem::replace(&mut seen[id.0], true) {
            continue;
        }
        let node = &nodes[id.0];
        match &node.kind {
            NodeKind::Layer(used) if used.word.facts().hands_on => next.extend(node.inputs.iter().rev()),
            _ => found.push(id),
        }
    }
    found
}
