//! `dropnet experiment`: many divisions, seeds and points of a sweep, and what they say together.

use std::{
    collections::BTreeMap,
    fmt::Write,
    path::PathBuf,
    sync::{Arc, atomic::AtomicU32, mpsc},
};

use dropnet::{
    model::{Model, summary::grouped},
    run::{
        Arm, Course, Difference, Experiment, ExperimentError, JournalError, MeanOverSplits, Measured,
        OpenError, Point, Report, Trial, Tried,
    },
    runtime::train::TrainError,
};

use super::{
    Outcome, data, numbers,
    source::{self, File, Source},
    train,
    ui::{Exit, Failure, Ui},
};

#[derive(clap::Args)]
pub struct Command {
    #[command(flatten)]
    file: File,
    /// Divisions of the rows: folds, index files, or shuffles of the file's `split` [default: its folds, else 1]
    #[arg(long, value_name = "K", value_parser = clap::value_parser!(u32).range(1..))]
    splits: Option<u32>,
    /// Seeds of training, from that of the file (or --seed) on
    #[arg(long, value_name = "K", default_value_t = 1, value_parser = clap::value_parser!(u32).range(1..))]
    seeds: u32,
    /// The first seed
    #[arg(long, value_name = "N", value_parser = numbers::whole::<0>)]
    seed: Option<u64>,
    /// Run everything for each of these values, and pair the results by division and seed
    #[arg(long, value_name = "NAME=V1,V2", value_parser = values)]
    compare: Option<(String, Vec<String>)>,
    /// Trials at once, each on one thread; results do not depend on it [default: all cores]
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u16).range(1..=1024))]
    jobs: Option<u16>,
    /// Folder of the record, experiment.jsonl
    #[arg(short, long, value_name = "DIR")]
    out: PathBuf,
    /// Go on with the experiment in that folder: what is recorded is not done again
    #[arg(long)]
    resume: bool,
    /// Write one JSON object instead of the table
    #[arg(long)]
    json: bool,
}

fn values(text: &str) -> Result<(String, Vec<String>), String> {
    let wrong = || "expected NAME=V1,V2, such as `p=0,0.5`".to_string();
    let (name, list) = text.split_once('=').ok_or_else(wrong)?;
    let list: Vec<String> = list.split(',').map(|value| value.trim().to_string()).collect();
    match name.trim().is_empty() || list.len() < 2 || list.iter().any(String::is_empty) {
        true => Err(wrong()),
        false => Ok((name.trim().into(), list)),
    }
}

impl Command {
    pub fn run(&self, ui: &mut Ui) -> Outcome {
        let (source, model) = self.file.model(ui)?;
        let search = data::search(&self.file.path);
        let splits = self.splits(&model)?;
        let seed = self.seed.or(model.train.as_ref().and_then(|t| t.seed)).unwrap_or(0);
        let arms = self.arms(&model)?;
        self.check_count(&model, arms.len(), splits)?;
        self.check_sets(&model)?;
        let experiment = Experiment {
            source: &source.text,
            file: &self.file.path,
            working: &train::working()?,
            sets: self.file.sets.sets.clone(),
            model: &model,
            search: &search,
            splits,
            seeds: train::seeds(seed, u64::from(self.seeds))?.collect(),
            arms,
        };
        let stop = Arc::new(AtomicU32::new(0));
        train::stop_on_interrupt(stop.clone())?;
        let jobs = self.jobs.map_or_else(dropnet::kernels::team::cores, usize::from);
        let course = Course { jobs, dir: &self.out, resume: self.resume, stop };
        match watched(&experiment, &course, ui) {
            Ok(report) => self.show(&source, &experiment, &report, ui),
            Err(ExperimentError::Interrupted) => {
                ui.error_text("interrupted; what was finished is recorded\n");
                ui.talk(format_args!("help: the same command with `--resume` goes on from there"));
                Ok(Exit::Interrupted)
            }
            Err(error) => Err(failure(error, &source, ui)),
        }
    }

    fn splits(&self, model: &Model) -> Result<usize, Failure> {
        let (asked, known) = (self.splits.map(|k| k as usize), Experiment::divisions(model));
        match (asked, known) {
            (Some(asked), Some(known)) if asked > known => {
                Err(Failure::usage(format!("--splits {asked}: the file divides its rows into {known} folds")))
            }
            (asked, known) => Ok(asked.or(known).unwrap_or(1)),
        }
    }

    /// Refuses more trials than anybody has time for, before there is anything for each of them.
    fn check_count(&self, model: &Model, arms: usize, splits: usize) -> Result<(), Failure> {
        let trials = Experiment::planned(model, arms, splits, self.seeds as usize);
        match trials <= Experiment::MOST_TRIALS {
            true => Ok(()),
            false => Err(Failure::usage(format!(
                "{}, {}, {} and the points of the sweep are {} trials; at most {} are done\nhelp: smaller `--splits` or `--seeds`, or fewer points",
                counted(arms, "setting"),
                counted(splits, "division"),
                counted(self.seeds as usize, "seed"),
                if trials == usize::MAX { "too many".into() } else { grouped(trials) },
                grouped(Experiment::MOST_TRIALS),
            ))),
        }
    }

    /// Refuses values that no trial would have.
    fn check_sets(&self, model: &Model) -> Result<(), Failure> {
        let compared = self.compare.iter().map(|(name, _)| (name, "--compare gives"));
        let swept =
            model.sweep.iter().flat_map(|sweep| &sweep.vary).map(|vary| (&vary.name, "the sweep gives"));
        let set = |name: &str| self.file.sets.sets.iter().any(|(known, _)| known == name);
        match compared.chain(swept).find(|(name, _)| set(name)) {
            Some((name, who)) => {
                Err(Failure::usage(format!("`--set {name}=...` has no effect: {who} `{name}` its values")))
            }
            None => Ok(()),
        }
    }

    /// One setting for each compared value; one that sets nothing without a comparison.
    fn arms(&self, model: &Model) -> Result<Vec<Point>, Failure> {
        let Some((name, values)) = &self.compare else { return Ok(vec![Point::new()]) };
        if !model.knobs.iter().any(|(known, _)| known == name) {
            return Err(Failure::usage(format!("--compare {name}=...: the file has no `param {name}`")));
        }
        let swept = model.sweep.iter().flat_map(|sweep| &sweep.vary).any(|vary| vary.name == *name);
        if swept {
            return Err(Failure::usage(format!("--compare {name}=...: the sweep varies `{name}` already")));
        }
        if let Some((_, value)) = values.iter().enumerate().find(|(i, value)| values[..*i].contains(value)) {
            return Err(Failure::usage(format!("--compare {name}=...: {value} is compared with itself")));
        }
        Ok(values.iter().map(|value| vec![(name.clone(), value.clone())]).collect())
    }

    fn show(&self, source: &Source, experiment: &Experiment<'_>, report: &Report, ui: &mut Ui) -> Outcome {
        if self.json {
            let json = serde_json::to_value(report).map_err(|e| Failure::data(e.to_string()))?;
            ui.data(&format!("{json}\n"))?;
            return Ok(Exit::Done);
        }
        ui.data(&format!(
            "{} · {} · {}\n",
            source.name,
            counted(experiment.splits, "division"),
            counted(experiment.seeds.len(), "seed")
        ))?;
        if !report.repeated.is_empty() {
            ui.talk(format_args!(
                "{} of {} divisions gave the very figures of an earlier one: they tested the same net on the same rows, and count once",
                report.repeated.len(),
                experiment.splits
            ));
        }
        for arm in &report.arms {
            ui.data(&arm_table(arm))?;
            let divisions = experiment.splits.max(1) - report.repeated.len();
            let runs = if divisions > 1 { divisions } else { experiment.seeds.len() };
            for (name, mean) in arm.figures.iter().filter(|(_, mean)| mean.count < runs) {
                let of = if divisions > 1 { "divisions" } else { "runs" };
                ui.talk(format_args!(
                    "{name} has a value in {} of {runs} {of}: the mean is of these",
                    mean.count
                ));
            }
        }
        for difference in &report.differences {
            ui.data(&difference_table(difference))?;
        }
        ui.data(&tried_table(&report.tried))?;
        if let Some(best) = &report.best {
            ui.data(&format!("best: {}, {best}\n", point(&best.set)))?;
            for (name, value) in experiment.at_an_end(&best.set) {
                ui.talk(format_args!(
                    "{name}={value} is the end of what was tried: there may be better values beyond"
                ));
            }
            ui.talk(format_args!("the file with these values: {}", self.out.join("best.net").display()));
        }
        Ok(Exit::Done)
    }
}

/// `1 seed`, `3 000 seeds`
fn counted(n: usize, what: &str) -> String {
    format!("{} {what}{}", grouped(n), if n == 1 { "" } else { "s" })
}

/// Runs the experiment on a thread and says what it hears of it.
fn watched(experiment: &Experiment<'_>, course: &Course<'_>, ui: &mut Ui) -> Result<Report, ExperimentError> {
    let (sender, heard) = mpsc::channel();
    let total = experiment.trials();
    std::thread::scope(|scope| {
        let running = scope.spawn(move || {
            experiment.run(course, &|trial: &Trial, found: &Measured| {
                // The other end lives until this thread is done.
                let _ = sender.send((trial.clone(), found.clone()));
            })
        });
        for (i, (trial, found)) in heard.into_iter().enumerate() {
            let line = format!("[{}/{total}] {}", i + 1, trial_line(experiment, &trial, &found));
            if trial.last { ui.talk(line) } else { ui.detail(line) }
        }
        running.join().unwrap_or_else(|panic| std::panic::resume_unwind(panic))
    })
}

fn trial_line(experiment: &Experiment<'_>, trial: &Trial, measured: &Measured) -> String {
    let mut line = format!("division {} seed {}", trial.split, trial.seed);
    for (name, value) in experiment.arms[trial.arm].iter().chain(&trial.point) {
        let _ = write!(line, " {name}={value}");
    }
    for (name, x) in &measured.figures {
        let _ = write!(line, "  {name} {}", short(*x));
    }
    if measured.pruned {
        let _ = write!(line, "  given up after epoch {}", measured.curve.len());
    }
    if let Some(why) = &measured.refused {
        let _ = write!(line, "  passed over: {why}");
    }
    line
}

fn failure(error: ExperimentError, source: &Source, ui: &mut Ui) -> Failure {
    match error {
        ExperimentError::Open(OpenError::Net(diagnostics)) => {
            source::report(&diagnostics, source, ui);
            Failure::Reported(Exit::Faulty)
        }
        ExperimentError::Open(OpenError::Data(error)) => data::failure(&error, Some(source), ui),
        ExperimentError::Train(TrainError::Rows(error)) => data::failure(&error, None, ui),
        ExperimentError::Journal(JournalError::Exists(_) | JournalError::Taken(..))
        | ExperimentError::Copies { .. }
        | ExperimentError::SameSettings(..) => Failure::usage(error),
        ExperimentError::Diverged { .. } => Failure::Said(Exit::Diverged, error.to_string()),
        other => Failure::data(other),
    }
}

fn arm_table(arm: &Arm) -> String {
    let mut out = String::new();
    if !arm.set.is_empty() {
        let _ = writeln!(out, "{}", point(&arm.set));
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
fn tried_table(tried: &[Tried]) -> String {
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

fn difference_table(difference: &Difference) -> String {
    let heading = format!("{} less {}, in pairs\n", point(&difference.set), point(&difference.less));
    heading + &table(&difference.figures, "difference")
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

fn point(point: &Point) -> String {
    point.iter().map(|(name, value)| format!("{name}={value}")).collect::<Vec<_>>().join(", ")
}

/// Four significant digits.
fn short(x: f64) -> String {
    dropnet::model::summary::number(x)
}
