//! What a net says of rows.

use std::sync::Arc;

use crate::run::{self, PredictionForm, Writing};

/// Names of the columns.
#[derive(Debug, PartialEq)]
struct Names {
    class: Option<String>,
    outputs: Vec<String>,
    notes: Vec<String>,
}

/// Predictions of rows, in their order.
#[derive(Clone, Debug)]
pub struct Predictions {
    names: Arc<Names>,
    all: run::Predictions,
    warnings: Vec<String>,
}

/// What a net says of one row.
#[derive(Clone, Debug, PartialEq)]
pub struct Prediction {
    names: Arc<Names>,
    outputs: Vec<f64>,
    notes: Vec<f64>,
}

impl Predictions {
    pub(super) fn new(all: run::Predictions, warnings: Vec<String>) -> Self {
        let (class, outputs, notes) = all.column_names();
        Self { names: Arc::new(Names { class, outputs, notes }), all, warnings }
    }

    /// These outputs as one row.
    pub(super) fn of(&self, outputs: Vec<f64>) -> Prediction {
        Prediction { names: self.names.clone(), outputs, notes: Vec::new() }
    }

    /// How many rows there are.
    #[must_use]
    pub fn len(&self) -> usize {
        self.all.rows().count()
    }

    /// Whether there is none.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// Row `i`, from 0.
    #[must_use]
    pub fn get(&self, i: usize) -> Option<Prediction> {
        self.all.noted_rows().nth(i).map(|row| self.prediction(row))
    }

    /// Row by row.
    #[must_use]
    pub fn iter(&self) -> Iter<'_> {
        Iter { of: self, rows: Box::new(self.all.noted_rows()) }
    }

    /// Names of the outputs: of the classes or bits whose probabilities they are, or of the numbers.
    #[must_use]
    pub fn names(&self) -> &[String] {
        &self.names.outputs
    }

    /// What is to be said of the rows although they are predicted: that texts were cut, or pictures made smaller.
    #[must_use]
    pub fn warnings(&self) -> &[String] {
        &self.warnings
    }

    /// All of them as `dropnet predict` writes them: CSV with a header.
    #[must_use]
    pub fn to_csv(&self) -> String {
        let bytes = Writing::new(PredictionForm::Csv, self.len()).block(&self.all);
        String::from_utf8_lossy(&bytes).into_owned()
    }

    fn prediction(&self, (outputs, notes): (&[f64], &[f64])) -> Prediction {
        Prediction { names: self.names.clone(), outputs: outputs.to_vec(), notes: notes.to_vec() }
    }
}

/// The rows of [`Predictions`].
pub struct Iter<'a> {
    of: &'a Predictions,
    rows: Box<dyn Iterator<Item = (&'a [f64], &'a [f64])> + 'a>,
}

impl Iterator for Iter<'_> {
    type Item = Prediction;

    fn next(&mut self) -> Option<Prediction> {
        self.rows.next().map(|row| self.of.prediction(row))
    }
}

impl<'a> IntoIterator for &'a Predictions {
    type Item = Prediction;
    type IntoIter = Iter<'a>;

    fn into_iter(self) -> Iter<'a> {
        self.iter()
    }
}

impl Prediction {
    /// The likeliest class; none of nets that tell no classes apart.
    #[must_use]
    pub fn class(&self) -> Option<&str> {
        self.names.class.as_ref()?;
        // The first of equally likely ones.
        let likelier = |best: usize, i: usize| if self.outputs[i] > self.outputs[best] { i } else { best };
        let best = (0..self.outputs.len()).reduce(likelier)?;
        Some(&self.names.outputs[best])
    }

    /// Probabilities of classes or of bits, or numbers in the target's own units; behind the means of `normal` their standard deviations.
    #[must_use]
    pub fn outputs(&self) -> &[f64] {
        &self.outputs
    }

    /// Names of the outputs.
    #[must_use]
    pub fn names(&self) -> &[String] {
        &self.names.outputs
    }

    /// What `dropnet predict` writes in the column of this name: an output, or something that is said beside, such as `entropy`
    /// (`dropnet explain predictions`).
    #[must_use]
    pub fn get(&self, column: &str) -> Option<f64> {
        let at = |names: &[String]| names.iter().position(|name| name == column);
        let note = || at(&self.names.notes).map(|i| self.notes[i]);
        at(&self.names.outputs).map(|i| self.outputs[i]).or_else(note)
    }

    /// How far the samples of Monte-Carlo dropout, or the nets of several runs, differ in an output: their standard deviation. None where there is
    /// one pass of one net.
    #[must_use]
    pub fn sd(&self, output: &str) -> Option<f64> {
        let what = if self.names.class.is_some() { "sd" } else { "epistemic_sd" };
        let name = format!("{output}_{what}");
        self.names.notes.iter().position(|note| *note == name).map(|i| self.notes[i])
    }
}
