//! What training is fed with: the same rows in epoch after epoch, as `augment` changes them.

use std::ops::Range;

use crate::{
    data::DataError,
    plot::{Shades, Sheet, Tiles},
    run::folder::open::Ready,
    runtime::augment::{Mixed, shown},
};

/// The pictures, a sheet an epoch, and who is mixed with whom: epoch, row, and the other one.
pub struct Augmented {
    pub tiles: Tiles,
    pub mixed: Vec<(u64, usize, Mixed)>,
}

/// These rows of the training part in the first epochs. None for a net that changes no pictures.
///
/// # Errors
/// A row that cannot be read.
pub fn augmented(
    ready: &Ready,
    seed: u64,
    rows: Range<usize>,
    epochs: u64,
) -> Result<Option<Augmented>, DataError> {
    let Some(gallery) = shown(&ready.model, &ready.dataset, seed, rows, epochs)? else { return Ok(None) };
    let [black, white] = gallery.range;
    let sheet = |epoch: u64| Sheet {
        title: format!("epoch {epoch}"),
        shape: gallery.shape,
        shades: Shades::Between(black, white),
        columns: None,
        tiles: Vec::new(),
    };
    let mut sheets: Vec<Sheet> = (1..=epochs).map(sheet).collect();
    let mut mixed = Vec::new();
    for row in gallery.rows {
        sheets[row.epoch as usize - 1].tiles.push(row.numbers);
        mixed.extend(row.mixed.map(|other| (row.epoch, row.row, other)));
    }
    sheets.retain(|sheet| !sheet.tiles.is_empty());
    Ok(Some(Augmented { tiles: Tiles { sheets }, mixed }))
}
