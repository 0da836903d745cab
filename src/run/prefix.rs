//! What is said of what depends on data alone: where a net is cut, what is kept of a row, and why it is not.

use serde::Serialize;

use crate::{
    data::DataConfig,
    graph::{Cut, Graph, Mode, prefix},
    lower::{lower_eval, lower_train},
    model::Model,
    runtime::prefix::{bytes, most},
};

/// How far a net is computed once over the rows of a part.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct PrefixPlan {
    /// Paths of the layers whose results are kept.
    pub ends: Vec<String>,
    /// Of a row, inputs that the rest still reads among them.
    pub numbers: usize,
    /// Rows of the part and bytes of what is kept of them; none before the data are read.
    pub room: Option<(usize, u64)>,
    /// Bytes that may be kept.
    pub limit: u64,
    /// False where that is more than the limit.
    pub kept: bool,
}

impl PrefixPlan {
    /// For the training rows. None if nothing that is worth its room depends on data alone, or nothing is trained.
    #[must_use]
    pub fn of_training(model: &Model) -> Option<Self> {
        model.train.as_ref().filter(|_| !model.changes_rows())?;
        let rows = model.fitted.map(|fitted| fitted.rows as usize);
        Self::of(&lower_train(model).graph, model, rows)
    }

    /// For validation rows, of which nobody knows how many there are: where no mask is drawn, it may reach further.
    #[must_use]
    pub fn of_validation(model: &Model) -> Option<Self> {
        model.train.as_ref()?;
        Self::of(&lower_eval(model, Mode::Eval).graph, model, None)
    }

    fn of(graph: &Graph, model: &Model, rows: Option<usize>) -> Option<Self> {
        let limit = model.data.as_ref().map(DataConfig::prefix_limit)?;
        let fits = prefix(graph, most(rows.unwrap_or(1), limit));
        let kept = fits.is_some();
        let found = fits.or_else(|| prefix(graph, usize::MAX))?;
        let ends =
            found.cut.iter().zip(&found.rest.inputs).filter(|(cut, _)| matches!(cut, Cut::Columns { .. }));
        Some(Self {
            ends: layers(ends.map(|(_, input)| input.name.as_str())),
            numbers: found.width,
            room: rows.map(|rows| (rows, bytes(rows, found.width))),
            limit,
            kept,
        })
    }

    /// Rows of which so much may be kept.
    #[must_use]
    pub fn most_rows(&self) -> u64 {
        self.limit / bytes(1, self.numbers).max(1)
    }
}
/// The layers that names of a cut speak of: a second value of a layer has a number behind its path.
fn layers<'n>(names: impl Iterator<Item = &'n str>) -> Vec<String> {
    let mut layers: Vec<String> = Vec::new();
    for name in names {
        let numbered = name.rsplit_once('.').filter(|(_, end)| end.parse::<u32>().is_ok());
        let path = numbered.map_or(name, |(path, _)| path).to_string();
        if !layers.contains(&path) {
            layers.push(path);
        }
    }
    layers
}
