//! How much each row counts while training, from a column of its table.

use super::error::DataError;
use super::raw::{Cells, Column};
use crate::math::Moments;
use crate::vocab::exactly;

/// The weights of all rows, whose mean over the training rows is 1.
///
/// # Errors
/// E0558: a column of words, a weight below 0 or not finite, or no training row with one above 0.
pub(super) fn of(column: &Column, train: &[u32]) -> Result<Vec<f32>, DataError> {
    let place = |e: DataError| e.column(column.number, &column.name);
    let Cells::Numbers(values) = &column.cells else {
        let error = DataError::new("E0558", "weights are numbers, and the column holds words");
        return Err(place(error.help("name a column of numbers: `weights COLUMN`")));
    };
    if let Some(row) = values.iter().position(|x| !x.is_finite() || *x < 0.0) {
        let message = format!("{} is no weight of a row", exactly(values[row]));
        return Err(place(DataError::new("E0558", message).row(row)).help("weights are numbers from 0 on"));
    }
    let mean = Moments::of(train.iter().map(|row| values[*row as usize])).mean;
    if mean <= 0.0 {
        return Err(place(DataError::new("E0558", "no row of the training part has a weight above 0")));
    }
    Ok(values.iter().map(|x| (x / mean) as f32).collect())
}
