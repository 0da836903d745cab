//! Weight scaling held against what it stands for: the exact means over all sub-networks, and means of sampled ones.

use super::{
    exact::{ExactMeans, NotEnumerated, exact_means},
    mc::Sampling,
    trained::{Trained, TrainedError},
};
use crate::{
    data::{Part, Search, Target},
    graph::is_affine_in_masks,
    lower::lower_samples,
    model::{McDropout, Mean, OutputKind},
    runtime::{
        evaluate::{Evaluator, interpret},
        team::Team,
    },
};

/// Sizes of the sampled means.
const SAMPLES: [u32; 7] = [1, 3, 10, 30, 100, 300, 1000];

/// A way to predict, against the reference.
#[derive(Clone, Debug, PartialEq)]
pub struct Compared {
    pub name: String,
    /// Share of rows classified wrong.
    pub error: f64,
    /// Mean over rows and classes of the difference of probabilities.
    pub mean_abs_diff: f64,
    /// Mean Kullback-Leibler divergence from the reference, in nats.
    pub kl: f64,
}

/// What an audit found on held-out rows.
#[derive(Debug)]
pub struct Audit {
    pub part: &'static str,
    pub rows: usize,
    /// Whether the logits are affine in the masks, so that weight scaling is the geometric mean.
    pub certified: bool,
    pub enumeration: Result<Enumerated, NotEnumerated>,
    /// What the others are compared with.
    pub reference: &'static str,
    pub ways: Vec<Compared>,
}

/// Largest differences between probabilities of weight scaling and of the exact means.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Enumerated {
    pub coins: usize,
    pub vs_geometric: f64,
    pub vs_arithmetic: f64,
}

impl Trained {
    /// Audits the test part; without one the valid part, without that the training part.
    ///
    /// # Errors
    /// A net without classes or without live dropout; data that are missing, broken, or not those of training.
    pub fn audit(&self, search: &Search, team: &Team) -> Result<Audit, TrainedError> {
        let unfit = |why: &str| Err(TrainedError::Unfit(why.into()));
        let OutputKind::Class(classes) = self.model.output.kind else {
            return unfit("this version audits nets with a class output");
        };
        if !self.model.is_live_in_mc() {
            return unfit("nothing of this net is left to chance: weight scaling is all there is");
        }
        let dataset = self.dataset(search)?;
        let (name, part) = match (&dataset.test, &dataset.valid) {
            (Some(part), _) => ("test", part),
            (None, Some(part)) => ("valid", part),
            (None, None) => ("train", &dataset.train),
        };
        let scaled = self.scaled(part, team)?;
        let sampled = self.sampled(part, team)?;
        let exact = exact_means(&self.model, part, &self.store()?);
        let mut ways = vec![("weight scaling".to_string(), scaled.clone())];
        if let Ok(ExactMeans { arithmetic, geometric, .. }) = &exact {
            ways.push(("geometric mean, exact".into(), geometric.clone()));
            ways.push(("arithmetic mean, exact".into(), arithmetic.clone()));
        }
        ways.extend(sampled);
        let (reference, truth) = match (&exact, ways.last()) {
            (Ok(exact), _) => ("the exact arithmetic mean", exact.arithmetic.clone()),
            (Err(_), Some((_, last))) => ("the mean of 1000 samples", last.clone()),
            (Err(_), None) => return unfit("nothing was sampled"),
        };
        let ways = ways.into_iter().map(|(name, p)| compared(name, &p, &truth, part, classes));
        let enumeration = exact.map(|exact| Enumerated {
            coins: exact.coins,
            vs_geometric: largest(&scaled, &exact.geometric),
            vs_arithmetic: largest(&scaled, &exact.arithmetic),
        });
        Ok(Audit {
            part: name,
            rows: part.rows,
            certified: is_affine_in_masks(&lower_samples(&self.model, false).graph),
            enumeration,
            reference,
            ways: ways.collect(),
        })
    }

    /// Probabilities by weight scaling.
    fn scaled(&self, part: &Part, team: &Team) -> Result<Vec<f64>, TrainedError> {
        let meta = &self.checkpoint.meta;
        let mut evaluator = Evaluator::predictor(&self.model, part)?;
        let (mut outputs, _) = evaluator.outputs(part, &mut self.store()?, team, meta.seed)?;
        interpret(&mut outputs, self.model.output.kind, &meta.transform.target);
        Ok(outputs.into_iter().map(f64::from).collect())
    }

    /// Mean probabilities of the first samples of each row, for each size.
    fn sampled(&self, part: &Part, team: &Team) -> Result<Vec<(String, Vec<f64>)>, TrainedError> {
        let width = self.model.output.kind.width();
        let most = McDropout { samples: SAMPLES[SAMPLES.len() - 1], seed: None };
        let mut means = vec![Vec::with_capacity(part.rows * width); SAMPLES.len()];
        let sampling: Sampling<'_> = self.sampling(part, most, team);
        sampling.each_row(Mean::Arithmetic, &mut self.store()?, |_, samples| {
            let mut sums = vec![0.0; width];
            for (t, sample) in samples.chunks_exact(width).enumerate() {
                sums.iter_mut().zip(sample).for_each(|(sum, p)| *sum += f64::from(*p));
                if let Some(i) = SAMPLES.iter().position(|size| *size as usize == t + 1) {
                    means[i].extend(sums.iter().map(|sum| sum / (t + 1) as f64));
                }
            }
        })?;
        let name = |size: u32| format!("{size} sample{}", if size == 1 { "" } else { "s" });
        Ok(SAMPLES.into_iter().map(name).zip(means).collect())
    }
}

fn largest(a: &[f64], b: &[f64]) -> f64 {
    a.iter().zip(b).map(|(a, b)| (a - b).abs()).fold(0.0, f64::max)
}

fn compared(name: String, p: &[f64], truth: &[f64], part: &Part, classes: usize) -> Compared {
    let rows = part.rows as f64;
    let wrong = match &part.target {
        Target::Classes(targets) => {
            let rows = p.chunks_exact(classes).zip(targets);
            rows.filter(|(row, class)| likeliest(row) != **class as usize).count() as f64
        }
        Target::Real { .. } | Target::Bits { .. } => f64::NAN,
    };
    let differences: f64 = p.iter().zip(truth).map(|(a, b)| (a - b).abs()).sum();
    let divergences = truth.iter().zip(p).filter(|(t, _)| **t > 0.0);
    let kl: f64 = divergences.map(|(t, p)| t * (t / p.max(f64::MIN_POSITIVE)).ln()).sum();
    Compared { name, error: wrong / rows, mean_abs_diff: differences / p.len() as f64, kl: kl / rows }
}

fn likeliest(row: &[f64]) -> usize {
    row.iter().enumerate().fold(0, |best, (i, x)| if *x > row[best] { i } else { best })
}
