//! Charts for a terminal, of dots in Braille.

use textplots::{Chart as Canvas, Plot, Shape as Plotted};

use super::{Chart, Shape};
use crate::{math::rounding_of, model::summary::number};

/// Braille without a dot.
const BLANK: char = '\u{2800}';
const WIDTH: u32 = 120;
const HEIGHT: u32 = 40;

/// A chart, series by series, over the same axes.
#[must_use]
pub fn chart(chart: &Chart) -> String {
    let Some((_, y)) = chart.ranges() else { return format!("{}: nothing to draw\n", chart.title) };
    let all = chart.series.iter().flat_map(|series| series.shape.points()).map(|point| point.0);
    let x =
        all.filter(|x| x.is_finite()).fold((f64::MAX, f64::MIN), |(low, high), x| (low.min(x), high.max(x)));
    let apart = x.1 - x.0 > rounding_of(x.0.abs().max(x.1.abs()));
    let x = if apart { x } else { (x.0, x.0 + x.0.abs().max(1.0)) };
    let mut out = format!("{}; across: {}, up: {}\n", chart.title, chart.x, chart.y);
    for series in &chart.series {
        let points: Vec<(f32, f32)> =
            series.shape.points().iter().map(|(x, y)| (*x as f32, *y as f32)).filter(finite).collect();
        let by_height = |a: &&(f32, f32), b: &&(f32, f32)| a.1.total_cmp(&b.1);
        let (Some(low), Some(high)) = (points.iter().min_by(by_height), points.iter().max_by(by_height))
        else {
            continue;
        };
        let place = |point: &(f32, f32)| format!("{} at {}", short(point.1), short(point.0));
        out += &format!("{}: lowest {}, highest {}\n", series.name, place(low), place(high));
        let ends = [x.0, x.1, y.0, y.1].map(|end| end as f32);
        let mut canvas = Canvas::new_with_y_range(WIDTH, HEIGHT, ends[0], ends[1], ends[2], ends[3]);
        out += &match series.shape {
            Shape::Line(_) => drawn(canvas.lineplot(&Plotted::Lines(&points))),
            Shape::Dots(_) | Shape::Band(_) => drawn(canvas.lineplot(&Plotted::Points(&points))),
        };
    }
    out
}

fn finite((x, y): &(f32, f32)) -> bool {
    x.is_finite() && y.is_finite()
}

fn short(x: f32) -> String {
    number(f64::from(x))
}

fn drawn(chart: &mut Canvas<'_>) -> String {
    chart.axis();
    chart.figures();
    let text = chart.to_string();
    text.lines().map(|line| format!("{}\n", line.trim_end_matches([' ', BLANK]))).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::plot::Series;

    #[test]
    fn a_falling_curve_falls() {
        let losses = (1..=20).map(|i| (f64::from(i), 1.0 / f64::from(i))).collect();
        let series = vec![
            Series::line("train loss", 0, losses),
            Series::dots("seen", 1, vec![(3.0, 0.2), (9.0, 0.9)]),
        ];
        let losses =
            Chart { title: "Losses".into(), x: "epoch".into(), y: "loss".into(), series, ..Chart::default() };
        insta::assert_snapshot!(chart(&losses));
        assert_eq!(chart(&Chart { title: "None".into(), ..Chart::default() }), "None: nothing to draw\n");
    }
}
