//! Rates of dropping as the masks know them: in 65536ths.
//!
//! Everything that is computed from a rate goes by the rounded one, so that what is said of a mask is what the mask does.

/// A rate of dropping that 16-bit draws cannot express.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum RateError {
    /// Not in [0, 1), or not a number.
    Range(f64),
    /// So near to 1 that every unit would be dropped.
    AllDropped(f64),
}

impl std::fmt::Display for RateError {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Range(p) => write!(f, "a rate of dropping lies in [0, 1), and {p} does not"),
            Self::AllDropped(p) => {
                write!(f, "{p} rounds to 1 in steps of 1/65536: every unit would be dropped")
            }
        }
    }
}

impl std::error::Error for RateError {}

/// The rate in 65536ths, `round(65536 p)`: 0..=65535.
pub fn quantise(p: f64) -> Result<u32, RateError> {
    if !(0.0..1.0).contains(&p) {
        return Err(RateError::Range(p));
    }
    let q = (65536.0 * p).round() as u32;
    if q < 65536 { Ok(q) } else { Err(RateError::AllDropped(p)) }
}

/// The right-hand side of the signed comparison in [`dropped_low`](super::dropped_low) and [`dropped_high`](super::dropped_high). `q` below 65536.
#[must_use]
pub const fn threshold(q: u32) -> i32 {
    (q << 16) as i32 ^ i32::MIN
}

/// What a kept value is multiplied by: `65536 / (65536 - q)`.
#[must_use]
#[inline]
pub fn scale(q: u32) -> f32 {
    (65536.0 / (65536.0 - f64::from(q))) as f32
}

/// The probability of keeping, `1 - q / 65536`; 1 of what is no rate of dropping.
#[must_use]
#[inline]
pub fn keep(p: f64) -> f64 {
    1.0 - f64::from(quantise(p).unwrap_or(0)) / 65536.0
}
