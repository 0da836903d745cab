//! A trained net that is asked about raw rows.

use std::{
    fmt, fs,
    path::Path,
    sync::{Mutex, PoisonError},
};

use serde_json::Value;

use super::{
    cell::Row,
    error::Error,
    predicted::{Prediction, Predictions},
    told,
};
use crate::{
    check::views_of,
    data::{Fields, Part, Rows, Target, Transform},
    kernels::team::{self, Team},
    model::{Interval, McDropout, Precision, Predict, PredictMode},
    run::{Committee, Which},
    runtime::session::Session,
};

/// What rows that a program has are called in messages, a line a row.
const ROWS: &str = "<rows>";
const CSV: &str = "<csv>";

/// The most samples of a row.
const MOST_SAMPLES: u32 = 1_000_000;

/// Reads what training left: the folder of a run, a checkpoint, or a folder of runs by seed (`dropnet train --seeds`), whose nets are averaged.
///
/// # Errors
/// There is none, or it is broken, or of a version that this one does not understand.
pub fn load(run: impl AsRef<Path>) -> Result<Net, Error> {
    let committee = Committee::read(&[run.as_ref().to_owned()], Which::Tested)?;
    Ok(Net::new(committee.of_different_nets()?))
}

/// A trained net, or several that are averaged.
pub struct Net {
    committee: Committee,
    /// How rows are predicted, as the file says or as was asked for.
    how: Predict,
    threads: usize,
    /// Compiled for one row at a time, once that is asked for.
    session: Mutex<Option<Session>>,
}

impl fmt::Debug for Net {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let outputs = self.committee.none().column_names().1;
        f.debug_struct("Net").field("columns", &self.columns()).field("outputs", &outputs).finish()
    }
}

impl Net {
    pub(super) fn new(committee: Committee) -> Self {
        let how = committee.first().model.predict.clone();
        Self { committee, how, threads: team::cores(), session: Mutex::new(None) }
    }

    /// By Monte-Carlo dropout with so many samples of each row, in place of what the file says: predictions are means over samples, and say
    /// how far those differ ([`Prediction::sd`]). The masks are those of the seed in the file's `predict` section, else of the run's.
    ///
    /// # Errors
    /// No sample, more than a million, or a net without dropout that is live.
    pub fn monte_carlo(self, samples: u32) -> Result<Self, Error> {
        if samples == 0 || samples > MOST_SAMPLES {
            return Err(Error::request(format!(
                "{samples} samples: from 1 to {MOST_SAMPLES} can be drawn\nhelp: `weight_scaling` predicts without samples"
            )));
        }
        if !self.committee.members().iter().any(|one| one.model.is_live_in_mc()) {
            return Err(Error::request(
                "nothing of this net is left to chance: all samples would be the same\nhelp: predict without samples, or put a `dropout` with a rate above 0 into the net and train it",
            ));
        }
        let seed = match self.how.mode {
            PredictMode::McDropout(mc) | PredictMode::Ensemble(_, mc) => mc.seed,
            PredictMode::WeightScaling | PredictMode::Exact(_) => None,
        };
        let mode = PredictMode::McDropout(McDropout { samples, seed, until: None });
        Ok(Self { how: Predict { mode, ..self.how }, ..self })
    }

    /// With other masks, where samples are drawn.
    ///
    /// # Errors
    /// There are no samples, whose masks it would be of.
    pub fn mask_seed(mut self, seed: u64) -> Result<Self, Error> {
        match &mut self.how.mode {
            PredictMode::McDropout(mc) | PredictMode::Ensemble(_, mc) => mc.seed = Some(seed),
            PredictMode::WeightScaling | PredictMode::Exact(_) => {
                return Err(Error::request(
                    "a seed is of the masks, and this net predicts without any\nhelp: ask for samples first, by `monte_carlo`",
                ));
            }
        }
        Ok(self)
    }

    /// With each picture seen in the views of these statements, in place of those that the file says: `net.in_views("flip horizontal")` predicts the mean over
    /// a picture and its mirror image, `none` stands for pictures as they are. Statements stand on lines, or are parted by `;`.
    ///
    /// # Errors
    /// A net that reads no pictures; a statement that has no fixed views.
    pub fn in_views(self, statements: &str) -> Result<Self, Error> {
        let model = &self.committee.first().model;
        let views =
            views_of(statements, model).map_err(|faults| Error::net(&faults, statements).of_request())?;
        let committee = self.committee.in_views(&views)?;
        Ok(Self { how: Predict { views, ..self.how }, committee, ..self })
    }

    /// By one pass with dropout off, in place of what the file says.
    #[must_use]
    pub fn weight_scaling(mut self) -> Self {
        self.how.mode = PredictMode::WeightScaling;
        self
    }

    /// On so many threads at most, all cores without it. Predictions do not depend on it.
    #[must_use]
    pub fn threads(self, threads: usize) -> Self {
        Self { threads: threads.max(1), ..self }
    }

    /// Names of the columns that a row of a table has, in their order; none of nets whose rows are arrays or texts.
    #[must_use]
    pub fn columns(&self) -> Vec<&str> {
        match &self.transform().fields {
            Fields::Table { columns, .. } => columns.iter().map(|column| column.name.as_str()).collect(),
            Fields::Array(_) | Fields::Text(_) => Vec::new(),
        }
    }

    /// The text of the net.
    #[must_use]
    pub fn source(&self) -> &str {
        &self.committee.first().checkpoint.meta.source
    }

    /// What the net says of one raw row: its cells in the order of [`columns`](Self::columns), or of the elements of an array; of a net that reads texts one
    /// word, the text. A net that foretells a token at each step is refused, having more than one answer: [`predict_rows`](Self::predict_rows).
    ///
    /// With dropout off, the first call compiles the net, and others take microseconds.
    ///
    /// # Errors
    /// A row that is not one of the net's, with the cell and the reason.
    pub fn predict_row(&self, row: impl Row) -> Result<Prediction, Error> {
        self.committee.first().answers_once("a prediction of one row")?;
        let rows = self.encoded(vec![row])?;
        match self.quick(&rows)? {
            Some(prediction) => Ok(prediction),
            None => {
                let all = self.predicted(rows)?;
                all.get(0).ok_or_else(|| Error::data("there are no rows to predict"))
            }
        }
    }

    /// What the net says of raw rows, each as for [`predict_row`](Self::predict_row).
    ///
    /// # Errors
    /// Rows that are not the net's, with their place, a line a row; none at all.
    pub fn predict_rows<R: Row>(&self, rows: impl IntoIterator<Item = R>) -> Result<Predictions, Error> {
        self.predicted(self.encoded(rows.into_iter().collect())?)
    }

    /// What the net says of the rows in a text: CSV as the net was trained on, with its header or without, the target left out or ignored; a text a line for a
    /// net that reads texts, a row of numbers a line for one that reads arrays; or JSON.
    ///
    /// # Errors
    /// Rows that are not the net's, with their place.
    pub fn predict_csv(&self, text: impl AsRef<str>) -> Result<Predictions, Error> {
        self.predicted(self.transform().read_rows(text.as_ref().as_bytes().to_vec(), CSV)?)
    }

    /// What the net says of the rows in a file or folder, in any form that `dropnet predict --input` takes: CSV, JSON, a NumPy array, pictures, sounds, texts.
    ///
    /// # Errors
    /// A file that is missing or broken; rows that are not the net's, with their place.
    pub fn predict_file(&self, path: impl AsRef<Path>) -> Result<Predictions, Error> {
        let path = path.as_ref();
        self.predicted(self.transform().read_path(path, &path.display().to_string())?)
    }

    fn transform(&self) -> &Transform {
        &self.committee.first().checkpoint.meta.transform
    }

    /// Rows as the net sees them, a line of JSON each: the reader of such rows knows tables, arrays and texts.
    fn encoded<R: Row>(&self, rows: Vec<R>) -> Result<Rows, Error> {
        let are_texts = matches!(self.transform().fields, Fields::Text(_));
        let mut json = String::new();
        for (i, row) in rows.into_iter().enumerate() {
            let cells = row.cells();
            let value = |(j, cell): (usize, &super::Cell)| cell.value((i + 1, j + 1));
            let values = cells.iter().enumerate().map(value).collect::<Result<Vec<Value>, Error>>()?;
            if are_texts && !matches!(values[..], [Value::String(_)]) {
                return Err(Error::request(format!(
                    "row {} is no text\nhelp: a row of a net that reads texts is one word, the whole text: `net.predict_row([\"the text\"])`",
                    i + 1
                )));
            }
            json += &format!("{}\n", Value::Array(values));
        }
        Ok(self.transform().read_rows(json.into_bytes(), ROWS)?)
    }

    /// Predictions as they were asked for.
    fn predicted(&self, rows: Rows) -> Result<Predictions, Error> {
        let (count, noticed) = (rows.rows, rows.noticed.clone());
        let mut warnings = told::of_pictures(count, rows.converted).into_iter().collect::<Vec<_>>();
        warnings.extend(told::of_texts(count, rows.unread));
        let all = self.committee.predict(rows, &self.how()?, &Team::new(self.threads))?;
        if let Some((converted, unread)) = noticed.map(|noticed| noticed.so_far()) {
            warnings.extend(told::of_pictures(count, converted));
            warnings.extend(told::of_texts(count, unread));
        }
        Ok(Predictions::new(all, warnings))
    }

    /// How rows are predicted: with what `dropnet calibrate` found where the file asks for intervals, and with deviations wherever there are samples.
    fn how(&self) -> Result<Predict, Error> {
        let (first, mode) = (self.committee.first(), self.how.mode);
        let kind = first.model.output.kind;
        let fitted = || {
            let one = self.committee.alone().filter(|_| kind.needs_precision())?;
            one.fitted_precision(mode).ok().map(|_| Precision::Fit)
        };
        let interval = self
            .how
            .interval
            .filter(|_| !matches!(mode, PredictMode::Ensemble(..) | PredictMode::Exact(_)))
            .map(|interval| Interval { precision: interval.precision.or_else(fitted), ..interval });
        if interval.is_some_and(|interval| kind.needs_precision() && interval.precision.is_none()) {
            return Err(Error::data(
                "the file asks for intervals, which need a precision: how observations spread is not in the net\nhelp: `dropnet calibrate RUN` fits it on the validation rows; or write `precision=X` beside `interval`",
            ));
        }
        let differ = matches!(mode, PredictMode::McDropout(_))
            || mode == PredictMode::WeightScaling && self.committee.alone().is_none();
        let class_sd = differ && kind.classes().is_some();
        Ok(Predict { mode, interval, report: Vec::new(), views: self.how.views.clone(), class_sd })
    }

    /// One row by the compiled net in memory. None where more is asked for than one pass of one net.
    fn quick(&self, rows: &Rows) -> Result<Option<Prediction>, Error> {
        let Some(one) = self.committee.alone() else { return Ok(None) };
        let simple = self.how.mode == PredictMode::WeightScaling
            && self.how.interval.is_none()
            && self.how.views.is_empty();
        if !simple || rows.rows != 1 {
            return Ok(None);
        }
        let part = Part::of_first(1, rows.inputs.clone(), Target::NONE);
        let seen = part.inputs.iter().map(|input| part.seen(input)).collect::<Result<Vec<_>, _>>()?;
        // Whoever panicked before has left a session that is whole between calls.
        let mut session = self.session.lock().unwrap_or_else(PoisonError::into_inner);
        let session = match &mut *session {
            Some(session) => session,
            none => none.insert(one.session(1)?),
        };
        let inputs: Vec<&[f32]> = seen.iter().map(Vec::as_slice).collect();
        let outputs = session.predict(&inputs).to_vec();
        Ok(Some(Predictions::new(self.committee.none(), Vec::new()).of(outputs)))
    }
}

/// Reads a text.
pub(super) fn text(path: &Path) -> Result<String, Error> {
    let bytes =
        fs::read(path).map_err(|error| Error::data(format!("cannot read {}: {error}", path.display())))?;
    String::from_utf8(bytes).map_err(|error| {
        let at = error.utf8_error().valid_up_to();
        Error::data(format!("{} is not UTF-8 text (byte {at} is the first that is not)", path.display()))
    })
}
