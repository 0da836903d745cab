//! What the sub-networks of trained nets say of each row: samples of dropout, of one net or of several side by side.

use std::borrow::Cow;
use std::ops::Range;

use crate::run::{
    folder::trained::{Trained, TrainedError},
    predictions::{likelihood, mc::Marginal, pass, views},
};
use crate::{
    data::{Part, TargetRule},
    graph::Mode,
    kernels::team::Team,
    memory::{self, product},
    model::{McDropout, Mean, OutputKind, Predict, PredictMode, Until},
    runtime::{
        augment::other_views,
        evaluate::{Evaluator, cool},
        predictive,
        sample::{Sampler, Samples},
        store::Store,
    },
};

/// Numbers of a block of rows, at most: 2 MiB.
const BLOCK: usize = 512 << 10;
/// Rows that are decoded before anybody hears of them: whole steps of a pass.
const DECODED: usize = 256;
/// Samples of rows that are computed before anybody hears of them, where somebody watches.
const WATCHED: usize = 8192;
/// Bytes that are held at once for a number of a block: itself, as it is interpreted, and where it was drawn.
const HELD: usize = 24;
/// Numbers that are kept for all rows where they are looked at more than once, at most: 256 MiB.
pub(in crate::run) const KEPT: usize = 64 << 20;

/// Samples of a part's rows, of every member.
pub struct Sampling<'a> {
    /// Nets with outputs of one kind and the same view of raw rows; at least one.
    members: Vec<&'a Trained>,
    pub part: &'a Part,
    /// The first sample that is taken, and how many; none for one pass without dropout.
    pub(in crate::run) first: u32,
    pub(in crate::run) count: u32,
    /// Of the masks; each member's own without one.
    seed: Option<u64>,
    until: Option<Until>,
    /// Whose temperatures logits are divided by; those of no way are 1.
    tempered: Option<PredictMode>,
    /// The rows in further views; samples are means over all of them, with the part's own.
    others: Vec<Part>,
    /// Whether samples of the views are given one by one, those of a sample being neighbours.
    apart: bool,
    /// Rows that are computed before the first of them is given, at most; as many as memory has room for without.
    together: Option<usize>,
    team: &'a Team,
}

/// How many samples of each row a net gave.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Drawn {
    pub samples: u32,
    /// Largest standard error of a row's mean, where samples were to go on until it is small.
    pub standard_error: Option<f64>,
}

impl<'a> Sampling<'a> {
    pub fn new(members: Vec<&'a Trained>, part: &'a Part, mc: McDropout, team: &'a Team) -> Self {
        Self { count: mc.samples, seed: mc.seed, until: mc.until, ..Self::passes(members, part, team) }
    }

    /// One pass of each member, dropout off.
    pub fn passes(members: Vec<&'a Trained>, part: &'a Part, team: &'a Team) -> Self {
        Self {
            members,
            part,
            first: 0,
            count: 0,
            seed: None,
            until: None,
            tempered: None,
            others: Vec::new(),
            apart: false,
            together: None,
            team,
        }
    }

    /// The mean over the views of each row that a way to predict asks for.
    pub fn viewed(self, predict: &Predict) -> Self {
        let first = self.members[0];
        let others = other_views(&first.model, &first.checkpoint.meta.transform, self.part, predict);
        Self { others, ..self }
    }

    /// Views one by one: of each sample its views, which are neighbours.
    pub fn apart(self) -> Self {
        Self { apart: true, ..self }
    }

    /// A few rows at a time, for whoever watches; it changes no bit.
    pub fn watched(self) -> Self {
        let samples = self.count.max(1) as usize;
        Self { together: Some((WATCHED / samples).max(1)), ..self }
    }

    /// Whether rows are decoded as they are read.
    pub(super) fn takes_work(&self) -> bool {
        self.part.inputs.iter().any(|input| input.store.is_work())
    }

    /// In how many views a row is seen.
    pub fn views(&self) -> usize {
        1 + self.others.len()
    }

    /// The rows in this view.
    fn seen(&self, view: usize) -> &Part {
        view.checked_sub(1).map_or(self.part, |other| &self.others[other])
    }

    /// Samples whose views are apart, as they are given.
    pub(in crate::run) fn given<'s>(&self, samples: &'s [f32], logits: bool) -> Cow<'s, [f32]> {
        if self.apart { samples.into() } else { self.together(samples, logits) }
    }

    /// The mean over the views of each sample.
    pub(in crate::run) fn together<'s>(&self, samples: &'s [f32], logits: bool) -> Cow<'s, [f32]> {
        views::together(samples, self.views(), self.kind(), logits)
    }

    /// The same number of samples from `first` on.
    pub fn from(self, first: u32) -> Self {
        Self { first, ..self }
    }

    /// At the temperatures that were fitted for a way to predict.
    pub fn tempered(self, mode: PredictMode) -> Self {
        Self { tempered: Some(mode), ..self }
    }

    pub fn kind(&self) -> OutputKind {
        self.members[0].model.output.kind
    }

    pub fn target(&self) -> &TargetRule {
        &self.members[0].checkpoint.meta.transform.target
    }

    /// Gives each row's samples, `[samples, width]`, in order: probabilities, or numbers in the target's own units from its level (of a normal
    /// output means, then standard deviations). For a geometric mean, logits instead of probabilities. None if samples are asked for and nothing
    /// is live.
    ///
    /// # Errors
    /// Parameters that do not fit the nets; what code generation says.
    pub fn each_row(
        &self,
        mean: Mean,
        mut row: impl FnMut(usize, &[f32]),
    ) -> Result<Option<Drawn>, TrainedError> {
        self.try_each_row(mean, |at, samples| {
            row(at, samples);
            Ok(())
        })
    }

    /// The same until `row` fails.
    ///
    /// # Errors
    /// What `row` says, and as [`each_row`](Self::each_row).
    pub fn try_each_row<E: From<TrainedError>>(
        &self,
        mean: Mean,
        mut row: impl FnMut(usize, &[f32]) -> Result<(), E>,
    ) -> Result<Option<Drawn>, E> {
        let mut voices = Vec::with_capacity(self.members.len());
        for member in &self.members {
            voices.push(Voice::new(member, self, mean)?);
        }
        if self.count > 0 && voices.iter().all(|voice| matches!(voice.source, Source::Pass(_))) {
            return Ok(None);
        }
        let logits = mean == Mean::Geometric && self.kind().has_probabilities();
        let mut row = |at: usize, samples: &[f32]| row(at, &self.given(samples, logits));
        if let Some(until) = self.until {
            return self.until_settled(&mut voices, until, logits, row).map(Some);
        }
        self.each(&mut voices, self.first..self.first + self.count, &mut row)?;
        Ok(Some(Drawn { samples: self.count, standard_error: None }))
    }

    /// The same with logits instead of probabilities.
    ///
    /// # Errors
    /// As [`each_row`](Self::each_row).
    pub fn each_row_of_logits(&self, row: impl FnMut(usize, &[f32])) -> Result<Option<Drawn>, TrainedError> {
        self.each_row(Mean::Geometric, row)
    }

    /// Gives each row these samples, their views apart.
    pub(in crate::run) fn each<E: From<TrainedError>>(
        &self,
        voices: &mut [Voice<'_>],
        samples: Range<u32>,
        row: &mut impl FnMut(usize, &[f32]) -> Result<(), E>,
    ) -> Result<(), E> {
        let each = voices.iter().map(|voice| voice.count(samples.len())).sum::<usize>()
            * self.views()
            * self.kind().width();
        // Rows that go on from step to step come in whole steps.
        let whole = self.part.streams().unwrap_or(1);
        let decoded = if self.takes_work() { DECODED } else { usize::MAX };
        let most = (BLOCK / each).min(self.together.unwrap_or(usize::MAX)).min(decoded);
        let block = ((most / whole).max(1) * whole).min(self.part.rows());
        memory::check(product(&[block, each, HELD])).map_err(TrainedError::from)?;
        for start in (0..self.part.rows()).step_by(block) {
            let rows = start..(start + block).min(self.part.rows());
            let said = self.block(voices, rows.clone(), samples.clone())?;
            said.chunks_exact(each).zip(rows).try_for_each(|(samples, at)| row(at, samples))?;
        }
        Ok(())
    }

    /// What all voices say of some rows, `[rows, samples of all, width]`.
    fn block(
        &self,
        voices: &mut [Voice<'_>],
        rows: Range<usize>,
        samples: Range<u32>,
    ) -> Result<Vec<f32>, TrainedError> {
        let mut said = Vec::with_capacity(voices.len());
        for voice in voices.iter_mut() {
            said.push(voice.rows(self, rows.clone(), samples.clone())?);
        }
        if said.len() == 1 {
            return Ok(said.swap_remove(0));
        }
        let of_row = |of: &Vec<f32>| of.len() / rows.len();
        let row = |i: usize| said.iter().flat_map(move |of| &of[i * of_row(of)..(i + 1) * of_row(of)]);
        Ok((0..rows.len()).flat_map(row).copied().collect())
    }

    /// A mean of sub-networks for each row, as one net would predict: `[rows, width]`, in the target's own units from its level. None if nothing is
    /// live.
    ///
    /// # Errors
    /// As [`each_row`](Self::each_row).
    pub fn means(&self, mean: Mean) -> Result<Option<Vec<f32>>, TrainedError> {
        let mut outputs = Vec::with_capacity(self.part.rows() * self.kind().width());
        let done = self.each_mean(mean, |row| {
            outputs.extend(row);
            Ok::<(), TrainedError>(())
        })?;
        Ok(done.map(|_| outputs))
    }

    /// The same row by row, until `row` fails.
    ///
    /// # Errors
    /// What `row` says, and as [`each_row`](Self::each_row).
    pub fn each_mean<E: From<TrainedError>>(
        &self,
        mean: Mean,
        mut row: impl FnMut(Vec<f32>) -> Result<(), E>,
    ) -> Result<Option<Drawn>, E> {
        let kind = self.kind();
        self.try_each_row(Mean::Geometric, |_, samples| {
            let mut outputs = mean_of_logits(samples, kind, mean);
            if kind.has_probabilities() {
                kind.interpret(&mut outputs, self.target());
            }
            row(outputs)
        })
    }

    /// The same with logits instead of probabilities.
    ///
    /// # Errors
    /// As [`each_row`](Self::each_row).
    pub fn mean_logits(&self, mean: Mean) -> Result<Option<Vec<f32>>, TrainedError> {
        let kind = self.kind();
        let mut outputs = Vec::with_capacity(self.part.rows() * kind.width());
        let done =
            self.each_row_of_logits(|_, samples| outputs.extend(mean_of_logits(samples, kind, mean)))?;
        Ok(done.map(|_| outputs))
    }
}

/// What a net that says the mean of these samples of logits would give: logits, or numbers.
pub(in crate::run) fn mean_of_logits(samples: &[f32], kind: OutputKind, mean: Mean) -> Vec<f32> {
    match (mean, kind.classes()) {
        (Mean::Arithmetic, Some(k)) => {
            let logs = likelihood::logs_of_classes(samples, &likelihood::softmaxes(samples, k), k);
            logs.into_iter().map(|log| log as f32).collect()
        }
        (Mean::Arithmetic, None) if kind.has_probabilities() => {
            likelihood::logits_of_bits(samples, kind.outputs())
        }
        _ => averaged(samples, kind, mean),
    }
}

/// Where a member's outputs come from.
enum Source {
    /// One pass, dropout off.
    Pass(Box<Evaluator>),
    Samples(Box<Sampler>),
    /// Samples of rows that go on from step to step: a pass each.
    Streams(Box<Evaluator>),
}

/// A member at work.
pub(in crate::run) struct Voice<'a> {
    member: &'a Trained,
    store: Store,
    source: Source,
    /// What no draw reaches, of all rows in each view, where samples come in several looks: a pass whole, or what samples start from.
    fixed: Option<Vec<Vec<f32>>>,
    temperature: f64,
    /// Whether the source gives logits and probabilities are asked for.
    to_interpret: bool,
}

impl<'a> Voice<'a> {
    fn new(member: &'a Trained, sampling: &Sampling<'_>, mean: Mean) -> Result<Self, TrainedError> {
        let mut store = member.store()?;
        let (model, part) = (&member.model, sampling.part);
        let temperature = sampling.tempered.map_or(1.0, |mode| member.temperature(mode));
        let arithmetic = mean == Mean::Arithmetic;
        let native = arithmetic && temperature == 1.0;
        if part.streams().is_some() && model.carries() && sampling.count > 0 && model.is_live_in_mc() {
            let source = Source::Streams(Box::new(Evaluator::in_mode(model, Mode::Mc, part)?));
            return Ok(Self { member, store, source, fixed: None, temperature, to_interpret: arithmetic });
        }
        let sampler = match sampling.count {
            0 => None,
            _ => Sampler::new(model, part, native)?,
        };
        if let Some(sampler) = sampler {
            let often =
                sampling.until.is_some() && part.rows() * sampling.views() * sampler.fixed_width() <= KEPT;
            let mut of_view =
                |view| sampler.fixed(sampling.seen(view), 0..part.rows(), &mut store, sampling.team);
            let all = || (0..sampling.views()).map(&mut of_view).collect::<Result<_, _>>();
            let fixed = often.then(all).transpose()?;
            let source = Source::Samples(Box::new(sampler));
            return Ok(Self {
                member,
                store,
                source,
                fixed,
                temperature,
                to_interpret: arithmetic && !native,
            });
        }
        let source = Source::Pass(Box::new(Evaluator::predictor(model, part)?));
        let mut voice = Self { member, store, source, fixed: None, temperature, to_interpret: arithmetic };
        if sampling.until.is_some() && part.rows() * sampling.views() * model.output.kind.width() <= KEPT {
            let all = (0..sampling.views()).map(|view| voice.in_view(sampling, view, 0..part.rows(), 0..0));
            voice.fixed = Some(all.collect::<Result<_, _>>()?);
        }
        Ok(voice)
    }

    /// Samples of a row where `count` are drawn.
    fn count(&self, count: usize) -> usize {
        if let Source::Pass(_) = self.source { 1 } else { count }
    }

    /// `[rows, samples, views, width]`.
    fn rows(
        &mut self,
        sampling: &Sampling<'_>,
        rows: Range<usize>,
        samples: Range<u32>,
    ) -> Result<Vec<f32>, TrainedError> {
        let views = 0..sampling.views();
        let each = views.map(|view| self.in_view(sampling, view, rows.clone(), samples.clone()));
        Ok(views::side_by_side(each.collect::<Result<_, _>>()?, sampling.kind().width()))
    }

    /// `[rows, samples, width]` in one view. Masks are those of the rows' numbers: a sample is the same sub-network in every view.
    fn in_view(
        &mut self,
        sampling: &Sampling<'_>,
        view: usize,
        rows: Range<usize>,
        samples: Range<u32>,
    ) -> Result<Vec<f32>, TrainedError> {
        let part = sampling.seen(view);
        let meta = &self.member.checkpoint.meta;
        let kind = self.member.model.output.kind;
        match &mut self.source {
            Source::Pass(evaluator) => {
                let width = kind.width();
                if let Some(all) = &self.fixed {
                    return Ok(all[view][rows.start * width..rows.end * width].to_vec());
                }
                // Its steps begin where they begin in a pass over all rows.
                let first = rows.start / evaluator.batch() * evaluator.batch();
                let (team, seed) = (sampling.team, meta.seed);
                let mut outputs =
                    evaluator.rows(part, first..rows.end, &mut self.store, team, seed, &mut 0.0)?;
                pass::check_numbers(self.member, &outputs, width, first)?;
                Ok(self.meant(outputs.split_off((rows.start - first) * width)))
            }
            Source::Streams(evaluator) => {
                let (team, seed, width) = (sampling.team, sampling.seed.unwrap_or(meta.seed), kind.width());
                let mut each = Vec::with_capacity(samples.len());
                for sample in samples {
                    let (rows, of) = (rows.clone(), (seed, sample));
                    let said = evaluator.rows_of_sample(part, rows, &mut self.store, team, of, &mut 0.0)?;
                    each.push(said);
                }
                let outputs = views::side_by_side(each, width);
                pass::check_numbers(self.member, &outputs, outputs.len() / rows.len().max(1), rows.start)?;
                Ok(self.meant(outputs))
            }
            Source::Samples(sampler) => {
                let seed = sampling.seed.unwrap_or(meta.seed);
                let samples = Samples { seed, first: samples.start, count: samples.len() as u32 };
                let (team, width) = (sampling.team, sampler.fixed_width());
                let (first, each) = (rows.start, samples.count as usize * kind.width());
                let outputs = match &self.fixed {
                    Some(all) => {
                        let fixed = &all[view][rows.start * width..rows.end * width];
                        sampler.outputs_from(fixed, part, rows, samples, &mut self.store, team)?
                    }
                    None => sampler.outputs(part, rows, samples, &mut self.store, team)?,
                };
                pass::check_numbers(self.member, &outputs, each, first)?;
                Ok(self.meant(outputs))
            }
        }
    }

    /// What the source gave, as it was asked for.
    fn meant(&self, mut outputs: Vec<f32>) -> Vec<f32> {
        let (kind, target) = (self.member.model.output.kind, &self.member.checkpoint.meta.transform.target);
        cool(&mut outputs, self.temperature);
        match self.to_interpret {
            true => kind.interpret(&mut outputs, target),
            false => kind.to_units(&mut outputs, target),
        }
        outputs
    }
}

/// The mean of a row's samples. Of logits where the mean is geometric: normalising takes the factor out.
pub(super) fn averaged(samples: &[f32], kind: OutputKind, mean: Mean) -> Vec<f32> {
    let width = kind.width();
    let count = (samples.len() / width) as f64;
    let column = |at: usize| samples.chunks_exact(width).map(move |y| f64::from(y[at]));
    let plain = |at: usize| (column(at).sum::<f64>() / count) as f32;
    if !kind.says_spread() {
        return (0..width).map(plain).collect();
    }
    let d = kind.outputs();
    let moments = |at: usize| match mean {
        Mean::Arithmetic => {
            let marginal = Marginal::of(samples, kind, at);
            let u = predictive::number(&marginal.means, marginal.variances.as_deref());
            let between = if count > 1.0 { u.epistemic * (count - 1.0) / count } else { 0.0 };
            (u.mean, u.aleatoric.unwrap_or(0.0) + between)
        }
        Mean::Geometric => {
            let precisions = || column(d + at).map(|sd| 1.0 / (sd * sd));
            let total: f64 = precisions().sum();
            (column(at).zip(precisions()).map(|(m, p)| m * p).sum::<f64>() / total, count / total)
        }
    };
    let all: Vec<(f64, f64)> = (0..d).map(moments).collect();
    let (means, sds) = (all.iter().map(|m| m.0 as f32), all.iter().map(|m| m.1.sqrt() as f32));
    means.chain(sds).collect()
}
