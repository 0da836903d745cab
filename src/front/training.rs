//! Training from a text.

use std::{
    fmt::Display,
    ops::ControlFlow,
    path::{Path, PathBuf},
    sync::Arc,
    time::{SystemTime, UNIX_EPOCH},
};

use super::{
    error::{Error, TEXT},
    net::{self, Net, load},
    search::search,
};
use crate::{
    diag::{self, Format},
    kernels::team::{self, Team},
    model::PredictMode,
    run::{self, Committee, Ready, Request, RunDir, Scoring, Trained},
    runtime::{
        figures::Figures,
        progress::{FORMAT, Meta, Progress},
        train::{self, EpochReport, Event, Job, Observer, Options, TrainError},
    },
};

type Each<'a> = Box<dyn FnMut(&Epoch) -> ControlFlow<()> + 'a>;

/// A net that is to be trained on its data: what is not said is as the text says it. Results are the same for any number of threads.
#[must_use = "`run` trains"]
pub struct Training<'a> {
    source: String,
    sets: Vec<(String, String)>,
    seed: Option<u64>,
    threads: usize,
    epochs: Option<u64>,
    data: PathBuf,
    folder: Option<PathBuf>,
    resume: bool,
    each: Option<Each<'a>>,
}

/// A finished epoch. Figures have the loss first, then what the file reports.
#[derive(Clone, Debug, PartialEq)]
#[non_exhaustive]
pub struct Epoch {
    /// From 1.
    pub number: u64,
    /// Of the rows that it trained on, dropout on.
    pub train: Vec<(String, f64)>,
    /// Of the validation rows, dropout off; none without such rows.
    pub valid: Vec<(String, f64)>,
    /// Of the rows that it trained on, dropout off; none unless the text says `judge train`.
    pub judged: Vec<(String, f64)>,
    /// Whether the watched figure is the best so far.
    pub is_best: bool,
}

/// What training came to.
#[derive(Debug)]
#[non_exhaustive]
pub struct Outcome {
    /// The net, with the parameters that were tested: of the best epoch where the text stops early, else of the last.
    pub net: Net,
    /// Figures of the test rows, the loss first; none without such rows.
    pub test: Vec<(String, f64)>,
    /// What is to be said against the text, although it was trained.
    pub warnings: Vec<String>,
}

impl Outcome {
    /// A figure of the test rows.
    #[must_use]
    pub fn test(&self, name: &str) -> Option<f64> {
        self.test.iter().find(|(known, _)| known == name).map(|(_, value)| *value)
    }
}

impl<'a> Training<'a> {
    /// Of the text of a net with its data.
    pub fn new(source: impl Into<String>) -> Self {
        Self {
            source: source.into(),
            sets: Vec::new(),
            seed: None,
            threads: team::cores(),
            epochs: None,
            data: PathBuf::from("."),
            folder: None,
            resume: false,
            each: None,
        }
    }

    /// Of a `.net` file; its data are looked up beside it.
    ///
    /// # Errors
    /// A file that cannot be read.
    pub fn from_file(path: impl AsRef<Path>) -> Result<Self, Error> {
        let path = path.as_ref();
        let folder = path.parent().filter(|folder| !folder.as_os_str().is_empty());
        Ok(Self::new(net::text(path)?).data_in(folder.unwrap_or(Path::new("."))))
    }

    /// Gives a `param` of the text another value.
    pub fn set(mut self, param: &str, value: impl Display) -> Self {
        self.sets.retain(|(name, _)| name != param);
        self.sets.push((param.to_owned(), value.to_string()));
        self
    }

    /// The seed of every random decision, in place of the text's, or 0.
    pub fn seed(self, seed: u64) -> Self {
        Self { seed: Some(seed), ..self }
    }

    /// On so many threads at most, in place of all cores.
    pub fn threads(self, threads: usize) -> Self {
        Self { threads: threads.max(1), ..self }
    }

    /// Ends after this epoch; schedules keep the length that the text gives them.
    pub fn epochs(self, epochs: u64) -> Self {
        Self { epochs: Some(epochs.max(1)), ..self }
    }

    /// Files of data are looked up here first, then in the working directory, its `data/` and under `$DROPNET_DATA`.
    pub fn data_in(self, folder: impl Into<PathBuf>) -> Self {
        Self { data: folder.into(), ..self }
    }

    /// Keeps the run in a folder, as `dropnet train -o` does: the command and [`load`] take it up again. Without one nothing is written.
    pub fn keep_in(self, folder: impl Into<PathBuf>) -> Self {
        Self { folder: Some(folder.into()), ..self }
    }

    /// Goes on with the run in the folder of [`keep_in`](Self::keep_in).
    pub fn resume(self) -> Self {
        Self { resume: true, ..self }
    }

    /// Calls `each` after every epoch; `ControlFlow::Break(())` ends training there.
    pub fn each_epoch(self, each: impl FnMut(&Epoch) -> ControlFlow<()> + 'a) -> Self {
        Self { each: Some(Box::new(each)), ..self }
    }

    /// Trains.
    ///
    /// # Errors
    /// A text with errors, data that are missing or broken, a folder that holds another run, training that diverges.
    pub fn run(mut self) -> Result<Outcome, Error> {
        if self.resume && self.folder.is_none() {
            return Err(Error::request("`resume` goes on with a run in a folder: name it by `keep_in`"));
        }
        let named = self.data.join("text.net");
        let search = search(&named);
        let ready = run::open(&self.source, &self.sets, &search)
            .map_err(|error| Error::opening(error, &self.source))?;
        if ready.model.train.is_none() {
            return Err(Error::opening(run::OpenError::NoSection("train"), &self.source));
        }
        let warnings = ready.warnings.iter().map(|warning| {
            diag::render(std::slice::from_ref(warning), &self.source, TEXT, Format::Full, false)
        });
        let warnings = warnings.map(|text| text.trim_end().to_owned()).collect();
        let (net, test) = match self.folder.clone() {
            Some(folder) => self.in_folder(&folder, &named, &ready)?,
            None => self.in_memory(&ready)?,
        };
        Ok(Outcome { net: net.threads(self.threads), test, warnings })
    }

    fn options(&self) -> Options {
        Options { threads: self.threads, epochs: self.epochs, figures: true }
    }

    fn in_folder(&mut self, folder: &Path, named: &Path, ready: &Ready) -> Result<(Net, Figured), Error> {
        let working =
            std::env::current_dir().map_err(|e| Error::data(format!("no working directory: {e}")))?;
        let now = SystemTime::now().duration_since(UNIX_EPOCH).map_or(0, |since| since.as_secs());
        let request = Request {
            source: &self.source,
            file: named,
            sets: &self.sets,
            seed: self.seed,
            out: Some(folder),
            resume: self.resume,
            working,
            now,
        };
        let started = run::start(&request, ready)?;
        let (dir, options) = (started.dir.clone(), self.options());
        let job = Job {
            model: &ready.model,
            dataset: &ready.dataset,
            dir: Some(dir.path()),
            meta: started.meta,
            peers: None,
        };
        let mut followed = Followed { each: self.each.take(), dir: Some(&dir), unwritten: None, ends: false };
        let done = train::train(job, started.checkpoint, &options, &Arc::default(), &mut followed);
        let cannot = |e: std::io::Error| Error::data(format!("cannot write {}: {e}", dir.path().display()));
        if let Some(error) = followed.unwritten {
            return Err(cannot(error));
        }
        let kept = format!("the last good checkpoint, if there was one, is kept in {}", dir.path().display());
        let outcome = done.map_err(|error| self.failed(error, ready, &kept))?;
        dir.metrics(&run::metrics_json(&outcome)).map_err(cannot)?;
        Ok((load(dir.path())?, outcome.test.map_or_else(Vec::new, |figures| figures.0)))
    }

    fn in_memory(&mut self, ready: &Ready) -> Result<(Net, Figured), Error> {
        run::has_room(&ready.model, &ready.dataset).map_err(Error::data)?;
        let said = ready.model.train.as_ref().and_then(|train| train.seed);
        let meta = Meta {
            format: FORMAT,
            source: self.source.clone(),
            sets: self.sets.clone(),
            seed: self.seed.or(said).unwrap_or(0),
            progress: Progress::default(),
            transform: ready.dataset.transform.clone(),
            rows: None,
            loaded: ready.loaded.clone(),
            attributes: ready.attributes.clone(),
        };
        let job = Job { model: &ready.model, dataset: &ready.dataset, dir: None, meta, peers: None };
        let mut followed = Followed { each: self.each.take(), dir: None, unwritten: None, ends: false };
        let checkpoint = train::train_in_memory(job, &self.options(), &Arc::default(), &mut followed)
            .map_err(|error| self.failed(error, ready, "nothing is kept"))?;
        let trained = Trained { model: ready.model.clone(), checkpoint, calibration: Default::default() };
        let test = match &ready.dataset.test {
            None => Vec::new(),
            Some(part) => {
                let team = Team::new(self.threads);
                let (mode, scoring) = (PredictMode::WeightScaling, Scoring::default());
                let mut figures = run::part_figures(&trained, "test", part, mode, scoring, &team)?;
                figures.each.swap_remove(0).0
            }
        };
        Ok((Net::new(Committee::of_one(trained)), test))
    }

    fn failed(&self, error: TrainError, ready: &Ready, kept: &str) -> Error {
        match error {
            TrainError::Diverged { epoch, step } => Error::diverged(format!(
                "training diverged: the objective is no longer finite in epoch {epoch}, step {step}\n{kept}\n{}",
                run::cure(&ready.model, &ready.dataset)
            )),
            TrainError::Rows(error) => Error::of_data(&error, &self.source),
            TrainError::Data(text) => Error::data(text),
            TrainError::Checkpoint(error) => Error::data(error.to_string()),
            TrainError::Codegen(error) => error.into(),
            // Nobody asks for the one, and the other has its own words.
            TrainError::Interrupted { .. } => Error::data("training was interrupted"),
            TrainError::Unwritten => Error::data("the run cannot be written"),
        }
    }
}

/// Names and values.
type Figured = Vec<(String, f64)>;

/// Tells the program of each epoch, and the folder, if there is one.
struct Followed<'a, 'b> {
    each: Option<Each<'a>>,
    dir: Option<&'b RunDir>,
    unwritten: Option<std::io::Error>,
    ends: bool,
}

impl Observer for Followed<'_, '_> {
    fn event(&mut self, event: Event<'_>) {
        let written = match (&event, self.dir) {
            (Event::EpochBegan { epoch, done, .. }, Some(dir)) => {
                // An epoch that was ended in its middle, and logged so, goes on.
                match done.load(std::sync::atomic::Ordering::Relaxed) > 0 {
                    true => dir.rewind(epoch - 1, 0),
                    false => Ok(()),
                }
            }
            (Event::EpochDone(report), Some(dir)) => dir.append(&run::epoch_json(report)),
            _ => Ok(()),
        };
        if let Err(error) = written {
            self.unwritten.get_or_insert(error);
        }
        if let (Event::EpochDone(report), Some(each)) = (event, &mut self.each) {
            self.ends = each(&Epoch::of(report)).is_break();
        }
    }

    fn ends(&mut self) -> bool {
        self.ends
    }

    fn has_failed(&self) -> bool {
        self.unwritten.is_some()
    }
}

impl Epoch {
    fn of(report: &EpochReport) -> Self {
        let of = |part: &Option<Figures>| part.as_ref().map_or_else(Vec::new, |Figures(found)| found.clone());
        let (valid, judged) = (of(&report.valid), of(&report.judged));
        Self { number: report.epoch, train: report.train.0.clone(), valid, judged, is_best: report.best }
    }

    /// A figure of the rows that it trained on.
    #[must_use]
    pub fn train(&self, name: &str) -> Option<f64> {
        self.train.iter().find(|(known, _)| known == name).map(|(_, value)| *value)
    }

    /// A figure of the rows that it trained on with dropout off, where the text says `judge train`.
    #[must_use]
    pub fn judged(&self, name: &str) -> Option<f64> {
        self.judged.iter().find(|(known, _)| known == name).map(|(_, value)| *value)
    }

    /// A figure of the validation rows.
    #[must_use]
    pub fn valid(&self, name: &str) -> Option<f64> {
        self.valid.iter().find(|(known, _)| known == name).map(|(_, value)| *value)
    }
}
