//! `source friedman, rows=, noise=, seed=, features=`: a regression whose answer is known (Friedman 1991, function 1).
//!
//! y = 10 sin(pi x1 x2) + 20 (x3 - 1/2)^2 + 10 x4 + 5 x5 + noise; x uniform over [0, 1); features beyond the fifth do nothing.

use std::f64::consts::PI;
use std::sync::Arc;

use super::generated::{self, Common, ROWS, SEED};
use crate::data::error::DataError;
use crate::data::raw::{Cells, Pick, Raw};
use crate::data::search::Search;
use crate::data::source::Source;
use crate::data::words::{Read, SourceWord};
use crate::math::sin_cos;
use crate::vocab::{ArgSpec, Args, Block, Default, Kind, Sig};

pub static SIG: Sig = Sig {
    name: "friedman",
    about: "a regression whose answer is known (Friedman 1991)",
    args: &[
        ROWS,
        generated::noise(0.0),
        SEED,
        ArgSpec::named(
            "features",
            Kind::Count { min: 5 },
            Default::Number(10.0),
            "numbers a row; five matter",
        ),
    ],
    block: Block::None,
};

pub static WORD: SourceWord = SourceWord { sig: &SIG, source: include_str!("friedman.rs"), read };

#[derive(Clone, Debug)]
struct Friedman {
    common: Common,
    features: usize,
}

fn read(args: &Args) -> Read {
    Ok(Arc::new(Friedman { common: Common::read(args), features: args.count("features") }))
}

impl Source for Friedman {
    fn open(&self, pick: &Pick<'_>, _: &Search) -> Result<Raw, DataError> {
        generated::room(self.common.rows, self.features)?;
        let mut draws = self.common.draws("friedman");
        let mut columns = vec![Vec::with_capacity(self.common.rows); self.features];
        let mut answers = Vec::with_capacity(self.common.rows);
        for _ in 0..self.common.rows {
            let x: Vec<f64> = (0..self.features).map(|_| draws.uniform()).collect();
            let curve = 10.0 * sin_cos(PI * x[0] * x[1]).0 + 20.0 * (x[2] - 0.5) * (x[2] - 0.5);
            answers.push(curve + 10.0 * x[3] + 5.0 * x[4] + self.common.noise * draws.normal());
            columns.iter_mut().zip(x).for_each(|(column, x)| column.push(x));
        }
        let names = (1..=self.features).map(|n| format!("x{n}"));
        let mut columns: Vec<(String, Cells)> = names.zip(columns.into_iter().map(Cells::Numbers)).collect();
        columns.push(("y".to_owned(), Cells::Numbers(answers)));
        generated::table(columns, pick)
    }
}

#[cfg(test)]
mod tests {
    use std::path::Path;

    use super::*;

    #[test]
    fn answers_follow_the_formula() {
        let source = Friedman { common: Common { rows: 50, noise: 0.0, seed: 3 }, features: 6 };
        let search = Search::new(Path::new("."), Path::new("."), None);
        let raw = source.open(&Pick::default(), &search).unwrap();
        let Raw::Table(table) = raw else { panic!("a generator makes a table") };
        let column = |cells: &Cells| match cells {
            Cells::Numbers(values) => values.clone(),
            Cells::Words { .. } => panic!("friedman has only numbers"),
        };
        let x: Vec<Vec<f64>> = table.inputs.iter().map(|c| column(&c.cells)).collect();
        let y = column(&table.target[0].cells);
        assert_eq!(x.len(), 6);
        for row in 0..50 {
            let x = |c: usize| x[c][row];
            let wanted =
                10.0 * (PI * x(0) * x(1)).sin() + 20.0 * (x(2) - 0.5).powi(2) + 10.0 * x(3) + 5.0 * x(4);
            assert!((y[row] - wanted).abs() < 1e-12);
        }
    }
}
