//! The points of a sweep: which values the params take together, round by round.
//!
//! Invariant: the points of a round are a function of the sweep and of what earlier rounds found. A round has as many points as the search
//! says, not as many as there are jobs.

use std::collections::HashMap;

use optimizer::{
    distribution::{CategoricalDistribution, Distribution, FloatDistribution},
    param::ParamValue,
    parameter::ParamId,
    sampler::{CompletedTrial, Sampler as _, TpeSampler},
};
use rand_chacha::rand_core::Rng as _;

use crate::{
    draws::rng,
    model::{Search, Sweep, Values, Vary},
    vocab::{Value, exactly},
};

/// Values by the name of their param, as `--set` would write them.
pub type Point = Vec<(String, String)>;

/// Points that are tried side by side where later ones learn from earlier ones.
const ROUND: usize = 4;
/// Random points before a search looks at what they came to.
const STARTUP: usize = 10;

/// How many points a sweep has.
pub fn count(sweep: &Sweep) -> usize {
    match sweep.search {
        Search::Grid => sweep.vary.iter().map(|vary| list(vary).len()).product(),
        Search::Random { trials, .. } | Search::Tpe { trials, .. } => trials as usize,
    }
}

/// The next points, after those of `tried` with what they came to (lower is better, infinite where nothing came of them). Empty at the end.
pub fn round(sweep: &Sweep, tried: &[(Point, f64)]) -> Vec<Point> {
    let learns = sweep.prune.is_some() || matches!(sweep.search, Search::Tpe { .. });
    let (from, all) = (tried.len(), count(sweep));
    let to = if learns { all.min(from + ROUND) } else { all };
    match sweep.search {
        Search::Grid => (from..to).map(|i| combination(&sweep.vary, i)).collect(),
        Search::Random { seed, .. } => (from..to).map(|trial| drawn(&sweep.vary, seed, trial)).collect(),
        Search::Tpe { seed, .. } => (from..to)
            .map(|trial| match tried.len() < STARTUP {
                true => drawn(&sweep.vary, seed, trial),
                false => learnt(&sweep.vary, seed, trial, tried),
            })
            .collect(),
    }
}

fn list(vary: &Vary) -> &[Value] {
    match &vary.values {
        Values::List(values) => values,
        // The checker refuses a grid over a range.
        Values::Range(_) => &[],
    }
}

/// A combination by its number; the last param varies fastest.
fn combination(vary: &[Vary], mut number: usize) -> Point {
    let mut digit = |vary: &Vary| {
        let values = list(vary);
        let value = &values[number % values.len()];
        number /= values.len();
        (vary.name.clone(), value.to_string())
    };
    let mut point: Point = vary.iter().rev().map(&mut digit).collect();
    point.reverse();
    point
}

/// Independent of all others.
fn drawn(vary: &[Vary], seed: u64, trial: usize) -> Point {
    let mut stream = rng::stream(seed, "sweep", &[trial as u64]);
    let mut draw = |vary: &Vary| {
        let share = (stream.next_u64() >> 11) as f64 / (1_u64 << 53) as f64;
        let value = match &vary.values {
            Values::List(values) => {
                values[((share * values.len() as f64) as usize).min(values.len() - 1)].to_string()
            }
            Values::Range(range) => exactly(range.at(share)),
        };
        (vary.name.clone(), value)
    };
    vary.iter().map(&mut draw).collect()
}

/// The share of points that are called good, how far a point speaks for its neighbours in a range of length 1, and how many candidates are compared:
/// with the crate's own settings the search closes in on the first good points and finds less than random draws do (best of 60 on three
/// functions of 2 to 5 params, means of 60 searches: 0.69, 2.5 and 1.7; random 0.35, 0.95 and 1.0; these settings 0.02, 0.16 and 0.27).
const GOOD: f64 = 0.1;
const BANDWIDTH: f64 = 0.1;
const CANDIDATES: usize = 3;

/// By a tree-structured Parzen estimator (Bergstra et al. 2011): each param where good points are likelier than bad ones.
fn learnt(vary: &[Vary], seed: u64, trial: usize, tried: &[(Point, f64)]) -> Point {
    let mut stream = rng::stream(seed, "tpe", &[trial as u64]);
    let draw = |vary: &Vary| {
        let sampler = TpeSampler::builder()
            .seed(stream.next_u64())
            .n_startup_trials(0)
            .gamma(GOOD)
            .kde_bandwidth(BANDWIDTH)
            .n_ei_candidates(CANDIDATES)
            .build();
        let (id, space) = (ParamId::new(), space(&vary.values));
        // Each param sees its own past alone: the sampler tells params apart by their ranges.
        let past = tried.iter().enumerate().filter_map(|(i, (point, value))| {
            let written = &point.iter().find(|(name, _)| *name == vary.name)?.1;
            let params = HashMap::from([(id, seen(written, &vary.values)?)]);
            let spaces = HashMap::from([(id, space.clone())]);
            Some(CompletedTrial::new(i as u64, params, spaces, HashMap::new(), *value))
        });
        let past: Vec<CompletedTrial> = past.collect();
        let value = sampler.map(|sampler| sampler.sample(&space, trial as u64, &past));
        let text = value.ok().and_then(|value| written(&value, &vary.values));
        // The settings are the crate's own; a value of another kind would be its fault.
        (vary.name.clone(), text.unwrap_or_else(|| unreachable!("a value of the range that was asked for")))
    };
    vary.iter().map(draw).collect()
}

/// Ranges are of length 1 to the sampler.
fn space(values: &Values) -> Distribution {
    match values {
        Values::List(values) => {
            Distribution::Categorical(CategoricalDistribution { n_choices: values.len() })
        }
        Values::Range(_) => {
            Distribution::Float(FloatDistribution { low: 0.0, high: 1.0, log_scale: false, step: None })
        }
    }
}

/// A value as the sampler knows it.
fn seen(text: &str, values: &Values) -> Option<ParamValue> {
    match values {
        Values::List(values) => {
            values.iter().position(|value| value.to_string() == text).map(ParamValue::Categorical)
        }
        Values::Range(range) => Some(ParamValue::Float(range.share(text.parse().ok()?))),
    }
}

fn written(value: &ParamValue, values: &Values) -> Option<String> {
    match (value, values) {
        (ParamValue::Categorical(i), Values::List(values)) => values.get(*i).map(Value::to_string),
        (ParamValue::Float(share), Values::Range(range)) => Some(exactly(range.at(*share))),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::{Goal, Prune, Range};

    fn sweep(search: Search, vary: Vec<(&str, Values)>) -> Sweep {
        let vary = vary.into_iter().map(|(name, values)| Vary { name: name.into(), values });
        let goal = Goal { highest: false, figure: "loss".into() };
        Sweep { vary: vary.collect(), search, prune: None, goal }
    }

    fn listed(values: &[f64]) -> Values {
        Values::List(values.iter().map(|x| Value::Number(*x)).collect())
    }

    fn range(low: f64, high: f64, log: bool, step: Option<f64>) -> Values {
        Values::Range(Range { low, high, log, step })
    }

    fn number(point: &Point, i: usize) -> f64 {
        point[i].1.parse().unwrap()
    }

    #[test]
    fn a_grid_has_every_combination_once() {
        let two = vec![("a", listed(&[1.0, 2.0])), ("b", listed(&[0.1, 0.2, 0.5]))];
        let mut sweep = sweep(Search::Grid, two);
        let shown = |points: &[Point]| {
            points.iter().map(|p| format!("{}/{}", p[0].1, p[1].1)).collect::<Vec<_>>().join(" ")
        };
        let all = round(&sweep, &[]);
        assert_eq!(shown(&all), "1/0.1 1/0.2 1/0.5 2/0.1 2/0.2 2/0.5");
        // With pruning the same in rounds.
        sweep.prune = Some(Prune { after: 1 });
        let first = round(&sweep, &[]);
        let tried: Vec<(Point, f64)> = first.into_iter().map(|point| (point, 0.0)).collect();
        assert_eq!((tried.len(), shown(&round(&sweep, &tried))), (4, "2/0.2 2/0.5".into()));
        assert!(round(&sweep, &all.into_iter().map(|point| (point, 0.0)).collect::<Vec<_>>()).is_empty());
    }

    #[test]
    fn draws_fill_their_range_and_come_again() {
        let search = Search::Random { trials: 3000, seed: 3 };
        let params = vec![("lr", range(1e-4, 1e-1, true, None)), ("p", listed(&[0.1, 0.5]))];
        let sweep = sweep(search, params);
        let all = round(&sweep, &[]);
        assert_eq!(all, round(&sweep, &[]));
        let logs: Vec<f64> = all.iter().map(|p| number(p, 0).log10()).collect();
        assert!(logs.iter().all(|x| (-4.0..=-1.0).contains(x)));
        let mean = logs.iter().sum::<f64>() / logs.len() as f64;
        assert!((mean + 2.5).abs() < 4.0 * 3.0 / (12.0_f64 * 3000.0).sqrt(), "{mean}");
        let halves = all.iter().filter(|p| p[1].1 == "0.5").count() as f64 / 3000.0;
        assert!((halves - 0.5).abs() < 4.0 * 0.5 / 3000.0_f64.sqrt(), "{halves}");
    }

    #[test]
    fn steps_are_kept() {
        for search in [Search::Random { trials: 60, seed: 1 }, Search::Tpe { trials: 60, seed: 1 }] {
            let sweep = sweep(search, vec![("width", range(16.0, 64.0, true, Some(16.0)))]);
            let mut seen: Vec<f64> =
                minimised(&sweep, |p| number(p, 0)).iter().map(|p| number(&p.0, 0)).collect();
            seen.sort_by(f64::total_cmp);
            seen.dedup();
            assert!(seen.iter().all(|x| [16.0, 32.0, 48.0, 64.0].contains(x)) && seen.len() >= 3, "{seen:?}");
        }
    }

    /// All trials of a search on a function.
    fn minimised(sweep: &Sweep, f: impl Fn(&Point) -> f64) -> Vec<(Point, f64)> {
        let mut tried = Vec::new();
        loop {
            let next = round(sweep, &tried);
            if next.is_empty() {
                return tried;
            }
            tried.extend(next.into_iter().map(|point| (point.clone(), f(&point))));
        }
    }

    /// Two params of the same range with different best values, and a listed one: what is learnt beats what is drawn, and comes again.
    #[test]
    fn the_estimator_finds_the_valley() {
        let valley = |p: &Point| {
            let (a, b) = (number(p, 0).log10() + 3.0, number(p, 1).log10() + 1.5);
            a * a + b * b + if p[2].1 == "2" { 0.0 } else { 1.0 }
        };
        let mean_of_best = |search: &dyn Fn(u64) -> Search| {
            let best = |seed| {
                let params = ["a", "b"].map(|name| (name, range(1e-5, 1.0, true, None)));
                let sweep = sweep(
                    search(seed),
                    params.into_iter().chain([("c", listed(&[1.0, 2.0, 3.0]))]).collect(),
                );
                let tried = minimised(&sweep, valley);
                assert_eq!((tried.len(), &tried), (60, &minimised(&sweep, valley)));
                tried.iter().map(|t| t.1).fold(f64::INFINITY, f64::min)
            };
            (0..20).map(best).sum::<f64>() / 20.0
        };
        let learnt = mean_of_best(&|seed| Search::Tpe { trials: 60, seed });
        let drawn = mean_of_best(&|seed| Search::Random { trials: 60, seed });
        assert!(learnt < 0.5 * drawn, "{learnt} against {drawn}");
    }

    /// Diverged points are the worst of all.
    #[test]
    fn what_came_to_nothing_is_avoided() {
        let sweep = sweep(Search::Tpe { trials: 60, seed: 5 }, vec![("lr", range(0.0, 1.0, false, None))]);
        let f = |p: &Point| if number(p, 0) > 0.3 { f64::INFINITY } else { 1.0 - number(p, 0) };
        let tried = minimised(&sweep, f);
        let late = tried[20..].iter().filter(|t| t.1.is_finite()).count();
        assert!(late > 25, "{late} of 40");
    }
}
