//! `dropnet runs`: which runs there are, in what they differ and what they came to.

use std::{
    collections::BTreeMap,
    path::{Path, PathBuf},
};

use dropnet::internal::{
    model::summary::{grouped, number},
    run::{self, Listed, Traits},
};
use serde_json::json;

use super::{
    Outcome, progress,
    ui::{Exit, Failure, Ui},
};

#[derive(clap::Args)]
pub struct Command {
    /// Folder to look in, and in the folders below it [default: runs/ and the folders of the working directory]
    #[arg(value_name = "DIR")]
    dir: Option<PathBuf>,
    /// Write one JSON object a line, a run each, instead of the table
    #[arg(long)]
    json: bool,
}

/// Columns that a table may take.
const WIDTH: usize = 100;
const COLUMNS: usize = 6;
const HEADS: [&str; COLUMNS] = ["run", "differs", "parameters", "best", "test", "when (UTC)"];
/// The column of numbers.
const PARAMETERS: usize = 2;
/// Figures of a test that a line shows; `--json` has all.
const SHOWN: usize = 2;
/// Letters of what tells a run from others, at most.
const LONGEST: usize = 36;

impl Command {
    pub fn run(&self, ui: &mut Ui) -> Outcome {
        if let Some(dir) = self.dir.as_ref().filter(|dir| !dir.is_dir()) {
            let what = if dir.exists() { "is a file, not a folder with runs" } else { "does not exist" };
            return Err(Failure::data(format!("{} {what}", dir.display())));
        }
        let found = run::listed(self.dir.as_deref());
        for (path, why) in &found.broken {
            ui.talk(format_args!("{} is left out: {why}", path.display()));
        }
        if found.cut {
            ui.talk("there are more folders than are looked into: name one with fewer of them");
        }
        if self.json {
            for run in &found.runs {
                let mut line = serde_json::to_value(run).map_err(|e| Failure::data(e.to_string()))?;
                line["params"] = run.params.iter().cloned().collect::<BTreeMap<_, _>>().into_iter().collect();
                line["test"] = run.test.iter().map(|(name, x)| (name.clone(), json!(x))).collect();
                line["differs"] = json!(differs(run, &of_file(&found.runs, run)));
                ui.data(&format!("{line}\n"))?;
            }
            return Ok(Exit::Done);
        }
        if found.runs.is_empty() {
            let place =
                self.dir.as_ref().map_or("runs/ or in a folder of the working directory".into(), |dir| {
                    dir.display().to_string()
                });
            ui.talk(format_args!("no run is in {place}: `dropnet train FILE` makes one"));
            return Ok(Exit::Done);
        }
        for (file, runs) in groups(&found.runs) {
            ui.data(&table(&file, &runs))?;
        }
        Ok(Exit::Done)
    }
}

/// Runs of the same file.
fn of_file<'a>(all: &'a [Listed], one: &Listed) -> Vec<&'a Listed> {
    all.iter().filter(|run| run.file == one.file).collect()
}

/// By their file, that of the newest run first.
fn groups(all: &[Listed]) -> Vec<(PathBuf, Vec<&Listed>)> {
    let mut groups: Vec<(PathBuf, Vec<&Listed>)> = Vec::new();
    for run in all {
        match groups.iter_mut().find(|(file, _)| *file == run.file) {
            Some((_, runs)) => runs.push(run),
            None => groups.push((run.file.clone(), vec![run])),
        }
    }
    groups
}

/// What tells a run from others of its file.
fn differs(run: &Listed, group: &[&Listed]) -> String {
    let traits: Vec<Traits> = group.iter().map(|one| one.traits.clone()).collect();
    let at = group.iter().position(|one| one.run == run.run).unwrap_or(0);
    run::labels(&traits).swap_remove(at)
}

/// A line a run, the newest first.
fn table(file: &Path, runs: &[&Listed]) -> String {
    let traits: Vec<Traits> = runs.iter().map(|one| one.traits.clone()).collect();
    let labels = run::labels(&traits);
    let rows = |shown: usize| -> Vec<[String; COLUMNS]> {
        runs.iter().zip(&labels).map(|(run, label)| row(run, label, shown)).collect()
    };
    // The fewest figures that are worth a table, where more do not fit.
    let wide = (1..SHOWN).rev().fold(rows(SHOWN), |wide, shown| match used(&widths(&wide)) <= WIDTH {
        true => wide,
        false => rows(shown),
    });
    let widths = widths(&wide);
    let from = std::env::current_dir().ok().and_then(|here| here.canonicalize().ok());
    let file = from.and_then(|here| file.strip_prefix(here).ok().map(Path::to_owned)).unwrap_or(file.into());
    let mut text = format!("{}, {}\n", file.display(), counted(runs.len()));
    text += &line(&HEADS.map(str::to_string), &widths);
    wide.iter().for_each(|row| text += &line(row, &widths));
    text
}

/// Of the columns; 0 of one that says nothing.
fn widths(rows: &[[String; COLUMNS]]) -> [usize; COLUMNS] {
    std::array::from_fn(|i| {
        let own = rows.iter().map(|row| row[i].chars().count()).max().unwrap_or(0);
        if own == 0 { 0 } else { own.max(HEADS[i].len()) }
    })
}

fn used(widths: &[usize; COLUMNS]) -> usize {
    widths.iter().filter(|width| **width > 0).map(|width| width + 2).sum()
}

/// What does not fit goes on beneath, behind where the names begin.
fn line(cells: &[String; COLUMNS], widths: &[usize; COLUMNS]) -> String {
    let (mut text, mut place) = (String::new(), 0);
    for (i, (cell, width)) in cells.iter().zip(widths).enumerate().filter(|(_, (_, width))| **width > 0) {
        if place + width + 2 > WIDTH && place > 4 {
            text = format!("{}\n    ", text.trim_end());
            place = 4;
        }
        text += &if i == PARAMETERS { format!("  {cell:>width$}") } else { format!("  {cell:<width$}") };
        place += width + 2;
    }
    format!("{}\n", text.trim_end())
}

fn counted(runs: usize) -> String {
    format!("{} run{}", grouped(runs), if runs == 1 { "" } else { "s" })
}

fn row(run: &Listed, label: &str, shown: usize) -> [String; COLUMNS] {
    let figure = |(name, value): &(String, f64)| format!("{name} {}", progress::figure(*value));
    let best = run.best.as_ref().map_or("-".to_string(), |best| {
        format!("{}/{} {} {}", best.epoch, run.epochs, best.figure, number(best.value))
    });
    // The first metric says more than the loss.
    let skipped = usize::from(shown == 1 && run.test.len() > 1);
    let test = match (run.test.is_empty(), run.finished) {
        (false, _) => run.test.iter().skip(skipped).take(shown).map(figure).collect::<Vec<_>>().join(", "),
        (true, true) => "no test part".into(),
        (true, false) => "not finished".into(),
    };
    let seeds = (run.seeds.len() > 1).then(|| format!("{} seeds", run.seeds.len()));
    let differs: Vec<String> =
        seeds.into_iter().chain((!label.is_empty()).then(|| label.to_owned())).collect();
    let differs = differs.join(", ");
    let differs = match differs.char_indices().nth(LONGEST) {
        None => differs,
        Some((at, _)) => format!("{}...", &differs[..at]),
    };
    [run.run.display().to_string(), differs, grouped(run.parameters), best, test, when(run.when)]
}

/// `2026-11-23 09:46`
fn when(seconds: u64) -> String {
    let stamp = run::stamp(seconds);
    let part = |range: std::ops::Range<usize>| stamp.get(range).unwrap_or_default();
    format!("{}-{}-{} {}:{}", part(0..4), part(4..6), part(6..8), part(9..11), part(11..13))
}
