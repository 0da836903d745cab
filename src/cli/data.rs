//! What the commands that read data share: where data are looked up, and how their faults are said.

use std::path::Path;

use dropnet::internal::{
    codegen::CodegenError,
    data::{DataError, Search},
    run::RunDir,
};

pub use dropnet::internal::front::search;

use super::{
    source::Source,
    ui::{Exit, Failure, Ui},
};

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
