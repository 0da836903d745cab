//! `dropnet experiment`: many divisions, seeds and points of a sweep, and what they say together.

use std::{
    collections::BTreeSet,
    fmt::Write,
    path::{Path, PathBuf},
    sync::{Arc, atomic::AtomicU32, mpsc},
};

use dropnet::internal::{
    data::Search,
    draws,
    model::{Model, summary::grouped},
    run::{
        Arm, ComparedValues, Course, Experiment, ExperimentError, ExperimentNet, JournalError, Measured,
        OpenError, Report, Settings, Shard, Sharded, Trial,
    },
    runtime::train::TrainError,
    shell,
};

mod tables;

use tables::{arm_table, difference_table, point, short, tried_table};

use super::{
    Outcome, data, interrupts, numbers,
    progress::{self, Pace},
    ranks::Ranks,
    source::{self, File, Sets, Source},
    train,
    ui::{Exit, Failure, Ui},
};

/// What is said of Ctrl-C.
const RECORDED: &str = "interrupted; what was finished is recorded\n";

#[derive(clap::Args)]
pub struct Command {
    /// The `.net` file; several are compared in pairs, by division and seed
    #[arg(value_name = "FILE", required = true)]
    files: Vec<PathBuf>,
    #[command(flatten)]
    sets: Sets,
    /// Divisions of the rows: folds, index files, or shuffles of the file's `split` [default: its folds, else 1]
    #[arg(long, value_name = "K", value_parser = clap::value_parser!(u32).range(1..))]
    splits: Option<u32>,
    /// Seeds of training, from that of the file (or --seed) on
    #[arg(long, value_name = "K", default_value_t = 1, value_parser = clap::value_parser!(u32).range(1..))]
    seeds: u32,
    /// The first seed
    #[arg(long, value_name = "N", value_parser = numbers::whole::<0>)]
    seed: Option<u64>,
    /// Run everything for each of these values, and pair the results by division and seed; given twice, for all combinations
    #[arg(long, value_name = "NAME=V1,V2", value_parser = values)]
    compare: Vec<(String, Vec<String>)>,
    /// Hold the other values of a comparison against this one [default: the first], or the other files against this file
    #[arg(long, value_name = "NAME=V")]
    against: Vec<String>,
    /// Record more than what a trial came to: the figures after each epoch
    #[arg(long, value_name = "WHAT", value_enum)]
    record: Option<Recorded>,
    /// Train what is tested on the training rows alone, as `dropnet train` does [default: on the validation rows too, once they have chosen, unless the net watches them]
    #[arg(long)]
    keep_valid: bool,
    /// Trials at once, each on one thread; results do not depend on it [default: all cores]
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u16).range(1..=1024))]
    jobs: Option<u16>,
    /// Folder of the record, experiment.jsonl
    #[arg(short, long, value_name = "DIR")]
    out: PathBuf,
    /// Go on with the experiment in that folder: what is recorded is not done again
    #[arg(long)]
    resume: bool,
    /// Do the share I of N of what is not recorded yet, as a task of a job array; each share has a record of its own in the folder
    /// [default: that of SLURM_ARRAY_TASK_ID, where Slurm sets it]
    #[arg(long, value_name = "I/N", conflicts_with_all = ["resume", "collect", "json", "csv"])]
    shard: Option<Shard>,
    /// Merge the records of shards, say what is missing, and report the whole as one process would
    #[arg(long, conflicts_with = "resume")]
    collect: bool,
    /// Write the command of each of N shards, a line each, and do nothing
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u32).range(1..=100_000), conflicts_with_all = ["shard", "collect", "resume", "json", "csv"])]
    list: Option<u32>,
    /// Write one JSON object instead of the table
    #[arg(long)]
    json: bool,
    /// Write every trial with all its figures as CSV instead of the table
    #[arg(long, conflicts_with = "json")]
    csv: bool,
    /// Write one figure of all settings, such as `test.accuracy`, with a column for each value of the last `--compare` and a row for each of the rest
    #[arg(long, value_name = "FIGURE", conflicts_with_all = ["json", "csv", "shard", "list"])]
    table: Option<String>,
}

/// What ends an experiment that did not come to its end.
type Unfinished<'a> = dyn Fn(ExperimentError, &mut Ui) -> Failure + 'a;

#[derive(Clone, Copy, PartialEq, Eq, clap::ValueEnum)]
enum Recorded {
    /// Figures of training and of validation after each epoch, which `dropnet plot DIR --kind training` draws
    Epochs,
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

/// A file, its text and its net, and where its data are looked for.
struct Read {
    file: File,
    source: Source,
    model: Model,
    search: Search,
}

impl Read {
    fn net(&self) -> ExperimentNet<'_> {
        let Self { file, source, model, search } = self;
        ExperimentNet { source: &source.text, file: &file.path, model, search }
    }
}

impl Command {
    pub fn run(&self, ui: &mut Ui) -> Outcome {
        if let Some(count) = self.list {
            return self.commands(count, ui);
        }
        source::check_stdin(&self.files)?;
        Ranks::together(ui, |ranks, ui| self.run_as(ranks, ui))
    }

    fn run_as(&self, ranks: Option<&Ranks>, ui: &mut Ui) -> Outcome {
        let read = self.files.iter().map(|path| self.read(path, ui)).collect::<Result<Vec<_>, _>>();
        let nets = match ranks {
            None => read?,
            Some(ranks) => {
                let nets = ranks.all(read, ui)?;
                let texts: Vec<&str> = nets.iter().map(|net| net.source.text.as_str()).collect();
                ranks.have_the_same(&[("texts of the nets", draws::site_key(&texts.join("\0")))])?;
                nets
            }
        };
        let first = &nets[0];
        self.check_nets(&nets)?;
        let splits = self.splits(&nets)?;
        let seed = self.seed.or(first.model.train.as_ref().and_then(|t| t.seed)).unwrap_or(0);
        let settings = self.settings(&nets)?;
        self.check_count(&first.model, settings.arms.len(), splits)?;
        self.check_sets(&first.model)?;
        if self.keep_valid && !nets.iter().any(|net| Experiment::trains_on_valid(&net.model)) {
            return Err(Failure::usage(
                "`--keep-valid` has no effect: the net watches its validation rows, and keeps them",
            ));
        }
        let experiment = Experiment {
            nets: nets.iter().map(Read::net).collect(),
            working: &train::working()?,
            sets: self.sets.sets.clone(),
            splits,
            seeds: train::seeds(seed, u64::from(self.seeds))?.collect(),
            settings,
            epochs: self.record == Some(Recorded::Epochs),
            keeps_valid: self.keep_valid,
        };
        let stop = Arc::new(AtomicU32::new(0));
        let jobs = self.jobs.map_or_else(dropnet::internal::kernels::team::cores, usize::from);
        let course = Course { jobs, dir: &self.out, resume: self.resume, stop };
        let shard = match ranks {
            None => self.shard(ui)?,
            Some(_) if self.shard.is_some() || self.collect => {
                return Err(Failure::usage(
                    "processes have a share of the trials each\nhelp: leave `--shard` and `--collect` out, or `mpirun`",
                ));
            }
            Some(ranks) => Some(ranks.shard()),
        };
        let again = if shard.is_some() { "the same command" } else { "the same command with `--resume`" };
        let resumes = format!("help: {again} goes on from there\n");
        let told = if ui.quiet() { "" } else { &resumes };
        let said = match ranks.is_none_or(Ranks::is_first) {
            true => format!("{RECORDED}{told}"),
            false => String::new(),
        };
        interrupts::end_on_interrupt(course.stop.clone(), said)?;
        let source = &first.source;
        let unfinished = |error, ui: &mut Ui| match error {
            ExperimentError::Interrupted => {
                ui.error_text(RECORDED);
                ui.talk(resumes.trim_end());
                Failure::Reported(Exit::Interrupted)
            }
            error => failure(error, source, ui),
        };
        if let (Some(ranks), Some(shard)) = (ranks, shard) {
            self.dealt(&experiment, shard, &course, (ranks, &unfinished), ui)?;
            if !ranks.is_first() {
                return Ok(Exit::Done);
            }
        } else if let Some(shard) = shard {
            let done = watched(&experiment, ui, |done| experiment.run_shard(shard, &course, done));
            return self.sharded(shard, done.map_err(|error| unfinished(error, ui))?, ui);
        }
        let report = match self.collect || ranks.is_some() {
            true => watched(&experiment, ui, |done| experiment.collect(&course, done)),
            false => watched(&experiment, ui, |done| experiment.run(&course, done)),
        };
        self.show(source, &experiment, &report.map_err(|error| unfinished(error, ui))?, ui)
    }

    /// The share of one of several processes: none goes on before all have done theirs.
    fn dealt(
        &self,
        experiment: &Experiment<'_>,
        shard: Shard,
        course: &Course<'_>,
        (ranks, unfinished): (&Ranks, &Unfinished<'_>),
        ui: &mut Ui,
    ) -> Result<(), Failure> {
        loop {
            let done = watched(experiment, ui, |done| experiment.run_shard(shard, course, done));
            let sharded = ranks.all(done.map_err(|error| unfinished(error, ui)), ui)?;
            // What waits for points that others try finds them done in the next round.
            if !ranks.anywhere(sharded.waiting > 0) {
                return Ok(());
            }
        }
    }

    fn read(&self, path: &Path, ui: &mut Ui) -> Result<Read, Failure> {
        let file = File { path: path.to_owned(), sets: self.sets.clone() };
        let (source, model) = file.model(ui)?;
        Ok(Read { search: data::search(path), file, source, model })
    }

    /// Refuses files that cannot stand side by side.
    fn check_nets(&self, nets: &[Read]) -> Result<(), Failure> {
        if nets.len() == 1 {
            return Ok(());
        }
        for (i, net) in nets.iter().enumerate() {
            let name = &net.source.name;
            if let Some(same) = nets[..i].iter().find(|other| other.source.text == net.source.text) {
                return Err(Failure::usage(format!(
                    "{} and {name} are the same text: nothing is compared",
                    same.source.name
                )));
            }
            if net.model.sweep.is_some() {
                return Err(Failure::usage(format!(
                    "{name} has a `sweep`, which is of one file\nhelp: name one file, or take `sweep` out of those that are compared"
                )));
            }
        }
        Ok(())
    }

    /// The share that is asked for, or that of the task of a job array.
    fn shard(&self, ui: &mut Ui) -> Result<Option<Shard>, Failure> {
        if self.shard.is_some() || self.collect || self.resume || self.json || self.csv {
            return Ok(self.shard);
        }
        let said = |name: &str| std::env::var(name).ok().filter(|value| !value.is_empty());
        let Some(task) = said("SLURM_ARRAY_TASK_ID") else { return Ok(None) };
        let number = |name: &str, text: Option<String>| {
            text.and_then(|text| text.parse::<usize>().ok()).ok_or_else(|| {
                Failure::usage(format!("{name} is no number, though SLURM_ARRAY_TASK_ID is {task}\nhelp: say which share this is: `--shard I/N`"))
            })
        };
        let id = number("SLURM_ARRAY_TASK_ID", Some(task.clone()))?;
        let of = number("SLURM_ARRAY_TASK_COUNT", said("SLURM_ARRAY_TASK_COUNT"))?;
        let least =
            said("SLURM_ARRAY_TASK_MIN").map_or(Ok(1), |text| number("SLURM_ARRAY_TASK_MIN", Some(text)))?;
        let step = said("SLURM_ARRAY_TASK_STEP")
            .map_or(Ok(1), |text| number("SLURM_ARRAY_TASK_STEP", Some(text)))?;
        let index = id.checked_sub(least).map(|beyond| beyond / step.max(1) + 1).filter(|index| *index <= of);
        let index = index.ok_or_else(|| {
            Failure::usage(format!("task {id} of an array of {of} that begins at {least} has no share\nhelp: say which share this is: `--shard I/N`"))
        })?;
        let shard = Shard { index, of };
        ui.talk(format_args!("shard {shard}, as SLURM_ARRAY_TASK_ID says"));
        Ok(Some(shard))
    }

    fn sharded(&self, shard: Shard, done: Sharded, ui: &mut Ui) -> Outcome {
        let trials = counted(done.done, "trial");
        ui.talk(format_args!(
            "shard {shard}: {trials} recorded in {}",
            self.out.join(shard.record()).display()
        ));
        match done.waiting {
            0 => ui.talk("help: with all shards done, the same command with `--collect` for `--shard` reports the whole"),
            waiting => ui.talk(format_args!(
                "{} for points that other shards try: run this shard again when they are done",
                if waiting == 1 { "1 test waits".into() } else { format!("{waiting} tests wait") }
            )),
        }
        Ok(Exit::Done)
    }

    /// The command of each shard, with the words of this one.
    fn commands(&self, count: u32, ui: &mut Ui) -> Outcome {
        let mut words: Vec<String> = vec!["dropnet".into()];
        let mut given = std::env::args().skip(1);
        while let Some(word) = given.next() {
            match word.as_str() {
                "--list" => drop(given.next()),
                list if list.starts_with("--list=") => {}
                other => words.push(shell::word(other)),
            }
        }
        for index in 1..=count {
            ui.data(&format!("{} --shard {index}/{count}\n", words.join(" ")))?;
        }
        Ok(Exit::Done)
    }

    /// As many divisions as every file knows.
    fn splits(&self, nets: &[Read]) -> Result<usize, Failure> {
        let asked = self.splits.map(|k| k as usize);
        let known = nets.iter().filter_map(|net| Experiment::divisions(&net.model)).min();
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
        let set = |name: &str| self.sets.sets.iter().any(|(known, _)| known == name);
        match compared.chain(swept).find(|(name, _)| set(name)) {
            Some((name, who)) => {
                Err(Failure::usage(format!("`--set {name}=...` has no effect: {who} `{name}` its values")))
            }
            None => Ok(()),
        }
    }

    /// One setting for each combination of what is compared; one that sets nothing without a comparison.
    fn settings(&self, nets: &[Read]) -> Result<Settings, Failure> {
        let mut compared: Vec<ComparedValues> = Vec::new();
        if nets.len() > 1 {
            let values = nets.iter().map(|net| net.source.name.clone()).collect();
            compared.push(ComparedValues { name: None, values, against: 0 });
        }
        for (i, (name, values)) in self.compare.iter().enumerate() {
            self.may_compare(i, name, values, nets)?;
            compared.push(ComparedValues { name: Some(name.clone()), values: values.clone(), against: 0 });
        }
        let settings = compared.iter().fold(1_usize, |all, one| all.saturating_mul(one.values.len()));
        if settings > Experiment::MOST_TRIALS {
            return Err(Failure::usage(format!("{} settings are more than are compared", grouped(settings))));
        }
        self.against.iter().try_for_each(|wish| refer(wish, &mut compared))?;
        Ok(Settings::of(&compared))
    }

    fn may_compare(&self, i: usize, name: &str, values: &[String], nets: &[Read]) -> Result<(), Failure> {
        let wrong = |what: String| Err(Failure::usage(format!("--compare {name}=...: {what}")));
        if self.compare[..i].iter().any(|(known, _)| known == name) {
            return wrong(format!("`{name}` is compared twice"));
        }
        if let Some(net) = nets.iter().find(|net| !net.model.knobs.iter().any(|(known, _)| known == name)) {
            let file = if nets.len() == 1 { "the file" } else { &net.source.name };
            return wrong(format!("{file} has no `param {name}`"));
        }
        let swept = nets[0].model.sweep.iter().flat_map(|sweep| &sweep.vary).any(|vary| vary.name == name);
        if swept {
            return wrong(format!("the sweep varies `{name}` already"));
        }
        match values.iter().enumerate().find(|(i, value)| values[..*i].contains(value)) {
            Some((_, value)) => wrong(format!("{value} is compared with itself")),
            None => Ok(()),
        }
    }

    fn show(&self, source: &Source, experiment: &Experiment<'_>, report: &Report, ui: &mut Ui) -> Outcome {
        if self.json {
            let json = serde_json::to_value(report).map_err(|e| Failure::data(e.to_string()))?;
            ui.data(&format!("{json}\n"))?;
            return Ok(Exit::Done);
        }
        if self.csv {
            ui.data(&report.csv(experiment))?;
            return Ok(Exit::Done);
        }
        if let Some(figure) = &self.table {
            let grid = tables::grid(&report.arms, figure);
            ui.data(&grid.ok_or_else(|| no_figure(figure, &report.arms))?)?;
            return Ok(Exit::Done);
        }
        let names: Vec<String> = experiment.nets.iter().map(|net| net.file.display().to_string()).collect();
        ui.data(&format!(
            "{} · {} · {}\n",
            if names.len() > 1 { names.join(", ") } else { source.name.clone() },
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
        if let Some(why) = &report.unpaired {
            ui.talk(format_args!(
                "the files are not compared in pairs, for their test rows are not the same: {why}"
            ));
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

fn no_figure(figure: &str, arms: &[Arm]) -> Failure {
    let known: BTreeSet<&str> = arms.iter().flat_map(|arm| arm.figures.keys().map(String::as_str)).collect();
    let known: Vec<&str> = known.into_iter().collect();
    Failure::usage(format!("the experiment has no figure `{figure}`\nhelp: it has {}", known.join(", ")))
}

/// `1 seed`, `3 000 seeds`
fn counted(n: usize, what: &str) -> String {
    format!("{} {what}{}", grouped(n), if n == 1 { "" } else { "s" })
}

/// Another value of reference: of a param as `NAME=V`, or one of the files.
fn refer(wish: &str, compared: &mut [ComparedValues]) -> Result<(), Failure> {
    let named = wish.split_once('=').map(|(name, value)| (name.trim(), value.trim()));
    let found = compared.iter_mut().find_map(|one| {
        let value = match (&one.name, named) {
            (None, _) => wish,
            (Some(name), Some((wanted, value))) if name == wanted => value,
            _ => return None,
        };
        let at = one.values.iter().position(|known| known == value)?;
        Some((one, at))
    });
    match found {
        Some((one, at)) => {
            one.against = at;
            Ok(())
        }
        None => {
            let known = compared.iter().flat_map(|one| {
                one.values.iter().map(|value| match &one.name {
                    None => value.clone(),
                    Some(name) => format!("{name}={value}"),
                })
            });
            let known: Vec<String> = known.collect();
            let help = if known.is_empty() {
                "`--compare` says what is compared".into()
            } else {
                format!("what is compared: {}", known.join(", "))
            };
            Err(Failure::usage(format!("--against {wish}: nothing of this is compared\nhelp: {help}")))
        }
    }
}

/// Runs on a thread and says what it hears of it.
fn watched<T: Send>(
    experiment: &Experiment<'_>,
    ui: &mut Ui,
    run: impl FnOnce(&(dyn Fn(&Trial, &Measured) + Sync)) -> Result<T, ExperimentError> + Send,
) -> Result<T, ExperimentError> {
    let (sender, heard) = mpsc::channel();
    let total = experiment.trials();
    std::thread::scope(|scope| {
        let running = scope.spawn(move || {
            run(&|trial: &Trial, found: &Measured| {
                // The other end lives until this thread is done.
                let _ = sender.send((trial.clone(), found.clone()));
            })
        });
        // Recorded trials are heard of at once, before the first that takes its time.
        let mut pace = Pace::from(0);
        for (i, (trial, found)) in heard.into_iter().enumerate() {
            let done = i as u64 + 1;
            let mut line = format!("[{done}/{total}] {}", trial_line(experiment, &trial, &found));
            if pace.is_new() {
                pace = Pace::from(done);
            } else if progress::visible() && done < total as u64 {
                let left = pace.left(done, total as u64 - done);
                let _ = write!(line, "  all done in {}", progress::clock(left));
            }
            if trial.last { ui.talk(line) } else { ui.detail(line) }
        }
        running.join().unwrap_or_else(|panic| std::panic::resume_unwind(panic))
    })
}

fn trial_line(experiment: &Experiment<'_>, trial: &Trial, measured: &Measured) -> String {
    let mut line = format!("division {} seed {}", trial.split, trial.seed);
    if let Some(file) = experiment.file_of(trial.arm) {
        let _ = write!(line, " {file}");
    }
    for (name, value) in experiment.arms()[trial.arm].set.iter().chain(&trial.point) {
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
