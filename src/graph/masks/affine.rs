//! Where weight scaling is exact: a value that is affine in the masks, with no coin twice in one product, has the mean that the mean masks give.
//!
//! For a softmax net whose logits are so, the normalised geometric mean over all sub-networks is the softmax of the mean logits, hence weight
//! scaling (Goodfellow, Bengio and Courville 2016, section 7.12). Conservative: what is not recognised is not certified.

use crate::graph::{Graph, Op, Reduction, Sink, SiteId};

/// How a value depends on the masks.
#[derive(Clone, Debug, PartialEq)]
enum Dependence {
    /// Affine in the draws of these sites, each coin at most once in a product; of none: fixed.
    Affine(Vec<SiteId>),
    Other,
}

/// Whether the output is affine in the draws.
#[must_use]
pub fn is_affine_in_masks(graph: &Graph) -> bool {
    is_affine(graph, |_| true)
}

/// Whether the output is affine in the draws of one site, whatever the others draw.
#[must_use]
pub fn affine_site(graph: &Graph, site: SiteId) -> bool {
    is_affine(graph, |other| other == site)
}

fn is_affine(graph: &Graph, draws: impl Fn(SiteId) -> bool) -> bool {
    let mut all: Vec<Dependence> = Vec::with_capacity(graph.nodes.len());
    for node in &graph.nodes {
        let operands: Vec<&Dependence> = node.inputs.iter().map(|v| &all[v.index()]).collect();
        all.push(match node.op {
            Op::RowKey(site) if !draws(site) => Dependence::Affine(Vec::new()),
            _ => dependence(&node.op, &operands),
        });
    }
    let output = graph.sinks.iter().find(|(sink, _)| *sink == Sink::Output);
    output.is_some_and(|(_, v)| matches!(all[v.index()], Dependence::Affine(_)))
}

fn dependence(op: &Op, operands: &[&Dependence]) -> Dependence {
    let fixed = |d: &Dependence| matches!(d, Dependence::Affine(sites) if sites.is_empty());
    let draws = matches!(op, Op::RowKey(_) | Op::KeepMask { .. } | Op::KeepMaskAt | Op::Noise { .. });
    if !draws && operands.iter().all(|d| fixed(d)) {
        return Dependence::Affine(Vec::new());
    }
    match op {
        Op::RowKey(site) => Dependence::Affine(vec![*site]),
        // A function of the key alone: its mean is one after scaling, and its coins are the site's.
        Op::KeepMask { .. } | Op::Noise { .. } => operands[0].clone(),
        Op::Add | Op::Sub | Op::Neg | Op::Detach | Op::Reduce { reduction: Reduction::Sum, .. } => {
            union(operands)
        }
        Op::Broadcast { .. }
        | Op::Reshape { .. }
        | Op::Transpose { .. }
        | Op::Slice { .. }
        | Op::Pad { .. }
        | Op::Windows { .. }
        | Op::Overlap { .. }
        | Op::Gather
        | Op::ScatterAdd { .. }
        | Op::Concat { .. } => union(operands),
        Op::Mul | Op::Contract { .. } => product(operands[0], operands[1]),
        Op::Div if fixed(operands[1]) => operands[0].clone(),
        Op::Div
        | Op::Abs
        | Op::Exp
        | Op::Log
        | Op::Sqrt
        | Op::Tanh
        | Op::Sigmoid
        | Op::Softplus
        | Op::Erf
        | Op::Max
        | Op::Min
        | Op::Less
        | Op::Select
        | Op::OneHot { .. }
        | Op::Within { .. }
        // Which tokens share a coin is the row's affair.
        | Op::KeepMaskAt
        | Op::IsFirst { .. }
        // Steps multiply what steps before them made.
        | Op::Scan(_)
        | Op::Spectra(_)
        | Op::SpectraBack(_)
        | Op::Moments
        // Its coins are seeds, each of many places, and its mean differs from place to place.
        | Op::DropSquares { .. }
        // Its coins are not told from what else the packed numbers depend on.
        | Op::Attend(_)
        | Op::AttendBack(_)
        | Op::Reduce { reduction: Reduction::Max | Reduction::First, .. } => Dependence::Other,
        // Sources have no operands that are not fixed.
        Op::Input { .. }
        | Op::Target { .. }
        | Op::Param(_)
        | Op::Slot(_)
        | Op::State(_)
        | Op::Scalar(_)
        | Op::Waves { .. }
        | Op::Table(_)
        | Op::Const(_)
        | Op::Enter(_) => Dependence::Affine(Vec::new()),
    }
}

fn union(operands: &[&Dependence]) -> Dependence {
    let mut sites = Vec::new();
    for operand in operands {
        let Dependence::Affine(own) = operand else { return Dependence::Other };
        sites.extend(own.iter().filter(|site| !sites.contains(*site)).copied().collect::<Vec<_>>());
    }
    Dependence::Affine(sites)
}

/// Independent factors keep the mean of their product.
fn product(a: &Dependence, b: &Dependence) -> Dependence {
    match (a, b) {
        (Dependence::Affine(x), Dependence::Affine(y)) if x.iter().all(|site| !y.contains(site)) => {
            union(&[a, b])
        }
        _ => Dependence::Other,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{
        check::{Env, check_source},
        lower::lower_samples,
    };

    fn certified(layers: &str) -> bool {
        let source = format!("net {{\n input x: real[4]\n {layers}\n dense 3\n output y: class[3]\n}}");
        let model = check_source(&source, &Env::default()).model.expect("a sound net");
        is_affine_in_masks(&lower_samples(&model, false).graph)
    }

    #[test]
    fn softmax_regression_and_deep_linear_nets_are_exact() {
        for layers in [
            "dropout 0.5",
            "dropout 0.2\n dense 8 -> dropout 0.5",
            "dense 8 -> relu -> dropout 0.5",
            "drop_connect 0.5 { dense 8 }",
            "residual { dropout 0.5 -> dense 4 }",
            "dropout 0.3, kind=gaussian\n dense 8 -> batch_norm",
        ] {
            assert!(certified(layers), "{layers}");
        }
    }

    #[test]
    fn what_bends_behind_a_mask_is_not() {
        for layers in [
            "dropout 0.5\n dense 8 -> relu",
            "dropout 0.5 -> layer_norm",
            "dense 8 -> dropout 0.5 -> tanh",
            "dropout 0.5, kind=alpha",
        ] {
            assert!(!certified(layers), "{layers}");
        }
    }
}
