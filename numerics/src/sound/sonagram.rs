//! A clip as a small picture: time from left to right, low to high from below, loudness in decibels.

use realfft::{RealFftPlanner, num_complex::Complex32};

use super::vocoder::{cut, hann};

/// What is no louder than this is drawn as silence, in decibels.
pub const FLOOR: f32 = -120.0;

/// Rows of a picture of this height and width, the highest frequencies first; the width stands for `most` samples, and what the clip does not reach is silence.
///
/// # Panics
/// A picture without height or width, a window without a bin for each line.
#[must_use]
pub fn sonagram(clip: &[f32], most: usize, window: usize, [height, width]: [usize; 2]) -> Vec<f32> {
    assert!(height > 0 && width > 0 && window / 2 >= height, "{height} lines of windows of {window}");
    let forward = RealFftPlanner::<f32>::new().plan_fft_forward(window);
    let hann = hann(window);
    let mut time = vec![0.0; window];
    let mut bins = vec![Complex32::default(); window / 2 + 1];
    let mut picture = vec![FLOOR; height * width];
    let scale = (window as f32 / 4.0).powi(2);
    for column in 0..width {
        let middle = (2 * column + 1) * most / (2 * width);
        if middle >= clip.len() {
            break;
        }
        cut(clip, middle as isize - window as isize / 2, &hann, &mut time);
        if forward.process(&mut time, &mut bins).is_err() {
            debug_assert!(false, "the rooms have the plan's sizes");
        }
        for line in 0..height {
            // The loudest of the bins that share a line.
            let of_line = line * (window / 2) / height..(line + 1) * (window / 2) / height;
            let power = bins[of_line].iter().map(|bin| bin.norm_sqr() / scale).fold(0.0, f32::max);
            picture[(height - 1 - line) * width + column] = (10.0 * power.log10()).max(FLOOR);
        }
    }
    picture
}
