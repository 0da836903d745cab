//! `source line, rows=, noise=, seed=, slope=, intercept=`: a straight line with normal noise, for what uncertainty does as rows come in.
//!
//! y = slope x + intercept + noise; x standard normal. With the defaults the toy of Gal, Hron and Kendall (2017), whose noise has variance 1.

use std::sync::Arc;

use super::generated::{self, Common, ROWS, SEED};
use crate::data::error::DataError;
use crate::data::raw::{Cells, Pick, Raw};
use crate::data::search::Search;
use crate::data::source::Source;
use crate::data::words::{Read, SourceWord};
use crate::vocab::{ArgSpec, Args, Block, Bounds, Default, Kind, Sig};

pub static SIG: Sig = Sig {
    name: "line",
    about: "a straight line with normal noise",
    args: &[
        ROWS,
        generated::noise(1.0),
        SEED,
        ArgSpec::named("slope", Kind::Number(Bounds::ANY), Default::Number(2.0), "of the line"),
        ArgSpec::named("intercept", Kind::Number(Bounds::ANY), Default::Number(8.0), "its value at 0"),
    ],
    block: Block::None,
};

pub static WORD: SourceWord = SourceWord { sig: &SIG, source: include_str!("line.rs"), read };

#[derive(Clone, Debug)]
struct Line {
    common: Common,
    slope: f64,
    intercept: f64,
}

fn read(args: &Args) -> Read {
    Ok(Arc::new(Line {
        common: Common::read(args),
        slope: args.number("slope"),
        intercept: args.number("intercept"),
    }))
}

impl Source for Line {
    fn open(&self, pick: &Pick<'_>, _: &Search) -> Result<Raw, DataError> {
        generated::room(self.common.rows, 2)?;
        let mut draws = self.common.draws("line");
        let (mut inputs, mut answers) = (Vec::new(), Vec::new());
        for _ in 0..self.common.rows {
            let x = draws.normal();
            inputs.push(x);
            answers.push(self.slope * x + self.intercept + self.common.noise * draws.normal());
        }
        let columns =
            vec![("x".to_owned(), Cells::Numbers(inputs)), ("y".to_owned(), Cells::Numbers(answers))];
        generated::table(columns, pick)
    }
}

#[cfg(test)]
mod tests {
    use std::path::Path;

    use super::*;

    #[test]
    fn the_rest_is_the_noise() {
        let source = Line { common: Common { rows: 4000, noise: 0.5, seed: 3 }, slope: -3.0, intercept: 1.0 };
        let search = Search::new(Path::new("."), Path::new("."), None);
        let raw = source.open(&Pick::default(), &search).unwrap();
        let Raw::Table(table) = raw else { panic!("a generator makes a table") };
        let column = |cells: &Cells| match cells {
            Cells::Numbers(values) => values.clone(),
            Cells::Words { .. } => panic!("a line has only numbers"),
        };
        let (x, y) = (column(&table.inputs[0].cells), column(&table.target[0].cells));
        let rest: Vec<f64> = x.iter().zip(&y).map(|(x, y)| y + 3.0 * x - 1.0).collect();
        let mean = rest.iter().sum::<f64>() / 4000.0;
        let variance = rest.iter().map(|r| (r - mean) * (r - mean)).sum::<f64>() / 4000.0;
        assert!(mean.abs() < 4.0 * 0.5 / 4000.0_f64.sqrt() && (variance / 0.25 - 1.0).abs() < 0.1);
    }
}
