//! `dropnet eval`: figures of a trained net on every part of its data.

use std::path::{Path, PathBuf};

use dropnet::internal::{
    data::Search,
    kernels::team::Team,
    model::{Interval, Mean, Predict, PredictMode, summary::number},
    run::{
        self, Committee, Confusion, Known, PartFigures, PredictionForm, Reading, RunDir, Scoring, Trained,
        TrainedError, Which, Writing,
    },
    runtime::figures::Figures,
};
use serde_json::{Value as Json, json};

use super::{
    Outcome, confused, data, last,
    predict::{self, Ended},
    progress,
    ranks::Ranks,
    sampling::{Sampling, USUAL_SAMPLES, of_numbers},
    train::Threads,
    ui::{Exit, Failure, Ui},
};

#[derive(clap::Args)]
pub struct Command {
    #[command(flatten)]
    runs: Runs,
    /// Rows to judge in place of the run's data, a row of output each: a table with the columns of training, its answers among them (of a net of windows one in the order of time, all of whose windows are judged); a folder of classes with pictures, sounds or texts; a file in the folder of its class; a table that names pictures or sounds in its folder; an array with its answers in `--labels`; or another text whose tokens are foretold
    #[arg(long, value_name = "PATH")]
    input: Option<PathBuf>,
    /// Answers of the rows of `--input`, in their order: a NumPy array, labels in the format of IDX, or text with a line a row; beside a folder of pictures a table that names them
    #[arg(long, value_name = "FILE", requires = "input")]
    labels: Option<PathBuf>,
    /// A row of output for each row of this part of the data: what was observed, and what is predicted
    #[arg(long, value_name = "PART", value_parser = ["train", "valid", "test"], conflicts_with = "input")]
    each: Option<String>,
    /// Of these rows only those whose class is predicted wrongly
    #[arg(long)]
    wrong: bool,
    /// Instead: what rows of each class were taken for, with precision, recall and F1 of each class; of the held-out parts, or of `--each` or `--input`
    #[arg(long, conflicts_with = "wrong")]
    confusion: bool,
    /// Write one JSON object instead of the table; of rows one a line
    #[arg(long)]
    json: bool,
    #[command(flatten)]
    sampling: Sampling,
    #[command(flatten)]
    threads: Threads,
}

/// A trained net.
#[derive(clap::Args)]
pub struct Run {
    /// Folder of a run, or a checkpoint; `@last` is the newest run
    #[arg(value_name = "DIR", value_parser = last::path)]
    pub path: PathBuf,
    /// Which parameters: those that training tested, of the last epoch, or of the best one [default: tested]
    #[arg(long, value_name = "WHICH", value_enum)]
    checkpoint: Option<Choice>,
}

#[derive(Clone, Copy, Default, PartialEq, Eq, clap::ValueEnum)]
enum Choice {
    #[default]
    Tested,
    Last,
    Best,
}

/// Trained nets that are averaged.
#[derive(clap::Args)]
pub struct Runs {
    /// Folder of a run, or a checkpoint; several are averaged, and so are the runs in a folder of `train --seeds`; `@last` is the newest run
    #[arg(value_name = "DIR", required = true, value_parser = last::path)]
    pub paths: Vec<PathBuf>,
    /// Which parameters: those that training tested, of the last epoch, or of the best one [default: tested]
    #[arg(long, value_name = "WHICH", value_enum)]
    checkpoint: Option<Choice>,
}

impl From<Choice> for Which {
    fn from(choice: Choice) -> Self {
        match choice {
            Choice::Tested => Which::Tested,
            Choice::Last => Which::Last,
            Choice::Best => Which::Best,
        }
    }
}

impl Choice {
    /// Refuses a choice among the checkpoints of a run where one is named.
    fn is_of(self, paths: &[PathBuf]) -> Result<Which, Failure> {
        match paths.iter().find(|path| self != Self::Tested && path.is_file()) {
            Some(file) => Err(Failure::usage(format!(
                "`--checkpoint` chooses one of a run: {} is a checkpoint itself\nhelp: leave `--checkpoint` out, or name the folder",
                file.display()
            ))),
            None => Ok(self.into()),
        }
    }
}

impl Run {
    pub fn read(&self, ui: &mut Ui) -> Result<Trained, Failure> {
        self.read_which(self.which()?, ui)
    }

    /// As far as training has come, which parameters of an earlier epoch do not tell.
    pub fn read_last(&self, ui: &mut Ui) -> Result<Trained, Failure> {
        self.read_which(Which::Last, ui)
    }

    fn read_which(&self, which: Which, ui: &mut Ui) -> Result<Trained, Failure> {
        Trained::read(&self.path, which).map_err(|error| failure(&error, ui))
    }

    /// Without what was fitted before.
    pub fn read_uncalibrated(&self, ui: &mut Ui) -> Result<Trained, Failure> {
        Trained::uncalibrated(&self.path, self.which()?).map_err(|error| failure(&error, ui))
    }

    fn which(&self) -> Result<Which, Failure> {
        self.checkpoint.unwrap_or_default().is_of(std::slice::from_ref(&self.path))
    }

    /// Whether it was said which parameters.
    pub fn chooses(&self) -> bool {
        self.checkpoint.is_some()
    }
}

impl Runs {
    /// Nets that are averaged.
    pub fn read(&self, ui: &mut Ui) -> Result<Committee, Failure> {
        self.read_each(ui)?.of_different_nets().map_err(|error| failure(&error, ui))
    }

    /// The same for processes that have a share of the rows each.
    pub fn read_by(&self, ranks: Option<&Ranks>, ui: &mut Ui) -> Result<Committee, Failure> {
        let read = self.read(ui);
        let Some(ranks) = ranks else { return read };
        let mut committee = ranks.all(read, ui)?;
        ranks.have_the_same(&run::facts_of_nets(&committee))?;
        ranks.deal(|count| committee.deal(count))?;
        Ok(committee)
    }

    /// Nets that are looked at one by one, too.
    pub fn read_each(&self, ui: &mut Ui) -> Result<Committee, Failure> {
        let which = self.checkpoint.unwrap_or_default().is_of(&self.paths)?;
        Committee::read(&self.paths, which).map_err(|error| failure(&error, ui))
    }

    /// One of the paths, without the others.
    pub fn read_one(&self, path: &Path) -> Result<Committee, TrainedError> {
        Committee::read(&[path.to_owned()], self.checkpoint.unwrap_or_default().into())
    }

    /// Several of the paths, averaged, without the others.
    pub fn read_some(&self, paths: &[PathBuf]) -> Result<Committee, TrainedError> {
        let committee = Committee::read(paths, self.checkpoint.unwrap_or_default().into())?;
        if paths.len() > 1 { committee.of_different_nets() } else { Ok(committee) }
    }

    /// The nets by name, in their order.
    pub fn members(&self) -> Vec<String> {
        let paths = self.paths.iter().flat_map(|path| RunDir::at(path).members());
        paths.map(|path| path.display().to_string()).collect()
    }

    /// That several nets are averaged, which whoever names two to compare them does not expect.
    pub fn say_mean(&self, ui: &mut Ui) {
        match &self.members()[..] {
            [] | [_] => {}
            few @ ([_, _] | [_, _, _]) => {
                ui.talk(format_args!("mean of {} nets: {}", few.len(), few.join(", ")))
            }
            [first, .., last] => {
                ui.talk(format_args!("mean of {} nets: {first} ... {last}", self.members().len()))
            }
        }
    }

    /// Where data are looked for: as the first run tells.
    pub fn search(&self) -> Search {
        search(self.paths.first().map_or(Path::new("."), PathBuf::as_path))
    }

    /// Whether it was said which parameters.
    pub fn chooses(&self) -> bool {
        self.checkpoint.is_some()
    }

    pub fn name(&self) -> String {
        let names: Vec<String> = self.paths.iter().map(|path| path.display().to_string()).collect();
        names.join(" ")
    }
}

/// Where the data of a run are looked for; of the first of several by seed.
pub fn search(path: &Path) -> Search {
    data::search_of_run(&RunDir::at(path).members().swap_remove(0))
}

/// All of these are exit code 3, but for bugs, and for a path that is only the wrong one.
pub fn failure(error: &TrainedError, ui: &mut Ui) -> Failure {
    match error {
        TrainedError::NoRun(error) if error.is_a_slip() => Failure::usage(error),
        TrainedError::Data(error) => data::failure(error, None, ui),
        TrainedError::Codegen(error) => data::native(error),
        TrainedError::Interrupted => {
            ui.error_text("interrupted\n");
            Failure::Reported(Exit::Interrupted)
        }
        other => Failure::data(other),
    }
}

impl Command {
    pub fn run(&self, ui: &mut Ui) -> Outcome {
        Ranks::together(ui, |ranks, ui| self.run_as(ranks, ui))
    }

    fn run_as(&self, ranks: Option<&Ranks>, ui: &mut Ui) -> Outcome {
        if let Some(input) = &self.input {
            Ranks::can_all_read(ranks, input)?;
        }
        let committee = self.sampling.tempered(self.runs.read_by(ranks, ui)?)?;
        let committee = self.sampling.seen(committee, ui)?;
        let team = Ranks::team(ranks, self.threads.count());
        let file = &committee.first().model.predict;
        let by_row = self.input.is_some() || self.each.is_some();
        let of_steps = committee.first().model.output.kind.steps().is_some();
        let once = by_row && !of_steps || self.confusion;
        let mode = self.sampling.mode(file, if once { 0 } else { USUAL_SAMPLES });
        self.sampling.check(&committee)?;
        if self.wrong && !by_row {
            return Err(Failure::usage(
                "`--wrong` chooses among rows: say which by `--each PART` or `--input PATH`",
            ));
        }
        if self.sampling.precision.is_some() {
            of_numbers(committee.first().model.output.kind)?;
            self.is_scored(&committee, mode)?;
        }
        let said = Scoring::of(file);
        let scoring = match self.sampling.precision {
            None => said,
            precision => Scoring { precision, interval: said.interval.map(|i| Interval { precision, ..i }) },
        };
        self.runs.say_mean(ui);
        self.sampling.say_unfitted(&committee, mode, ui);
        if self.wrong && of_steps {
            return Err(Failure::usage("`--wrong` is of rows with one class each"));
        }
        let judged = match (self.confusion, by_row) {
            (true, _) => self.confused(&committee, mode, (&team, ranks), ui),
            (false, true) => self.rows(&committee, mode, scoring, (&team, ranks), ui),
            (false, false) => self.parts(&committee, mode, scoring, &team, ui),
        };
        Ranks::settled(ranks, judged, ui)
    }

    /// The figures of each part of the data.
    fn parts(
        &self,
        committee: &Committee,
        mode: PredictMode,
        scoring: Scoring,
        team: &Team,
        ui: &mut Ui,
    ) -> Outcome {
        let parts = run::evaluate(committee, &self.runs.search(), mode, scoring, team);
        let parts = parts.map_err(|error| failure(&error, ui))?;
        let rates = learned_rates(committee).map_err(|error| failure(&error, ui))?;
        let views = committee.first().model.predict.view_count();
        match self.json {
            true => ui.data(&format!("{}\n", self.object(&parts, mode, views, rates)))?,
            false => ui.data(&self.table(committee, &parts, mode, &rates))?,
        }
        Ok(Exit::Done)
    }

    /// A row of output for each row whose answer is known, and the figures of all beside.
    fn rows(
        &self,
        committee: &Committee,
        mode: PredictMode,
        scoring: Scoring,
        (team, ranks): (&Team, Option<&Ranks>),
        ui: &mut Ui,
    ) -> Outcome {
        let known = self.known(committee, ranks, ui)?;
        // Of a text whose tokens are foretold the figures are wanted, and not a row a window.
        if self.input.is_some() && committee.first().model.output.kind.steps().is_some() {
            let figures = run::evaluate_known(committee, &known, mode, scoring, team)
                .map_err(|error| failure(&error, ui))?;
            let views = committee.first().model.predict.view_count();
            match self.json {
                true => ui.data(&format!("{}\n", self.object(&[figures], mode, views, Vec::new())))?,
                false => ui.data(&self.table(committee, &[figures], mode, &[]))?,
            }
            return Ok(Exit::Done);
        }
        let (first, form) =
            (committee.first(), if self.json { PredictionForm::Json } else { PredictionForm::Csv });
        let has_classes = first.model.output.kind.classes().is_some();
        if self.wrong && !has_classes {
            return Err(Failure::usage("`--wrong` is of classes: this net predicts none"));
        }
        let writing = Writing::new(form, known.part.rows());
        let mut writing = match known.names.is_empty() {
            true => writing.of_numbers(known.part.numbers()),
            false => writing.of_files(known.names.clone()),
        };
        let how = Predict { mode, ..first.model.predict.clone() };
        let target = &first.checkpoint.meta.transform.target;
        let mut done = 0;
        let written = committee.predict_part(&known.part, &how, team, |block| {
            let block = block.beside_observed(&known.part, done, target);
            done += block.rows().count();
            let block = match block.wrong().filter(|_| self.wrong) {
                None => block,
                Some(wrong) => {
                    writing.only(&wrong);
                    block.only(&wrong)
                }
            };
            Ok(ui.bytes(&writing.block(&block))?)
        });
        written.map_err(|ended| match ended {
            Ended::Failed(failure) => failure,
            Ended::Unpredicted(error) => failure(&error, ui),
        })?;
        let figures = run::evaluate_known(committee, &known, mode, scoring, team)
            .map_err(|error| failure(&error, ui))?;
        ui.talk(self.table(committee, &[figures], mode, &[]).trim_end());
        Ok(Exit::Done)
    }

    /// What rows of each class were taken for.
    fn confused(
        &self,
        committee: &Committee,
        mode: PredictMode,
        (team, ranks): (&Team, Option<&Ranks>),
        ui: &mut Ui,
    ) -> Outcome {
        let first = committee.first();
        let known = match self.input.is_some() || self.each.is_some() {
            true => vec![self.known(committee, ranks, ui)?],
            false => {
                let part = |name: &str| Known::of_data(first, name, &self.runs.search());
                let held = [part("valid"), part("test")].into_iter().collect::<Result<Vec<_>, _>>();
                let mut held: Vec<Known> =
                    held.map_err(|error| failure(&error, ui))?.into_iter().flatten().collect();
                if held.is_empty() {
                    held.extend(part("train").map_err(|error| failure(&error, ui))?);
                }
                held
            }
        };
        let of = |known: &Known| run::confusion(committee, known.name, &known.part, mode, team);
        let found = known.iter().map(of).collect::<Result<Vec<Confusion>, _>>();
        let found = found.map_err(|error| failure(&error, ui))?;
        if self.json {
            let mut object = json!({ "run": self.runs.name() });
            for one in &found {
                object[one.part] = serde_json::to_value(one).map_err(|e| Failure::data(e.to_string()))?;
            }
            ui.data(&format!("{object}\n"))?;
            return Ok(Exit::Done);
        }
        let text: Vec<String> = found.iter().map(|one| confused::table(one, mode)).collect();
        ui.data(&text.join("\n"))?;
        Ok(Exit::Done)
    }

    /// The rows that are judged one by one.
    fn known(&self, committee: &Committee, ranks: Option<&Ranks>, ui: &mut Ui) -> Result<Known, Failure> {
        let known = self.known_here(committee, ui)?;
        if let Some(ranks) = ranks {
            ranks.have_the_same(&[("number of rows to judge", known.part.rows() as u64)])?;
        }
        Ok(known)
    }

    fn known_here(&self, committee: &Committee, ui: &mut Ui) -> Result<Known, Failure> {
        let first = committee.first();
        let Some(path) = &self.input else {
            let part = self.each.as_deref().unwrap_or("test");
            let known = Known::of_data(first, part, &self.runs.search());
            return known.map_err(|error| failure(&error, ui))?.ok_or_else(|| {
                Failure::usage(format!(
                    "the data have no {part} part\nhelp: `split` in `data` divides one off"
                ))
            });
        };
        let found = Known::of_input(first, path, self.labels.as_deref());
        let (known, Reading { converted, unread }) = found.map_err(|error| failure(&error, ui))?;
        predict::say_converted(known.part.rows(), converted, ui);
        predict::say_unread(known.part.rows(), unread, ui);
        Ok(known)
    }

    /// Refuses a precision where no figure is one of a distribution.
    fn is_scored(&self, committee: &Committee, mode: PredictMode) -> Result<(), Failure> {
        let sampled = matches!(mode, PredictMode::McDropout(_))
            && committee.members().iter().any(|one| one.model.is_live_in_mc());
        let file = &committee.first().model.predict;
        let said = !(file.report.is_empty() && file.views.is_empty());
        let once = mode == PredictMode::WeightScaling && said;
        match sampled || once || committee.alone().is_none() {
            true => Ok(()),
            false => Err(Failure::usage(
                "`--precision` has no effect: no log-likelihood is measured here\nhelp: it is measured of `--samples`, of several runs, and where `predict` says `report log_likelihood`",
            )),
        }
    }

    fn object(
        &self,
        parts: &[PartFigures],
        mode: PredictMode,
        views: usize,
        rates: Vec<(String, f64)>,
    ) -> Json {
        let mut object = json!({ "run": self.runs.name() });
        for part in parts {
            let one = part.together.as_ref().or(part.each.first());
            let mut figures = one.map_or(json!({}), Figures::json);
            let with_views = |mut figures: Json| {
                if views > 1 {
                    figures["views"] = json!(views);
                }
                figures
            };
            if part.together.is_some() {
                figures = with_views(figures);
                figures["members"] = part.each.iter().map(Figures::json).collect();
            }
            if let Some((temperature, tempered)) = &part.tempered {
                figures["tempered"] = tempered.json();
                figures["tempered"]["temperature"] = json!(temperature);
            }
            if let (Some(samples), Some((name, _, count))) = (&part.samples, drawn(mode, part)) {
                figures[name] = with_views(samples.json());
                if let Some(count) = count {
                    figures[name]["samples"] = json!(count);
                }
                if let Some(error) = part.drawn.and_then(|drawn| drawn.standard_error) {
                    figures[name]["standard_error"] = json!(error);
                }
            }
            object[part.part] = figures;
        }
        if !rates.is_empty() {
            object["learned_rates"] = rates.into_iter().collect();
        }
        object
    }

    /// A line for each net and part, and one for each mean.
    fn table(
        &self,
        committee: &Committee,
        parts: &[PartFigures],
        mode: PredictMode,
        rates: &[(String, f64)],
    ) -> String {
        let mut text = String::new();
        let names = match &self.runs.members()[..] {
            [_] => vec![String::new()],
            several => several.iter().map(|name| format!("  ({name})")).collect(),
        };
        let views = match committee.first().model.predict.view_count() {
            1 => String::new(),
            views => format!(", {views} views"),
        };
        let width = parts.iter().map(|part| part.rows.to_string().len()).max().unwrap_or(0);
        for part in parts {
            let mut name = part.part.to_string();
            let mut rows = format!("{:>width$} rows", part.rows);
            let mut line = |figures: &Figures, what: &str| {
                text += &format!("{name:<5}  {rows:<0$}  {1}{what}\n", width + 5, progress::figures(figures));
                (name, rows) = (String::new(), String::new());
            };
            part.each.iter().zip(&names).for_each(|(figures, name)| line(figures, name));
            if let Some((temperature, figures)) = &part.tempered {
                line(figures, &format!("  (temperature {})", number(*temperature)));
            }
            if let Some(figures) = &part.together {
                line(figures, &format!("  (mean of {} runs{views})", part.each.len()));
            }
            if let (Some(figures), Some((_, what, _))) = (&part.samples, drawn(mode, part)) {
                let runs = if part.each.len() > 1 {
                    format!(" of each of {} runs", part.each.len())
                } else {
                    String::new()
                };
                let temperature = committee.alone().map(|one| one.temperature(mode)).filter(|t| *t != 1.0);
                let temperature =
                    temperature.map_or(String::new(), |t| format!(", temperature {}", number(t)));
                line(figures, &format!("  ({what}{runs}{views}{temperature})"));
            }
        }
        text + &rates_line(rates)
    }
}

/// Of the only net.
fn learned_rates(committee: &Committee) -> Result<Vec<(String, f64)>, TrainedError> {
    committee.alone().map_or(Ok(Vec::new()), Trained::learned_rates)
}

/// Rates of dropping that training learned, if there are some.
pub fn rates_line(rates: &[(String, f64)]) -> String {
    let each: Vec<String> =
        rates.iter().map(|(path, p)| format!("{path} {}", progress::figure(*p))).collect();
    if each.is_empty() { String::new() } else { format!("learned rates  {}\n", each.join("  ")) }
}

/// The name of a way to predict by sub-networks, what it is in words, and how many it draws.
fn drawn(mode: PredictMode, part: &PartFigures) -> Option<(&'static str, String, Option<u32>)> {
    let word = |mean: Mean| match mean {
        Mean::Arithmetic => "arithmetic mean",
        Mean::Geometric => "geometric mean",
    };
    let of = |what: &str, count: u32| format!("{what} of {count} samples of dropout");
    match mode {
        PredictMode::WeightScaling => Some(("one_pass", "one pass".into(), None)),
        PredictMode::McDropout(mc) => {
            let count = part.drawn.map_or(mc.samples, |drawn| drawn.samples);
            let error = part.drawn.and_then(|drawn| drawn.standard_error);
            let error = error.map_or(String::new(), |error| format!(", standard error {error:.1e}"));
            Some(("mc_dropout", of("mean", count) + &error, Some(count)))
        }
        PredictMode::Ensemble(mean, mc) => Some(("ensemble", of(word(mean), mc.samples), Some(mc.samples))),
        PredictMode::Exact(mean) => Some(("exact", format!("{} of all sub-networks", word(mean)), None)),
    }
}
