//! The tensors that outlive a step: parameters, optimizer slots, running statistics.

use super::initial::initial;
use crate::{graph::Graph, kernels::aligned::AlignedVec, model::Model};

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
        let params = model.params.iter().map(|p| initial(p.init, &p.name, &p.dims, seed)).collect();
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
