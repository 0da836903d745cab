//! Where words go and how the program ends: one locked writer for data, one for talk, exit codes.

use std::{
    fmt::Display,
    io::{self, BufWriter, IsTerminal, Write},
    process::ExitCode,
};

use anstream::{AutoStream, ColorChoice};

/// How the program ends.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Exit {
    Done = 0,
    /// The `.net` has errors, or would be formatted differently.
    Faulty = 1,
    Usage = 2,
    /// Files, data or a checkpoint that are missing or broken.
    Data = 3,
    /// NaN or infinity in training; the last good checkpoint is kept.
    Diverged = 4,
    /// Another process of the run has ended; resumable.
    Lost = 5,
    /// By Ctrl-C, resumable.
    Interrupted = 130,
}

impl Exit {
    /// That of another process, by its code.
    pub fn of(code: u8) -> Self {
        let all = [Self::Done, Self::Faulty, Self::Usage, Self::Data, Self::Diverged, Self::Lost];
        all.into_iter().find(|exit| *exit as u8 == code).unwrap_or(Self::Interrupted)
    }
}

impl From<Exit> for ExitCode {
    fn from(exit: Exit) -> Self {
        ExitCode::from(exit as u8)
    }
}

/// Why a command stopped.
#[derive(Debug)]
pub enum Failure {
    /// Said on stderr after `error: `.
    Said(Exit, String),
    /// Already reported.
    Reported(Exit),
    /// The reader of our output went away: not an error.
    PipeClosed,
}

impl Failure {
    pub fn usage(message: impl Display) -> Self {
        Failure::Said(Exit::Usage, message.to_string())
    }

    pub fn data(message: impl Display) -> Self {
        Failure::Said(Exit::Data, message.to_string())
    }

    /// What the program ends with.
    pub fn exit(&self) -> Exit {
        match self {
            Failure::Said(exit, _) | Failure::Reported(exit) => *exit,
            Failure::PipeClosed => Exit::Done,
        }
    }
}

/// An error of writing to stdout; files have their own messages.
impl From<io::Error> for Failure {
    fn from(error: io::Error) -> Self {
        match error.kind() {
            io::ErrorKind::BrokenPipe => Failure::PipeClosed,
            _ => Failure::data(format!("cannot write the output: {error}")),
        }
    }
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, clap::ValueEnum)]
pub enum Color {
    #[default]
    Auto,
    Always,
    Never,
}

pub struct Ui {
    out: BufWriter<io::StdoutLock<'static>>,
    err: io::Stderr,
    color_out: bool,
    color_err: bool,
    quiet: bool,
    verbose: bool,
    /// A file that the user has not named, and how it is called instead.
    alias: Option<(String, &'static str)>,
    /// What was said by a process for which another speaks.
    held_back: Option<String>,
}

impl Ui {
    pub fn new(color: Color, quiet: bool, verbose: bool) -> Self {
        match color {
            Color::Auto => {}
            Color::Always => ColorChoice::Always.write_global(),
            Color::Never => ColorChoice::Never.write_global(),
        }
        let colored = |choice: ColorChoice| choice != ColorChoice::Never;
        Self {
            color_out: colored(AutoStream::choice(&io::stdout())),
            color_err: colored(AutoStream::choice(&io::stderr())),
            out: BufWriter::new(io::stdout().lock()),
            err: io::stderr(),
            quiet,
            verbose,
            alias: None,
            held_back: None,
        }
    }

    /// Whether what goes to stdout may be coloured.
    pub fn color_out(&self) -> bool {
        self.color_out
    }

    pub fn color_err(&self) -> bool {
        self.color_err
    }

    /// Writes data.
    pub fn data(&mut self, text: &str) -> Result<(), Failure> {
        self.bytes(text.as_bytes())
    }

    pub fn bytes(&mut self, bytes: &[u8]) -> Result<(), Failure> {
        match self.held_back {
            Some(_) => Ok(()),
            None => Ok(self.out.write_all(bytes)?),
        }
    }

    /// From now on another process speaks for this one.
    pub fn hold_back(&mut self) {
        self.held_back = Some(String::new());
    }

    /// From now on this process, which has a number, speaks for itself: what it held back is its talk too.
    pub fn speak(&mut self, number: usize) {
        if let Some(said) = self.held_back.take() {
            self.error_text(&format!("process {number}:\n{said}"));
        }
    }

    /// Data that `--quiet` leaves out.
    pub fn result(&mut self, text: &str) -> Result<(), Failure> {
        if self.quiet { Ok(()) } else { self.data(text) }
    }

    pub fn quiet(&self) -> bool {
        self.quiet
    }

    /// A line of talk, unless `--quiet`. What was written so far goes out first, so that the two streams read in order on a terminal.
    pub fn talk(&mut self, line: impl Display) {
        if !self.quiet {
            self.error_text(&format!("{line}\n"));
        }
    }

    /// A line for `--verbose`.
    pub fn detail(&mut self, line: impl Display) {
        if self.verbose {
            self.talk(line);
        }
    }

    /// From now on a path is called something else in what is said; without one, paths are called what they are.
    pub fn call(&mut self, alias: Option<(String, &'static str)>) {
        self.alias = alias;
    }

    /// Empties the screen, if stderr is one.
    pub fn clear(&mut self) {
        if self.err.is_terminal() && !self.quiet {
            self.error_text("\u{1b}[2J\u{1b}[3J\u{1b}[H");
        }
    }

    /// Text for stderr that `--quiet` does not hush. Nobody can be told that stderr is closed.
    pub fn error_text(&mut self, text: &str) {
        let _ = self.out.flush();
        let text = match &self.alias {
            Some((path, name)) => text.replace(path.as_str(), name),
            None => text.into(),
        };
        if let Some(held) = &mut self.held_back {
            held.push_str(&text);
            return;
        }
        let _ = self.err.write_all(text.as_bytes());
    }

    /// Sends out what was written.
    pub fn finish(&mut self) -> Result<(), Failure> {
        Ok(self.out.flush()?)
    }

    /// Says why the command stopped.
    pub fn fail(&mut self, failure: &Failure) -> Exit {
        match failure {
            Failure::PipeClosed => Exit::Done,
            Failure::Reported(exit) => {
                // A pipe that closes only now changes nothing about the result.
                let _ = self.finish();
                *exit
            }
            Failure::Said(exit, message) => {
                let word = if self.color_err { "\u{1b}[1;31merror\u{1b}[0m" } else { "error" };
                self.error_text(&format!("{word}: {message}\n"));
                *exit
            }
        }
    }
}

/// A panic is a bug of dropnet: say so, and where; the process then ends with 101.
pub fn say_how_to_report_panics() {
    std::panic::set_hook(Box::new(|panic| {
        let place = panic.location().map_or(String::new(), |l| format!(" at {}:{}", l.file(), l.line()));
        let payload = panic.payload();
        let text = payload.downcast_ref::<&str>().copied();
        let text = text.or(payload.downcast_ref::<String>().map(String::as_str)).unwrap_or("unknown");
        let args: Vec<String> = std::env::args().skip(1).collect();
        let message = format!(
            "error: this is a bug in dropnet, please report it\n  = {text}{place}\n  = dropnet {} with `dropnet {}`\n  = add the .net file to the report\n",
            env!("CARGO_PKG_VERSION"),
            args.join(" ")
        );
        let _ = io::stderr().write_all(message.as_bytes());
    }));
}
