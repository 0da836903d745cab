//! How training went, from the log of a run: losses, metrics and the learning rate after each epoch.

use std::collections::BTreeMap;

use serde_json::Value as Json;

use crate::{
    plot::{Chart, Corner, Panels, Series},
    run::folder::trained::Trained,
};

/// The log of a run and what of its net explains it.
pub struct Log {
    text: String,
    /// Whether units were dropped where its training figures were taken.
    drops: bool,
    best: Option<u64>,
}

impl Log {
    #[must_use]
    pub fn of(text: String, net: &Trained) -> Self {
        let best = net.checkpoint.meta.progress.best.map(|best| best.epoch);
        Self { text, drops: net.model.is_live_in_mc(), best }
    }

    /// Of a net of which no more is known.
    #[must_use]
    pub fn plain(text: String) -> Self {
        Self { text, drops: false, best: None }
    }
}

/// A curve of each log, by the part it is of.
type Parts = Vec<(&'static str, Vec<Curve>)>;
type Curve = Vec<(f64, f64)>;

/// The losses alone: of training, of validation where there is one, and what was minimised where that is another. Of several logs, which
/// runs that differ in nothing but their seeds left, their means and how far they lie apart.
#[must_use]
pub fn losses(logs: &[Log]) -> Chart {
    let mut figures = of_all(logs);
    chart("loss", figures.remove("loss").unwrap_or_default(), logs)
}

/// Losses, each metric, and the learning rate unless it stays the same.
#[must_use]
pub fn training(logs: &[Log]) -> Panels {
    let mut figures = of_all(logs);
    let mut charts = vec![chart("loss", figures.remove("loss").unwrap_or_default(), logs)];
    charts.extend(figures.into_iter().map(|(name, parts)| chart(&name, parts, logs)));
    let rates = |log: &Log| -> Curve {
        let lines = lines(&log.text);
        lines.iter().filter_map(|line| Some((line["epoch"].as_f64()?, line["lr"].as_f64()?))).collect()
    };
    let rates: Vec<Curve> = logs.iter().map(rates).collect();
    if rates.iter().flatten().any(|(_, rate)| rates.iter().flatten().any(|(_, other)| rate != other)) {
        charts.push(chart("learning rate", vec![("at the end of the epoch", rates)], &[]));
    }
    Panels(charts)
}

/// Figures of all logs, by name.
fn of_all(logs: &[Log]) -> BTreeMap<String, Parts> {
    let mut all: BTreeMap<String, Parts> = BTreeMap::new();
    for (name, part, curve) in logs.iter().flat_map(|log| figures(&lines(&log.text))) {
        let parts = all.entry(name).or_default();
        match parts.iter_mut().find(|(known, _)| *known == part) {
            Some((_, curves)) => curves.push(curve),
            None => parts.push((part, vec![curve])),
        }
    }
    all
}

fn lines(log: &str) -> Vec<Json> {
    log.lines().filter_map(|line| serde_json::from_str(line).ok()).collect()
}

fn figures(lines: &[Json]) -> Vec<(String, &'static str, Curve)> {
    let mut figures = Vec::new();
    for part in ["train", "judged", "valid"] {
        let mut own: BTreeMap<&str, Curve> = BTreeMap::new();
        for line in lines {
            let Some(epoch) = line["epoch"].as_f64() else { continue };
            for (name, value) in line[part].as_object().into_iter().flatten() {
                own.entry(name).or_default().extend(value.as_f64().map(|y| (epoch, y)));
            }
        }
        // What is minimised is the loss, with penalties where there are some.
        let objective = own.remove("objective").filter(|points| Some(points) != own.get("loss"));
        figures.extend(own.into_iter().map(|(name, points)| (name.to_string(), part, points)));
        figures.extend(objective.map(|points| ("loss".to_string(), "minimised", points)));
    }
    figures
}

fn chart(name: &str, parts: Parts, logs: &[Log]) -> Chart {
    let falls = |curves: &Vec<Curve>| {
        let ends = curves.first().and_then(|points| points.first().zip(points.last()));
        ends.is_none_or(|(a, b)| a.1 >= b.1)
    };
    let falling = parts.first().is_none_or(|(_, curves)| falls(curves));
    let drops = logs.iter().any(|log| log.drops);
    let named = |part: &'static str| match part {
        "train" if drops => "train (dropout on)",
        "judged" if drops => "train (dropout off)",
        "judged" => "train, judged",
        "valid" if drops => "valid (dropout off)",
        part => part,
    };
    let each = parts.iter().enumerate();
    let mut series: Vec<Series> =
        each.flat_map(|(color, (part, curves))| drawn(named(part), color, curves)).collect();
    series.extend(best_epochs(&parts, logs));
    Chart {
        title: title(name),
        x: "epoch".into(),
        y: name.into(),
        series,
        names: if falling { Corner::UpperRight } else { Corner::LowerRight },
        ..Chart::default()
    }
}

/// The best epoch of each run, on the curve of what was held out.
fn best_epochs(parts: &Parts, logs: &[Log]) -> Option<Series> {
    let (color, (_, curves)) = parts.iter().enumerate().rfind(|(_, (part, _))| *part == "valid")?;
    let of = |(log, curve): (&Log, &Curve)| {
        let best = log.best? as f64;
        curve.iter().find(|(epoch, _)| *epoch == best).copied()
    };
    let points: Vec<(f64, f64)> = logs.iter().zip(curves).filter_map(of).collect();
    let name = match points[..] {
        [] => return None,
        [(epoch, _)] => format!("best epoch: {epoch}"),
        _ => format!("best epochs of {} runs", points.len()),
    };
    Some(Series::rings(&name, color, points))
}

/// Whether a figure is called by initials, as `mae`, `rmsle` and `r2` are: too short for a word, or hardly to be spoken.
fn is_initials(name: &str) -> bool {
    let is_vowel = |c: char| "aeiou".contains(c);
    let short = name.len() <= 4 && name.chars().all(char::is_alphabetic) && name != "loss";
    short || !name[..name.len().saturating_sub(1)].contains(is_vowel)
}

/// With a capital letter in front, or capital initials.
fn title(name: &str) -> String {
    if is_initials(name) {
        return name.to_uppercase();
    }
    let mut letters = name.chars();
    letters.next().into_iter().flat_map(char::to_uppercase).chain(letters).collect()
}

/// One curve as it is, and several that go the same way, like those of the learning rate; of others their mean, and a band from the lowest to the highest.
fn drawn(part: &str, color: usize, curves: &[Curve]) -> Vec<Series> {
    let longest = curves.iter().max_by_key(|curve| curve.len()).cloned().unwrap_or_default();
    if curves.iter().all(|curve| longest.starts_with(curve)) {
        return vec![Series::line(part, color, longest)];
    }
    let mut epochs: BTreeMap<u64, Vec<f64>> = BTreeMap::new();
    for (epoch, y) in curves.iter().flatten() {
        epochs.entry(*epoch as u64).or_default().push(*y);
    }
    let at =
        |values: &[f64], pick: fn(f64, f64) -> f64| values.iter().copied().reduce(pick).unwrap_or(f64::NAN);
    let mean =
        epochs.iter().map(|(epoch, values)| (*epoch as f64, at(values, |a, b| a + b) / values.len() as f64));
    let band =
        epochs.iter().map(|(epoch, values)| (*epoch as f64, at(values, f64::min), at(values, f64::max)));
    vec![
        Series::band(&format!("{part}, lowest to highest"), color, band.collect()),
        Series::line(&format!("{part}, mean of {} runs", curves.len()), color, mean.collect()),
    ]
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::plot::Shape;

    const LOG: &str = concat!(
        r#"{"event":"epoch","epoch":1,"lr":0.1,"train":{"loss":0.5,"objective":0.75,"accuracy":0.5},"valid":{"loss":0.25,"accuracy":0.75}}"#,
        "\n",
        r#"{"event":"epoch","epoch":2,"lr":0.05,"train":{"loss":0.25,"objective":0.5,"accuracy":0.75},"valid":{"loss":0.125,"accuracy":1.0}}"#,
        "\nhalf a line"
    );

    fn log(text: &str) -> Log {
        Log { text: text.into(), drops: false, best: None }
    }

    #[test]
    fn every_figure_has_its_panel() {
        let Panels(charts) = training(&[log(LOG)]);
        let told: Vec<String> = charts
            .iter()
            .map(|chart| {
                let names: Vec<&str> = chart.series.iter().map(|series| series.name.as_str()).collect();
                format!("{}: {}", chart.title, names.join(", "))
            })
            .collect();
        assert_eq!(
            told,
            [
                "Loss: train, minimised, valid",
                "Accuracy: train, valid",
                "Learning rate: at the end of the epoch"
            ]
        );
        assert_eq!(charts[1].series[1].shape, Shape::Line(vec![(1.0, 0.75), (2.0, 1.0)]));
        assert_eq!((charts[0].names, charts[1].names), (Corner::UpperRight, Corner::LowerRight));
        assert_eq!(losses(&[log(LOG)]), charts[0]);
    }

    #[test]
    fn titles_are_words_or_initials() {
        let names =
            ["loss", "accuracy", "brier", "mae", "rmsle", "r2", "f1", "aurc", "top5", "learning rate"];
        let told = names.map(title).join(", ");
        assert_eq!(told, "Loss, Accuracy, Brier, MAE, RMSLE, R2, F1, AURC, Top5, Learning rate");
    }

    /// Without penalties what is minimised is the loss: it is drawn once.
    #[test]
    fn equal_curves_are_drawn_once() {
        let log = LOG
            .replace("\"objective\":0.75", "\"objective\":0.5")
            .replace("\"objective\":0.5,\"accuracy\":0.75", "\"objective\":0.25,\"accuracy\":0.75");
        assert_eq!(losses(&[self::log(&log)]).series.len(), 2);
        assert!(losses(&[self::log("")]).series.is_empty());
    }

    /// A seed that stopped early leaves the mean to the others.
    #[test]
    fn several_logs_are_a_mean_and_a_band() {
        let line = |epoch: u32, loss: f64| {
            format!(r#"{{"epoch":{epoch},"lr":0.1,"train":{{"loss":{loss}}}}}"#) + "\n"
        };
        let logs = [line(1, 0.5) + &line(2, 0.25), line(1, 1.0) + &line(2, 0.75) + &line(3, 0.125)];
        let Panels(charts) = training(&logs.map(|text| log(&text)));
        let told: Vec<(&str, &Shape)> =
            charts.iter().flat_map(|c| &c.series).map(|s| (s.name.as_str(), &s.shape)).collect();
        let band = Shape::Band(vec![(1.0, 0.5, 1.0), (2.0, 0.25, 0.75), (3.0, 0.125, 0.125)]);
        let mean = Shape::Line(vec![(1.0, 0.75), (2.0, 0.5), (3.0, 0.125)]);
        assert_eq!(told[..2], [("train, lowest to highest", &band), ("train, mean of 2 runs", &mean)]);
        // The learning rate never changes: it has no panel.
        assert_eq!(told.len(), 2);
    }

    /// Units are dropped where training figures are taken and not where validation ones are; the best epoch is ringed on the curve that chose it.
    #[test]
    fn the_best_epoch_is_marked() {
        let with = |best| Log { text: LOG.into(), drops: true, best: Some(best) };
        let told =
            |chart: &Chart| chart.series.iter().map(|one| one.name.clone()).collect::<Vec<_>>().join(", ");
        let chart = losses(&[with(2)]);
        assert_eq!(told(&chart), "train (dropout on), minimised, valid (dropout off), best epoch: 2");
        assert_eq!(chart.series[3].shape, Shape::Rings(vec![(2.0, 0.125)]));
        let both = losses(&[with(2), with(1)]);
        assert_eq!(both.series.last().unwrap().shape, Shape::Rings(vec![(2.0, 0.125), (1.0, 0.25)]));
        assert!(told(&both).ends_with("best epochs of 2 runs"), "{}", told(&both));
    }
}
