//! A phase vocoder: sound made slower or faster whose pitch stays.
//!
//! Frames of the clip are read at one pace and written at another. What a partial turns by between two frames is measured on the clip and added up where
//! frames are written, so that partials go on smoothly. All bins around a peak are turned as the peak is (identity phase locking, Laroche and Dolson 1999): what
//! stands upright in a frame, such as a click, stays so. No angle is ever computed, only directions of complex numbers.
//!
//! Invariant: the result is a function of the clip and the rate alone; the desk is room to work in.

use std::sync::Arc;

use realfft::{ComplexToReal, RealFftPlanner, RealToComplex, num_complex::Complex32};

use super::level::{rms, scale};

/// Frames overlap by three quarters: the squares of their windows then add up to a constant.
const OVERLAP: usize = 4;

/// Plans and windows of one length of frames; shared by threads.
pub struct Vocoder {
    window: usize,
    hop: usize,
    hann: Vec<f32>,
    forward: Arc<dyn RealToComplex<f32>>,
    inverse: Arc<dyn ComplexToReal<f32>>,
    is_locked: bool,
}

/// What a thread works on, kept from clip to clip.
#[derive(Default)]
pub struct Desk {
    /// The frame that is written next, and the one a hop later in the clip.
    here: Spectrum,
    there: Spectrum,
    /// Where each bin would turn to if its partial went on as it does between the two.
    ahead: Vec<Complex32>,
    written: Vec<Complex32>,
    energy: Vec<f32>,
    time: Vec<f32>,
    scratch: Vec<Complex32>,
}

#[derive(Default)]
struct Spectrum {
    /// Of the frame's middle in the clip; none of nothing yet.
    middle: Option<isize>,
    bins: Vec<Complex32>,
}

impl Vocoder {
    /// For frames of so many samples: a multiple of 4, at least 16.
    ///
    /// # Panics
    /// Another length.
    #[must_use]
    pub fn new(window: usize) -> Self {
        assert!(window >= 16 && window.is_multiple_of(OVERLAP), "frames of {window} samples");
        let mut planner = RealFftPlanner::new();
        Self {
            window,
            hop: window / OVERLAP,
            hann: hann(window),
            forward: planner.plan_fft_forward(window),
            inverse: planner.plan_fft_inverse(window),
            is_locked: true,
        }
    }

    /// The same without locking, and with frames at whole hops whose magnitudes are interpolated: librosa's `phase_vocoder`.
    #[must_use]
    pub fn without_locking(self) -> Self {
        Self { is_locked: false, ..self }
    }

    /// The clip `rate` times as fast: [`stretched`] samples.
    pub fn stretch(&self, clip: &[f32], rate: f64, desk: &mut Desk, into: &mut Vec<f32>) {
        let length = stretched(clip.len(), rate);
        into.clear();
        into.resize(length + self.window, 0.0);
        desk.begin(self);
        let frames = self.frames(clip.len(), length, rate);
        for frame in 0..frames {
            let place = frame as f64 * rate;
            if self.is_locked {
                let middle = (place * self.hop as f64).round() as isize;
                desk.read(self, clip, middle);
                desk.turn_by_peaks();
            } else {
                let whole = place.floor();
                desk.read(self, clip, whole as isize * self.hop as isize);
                desk.turn_each((place - whole) as f32);
            }
            let room = &mut into[frame * self.hop..];
            desk.write(self, room);
        }
        // The first frame's middle is the first sample.
        into.copy_within(self.window / 2..self.window / 2 + length, 0);
        into.truncate(length);
        self.level(frames, into);
        if self.is_locked {
            keep_power(clip, into);
        }
    }

    /// How many frames are written.
    fn frames(&self, clip: usize, length: usize, rate: f64) -> usize {
        let all = match self.is_locked {
            true => 1 + length.div_ceil(self.hop),
            false => ((1 + clip / self.hop) as f64 / rate).ceil() as usize,
        };
        all.min(1 + length / self.hop + OVERLAP / 2)
    }

    /// Divides by what the windows of all frames add up to.
    fn level(&self, frames: usize, samples: &mut [f32]) {
        let whole = 1.0 / self.sum(self.window, usize::MAX);
        let covered = (frames * self.hop).saturating_sub(self.window);
        let length = samples.len();
        for (at, x) in samples.iter_mut().enumerate() {
            let inside = at >= self.window && at < covered.min(length);
            *x *= if inside { whole } else { 1.0 / self.sum(at, frames).max(f32::MIN_POSITIVE) };
        }
    }

    /// What the windows of the frames come to at a sample.
    fn sum(&self, at: usize, frames: usize) -> f32 {
        let half = self.window / 2;
        let first = (at + half + 1).saturating_sub(self.window).div_ceil(self.hop);
        let last = ((at + half) / self.hop).min(frames.saturating_sub(1));
        (first..=last).map(|frame| self.hann[at + half - frame * self.hop]).map(|w| w * w).sum()
    }
}

/// What overlaps and does not fit together is lost, of noise a decibel at usual rates: the whole is made as loud as it was, so that a clip's level does not
/// tell that it was stretched.
fn keep_power(before: &[f32], after: &mut [f32]) {
    let (was, is) = (rms(before), rms(after));
    if is > 0.0 {
        // A clip of a few samples may have lost what made it loud.
        scale(after, (was / is).clamp(0.5, 2.0) as f32);
    }
}

/// Samples of a clip of so many after it was made `rate` times as fast.
#[must_use]
pub fn stretched(samples: usize, rate: f64) -> usize {
    (samples as f64 / rate).round_ties_even() as usize
}

/// Samples of frames of about 48 milliseconds, of which an FFT is cheap: long enough to tell the partials of a voice apart, short enough for its consonants.
#[must_use]
pub fn usual_window(rate: u32) -> usize {
    let wanted = f64::from(rate) * 0.048;
    let sizes = (4..20).flat_map(|power| [1 << power, 3 << (power - 1)]);
    let apart = |size: &usize| (*size as f64 / wanted).ln().abs();
    sizes.min_by(|a: &usize, b| apart(a).total_cmp(&apart(b))).unwrap_or(16)
}

/// A periodic Hann window.
pub(super) fn hann(length: usize) -> Vec<f32> {
    let turn = |i: usize| std::f64::consts::TAU * i as f64 / length as f64;
    (0..length).map(|i| (0.5 - 0.5 * libm::cos(turn(i))) as f32).collect()
}

impl Desk {
    fn begin(&mut self, vocoder: &Vocoder) {
        let bins = vocoder.window / 2 + 1;
        let zero = Complex32::default();
        for spectrum in [&mut self.here, &mut self.there] {
            spectrum.middle = None;
            spectrum.bins.resize(bins, zero);
        }
        self.ahead.clear();
        self.written.resize(bins, zero);
        self.energy.resize(bins, 0.0);
        self.time.resize(vocoder.window, 0.0);
        let scratch = vocoder.forward.get_scratch_len().max(vocoder.inverse.get_scratch_len());
        self.scratch.resize(scratch.max(self.scratch.len()), zero);
    }

    /// Takes the frame around `middle` and the one a hop later.
    fn read(&mut self, vocoder: &Vocoder, clip: &[f32], middle: isize) {
        let next = middle + vocoder.hop as isize;
        if self.here.middle != Some(middle) && self.there.middle == Some(middle) {
            std::mem::swap(&mut self.here, &mut self.there);
        }
        for (is_there, middle) in [(false, middle), (true, next)] {
            let spectrum = if is_there { &mut self.there } else { &mut self.here };
            if spectrum.middle == Some(middle) {
                continue;
            }
            spectrum.middle = Some(middle);
            // As librosa has it, a frame whose middle lies behind the clip is nothing.
            if !vocoder.is_locked && middle > clip.len() as isize {
                spectrum.bins.fill(Complex32::default());
                continue;
            }
            cut(clip, middle - vocoder.window as isize / 2, &vocoder.hann, &mut self.time);
            let done =
                vocoder.forward.process_with_scratch(&mut self.time, &mut spectrum.bins, &mut self.scratch);
            debug_assert!(done.is_ok(), "the rooms have the plan's sizes");
        }
    }

    /// Turns each region around a peak as the peak has to be turned.
    fn turn_by_peaks(&mut self) {
        let Self { here, there, ahead, written, energy, .. } = self;
        let (here, there) = (&here.bins[..], &there.bins[..]);
        energy.iter_mut().zip(here).for_each(|(energy, bin)| *energy = bin.norm_sqr());
        if ahead.is_empty() {
            ahead.extend_from_slice(here);
        }
        let mut turn = |peak: usize, from: usize, to: usize| {
            let by = direction(ahead[peak] * here[peak].conj());
            rotate(&here[from..to], by, &mut written[from..to]);
            rotate(&there[from..to], by, &mut ahead[from..to]);
        };
        let (mut peak, mut from) = (None, 0);
        for bin in 0..energy.len() {
            if !is_peak(energy, bin) {
                continue;
            }
            if let Some(before) = peak {
                let to = valley(energy, before, bin);
                turn(before, from, to);
                from = to;
            }
            peak = Some(bin);
        }
        turn(peak.unwrap_or(0), from, energy.len());
    }

    /// Turns each bin by itself; magnitudes stand between those of the two frames, at this share of the way.
    fn turn_each(&mut self, share: f32) {
        let Self { here, there, ahead, written, .. } = self;
        if ahead.is_empty() {
            ahead.extend(here.bins.iter().map(|bin| direction(*bin)));
        }
        let bins = here.bins.iter().zip(&there.bins).zip(ahead.iter_mut().zip(written));
        for ((here, there), (ahead, written)) in bins {
            *written = *ahead * ((1.0 - share) * here.norm() + share * there.norm());
            *ahead = direction(*ahead * direction(*there) * direction(*here).conj());
        }
    }

    /// Adds the turned frame to what was written.
    fn write(&mut self, vocoder: &Vocoder, into: &mut [f32]) {
        // Of real samples these two have no direction but a sign.
        let last = self.written.len() - 1;
        (self.written[0].im, self.written[last].im) = (0.0, 0.0);
        let done = vocoder.inverse.process_with_scratch(&mut self.written, &mut self.time, &mut self.scratch);
        debug_assert!(done.is_ok(), "the rooms have the plan's sizes");
        let scale = 1.0 / vocoder.window as f32;
        let samples = self.time.iter().zip(&vocoder.hann);
        into.iter_mut().zip(samples).for_each(|(sum, (x, w))| *sum += scale * x * w);
    }
}

/// A windowed stretch of a clip that has zeros around it.
pub(super) fn cut(clip: &[f32], start: isize, window: &[f32], into: &mut [f32]) {
    let inside = |at: isize| at.clamp(0, clip.len() as isize);
    let (first, last) = (inside(start), inside(start + window.len() as isize));
    let (from, to) = ((first - start) as usize, (last - start) as usize);
    if from >= to {
        return into.fill(0.0);
    }
    into[..from].fill(0.0);
    into[to..].fill(0.0);
    let samples = clip[first as usize..last as usize].iter().zip(&window[from..to]);
    into[from..to].iter_mut().zip(samples).for_each(|(into, (x, w))| *into = x * w);
}

/// Larger than its two neighbours on each side; of equal ones the first.
fn is_peak(energy: &[f32], bin: usize) -> bool {
    let own = energy[bin];
    let below = &energy[bin.saturating_sub(2)..bin];
    let above = &energy[bin + 1..(bin + 3).min(energy.len())];
    below.iter().all(|other| own > *other) && above.iter().all(|other| own >= *other)
}

/// The lowest place between two peaks.
fn valley(energy: &[f32], before: usize, after: usize) -> usize {
    (before + 1..after).min_by(|a, b| energy[*a].total_cmp(&energy[*b])).unwrap_or(after)
}

/// The number of modulus 1 that points the same way; of 0 that of real numbers.
fn direction(z: Complex32) -> Complex32 {
    // In 64 bits no square of a single precision number is lost.
    let (re, im) = (f64::from(z.re), f64::from(z.im));
    let modulus = (re * re + im * im).sqrt();
    if modulus > 0.0 && modulus.is_finite() {
        Complex32::new((re / modulus) as f32, (im / modulus) as f32)
    } else {
        Complex32::new(1.0, 0.0)
    }
}

fn rotate(bins: &[Complex32], by: Complex32, into: &mut [Complex32]) {
    into.iter_mut().zip(bins).for_each(|(into, bin)| *into = *bin * by);
}
