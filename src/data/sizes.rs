//! What data say of a net's sizes, as attributes: `_` in a type stands for them.

use std::collections::BTreeMap;

use super::schema::{ColumnKind, DataSchema};

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

/// In front of the name of a column of categories: how many it has.
const CATEGORIES: &str = "data.categories.";

/// Columns of categories, with how many each has.
pub fn columns_of_categories(
    attributes: &BTreeMap<String, f64>,
) -> impl Iterator<Item = (&str, f64)> + Clone {
    attributes.iter().filter_map(|(name, count)| Some((name.strip_prefix(CATEGORIES)?, *count)))
}

/// The column that an attribute counts the categories of.
#[must_use]
pub fn column_of(attribute: &str) -> Option<&str> {
    attribute.strip_prefix(CATEGORIES)
}

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
    [TARGETS, STEPS, VOCAB].contains(&name) || name.starts_with("data.axis.") || column_of(name).is_some()
}

impl DataSchema {
    /// What only a net with `_` asks of the data.
    #[must_use]
    pub fn sizes(&self) -> BTreeMap<String, f64> {
        let axes = (1..).zip(&self.shape).map(|(number, size)| (axis(number), *size as f64));
        let text = self.text.into_iter().flat_map(|text| [(STEPS, text.steps), (VOCAB, text.vocab)]);
        let text = text.map(|(name, size)| (name.to_owned(), size as f64));
        let categories = self.columns.iter().filter_map(|column| match &column.kind {
            ColumnKind::Words(names) => Some((format!("{CATEGORIES}{}", column.name), names.len() as f64)),
            ColumnKind::Number | ColumnKind::Ordered(_) | ColumnKind::Dates(_) => None,
        });
        axes.chain([(TARGETS.to_owned(), self.target_width as f64)]).chain(text).chain(categories).collect()
    }
}
