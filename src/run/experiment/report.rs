//! What an experiment says: means over divisions with their standard errors, and differences of compared settings, division by division.

use std::{
    collections::{BTreeMap, BTreeSet, HashMap},
    fmt,
};

use serde::Serialize;

use super::{
    points::Point,
    search::Searched,
    trial::{Found, value_of},
};
use crate::model::{Goal, Sweep, summary::number};

/// The last trial of one arm on one division with one seed.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Tested {
    #[serde(skip)]
    pub arm: usize,
    pub split: usize,
    pub seed: u64,
    /// Values that the sweep chose.
    pub chosen: Point,
    pub figures: Found,
}

/// A mean and its standard error (the sample deviation over the root of the count); NaN where there is one value.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
pub struct Mean {
    pub mean: f64,
    pub standard_error: f64,
    pub count: usize,
}

impl Mean {
    pub fn of(values: &[f64]) -> Self {
        let n = values.len() as f64;
        let mean = values.iter().sum::<f64>() / n;
        let squares: f64 = values.iter().map(|x| (x - mean) * (x - mean)).sum();
        let standard_error = if values.len() > 1 { (squares / (n - 1.0) / n).sqrt() } else { f64::NAN };
        Self { mean, standard_error, count: values.len() }
    }
}

/// The figures of one of the compared settings.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Arm {
    pub set: Point,
    pub figures: BTreeMap<String, Mean>,
    pub runs: Vec<Tested>,
}

/// One setting less another, paired by division and seed.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Difference {
    pub set: Point,
    pub less: Point,
    pub figures: BTreeMap<String, Mean>,
}

/// A point of the sweep with its setting: its goal over the places where it was tried to the end.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Tried {
    pub set: Point,
    /// `valid.loss`.
    pub goal: String,
    /// None where no trial of it came to a finite goal at its end.
    pub value: Option<Mean>,
    pub trials: usize,
    /// Trials that were given up.
    pub pruned: usize,
}

/// The values that won.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Winner {
    pub set: Point,
    pub goal: String,
    pub value: Mean,
}

impl fmt::Display for Winner {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} {}", self.goal, number(self.value.mean))?;
        if self.value.count > 1 {
            write!(
                f,
                " (standard error {}, {} trials)",
                number(self.value.standard_error),
                self.value.count
            )?;
        }
        Ok(())
    }
}

#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Report {
    pub arms: Vec<Arm>,
    pub differences: Vec<Difference>,
    /// What a sweep tried, the best first.
    pub tried: Vec<Tried>,
    pub best: Option<Winner>,
}

impl Report {
    pub(super) fn new(
        arms: &[Point],
        tested: Vec<Tested>,
        sweep: Option<&Sweep>,
        searches: Vec<Searched>,
    ) -> Self {
        let tried = sweep.map_or_else(Vec::new, |sweep| tried(arms, &sweep.goal, &searches));
        let mut by_arm: Vec<Vec<Tested>> = vec![Vec::new(); arms.len()];
        tested.into_iter().for_each(|run| by_arm[run.arm].push(run));
        let differences = (1..arms.len()).map(|arm| Difference {
            set: arms[arm].clone(),
            less: arms[0].clone(),
            figures: figures(&paired(&by_arm[arm], &by_arm[0])),
        });
        let differences = differences.collect();
        let arms = arms.iter().zip(by_arm).map(|(set, runs)| Arm {
            set: set.clone(),
            figures: figures(&runs),
            runs,
        });
        let best = winner(&tried);
        Self { arms: arms.collect(), differences, tried, best }
    }
}

/// Points by their setting and values: most often finished first, then by the mean of the goal.
fn tried(arms: &[Point], goal: &Goal, searches: &[Searched]) -> Vec<Tried> {
    let mut places: Vec<(Point, Vec<f64>, usize, usize)> = Vec::new();
    let mut known: HashMap<Point, usize> = HashMap::new();
    for (trial, measured) in searches.iter().flat_map(|one| &one.tried) {
        let set: Point = arms[trial.arm].iter().chain(&trial.point).cloned().collect();
        let at = *known.entry(set).or_insert_with_key(|set| {
            places.push((set.clone(), Vec::new(), 0, 0));
            places.len() - 1
        });
        let (_, values, trials, pruned) = &mut places[at];
        *trials += 1;
        *pruned += usize::from(measured.pruned);
        let value = value_of(goal, &measured.figures).filter(|x| x.is_finite() && !measured.pruned);
        values.extend(value);
    }
    places.sort_by(|a, b| {
        let cost = |values: &[f64]| Mean::of(values).mean * if goal.highest { -1.0 } else { 1.0 };
        b.1.len().cmp(&a.1.len()).then(cost(&a.1).total_cmp(&cost(&b.1)))
    });
    let figure = format!("valid.{}", goal.figure);
    let tried = places.into_iter().map(|(set, values, trials, pruned)| Tried {
        set,
        goal: figure.clone(),
        value: (!values.is_empty()).then(|| Mean::of(&values)),
        trials,
        pruned,
    });
    tried.collect()
}

/// The first of those that were finished most often.
fn winner(tried: &[Tried]) -> Option<Winner> {
    let first = tried.first()?;
    Some(Winner { set: first.set.clone(), goal: first.goal.clone(), value: first.value? })
}

/// Means over divisions, of each the mean over seeds; over seeds where there is one division.
fn figures(runs: &[Tested]) -> BTreeMap<String, Mean> {
    let names: BTreeSet<&String> = runs.iter().flat_map(|run| run.figures.keys()).collect();
    let splits: BTreeSet<usize> = runs.iter().map(|run| run.split).collect();
    let of = |name: &String, split: Option<usize>| -> Vec<f64> {
        let mine = runs.iter().filter(|run| split.is_none_or(|split| run.split == split));
        mine.filter_map(|run| run.figures.get(name).copied()).collect()
    };
    let mean = |name: &String| match splits.len() {
        1 => Mean::of(&of(name, None)),
        _ => {
            let each = splits.iter().map(|split| of(name, Some(*split))).filter(|values| !values.is_empty());
            Mean::of(&each.map(|values| Mean::of(&values).mean).collect::<Vec<f64>>())
        }
    };
    names.into_iter().map(|name| (name.clone(), mean(name))).collect()
}

fn paired(runs: &[Tested], others: &[Tested]) -> Vec<Tested> {
    let pair = |run: &Tested| {
        let other = others.iter().find(|other| (other.split, other.seed) == (run.split, run.seed))?;
        let less = |(name, x): (&String, &f64)| Some((name.clone(), x - other.figures.get(name)?));
        Some(Tested { figures: run.figures.iter().filter_map(less).collect(), ..run.clone() })
    };
    runs.iter().filter_map(pair).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn run(arm: usize, split: usize, seed: u64, loss: f64) -> Tested {
        Tested { arm, split, seed, chosen: Point::new(), figures: [("test.loss".to_string(), loss)].into() }
    }

    #[test]
    fn seeds_are_averaged_within_divisions() {
        let runs = vec![run(0, 0, 0, 1.0), run(0, 0, 1, 3.0), run(0, 1, 0, 5.0), run(0, 1, 1, 5.0)];
        let report = Report::new(&[Point::new()], runs, None, Vec::new());
        let mean = report.arms[0].figures["test.loss"];
        // Divisions have 2 and 5: mean 3.5, deviation sqrt(4.5), over sqrt(2).
        assert_eq!((mean.mean, mean.count), (3.5, 2));
        assert!((mean.standard_error - 1.5).abs() < 1e-12);
    }

    #[test]
    fn differences_are_paired() {
        let set = |p: &str| vec![("p".to_string(), p.to_string())];
        let mut runs = Vec::new();
        for (split, base) in [10.0, 20.0, 30.0].into_iter().enumerate() {
            runs.extend([run(0, split, 7, base), run(1, split, 7, base - 1.0)]);
        }
        let report = Report::new(&[set("0"), set("0.5")], runs, None, Vec::new());
        let difference = report.differences[0].figures["test.loss"];
        assert_eq!((difference.mean, difference.standard_error, difference.count), (-1.0, 0.0, 3));
        assert!(report.arms[0].figures["test.loss"].standard_error > 5.0);
    }
}
