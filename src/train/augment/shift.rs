//! Moves sounds earlier or later.
//!
//! # What it does
//! A clip is moved by a share of its own length, uniform between `-share` and `share`, and keeps its length. With `kind=zero` silence comes in at one end and what leaves at the other is lost; with
//! `kind=circular` it comes in again.
//!
//! # Notes
//! `translate` moves pictures.
//!
//! # Elsewhere
//! `Shift(min_shift=-0.1, max_shift=0.1, rollover=False)` in audiomentations (where sounds come in again unless one says so), `torch.roll`.
//!
//! # Example
//! ```net
//! shift 10%, kind=circular
//! ```

use super::{
    Augment, Draw, Place, Plan, p,
    wave::{Alter, Clip},
};
use crate::vocab::{ArgSpec, Args, Block, Bounds, Default, Kind, Sig, Timed};

pub struct Shift;
pub static WORD: Shift = Shift;

static SIG: Sig = Sig {
    name: "shift",
    about: "move sounds earlier or later",
    args: &[
        ArgSpec::required("share", Kind::Timed(Bounds::UNIT), "how far at most, as a share of the clip"),
        ArgSpec::named(
            "kind",
            Kind::Word(&["zero", "circular"]),
            Default::Word("zero"),
            "what comes in: silence, or what left at the other end",
        ),
        p(1.0),
    ],
    block: Block::None,
};

impl Augment for Shift {
    fn sig(&self) -> &'static Sig {
        &SIG
    }

    fn elsewhere(&self) -> &'static [(&'static str, &'static str)] {
        &[("time_shift", "shift"), ("roll", "shift")]
    }

    fn is_of_sound(&self, _args: &Args) -> bool {
        true
    }

    fn place(&self, _args: &Args) -> Option<Place> {
        Some(Place::Moved)
    }

    fn told(&self, args: &Args) -> String {
        let filled = if args.word("kind") == "zero" { "silence" } else { "the other end" };
        format!("moved by up to {} of their length ({filled} comes in)", args.timed("share"))
    }

    fn plan(&self, args: &Args) -> Plan {
        match args.timed("share") {
            Timed::Constant(0.0) => Plan::Nothing,
            share => Plan::Sound(Box::new(Moved { share, is_circular: args.word("kind") == "circular" })),
        }
    }
}

struct Moved {
    share: Timed,
    is_circular: bool,
}

impl Alter for Moved {
    fn alter(&self, draw: &mut Draw<'_>, clip: &mut Clip<'_>) {
        let share = self.share.at(&draw.row.clock);
        let length = clip.samples.len();
        let places = (draw.between((-share, share)) * length as f64).round() as isize;
        let by = places.unsigned_abs();
        let samples = &mut clip.samples[..];
        match places > 0 {
            true => samples.rotate_right(by),
            false => samples.rotate_left(by),
        }
        if !self.is_circular {
            let came_in = if places > 0 { 0..by } else { length - by..length };
            samples[came_in].fill(0.0);
        }
    }
}
