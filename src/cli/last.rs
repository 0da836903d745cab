//! `@last`: the newest run, wherever a command takes one.

use std::{cell::RefCell, path::PathBuf};

use dropnet::internal::run;

use super::ui::Ui;

/// What stands for the newest run; a folder of this name is `./@last`.
pub const LAST: &str = "@last";

thread_local! {
    /// What it stood for since it was last said.
    static MEANT: RefCell<Option<PathBuf>> = const { RefCell::new(None) };
}

/// A path as it was written, or that of the newest run.
pub fn path(text: &str) -> Result<PathBuf, String> {
    if text != LAST {
        return Ok(text.into());
    }
    let newest = run::newest().ok_or(
        "no run is in runs/ or in a folder of the working directory: `dropnet train FILE` makes one, `dropnet runs DIR` lists those of another place",
    )?;
    MEANT.replace(Some(newest.clone()));
    Ok(newest)
}

/// Says which run it stood for.
pub fn say(ui: &mut Ui) {
    if let Some(path) = MEANT.take() {
        ui.talk(format_args!("{LAST} is {}", path.display()));
    }
}
