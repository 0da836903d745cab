//! Dots of three bytes, and the PNG file that holds them.

use super::DrawError;

/// `[height, width, 3]`, white at first.
pub struct Raster {
    width: usize,
    height: usize,
    pub rgb: Vec<u8>,
}

impl Raster {
    #[must_use]
    pub fn new(width: usize, height: usize) -> Self {
        Self { width, height, rgb: vec![255; width * height * 3] }
    }

    pub fn set(&mut self, x: usize, y: usize, color: [u8; 3]) {
        self.rgb[3 * (y * self.width + x)..][..3].copy_from_slice(&color);
    }

    /// The bytes of a PNG file.
    ///
    /// # Errors
    /// What the encoder says, of sizes that no file has.
    pub fn png(&self) -> Result<Vec<u8>, DrawError> {
        let mut bytes = Vec::new();
        let mut encoder = png::Encoder::new(&mut bytes, self.width as u32, self.height as u32);
        encoder.set_color(png::ColorType::Rgb);
        encoder.set_depth(png::BitDepth::Eight);
        encoder.write_header()?.write_image_data(&self.rgb)?;
        Ok(bytes)
    }
}
