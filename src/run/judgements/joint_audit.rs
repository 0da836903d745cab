//! Several trained nets audited together: each of them, their mean, and the mean of all their samples of dropout.

use crate::run::{
    folder::trained::TrainedError,
    judgements::{
        audit::{Compared, compared},
        held_out,
    },
    predictions::{
        committee::Committee,
        own_units, pass,
        sampling::{Sampling, mean_of_logits},
    },
    watch::Watch,
};
use crate::{
    data::{Part, Search},
    kernels::team::Team,
    model::{McDropout, Mean},
};

/// Samples of each net.
const SAMPLES: [u32; 3] = [1, 10, 100];

/// What an audit of several nets found on held-out rows.
#[derive(Debug)]
pub struct JointAudit {
    pub part: &'static str,
    pub rows: usize,
    /// What the others are compared with.
    pub reference: String,
    pub ways: Vec<Compared>,
}

/// Audits the part that [`audit`](crate::run::audit) takes; the last way is what the others are compared with.
///
/// # Errors
/// Nets that say distributions of numbers; data that are missing, broken, or not those of training; an end that the watcher asks for.
pub fn joint_audit(
    committee: &Committee,
    search: &Search,
    most: Option<usize>,
    team: &Team,
    watch: &Watch,
) -> Result<JointAudit, TrainedError> {
    let first = committee.first();
    let kind = first.model.output.kind;
    first.answers_once("an audit")?;
    if kind.says_spread() {
        let why = "a `normal` output says a distribution: there is no audit of it in this version";
        return Err(TrainedError::Unfit(why.into()));
    }
    let (name, part) = held_out::first_rows(first, search, most)?;
    let count = committee.members().len();
    let mut ways = Vec::new();
    watch.begin("runs", count as u64);
    for (i, member) in committee.members().iter().enumerate() {
        ways.push((
            format!("run {}, seed {}", i + 1, member.checkpoint.meta.seed),
            pass::weight_scaling(member, &part, team)?,
        ));
        watch.step(1)?;
    }
    let each = |i: usize| ways.iter().map(move |(_, p): &(String, Vec<f64>)| p[i]);
    let mean = (0..ways[0].1.len()).map(|i| each(i).sum::<f64>() / count as f64).collect();
    ways.push((format!("mean of {count} runs"), mean));
    if committee.members().iter().any(|member| member.model.is_live_in_mc()) {
        for samples in SAMPLES {
            let plural = if samples == 1 { "" } else { "s" };
            let name = format!("mean of {count} runs, {samples} sample{plural} of each");
            ways.push((name, mean_of_samples(committee, &part, samples, (team, watch))?));
        }
    }
    let observed = own_units::observed(first, &part);
    let (reference, truth) = ways[ways.len() - 1].clone();
    let ways = ways.into_iter().map(|(name, p)| compared(name, &p, &truth, &observed, kind));
    Ok(JointAudit {
        part: name,
        rows: part.rows(),
        reference: format!("the {reference}"),
        ways: ways.collect(),
    })
}

/// Mean probabilities, or numbers, of so many samples of each.
fn mean_of_samples(
    committee: &Committee,
    part: &Part,
    samples: u32,
    (team, watch): (&Team, &Watch),
) -> Result<Vec<f64>, TrainedError> {
    let mc = McDropout { samples, seed: None, until: None };
    let sampling = Sampling::new(committee.all(), part, mc, team).watched();
    let (kind, mut outputs) = (sampling.kind(), Vec::new());
    watch.begin("rows sampled", part.rows() as u64);
    sampling.try_each_row(Mean::Geometric, |_, samples| {
        outputs.extend(mean_of_logits(samples, kind, Mean::Arithmetic).into_iter().map(f64::from));
        Ok::<(), TrainedError>(watch.step(1)?)
    })?;
    Ok(kind.meaning(outputs))
}
