//! What an experiment says: means over divisions with their standard errors, and differences of compared settings, division by division.

use std::{
    collections::{BTreeMap, BTreeSet, HashMap, HashSet},
    fmt,
};

use serde::Serialize;

use super::{
    Experiment, Pairs,
    points::Point,
    search::Searched,
    settings::Setting,
    trial::{Found, Measured, Trial, value_of},
};
use crate::{
    math::Moments,
    model::{Goal, summary::number},
    run::comparison::seeds,
};

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

/// A mean and its standard error (the sample deviation over the root of the count); NaN where there is one value. Values that are no numbers
/// do not count.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
pub struct Mean {
    pub mean: f64,
    pub standard_error: f64,
    pub count: usize,
}

impl Mean {
    pub fn of(values: &[f64]) -> Self {
        Self::of_results(values, 0.0)
    }

    /// Of differences of numbers as large as `level`.
    fn of_results(values: &[f64], level: f64) -> Self {
        let moments = Moments::of_results(values.iter().copied(), level);
        Self { mean: moments.mean, standard_error: moments.standard_error(), count: values.len() }
    }
}

/// The figures of one of the compared settings.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Arm {
    /// Its file, where several are compared.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub file: Option<String>,
    pub set: Point,
    pub figures: BTreeMap<String, Mean>,
    pub runs: Vec<Tested>,
}

/// One setting less another, paired by division and seed.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Difference {
    #[serde(skip_serializing_if = "Option::is_none")]
    pub file: Option<String>,
    pub set: Point,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub less_file: Option<String>,
    pub less: Point,
    pub figures: BTreeMap<String, Paired>,
}

/// The mean of differences and its 95 % t interval, whose ends are NaN of one pair.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
pub struct Paired {
    #[serde(flatten)]
    pub mean: Mean,
    pub low: f64,
    pub high: f64,
}

impl From<Mean> for Paired {
    fn from(mean: Mean) -> Self {
        let around = seeds::around(mean.mean, mean.standard_error, mean.count);
        Self { mean, low: around.low, high: around.high }
    }
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
    /// Why it was passed over, if it cannot be fitted.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub refused: Option<String>,
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
    /// Why different files are not compared in pairs, if they are not.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub unpaired: Option<String>,
    /// Divisions with the very figures of an earlier one, to the bit: they tested the same net on the same rows once more (parts that the file
    /// names do not change from division to division), and count once in means and standard errors.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub repeated: Vec<usize>,
    /// What a sweep tried, the best first.
    pub tried: Vec<Tried>,
    pub best: Option<Winner>,
    /// Every trial in the order of its place, what was searched before what was tested.
    #[serde(skip)]
    pub trials: Vec<(Trial, Measured)>,
}

impl Report {
    pub(super) fn new(
        experiment: &Experiment<'_>,
        last: Vec<(Trial, Measured)>,
        searches: Vec<Searched>,
        pairs: Pairs,
    ) -> Self {
        let tested = last.iter().map(|(trial, measured)| Tested {
            arm: trial.arm,
            split: trial.split,
            seed: trial.seed,
            chosen: trial.point.clone(),
            figures: measured.figures.clone(),
        });
        let sweep = experiment.sweep();
        let tried = sweep.map_or_else(Vec::new, |sweep| tried(experiment.arms(), &sweep.goal, &searches));
        let mut report = Self::of_tested(experiment.arms(), tested.collect(), &pairs.of);
        report.arms.iter_mut().enumerate().for_each(|(arm, own)| own.file = experiment.file_of(arm));
        for (difference, (arm, less)) in report.differences.iter_mut().zip(&pairs.of) {
            (difference.file, difference.less_file) = (experiment.file_of(*arm), experiment.file_of(*less));
        }
        let searched = searches.into_iter().map(|one| one.tried);
        let trials = searched.zip(last).flat_map(|(tried, last)| tried.into_iter().chain([last]));
        Self { best: winner(&tried), tried, unpaired: pairs.unpaired, trials: trials.collect(), ..report }
    }

    /// Means of each setting and differences of pairs of them.
    fn of_tested(settings: &[Setting], tested: Vec<Tested>, pairs: &[(usize, usize)]) -> Self {
        let repeated = repeated(&tested);
        let mut by_arm: Vec<Vec<Tested>> = vec![Vec::new(); settings.len()];
        tested.into_iter().for_each(|run| by_arm[run.arm].push(run));
        let differences = pairs.iter().map(|(arm, less)| {
            let means = figures(&paired(&by_arm[*arm], &by_arm[*less]), &repeated, &|name| {
                largest(name, &by_arm[*arm]).max(largest(name, &by_arm[*less]))
            });
            Difference {
                file: None,
                set: settings[*arm].set.clone(),
                less_file: None,
                less: settings[*less].set.clone(),
                figures: means.into_iter().map(|(name, mean)| (name, mean.into())).collect(),
            }
        });
        let differences = differences.collect();
        let arms = settings.iter().zip(by_arm).map(|(setting, runs)| Arm {
            file: None,
            set: setting.set.clone(),
            figures: figures(&runs, &repeated, &|_| 0.0),
            runs,
        });
        Self {
            arms: arms.collect(),
            differences,
            repeated,
            tried: Vec::new(),
            best: None,
            unpaired: None,
            trials: Vec::new(),
        }
    }
}

/// Points by their setting and values: finished in most places first, then by the mean of the goal. A point that a search drew more
/// than once has one result there.
fn tried(arms: &[Setting], goal: &Goal, searches: &[Searched]) -> Vec<Tried> {
    let goal_figure = format!("valid.{}", goal.figure);
    let mut places: Vec<(Tried, Vec<f64>)> = Vec::new();
    let mut index: HashMap<Point, usize> = HashMap::new();
    for (trial, measured, again) in searches.iter().flat_map(with_repetitions) {
        let set: Point = arms[trial.arm].set.iter().chain(&trial.point).cloned().collect();
        let at = *index.entry(set).or_insert_with_key(|set| {
            let (set, goal) = (set.clone(), goal_figure.clone());
            places.push((Tried { set, goal, value: None, trials: 0, pruned: 0, refused: None }, Vec::new()));
            places.len() - 1
        });
        let (one, values) = &mut places[at];
        one.trials += 1;
        if again {
            continue;
        }
        one.pruned += usize::from(measured.pruned);
        one.refused = one.refused.take().or_else(|| measured.refused.clone());
        let value = value_of(goal, &measured.figures).filter(|x| x.is_finite() && !measured.pruned);
        values.extend(value);
    }
    places.sort_by(|(_, a), (_, b)| {
        let cost = |values: &[f64]| Mean::of(values).mean * if goal.highest { -1.0 } else { 1.0 };
        b.len().cmp(&a.len()).then(cost(a).total_cmp(&cost(b)))
    });
    let valued = |values: &[f64]| (!values.is_empty()).then(|| Mean::of(values));
    places.into_iter().map(|(one, values)| Tried { value: valued(&values), ..one }).collect()
}

/// What was tried in one place, and whether the point was tried there before.
fn with_repetitions(search: &Searched) -> impl Iterator<Item = (&Trial, &Measured, bool)> {
    let mut seen: HashSet<&Point> = HashSet::new();
    search.tried.iter().map(move |(trial, measured)| (trial, measured, !seen.insert(&trial.point)))
}

/// The first of those that were finished most often.
fn winner(tried: &[Tried]) -> Option<Winner> {
    let first = tried.first()?;
    Some(Winner { set: first.set.clone(), goal: first.goal.clone(), value: first.value? })
}

/// Divisions in which every setting has with every seed the figures that it has in an earlier division.
fn repeated(tested: &[Tested]) -> Vec<usize> {
    let mut divisions: BTreeMap<usize, Vec<_>> = BTreeMap::new();
    for run in tested {
        let figures: Vec<(&String, u64)> = run.figures.iter().map(|(name, x)| (name, x.to_bits())).collect();
        divisions.entry(run.split).or_default().push((run.arm, run.seed, figures));
    }
    let mut seen = HashSet::new();
    divisions.into_iter().filter_map(|(split, runs)| (!seen.insert(runs)).then_some(split)).collect()
}

/// Means over divisions but for the `repeated`, of each the mean over seeds; over seeds where there is one division. `level` is how large the
/// numbers are of which a figure is the difference.
pub(super) fn figures(
    runs: &[Tested],
    repeated: &[usize],
    level: &dyn Fn(&str) -> f64,
) -> BTreeMap<String, Mean> {
    let names: BTreeSet<&String> = runs.iter().flat_map(|run| run.figures.keys()).collect();
    let splits: BTreeSet<usize> =
        runs.iter().map(|run| run.split).filter(|split| !repeated.contains(split)).collect();
    let of = |name: &String, split: usize| -> Vec<f64> {
        let mine = runs.iter().filter(|run| run.split == split);
        // AUC of a division whose rows are of one class is no number, and says nothing of the others.
        mine.filter_map(|run| run.figures.get(name).copied()).filter(|x| !x.is_nan()).collect()
    };
    let mean = |name: &String| match splits.first() {
        Some(only) if splits.len() == 1 => Mean::of_results(&of(name, *only), level(name)),
        _ => {
            let each = splits.iter().map(|split| of(name, *split)).filter(|values| !values.is_empty());
            Mean::of_results(&each.map(|values| Mean::of(&values).mean).collect::<Vec<f64>>(), level(name))
        }
    };
    names.into_iter().map(|name| (name.clone(), mean(name))).collect()
}

fn largest(name: &str, runs: &[Tested]) -> f64 {
    runs.iter().filter_map(|run| run.figures.get(name)).fold(0.0, |most, x| most.max(x.abs()))
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
    use crate::run::experiment::settings::{Compared, Settings};

    /// Of settings that are held against the first.
    fn report(settings: &[Point], runs: Vec<Tested>) -> Report {
        let arms: Vec<Setting> = settings.iter().map(|set| Setting { net: 0, set: set.clone() }).collect();
        let values = (0..settings.len()).map(|i| i.to_string()).collect();
        let pairs = Settings::of(&[Compared { name: None, values, against: 0 }]).pairs;
        Report::of_tested(&arms, runs, &pairs)
    }

    fn run(arm: usize, split: usize, seed: u64, loss: f64) -> Tested {
        Tested { arm, split, seed, chosen: Point::new(), figures: [("test.loss".to_string(), loss)].into() }
    }

    /// With a figure that no other division has: other rows were tested.
    fn on_other_rows(mut run: Tested) -> Tested {
        run.figures.insert("test.nll".into(), run.split as f64);
        run
    }

    /// Divisions of which each tests the same net on the same rows are one, whose spread is that of the seeds.
    #[test]
    fn a_test_that_is_repeated_counts_once() {
        let runs = |seeds: u64| {
            (0..4).flat_map(move |split| (0..seeds).map(move |seed| run(0, split, seed, seed as f64)))
        };
        let report = self::report(&[Point::new()], runs(1).collect());
        let mean = report.arms[0].figures["test.loss"];
        assert_eq!((mean.mean, mean.count, report.repeated), (0.0, 1, vec![1, 2, 3]));
        assert!(mean.standard_error.is_nan());
        let report = self::report(&[Point::new()], runs(2).collect());
        let mean = report.arms[0].figures["test.loss"];
        assert_eq!((mean.mean, mean.standard_error, mean.count), (0.5, 0.5, 2));
        // Where one setting differs, the divisions are others.
        let arms = [Point::new(), Point::new()];
        let others = runs(1).chain((0..4).map(|split| run(1, split, 0, split as f64)));
        let report = self::report(&arms, others.collect());
        assert_eq!((report.arms[0].figures["test.loss"].standard_error, report.repeated), (0.0, vec![]));
    }

    #[test]
    fn seeds_are_averaged_within_divisions() {
        let runs = vec![run(0, 0, 0, 1.0), run(0, 0, 1, 3.0), run(0, 1, 0, 5.0), run(0, 1, 1, 5.0)];
        let report = self::report(&[Point::new()], runs);
        let mean = report.arms[0].figures["test.loss"];
        // Divisions have 2 and 5: mean 3.5, deviation sqrt(4.5), over sqrt(2).
        assert_eq!((mean.mean, mean.count), (3.5, 2));
        assert!((mean.standard_error - 1.5).abs() < 1e-12);
    }

    #[test]
    fn a_point_that_is_drawn_twice_counts_once() {
        let place = Trial { arm: 0, split: 0, seed: 0, point: Point::new(), last: false };
        let mut search = Searched::new(place.clone());
        for (p, loss) in [("0.1", 2.0), ("0.2", 1.0), ("0.1", 2.0)] {
            let point = vec![("p".to_string(), p.to_string())];
            let figures = [("valid.loss".to_string(), loss)].into();
            search
                .tried
                .push((Trial { point, ..place.clone() }, Measured { figures, ..Measured::default() }));
        }
        let goal = Goal { figure: "loss".into(), highest: false };
        let tried = tried(&[Setting::default()], &goal, &[search]);
        let shown: Vec<(&str, usize, Option<usize>)> = tried
            .iter()
            .map(|one| (one.set[0].1.as_str(), one.trials, one.value.map(|value| value.count)))
            .collect();
        assert_eq!(shown, [("0.2", 1, Some(1)), ("0.1", 2, Some(1))]);
    }

    #[test]
    fn equal_results_have_no_standard_error() {
        let set = |p: &str| vec![("p".to_string(), p.to_string())];
        let runs = (0..9).flat_map(|split| {
            let base = 1000.3 - 111.1 * split as f64;
            [
                run(0, split, 0, 0.1),
                run(1, split, 0, 0.1),
                run(2, split, 0, base),
                run(3, split, 0, base - 0.1),
            ]
            .map(on_other_rows)
        });
        let arms = [set("0"), set("1"), set("2"), set("3")];
        let report = self::report(&arms, runs.collect());
        let arm = report.arms[0].figures["test.loss"];
        assert_eq!((arm.mean, arm.standard_error), (0.1, 0.0));
        let difference = report.differences[0].figures["test.loss"].mean;
        assert_eq!((difference.mean, difference.standard_error), (0.0, 0.0));
        // The differences differ by what rounding leaves of numbers about 1000.
        let two: Vec<Tested> = report.arms[2..].iter().flat_map(|arm| arm.runs.clone()).collect();
        let two = two.into_iter().map(|run| Tested { arm: run.arm - 2, ..run }).collect();
        let report = self::report(&[set("2"), set("3")], two);
        assert_eq!(report.differences[0].figures["test.loss"].mean.standard_error, 0.0);
    }

    #[test]
    fn differences_are_paired() {
        let set = |p: &str| vec![("p".to_string(), p.to_string())];
        let mut runs = Vec::new();
        for (split, base) in [10.0, 20.0, 30.0].into_iter().enumerate() {
            runs.extend([run(0, split, 7, base), run(1, split, 7, base - 1.0)]);
        }
        let report = self::report(&[set("0"), set("0.5")], runs);
        let paired = report.differences[0].figures["test.loss"];
        let difference = paired.mean;
        assert_eq!((difference.mean, difference.standard_error, difference.count), (-1.0, 0.0, 3));
        assert_eq!((paired.low, paired.high), (-1.0, -1.0));
        assert!(report.arms[0].figures["test.loss"].standard_error > 5.0);
    }

    #[test]
    fn a_division_without_a_value_does_not_count() {
        let runs = vec![run(0, 0, 0, 1.0), run(0, 1, 0, f64::NAN), run(0, 2, 0, 3.0)];
        let mean = self::report(&[Point::new()], runs).arms[0].figures["test.loss"];
        assert_eq!((mean.mean, mean.standard_error, mean.count), (2.0, 1.0, 2));
        let none = self::report(&[Point::new()], vec![run(0, 0, 0, f64::NAN)]);
        assert!(none.arms[0].figures["test.loss"].mean.is_nan());
    }
}
