//! `source spirals, rows=, noise=, seed=, classes=, turns=`: intertwined spiral arms, one a class.
//!
//! Arm c of C: radius r evenly spaced over (0, 1], angle 2 pi (turns r + c / C). After the two-spirals problem (Lang & Witbrock 1988).

use std::f64::consts::TAU;
use std::sync::Arc;

use super::generated::{self, Common, Points, ROWS, SEED};
use crate::data::error::DataError;
use crate::data::raw::{Pick, Raw};
use crate::data::search::Search;
use crate::data::source::Source;
use crate::data::words::{Read, SourceWord};
use crate::math::sin_cos;
use crate::vocab::{ArgSpec, Args, Block, Bounds, Default, Kind, Sig};

/// Up to here angles are exact enough for their sines.
const MOST_TURNS: f64 = 10_000.0;

pub static SIG: Sig = Sig {
    name: "spirals",
    about: "intertwined spiral arms, one a class",
    args: &[
        ROWS,
        generated::noise(0.0),
        SEED,
        ArgSpec::named("classes", Kind::Count { min: 2 }, Default::Number(2.0), "how many arms"),
        ArgSpec::named(
            "turns",
            Kind::Number(Bounds { high: MOST_TURNS, ..Bounds::POSITIVE }),
            Default::Number(1.5),
            "how often an arm goes round",
        ),
    ],
    block: Block::None,
};

pub static WORD: SourceWord = SourceWord { sig: &SIG, source: include_str!("spirals.rs"), read };

#[derive(Clone, Debug)]
struct Spirals {
    common: Common,
    classes: usize,
    turns: f64,
}

fn read(args: &Args) -> Read {
    let (common, classes) = (Common::read(args), args.count("classes"));
    generated::enough_rows(args, common.rows, classes)?;
    Ok(Arc::new(Spirals { common, classes, turns: args.number("turns") }))
}

impl Source for Spirals {
    fn open(&self, pick: &Pick<'_>, _: &Search) -> Result<Raw, DataError> {
        let mut points = Points::new(self.common.rows, 2)?;
        for (class, i, n) in generated::shares(self.common.rows, self.classes) {
            let r = (i + 1) as f64 / n as f64;
            let (sin, cos) = sin_cos(TAU * (self.turns * r + class as f64 / self.classes as f64));
            points.push([r * cos, r * sin], class);
        }
        generated::classes(points, self.classes, self.common, self.common.draws("spirals"), pick)
    }
}
