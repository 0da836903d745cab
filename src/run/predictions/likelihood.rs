//! How likely a row's observation is under the mean over samples of what nets say of it, in nats.
//!
//! A sample is one function and speaks of all outputs of a row at once: under it their probabilities are multiplied, and the mean over
//! samples is one of these products. All is f64 and made from logits: of a probability that was rounded to 1 nobody can tell what is left.

use crate::{
    data::{Observed, Part},
    kernels::wide,
    model::OutputKind,
    run::predictions::mc::Marginal,
};

/// The logarithm of a probability or a density, and its derivative by the logarithm of the temperature or of the precision.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Term {
    pub log: f64,
    pub slope: f64,
}

impl std::ops::Add for Term {
    type Output = Self;

    fn add(self, other: Self) -> Self {
        Self { log: self.log + other.log, slope: self.slope + other.slope }
    }
}

/// Of the mean of what these are the logarithms of: logsumexp, less the logarithm of their number.
pub fn mean(terms: &[Term]) -> Term {
    let top = terms.iter().fold(f64::NEG_INFINITY, |top, term| top.max(term.log));
    let weighted = terms.iter().map(|term| ((term.log - top).exp(), term.slope));
    let (sum, slope) = weighted.fold((0.0, 0.0), |(sum, slope), (w, s)| (sum + w, slope + w * s));
    Term { log: top + (sum / terms.len() as f64).ln(), slope: slope / sum }
}

/// Of a row's class or bits under samples of its logits, `[samples, width]`, at a temperature. Not a number where numbers are observed.
pub fn of_logits(part: &Part, row: usize, samples: &[f32], width: usize, temperature: f64) -> Term {
    let each = samples.chunks_exact(width);
    let terms: Vec<Term> = match part.observed(row) {
        Observed::Class(class) => each.map(|z| of_class(z, class as usize, temperature)).collect(),
        Observed::Bits(bits) => each.map(|z| of_bits(z, bits, temperature)).collect(),
        Observed::Real(_) | Observed::Tokens(_) => return Term { log: f64::NAN, slope: f64::NAN },
    };
    mean(&terms)
}

/// Of a row's tokens, each by itself, under samples of the logits of all its steps, `[samples, steps, vocab]`: the sum over those that came.
pub fn of_tokens(came: &[i32], samples: &[f32], kind: OutputKind, temperature: f64) -> Term {
    let (vocab, mut scratch) = (kind.outputs(), Vec::new());
    let of_step = |(step, token): (usize, &i32)| {
        let each = samples.chunks_exact(kind.width()).map(|all| &all[step * vocab..(step + 1) * vocab]);
        let terms: Vec<Term> =
            each.map(|z| of_one_of_many(z, *token as usize, temperature, &mut scratch)).collect();
        mean(&terms)
    };
    came.iter().enumerate().map(of_step).fold(Term::default(), |sum, term| sum + term)
}

/// As [`of_class`], for so many classes that their powers are worth vectors.
fn of_one_of_many(logits: &[f32], class: usize, temperature: f64, powers: &mut Vec<f64>) -> Term {
    let top = logits.iter().enumerate().fold(0, |top, (k, z)| if *z > logits[top] { k } else { top });
    let above = |a: usize, b: usize| (f64::from(logits[a]) - f64::from(logits[b])) / temperature;
    powers.clear();
    powers.extend((0..logits.len()).map(|k| above(k, top)));
    wide::powers(powers);
    powers[top] = 0.0;
    let rest: f64 = powers.iter().sum();
    let weighted: f64 = powers.iter().zip(0..).map(|(power, k)| power * above(k, class)).sum();
    Term { log: above(class, top) - rest.ln_1p(), slope: (weighted + above(top, class)) / (1.0 + rest) }
}

/// ln softmax(z / T) at the class: what the others have beside the largest is summed apart, so that small losses keep their digits.
fn of_class(logits: &[f32], class: usize, temperature: f64) -> Term {
    let top = logits.iter().enumerate().fold(0, |top, (k, z)| if *z > logits[top] { k } else { top });
    let above = |a: usize, b: usize| (f64::from(logits[a]) - f64::from(logits[b])) / temperature;
    let (mut powers, mut weighted) = (0.0, above(top, class));
    for k in (0..logits.len()).filter(|k| *k != top) {
        let power = above(k, top).exp();
        powers += power;
        weighted += power * above(k, class);
    }
    Term { log: above(class, top) - powers.ln_1p(), slope: weighted / (1.0 + powers) }
}

/// ln sigmoid(z / T) of all bits, z turned round where the bit is 0.
fn of_bits(logits: &[f32], bits: &[f32], temperature: f64) -> Term {
    let of = |(z, y): (&f32, &f32)| {
        let x = f64::from(if *y > 0.5 { *z } else { -*z }) / temperature;
        Term { log: log_sigmoid(x), slope: -x * log_sigmoid(-x).exp() }
    };
    logits.iter().zip(bits).map(of).fold(Term::default(), |sum, term| sum + term)
}

/// Without overflow, and with all digits near 0.
fn log_sigmoid(x: f64) -> f64 {
    x.min(0.0) - (-x.abs()).exp().ln_1p()
}

/// Of a row's numbers, each a normal around its marginal in every sample (Gal and Ghahramani 2016); None where nothing says how far they
/// spread.
///
/// # Panics
/// If there is no sample.
pub fn of_numbers(observed: &[f64], marginals: &[Marginal]) -> Option<Term> {
    let normal = |y: f64, mean: f64, variance: f64| {
        let square = (y - mean) * (y - mean) / variance;
        Term {
            log: -0.5 * (square + variance.ln() + (2.0 * std::f64::consts::PI).ln()),
            slope: 0.5 * (1.0 - square),
        }
    };
    let mut terms = vec![Term::default(); marginals.first()?.means.len()];
    for (y, marginal) in observed.iter().zip(marginals) {
        let spread = marginal.means.iter().zip(marginal.variances.as_ref()?);
        terms.iter_mut().zip(spread).for_each(|(term, (m, v))| *term = *term + normal(*y, *m, *v));
    }
    Some(mean(&terms))
}

/// Probabilities of the classes in each sample, `[samples, classes]`.
pub fn softmaxes(samples: &[f32], classes: usize) -> Vec<f64> {
    let mut p = Vec::with_capacity(samples.len());
    for z in samples.chunks_exact(classes) {
        let top = f64::from(z.iter().copied().fold(f32::NEG_INFINITY, f32::max));
        p.extend(z.iter().map(|z| f64::from(*z) - top));
    }
    wide::powers(&mut p);
    for row in p.chunks_exact_mut(classes) {
        let sum: f64 = row.iter().sum();
        row.iter_mut().for_each(|power| *power /= sum);
    }
    p
}

/// Logarithms of the means over samples of the classes' probabilities, of which `p` are the [`softmaxes`]: the logits of one net that says
/// the same.
pub fn logs_of_classes(samples: &[f32], p: &[f64], classes: usize) -> Vec<f64> {
    /// Smaller powers of e are not told apart.
    const SMALL: f64 = 1e-290;
    let count = (p.len() / classes) as f64;
    let of = |k: usize| {
        let share = p.iter().skip(k).step_by(classes).sum::<f64>() / count;
        if share > SMALL {
            return share.ln();
        }
        let terms: Vec<Term> = samples.chunks_exact(classes).map(|z| of_class(z, k, 1.0)).collect();
        mean(&terms).log
    };
    (0..classes).map(of).collect()
}

/// The logits of one net that says of each bit what samples of logits say in the mean.
pub fn logits_of_bits(samples: &[f32], width: usize) -> Vec<f32> {
    let log_share = |at: usize, bit: f32| {
        let of = |z: &f32| of_bits(&[*z], &[bit], 1.0);
        mean(&samples.iter().skip(at).step_by(width).map(of).collect::<Vec<Term>>()).log
    };
    (0..width).map(|at| (log_share(at, 1.0) - log_share(at, 0.0)) as f32).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::data::Target;

    fn near(a: f64, b: f64, by: f64) {
        assert!((a - b).abs() <= by, "{a} {b}");
    }

    fn part(target: Target) -> Part {
        Part::of_first(1, Vec::new(), target)
    }

    fn normals(means: &[&[f64]], variance: f64) -> Vec<Marginal> {
        let of =
            |means: &&[f64]| Marginal { means: means.to_vec(), variances: Some(vec![variance; means.len()]) };
        means.iter().map(of).collect()
    }

    /// Two samples, one right about both numbers, the other about none: half of the one density, not a quarter of sums of both.
    #[test]
    fn a_sample_speaks_of_all_outputs_at_once() {
        let density = |r: f64| (-0.5 * r * r).exp() / (2.0 * std::f64::consts::PI).sqrt();
        let found = of_numbers(&[0.0, 0.0], &normals(&[&[0.0, 3.0], &[0.0, 3.0]], 1.0)).unwrap().log;
        near(found, (0.5 * (density(0.0).powi(2) + density(3.0).powi(2))).ln(), 1e-14);
        // Samples that are right about one each.
        let found = of_numbers(&[0.0, 0.0], &normals(&[&[0.0, 3.0], &[3.0, 0.0]], 1.0)).unwrap().log;
        near(found, (density(0.0) * density(3.0)).ln(), 1e-14);
        let bits = part(Target::Bits { data: vec![1.0, 0.0], width: 2 });
        let p = |z: f64| 1.0 / (1.0 + (-z).exp());
        let joint = 0.5 * (p(2.0) * p(1.0) + p(-3.0) * p(-4.0));
        near(of_logits(&bits, 0, &[2.0, -1.0, -3.0, 4.0], 2, 1.0).log, joint.ln(), 1e-14);
    }

    #[test]
    fn one_normal_has_its_density() {
        let log = |y: f64, means: &[f64], v: f64| of_numbers(&[y], &normals(&[means], v)).unwrap().log;
        near(log(1.0, &[0.0], 4.0), -0.125 - 2.0_f64.ln() - 0.918_938_533_2, 1e-9);
        near(log(0.3, &[0.3, 1e6], 1.0), -0.918_938_533_2 - 2.0_f64.ln(), 1e-9);
    }

    /// Where 32 bits round to certainty: the logarithm is the logit itself, and that of what is left is not 0.
    #[test]
    fn rare_events_keep_their_digits() {
        let of_bit = |bit: f32, z: f32| {
            of_logits(&part(Target::Bits { data: vec![bit], width: 1 }), 0, &[z], 1, 1.0).log
        };
        near(of_bit(0.0, 25.9), -25.9_f32 as f64 - (-25.9_f64).exp(), 1e-6);
        near(of_bit(0.0, 2000.0), -2000.0, 1e-12);
        near(of_bit(1.0, 50.0) / -(-50.0_f64).exp(), 1.0, 1e-12);
        let of_class =
            |class: u32, z: &[f32]| of_logits(&part(Target::Classes(vec![class])), 0, z, 3, 1.0).log;
        near(of_class(1, &[900.0, 0.0, -5.0]), -900.0, 1e-12);
        near(of_class(0, &[50.0, 0.0, 0.0]) / (-2.0 * (-50.0_f64).exp()), 1.0, 1e-12);
        // One sample in two is sure of the wrong class, the other is not: ln(e^-1 / 2 / (1 + e^-1)).
        near(
            of_class(1, &[900.0, 0.0, 0.0, 1.0, 0.0, -900.0]),
            (0.5 * (-1.0_f64).exp() / (1.0 + (-1.0_f64).exp())).ln(),
            1e-12,
        );
    }

    #[test]
    fn logits_of_the_mean_have_its_probabilities() {
        let samples = [2.0, -1.0, 0.5, 0.1, 3.0, -2.0];
        let p = softmaxes(&samples, 3);
        let logs = logs_of_classes(&samples, &p, 3);
        for k in 0..3 {
            near(logs[k].exp(), 0.5 * (p[k] + p[k + 3]), 1e-15);
        }
        let tiny = [0.0, -1000.0, 0.0, -1001.0];
        near(logs_of_classes(&tiny, &softmaxes(&tiny, 2), 2)[1], -1_000.379_885, 1e-4);
        // Means of p and of 1 - p: the second is that of the less sure sample.
        near(f64::from(logits_of_bits(&[40.0, 60.0], 1)[0]), 40.0 + 2.0_f64.ln(), 1e-5);
        near(f64::from(logits_of_bits(&[-40.0, -60.0], 1)[0]), -40.0 - 2.0_f64.ln(), 1e-5);
    }

    /// Tokens of two steps, of which the second sample is surer, against classes one by one.
    #[test]
    fn tokens_are_classes_step_by_step() {
        let kind = OutputKind::tokens(3, 3);
        let samples = [
            2.0, -1.0, 0.5, 0.1, 3.0, -2.0, 9.0, 9.0, 9.0, 1.0, 0.0, 0.0, -4.0, 1.5, 700.0, 9.0, 9.0, 9.0_f32,
        ];
        for temperature in [0.3, 1.0, 4.0] {
            let found = of_tokens(&[2, 1], &samples, kind, temperature);
            let step = |class: u32, at: usize| {
                let two = [&samples[at..at + 3], &samples[at + 9..at + 12]].concat();
                of_logits(&part(Target::Classes(vec![class])), 0, &two, 3, temperature)
            };
            let expected = step(2, 0) + step(1, 3);
            near(found.log, expected.log, 1e-9);
            near(found.slope, expected.slope, 1e-9);
        }
    }

    /// Slopes against differences of the logarithms.
    #[test]
    fn slopes_are_derivatives() {
        const STEP: f64 = 1e-6;
        let slope_of = |f: &dyn Fn(f64) -> Term| {
            let by = |sign: f64| f(1.7 * (sign * STEP).exp()).log;
            near(f(1.7).slope, (by(1.0) - by(-1.0)) / (2.0 * STEP), 1e-8);
        };
        let classes = part(Target::Classes(vec![2]));
        slope_of(&|t| of_logits(&classes, 0, &[2.0, -1.0, 0.5, 0.1, 3.0, -2.0], 3, t));
        let bits = part(Target::Bits { data: vec![1.0, 0.0], width: 2 });
        slope_of(&|t| of_logits(&bits, 0, &[2.0, -1.0, -3.0, 4.0], 2, t));
        slope_of(&|tau| of_numbers(&[0.5, -1.0], &normals(&[&[0.0, 1.0], &[2.0, -1.5]], 1.0 / tau)).unwrap());
    }
}
