//! What Monte-Carlo dropout costs: how much of a net is computed once a row, and how much once a sample.

use serde::Serialize;

use crate::{
    graph::{Cut, Graph, split},
    loops::{self, Kernel},
    lower::lower_samples,
    model::Model,
};

/// Floating-point operations of the products of one row.
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
        let whole = lower_samples(model, false).graph;
        let split = split(&whole)?;
        let cut = split.cut.iter().zip(&split.random.inputs).map(|(cut, input)| match cut {
            Cut::Input { slot } => whole.inputs[*slot as usize].name.clone(),
            Cut::Columns { .. } => input.name.clone(),
        });
        Some(Self {
            fixed_flops: split.fixed.as_ref().map_or(0, products),
            sample_flops: products(&split.random),
            whole_flops: products(&whole),
            cut: cut.collect(),
        })
    }

    /// Operations of `samples` samples of a row.
    #[must_use]
    pub fn flops(&self, samples: usize) -> usize {
        self.fixed_flops + samples * self.sample_flops
    }
}

fn products(graph: &Graph) -> usize {
    let program = loops::fuse(graph);
    let product = |kernel: &&Kernel| matches!(kernel, Kernel::Product(_));
    program.kernels.iter().filter(product).map(|kernel| program.cost(kernel, 1).flops).sum()
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
        let plan = plan("dropout 0.2\n dense 10").expect("draws");
        assert_eq!((plan.fixed_flops, plan.sample_flops), (0, 2 * 100 * 10));
        assert_eq!(plan.cut, ["x"]);
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
