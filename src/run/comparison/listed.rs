//! Runs as a list shows them: which there are below a folder, what each was made of and what it came to. No data are read, and of checkpoints only what they say of
//! themselves.

use std::{
    fs,
    path::{Path, PathBuf},
    time::{SystemTime, UNIX_EPOCH},
};

use serde::Serialize;
use serde_json::Value as Json;

use super::traits::Traits;
use crate::{
    math::Moments,
    model::Model,
    run::folder::{
        dir::RunDir,
        standing::Standing,
        trained::{self, TrainedError},
    },
    train::metrics,
};

/// Folders within folders that are looked into, and how many in all.
const DEPTH: usize = 4;
const MOST_FOLDERS: usize = 20_000;

/// A run, or what one net came to with several seeds.
#[derive(Clone, Debug, Serialize)]
pub struct Listed {
    /// Its folder.
    pub run: PathBuf,
    /// The file that was trained, as its lock remembers; without one the net in the folder.
    pub file: PathBuf,
    pub params: Vec<(String, String)>,
    pub seeds: Vec<u64>,
    /// Trainable numbers.
    pub parameters: usize,
    /// Epochs that are done: of several runs the most.
    pub epochs: u64,
    pub best: Option<BestEpoch>,
    /// Whether training came to its end.
    pub finished: bool,
    /// Of the test part; of several runs the means.
    pub test: Vec<(String, f64)>,
    /// Seconds since 1970 when the newest checkpoint was written.
    pub when: u64,
    #[serde(skip)]
    pub traits: Traits,
}

/// The best epoch and what it is the best by: of several runs the best of them.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct BestEpoch {
    pub epoch: u64,
    /// `valid.loss`
    pub figure: String,
    pub value: f64,
}

/// What was found below a folder.
pub struct Found {
    /// The newest first.
    pub runs: Vec<Listed>,
    /// Runs that cannot be read, and why.
    pub broken: Vec<(PathBuf, String)>,
    /// Whether there are more folders than were looked into.
    pub cut: bool,
}

/// All runs in a folder and in those below it, or where runs are by themselves: in `runs/` of the working directory, and in folders that stand in it.
#[must_use]
pub fn listed(dir: Option<&Path>) -> Found {
    let mut walk = Walk::default();
    match dir {
        Some(dir) => walk.below(dir, DEPTH),
        None => walk.usual(),
    }
    let mut found = Found { runs: Vec::new(), broken: Vec::new(), cut: walk.left == 0 };
    for path in walk.found {
        match read(&path) {
            Ok(run) => found.runs.push(run),
            Err(error) => found.broken.push((path, error.to_string())),
        }
    }
    found.runs.sort_by(|a, b| b.when.cmp(&a.when).then_with(|| a.run.cmp(&b.run)));
    found
}

/// The run whose checkpoint was written last, among those in the usual places; runs by seed are one.
#[must_use]
pub fn newest() -> Option<PathBuf> {
    let mut walk = Walk::default();
    walk.usual();
    walk.found.into_iter().filter_map(|path| Some((written(&path)?, path))).max().map(|(_, path)| path)
}

/// Folders that hold runs, as they are met.
struct Walk {
    found: Vec<PathBuf>,
    left: usize,
}

impl Default for Walk {
    fn default() -> Self {
        Self { found: Vec::new(), left: MOST_FOLDERS }
    }
}

impl Walk {
    fn usual(&mut self) {
        self.below(Path::new("runs"), DEPTH);
        for path in folders(Path::new(".")) {
            let path = path.strip_prefix(".").map(Path::to_owned).unwrap_or(path);
            if holds(&path) {
                self.found.push(path);
            }
        }
    }

    fn below(&mut self, dir: &Path, depth: usize) {
        if self.left == 0 {
            return;
        }
        self.left -= 1;
        if holds(dir) {
            self.found.push(dir.to_owned());
        } else if depth > 0 {
            folders(dir).iter().for_each(|inner| self.below(inner, depth - 1));
        }
    }
}

fn holds(dir: &Path) -> bool {
    let run = RunDir::at(dir);
    run.has_checkpoint() || run.members() != [dir.to_owned()]
}

/// In order of their names, but for hidden ones and links.
fn folders(dir: &Path) -> Vec<PathBuf> {
    let entries = fs::read_dir(dir).into_iter().flatten().flatten();
    let seen = entries.filter(|entry| entry.file_type().is_ok_and(|kind| kind.is_dir()));
    let shown = seen.filter(|entry| !entry.file_name().to_string_lossy().starts_with('.'));
    let mut paths: Vec<PathBuf> = shown.map(|entry| entry.path()).collect();
    paths.sort();
    paths
}

/// When the newest checkpoint of a run, or of several by seed, was written.
fn written(path: &Path) -> Option<SystemTime> {
    let files = RunDir::at(path).members().into_iter().flat_map(|member| {
        let run = RunDir::at(&member);
        [run.last(), run.best()]
    });
    files.filter_map(|file| fs::metadata(file).ok()?.modified().ok()).max()
}

/// A run, or several by seed.
fn read(path: &Path) -> Result<Listed, TrainedError> {
    let members: Result<Vec<Listed>, TrainedError> =
        RunDir::at(path).members().iter().map(|member| of_one(member)).collect();
    let members = members?;
    let [first, ..] = &members[..] else {
        return Err(TrainedError::Unfit("there is no run".into()));
    };
    let seeds: Vec<u64> = members.iter().flat_map(|one| one.seeds.clone()).collect();
    Ok(Listed {
        run: path.to_owned(),
        epochs: members.iter().map(|one| one.epochs).max().unwrap_or(0),
        best: best_of(&members),
        finished: members.iter().all(|one| one.finished),
        test: means(&members),
        when: members.iter().map(|one| one.when).max().unwrap_or(0),
        traits: first.traits.clone().with_seeds(seeds.clone()),
        seeds,
        ..first.clone()
    })
}

fn of_one(path: &Path) -> Result<Listed, TrainedError> {
    let run = RunDir::at(path);
    let nothing = || TrainedError::Unfit("the folder holds no checkpoint".into());
    let standing = Standing::of(&run)?.ok_or_else(nothing)?;
    let model = trained::model(standing.path(), &standing.meta)?;
    let (meta, metrics) = (&standing.meta, json(&path.join("metrics.json")));
    let traits = Traits::new(&meta.source, &model, meta.seed);
    let file = json(&run.lock()).and_then(|lock| Some(PathBuf::from(lock.get("file")?.as_str()?)));
    let when = written(path).and_then(|at| at.duration_since(UNIX_EPOCH).ok()).map_or(0, |at| at.as_secs());
    Ok(Listed {
        run: path.to_owned(),
        file: file.unwrap_or_else(|| run.net()),
        params: traits.params.clone(),
        seeds: vec![meta.seed],
        parameters: parameters(&model),
        epochs: meta.progress.epoch,
        best: meta.progress.best.map(|best| BestEpoch {
            epoch: best.epoch,
            figure: watched(&model, run_has_valid(&run)),
            value: best.value,
        }),
        finished: metrics.is_some(),
        test: metrics.map(|metrics| figures(&model, &metrics)).unwrap_or_default(),
        when,
        traits,
    })
}

/// Trainable numbers of a net.
fn parameters(model: &Model) -> usize {
    model.params.iter().map(|param| param.dims.iter().product::<usize>()).sum()
}

fn json(path: &Path) -> Option<Json> {
    serde_json::from_str(&fs::read_to_string(path).ok()?).ok()
}

/// What the best epoch is the best by.
fn watched(model: &Model, has_valid: bool) -> String {
    let stop = model.train.as_ref().and_then(|train| train.stop_early.as_ref());
    let usual = if has_valid { "valid.loss" } else { "train.loss" };
    stop.map_or(usual.into(), |stop| stop.watch.clone())
}

/// Whether there were validation rows, as the first line of the log tells.
fn run_has_valid(run: &RunDir) -> bool {
    let log = fs::read_to_string(run.log()).unwrap_or_default();
    log.lines()
        .next()
        .and_then(|line| serde_json::from_str::<Json>(line).ok())
        .is_some_and(|line| line.get("valid").is_some())
}

/// Figures of the test part: the loss, then metrics in the order of the file.
fn figures(model: &Model, metrics: &Json) -> Vec<(String, f64)> {
    let Some(test) = metrics.get("test").and_then(Json::as_object) else { return Vec::new() };
    let reported = model.train.iter().flat_map(|train| train.report.iter().map(metrics::label));
    let mut names: Vec<String> = ["loss".to_string()].into_iter().chain(reported).collect();
    names.retain(|name| test.contains_key(name));
    names.extend(test.keys().filter(|name| !names.contains(name)).cloned().collect::<Vec<_>>());
    let value = |name: String| {
        let value = test[&name].as_f64().unwrap_or(f64::NAN);
        (name, value)
    };
    names.into_iter().map(value).collect()
}

/// Of all runs that know a figure.
fn means(members: &[Listed]) -> Vec<(String, f64)> {
    let Some(first) = members.first() else { return Vec::new() };
    let of = |name: &str| {
        let known = members.iter().filter_map(|one| one.test.iter().find(|(known, _)| known == name));
        Moments::of_results(known.map(|(_, value)| *value), 0.0).mean
    };
    first.test.iter().map(|(name, _)| (name.clone(), of(name))).collect()
}

/// The lowest loss; of other figures which of them is better is known to the metric.
fn best_of(members: &[Listed]) -> Option<BestEpoch> {
    let higher = |figure: &str| {
        let name = figure.split_once('.').map_or(figure, |(_, name)| name);
        metrics::spelled(name).is_some_and(|(word, _)| word.higher_is_better())
    };
    members.iter().filter_map(|one| one.best.clone()).reduce(|best, next| {
        let better = if higher(&best.figure) { next.value > best.value } else { next.value < best.value };
        if better { next } else { best }
    })
}
