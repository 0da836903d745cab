//! The rows that a trained net is judged by: those that no training saw, where there are some.

use crate::{
    data::{Part, Search},
    run::folder::trained::{Trained, TrainedError},
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
