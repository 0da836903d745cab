//! Pictures, as SVG text or as text for a terminal. One file a picture: numbers in, a string out; nothing is read and nothing is written.

mod chart;
pub mod graph;
mod roofline;
pub mod text;

pub use chart::{Chart, Corner, Series, Shape};
pub use roofline::{RooflinePoint, roofline};

use plotters::style::RGBColor;

/// What a picture could not be drawn for; a bug, since text has no failing device.
pub type DrawError = Box<dyn std::error::Error + Send + Sync>;

/// Colours that differ in lightness too, so that they survive greyscale and most colour blindness (Okabe and Ito 2008).
const BLUE: RGBColor = RGBColor(0, 114, 178);
const ORANGE: RGBColor = RGBColor(213, 94, 0);
const GREEN: RGBColor = RGBColor(0, 158, 115);
const INK: RGBColor = RGBColor(51, 51, 51);
const PALE: RGBColor = RGBColor(187, 187, 187);
