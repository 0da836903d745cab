//! Where the data of a net are looked up.

use std::path::{Path, PathBuf};

use crate::{data::Search, run};

/// Beside the `.net` file and those that it was made of, in the working directory and its `data/`, under `$DROPNET_DATA`; WordNet's files in
/// `$WNSEARCHDIR`, translations kept under `$XDG_CACHE_HOME`.
#[must_use]
pub fn search(net: &Path) -> Search {
    let folder = net.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."));
    let said = |name: &str| std::env::var_os(name).filter(|value| !value.is_empty()).map(PathBuf::from);
    let search = Search::new(folder, Path::new("."), said("DROPNET_DATA").as_deref());
    let caches = said("XDG_CACHE_HOME").or_else(|| Some(said("HOME")?.join(".cache")));
    let translations = caches.map(|caches| caches.join("dropnet").join("translations"));
    let search = search.with_wordnet(said("WNSEARCHDIR")).with_translations(translations);
    run::homes(net).iter().fold(search, |search, home| search.made_of(home))
}
