//! Logits as probabilities, in f64.

/// The softmax of a row.
pub fn of_classes(logits: &[f32]) -> Vec<f64> {
    let top = top(logits);
    let powers: Vec<f64> = logits.iter().map(|z| (f64::from(*z) - top).exp()).collect();
    let sum: f64 = powers.iter().sum();
    powers.into_iter().map(|power| power / sum).collect()
}

/// `ln` of the softmax at `class`, with its digits also where that is near 1.
pub fn log_of_class(logits: &[f32], class: usize) -> f64 {
    // -ln(1 + 1 / odds), without overflow.
    let odds = log_odds_of_class(logits, class);
    odds.min(0.0) - (-odds.abs()).exp().ln_1p()
}

/// `ln(p / (1 - p))` of the softmax at `class`: it tells apart what `p` itself rounds to 0 or 1.
pub fn log_odds_of_class(logits: &[f32], class: usize) -> f64 {
    let others = || logits.iter().enumerate().filter(|(k, _)| *k != class).map(|(_, z)| f64::from(*z));
    let top = others().fold(f64::NEG_INFINITY, f64::max);
    f64::from(logits[class]) - top - others().map(|z| (z - top).exp()).sum::<f64>().ln()
}

/// What probabilities leave to all classes but one. Summed, since 1 less the one is only its rounding where that is near 1.
pub fn rest(p: &[f64], class: usize) -> f64 {
    p.iter().enumerate().filter(|(k, _)| *k != class).map(|(_, p)| p).sum()
}

pub fn of_bit(logit: f32) -> f64 {
    1.0 / (1.0 + (-f64::from(logit)).exp())
}

fn top(logits: &[f32]) -> f64 {
    f64::from(logits.iter().copied().fold(f32::NEG_INFINITY, f32::max))
}
