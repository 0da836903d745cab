//! Products of what dropout drops instead of what it keeps: of few dropped units there is little to multiply.
//!
//! Where `x` is the same for all samples, `(x k) W = x W - (x (1 - k)) W`: the first product is one a row, and of the second's left operand all
//! but the dropped units are zeros, which products pass over (`kernels::sparse`).

use crate::graph::builder::Builder;
use crate::graph::cut::reached;
use crate::graph::{Graph, Op, ScalarId, ValueId};

/// The graph with such products of `x k` and `x k s` where `rare` says that the threshold of the mask `k` drops few units.
#[must_use]
pub fn by_dropped(graph: &Graph, rare: impl Fn(ScalarId) -> bool) -> Graph {
    let random = reached(graph, |op| matches!(op, Op::RowKey(_)));
    let mut b = Builder::resume(graph.tables());
    let mut renamed: Vec<ValueId> = Vec::with_capacity(graph.nodes.len());
    for node in &graph.nodes {
        let masked = match (&node.op, node.inputs.first()) {
            (Op::Contract { .. }, Some(left)) => Masked::find(graph, *left),
            _ => None,
        };
        let masked =
            masked.filter(|m| !random[m.x.index()] && !random[node.inputs[1].index()] && rare(m.threshold));
        renamed.push(b.within(node.origin.clone(), |b| match masked {
            Some(masked) => masked.product(b, &node.op, &|v| renamed[v.index()], node.inputs[1]),
            None => {
                let inputs: Vec<ValueId> = node.inputs.iter().map(|v| renamed[v.index()]).collect();
                b.push(node.op.clone(), &inputs)
            }
        }));
    }
    for (sink, v) in &graph.sinks {
        b.sink(*sink, renamed[v.index()]);
    }
    b.finish()
}

/// The threshold of the mask whose dropped units are the left operand of the product `v`, if they are.
#[must_use]
pub fn dropped_left(graph: &Graph, v: ValueId) -> Option<ScalarId> {
    let left = graph.node(*graph.node(v).inputs.first()?);
    let (Op::Mul, [_, dropped]) = (&left.op, &left.inputs[..]) else { return None };
    let dropped = graph.node(*dropped);
    let (Op::Sub, [_, mask]) = (&dropped.op, &dropped.inputs[..]) else { return None };
    graph.mask(*mask).map(|mask| mask.threshold)
}

/// `x k` or `x k s`.
struct Masked {
    x: ValueId,
    mask: ValueId,
    threshold: ScalarId,
    /// A scalar, spread.
    scale: Option<ValueId>,
}

impl Masked {
    fn find(graph: &Graph, v: ValueId) -> Option<Self> {
        let node = graph.node(v);
        let (Op::Mul, [x, factor]) = (&node.op, &node.inputs[..]) else { return None };
        if let Some(mask) = graph.mask(*factor) {
            return Some(Self { x: *x, mask: *factor, threshold: mask.threshold, scale: None });
        }
        let spread = matches!(&graph.node(*factor).op, Op::Broadcast { axes, .. } if axes.is_empty());
        let inner = Self::find(graph, *x).filter(|inner| spread && inner.scale.is_none())?;
        Some(Self { scale: graph.node(*factor).inputs.first().copied(), ..inner })
    }

    /// `product` of what is kept and `right`.
    fn product(
        &self,
        b: &mut Builder,
        product: &Op,
        new: &dyn Fn(ValueId) -> ValueId,
        right: ValueId,
    ) -> ValueId {
        let (x, mask, right) = (new(self.x), new(self.mask), new(right));
        let all = b.push(product.clone(), &[x, right]);
        let one = b.splat(1.0, mask);
        let is_dropped = b.sub(one, mask);
        let dropped = b.mul(x, is_dropped);
        let less = b.push(product.clone(), &[dropped, right]);
        let kept = b.sub(all, less);
        match self.scale {
            Some(scale) => b.mul(kept, new(scale)),
            None => kept,
        }
    }
}

#[cfg(test)]
mod tests {
    use crate::{
        check::{Env, check_source},
        graph::split,
        lower::lower_samples,
    };

    use super::*;

    fn graph(layers: &str) -> Graph {
        let source = format!("net {{\n input x: real[6]\n {layers}\n output y: class[3]\n}}");
        lower_samples(&check_source(&source, &Env::default()).model.expect("a sound net"), false).graph
    }

    fn products_of_dropped(graph: &Graph) -> usize {
        (0..graph.nodes.len() as u32).filter(|v| dropped_left(graph, ValueId(*v)).is_some()).count()
    }

    #[test]
    fn what_is_the_same_for_all_samples_is_multiplied_once() {
        let graph = graph("dropout 0.2\n dense 4 -> relu -> dropout 0.2\n dense 3");
        let split = split(&by_dropped(&graph, |_| true)).expect("draws");
        // The second layer's input differs from sample to sample.
        assert_eq!(products_of_dropped(&split.random), 1);
        let fixed = split.fixed.expect("the first product");
        insta::assert_snapshot!(format!("{fixed}\n{}", split.random));
    }

    #[test]
    fn what_is_often_dropped_stays_as_it_is() {
        let graph = graph("dropout 0.2\n dense 3");
        assert_eq!(by_dropped(&graph, |_| false), graph);
        assert_eq!(products_of_dropped(&graph), 0);
    }

    #[test]
    fn without_a_scale_and_with_one() {
        for layers in ["dropout 0.2, scale=test\n dense 3", "dropout 0.2\n dense 3"] {
            assert_eq!(products_of_dropped(&by_dropped(&graph(layers), |_| true)), 1, "{layers}");
        }
    }
}
