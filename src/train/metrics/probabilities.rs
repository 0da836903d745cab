//! Logits as probabilities, in f64.

/// The softmax of a row.
pub fn of_classes(logits: &[f32]) -> Vec<f64> {
    let top = top(logits);
    let powers: Vec<f64> = logits.iter().map(|z| (f64::from(*z) - top).exp()).collect();
    let sum: f64 = powers.iter().sum();
    powers.into_iter().map(|power| power / sum).collect()
}

/// `ln` of the softmax at `class`.
pub fn log_of_class(logits: &[f32], class: usize) -> f64 {
    let top = top(logits);
    let sum: f64 = logits.iter().map(|z| (f64::from(*z) - top).exp()).sum();
    f64::from(logits[class]) - top - sum.ln()
}

pub fn of_bit(logit: f32) -> f64 {
    1.0 / (1.0 + (-f64::from(logit)).exp())
}

fn top(logits: &[f32]) -> f64 {
    f64::from(logits.iter().copied().fold(f32::NEG_INFINITY, f32::max))
}
