//! `dropnet man [DIR]`: manual pages, for `man`.

use std::path::PathBuf;

use clap::CommandFactory;

use super::{
    Cli, Outcome,
    source::reason,
    ui::{Exit, Failure, Ui},
};

#[derive(clap::Args)]
pub struct Command {
    /// Folder for the pages: dropnet.1, and one a command; without it the first goes to stdout
    #[arg(value_name = "DIR")]
    folder: Option<PathBuf>,
}

impl Command {
    pub fn run(&self, ui: &mut Ui) -> Outcome {
        let Some(folder) = &self.folder else {
            let mut page = Vec::new();
            clap_mangen::Man::new(Cli::command()).render(&mut page)?;
            ui.bytes(&page)?;
            return Ok(Exit::Done);
        };
        let written =
            std::fs::create_dir_all(folder).and_then(|()| clap_mangen::generate_to(Cli::command(), folder));
        written.map_err(|e| Failure::data(format!("cannot write {}: {}", folder.display(), reason(&e))))?;
        ui.talk(format_args!(
            "wrote the pages to {}: `man -l {}`",
            folder.display(),
            folder.join("dropnet.1").display()
        ));
        Ok(Exit::Done)
    }
}
