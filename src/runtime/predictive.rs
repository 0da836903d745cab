//! What samples of a row's output say together: the predictive mean, and how uncertain it is and why.
//!
//! *Epistemic* uncertainty is what the samples disagree about, *aleatoric* what each of them leaves open (Kendall and Gal 2017). Sums
//! are f64. A sample is the row's output in the target's own units from its level: probabilities, numbers, or means and standard
//! deviations.

use crate::kernels::wide;
use crate::math::{Moments, Running};

/// Of class probabilities.
#[derive(Clone, Debug, PartialEq)]
pub struct ClassUncertainty {
    /// Mean probabilities.
    pub mean: Vec<f64>,
    /// Of the mean probabilities, in nats: the total uncertainty.
    pub entropy: f64,
    /// Mean of the samples' entropies: its aleatoric part.
    pub expected_entropy: f64,
    /// Their difference, at least 0: between the class and the weights (BALD, Houlsby et al. 2011). Biased low by about (T - 1) / T.
    pub mutual_information: f64,
    /// The same with its bias taken out by the jackknife; NaN with one sample.
    pub mutual_information_jackknife: f64,
    /// Share of samples whose likeliest class is not the commonest one.
    pub variation_ratio: f64,
    /// Largest Monte-Carlo standard error of a mean probability; NaN with one sample.
    pub standard_error: f64,
}

/// Of one number.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct RealUncertainty {
    pub mean: f64,
    /// Between the samples' means, by T - 1; NaN with one sample.
    pub epistemic: f64,
    /// Mean of the samples' variances; none where nothing says what it is.
    pub aleatoric: Option<f64>,
    /// Monte-Carlo standard error of the mean; NaN with one sample.
    pub standard_error: f64,
}

impl RealUncertainty {
    /// The variance of a new observation; without an aleatoric part that of the mean function alone.
    pub fn total(&self) -> f64 {
        self.epistemic + self.aleatoric.unwrap_or(0.0)
    }
}

/// -sum p ln p of each `classes` probabilities, in nats.
fn entropies(mut p: Vec<f64>, classes: usize) -> Vec<f64> {
    wide::times_log(&mut p);
    p.chunks_exact(classes).map(|terms| 0.0 - terms.iter().sum::<f64>()).collect()
}

/// -sum p ln p, in nats.
pub fn entropy(p: impl Iterator<Item = f64>) -> f64 {
    let p: Vec<f64> = p.collect();
    let classes = p.len();
    entropies(p, classes)[0]
}

fn likeliest<P: PartialOrd>(p: &[P]) -> usize {
    p.iter().enumerate().fold(0, |best, (i, x)| if *x > p[best] { i } else { best })
}

/// `samples` are `[T, classes]` probabilities.
///
/// # Panics
/// If there is no sample.
pub fn classes<P: Copy + Into<f64>>(samples: &[P], classes: usize) -> ClassUncertainty {
    let samples: Vec<f64> = samples.iter().map(|p| (*p).into()).collect();
    let count = samples.len() / classes;
    assert!(count > 0, "samples of a row");
    let t = count as f64;
    let running = Running::of_columns(&samples, classes);
    let mut votes = vec![0_u32; classes];
    samples.chunks_exact(classes).for_each(|sample| votes[likeliest(sample)] += 1);
    let mean: Vec<f64> = running.iter().map(Running::mean).collect();
    let moments: Vec<Moments> = running.iter().map(Running::moments).collect();
    let agree = moments.iter().all(|p| p.squares == 0.0);
    let rest = without_each(&samples, &running);
    let own = entropies(samples, classes);
    let total_entropy: f64 = own.iter().sum();
    let expected_entropy = total_entropy / t;
    let entropy_of_mean = if agree { expected_entropy } else { entropy(mean.iter().copied()) };
    let information = entropy_of_mean - expected_entropy;
    let rest = entropies(rest, classes);
    let left_out = rest.iter().zip(&own).map(|(rest, own)| rest - (total_entropy - own) / (t - 1.0));
    let jackknife = if agree { 0.0 } else { t * information - (t - 1.0) / t * left_out.sum::<f64>() };
    let commonest = votes.iter().max().copied().unwrap_or(0);
    ClassUncertainty {
        entropy: entropy_of_mean,
        expected_entropy,
        mutual_information: information.max(0.0),
        mutual_information_jackknife: if count > 1 { jackknife } else { f64::NAN },
        variation_ratio: 1.0 - f64::from(commonest) / t,
        standard_error: if count > 1 {
            moments.iter().map(Moments::standard_error).fold(0.0, f64::max)
        } else {
            f64::NAN
        },
        mean,
    }
}

/// Mean probabilities of all samples but one, for each of them.
fn without_each(samples: &[f64], all: &[Running]) -> Vec<f64> {
    let sums: Vec<f64> = all.iter().map(Running::sum).collect();
    let others = (samples.len() / all.len()) as f64 - 1.0;
    let mut rest = Vec::with_capacity(samples.len());
    for sample in samples.chunks_exact(all.len()) {
        rest.extend(sums.iter().zip(sample).map(|(sum, p)| ((sum - p) / others).max(0.0)));
    }
    rest
}

/// Of samples of one number, each with the variance that it leaves open, if it says one.
///
/// # Panics
/// If there is no sample.
pub fn number(means: &[f64], variances: Option<&[f64]>) -> RealUncertainty {
    assert!(!means.is_empty(), "samples of a row");
    let of = Moments::of(means.iter().copied());
    let aleatoric = variances.map(|v| v.iter().sum::<f64>() / of.count);
    RealUncertainty {
        mean: of.mean,
        epistemic: of.sample_variance(),
        aleatoric,
        standard_error: of.standard_error(),
    }
}

/// The probability below `x` under the equal mixture of normals around the samples.
///
/// # Panics
/// If there is no sample.
pub fn probability_below(x: f64, means: &[f64], variance: impl Fn(usize) -> f64) -> f64 {
    assert!(!means.is_empty(), "samples of a row");
    let each = means.iter().enumerate().map(|(i, mean)| normal_cdf((x - mean) / variance(i).sqrt()));
    each.sum::<f64>() / means.len() as f64
}

/// The `share` quantile of the same mixture, by bisection.
///
/// # Panics
/// If there is no sample.
pub fn quantile(share: f64, means: &[f64], variance: impl Fn(usize) -> f64) -> f64 {
    let sd = |i: usize| variance(i).sqrt();
    let below = |x: f64| probability_below(x, means, &variance);
    let reach = |sign: f64| means.iter().enumerate().map(move |(i, mean)| mean + sign * 9.0 * sd(i));
    let (mut low, mut high) =
        (reach(-1.0).fold(f64::INFINITY, f64::min), reach(1.0).fold(f64::NEG_INFINITY, f64::max));
    for _ in 0..60 {
        let middle = 0.5 * (low + high);
        if below(middle) < share { low = middle } else { high = middle }
    }
    0.5 * (low + high)
}

/// Share of a standard normal below `z`.
fn normal_cdf(z: f64) -> f64 {
    0.5 * libm::erfc(-z / std::f64::consts::SQRT_2)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn near(a: f64, b: f64, by: f64) {
        assert!((a - b).abs() <= by, "{a} {b}");
    }

    #[test]
    fn samples_that_agree_leave_no_information() {
        for count in [1, 3, 50, 1000] {
            let u = classes(&[0.7, 0.2, 0.1].repeat(count), 3);
            assert_eq!((u.mutual_information, u.variation_ratio, u.entropy), (0.0, 0.0, u.expected_entropy));
            if count > 1 {
                assert_eq!((u.mutual_information_jackknife, u.standard_error), (0.0, 0.0));
            }
            let u = number(&vec![0.1; count], None);
            assert_eq!(u.mean, 0.1);
            assert!(count == 1 || (u.epistemic, u.standard_error) == (0.0, 0.0));
        }
    }

    #[test]
    fn sure_samples_that_differ_are_all_information() {
        let u = classes(&[1.0, 0.0, 0.0, 1.0], 2);
        near(u.mutual_information, 2.0_f64.ln(), 1e-12);
        assert_eq!((u.expected_entropy, u.variation_ratio), (0.0, 0.5));
        // sd of {0, 1} by T - 1 is sqrt(1/2); over sqrt(2) it is 1/2.
        near(u.standard_error, 0.5, 1e-12);
    }

    /// Two-class samples p = 1/2 +- 1/2 by a fair coin: the information of the whole distribution is ln 2. With T samples the plug-in is
    /// low by about 1 / (2 T) (delta method: half the variance 1/(4T) times the second derivative 4); the jackknife is closer.
    #[test]
    fn the_jackknife_takes_the_bias_out() {
        const T: usize = 10;
        let (mut plug_in, mut jackknife, mut weight) = (0.0, 0.0, 0.0);
        for ones in 0..=T {
            let samples: Vec<f32> =
                (0..T).flat_map(|t| if t < ones { [1.0, 0.0] } else { [0.0, 1.0] }).collect();
            let share = (0..ones).fold(0.5_f64.powi(T as i32), |x, i| x * (T - i) as f64 / (i + 1) as f64);
            let u = classes(&samples, 2);
            plug_in += share * u.mutual_information;
            jackknife += share * u.mutual_information_jackknife;
            weight += share;
        }
        near(weight, 1.0, 1e-12);
        let truth = 2.0_f64.ln();
        near(truth - plug_in, 1.0 / (2.0 * T as f64), 0.006);
        assert!((truth - jackknife).abs() < 0.1 * (truth - plug_in), "{plug_in} {jackknife} {truth}");
    }

    #[test]
    fn variances_add_up() {
        let u = number(&[1.0, 2.0, 3.0, 4.0], Some(&[0.5, 1.5, 0.5, 1.5]));
        near(u.mean, 2.5, 1e-12);
        near(u.epistemic, 5.0 / 3.0, 1e-12);
        near(u.total(), 5.0 / 3.0 + 1.0, 1e-12);
        near(u.standard_error, (5.0_f64 / 12.0).sqrt(), 1e-12);
        assert!(number(&[1.0], None).epistemic.is_nan());
    }

    #[test]
    fn one_normal_has_its_quantiles() {
        near(quantile(0.975, &[3.0], |_| 4.0), 3.0 + 2.0 * 1.959_963_985, 1e-4);
        near(quantile(0.5, &[-5.0, 5.0], |_| 1.0), 0.0, 1e-4);
    }
}
