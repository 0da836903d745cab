//! `source tones, rows=, length=, rate=, noise=, seed=`: sounds whose pitch stays, rises, falls or wavers.
//!
//! A row is a wave of `length` at most (500 ms where it is not said), `rate` samples a second (8 kHz): each clip takes half of the time to all of it. It is one tone and its
//! octave, as loud as half of what a wave holds, with Gaussian noise of `noise` on every sample. The pitch of a class is `steady`, `rising` or
//! `falling` by an octave, or `warbling` up and down within one. It lies anywhere in two octaves, whatever the class, so neither the pitch of a clip nor any moment
//! of it tells the classes apart: what does is how it moves. The classes are equally large, and no file is needed.
//!
//! # Example
//! ```net
//! data {
//!   source tones, rows=2_000
//!   split train=80%, valid=20%
//! }
//! net {
//!   input clip: wave[500ms, rate=8kHz]
//!   conv 16, 64, stride=16, pad=valid -> relu -> mean_pool over=time
//!   dense 4
//!   output motion: class[4]
//! }
//! ```

use std::f64::consts::TAU;
use std::sync::Arc;

use super::generated::{self, Common, ROWS, SEED};
use crate::data::draw::Draws;
use crate::data::error::DataError;
use crate::data::inputs::Inputs;
use crate::data::raw::{Arrays, Pick, Raw, RawTarget};
use crate::data::search::Search;
use crate::data::sound::Clips;
use crate::data::source::Source;
use crate::data::words::{Read, SourceWord};
use crate::diag::Diagnostic;
use crate::draws::rng;
use crate::math::{power_of_two, sin_cos};
use crate::vocab::{ArgSpec, Args, Block, Default, Kind, Sig, Unit, Value};

pub static SIG: Sig = Sig {
    name: "tones",
    about: "sounds whose pitch stays, rises, falls or wavers, four classes",
    args: &[
        ROWS,
        ArgSpec::named(
            "length",
            Kind::Quantity(&[Unit::Seconds, Unit::Milliseconds]),
            Default::Absent,
            "of the longest, such as 500ms, which it is where it is not said",
        ),
        ArgSpec::named(
            "rate",
            Kind::Quantity(&[Unit::Hertz, Unit::Kilohertz]),
            Default::Absent,
            "samples a second; left out, 8kHz",
        ),
        generated::noise(0.02),
        SEED,
    ],
    block: Block::None,
};

pub static WORD: SourceWord = SourceWord { sig: &SIG, source: include_str!("tones.rs"), read };

#[derive(Clone, Copy, Debug)]
enum Motion {
    Steady,
    Rising,
    Falling,
    Warbling,
}

const MOTIONS: [(&str, Motion); 4] = [
    ("steady", Motion::Steady),
    ("rising", Motion::Rising),
    ("falling", Motion::Falling),
    ("warbling", Motion::Warbling),
];

/// The highest pitch, where the rate has room for its octave.
const HIGHEST: f64 = 1600.0;
/// Of the tone; its octave has up to half as much.
const LOUDNESS: f64 = 0.5;
/// A tone begins and ends within so many seconds, and not with a click.
const EDGE: f64 = 0.01;

const RATE: u32 = 8000;
/// Below it a moment of a tone has no pitch.
const LOWEST_RATE: f64 = 1000.0;
const HIGHEST_RATE: f64 = 192_000.0;

#[derive(Clone, Debug)]
struct Tones {
    common: Common,
    /// Samples of the longest.
    length: usize,
    rate: u32,
}

fn read(args: &Args) -> Read {
    let common = Common::read(args);
    if common.rows < MOTIONS.len() {
        let message = format!("{} rows cannot hold {} classes", common.rows, MOTIONS.len());
        let error = Diagnostic::error("E0507", args.span_of("rows"), message);
        return Err(Box::new(error.label("each class needs a row")));
    }
    let rate = match args.value("rate") {
        Some(Value::Quantity(x, Unit::Kilohertz)) => (x * 1e3).round(),
        Some(Value::Quantity(x, _)) => x.round(),
        _ => f64::from(RATE),
    };
    if !(LOWEST_RATE..=HIGHEST_RATE).contains(&rate) {
        let message = "tones have 1000 to 192000 samples a second";
        return Err(Box::new(Diagnostic::error("E0507", args.span_of("rate"), message).label("not so many")));
    }
    let seconds = match args.value("length") {
        Some(Value::Quantity(x, Unit::Milliseconds)) => x / 1e3,
        Some(Value::Quantity(x, _)) => *x,
        _ => 0.5,
    };
    if !(0.05..=60.0).contains(&seconds) {
        let message = "tones last 50 ms to 60 s";
        return Err(Box::new(
            Diagnostic::error("E0507", args.span_of("length"), message).label("not so long"),
        ));
    }
    Ok(Arc::new(Tones { common, length: (seconds * rate).round() as usize, rate: rate as u32 }))
}

impl Tones {
    /// A tone of one motion.
    fn tone(&self, motion: Motion, draws: &mut Draws) -> Vec<f32> {
        let rate = f64::from(self.rate);
        let length = self.length - draws.below(self.length / 2 + 1);
        let top = HIGHEST.min(rate / 4.0) * power_of_two(-draws.uniform());
        let (place, waver, octave) = (draws.uniform(), 4.0 + 4.0 * draws.uniform(), 0.5 * draws.uniform());
        let (mut phase, mut samples) = (draws.uniform(), Vec::with_capacity(length));
        for i in 0..length {
            let share = i as f64 / length as f64;
            // Octaves below the top, at most one.
            let below = match motion {
                Motion::Steady => place,
                Motion::Rising => 1.0 - share,
                Motion::Falling => share,
                Motion::Warbling => 0.5 + 0.5 * sin_cos(TAU * (waver * i as f64 / rate + place).fract()).0,
            };
            phase = (phase + top * power_of_two(-below) / rate).fract();
            let (sin, cos) = sin_cos(TAU * phase);
            let edge = (i.min(length - 1 - i) as f64 / (EDGE * rate)).min(1.0);
            // 2 sin cos is the octave.
            let tone = LOUDNESS * edge * (sin + octave * 2.0 * sin * cos) / (1.0 + octave);
            samples.push((tone + self.common.noise * draws.normal()) as f32);
        }
        samples
    }
}

impl Source for Tones {
    fn open(&self, pick: &Pick<'_>, _: &Search) -> Result<Raw, DataError> {
        let Common { rows, seed, .. } = self.common;
        generated::room(rows, self.length)?;
        let mut draws = self.common.draws("tones");
        let (mut clips, mut classes) = (Vec::with_capacity(rows), Vec::with_capacity(rows));
        for (class, ..) in generated::shares(rows, MOTIONS.len()) {
            clips.push(self.tone(MOTIONS[class].1, &mut draws));
            classes.push(class as u32);
        }
        let order = rng::shuffle(seed, "points", &[], rows);
        let clips = order.iter().map(|row| std::mem::take(&mut clips[*row as usize])).collect();
        let codes = order.iter().map(|row| classes[*row as usize]).collect();
        let names = MOTIONS.iter().map(|(name, _)| (*name).to_owned()).collect();
        let clips = Clips::made(clips, self.rate, pick.sounds, "tones")?;
        let shape = vec![clips.longest()];
        let target = RawTarget::Labels { codes, names };
        Ok(Raw::Arrays { train: Arrays::of("tones", rows, shape, Inputs::Sounds(clips), target), test: None })
    }

    fn has_columns(&self) -> bool {
        false
    }

    fn has_sounds(&self) -> bool {
        true
    }
}
