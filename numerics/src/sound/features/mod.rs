//! What nets hear: windows, short-time spectra, filter banks, cosine transforms.
//!
//! What is a table is computed in f64 by [`math`](crate::math), with the same bits on every machine. Fourier transforms are those of `realfft`, which takes the
//! widest vectors that the processor has: their last bits are a machine's own.

mod cosines;
#[cfg(test)]
mod golden;
mod mel;
mod spectrum;
#[cfg(test)]
mod tests;
mod window;

pub use cosines::Cosines;
pub use mel::{MelBank, Scale};
pub use spectrum::{Spectrum, gradient, spectra};
pub use window::hann;
