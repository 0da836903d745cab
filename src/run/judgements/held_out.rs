//! The rows that a trained net is judged by: those that no training saw, where there are some.

use crate::{
    data::{Part, Search, Target},
    run::folder::trained::{Trained, TrainedError},
    runtime::function::PassError,
};

/// The first `most` rows of the test part, and its name; without one of the valid part, without that of the training part.
///
/// # Errors
/// Data that are missing, broken, or not those of training.
pub(in crate::run) fn first_rows(
    net: &Trained,
    search: &Search,
    most: Option<usize>,
) -> Result<(&'static str, Part), TrainedError> {
    let dataset = net.dataset(search)?;
    let (name, part) = match (&dataset.test, &dataset.valid) {
        (Some(part), _) => ("test", part),
        (None, Some(part)) => ("valid", part),
        (None, None) => ("train", &dataset.train),
    };
    Ok((name, part.first(most.unwrap_or(usize::MAX))))
}

/// Row `row` of that part, as a part of its own.
///
/// # Errors
/// As [`first_rows`]; a row that is not there.
pub(in crate::run) fn one_row(
    net: &Trained,
    search: &Search,
    row: usize,
) -> Result<(&'static str, Part), TrainedError> {
    let (name, part) = first_rows(net, search, None)?;
    if row >= part.rows() {
        let rows = part.rows();
        return Err(TrainedError::Unfit(format!(
            "the {name} part has {rows} rows, counted from 0: there is no row {row}"
        )));
    }
    let number = part.numbers()[row];
    let inputs = part.inputs.iter().map(|input| input.of_rows(&[number])).collect::<Result<Vec<_>, _>>();
    Ok((name, Part::of_first(1, inputs.map_err(PassError::Data)?, Target::NONE)))
}

/// The same of a net that draws when it predicts: without chance there is nothing to hold against weight scaling.
///
/// # Errors
/// As [`first_rows`]; a net of which nothing is left to chance.
pub(in crate::run) fn first_rows_of_live(
    net: &Trained,
    search: &Search,
    most: Option<usize>,
) -> Result<(&'static str, Part), TrainedError> {
    if !net.model.is_live_in_mc() {
        let why = "nothing of this net is left to chance: weight scaling is all there is";
        return Err(TrainedError::Unfit(why.into()));
    }
    first_rows(net, search, most)
}
