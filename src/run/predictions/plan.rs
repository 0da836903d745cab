//! What Monte-Carlo dropout costs: how much of a net is computed once a row, and how much once a sample.

use serde::Serialize;

use crate::{
    graph::{Cut, Dim, Graph, Op, ValueId, dropped_left},
    lower::{Lowered, lower_samples},
    model::Model,
};

/// Floating-point operations of the products of one row; of products of dropped units instead of kept ones the share that is dropped.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct SamplePlan {
    /// Once a row: what no draw reaches.
    pub fixed_flops: usize,
    /// Once a sample of a row.
    pub sample_flops: usize,
    /// Of a whole pass.
    pub whole_flops: usize,
    /// Where the two parts meet: paths of the layers whose results, or inputs, go from one to the other.
    pub cut: Vec<String>,
}

impl SamplePlan {
    /// The plan of a net; none if nothing of it is live.
    #[must_use]
    pub fn of(model: &Model) -> Option<Self> {
        let lowered = lower_samples(model, false);
        let split = lowered.parts()?;
        let cut = split.cut.iter().zip(&split.random.inputs).map(|(cut, input)| match cut {
            Cut::Input { slot } => lowered.graph.inputs[*slot as usize].name.clone(),
            Cut::Columns { .. } => input.name.clone(),
        });
        Some(Self {
            fixed_flops: split.fixed.as_ref().map_or(0, |graph| products(&lowered, graph)),
            sample_flops: products(&lowered, &split.random),
            whole_flops: products(&lowered, &lowered.graph),
            cut: cut.collect(),
        })
    }

    /// Operations of `samples` samples of a row.
    #[must_use]
    pub fn flops(&self, samples: usize) -> usize {
        self.fixed_flops + samples * self.sample_flops
    }
}

/// Of a graph with the scalars of `lowered`.
fn products(lowered: &Lowered, graph: &Graph) -> usize {
    let values = (0..graph.nodes.len() as u32).map(ValueId);
    values
        .map(|v| product(graph, v) * dropped_left(graph, v).and_then(|id| lowered.rate(id)).unwrap_or(1.0))
        .sum::<f64>()
        .round() as usize
}

/// Of one product, or 0.
fn product(graph: &Graph, v: ValueId) -> f64 {
    let node = graph.node(v);
    let Op::Contract { over, .. } = &node.op else { return 0.0 };
    let len = |dim: &Dim| dim.size().unwrap_or(1) as f64;
    let left = &graph.ty(node.inputs[0]).dims;
    let contracted: f64 = over.iter().map(|(axis, _)| len(&left[*axis])).product();
    2.0 * contracted * node.ty.dims.iter().map(len).product::<f64>()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::check::{Env, check_source};

    fn plan(layers: &str) -> Option<SamplePlan> {
        let source = format!("net {{\n input x: real[100]\n {layers}\n output y: class[10]\n}}");
        SamplePlan::of(&check_source(&source, &Env::default()).model.expect("a sound net"))
    }

    #[test]
    fn dropout_before_the_last_layer_leaves_little_to_sample() {
        let plan = plan("dense 50 -> relu -> dropout 0.5\n dense 10").expect("draws");
        assert_eq!((plan.fixed_flops, plan.sample_flops), (2 * 100 * 50, 2 * 50 * 10));
        assert_eq!(plan.whole_flops, plan.fixed_flops + plan.sample_flops);
        assert_eq!(plan.flops(100), 10_000 + 100 * 1_000);
        assert_eq!(plan.cut, ["relu_1"]);
    }

    #[test]
    fn dropout_on_the_input_leaves_nothing_fixed() {
        let plan = plan("dropout 0.5\n dense 10").expect("draws");
        assert_eq!((plan.fixed_flops, plan.sample_flops), (0, 2 * 100 * 10));
        assert_eq!(plan.cut, ["x"]);
    }

    #[test]
    fn of_few_dropped_inputs_only_those_are_sampled() {
        let plan = plan("dropout 0.2\n dense 10").expect("draws");
        assert_eq!((plan.fixed_flops, plan.sample_flops), (2 * 100 * 10, 2 * 20 * 10));
        assert_eq!(plan.whole_flops, 2 * 100 * 10);
    }

    #[test]
    fn of_branches_only_the_random_one_is_sampled() {
        let plan = plan("dense 20 -> relu\n residual { dropout 0.5 -> dense 20 }\n dense 10").expect("draws");
        assert_eq!((plan.fixed_flops, plan.sample_flops), (2 * 100 * 20, 2 * 20 * 20 + 2 * 20 * 10));
    }

    #[test]
    fn a_net_without_draws_has_no_plan() {
        assert_eq!(plan("dense 10"), None);
    }
}
