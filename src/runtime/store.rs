//! The tensors that outlive a step: parameters, optimizer slots, running statistics.

use super::initial::initial;
use crate::{
    graph::{Averaged, Graph},
    kernels::aligned::AlignedVec,
    model::Model,
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
        let params = model.params.iter().map(|p| initial(p.init, &p.name, &p.dims, seed)).collect();
        let size = |dims: &[usize]| dims.iter().product();
        let slots = graph.slots.iter().map(|s| AlignedVec::filled(size(&s.dims), 0.0)).collect();
        let states = model.states.iter().map(|s| AlignedVec::filled(size(&s.dims), s.start)).collect();
        let mut store = Self { params, slots, states };
        // Before the first update an average is what it is of.
        for (slot, averages) in averages(graph) {
            store.slots[slot] = store.averaged_by(averages).clone();
        }
        store
    }

    /// With the averages in place of the parameters and states that they are of; none where nothing is averaged.
    pub fn averaged(&self, graph: &Graph) -> Option<Self> {
        averages(graph).next()?;
        let mut store = Self { slots: Vec::new(), ..self.clone() };
        for (slot, averages) in averages(graph) {
            match averages {
                Averaged::Param(id) => store.params[id.index()].clone_from(&self.slots[slot]),
                Averaged::State(id) => store.states[id.index()].clone_from(&self.slots[slot]),
            }
        }
        Some(store)
    }

    fn averaged_by(&self, averages: Averaged) -> &AlignedVec {
        match averages {
            Averaged::Param(id) => &self.params[id.index()],
            Averaged::State(id) => &self.states[id.index()],
        }
    }

    /// Whether every number is finite.
    pub fn is_finite(&self) -> bool {
        self.params.iter().chain(&self.slots).chain(&self.states).all(|t| t.iter().all(|x| x.is_finite()))
    }
}

/// The slots that are averages, and of what.
pub fn averages(graph: &Graph) -> impl Iterator<Item = (usize, Averaged)> + '_ {
    graph.slots.iter().enumerate().filter_map(|(slot, stored)| Some((slot, stored.averages?)))
}
