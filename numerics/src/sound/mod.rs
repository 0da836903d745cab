//! What is done to sound, as numbers and nothing else: this folder knows no net and draws nothing. What nets hear of it is in `features`.

mod biquad;
pub mod features;
pub mod level;
mod noise;
pub mod pitch;
mod sinc;
pub mod sonagram;
#[cfg(test)]
mod tests;
pub mod vocoder;

pub use biquad::Biquad;
pub use features::{Cosines, MelBank, Scale, Spectrum, gradient, hann, spectra};
pub use noise::Color;
pub use sinc::{FURTHEST, Resampler};
pub use vocoder::Vocoder;
