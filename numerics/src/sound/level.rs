//! How loud samples are.

/// The root of the mean of their squares; 0 of none.
#[must_use]
pub fn rms(samples: &[f32]) -> f64 {
    let mut sums = [0.0_f64; 8];
    for eight in samples.chunks(8) {
        sums.iter_mut().zip(eight).for_each(|(sum, x)| *sum += f64::from(*x) * f64::from(*x));
    }
    (sums.iter().sum::<f64>() / samples.len().max(1) as f64).sqrt()
}

/// Multiplies all samples by a factor.
pub fn scale(samples: &mut [f32], by: f32) {
    samples.iter_mut().for_each(|x| *x *= by);
}

/// Multiplies a sample by a factor, which may be greater than numbers of 32 bits are: what is nearly silent can be made loud.
pub fn times(by: f64) -> impl Fn(f32) -> f32 {
    let short = by as f32;
    move |x| if short.is_finite() { x * short } else { (f64::from(x) * by) as f32 }
}

/// The factor of so many decibels.
#[must_use]
pub fn gain(decibels: f64) -> f64 {
    libm::exp10(decibels / 20.0)
}
