//! Reverse-mode differentiation: walks the graph backwards once, adds up what flows into a node, asks `vjp` what flows on.
//!
//! Invariants: only this driver accumulates; it asks a rule only for operands that lead to what is differentiated, so that e.g. the first
//! layer's input gets no product. New nodes are pushed after the forward ones, of phase `Backward`, with the path of the node they
//! are the derivative of. Second derivatives are the same call again.

use super::builder::{Builder, ice};
use super::{DType, Op, Origin, Phase, Type, ValueId, scan, vjp};

/// Appends the gradients of the scalar `loss` with respect to `wrt`; `None` where the loss does not depend on the value.
///
/// Gradients do not pass through `detach`, random draws, comparisons and sources.
pub fn differentiate(b: &mut Builder, loss: ValueId, wrt: &[ValueId]) -> Vec<Option<ValueId>> {
    if *b.ty(loss) != Type::scalar(DType::F32) {
        ice("what is differentiated is a number", b.ty(loss));
    }
    let leads = leading(b, loss.index() + 1, wrt);
    let mut flows: Vec<Option<ValueId>> = vec![None; loss.index() + 1];
    if leads[loss.index()] {
        let origin = backward(b, loss);
        flows[loss.index()] = Some(b.within(origin, |b| b.constant(1.0)));
    }
    reverse(b, &mut flows, &leads, &|_, _| true);
    wrt.iter().map(|v| flows.get(v.index()).copied().flatten()).collect()
}

/// Carries what flows into nodes, one entry a node, on to their operands, from the last node to the first; where `passes` denies it of an operand,
/// nothing is asked.
pub(super) fn reverse(
    b: &mut Builder,
    flows: &mut [Option<ValueId>],
    leads: &[bool],
    passes: &dyn Fn(ValueId, usize) -> bool,
) {
    for index in (0..flows.len()).rev() {
        let Some(flow) = flows[index] else { continue };
        let of = ValueId(index as u32);
        let node = b.graph().node(of);
        if !node.op.row().differentiable {
            continue;
        }
        let is_scan = matches!(node.op, Op::Scan(_));
        let inputs = node.inputs.clone();
        let wanted: Vec<bool> =
            inputs.iter().enumerate().map(|(i, v)| leads[v.index()] && passes(of, i)).collect();
        b.within(backward(b, of), |b| {
            // The flows to all operands of a scan come out of one loop.
            let mut loops = if is_scan { scan::flows(b, of, flow, &wanted) } else { Vec::new() };
            for (operand, input) in inputs.into_iter().enumerate().filter(|(operand, _)| wanted[*operand]) {
                let part = match is_scan {
                    true => loops[operand].take(),
                    false => Some(vjp::flow(b, of, operand, flow)),
                };
                let Some(part) = part else { continue };
                let sum = flows[input.index()].map_or(part, |sum| b.add(sum, part));
                flows[input.index()] = Some(sum);
            }
        });
    }
}

/// For each of the first nodes: whether a gradient that reaches it flows on to one of `wrt`.
pub(super) fn leading(b: &Builder, nodes: usize, wrt: &[ValueId]) -> Vec<bool> {
    let mut leads = vec![false; nodes];
    for index in 0..leads.len() {
        let node = &b.graph().nodes[index];
        let passes = node.op.row().differentiable && node.inputs.iter().any(|v| leads[v.index()]);
        leads[index] = passes || wrt.contains(&ValueId(index as u32));
    }
    leads
}

fn backward(b: &Builder, of: ValueId) -> Origin {
    Origin { path: b.graph().node(of).origin.path.clone(), phase: Phase::Backward }
}
