//! The figures of a pass: the loss and the reported metrics of one part of the data.

use serde_json::{Map, Value as Json};

use crate::{
    data::{Observed, Part, Target, Transform},
    diag::Span,
    model::{Model, OutputKind, Reported, Use},
    train::{
        Metric,
        metrics::{self, Rows, Targets},
    },
    vocab::Args,
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
    metrics: Vec<Use<dyn Metric>>,
    /// Names of what a file asks for of predictions.
    scores: Vec<String>,
    /// Factor from training units of a real target to its own.
    scale: Vec<f64>,
}

impl Reporter {
    pub fn new(model: &Model, transform: &Transform) -> Self {
        let reported = model.train.as_ref().map(|train| train.report.clone()).unwrap_or_default();
        let metrics = if reported.is_empty() { metrics::usual(model.output.kind) } else { reported };
        let scale = transform.target.units().to_vec();
        Self { metrics, scores: Vec::new(), scale }
    }

    /// With the negative log-likelihood in front, if it is not reported and says something about the output.
    #[must_use]
    pub fn with_nll(mut self, kind: OutputKind) -> Self {
        let word = metrics::find("nll").filter(|word| word.fits(kind));
        if let Some(word) = word.filter(|_| !self.metrics.iter().any(|used| metrics::label(used) == "nll")) {
            let args = Args::new(word.sig(), Span::default(), Vec::new());
            self.metrics.insert(0, Use { word, args });
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

    /// Figures of rows whose targets stand in `part` at `order`.
    pub fn figures(
        &self,
        loss: Option<f64>,
        outputs: &[f32],
        width: usize,
        part: &Part,
        order: &[u32],
    ) -> Figures {
        let mut figures: Vec<(String, f64)> = loss.map(|l| ("loss".to_string(), l)).into_iter().collect();
        let (mut classes, mut real) = (Vec::new(), Vec::new());
        for row in order {
            match part.observed(*row as usize) {
                Observed::Class(class) => classes.push(class),
                Observed::Real(numbers) | Observed::Bits(numbers) => real.extend_from_slice(numbers),
            }
        }
        let targets = match &*part.target {
            Target::Classes(_) => Targets::Classes(&classes),
            Target::Real { width, .. } | Target::Bits { width, .. } => {
                Targets::Real { data: &real, width: *width, scale: &self.scale }
            }
        };
        let rows = Rows { outputs, width, targets };
        for used in &self.metrics {
            figures.push((metrics::label(used), used.word.value(&used.args, &rows)));
        }
        Figures(figures)
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
