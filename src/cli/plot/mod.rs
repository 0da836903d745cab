//! `dropnet plot`: pictures of trained nets. Several runs stand side by side under their names; only the runs by seed in one folder are averaged.

mod drawn;

use std::path::PathBuf;

use dropnet::internal::{
    atomic,
    kernels::team::Team,
    model::{Interval, McDropout, Precision, PredictMode},
    plot::{Chart, Panels, Picture, graph},
    run::{
        self, Committee, ExperimentError, PlotWish, Record, Rewritten, RunDir, Sounds, TrainedError, Traits,
    },
};

use super::{
    Outcome, data, ending,
    eval::{self, Runs},
    numbers,
    predict::{self, USUAL_SAMPLES},
    source::{File, Sets, Source},
    train::{Threads, opened},
    ui::{Exit, Failure, Ui},
};
use drawn::{Drawn, beside, nets};

#[derive(clap::Args)]
#[command(mut_arg("paths", |paths| paths.help(
    "Folder of a run, or a checkpoint; several are drawn side by side, the runs in a folder of `train --seeds` as their mean; `@last` is the newest run; or the folder of an experiment: a figure over a param"
)))]
pub struct Command {
    #[command(flatten)]
    runs: Runs,
    /// Draw the mean of the runs that are named, instead of one beside the other
    #[arg(long)]
    mean: bool,
    /// What is drawn of a run [default: how training went]
    #[arg(long, value_name = "KIND", value_enum)]
    kind: Option<Kind>,
    /// Draw the net of a `.net` file instead: its layers, places of dropout marked
    #[arg(long, value_name = "FORM", value_enum)]
    #[arg(conflicts_with_all = ["kind", "csv", "text", "sets", "layer", "row", "samples", "seed", "precision", "temperature", "checkpoint", "count", "rows", "epochs", "wav", "mean", "figure", "over"])]
    graph: Option<GraphForm>,
    /// File for the picture: SVG, or PNG where its name ends so [default: SVG on stdout]
    #[arg(short, long, value_name = "FILE")]
    out: Option<PathBuf>,
    /// Write the numbers of the picture, as CSV, instead of SVG
    #[arg(long)]
    csv: bool,
    /// Draw for the terminal instead, in dots of Braille
    #[arg(long, conflicts_with = "csv")]
    text: bool,
    /// Sets of masks of `convergence`
    #[arg(long, value_name = "K", value_parser = clap::value_parser!(u32).range(2..=10_000))]
    sets: Option<u32>,
    /// Samples of each row with dropout on; 0: none [default: those of the file's `predict` section, or 100 where something is live]
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u32).range(..=1_000_000))]
    samples: Option<u32>,
    /// The layer whose filters are drawn [default: the first with weights]
    #[arg(long, value_name = "PATH")]
    layer: Option<String>,
    /// The row whose feature maps or weights of attention are drawn, from 0 [default: 0]
    #[arg(long, value_name = "R", value_parser = numbers::whole::<0>)]
    row: Option<u64>,
    /// Seed of the masks [default: that of the file's `predict` section, or of the run]
    #[arg(long, value_name = "N", value_parser = numbers::whole::<0>)]
    seed: Option<u64>,
    /// Inverse variance of an observation around the mean function, in the target's own units, or `fit` for what `calibrate` found
    #[arg(long, value_name = "X", value_parser = numbers::precision)]
    precision: Option<Precision>,
    /// Divide logits by this, in place of what `calibrate` found; 1 leaves them as they are
    #[arg(long, value_name = "T", value_parser = numbers::temperature)]
    temperature: Option<f64>,
    /// Lines beyond the end of the table that `forecast` goes on, each foretold from those before it
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u32).range(1..=100_000))]
    ahead: Option<u32>,
    /// Training rows of `augment`, the first of them 0 [default: 0..8]
    #[arg(long, value_name = "A..B", value_parser = numbers::rows)]
    rows: Option<std::ops::Range<usize>>,
    /// Epochs of `augment` [default: 4]
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u64).range(1..=1000))]
    epochs: Option<u64>,
    /// Folder for the sounds of `augment`, before and after, as wav files to listen to
    #[arg(long, value_name = "DIR")]
    wav: Option<PathBuf>,
    /// The figure of an experiment that is drawn, such as `test.accuracy` [default: the first metric of the test part]
    #[arg(long, value_name = "NAME")]
    figure: Option<String>,
    /// The param of an experiment along the horizontal axis [default: the one with the most values that are numbers]
    #[arg(long, value_name = "PARAM")]
    over: Option<String>,
    #[command(flatten)]
    threads: Threads,
}

#[derive(Clone, Copy, PartialEq, Eq, clap::ValueEnum)]
enum Kind {
    /// Share of rows that are right over confidence
    Reliability,
    /// Error of the rows that are answered over their share, the most doubtful refused first
    Risk,
    /// Error over uncertainty, in ten groups of rows
    Uncertainty,
    /// Error of means over 1, 2, ... samples beside weight scaling
    Convergence,
    /// Losses, metrics and learning rate after each epoch
    Training,
    /// Losses after each epoch
    Loss,
    /// How the weights of each matrix are spread
    Weights,
    /// How strongly the first hidden layer answers held-out rows; several runs side by side, one with dropout off and on
    Activations,
    /// Weights of a layer as pictures: of the first where that reads an image, or of `--layer`
    Filters,
    /// Training rows of a `.net` file as `augment` changes them, epoch by epoch: what training is fed with, before pairs are mixed; texts as lines, sounds as spectrograms (and files: `--wav`)
    Augment,
    /// One picture of the held-out rows (`--row`) and the feature maps that the net makes of it
    Maps,
    /// Where the places of one held-out row (`--row`) look: the weights of every attention, undropped; what a mask drops of them `subnet` shows
    Attention,
    /// Which class is given to each place of two inputs, paler where samples disagree, with the rows in it
    Boundary,
    /// What is predicted over what was observed, of nets that predict numbers
    Predicted,
    /// What is left of the observations over the predictions
    Residuals,
    /// One number over one input, with its epistemic and total spread, on the data and beyond
    Band,
    /// A series foretold: what the net says of each place of the held-out stretch, with its intervals, beside what came
    Forecast,
}

#[derive(Clone, Copy, PartialEq, Eq, clap::ValueEnum)]
enum GraphForm {
    /// For Graphviz
    Dot,
    /// For Mermaid
    Mermaid,
    /// A drawing
    Svg,
}

/// What is written where nothing else is asked for, and how its file may end.
const PICTURE: (&str, &[&str]) = ("the picture is SVG or PNG", &["svg", "png"]);

impl Command {
    pub fn run(&self, ui: &mut Ui) -> Outcome {
        self.check_ending()?;
        if let Some(form) = self.graph {
            let text = self.graph(form, ui)?;
            return self.write(text.as_bytes(), ui);
        }
        if self.kind == Some(Kind::Augment) {
            return self.augment(ui);
        }
        let of_rows = [
            ("--rows", self.rows.is_some()),
            ("--epochs", self.epochs.is_some()),
            ("--wav", self.wav.is_some()),
        ];
        if let Some((flag, _)) = of_rows.iter().find(|(_, given)| *given) {
            return Err(Failure::usage(format!("`{flag}` is of `--kind augment`")));
        }
        if self.ahead.is_some() && self.kind != Some(Kind::Forecast) {
            return Err(Failure::usage("`--ahead` is of `--kind forecast`"));
        }
        if let Some(record) = self.experiment()? {
            return self.record(&record, ui);
        }
        for (flag, given) in [("--figure", self.figure.is_some()), ("--over", self.over.is_some())] {
            if given {
                return Err(Failure::usage(format!("`{flag}` is of the folder of an experiment")));
            }
        }
        let drawn = self.drawn(ui)?;
        drawn.iter().try_for_each(|one| self.check(&one.committee))?;
        let picture = self.picture(&drawn).map_err(|error| eval::failure(&error, ui))?;
        self.show(&picture, ui)
    }

    /// The record of the experiment that is named, if one is.
    fn experiment(&self) -> Result<Option<Record>, Failure> {
        let is_one =
            |path: &&PathBuf| path.is_dir() && Record::is_in(path) && !RunDir::at(path).has_checkpoint();
        match (&self.runs.paths[..], self.runs.paths.iter().find(is_one)) {
            (_, None) => Ok(None),
            ([path], Some(_)) => {
                Record::read(path).map(Some).map_err(|error| Failure::data(ExperimentError::from(error)))
            }
            (_, Some(path)) => Err(Failure::usage(format!(
                "{} is the folder of an experiment, and is drawn by itself\nhelp: compare in one experiment what is to stand in one picture: `dropnet experiment a.net b.net`",
                path.display()
            ))),
        }
    }

    /// A figure over a param, or the course of every setting.
    fn record(&self, record: &Record, ui: &mut Ui) -> Outcome {
        let given = [
            ("--samples", self.samples.is_some()),
            ("--sets", self.sets.is_some()),
            ("--layer", self.layer.is_some()),
            ("--row", self.row.is_some()),
            ("--seed", self.seed.is_some()),
            ("--precision", self.precision.is_some()),
            ("--temperature", self.temperature.is_some()),
            ("--checkpoint", self.runs.chooses()),
            ("--threads", self.threads.given()),
            ("--mean", self.mean),
        ];
        if let Some((flag, _)) = given.iter().find(|(_, given)| *given) {
            return Err(Failure::usage(format!("`{flag}` has no effect on the record of an experiment")));
        }
        let wish = PlotWish { figure: self.figure.clone(), over: self.over.clone() };
        let picture = match self.kind {
            None => Picture::from(record.chart(&wish).map_err(Failure::data)?),
            Some(Kind::Training) if self.figure.is_none() && self.over.is_none() => {
                Picture::Charts(record.course().map_err(Failure::data)?)
            }
            Some(Kind::Training) => {
                return Err(Failure::usage("`--figure` and `--over` are of the picture without `--kind`"));
            }
            Some(_) => {
                return Err(Failure::usage(
                    "an experiment keeps no trained nets: it is drawn without `--kind`, a figure over a param, or by `--kind training`",
                ));
            }
        };
        self.show(&picture, ui)
    }

    /// Writes a picture in the form that is asked for.
    fn show(&self, picture: &Picture, ui: &mut Ui) -> Outcome {
        let cannot = |e| Failure::data(format!("nothing to draw: {e}"));
        let bytes = match () {
            () if self.csv => picture.csv().into_bytes(),
            () if self.text => picture.text().into_bytes(),
            () if self.is_bitmap() => picture.png().map_err(cannot)?,
            () => picture.svg().map_err(cannot)?.into_bytes(),
        };
        self.write(&bytes, ui)
    }

    /// What training is fed with.
    fn augment(&self, ui: &mut Ui) -> Outcome {
        let [path] = &self.runs.paths[..] else {
            return Err(Failure::usage("`--kind augment` shows the rows of one `.net` file"));
        };
        let given = [
            ("--samples", self.samples.is_some()),
            ("--sets", self.sets.is_some()),
            ("--layer", self.layer.is_some()),
            ("--row", self.row.is_some()),
            ("--precision", self.precision.is_some()),
            ("--temperature", self.temperature.is_some()),
            ("--checkpoint", self.runs.chooses()),
            ("--threads", self.threads.given()),
            ("--mean", self.mean),
            ("--figure", self.figure.is_some()),
            ("--over", self.over.is_some()),
        ];
        if let Some((flag, _)) = given.iter().find(|(_, given)| *given) {
            return Err(Failure::usage(format!("`{flag}` has no effect on the rows of training")));
        }
        let file = File { path: path.clone(), sets: Sets { sets: Vec::new() } };
        let source = Source::read(path)?;
        let ready = opened(&file, &source, ui)?;
        let (rows, most) = (self.rows.clone().unwrap_or(0..8), ready.dataset.train.rows());
        if rows.start >= most || self.rows.is_some() && rows.end > most {
            return Err(Failure::usage(format!("there are {most} training rows, from 0 on")));
        }
        let seed = self.seed.or(ready.model.train.as_ref().and_then(|train| train.seed)).unwrap_or(0);
        let shown = run::augmented(&ready, seed, rows.start..rows.end.min(most), self.epochs.unwrap_or(4));
        let shown = shown.map_err(|error| data::failure(&error, Some(&source), ui))?;
        let (tiles, mixed) = match shown {
            None => {
                return Err(Failure::data(
                    "no statement of `augment` changes single rows: training is fed with rows as they are",
                ));
            }
            Some(run::Augmented::Sounds { sounds, mixed }) => {
                self.listen(&sounds, ui)?;
                (sounds.tiles(), mixed)
            }
            Some(_) if self.wav.is_some() => {
                return Err(Failure::usage("`--wav` writes sounds, and the rows of this net are none"));
            }
            Some(run::Augmented::Texts(rows)) => return self.texts(&rows, ui),
            Some(run::Augmented::Pictures { tiles, mixed }) => (tiles, mixed),
        };
        if !self.csv && !self.text {
            ending::fits(self.out.as_deref(), PICTURE.0, PICTURE.1)?;
        }
        for (epoch, row, mixed) in &mixed {
            let how = mixed.rect.map_or(String::new(), |rect| {
                let (right, below) = (rect.left + rect.width, rect.top + rect.height);
                format!(", its places {}..{below} by {}..{right} pasted in", rect.top, rect.left)
            });
            let share = numbers::shown(mixed.share);
            ui.talk(format!("epoch {epoch}: row {row} with row {}, {share} of its own{how}", mixed.partner));
        }
        self.show(&Picture::Tiles(tiles), ui)
    }

    /// Writes sounds where they are wanted as files.
    fn listen(&self, sounds: &Sounds, ui: &mut Ui) -> Result<(), Failure> {
        let Some(folder) = &self.wav else { return Ok(()) };
        let written = sounds
            .write(folder)
            .map_err(|(path, error)| Failure::data(format!("cannot write {}: {error}", path.display())))?;
        ui.talk(format!("{written} sounds in {}", folder.display()));
        Ok(())
    }

    /// Texts and what the net is fed of them, a line each.
    fn texts(&self, rows: &[Rewritten], ui: &mut Ui) -> Outcome {
        if !self.csv {
            ending::fits(self.out.as_deref(), "the rows are texts", &["txt"])?;
        }
        let mut text = String::new();
        if self.csv {
            text += "row,epoch,text\n";
            let cell = |words: &str| format!("\"{}\"", words.replace('"', "\"\""));
            for row in rows {
                text += &format!("{},0,{}\n", row.row, cell(&row.original));
                row.epochs
                    .iter()
                    .for_each(|(epoch, fed)| text += &format!("{},{epoch},{}\n", row.row, cell(fed)));
            }
            return self.write(text.as_bytes(), ui);
        }
        for row in rows {
            text += &format!("row {}: {}\n", row.row, row.original);
            row.epochs.iter().for_each(|(epoch, fed)| text += &format!("  epoch {epoch}: {fed}\n"));
        }
        self.write(text.as_bytes(), ui)
    }

    /// What is drawn of a run; there is one unless a graph is asked for.
    fn kind(&self) -> Kind {
        self.kind.unwrap_or(Kind::Training)
    }

    fn is_bitmap(&self) -> bool {
        let ending = self.out.as_ref().and_then(|path| path.extension());
        ending.is_some_and(|ending| ending.eq_ignore_ascii_case("png"))
    }

    fn check_ending(&self) -> Result<(), Failure> {
        if self.kind == Some(Kind::Augment) && !self.csv && !self.text {
            // Rows that are texts are no picture; what they are is not known yet.
            return Ok(());
        }
        let (what, endings): (&str, &[&str]) = match self.graph {
            Some(GraphForm::Dot) => ("the graph is text for Graphviz", &["dot", "gv", "txt"]),
            Some(GraphForm::Mermaid) => ("the graph is text for Mermaid", &["mmd", "mermaid", "md", "txt"]),
            Some(GraphForm::Svg) => ("the graph is SVG", &["svg"]),
            None if self.csv => ("the numbers are CSV", &["csv", "txt"]),
            None if self.text => ("the picture is text", &["txt"]),
            None => PICTURE,
        };
        ending::fits(self.out.as_deref(), what, endings)
    }

    fn graph(&self, form: GraphForm, ui: &mut Ui) -> Result<String, Failure> {
        let [path] = &self.runs.paths[..] else {
            return Err(Failure::usage("`--graph` draws one `.net` file"));
        };
        let (_, model) = File { path: path.clone(), sets: Sets { sets: Vec::new() } }.model(ui)?;
        match form {
            GraphForm::Dot => Ok(graph::dot(&model)),
            GraphForm::Mermaid => Ok(graph::mermaid(&model)),
            GraphForm::Svg => {
                graph::svg(&model).map_err(|e| Failure::data(format!("the net cannot be drawn: {e}")))
            }
        }
    }

    /// Every path that was named, by itself or all together.
    fn drawn(&self, ui: &mut Ui) -> Result<Vec<Drawn>, Failure> {
        if self.mean && self.runs.members().len() < 2 {
            return Err(Failure::usage("`--mean` is of several runs: name more than one"));
        }
        let paths: Vec<Vec<PathBuf>> = match (self.mean, self.kind() == Kind::Convergence) {
            (true, _) => vec![self.runs.paths.clone()],
            // A curve is of one net.
            (false, true) => self.runs.members().into_iter().map(|path| vec![path.into()]).collect(),
            (false, false) => self.runs.paths.iter().map(|path| vec![path.clone()]).collect(),
        };
        let several = paths.len() > 1;
        let mut drawn = Vec::new();
        for paths in paths {
            let committee = self.runs.read_some(&paths).map_err(|error| match error {
                TrainedError::NoRun(error) if error.is_a_net() => {
                    Failure::usage(format!("{error}\nhelp: `--graph svg` draws the net itself"))
                }
                error => eval::failure(&error, ui),
            })?;
            let committee = predict::tempered(committee, self.temperature)?;
            let search = paths.first().map_or_else(|| self.runs.search(), |path| eval::search(path));
            drawn.push(Drawn { paths, several, differs: String::new(), committee, search });
        }
        let seeds =
            |one: &Drawn| one.committee.members().iter().map(|net| net.checkpoint.meta.seed).collect();
        let traits = drawn.iter().map(|one| Traits::of(one.committee.first()).with_seeds(seeds(one)));
        let labels = run::labels(&traits.collect::<Vec<_>>());
        drawn.iter_mut().zip(labels).for_each(|(one, label)| one.differs = label);
        Ok(drawn)
    }

    fn write(&self, bytes: &[u8], ui: &mut Ui) -> Outcome {
        match &self.out {
            None => ui.bytes(bytes)?,
            Some(path) => atomic::replace(path, |out| out.write_all(bytes))
                .map_err(|e| Failure::data(format!("cannot write {}: {e}", path.display())))?,
        }
        Ok(Exit::Done)
    }

    /// Refuses flags that would have no effect.
    fn check(&self, committee: &Committee) -> Result<(), Failure> {
        let live = committee.members().iter().any(|one| one.model.is_live_in_mc());
        let numbers = committee.first().model.output.kind.needs_precision();
        let convergence = self.kind() == Kind::Convergence;
        let spread = matches!(self.kind(), Kind::Uncertainty | Kind::Band | Kind::Forecast);
        let plain = matches!(
            self.kind(),
            Kind::Training
                | Kind::Loss
                | Kind::Weights
                | Kind::Activations
                | Kind::Filters
                | Kind::Maps
                | Kind::Attention
        );
        let of_log = matches!(self.kind(), Kind::Training | Kind::Loss);
        let computes = !of_log && !matches!(self.kind(), Kind::Weights | Kind::Filters | Kind::Attention);
        let given = [
            (
                "--mean",
                self.mean
                    && matches!(
                        self.kind(),
                        Kind::Weights
                            | Kind::Activations
                            | Kind::Filters
                            | Kind::Maps
                            | Kind::Attention
                            | Kind::Convergence
                    ),
                "has no effect on what is of one net: leave it out, and they stand side by side",
            ),
            ("--checkpoint", self.runs.chooses() && of_log, "has no effect on a log, which is of all epochs"),
            ("--threads", self.threads.given() && !computes, "has no effect where nothing is computed"),
            (
                "--samples",
                self.samples == Some(0) && convergence,
                "must be at least 1 for a curve over samples",
            ),
            (
                "--seed",
                self.seed.is_some() && self.samples == Some(0),
                "is of the masks, and `--samples 0` draws none",
            ),
            ("--sets", self.sets.is_some() && !convergence, "is of `--kind convergence`"),
            ("--layer", self.layer.is_some() && self.kind() != Kind::Filters, "is of `--kind filters`"),
            (
                "--row",
                self.row.is_some() && !matches!(self.kind(), Kind::Maps | Kind::Attention),
                "is of `--kind maps` and `--kind attention`",
            ),
            ("--seed", self.seed.is_some() && convergence, "has no effect on disjoint sets of masks"),
            ("--samples", self.samples.is_some() && plain, "is of pictures of predictions"),
            ("--seed", self.seed.is_some() && plain, "is of pictures of predictions"),
            ("--temperature", self.temperature.is_some() && plain, "is of pictures of predictions"),
            (
                "--temperature",
                self.temperature.is_some() && convergence,
                "has no effect on a curve of errors",
            ),
            (
                "--precision",
                self.precision.is_some() && !(spread && numbers),
                "is of the spread of `real` outputs",
            ),
        ];
        if let Some((flag, _, why)) = given.into_iter().find(|(_, refused, _)| *refused) {
            return Err(Failure::usage(format!("`{flag}` {why}")));
        }
        let drawn = self.samples.is_some_and(|samples| samples > 0) || self.seed.is_some();
        if drawn && !live { Err(Failure::usage(predict::STILL)) } else { Ok(()) }
    }

    /// Samples of dropout beside one pass, where something is live.
    fn mode(&self, committee: &Committee) -> PredictMode {
        let live = committee.members().iter().any(|one| one.model.is_live_in_mc());
        let said = match committee.first().model.predict.mode {
            PredictMode::McDropout(mc) | PredictMode::Ensemble(_, mc) => mc,
            PredictMode::WeightScaling | PredictMode::Exact(_) => {
                McDropout { samples: if live { USUAL_SAMPLES } else { 0 }, seed: None, until: None }
            }
        };
        match self.samples.unwrap_or(said.samples) {
            0 => PredictMode::WeightScaling,
            samples => {
                PredictMode::McDropout(McDropout { samples, seed: self.seed.or(said.seed), until: None })
            }
        }
    }

    /// Samples only where the file or a flag asks for them.
    fn asked_mode(&self, committee: &Committee) -> PredictMode {
        let asked = self.samples.is_some() || self.seed.is_some();
        match committee.first().model.predict.mode {
            PredictMode::WeightScaling | PredictMode::Exact(_) if !asked => PredictMode::WeightScaling,
            _ => self.mode(committee),
        }
    }

    fn picture(&self, drawn: &[Drawn]) -> Result<Picture, TrainedError> {
        let team = &Team::new(self.threads.count());
        let judged = |picture: &dyn Fn(&Drawn) -> Result<Chart, TrainedError>| {
            let picture = |one: &Drawn| picture(one).map_err(|error| one.blamed(error));
            beside(drawn, Drawn::averaged_name, Chart::beside, picture).map(Picture::from)
        };
        match self.kind() {
            Kind::Training => {
                let panels = |one: &Drawn| Ok(run::training(&one.logs()?));
                beside(drawn, Drawn::name, Panels::beside, panels).map(Picture::Charts)
            }
            Kind::Loss => beside(drawn, Drawn::name, Chart::beside, |one| Ok(run::losses(&one.logs()?)))
                .map(Picture::from),
            Kind::Filters => run::filters(&nets(drawn), self.layer.as_deref()).map(Picture::Tiles),
            Kind::Maps => run::maps(&nets(drawn), self.row.unwrap_or(0) as usize, team).map(Picture::Tiles),
            Kind::Attention => {
                run::attention(&nets(drawn), self.row.unwrap_or(0) as usize).map(Picture::Tiles)
            }
            Kind::Weights => run::weights(&nets(drawn)).map(Picture::from),
            Kind::Activations => run::activations(&nets(drawn), team).map(Picture::from),
            Kind::Reliability => {
                judged(&|one| run::reliability(&one.committee, &one.search, self.mode(&one.committee), team))
            }
            Kind::Risk => {
                judged(&|one| run::risk(&one.committee, &one.search, self.mode(&one.committee), team))
            }
            Kind::Uncertainty => judged(&|one| self.uncertainty(one, team)),
            Kind::Convergence => judged(&|one| self.convergence(one, team)),
            Kind::Band => judged(&|one| {
                run::band(&one.committee, &one.search, self.mode(&one.committee), self.interval(one), team)
            }),
            Kind::Boundary => {
                let one = |one: &Drawn| {
                    let chart = run::boundary(&one.committee, &one.search, self.mode(&one.committee), team);
                    let chart = chart.map_err(|error| one.blamed(error))?;
                    let name = one.averaged_name().map_or(String::new(), |name| format!("{name}: "));
                    Ok(Chart { title: name + &chart.title, ..chart })
                };
                let charts = drawn.iter().map(one).collect::<Result<Vec<Chart>, TrainedError>>()?;
                Ok(Picture::Charts(Panels(charts)))
            }
            Kind::Predicted => judged(&|one| {
                run::predicted(&one.committee, &one.search, self.asked_mode(&one.committee), team)
            }),
            Kind::Residuals => judged(&|one| {
                run::residuals(&one.committee, &one.search, self.asked_mode(&one.committee), team)
            }),
            Kind::Forecast => judged(&|one| {
                run::forecast(
                    &one.committee,
                    &one.search,
                    self.mode(&one.committee),
                    self.interval(one),
                    self.ahead.unwrap_or(0) as usize,
                    team,
                )
            }),
            Kind::Augment => {
                Err(TrainedError::Unfit("the rows of training are those of a net, not of runs".into()))
            }
        }
    }

    /// Precision of the flag or of the file.
    fn said_precision(&self, drawn: &Drawn) -> Option<Precision> {
        let interval = drawn.committee.first().model.predict.interval;
        self.precision.or(interval.and_then(|interval| interval.precision))
    }

    fn uncertainty(&self, drawn: &Drawn, team: &Team) -> Result<Chart, TrainedError> {
        let mode = self.mode(&drawn.committee);
        let known = |precision: Precision| match precision {
            Precision::Known(x) => Ok(x),
            Precision::Fit => drawn.committee.first().fitted_precision(mode),
        };
        let precision = self.said_precision(drawn).map(known).transpose()?;
        run::uncertainty(&drawn.committee, &drawn.search, mode, precision, team)
    }

    fn convergence(&self, drawn: &Drawn, team: &Team) -> Result<Chart, TrainedError> {
        let one = drawn.committee.alone().ok_or_else(|| {
            TrainedError::Unfit("a curve of convergence is of one net: name one run".into())
        })?;
        let samples = match self.mode(&drawn.committee) {
            PredictMode::McDropout(mc) => mc.samples,
            _ => USUAL_SAMPLES,
        };
        Ok(run::curve(
            one,
            &drawn.search,
            None,
            samples,
            self.sets.unwrap_or(20),
            (team, &run::Watch::default()),
        )?
        .chart())
    }

    /// Intervals of observations, where the net or a precision says how far those lie from the mean.
    fn interval(&self, drawn: &Drawn) -> Option<Interval> {
        let model = &drawn.committee.first().model;
        let precision = self.said_precision(drawn);
        let share = model.predict.interval.map_or(0.95, |interval| interval.share);
        let known = model.output.kind.says_spread() || precision.is_some();
        known.then_some(Interval { share, precision })
    }
}
