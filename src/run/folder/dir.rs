//! The folder of a run: `model.net`, `model.lock.json`, `log.jsonl`, `last.ckpt`, `best.ckpt`, `metrics.json`, `calibration.json`.
//!
//! Invariants: a folder that holds a run is never taken for another; every file but the log is written whole or not at all.

use std::{
    fs::{self, OpenOptions},
    io::{self, Write},
    path::{Path, PathBuf},
};

use serde_json::Value as Json;

use crate::{atomic, runtime::keeper};

/// An existing folder of a run.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RunDir {
    path: PathBuf,
}

impl RunDir {
    /// The folder at `path`, which need not hold a run.
    pub fn at(path: &Path) -> Self {
        Self { path: path.to_owned() }
    }

    /// The newest folder `runs/NAME-DATE-TIME-HASH` below `working` that holds a checkpoint.
    pub fn newest(working: &Path, name: &str) -> Option<Self> {
        let entries = fs::read_dir(working.join("runs")).ok()?;
        let names = entries.flatten().filter_map(|entry| entry.file_name().into_string().ok());
        let mut own: Vec<String> = names.filter(|folder| stamped(folder) == Some(name)).collect();
        own.sort();
        let runs = own.iter().rev().map(|folder| Self::at(&Path::new("runs").join(folder)));
        let begun = |run: &Self| [run.last(), run.best()].iter().any(|file| working.join(file).exists());
        runs.into_iter().find(begun)
    }

    pub fn path(&self) -> &Path {
        &self.path
    }

    pub fn net(&self) -> PathBuf {
        self.path.join("model.net")
    }

    pub fn lock(&self) -> PathBuf {
        self.path.join("model.lock.json")
    }

    pub fn last(&self) -> PathBuf {
        self.path.join(keeper::LAST)
    }

    pub fn best(&self) -> PathBuf {
        self.path.join(keeper::BEST)
    }

    /// The runs that the folder stands for: those by seed below it, in order of their seeds, or itself.
    pub fn members(&self) -> Vec<PathBuf> {
        let alone = vec![self.path.clone()];
        if self.has_checkpoint() {
            return alone;
        }
        let Ok(entries) = fs::read_dir(&self.path) else { return alone };
        let names = entries.flatten().filter_map(|entry| entry.file_name().into_string().ok());
        let seed = |name: String| name.strip_prefix("seed-")?.parse::<u64>().ok();
        let mut seeds: Vec<u64> = names.filter_map(seed).collect();
        seeds.retain(|seed| Self::at(&self.of_seed(*seed)).has_checkpoint());
        seeds.sort_unstable();
        if seeds.is_empty() { alone } else { seeds.into_iter().map(|seed| self.of_seed(seed)).collect() }
    }

    /// The run of a seed below the folder.
    pub fn of_seed(&self, seed: u64) -> PathBuf {
        self.path.join(format!("seed-{seed}"))
    }

    /// Why a new run must not be written here, if so: there is one, or files of the names that a run writes, which are somebody's own. A run
    /// that ended before its first checkpoint, as its lock file tells, is begun anew.
    pub fn taken(&self) -> Option<String> {
        let path = self.path.display();
        if self.has_checkpoint() {
            return Some(format!("{path} holds a run already"));
        }
        if self.members() != [self.path.clone()] {
            return Some(format!("{path} holds runs by seed already"));
        }
        if self.path.join("experiment.jsonl").exists() {
            return Some(format!("{path} holds an experiment already"));
        }
        let names = ["model.lock.json", "model.net", "log.jsonl", "metrics.json", "calibration.json"];
        // What an unfinished run leaves: its first three.
        let own = if self.is_unfinished() { 3 } else { 0 };
        let others: Vec<&str> =
            names[own..].iter().copied().filter(|name| self.path.join(name).exists()).collect();
        (!others.is_empty())
            .then(|| format!("{path} holds {}, which a run would write over", others.join(", ")))
    }

    /// Whether the lock file is that of a run.
    fn is_unfinished(&self) -> bool {
        let lock = fs::read_to_string(self.lock()).ok();
        let lock: Option<Json> = lock.and_then(|text| serde_json::from_str(&text).ok());
        lock.is_some_and(|lock| lock.get("dropnet").is_some_and(Json::is_string))
    }

    /// A run that ended before its first one left nothing to lose.
    pub fn has_checkpoint(&self) -> bool {
        [self.last(), self.best()].iter().any(|file| file.exists())
    }

    /// Makes the folder with the exact text of the net and what it was trained with. The lock file comes first: from then on the folder is
    /// that of a run that may be begun anew.
    pub fn create(&self, source: &str, lock: &Json) -> io::Result<()> {
        fs::create_dir_all(&self.path)?;
        atomic::clear_parts(&self.path)?;
        write(&self.lock(), &pretty(lock))?;
        write(&self.net(), source)?;
        self.rewind(0, 0)
    }

    /// What `dropnet calibrate` fitted.
    pub fn calibration(&self) -> PathBuf {
        self.path.join("calibration.json")
    }

    /// A line of JSON an epoch.
    pub fn log(&self) -> PathBuf {
        self.path.join("log.jsonl")
    }

    /// Adds one epoch to the log.
    pub fn append(&self, line: &Json) -> io::Result<()> {
        let mut file = OpenOptions::new().create(true).append(true).open(self.log())?;
        file.write_all(format!("{line}\n").as_bytes())
    }

    /// Forgets logged epochs after `epoch` and `steps` of the next: the checkpoint that is taken up does not know them. Lines that no run
    /// wrote go with them.
    pub fn rewind(&self, epoch: u64, steps: u64) -> io::Result<()> {
        let bytes = match fs::read(self.log()) {
            Ok(bytes) => bytes,
            Err(e) if e.kind() == io::ErrorKind::NotFound => return Ok(()),
            Err(e) => return Err(e),
        };
        let logged = |line: &&[u8]| {
            let line: Option<Json> = serde_json::from_slice(line).ok();
            let number = |name: &str| line.as_ref().and_then(|line| line.get(name)?.as_u64());
            let part = |e| e == epoch + 1 && steps > 0 && number("steps") == Some(steps);
            number("epoch").is_some_and(|e| e <= epoch || part(e))
        };
        let lines = bytes.split_inclusive(|byte| *byte == b'\n');
        let kept: Vec<u8> = lines.filter(logged).flatten().copied().collect();
        if kept == bytes {
            return Ok(());
        }
        atomic::replace(&self.log(), |out| out.write_all(&kept))
    }

    pub fn metrics(&self, metrics: &Json) -> io::Result<()> {
        write(&self.path.join("metrics.json"), &pretty(metrics))
    }
}

fn write(path: &Path, text: &str) -> io::Result<()> {
    atomic::replace(path, |out| out.write_all(text.as_bytes()))
}

fn pretty(json: &Json) -> String {
    format!("{json:#}\n")
}

/// The net's name in `NAME-YYYYMMDD-HHMMSS-HASH`.
fn stamped(folder: &str) -> Option<&str> {
    let mut parts = folder.rsplitn(4, '-');
    let (hash, time, date) = (parts.next()?, parts.next()?, parts.next()?);
    let digits = |text: &str, n: usize| text.len() == n && text.bytes().all(|b| b.is_ascii_digit());
    let sound = digits(time, 6) && digits(date, 8) && hash.len() == 4;
    parts.next().filter(|_| sound)
}

/// `YYYYMMDD-HHMMSS`, UTC, of seconds since 1970.
pub fn stamp(seconds: u64) -> String {
    let (days, rest) = (seconds / 86_400, seconds % 86_400);
    // Days are counted from 1 March of year 0, so that the leap day is the last of its year.
    let shifted = days + 719_468;
    let (era, day_of_era) = (shifted / 146_097, shifted % 146_097);
    let year_of_era = (day_of_era - day_of_era / 1460 + day_of_era / 36_524 - day_of_era / 146_096) / 365;
    let day_of_year = day_of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
    let month_from_march = (5 * day_of_year + 2) / 153;
    let day = day_of_year - (153 * month_from_march + 2) / 5 + 1;
    let month = if month_from_march < 10 { month_from_march + 3 } else { month_from_march - 9 };
    let year = era * 400 + year_of_era + u64::from(month <= 2);
    format!("{year:04}{month:02}{day:02}-{:02}{:02}{:02}", rest / 3600, rest / 60 % 60, rest % 60)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn stamps_are_utc() {
        assert_eq!(stamp(0), "19700101-000000");
        assert_eq!(stamp(951_827_696), "20000229-123456");
        assert_eq!(stamp(1_795_427_180), "20261123-094620");
    }

    #[test]
    fn names_with_dashes_are_told_from_stamps() {
        assert_eq!(stamped("my-net-20261123-094620-7f3a"), Some("my-net"));
        assert_eq!(stamped("my-net-2026-094620-7f3a"), None);
        assert_eq!(stamped("mnist"), None);
    }

    #[test]
    fn the_newest_run_with_a_checkpoint_is_found() {
        let working = tempfile::tempdir().unwrap();
        for folder in [
            "m-20260101-000000-aaaa",
            "m-20260102-000000-0000",
            "m-20260103-000000-ffff",
            "n-20260104-000000-ffff",
        ] {
            fs::create_dir_all(working.path().join("runs").join(folder)).unwrap();
        }
        assert_eq!(RunDir::newest(working.path(), "m"), None);
        fs::write(working.path().join("runs/m-20260102-000000-0000/last.ckpt"), "").unwrap();
        let found = RunDir::newest(working.path(), "m").unwrap();
        assert_eq!(found.path(), Path::new("runs/m-20260102-000000-0000"));
    }

    /// Whatever a run would write over is left alone, but for what a run left that never reached a checkpoint.
    #[test]
    fn what_is_somebodys_own_is_in_the_way() {
        let taken = |files: &[(&str, &str)]| {
            let folder = tempfile::tempdir().unwrap();
            files.iter().for_each(|(name, text)| fs::write(folder.path().join(name), text).unwrap());
            RunDir::at(folder.path())
                .taken()
                .map(|why| why.replace(&folder.path().display().to_string(), "r"))
        };
        let lock = ("model.lock.json", r#"{"dropnet":"0.1.0"}"#);
        assert_eq!(taken(&[]), None);
        assert_eq!(taken(&[("notes.txt", "")]), None);
        assert_eq!(taken(&[lock]), None);
        assert_eq!(taken(&[lock, ("model.net", ""), ("log.jsonl", "")]), None);
        let over = |names: &str| Some(format!("r holds {names}, which a run would write over"));
        for name in ["model.lock.json", "model.net", "log.jsonl", "metrics.json", "calibration.json"] {
            assert_eq!(taken(&[(name, "{}")]), over(name));
        }
        assert_eq!(
            taken(&[("model.lock.json", "mine"), ("model.net", "")]),
            over("model.lock.json, model.net")
        );
        assert_eq!(taken(&[lock, ("metrics.json", "")]), over("metrics.json"));
        for name in ["last.ckpt", "best.ckpt"] {
            assert_eq!(taken(&[lock, (name, "")]), Some("r holds a run already".into()));
        }
    }

    #[test]
    fn rewinding_keeps_what_the_checkpoint_knows() {
        let folder = tempfile::tempdir().unwrap();
        let run = RunDir::at(folder.path());
        for epoch in 1..=3 {
            run.append(&serde_json::json!({ "epoch": epoch })).unwrap();
        }
        run.append(&serde_json::json!({ "epoch": 4, "steps": 7 })).unwrap();
        let kept = |epoch, steps| {
            run.rewind(epoch, steps).unwrap();
            fs::read_to_string(run.log()).unwrap().lines().count()
        };
        assert_eq!([kept(3, 7), kept(3, 0), kept(2, 1)], [4, 3, 2]);
        assert_eq!(fs::read_to_string(run.log()).unwrap(), "{\"epoch\":1}\n{\"epoch\":2}\n");
    }
}
