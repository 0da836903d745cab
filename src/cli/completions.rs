//! `dropnet completions SHELL`: the completion script, on stdout.

use clap::CommandFactory;
use clap_complete::Shell;

use super::{
    Cli, Outcome,
    ui::{Exit, Ui},
};

#[derive(clap::Args)]
pub struct Command {
    #[arg(value_enum)]
    shell: Shell,
}

impl Command {
    pub fn run(&self, ui: &mut Ui) -> Outcome {
        let mut script = Vec::new();
        clap_complete::generate(self.shell, &mut Cli::command(), "dropnet", &mut script);
        ui.data(&String::from_utf8_lossy(&script))?;
        Ok(Exit::Done)
    }
}
