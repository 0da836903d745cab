//! The command line: one file a command, thin. What a library user would miss belongs in the library.
//!
//! Invariants: data goes to stdout, talk to stderr, each through [`Ui`]; a closed pipe ends the program quietly with 0; the exit
//! code is one of [`Exit`]; nothing here prints by macro, because those panic on a closed pipe.

mod audit;
mod bench;
mod calibrate;
mod check;
mod compare;
mod completions;
mod confused;
mod data;
mod emit;
mod ending;
mod eval;
mod experiment;
mod explain;
mod fmt;
mod grammar;
mod inspect;
mod interrupts;
mod last;
mod limits;
mod man;
mod nets;
mod new;
mod numbers;
mod plot;
mod predict;
mod profile;
mod progress;
mod ranks;
mod repl;
mod rng;
mod runs;
mod sample;
mod sampling;
mod screen;
mod source;
mod subnet;
mod summary;
mod train;
mod ui;
mod watch;

use std::{ffi::OsString, process::ExitCode};

use clap::{Args, CommandFactory, FromArgMatches, Parser, Subcommand};

use ui::{Exit, Failure, Ui};

/// A declarative language and native compiler for neural networks in which dropout is part of the language.
#[derive(Parser)]
#[command(name = "dropnet", version, max_term_width = 100)]
#[command(
    after_help = "First steps: `dropnet new hello`, then `dropnet train hello.net`. A word of the language: `dropnet explain dropout`."
)]
struct Cli {
    #[command(flatten)]
    global: Global,
    #[command(subcommand)]
    command: Command,
}

/// Flags that every command takes.
#[derive(Args)]
struct Global {
    /// Print results and errors only
    #[arg(short, long, global = true)]
    quiet: bool,
    /// Say more: what each stage took
    #[arg(short, long, global = true, conflicts_with = "quiet")]
    verbose: bool,
    /// Colour the output; `auto`: on a terminal, unless NO_COLOR is set
    #[arg(long, global = true, value_name = "WHEN", value_enum, default_value_t)]
    color: ui::Color,
}

#[derive(Subcommand)]
enum Command {
    /// Check `.net` files without running them
    Check(check::Command),
    /// Format `.net` files
    Fmt(fmt::Command),
    /// Show what a table holds, column by column, and how to read it
    Data(profile::Command),
    /// Train a net on its data
    Train(train::Command),
    /// Time a net's training step, kernel by kernel, against what the machine can do
    Bench(bench::Command),
    /// Evaluate a trained net on its data
    Eval(eval::Command),
    /// Calibrate a trained net on its validation rows: a temperature, or the precision of observations
    Calibrate(calibrate::Command),
    /// Compare a trained net's weight scaling with the means over its sub-networks
    Audit(audit::Command),
    /// List runs: in what they differ, and what they came to
    Runs(runs::Command),
    /// Hold trained nets against the first of them: what they were made of, and what a difference of their figures is worth
    Compare(compare::Command),
    /// Train and test a net on many divisions of its data, with many seeds, over its sweep
    #[command(visible_alias = "sweep")]
    Experiment(experiment::Command),
    /// Predict rows with a trained net
    Predict(predict::Command),
    /// Let a net that foretells the next token say some
    Sample(sample::Command),
    /// Draw learning curves, weights, and how far a trained net can be trusted: as SVG, PNG, CSV or text
    Plot(plot::Command),
    /// Show which units a row saw: in a sample of a prediction, or in an epoch of training
    Subnet(subnet::Command),
    /// Show what each layer says of a row, and the gradient of its loss by every unit and weight
    Inspect(inspect::Command),
    /// Enter a net line by line, train it, ask it, change it
    Repl(repl::Command),
    /// Show a net's shapes, parameters, dropout rates and regularizers
    Summary(summary::Command),
    /// Show what a stage of the compiler makes of a net
    Emit(emit::Command),
    /// Explain a code of a message (E0203), or a word of the language (dropout)
    Explain(explain::Command),
    /// Write a commented `.net` file to start from
    New(new::Command),
    /// Write the random bits behind the masks, for statistical tests
    Rng(rng::Command),
    /// Write a completion script for a shell
    Completions(completions::Command),
    /// Write manual pages, for `man`
    Man(man::Command),
    /// Write the grammar of the language for editors (TextMate)
    Grammar(grammar::Command),
}

/// What a command says of itself, if there is one of that name.
fn help_of(name: &str) -> Option<String> {
    let mut all = Cli::command();
    // With the name of the program in front of its own.
    all.build();
    all.find_subcommand_mut(name).map(|command| command.render_long_help().to_string())
}

impl Cli {
    /// From the words of a command line, the first being the program's name.
    fn read(words: impl IntoIterator<Item = impl Into<OsString> + Clone>) -> Result<Self, clap::Error> {
        let mut command = numbers::may_be_negative(Self::command());
        let matches = command.try_get_matches_from_mut(words)?;
        Self::from_arg_matches(&matches).map_err(|error| error.format(&mut command))
    }
}

/// Parses the arguments, runs the command, answers its exit code.
pub fn main() -> ExitCode {
    ui::say_how_to_report_panics();
    limits::hear_of_full_files();
    let cli = Cli::read(std::env::args_os()).unwrap_or_else(|error| error.exit());
    let mut ui = Ui::new(cli.global.color, cli.global.quiet, cli.global.verbose);
    let result = cli.command.run(&mut ui);
    let result = result.and_then(|exit| ui.finish().map(|()| exit));
    result.unwrap_or_else(|failure| ui.fail(&failure)).into()
}

impl Command {
    fn run(&self, ui: &mut Ui) -> Outcome {
        last::say(ui);
        match self {
            Self::Check(command) => command.run(ui),
            Self::Fmt(command) => command.run(ui),
            Self::Data(command) => command.run(ui),
            Self::Train(command) => command.run(ui),
            Self::Bench(command) => command.run(ui),
            Self::Eval(command) => command.run(ui),
            Self::Calibrate(command) => command.run(ui),
            Self::Audit(command) => command.run(ui),
            Self::Experiment(command) => command.run(ui),
            Self::Runs(command) => command.run(ui),
            Self::Compare(command) => command.run(ui),
            Self::Predict(command) => command.run(ui),
            Self::Sample(command) => command.run(ui),
            Self::Plot(command) => command.run(ui),
            Self::Emit(command) => command.run(ui),
            Self::Subnet(command) => command.run(ui),
            Self::Inspect(command) => command.run(ui),
            Self::Summary(command) => command.run(ui),
            Self::Explain(command) => command.run(ui),
            Self::New(command) => command.run(ui),
            Self::Rng(command) => command.run(ui),
            Self::Completions(command) => command.run(ui),
            Self::Man(command) => command.run(ui),
            Self::Grammar(command) => command.run(ui),
            Self::Repl(command) => command.run(ui),
        }
    }
}

/// What a command answers.
type Outcome = Result<Exit, Failure>;
