//! Texts translated by programs of the machine, there and back: each line once, kept in files.
//!
//! The contract of a translator: lines of UTF-8 on its standard input, one line out for each, in the same order; it ends with 0 when its input has ended.
//!
//! Invariant: what is answered for a line is what the program answered for that line in a call that kept the contract; nothing of a call that did not is kept.

mod apertium;
mod cache;
mod command;
#[cfg(test)]
mod tests;

use std::path::PathBuf;
use std::sync::atomic::AtomicU32;
use std::time::Duration;

use rustc_hash::{FxHashMap, FxHashSet};

use super::error::{DataError, counted};
use cache::Cache;
pub(super) use command::Ended;

/// Lines of one call at most: what a call has done stays done, whatever becomes of the next.
const CALL: usize = 10_000;

/// A way to another language and back.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Route {
    /// A language of Apertium, by its code.
    Apertium(String),
    /// Two commands of a shell.
    Commands { forth: String, back: String },
}

/// One direction: a command of a shell, and what its answers depend on beside it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Direction {
    command: String,
    /// The program's version, as far as its files tell it.
    version: String,
    environment: &'static [(&'static str, &'static str)],
    /// Who installs it.
    package: Option<String>,
}

/// How translators are called, and where their answers are kept.
#[derive(Clone)]
pub struct Calls<'a> {
    pub limit: Duration,
    /// Without a folder they are not kept.
    pub folder: Option<PathBuf>,
    /// Not 0 to stop.
    pub stop: &'a AtomicU32,
    /// Called before lines are translated that are not kept.
    pub tell: &'a dyn Fn(&str),
}

/// A line in one line: white space of any kind is a blank.
#[must_use]
pub fn squeezed(text: &str) -> String {
    text.split_whitespace().collect::<Vec<_>>().join(" ")
}

impl Route {
    /// Both directions.
    ///
    /// # Errors
    /// E0562 for a program or a pair of languages that is not installed.
    fn directions(&self) -> Result<[Direction; 2], DataError> {
        match self {
            Route::Apertium(language) => apertium::directions(language),
            Route::Commands { forth, back } => {
                let direction = |command: &String| Direction {
                    command: command.clone(),
                    version: command::version(command),
                    environment: &[],
                    package: None,
                };
                Ok([direction(forth), direction(back)])
            }
        }
    }

    /// What becomes of each of these lines, squeezed and not empty, on the way there and back; an empty line where nothing came back. None if that was
    /// stopped.
    ///
    /// # Errors
    /// E0562 for a program that is missing or cannot be started, E0563 for one that does not keep the contract, E0564 for answers that cannot be kept.
    pub fn there_and_back(
        &self,
        lines: &[String],
        calls: &Calls<'_>,
    ) -> Result<Option<FxHashMap<String, String>>, DataError> {
        let [forth, back] = self.directions()?;
        let Some(there) = forth.translated(lines.iter(), calls)? else { return Ok(None) };
        let pivots = lines.iter().filter_map(|line| there.get(line)).filter(|pivot| !pivot.is_empty());
        let Some(home) = back.translated(pivots, calls)? else { return Ok(None) };
        let round = |line: &String| {
            let pivot = there.get(line)?;
            Some((line.clone(), home.get(pivot).cloned().unwrap_or_default()))
        };
        Ok(Some(lines.iter().filter_map(round).collect()))
    }
}

impl Direction {
    /// The answers to these lines, those that are kept and those that are asked for now.
    fn translated<'l>(
        &self,
        lines: impl Iterator<Item = &'l String>,
        calls: &Calls<'_>,
    ) -> Result<Option<FxHashMap<String, String>>, DataError> {
        let cache = Cache::new(calls.folder.as_deref(), &self.command, &self.version);
        let mut known = cache.read();
        let mut seen = FxHashSet::default();
        let left: Vec<&str> = lines
            .filter(|line| !known.contains_key(*line) && seen.insert(*line))
            .map(String::as_str)
            .collect();
        if !left.is_empty() {
            (calls.tell)(&format!("{} by `{}`", counted(left.len(), "line"), self.command));
        }
        for call in left.chunks(CALL) {
            let answers = match command::run(self, call, calls)? {
                Ended::Answered(answers) => answers,
                Ended::Stopped => return Ok(None),
            };
            known.extend(call.iter().map(|line| line.to_string()).zip(answers));
            cache.write(&known)?;
        }
        Ok(Some(known))
    }
}

impl std::fmt::Display for Route {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Route::Apertium(language) => write!(f, "Apertium through {language}"),
            Route::Commands { forth, back } => write!(f, "`{forth}` and `{back}`"),
        }
    }
}
