//! What the commands that read data share: where data are looked up, and how their faults are said.

use std::path::{Path, PathBuf};

use dropnet::{
    codegen::CodegenError,
    data::{DataError, Search},
    run::{self, RunDir},
};

use super::{
    source::Source,
    ui::{Exit, Failure, Ui},
};

/// Beside the `.net` file and those that it was made of, in the working directory and its `data/`, under `$DROPNET_DATA`; WordNet's files in
/// `$WNSEARCHDIR`, translations kept under `$XDG_CACHE_HOME`.
pub fn search(net: &Path) -> Search {
    let folder = net.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."));
    let said = |name: &str| std::env::var_os(name).filter(|value| !value.is_empty()).map(PathBuf::from);
    let search = Search::new(folder, Path::new("."), said("DROPNET_DATA").as_deref());
    let caches = said("XDG_CACHE_HOME").or_else(|| Some(said("HOME")?.join(".cache")));
    let translations = caches.map(|caches| caches.join("dropnet").join("translations"));
    let search = search.with_wordnet(said("WNSEARCHDIR")).with_translations(translations);
    run::homes(net).iter().fold(search, |search, home| search.made_of(home))
}

/// For the net of a run, given by its folder or by one of its checkpoints.
pub fn search_of_run(path: &Path) -> Search {
    search(&run_of(path).net())
}

/// The run that a checkpoint is of, or the folder itself.
pub fn run_of(path: &Path) -> RunDir {
    RunDir::at(if path.is_file() { path.parent().unwrap_or(path) } else { path })
}

/// Data faults bring their own `error[CODE]`; `source` is the net that asked for the data, if it is a file that the user has named.
pub fn failure(error: &DataError, source: Option<&Source>, ui: &mut Ui) -> Failure {
    let text = source.map_or_else(|| error.to_string(), |net| error.beside(&net.name, &net.text));
    ui.error_text(&format!("{text}\n"));
    Failure::Reported(Exit::Data)
}

/// A machine that cannot run native code or has no memory for it is no bug; anything else is.
pub fn native(error: &CodegenError) -> Failure {
    match error {
        CodegenError::Host(_) | CodegenError::Memory(_) => Failure::data(error),
        bug => panic!("{bug}"),
    }
}
