//! A net and its data, checked against each other.

use std::fmt;

use crate::{
    check::{Attributes, Env, check_source},
    data::{self, DataError, DataSchema, Dataset, Need, Search},
    diag::Diagnostic,
    model::Model,
};

/// A net whose data are loaded.
pub struct Ready {
    pub model: Model,
    pub dataset: Dataset,
    /// What the source text may ask of the data: `train.rows`, ...
    pub attributes: Attributes,
    pub warnings: Vec<Diagnostic>,
}

/// Why a net cannot run.
#[derive(Debug)]
pub enum OpenError {
    /// Faults of the text; warnings may stand among them.
    Net(Vec<Diagnostic>),
    /// A section without which nothing runs.
    NoSection(&'static str),
    Data(DataError),
}

impl fmt::Display for OpenError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            OpenError::Net(diagnostics) => match diagnostics.iter().find(|d| d.is_error()) {
                Some(first) => write!(f, "[{}]: {}", first.code, first.message),
                None => f.write_str("the net has errors"),
            },
            OpenError::NoSection("data") => {
                f.write_str("the file has no `data` section, so there are no rows to run on\nhelp: for a first try: `data { source moons, rows=1000, noise=0.2 }` on lines")
            }
            OpenError::NoSection(name) => write!(f, "the file has no `{name}` section"),
            OpenError::Data(error) => error.fmt(f),
        }
    }
}

impl std::error::Error for OpenError {}

impl From<DataError> for OpenError {
    fn from(error: DataError) -> Self {
        OpenError::Data(error)
    }
}

/// Checks a text, loads its data, and checks it again with what the data answer.
///
/// # Errors
/// Faults of the text, of the data, or a disagreement between them.
pub fn open(source: &str, sets: &[(String, String)], search: &Search) -> Result<Ready, OpenError> {
    let (blind, _) = checked(source, sets, Attributes::new())?;
    let config = blind.data.as_ref().ok_or(OpenError::NoSection("data"))?;
    let opened = data::open(config, search)?;
    let (model, warnings, attributes) = compared(source, sets, &opened.schema()?)?;
    let dataset = opened.dataset(&Need::of(&model))?;
    Ok(Ready { model, dataset, attributes, warnings })
}

/// Checks a text, against its data too if it has any, without loading them; answers the warnings.
///
/// # Errors
/// As [`open`], but a net without data is none.
pub fn probe(source: &str, sets: &[(String, String)], search: &Search) -> Result<Vec<Diagnostic>, OpenError> {
    let (blind, warnings) = checked(source, sets, Attributes::new())?;
    let Some(config) = &blind.data else { return Ok(warnings) };
    let (_, warnings, _) = compared(source, sets, &data::probe(config, search)?)?;
    Ok(warnings)
}

type Compared = (Model, Vec<Diagnostic>, Attributes);

fn compared(source: &str, sets: &[(String, String)], schema: &DataSchema) -> Result<Compared, OpenError> {
    let attributes = schema.attributes();
    let (model, mut diagnostics) = checked(source, sets, attributes.clone())?;
    diagnostics.extend(schema.disagreements(&model));
    if diagnostics.iter().any(Diagnostic::is_error) {
        return Err(OpenError::Net(diagnostics));
    }
    Ok((model, diagnostics, attributes))
}

fn checked(
    source: &str,
    sets: &[(String, String)],
    attributes: Attributes,
) -> Result<(Model, Vec<Diagnostic>), OpenError> {
    let checked = check_source(source, &Env { sets: sets.to_vec(), attributes });
    match checked.model {
        Some(model) => Ok((model, checked.diagnostics)),
        None => Err(OpenError::Net(checked.diagnostics)),
    }
}
