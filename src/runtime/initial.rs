//! The first numbers of parameters, drawn from streams keyed by (seed, name).

use rand_chacha::ChaCha8Rng;

use crate::{
    draws::{self, rng},
    kernels::aligned::AlignedVec,
    model::Init,
};

/// The tensor of this name and shape as it starts. The last two axes of weights are inputs and units; axes before them are places of a window.
pub fn initial(init: Init, name: &str, dims: &[usize], seed: u64) -> AlignedVec {
    let mut rng = rng::stream(seed, "init", &[draws::site_key(name)]);
    let mut tensor = AlignedVec::filled(dims.iter().product(), 0.0);
    match init {
        Init::Zeros => {}
        Init::Ones => tensor.fill(1.0),
        Init::Constant(x) => tensor.fill(x as f32),
        Init::Uniform { limit } => rng::fill_uniform(&mut rng, limit, &mut tensor),
        Init::Normal { mean, sd } => rng::fill_normal(&mut rng, mean, sd, &mut tensor),
        Init::Truncated { mean, sd, within } => rng::fill_truncated(&mut rng, mean, sd, within, &mut tensor),
        Init::Orthogonal { gain } => orthogonal(&mut rng, gain, dims, &mut tensor),
        Init::Dirac => dirac(dims, &mut tensor),
        Init::Gate { gate, of, value } => {
            let width = tensor.len() / of;
            tensor[gate * width..(gate + 1) * width].fill(value as f32);
        }
    }
    tensor
}

/// In the middle of the window, unit j reads input j.
fn dirac(dims: &[usize], tensor: &mut [f32]) {
    let [places @ .., inputs, outputs] = dims else { return };
    let middle = places.iter().fold(0, |place, size| place * size + size / 2);
    let kernel = &mut tensor[middle * inputs * outputs..][..inputs * outputs];
    // Where filters see the channels of their group alone, each group begins anew.
    for unit in 0..*outputs {
        kernel[unit % inputs * outputs + unit] = 1.0;
    }
}

/// Normal deviates whose columns (or rows, where those are fewer) are made orthonormal in their order, times the gain. Since no direction is
/// special to normal deviates, neither is one to the result.
fn orthogonal(rng: &mut ChaCha8Rng, gain: f64, dims: &[usize], tensor: &mut [f32]) {
    let columns = dims.last().copied().unwrap_or(1);
    let rows = tensor.len() / columns;
    rng::fill_normal(rng, 0.0, 1.0, tensor);
    let (count, length) = (rows.min(columns), rows.max(columns));
    // Where in the tensor the entry of a vector lies.
    let at = |vector: usize, entry: usize| {
        if rows >= columns { entry * columns + vector } else { vector * columns + entry }
    };
    let mut vectors = vec![0.0; count * length];
    for (i, vector) in vectors.chunks_exact_mut(length).enumerate() {
        for (k, x) in vector.iter_mut().enumerate() {
            *x = f64::from(tensor[at(i, k)]);
        }
    }
    orthonormalise(&mut vectors, length);
    for (i, vector) in vectors.chunks_exact(length).enumerate() {
        for (k, x) in vector.iter().enumerate() {
            tensor[at(i, k)] = (x * gain) as f32;
        }
    }
}

/// Gram and Schmidt, each vector twice: what rounding leaves of the earlier ones is taken off too.
fn orthonormalise(vectors: &mut [f64], length: usize) {
    for i in 0..vectors.len() / length {
        let (earlier, rest) = vectors.split_at_mut(i * length);
        let vector = &mut rest[..length];
        for _ in 0..2 {
            for other in earlier.chunks_exact(length) {
                let share = dot(other, vector);
                for (x, y) in vector.iter_mut().zip(other) {
                    *x -= share * y;
                }
            }
        }
        let norm = dot(vector, vector).sqrt();
        vector.iter_mut().for_each(|x| *x /= norm);
    }
}

/// In eight sums side by side, in one order on every host.
fn dot(a: &[f64], b: &[f64]) -> f64 {
    let mut sums = [0.0; 8];
    let (a_rest, b_rest) = (a.chunks_exact(8).remainder(), b.chunks_exact(8).remainder());
    for (a, b) in a.chunks_exact(8).zip(b.chunks_exact(8)) {
        for (sum, (x, y)) in sums.iter_mut().zip(a.iter().zip(b)) {
            *sum += x * y;
        }
    }
    sums.iter().sum::<f64>() + a_rest.iter().zip(b_rest).map(|(x, y)| x * y).sum::<f64>()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn start(init: Init, dims: &[usize]) -> Vec<f32> {
        initial(init, "dense_1.weight", dims, 7).to_vec()
    }

    #[test]
    fn dirac_hands_inputs_on_in_the_middle_of_the_window() {
        assert_eq!(start(Init::Dirac, &[3, 2]), [1.0, 0.0, 0.0, 1.0, 0.0, 0.0]);
        let kernel = start(Init::Dirac, &[3, 3, 2, 2]);
        let ones: Vec<usize> = (0..kernel.len()).filter(|i| kernel[*i] == 1.0).collect();
        assert_eq!((ones, kernel.iter().sum::<f32>()), (vec![4 * 4, 4 * 4 + 3], 2.0));
    }

    #[test]
    fn orthogonal_matrices_keep_lengths() {
        for dims in [[5, 5], [40, 7], [7, 40], [1, 9], [9, 1]] {
            let w = start(Init::Orthogonal { gain: 2.0 }, &dims);
            let [rows, columns] = dims;
            let (count, tall) = (rows.min(columns), rows >= columns);
            let entry = |vector: usize, k: usize| {
                f64::from(if tall { w[k * columns + vector] } else { w[vector * columns + k] })
            };
            for i in 0..count {
                for j in 0..count {
                    let product: f64 = (0..rows.max(columns)).map(|k| entry(i, k) * entry(j, k)).sum();
                    let expected = if i == j { 4.0 } else { 0.0 };
                    assert!((product - expected).abs() < 2e-6, "{dims:?} {i} {j}: {product}");
                }
            }
        }
        // Windows count as inputs.
        assert_eq!(
            start(Init::Orthogonal { gain: 1.0 }, &[2, 2, 3, 5]),
            start(Init::Orthogonal { gain: 1.0 }, &[12, 5])
        );
    }

    /// The first column is the first of the normal deviates, of length 1: as a QR decomposition with a positive diagonal has it.
    #[test]
    fn orthogonal_vectors_begin_where_they_were_drawn() {
        let drawn = start(Init::Normal { mean: 0.0, sd: 1.0 }, &[6, 3]);
        let made = start(Init::Orthogonal { gain: 1.0 }, &[6, 3]);
        let norm = (0..6).map(|k| f64::from(drawn[3 * k]).powi(2)).sum::<f64>().sqrt();
        for k in 0..6 {
            assert!((f64::from(made[3 * k]) - f64::from(drawn[3 * k]) / norm).abs() < 1e-7);
        }
    }

    #[test]
    fn truncated_deviates_stay_within_and_have_their_moments() {
        let w = start(Init::Truncated { mean: 1.0, sd: 0.5, within: 2.0 }, &[100, 1000]);
        assert!(w.iter().all(|x| (0.0..=2.0).contains(x)));
        let n = w.len() as f64;
        let mean = w.iter().map(|x| f64::from(*x)).sum::<f64>() / n;
        let variance = w.iter().map(|x| (f64::from(*x) - mean).powi(2)).sum::<f64>() / n;
        // 1 - 4 phi(2) / (2 Phi(2) - 1)
        assert!(
            (mean - 1.0).abs() < 6e-3 && (variance / 0.25 / 0.773_741_3 - 1.0).abs() < 0.015,
            "{mean} {variance}"
        );
    }
}
