//! Windows of pictures, resized: bilinear over as wide a neighbourhood as they become smaller (antialiased), as Pillow does it.

/// A number of a picture. Bytes stay bytes: what is computed is rounded to the nearest.
pub trait Pixel: Copy + Send + Sync + bytemuck::Pod {
    fn to_f32(self) -> f32;
    fn of_f32(x: f32) -> Self;
}

impl Pixel for u8 {
    #[inline]
    fn to_f32(self) -> f32 {
        f32::from(self)
    }

    /// Halves go up.
    #[inline]
    fn of_f32(x: f32) -> Self {
        (x + 0.5) as u8
    }
}

impl Pixel for f32 {
    #[inline]
    fn to_f32(self) -> f32 {
        self
    }

    #[inline]
    fn of_f32(x: f32) -> Self {
        x
    }
}

/// A rectangle of places that lies in a picture.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Window {
    pub top: usize,
    pub left: usize,
    pub height: usize,
    pub width: usize,
}

impl Window {
    /// The largest in the middle of a picture that has the proportions of another size.
    #[must_use]
    pub fn largest([height, width]: [usize; 2], like: [usize; 2]) -> Self {
        let ratio = like[1] as f64 / like[0] as f64;
        let (h, w) = match (width as f64 / height as f64) < ratio {
            true => ((width as f64 / ratio).round() as usize, width),
            false => (height, (height as f64 * ratio).round() as usize),
        };
        let (h, w) = (h.clamp(1, height), w.clamp(1, width));
        Self { top: (height - h) / 2, left: (width - w) / 2, height: h, width: w }
    }
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

/// Writes a window of a picture, whose lines have so many places of so many channels, in another size.
pub fn resized<T: Pixel>(
    picture: &[T],
    [columns, c]: [usize; 2],
    window: Window,
    to: [usize; 2],
    into: &mut [T],
) {
    let (down, across) = (taps(window.height, to[0]), taps(window.width, to[1]));
    // Lines first, rounded as they are stored.
    let mut lines = vec![T::of_f32(0.0); window.height * to[1] * c];
    for (y, line) in lines.chunks_exact_mut(to[1] * c).enumerate() {
        let start = ((window.top + y) * columns + window.left) * c;
        let source = &picture[start..start + window.width * c];
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_largest_window_has_the_proportions_of_the_result() {
        let of = |size, like| {
            let Window { top, left, height, width } = Window::largest(size, like);
            [top, left, height, width]
        };
        assert_eq!(of([10, 30], [4, 4]), [0, 10, 10, 10]);
        assert_eq!(of([31, 10], [4, 4]), [10, 0, 10, 10]);
        assert_eq!(of([10, 30], [4, 8]), [0, 5, 10, 20]);
        assert_eq!(of([2, 3], [32, 32]), [0, 0, 2, 2]);
    }
}
