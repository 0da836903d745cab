//! Rows of nets that answer at each step, step by step.

use std::borrow::Cow;

use crate::run::{folder::trained::TrainedError, predictions::sampling::Sampling};
use crate::{
    data::{Numbers, RowBuffer},
    runtime::function::PassError,
};

/// The samples of a row, `[samples, width]`; of a net that answers at each step those of its own steps in turn, as if they were rows.
///
/// # Errors
/// A row whose length cannot be read.
pub(super) fn each<'s>(
    sampling: &Sampling<'_>,
    row: usize,
    samples: &'s [f32],
) -> Result<Vec<Cow<'s, [f32]>>, TrainedError> {
    let kind = sampling.kind();
    if kind.steps().is_none() {
        return Ok(vec![samples.into()]);
    }
    let one = kind.outputs();
    let of_step = |step: usize| {
        let each = samples.chunks_exact(kind.width());
        each.flat_map(|sample| &sample[step * one..(step + 1) * one]).copied().collect::<Vec<f32>>()
    };
    Ok((0..length(sampling, row)?).map(|step| of_step(step).into()).collect())
}

/// How many steps are the row's own.
fn length(sampling: &Sampling<'_>, row: usize) -> Result<usize, TrainedError> {
    let most = sampling.kind().steps().unwrap_or(1);
    let Some(lengths) = sampling.part.inputs.last() else { return Ok(most) };
    let number = sampling.part.numbers()[row] as usize;
    let mut buffer = RowBuffer::default();
    let read = buffer.row(&*lengths.store, number).map_err(PassError::Data)?;
    Ok(if let Numbers::I32(&[length]) = read { length as usize } else { most })
}
