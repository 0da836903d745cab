//! Trained nets against the first of them: what they were made of, their figures, and what each difference is worth. Nets one by one are compared row by row of the part that
//! both were tested on; several seeds of each by their seeds.

use std::path::{Path, PathBuf};

use serde::Serialize;

use super::{
    bootstrap::{self, Interval},
    same_rows::{self, Tested},
    seeds::{self, MeanDifference},
    traits::{Change, ParamValues, Traits, differing_params, labels},
};
use crate::{
    data::{Dataset, Part, Search},
    kernels::team::Team,
    math::Moments,
    run::{
        folder::trained::{Trained, TrainedError},
        judgements::{evaluate, outputs_of::Outputs},
        predictions::committee::Committee,
    },
    runtime::figures::{Figures, Reporter},
};

/// A run, or runs of one net by seed.
pub struct Side {
    pub path: PathBuf,
    pub committee: Committee,
    pub search: Search,
}

#[derive(Clone, Debug, Serialize)]
pub struct Comparison {
    pub sides: Vec<Compared>,
    /// Params whose values are not the same everywhere.
    pub params: Vec<ParamValues>,
    /// Of the validation and the test part, dropout off.
    pub figures: Vec<PartFigures>,
    /// Of every other side against the first.
    pub against: Vec<Against>,
}

/// What was compared.
#[derive(Clone, Debug, Serialize)]
pub struct Compared {
    pub run: PathBuf,
    /// What tells it from the others.
    pub differs: String,
    pub seeds: Vec<u64>,
}

/// A figure of every side; none where a net does not report it.
#[derive(Clone, Debug, Serialize)]
pub struct PartFigures {
    pub part: &'static str,
    pub rows: Vec<usize>,
    pub figures: Vec<(String, Vec<Option<Spread>>)>,
}

/// Over seeds; the deviation is NaN of one.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
pub struct Spread {
    pub mean: f64,
    pub deviation: f64,
}

/// One side less the first.
#[derive(Clone, Debug, Serialize)]
pub struct Against {
    /// Lines of the text.
    pub text: Vec<Change>,
    pub differences: Differences,
}

#[derive(Clone, Debug, Serialize)]
#[serde(tag = "by", rename_all = "snake_case")]
pub enum Differences {
    /// The paired bootstrap over the rows of a part.
    Rows {
        part: &'static str,
        rows: usize,
        figures: Vec<RowDifference>,
    },
    Seeds {
        part: &'static str,
        figures: Vec<SeedDifference>,
    },
    /// Why there is nothing to subtract.
    None {
        why: String,
    },
}

#[derive(Clone, Debug, Serialize)]
pub struct RowDifference {
    pub figure: String,
    pub difference: f64,
    #[serde(flatten)]
    pub interval: Interval,
}

#[derive(Clone, Debug, Serialize)]
pub struct SeedDifference {
    pub figure: String,
    #[serde(flatten)]
    pub mean: MeanDifference,
}

/// How rows are drawn.
#[derive(Clone, Copy, Debug)]
pub struct Draws {
    pub count: usize,
    pub seed: u64,
}

/// Holds all sides against the first.
///
/// # Errors
/// Data that are missing, broken, or not those of training; nets whose outputs mean different things.
pub fn compare(sides: &[Side], draws: Draws, team: &Team) -> Result<Comparison, TrainedError> {
    let Some((first, others)) = sides.split_first() else {
        return Err(TrainedError::Unfit("no run is named".into()));
    };
    others.iter().try_for_each(|other| may_be_compared(first, other))?;
    let traits: Vec<Traits> = sides.iter().map(Side::traits).collect();
    let labels = labels(&traits);
    let datasets = sides
        .iter()
        .map(|side| side.committee.first().dataset(&side.search))
        .collect::<Result<Vec<_>, _>>()?;
    let measured = sides.iter().zip(&datasets).map(|(side, dataset)| side.measured(dataset, team));
    let measured = measured.collect::<Result<Vec<_>, _>>()?;
    let by_seeds = sides.iter().any(|side| side.committee.alone().is_none());
    let each = others.iter().enumerate().map(|(i, other)| {
        let i = i + 1;
        let differences = match part_of(&datasets[0], &datasets[i]) {
            Err(why) => Differences::None { why },
            Ok((part, own, others)) => {
                let (a, b) = (Judged::of(first, own), Judged::of(other, others));
                match same_rows::difference(a.tested(), b.tested()) {
                    Some(why) => {
                        Differences::None { why: format!("the {part} rows are not the same: {why}") }
                    }
                    None if by_seeds => of_seeds(part, (first, &measured[0]), (other, &measured[i])),
                    None => of_rows(part, a, b, draws, team)?,
                }
            }
        };
        Ok(Against { text: traits[i].changes_since(&traits[0]), differences })
    });
    let against = each.collect::<Result<Vec<_>, TrainedError>>()?;
    let compared = sides.iter().zip(&traits).zip(labels).map(|((side, traits), differs)| Compared {
        run: side.path.clone(),
        differs,
        seeds: traits.seeds.clone(),
    });
    Ok(Comparison {
        sides: compared.collect(),
        params: differing_params(&traits),
        figures: ["valid", "test"].into_iter().filter_map(|part| table(part, &datasets, &measured)).collect(),
        against,
    })
}

fn may_be_compared(a: &Side, b: &Side) -> Result<(), TrainedError> {
    let [own, other] = [a, b].map(|side| side.committee.first().model.output.kind);
    match own == other {
        true => Ok(()),
        false => Err(TrainedError::Unfit(format!(
            "{} and {} predict different things: {own} and {other}\nhelp: figures are compared of nets with the same kind of output",
            a.path.display(),
            b.path.display()
        ))),
    }
}

/// A net and the part of its data that it is judged by.
#[derive(Clone, Copy)]
struct Judged<'a> {
    net: &'a Trained,
    part: &'a Part,
}

impl<'a> Judged<'a> {
    fn of(side: &'a Side, part: &'a Part) -> Self {
        Self { net: side.committee.first(), part }
    }

    fn tested(self) -> Tested<'a> {
        Tested { transform: &self.net.checkpoint.meta.transform, part: self.part }
    }
}

/// The figures of every net of a side, by part.
struct Measured(Vec<(&'static str, Vec<(u64, Figures)>)>);

impl Measured {
    fn of(&self, part: &str) -> &[(u64, Figures)] {
        self.0.iter().find(|(known, _)| *known == part).map_or(&[], |(_, figures)| figures)
    }
}

impl Side {
    /// Reads a run, or runs by seed.
    ///
    /// # Errors
    /// As [`Committee::read`].
    pub fn of(path: &Path, committee: Committee, search: Search) -> Self {
        Self { path: path.to_owned(), committee, search }
    }

    #[must_use]
    pub fn traits(&self) -> Traits {
        let seeds = self.committee.members().iter().map(|net| net.checkpoint.meta.seed);
        Traits::of(self.committee.first()).with_seeds(seeds.collect())
    }

    fn measured(&self, dataset: &Dataset, team: &Team) -> Result<Measured, TrainedError> {
        let parts = [("valid", dataset.valid.as_ref()), ("test", dataset.test.as_ref())];
        let mut all = Vec::new();
        for (name, part) in parts {
            let Some(part) = part else { continue };
            let one = |net: &Trained| {
                let figures = evaluate::own_figures(net, part, team)?.0;
                Ok((net.checkpoint.meta.seed, figures))
            };
            let each = self.committee.members().iter().map(one).collect::<Result<Vec<_>, TrainedError>>()?;
            all.push((name, each));
        }
        Ok(Measured(all))
    }
}

/// The part that both were tested on, or validated where there is no test part.
fn part_of<'a>(a: &'a Dataset, b: &'a Dataset) -> Result<(&'static str, &'a Part, &'a Part), String> {
    let pairs = [("test", &a.test, &b.test), ("valid", &a.valid, &b.valid)];
    let both = pairs.into_iter().find_map(|(name, a, b)| Some((name, a.as_ref()?, b.as_ref()?)));
    both.ok_or_else(|| "they have no part in common that was held out of training\nhelp: `split test=20%` in `data` divides one off".into())
}

fn table(part: &'static str, datasets: &[Dataset], measured: &[Measured]) -> Option<PartFigures> {
    let mut names: Vec<&String> = Vec::new();
    for (_, figures) in measured.iter().flat_map(|side| side.of(part)) {
        for (name, _) in &figures.0 {
            if !names.contains(&name) {
                names.push(name);
            }
        }
    }
    let spread = |side: &Measured, name: &str| {
        let values: Vec<f64> = side.of(part).iter().filter_map(|(_, figures)| figures.get(name)).collect();
        let moments = Moments::of(values.iter().copied());
        (!values.is_empty())
            .then(|| Spread { mean: moments.mean, deviation: moments.sample_variance().sqrt() })
    };
    let figures: Vec<(String, Vec<Option<Spread>>)> = names
        .into_iter()
        .map(|name| (name.clone(), measured.iter().map(|side| spread(side, name)).collect()))
        .collect();
    let rows = |dataset: &Dataset| {
        let own = if part == "valid" { &dataset.valid } else { &dataset.test };
        own.as_ref().map_or(0, Part::rows)
    };
    (!figures.is_empty()).then(|| PartFigures { part, rows: datasets.iter().map(rows).collect(), figures })
}

fn of_seeds(part: &'static str, (a, own): (&Side, &Measured), (b, other): (&Side, &Measured)) -> Differences {
    let by_seed = |side: &Measured, name: &str| -> Vec<(u64, f64)> {
        side.of(part).iter().filter_map(|(seed, figures)| Some((*seed, figures.get(name)?))).collect()
    };
    let names = own.of(part).first().map(|(_, figures)| figures.0.iter().map(|(name, _)| name.clone()));
    let losses_differ = loss(a) != loss(b);
    let known = names.into_iter().flatten().filter(|name| !(losses_differ && name == "loss"));
    let figures = known.filter_map(|figure| {
        let (a, b) = (by_seed(own, &figure), by_seed(other, &figure));
        (!a.is_empty() && !b.is_empty()).then(|| SeedDifference { mean: seeds::difference(&a, &b), figure })
    });
    Differences::Seeds { part, figures: figures.collect() }
}

/// The loss statement: the values of two that differ say nothing of each other.
fn loss(side: &Side) -> Option<String> {
    let loss = &side.committee.first().model.train.as_ref()?.loss;
    let given: Vec<String> =
        loss.args.iter().map(|given| format!("{}={}", given.name, given.value)).collect();
    Some(format!("{} {}", loss.word.sig().name, given.join(", ")))
}

/// The metrics that either net reports, and the likelihood where outputs have one: losses may differ in what they add to it.
fn of_rows(
    part: &'static str,
    a: Judged<'_>,
    b: Judged<'_>,
    draws: Draws,
    team: &Team,
) -> Result<Differences, TrainedError> {
    if a.net.model.output.kind.steps().is_some() {
        let why = "a net that foretells a token at each step is not compared row by row in this version\nhelp: compare folders of `train --seeds`";
        return Ok(Differences::None { why: why.into() });
    }
    let outputs = |own: Judged<'_>, other: Judged<'_>| {
        let transform = &own.net.checkpoint.meta.transform;
        let reporter = Reporter::new(&own.net.model, transform)
            .and_those_of(&Reporter::new(&other.net.model, transform));
        Outputs::of(own.net, own.part, reporter.with_nll(), team)
    };
    let (first, second) = (outputs(a, b)?, outputs(b, a)?);
    let found = bootstrap::paired(&first, &second, draws.count, draws.seed, team.threads());
    let figures = found.into_iter().map(|(figure, difference, interval)| RowDifference {
        figure,
        difference,
        interval,
    });
    Ok(Differences::Rows { part, rows: first.rows(), figures: figures.collect() })
}
