//! Banks of triangular filters whose corners are evenly spaced on a mel scale.

use std::f64::consts::{LOG2_10, LOG2_E};

use crate::math::{ln_f64, power_of_two};

/// What mel scale is meant: frequencies that are heard as equally far apart.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Scale {
    /// `2595 log10(1 + f / 700)`
    Htk,
    /// Slaney's: linear below 1 kHz, 200 / 3 Hz a mel, logarithmic above, 27 mels to a factor of 6.4.
    Slaney,
}

/// A bank of filters over the bins of a spectrum.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct MelBank {
    /// Samples a second of the wave.
    pub rate: u32,
    /// Samples of the Fourier transform: there are `fft / 2 + 1` bins.
    pub fft: usize,
    pub bands: usize,
    /// Where the first filter begins and the last one ends, in Hz.
    pub low: f64,
    pub high: f64,
    pub scale: Scale,
    /// Whether each filter has the area 1 over frequencies in Hz, instead of the height 1.
    pub area: bool,
}

/// The base 2 logarithm of Slaney's 6.4.
const LOG2_STEP: f64 = 2.678_071_905_112_638;
/// Hz a mel in the linear part of Slaney's scale, and where it ends, in Hz and in mels.
const LINEAR: f64 = 200.0 / 3.0;
const CORNER: f64 = 1000.0;
const CORNER_MELS: f64 = 15.0;
/// Mels to a factor of 6.4.
const STEPS: f64 = 27.0;
const HTK_MELS: f64 = 2595.0;
const HTK_CORNER: f64 = 700.0;

impl Scale {
    /// A frequency in Hz as mels.
    pub fn mels(self, hz: f64) -> f64 {
        let log2 = |x: f64| ln_f64(x) * LOG2_E;
        match self {
            Self::Htk => HTK_MELS * log2(1.0 + hz / HTK_CORNER) / LOG2_10,
            Self::Slaney if hz < CORNER => hz / LINEAR,
            Self::Slaney => CORNER_MELS + STEPS * log2(hz / CORNER) / LOG2_STEP,
        }
    }

    /// Mels as a frequency in Hz.
    pub fn hz(self, mels: f64) -> f64 {
        let power = |x: f64| 1.0 / power_of_two(-x);
        match self {
            Self::Htk => HTK_CORNER * (power(mels * LOG2_10 / HTK_MELS) - 1.0),
            Self::Slaney if mels < CORNER_MELS => mels * LINEAR,
            Self::Slaney => CORNER * power((mels - CORNER_MELS) * LOG2_STEP / STEPS),
        }
    }
}

impl MelBank {
    pub fn bins(&self) -> usize {
        self.fft / 2 + 1
    }

    /// Corners of the filters in Hz: filter `i` rises from corner `i` to the next one and falls to the one behind it.
    pub fn corners(&self) -> Vec<f64> {
        (0..self.bands + 2).map(|i| self.corner(i)).collect()
    }

    fn corner(&self, i: usize) -> f64 {
        let (low, high) = (self.scale.mels(self.low), self.scale.mels(self.high));
        let step = (high - low) / (self.bands + 1) as f64;
        self.scale.hz(low + step * i as f64)
    }

    /// The weights, `[bins, bands]` row by row.
    pub fn weights(&self) -> Vec<f64> {
        let (corners, bands) = (self.corners(), self.bands);
        let mut weights = vec![0.0; self.bins() * bands];
        for (bin, row) in weights.chunks_exact_mut(bands.max(1)).enumerate() {
            for (weight, corner) in row.iter_mut().zip(corners.windows(3)) {
                *weight = self.weight(bin, corner);
            }
        }
        weights
    }

    /// That of a bin in the filter of three corners.
    fn weight(&self, bin: usize, corner: &[f64]) -> f64 {
        let hz = bin as f64 * f64::from(self.rate) / self.fft as f64;
        let rise = (hz - corner[0]) / (corner[1] - corner[0]);
        let fall = (corner[2] - hz) / (corner[2] - corner[1]);
        let height = if self.area { 2.0 / (corner[2] - corner[0]) } else { 1.0 };
        rise.min(fall).max(0.0) * height
    }

    /// Filters that hold no bin, in order: those without the bins right above their first corner. None is made before it is asked for, however many there are.
    pub fn empty(self) -> impl Iterator<Item = usize> {
        (0..self.bands).filter(move |band| {
            let corner = [self.corner(*band), self.corner(band + 1), self.corner(band + 2)];
            let first = (corner[0] * self.fft as f64 / f64::from(self.rate)) as usize;
            !(first..self.bins().min(first + 3)).any(|bin| self.weight(bin, &corner) > 0.0)
        })
    }

    /// The most bands, fewer than these, of which none is empty: a bin lies in two filters at most. None where even one band is.
    pub fn most(self) -> Option<usize> {
        let most = self.bands.min(2 * self.bins() + 1);
        (1..most).rev().find(|bands| MelBank { bands: *bands, ..self }.empty().next().is_none())
    }
}
