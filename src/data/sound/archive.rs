//! Archives of folders: tar, plain or packed with gzip, read into memory and not unpacked on the disk.

use std::io::Cursor;
use std::path::Path;
use std::sync::Arc;

use super::listing::{File, Listing};
use crate::data::error::DataError;
use crate::data::files;

/// How archives are called.
const ENDINGS: [&str; 3] = [".tar.gz", ".tgz", ".tar"];

pub(super) fn is_named_so(name: &str) -> bool {
    let name = name.to_ascii_lowercase();
    ENDINGS.iter().any(|ending| name.ends_with(ending))
}

/// The sounds of an archive.
///
/// # Errors
/// E0520 and E0521 of the file, E0540 if it is too large for the memory; as [`Listing::add`].
pub(super) fn read(path: &Path, name: &str) -> Result<Listing, DataError> {
    let bytes: Arc<[u8]> = files::read(path, name)?.into();
    let broken = |e: std::io::Error, at: u64| {
        let error = DataError::new("E0521", "the archive is cut off or damaged").file(name).byte(at as usize);
        error.note(e.to_string()).help("fetch it again")
    };
    let mut listing = Listing::of(name);
    let mut archive = tar::Archive::new(Cursor::new(&*bytes));
    let mut at = 0;
    for entry in archive.entries().map_err(|e| broken(e, 0))? {
        let entry = entry.map_err(|e| broken(e, at))?;
        let (start, length) = (entry.raw_file_position(), entry.size());
        at = start;
        if !entry.header().entry_type().is_file() {
            continue;
        }
        let inside = entry.path().map_err(|e| broken(e, at))?.into_owned();
        let parts: Vec<&str> =
            inside.iter().filter_map(|part| part.to_str()).filter(|part| *part != ".").collect();
        if parts.iter().any(|part| part.starts_with('.')) {
            continue;
        }
        let end = usize::try_from(start.saturating_add(length)).unwrap_or(usize::MAX);
        if end > bytes.len() {
            let short = std::io::Error::from(std::io::ErrorKind::UnexpectedEof);
            return Err(broken(short, bytes.len() as u64).note(format!("within {}", parts.join("/"))));
        }
        let below = parts.join("/");
        let file = File::packed(&bytes, start as usize, length as usize, format!("{name}/{below}"));
        listing.add(below, file)?;
    }
    listing.sounds.sort_by(|a, b| a.0.cmp(&b.0));
    Ok(listing)
}
