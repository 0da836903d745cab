//! What a minibatch is spared whose branch is dropped whole (`drop_path share=batch`): stochastic depth.
//!
//! What is a multiple of a coin is 0 where the coin drops, and so is the gradient that flows into the branch, with all that is a multiple of it. Whoever reads such a
//! zero reads `where(0 < coin, x, 0)` instead. So nobody reads what it is made of in a step that drops, and kernels that serve the branch alone are left out
//! (`loops::Branch`). Where the coin keeps, every bit is as before; where it drops, every bit but the sign of a zero.
//!
//! What norms in the branch store is selected, too: a branch that is not run sees no rows.

use super::super::builder::Builder;
use super::super::coins::{Coin, is_zero};
use super::super::{Graph, Node, Op, Sink, StateId, ValueId};
use super::rebuild_by_node;

pub fn spared(graph: &Graph) -> Graph {
    let branches: Vec<Branch> = Coin::all(graph).into_iter().map(|coin| Branch::new(graph, coin)).collect();
    if branches.is_empty() {
        return graph.clone();
    }
    rebuild_by_node(graph, |b, v, op, inputs| {
        let reads = |branch: &&Branch| branch.reads(v);
        let read = |(old, new): (&ValueId, &ValueId)| {
            let zeros = branches.iter().filter(reads).filter(|branch| branch.zero[old.index()]);
            zeros.fold(*new, |x, branch| kept(b, branch.coin, x, None))
        };
        let inputs: Vec<ValueId> = graph.node(v).inputs.iter().zip(inputs).map(read).collect();
        let made = b.push(op.clone(), &inputs);
        branches.iter().fold(made, |x, branch| match branch.stores(graph, v) {
            Some(before) => kept(b, branch.coin, x, before),
            None => x,
        })
    })
}

/// `x` where the coin keeps; else what a state was before, or 0.
fn kept(b: &mut Builder, coin: Coin, x: ValueId, before: Option<StateId>) -> ValueId {
    let key = b.push(Op::RowKey(coin.site), &[]);
    let q = b.push(Op::Scalar(coin.q), &[]);
    let mask = b.keep_mask(key, q, &[], &[]);
    let (mask, zero) = (b.spread(mask, x), b.splat(0.0, x));
    let keeps = b.less(zero, mask);
    let before = before.map(|state| b.push(Op::State(state), &[]));
    b.select(keeps, x, before.unwrap_or(zero))
}

/// What a coin drops.
struct Branch {
    coin: Coin,
    /// By value: whether it is 0 where the coin drops.
    zero: Vec<bool>,
    /// By value: whether somebody reads it where the coin drops, when zeros are selected.
    read: Vec<bool>,
    /// New values of states that are kept as they were.
    held: Vec<(ValueId, StateId)>,
}

impl Branch {
    fn new(graph: &Graph, coin: Coin) -> Self {
        let mut zero: Vec<bool> = Vec::with_capacity(graph.nodes.len());
        for (i, node) in graph.nodes.iter().enumerate() {
            let own = Coin::of(graph, ValueId(i as u32)) == Some(coin);
            zero.push(own || vanishes(graph, node, &zero));
        }
        let mut branch = Self { coin, zero, read: vec![false; graph.nodes.len()], held: held(graph, coin) };
        graph.sinks.iter().for_each(|(_, v)| branch.read[v.index()] = true);
        for (i, node) in graph.nodes.iter().enumerate().rev() {
            if branch.reads(ValueId(i as u32)) {
                node.inputs.iter().for_each(|v| branch.read[v.index()] = true);
            }
        }
        branch
    }

    /// Whether the operands of `v` are read where the coin drops.
    fn reads(&self, v: ValueId) -> bool {
        self.read[v.index()] && !self.zero[v.index()] && !self.held.iter().any(|(held, _)| *held == v)
    }

    /// Where what is stored of `v` is selected: the state that stays as it was, or none where it is a zero.
    fn stores(&self, graph: &Graph, v: ValueId) -> Option<Option<StateId>> {
        let held = self.held.iter().find(|(held, _)| *held == v);
        let sunk = || graph.sinks.iter().any(|(_, sunk)| *sunk == v);
        match held {
            Some((_, state)) => Some(Some(*state)),
            None => (self.zero[v.index()] && sunk()).then_some(None),
        }
    }
}

/// What layers in the block of a site store, but for what each row carries on.
fn held(graph: &Graph, coin: Coin) -> Vec<(ValueId, StateId)> {
    let block = format!("{}/", graph.sites[coin.site.index()].path);
    let of_block = |state: &StateId| {
        let state = &graph.states[state.index()];
        state.name.starts_with(&block) && !state.by_row
    };
    let states = graph.sinks.iter().filter_map(|(sink, v)| match sink {
        Sink::State(state) => Some((*v, *state)),
        _ => None,
    });
    states.filter(|(_, state)| of_block(state)).collect()
}

/// Whether a value is 0 wherever those of its operands are that `zero` says it of.
fn vanishes(graph: &Graph, node: &Node, zero: &[bool]) -> bool {
    let inputs = &node.inputs[..];
    let is = |at: usize| zero[inputs[at].index()];
    let all = |inputs: &[ValueId]| {
        let nothing = |v: &ValueId| zero[v.index()] || is_zero(graph, *v);
        inputs.iter().any(|v| zero[v.index()]) && inputs.iter().all(nothing)
    };
    match &node.op {
        Op::Neg
        | Op::Abs
        | Op::Sqrt
        | Op::Tanh
        | Op::Erf
        | Op::Div
        | Op::Broadcast { .. }
        | Op::Reduce { .. }
        | Op::Reshape { .. }
        | Op::Transpose { .. }
        | Op::Slice { .. }
        | Op::Pad { .. }
        | Op::Overlap { .. }
        | Op::Gather
        | Op::ScatterAdd { .. }
        | Op::AttendBack(_)
        | Op::SpectraBack(_) => is(0),
        Op::Windows { pad, .. } => *pad == 0.0 && is(0),
        Op::DropSquares { .. } => is(2),
        Op::Mul | Op::Contract { .. } => is(0) || is(1),
        Op::Add | Op::Sub | Op::Max | Op::Min | Op::Concat { .. } => all(inputs),
        Op::Select => all(&inputs[1..]),
        _ => false,
    }
}
