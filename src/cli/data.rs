//! What the commands that read data share: where data are looked up, and how their faults are said.

use std::path::Path;

use dropnet::{
    codegen::CodegenError,
    data::{DataError, Search},
};

use super::{
    source::Source,
    ui::{Exit, Failure, Ui},
};

/// Beside the `.net` file, in `data/` of the working directory, under `$DROPNET_DATA`.
pub fn search(folder: Option<&Path>) -> Search {
    let folder = folder.filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."));
    let root = std::env::var_os("DROPNET_DATA").filter(|root| !root.is_empty());
    Search::new(folder, Path::new("."), root.as_deref().map(Path::new))
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
