//! Figures of trained nets on their data: of one pass of each, and of the mean over what they say together.

use crate::run::{
    folder::trained::{Trained, TrainedError},
    predictions::{
        committee::{Committee, several_are_not_exact},
        enumerated,
        mc::{self, Scoring},
        pass,
        sampling::{Drawn, Sampling},
        views,
    },
};
use std::path::Path;

use crate::{
    data::{Asked, Converted, DataError, Labelled, Part, Search, Unread},
    kernels::team::Team,
    model::PredictMode,
    runtime::{
        evaluate::{Evaluator, cool, numbers},
        figures::{Figures, Reporter},
    },
};

/// Figures of one part of the data.
#[derive(Clone, Debug, PartialEq)]
pub struct PartFigures {
    pub part: &'static str,
    pub rows: usize,
    /// Of each net, dropout off.
    pub each: Vec<Figures>,
    /// Of the only net at the temperature that was fitted for it, and that temperature.
    pub tempered: Option<(f64, Figures)>,
    /// Of the mean of several nets, dropout off.
    pub together: Option<Figures>,
    /// Of the mean over samples of dropout.
    pub samples: Option<Figures>,
    /// How many samples these were, of Monte-Carlo dropout.
    pub drawn: Option<Drawn>,
}

/// Figures and, of Monte-Carlo dropout, how many samples they are of.
type Sampled = Option<(Figures, Option<Drawn>)>;

/// Loss and metrics of every part of the data, dropout off. Where `mode` asks for samples and something is live, those of their mean
/// too, of held-out parts; of the training part if there is no other.
///
/// # Errors
/// Data that are missing, broken, or not those of training.
pub fn evaluate(
    committee: &Committee,
    search: &Search,
    mode: PredictMode,
    scoring: Scoring,
    team: &Team,
) -> Result<Vec<PartFigures>, TrainedError> {
    let scoring = committee.scoring(scoring, mode)?;
    let dataset = committee.first().dataset(search)?;
    let parts =
        [("train", Some(&dataset.train)), ("valid", dataset.valid.as_ref()), ("test", dataset.test.as_ref())];
    let held_out = dataset.valid.is_some() || dataset.test.is_some();
    let mut all = Vec::new();
    for (name, part) in parts {
        let Some(part) = part else { continue };
        let sampled = name != "train" || !held_out || mode == PredictMode::WeightScaling;
        let mode = sampled.then_some(mode);
        all.push(figures_of(&committee.all(), name, part, mode, scoring, team)?);
    }
    Ok(all)
}

/// Rows whose answers are known: a part of the data, or pictures that a user names.
pub struct Known {
    pub name: &'static str,
    pub part: Part,
    /// Of the files that the rows are, where each is one.
    pub names: Vec<String>,
}

impl Known {
    /// A part of the data that a net was trained on. None if the data have no such part.
    ///
    /// # Errors
    /// Data that are missing, broken, or not those of training.
    pub fn of_data(net: &Trained, name: &str, search: &Search) -> Result<Option<Self>, TrainedError> {
        let dataset = net.dataset(search)?;
        let own_test = !dataset.names[1].is_empty();
        let (name, part, files) = match name {
            "train" => ("train", Some(dataset.train), &dataset.names[0]),
            "valid" => ("valid", dataset.valid, &dataset.names[0]),
            _ => ("test", dataset.test, &dataset.names[usize::from(own_test)]),
        };
        Ok(part.map(|part| {
            let names = part.numbers().iter().filter_map(|row| files.get(*row as usize).cloned()).collect();
            Self { name, part, names }
        }))
    }
}

/// What became of rows that a user named on their way to the net.
pub struct Reading {
    pub converted: Converted,
    pub unread: Unread,
}

impl Known {
    /// Rows that a user names, in any form in which their answers are known; `answers` is a file of these, where they are not in the rows.
    ///
    /// # Errors
    /// As [`Transform::read_labelled`](crate::data::Transform::read_labelled).
    pub fn of_input(
        net: &Trained,
        path: &Path,
        answers: Option<&Path>,
    ) -> Result<(Self, Reading), TrainedError> {
        let config = net.model.data.as_ref();
        let (name, transform) = (path.display().to_string(), &net.checkpoint.meta.transform);
        let asked = Asked { answers, columns: config.and_then(|config| config.source.labels()) };
        let read = match config.filter(|_| transform.is_of_a_stream()) {
            Some(_) if answers.is_some() => {
                let told = "the answers to a text are its own tokens, and `--labels` names others";
                return Err(DataError::new("E0525", told).file(&name).help("leave `--labels` out").into());
            }
            Some(config) => transform.read_stream(path, &name, config)?,
            None => match config.filter(|config| answers.is_none() && config.cuts_a_table()) {
                Some(config) => transform.read_windows(path, &name, config)?,
                None => transform.read_labelled(path, &name, &asked)?,
            },
        };
        let Labelled { part, names, converted, unread } = read;
        Ok((Self { name: "input", part, names }, Reading { converted, unread }))
    }
}

/// The figures of rows whose answers are known, in the way `mode` says.
///
/// # Errors
/// What code generation says.
pub fn evaluate_known(
    committee: &Committee,
    known: &Known,
    mode: PredictMode,
    scoring: Scoring,
    team: &Team,
) -> Result<PartFigures, TrainedError> {
    let scoring = committee.scoring(scoring, mode)?;
    figures_of(&committee.all(), known.name, &known.part, Some(mode), scoring, team)
}

/// The figures of one part; a net without live dropout has one sample.
///
/// # Errors
/// What code generation says.
pub fn part_figures(
    net: &Trained,
    name: &'static str,
    part: &Part,
    mode: PredictMode,
    scoring: Scoring,
    team: &Team,
) -> Result<PartFigures, TrainedError> {
    let once = matches!(mode, PredictMode::McDropout(_)) && !net.model.is_live_in_mc();
    let mode = (!once).then_some(mode);
    let mut figures = figures_of(&[net], name, part, mode, scoring, team)?;
    if once {
        figures.samples = passes(&[net], part, scoring, team)?;
    }
    Ok(figures)
}

fn figures_of(
    members: &[&Trained],
    name: &'static str,
    part: &Part,
    mode: Option<PredictMode>,
    scoring: Scoring,
    team: &Team,
) -> Result<PartFigures, TrainedError> {
    views::know_black(members[0], part)?;
    let own: Result<Vec<_>, TrainedError> = members.iter().map(|m| own_figures(m, part, team)).collect();
    let (each, mut tempered): (Vec<Figures>, Vec<_>) = own?.into_iter().unzip();
    // Fitted to the mean over views, where there are some.
    let seen_once = members[0].model.predict.views.is_empty();
    let tempered = if members.len() == 1 && seen_once { tempered.pop().flatten() } else { None };
    let together = if members.len() > 1 { passes(members, part, scoring, team)? } else { None };
    let sampled = mode.map(|mode| sampled(members, part, mode, scoring, team)).transpose()?.flatten();
    let (samples, drawn) = sampled.unzip();
    Ok(PartFigures {
        part: name,
        rows: part.rows(),
        each,
        tempered,
        together,
        samples,
        drawn: drawn.flatten(),
    })
}

/// Of one pass, dropout off; and of the same outputs at the fitted temperature, where that is not 1.
pub(in crate::run) fn own_figures(
    net: &Trained,
    part: &Part,
    team: &Team,
) -> Result<(Figures, Option<(f64, Figures)>), TrainedError> {
    let mut evaluator = Evaluator::new(&net.model, part)?;
    let temperature = net.temperature(PredictMode::WeightScaling);
    // Of a net that answers at each step a pass says of each token how likely it was, and no logits.
    let by_steps = net.model.output.kind.steps().is_some();
    let mut plain = reporter(net).tallies();
    let mut tempered = (temperature != 1.0 && !by_steps).then(|| reporter(net).with_nll().tallies());
    let loss = pass::each_block(net, &mut evaluator, part, team, |rows, mut outputs| {
        let order = numbers(rows);
        plain.add(&outputs, part, &order);
        if let Some(tempered) = &mut tempered {
            cool(&mut outputs, temperature);
            tempered.add(&outputs, part, &order);
        }
    })?;
    let figures = plain.figures(evaluator.mean_loss(loss, part));
    let tempered = match temperature != 1.0 && by_steps {
        true => tempered_by_steps(net, part, team)?,
        false => tempered.map(|tempered| tempered.figures(None)),
    };
    Ok((figures, tempered.map(|tempered| (temperature, tempered))))
}

/// Of the logits of all steps at the fitted temperature: what there is of one pass.
fn tempered_by_steps(net: &Trained, part: &Part, team: &Team) -> Result<Option<Figures>, TrainedError> {
    let sampling = Sampling::passes(vec![net], part, team).tempered(PredictMode::WeightScaling);
    let figures = mc::figures(&sampling, Scoring::default(), &predictive_reporter(net))?;
    Ok(figures.map(|(mut figures, _)| {
        figures.0.retain(|(name, _)| name != "mutual_information");
        figures
    }))
}

fn predictive_reporter(net: &Trained) -> Reporter {
    Reporter::of_predictions(&net.model, &net.checkpoint.meta.transform)
}

fn reporter(net: &Trained) -> Reporter {
    Reporter::new(&net.model, &net.checkpoint.meta.transform)
}

/// Of the mean over one pass of each net.
fn passes(
    members: &[&Trained],
    part: &Part,
    scoring: Scoring,
    team: &Team,
) -> Result<Option<Figures>, TrainedError> {
    let first = members[0];
    let sampling = Sampling::passes(members.to_vec(), part, team)
        .tempered(PredictMode::WeightScaling)
        .viewed(&first.model.predict);
    let figures = mc::figures(&sampling, scoring, &predictive_reporter(first))?;
    Ok(figures.map(|(figures, _)| mc::wanted(figures, &first.model.predict.report)))
}

/// As `mode` says.
fn sampled(
    members: &[&Trained],
    part: &Part,
    mode: PredictMode,
    scoring: Scoring,
    team: &Team,
) -> Result<Sampled, TrainedError> {
    let first = members[0];
    let reporter = &predictive_reporter(first);
    let predict = &first.model.predict;
    let report = &predict.report;
    let alone = |figures| (mc::wanted(figures, report), None);
    let (kind, target) = (first.model.output.kind, &first.checkpoint.meta.transform.target);
    let of_mean = |outputs| mc::mean_figures(kind, target, part, reporter, outputs);
    let draw = |mc| Sampling::new(members.to_vec(), part, mc, team).tempered(mode).viewed(predict);
    if matches!(mode, PredictMode::Ensemble(..) | PredictMode::Exact(_))
        || matches!(mode, PredictMode::McDropout(mc) if mc.until.is_some())
    {
        first.answers_once("a mean of another kind than that of a fixed number of samples")?;
    }
    Ok(match (mode, members) {
        (PredictMode::WeightScaling, [_]) if !(report.is_empty() && predict.views.is_empty()) => {
            passes(members, part, scoring, team)?.map(|figures| (figures, None))
        }
        (PredictMode::WeightScaling, _) => None,
        (PredictMode::McDropout(mc), _) => {
            let sampled = mc::figures(&draw(mc), scoring, reporter)?;
            sampled.map(|(figures, drawn)| (mc::wanted(figures, report), Some(drawn)))
        }
        (PredictMode::Ensemble(mean, mc), _) => {
            draw(mc).mean_logits(mean)?.map(|outputs| alone(of_mean(outputs)))
        }
        (PredictMode::Exact(mean), [one]) => {
            let seen = views::of_each(one, part, predict, |part| enumerated::logits(one, part, mean, team))?;
            let (count, all) = (seen.len(), views::side_by_side(seen, kind.width()));
            let logits = kind.has_probabilities();
            Some(alone(of_mean(views::together(&all, count, kind, logits).into_owned())))
        }
        (PredictMode::Exact(_), _) => return Err(several_are_not_exact()),
    })
}
