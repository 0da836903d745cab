//! Small pictures beside each other: what the units of a first layer look for in an image.

use std::fmt::Write;

use base64::{Engine as _, engine::general_purpose::STANDARD};

use super::{DrawError, raster::Raster};

/// Dots of the raster to a number, and the white between tiles.
const ZOOM: usize = 3;
const GAP: usize = 3;
/// Room for the titles of an SVG.
const HEAD: usize = 26;
/// Between sheets.
const BETWEEN: usize = 24;
/// Of a terminal: tiles, and lines of dots to a line of text.
const IN_TEXT: usize = 3;
const SHADES: [char; 5] = [' ', '░', '▒', '▓', '█'];

/// Sheets of tiles, one beside the other.
#[derive(Clone, Debug, PartialEq)]
pub struct Tiles {
    pub sheets: Vec<Sheet>,
    /// Of each tile: height, width, and 1 (grey) or 3 (red, green, blue) channels.
    pub shape: [usize; 3],
    /// The numbers of black and white; without them every tile goes by itself from its most negative number (black) over 0 (grey) to its most positive.
    pub range: Option<[f32; 2]>,
}

/// The tiles of one net.
#[derive(Clone, Debug, PartialEq)]
pub struct Sheet {
    pub title: String,
    /// Each `[height, width, channels]`.
    pub tiles: Vec<Vec<f32>>,
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
        let [_, width, channels] = self.shape;
        let (tile, number) = if self.range.is_some() { ("picture", "value") } else { ("unit", "weight") };
        let mut text = format!("sheet,{tile},row,column,channel,{number}\n");
        for sheet in &self.sheets {
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
        let [height, width, _] = self.shape;
        let mut out = String::new();
        for sheet in &self.sheets {
            let _ = writeln!(out, "{}, the first {}", sheet.title, sheet.tiles.len().min(IN_TEXT));
            let tiles: Vec<Vec<[u8; 3]>> =
                sheet.tiles.iter().take(IN_TEXT).map(|tile| self.colors(tile)).collect();
            for row in (0..height).step_by(2) {
                let line = tiles.iter().map(|tile| {
                    (0..width).map(|column| shade(&tile[row * width + column])).collect::<String>()
                });
                let _ = writeln!(out, "{}", line.collect::<Vec<_>>().join("  ").trim_end());
            }
        }
        out
    }

    fn columns(&self, sheet: &Sheet) -> usize {
        ((sheet.tiles.len() as f64).sqrt().ceil() as usize).max(1)
    }

    fn height(&self) -> usize {
        let rows = |sheet: &Sheet| sheet.tiles.len().div_ceil(self.columns(sheet));
        self.sheets.iter().map(rows).max().unwrap_or(0) * (self.shape[0] * ZOOM + GAP)
    }

    /// Sheets side by side, with their size.
    fn raster(&self, sheets: &[&Sheet]) -> (Raster, (usize, usize)) {
        let [tile_height, tile_width, _] = self.shape;
        let (across, down) = (tile_width * ZOOM + GAP, tile_height * ZOOM + GAP);
        let widths: Vec<usize> = sheets.iter().map(|sheet| self.columns(sheet) * across).collect();
        let width = widths.iter().sum::<usize>() + BETWEEN * (sheets.len().max(1) - 1);
        let size = (width, self.height());
        let mut raster = Raster::new(size.0, size.1);
        let mut left = 0;
        for (sheet, own) in sheets.iter().zip(widths) {
            let columns = self.columns(sheet);
            for (i, tile) in sheet.tiles.iter().enumerate() {
                let (x, y) = (left + i % columns * across, i / columns * down);
                for (dot, color) in self.colors(tile).into_iter().enumerate() {
                    let (row, column) = (dot / tile_width, dot % tile_width);
                    for (dy, dx) in (0..ZOOM).flat_map(|dy| (0..ZOOM).map(move |dx| (dy, dx))) {
                        raster.set(x + column * ZOOM + dx, y + row * ZOOM + dy, color);
                    }
                }
            }
            left += own + BETWEEN;
        }
        (raster, size)
    }

    /// `[height, width]` of a tile: 0 is the middle grey, the largest size black or white.
    fn colors(&self, tile: &[f32]) -> Vec<[u8; 3]> {
        let most = tile.iter().fold(f32::MIN_POSITIVE, |most, x| most.max(x.abs()));
        let share = |x: f32| match self.range {
            Some([black, white]) => (x - black) / (white - black),
            None => 0.5 + 0.5 * x / most,
        };
        let level = |x: f32| (255.0 * share(x)).round().clamp(0.0, 255.0) as u8;
        tile.chunks(self.shape[2])
            .map(|dot| match dot {
                [red, green, blue] => [level(*red), level(*green), level(*blue)],
                grey => [level(grey[0]); 3],
            })
            .collect()
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
            tiles: (0..tiles).map(|i| vec![0.0, 1.0, -2.0, i as f32]).collect(),
        };
        Tiles {
            sheets: vec![sheet("without <dropout>", 3), sheet("with, dropout", 1)],
            shape: [2, 2, 1],
            range: None,
        }
    }

    #[test]
    fn numbers_become_shades_about_grey() {
        let tiles = two();
        assert_eq!(tiles.colors(&[0.0, 1.0, -2.0, 2.0]), [[128; 3], [191; 3], [0; 3], [255; 3]]);
        assert_eq!(tiles.colors(&[0.0; 4]), [[128; 3]; 4]);
        let bytes = Tiles { range: Some([0.0, 255.0]), ..two() };
        assert_eq!(bytes.colors(&[0.0, 1.0, 128.0, 255.0]), [[0; 3], [1; 3], [128; 3], [255; 3]]);
        let colored = Tiles { shape: [1, 1, 3], ..two() };
        assert_eq!(colored.colors(&[1.0, -1.0, 0.0]), [[255, 0, 128]]);
        assert_eq!(tiles.text().lines().next(), Some("without <dropout>, the first 3"));
    }

    #[test]
    fn sheets_stand_side_by_side() {
        let tiles = two();
        let (raster, size) = tiles.raster(&tiles.sheets.iter().collect::<Vec<_>>());
        // Two columns of tiles and one, each of 2 x 3 dots and a gap of 3.
        assert_eq!(size, (2 * 9 + 24 + 9, 2 * 9));
        let dot = |x: usize, y: usize| raster.rgb[3 * (y * size.0 + x)];
        assert_eq!((dot(0, 0), dot(3, 0), dot(0, 3), dot(6, 6), dot(42, 3)), (128, 191, 0, 255, 0));
        let svg = tiles.svg().unwrap();
        assert_eq!(svg.matches("<image").count(), 2);
        assert!(
            svg.contains("without &lt;dropout&gt;") && svg.contains("width=\"51\" height=\"44\""),
            "{svg}"
        );
        assert_eq!(tiles.csv().lines().count(), 1 + 4 * 4);
        assert!(tiles.csv().contains("\"with, dropout\",0,1,0,0,-2\n"));
        assert_eq!(tiles.png().unwrap()[1..4], *b"PNG");
    }
}
