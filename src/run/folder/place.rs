//! What stands at a path that should name a trained net, and what is said where there is none: the same for every command.

use std::{
    ffi::OsString,
    fmt, fs, io,
    path::{Path, PathBuf},
};

use super::dir::RunDir;
use crate::shell;

/// Where a trained net is.
pub enum Place {
    Run(RunDir),
    /// A file that may be a checkpoint.
    File,
}

/// A path that names no trained net.
#[derive(Debug)]
pub struct NoRun {
    path: PathBuf,
    what: What,
}

#[derive(Debug)]
enum What {
    Missing,
    /// A `.net` file.
    Net,
    /// The `.net` file of a run.
    NetOfRun(PathBuf),
    /// Some other file.
    File,
    /// Several runs by seed, where one is asked for.
    Seeds(Vec<PathBuf>),
    /// The folder of an experiment, with the file of its best net if there is one.
    Experiment(Option<PathBuf>),
    /// A run that ended before its first checkpoint.
    Unfinished,
    Empty,
    /// Some other folder, and the runs in it.
    Folder(Vec<PathBuf>),
    Unreadable(io::Error),
}

impl NoRun {
    /// Whether another path would have been right: nothing is missing or broken.
    #[must_use]
    pub fn is_a_slip(&self) -> bool {
        matches!(self.what, What::Net | What::NetOfRun(_) | What::Seeds(_))
    }

    /// Whether a `.net` file stands there, which some commands have other words for.
    #[must_use]
    pub fn is_a_net(&self) -> bool {
        matches!(self.what, What::Net | What::NetOfRun(_))
    }

    /// A file that turned out to be no checkpoint, unless its name says that it should be one.
    pub(in crate::run) fn file(path: &Path) -> Option<Self> {
        let claims = path.extension().is_some_and(|end| end == "ckpt");
        (!claims).then(|| Self { path: path.into(), what: What::File })
    }
}

const MADE: &str = "help: `dropnet train FILE -o DIR` makes a run: name its DIR";

impl fmt::Display for NoRun {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (path, quoted) = (self.path.display(), shell::path(&self.path));
        match &self.what {
            What::Missing => write!(f, "{path} does not exist"),
            What::Net => write!(
                f,
                "{path} is a net, not the folder of a run\nhelp: train it first: `dropnet train {quoted} -o DIR`, then name DIR"
            ),
            What::NetOfRun(run) => {
                write!(
                    f,
                    "{path} is a net, not the folder of a run\nhelp: name the folder: {}",
                    run.display()
                )
            }
            What::File => write!(f, "{path} is neither the folder of a run nor a checkpoint\n{MADE}"),
            What::Seeds(runs) => {
                write!(
                    f,
                    "{path} holds {} runs, and one is asked for\nhelp: name {}",
                    runs.len(),
                    one_of(runs)
                )
            }
            What::Experiment(best) => {
                write!(f, "{path} is the folder of an experiment, which keeps no trained nets")?;
                match best {
                    Some(best) => write!(
                        f,
                        "\nhelp: train its best: `dropnet train {} -o DIR`, then name DIR",
                        shell::path(best)
                    ),
                    None => write!(f, "\n{MADE}"),
                }
            }
            What::Unfinished => write!(
                f,
                "{path} is the folder of a run that ended before its first checkpoint\nhelp: train the net again: `dropnet train FILE -o {quoted}`"
            ),
            What::Empty => write!(f, "{path} is an empty folder, not that of a run\n{MADE}"),
            What::Folder(runs) => {
                write!(f, "{path} holds no trained net (last.ckpt)")?;
                if runs.is_empty() {
                    write!(f, "\n{MADE}")
                } else {
                    write!(f, "\nhelp: name {}", one_of(runs))
                }
            }
            What::Unreadable(error) => write!(f, "cannot read {path}: {}", plain(error)),
        }
    }
}

impl std::error::Error for NoRun {}

/// A run in it, or the first of several.
fn one_of(runs: &[PathBuf]) -> String {
    match runs {
        [one] => format!("the run in it: {}", one.display()),
        [first, .., last] => format!("one of the runs in it: {} ... {}", first.display(), last.display()),
        [] => String::new(),
    }
}

/// The system's reason without its number.
fn plain(error: &io::Error) -> String {
    match error.kind() {
        io::ErrorKind::PermissionDenied => "permission denied".into(),
        _ => error.to_string(),
    }
}

/// What stands at `path`.
///
/// # Errors
/// Neither a run's folder nor a file that may be a checkpoint.
pub fn find(path: &Path) -> Result<Place, NoRun> {
    let found = match fs::metadata(path) {
        Ok(found) if found.is_dir() => folder(path).map(Place::Run),
        Ok(_) => match net(path) {
            Some(what) => Err(what),
            None => Ok(Place::File),
        },
        Err(e) if e.kind() == io::ErrorKind::NotFound => Err(What::Missing),
        Err(e) => Err(What::Unreadable(e)),
    };
    found.map_err(|what| NoRun { path: path.into(), what })
}

fn net(path: &Path) -> Option<What> {
    path.extension().filter(|end| end.eq_ignore_ascii_case("net"))?;
    let folder = path.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."));
    Some(match RunDir::at(folder).has_checkpoint() {
        true => What::NetOfRun(folder.into()),
        false => What::Net,
    })
}

fn folder(path: &Path) -> Result<RunDir, What> {
    let run = RunDir::at(path);
    if run.has_checkpoint() {
        return Ok(run);
    }
    let entries = fs::read_dir(path).map_err(What::Unreadable)?;
    let mut names: Vec<OsString> = entries.flatten().map(|entry| entry.file_name()).collect();
    names.sort();
    let holds = |file: PathBuf| file.file_name().is_some_and(|name| names.iter().any(|known| known == name));
    if holds(run.last()) || holds(run.best()) {
        // It is listed and cannot be looked at: reading it tells why.
        return Ok(run);
    }
    let seeds = run.members();
    Err(match () {
        () if names.is_empty() => What::Empty,
        () if seeds != [path] => What::Seeds(seeds),
        () if holds(path.join("experiment.jsonl")) => {
            What::Experiment(Some(path.join("best.net")).filter(|best| best.exists()))
        }
        () if holds(run.lock()) && holds(run.net()) => What::Unfinished,
        () => {
            let inner = names.iter().map(|name| path.join(name));
            What::Folder(inner.filter(|inner| RunDir::at(inner).has_checkpoint()).collect())
        }
    })
}
