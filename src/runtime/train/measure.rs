//! Statistics of batch norm for averaged parameters: those that training stores are of the parameters that it has been through.

use std::ops::Range;

use super::{TrainError, Trainer};
use crate::{
    data::Numbers,
    draws,
    graph::Averaged,
    lower::lower_measure,
    runtime::{
        function::{Augmented, Function, Layout, Pass},
        plan,
        store::averages,
    },
};

/// Positions of an epoch that they are measured over.
const POSITIONS: usize = 10_000;

impl Trainer<'_> {
    /// Measures them anew where the average asks for it and has begun: in training mode, over the first positions of this epoch.
    pub(super) fn measure(&mut self) -> Result<(), TrainError> {
        let Some(mut store) = self.store.averaged(self.function.graph()).filter(|_| self.measures()) else {
            return Ok(());
        };
        if self.measurer.is_none() {
            self.measurer = Some(Function::new(lower_measure(self.job.model), &self.job.dataset.train)?);
        }
        let Some(function) = &self.measurer else { return Ok(()) };
        store.begin(function.graph());
        let epoch = self.progress.epoch;
        let laid = plan::Laid::new(self.section, function.scalars(), &self.visits);
        let plan = plan::epoch(&laid, &self.shape, &self.progress, self.noise);
        let streams = function.streams(|site| draws::train_stream(self.shape.seed, site, epoch));
        let layout =
            Layout { order: &plan.order, batch: self.shape.batch, scalars: &plan.scalars, streams: &streams };
        let mut nobody = |_: Range<usize>, _: Numbers<'_>| {};
        let augment =
            self.augmenter.as_ref().map(|augmenter| augmenter.at(self.section, &self.shape, &plan, epoch));
        function.run(Pass {
            augment: augment.map(|epoch| Augmented { epoch, witness: &mut nobody }),
            partner: plan.partner.as_deref(),
            places: plan.places(),
            steps: 0..POSITIONS.div_ceil(self.shape.batch).min(self.shape.steps()) as u64,
            first_update: epoch * self.shape.steps() as u64,
            ..Pass::once(&self.job.dataset.train, layout, &mut store, &mut [], &self.team)
        })?;
        for (slot, of) in averages(self.function.graph()) {
            if let Averaged::State(id) = of {
                self.store.slots[slot].clone_from(&store.states[id.index()]);
            }
        }
        Ok(())
    }

    /// Whether there is something to measure now.
    fn measures(&self) -> bool {
        let after = self.section.average.as_ref().and_then(|used| used.word.measures_after(&used.args));
        let steps = self.shape.steps() as u64;
        let done = self.progress.epoch * steps + self.progress.step;
        let has_begun = |share: f64| done as f64 > share * self.section.length.updates(steps) as f64;
        let averaged = averages(self.function.graph()).any(|(_, of)| matches!(of, Averaged::State(_)));
        averaged && after.is_some_and(has_begun)
    }
}
