//! The points of a sweep: which values the params take together.

use rand_chacha::rand_core::Rng as _;

use crate::{
    model::{Search, Sweep, Values, Vary},
    runtime::rng,
    vocab::Value,
};

/// Values by the name of their param, as `--set` would write them.
pub type Point = Vec<(String, String)>;

/// All points, in order. Without a sweep there is one, which sets nothing.
pub fn points(sweep: Option<&Sweep>) -> Vec<Point> {
    let Some(sweep) = sweep else { return vec![Point::new()] };
    match sweep.search {
        Search::Grid => grid(&sweep.vary),
        Search::Random { trials, seed } => (0..trials).map(|trial| drawn(&sweep.vary, seed, trial)).collect(),
    }
}

/// Every combination; the last param varies fastest.
fn grid(vary: &[Vary]) -> Vec<Point> {
    vary.iter().fold(vec![Point::new()], |points, vary| {
        let Values::List(values) = &vary.values else { return points };
        let with = |point: &Point, value: &Value| {
            point.iter().cloned().chain([(vary.name.clone(), value.to_string())]).collect()
        };
        points.iter().flat_map(|point| values.iter().map(move |value| with(point, value))).collect()
    })
}

fn drawn(vary: &[Vary], seed: u64, trial: u32) -> Point {
    let mut stream = rng::stream(seed, "sweep", &[u64::from(trial)]);
    let mut draw = |vary: &Vary| {
        let share = (stream.next_u64() >> 11) as f64 / (1_u64 << 53) as f64;
        let value = match &vary.values {
            Values::List(values) => {
                values[((share * values.len() as f64) as usize).min(values.len() - 1)].to_string()
            }
            Values::Range { low, high, log: false } => (low + share * (high - low)).to_string(),
            Values::Range { low, high, log: true } => {
                (low.ln() + share * (high.ln() - low.ln())).exp().clamp(*low, *high).to_string()
            }
        };
        (vary.name.clone(), value)
    };
    vary.iter().map(&mut draw).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::Goal;

    fn sweep(search: Search, vary: Vec<(&str, Values)>) -> Sweep {
        let vary = vary.into_iter().map(|(name, values)| Vary { name: name.into(), values });
        Sweep { vary: vary.collect(), search, goal: Goal { highest: false, figure: "loss".into() } }
    }

    fn list(values: &[f64]) -> Values {
        Values::List(values.iter().map(|x| Value::Number(*x)).collect())
    }

    #[test]
    fn a_grid_has_every_combination_once() {
        let points =
            points(Some(&sweep(Search::Grid, vec![("a", list(&[1.0, 2.0])), ("b", list(&[0.1, 0.2, 0.5]))])));
        let shown: Vec<String> = points.iter().map(|p| format!("{}/{}", p[0].1, p[1].1)).collect();
        assert_eq!(shown.join(" "), "1/0.1 1/0.2 1/0.5 2/0.1 2/0.2 2/0.5");
    }

    #[test]
    fn draws_fill_their_range_and_come_again() {
        let range = Values::Range { low: 1e-4, high: 1e-1, log: true };
        let search = Search::Random { trials: 3000, seed: 3 };
        let sweep = sweep(search, vec![("lr", range), ("p", list(&[0.1, 0.5]))]);
        let all = points(Some(&sweep));
        assert_eq!(all, points(Some(&sweep)));
        let logs: Vec<f64> = all.iter().map(|p| p[0].1.parse::<f64>().unwrap().log10()).collect();
        assert!(logs.iter().all(|x| (-4.0..=-1.0).contains(x)));
        let mean = logs.iter().sum::<f64>() / logs.len() as f64;
        assert!((mean + 2.5).abs() < 4.0 * 3.0 / (12.0_f64 * 3000.0).sqrt(), "{mean}");
        let halves = all.iter().filter(|p| p[1].1 == "0.5").count() as f64 / 3000.0;
        assert!((halves - 0.5).abs() < 4.0 * 0.5 / 3000.0_f64.sqrt(), "{halves}");
    }
}
