//! A series beyond the end of its table: each step is foretold from those before it, those that were foretold among them.
//!
//! With samples of dropout each of so many ways goes on by itself, one sub-network from its first step to its last: the masks of a way go by its number. So
//! what the ways differ by grows as a net's doubt of its own steps does. What observations scatter around them is in none.

use std::collections::BTreeMap;

use crate::run::{
    folder::trained::{Trained, TrainedError},
    predictions::{committee::Committee, own_units},
};
use crate::{
    data::{Search, Window},
    kernels::team::Team,
    model::{McDropout, Predict, PredictMode},
    plot::Series,
};

/// Ways where neither the file nor a flag says how many samples there are.
const WAYS: u32 = 100;

/// What is foretold of the `steps` lines behind the last: their mean, and of several ways two deviations on either side.
///
/// # Errors
/// A net that reads other columns too, or windows that leave lines out; what prediction says.
pub(super) fn ahead(
    committee: &Committee,
    search: &Search,
    (mode, window): (PredictMode, &Window),
    steps: usize,
    team: &Team,
) -> Result<Vec<Series>, TrainedError> {
    let first = committee.first();
    let unfit = |why: &str| TrainedError::Unfit(why.into());
    let transform = &first.checkpoint.meta.transform;
    if transform.width() != window.length {
        return Err(unfit(
            "a series goes on by itself where its own past is all that the net reads\nhelp: leave `inputs` out, and other columns out of the table",
        ));
    }
    let seen = observed(first, search, window)?;
    let last = *seen.keys().next_back().ok_or_else(|| unfit("the data have no rows"))?;
    // The window that foretells line `last + 1` ends `horizon` lines before it.
    let from = (last + 2).saturating_sub(window.horizon + window.length);
    let known: Option<Vec<f64>> = (from..=last).map(|line| seen.get(&line).copied()).collect();
    let known = known.ok_or_else(|| {
        unfit("the last lines of the table are not all foretold: there is nothing to go on from\nhelp: write `stride=1`, or a shorter window")
    })?;
    let (count, one) = match mode {
        PredictMode::McDropout(mc) => {
            (mc.samples, PredictMode::McDropout(McDropout { samples: 1, until: None, ..mc }))
        }
        PredictMode::Ensemble(mean, mc) => {
            (WAYS, PredictMode::Ensemble(mean, McDropout { samples: 1, until: None, ..mc }))
        }
        PredictMode::WeightScaling | PredictMode::Exact(_) => (1, mode),
    };
    let mut ways = vec![known; count as usize];
    let how = Predict { mode: one, ..Predict::default() };
    for step in 0..steps {
        let line = |way: &Vec<f64>| {
            let window: Vec<String> = way[step..step + window.length].iter().map(f64::to_string).collect();
            window.join(",") + "\n"
        };
        let text: String = ways.iter().map(line).collect();
        let rows = transform.read_rows(text.into_bytes(), "the steps of a series")?;
        let predicted = committee.predict(rows, &how, team)?;
        let next: Vec<f64> = predicted.rows().map(|row| row[0]).collect();
        ways.iter_mut().zip(next).for_each(|(way, next)| way.push(next));
    }
    let known = last + 1 - from;
    Ok(drawn(&ways, known, last))
}

/// Every line of the table that some row foretells, with what came.
fn observed(net: &Trained, search: &Search, window: &Window) -> Result<BTreeMap<usize, f64>, TrainedError> {
    let dataset = net.dataset(search)?;
    let target = &net.checkpoint.meta.transform.target;
    let mut seen = BTreeMap::new();
    for part in [Some(&dataset.train), dataset.valid.as_ref(), dataset.test.as_ref()].into_iter().flatten() {
        let lines = part.numbers().iter().map(|number| window.foretells(*number));
        let came = own_units::observed(net, part).into_iter().map(|y| target.raised(0, y));
        seen.extend(lines.zip(came));
    }
    Ok(seen)
}

/// The lines behind `last`, of ways of which the first `known` steps were seen.
fn drawn(ways: &[Vec<f64>], known: usize, last: usize) -> Vec<Series> {
    let steps = ways.first().map_or(0, |way| way.len() - known);
    let moments = |step: usize| {
        let values = ways.iter().map(|way| way[known + step]);
        let mean = values.clone().sum::<f64>() / ways.len() as f64;
        let square = values.map(|x| (x - mean) * (x - mean)).sum::<f64>() / ways.len() as f64;
        ((last + 1 + step) as f64, mean, square.sqrt())
    };
    let all: Vec<(f64, f64, f64)> = (0..steps).map(moments).collect();
    let band = all.iter().map(|(x, mean, sd)| (*x, mean - 2.0 * sd, mean + 2.0 * sd)).collect();
    let band = (ways.len() > 1).then(|| Series::band("2 sd of the ways ahead", 2, band));
    let mean = Series::line("ahead", 2, all.iter().map(|(x, mean, _)| (*x, *mean)).collect());
    band.into_iter().chain([mean]).collect()
}
