//! Charts beside each other, in all the forms in which a picture leaves the program: SVG, PNG, numbers, text for a terminal.

use std::sync::Once;

use plotters::{
    coord::Shift,
    prelude::*,
    style::{FontStyle, register_font},
};

use super::{Chart, DrawError, raster::Raster, text};

/// Of a picture with one chart, and of each of several.
const ONE: (u32, u32) = (720, 480);
const EACH: (u32, u32) = (540, 360);
const COLUMNS: usize = 2;
/// Dots of a bitmap to a unit of an SVG.
const FINE: u32 = 2;

/// Charts, row by row.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Panels(pub Vec<Chart>);

impl From<Chart> for Panels {
    fn from(chart: Chart) -> Self {
        Self(vec![chart])
    }
}

/// The font by which text is measured and, in bitmaps, drawn. It comes with the program: machines differ in what they have.
pub(super) fn font() {
    static ONCE: Once = Once::new();
    // A font that cannot be read would show as an error of every picture.
    ONCE.call_once(|| {
        let _ = register_font("sans-serif", FontStyle::Normal, epaint_default_fonts::UBUNTU_LIGHT);
    });
}

impl Panels {
    /// As SVG text. What is not finite is left out.
    ///
    /// # Errors
    /// If a chart has no finite point.
    pub fn svg(&self) -> Result<String, DrawError> {
        font();
        let mut svg = String::new();
        self.draw_on(&SVGBackend::with_string(&mut svg, self.size(1)).into_drawing_area(), 1)?;
        Ok(svg)
    }

    /// As the bytes of a PNG file, in double resolution.
    ///
    /// # Errors
    /// If a chart has no finite point.
    pub fn png(&self) -> Result<Vec<u8>, DrawError> {
        font();
        let (width, height) = self.size(FINE);
        let mut raster = Raster::new(width as usize, height as usize);
        let area = BitMapBackend::with_buffer(&mut raster.rgb, (width, height)).into_drawing_area();
        self.draw_on(&area, FINE)?;
        drop(area);
        raster.png()
    }

    /// The numbers: `series,x,y`, and of bands `low` and `high` for `y`, of means how many rows they are of; of several charts with the title of each in front.
    #[must_use]
    pub fn csv(&self) -> String {
        match &self.0[..] {
            [one] => format!("series,x,y,low,high\n{}", one.rows("")),
            all => {
                let rows =
                    all.iter().map(|chart| chart.rows(&format!("{},", super::chart::quoted(&chart.title))));
                format!("chart,series,x,y,low,high\n{}", rows.collect::<String>())
            }
        }
    }

    /// For a terminal.
    #[must_use]
    pub fn text(&self) -> String {
        self.0.iter().map(text::chart).collect::<Vec<_>>().join("\n")
    }

    fn size(&self, scale: u32) -> (u32, u32) {
        let (one, columns) = if self.0.len() == 1 { (ONE, 1) } else { (EACH, COLUMNS) };
        (one.0 * columns as u32 * scale, one.1 * self.0.len().div_ceil(columns) as u32 * scale)
    }

    fn draw_on<DB: DrawingBackend>(&self, area: &DrawingArea<DB, Shift>, scale: u32) -> Result<(), DrawError>
    where
        DB::ErrorType: 'static,
    {
        area.fill(&WHITE)?;
        let columns = if self.0.len() == 1 { 1 } else { COLUMNS };
        let parts = area.split_evenly((self.0.len().div_ceil(columns), columns));
        self.0.iter().zip(&parts).try_for_each(|(chart, part)| chart.draw_on(part, scale))?;
        Ok(area.present()?)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::plot::{Corner, Series};

    fn chart(title: &str) -> Chart {
        Chart {
            title: title.into(),
            x: "across".into(),
            y: "up".into(),
            series: vec![
                Series::band("spread", 0, vec![(0.0, 0.0, 1.0), (1.0, 0.5, 2.0)]),
                Series::line("mean", 0, vec![(0.0, 0.5), (1.0, f64::NAN), (2.0, 1.0)]),
                Series::dots("seen, or not", 1, vec![(0.5, 0.5), (0.6, 0.7), (0.7, 0.1)]),
            ],
            diagonal: true,
            names: Corner::default(),
            ..Chart::default()
        }
    }

    #[test]
    fn every_series_is_drawn_and_named() {
        let one = Panels::from(chart("a title"));
        let svg = one.svg().unwrap();
        assert_eq!(svg.matches("<circle").count(), 3 + 2);
        assert_eq!(svg.matches("<polygon").count(), 1);
        for word in ["a title", "across", "up", "spread", "mean", "seen"] {
            assert!(svg.contains(word), "{word}");
        }
        assert!(!svg.contains("NaN"));
        assert_eq!(one.csv().lines().count(), 1 + 2 + 3 + 3);
        assert!(
            one.csv().contains("spread,1,,0.5,2\n") && one.csv().contains("\"seen, or not\",0.5,0.5,,\n")
        );
        let three = Panels(vec![chart("first"), chart("second"), chart("third")]);
        assert_eq!(three.svg().unwrap().matches("<polygon").count(), 3);
        assert!(three.svg().unwrap().contains("width=\"1080\" height=\"720\""));
        assert!(three.csv().contains("second,spread,1,,0.5,2\n"));
    }

    /// Bins are steps as wide as they are, and a mean of many rows is a larger dot than one of few.
    #[test]
    fn bins_are_steps_and_many_rows_a_large_dot() {
        let series = vec![
            Series::steps("spread", 0, vec![(0.5, 0.25), (1.5, 0.75)]),
            Series::weighed("right", 1, vec![(0.5, 0.5, 1.0), (1.5, 0.25, 100.0)]),
        ];
        let one = Panels::from(Chart { series, ..chart("a title") });
        let svg = one.svg().unwrap();
        let sizes: Vec<&str> = svg
            .split("<circle")
            .skip(1)
            .filter_map(|circle| circle.split("r=\"").nth(1)?.split('"').next())
            .collect();
        assert_eq!(sizes, ["2", "8"]);
        let line = svg.split("<polyline").find(|line| line.contains("#0072B2")).expect("the steps");
        let corners =
            line.split("points=\"").nth(1).and_then(|points| points.split('"').next()).expect("corners");
        assert_eq!(corners.split_whitespace().count(), 4, "{corners}");
        assert!(one.csv().contains("spread,1.5,0.75,,\n") && one.csv().contains("right,1.5,0.25,100,100\n"));
    }

    /// Read back: the size, the paper, and every colour that was asked for.
    #[test]
    fn a_bitmap_has_the_colours_of_its_chart() {
        let png = Panels::from(chart("a title")).png().unwrap();
        let mut reader = png::Decoder::new(std::io::Cursor::new(png)).read_info().unwrap();
        let mut rgb = vec![0; reader.output_buffer_size().unwrap()];
        let info = reader.next_frame(&mut rgb).unwrap();
        assert_eq!((info.width, info.height), (1440, 960));
        let has = |color: [u8; 3]| rgb.chunks(3).filter(|dot| *dot == color).count();
        assert!(has([255, 255, 255]) > 1_000_000, "paper");
        assert!(has([0, 114, 178]) > 500, "the line");
        assert!(has([51, 51, 51]) > 20, "text");
    }

    #[test]
    fn nothing_finite_is_an_error() {
        let chart = Chart { series: vec![Series::line("", 0, vec![(f64::NAN, 1.0)])], ..Chart::default() };
        assert!(Panels::from(chart).svg().is_err());
    }
}
