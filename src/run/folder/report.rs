//! Epochs and results as JSON: the lines of `--json`, of `log.jsonl`, and `metrics.json`.

use std::path::Path;

use serde_json::{Value as Json, json};

use crate::runtime::train::{EpochReport, Outcome};

/// `{"event":"epoch","epoch":3,"seconds":5.2,"steps":430,"train":{..},"valid":{..},"judged":{..},"lr":..}`; `seconds` is the training steps alone, `judged` the
/// training rows with dropout off, where the file asks for them after this epoch.
pub fn epoch_json(report: &EpochReport) -> Json {
    let mut line = json!({
        "event": "epoch",
        "epoch": report.epoch,
        "seconds": report.seconds,
        "steps": report.steps,
        "train": report.train.json(),
        "lr": report.lr,
    });
    if let Some(valid) = &report.valid {
        line["valid"] = valid.json();
    }
    if let Some(judged) = &report.judged {
        line["judged"] = judged.json();
    }
    line
}

/// `{"event":"done","run":"DIR","test":{..},"seconds":..,"threads":..,"compile_ms":..}`
pub fn done_json(run: &Path, outcome: &Outcome) -> Json {
    let mut line = metrics_json(outcome);
    line["event"] = json!("done");
    line["run"] = json!(run.display().to_string());
    line["seconds"] = json!(outcome.seconds);
    line["threads"] = json!(outcome.threads);
    line["compile_ms"] = json!(outcome.compile_seconds * 1e3);
    line
}

/// What is the same for equal runs: figures, no times, no paths.
pub fn metrics_json(outcome: &Outcome) -> Json {
    let mut metrics = json!({ "epochs": outcome.epochs, "tested": outcome.tested });
    if outcome.steps > 0 {
        metrics["steps"] = json!(outcome.steps);
    }
    if let Some(test) = &outcome.test {
        metrics["test"] = test.json();
    }
    if let Some(best) = &outcome.best {
        metrics["best"] = json!({ "epoch": best.epoch, "value": best.value });
    }
    if let Some(precision) = outcome.precision {
        metrics["precision"] = json!(precision);
    }
    metrics
}
