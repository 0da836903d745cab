//! `dropnet predict`: rows in, predictions out, in order.

use std::{
    fs::File,
    io::{BufWriter, Read, Seek, Write},
    path::{Path, PathBuf},
};

use dropnet::internal::{
    data::{Converted, DataError, Kept, Rows, Transform, Unread},
    front::told,
    model::{Interval, McDropout, Precision, Predict, PredictMode},
    run::{Abstain, Committee, PredictionForm, SamplesDrawn, TrainedError, Writing},
    vocab::exactly,
};

use tempfile::NamedTempFile;

use super::{
    Outcome, data,
    eval::{self, Runs},
    numbers,
    ranks::Ranks,
    sampling::{Sampling, of_numbers},
    source::{STDIN, reason},
    train::Threads,
    ui::{Exit, Failure, Ui},
};

#[derive(clap::Args)]
pub struct Command {
    #[command(flatten)]
    runs: Runs,
    /// Rows to predict, the target left out or ignored: CSV, JSON (objects or lists), or for a net that was trained on arrays a NumPy array, IDX pictures, a png, jpg, webp, wav or flac file, or a folder of such or of texts; `-` reads stdin
    #[arg(long, value_name = "FILE")]
    input: PathBuf,
    /// File for the predictions, whose ending says its form: .csv, .json or .jsonl, .npy; or a form alone, `csv`, `json` or `npy`, for stdout [default: csv on stdout]
    #[arg(long, value_name = "FILE|FORM")]
    output: Option<PathBuf>,
    /// Write one JSON object a line
    #[arg(long)]
    json: bool,
    /// Columns of the rows to write beside their predictions, by name or by number from 1; `all` for all
    #[arg(long, value_name = "COLUMNS", value_delimiter = ',')]
    keep: Vec<String>,
    /// Write the standard deviation of each class's probability over samples too, in a column `CLASS_sd`
    #[arg(long)]
    sd: bool,
    #[command(flatten)]
    sampling: Sampling,
    /// Intervals that hold a new observation with this probability, such as 95%
    #[arg(long, value_name = "SHARE", value_parser = numbers::share)]
    interval: Option<f64>,
    /// Mark rows that are too uncertain, in a column `abstain`: `mi>0.3`, `entropy>1`, `sd>2`, `confidence<0.9`
    #[arg(long, value_name = "RULE")]
    abstain: Option<Abstain>,
    #[command(flatten)]
    threads: Threads,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Form {
    /// With a header
    Csv,
    /// One object a line
    Json,
    /// A NumPy array: of 64-bit floats where the target is normalised, else of 32-bit ones
    Npy,
}

impl From<Form> for PredictionForm {
    fn from(form: Form) -> Self {
        match form {
            Form::Csv => Self::Csv,
            Form::Json => Self::Json,
            Form::Npy => Self::Npy,
        }
    }
}

impl Command {
    pub fn run(&self, ui: &mut Ui) -> Outcome {
        Ranks::together(ui, |ranks, ui| self.run_as(ranks, ui))
    }

    fn run_as(&self, ranks: Option<&Ranks>, ui: &mut Ui) -> Outcome {
        Ranks::can_all_read(ranks, &self.input)?;
        let committee = self.sampling.tempered(self.runs.read_by(ranks, ui)?)?;
        let committee = self.sampling.seen(committee, ui)?;
        let (form, file) = self.form()?;
        let file = file.filter(|_| ranks.is_none_or(Ranks::is_first));
        let transform = &committee.first().checkpoint.meta.transform;
        let read = self.rows(transform, form, ui);
        let (rows, kept) = match ranks {
            None => read?,
            Some(ranks) => ranks.all(read, ui)?,
        };
        if let Some(ranks) = ranks {
            ranks.have_the_same(&[("number of rows to predict", committee.count(&rows) as u64)])?;
        }
        let team = Ranks::team(ranks, self.threads.count());
        let how = self.how(&committee)?;
        self.runs.say_mean(ui);
        self.sampling.say_unfitted(&committee, how.mode, ui);
        let (count, mut refused) = (committee.count(&rows), 0);
        let (all, noticed) = (rows.rows, rows.noticed.clone());
        let mut writing = Writing::new(form.into(), count).of_files(rows.names.clone()).beside(kept);
        let mut out = file.map(Written::begin).transpose()?;
        let done = committee.predict_each(rows, &how, &team, |block| {
            let block = match &self.abstain {
                None => block,
                Some(rule) => block.abstaining(rule).map_err(Failure::usage)?,
            };
            refused += block.refused().unwrap_or(0);
            let bytes = writing.block(&block);
            match &mut out {
                // Who waits for files to be decoded sees what is answered already.
                None if noticed.is_some() => ui.bytes(&bytes).and_then(|()| ui.finish()).map_err(Ended::from),
                None => Ok(ui.bytes(&bytes)?),
                Some(out) => Ok(out.add(&bytes)?),
            }
        });
        let drawn = done.map_err(|ended| match ended {
            Ended::Failed(failure) => failure,
            Ended::Unpredicted(error) => eval::failure(&error, ui),
        });
        let drawn = Ranks::settled(ranks, drawn, ui)?;
        out.map(Written::end).transpose()?;
        if let Some((converted, unread)) = noticed.map(|noticed| noticed.so_far()) {
            say_converted(all, converted, ui);
            say_unread(all, unread, ui);
        }
        if self.abstain.is_some() {
            ui.talk(format_args!("abstains from {refused} of {count} rows"));
        }
        if let Some(line) = drawn.and_then(|drawn| settled(drawn, how.mode)) {
            ui.talk(line);
        }
        Ok(Exit::Done)
    }

    /// The form of the predictions, and their file if it is one.
    fn form(&self) -> Result<(Form, Option<&Path>), Failure> {
        let usual = if self.json { Form::Json } else { Form::Csv };
        let Some(output) = &self.output else { return Ok((usual, None)) };
        let forms = [("csv", Form::Csv), ("json", Form::Json), ("npy", Form::Npy)];
        let both = |form: Form| match self.json && form != Form::Json {
            true => Err(Failure::usage("`--json` and another form in `--output`: leave one of them out")),
            false => Ok(form),
        };
        if let Some((_, form)) = forms.into_iter().find(|(name, _)| output == Path::new(name)) {
            return both(form).map(|form| (form, None));
        }
        let form = match output
            .extension()
            .and_then(|ending| ending.to_str())
            .map(str::to_ascii_lowercase)
            .as_deref()
        {
            Some("csv") => both(Form::Csv)?,
            Some("json" | "jsonl") => Form::Json,
            Some("npy") => both(Form::Npy)?,
            _ => {
                return Err(Failure::usage(format!(
                    "{}: the ending says no form of predictions\nhelp: let the name end in .csv, .json, .jsonl or .npy; `--output csv`, `json` or `npy` write to stdout",
                    output.display()
                )));
            }
        };
        Ok((form, Some(output)))
    }

    /// The rows to predict, with what is kept of them: those of an array that is not packed stay in their file.
    fn rows(&self, transform: &Transform, form: Form, ui: &mut Ui) -> Result<(Rows, Option<Kept>), Failure> {
        let name = self.input.display().to_string();
        let keeps = !self.keep.is_empty();
        if keeps && form == Form::Npy {
            return Err(Failure::usage("`--keep` has no effect on an array, which holds numbers alone"));
        }
        if !keeps {
            return Ok((rows(&self.input, transform, ui)?, None));
        }
        let unread = |e: std::io::Error| Failure::data(format!("cannot read {name}: {}", reason(&e)));
        if self.input.is_dir() || transform.takes_archive(&name) {
            return Err(Failure::usage(
                "`--keep` is of tables: rows that are files are called by their names",
            ));
        }
        let bytes = match stream(&self.input).map_err(unread)? {
            Some(bytes) => bytes,
            None => {
                let mut file = File::open(&self.input).map_err(unread)?;
                match transform.leave_rows(&file, &name) {
                    Ok(None) => {
                        let mut bytes = Vec::new();
                        file.rewind().and_then(|()| file.read_to_end(&mut bytes)).map_err(unread)?;
                        bytes
                    }
                    Ok(Some(_)) => {
                        return Err(Failure::usage(
                            "`--keep` is of tables: an array has no columns with names",
                        ));
                    }
                    Err(error) => return Err(data::failure(&error, None, ui)),
                }
            }
        };
        let read = || {
            let kept = transform.kept_columns(bytes.clone(), &name, &self.keep)?;
            Ok((transform.read_rows(bytes, &name)?, kept))
        };
        let (rows, kept) = read().map_err(|error: DataError| data::failure(&error, None, ui))?;
        Ok((said(rows, ui)?, Some(kept)))
    }
}

/// All of an input that can be read but once: of stdin, or of a pipe with a name.
fn stream(input: &Path) -> std::io::Result<Option<Vec<u8>>> {
    let mut from: Box<dyn Read> = match input == Path::new(STDIN) {
        true => Box::new(std::io::stdin()),
        false if input.metadata()?.is_file() => return Ok(None),
        false => Box::new(File::open(input)?),
    };
    let mut bytes = Vec::new();
    from.read_to_end(&mut bytes).map(|_| Some(bytes))
}

/// The rows of an input: those of an array that is not packed stay in their file.
pub fn rows(input: &Path, transform: &Transform, ui: &mut Ui) -> Result<Rows, Failure> {
    let name = input.display().to_string();
    let unread = |e: std::io::Error| Failure::data(format!("cannot read {name}: {}", reason(&e)));
    if input.is_dir() || transform.takes_archive(&name) {
        let rows = transform.read_folder(input, &name);
        return said(rows.map_err(|error| data::failure(&error, None, ui))?, ui);
    }
    let rows = match stream(input).map_err(unread)? {
        Some(bytes) => transform.read_rows(bytes, &name),
        None => {
            let mut file = File::open(input).map_err(unread)?;
            match transform.leave_rows(&file, &name) {
                Ok(None) => {
                    let mut bytes = Vec::new();
                    file.rewind().and_then(|()| file.read_to_end(&mut bytes)).map_err(unread)?;
                    transform.read_rows(bytes, &name)
                }
                Ok(Some(rows)) => Ok(rows),
                Err(error) => Err(error),
            }
        }
    };
    said(rows.map_err(|error| data::failure(&error, None, ui))?, ui)
}

/// A file that is whole or not there.
struct Written {
    path: PathBuf,
    part: BufWriter<NamedTempFile>,
}

impl Written {
    fn begin(path: &Path) -> Result<Self, Failure> {
        let folder = path.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."));
        let part = NamedTempFile::new_in(folder).map_err(|error| cannot(path, &error))?;
        Ok(Self { path: path.to_owned(), part: BufWriter::new(part) })
    }

    fn add(&mut self, bytes: &[u8]) -> Result<(), Failure> {
        self.part.write_all(bytes).map_err(|error| cannot(&self.path, &error))
    }

    fn end(self) -> Result<(), Failure> {
        let part = self.part.into_inner().map_err(|error| cannot(&self.path, error.error()))?;
        part.persist(&self.path).map(drop).map_err(|error| cannot(&self.path, &error.error))
    }
}

fn cannot(path: &Path, error: &std::io::Error) -> Failure {
    Failure::data(format!("cannot write {}: {}", path.display(), reason(error)))
}

/// The rows, and what became of pictures that were no colours in bytes and of long texts.
fn said(rows: Rows, ui: &mut Ui) -> Result<Rows, Failure> {
    say_converted(rows.rows, rows.converted, ui);
    say_unread(rows.rows, rows.unread, ui);
    Ok(rows)
}

/// What of texts and sounds is in no row.
pub fn say_unread(rows: usize, unread: Unread, ui: &mut Ui) {
    told::of_texts(rows, unread).into_iter().for_each(|told| ui.talk(told));
}

/// What became of pictures among so many that were no colours in bytes.
pub fn say_converted(rows: usize, converted: Converted, ui: &mut Ui) {
    told::of_pictures(rows, converted).into_iter().for_each(|told| ui.talk(told));
}

/// Why not all rows were predicted.
pub enum Ended {
    Unpredicted(TrainedError),
    Failed(Failure),
}

impl From<TrainedError> for Ended {
    fn from(error: TrainedError) -> Self {
        Self::Unpredicted(error)
    }
}

impl From<Failure> for Ended {
    fn from(failure: Failure) -> Self {
        Self::Failed(failure)
    }
}

impl Command {
    /// What the file says, with the flags in its place.
    fn how(&self, committee: &Committee) -> Result<Predict, Failure> {
        self.sampling.check(committee)?;
        let model = &committee.first().model;
        let file = &model.predict;
        let mode = self.sampling.mode(file, 0);
        if self.sampling.seed.is_some() && mode == PredictMode::WeightScaling {
            return Err(Failure::usage("`--seed` is of the masks: it has an effect beside `--samples` only"));
        }
        // What `calibrate` found is there to be used.
        let fitted = || {
            let one = committee.alone().filter(|_| model.output.kind.needs_precision())?;
            one.fitted_precision(mode).ok().map(|_| Precision::Fit)
        };
        let precision = self.sampling.precision.or(file.interval.and_then(|i| i.precision)).or_else(fitted);
        let share = self.interval.or(file.interval.map(|i| i.share));
        if self.sampling.precision.is_some() {
            of_numbers(model.output.kind)?;
            if share.is_none() {
                return Err(Failure::usage("`--precision` has an effect beside `--interval` only"));
            }
        }
        let kind = model.output.kind;
        let told = matches!(mode, PredictMode::McDropout(_))
            || mode == PredictMode::WeightScaling && committee.alone().is_none();
        match (self.sd, kind.classes(), told) {
            (true, None, _) => {
                return Err(Failure::usage(
                    "`--sd` is of classes: numbers and bits have their `epistemic_sd` beside them",
                ));
            }
            (true, Some(_), false) => {
                return Err(Failure::usage(
                    "`--sd` is over samples: it has an effect beside `--samples`, or with several runs",
                ));
            }
            _ => {}
        }
        match share {
            Some(_) if kind.has_probabilities() => {
                Err(Failure::usage("`--interval` is for numbers: classes have probabilities"))
            }
            Some(_) if matches!(mode, PredictMode::Ensemble(..) | PredictMode::Exact(_)) => {
                Err(Failure::usage("`--interval` has no effect on an ensemble, which gives one number a row"))
            }
            Some(_) if kind.needs_precision() && precision.is_none() => Err(Failure::usage(
                "`--interval` needs a precision: how observations spread is not in the net\nhelp: `dropnet calibrate RUN` fits it on the validation rows, and `--interval` then takes it; or write `--precision X`, the inverse of their variance",
            )),
            _ => {
                let interval = share.map(|share| Interval { share, precision });
                Ok(Predict {
                    mode,
                    interval,
                    report: Vec::new(),
                    views: file.views.clone(),
                    class_sd: self.sd,
                })
            }
        }
    }
}

/// What became of samples that were to go on until they are enough.
fn settled(drawn: SamplesDrawn, mode: PredictMode) -> Option<String> {
    let (error, PredictMode::McDropout(McDropout { until: Some(until), .. })) = (drawn.standard_error?, mode)
    else {
        return None;
    };
    let (samples, goal) = (drawn.samples, until.standard_error);
    Some(match error <= goal {
        true => format!("{samples} samples of each row; no mean has a standard error above {error:.1e}"),
        false => format!(
            "{samples} samples of each row are the most; a mean has a standard error of {error:.1e} still, above {}",
            exactly(goal)
        ),
    })
}
