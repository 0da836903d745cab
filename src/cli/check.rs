//! `dropnet check`: diagnostics of files, on stdout; their number and the time, on stderr.

use std::{
    path::{Path, PathBuf},
    sync::atomic::AtomicU32,
    time::Instant,
};

use dropnet::internal::{
    check::{self, Checked, Env},
    diag::{self, Diagnostic, Format},
    run::{self, OpenError},
};

use super::{
    Outcome, data, interrupts, nets,
    source::{self, Sets, Source},
    ui::{Exit, Failure, Ui},
    watch::{Watched, Watching},
};

#[derive(clap::Args)]
pub struct Command {
    /// `.net` files, or folders of them; `-` reads stdin
    #[arg(required = true, value_name = "FILE")]
    files: Vec<PathBuf>,
    /// How findings are written
    #[arg(long, value_name = "FORMAT", value_enum, default_value_t)]
    output_format: OutputFormat,
    /// The same as `--output-format json`
    #[arg(long, conflicts_with = "output_format")]
    json: bool,
    #[command(flatten)]
    sets: Sets,
    /// Give advice too, each with its reason: rates, penalties and places that are legal and seldom meant
    #[arg(long)]
    pedantic: bool,
    /// Read the data too, and compare the net with them
    #[arg(long)]
    data: bool,
    /// Make warnings errors: exit with 1 if there is one
    #[arg(long, value_name = "WHAT", value_enum)]
    deny: Option<Deny>,
    #[command(flatten)]
    watching: Watching,
}

#[derive(Clone, Copy, Default, PartialEq, Eq, clap::ValueEnum)]
enum OutputFormat {
    /// Source lines, reasons and suggested edits
    #[default]
    Full,
    /// One line a finding
    Concise,
    /// One JSON object a line
    Json,
}

#[derive(Clone, Copy, PartialEq, Eq, clap::ValueEnum)]
enum Deny {
    Warnings,
}

impl Command {
    pub fn run(&self, ui: &mut Ui) -> Outcome {
        self.sets.check()?;
        source::check_stdin(&self.files)?;
        let files = nets::listed(&self.files)?;
        if !self.watching.watch {
            return self.once(&files, ui);
        }
        interrupts::leave_on_interrupt()?;
        let until_the_end = AtomicU32::new(0);
        let mut watched = Watched::new(files.iter().map(PathBuf::as_path))?;
        for round in 0.. {
            watched.look();
            self.watching.begin(round == 0, &self.names(), ui);
            if let Err(failure) = self.once(&files, ui) {
                if matches!(failure, Failure::PipeClosed) {
                    return Err(failure);
                }
                ui.fail(&failure);
            }
            ui.finish()?;
            watched.wait(&until_the_end);
        }
        Ok(Exit::Interrupted)
    }

    fn names(&self) -> String {
        self.files.iter().map(|path| path.display().to_string()).collect::<Vec<_>>().join(", ")
    }

    fn once(&self, files: &[PathBuf], ui: &mut Ui) -> Outcome {
        let start = Instant::now();
        let mut all = (0, 0);
        let mut unread = Unread::Nothing;
        for path in files {
            let source = Source::read(path)?;
            let begun = Instant::now();
            let found = self.findings(path, &source, ui)?;
            let (errors, warnings) = diag::counts(&found.diagnostics);
            let count = diag::told((errors, warnings));
            ui.detail(format_args!("{}: {count}, {}", source.name, elapsed(begun)));
            let format = self.format();
            ui.data(&diag::render(&found.diagnostics, &source.text, &source.name, format, ui.color_out()))?;
            all = (all.0 + errors, all.1 + warnings);
            unread = unread.max(found.unread);
        }
        let hint = match unread {
            Unread::Nothing => "",
            Unread::Data => "; the data were not read (`--data` reads them)",
            Unread::Sizes => {
                "; the data were not read, so sizes `_` are not known and shapes not checked (`--data` reads them)"
            }
        };
        let files = if files.len() == 1 { "1 file".to_string() } else { format!("{} files", files.len()) };
        ui.talk(format_args!("checked {files}: {}, {}{hint}", diag::told(all), elapsed(start)));
        let denied = self.deny == Some(Deny::Warnings) && all != (0, 0);
        Ok(if denied || all.0 > 0 { Exit::Faulty } else { Exit::Done })
    }

    fn findings(&self, path: &Path, source: &Source, ui: &mut Ui) -> Result<Findings, Failure> {
        if !self.data {
            let Checked { model, diagnostics, sketch } =
                check::check_source(&source.text, &Env { pedantic: self.pedantic, ..self.sets.env() });
            let sound = model.is_some() || (sketch.waits && !diagnostics.iter().any(Diagnostic::is_error));
            let unread = match (sound && sketch.data.is_some(), sketch.waits) {
                (false, _) => Unread::Nothing,
                (true, false) => Unread::Data,
                (true, true) => Unread::Sizes,
            };
            return Ok(Findings { diagnostics, unread });
        }
        match run::probe(&source.text, &self.sets.sets, &data::search(path), self.pedantic) {
            Ok(diagnostics) | Err(OpenError::Net(diagnostics)) => {
                Ok(Findings { diagnostics, unread: Unread::Nothing })
            }
            Err(OpenError::Data(error)) => Err(data::failure(&error, Some(source), ui)),
            Err(error @ OpenError::NoSection(_)) => Err(Failure::data(error)),
        }
    }

    fn format(&self) -> Format {
        match self.output_format {
            _ if self.json => Format::Json,
            OutputFormat::Full => Format::Full,
            OutputFormat::Concise => Format::Concise,
            OutputFormat::Json => Format::Json,
        }
    }
}

/// What was found in one file; `unread`: it has data, which were not looked at.
struct Findings {
    diagnostics: Vec<Diagnostic>,
    unread: Unread,
}

#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Unread {
    Nothing,
    Data,
    /// Nor are shapes known, as they are the data's to say.
    Sizes,
}

/// `1.8 ms`
pub fn elapsed(since: Instant) -> String {
    format!("{:.1} ms", since.elapsed().as_secs_f64() * 1e3)
}
