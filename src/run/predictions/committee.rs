//! Trained nets that predict together: one, or several that were trained apart (a deep ensemble, Lakshminarayanan et al. 2017).
//!
//! Several nets are to one another what samples of dropout are to one net: their outputs are averaged, and what they disagree about is
//! uncertainty. With Monte-Carlo dropout each of them gives its samples.

use std::mem::take;
use std::path::PathBuf;

use crate::run::{
    folder::{
        calibration::Calibration,
        dir::RunDir,
        trained::{Trained, TrainedError, Which},
    },
    predictions::{
        mc::{self, Note, Scoring},
        predict::Predictions,
        sampling::{self, Drawn, Sampling},
        steps, views,
    },
};
use crate::{
    data::{Numbers, Part, Rows, Target},
    kernels::{aligned::AlignedVec, team::Team},
    model::{Interval, Mean, Output, Predict, PredictMode, Use},
    run::predictions::enumerated,
    train::augment::Augment,
};

/// Why there is no Monte-Carlo dropout.
const NOTHING_LIVE: &str = "nothing of this net is left to chance: all samples would be the same
help: predict without samples, or put a `dropout` with a rate above 0 into the net and train it";

/// One trained net or more, with outputs of one kind and the same view of raw rows.
pub struct Committee {
    members: Vec<Trained>,
}

impl Committee {
    /// Reads runs. A folder of runs by seed (`seed-0`, `seed-1`, ...) stands for all of them.
    ///
    /// # Errors
    /// As [`Trained::read`]; nets that cannot be averaged.
    pub fn read(paths: &[PathBuf], which: Which) -> Result<Self, TrainedError> {
        let paths: Vec<PathBuf> = paths.iter().flat_map(|path| RunDir::at(path).members()).collect();
        let members: Result<Vec<Trained>, TrainedError> =
            paths.iter().map(|path| Trained::read(path, which)).collect();
        Self::of(members?, &paths)
    }

    /// The same, if no net is there twice: it would be averaged with itself, and agree.
    ///
    /// # Errors
    /// Two members with the same parameters.
    pub fn of_different_nets(self) -> Result<Self, TrainedError> {
        let Some((a, b)) = self.twice()? else { return Ok(self) };
        let path = |i: usize| self.members[i].checkpoint.path.display();
        Err(TrainedError::Unfit(format!(
            "{} and {} are the same net: it would be averaged with itself, and agree\nhelp: name each net once",
            path(a),
            path(b)
        )))
    }

    /// Two members with the same parameters.
    fn twice(&self) -> Result<Option<(usize, usize)>, TrainedError> {
        for (b, second) in self.members.iter().enumerate() {
            for (a, first) in self.members[..b].iter().enumerate() {
                // Nets that were trained with different seeds need no second look.
                if first.checkpoint.meta.seed == second.checkpoint.meta.seed
                    && have_the_same_parameters(first, second)?
                {
                    return Ok(Some((a, b)));
                }
            }
        }
        Ok(None)
    }

    fn of(members: Vec<Trained>, paths: &[PathBuf]) -> Result<Self, TrainedError> {
        let Some((first, others)) = members.split_first() else {
            return Err(TrainedError::Unfit("no run is named".into()));
        };
        for (other, path) in others.iter().zip(&paths[1..]) {
            if let Some(why) = difference(first, other) {
                return Err(TrainedError::Unfit(format!(
                    "{} and {} cannot be averaged: {why}",
                    paths[0].display(),
                    path.display()
                )));
            }
        }
        Ok(Self { members })
    }

    /// One net alone.
    #[must_use]
    pub fn of_one(net: Trained) -> Self {
        Self { members: vec![net] }
    }

    /// Predictions of no rows: what they would be called.
    #[must_use]
    pub fn none(&self) -> Predictions {
        self.predictions(Vec::new())
    }

    /// The net that speaks for all where they agree: of its file, its data, its output.
    pub fn first(&self) -> &Trained {
        &self.members[0]
    }

    /// Has each net's minibatches dealt to processes.
    ///
    /// # Errors
    /// How many blocks a net's minibatch has, where that does not come out even.
    pub fn deal(&mut self, ranks: usize) -> Result<(), usize> {
        self.members.iter_mut().try_for_each(|net| net.model.deal(ranks))
    }

    pub fn members(&self) -> &[Trained] {
        &self.members
    }

    /// The net, if there is but one.
    pub fn alone(&self) -> Option<&Trained> {
        if let [one] = &self.members[..] { Some(one) } else { None }
    }

    /// Predicting without convolutions in tiles: what is compared is what the net says, as far as f32 goes.
    #[must_use]
    pub fn direct(mut self) -> Self {
        self.members.iter_mut().for_each(|net| net.model.direct = true);
        self
    }

    /// With hidden units that are dropped at this rate wherever the net has a `dropout` for them, whatever rate it was trained with.
    ///
    /// # Errors
    /// A net that has none.
    pub fn thinned_at(mut self, rate: f64) -> Result<Self, TrainedError> {
        for net in &mut self.members {
            if net.model.thin_at(rate) == 0 {
                let why = "there is no `dropout` of hidden units by coins whose rate could be another one\nhelp: `dropout 0` trains as if it were not there, and is such a place";
                return Err(TrainedError::Unfit(why.into()));
            }
        }
        Ok(self)
    }

    /// With one temperature for all, in place of what was fitted.
    #[must_use]
    pub fn at_temperature(mut self, temperature: f64) -> Self {
        self.members.iter_mut().for_each(|one| {
            one.calibration =
                Calibration { views: take(&mut one.calibration.views), ..Calibration::fixed(temperature) };
        });
        self
    }

    /// With each picture seen in these views, in place of those of the file.
    ///
    /// # Errors
    /// As [`Trained::see_in`].
    pub fn in_views(mut self, views: &[Use<dyn Augment>]) -> Result<Self, TrainedError> {
        self.members.iter_mut().try_for_each(|net| net.see_in(views.to_vec()))?;
        Ok(self)
    }

    /// With each precision that was to be fitted looked up.
    ///
    /// # Errors
    /// None was fitted for this way to predict, or each net has its own.
    pub(in crate::run) fn scoring(
        &self,
        scoring: Scoring,
        mode: PredictMode,
    ) -> Result<Scoring, TrainedError> {
        match (scoring.to_fit(), self.alone()) {
            (false, _) => Ok(scoring),
            (true, Some(one)) => Ok(scoring.fitted(one.fitted_precision(mode)?)),
            (true, None) => Err(TrainedError::Unfit(
                "`precision=fit` is of one net: several need a number (`--precision X`)".into(),
            )),
        }
    }

    pub(in crate::run) fn all(&self) -> Vec<&Trained> {
        self.members.iter().collect()
    }

    /// Predictions for raw rows, which go through the transform that was fitted in training.
    ///
    /// # Errors
    /// Parameters that do not fit the net; samples of a net without live dropout; what code generation says.
    pub fn predict(&self, rows: Rows, how: &Predict, team: &Team) -> Result<Predictions, TrainedError> {
        let mut all: Option<Predictions> = None;
        let drawn = self.predict_each(rows, how, team, |block| {
            match &mut all {
                None => all = Some(block),
                Some(all) => all.extend(block),
            }
            Ok::<(), TrainedError>(())
        })?;
        let all = all.unwrap_or_else(|| self.none());
        Ok(Predictions { drawn, ..all })
    }

    /// Predictions that will be made of so many rows: one each, or one at each of their own steps.
    #[must_use]
    pub fn count(&self, rows: &Rows) -> usize {
        let lengths = self.first().model.output.kind.steps().and(rows.inputs.last());
        match lengths.and_then(|lengths| lengths.store.whole()) {
            Some(Numbers::I32(lengths)) => lengths.iter().map(|length| *length as usize).sum(),
            _ => rows.rows,
        }
    }

    /// The same in blocks of rows in their order, each given away before the next is computed. Answers how many samples were drawn, where
    /// they are shown with their spread. Of a net that foretells a token at each step, every step of a row is one here.
    ///
    /// # Errors
    /// What `each` says, and as [`predict`](Self::predict).
    pub fn predict_each<E: From<TrainedError>>(
        &self,
        rows: Rows,
        how: &Predict,
        team: &Team,
        each: impl FnMut(Predictions) -> Result<(), E>,
    ) -> Result<Option<Drawn>, E> {
        self.predict_all(&Part::of_first(rows.rows, rows.inputs, Target::NONE), how, team, each)
    }

    /// The same of the rows of a part.
    ///
    /// # Errors
    /// As [`predict_each`](Self::predict_each); a net that answers at each step.
    pub fn predict_part<E: From<TrainedError>>(
        &self,
        part: &Part,
        how: &Predict,
        team: &Team,
        each: impl FnMut(Predictions) -> Result<(), E>,
    ) -> Result<Option<Drawn>, E> {
        self.first().answers_once("a table of rows")?;
        self.predict_all(part, how, team, each)
    }

    fn predict_all<E: From<TrainedError>>(
        &self,
        part: &Part,
        how: &Predict,
        team: &Team,
        mut each: impl FnMut(Predictions) -> Result<(), E>,
    ) -> Result<Option<Drawn>, E> {
        if matches!(how.mode, PredictMode::McDropout(mc) if mc.until.is_some()) {
            self.first().answers_once("a prediction of as many samples as it takes")?;
        }
        views::know_black(self.first(), part)?;
        let interval = self.scoring(Scoring { precision: None, interval: how.interval }, how.mode)?.interval;
        let passes = || Sampling::passes(self.all(), part, team).tempered(how.mode).viewed(how).apart();
        let draw = |mc| Sampling::new(self.all(), part, mc, team).tempered(how.mode).viewed(how).apart();
        let samples = Told::Samples { class_sd: how.class_sd };
        match (how.mode, self.alone()) {
            (PredictMode::WeightScaling, Some(_)) => {
                self.say(&passes(), Told::Pass, interval, each).map(|_| None)
            }
            (PredictMode::WeightScaling, None) => self.say(&passes(), samples, interval, each).map(Some),
            (PredictMode::McDropout(mc), _) => self.say(&draw(mc), samples, interval, each).map(Some),
            (PredictMode::Ensemble(mean, mc), _) => {
                self.say(&draw(mc), Told::Mean(mean), None, each).map(|_| None)
            }
            (PredictMode::Exact(mean), Some(one)) => {
                let seen = views::of_each(one, part, how, |part| enumerated::outputs(one, part, mean, team))?;
                each(self.exactly(seen, how)).map(|()| None)
            }
            (PredictMode::Exact(_), None) => Err(several_are_not_exact().into()),
        }
    }

    /// Says what the samples of each row, whose views are apart, make together.
    fn say<E: From<TrainedError>>(
        &self,
        sampling: &Sampling<'_>,
        told: Told,
        interval: Option<Interval>,
        mut each: impl FnMut(Predictions) -> Result<(), E>,
    ) -> Result<Drawn, E> {
        let (kind, target) = (sampling.kind().at_a_step(), sampling.target());
        let names = self.none().names(kind.outputs());
        let around = interval.filter(|_| matches!(told, Told::Pass));
        let together = if sampling.takes_work() { FEW } else { TOGETHER };
        let mut block = Block::new(together, |values, notes, noted| {
            each(self.predictions(values).with_interval(kind, around).noted(notes, noted, target))
        });
        let mean = if let Told::Mean(_) = told { Mean::Geometric } else { Mean::Arithmetic };
        let done = sampling.try_each_row(mean, |row, samples| {
            for samples in steps::each(sampling, row, samples).map_err(E::from)? {
                let (values, said) = told.row(sampling, &samples, interval, &names);
                block.add(values, said)?;
            }
            Ok::<(), E>(())
        })?;
        block.end()?;
        Ok(done.ok_or_else(nothing_live)?)
    }

    /// Means of all sub-networks in each view, `[rows, width]`, as predictions.
    fn exactly(&self, seen: Vec<Vec<f32>>, how: &Predict) -> Predictions {
        let kind = self.first().model.output.kind;
        let (views, width) = (seen.len(), kind.width());
        let names = self.none().names(kind.outputs());
        let (mut values, mut notes, mut noted) = (Vec::new(), Vec::new(), Vec::new());
        for row in views::side_by_side(seen, width).chunks_exact(views * width) {
            values.extend_from_slice(&views::together(row, views, kind, false));
            notes = views::notes(row, kind, &names);
            noted.extend(notes.iter().map(|note| note.value));
        }
        debug_assert_eq!(views, how.view_count());
        let target = &self.first().checkpoint.meta.transform.target;
        self.predictions(values).noted(notes, noted, target)
    }

    fn predictions(&self, values: Vec<f32>) -> Predictions {
        let first = self.first();
        let output = Output { kind: first.model.output.kind.at_a_step(), ..first.model.output.clone() };
        Predictions::new(&output, &first.checkpoint.meta.transform.target, values)
    }
}

/// Numbers of rows that are given away together.
const TOGETHER: usize = 1 << 16;
/// The same of rows that are decoded as they are read: whoever waits for them sees them come.
const FEW: usize = 64;

/// What is told of a row's samples.
#[derive(Clone, Copy)]
enum Told {
    /// The only one.
    Pass,
    /// Their mean, and how uncertain they leave it; with the deviation of each class where that is asked for.
    Samples { class_sd: bool },
    /// A mean, as one net would predict.
    Mean(Mean),
}

impl Told {
    /// Outputs and notes of a row: samples are `[samples, views, width]`, logits instead of probabilities where a mean of sub-networks is told.
    fn row(
        self,
        sampling: &Sampling<'_>,
        samples: &[f32],
        interval: Option<Interval>,
        names: &[String],
    ) -> (Vec<f32>, Vec<Note>) {
        let (kind, views) = (sampling.kind().at_a_step(), sampling.views());
        let mean_of = |samples: &[f32], mean: Mean| {
            let mut outputs = sampling::mean_of_logits(samples, kind, mean);
            if kind.has_probabilities() {
                kind.interpret(&mut outputs, sampling.target());
            }
            outputs
        };
        let logits = matches!(self, Told::Mean(_)) && kind.has_probabilities();
        let together = sampling.together(samples, logits);
        let (values, mut notes) = match self {
            Told::Pass => (together.to_vec(), Vec::new()),
            Told::Samples { class_sd } => {
                let (values, mut said) = mc::row(&together, kind, interval, names);
                if class_sd {
                    said.extend(mc::class_deviations(&together, names));
                }
                (values, said)
            }
            Told::Mean(mean) => (mean_of(&together, mean), Vec::new()),
        };
        if views > 1 {
            let in_view = |view: usize| {
                let seen = views::of_view(samples, view, views, kind.width());
                match self {
                    Told::Mean(mean) => mean_of(&seen, mean),
                    Told::Pass | Told::Samples { .. } => sampling::averaged(&seen, kind, Mean::Arithmetic),
                }
            };
            let each: Vec<f32> = (0..views).flat_map(in_view).collect();
            notes.extend(views::notes(&each, kind, names));
        }
        (values, notes)
    }
}

/// Whole rows on their way: outputs, and what is said of them beside.
struct Block<F> {
    /// Numbers that are given away together, at least.
    together: usize,
    values: Vec<f32>,
    /// Of the last row, whose names are those of all.
    notes: Vec<Note>,
    noted: Vec<f64>,
    give: F,
}

impl<E, F: FnMut(Vec<f32>, Vec<Note>, Vec<f64>) -> Result<(), E>> Block<F> {
    fn new(together: usize, give: F) -> Self {
        Self { together, values: Vec::new(), notes: Vec::new(), noted: Vec::new(), give }
    }

    fn add(&mut self, row: Vec<f32>, notes: Vec<Note>) -> Result<(), E> {
        self.values.extend(row);
        self.noted.extend(notes.iter().map(|note| note.value));
        self.notes = notes;
        if self.values.len() < self.together { Ok(()) } else { self.end() }
    }

    fn end(&mut self) -> Result<(), E> {
        match self.values.is_empty() {
            true => Ok(()),
            false => (self.give)(take(&mut self.values), take(&mut self.notes), take(&mut self.noted)),
        }
    }
}

fn have_the_same_parameters(one: &Trained, other: &Trained) -> Result<bool, TrainedError> {
    let (own, others) = (one.store()?, other.store()?);
    let same = |a: &[AlignedVec], b: &[AlignedVec]| {
        a.len() == b.len() && a.iter().zip(b).all(|(a, b)| a[..] == b[..])
    };
    Ok(same(&own.params, &others.params) && same(&own.states, &others.states))
}

pub(in crate::run) fn nothing_live() -> TrainedError {
    TrainedError::Unfit(NOTHING_LIVE.into())
}

pub(in crate::run) fn several_are_not_exact() -> TrainedError {
    TrainedError::Unfit(
        "exact means are of one net: several are averaged by `--samples`, or by one pass each".into(),
    )
}

/// Why two nets cannot be averaged.
fn difference(a: &Trained, b: &Trained) -> Option<&'static str> {
    let inputs =
        |of: &Trained| -> Vec<_> { of.model.inputs.iter().map(|id| of.model.node(*id).ty.clone()).collect() };
    if a.model.output.kind != b.model.output.kind {
        return Some("their outputs are of different kinds");
    }
    if inputs(a) != inputs(b) {
        return Some("their inputs differ");
    }
    (a.checkpoint.meta.transform != b.checkpoint.meta.transform)
        .then_some("they see raw rows differently, since they were fitted on different ones")
}
