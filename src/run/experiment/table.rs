//! Every trial of an experiment as a row of CSV: what it was, and all its figures.

use std::collections::BTreeSet;

use super::{Experiment, report::Report};
use crate::vocab::exactly;

impl Report {
    /// Columns: the file where several are compared, every param that is compared or varied, division, seed and phase (`search`, or `test`), whether a trial was given up, then
    /// figures in the order of their names; empty where a trial has none.
    #[must_use]
    pub fn csv(&self, experiment: &Experiment<'_>) -> String {
        let several = experiment.nets.len() > 1;
        let set = |trial: &super::Trial| -> Vec<(String, String)> {
            experiment.arms()[trial.arm].set.iter().chain(&trial.point).cloned().collect()
        };
        let mut names: Vec<String> = Vec::new();
        for (name, _) in self.trials.iter().flat_map(|(trial, _)| set(trial)) {
            if !names.contains(&name) {
                names.push(name);
            }
        }
        let figures: BTreeSet<&String> =
            self.trials.iter().flat_map(|(_, measured)| measured.figures.keys()).collect();
        let mut out = String::new();
        let head = several.then_some("file").into_iter().chain(names.iter().map(String::as_str));
        let head = head.chain(["division", "seed", "phase", "given_up"]);
        line(&mut out, head.chain(figures.iter().map(|name| name.as_str())).map(str::to_owned));
        for (trial, measured) in &self.trials {
            let own = set(trial);
            let value = |name: &String| {
                own.iter().find(|(known, _)| known == name).map_or(String::new(), |(_, value)| value.clone())
            };
            let phase = if trial.last { "test" } else { "search" };
            let place =
                [trial.split.to_string(), trial.seed.to_string(), phase.into(), measured.pruned.to_string()];
            let figure = |name: &&String| {
                measured.figures.get(*name).filter(|x| x.is_finite()).map_or(String::new(), |x| exactly(*x))
            };
            let cells = experiment.file_of(trial.arm).into_iter().chain(names.iter().map(value)).chain(place);
            line(&mut out, cells.chain(figures.iter().map(figure)));
        }
        out
    }
}

/// Cells with a comma, a quote or a line end are quoted.
fn line(out: &mut String, cells: impl Iterator<Item = String>) {
    let quoted = |cell: String| match cell.contains([',', '"', '\n', '\r']) {
        true => format!("\"{}\"", cell.replace('"', "\"\"")),
        false => cell,
    };
    *out += &cells.map(quoted).collect::<Vec<_>>().join(",");
    out.push('\n');
}
