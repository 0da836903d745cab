//! What training is fed with: the same rows in epoch after epoch, as `augment` changes them.

use std::ops::Range;

use super::listening::Sounds;
use crate::{
    data::{DataError, Dataset, Fields, Numbers, RowBuffer, tokens::Tokenizer},
    plot::{Shades, Sheet, Tiles},
    run::folder::open::Ready,
    runtime::augment::{Gallery, Mixed, Pictured, shown},
};

/// Rows as training sees them.
pub enum Augmented {
    /// Pictures, a sheet an epoch, and who is mixed with whom: epoch, row, and the other one.
    Pictures {
        tiles: Tiles,
        mixed: Vec<(u64, usize, Mixed)>,
    },
    Texts(Vec<Rewritten>),
    /// Sounds, and who is mixed with whom.
    Sounds {
        sounds: Sounds,
        mixed: Vec<(u64, usize, Mixed)>,
    },
}

/// A text, and what becomes of it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Rewritten {
    /// Among the training rows.
    pub row: usize,
    pub original: String,
    /// Epochs from 1, and the tokens that the net is fed in each.
    pub epochs: Vec<(u64, String)>,
}

/// These rows of the training part in the first epochs. None for a net that changes no rows.
///
/// # Errors
/// A row that cannot be read, a dictionary that a statement needs.
pub fn augmented(
    ready: &Ready,
    seed: u64,
    rows: Range<usize>,
    epochs: u64,
) -> Result<Option<Augmented>, DataError> {
    let Some(gallery) = shown(&ready.model, &ready.dataset, seed, rows, epochs)? else { return Ok(None) };
    if let Some((rate, most)) = gallery.sounds {
        let mixed =
            gallery.rows.iter().filter_map(|row| Some((row.epoch, row.row, row.mixed.clone()?))).collect();
        return Ok(Some(Augmented::Sounds { sounds: Sounds::of(&gallery.rows, rate, most), mixed }));
    }
    match (gallery.pictures, &ready.dataset.transform.fields) {
        (Some(pictured), _) => Ok(Some(pictures(gallery, pictured, epochs))),
        (None, Fields::Text(rule)) => texts(gallery, &rule.tokenizer, &ready.dataset).map(Some),
        (None, _) => Ok(None),
    }
}

fn pictures(gallery: Gallery, Pictured { shape, range: [black, white] }: Pictured, epochs: u64) -> Augmented {
    let sheet = |epoch: u64| Sheet {
        title: format!("epoch {epoch}"),
        shape,
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
    Augmented::Pictures { tiles: Tiles { sheets }, mixed }
}

fn texts(gallery: Gallery, tokenizer: &Tokenizer, dataset: &Dataset) -> Result<Augmented, DataError> {
    let spelled = |tokens: &[i32]| {
        let names: Vec<String> = tokens.iter().map(|token| tokenizer.name(*token)).collect();
        names.join(" ").trim_end().to_owned()
    };
    let part = &dataset.train;
    let original = |row: usize| -> Result<String, DataError> {
        let number = part.numbers()[row] as usize;
        if let Some(texts) = &dataset.texts {
            return Ok(texts.text(number).split_whitespace().collect::<Vec<_>>().join(" "));
        }
        match RowBuffer::default().row(&*part.inputs[0].store, number)? {
            Numbers::I32(tokens) => Ok(spelled(tokens)),
            _ => Ok(String::new()),
        }
    };
    let mut found: Vec<Rewritten> = Vec::new();
    for shown in gallery.rows {
        let fed = spelled(&bytemuck::pod_collect_to_vec::<u8, i32>(&shown.fed));
        match found.iter_mut().find(|other| other.row == shown.row) {
            Some(row) => row.epochs.push((shown.epoch, fed)),
            None => found.push(Rewritten {
                row: shown.row,
                original: original(shown.row)?,
                epochs: vec![(shown.epoch, fed)],
            }),
        }
    }
    found.sort_by_key(|row| row.row);
    Ok(Augmented::Texts(found))
}
