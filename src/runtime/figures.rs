//! The figures of a pass: the loss and the reported metrics of one part of the data.

use std::{collections::BTreeMap, sync::Arc};

use serde_json::{Map, Value as Json};

use crate::{
    data::{Fields, Observed, Part, Target, Transform, Units},
    model::{Model, OutputKind, Reported, Use, laws::token::TOLD},
    train::{
        Metric,
        metrics::{self, Rows, Tally, Targets},
    },
};

/// Names and values, the loss first, then metrics in the order of the file.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Figures(pub Vec<(String, f64)>);

impl Figures {
    pub fn get(&self, name: &str) -> Option<f64> {
        self.0.iter().find(|(known, _)| known == name).map(|(_, value)| *value)
    }

    /// `{"loss":0.5,"accuracy":0.9}`; what is not finite becomes null.
    pub fn json(&self) -> Json {
        let pairs = self.0.iter().map(|(name, value)| (name.clone(), serde_json::json!(value)));
        Json::Object(pairs.collect::<Map<_, _>>())
    }
}

/// The metrics of a model: those of `report`, or the usual one for its output.
pub struct Reporter {
    kind: OutputKind,
    metrics: Vec<Use<dyn Metric>>,
    /// Names of what a file asks for of predictions.
    scores: Vec<String>,
    /// Of a real target.
    units: Units,
    /// Characters that each token stands for, where tokens are foretold.
    characters: Arc<[u32]>,
}

impl Reporter {
    pub fn new(model: &Model, transform: &Transform) -> Self {
        let reported = model.train.as_ref().map(|train| train.report.clone()).unwrap_or_default();
        let metrics = if reported.is_empty() { metrics::usual(model.output.kind) } else { reported };
        let units = transform.target.units().cloned().unwrap_or_default();
        let kind = model.output.kind;
        let characters = match (kind.steps(), &transform.fields) {
            (Some(_), Fields::Text(rule)) => rule.tokenizer.characters(),
            _ => Vec::new(),
        };
        Self { kind, metrics, scores: Vec::new(), units, characters: characters.into() }
    }

    /// With the negative log-likelihood in front, if it is not reported and says something about the output.
    #[must_use]
    pub fn with_nll(mut self) -> Self {
        let nll = metrics::likelihood();
        let reported = self.metrics.iter().any(|used| metrics::label(used) == metrics::label(&nll));
        if nll.word.fits(self.kind) && !reported {
            self.metrics.insert(0, nll);
        }
        self
    }

    /// With those metrics of another reporter that are not among its own.
    #[must_use]
    pub fn and_those_of(mut self, other: &Self) -> Self {
        for used in &other.metrics {
            if !self.metrics.iter().any(|own| metrics::label(own) == metrics::label(used)) {
                self.metrics.push(used.clone());
            }
        }
        self
    }

    /// The usual metric of the output alone, whatever the file reports.
    pub fn usual(model: &Model, transform: &Transform) -> Self {
        Self { metrics: metrics::usual(model.output.kind), ..Self::new(model, transform) }
    }

    /// The same for predictions: those that the `predict` section reports take their place.
    pub fn of_predictions(model: &Model, transform: &Transform) -> Self {
        let mut reporter = Self::new(model, transform);
        if !model.predict.report.is_empty() {
            reporter.scores = model.predict.report.iter().map(Reported::name).collect();
            reporter.metrics = model.predict.report.iter().filter_map(Reported::metric).cloned().collect();
        }
        reporter
    }

    /// Whether a figure that is no metric was asked for by name.
    pub fn wants(&self, name: &str) -> bool {
        self.scores.iter().any(|score| score == name)
    }

    /// Figures of a pass of which no rows are known yet.
    pub fn tallies(&self) -> Tallies {
        let of = |used: &Use<dyn Metric>| (metrics::label(used), used.word.tally(&used.args, self.kind));
        Tallies {
            width: self.kind.judged_width(),
            each: self.metrics.iter().map(of).collect(),
            units: self.units.clone(),
            characters: self.characters.clone(),
        }
    }

    /// Figures of all rows of a part, of which somebody holds the outputs `[rows, width]`.
    pub fn figures(&self, outputs: &[f32], part: &Part) -> Figures {
        let mut tallies = self.tallies();
        let order: Vec<u32> = (0..part.rows() as u32).collect();
        tallies.add(outputs, part, &order);
        tallies.figures(None)
    }

    /// Where a figure has no value.
    pub fn undefined_where(&self, figure: &str) -> &'static str {
        let used = self.metrics.iter().find(|used| metrics::label(used) == figure);
        used.map_or("the net's outputs are not all numbers", |used| used.word.undefined_where())
    }

    /// Whether a larger value of a figure is better.
    pub fn higher_is_better(&self, figure: &str) -> bool {
        self.metrics.iter().any(|used| metrics::label(used) == figure && used.word.higher_is_better())
    }
}

/// Numbers of the outputs of a block, at most, if one step has not more: 4 MiB, which are still in the cache when metrics read them.
const BLOCK: usize = 1 << 20;

/// Steps of `batch` rows that make a block of outputs of this width.
pub fn steps_of_block(batch: usize, width: usize) -> usize {
    (BLOCK / (batch * width).max(1)).max(1)
}

/// What figures know of the rows so far, by their names: see [`Tally::words`].
pub type Words = BTreeMap<String, Vec<u64>>;

/// The figures of a pass in the making: it goes by in blocks, whose outputs nobody keeps.
pub struct Tallies {
    width: usize,
    each: Vec<(String, Box<dyn Tally>)>,
    /// Of a real target.
    units: Units,
    characters: Arc<[u32]>,
}

impl Tallies {
    /// Takes in the outputs `[rows, width]` of a block, or what metrics see of them, whose targets stand in `part` at `order`.
    pub fn add(&mut self, outputs: &[f32], part: &Part, order: &[u32]) {
        if let Target::Tokens(_) = *part.target {
            return self.add_steps(outputs, part, order);
        }
        let (mut classes, mut real) = (Vec::new(), Vec::new());
        for row in order {
            match part.observed(*row as usize) {
                Observed::Class(class) => classes.push(class),
                Observed::Real(numbers) | Observed::Bits(numbers) => real.extend_from_slice(numbers),
                Observed::Tokens(_) => {}
            }
        }
        let targets = match *part.target {
            Target::Classes(_) | Target::Tokens(_) => Targets::Classes(&classes),
            Target::Real { width, .. } | Target::Bits { width, .. } => {
                Targets::Real { data: &real, width, units: &self.units }
            }
        };
        let rows = Rows { outputs, width: self.width, targets };
        self.each.iter_mut().for_each(|(_, tally)| tally.add(&rows));
    }

    /// The same of answers at each step: what rows have at steps of their own, one behind another.
    fn add_steps(&mut self, told: &[f32], part: &Part, order: &[u32]) {
        let (mut own, mut tokens) = (Vec::with_capacity(told.len()), Vec::new());
        for (row, told) in order.iter().zip(told.chunks_exact(self.width)) {
            let Observed::Tokens(came) = part.observed(*row as usize) else { continue };
            own.extend_from_slice(&told[..TOLD * came.len()]);
            tokens.extend_from_slice(came);
        }
        let targets = Targets::Tokens { tokens: &tokens, characters: &self.characters };
        let rows = Rows { outputs: &own, width: TOLD, targets };
        self.each.iter_mut().for_each(|(_, tally)| tally.add(&rows));
    }

    /// The loss, if there is one, and the metrics of all rows so far.
    pub fn figures(&self, loss: Option<f64>) -> Figures {
        let loss = loss.map(|loss| ("loss".to_string(), loss));
        let values = self.each.iter().map(|(name, tally)| (name.clone(), tally.value()));
        Figures(loss.into_iter().chain(values).collect())
    }

    /// All that is known of the rows so far, by figure.
    pub fn words(&self) -> Words {
        self.each.iter().map(|(name, tally)| (name.clone(), tally.words())).collect()
    }

    /// Goes on from such words.
    ///
    /// # Errors
    /// The figure of which they are none.
    pub fn resume(&mut self, words: &Words) -> Result<(), String> {
        for (name, tally) in &mut self.each {
            if !words.get(name).is_some_and(|words| tally.resume(words)) {
                return Err(name.clone());
            }
        }
        Ok(())
    }
}
