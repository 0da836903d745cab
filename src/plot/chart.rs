//! Curves, dots and bands over two axes.

use std::{borrow::Cow, fmt::Write};

use plotters::{coord::Shift, prelude::*};

use super::{AMBER, BLUE, DrawError, GREEN, INK, ORANGE, PALE, PURPLE, SKY, axes, axes::Axis};
use crate::{
    math::rounding_of,
    vocab::{exactly, in_digits},
};

/// Half the width of the dot of the most rows.
const LARGEST_DOT: f64 = 8.0;
/// Points of a line that are marked, at most.
const FEW: usize = 40;
/// Numbers beyond these are nowhere on paper, and differences below their inverse none: 32 bits hold neither.
const LARGEST: f64 = 1e30;
/// Colours of series, in order.
const COLORS: [RGBColor; 7] = [BLUE, ORANGE, GREEN, INK, PURPLE, SKY, AMBER];

/// A picture before it is drawn.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Chart {
    pub title: String,
    /// What the axes are.
    pub x: String,
    pub y: String,
    pub series: Vec<Series>,
    /// Whether the line on which both axes are equal is drawn.
    pub diagonal: bool,
    pub names: Corner,
    /// Whether the horizontal axis is one of magnitudes.
    pub log_x: bool,
    /// What stands at 0, 1, 2, ... of the horizontal axis, where that has words.
    pub ticks: Vec<String>,
}

/// Where the names of the series stand, unless they would hide more there than elsewhere.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Corner {
    UpperLeft,
    #[default]
    UpperRight,
    LowerRight,
    LowerLeft,
}

impl Corner {
    pub(super) const ALL: [Corner; 4] =
        [Corner::UpperRight, Corner::UpperLeft, Corner::LowerRight, Corner::LowerLeft];

    /// Whether it lies on the right, and above.
    pub(super) fn sides(self) -> (bool, bool) {
        match self {
            Corner::UpperLeft => (false, true),
            Corner::UpperRight => (true, true),
            Corner::LowerRight => (true, false),
            Corner::LowerLeft => (false, false),
        }
    }
}

#[derive(Clone, Debug, PartialEq)]
pub struct Series {
    pub name: String,
    pub shape: Shape,
    /// Index of the colour; series of one thing share it.
    pub color: usize,
}

#[derive(Clone, Debug, PartialEq)]
pub enum Shape {
    Line(Vec<(f64, f64)>),
    /// A histogram: heights at the middles of bins of one width, drawn as steps.
    Steps(Vec<(f64, f64)>),
    /// A curve through means of so many rows each, which are as large as that.
    Weighed(Vec<(f64, f64, f64)>),
    Dots(Vec<(f64, f64)>),
    /// Points of a curve that are pointed out.
    Rings(Vec<(f64, f64)>),
    /// `(x, low, high)`
    Band(Vec<(f64, f64, f64)>),
    /// The same of single places, which the names of series do not mention.
    Bars(Vec<(f64, f64, f64)>),
    /// A plane in pieces of this width and height, each with its shade.
    Cells(Vec<Cell>, [f64; 2]),
}

/// A piece of a plane, around its middle; its shade is between 0 and 1.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Cell {
    pub x: f64,
    pub y: f64,
    pub shade: f64,
}

impl Shape {
    /// Corners of all that is drawn.
    pub(super) fn points(&self) -> Vec<(f64, f64)> {
        match self {
            Self::Line(points) | Self::Dots(points) | Self::Rings(points) => points.clone(),
            Self::Steps(points) => stairs(points),
            Self::Weighed(points) => points.iter().map(|(x, y, _)| (*x, *y)).collect(),
            Self::Cells(cells, [width, height]) => cells
                .iter()
                .flat_map(|cell| [-0.5, 0.5].map(|side| (cell.x + side * width, cell.y + side * height)))
                .collect(),
            Self::Band(band) | Self::Bars(band) => {
                band.iter().flat_map(|(x, low, high)| [(*x, *low), (*x, *high)]).collect()
            }
        }
    }
}

impl Series {
    pub fn line(name: &str, color: usize, points: Vec<(f64, f64)>) -> Self {
        Self { name: name.into(), shape: Shape::Line(points), color }
    }

    pub fn steps(name: &str, color: usize, points: Vec<(f64, f64)>) -> Self {
        Self { name: name.into(), shape: Shape::Steps(points), color }
    }

    pub fn weighed(name: &str, color: usize, points: Vec<(f64, f64, f64)>) -> Self {
        Self { name: name.into(), shape: Shape::Weighed(points), color }
    }

    pub fn dots(name: &str, color: usize, points: Vec<(f64, f64)>) -> Self {
        Self { name: name.into(), shape: Shape::Dots(points), color }
    }

    pub fn rings(name: &str, color: usize, points: Vec<(f64, f64)>) -> Self {
        Self { name: name.into(), shape: Shape::Rings(points), color }
    }

    pub fn cells(name: &str, color: usize, cells: Vec<Cell>, size: [f64; 2]) -> Self {
        Self { name: name.into(), shape: Shape::Cells(cells, size), color }
    }

    pub fn bars(name: &str, color: usize, bars: Vec<(f64, f64, f64)>) -> Self {
        Self { name: name.into(), shape: Shape::Bars(bars), color }
    }

    pub fn band(name: &str, color: usize, band: Vec<(f64, f64, f64)>) -> Self {
        Self { name: name.into(), shape: Shape::Band(band), color }
    }

    /// Once all colours are used, they come again half as strong.
    fn color(&self) -> RGBAColor {
        let again = self.color / COLORS.len();
        COLORS[self.color % COLORS.len()].mix(if again.is_multiple_of(2) { 1.0 } else { 0.5 })
    }
}

impl Chart {
    /// With places of the horizontal axis as they lie on paper.
    pub(super) fn laid(&self) -> Cow<'_, Self> {
        if !self.log_x {
            return Cow::Borrowed(self);
        }
        let points = |all: &[(f64, f64)]| all.iter().map(|(x, y)| (x.log10(), *y)).collect();
        let spans =
            |all: &[(f64, f64, f64)]| all.iter().map(|(x, low, high)| (x.log10(), *low, *high)).collect();
        let spans_of_weights =
            |all: &[(f64, f64, f64)]| all.iter().map(|(x, y, rows)| (x.log10(), *y, *rows)).collect();
        let mut laid = self.clone();
        for one in &mut laid.series {
            one.shape = match &one.shape {
                Shape::Line(all) => Shape::Line(points(all)),
                Shape::Steps(all) => Shape::Steps(points(all)),
                Shape::Weighed(all) => Shape::Weighed(spans_of_weights(all)),
                Shape::Dots(all) => Shape::Dots(points(all)),
                Shape::Rings(all) => Shape::Rings(points(all)),
                Shape::Band(all) => Shape::Band(spans(all)),
                Shape::Bars(all) => Shape::Bars(spans(all)),
                Shape::Cells(cells, size) => Shape::Cells(cells.clone(), *size),
            };
        }
        Cow::Owned(laid)
    }

    /// What is written at a place of the horizontal axis.
    fn tick(&self, at: f64, range: (f64, f64)) -> String {
        match (self.log_x, self.ticks.is_empty()) {
            (true, _) => in_digits(10_f64.powf(at), 3),
            (false, true) => in_digits(at, digits_of(range)),
            (false, false) => {
                let near = at.round();
                let whole = (at - near).abs() < 0.01 && near >= 0.0;
                whole.then(|| self.ticks.get(near as usize).cloned()).flatten().unwrap_or_default()
            }
        }
    }

    /// Draws itself, with text and lines so many times as large.
    pub(super) fn draw_on<DB: DrawingBackend>(
        &self,
        area: &DrawingArea<DB, Shift>,
        scale: u32,
    ) -> Result<(), DrawError>
    where
        DB::ErrorType: 'static,
    {
        let laid = self.laid();
        let (x, y) = laid.ranges().ok_or("there is no finite point")?;
        let font = |size: u32| ("sans-serif", size * scale).into_font().color(&INK);
        let mut chart = ChartBuilder::on(area)
            .caption(&self.title, font(15))
            .margin(12 * scale)
            .x_label_area_size(36 * scale)
            .y_label_area_size(56 * scale)
            .build_cartesian_2d(Axis::new(x, self.log_x), y.0..y.1)?;
        chart
            .configure_mesh()
            .light_line_style(TRANSPARENT)
            .bold_line_style(PALE.mix(0.4).stroke_width(scale))
            .axis_style(INK.stroke_width(scale))
            .x_desc(&self.x)
            .y_desc(&self.y)
            .x_label_formatter(&|at| self.tick(*at, x))
            .y_label_formatter(&|at| in_digits(*at, digits_of(y)))
            .axis_desc_style(font(13))
            .label_style(font(12))
            .draw()?;
        if self.diagonal {
            let (low, high) = (x.0.max(y.0), x.1.min(y.1));
            chart.draw_series(LineSeries::new([(low, low), (high, high)], PALE.stroke_width(scale)))?;
        }
        for series in &laid.series {
            let color = series.color();
            let drawn = match &series.shape {
                Shape::Line(points) => {
                    let points = finite(points);
                    let size = if points.len() <= FEW { 3 * scale } else { 0 };
                    let line = LineSeries::new(points, color.filled().stroke_width(2 * scale));
                    chart.draw_series(line.point_size(size))?
                }
                Shape::Steps(points) => {
                    let line = LineSeries::new(stairs(&finite(points)), color.stroke_width(2 * scale));
                    chart.draw_series(line)?
                }
                Shape::Weighed(points) => {
                    let line = finite(&series.shape.points());
                    chart.draw_series(LineSeries::new(line, color.stroke_width(scale)))?;
                    let most = points.iter().map(|point| point.2).fold(1.0, f64::max);
                    let dot = |(x, y, rows): &(f64, f64, f64)| {
                        let size = (LARGEST_DOT * (rows / most).sqrt()).max(1.5) * f64::from(scale);
                        Circle::new((*x, *y), size.round() as u32, color.filled())
                    };
                    chart.draw_series(
                        points.iter().filter(|(x, y, _)| is_drawable(*x) && is_drawable(*y)).map(dot),
                    )?
                }
                Shape::Dots(points) => {
                    let dot = |point| Circle::new(point, 2 * scale, color.mix(0.6).filled());
                    chart.draw_series(finite(points).into_iter().map(dot))?
                }
                Shape::Rings(points) => {
                    // A few are pointed out; many are rows like others.
                    let size = if points.len() <= FEW { 6 } else { 3 };
                    let ring =
                        |point| Circle::new(point, size * scale, color.stroke_width(size.min(4) / 2 * scale));
                    chart.draw_series(finite(points).into_iter().map(ring))?
                }
                Shape::Cells(cells, [width, height]) => {
                    let piece = |cell: &Cell| {
                        let corner = |side: f64| (cell.x + side * width, cell.y + side * height);
                        Rectangle::new([corner(-0.5), corner(0.5)], color.mix(cell.shade).filled())
                    };
                    chart.draw_series(cells.iter().map(piece))?
                }
                Shape::Bars(bars) => {
                    let bars =
                        bars.iter().filter(|(x, low, high)| [*x, *low, *high].into_iter().all(is_drawable));
                    let line = |(x, low, high): &(f64, f64, f64)| {
                        PathElement::new(vec![(*x, *low), (*x, *high)], color.stroke_width(scale))
                    };
                    chart.draw_series(bars.map(line))?
                }
                Shape::Band(band) => {
                    let there = band.iter().map(|(x, low, _)| (*x, *low));
                    let back = band.iter().rev().map(|(x, _, high)| (*x, *high));
                    let corners = finite(&there.chain(back).collect::<Vec<_>>());
                    chart.draw_series([Polygon::new(corners, color.mix(0.2))])?
                }
            };
            if matches!(series.shape, Shape::Bars(_)) {
                continue;
            }
            let key =
                color.mix(if matches!(series.shape, Shape::Band(_) | Shape::Cells(..)) { 0.3 } else { 1.0 });
            let (half, long) = (4 * scale as i32, 14 * scale as i32);
            drawn
                .label(&series.name)
                .legend(move |(x, y)| Rectangle::new([(x, y - half), (x + long, y + half)], key.filled()));
        }
        chart
            .configure_series_labels()
            .position(match axes::room_for_names(&laid, (x, y), self.taken_by_names(area, scale)) {
                Corner::UpperLeft => SeriesLabelPosition::UpperLeft,
                Corner::UpperRight => SeriesLabelPosition::UpperRight,
                Corner::LowerRight => SeriesLabelPosition::LowerRight,
                Corner::LowerLeft => SeriesLabelPosition::LowerLeft,
            })
            .background_style(WHITE.mix(0.8))
            .legend_area_size(22 * scale)
            .label_font(font(12))
            .draw()?;
        Ok(())
    }

    /// Which share of the width and of the height the names of series take, about.
    fn taken_by_names<DB: DrawingBackend>(&self, area: &DrawingArea<DB, Shift>, scale: u32) -> [f64; 2] {
        let named = self.series.iter().filter(|series| !matches!(series.shape, Shape::Bars(_)));
        let lengths: Vec<usize> = named.map(|series| series.name.chars().count()).collect();
        let (width, height) = area.dim_in_pixel();
        let taken = [
            6.5 * lengths.iter().copied().max().unwrap_or(0) as f64 + 40.0,
            17.0 * lengths.len() as f64 + 15.0,
        ];
        let room = [width, height].map(|side| f64::from(side) / f64::from(scale) - 100.0);
        [taken[0] / room[0].max(1.0), taken[1] / room[1].max(1.0)]
    }

    /// The numbers, a line each, with this in front.
    pub(super) fn rows(&self, front: &str) -> String {
        let mut text = String::new();
        for series in &self.series {
            let name = format!("{front}{}", quoted(&series.name));
            let _ = match &series.shape {
                Shape::Line(points) | Shape::Steps(points) | Shape::Dots(points) | Shape::Rings(points) => {
                    points
                        .iter()
                        .try_for_each(|(x, y)| writeln!(text, "{name},{},{},,", exactly(*x), exactly(*y)))
                }
                Shape::Cells(cells, _) => cells.iter().try_for_each(|cell| {
                    let [x, y, shade] = [cell.x, cell.y, cell.shade].map(exactly);
                    writeln!(text, "{name},{x},{y},{shade},{shade}")
                }),
                Shape::Weighed(points) => points.iter().try_for_each(|(x, y, rows)| {
                    let [x, y, rows] = [*x, *y, *rows].map(exactly);
                    writeln!(text, "{name},{x},{y},{rows},{rows}")
                }),
                Shape::Band(band) | Shape::Bars(band) => band.iter().try_for_each(|(x, low, high)| {
                    writeln!(text, "{name},{},,{},{}", exactly(*x), exactly(*low), exactly(*high))
                }),
            };
        }
        text
    }

    /// Axes that hold every point that can be drawn, with a little room.
    pub(super) fn ranges(&self) -> Option<((f64, f64), (f64, f64))> {
        let points: Vec<(f64, f64)> = self.series.iter().flat_map(|series| series.shape.points()).collect();
        let range = |values: &mut dyn Iterator<Item = f64>| {
            let (low, high) = values
                .filter(|v| is_drawable(*v))
                .fold((f64::INFINITY, f64::NEG_INFINITY), |(low, high), v| (low.min(v), high.max(v)));
            let apart = high - low > rounding_of(high.abs().max(low.abs())).max(LARGEST.recip());
            let room = if apart { 0.04 * (high - low) } else { 0.5 * high.abs().max(1e-3) };
            (low <= high).then_some((low - room, high + room))
        };
        Some((range(&mut points.iter().map(|p| p.0))?, range(&mut points.iter().map(|p| p.1))?))
    }
}

/// The outline of bins of one width with these middles and heights.
fn stairs(middles: &[(f64, f64)]) -> Vec<(f64, f64)> {
    let half = match middles {
        [(a, _), (b, _), ..] => (b - a) / 2.0,
        _ => 0.5,
    };
    middles.iter().flat_map(|(x, y)| [(x - half, *y), (x + half, *y)]).collect()
}

/// How many digits tell places of a range apart: four, or more where the range lies around a large number.
pub(super) fn digits_of((low, high): (f64, f64)) -> usize {
    let most = low.abs().max(high.abs());
    (most / (high - low)).log10().floor().clamp(0.0, 12.0) as usize + 4
}

pub(super) fn finite(points: &[(f64, f64)]) -> Vec<(f64, f64)> {
    points.iter().copied().filter(|(x, y)| is_drawable(*x) && is_drawable(*y)).collect()
}

pub(super) fn is_drawable(x: f64) -> bool {
    x.abs() <= LARGEST
}

/// A cell of CSV.
pub(super) fn quoted(text: &str) -> String {
    if text.contains([',', '"']) { format!("\"{}\"", text.replace('"', "\"\"")) } else { text.into() }
}
