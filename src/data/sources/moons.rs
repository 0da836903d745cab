//! `source moons, rows=, noise=, seed=`: two interleaved half circles, two classes.
//!
//! The outer one is (cos t, sin t), the inner one (1 - cos t, 1/2 - sin t), t evenly spaced over [0, pi].

use std::f64::consts::PI;
use std::sync::Arc;

use super::generated::{self, Common, Points, ROWS, SEED};
use crate::data::error::DataError;
use crate::data::raw::{Pick, Raw};
use crate::data::search::Search;
use crate::data::source::Source;
use crate::data::words::{Read, SourceWord};
use crate::math::sin_cos;
use crate::vocab::{Args, Block, Sig};

pub static SIG: Sig = Sig {
    name: "moons",
    about: "two interleaved half circles, two classes",
    args: &[ROWS, generated::noise(0.0), SEED],
    block: Block::None,
};

pub static WORD: SourceWord = SourceWord { sig: &SIG, source: include_str!("moons.rs"), read };

#[derive(Clone, Debug)]
struct Moons(Common);

fn read(args: &Args) -> Read {
    Ok(Arc::new(Moons(Common::read(args))))
}

impl Source for Moons {
    fn open(&self, pick: &Pick<'_>, _: &Search) -> Result<Raw, DataError> {
        let mut points = Points::new(self.0.rows, 2)?;
        let outer = self.0.rows / 2;
        let inner = self.0.rows - outer;
        let angle = |i: usize, n: usize| PI * i as f64 / (n.max(2) - 1) as f64;
        for (sin, cos) in (0..outer).map(|i| sin_cos(angle(i, outer))) {
            points.push([cos, sin], 0);
        }
        for (sin, cos) in (0..inner).map(|i| sin_cos(angle(i, inner))) {
            points.push([1.0 - cos, 0.5 - sin], 1);
        }
        generated::classes(points, 2, self.0, self.0.draws("moons"), pick)
    }
}
