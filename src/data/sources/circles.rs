//! `source circles, rows=, noise=, seed=, factor=`: a circle inside a circle, two classes.
//!
//! The outer one has radius 1, the inner one radius `factor`; points evenly spaced over [0, 2 pi).

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

pub static SIG: Sig = Sig {
    name: "circles",
    about: "a circle inside a circle, two classes",
    args: &[
        ROWS,
        generated::noise(0.0),
        SEED,
        ArgSpec::named(
            "factor",
            Kind::Number(Bounds { open_low: true, ..Bounds::BELOW_ONE }),
            Default::Number(0.8),
            "radius of the inner circle; the outer one has radius 1",
        ),
    ],
    block: Block::None,
};

pub static WORD: SourceWord = SourceWord { sig: &SIG, source: include_str!("circles.rs"), read };

#[derive(Clone, Debug)]
struct Circles {
    common: Common,
    factor: f64,
}

fn read(args: &Args) -> Read {
    Ok(Arc::new(Circles { common: Common::read(args), factor: args.number("factor") }))
}

impl Source for Circles {
    fn open(&self, pick: &Pick<'_>, _: &Search) -> Result<Raw, DataError> {
        let rows = self.common.rows;
        let mut points = Points::new(rows, 2)?;
        for (n, radius, class) in [(rows / 2, 1.0, 0), (rows - rows / 2, self.factor, 1)] {
            for i in 0..n {
                let (sin, cos) = sin_cos(TAU * i as f64 / n as f64);
                points.push([radius * cos, radius * sin], class);
            }
        }
        generated::classes(points, 2, self.common, self.common.draws("circles"), pick)
    }
}
