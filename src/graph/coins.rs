//! One coin for all rows and units of a minibatch: what it drops is dropped whole, and nobody need compute it.

use super::{Address, Graph, Op, ScalarId, SiteId, ValueId};

/// The coin of a site that is addressed by update: kept in a step where its draw reaches the threshold.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Coin {
    pub site: SiteId,
    /// The threshold.
    pub q: ScalarId,
}

impl Coin {
    /// Whose mask `v` is, repeated or not.
    pub fn of(graph: &Graph, v: ValueId) -> Option<Self> {
        let node = graph.node(v);
        match &node.op {
            Op::Broadcast { .. } | Op::Reshape { .. } => Self::of(graph, node.inputs[0]),
            Op::KeepMask { shared, .. } if shared.iter().all(|shared| *shared) => {
                let (Op::RowKey(site), Op::Scalar(q)) =
                    (&graph.node(node.inputs[0]).op, &graph.node(node.inputs[1]).op)
                else {
                    return None;
                };
                let by_update = graph.sites[site.index()].address == Address::Update;
                by_update.then_some(Self { site: *site, q: *q })
            }
            _ => None,
        }
    }

    /// The coin that a condition asks for: `0 < mask`.
    fn asked(graph: &Graph, condition: ValueId) -> Option<Self> {
        let node = graph.node(condition);
        let (Op::Less, [low, mask]) = (&node.op, &node.inputs[..]) else { return None };
        is_zero(graph, *low).then(|| Self::of(graph, *mask)).flatten()
    }

    /// Those that a graph tosses.
    pub fn all(graph: &Graph) -> Vec<Self> {
        distinct((0..graph.nodes.len() as u32).filter_map(|v| match graph.node(ValueId(v)).op {
            Op::KeepMask { .. } => Self::of(graph, ValueId(v)),
            _ => None,
        }))
    }

    /// Those by which it selects.
    pub fn selecting(graph: &Graph) -> Vec<Self> {
        let selects = graph.nodes.iter().filter(|node| matches!(node.op, Op::Select));
        distinct(selects.filter_map(|node| Self::asked(graph, node.inputs[0])))
    }

    /// By value: whether somebody reads it in a step whose coin drops. Where the coin selects, only what is not dropped is read.
    pub fn read_when_dropped(self, graph: &Graph) -> Vec<bool> {
        let mut read = vec![false; graph.nodes.len()];
        graph.sinks.iter().for_each(|(_, v)| read[v.index()] = true);
        for (i, node) in graph.nodes.iter().enumerate().rev().filter(|(_, node)| !node.inputs.is_empty()) {
            if read[i] {
                let selects =
                    matches!(node.op, Op::Select) && Self::asked(graph, node.inputs[0]) == Some(self);
                let reads = node.inputs.iter().enumerate().filter(|(at, _)| !selects || *at != 1);
                reads.for_each(|(_, v)| read[v.index()] = true);
            }
        }
        read
    }
}

fn distinct(coins: impl Iterator<Item = Coin>) -> Vec<Coin> {
    let mut coins: Vec<Coin> = coins.collect();
    coins.sort_unstable();
    coins.dedup();
    coins
}

/// Whether every element is the constant 0.
pub fn is_zero(graph: &Graph, v: ValueId) -> bool {
    let node = graph.node(v);
    match node.op {
        Op::Const(x) => x == 0.0,
        Op::Broadcast { .. } | Op::Reshape { .. } => is_zero(graph, node.inputs[0]),
        _ => false,
    }
}
