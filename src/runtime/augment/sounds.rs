//! What becomes of a sound: its own samples after the row statements, silence behind them.

use super::Scratch;
use crate::{
    data::{DataError, Numbers, Part, RowBuffer},
    model::{Model, Ragged},
    train::augment::{Augmentation, Playing, Row},
};

/// The input that reads sounds, and the statements that change them; none for a net without one.
pub(super) fn playing(model: &Model, augmentation: &Augmentation) -> Option<(usize, Playing)> {
    let ty = |input: usize| &model.node(model.inputs[input]).ty;
    let (input, rate) = (0..model.inputs.len()).find_map(|input| Some((input, ty(input).rate()?)))?;
    // Windows of the net reach over so many samples.
    let least = model.nodes.iter().filter_map(|node| node.ty.ragged()).map(Ragged::least).max();
    Some((input, Playing::new(&augmentation.rows, rate, least.unwrap_or(1), ty(input).len())))
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
