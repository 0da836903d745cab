//! `source builtin, "iris"`: real data that need no files, from the crates linfa-datasets and smartcore.
//!
//! - `digits`: 1797 handwritten digits as pictures of 8x8, `real[8, 8, 1]`, in bytes of 0 to 16: `scale 1/16` (Alpaydin and Kaynak 1998).
//! - `iris`: 150 flowers, 4 lengths, 3 species (Fisher 1936).
//! - `wine`: 1599 red wines, 11 measurements, a quality grade (Cortez et al. 2009): classes 3 to 8, or a number for `real[1]`.
//! - `diabetes`: 441 patients, 10 measurements already centred, disease progression after a year (Efron et al. 2004).

use std::sync::Arc;

use super::generated;
use crate::data::error::DataError;
use crate::data::raw::{Arrays, Cells, Pick, Raw, RawTarget, Stored};
use crate::data::search::Search;
use crate::data::source::Source;
use crate::data::words::{Read, SourceWord};
use crate::diag::Diagnostic;
use crate::vocab::{ArgSpec, Args, Block, Kind, Sig};

pub static SIG: Sig = Sig {
    name: "builtin",
    about: "real data that need no files: digits, iris, wine, diabetes",
    args: &[ArgSpec::required("name", Kind::Text, "\"digits\", \"iris\", \"wine\" or \"diabetes\"")],
    block: Block::None,
};

pub static WORD: SourceWord = SourceWord { sig: &SIG, source: include_str!("builtin.rs"), read };

#[derive(Clone, Copy, Debug)]
enum Builtin {
    Digits,
    Iris,
    Wine,
    Diabetes,
}

fn read(args: &Args) -> Read {
    let set = match args.text("name") {
        "digits" => Builtin::Digits,
        "iris" => Builtin::Iris,
        "wine" => Builtin::Wine,
        "diabetes" => Builtin::Diabetes,
        other => {
            return Err(Box::new(
                Diagnostic::error(
                    "E0507",
                    args.span_of("name"),
                    format!("no built-in set is called `{other}`"),
                )
                .label("there are \"digits\", \"iris\", \"wine\" and \"diabetes\""),
            ));
        }
    };
    Ok(Arc::new(set))
}

const IRIS: &[&str] = &["sepal_length", "sepal_width", "petal_length", "petal_width"];
const SPECIES: &[&str] = &["setosa", "versicolor", "virginica"];
const WINE: &[&str] = &[
    "fixed acidity",
    "volatile acidity",
    "citric acid",
    "residual sugar",
    "chlorides",
    "free sulfur dioxide",
    "total sulfur dioxide",
    "density",
    "pH",
    "sulphates",
    "alcohol",
];
const DIABETES: &[&str] = &["age", "sex", "bmi", "bp", "tc", "ldl", "hdl", "tch", "ltg", "glu"];

impl Source for Builtin {
    fn has_columns(&self) -> bool {
        !matches!(self, Builtin::Digits)
    }

    fn gives_bytes(&self) -> bool {
        !self.has_columns()
    }

    fn shades(&self) -> (f64, f64) {
        (0.0, 16.0)
    }

    fn has_units(&self) -> bool {
        self.has_columns()
    }

    fn open(&self, pick: &Pick<'_>, _: &Search) -> Result<Raw, DataError> {
        let columns = match self {
            Builtin::Digits => return Ok(digits()),
            Builtin::Iris => {
                let set = linfa_datasets::iris();
                let codes = set.targets.iter().map(|t| *t as u32).collect();
                let names = SPECIES.iter().map(|s| (*s).to_owned()).collect();
                columns(set.records.iter().copied(), IRIS, "species", Cells::Words { codes, names })
            }
            Builtin::Wine => {
                let set = linfa_datasets::winequality();
                let grades = set.targets.iter().map(|t| *t as f64).collect();
                columns(set.records.iter().copied(), WINE, "quality", Cells::Numbers(grades))
            }
            Builtin::Diabetes => {
                let set = linfa_datasets::diabetes();
                let progression = set.targets.iter().copied().collect();
                columns(set.records.iter().copied(), DIABETES, "progression", Cells::Numbers(progression))
            }
        };
        generated::table(columns, pick)
    }
}

/// Counts of 0 to 16 dark points in each 4x4 block of a picture.
fn digits() -> Raw {
    let set = smartcore::dataset::digits::load_dataset();
    let pixels = set.data.iter().map(|x| *x as u8).collect();
    let codes = set.target.iter().map(|class| *class as u32).collect();
    let target = RawTarget::Labels { codes, names: Vec::new() };
    let train = Arrays::of("digits", set.num_samples, vec![8, 8, 1], Stored::U8(pixels), target);
    Raw::Arrays { train, test: None }
}

/// `records` runs over the rows, one row after another.
fn columns(
    records: impl Iterator<Item = f64>,
    names: &[&str],
    target: &str,
    cells: Cells,
) -> Vec<(String, Cells)> {
    let mut values = vec![Vec::with_capacity(cells.len()); names.len()];
    for (i, x) in records.enumerate() {
        values[i % names.len()].push(x);
    }
    let named = names.iter().zip(values).map(|(name, values)| ((*name).to_owned(), Cells::Numbers(values)));
    named.chain([(target.to_owned(), cells)]).collect()
}

#[cfg(test)]
mod tests {
    use std::path::Path;

    use super::*;

    #[test]
    fn the_sets_have_their_published_sizes_and_first_rows() {
        let search = Search::new(Path::new("."), Path::new("."), None);
        for (set, rows, first) in [
            (Builtin::Iris, 150, vec![5.1, 3.5, 1.4, 0.2]),
            (Builtin::Wine, 1599, vec![7.4, 0.7, 0.0, 1.9, 0.076, 11.0, 34.0, 0.9978, 3.51, 0.56, 9.4]),
            (Builtin::Diabetes, 441, vec![-0.001_882_016_527_791_04]),
        ] {
            let Raw::Table(table) = set.open(&Pick::default(), &search).unwrap() else {
                panic!("a built-in set is a table")
            };
            assert_eq!((table.rows, table.target.len()), (rows, 1));
            for (column, wanted) in table.inputs.iter().zip(first) {
                let Cells::Numbers(values) = &column.cells else { panic!("{} holds numbers", column.name) };
                assert_eq!((values.len(), values[0]), (rows, wanted), "{}", column.name);
            }
        }
    }
}
