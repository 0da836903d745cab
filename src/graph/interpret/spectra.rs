//! Short-time spectra by the sums that define them: slow, and as exact as the numbers are.

use std::f64::consts::TAU;

use super::{Real, Tensor};
use crate::math::sin_cos;
use crate::sound::{Spectrum, hann};

/// What the sums of a form multiply by.
struct Sums<'f, T> {
    form: &'f Spectrum,
    window: Vec<T>,
    /// Cosines and sines of the angles `2 pi i / fft`.
    circle: Vec<(T, T)>,
}

/// A number of 64 bits, to 48 of its bits where `T` has as many.
fn exact<T: Real>(x: f64) -> T {
    let high = x as f32;
    T::from_f32(high) + T::from_f32((x - f64::from(high)) as f32)
}

impl<'f, T: Real> Sums<'f, T> {
    fn of(form: &'f Spectrum) -> Self {
        let angle = |i: usize| sin_cos(TAU * i as f64 / form.fft as f64);
        let circle = (0..form.fft).map(angle).map(|(sin, cos)| (exact(cos), exact(sin)));
        Self { form, window: hann(form.window).into_iter().map(exact).collect(), circle: circle.collect() }
    }

    /// The samples of frame `t` behind the window, each with its place in the wave and in the frame.
    fn frame(&self, wave: &[T], t: usize) -> Vec<(usize, usize, T)> {
        let (own, at) = self.form.frame(t);
        own.enumerate().map(|(i, sample)| (sample, at + i, wave[sample] * self.window[at + i])).collect()
    }

    fn turn(&self, bin: usize, place: usize) -> (T, T) {
        self.circle[bin * place % self.form.fft]
    }

    /// The coefficient of a bin: its real part, and its imaginary one with the sign changed.
    fn coefficient(&self, frame: &[(usize, usize, T)], bin: usize) -> (T, T) {
        frame.iter().fold((T::from_f32(0.0), T::from_f32(0.0)), |(re, im), (_, place, x)| {
            let (cos, sin) = self.turn(bin, *place);
            (re + *x * cos, im + *x * sin)
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
                if form.squared { square } else { square.sqrt() }
            }));
        }
    }
    Tensor::real(dims, values)
}

/// What flows to the wave when `g` flows into its spectra.
pub(super) fn back<T: Real>(form: &Spectrum, g: &Tensor<T>, wave: &Tensor<T>, dims: &[usize]) -> Tensor<T> {
    let (sums, zero) = (Sums::of(form), T::from_f32(0.0));
    let mut flow = vec![zero; dims.iter().product()];
    let rows = flow.chunks_exact_mut(form.samples).zip(wave.reals().chunks_exact(form.samples));
    for ((to, wave), g) in rows.zip(g.reals().chunks_exact(form.frames * form.bins())) {
        for (t, g) in g.chunks_exact(form.bins()).enumerate() {
            let frame = sums.frame(wave, t);
            for (bin, g) in g.iter().enumerate() {
                let (re, im) = sums.coefficient(&frame, bin);
                let size = (re * re + im * im).sqrt();
                let factor = match form.squared {
                    true => *g + *g,
                    false if zero < size => *g / size,
                    false => zero,
                };
                for (sample, place, _) in &frame {
                    let (cos, sin) = sums.turn(bin, *place);
                    to[*sample] = to[*sample] + factor * sums.window[*place] * (re * cos + im * sin);
                }
            }
        }
    }
    Tensor::real(dims, flow)
}
