//! How training went, from the log of a run: losses, metrics and the learning rate after each epoch.

use std::collections::BTreeMap;

use serde_json::Value as Json;

use crate::plot::{Chart, Corner, Panels, Series};

/// Points of a figure by the part they are of.
type Figures = BTreeMap<String, Vec<(&'static str, Vec<(f64, f64)>)>>;

/// The losses alone: of training, of validation where there is one, and what was minimised where that is another.
#[must_use]
pub fn losses(log: &str) -> Chart {
    let mut figures = figures(&lines(log));
    chart("loss", figures.remove("loss").unwrap_or_default())
}

/// Losses, each metric, and the learning rate.
#[must_use]
pub fn training(log: &str) -> Panels {
    let lines = lines(log);
    let mut figures = figures(&lines);
    let mut charts = vec![chart("loss", figures.remove("loss").unwrap_or_default())];
    charts.extend(figures.into_iter().map(|(name, parts)| chart(&name, parts)));
    let rates = lines.iter().filter_map(|line| Some((line["epoch"].as_f64()?, line["lr"].as_f64()?)));
    charts.push(chart("learning rate", vec![("at the end of the epoch", rates.collect())]));
    Panels(charts)
}

fn lines(log: &str) -> Vec<Json> {
    log.lines().filter_map(|line| serde_json::from_str(line).ok()).collect()
}

fn figures(lines: &[Json]) -> Figures {
    let mut figures = Figures::new();
    for part in ["train", "valid"] {
        let mut own: BTreeMap<&str, Vec<(f64, f64)>> = BTreeMap::new();
        for line in lines {
            let Some(epoch) = line["epoch"].as_f64() else { continue };
            for (name, value) in line[part].as_object().into_iter().flatten() {
                own.entry(name).or_default().extend(value.as_f64().map(|y| (epoch, y)));
            }
        }
        // What is minimised is the loss, with penalties where there are some.
        let objective = own.remove("objective").filter(|points| Some(points) != own.get("loss"));
        for (name, points) in own {
            figures.entry(name.into()).or_default().push((part, points));
        }
        if let Some(points) = objective {
            figures.entry("loss".into()).or_default().push(("minimised", points));
        }
    }
    figures
}

fn chart(name: &str, parts: Vec<(&str, Vec<(f64, f64)>)>) -> Chart {
    let falls = |points: &[(f64, f64)]| points.first().zip(points.last()).is_none_or(|(a, b)| a.1 >= b.1);
    let falling = parts.first().is_none_or(|(_, points)| falls(points));
    let series = parts.into_iter().enumerate();
    Chart {
        title: title(name),
        x: "epoch".into(),
        y: name.into(),
        series: series.map(|(color, (part, points))| Series::line(part, color, points)).collect(),
        names: if falling { Corner::UpperRight } else { Corner::LowerRight },
        ..Chart::default()
    }
}

/// With a capital letter in front.
fn title(name: &str) -> String {
    let mut letters = name.chars();
    letters.next().into_iter().flat_map(char::to_uppercase).chain(letters).collect()
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

    #[test]
    fn every_figure_has_its_panel() {
        let Panels(charts) = training(LOG);
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
        assert_eq!(losses(LOG), charts[0]);
    }

    /// Without penalties what is minimised is the loss: it is drawn once.
    #[test]
    fn equal_curves_are_drawn_once() {
        let log = LOG
            .replace("\"objective\":0.75", "\"objective\":0.5")
            .replace("\"objective\":0.5,\"accuracy\":0.75", "\"objective\":0.25,\"accuracy\":0.75");
        assert_eq!(losses(&log).series.len(), 2);
        assert!(losses("").series.is_empty());
    }
}
