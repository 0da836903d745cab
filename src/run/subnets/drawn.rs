//! Who draws masks: a sample of a row that is predicted, or a row in a step of training.

use crate::{
    data::Search,
    run::folder::trained::{Trained, TrainedError},
    runtime::{
        order::{self, Visits},
        plan::Shape,
    },
    vocab::Clock,
};

/// Whose masks.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Drawn {
    /// Row `row` of the input and one of its samples; numbers from 0, the seed that of the masks.
    Sample { row: u64, sample: u32, seed: u64 },
    /// The row at `position` in the shuffled order of `epoch`; numbers from 0.
    Training { epoch: u64, position: u64, clock: Clock },
}

impl Drawn {
    /// The row at a position of an epoch of training, both from 0. Where texts are sorted the data are read, since lengths say in which step it is.
    ///
    /// # Errors
    /// A place that training has not come to; a checkpoint that does not say how many rows were trained on; data that are missing or not those of training.
    pub fn in_epoch(net: &Trained, search: &Search, epoch: u64, position: u64) -> Result<Self, TrainedError> {
        let steps = Steps::of(net, search)?;
        let trained = steps.rows.min(steps.an_epoch * steps.size);
        if position >= trained {
            return Err(TrainedError::Unfit(format!(
                "an epoch has {trained} positions, counted from 0: there is no position {position}"
            )));
        }
        let step = steps.visited(epoch, position) / steps.size;
        if epoch.saturating_mul(steps.an_epoch).saturating_add(step) >= steps.made {
            return Err(TrainedError::Unfit(format!(
                "the run has {}, counted from 0: position {position} of epoch {epoch} is none of its rows",
                passed(steps.made, steps.an_epoch)
            )));
        }
        let clock = steps.clock(epoch * steps.an_epoch + step);
        Ok(Self::Training { epoch, position, clock })
    }

    /// The row of a minibatch in a step of training, both from 0. Where texts are sorted the data are read, since lengths say which rows a
    /// minibatch has.
    ///
    /// # Errors
    /// A step that training has not come to, or a minibatch without that row; a checkpoint that does not say how many rows were trained on; data that are missing
    /// or not those of training.
    pub fn in_step(net: &Trained, search: &Search, step: u64, row: u64) -> Result<Self, TrainedError> {
        let rows = Self::of_step(net, search, step)?;
        let size = rows.len();
        rows.into_iter().nth(row as usize).ok_or_else(|| {
            TrainedError::Unfit(format!("the minibatch of step {step} has {size} rows, counted from 0"))
        })
    }

    /// All rows of the minibatch of a step, in their order.
    ///
    /// # Errors
    /// As [`in_step`](Self::in_step).
    pub(super) fn of_step(net: &Trained, search: &Search, step: u64) -> Result<Vec<Self>, TrainedError> {
        let steps = Steps::of(net, search)?;
        let size = steps.rows_in(step)?;
        let (epoch, first, clock) = (step / steps.an_epoch, steps.first_row(step), steps.clock(step));
        let places = steps.places(epoch);
        let place = |at: u64| places.as_ref().map_or(at, |places| u64::from(places[at as usize]));
        let drawn = |at: u64| Self::Training { epoch, position: place(at), clock };
        Ok((first..first + size).map(drawn).collect())
    }

    /// The moment by which rates go that change over time.
    pub(super) fn clock(&self) -> Clock {
        match self {
            Self::Sample { .. } => Clock::END,
            Self::Training { clock, .. } => *clock,
        }
    }
}

/// The steps of a run of training, as far as it has come.
struct Steps {
    /// Rows of an epoch, and of a minibatch.
    rows: u64,
    size: u64,
    an_epoch: u64,
    made: u64,
    /// Updates of the whole training, as its file has it.
    horizon: u64,
    /// Where texts are sorted: what decides on the order of rows.
    order: Option<(Visits, Shape)>,
}

impl Steps {
    fn of(net: &Trained, search: &Search) -> Result<Self, TrainedError> {
        let meta = &net.checkpoint.meta;
        let rows = meta.attributes.get("train.rows").map(|rows| *rows as u64);
        let batch = net.model.data.as_ref().map(|data| data.batch());
        let (Some(rows), Some(batch)) = (rows, batch) else {
            return Err(TrainedError::Unfit(
                "the checkpoint does not say how many rows were trained on".into(),
            ));
        };
        let size = batch.rows as u64;
        let an_epoch = if batch.drop_last { rows / size } else { rows.div_ceil(size) }.max(1);
        let order = match &net.model.train {
            Some(train) if order::sorts_texts(&net.model) => {
                let part = net.dataset(search)?.train;
                let shape = Shape {
                    rows: part.rows(),
                    batch: batch.rows,
                    drop_last: batch.drop_last,
                    seed: meta.seed,
                    picture: [0, 0],
                    goes_on: part.streams().is_some(),
                };
                Some((Visits::of(&net.model, train, &part)?, shape))
            }
            _ => None,
        };
        Ok(Self {
            rows,
            size,
            an_epoch,
            made: meta.progress.epoch.saturating_mul(an_epoch).saturating_add(meta.progress.step),
            horizon: net.model.train.as_ref().map_or(0, |train| train.length.updates(an_epoch)),
            order,
        })
    }

    /// The position of each row of an epoch in the order in which they are visited, where these are two orders.
    fn places(&self, epoch: u64) -> Option<Vec<u32>> {
        let (visits, shape) = self.order.as_ref()?;
        visits.order(shape, epoch).places
    }

    /// How many rows of its epoch are visited before the one at a position.
    fn visited(&self, epoch: u64, position: u64) -> u64 {
        let places = self.places(epoch);
        let found = places.and_then(|all| all.iter().position(|place| u64::from(*place) == position));
        found.map_or(position, |at| at as u64)
    }

    /// Rows of the minibatch of a step.
    ///
    /// # Errors
    /// A step that training has not come to.
    fn rows_in(&self, step: u64) -> Result<u64, TrainedError> {
        if step >= self.made {
            return Err(TrainedError::Unfit(format!(
                "the run has {}, counted from 0: there is no step {step}",
                counted(self.made, "step")
            )));
        }
        Ok(self.size.min(self.rows - self.first_row(step)))
    }

    /// The position in its epoch of a step's first row.
    fn first_row(&self, step: u64) -> u64 {
        step % self.an_epoch * self.size
    }

    fn clock(&self, update: u64) -> Clock {
        Clock { update, updates_per_epoch: self.an_epoch, horizon: self.horizon }
    }
}

fn counted(n: u64, what: &str) -> String {
    format!("{n} {what}{}", if n == 1 { "" } else { "s" })
}

/// `3 epochs and 2 steps`: what a number of steps comes to.
fn passed(made: u64, steps: u64) -> String {
    let epochs = counted(made / steps, "epoch");
    match made % steps {
        0 => epochs,
        more => format!("{epochs} and {}", counted(more, "step")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::run::rig::trained;

    /// A run of 10 rows in minibatches of 4, stopped in its second epoch of seven, has masks of 3 + 1 steps.
    #[test]
    fn a_run_has_the_masks_of_the_steps_that_it_made() {
        let mut net = trained("dense 4 -> dropout 0.5 -> dense 3");
        let planned = format!(
            "data {{\n  source blobs, rows=10\n  batch 4\n}}\n{}train {{\n  epochs 7\n  loss cross_entropy\n  optimizer sgd, lr=0.1\n}}\n",
            net.checkpoint.meta.source
        );
        let checked = crate::check::check_source(&planned, &Default::default());
        net.model = checked.model.unwrap_or_else(|| panic!("{:?}", checked.diagnostics));
        net.checkpoint.meta.attributes.insert("train.rows".into(), 10.0);
        (net.checkpoint.meta.progress.epoch, net.checkpoint.meta.progress.step) = (1, 1);
        let search = Search::default();
        assert!(Drawn::in_step(&net, &search, 3, 0).is_ok() && Drawn::in_epoch(&net, &search, 1, 3).is_ok());
        let step = Drawn::in_step(&net, &search, 4, 0).unwrap_err().to_string();
        assert!(step.contains("the run has 4 steps, counted from 0: there is no step 4"), "{step}");
        let epoch = Drawn::in_epoch(&net, &search, 1, 4).unwrap_err().to_string();
        let said =
            "the run has 1 epoch and 1 step, counted from 0: position 4 of epoch 1 is none of its rows";
        assert!(epoch.contains(said), "{epoch}");
    }
}
