//! What needs no loop leaves it: what is the same in all steps is made once, and a product of what a step sees of its own time with what is closed
//! is one product over the rows of all steps.
//!
//! ```text
//! scan x, w, u: z = x_t w + h u          becomes          v = x w;  scan v, u: z = v_t + h u
//! ```
//! Invariant: the body that is left computes the same sinks; nothing in it but contractions reads what has no rows.

use super::lift::{Lift, Source};
use super::run::enters_as;
use super::{Enter, Scan};
use crate::graph::builder::Builder;
use crate::graph::{Graph, Op, Type, ValueId};

/// The scan that is left and its operands, values of `b`.
pub(super) fn hoist(b: &mut Builder, scan: Scan, operands: Vec<ValueId>) -> (Scan, Vec<ValueId>) {
    let mut lift = Lift::new(&scan, &operands);
    let mut rest = Rest::default();
    let live = live(&scan.body);
    for v in scan.body.values().filter(|v| live[v.index()]) {
        let node = scan.body.node(v);
        let source = lift.made_of(v);
        let made = match (source, &node.op) {
            // Carried values keep their own operand, whatever else is equal to it.
            (Source::Carried, Op::Enter(slot)) => Some((operands[*slot as usize], Enter::Carried)),
            (Source::Scanned, Op::Enter(slot)) => Some((operands[*slot as usize], Enter::Scanned)),
            (Source::Closed, _) => Some((lift.once(b, v), Enter::Closed)),
            (Source::Scanned, Op::Contract { .. }) => lift.stacked(b, v).map(|v| (v, Enter::Scanned)),
            _ => None,
        };
        let new = match made {
            Some((operand, enter)) => {
                rest.enter(operand, enter, &node.ty, enters_as(&scan, &node.op, Enter::Carried))
            }
            None => {
                let inputs: Vec<ValueId> = node.inputs.iter().map(|x| rest.renamed(*x)).collect();
                rest.b.within(node.origin.clone(), |b| b.push(node.op.clone(), &inputs))
            }
        };
        rest.names.resize(v.index() + 1, None);
        rest.names[v.index()] = Some(new);
    }
    for (sink, v) in &scan.body.sinks {
        let sink = match sink {
            crate::graph::Sink::Carry(slot) => match rest.slot_of(&scan, *slot) {
                Some(slot) => crate::graph::Sink::Carry(slot),
                // Nobody reads what is carried.
                None => continue,
            },
            other => *other,
        };
        let v = rest.renamed(*v);
        rest.b.sink(sink, v);
    }
    let within = scan.within.and_then(|slot| rest.slot_of(&scan, slot));
    let Rest { b: body, operands, inputs, .. } = rest;
    let body = crate::graph::passes::dce(&body.finish());
    unread(Scan { body, inputs, within, ..scan }, operands)
}

/// Nodes that lead to a sink.
fn live(graph: &Graph) -> Vec<bool> {
    let mut live = vec![false; graph.nodes.len()];
    graph.sinks.iter().for_each(|(_, v)| live[v.index()] = true);
    for (index, node) in graph.nodes.iter().enumerate().rev() {
        if live[index] {
            node.inputs.iter().for_each(|v| live[v.index()] = true);
        }
    }
    live
}

/// What is left of a body.
#[derive(Default)]
struct Rest {
    b: Builder,
    operands: Vec<ValueId>,
    inputs: Vec<Enter>,
    /// By node of the old body.
    names: Vec<Option<ValueId>>,
}

impl Rest {
    fn renamed(&self, v: ValueId) -> ValueId {
        self.names[v.index()].unwrap_or(ValueId(0))
    }

    fn enter(&mut self, operand: ValueId, enter: Enter, ty: &Type, own: bool) -> ValueId {
        let known = (0..self.operands.len())
            .find(|i| !own && (self.operands[*i], self.inputs[*i]) == (operand, enter));
        match known {
            Some(slot) => self.b.push(Op::Enter(slot as u32), &[]),
            None => {
                self.operands.push(operand);
                self.inputs.push(enter);
                self.b.enter(ty.clone())
            }
        }
    }

    /// The new slot of the operand that entered at `slot`, if a step reads it.
    fn slot_of(&self, scan: &Scan, slot: u32) -> Option<u32> {
        let old = scan.body.values().find(|v| scan.body.node(*v).op == Op::Enter(slot))?;
        match self.b.graph().node((*self.names.get(old.index())?)?).op {
            Op::Enter(new) => Some(new),
            _ => None,
        }
    }
}

/// Operands that no node of the body reads any more are dropped, and the others numbered anew.
pub(super) fn unread(scan: Scan, operands: Vec<ValueId>) -> (Scan, Vec<ValueId>) {
    let reads = |slot: usize| scan.body.nodes.iter().any(|n| n.op == Op::Enter(slot as u32));
    let kept: Vec<usize> = (0..operands.len()).filter(|slot| reads(*slot)).collect();
    let new = |slot: u32| kept.iter().position(|old| *old == slot as usize).unwrap_or(0) as u32;
    let mut body = scan.body.clone();
    for node in &mut body.nodes {
        if let Op::Enter(slot) = &mut node.op {
            *slot = new(*slot);
        }
    }
    let is_read = |sink: &crate::graph::Sink| match sink {
        crate::graph::Sink::Carry(slot) => kept.contains(&(*slot as usize)),
        _ => true,
    };
    body.sinks.retain(|(sink, _)| is_read(sink));
    for (sink, _) in &mut body.sinks {
        if let crate::graph::Sink::Carry(slot) = sink {
            *slot = new(*slot);
        }
    }
    body.enters = kept.iter().map(|slot| scan.body.enters[*slot].clone()).collect();
    let inputs = kept.iter().map(|slot| scan.inputs[*slot]).collect();
    let operands = kept.iter().map(|slot| operands[*slot]).collect();
    let within = scan.within.filter(|slot| kept.contains(&(*slot as usize))).map(new);
    (Scan { body, inputs, within, ..scan }, operands)
}
