//! What becomes of a sound: its own samples after the row statements, silence behind them.

use super::Scratch;
use crate::{
    data::{DataError, Numbers, Part, RowBuffer, Search, recordings},
    model::{Model, Ragged},
    train::augment::{Augmentation, Playing, Row},
};

/// The input that reads sounds, and the statements that change them; none for a net without one.
///
/// # Errors
/// A folder of sounds that cannot be read, at its statement.
pub(super) fn playing(
    model: &Model,
    augmentation: &Augmentation,
    search: &Search,
) -> Result<Option<(usize, Playing)>, DataError> {
    let ty = |input: usize| &model.node(model.inputs[input]).ty;
    let heard = (0..model.inputs.len()).find_map(|input| Some((input, ty(input).rate()?)));
    let Some((input, rate)) = heard else { return Ok(None) };
    // Windows of the net reach over so many samples.
    let least = model.nodes.iter().filter_map(|node| node.ty.ragged()).map(Ragged::least).max();
    let sizes = (least.unwrap_or(1), ty(input).len());
    let mut recorded = |folder: &str| recordings(search, folder, rate);
    Ok(Some((input, Playing::new(&augmentation.rows, rate, sizes, &mut recorded)?)))
}

/// The samples of a row of the stores that are its own.
pub(super) fn own<'r>(
    number: u64,
    (part, input, lengths): (&'r Part, usize, Option<usize>),
    (buffer, length): (&'r mut RowBuffer, &'r mut RowBuffer),
) -> Result<&'r [f32], DataError> {
    let Numbers::F32(samples) = buffer.row(part.inputs[input].unmapped(), number as usize)? else {
        debug_assert!(false, "sounds are stored as samples");
        return Ok(&[]);
    };
    let Some(lengths) = lengths else { return Ok(samples) };
    match length.row(&*part.inputs[lengths].store, number as usize)? {
        Numbers::I32([length, ..]) => Ok(&samples[..(*length as usize).min(samples.len())]),
        _ => Ok(samples),
    }
}

/// What the net is fed of a row; answers how many samples are its own.
pub(super) fn row(
    playing: &Playing,
    row: &Row,
    (part, input, lengths): (&Part, usize, Option<usize>),
    scratch: &mut Scratch,
    into: &mut [u8],
) -> Result<usize, DataError> {
    let Scratch { buffer, length, studio, .. } = scratch;
    let own = own(row.number, (part, input, lengths), (buffer, length))?;
    let changed = playing.apply(row, own, studio);
    let into: &mut [f32] = bytemuck::cast_slice_mut(into);
    into[..changed.len()].copy_from_slice(changed);
    into[changed.len()..].fill(0.0);
    Ok(changed.len())
}
