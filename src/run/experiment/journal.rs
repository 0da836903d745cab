//! The record of an experiment: one line of JSON for each finished trial, on the disk before the next begins.
//!
//! Invariant: a line counts once its newline is there; what an interruption left of a line is cut off when the record is taken up.

use std::{
    collections::BTreeMap,
    fs::{File, OpenOptions},
    io::{self, Write},
    path::{Path, PathBuf},
};

use serde_json::Value as Json;

use super::trial::Measured;

/// Lines by the keys of their trials.
pub type Known = BTreeMap<String, Json>;

pub struct Journal {
    file: File,
}

#[derive(Debug)]
pub enum JournalError {
    /// The folder holds an experiment already.
    Exists(PathBuf),
    /// There is none to go on with, or another one.
    Other(String),
    Io(PathBuf, io::Error),
}

impl Journal {
    fn path(dir: &Path) -> PathBuf {
        dir.join("experiment.jsonl")
    }

    /// Begins a record with a line that says what the experiment is.
    ///
    /// # Errors
    /// A folder that holds one, and what the file system says.
    pub fn begin(dir: &Path, head: &Json) -> Result<Self, JournalError> {
        let path = Self::path(dir);
        if path.exists() {
            return Err(JournalError::Exists(dir.into()));
        }
        let io = |e| JournalError::Io(path.clone(), e);
        std::fs::create_dir_all(dir).map_err(io)?;
        let file = OpenOptions::new().create_new(true).append(true).open(&path).map_err(io)?;
        let mut journal = Self { file };
        journal.line(head).map_err(io)?;
        File::open(dir).and_then(|folder| folder.sync_all()).map_err(io)?;
        Ok(journal)
    }

    /// Takes a record up; answers the trials it holds.
    ///
    /// # Errors
    /// A record that is missing, or of another experiment; what the file system says.
    pub fn resume(dir: &Path, head: &Json) -> Result<(Self, Known), JournalError> {
        let path = Self::path(dir);
        let io = |e| JournalError::Io(path.clone(), e);
        let text = match std::fs::read_to_string(&path) {
            Ok(text) => text,
            Err(e) if e.kind() == io::ErrorKind::NotFound => {
                return Err(JournalError::Other(format!("{} holds no experiment to resume", dir.display())));
            }
            Err(e) => return Err(io(e)),
        };
        let whole = text.rfind('\n').map_or(0, |at| at + 1);
        let mut lines = text[..whole].lines().map(serde_json::from_str::<Json>);
        if !matches!(lines.next(), Some(Ok(found)) if found == *head) {
            let why = "the net, its `--set` values, the seed or the kind of divisions differ";
            return Err(JournalError::Other(format!("{} holds another experiment: {why}", dir.display())));
        }
        let entry = |line: Json| Some((line.get("trial")?.to_string(), line.clone()));
        let known = lines.filter_map(|line| entry(line.ok()?)).collect();
        let file = OpenOptions::new().append(true).open(&path).map_err(io)?;
        file.set_len(whole as u64).map_err(io)?;
        Ok((Self { file }, known))
    }

    /// Adds a finished trial.
    ///
    /// # Errors
    /// What the file system says.
    pub fn add(&mut self, trial: &Json, measured: &Measured) -> io::Result<()> {
        let mut line = measured.json();
        line["trial"] = trial.clone();
        self.line(&line)
    }

    fn line(&mut self, line: &Json) -> io::Result<()> {
        self.file.write_all(format!("{line}\n").as_bytes())?;
        self.file.sync_data()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn half_a_line_is_forgotten_and_written_again() {
        let dir = tempfile::tempdir().unwrap();
        let head = json!({ "what": 1 });
        let mut journal = Journal::begin(dir.path(), &head).unwrap();
        let loss = |x| Measured { figures: [("loss".to_string(), x)].into(), ..Measured::default() };
        journal.add(&json!({ "split": 0 }), &loss(0.5)).unwrap();
        journal.add(&json!({ "split": 1 }), &loss(0.25)).unwrap();
        let path = Journal::path(dir.path());
        let text = std::fs::read_to_string(&path).unwrap();
        std::fs::write(&path, &text[..text.len() - 4]).unwrap();
        let (mut journal, known) = Journal::resume(dir.path(), &head).unwrap();
        assert_eq!(known.keys().collect::<Vec<_>>(), [r#"{"split":0}"#]);
        journal.add(&json!({ "split": 1 }), &loss(0.25)).unwrap();
        assert_eq!(std::fs::read_to_string(&path).unwrap(), text);
        assert!(matches!(Journal::begin(dir.path(), &head), Err(JournalError::Exists(_))));
        assert!(matches!(Journal::resume(dir.path(), &json!({})), Err(JournalError::Other(_))));
    }
}
