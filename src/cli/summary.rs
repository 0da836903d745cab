//! `dropnet summary`: the net of a file or of a run as a table, or as JSON.

use dropnet::internal::{
    memory,
    model::{
        Model, PredictMode, Summary,
        summary::{flops, grouped, ledger},
    },
    run::{PrefixPlan, SamplePlan, Trained, TrainedError, Which},
};

use super::{
    Outcome, eval, last,
    sampling::USUAL_SAMPLES,
    source::File,
    ui::{Exit, Failure, Ui},
};

#[derive(clap::Args)]
#[command(mut_arg("path", |path| path.value_parser(last::path).help("The `.net` file, or the folder of a run (`@last`: the newest); `-` reads stdin")))]
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
        let Shown { name, text, model, rates } = self.shown(ui)?;
        let summary = Summary::new(&model, &text);
        if self.json {
            let mut json = serde_json::to_value(&summary).map_err(|e| Failure::data(e.to_string()))?;
            if !rates.is_empty() {
                json["learned_rates"] = rates.into_iter().collect();
            }
            if let Some(plan) = PrefixPlan::of_training(&model) {
                json["computed_once"] =
                    serde_json::to_value(plan).map_err(|e| Failure::data(e.to_string()))?;
            }
            if !model.predict.views.is_empty() {
                json["views"] = model.predict.view_count().into();
            }
            if self.predict {
                json["predict"] =
                    serde_json::to_value(SamplePlan::of(&model)).map_err(|e| Failure::data(e.to_string()))?;
            }
            ui.data(&format!("{json}\n"))?;
        } else {
            ui.data(&summary.table(&name))?;
            ui.data(&computed_once(&model))?;
            ui.data(&viewed(&model))?;
            ui.data(&eval::rates_line(&rates))?;
            if self.regularizers {
                ui.data(&ledger(&model))?;
            }
            if self.predict {
                ui.data(&plan(&model))?;
            }
        }
        Ok(Exit::Done)
    }

    /// The net of a file; of a run the net that was trained, with its values and what it learned.
    fn shown(&self, ui: &mut Ui) -> Result<Shown, Failure> {
        let path = &self.file.path;
        if !path.is_dir() && path.extension().is_none_or(|end| end != "ckpt") {
            let (source, model) = self.file.model(ui)?;
            return Ok(Shown { name: source.name, text: source.text, model, rates: Vec::new() });
        }
        if !self.file.sets.sets.is_empty() {
            return Err(Failure::usage(
                "`--set` is of a `.net` file: a run has the values that it was trained with",
            ));
        }
        let failed = |error: TrainedError, ui: &mut Ui| eval::failure(&error, ui);
        let trained = Trained::read(path, Which::Tested).map_err(|error| failed(error, ui))?;
        let rates = trained.learned_rates().map_err(|error| failed(error, ui))?;
        let (name, text) = (path.display().to_string(), trained.checkpoint.meta.source);
        Ok(Shown { name, text, model: trained.model, rates })
    }
}

struct Shown {
    name: String,
    text: String,
    model: Model,
    /// Rates of dropping that training learned, by the path of their layer.
    rates: Vec<(String, f64)>,
}

/// A line beneath the table where something depends on data alone; one more where validation rows are cut elsewhere.
fn computed_once(model: &Model) -> String {
    let (train, valid) = (PrefixPlan::of_training(model), PrefixPlan::of_validation(model));
    let is_valid = model
        .data
        .as_ref()
        .is_some_and(|data| data.settings.split.as_ref().is_some_and(|split| split.valid.is_some()));
    let differs = valid.as_ref().map(|plan| &plan.ends) != train.as_ref().map(|plan| &plan.ends);
    let valid = valid.filter(|_| is_valid && differs);
    let line = |whose: &str, plan: &PrefixPlan| {
        let when = if plan.kept { "computed once" } else { "computed in every epoch" };
        format!(" {whose}{when} as far as {}: {}\n", plan.ends.join(", "), room(plan))
    };
    let of_training = train.iter().map(|plan| line("", plan));
    of_training.chain(valid.iter().map(|plan| line("validation rows: ", plan))).collect()
}

/// A line beneath the table where predictions are means over views.
fn viewed(model: &Model) -> String {
    let words: Vec<&str> = model.predict.views.iter().map(|used| used.args.sig.name).collect();
    match words.is_empty() {
        true => String::new(),
        false => format!(
            " predicted as the mean over {} views of each picture: {}\n",
            model.predict.view_count(),
            words.join(", ")
        ),
    }
}

/// What is kept of a row and of all, or why it is not.
fn room(plan: &PrefixPlan) -> String {
    let numbers = format!("{} numbers a row", grouped(plan.numbers));
    match plan.room {
        _ if plan.limit == 0 => "`prefix_limit` is off".into(),
        Some((rows, bytes)) if plan.kept => {
            format!("{numbers}, {} of {} rows", memory::shown(bytes), grouped(rows))
        }
        Some((rows, bytes)) => format!(
            "{numbers}; {} of {} rows are more than `prefix_limit` ({})",
            memory::shown(bytes),
            grouped(rows),
            memory::shown(plan.limit)
        ),
        None => format!(
            "{numbers}, of up to {} rows (`prefix_limit` {})",
            grouped(plan.most_rows() as usize),
            memory::shown(plan.limit)
        ),
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
    let views = model.predict.view_count();
    let seen = if views > 1 { format!(" in each of {views} views") } else { String::new() };
    format!(
        " Monte-Carlo dropout: once a row {}, once a sample {} from {} on\n {samples} samples of a row{seen}: {} instead of {}\n",
        flops(plan.fixed_flops),
        flops(plan.sample_flops),
        plan.cut.join(", "),
        flops(views * plan.flops(samples)),
        flops(views * samples * plan.whole_flops),
    )
}
