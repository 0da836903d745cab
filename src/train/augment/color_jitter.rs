//! Changes brightness, contrast, saturation and hue at random, in an order of its own for each row.
//!
//! # Formula
//! A factor is uniform in `[max(0, 1 - a), 1 + a]`. Brightness: `f x`; contrast: `f x + (1 - f) m`, m the mean grey of the picture; saturation: `f x + (1 - f) g`, g the place's own grey
//! (0.2989 red + 0.587 green + 0.114 blue); hue is turned by a share of the circle, uniform in `[-a, a]`. Results lie between black and white.
//!
//! # Arguments
//! `brightness`, `contrast`, `saturation` and `hue` (at most 0.5) are off unless given. Saturation and hue need red, green and blue.
//!
//! # Notes
//! Needs bytes, or numbers between bounds that `range` in `data` says.
//!
//! # Elsewhere
//! `ColorJitter` in torchvision and albumentations (with other defaults there), `RandomColorJitter` in Keras.
//!
//! # Example
//! ```net
//! color_jitter brightness=0.4, contrast=0.4, saturation=0.4, hue=0.1
//! ```

use super::{Augment, Draw, Plan, Wrong, colored, colors::Colors, p};
use crate::vocab::{ArgSpec, Args, Block, Bounds, Default, Kind, Sig, Timed};

pub struct ColorJitter;
pub static WORD: ColorJitter = ColorJitter;

const STRENGTH: Kind = Kind::Timed(Bounds::NON_NEGATIVE);
const TURN: Kind = Kind::Timed(Bounds { low: 0.0, high: 0.5, open_low: false, open_high: false });

static SIG: Sig = Sig {
    name: "color_jitter",
    about: "change brightness, contrast, saturation and hue at random",
    args: &[
        ArgSpec::named("brightness", STRENGTH, Default::Absent, "how far its factor goes from 1"),
        ArgSpec::named("contrast", STRENGTH, Default::Absent, "how far its factor goes from 1"),
        ArgSpec::named("saturation", STRENGTH, Default::Absent, "how far its factor goes from 1"),
        ArgSpec::named("hue", TURN, Default::Absent, "how far it is turned, as a share of the circle"),
        p(1.0),
    ],
    block: Block::None,
};

const KINDS: [&str; 4] = ["brightness", "contrast", "saturation", "hue"];

impl Augment for ColorJitter {
    fn sig(&self) -> &'static Sig {
        &SIG
    }

    fn elsewhere(&self) -> &'static [(&'static str, &'static str)] {
        &[
            ("jitter", "color_jitter"),
            ("random_color_jitter", "color_jitter"),
            ("colour_jitter", "color_jitter"),
            ("random_brightness", "color_jitter"),
            ("random_contrast", "color_jitter"),
            ("random_saturation", "color_jitter"),
            ("random_hue", "color_jitter"),
            ("random_brightness_contrast", "color_jitter"),
            ("hue_saturation_value", "color_jitter"),
        ]
    }

    fn is_of_colors(&self) -> bool {
        true
    }

    fn needs_rgb(&self, args: &Args) -> Option<&'static str> {
        ["saturation", "hue"].into_iter().find(|name| args.is_written(name))
    }

    fn check(&self, args: &Args) -> Result<(), Wrong> {
        match KINDS.iter().all(|name| args.opt_timed(name).is_none_or(|strength| strength.is_zero())) {
            true => {
                Err(("brightness", "or one of `contrast`, `saturation` and `hue` must be above 0".into()))
            }
            false => Ok(()),
        }
    }

    fn told(&self, args: &Args) -> String {
        let each = KINDS.iter().filter_map(|name| Some(format!("{name} {}", args.opt_timed(name)?)));
        format!("colours changed: {}", each.collect::<Vec<_>>().join(", "))
    }

    fn plan(&self, args: &Args) -> Plan {
        let strengths = KINDS.map(|name| args.opt_timed(name).unwrap_or(Timed::ZERO));
        colored(move |draw, colors| jitter(strengths, draw, colors))
    }
}

/// Each change that is on, in a random order.
fn jitter(strengths: [Timed; 4], draw: &mut Draw<'_>, colors: &mut Colors<'_>) {
    let mut order = [0, 1, 2, 3];
    (1..4).rev().for_each(|i| order.swap(i, draw.below(i + 1)));
    // Drawn by kind, so that an order changes no factor.
    let amounts = [0, 1, 2, 3].map(|kind| {
        let strength = strengths[kind].at(&draw.row.clock);
        let unit = draw.unit();
        let (low, high) =
            if kind == 3 { (-strength, strength) } else { ((1.0 - strength).max(0.0), 1.0 + strength) };
        (strength > 0.0).then_some((low + (high - low) * unit) as f32)
    });
    for kind in order {
        let Some(amount) = amounts[kind] else { continue };
        match kind {
            0 => colors.brightness(amount),
            1 => colors.contrast(amount),
            2 => colors.saturation(amount),
            _ => colors.hue(amount),
        }
    }
}
