//! What an experiment says, as tables for a reader.

use std::{collections::BTreeMap, fmt::Write};

use dropnet::internal::{
    model::summary::number,
    run::{Arm, Difference, MeanOverSplits, Paired, Point, Tried},
};

pub(super) fn arm_table(arm: &Arm) -> String {
    let mut out = String::new();
    if !arm.set.is_empty() || arm.file.is_some() {
        let _ = writeln!(out, "{}", named(arm.file.as_deref(), &arm.set));
    }
    out += &table(&arm.figures, "mean");
    let mut chosen: BTreeMap<String, usize> = BTreeMap::new();
    for run in arm.runs.iter().filter(|run| !run.chosen.is_empty()) {
        *chosen.entry(point(&run.chosen)).or_default() += 1;
    }
    if !chosen.is_empty() {
        let each: Vec<String> = chosen.iter().map(|(point, n)| format!("{point} ({n})")).collect();
        let _ = writeln!(out, "  chosen: {}", each.join("; "));
    }
    out
}

/// So many points are shown; `--json` has all.
const SHOWN: usize = 10;

/// What a sweep tried, the best first.
pub(super) fn tried_table(tried: &[Tried]) -> String {
    let Some(first) = tried.first() else { return String::new() };
    let names: Vec<String> = tried.iter().take(SHOWN).map(|one| point(&one.set)).collect();
    let width = names.iter().map(String::len).max().unwrap_or(0).max(5);
    let goal = first.goal.len().max(11);
    let mut out = format!(
        "  {:<width$}  {:>goal$}  {:>14}  {:>6}  {:>8}\n",
        "tried", first.goal, "standard error", "trials", "given up"
    );
    for (name, one) in names.iter().zip(tried) {
        let mean = one.value.map_or_else(|| "-".into(), |value| short(value.mean));
        let error = one
            .value
            .filter(|value| value.count > 1)
            .map_or_else(|| "-".into(), |value| short(value.standard_error));
        let _ = writeln!(
            out,
            "  {name:<width$}  {mean:>goal$}  {error:>14}  {:>6}  {:>8}",
            one.trials, one.pruned
        );
    }
    if tried.len() > SHOWN {
        let _ = writeln!(out, "  and {} more points", tried.len() - SHOWN);
    }
    let refused: Vec<(&Tried, &String)> =
        tried.iter().filter_map(|one| Some((one, one.refused.as_ref()?))).collect();
    if let Some((first, why)) = refused.first() {
        let count = refused.len();
        let _ =
            writeln!(out, "  passed over, for they cannot be fitted: {count}; {}: {why}", point(&first.set));
    }
    out
}

pub(super) fn difference_table(difference: &Difference) -> String {
    let Difference { file, set, less_file, less, figures } = difference;
    let mut out =
        format!("{} less {}, in pairs\n", named(file.as_deref(), set), named(less_file.as_deref(), less));
    let width = figures.keys().map(String::len).max().unwrap_or(0).max(6);
    let _ = writeln!(
        out,
        "  {:<width$}  {:>11}  {:>14}  {:>5}  95% interval",
        "figure", "difference", "standard error", "pairs"
    );
    for (name, Paired { mean, low, high }) in figures {
        let (error, interval) = match mean.standard_error.is_nan() {
            true => ("-".into(), "-".into()),
            false => (short(mean.standard_error), format!("{} .. {}", short(*low), short(*high))),
        };
        let _ = writeln!(
            out,
            "  {name:<width$}  {:>11}  {error:>14}  {:>5}  {interval}",
            short(mean.mean),
            mean.count
        );
    }
    out
}

/// `a.net, p=0.5`
fn named(file: Option<&str>, set: &Point) -> String {
    let parts = file.map(str::to_owned).into_iter().chain((!set.is_empty()).then(|| point(set)));
    parts.collect::<Vec<_>>().join(", ")
}

fn table(figures: &BTreeMap<String, MeanOverSplits>, what: &str) -> String {
    let width = figures.keys().map(String::len).max().unwrap_or(0).max(6);
    let mut out = format!("  {:<width$}  {what:>11}  {:>14}\n", "figure", "standard error");
    for (name, mean) in figures {
        let error = if mean.standard_error.is_nan() { "-".into() } else { short(mean.standard_error) };
        let _ = writeln!(out, "  {name:<width$}  {:>11}  {error:>14}", short(mean.mean));
    }
    out
}

pub(super) fn point(point: &Point) -> String {
    point.iter().map(|(name, value)| format!("{name}={value}")).collect::<Vec<_>>().join(", ")
}

/// Four significant digits.
pub(super) fn short(x: f64) -> String {
    number(x)
}

/// One figure of all settings: a column for each value of what was compared last, a row for each setting of the rest, of a mean with its standard error.
/// None where no setting has the figure.
pub(super) fn grid(arms: &[Arm], figure: &str) -> Option<String> {
    let split = |arm: &Arm| match arm.set.split_last() {
        Some((last, rest)) => (named(arm.file.as_deref(), &rest.to_vec()), point(&vec![last.clone()])),
        None => (arm.file.clone().unwrap_or_default(), "mean".to_owned()),
    };
    let (mut rows, mut columns): (Vec<String>, Vec<String>) = (Vec::new(), Vec::new());
    let mut cells = BTreeMap::new();
    for arm in arms {
        let (row, column) = split(arm);
        for (all, one) in [(&mut rows, &row), (&mut columns, &column)] {
            if !all.contains(one) {
                all.push(one.clone());
            }
        }
        cells.extend(arm.figures.get(figure).map(|mean| ((row, column), spread(mean))));
    }
    if cells.is_empty() {
        return None;
    }
    let side = rows.iter().map(|row| row.chars().count()).max().unwrap_or(0).max(figure.len());
    let width = |column: &String| {
        let own = rows.iter().filter_map(|row| cells.get(&(row.clone(), column.clone())));
        own.map(|cell| cell.chars().count()).max().unwrap_or(0).max(column.chars().count())
    };
    let line = |first: &str, cell: &dyn Fn(&String) -> String| {
        let cells = columns.iter().map(|column| format!("  {:>1$}", cell(column), width(column)));
        format!("{first:<side$}{}\n", cells.collect::<String>())
    };
    let body = rows.iter().map(|row| {
        line(row, &|column| cells.get(&(row.clone(), column.clone())).cloned().unwrap_or_else(|| "-".into()))
    });
    Some(std::iter::once(line(figure, &String::clone)).chain(body).collect())
}

/// `0.9333 ± 0.01667`
fn spread(mean: &MeanOverSplits) -> String {
    match mean.standard_error.is_nan() {
        true => short(mean.mean),
        false => format!("{} ± {}", short(mean.mean), short(mean.standard_error)),
    }
}
