//! Sounds that are added to others: all of a folder, at one rate.

use super::{Listing, Prepare, decode};
use crate::data::{error::DataError, search::Search};

/// The sounds of a folder, or of an archive of it, one channel at this rate, in the order of their names.
///
/// # Errors
/// E0520 for a folder that is not there, E0528 for one without sounds, E0552 for a file that is none.
pub fn recordings(search: &Search, folder: &str, rate: u32) -> Result<Vec<Vec<f32>>, DataError> {
    let path = search.find(folder)?;
    let files: Vec<_> = Listing::read(&path, folder)?.sounds.into_iter().map(|(_, file)| file).collect();
    let heard = decode::load(&files, &Prepare { rate: Some(rate), ..Prepare::default() })?;
    Ok(heard.into_iter().map(|(samples, _)| samples.real()).collect())
}
