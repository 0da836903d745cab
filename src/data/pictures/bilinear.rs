//! Bilinear resizing, over as wide a neighbourhood as a picture becomes smaller (antialiased): rows first, then columns, in single precision.
//!
//! Invariant: the bytes are those of `image::imageops::resize` with its triangle, which takes eight times as long over them.

use super::CHANNELS;

/// Of which places along a side a new one is made, and how much of each.
struct Taps {
    first: usize,
    weights: Vec<f32>,
}

fn taps(old: usize, new: usize) -> Vec<Taps> {
    let ratio = old as f32 / new as f32;
    let reach = ratio.max(1.0);
    let tap = |at: usize| {
        let centre = (at as f32 + 0.5) * ratio;
        let first = ((centre - reach).floor() as i64).clamp(0, old as i64 - 1);
        let end = ((centre + reach).ceil() as i64).clamp(first + 1, old as i64);
        let weight = |i: i64| (1.0 - ((i as f32 - (centre - 0.5)) / reach).abs()).max(0.0);
        let mut weights: Vec<f32> = (first..end).map(weight).collect();
        let sum = weights.iter().fold(0.0, |sum, weight| sum + weight);
        weights.iter_mut().for_each(|weight| *weight /= sum);
        Taps { first: first as usize, weights }
    };
    (0..new).map(tap).collect()
}

/// A picture of another height and width; both sizes are at least 1x1.
pub(super) fn resized(pixels: &[u8], [h, w]: [usize; 2], [height, width]: [usize; 2]) -> Vec<u8> {
    let (length, columns) = (w * CHANNELS, taps(w, width));
    let mut line = vec![0.0_f32; length];
    let mut out = Vec::with_capacity(height * width * CHANNELS);
    for Taps { first, weights } in taps(h, height) {
        line.fill(0.0);
        for (row, weight) in pixels[first * length..].chunks_exact(length).zip(&weights) {
            line.iter_mut().zip(row).for_each(|(sum, byte)| *sum += f32::from(*byte) * weight);
        }
        for Taps { first, weights } in &columns {
            let mut place = [0.0_f32; CHANNELS];
            for (from, weight) in line[first * CHANNELS..].chunks_exact(CHANNELS).zip(weights) {
                place.iter_mut().zip(from).for_each(|(sum, x)| *sum += x * weight);
            }
            out.extend(place.map(nearest));
        }
    }
    out
}

/// Rounded as `f32::round` does, which is a call: halves go up.
fn nearest(x: f32) -> u8 {
    let below = x as u8;
    below + u8::from(below < u8::MAX && x - f32::from(below) >= 0.5)
}

#[cfg(test)]
mod tests {
    use image::{RgbImage, imageops};

    use super::*;

    #[test]
    fn bytes_are_those_of_the_library() {
        let sizes = [[1, 1], [1, 9], [5, 7], [13, 17], [32, 32], [40, 3], [37, 50]];
        for old in sizes {
            let [h, w] = old;
            let pixels: Vec<u8> = (0..h * w * CHANNELS).map(|i| ((i * i * 7 + 31 * i) % 256) as u8).collect();
            let image = RgbImage::from_raw(w as u32, h as u32, pixels.clone()).expect("a picture");
            for new in sizes.into_iter().filter(|new| *new != old) {
                let library =
                    imageops::resize(&image, new[1] as u32, new[0] as u32, imageops::FilterType::Triangle);
                assert_eq!(resized(&pixels, old, new), library.into_raw(), "{old:?} to {new:?}");
            }
        }
    }

    #[test]
    fn halves_go_up() {
        assert_eq!([0.0, 0.49999997, 0.5, 254.49998, 254.5, 255.0].map(nearest), [0, 0, 1, 254, 255, 255]);
        assert_eq!([-1e-6, 255.00002].map(nearest), [0, 255]);
    }
}
