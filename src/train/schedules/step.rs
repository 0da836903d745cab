//! The learning rate is cut at regular times.
//!
//! # Formula
//! `factor = rate^n`, n the cuts so far: the first after `after`, then one each `every`.
//!
//! # Arguments
//! `rate` is the factor of a cut. `every=30epochs` cuts at 30, 60, ...; `after=6epochs` cuts at 6, 7, 8, ...: `every` is then one epoch; with both the
//! first cut comes at `after` and the next `every` later. `warmup` grows the rate linearly first, and the times count from its end; `over` ends
//! the cuts (warm-up included), of which one may come at the end itself; then the rate is held.
//!
//! # Example
//! ```net
//! schedule step, rate=0.1, every=30epochs
//! ```

use super::{At, OVER, Schedule, WARMUP, Wrong, not_zero, updates};
use crate::vocab::{ArgSpec, Args, Block, Bounds, Default, Kind, Sig, Unit};

pub struct Step;
pub static WORD: Step = Step;

const TIME: Kind = Kind::Quantity(&[Unit::Epochs, Unit::Steps]);

static SIG: Sig = Sig {
    name: "step",
    about: "the learning rate is cut at regular times",
    args: &[
        ArgSpec::named("rate", Kind::Number(Bounds::POSITIVE), Default::Required, "factor of a cut"),
        ArgSpec::named("every", TIME, Default::Absent, "time between cuts"),
        ArgSpec::named("after", TIME, Default::Absent, "time of the first cut"),
        WARMUP,
        OVER,
    ],
    block: Block::None,
};

impl Schedule for Step {
    fn sig(&self) -> &'static Sig {
        &SIG
    }

    fn elsewhere(&self) -> &'static [(&'static str, &'static str)] {
        &[
            ("multi_step_lr", "step"),
            ("piecewise_constant_decay", "step"),
            ("step_decay", "step"),
            ("step_lr", "step"),
        ]
    }

    fn check(&self, args: &Args) -> Result<(), Wrong> {
        if args.get("every").is_none() && args.get("after").is_none() {
            return Err((
                "every",
                "must be given, or `after`: the time between cuts, or of the first".into(),
            ));
        }
        not_zero(args, "every")
    }

    fn factor(&self, args: &Args, at: &At) -> f64 {
        let time = |name| updates(args, name, at.updates_per_epoch);
        let every = time("every").unwrap_or(at.updates_per_epoch).max(1);
        let after = time("after").unwrap_or(every);
        let cuts = if at.update < after { 0 } else { 1 + (at.update - after) / every };
        args.number("rate").powf(cuts as f64)
    }
}
