//! The roofline picture (Williams, Waterman and Patterson 2009): operations a second over operations a byte.

use plotters::{
    coord::{Shift, combinators::IntoLogRange},
    prelude::*,
};

use super::{BLUE, DrawError, INK, ORANGE, PALE};

/// A kernel.
pub struct RooflinePoint<'a> {
    pub name: &'a str,
    pub flops: f64,
    pub bytes: f64,
    pub seconds: f64,
    /// A call of the product library.
    pub product: bool,
}

/// Width and height in pixels, and where the legend begins.
const SIZE: (u32, u32) = (960, 480);
const CHART_WIDTH: u32 = 600;
/// Kernels that have a number and a line of the legend: the slowest ones.
const NAMED: usize = 18;

/// Draws the kernels of a step under the roof of `flops_per_second` and `bytes_per_second`.
///
/// # Errors
/// If no kernel has operations and bytes, as there would be nothing to draw.
pub fn roofline(
    title: &str,
    flops_per_second: f64,
    bytes_per_second: f64,
    points: &[RooflinePoint<'_>],
) -> Result<String, DrawError> {
    super::panels::font();
    let mut points: Vec<&RooflinePoint<'_>> =
        points.iter().filter(|p| p.flops > 0.0 && p.bytes > 0.0 && p.seconds > 0.0).collect();
    points.sort_by(|a, b| b.seconds.total_cmp(&a.seconds));
    let (Some(x), Some(y)) =
        (span(points.iter().map(|p| intensity(p))), span(points.iter().map(|p| rate(p))))
    else {
        return Err("no kernel has both operations and bytes".into());
    };
    let roof = flops_per_second / 1e9;
    let (x, y) = (x.0 / 2.0..x.1 * 2.0, y.0 / 2.0..(y.1.max(roof)) * 2.0);
    let mut svg = String::new();
    {
        let area = SVGBackend::with_string(&mut svg, SIZE).into_drawing_area();
        area.fill(&WHITE)?;
        let (left, right) = area.split_horizontally(CHART_WIDTH);
        let mut chart = ChartBuilder::on(&left)
            .caption(title, ("sans-serif", 15).into_font().color(&INK))
            .margin(12)
            .x_label_area_size(36)
            .y_label_area_size(52)
            .build_cartesian_2d(x.clone().log_scale(), y.log_scale())?;
        chart
            .configure_mesh()
            .light_line_style(TRANSPARENT)
            .bold_line_style(PALE.mix(0.4))
            .x_desc("operations a byte")
            .y_desc("10^9 operations a second")
            .axis_desc_style(("sans-serif", 13))
            .label_style(("sans-serif", 12))
            .draw()?;
        let limit = |x: f64| (x * bytes_per_second / 1e9).min(roof);
        let knee = flops_per_second / bytes_per_second;
        let corners = [x.start, knee.clamp(x.start, x.end), x.end].map(|x| (x, limit(x)));
        chart.draw_series(LineSeries::new(corners, INK.stroke_width(2)))?;
        chart.draw_series(points.iter().rev().map(|p| {
            let color = if p.product { BLUE } else { ORANGE };
            Circle::new((intensity(p), rate(p)), radius(p, &points), color.mix(0.75).filled())
        }))?;
        chart.draw_series(points.iter().take(NAMED).enumerate().map(|(i, p)| {
            Text::new(
                (i + 1).to_string(),
                (intensity(p), rate(p)),
                ("sans-serif", 12).into_font().color(&INK),
            )
        }))?;
        legend(&right, &points, flops_per_second, bytes_per_second)?;
        area.present()?;
    }
    Ok(svg)
}

fn intensity(p: &RooflinePoint<'_>) -> f64 {
    p.flops / p.bytes
}

/// 10^9 operations a second.
fn rate(p: &RooflinePoint<'_>) -> f64 {
    p.flops / p.seconds / 1e9
}

fn span(values: impl Iterator<Item = f64>) -> Option<(f64, f64)> {
    values
        .fold(None, |span, x| Some(span.map_or((x, x), |(low, high): (f64, f64)| (low.min(x), high.max(x)))))
}

/// An area that grows with the share of the step.
fn radius(p: &RooflinePoint<'_>, all: &[&RooflinePoint<'_>]) -> u32 {
    let total: f64 = all.iter().map(|p| p.seconds).sum();
    3 + (26.0 * (p.seconds / total).sqrt()) as u32
}

fn legend<B: DrawingBackend>(
    area: &DrawingArea<B, Shift>,
    points: &[&RooflinePoint<'_>],
    flops_per_second: f64,
    bytes_per_second: f64,
) -> Result<(), DrawError>
where
    B::ErrorType: 'static,
{
    let total: f64 = points.iter().map(|p| p.seconds).sum();
    let heads = [
        format!("products at most {:.0} GFLOP/s", flops_per_second / 1e9),
        format!("memory at most {:.1} GB/s", bytes_per_second / 1e9),
    ];
    let rows = points
        .iter()
        .take(NAMED)
        .enumerate()
        .map(|(i, p)| format!("{:>2}  {}  {:.1}%", i + 1, p.name, 100.0 * p.seconds / total));
    for (i, line) in heads.into_iter().chain(rows).enumerate() {
        let color = match i.checked_sub(2).map(|i| points[i].product) {
            None => INK,
            Some(true) => BLUE,
            Some(false) => ORANGE,
        };
        let style = ("sans-serif", 12).into_font().color(&color);
        area.draw(&Text::new(line, (4, 30 + 21 * i as i32), style)).map_err(|error| error.to_string())?;
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_kernel_is_drawn_and_the_slowest_are_named() {
        let point = |name, flops, seconds| RooflinePoint { name, flops, bytes: 1e6, seconds, product: true };
        let points = [point("slow", 1e8, 1e-3), point("fast", 1e6, 1e-5), point("idle", 0.0, 1e-6)];
        let svg = roofline("a step", 1e11, 1e10, &points).unwrap();
        assert_eq!(svg.matches("<circle").count(), 2);
        assert!(svg.contains("slow  99.0%") && svg.contains("100 GFLOP/s"), "{svg}");
    }

    #[test]
    fn nothing_to_draw_is_an_error() {
        assert!(roofline("", 1e11, 1e10, &[]).is_err());
    }
}
