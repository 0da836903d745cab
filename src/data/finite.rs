//! Numbers as the net sees them, which end where 32 bits do: a value that normalisation takes beyond that is an error at its row, and not
//! an infinity that a layer makes something of.

use super::dataset::{Dataset, Part};
use super::error::DataError;
use super::stores::{Numbers, Numeric};

/// Whether a number is one to the net.
///
/// # Errors
/// E0523, without a place.
pub(super) fn seen(raw: &str, seen: f32) -> Result<f32, DataError> {
    match seen.is_finite() {
        true => Ok(seen),
        false => Err(DataError::new("E0523", format!("`{raw}` is beyond 32 bits as the net sees it"))
            .note("it is normalised as the training rows were, and lies far outside of them")
            .help("correct the value, or leave the row out")),
    }
}

/// Whether all inputs of a dataset are.
///
/// # Errors
/// E0523 with the row.
pub(super) fn check(dataset: &Dataset) -> Result<(), DataError> {
    let parts = [Some(&dataset.train), dataset.valid.as_ref(), dataset.test.as_ref()];
    parts.into_iter().flatten().try_for_each(check_part)
}

fn check_part(part: &Part) -> Result<(), DataError> {
    // What is worked out when it is read comes from bytes, which are.
    let floats = part
        .inputs
        .iter()
        .filter(|input| input.store.form().numeric == Numeric::F32 && !input.store.is_work());
    for input in floats {
        part.each_row(input, |at, numbers| match numbers {
            Numbers::F32(row) if !row.iter().all(|x| x.is_finite()) => Err(beyond(part.numbers()[at])),
            _ => Ok(()),
        })?;
    }
    Ok(())
}

fn beyond(row: u32) -> DataError {
    DataError::new("E0523", "a number is beyond 32 bits as the net sees it")
        .row(row as usize)
        .note("normalised as the training rows are, it lies far outside of them")
        .help("correct the value, or leave the row out")
}
