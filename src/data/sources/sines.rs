//! `source sines, rows=, length=, noise=, seed=`: what comes next in a sine wave.
//!
//! A row has `length` steps of a wave sin(2 pi f t + phase) of its own, f uniform over [0.02, 0.1) turns a step and the phase over a whole turn, with Gaussian noise on each
//! step. The target is the wave at the step behind them, without noise.
//!
//! # Example
//! ```net
//! data {
//!   source sines, rows=2_000, length=24, noise=0.1
//!   split train=80%, valid=20%
//! }
//! net {
//!   input x: series[24, 1]
//!   conv 16, 5, pad=valid -> relu -> mean_pool over=time
//!   dense 1
//!   output next: real[1]
//! }
//! ```

use std::f64::consts::TAU;
use std::sync::Arc;

use super::generated::{self, Common, ROWS, SEED};
use super::steps::LENGTH;
use crate::data::error::DataError;
use crate::data::raw::{Arrays, Pick, Raw, RawTarget, Stored};
use crate::data::search::Search;
use crate::data::source::Source;
use crate::data::words::{Read, SourceWord};
use crate::math::sin_cos;
use crate::vocab::{Args, Block, Sig};

pub static SIG: Sig = Sig {
    name: "sines",
    about: "what comes next in a sine wave",
    args: &[ROWS, LENGTH, generated::noise(0.1), SEED],
    block: Block::None,
};

pub static WORD: SourceWord = SourceWord { sig: &SIG, source: include_str!("sines.rs"), read };

/// Turns a step.
const SLOWEST: f64 = 0.02;
const FASTEST: f64 = 0.1;

#[derive(Clone, Debug)]
struct Sines {
    common: Common,
    length: usize,
}

fn read(args: &Args) -> Read {
    Ok(Arc::new(Sines { common: Common::read(args), length: args.count("length") }))
}

impl Source for Sines {
    fn open(&self, _: &Pick<'_>, _: &Search) -> Result<Raw, DataError> {
        let (Common { rows, noise, .. }, length) = (self.common, self.length);
        generated::room(rows, length)?;
        let mut draws = self.common.draws("sines");
        let (mut series, mut next) = (Vec::with_capacity(rows * length), Vec::with_capacity(rows));
        for _ in 0..rows {
            let (turns, phase) = (SLOWEST + (FASTEST - SLOWEST) * draws.uniform(), draws.uniform());
            // Within one turn, where the sine is exact.
            let wave = |step: usize| sin_cos(TAU * (turns * step as f64 + phase).fract()).0;
            series.extend((0..length).map(|step| (wave(step) + noise * draws.normal()) as f32));
            next.push(wave(length));
        }
        let target = RawTarget::Numbers { data: next, width: 1 };
        let train = Arrays::of("sines", rows, vec![length, 1], Stored::F32(series), target);
        Ok(Raw::Arrays { train, test: None })
    }

    fn has_columns(&self) -> bool {
        false
    }
}
