//! `dropnet grammar`: the words of the language for editors, on stdout.

use dropnet::internal::manual;

use super::{
    Outcome,
    ui::{Exit, Ui},
};

#[derive(clap::Args)]
#[command(after_help = "A TextMate grammar in JSON, which VS Code, Sublime Text, Zed and bat read.")]
pub struct Command {}

impl Command {
    pub fn run(&self, ui: &mut Ui) -> Outcome {
        ui.data(&manual::textmate())?;
        Ok(Exit::Done)
    }
}
