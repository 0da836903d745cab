//! Weight scaling held against what it stands for: the exact means over all sub-networks, and means of sampled ones.

use crate::run::{
    exact::{Effort, ExactMeans, NotEnumerated, exact_means, mean_outputs},
    folder::trained::{Trained, TrainedError},
    judgements::held_out,
    predictions::{likelihood, own_units, pass, sampling::Sampling},
    watch::Watch,
};
use crate::{
    data::{Part, Search},
    graph::is_affine_in_masks,
    kernels::team::Team,
    lower::lower_samples,
    model::{McDropout, Mean, OutputKind},
};

/// Sizes of the sampled means.
const SAMPLES: [u32; 7] = [1, 3, 10, 30, 100, 300, 1000];

/// A way to predict, against the reference.
#[derive(Clone, Debug, PartialEq)]
pub struct Compared {
    pub name: String,
    /// Share of rows (or bits) classified wrong; of numbers the root mean square error, in the target's own units.
    pub error: f64,
    /// Mean over rows and outputs of the difference of probabilities, or of numbers.
    pub mean_abs_diff: f64,
    /// Mean Kullback-Leibler divergence from the reference, in nats; none of numbers.
    pub kl: Option<f64>,
}

/// What an audit found on held-out rows.
#[derive(Debug)]
pub struct Audit {
    pub part: &'static str,
    pub rows: usize,
    /// Whether the outputs are affine in the masks, so that weight scaling is the geometric mean (of normal densities: that of means).
    pub certified: bool,
    /// Largest difference between weight scaling and the geometric mean in closed form, where it is certified.
    pub closed_form: Option<f64>,
    pub enumeration: Result<Enumerated, NotEnumerated>,
    /// What the others are compared with.
    pub reference: &'static str,
    pub ways: Vec<Compared>,
}

/// Largest differences between weight scaling and the exact means.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Enumerated {
    pub coins: usize,
    pub vs_geometric: f64,
    pub vs_arithmetic: f64,
}

/// Audits the test part; without one the valid part, without that the training part; of it the first `most` rows.
///
/// # Errors
/// A net without live dropout, or that says distributions of numbers; data that are missing, broken, or not those of training; an end that the watcher
/// asks for.
pub fn audit(
    net: &Trained,
    search: &Search,
    most: Option<usize>,
    effort: Effort,
    team: &Team,
    watch: &Watch,
) -> Result<Audit, TrainedError> {
    let unfit = |why: &str| Err(TrainedError::Unfit(why.into()));
    net.answers_once("an audit")?;
    if net.model.output.kind.says_spread() {
        return unfit("a `normal` output says a distribution: there is no audit of it in this version");
    }
    let (name, part) = held_out::first_rows_of_live(net, search, most)?;
    let part = &part;
    let scaled = pass::weight_scaling(net, part, team)?;
    let store = net.store()?;
    let certified = is_affine_in_masks(&lower_samples(&net.model, false).graph);
    let closed_form = match certified {
        true => mean_outputs(&net.model, part, &store, watch)
            .ok()
            .map(|means| largest(&scaled, &own_units::of(net, means))),
        false => None,
    };
    watch.go_on()?;
    let enumerated = match own_units::are_curved(net) {
        true => Err(NotEnumerated::OfLogarithms),
        false => exact_means(&net.model, part, &store, effort, watch),
    };
    let exact = match enumerated {
        Err(NotEnumerated::Unread(error)) => return Err(TrainedError::Data(error)),
        Err(NotEnumerated::Interrupted) => return Err(TrainedError::Interrupted),
        exact => exact,
    };
    let exact = exact.map(|exact| ExactMeans {
        arithmetic: own_units::of(net, exact.arithmetic),
        geometric: own_units::of(net, exact.geometric),
        ..exact
    });
    let mut ways = vec![("weight scaling".to_string(), scaled.clone())];
    if let Ok(ExactMeans { arithmetic, geometric, .. }) = &exact {
        ways.push(("geometric mean, exact".into(), geometric.clone()));
        ways.push(("arithmetic mean, exact".into(), arithmetic.clone()));
    }
    ways.extend(sampled(net, part, team, watch)?);
    let (reference, truth) = match (&exact, ways.last()) {
        (Ok(exact), _) => ("the exact arithmetic mean", exact.arithmetic.clone()),
        (Err(_), Some((_, last))) => ("the mean of 1000 samples", last.clone()),
        (Err(_), None) => return unfit("nothing was sampled"),
    };
    let observed = own_units::observed(net, part);
    let ways = ways.into_iter().map(|(name, p)| compared(name, &p, &truth, &observed, net.model.output.kind));
    let enumeration = exact.map(|exact| Enumerated {
        coins: exact.coins,
        vs_geometric: largest(&scaled, &exact.geometric),
        vs_arithmetic: largest(&scaled, &exact.arithmetic),
    });
    Ok(Audit {
        part: name,
        rows: part.rows(),
        certified,
        closed_form,
        enumeration,
        reference,
        ways: ways.collect(),
    })
}

/// Mean probabilities of the first samples of each row, for each size.
fn sampled(
    net: &Trained,
    part: &Part,
    team: &Team,
    watch: &Watch,
) -> Result<Vec<(String, Vec<f64>)>, TrainedError> {
    let width = net.model.output.kind.width();
    let most = McDropout { samples: SAMPLES[SAMPLES.len() - 1], seed: None, until: None };
    let mut means = vec![Vec::with_capacity(part.rows() * width); SAMPLES.len()];
    watch.begin("rows sampled", part.rows() as u64);
    Sampling::new(vec![net], part, most, team).watched().try_each_row(Mean::Geometric, |_, samples| {
        let mut sums = vec![0.0; width];
        for (t, sample) in meant(net.model.output.kind, samples).chunks_exact(width).enumerate() {
            sums.iter_mut().zip(sample).for_each(|(sum, p)| *sum += p);
            if let Some(i) = SAMPLES.iter().position(|size| *size as usize == t + 1) {
                means[i].extend(sums.iter().map(|sum| sum / (t + 1) as f64));
            }
        }
        Ok::<(), TrainedError>(watch.step(1)?)
    })?;
    let name = |size: u32| format!("{size} sample{}", if size == 1 { "" } else { "s" });
    Ok(SAMPLES.into_iter().map(name).zip(means).collect())
}

/// Probabilities of samples of logits, in f64; numbers as they are.
fn meant(kind: OutputKind, samples: &[f32]) -> Vec<f64> {
    match kind.classes() {
        Some(k) => likelihood::softmaxes(samples, k),
        None => kind.meaning(samples.iter().map(|x| f64::from(*x)).collect()),
    }
}

fn largest(a: &[f64], b: &[f64]) -> f64 {
    a.iter().zip(b).map(|(a, b)| (a - b).abs()).fold(0.0, f64::max)
}

pub(in crate::run) fn compared(
    name: String,
    p: &[f64],
    truth: &[f64],
    observed: &[f64],
    kind: OutputKind,
) -> Compared {
    let differences: f64 = p.iter().zip(truth).map(|(a, b)| (a - b).abs()).sum();
    Compared {
        name,
        error: kind.error(p, observed),
        mean_abs_diff: differences / p.len() as f64,
        kl: kind.divergence(p, truth),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn kl(p: &[f64], truth: &[f64], kind: OutputKind) -> f64 {
        compared(String::new(), p, truth, truth, kind).kl.unwrap()
    }

    #[test]
    fn nothing_diverges_from_itself() {
        // Below what 32 bits resolve beside 1, and certain.
        let p = [1.0 - 3e-9, 2e-9, 1e-9, 1.0, 0.0, 0.0];
        assert_eq!(kl(&p, &p, OutputKind::class(3)), 0.0);
        assert_eq!(kl(&p, &p, OutputKind::bits(3)), 0.0);
    }

    #[test]
    fn divergence_is_that_of_the_formula() {
        let (t, p): ([f64; 3], [f64; 3]) = ([0.7, 0.2, 0.1], [0.5, 0.5 - 1e-12, 1e-12]);
        let expected: f64 = t.iter().zip(p).map(|(t, p)| t * (t / p).ln()).sum();
        assert!((kl(&p, &t, OutputKind::class(3)) - expected).abs() < 1e-12);
        let bit = 0.3 * (0.3_f64 / 0.4).ln() + 0.7 * (0.7_f64 / 0.6).ln();
        assert!((kl(&[0.4], &[0.3], OutputKind::bits(1)) - bit).abs() < 1e-12);
        assert!(kl(&[0.0, 1.0], &[0.1, 0.9], OutputKind::class(2)).is_finite());
    }
}
