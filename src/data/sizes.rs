//! What data say of a net's sizes, as attributes: `_` in a type stands for them.

use std::collections::BTreeMap;

use super::schema::DataSchema;

/// Numbers a row gives.
pub const FEATURES: &str = "data.features";
/// Where the target can be a class.
pub const CLASSES: &str = "data.classes";
/// Outputs where the target is numbers or bits.
pub const TARGETS: &str = "data.targets";

/// Tokens of the longest row of text.
pub const STEPS: &str = "data.steps";
/// How many different tokens the text has.
pub const VOCAB: &str = "data.vocab";

/// One of the sizes of a row, from 1.
fn axis(number: usize) -> String {
    format!("data.axis.{number}")
}

/// The sizes of a row, where the attributes say them.
#[must_use]
pub fn axes(attributes: &BTreeMap<String, f64>) -> Vec<f64> {
    (1..).map_while(|number| attributes.get(&axis(number)).copied()).collect()
}

/// Whether only a net with `_` asks for this attribute.
#[must_use]
pub fn is_of_types(name: &str) -> bool {
    [TARGETS, STEPS, VOCAB].contains(&name) || name.starts_with("data.axis.")
}

impl DataSchema {
    /// What only a net with `_` asks of the data.
    #[must_use]
    pub fn sizes(&self) -> BTreeMap<String, f64> {
        let axes = (1..).zip(&self.shape).map(|(number, size)| (axis(number), *size as f64));
        let text = self.text.into_iter().flat_map(|text| [(STEPS, text.steps), (VOCAB, text.vocab)]);
        let text = text.map(|(name, size)| (name.to_owned(), size as f64));
        axes.chain([(TARGETS.to_owned(), self.target_width as f64)]).chain(text).collect()
    }
}
