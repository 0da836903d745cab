//! The record of an experiment as a picture: a figure over a param with its standard errors, a line for each combination of the other params that differ; or the course of
//! training of every setting, where the figures of epochs were recorded.

use std::{collections::BTreeMap, path::Path};

use serde_json::{Value as Json, json};

use super::{
    RECORD,
    journal::{self, JournalError},
    points::Point,
    report::{self, Mean, Tested},
    trial::{Found, Measured},
};
use crate::{
    plot::{Chart, Corner, Panels, Series},
    run::judgements::course::{self, Log},
};

/// Lines that a picture tells apart; more of them are dots.
const MOST_LINES: usize = 14;
/// A param whose values lie so far apart has an axis of magnitudes.
const MAGNITUDES: f64 = 30.0;

/// What a record holds.
pub struct Record {
    trials: Vec<Recorded>,
    /// Files by the text that each is, in the order in which they were named, where several were compared.
    files: Vec<(String, String)>,
}

struct Recorded {
    /// Values of params; the file among them where there are several.
    set: Point,
    split: usize,
    seed: u64,
    tested: bool,
    measured: Measured,
}

/// What is to be drawn, where there is a choice.
#[derive(Clone, Debug, Default)]
pub struct PlotWish {
    /// `test.accuracy`
    pub figure: Option<String>,
    /// The param along the horizontal axis.
    pub over: Option<String>,
}

/// What files are called among params; no param can have this name.
const FILE: &str = "the file";

impl Record {
    /// Whether a folder holds the record of an experiment, or of its shards.
    #[must_use]
    pub fn is_in(dir: &Path) -> bool {
        dir.join(RECORD).exists() || journal::records(dir).is_ok_and(|records| !records.is_empty())
    }

    /// Reads what is recorded in a folder.
    ///
    /// # Errors
    /// What the file system says; a first line that is none of an experiment's.
    pub fn read(dir: &Path) -> Result<Self, JournalError> {
        let mut all: BTreeMap<String, Json> = BTreeMap::new();
        let mut files: Vec<(String, String)> = Vec::new();
        for path in journal::records(dir)? {
            let text = std::fs::read(&path).map_err(|e| JournalError::Io(path.clone(), e))?;
            let lines = text
                .split(|byte| *byte == b'\n')
                .filter_map(|line| serde_json::from_slice::<Json>(line).ok());
            for line in lines {
                if let Some(nets) = line.get("nets").and_then(Json::as_array) {
                    let named = nets.iter().filter_map(|net| {
                        Some((net.get("source")?.as_str()?.to_owned(), net.get("file")?.as_str()?.to_owned()))
                    });
                    let new: Vec<(String, String)> = named.filter(|one| !files.contains(one)).collect();
                    files.extend(new);
                }
                if let Some(trial) = line.get("trial") {
                    all.insert(trial.to_string(), line);
                }
            }
        }
        let mut record = Self { trials: Vec::new(), files };
        record.trials = all.values().filter_map(|line| record.trial(line)).collect();
        let place = |one: &Recorded| {
            let file = one.set.iter().find(|(name, _)| name == FILE).map(|(_, file)| file);
            record.files.iter().position(|(_, known)| Some(known) == file)
        };
        let mut trials: Vec<(Option<usize>, Recorded)> = Vec::new();
        for one in std::mem::take(&mut record.trials) {
            trials.push((place(&one), one));
        }
        trials.sort_by_key(|(place, _)| *place);
        record.trials = trials.into_iter().map(|(_, one)| one).collect();
        Ok(record)
    }

    fn trial(&self, line: &Json) -> Option<Recorded> {
        let trial = line.get("trial")?;
        let measured = Measured::read(line).filter(|measured| measured.refused.is_none())?;
        let values = trial.get("set")?.as_object()?;
        let set = values.iter().filter_map(|(name, value)| Some((name.clone(), value.as_str()?.to_owned())));
        let file = trial.get("net").and_then(Json::as_str);
        let named = |id: &str| self.files.iter().find(|(known, _)| known == id).map(|(_, file)| file.clone());
        let file = file.map(|id| (FILE.to_owned(), named(id).unwrap_or_else(|| id.to_owned())));
        Some(Recorded {
            set: file.into_iter().chain(set).collect(),
            split: trial.get("split")?.as_u64()? as usize,
            seed: trial.get("seed")?.as_u64()?,
            tested: trial.get("phase")?.as_str()? == "test",
            measured,
        })
    }

    /// A figure over a param.
    ///
    /// # Errors
    /// A figure or a param that the record does not have; nothing that varies.
    pub fn chart(&self, wish: &PlotWish) -> Result<Chart, String> {
        let (figure, runs) = self.runs(wish.figure.as_deref())?;
        let varied = varied(&runs);
        let over = over(&varied, wish.over.as_deref())?;
        let axis = Axis::of(&over.1);
        let mut lines: Vec<(String, Vec<(f64, Mean)>)> = Vec::new();
        for (set, mean) in means(&figure, &runs) {
            let others: Vec<String> = set
                .iter()
                .filter(|(name, _)| *name != over.0 && varied.iter().any(|(known, _)| known == name))
                .map(|(name, value)| if name == FILE { value.clone() } else { format!("{name}={value}") })
                .collect();
            let Some(x) =
                set.iter().find(|(name, _)| *name == over.0).and_then(|(_, value)| axis.place(value))
            else {
                continue;
            };
            let name = others.join(", ");
            match lines.iter_mut().find(|(known, _)| *known == name) {
                Some((_, points)) => points.push((x, mean)),
                None => lines.push((name, vec![(x, mean)])),
            }
        }
        let count =
            lines.iter().flat_map(|(_, points)| points).map(|(_, mean)| mean.count).max().unwrap_or(0);
        let place = |name: &str, value: &str| {
            let values = varied.iter().find(|(known, _)| known == name).map(|(_, values)| values);
            values.and_then(|values| values.iter().position(|known| known == value)).unwrap_or(0)
        };
        let order = |name: &String| -> Vec<usize> {
            let pairs = name.split(", ").map(|pair| pair.split_once('=').unwrap_or((FILE, pair)));
            pairs.map(|(name, value)| place(name, value)).collect()
        };
        lines.sort_by_key(|(name, _)| order(name));
        let title = match count {
            0 | 1 => figure.clone(),
            _ => format!("{figure}: means of up to {count}, bars of one standard error"),
        };
        Ok(Chart {
            title,
            x: if over.0 == FILE { "file".into() } else { over.0 },
            y: figure,
            series: series(lines),
            names: Corner::UpperRight,
            log_x: axis.log,
            ticks: axis.ticks,
            ..Chart::default()
        })
    }

    /// The course of training of each setting: the mean over divisions and seeds, and how far they lie apart.
    ///
    /// # Errors
    /// Epochs that were not recorded.
    pub fn course(&self) -> Result<Panels, String> {
        let runs: Vec<&Recorded> = self.trials.iter().filter(|one| !one.measured.epochs.is_empty()).collect();
        let tested = runs.iter().any(|one| one.tested);
        let runs: Vec<&Recorded> = runs.into_iter().filter(|one| one.tested == tested).collect();
        if runs.is_empty() {
            return Err("the figures of epochs were not recorded\nhelp: `dropnet experiment ... --resume --record epochs` does the trials again that lack them".into());
        }
        let varied = varied(&runs);
        let mut settings: Vec<(String, Vec<Log>)> = Vec::new();
        for one in runs {
            let own = one.set.iter().filter(|(name, _)| varied.iter().any(|(known, _)| known == name));
            let own =
                own.map(|(name, value)| if name == FILE { value.clone() } else { format!("{name}={value}") });
            let name = own.collect::<Vec<_>>().join(", ");
            let log = Log::of_epochs(&one.measured.epochs);
            match settings.iter_mut().find(|(known, _)| *known == name) {
                Some((_, logs)) => logs.push(log),
                None => settings.push((name, vec![log])),
            }
        }
        if let [(_, logs)] = &settings[..] {
            return Ok(course::training(logs));
        }
        Ok(Panels::beside(settings.into_iter().map(|(name, logs)| (name, course::training(&logs))).collect()))
    }

    /// The figure that is drawn, and the trials that have it.
    fn runs(&self, wish: Option<&str>) -> Result<(String, Vec<&Recorded>), String> {
        let mut names: Vec<&String> =
            self.trials.iter().flat_map(|one| one.measured.figures.keys()).collect();
        names.sort();
        names.dedup();
        let listed = || names.iter().map(|name| name.as_str()).collect::<Vec<_>>().join(", ");
        // Of a search what chose among its points, else what was tested.
        let searched = self.trials.iter().any(|one| !one.tested);
        let usual = || {
            let part = if searched { "valid." } else { "test." };
            let of = |name: &&&String| name.starts_with(part) && !name.contains(".rate.");
            let is_loss = |name: &&&String| name.ends_with(".loss");
            let metric = names.iter().find(|name| of(name) && is_loss(name) == searched);
            metric.or_else(|| names.iter().find(of)).or_else(|| names.first())
        };
        let figure = match wish {
            Some(wish) => names
                .iter()
                .find(|name| name.as_str() == wish)
                .ok_or_else(|| format!("the record has no figure `{wish}`\nhelp: there are {}", listed()))?,
            None => usual().ok_or("the record holds no trial that came to its end")?,
        };
        let has = |one: &&Recorded| one.measured.figures.contains_key(*figure) && !one.measured.pruned;
        let all: Vec<&Recorded> = self.trials.iter().filter(has).collect();
        // A search has many points, and its last fit one of them.
        let searched = all.iter().any(|one| !one.tested);
        Ok(((*figure).clone(), all.into_iter().filter(|one| one.tested != searched).collect()))
    }
}

/// Params of which these trials have several values, with those in the order in which they are met; numbers by size.
fn varied(runs: &[&Recorded]) -> Vec<(String, Vec<String>)> {
    let mut all: Vec<(String, Vec<String>)> = Vec::new();
    for (name, value) in runs.iter().flat_map(|one| &one.set) {
        match all.iter_mut().find(|(known, _)| known == name) {
            Some((_, values)) if values.contains(value) => {}
            Some((_, values)) => values.push(value.clone()),
            None => all.push((name.clone(), vec![value.clone()])),
        }
    }
    all.retain(|(_, values)| values.len() > 1);
    for (_, values) in &mut all {
        if values.iter().all(|value| value.parse::<f64>().is_ok()) {
            let number = |value: &String| value.parse::<f64>().unwrap_or(f64::NAN);
            values.sort_by(|a, b| number(a).total_cmp(&number(b)));
        }
    }
    all
}

/// The param along the axis: that which is asked for, or the one with the most numbers, or the first.
fn over(varied: &[(String, Vec<String>)], wish: Option<&str>) -> Result<(String, Vec<String>), String> {
    let names = || {
        let names: Vec<&str> =
            varied.iter().map(|(name, _)| name.as_str()).filter(|name| *name != FILE).collect();
        names.join(", ")
    };
    if let Some(wish) = wish {
        return varied.iter().find(|(name, _)| name == wish).cloned().ok_or_else(|| match names() {
            none if none.is_empty() => {
                format!("`{wish}` has one value in all trials, and so has every other param")
            }
            names => format!("`{wish}` does not vary in this record\nhelp: what varies: {names}"),
        });
    }
    let numbers =
        |(_, values): &&(String, Vec<String>)| values.iter().all(|value| value.parse::<f64>().is_ok());
    let most = varied.iter().filter(numbers).rev().max_by_key(|(_, values)| values.len());
    most.or(varied.first()).cloned().ok_or_else(|| {
        "nothing varies in this record: there is one setting\nhelp: `--compare NAME=V1,V2`, or a `sweep` in the file, tries several".into()
    })
}

/// Places of values along an axis.
struct Axis {
    values: Vec<String>,
    log: bool,
    ticks: Vec<String>,
}

impl Axis {
    fn of(values: &[String]) -> Self {
        let numbers: Option<Vec<f64>> = values.iter().map(|value| value.parse().ok()).collect();
        let Some(numbers) = numbers else {
            return Self { values: values.to_vec(), log: false, ticks: values.to_vec() };
        };
        let [least, most] = [
            numbers.iter().copied().fold(f64::INFINITY, f64::min),
            numbers.iter().copied().fold(0.0, f64::max),
        ];
        Self { values: values.to_vec(), log: least > 0.0 && most / least >= MAGNITUDES, ticks: Vec::new() }
    }

    fn place(&self, value: &str) -> Option<f64> {
        match self.ticks.is_empty() {
            true => value.parse().ok(),
            false => self.values.iter().position(|known| known == value).map(|at| at as f64),
        }
    }
}

/// Of every setting the mean over divisions of the means over seeds.
fn means(figure: &str, runs: &[&Recorded]) -> Vec<(Point, Mean)> {
    let mut settings: Vec<(Point, Vec<Tested>)> = Vec::new();
    for one in runs {
        let value = one.measured.figures.get(figure).copied().unwrap_or(f64::NAN);
        let figures: Found = [(figure.to_owned(), value)].into();
        let tested = Tested { arm: 0, split: one.split, seed: one.seed, chosen: Point::new(), figures };
        match settings.iter_mut().find(|(set, _)| *set == one.set) {
            Some((_, all)) => all.push(tested),
            None => settings.push((one.set.clone(), vec![tested])),
        }
    }
    let mean = |runs: &[Tested]| report::figures(runs, &[], &|_| 0.0).remove(figure);
    settings.into_iter().filter_map(|(set, runs)| Some((set, mean(&runs)?))).collect()
}

/// A line with bars each, or dots where nothing would be seen of so many lines.
fn series(mut lines: Vec<(String, Vec<(f64, Mean)>)>) -> Vec<Series> {
    for (_, points) in &mut lines {
        points.sort_by(|a, b| a.0.total_cmp(&b.0));
    }
    if lines.len() > MOST_LINES {
        let points = lines.iter().flat_map(|(_, points)| points.iter().map(|(x, mean)| (*x, mean.mean)));
        return vec![Series::dots("a point each, the other params differ", 0, points.collect())];
    }
    let each = lines.into_iter().enumerate().flat_map(|(color, (name, points))| {
        let ends = |(x, mean): &(f64, Mean)| {
            let reach = mean.standard_error;
            reach.is_finite().then_some((*x, mean.mean - reach, mean.mean + reach))
        };
        let bars: Vec<(f64, f64, f64)> = points.iter().filter_map(ends).collect();
        let name = if name.is_empty() { "mean".to_owned() } else { name };
        let line = Series::line(&name, color, points.iter().map(|(x, mean)| (*x, mean.mean)).collect());
        let bars = (!bars.is_empty()).then(|| Series::bars(&format!("{name}, standard error"), color, bars));
        [Some(line), bars].into_iter().flatten()
    });
    each.collect()
}

impl Log {
    /// Of figures of epochs as an experiment records them, the first of them epoch 1.
    fn of_epochs(epochs: &[Json]) -> Self {
        let line = |(i, figures): (usize, &Json)| {
            let mut line = figures.clone();
            line["epoch"] = json!(i + 1);
            format!("{line}\n")
        };
        Self::plain(epochs.iter().enumerate().map(line).collect())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::plot::Shape;

    fn record(lines: &[(&str, usize, u64, f64)]) -> Record {
        let trial = |(set, split, seed, value): &(&str, usize, u64, f64)| {
            let set: serde_json::Map<String, Json> = set
                .split(' ')
                .filter_map(|pair| pair.split_once('='))
                .map(|(name, value)| (name.to_owned(), json!(value)))
                .collect();
            let trial = json!({ "phase": "test", "seed": seed, "split": split, "set": set });
            json!({ "trial": trial, "found": { "test.accuracy": value, "test.loss": 1.0 - value } })
        };
        let mut record = Record { trials: Vec::new(), files: Vec::new() };
        record.trials = lines.iter().filter_map(|line| record.trial(&trial(line))).collect();
        record
    }

    #[test]
    fn a_figure_stands_over_a_param_with_a_line_for_each_other() {
        let record = record(&[
            ("p=0.5 n=10", 0, 0, 0.5),
            ("p=0.5 n=10", 1, 0, 0.7),
            ("p=0 n=10", 0, 0, 0.25),
            ("p=0 n=10", 1, 0, 0.25),
            ("p=0 n=1000", 0, 0, 0.75),
            ("p=0.5 n=1000", 0, 0, 0.875),
        ]);
        let chart = record.chart(&PlotWish { over: Some("p".into()), ..PlotWish::default() }).unwrap();
        let names: Vec<&str> = chart.series.iter().map(|one| one.name.as_str()).collect();
        assert_eq!(names, ["n=10", "n=10, standard error", "n=1000"], "by size, not by letters");
        assert_eq!(chart.series[0].shape, Shape::Line(vec![(0.0, 0.25), (0.5, 0.6)]));
        let Shape::Bars(bars) = &chart.series[1].shape else { panic!("bars") };
        assert!((bars[1].1 - 0.5).abs() < 1e-12 && (bars[1].2 - 0.7).abs() < 1e-12, "{bars:?}");
        assert_eq!((chart.y.as_str(), chart.log_x), ("test.accuracy", false));
        // Of 10 and 1000 the magnitudes are shown.
        assert!(record.chart(&PlotWish { over: Some("n".into()), ..PlotWish::default() }).unwrap().log_x);
        let said = |figure: &str, over: &str| {
            let some = |text: &str| (!text.is_empty()).then(|| text.to_owned());
            record.chart(&PlotWish { figure: some(figure), over: some(over) }).unwrap_err()
        };
        assert_eq!(
            said("test.f1", ""),
            "the record has no figure `test.f1`\nhelp: there are test.accuracy, test.loss"
        );
        assert_eq!(said("", "q"), "`q` does not vary in this record\nhelp: what varies: n, p");
    }

    #[test]
    fn words_have_places_of_their_own() {
        let record = record(&[("kind=gaussian", 0, 0, 0.5), ("kind=bernoulli", 0, 0, 0.25)]);
        let chart = record.chart(&PlotWish::default()).unwrap();
        assert_eq!(chart.ticks, ["gaussian", "bernoulli"]);
        assert_eq!(chart.series[0].shape, Shape::Line(vec![(0.0, 0.5), (1.0, 0.25)]));
        let one = self::record(&[("p=0.5", 0, 0, 0.5)]);
        assert!(one.chart(&PlotWish::default()).unwrap_err().starts_with("nothing varies"));
    }
}
