//! Windows of pictures, resized: bilinear over as wide a neighbourhood as they become smaller (antialiased), as Pillow does it.

use super::{
    draw::Draw,
    moves::View,
    picture::{Pixel, Rect, Size},
};

/// A window that lies in the picture.
pub type Window = Rect;

/// A statement that resizes windows.
pub trait Resample: Send + Sync {
    /// Height and width of what it makes.
    fn size(&self) -> Size;

    /// The window of one row, whose picture has this size.
    fn window(&self, draw: &mut Draw<'_>, size: Size) -> Window;
}

/// The places that one place of the result is read from: the first, and the weight of each.
struct Taps {
    first: usize,
    weights: Vec<f32>,
}

/// Of each place along an axis that `from` places become `to` of.
fn taps(from: usize, to: usize) -> Vec<Taps> {
    let scale = from as f64 / to as f64;
    let support = scale.max(1.0);
    let of = |i: usize| {
        let centre = (i as f64 + 0.5) * scale;
        let first = (centre - support + 0.5).max(0.0) as usize;
        let last = ((centre + support + 0.5) as usize).min(from);
        let weight = |x: usize| (1.0 - ((x as f64 + 0.5 - centre) / support).abs()).max(0.0);
        let total: f64 = (first..last).map(weight).sum();
        Taps { first, weights: (first..last).map(|x| (weight(x) / total) as f32).collect() }
    };
    (0..to).map(of).collect()
}

/// Writes the window of a picture, resized.
pub fn resized<T: Pixel>(from: View<'_, T>, window: Window, to: Size, into: &mut [T]) {
    let (c, columns) = (from.channels, from.size[1]);
    let (down, across) = (taps(window.height, to[0]), taps(window.width, to[1]));
    // Lines first, rounded as they are stored.
    let mut lines = vec![T::of_f32(0.0); window.height * to[1] * c];
    for (y, line) in lines.chunks_exact_mut(to[1] * c).enumerate() {
        let start = ((window.top + y) * columns + window.left) * c;
        let source = &from.data[start..start + window.width * c];
        for (out, taps) in line.chunks_exact_mut(c).zip(&across) {
            for (channel, out) in out.iter_mut().enumerate() {
                let places = source[taps.first * c..].iter().skip(channel).step_by(c);
                *out = T::of_f32(taps.weights.iter().zip(places).map(|(w, x)| w * x.to_f32()).sum());
            }
        }
    }
    let width = to[1] * c;
    let mut sums = vec![0.0_f32; width];
    for (out, taps) in into.chunks_exact_mut(width).zip(&down) {
        sums.fill(0.0);
        for (line, weight) in lines[taps.first * width..].chunks_exact(width).zip(&taps.weights) {
            sums.iter_mut().zip(line).for_each(|(sum, x)| *sum += weight * x.to_f32());
        }
        out.iter_mut().zip(&sums).for_each(|(out, sum)| *out = T::of_f32(*sum));
    }
}
