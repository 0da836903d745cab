//! Files that are replaced whole or not at all.

use std::fs::{self, File};
use std::io::{self, Write};
use std::path::Path;

/// Between these stand a file's name and a random word in the name of its temporary file.
const HIDDEN: &str = ".";
const PART: &str = ".part";

/// Writes a file atomically: a temporary file beside it, synced, renamed, the folder synced.
pub fn replace(path: &Path, write: impl FnOnce(&mut dyn Write) -> io::Result<()>) -> io::Result<()> {
    let folder = path.parent().filter(|p| !p.as_os_str().is_empty()).unwrap_or(Path::new("."));
    let mut file = temporary(folder, &path.file_name().unwrap_or_default().to_string_lossy())?;
    let mut out = io::BufWriter::new(file.as_file_mut());
    write(&mut out)?;
    out.flush()?;
    drop(out);
    file.as_file().sync_all()?;
    file.persist(path).map_err(|e| e.error)?;
    File::open(folder).and_then(|f| f.sync_all())
}

/// Removes what writers of `folder` left that were killed; nobody may be writing there.
pub fn clear_parts(folder: &Path) -> io::Result<()> {
    for entry in fs::read_dir(folder)? {
        let entry = entry?;
        let name = entry.file_name();
        let left = name.to_str().is_some_and(|name| name.starts_with(HIDDEN) && name.ends_with(PART));
        if left && entry.file_type()?.is_file() {
            fs::remove_file(entry.path())?;
        }
    }
    Ok(())
}

/// With the rights of any new file, which a rename keeps: temporary files are their owner's alone by default.
fn temporary(folder: &Path, name: &str) -> io::Result<tempfile::NamedTempFile> {
    let prefix = format!("{HIDDEN}{name}.");
    let mut builder = tempfile::Builder::new();
    builder.prefix(&prefix).suffix(PART);
    #[cfg(unix)]
    builder.permissions(std::os::unix::fs::PermissionsExt::from_mode(0o666));
    builder.tempfile_in(folder)
}
