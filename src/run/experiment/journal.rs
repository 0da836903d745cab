//! The record of an experiment: one line of JSON for each finished trial, on the disk before the next begins.
//!
//! Invariant: a line counts once its newline is there; what an interruption left of a line is cut off when the record is taken up, and a
//! record without a whole line has not begun. A trial whose line cannot be read is done again. One process writes at a time.

use std::{
    collections::BTreeMap,
    fs::{self, File, OpenOptions},
    io::{self, Write},
    path::{Path, PathBuf},
};

use serde_json::Value as Json;

use super::trial::Measured;
use crate::{
    atomic,
    run::folder::guard::{Busy, Guard},
};

/// Lines by the keys of their trials.
pub type Known = BTreeMap<String, Json>;

pub struct Journal {
    file: File,
    _guard: Guard,
}

#[derive(Debug)]
pub enum JournalError {
    /// The folder holds an experiment already.
    Exists(PathBuf),
    /// It holds files that are none of an experiment's and would be written over.
    Taken(PathBuf, String),
    /// Another process writes to it.
    Busy(Busy),
    /// There is none to go on with, or another one.
    Other(String),
    Io(PathBuf, io::Error),
}

impl Journal {
    /// Begins a record of this name with a line that says what the experiment is.
    ///
    /// # Errors
    /// A folder that holds one, and what the file system says.
    pub fn begin(dir: &Path, name: &str, head: &Json) -> Result<Self, JournalError> {
        let guard = Guard::take(dir).map_err(JournalError::Busy)?;
        let others: Vec<&str> =
            ["best.net", "best.lock.json"].into_iter().filter(|name| dir.join(name).exists()).collect();
        let path = dir.join(name);
        match read(&path)? {
            Some(bytes) if whole(&bytes) > 0 => Err(JournalError::Exists(dir.into())),
            // An experiment writes its best net at its end, so it is somebody else's.
            _ if !others.is_empty() => Err(JournalError::Taken(dir.into(), others.join(", "))),
            _ => Self::first_line(dir, path, head, guard),
        }
    }

    /// Takes the record of a shard up, or begins it. Other shards write to files of their own in the same folder.
    ///
    /// # Errors
    /// As [`resume`](Self::resume).
    pub fn of_shard(dir: &Path, name: &str, head: &Json) -> Result<(Self, Known), JournalError> {
        let guard = Guard::of_file(dir, &format!(".{name}.lock")).map_err(JournalError::Busy)?;
        let path = dir.join(name);
        match read(&path)? {
            Some(bytes) => Self::taken_up(dir, path, &bytes, head, guard),
            None => Ok((Self::first_line(dir, path, head, guard)?, Known::new())),
        }
    }

    fn first_line(dir: &Path, path: PathBuf, head: &Json, guard: Guard) -> Result<Self, JournalError> {
        let io = |e| JournalError::Io(path.clone(), e);
        let file = OpenOptions::new().create(true).append(true).open(&path).map_err(io)?;
        file.set_len(0).map_err(io)?;
        let mut journal = Self { file, _guard: guard };
        journal.line(head).map_err(io)?;
        File::open(dir).and_then(|folder| folder.sync_all()).map_err(io)?;
        Ok(journal)
    }

    /// Takes a record up; answers the trials it holds.
    ///
    /// # Errors
    /// A record that is missing, or of another experiment; what the file system says.
    pub fn resume(dir: &Path, name: &str, head: &Json) -> Result<(Self, Known), JournalError> {
        let path = dir.join(name);
        let none = || {
            JournalError::Other(format!(
                "{} holds no experiment to resume\nhelp: leave `--resume` out to begin one",
                dir.display()
            ))
        };
        if !path.exists() {
            return Err(none());
        }
        let guard = Guard::take(dir).map_err(JournalError::Busy)?;
        atomic::clear_parts(dir).map_err(|e| JournalError::Io(dir.into(), e))?;
        let bytes = read(&path)?.ok_or_else(none)?;
        Self::taken_up(dir, path, &bytes, head, guard)
    }

    fn taken_up(
        dir: &Path,
        path: PathBuf,
        bytes: &[u8],
        head: &Json,
        guard: Guard,
    ) -> Result<(Self, Known), JournalError> {
        let whole = whole(bytes);
        if whole == 0 {
            return Ok((Self::first_line(dir, path, head, guard)?, Known::new()));
        }
        let known = known(dir, &path, bytes, head)?;
        let io = |e| JournalError::Io(path.clone(), e);
        let file = OpenOptions::new().append(true).open(&path).map_err(io)?;
        file.set_len(whole as u64).map_err(io)?;
        Ok((Self { file, _guard: guard }, known))
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

/// The trials of a record.
///
/// # Errors
/// One of another experiment.
fn known(dir: &Path, path: &Path, bytes: &[u8], head: &Json) -> Result<Known, JournalError> {
    let Some(end) = whole(bytes).checked_sub(1) else { return Ok(Known::new()) };
    let mut lines = bytes[..end].split(|byte| *byte == b'\n').map(serde_json::from_slice::<Json>);
    match lines.next() {
        Some(Ok(found)) if found == *head => {}
        Some(Ok(found)) if found.get("source").is_some() => return Err(another(dir, &found, head)),
        _ => return Err(unreadable(path)),
    }
    let entry = |line: Json| Measured::read(&line).and(Some((line.get("trial")?.to_string(), line.clone())));
    Ok(lines.filter_map(|line| entry(line.ok()?)).collect())
}

/// All that is recorded in a folder, by one process or by shards.
///
/// # Errors
/// A record of another experiment; what the file system says.
pub fn recorded(dir: &Path, head: &Json) -> Result<Known, JournalError> {
    let mut all = Known::new();
    for path in records(dir)? {
        if let Some(bytes) = read(&path)? {
            all.extend(known(dir, &path, &bytes, head)?);
        }
    }
    Ok(all)
}

/// The records in a folder: that of one process, then those of shards.
///
/// # Errors
/// What the file system says.
pub fn records(dir: &Path) -> Result<Vec<PathBuf>, JournalError> {
    let io = |e| JournalError::Io(dir.into(), e);
    let names = match fs::read_dir(dir) {
        Err(e) if e.kind() == io::ErrorKind::NotFound => return Ok(Vec::new()),
        entries => entries
            .map_err(io)?
            .map(|entry| entry.map(|entry| entry.file_name().to_string_lossy().into_owned())),
    };
    let mut names = names.collect::<io::Result<Vec<String>>>().map_err(io)?;
    names.retain(|name| name == super::RECORD || name.starts_with("record.") && name.ends_with(".jsonl"));
    names.sort();
    Ok(names.into_iter().map(|name| dir.join(name)).collect())
}

fn read(path: &Path) -> Result<Option<Vec<u8>>, JournalError> {
    match fs::read(path) {
        Ok(bytes) => Ok(Some(bytes)),
        Err(e) if e.kind() == io::ErrorKind::NotFound => Ok(None),
        Err(e) => Err(JournalError::Io(path.into(), e)),
    }
}

/// Bytes of the lines that came to their end.
fn whole(bytes: &[u8]) -> usize {
    bytes.iter().rposition(|byte| *byte == b'\n').map_or(0, |at| at + 1)
}

fn another(dir: &Path, found: &Json, head: &Json) -> JournalError {
    let without_rows = |head: &Json| {
        let mut head = head.clone();
        head.as_object_mut().and_then(|fields| fields.remove("rows"));
        head
    };
    let why = match without_rows(found) == without_rows(head) {
        _ if found.get("keeps_valid") != head.get("keeps_valid") => "one of the two has `--keep-valid`",
        true => "the rows of its data have changed",
        false => "the net, its `--set` values or the version of dropnet differ",
    };
    JournalError::Other(format!(
        "{} holds another experiment: {why}\nhelp: give the file and the values that it was begun with, or choose another folder",
        dir.display()
    ))
}

fn unreadable(path: &Path) -> JournalError {
    JournalError::Other(format!(
        "the first line of {} is not that of an experiment\nhelp: choose another folder, or move this file away",
        path.display()
    ))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::run::experiment::RECORD;
    use serde_json::json;

    fn loss(x: f64) -> Measured {
        Measured { figures: [("loss".to_string(), x)].into(), ..Measured::default() }
    }

    /// A record of two trials, and its text.
    fn recorded(dir: &Path, head: &Json) -> String {
        let mut journal = Journal::begin(dir, RECORD, head).unwrap();
        journal.add(&json!({ "split": 0 }), &loss(0.5)).unwrap();
        journal.add(&json!({ "split": 1 }), &loss(0.25)).unwrap();
        fs::read_to_string(dir.join(RECORD)).unwrap()
    }

    fn known(known: &Known) -> Vec<&str> {
        known.keys().map(String::as_str).collect()
    }

    #[test]
    fn half_a_line_is_forgotten_and_written_again() {
        let dir = tempfile::tempdir().unwrap();
        let head = json!({ "source": "1" });
        let text = recorded(dir.path(), &head);
        let path = dir.path().join(RECORD);
        fs::write(&path, &text[..text.len() - 4]).unwrap();
        let (mut journal, found) = Journal::resume(dir.path(), RECORD, &head).unwrap();
        assert_eq!(known(&found), [r#"{"split":0}"#]);
        journal.add(&json!({ "split": 1 }), &loss(0.25)).unwrap();
        assert_eq!(fs::read_to_string(&path).unwrap(), text);
        drop(journal);
        assert!(matches!(Journal::begin(dir.path(), RECORD, &head), Err(JournalError::Exists(_))));
        assert!(matches!(Journal::resume(dir.path(), RECORD, &json!({})), Err(JournalError::Other(_))));
    }

    /// Killed before its first line was whole: both ways to call the experiment begin it.
    #[test]
    fn a_record_without_a_line_has_not_begun() {
        let head = json!({ "source": "1" });
        for torn in ["", r#"{"sour"#] {
            for resume in [false, true] {
                let dir = tempfile::tempdir().unwrap();
                fs::write(dir.path().join(RECORD), torn).unwrap();
                let found = match resume {
                    true => Journal::resume(dir.path(), RECORD, &head).unwrap().1,
                    false => Journal::begin(dir.path(), RECORD, &head).map(|_| Known::new()).unwrap(),
                };
                assert!(found.is_empty());
                assert_eq!(fs::read_to_string(dir.path().join(RECORD)).unwrap(), format!("{head}\n"));
            }
        }
    }

    /// Whatever became of the line of a trial: the others count, and that one is done again.
    #[test]
    fn a_damaged_trial_is_done_again() {
        let head = json!({ "source": "1" });
        for damaged in
            [&b"{\"trial\":{\"split\":0},"[..], b"", b"\xff\xfe", b"{\"trial\":{\"split\":0}}", b"[1]"]
        {
            let dir = tempfile::tempdir().unwrap();
            let text = recorded(dir.path(), &head);
            let mut lines: Vec<&[u8]> = text.as_bytes().split(|byte| *byte == b'\n').collect();
            lines[1] = damaged;
            fs::write(dir.path().join(RECORD), lines.join(&b'\n')).unwrap();
            let (_, found) = Journal::resume(dir.path(), RECORD, &head).unwrap();
            assert_eq!(known(&found), [r#"{"split":1}"#], "{}", String::from_utf8_lossy(damaged));
        }
    }

    #[test]
    fn a_first_line_of_something_else_is_told_from_another_experiment() {
        let dir = tempfile::tempdir().unwrap();
        let said = |first: &[u8]| {
            fs::write(dir.path().join(RECORD), first).unwrap();
            match Journal::resume(dir.path(), RECORD, &json!({ "source": "1" })) {
                Err(JournalError::Other(why)) => why.replace(&dir.path().display().to_string(), "e"),
                other => panic!("{:?}", other.err()),
            }
        };
        let foreign = "the first line of e/experiment.jsonl is not that of an experiment\nhelp: choose another folder, or move this file away";
        assert_eq!(said(b"\xff\xfe\n"), foreign);
        assert_eq!(said(b"epoch,loss\n1,2\n"), foreign);
        let another = "e holds another experiment: the net, its `--set` values or the version of dropnet differ\nhelp: give the file and the values that it was begun with, or choose another folder";
        assert_eq!(said(b"{\"source\":\"2\"}\n"), another);
        let rows = said(b"{\"source\":\"1\",\"rows\":{\"train\":\"0123456789abcdef\"}}\n");
        assert!(rows.contains("the rows of its data have changed"), "{rows}");
    }

    #[test]
    fn a_best_net_of_somebodys_own_is_left_alone() {
        let dir = tempfile::tempdir().unwrap();
        fs::write(dir.path().join("best.net"), "mine").unwrap();
        let refused = Journal::begin(dir.path(), RECORD, &json!({ "source": "1" })).err();
        assert!(matches!(refused, Some(JournalError::Taken(_, files)) if files == "best.net"));
        assert!(!dir.path().join(RECORD).exists());
    }

    #[test]
    fn two_processes_do_not_write_one_record() {
        let dir = tempfile::tempdir().unwrap();
        let head = json!({ "source": "1" });
        let journal = Journal::begin(dir.path(), RECORD, &head).unwrap();
        assert!(matches!(
            Journal::resume(dir.path(), RECORD, &head),
            Err(JournalError::Busy(Busy::Held { .. }))
        ));
        assert!(matches!(
            Journal::begin(dir.path(), RECORD, &head),
            Err(JournalError::Busy(Busy::Held { .. }))
        ));
        drop(journal);
        Journal::resume(dir.path(), RECORD, &head).unwrap();
    }
}
