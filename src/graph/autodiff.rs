//! Reverse-mode differentiation: walks the graph backwards once, adds up what flows into a node, asks `vjp` what flows on.
//!
//! Invariants: only this driver accumulates; it asks a rule only for operands that lead to what is differentiated, so that e.g. the first
//! layer's input gets no product. New nodes are pushed after the forward ones, of phase `Backward`, with the path of the node they
//! are the derivative of. Second derivatives are the same call again.

use super::builder::{Builder, ice};
use super::{DType, Origin, Phase, Type, ValueId, vjp};

/// Appends the gradients of the scalar `loss` with respect to `wrt`; `None` where the loss does not depend on the value.
///
/// Gradients do not pass through `detach`, random draws, comparisons and sources.
pub fn differentiate(b: &mut Builder, loss: ValueId, wrt: &[ValueId]) -> Vec<Option<ValueId>> {
    if *b.ty(loss) != Type::scalar(DType::F32) {
        ice("what is differentiated is a number", b.ty(loss));
    }
    let leads = leading(b, loss, wrt);
    let mut flows: Vec<Option<ValueId>> = vec![None; loss.index() + 1];
    if leads[loss.index()] {
        let origin = backward(b, loss);
        flows[loss.index()] = Some(b.within(origin, |b| b.constant(1.0)));
    }
    for index in (0..=loss.index()).rev() {
        let Some(flow) = flows[index] else { continue };
        let of = ValueId(index as u32);
        let node = b.graph().node(of);
        if !node.op.row().differentiable {
            continue;
        }
        let inputs = node.inputs.clone();
        let origin = backward(b, of);
        for (operand, input) in inputs.into_iter().enumerate() {
            if !leads[input.index()] {
                continue;
            }
            let to = &mut flows[input.index()];
            *to = Some(b.within(origin.clone(), |b| {
                let part = vjp::flow(b, of, operand, flow);
                to.map_or(part, |sum| b.add(sum, part))
            }));
        }
    }
    wrt.iter().map(|v| flows.get(v.index()).copied().flatten()).collect()
}

/// For each node up to `loss`: whether a gradient that reaches it flows on to one of `wrt`.
fn leading(b: &Builder, loss: ValueId, wrt: &[ValueId]) -> Vec<bool> {
    let mut leads = vec![false; loss.index() + 1];
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
