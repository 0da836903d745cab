//! Runs a model's graphs in the interpreter on made-up numbers.

use crate::{
    draws,
    graph::{
        DType, Graph, ScalarDef, StepInfo,
        interpret::{Bindings, Real, Tensor, Values, concrete, interpret},
    },
    lower::Lowered,
    vocab::Clock,
};

pub const ROWS: usize = 5;
/// Positions of the rows in the epoch: not their numbers in the minibatch.
pub const FIRST_POSITION: u64 = 70;
pub const UPDATE: u64 = 3;
const CLOCK: Clock = Clock { update: UPDATE - 1, updates_per_epoch: 10, horizon: 100 };
/// Mixup's share of the row itself.
pub const LAMBDA: f64 = 0.75;

/// Numbers between -1 and 1 that depend on the tag alone.
pub fn numbers(tag: &str, n: usize) -> Vec<f64> {
    let start = draws::fnv1a64(tag);
    let draw = |i: usize| draws::mix64(start.wrapping_add(i as u64)) >> 11;
    (0..n).map(|i| draw(i) as f64 / (1u64 << 52) as f64 - 1.0).collect()
}

/// The stream key of a site.
pub fn stream(path: &str) -> u64 {
    draws::mix64(draws::site_key(path))
}

/// The row key of a row of the minibatch at a site that is addressed by row.
pub fn row_key(path: &str, row: usize) -> u64 {
    draws::row_key(stream(path), FIRST_POSITION + row as u64)
}

/// The words of a step at this learning rate; where rows are mixed, three quarters are the row's own.
pub fn scalar_words_at(defs: &[ScalarDef], lr: f64) -> Vec<u32> {
    let step = StepInfo {
        clock: CLOCK,
        rows: ROWS,
        lr,
        lambda: LAMBDA,
        blend: LAMBDA,
        noise: 1.0,
        idle: 0,
        every: 1,
    };
    defs.iter().map(|def| def.word(&step)).collect()
}

fn tensors<T: Real>(tag: &str, stored: &[crate::graph::Stored]) -> Vec<Tensor<T>> {
    let tensor = |s: &crate::graph::Stored| {
        let dims = concrete(&s.ty(), ROWS);
        let n = dims.iter().product();
        let values = numbers(&format!("{tag}{}", s.name), n);
        // Running variances are positive, the rest does not care.
        let values = values.into_iter().map(|x| if tag == "state" { x.abs() + 0.5 } else { x });
        Tensor::real(&dims, values.map(|x| T::from_f32(x as f32)).collect())
    };
    stored.iter().map(tensor).collect()
}

/// Bindings of everything that the graph reads; equal graphs get equal numbers, in f32 precision.
pub fn bindings<T: Real>(lowered: &Lowered) -> Bindings<T> {
    let graph = &lowered.graph;
    let input = |array: &crate::graph::Array, tag: &str| {
        let dims = concrete(&array.ty, ROWS);
        if array.ty.dtype == DType::I32 {
            return whole(&dims);
        }
        let values = numbers(&format!("{tag}{}", array.name), dims.iter().product());
        Tensor::real(&dims, values.into_iter().map(|x| T::from_f32(3.0 * x as f32)).collect())
    };
    let mut bindings = Bindings {
        rows: ROWS,
        inputs: graph.inputs.iter().map(|array| input(array, "")).collect(),
        partners: graph.inputs.iter().map(|array| input(array, "partner")).collect(),
        target: graph.target.as_ref().map(|ty| target(&concrete(ty, ROWS), ty.dtype, 0)),
        partner_target: graph.target.as_ref().map(|ty| target(&concrete(ty, ROWS), ty.dtype, 1)),
        params: tensors("param", &graph.params),
        slots: tensors("slot", &graph.slots),
        states: tensors("state", &graph.states),
        streams: graph.sites.iter().map(|site| stream(&site.path)).collect(),
        positions: (0..ROWS as u64).map(|row| FIRST_POSITION + row).collect(),
        update: UPDATE,
        ..Bindings::default()
    };
    bindings.bind_scalar_words(graph, &scalar_words_at(&lowered.scalars, 1.0));
    bindings
}

/// Lengths from 1 to 4 of rows, or tokens below 5.
fn whole<T: Real>(dims: &[usize]) -> Tensor<T> {
    let n = dims.iter().product::<usize>() as i32;
    match dims.len() {
        1 => Tensor::ints(dims, (0..n).map(|row| 1 + (3 * row + 1) % 4).collect()),
        _ => Tensor::ints(dims, (0..n).map(|i| i * i % 5).collect()),
    }
}

/// Classes 0 and 1 in turn, or numbers between 0 and 1.
fn target<T: Real>(dims: &[usize], dtype: DType, shift: i32) -> Tensor<T> {
    let n = dims.iter().product();
    let number = |x: f64| T::from_f32((0.5 * x + 0.5) as f32);
    match dtype {
        DType::I32 => Tensor::ints(dims, (0..n as i32).map(|i| (i + shift) % 2).collect()),
        _ => Tensor::real(dims, numbers(&format!("target{shift}"), n).into_iter().map(number).collect()),
    }
}

/// Values of a verified graph.
pub fn run<T: Real>(graph: &Graph, bindings: &Bindings<T>) -> Values<T> {
    interpret(graph, bindings).unwrap_or_else(|error| panic!("{error}\n{graph}"))
}
