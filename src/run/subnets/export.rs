//! A net that was made of another as a run of its own.

use std::{io, path::Path};

use serde_json::json;

use crate::{
    graph::Mode,
    lower::lower_eval,
    run::folder::{
        dir::RunDir,
        guard::Guard,
        home,
        trained::{Trained, TrainedError},
    },
    runtime::{
        checkpoint::{Checkpoint, Named},
        figures::Words,
    },
};

/// Writes the net as a run of its own; `from` is the net of the run that it was thinned out of.
///
/// # Errors
/// A folder that holds a run already; what the file system says.
pub fn export(net: &Trained, path: &Path, from: &Path, working: &Path) -> Result<(), TrainedError> {
    let dir = RunDir::at(path);
    if let Some(why) = dir.taken() {
        return Err(TrainedError::Unfit(format!("{why}\nhelp: choose another folder")));
    }
    let _guard = Guard::take(path).map_err(|busy| TrainedError::Unfit(busy.to_string()))?;
    let io = |e: io::Error| TrainedError::Unfit(format!("cannot write {}: {e}", path.display()));
    let meta = &net.checkpoint.meta;
    let lock = json!({ "dropnet": env!("CARGO_PKG_VERSION"), "edition": 1 });
    let lock = home::made_of(from, working, lock);
    dir.create(&meta.source, &lock).map_err(io)?;
    let graph = lower_eval(&net.model, Mode::Eval).graph;
    Ok(Checkpoint::write(&dir.last(), &graph, &net.store()?, &Words::new(), meta, Named::Trained)?)
}
