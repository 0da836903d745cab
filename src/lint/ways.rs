//! What lies before and behind each node of a net, for lints; each in one pass over the nodes.

use crate::model::{Model, Node, NodeId};

pub fn has_weights(node: &Node) -> bool {
    !node.params.is_empty()
}

/// Of each node, whether something with weights stands before it.
pub fn behind_weights(model: &Model) -> Vec<bool> {
    let mut found: Vec<bool> = Vec::with_capacity(model.nodes.len());
    for node in &model.nodes {
        found.push(node.inputs.iter().any(|id| found[id.0] || has_weights(model.node(*id))));
    }
    found
}

/// Of each node, whether a value of such a node comes to it without passing weights.
pub fn straight_from(model: &Model, from: impl Fn(&Node) -> bool) -> Vec<bool> {
    let mut found: Vec<bool> = Vec::with_capacity(model.nodes.len());
    for node in &model.nodes {
        let of = |id: &NodeId| from(model.node(*id)) || found[id.0] && !has_weights(model.node(*id));
        found.push(node.inputs.iter().any(of));
    }
    found
}

/// Of each node, whether windows slid over what it is made of.
pub fn behind_windows(model: &Model) -> Vec<bool> {
    let mut found: Vec<bool> = Vec::with_capacity(model.nodes.len());
    for node in &model.nodes {
        found.push(node.facts().slides || node.inputs.iter().any(|id| found[id.0]));
    }
    found
}

/// Of each node, whether nothing with weights stands between it and the output.
pub fn ends(model: &Model) -> Vec<bool> {
    let mut found = vec![false; model.nodes.len()];
    found[model.output.source.0] = true;
    for (i, node) in model.nodes.iter().enumerate().rev() {
        if found[i] && !has_weights(node) {
            node.inputs.iter().for_each(|id| found[id.0] = true);
        }
    }
    found
}

/// Of each node, the first one that `is_end` on some way down from it that leads through none that `blocks`.
pub fn leads_to(
    model: &Model,
    is_end: impl Fn(usize) -> bool,
    blocks: impl Fn(&Node) -> bool,
) -> Vec<Option<usize>> {
    let mut found: Vec<Option<usize>> = vec![None; model.nodes.len()];
    for (i, node) in model.nodes.iter().enumerate().rev() {
        let here = if is_end(i) { Some(i) } else { found[i].filter(|_| !blocks(node)) };
        for id in &node.inputs {
            found[id.0] = [found[id.0], here].into_iter().flatten().min();
        }
    }
    found
}
