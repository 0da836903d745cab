//! What the host decides before each epoch: the order of rows, who is mixed with whom, learning rates, per-step scalars.
//!
//! Everything is a function of (seed, epoch, update) and the model; nothing is carried from one epoch to the next but the plateau
//! schedule's factor and a fitted variance of observations. So a run can be taken up again at any update.

use super::{
    order::{Order, Visits},
    progress::Progress,
};
use crate::{
    data::updates,
    graph::{ScalarDef, StepInfo},
    model::Train,
    train::{
        augment::{Minibatch, Rect, Size},
        schedules::{self, At},
    },
    vocab::Clock,
};

/// The fixed facts of a training run.
#[derive(Clone, Copy, Debug)]
pub struct Shape {
    pub rows: usize,
    pub batch: usize,
    pub drop_last: bool,
    pub seed: u64,
    /// Height and width of the net's pictures; 0 where it sees none.
    pub picture: Size,
    /// Whether rows go on from minibatch to minibatch, and so stay in their order.
    pub goes_on: bool,
}

impl Shape {
    pub fn steps(&self) -> usize {
        updates(self.rows, self.batch, self.drop_last)
    }

    /// Rows of a step: the last minibatch may be short.
    pub fn rows_of(&self, step: usize) -> usize {
        self.batch.min(self.rows - step * self.batch)
    }

    /// Rows that an epoch visits.
    pub fn visited(&self) -> usize {
        if self.drop_last { self.steps() * self.batch } else { self.rows }
    }
}

/// One epoch, laid out for the native loop.
pub struct EpochPlan {
    /// Row of the data at each position.
    pub order: Vec<u32>,
    /// Place of each of them in the shuffled order, where it is not the position: what is drawn for a row is addressed by it.
    pub places: Option<Vec<u32>>,
    /// The position each position is mixed with, of the same minibatch.
    pub partner: Option<Vec<u32>>,
    /// What is pasted from the partner, of each step.
    pub boxes: Vec<Option<Rect>>,
    /// The share of a row's own target, of each step in which rows are mixed.
    pub shares: Vec<f64>,
    /// Step-major words of the scalars.
    pub scalars: Vec<u32>,
    /// Learning rate of each step.
    pub rates: Vec<f64>,
}

impl EpochPlan {
    /// The place in the shuffled order of the row at a position.
    pub fn place(&self, position: usize) -> usize {
        self.places.as_ref().map_or(position, |places| places[position] as usize)
    }

    /// The same of all positions; of none where it is the position itself.
    pub fn places(&self) -> &[u32] {
        self.places.as_deref().unwrap_or_default()
    }
}

/// What an epoch is laid out for, the same in each: the section, the scalars of its steps, and what decides on the order of rows.
pub struct Laid<'a> {
    train: &'a Train,
    defs: &'a [ScalarDef],
    visits: &'a Visits,
}

impl<'a> Laid<'a> {
    pub fn new(train: &'a Train, defs: &'a [ScalarDef], visits: &'a Visits) -> Self {
        Self { train, defs, visits }
    }
}

/// Lays out the epoch that comes after `progress`; where nothing has fitted the variance of observations yet it is `noise`.
pub fn epoch(laid: &Laid<'_>, shape: &Shape, progress: &Progress, noise: f64) -> EpochPlan {
    let Laid { train, defs, visits } = *laid;
    let (epoch, plateau) = (progress.epoch, progress.plateau.factor);
    let noise = progress.noise.unwrap_or(noise);
    let steps = shape.steps();
    let first_update = epoch * steps as u64;
    let Order { rows: order, places } = visits.order(shape, epoch);
    let pairs = train.augmentation.pairs.as_ref();
    let mut partner = pairs.map(|_| Vec::with_capacity(order.len()));
    let (mut boxes, mut shares) = (Vec::new(), Vec::new());
    let mut scalars = Vec::with_capacity(steps * defs.len());
    let mut rates = Vec::with_capacity(steps);
    for step in 0..steps {
        let update = first_update + step as u64;
        let lr = learning_rate(train, update, steps as u64, plateau);
        let (clock, rows) = (clock(train, update, steps as u64), shape.rows_of(step));
        let at = Minibatch { seed: shape.seed, epoch, update, rows, clock };
        let paired = pairs.map(|pairs| pairs.paired(&at, shape.picture));
        let (lambda, blend) = paired.as_ref().map_or((1.0, 1.0), |paired| (paired.share, paired.blend));
        if let (Some(paired), Some(partner)) = (paired, &mut partner) {
            let start = (step * shape.batch) as u32;
            partner.extend(paired.partner.iter().map(|place| start + place));
            boxes.push(paired.rect);
            shares.push(paired.share);
        }
        let info =
            StepInfo { clock, rows, lr, lambda, blend, noise, idle: 0, every: train.accumulate as u64 };
        scalars.extend(defs.iter().map(|def| def.word(&info)));
        rates.push(lr);
    }
    EpochPlan { order, places, partner, boxes, shares, scalars, rates }
}

/// The moment of one update.
pub fn clock(train: &Train, update: u64, updates_per_epoch: u64) -> Clock {
    Clock { update, updates_per_epoch, horizon: train.length.updates(updates_per_epoch) }
}

/// The rate of one update: the optimizer's `lr`, the schedule's factor at that time.
pub fn learning_rate(train: &Train, update: u64, updates_per_epoch: u64, plateau: f64) -> f64 {
    let horizon = schedules::horizon(&train.schedule, train.length, updates_per_epoch);
    let at = At { update, updates_per_epoch, horizon, plateau };
    let lr = train.optimizer.args.timed("lr").at(&clock(train, update, updates_per_epoch));
    lr * schedules::factor(&train.schedule, &at)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_short_last_minibatch_counts_unless_dropped() {
        let shape =
            Shape { rows: 100, batch: 32, drop_last: false, seed: 0, picture: [0, 0], goes_on: false };
        assert_eq!((shape.steps(), shape.rows_of(3), shape.visited()), (4, 4, 100));
        let shape = Shape { drop_last: true, ..shape };
        assert_eq!((shape.steps(), shape.rows_of(2), shape.visited()), (3, 32, 96));
    }
}
