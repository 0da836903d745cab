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
    let playing = Playing::new(&augmentation.rows, rate, sizes, &mut recorded)?;
    Ok(Some((input, if model.draws_stretches() { playing.of_stretches() } else { playing })))
}

/// All samples of a row's clip, also where it is longer than the net's input.
pub(super) fn whole(
    number: u64,
    (part, input, lengths): (&Part, usize, Option<usize>),
) -> Result<Vec<f32>, DataError> {
    let store = part.inputs[input].unmapped();
    let (row, steps) = (number as usize, store.form().width());
    match store.reach(row).filter(|all| *all > steps) {
        None => {
            let (mut buffer, mut length) = (RowBuffer::default(), RowBuffer::default());
            Ok(own(number, (part, input, lengths), (&mut buffer, &mut length))?.to_vec())
        }
        Some(all) => {
            let mut samples = vec![0.0_f32; all.next_multiple_of(steps)];
            for (i, stretch) in samples.chunks_exact_mut(steps).enumerate() {
                store.read_from(row, i * steps, bytemuck::cast_slice_mut(stretch))?;
            }
            samples.truncate(all);
            Ok(samples)
        }
    }
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
    let Scratch { buffer, length, studio, stretch, .. } = scratch;
    let store = part.inputs[input].unmapped();
    let (number, steps) = (row.number as usize, store.form().width());
    let drawn = store.reach(number).and_then(|all| playing.stretch(row, all, steps));
    let own = match drawn {
        None => own(row.number, (part, input, lengths), (buffer, length))?,
        Some(first) => {
            stretch.resize(steps, 0.0);
            store.read_from(number, first, bytemuck::cast_slice_mut(stretch))?;
            &stretch[..]
        }
    };
    let changed = playing.apply(row, own, studio);
    let into: &mut [f32] = bytemuck::cast_slice_mut(into);
    into[..changed.len()].copy_from_slice(changed);
    into[changed.len()..].fill(0.0);
    Ok(changed.len())
}
