//! `source adding, rows=, length=, seed=`: two marked numbers of a series are to be added (Hochreiter and Schmidhuber 1997).
//!
//! A row has `length` steps of two numbers: one uniform over [0, 1), and a mark, which is 1 at one step of the first half and at one of the second, and 0
//! elsewhere. The target is the sum of the two marked numbers. Who answers 1 to everything errs by 0.41 (root mean square): a net that does better
//! has carried a number over half of the series.
//!
//! # Example
//! ```net
//! data {
//!   source adding, rows=2_000, length=30
//!   split train=80%, valid=20%
//! }
//! net {
//!   input x: series[30, 2]
//!   conv 16, 1 -> relu -> global_max_pool
//!   dense 1
//!   output sum: real[1]
//! }
//! ```

use std::sync::Arc;

use super::generated::{self, ROWS, SEED};
use super::steps::LENGTH;
use crate::data::draw::Draws;
use crate::data::error::DataError;
use crate::data::raw::{Arrays, Pick, Raw, RawTarget, Stored};
use crate::data::search::Search;
use crate::data::source::Source;
use crate::data::words::{Read, SourceWord};
use crate::vocab::{Args, Block, Sig};

pub static SIG: Sig = Sig {
    name: "adding",
    about: "series of which two marked numbers are to be added",
    args: &[ROWS, LENGTH, SEED],
    block: Block::None,
};

pub static WORD: SourceWord = SourceWord { sig: &SIG, source: include_str!("adding.rs"), read };

#[derive(Clone, Debug)]
struct Adding {
    rows: usize,
    length: usize,
    seed: u64,
}

fn read(args: &Args) -> Read {
    Ok(Arc::new(Adding {
        rows: args.count("rows"),
        length: args.count("length"),
        seed: args.count("seed") as u64,
    }))
}

impl Source for Adding {
    fn open(&self, _: &Pick<'_>, _: &Search) -> Result<Raw, DataError> {
        let Self { rows, length, seed } = *self;
        generated::room(rows, length.saturating_mul(2))?;
        let (mut draws, half) = (Draws::new(seed, "adding"), length / 2);
        let (mut series, mut sums) = (Vec::with_capacity(rows * length * 2), Vec::with_capacity(rows));
        for _ in 0..rows {
            let marked = [draws.below(half), half + draws.below(length - half)];
            let numbers: Vec<f64> = (0..length).map(|_| draws.uniform()).collect();
            sums.push(marked.iter().map(|step| numbers[*step]).sum::<f64>());
            let mark = |step: usize| if marked.contains(&step) { 1.0 } else { 0.0 };
            series.extend(numbers.iter().enumerate().flat_map(|(step, x)| [*x as f32, mark(step)]));
        }
        let target = RawTarget::Numbers { data: sums, width: 1 };
        let train = Arrays::of("adding", rows, vec![length, 2], Stored::F32(series), target);
        Ok(Raw::Arrays { train, test: None })
    }

    fn has_columns(&self) -> bool {
        false
    }
}
