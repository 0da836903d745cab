//! The protocol of `run.py`: a workload a line on stdin, its time a line on stdout.

use std::{
    collections::HashMap,
    io::{BufRead, Write},
    time::Instant,
};

use serde::Deserialize;

#[derive(Clone, Copy, Deserialize, PartialEq, Eq)]
#[serde(rename_all = "lowercase")]
pub enum Mode {
    Train,
    Eval,
    Mc,
}

#[derive(Clone, Deserialize)]
pub struct Spec {
    pub sizes: Vec<usize>,
    /// Rates of dropping the input of each layer.
    pub rates: Vec<f64>,
    pub batch: usize,
    pub steps: usize,
    pub mode: Mode,
    /// Samples of a row, in `Mc`.
    pub samples: usize,
    /// What the names of the data's files begin with.
    pub data: String,
}

impl Spec {
    pub fn outputs(&self) -> usize {
        self.sizes[self.sizes.len() - 1]
    }

    pub fn is_regression(&self) -> bool {
        self.outputs() == 1
    }
}

/// Runs `steps` steps, or calls, of a workload; answers the mean loss.
pub type Epoch = Box<dyn FnMut() -> f32>;

impl Spec {
    /// The first `len` numbers of an array, `_x.npy` or `_y.npy`.
    fn words<const N: usize>(&self, array: &str, len: usize) -> Vec<[u8; N]> {
        let bytes = std::fs::read(format!("{}{array}", self.data)).expect("an array");
        let header = 10 + usize::from(u16::from_le_bytes([bytes[8], bytes[9]]));
        bytes[header..].chunks_exact(N).take(len).map(|word| word.try_into().expect("a word")).collect()
    }

    pub fn inputs(&self, rows: usize) -> Vec<f32> {
        self.words("_x.npy", rows * self.sizes[0]).into_iter().map(f32::from_le_bytes).collect()
    }

    pub fn targets(&self, rows: usize) -> Vec<f32> {
        self.words("_y.npy", rows).into_iter().map(f32::from_le_bytes).collect()
    }

    pub fn classes(&self, rows: usize) -> Vec<i64> {
        self.words("_y.npy", rows).into_iter().map(i64::from_le_bytes).collect()
    }
}

/// Serves stdin until it ends.
pub fn serve(make: impl Fn(&Spec) -> Epoch) {
    let mut known: HashMap<String, (Epoch, f64)> = HashMap::new();
    for line in std::io::stdin().lock().lines() {
        let line = line.expect("a line");
        let spec: Spec = serde_json::from_str(&line).expect("a workload");
        let (epoch, first) = known.entry(line).or_insert_with(|| {
            let mut epoch = make(&spec);
            let begun = Instant::now();
            epoch();
            (epoch, begun.elapsed().as_secs_f64())
        });
        let begun = Instant::now();
        let loss = epoch();
        let us = begun.elapsed().as_secs_f64() / spec.steps as f64 * 1e6;
        let answer = serde_json::json!({ "us": us, "loss": loss, "compile_s": first });
        println!("{answer}");
        std::io::stdout().flush().expect("stdout");
    }
}

/// The rows of an epoch in another order each time.
pub fn shuffled(rows: usize, state: &mut u64) -> Vec<u32> {
    let mut order: Vec<u32> = (0..rows as u32).collect();
    for i in (1..rows).rev() {
        *state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        order.swap(i, (*state >> 33) as usize % (i + 1));
    }
    order
}
