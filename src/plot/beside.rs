//! One chart of several: the same picture of several runs over the same axes, each series under the name of its run.

use super::{Chart, Panels, Series};

impl Chart {
    /// Series of every chart, in colours of their own. Titles that differ stand one after the other.
    #[must_use]
    pub fn beside(charts: Vec<(String, Self)>) -> Self {
        let mut titles: Vec<String> = Vec::new();
        let (mut series, mut taken) = (Vec::new(), 0);
        for (run, chart) in &charts {
            if !titles.contains(&chart.title) {
                titles.push(chart.title.clone());
            }
            let own = |one: &Series| Series {
                name: format!("{run}: {}", one.name),
                shape: one.shape.clone(),
                color: taken + one.color,
            };
            series.extend(chart.series.iter().map(own));
            taken += chart.series.iter().map(|one| one.color + 1).max().unwrap_or(0);
        }
        let first = charts.into_iter().next().map(|(_, chart)| chart).unwrap_or_default();
        Self { title: titles.join("; "), series, ..first }
    }
}

impl Panels {
    /// Charts of one title become one.
    #[must_use]
    pub fn beside(all: Vec<(String, Self)>) -> Self {
        let mut together: Vec<Vec<(String, Chart)>> = Vec::new();
        for (run, Self(charts)) in all {
            for chart in charts {
                let same = |those: &&mut Vec<(String, Chart)>| those[0].1.title == chart.title;
                match together.iter_mut().find(same) {
                    Some(those) => those.push((run.clone(), chart)),
                    None => together.push(vec![(run.clone(), chart)]),
                }
            }
        }
        Self(together.into_iter().map(Chart::beside).collect())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn chart(title: &str, names: &[(&str, usize)]) -> Chart {
        let series = names.iter().map(|(name, color)| Series::line(name, *color, vec![(0.0, 1.0)]));
        Chart { title: title.into(), series: series.collect(), ..Chart::default() }
    }

    fn named(charts: &[&Chart]) -> Vec<(String, Chart)> {
        charts.iter().zip(["a", "b"]).map(|(chart, run)| (run.to_string(), (*chart).clone())).collect()
    }

    #[test]
    fn series_bear_the_name_of_their_run_and_a_colour_of_their_own() {
        let one = chart("Loss", &[("spread", 0), ("mean", 0), ("seen", 2)]);
        let both = Chart::beside(named(&[&one, &chart("Loss", &[("mean", 0)])]));
        let told: Vec<(&str, usize)> = both.series.iter().map(|one| (one.name.as_str(), one.color)).collect();
        assert_eq!(told, [("a: spread", 0), ("a: mean", 0), ("a: seen", 2), ("b: mean", 3)]);
        assert_eq!(both.title, "Loss");
        let apart = Chart::beside(named(&[&one, &chart("Losses, 3 rows", &[])]));
        assert_eq!(apart.title, "Loss; Losses, 3 rows");
    }

    /// A figure that one run alone reports has its panel.
    #[test]
    fn panels_are_matched_by_their_titles() {
        let (loss, rate) = (chart("Loss", &[("train", 0)]), chart("Rate", &[("lr", 0)]));
        let all =
            [("a", vec![loss.clone(), rate.clone()]), ("b", vec![loss, chart("Accuracy", &[("train", 0)])])];
        let Panels(charts) = Panels::beside(all.map(|(run, charts)| (run.into(), Panels(charts))).into());
        let told: Vec<String> =
            charts.iter().map(|chart| format!("{} {}", chart.title, chart.series.len())).collect();
        assert_eq!(told, ["Loss 2", "Rate 1", "Accuracy 1"]);
        assert_eq!(charts[2].series[0].name, "b: train");
    }
}
