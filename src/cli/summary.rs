//! `dropnet summary`: the net as a table, or as JSON.

use dropnet::model::Summary;

use super::{
    Outcome,
    source::File,
    ui::{Exit, Failure, Ui},
};

#[derive(clap::Args)]
pub struct Command {
    #[command(flatten)]
    file: File,
    /// Write one JSON object instead of the table
    #[arg(long)]
    json: bool,
}

impl Command {
    pub fn run(&self, ui: &mut Ui) -> Outcome {
        let (source, model) = self.file.model(ui)?;
        let summary = Summary::new(&model, &source.text);
        if self.json {
            let json = serde_json::to_string(&summary).map_err(|e| Failure::data(e.to_string()))?;
            ui.data(&format!("{json}\n"))?;
        } else {
            ui.data(&summary.table(&source.name))?;
        }
        Ok(Exit::Done)
    }
}
