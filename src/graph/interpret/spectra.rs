//! Short-time spectra by the sums that define them, in f64 whatever the numbers are: slow, and rounded once.

use std::f64::consts::TAU;

use super::{Real, Tensor};
use crate::math::sin_cos;
use crate::sound::{Spectrum, hann};

/// What the sums of a form multiply by.
struct Sums<'f> {
    form: &'f Spectrum,
    window: Vec<f64>,
    /// Cosines and sines of the angles `2 pi i / fft`.
    circle: Vec<(f64, f64)>,
}

/// A sample of a frame: its place in the wave and in the frame, and what the window makes of it.
type Sample = (usize, usize, f64);

/// A number of 64 bits, to 48 of its bits where `T` has as many.
fn rounded<T: Real>(x: f64) -> T {
    let high = x as f32;
    T::from_f32(high) + T::from_f32((x - f64::from(high)) as f32)
}

impl<'f> Sums<'f> {
    fn of(form: &'f Spectrum) -> Self {
        let angle = |i: usize| sin_cos(TAU * i as f64 / form.fft as f64);
        let circle = (0..form.fft).map(angle).map(|(sin, cos)| (cos, sin));
        Self { form, window: hann(form.window), circle: circle.collect() }
    }

    /// Frame `t` behind the window.
    fn frame<T: Real>(&self, wave: &[T], t: usize) -> Vec<Sample> {
        let (own, at) = self.form.frame(t);
        let sample =
            |(i, sample): (usize, usize)| (sample, at + i, wave[sample].to_f64() * self.window[at + i]);
        own.enumerate().map(sample).collect()
    }

    fn turn(&self, bin: usize, place: usize) -> (f64, f64) {
        self.circle[bin * place % self.form.fft]
    }

    /// The coefficient of a bin: its real part, and its imaginary one with the sign changed.
    fn coefficient(&self, frame: &[Sample], bin: usize) -> (f64, f64) {
        frame.iter().fold((0.0, 0.0), |(re, im), (_, place, x)| {
            let (cos, sin) = self.turn(bin, *place);
            (re + x * cos, im + x * sin)
        })
    }
}

/// `[rows, frames, bins]`
pub(super) fn spectra<T: Real>(form: &Spectrum, wave: &Tensor<T>, dims: &[usize]) -> Tensor<T> {
    let sums = Sums::of(form);
    let mut values = Vec::with_capacity(dims.iter().product());
    for wave in wave.reals().chunks_exact(form.samples) {
        for t in 0..form.frames {
            let frame = sums.frame(wave, t);
            values.extend((0..form.bins()).map(|bin| {
                let (re, im) = sums.coefficient(&frame, bin);
                let square = re * re + im * im;
                rounded::<T>(if form.squared { square } else { square.sqrt() })
            }));
        }
    }
    Tensor::real(dims, values)
}

/// What flows to the wave when `g` flows into its spectra.
pub(super) fn back<T: Real>(form: &Spectrum, g: &Tensor<T>, wave: &Tensor<T>, dims: &[usize]) -> Tensor<T> {
    let sums = Sums::of(form);
    let mut flow = vec![0.0; dims.iter().product()];
    let rows = flow.chunks_exact_mut(form.samples).zip(wave.reals().chunks_exact(form.samples));
    for ((to, wave), g) in rows.zip(g.reals().chunks_exact(form.frames * form.bins())) {
        for (t, g) in g.chunks_exact(form.bins()).enumerate() {
            let frame = sums.frame(wave, t);
            for (bin, g) in g.iter().enumerate() {
                let (re, im) = sums.coefficient(&frame, bin);
                let size = re.hypot(im);
                let factor = match form.squared {
                    true => 2.0 * g.to_f64(),
                    false if size > 0.0 => g.to_f64() / size,
                    false => 0.0,
                };
                for (sample, place, _) in &frame {
                    let (cos, sin) = sums.turn(bin, *place);
                    to[*sample] += factor * sums.window[*place] * (re * cos + im * sin);
                }
            }
        }
    }
    Tensor::real(dims, flow.into_iter().map(rounded).collect())
}
