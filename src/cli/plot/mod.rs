//! `dropnet plot`: pictures of trained nets. Several runs stand side by side under their names; only the runs by seed in one folder are averaged.

mod augment;
mod drawn;
mod flags;
mod pictures;

use std::path::PathBuf;

use dropnet::internal::{
    atomic,
    model::Precision,
    plot::{Picture, graph},
    run::{self, ExperimentError, PlotWish, Record, RunDir, TrainedError, Traits},
};

use super::{
    Outcome, ending,
    eval::{self, Runs},
    numbers, sampling,
    source::{self, File, Sets},
    train::Threads,
    ui::{Exit, Failure, Ui},
};
use drawn::Drawn;

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
    #[arg(conflicts_with_all = ["kind", "csv", "text", "sets", "rate", "layer", "row", "samples", "seed", "precision", "temperature", "checkpoint", "count", "rows", "epochs", "wav", "mean", "figure", "over"])]
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
    /// Give a `param` of the file of `augment` or `--graph` another value; may be repeated
    #[arg(long, value_name = "NAME=VALUE", value_parser = source::pair)]
    set: Vec<(String, String)>,
    /// Sets of masks of `convergence`
    #[arg(long, value_name = "K", value_parser = clap::value_parser!(u32).range(2..=10_000))]
    sets: Option<u32>,
    /// Drop hidden units at this rate in `convergence`, whatever the net was trained with; places of `dropout 0` count
    #[arg(long, value_name = "P", value_parser = numbers::share)]
    rate: Option<f64>,
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
        let more = [("--set", !self.set.is_empty()), ("--seed", self.seed.is_some())];
        if let Some(flag) = self.given_of_nets(&more) {
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
        let (_, model) = File { path: path.clone(), sets: Sets { sets: self.set.clone() } }.model(ui)?;
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
            let committee = sampling::tempered(committee, self.temperature)?;
            let committee = match self.rate {
                Some(rate) => committee.thinned_at(rate).map_err(|error| eval::failure(&error, ui))?,
                None => committee,
            };
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
}
