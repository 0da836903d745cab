//! The tensors that outlive a step: parameters, optimizer slots, running statistics.

use crate::{draws, draws::rng, kernels::aligned::AlignedVec};
use crate::{
    graph::Graph,
    model::{Init, Model},
};

/// One vector a tensor, in the graph's order.
#[derive(Clone, Default)]
pub struct Store {
    pub params: Vec<AlignedVec>,
    pub slots: Vec<AlignedVec>,
    pub states: Vec<AlignedVec>,
}

impl Store {
    /// Fresh tensors: parameters by their initialisers, keyed by (seed, name); slots at zero; states at their start.
    pub fn fresh(model: &Model, graph: &Graph, seed: u64) -> Self {
        let params = model.params.iter().map(|p| initialise(p.init, &p.name, p.len(), seed)).collect();
        let size = |dims: &[usize]| dims.iter().product();
        let slots = graph.slots.iter().map(|s| AlignedVec::filled(size(&s.dims), 0.0)).collect();
        let states = model.states.iter().map(|s| AlignedVec::filled(size(&s.dims), s.start)).collect();
        Self { params, slots, states }
    }

    /// Whether every number is finite.
    pub fn is_finite(&self) -> bool {
        self.params.iter().chain(&self.slots).chain(&self.states).all(|t| t.iter().all(|x| x.is_finite()))
    }
}

fn initialise(init: Init, name: &str, len: usize, seed: u64) -> AlignedVec {
    let mut rng = rng::stream(seed, "init", &[draws::site_key(name)]);
    let mut tensor = AlignedVec::filled(len, 0.0);
    match init {
        Init::Zeros => {}
        Init::Ones => tensor.fill(1.0),
        Init::Constant(x) => tensor.fill(x as f32),
        Init::Uniform { limit } => rng::fill_uniform(&mut rng, limit, &mut tensor),
        Init::Normal { sd } => rng::fill_normal(&mut rng, sd, &mut tensor),
    }
    tensor
}
