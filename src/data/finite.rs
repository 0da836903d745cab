//! Numbers as the net sees them, which end where 32 bits do: a value that normalisation takes beyond that is an error at its row, and not
//! an infinity that a layer makes something of.

use super::dataset::{Dataset, Part, Storage};
use super::error::DataError;

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
    for input in &part.inputs {
        let Storage::F32(data) = &input.data else { continue };
        if let Some(at) = data.iter().position(|x| !x.is_finite()) {
            let row = part.source_rows.get(at / input.width()).copied().unwrap_or(0);
            return Err(DataError::new("E0523", "a number is beyond 32 bits as the net sees it")
                .row(row as usize)
                .note("normalised as the training rows are, it lies far outside of them")
                .help("correct the value, or leave the row out"));
        }
    }
    Ok(())
}
