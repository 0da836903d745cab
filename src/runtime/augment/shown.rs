//! The rows that training is fed with, for whoever wants to look at them: made by the same statements from the same draws.

use std::{ops::Range, sync::atomic::AtomicU32};

use super::{Augmenter, Scratch, pictures::Pictures};
use crate::{
    data::{DataConfig, DataError, Dataset},
    model::Model,
    runtime::{
        order::Visits,
        plan::{self, Shape},
        progress::Progress,
    },
    train::augment::{Playing, Rect},
};

/// A training row in one epoch.
#[derive(Clone, Debug, PartialEq)]
pub struct Shown {
    /// From 1.
    pub epoch: u64,
    /// Among the training rows.
    pub row: usize,
    /// Its place in the epoch's shuffled order.
    pub position: usize,
    /// Of a picture its numbers after all statements that change rows one by one, as the source has them.
    pub numbers: Vec<f32>,
    /// What the net is fed: bytes in memory, before pairs; of a text the numbers of its tokens, of a sound its samples.
    pub fed: Vec<u8>,
    /// Tokens or samples of a text or a sound that are its own.
    pub length: usize,
    /// Of a sound its own samples before all statements.
    pub original: Vec<f32>,
    pub mixed: Option<Mixed>,
}

/// With whom a row is mixed.
#[derive(Clone, Debug, PartialEq)]
pub struct Mixed {
    /// Among the training rows.
    pub partner: usize,
    /// The row's own share of its target.
    pub share: f64,
    /// What is pasted from the partner, in place of a sum.
    pub rect: Option<Rect>,
}

/// Rows in the first epochs.
pub struct Gallery {
    /// What is known of them, where they are pictures.
    pub pictures: Option<Pictured>,
    /// Samples a second and samples at most, where they are sounds.
    pub sounds: Option<(u32, usize)>,
    pub rows: Vec<Shown>,
}

/// Height, width and channels of pictures, black and white.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Pictured {
    pub shape: [usize; 3],
    pub range: [f32; 2],
}

/// These training rows in the first epochs. None for a net that changes no rows.
///
/// # Errors
/// A row that cannot be read.
pub fn shown(
    model: &Model,
    dataset: &Dataset,
    seed: u64,
    rows: Range<usize>,
    epochs: u64,
) -> Result<Option<Gallery>, DataError> {
    let (Some(train), Some(batch)) = (&model.train, model.data.as_ref().map(DataConfig::batch)) else {
        return Ok(None);
    };
    let Some(mut augmenter) = Augmenter::new(model, dataset, seed)? else { return Ok(None) };
    augmenter.prepare(dataset, &AtomicU32::new(0), &mut |_| ())?;
    let pictures = augmenter.pictures();
    let [height, width, _] = pictures.map_or([0; 3], |pictures| pictures.chain.shape());
    let shape = Shape {
        rows: dataset.train.rows(),
        batch: batch.rows,
        drop_last: batch.drop_last,
        seed,
        picture: [height, width],
        goes_on: dataset.train.streams().is_some(),
    };
    let input = &dataset.train.inputs[augmenter.input];
    let (mut found, visits) = (Vec::new(), Visits::of(model, train, &dataset.train)?);
    let laid = plan::Laid::new(train, &[], &visits);
    for epoch in 0..epochs {
        let progress = Progress { epoch, ..Progress::default() };
        let plan = plan::epoch(&laid, &shape, &progress, 1.0);
        let at = augmenter.at(train, &shape, &plan, epoch);
        for row in rows.clone() {
            // Of an epoch that leaves the last rows out.
            let Some(position) = plan.order.iter().position(|other| *other as usize == row) else { continue };
            let drawn = at.row(position, dataset.train.numbers()[row]);
            let mut fed = vec![0_u8; input.store.form().row_bytes()];
            // Room that floats may lie in.
            let mut aligned = vec![0.0_f32; fed.len().div_ceil(size_of::<f32>())];
            let room = &mut bytemuck::cast_slice_mut(&mut aligned)[..fed.len()];
            let length = augmenter.row(&drawn, &dataset.train, &mut Scratch::default(), room)?;
            fed.copy_from_slice(room);
            let step = position / batch.rows;
            let mixed = plan.partner.as_ref().zip(plan.shares.get(step)).map(|(partner, share)| Mixed {
                partner: plan.order[partner[position] as usize] as usize,
                share: *share,
                rect: plan.boxes[step],
            });
            let numbers = pictures.map(|pictures| pictures.numbers(&drawn, input.unmapped()));
            let numbers = numbers.transpose()?.unwrap_or_default();
            let original = augmenter.heard(&dataset.train, drawn.number)?;
            let (epoch, position) = (epoch + 1, plan.place(position));
            found.push(Shown { epoch, row, position, numbers, fed, length, original, mixed });
        }
    }
    let pictured = |of: &Pictures| Pictured { shape: of.chain.shape(), range: of.chain.range() };
    let sounds = augmenter.playing().map(Playing::sizes);
    Ok(Some(Gallery { pictures: pictures.map(pictured), sounds, rows: found }))
}
