//! The checkpoints of a run: this moment, the best epoch, and which of the two is tested.

use super::{TrainError, Trainer};
use crate::runtime::{
    figures::Tallies,
    keeper,
    ranks::{anywhere, from_first},
    store::Store,
};

impl Trainer<'_> {
    /// Writes this moment, and before it the best epoch if it waits to be written. Where several processes train none goes on if that failed in one.
    pub(super) fn write_last(&mut self) -> Result<(), TrainError> {
        let written = self.write();
        match anywhere(&self.team, written.is_err()) {
            true => written.and(Err(TrainError::Unwritten)),
            false => Ok(()),
        }
    }

    /// The same in this process alone.
    pub(super) fn write(&mut self) -> Result<(), TrainError> {
        if self.job.dir.is_none() {
            return Ok(());
        }
        if !self.store.is_finite() {
            return Err(TrainError::Diverged { epoch: self.progress.epoch, step: 0 });
        }
        let within = self.tallies.as_ref().filter(|_| self.progress.step > 0);
        let words = within.map(Tallies::words).unwrap_or_default();
        let graph = self.function.graph();
        Ok(self.keeper.write(graph, &self.store, &words, &self.job.meta, &mut self.progress)?)
    }

    /// After step `step` came out as not finite: writes the best epoch, if it waits to be written. The parameters of that step are not
    /// worth keeping, finite or not: their objective is none.
    pub(super) fn keep_the_good(&mut self) -> Result<(), TrainError> {
        self.keeper.write_best(self.function.graph(), &self.job.meta, &mut self.progress)?;
        Ok(())
    }

    /// Takes the parameters that are tested: of the best epoch where training stops early and there is one, else the last.
    pub(super) fn choose(&mut self) -> Result<&'static str, TrainError> {
        if self.section.stop_early.is_none() || self.progress.best.is_none() {
            return Ok("last");
        }
        let taken = self.take_best();
        if anywhere(&self.team, taken.is_err()) {
            taken?;
            return Err(TrainError::Unwritten);
        }
        // Only the process that has the folder knows an epoch that was the best before the run was taken up.
        let Store { params, slots, states } = &mut self.store;
        params.iter_mut().chain(slots).chain(states).for_each(|tensor| from_first(&self.team, tensor));
        Ok("best")
    }

    fn take_best(&mut self) -> Result<(), TrainError> {
        match (self.job.dir, self.keeper.take_best()) {
            (Some(dir), _) => {
                self.store = keeper::read_best(dir, &self.progress)?.store(self.function.graph())?;
            }
            (None, Some(best)) => self.store = best.store,
            (None, None) => {}
        }
        Ok(())
    }
}
