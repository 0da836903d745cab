//! Pictures for a terminal, of dots in Braille.

use textplots::{Chart, Plot, Shape, utils};

/// Braille without a dot.
const BLANK: char = '\u{2800}';
const WIDTH: u32 = 120;
const HEIGHT: u32 = 40;
/// Bars of a histogram.
const BINS: usize = 40;

/// Curves over 1, 2, ..., each with its last value beneath.
#[must_use]
pub fn curves(series: &[(String, Vec<f64>)]) -> String {
    let mut out = String::new();
    for (name, values) in series.iter().filter(|(_, values)| !values.is_empty()) {
        let points: Vec<(f32, f32)> =
            values.iter().enumerate().map(|(i, y)| ((i + 1) as f32, *y as f32)).collect();
        let last = points.len() as f32;
        out += &format!(
            "{name}, epochs 1 to {}: {:.4} to {:.4}\n",
            points.len(),
            values[0],
            values[values.len() - 1]
        );
        let mut chart = Chart::new(WIDTH, HEIGHT, 1.0, last.max(2.0));
        out += &drawn(chart.lineplot(&Shape::Lines(&points)));
    }
    out
}

/// How many numbers lie where.
#[must_use]
pub fn histogram(name: &str, values: &[f32]) -> String {
    let (low, high) = values.iter().fold((f32::MAX, f32::MIN), |(low, high), x| (low.min(*x), high.max(*x)));
    if values.is_empty() || low >= high {
        return format!("{name}: {} numbers, all {low}\n", values.len());
    }
    let points: Vec<(f32, f32)> = values.iter().map(|x| (*x, *x)).collect();
    let bars = utils::histogram(&points, low, high, BINS);
    let mut chart = Chart::new(WIDTH, HEIGHT, low, high);
    format!(
        "{name}: {} numbers from {low:.4} to {high:.4}\n{}",
        values.len(),
        drawn(chart.lineplot(&Shape::Bars(&bars)))
    )
}

fn drawn(chart: &mut Chart<'_>) -> String {
    chart.axis();
    chart.figures();
    let text = chart.to_string();
    text.lines().map(|line| format!("{}\n", line.trim_end_matches([' ', BLANK]))).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_falling_curve_falls() {
        let losses: Vec<f64> = (0..20).map(|i| 1.0 / f64::from(i + 1)).collect();
        insta::assert_snapshot!(curves(&[("train loss".into(), losses)]));
    }

    #[test]
    fn numbers_are_counted() {
        let values: Vec<f32> = (0..1000).map(|i| ((i % 100) as f32 / 50.0 - 1.0).powi(3)).collect();
        insta::assert_snapshot!(histogram("dense_1.weight", &values));
        assert_eq!(histogram("bias", &[0.0; 3]), "bias: 3 numbers, all 0\n");
    }
}
