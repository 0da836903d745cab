//! Short-time spectra of a wave and what flows back through them.
//!
//! Frame `t` begins at sample `hop t - before`. Its `window` samples, zeros outside of the wave, are multiplied by Hann's window, filled up with zeros to `fft`
//! samples and transformed; a bin of the result is the absolute value of a coefficient, or its square. No buffer has frames times samples: a thread holds one frame.

use std::cell::RefCell;
use std::ops::Range;
use std::sync::Arc;

use realfft::num_complex::Complex;
use realfft::{ComplexToReal, RealFftPlanner, RealToComplex};

use super::hann;

#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Spectrum {
    /// Of the wave.
    pub samples: usize,
    /// Samples of a frame, and from frame to frame.
    pub window: usize,
    pub hop: usize,
    /// Samples that are transformed, `window` or more.
    pub fft: usize,
    /// How many samples the first frame begins before the wave: fewer than `window`.
    pub before: usize,
    pub frames: usize,
    /// Squares of absolute values, instead of those.
    pub squared: bool,
}

impl Spectrum {
    pub fn bins(&self) -> usize {
        self.fft / 2 + 1
    }

    /// Why there is no such spectrum.
    ///
    /// # Errors
    /// The reason.
    pub fn check(&self) -> Result<(), String> {
        let Self { samples, window, hop, fft, before, frames, .. } = *self;
        if [samples, window, hop, frames].contains(&0) || fft < window.max(2) {
            return Err(format!("transforms {fft} samples, frames of {window} by {hop}"));
        }
        if before >= window || (frames - 1).saturating_mul(hop) >= samples + before {
            return Err(format!("takes {frames} frames of {window} by {hop} from {samples} samples"));
        }
        Ok(())
    }

    /// The samples of the wave in a frame, and the place of the first of them in the frame.
    pub fn frame(&self, t: usize) -> (Range<usize>, usize) {
        let start = t * self.hop;
        let first = start.saturating_sub(self.before);
        let end = (start + self.window).saturating_sub(self.before).min(self.samples);
        (first..end.max(first), (first + self.before) - start)
    }

    /// Multiplications of a frame, about: a real transform takes half of a complex one.
    pub fn frame_cost(&self) -> usize {
        self.window + 5 * self.fft * (self.fft.ilog2() as usize) / 4 + 2 * self.bins()
    }
}

/// What a thread needs for frames of one size: made once.
struct Desk {
    window: usize,
    fft: usize,
    weights: Vec<f32>,
    there: Arc<dyn RealToComplex<f32>>,
    back: Arc<dyn ComplexToReal<f32>>,
    frame: Vec<f32>,
    bins: Vec<Complex<f32>>,
    scratch: Vec<Complex<f32>>,
}

thread_local! {
    static DESKS: RefCell<Vec<Desk>> = const { RefCell::new(Vec::new()) };
}

impl Desk {
    fn new(form: &Spectrum) -> Self {
        let mut planner = RealFftPlanner::new();
        let (there, back) = (planner.plan_fft_forward(form.fft), planner.plan_fft_inverse(form.fft));
        let scratch = there.get_scratch_len().max(back.get_scratch_len());
        Self {
            window: form.window,
            fft: form.fft,
            weights: hann(form.window).into_iter().map(|w| w as f32).collect(),
            frame: there.make_input_vec(),
            bins: there.make_output_vec(),
            scratch: vec![Complex::new(0.0, 0.0); scratch],
            there,
            back,
        }
    }

    /// The desk of this thread for such frames.
    fn with(form: &Spectrum, work: impl FnOnce(&mut Self)) {
        DESKS.with_borrow_mut(|desks| {
            let fits = |desk: &Desk| (desk.window, desk.fft) == (form.window, form.fft);
            let at = desks.iter().position(fits).unwrap_or_else(|| {
                desks.push(Self::new(form));
                desks.len() - 1
            });
            work(&mut desks[at]);
        });
    }

    /// Leaves the coefficients of frame `t` in `bins`.
    fn transform(&mut self, form: &Spectrum, wave: &[f32], t: usize) {
        let (own, at) = form.frame(t);
        self.frame[..at].fill(0.0);
        self.frame[at + own.len()..].fill(0.0);
        let places = self.frame[at..at + own.len()].iter_mut().zip(&self.weights[at..]);
        places.zip(&wave[own]).for_each(|((place, weight), x)| *place = x * weight);
        // The lengths are those that the plan itself asked for, so there is no error.
        let _ = self.there.process_with_scratch(&mut self.frame, &mut self.bins, &mut self.scratch);
    }
}

/// The spectra of a wave, `[frames, bins]`.
pub fn spectra(form: &Spectrum, wave: &[f32], to: &mut [f32]) {
    let heard = heard(form, wave);
    Desk::with(form, |desk| {
        for (t, to) in to.chunks_exact_mut(form.bins()).take(form.frames).enumerate() {
            if t >= heard {
                to.fill(0.0);
                continue;
            }
            desk.transform(form, wave, t);
            let squares = desk.bins.iter().map(|z| z.re * z.re + z.im * z.im);
            to.iter_mut().zip(squares).for_each(|(to, square)| *to = square);
            if !form.squared {
                to.iter_mut().for_each(|to| *to = to.sqrt());
            }
        }
    });
}

/// Frames behind which there is nothing but zeros, which need no transform: clips end before the arrays that hold them.
fn heard(form: &Spectrum, wave: &[f32]) -> usize {
    let end = wave.iter().rposition(|x| *x != 0.0).map_or(0, |last| last + 1 + form.before);
    end.div_ceil(form.hop).min(form.frames)
}

/// What flows to the samples of a wave when `flow`, `[frames, bins]`, flows into its spectra.
///
/// The square of a coefficient `X` changes by `2 Re(conj(X) dX)`, so a frame receives the inverse transform of `flow X`, times its window. Of an absolute value the
/// flow is divided by twice the value; at 0, where it has no derivative, nothing flows.
pub fn gradient(form: &Spectrum, wave: &[f32], flow: &[f32], to: &mut [f32]) {
    to.fill(0.0);
    Desk::with(form, |desk| {
        for (t, flow) in flow.chunks_exact(form.bins()).take(form.frames).enumerate() {
            desk.transform(form, wave, t);
            for (z, flow) in desk.bins.iter_mut().zip(flow) {
                let size = (z.re * z.re + z.im * z.im).sqrt();
                let factor = match form.squared {
                    true => *flow,
                    false if size > 0.0 => 0.5 * flow / size,
                    false => 0.0,
                };
                *z *= factor;
            }
            desk.one_sided(form.fft);
            let _ = desk.back.process_with_scratch(&mut desk.bins, &mut desk.frame, &mut desk.scratch);
            let (own, at) = form.frame(t);
            let values = desk.frame[at..].iter().zip(&desk.weights[at..]);
            to[own].iter_mut().zip(values).for_each(|(to, (x, weight))| *to += x * weight);
        }
    });
}

impl Desk {
    /// The inverse transform counts coefficients twice but for the first, and the last of an even number: these are doubled, and real.
    fn one_sided(&mut self, fft: usize) {
        self.bins[0] = Complex::new(2.0 * self.bins[0].re, 0.0);
        if fft.is_multiple_of(2) {
            let last = self.bins.len() - 1;
            self.bins[last] = Complex::new(2.0 * self.bins[last].re, 0.0);
        }
    }
}
