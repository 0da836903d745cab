//! What a net says of all rows of a part, held, to take figures of any choice of them.

use crate::{
    data::Part,
    kernels::team::Team,
    run::{
        folder::trained::{Trained, TrainedError},
        predictions::pass,
    },
    runtime::{
        evaluate::Evaluator,
        figures::{Figures, Reporter},
    },
};

/// Of one pass, dropout off.
pub struct Outputs {
    part: Part,
    reporter: Reporter,
    width: usize,
    /// `[rows, width]`
    values: Vec<f32>,
}

impl Outputs {
    /// Of the rows of a part, with what metrics see of them.
    ///
    /// # Errors
    /// A net that answers at each step; parameters or rows that do not fit it; a row that cannot be read.
    pub(in crate::run) fn of(
        net: &Trained,
        part: &Part,
        reporter: Reporter,
        team: &Team,
    ) -> Result<Self, TrainedError> {
        net.answers_once("figures row by row")?;
        let mut evaluator = Evaluator::predictor(&net.model, part)?;
        let values = pass::outputs(net, &mut evaluator, part, team)?;
        Ok(Self { part: part.clone(), reporter, width: evaluator.width(), values })
    }

    #[must_use]
    pub fn rows(&self) -> usize {
        self.part.rows()
    }

    /// The metrics of these rows of the part, each as often as it stands there.
    #[must_use]
    pub fn figures(&self, rows: &[u32]) -> Figures {
        let mut tallies = self.reporter.tallies();
        let chosen = rows.iter().flat_map(|row| &self.values[*row as usize * self.width..][..self.width]);
        tallies.add(&chosen.copied().collect::<Vec<f32>>(), &self.part, rows);
        tallies.figures(None)
    }
}
