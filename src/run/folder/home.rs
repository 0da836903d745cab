//! Where the data of a net are, as a lock file beside it remembers: `model.lock.json` beside `model.net`, `best.lock.json` beside `best.net`.
//!
//! A file that dropnet wrote stands elsewhere than the one it was made of, whose data it names.

use std::{
    fs, io,
    path::{Path, PathBuf},
};

use serde_json::{Value as Json, json};

use crate::atomic;

fn lock_of(net: &Path) -> PathBuf {
    net.with_extension("lock.json")
}

/// The folders of the files that this one was made of, the nearest first.
#[must_use]
pub fn homes(net: &Path) -> Vec<PathBuf> {
    read(net).unwrap_or_default()
}

fn read(net: &Path) -> Option<Vec<PathBuf>> {
    let lock: Json = serde_json::from_str(&fs::read_to_string(lock_of(net)).ok()?).ok()?;
    let file = lock.get("file").and_then(Json::as_str).and_then(|file| Path::new(file).parent());
    let earlier = lock.get("homes").and_then(Json::as_array).into_iter().flatten();
    let earlier = earlier.filter_map(|home| Some(PathBuf::from(home.as_str()?)));
    Some(file.map(Path::to_owned).into_iter().chain(earlier).collect())
}

/// A lock file that also says what its net is made of: `file`, from the root, so that it holds wherever the net is read, and the folders
/// that the file itself remembers.
pub(in crate::run) fn made_of(file: &Path, working: &Path, mut lock: Json) -> Json {
    let file = from_the_root(&working.join(file));
    lock["file"] = json!(file.display().to_string());
    let homes: Vec<String> = homes(&file).iter().map(|home| home.display().to_string()).collect();
    if !homes.is_empty() {
        lock["homes"] = json!(homes);
    }
    lock
}

/// Without `..` in its folder, which leads elsewhere once the working directory is gone.
fn from_the_root(file: &Path) -> PathBuf {
    let folder = file.parent().and_then(|folder| folder.canonicalize().ok());
    folder.zip(file.file_name()).map_or(file.to_owned(), |(folder, name)| folder.join(name))
}

/// Writes a lock file that says of a net nothing but what it is made of.
///
/// # Errors
/// What the file system says.
pub(in crate::run) fn remember(net: &Path, file: &Path, working: &Path) -> io::Result<()> {
    let lock = made_of(file, working, json!({ "dropnet": env!("CARGO_PKG_VERSION") }));
    atomic::replace(&lock_of(net), |out| writeln!(out, "{lock:#}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A net of a net of a net knows all the folders, also when those in between are gone.
    #[test]
    fn origins_are_handed_on() {
        let [a, b, c] = [(); 3].map(|()| tempfile::tempdir().unwrap());
        let net = |folder: &tempfile::TempDir| folder.path().join("model.net");
        assert_eq!(homes(&net(&a)), Vec::<PathBuf>::new());
        remember(&net(&b), Path::new("model.net"), a.path()).unwrap();
        let (b_was, a_was) = (b.path().canonicalize().unwrap(), a.path().canonicalize().unwrap());
        assert_eq!(homes(&net(&b)), std::slice::from_ref(&a_was));
        fs::create_dir(c.path().join("in")).unwrap();
        let sibling = Path::new("../..").join(b.path().file_name().unwrap()).join("model.net");
        remember(&net(&c), &sibling, &c.path().join("in")).unwrap();
        drop((a, b));
        assert_eq!(homes(&net(&c)), [b_was, a_was]);
        // A lock file that is somebody else's remembers nothing.
        fs::write(c.path().join("model.lock.json"), "[1]").unwrap();
        assert_eq!(homes(&net(&c)), Vec::<PathBuf>::new());
    }
}
