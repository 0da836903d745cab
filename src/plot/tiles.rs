//! Small pictures beside each other: what units look for in an image, what they answer to one.

use std::fmt::Write;

use base64::{Engine as _, engine::general_purpose::STANDARD};

use super::{DrawError, raster::Raster};

/// Dots of the raster to a number, at least, and the dots that small tiles are drawn in.
const ZOOM: usize = 3;
const SIDE: usize = 42;
/// The white between tiles.
const GAP: usize = 3;
/// Room for the titles of an SVG.
const HEAD: usize = 26;
/// Between sheets.
const BETWEEN: usize = 24;
/// Of a terminal: tiles beside each other, at least, and columns that more of them may take.
const IN_TEXT: usize = 3;
const LINE: usize = 80;
const SHADES: [char; 5] = [' ', '░', '▒', '▓', '█'];

/// Sheets of tiles, one beside the other.
#[derive(Clone, Debug, PartialEq)]
pub struct Tiles {
    pub sheets: Vec<Sheet>,
}

/// The tiles of one net, or of one layer.
#[derive(Clone, Debug, PartialEq)]
pub struct Sheet {
    pub title: String,
    /// Of each tile: height, width, and 1 (grey) or 3 (red, green, blue) channels.
    pub shape: [usize; 3],
    pub shades: Shades,
    /// Tiles beside each other; as many as below each other where none is said.
    pub columns: Option<usize>,
    /// Each `[height, width, channels]`.
    pub tiles: Vec<Vec<f32>>,
}

/// Which numbers are black and white; every tile by itself.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Shades {
    /// 0 is the middle grey, the largest size black or white: of weights.
    Signed,
    /// The least number is black, the largest white: of pictures.
    Range,
    /// These numbers are black and white, of all tiles.
    Between(f32, f32),
}

impl Sheet {
    /// Dots of the raster to a number.
    fn zoom(&self) -> usize {
        (SIDE / self.shape[0].max(self.shape[1]).max(1)).max(ZOOM)
    }

    /// Dots from one tile to the next below it and beside it.
    fn pitch(&self) -> (usize, usize) {
        (self.shape[0] * self.zoom() + GAP, self.shape[1] * self.zoom() + GAP)
    }

    /// Tiles beside each other.
    fn columns(&self) -> usize {
        self.columns.unwrap_or((self.tiles.len() as f64).sqrt().ceil() as usize).max(1)
    }

    /// Width and height in dots.
    fn size(&self) -> (usize, usize) {
        let (down, across) = self.pitch();
        (self.columns() * across, self.tiles.len().div_ceil(self.columns()) * down)
    }

    /// `[height, width]` of a tile.
    fn colors(&self, tile: &[f32]) -> Vec<[u8; 3]> {
        let (low, high) = match self.shades {
            Shades::Signed => {
                let most = tile.iter().fold(f32::MIN_POSITIVE, |most, x| most.max(x.abs()));
                (-most, most)
            }
            Shades::Between(black, white) => (black, white),
            Shades::Range => tile
                .iter()
                .fold((f32::INFINITY, f32::NEG_INFINITY), |(low, high), x| (low.min(*x), high.max(*x))),
        };
        let span = (high - low).max(f32::MIN_POSITIVE);
        let level = |x: f32| (255.0 * (x - low) / span).round().clamp(0.0, 255.0) as u8;
        tile.chunks(self.shape[2])
            .map(|dot| match dot {
                [red, green, blue] => [level(*red), level(*green), level(*blue)],
                grey => [level(grey[0]); 3],
            })
            .collect()
    }

    fn draw(&self, raster: &mut Raster, left: usize) {
        let (zoom, (down, across)) = (self.zoom(), self.pitch());
        for (i, tile) in self.tiles.iter().enumerate() {
            let (x, y) = (left + i % self.columns() * across, i / self.columns() * down);
            for (dot, color) in self.colors(tile).into_iter().enumerate() {
                let (row, column) = (dot / self.shape[1], dot % self.shape[1]);
                for (dy, dx) in (0..zoom).flat_map(|dy| (0..zoom).map(move |dx| (dy, dx))) {
                    raster.set(x + column * zoom + dx, y + row * zoom + dy, color);
                }
            }
        }
    }
}

impl Tiles {
    /// # Errors
    /// What the encoder of the bitmap says.
    pub fn svg(&self) -> Result<String, DrawError> {
        let (mut svg, mut left) = (String::new(), 0);
        for sheet in &self.sheets {
            let (raster, (width, height)) = self.raster(&[sheet]);
            let _ = writeln!(
                svg,
                "<text x=\"{left}\" y=\"17\" font-family=\"sans-serif\" font-size=\"15\" fill=\"#333333\">{}</text>\n<image x=\"{left}\" y=\"{HEAD}\" width=\"{width}\" height=\"{height}\" href=\"data:image/png;base64,{}\"/>",
                escaped(&sheet.title),
                STANDARD.encode(raster.png()?)
            );
            left += width + BETWEEN;
        }
        let (width, height) = (left.saturating_sub(BETWEEN), self.height() + HEAD);
        Ok(format!(
            "<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"{width}\" height=\"{height}\" viewBox=\"0 0 {width} {height}\">\n<rect width=\"100%\" height=\"100%\" fill=\"white\"/>\n{svg}</svg>\n"
        ))
    }

    /// The tiles alone, without titles.
    ///
    /// # Errors
    /// What the encoder says.
    pub fn png(&self) -> Result<Vec<u8>, DrawError> {
        self.raster(&self.sheets.iter().collect::<Vec<_>>()).0.png()
    }

    #[must_use]
    pub fn csv(&self) -> String {
        let mut text = String::from("sheet,unit,row,column,channel,value\n");
        for sheet in &self.sheets {
            let [_, width, channels] = sheet.shape;
            let title = super::chart::quoted(&sheet.title);
            for (unit, tile) in sheet.tiles.iter().enumerate() {
                for (i, x) in tile.iter().enumerate() {
                    let (row, column, channel) = (i / (width * channels), i / channels % width, i % channels);
                    let _ = writeln!(text, "{title},{unit},{row},{column},{channel},{x}");
                }
            }
        }
        text
    }

    /// The first tiles of each sheet in shades, two rows to a line.
    #[must_use]
    pub fn text(&self) -> String {
        let mut out = String::new();
        for sheet in &self.sheets {
            let [height, width, _] = sheet.shape;
            let shown = sheet.tiles.len().min((LINE / (width + 2)).max(IN_TEXT));
            let some = if shown < sheet.tiles.len() { format!(", the first {shown}") } else { String::new() };
            let _ = writeln!(out, "{}{some}", sheet.title);
            let tiles: Vec<Vec<[u8; 3]>> =
                sheet.tiles.iter().take(shown).map(|tile| sheet.colors(tile)).collect();
            for row in (0..height).step_by(2) {
                let line = tiles.iter().map(|tile| {
                    (0..width).map(|column| shade(&tile[row * width + column])).collect::<String>()
                });
                let _ = writeln!(out, "{}", line.collect::<Vec<_>>().join("  ").trim_end());
            }
        }
        out
    }

    /// Sheets side by side, with their size.
    fn raster(&self, sheets: &[&Sheet]) -> (Raster, (usize, usize)) {
        let widths = sheets.iter().map(|sheet| sheet.size().0);
        let width = widths.sum::<usize>() + BETWEEN * (sheets.len().max(1) - 1);
        let size = (width, self.height());
        let mut raster = Raster::new(size.0, size.1);
        let mut left = 0;
        for sheet in sheets {
            sheet.draw(&mut raster, left);
            left += sheet.size().0 + BETWEEN;
        }
        (raster, size)
    }

    fn height(&self) -> usize {
        self.sheets.iter().map(|sheet| sheet.size().1).max().unwrap_or(0)
    }
}

fn shade(color: &[u8; 3]) -> char {
    let level = color.iter().map(|x| usize::from(*x)).sum::<usize>() / 3;
    SHADES[level * SHADES.len() / 256]
}

fn escaped(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn two() -> Tiles {
        let sheet = |title: &str, tiles: usize| Sheet {
            title: title.into(),
            shape: [2, 2, 1],
            shades: Shades::Signed,
            columns: None,
            tiles: (0..tiles).map(|i| vec![0.0, 1.0, -2.0, i as f32]).collect(),
        };
        Tiles { sheets: vec![sheet("without <dropout>", 3), sheet("with, dropout", 1)] }
    }

    #[test]
    fn numbers_become_shades() {
        let tiles = two();
        let sheet = &tiles.sheets[0];
        assert_eq!(sheet.colors(&[0.0, 1.0, -2.0, 2.0]), [[128; 3], [191; 3], [0; 3], [255; 3]]);
        assert_eq!(sheet.colors(&[0.0; 4]), [[128; 3]; 4]);
        let colored = Sheet { shape: [1, 1, 3], ..sheet.clone() };
        assert_eq!(colored.colors(&[1.0, -1.0, 0.0]), [[255, 0, 128]]);
        let bytes = Sheet { shades: Shades::Between(0.0, 255.0), ..sheet.clone() };
        assert_eq!(bytes.colors(&[0.0, 1.0, 128.0, 255.0]), [[0; 3], [1; 3], [128; 3], [255; 3]]);
        let picture = Sheet { shades: Shades::Range, ..sheet.clone() };
        assert_eq!(picture.colors(&[1.0, 3.0, 2.0, 5.0]), [[0; 3], [128; 3], [64; 3], [255; 3]]);
        assert_eq!(picture.colors(&[7.0; 4]), [[0; 3]; 4]);
        assert_eq!(tiles.text().lines().next(), Some("without <dropout>"));
    }

    #[test]
    fn sheets_stand_side_by_side() {
        let tiles = two();
        let (raster, size) = tiles.raster(&tiles.sheets.iter().collect::<Vec<_>>());
        // Two columns of tiles and one, each of 2 x 21 dots and a gap of 3.
        assert_eq!(size, (2 * 45 + 24 + 45, 2 * 45));
        let dot = |x: usize, y: usize| raster.rgb[3 * (y * size.0 + x)];
        assert_eq!((dot(0, 0), dot(21, 0), dot(0, 21), dot(42, 42), dot(114, 21)), (128, 191, 0, 255, 0));
        let svg = tiles.svg().unwrap();
        assert_eq!(svg.matches("<image").count(), 2);
        assert!(
            svg.contains("without &lt;dropout&gt;") && svg.contains("width=\"159\" height=\"116\""),
            "{svg}"
        );
        assert_eq!(tiles.csv().lines().count(), 1 + 4 * 4);
        assert!(tiles.csv().contains("\"with, dropout\",0,1,0,0,-2\n"));
        assert_eq!(tiles.png().unwrap()[1..4], *b"PNG");
    }
}
