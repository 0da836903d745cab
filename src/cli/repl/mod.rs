//! `dropnet repl`: nets entered line by line, trained and asked, on a terminal or from a pipe.
//!
//! A line is a piece of a `.net` file, a command (`:train`), a question (`?dropout`) or a line for the shell (`;ls`). On a pipe what is read is
//! written behind its prompt, so that the output is a transcript.

mod commands;
mod editor;
mod net;
mod runs;
mod session;
mod weights;

use std::{io::IsTerminal, path::PathBuf};

use super::{
    Outcome,
    source::Sets,
    train::Threads,
    ui::{Exit, Failure, Ui},
};
use editor::{Editor, Line};
use session::Session;

#[derive(clap::Args)]
pub struct Command {
    /// A `.net` file to begin with
    file: Option<PathBuf>,
    #[command(flatten)]
    sets: Sets,
    #[command(flatten)]
    threads: Threads,
}

impl Command {
    pub fn run(&self, ui: &mut Ui) -> Outcome {
        self.sets.check()?;
        let mut session = Session::new(self.sets.sets.clone(), self.threads.count())?;
        if let Some(path) = &self.file {
            session.load(path, ui)?;
        }
        if std::io::stdin().is_terminal() {
            ui.talk("dropnet: enter a net line by line, or `:load FILE`; `:help` lists the commands, `?dropout` explains a word");
        }
        let mut editor = Editor::new(ui)?;
        loop {
            ui.finish()?;
            match editor.read(&session, ui)? {
                Line::Text(text) => match session.take(&text, ui) {
                    Ok(true) => break,
                    Ok(false) => {}
                    Err(Failure::PipeClosed) => return Err(Failure::PipeClosed),
                    Err(failure) => {
                        ui.fail(&failure);
                    }
                },
                // Ctrl-C at the prompt drops the line.
                Line::Dropped => {}
                Line::Unreadable => {
                    ui.fail(&Failure::data("the line is not UTF-8 text: nothing was entered"));
                }
                Line::End => break,
            }
        }
        editor.save(ui);
        Ok(Exit::Done)
    }
}
