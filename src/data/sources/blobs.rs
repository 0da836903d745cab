//! `source blobs, rows=, noise=, seed=, features=, classes=`: Gaussian clouds, one a class.
//!
//! Centres are uniform over [-10, 10] in every feature; `noise` is the standard deviation within a cloud (1 unless given).

use std::sync::Arc;

use super::generated::{self, Common, Points, ROWS, SEED};
use crate::data::error::DataError;
use crate::data::raw::{Pick, Raw};
use crate::data::search::Search;
use crate::data::source::Source;
use crate::data::words::{Read, SourceWord};
use crate::memory;
use crate::vocab::{ArgSpec, Args, Block, Default, Kind, Sig};

pub static SIG: Sig = Sig {
    name: "blobs",
    about: "Gaussian clouds, one a class",
    args: &[
        ROWS,
        generated::noise(1.0),
        SEED,
        ArgSpec::named("features", Kind::Count { min: 1 }, Default::Number(2.0), "numbers a row"),
        ArgSpec::named("classes", Kind::Count { min: 2 }, Default::Number(3.0), "how many clouds"),
    ],
    block: Block::None,
};

pub static WORD: SourceWord = SourceWord { sig: &SIG, source: include_str!("blobs.rs"), read };

#[derive(Clone, Debug)]
struct Blobs {
    common: Common,
    features: usize,
    classes: usize,
}

fn read(args: &Args) -> Read {
    let (common, classes) = (Common::read(args), args.count("classes"));
    generated::enough_rows(args, common.rows, classes)?;
    Ok(Arc::new(Blobs { common, features: args.count("features"), classes }))
}

impl Source for Blobs {
    fn open(&self, pick: &Pick<'_>, _: &Search) -> Result<Raw, DataError> {
        let rows = self.common.rows;
        memory::check(memory::product(&[self.classes, self.features, size_of::<f64>()]))
            .map_err(DataError::from)?;
        let mut points = Points::new(rows, self.features)?;
        let mut draws = self.common.draws("blobs");
        let mut centre =
            || -> Vec<f64> { (0..self.features).map(|_| 20.0 * draws.uniform() - 10.0).collect() };
        let centres: Vec<Vec<f64>> = (0..self.classes).map(|_| centre()).collect();
        for (class, ..) in generated::shares(rows, self.classes) {
            points.push(centres[class].iter().copied(), class);
        }
        generated::classes(points, self.classes, self.common, draws, pick)
    }
}
