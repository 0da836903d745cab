//! What is done to sound, as numbers and nothing else: this folder knows no net and draws nothing.

mod biquad;
pub mod level;
mod noise;
pub mod pitch;
mod sinc;
#[cfg(test)]
mod tests;
pub mod vocoder;

pub use biquad::Biquad;
pub use noise::Color;
pub use sinc::Resampler;
pub use vocoder::Vocoder;
