//! `dropnet check`: diagnostics of files, on stdout; their number and the time, on stderr.

use std::{path::PathBuf, time::Instant};

use dropnet::{
    check,
    diag::{self, Diagnostic, Format},
};

use super::{
    Outcome,
    source::{Sets, Source},
    ui::{Exit, Ui},
};

#[derive(clap::Args)]
pub struct Command {
    /// `.net` files; `-` reads stdin
    #[arg(required = true, value_name = "FILE")]
    files: Vec<PathBuf>,
    /// How findings are written
    #[arg(long, value_name = "FORMAT", value_enum, default_value_t)]
    output_format: OutputFormat,
    #[command(flatten)]
    sets: Sets,
    /// Make warnings errors: exit with 1 if there is one
    #[arg(long, value_name = "WHAT", value_enum)]
    deny: Option<Deny>,
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
        let start = Instant::now();
        let mut all: Vec<Diagnostic> = Vec::new();
        for path in &self.files {
            let source = Source::read(path)?;
            let begun = Instant::now();
            let checked = check::check_source(&source.text, &self.sets.env());
            ui.detail(format_args!(
                "{}: {}, {}",
                source.name,
                diag::count_line(&checked.diagnostics),
                elapsed(begun)
            ));
            let text =
                diag::render(&checked.diagnostics, &source.text, &source.name, self.format(), ui.color_out());
            ui.data(&text)?;
            all.extend(checked.diagnostics);
        }
        ui.talk(format_args!("{}, {}", count(self.files.len(), &all), elapsed(start)));
        let denied = self.deny == Some(Deny::Warnings) && !all.is_empty();
        Ok(if denied || all.iter().any(Diagnostic::is_error) { Exit::Faulty } else { Exit::Done })
    }

    fn format(&self) -> Format {
        match self.output_format {
            OutputFormat::Full => Format::Full,
            OutputFormat::Concise => Format::Concise,
            OutputFormat::Json => Format::Json,
        }
    }
}

/// `checked 3 files: 2 errors, 1 warning`
fn count(files: usize, all: &[Diagnostic]) -> String {
    let errors = all.iter().filter(|d| d.is_error()).count();
    let warnings = all.len() - errors;
    let plural = |n: usize, what: &str| format!("{n} {what}{}", if n == 1 { "" } else { "s" });
    let found = match (errors, warnings) {
        (0, 0) => "no errors".to_string(),
        (0, w) => plural(w, "warning"),
        (e, 0) => plural(e, "error"),
        (e, w) => format!("{}, {}", plural(e, "error"), plural(w, "warning")),
    };
    format!("checked {}: {found}", plural(files, "file"))
}

/// `1.8 ms`
pub fn elapsed(since: Instant) -> String {
    format!("{:.1} ms", since.elapsed().as_secs_f64() * 1e3)
}
