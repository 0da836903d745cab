//! The derivative of a scan: one scan the other way round.
//!
//! Its body is the derivative of the body. What flows through time is carried; what the forward body would have to compute again at a price, curves,
//! products and what was carried in, the forward scan stacks too, beside its results; the rest, sums and masks, is computed again. Gradients of
//! matrices are not carried: their two factors are stacked, and one product over all steps and rows follows the loop.
//!
//! ```text
//! h' = tanh(v_t + h u):   forward stacks  h', h       backward carries dh, stacks dz = (dh + dy_t) tanh'(..), hands on dz u^T
//!                         after the loop  du = sum over t and rows of h^T dz,  dv_t = dz
//! ```

use std::sync::Arc;

use super::run::enters_as;
use super::{Enter, Scan, Step};
use crate::graph::builder::{Builder, ice};
use crate::graph::{Dim, Graph, Op, Sink, Type, ValueId, autodiff, vjp};

/// What flows to each operand of the scan `of` when `g` flows into its result, for those that are `wanted`.
pub fn flows(b: &mut Builder, of: ValueId, g: ValueId, wanted: &[bool]) -> Vec<Option<ValueId>> {
    let node = b.graph().node(of).clone();
    let Op::Scan(scan) = &node.op else { ice("only a scan has the derivative of one", &of) };
    let derived = Derived::new(scan, wanted);
    let wide = derived.widened(scan);
    let forward = b.within(node.origin.clone(), |b| b.push(Op::Scan(Arc::new(wide.clone())), &node.inputs));
    let Some(backward) = derived.backward(b, (&wide, forward), &node.inputs, g) else {
        return vec![None; wanted.len()];
    };
    let after = After { derived: &derived, wide: &wide, forward, backward };
    (0..wanted.len())
        .map(|slot| if wanted[slot] { after.flow(b, slot, &node.inputs) } else { None })
        .collect()
}

/// A product in the body with a matrix whose gradient is wanted.
struct Factor {
    /// The other operand.
    left: ValueId,
    product: ValueId,
    /// Which operand the matrix is.
    operand: usize,
    slot: usize,
}

/// A body with its derivative behind it.
struct Derived<'s> {
    scan: &'s Scan,
    graph: Graph,
    /// What flows into each node of the body.
    flows: Vec<Option<ValueId>>,
    /// Where what flows into the stacked columns enters.
    given: ValueId,
    /// Carried operands, and where what flows into what is carried on enters.
    cotangents: Vec<(usize, ValueId)>,
    factors: Vec<Factor>,
    /// What the derivative stacks.
    stacked: Vec<ValueId>,
}

impl<'s> Derived<'s> {
    fn new(scan: &'s Scan, wanted: &[bool]) -> Self {
        let body = &scan.body;
        let mut b = Builder::resume(Graph { sinks: Vec::new(), ..body.clone() });
        let leads_on = |v: &ValueId| match body.node(*v).op {
            Op::Enter(slot) => scan.inputs[slot as usize] == Enter::Carried || wanted[slot as usize],
            _ => false,
        };
        let wrt: Vec<ValueId> = body.values().filter(leads_on).collect();
        let leads = autodiff::leading(&b, body.nodes.len(), &wrt);
        let mut flows: Vec<Option<ValueId>> = vec![None; body.nodes.len()];
        let given = b.enter(Type::f32(&[Dim::Batch, Dim::Const(scan.width())]));
        let mut cotangents = Vec::new();
        for (sink, v) in &body.sinks {
            let seed = match sink {
                Sink::Carry(slot) => {
                    let seed = b.enter(body.ty(*v).clone());
                    cotangents.push((*slot as usize, seed));
                    seed
                }
                _ => columns(&mut b, given, 1, scan.columns(*v).unwrap_or_default(), &body.ty(*v).dims),
            };
            if leads[v.index()] {
                let sum = flows[v.index()].map_or(seed, |sum| b.add(sum, seed));
                flows[v.index()] = Some(sum);
            }
        }
        let is_matrix = |of: ValueId, operand: usize| matrix(scan, of, operand).is_some();
        autodiff::reverse(&mut b, &mut flows, &leads, &|of, operand| !is_matrix(of, operand));
        let mut derived = Self {
            scan,
            graph: b.finish(),
            flows,
            given,
            cotangents,
            factors: Vec::new(),
            stacked: Vec::new(),
        };
        derived.factors = derived.factors(wanted);
        derived.stacked = derived.stacked(wanted);
        derived
    }

    fn factors(&self, wanted: &[bool]) -> Vec<Factor> {
        let mut factors = Vec::new();
        for product in self.scan.body.values().filter(|v| self.flows[v.index()].is_some()) {
            for operand in 0..self.scan.body.node(product).inputs.len() {
                if let Some(slot) = matrix(self.scan, product, operand).filter(|slot| wanted[*slot]) {
                    let left = self.scan.body.node(product).inputs[1 - operand];
                    factors.push(Factor { left, product, operand, slot });
                }
            }
        }
        factors
    }

    /// Flows to what enters, and the right factors of gradients of matrices, each once.
    fn stacked(&self, wanted: &[bool]) -> Vec<ValueId> {
        let mut stacked = Vec::new();
        let wanted = (0..wanted.len()).filter(|slot| wanted[*slot]).filter_map(|slot| self.entering(slot));
        let products = self.factors.iter().filter_map(|factor| self.flows[factor.product.index()]);
        for v in wanted.chain(products) {
            if !stacked.contains(&v) {
                stacked.push(v);
            }
        }
        stacked
    }

    /// What flows into the operand at `slot` in a step.
    fn entering(&self, slot: usize) -> Option<ValueId> {
        let enters = self.scan.body.values().find(|v| self.scan.body.node(*v).op == Op::Enter(slot as u32));
        enters.and_then(|v| self.flows[v.index()])
    }

    /// Whether a node of the body is stacked rather than computed again, where it is read at all: what a loop alone can know, products or the
    /// part of one that is read, and curves, whose results take less to read than to make.
    fn is_kept(&self, v: ValueId) -> bool {
        let Some(node) = self.scan.body.nodes.get(v.index()) else { return false };
        let body = &self.scan.body;
        match node.op {
            Op::Contract { .. } | Op::Tanh | Op::Sigmoid => true,
            Op::Slice { .. } => is_of_product(body, node.inputs[0]),
            _ => enters_as(self.scan, &node.op, Enter::Carried),
        }
    }

    /// What the derivative hands on for each carried operand, if anything flows there.
    fn handed_on(&self) -> impl Iterator<Item = (ValueId, Option<ValueId>)> + '_ {
        self.cotangents.iter().map(|(slot, enters)| (*enters, self.entering(*slot)))
    }

    /// Nodes of the body and its derivative that are computed in the backward loop or read from what is kept.
    fn needed(&self) -> Vec<bool> {
        let mut needed = vec![false; self.graph.nodes.len()];
        self.stacked.iter().for_each(|v| needed[v.index()] = true);
        self.handed_on().filter_map(|(_, v)| v).for_each(|v| needed[v.index()] = true);
        for v in (0..self.graph.nodes.len() as u32).rev().map(ValueId) {
            if needed[v.index()] && !self.is_kept(v) {
                self.graph.node(v).inputs.iter().for_each(|x| needed[x.index()] = true);
            }
        }
        needed
    }

    /// The forward scan with what the backward one reads stacked behind its results.
    fn widened(&self, scan: &Scan) -> Scan {
        let mut wide = scan.clone();
        let needed = self.needed();
        let kept = self.scan.body.values().filter(|v| needed[v.index()] && self.is_kept(*v));
        let lefts = self.factors.iter().map(|factor| factor.left);
        for v in kept.chain(lefts) {
            if wide.columns(v).is_none() {
                let stacks = wide.stacked().count() as u32;
                wide.body.sinks.push((Sink::Stack(stacks), v));
            }
        }
        wide
    }

    /// The backward scan; none if it would stack nothing.
    fn backward(
        &self,
        b: &mut Builder,
        (wide, forward): (&Scan, ValueId),
        operands: &[ValueId],
        g: ValueId,
    ) -> Option<ValueId> {
        if self.stacked.is_empty() {
            return None;
        }
        let mut step = Step::default();
        let mut kept = None;
        let mut names: Vec<Option<ValueId>> = vec![None; self.graph.nodes.len()];
        let needed = self.needed();
        for (index, node) in self.graph.nodes.iter().enumerate().filter(|(index, _)| needed[*index]) {
            let v = ValueId(index as u32);
            let new = if self.is_kept(v) {
                let ty = b.ty(forward).clone();
                let kept = *kept.get_or_insert_with(|| step.enter(forward, &ty, Enter::Scanned));
                columns(&mut step.b, kept, 1, wide.columns(v).unwrap_or_default(), &node.ty.dims)
            } else if v == self.given {
                let ty = b.ty(g).clone();
                step.enter(g, &ty, Enter::Scanned)
            } else if self.cotangents.iter().any(|(_, enters)| *enters == v) {
                let zero = b.constant(0.0);
                let zeros = b.broadcast(zero, &node.ty.dims, &[]);
                step.enter(zeros, &node.ty, Enter::Carried)
            } else if let Op::Enter(slot) = node.op {
                let operand = operands[slot as usize];
                let ty = b.ty(operand).clone();
                let entered = step.enter(operand, &ty, self.scan.inputs[slot as usize]);
                if self.scan.within == Some(slot) {
                    step.within(entered);
                }
                entered
            } else {
                let named =
                    |inputs: &[ValueId]| inputs.iter().filter_map(|x| names[x.index()]).collect::<Vec<_>>();
                let (op, inputs) = match parts(&self.graph, v).filter(|_| node.op == Op::Add) {
                    Some(parts) => (Op::Concat { axis: node.ty.dims.len() - 1 }, named(&parts)),
                    None => (node.op.clone(), named(&node.inputs)),
                };
                step.b.within(node.origin.clone(), |b| b.push(op, &inputs))
            };
            names[index] = Some(new);
        }
        for (enters, v) in self.handed_on() {
            let Some(enters) = names[enters.index()] else { continue };
            let next = match v.and_then(|v| names[v.index()]) {
                Some(next) => next,
                None => step.b.splat(0.0, enters),
            };
            step.carry(enters, next);
        }
        self.stacked.iter().filter_map(|v| names[v.index()]).for_each(|v| step.stack(v));
        Some(b.scan(step, self.scan.steps, !self.scan.reverse))
    }
}

/// The operand of the scan whose matrix, a closed value without rows, is operand `operand` of a product of the body.
fn matrix(scan: &Scan, product: ValueId, operand: usize) -> Option<usize> {
    let node = scan.body.nodes.get(product.index()).filter(|node| matches!(node.op, Op::Contract { .. }))?;
    let right = scan.body.node(node.inputs[operand]);
    match right.op {
        Op::Enter(slot) if enters_as(scan, &right.op, Enter::Closed) && !right.ty.has_batch() => {
            Some(slot as usize)
        }
        _ => None,
    }
}

/// Whether it is a product, or one with a bias.
fn is_of_product(body: &Graph, v: ValueId) -> bool {
    let node = body.node(v);
    match node.op {
        Op::Contract { .. } => true,
        Op::Add => node.inputs.iter().any(|x| matches!(body.node(*x).op, Op::Contract { .. })),
        _ => false,
    }
}

/// A sum of parts that fill a value along its last axis without overlapping, each with zeros around it, as those parts in order.
fn parts(graph: &Graph, v: ValueId) -> Option<Vec<ValueId>> {
    let (last, mut padded) = (graph.ty(v).dims.len().checked_sub(1)?, Vec::new());
    let mut sums = vec![v];
    while let Some(v) = sums.pop() {
        let node = graph.node(v);
        match node.op {
            Op::Add => sums.extend(&node.inputs),
            Op::Pad { axis, before, .. } if axis == last => padded.push((before, node.inputs[0])),
            _ => return None,
        }
    }
    padded.sort_unstable();
    let mut end = 0;
    for (before, part) in &padded {
        let Dim::Const(len) = graph.ty(*part).dims[last] else { return None };
        if *before != end {
            return None;
        }
        end += len;
    }
    (Dim::Const(end) == graph.ty(v).dims[last]).then(|| padded.into_iter().map(|(_, part)| part).collect())
}

/// Columns of `x` along `axis`, its last, as a value of these dimensions.
fn columns(b: &mut Builder, x: ValueId, axis: usize, (start, len): (usize, usize), dims: &[Dim]) -> ValueId {
    let part = b.slice(x, axis, start, len);
    b.reshape(part, dims)
}

/// What follows the backward loop.
struct After<'d, 's> {
    derived: &'d Derived<'s>,
    wide: &'d Scan,
    forward: ValueId,
    backward: ValueId,
}

impl After<'_, '_> {
    fn flow(&self, b: &mut Builder, slot: usize, operands: &[ValueId]) -> Option<ValueId> {
        let scan = self.derived.scan;
        match scan.inputs[slot] {
            Enter::Closed if !scan.body.enters[slot].has_batch() => self.of_matrix(b, slot, operands[slot]),
            Enter::Scanned => self.stack(b, self.derived.entering(slot)?),
            Enter::Closed => {
                let all = self.stack(b, self.derived.entering(slot)?)?;
                Some(b.sum(all, &[1]))
            }
            // What flows out of the first step.
            Enter::Carried => {
                let all = self.stack(b, self.derived.entering(slot)?)?;
                let first = b.slice(all, 1, scan.time(0), 1);
                let dims = scan.body.enters[slot].dims.clone();
                Some(b.reshape(first, &dims))
            }
        }
    }

    /// A value that the backward loop stacks, `[B, T, ..]`.
    fn stack(&self, b: &mut Builder, v: ValueId) -> Option<ValueId> {
        let ty = |v: ValueId| self.derived.graph.ty(v);
        let before = self.derived.stacked.iter().take_while(|w| **w != v).map(|w| ty(*w).row_len()).sum();
        let dims = super::over_time(ty(v), self.derived.scan.steps).dims;
        Some(columns(b, self.backward, 2, (before, ty(v).row_len()), &dims))
    }

    /// The sum of products of the stacks, over all products that the matrix is in.
    fn of_matrix(&self, b: &mut Builder, slot: usize, matrix: ValueId) -> Option<ValueId> {
        let scan = self.derived.scan;
        let mut sum = None;
        for factor in self.derived.factors.iter().filter(|factor| factor.slot == slot) {
            let Op::Contract { over, .. } = &scan.body.node(factor.product).op else { continue };
            let dims = super::over_time(scan.body.ty(factor.left), scan.steps).dims;
            let left = columns(b, self.forward, 2, self.wide.columns(factor.left)?, &dims);
            let g = self.stack(b, self.derived.flows[factor.product.index()]?)?;
            // The product over all steps, of which nobody wants but the rule.
            let later = |(l, r): &(usize, usize)| if factor.operand == 1 { (l + 1, *r) } else { (*l, r + 1) };
            let over: Vec<(usize, usize)> = over.iter().map(later).collect();
            let operands = if factor.operand == 1 { [left, matrix] } else { [matrix, left] };
            let product = b.contract(operands[0], operands[1], &[], &over);
            let part = vjp::flow(b, product, factor.operand, g);
            sum = Some(sum.map_or(part, |sum| b.add(sum, part)));
        }
        sum
    }
}
