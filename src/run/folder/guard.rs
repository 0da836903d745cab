//! One writer a folder: a lock on `.lock` in it, which the system takes back when its holder ends, however it ends.
//!
//! Invariant: the file stays. Were it taken away, a process that had opened it before would lock what has no name any more.

use std::{
    fmt,
    fs::{self, File, OpenOptions, TryLockError},
    io::{self, Read, Seek, Write},
    path::{Path, PathBuf},
};

/// The right to write into a folder, until it is dropped.
#[derive(Debug)]
pub struct Guard(File);

/// Why a folder cannot be written to.
#[derive(Debug)]
pub enum Busy {
    /// By another process, which this is if it said so.
    Held {
        dir: PathBuf,
        process: Option<u32>,
    },
    Io {
        dir: PathBuf,
        error: io::Error,
    },
}

impl fmt::Display for Busy {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Held { dir, process } => {
                let process = process.map_or(String::new(), |id| format!(" (process {id})"));
                write!(
                    f,
                    "another dropnet{process} writes to {}\nhelp: wait until it has ended, or choose another folder",
                    dir.display()
                )
            }
            Self::Io { dir, error } => write!(f, "cannot write to {}: {error}", dir.display()),
        }
    }
}

impl std::error::Error for Busy {}

impl Guard {
    /// Makes the folder if there is none, and is its one writer from here on.
    ///
    /// # Errors
    /// A folder that another process writes to, and what the file system says.
    pub fn take(dir: &Path) -> Result<Self, Busy> {
        Self::of_file(dir, ".lock")
    }

    /// The same of one file of a folder in which several processes write files of their own.
    ///
    /// # Errors
    /// As [`take`](Self::take).
    pub fn of_file(dir: &Path, lock: &str) -> Result<Self, Busy> {
        let io = |error| Busy::Io { dir: dir.into(), error };
        fs::create_dir_all(dir).map_err(io)?;
        let open =
            OpenOptions::new().create(true).truncate(false).read(true).write(true).open(dir.join(lock));
        let mut file = open.map_err(io)?;
        match file.try_lock() {
            Ok(()) => {}
            Err(TryLockError::WouldBlock) => {
                return Err(Busy::Held { dir: dir.into(), process: holder(&mut file) });
            }
            // Some network file systems have no locks: training there goes without.
            Err(TryLockError::Error(error)) if error.kind() == io::ErrorKind::Unsupported => {}
            Err(TryLockError::Error(error)) => return Err(io(error)),
        }
        sign(&mut file).map_err(io)?;
        Ok(Self(file))
    }
}

impl Drop for Guard {
    /// Equal runs leave equal files: the number of the process goes with it.
    fn drop(&mut self) {
        let _ = self.0.set_len(0);
    }
}

fn sign(file: &mut File) -> io::Result<()> {
    file.set_len(0)?;
    file.write_all(format!("{}\n", std::process::id()).as_bytes())
}

fn holder(file: &mut File) -> Option<u32> {
    let mut text = String::new();
    file.rewind().ok()?;
    file.take(20).read_to_string(&mut text).ok()?;
    text.trim().parse().ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_folder_has_one_writer_at_a_time() {
        let folder = tempfile::tempdir().unwrap();
        let dir = folder.path().join("new/run");
        let guard = Guard::take(&dir).unwrap();
        let refused = Guard::take(&dir).unwrap_err();
        let own = std::process::id();
        assert!(matches!(refused, Busy::Held { process: Some(id), .. } if id == own), "{refused:?}");
        assert_eq!(
            refused.to_string(),
            format!(
                "another dropnet (process {own}) writes to {}\nhelp: wait until it has ended, or choose another folder",
                dir.display()
            )
        );
        drop(guard);
        assert_eq!(fs::read(dir.join(".lock")).unwrap(), b"");
        Guard::take(&dir).unwrap();
    }

    #[test]
    fn what_an_ended_writer_left_holds_nobody_up() {
        let folder = tempfile::tempdir().unwrap();
        fs::write(folder.path().join(".lock"), "4294967295\n and more").unwrap();
        let guard = Guard::take(folder.path()).unwrap();
        assert_eq!(
            fs::read_to_string(folder.path().join(".lock")).unwrap(),
            format!("{}\n", std::process::id())
        );
        drop(guard);
    }

    #[test]
    fn a_file_is_no_folder() {
        let file = tempfile::NamedTempFile::new().unwrap();
        assert!(matches!(Guard::take(file.path()), Err(Busy::Io { .. })));
    }
}
