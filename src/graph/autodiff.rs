//! Reverse-mode differentiation: appends the derivative of a scalar to the graph.
//!
//! The rules of the operations are in `vjp`; this driver alone accumulates, and skips what does not lead to a wanted value.
//! Derivative nodes bear the instance path of the node they belong to, in the backward phase.

use super::{Builder, Origin, Phase, ValueId, vjp};

/// Derivatives of the scalar `objective` by each of `wrt`; `None` where it does not depend on it.
pub fn differentiate(b: &mut Builder, objective: ValueId, wrt: &[ValueId]) -> Vec<Option<ValueId>> {
    let count = objective.index() + 1;
    let wanted = leads_to(b, count, wrt);
    let mut grads: Vec<Option<ValueId>> = vec![None; count];
    if wanted[objective.index()] {
        grads[objective.index()] = Some(b.with_phase(Phase::Backward, |b| b.constant(1.0)));
    }
    for index in (0..count).rev() {
        let (true, Some(grad)) = (wanted[index], grads[index]) else { continue };
        let v = ValueId(index as u32);
        let node = b.graph().node(v).clone();
        let origin = Origin { path: node.origin.path.clone(), phase: Phase::Backward };
        b.within(origin, |b| {
            for (i, operand) in node.inputs.iter().enumerate() {
                if !wanted[operand.index()] {
                    continue;
                }
                let Some(part) = vjp::operand_gradient(b, &node, v, grad, i) else { continue };
                let sum = match grads[operand.index()] {
                    Some(earlier) => b.add(earlier, part),
                    None => part,
                };
                grads[operand.index()] = Some(sum);
            }
        });
    }
    wrt.iter().map(|v| grads.get(v.index()).copied().flatten()).collect()
}

/// Which of the first `count` nodes depend on a wanted value through operations that pass gradients.
fn leads_to(b: &Builder, count: usize, wrt: &[ValueId]) -> Vec<bool> {
    let mut wanted = vec![false; count];
    for v in wrt.iter().filter(|v| v.index() < count) {
        wanted[v.index()] = true;
    }
    for index in 0..count {
        let node = &b.graph().nodes[index];
        if node.op.row().differentiable && node.inputs.iter().any(|v| wanted[v.index()]) {
            wanted[index] = true;
        }
    }
    wanted
}
