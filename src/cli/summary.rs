//! `dropnet summary`: the net as a table, or as JSON.

use dropnet::{
    model::{
        Model, PredictMode, Summary,
        summary::{flops, ledger},
    },
    run::SamplePlan,
};

use super::{
    Outcome,
    predict::USUAL_SAMPLES,
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
    /// Say what holds each parameter back, what is dropped, and how sure the targets are
    #[arg(long, conflicts_with = "json")]
    regularizers: bool,
    /// Say what Monte-Carlo dropout computes once a row, and what once a sample
    #[arg(long)]
    predict: bool,
}

impl Command {
    pub fn run(&self, ui: &mut Ui) -> Outcome {
        let (source, model) = self.file.model(ui)?;
        let summary = Summary::new(&model, &source.text);
        if self.json {
            let mut json = serde_json::to_value(&summary).map_err(|e| Failure::data(e.to_string()))?;
            if self.predict {
                json["predict"] =
                    serde_json::to_value(SamplePlan::of(&model)).map_err(|e| Failure::data(e.to_string()))?;
            }
            ui.data(&format!("{json}\n"))?;
        } else {
            ui.data(&summary.table(&source.name))?;
            if self.regularizers {
                ui.data(&ledger(&model))?;
            }
            if self.predict {
                ui.data(&plan(&model))?;
            }
        }
        Ok(Exit::Done)
    }
}

/// Two lines beneath the table.
fn plan(model: &Model) -> String {
    let samples = match model.predict.mode {
        PredictMode::McDropout(mc) | PredictMode::Ensemble(_, mc) => mc.samples as usize,
        PredictMode::WeightScaling | PredictMode::Exact(_) => USUAL_SAMPLES as usize,
    };
    let Some(plan) = SamplePlan::of(model) else {
        return " nothing is left to chance: there is one sample\n".into();
    };
    format!(
        " Monte-Carlo dropout: once a row {}, once a sample {} from {} on\n {samples} samples of a row: {} instead of {}\n",
        flops(plan.fixed_flops),
        flops(plan.sample_flops),
        plan.cut.join(", "),
        flops(plan.flops(samples)),
        flops(samples * plan.whole_flops),
    )
}
