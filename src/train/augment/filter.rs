//! What the statements that filter sounds share.

use super::{
    Draw, Plan, Wrong,
    wave::{Alter, Clip, hertz},
};
use crate::{sound::Biquad, vocab::Args};

/// A statement that filters from a drawn frequency on.
pub fn filtered(cutoff: (f64, f64), of: fn(f64) -> Biquad) -> Plan {
    Plan::Sound(Box::new(Filter { cutoff, of }))
}

/// Refuses frequencies that sounds of this rate do not have.
pub fn below_half(name: &'static str, args: &Args, rate: u32) -> Result<(), Wrong> {
    let half = f64::from(rate) / 2.0;
    match args.range(name).1 < half {
        true => Ok(()),
        false => Err((name, format!("must lie below {}, half of the rate of samples", hertz(half)))),
    }
}

struct Filter {
    cutoff: (f64, f64),
    of: fn(f64) -> Biquad,
}

impl Alter for Filter {
    fn alter(&self, draw: &mut Draw<'_>, clip: &mut Clip<'_>) {
        let (low, high) = self.cutoff;
        let cutoff = libm::exp(draw.between((libm::log(low), libm::log(high))));
        (self.of)(cutoff / f64::from(clip.rate)).apply(clip.samples);
    }
}
