//! A call of a translator: lines in, as many lines out, within a time.

use std::io::{BufRead, BufReader, Read, Write};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, ExitStatus, Stdio};
use std::sync::atomic::Ordering;
use std::thread::{self, JoinHandle};
use std::time::{Duration, Instant, UNIX_EPOCH};

use super::{Calls, Direction, squeezed};
use crate::data::error::{DataError, counted, cut};

/// Bytes of a line at most.
const LONGEST: usize = 1 << 20;

/// How often a call is looked at.
const GLANCE: Duration = Duration::from_millis(5);

/// How a call ended that kept the contract.
#[derive(Debug, PartialEq, Eq)]
pub(in crate::data) enum Ended {
    /// A line for each.
    Answered(Vec<String>),
    Stopped,
}

/// What is wrong with lines that were read.
enum Unread {
    /// More lines than were asked for.
    Many,
    /// A line, from 1, that is no UTF-8 or is too long.
    Bytes(usize),
    Long(usize),
}

/// What answers depend on, as far as files tell: size and time of the programs of a pipeline, and of the scripts that they run.
pub(super) fn version(command: &str) -> String {
    // Other words may be files that a call writes.
    stamps(command.split(['|', ';', '&']).flat_map(|part| part.split_whitespace().take(2)))
}

/// Size and time of the files among some words.
pub(super) fn stamps<'w>(words: impl Iterator<Item = &'w str>) -> String {
    let files = words.filter_map(|word| located(word.trim_matches(['"', '\''])));
    let stamp = |path: PathBuf| {
        let told = path.metadata().ok().filter(std::fs::Metadata::is_file)?;
        let time = told.modified().ok()?.duration_since(UNIX_EPOCH).ok()?;
        Some(format!("{}:{}:{}", path.display(), told.len(), time.as_nanos()))
    };
    files.filter_map(stamp).collect::<Vec<_>>().join(" ")
}

/// The file that a word of a command names: itself, or a program of the search path.
fn located(word: &str) -> Option<PathBuf> {
    if word.contains('/') {
        return Some(Path::new(word).to_owned()).filter(|path| path.is_file());
    }
    let folders = std::env::var_os("PATH")?;
    std::env::split_paths(&folders).map(|folder| folder.join(word)).find(|path| path.is_file())
}

/// Calls a translator with these lines.
///
/// # Errors
/// E0562 if it cannot be started or is not found, E0563 if it does not keep the contract.
pub(super) fn run(direction: &Direction, lines: &[&str], calls: &Calls<'_>) -> Result<Ended, DataError> {
    let mut call = Call::start(direction, lines)?;
    let started = Instant::now();
    let ended = loop {
        if let Some(status) = call.child.try_wait().map_err(|error| direction.unstarted(&error))? {
            break status;
        }
        if calls.stop.load(Ordering::Relaxed) != 0 {
            call.kill();
            return Ok(Ended::Stopped);
        }
        if started.elapsed() > calls.limit {
            call.kill();
            let message = format!(
                "`{}` has not ended after {} s with {}",
                cut(&direction.command),
                calls.limit.as_secs_f64(),
                counted(lines.len(), "line")
            );
            return Err(DataError::new("E0563", message)
                .help("a translator ends when its input has ended; `time_limit=3600s` waits for one that is only slow"));
        }
        thread::sleep(GLANCE);
    };
    call.answers(direction, ended, lines)
}

/// A running program, and who feeds and hears it.
struct Call {
    child: Child,
    feeder: JoinHandle<()>,
    listener: JoinHandle<Result<Vec<String>, Unread>>,
    complaints: JoinHandle<String>,
}

impl Call {
    fn start(direction: &Direction, lines: &[&str]) -> Result<Self, DataError> {
        let mut command = Command::new("sh");
        command.args(["-c", &direction.command]).envs(direction.environment.iter().copied());
        command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
        // A group of its own, so that all programs of a pipeline can be ended.
        #[cfg(unix)]
        std::os::unix::process::CommandExt::process_group(&mut command, 0);
        let mut child = command.spawn().map_err(|error| direction.unstarted(&error))?;
        let missing = || direction.unstarted(&std::io::Error::other("it has no pipes"));
        let mut input = child.stdin.take().ok_or_else(missing)?;
        let output = child.stdout.take().ok_or_else(missing)?;
        let errors = child.stderr.take().ok_or_else(missing)?;
        let (text, most) = (lines.join("\n") + "\n", lines.len());
        // Who does not read all of its input is told by its answers.
        let feeder = thread::spawn(move || drop(input.write_all(text.as_bytes())));
        let listener = thread::spawn(move || read(output, most));
        let complaints = thread::spawn(move || {
            let mut said = Vec::new();
            let mut errors = errors;
            let _ = errors.by_ref().take(4096).read_to_end(&mut said);
            let _ = std::io::copy(&mut errors, &mut std::io::sink());
            squeezed(&String::from_utf8_lossy(&said))
        });
        Ok(Self { child, feeder, listener, complaints })
    }

    /// Ends it with all that it has started.
    fn kill(&mut self) {
        let group = format!("kill -KILL -{} 2>/dev/null", self.child.id());
        let _ = Command::new("sh").args(["-c", &group]).status();
        let _ = self.child.kill();
        let _ = self.child.wait();
    }

    /// The answers of a program that has ended.
    fn answers(self, direction: &Direction, ended: ExitStatus, lines: &[&str]) -> Result<Ended, DataError> {
        let _ = self.feeder.join();
        let heard = self.listener.join().unwrap_or(Err(Unread::Many));
        let complaints = self.complaints.join().unwrap_or_default();
        let name = cut(&direction.command);
        let error = |message: String| {
            let error = DataError::new("E0563", message);
            if complaints.is_empty() { error } else { error.note(format!("it said: {}", cut(&complaints))) }
        };
        // What a shell answers for a command that it does not find.
        if ended.code() == Some(127) {
            return Err(direction.missing(&complaints));
        }
        if !ended.success() {
            return Err(error(format!("`{name}` ended with {ended}")));
        }
        let contract = "a translator writes one line for each that it reads, in the same order, in UTF-8";
        let asked = counted(lines.len(), "line");
        match heard {
            Ok(answers) if answers.len() == lines.len() => Ok(Ended::Answered(answers)),
            Ok(answers) => {
                Err(error(format!("`{name}` answered {} of {asked}", answers.len())).help(contract))
            }
            Err(Unread::Many) => Err(error(format!("`{name}` answered more than {asked}")).help(contract)),
            Err(Unread::Bytes(line)) => {
                Err(error(format!("line {line} of what `{name}` answered is no UTF-8")).help(contract))
            }
            Err(Unread::Long(line)) => {
                let message = format!("line {line} of what `{name}` answered is longer than {LONGEST} bytes");
                Err(error(message).help(contract))
            }
        }
    }
}

/// At most so many lines; what follows is read and thrown away, so that nobody waits for a reader.
fn read(output: impl Read, most: usize) -> Result<Vec<String>, Unread> {
    let mut output = BufReader::new(output);
    let found = lines(&mut output, most);
    let _ = std::io::copy(&mut output, &mut std::io::sink());
    found
}

fn lines(output: &mut impl BufRead, most: usize) -> Result<Vec<String>, Unread> {
    let mut found = Vec::new();
    loop {
        let mut line = Vec::new();
        let taken = output.by_ref().take(LONGEST as u64 + 1).read_until(b'\n', &mut line).unwrap_or(0);
        match taken {
            0 => return Ok(found),
            _ if found.len() == most => return Err(Unread::Many),
            taken if taken > LONGEST => return Err(Unread::Long(found.len() + 1)),
            _ => {}
        }
        let text = String::from_utf8(line).map_err(|_| Unread::Bytes(found.len() + 1))?;
        found.push(squeezed(&text));
    }
}

impl Direction {
    fn unstarted(&self, error: &std::io::Error) -> DataError {
        DataError::new("E0562", format!("`{}` cannot be started: {error}", cut(&self.command)))
    }

    /// Who is not found, with the package that has it.
    fn missing(&self, said: &str) -> DataError {
        let error = DataError::new("E0562", format!("`{}` is not found", cut(&self.command)));
        let error = if said.is_empty() { error } else { error.note(cut(said)) };
        match &self.package {
            Some(package) => error.help(format!("`apt-get install {package}` on Debian and Ubuntu")),
            None => error.help("install it, or write the path of the program"),
        }
    }
}
