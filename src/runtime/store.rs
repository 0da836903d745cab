//! The tensors that outlive a step: parameters, optimizer slots, running statistics.

use super::initial::initial;
use crate::{
    graph::{Averaged, Graph},
    kernels::aligned::AlignedVec,
    model::{Given, Model},
};

/// One vector a tensor, in the graph's order.
#[derive(Clone, Default)]
pub struct Store {
    pub params: Vec<AlignedVec>,
    pub slots: Vec<AlignedVec>,
    pub states: Vec<AlignedVec>,
}

impl Store {
    /// Fresh tensors: parameters by their initialisers, keyed by (seed, name), and by what files give; slots at zero; states at their start.
    pub fn fresh(model: &Model, graph: &Graph, seed: u64) -> Self {
        let params = model.params.iter().map(|p| initial(p.init, &p.name, &p.dims, seed));
        let params = params.collect();
        let size = |dims: &[usize]| dims.iter().product();
        let slots = graph.slots.iter().map(|s| AlignedVec::filled(size(&s.dims), 0.0)).collect();
        let states = model.states.iter().zip(&graph.states);
        let states = states.map(|(s, stored)| AlignedVec::filled(size(&stored.dims), s.start)).collect();
        let mut store = Self { params, slots, states };
        model.given.iter().for_each(|given| store.begin_with(model, given));
        // Before the first update an average is what it is of.
        for (slot, averages) in averages(graph) {
            store.slots[slot] = store.averaged_by(averages).clone();
        }
        store
    }

    fn begin_with(&mut self, model: &Model, given: &Given) {
        match given {
            Given::Vectors { param, vectors } => {
                let width = model.params[param.0].dims[1];
                for (row, numbers) in vectors.rows.iter().zip(vectors.numbers.chunks_exact(width)) {
                    self.params[param.0][row * width..(row + 1) * width].copy_from_slice(numbers);
                }
            }
            Given::Param { param, numbers } => self.params[param.0].copy_from_slice(numbers),
            Given::State { state, numbers } => self.states[state.0].copy_from_slice(numbers),
        }
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

    /// Lets all rows begin: what they carry from minibatch to minibatch is zero.
    pub fn begin(&mut self, graph: &Graph) {
        for (state, values) in graph.states.iter().zip(&mut self.states) {
            if state.by_row {
                values.fill(0.0);
            }
        }
    }

    /// Exchanges what rows carry with what another pass over them keeps of it.
    pub fn swap_carried(&mut self, graph: &Graph, carried: &mut [AlignedVec]) {
        let own = graph.states.iter().zip(&mut self.states).filter(|(state, _)| state.by_row);
        own.zip(carried).for_each(|((_, own), other)| std::mem::swap(own, other));
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

/// What the rows of a pass carry before its first minibatch.
pub fn nothing_carried(graph: &Graph) -> Vec<AlignedVec> {
    let size = |dims: &[usize]| dims.iter().product();
    let carried = graph.states.iter().filter(|state| state.by_row);
    carried.map(|state| AlignedVec::filled(size(&state.dims), 0.0)).collect()
}
