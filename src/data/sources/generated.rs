//! What the generators share: their common arguments, and points to a table.
//!
//! Definitions follow scikit-learn's generators of the same names; numbers are ours, a function of `seed=` alone.

use crate::data::draw::{Draws, shuffled};
use crate::data::error::DataError;
use crate::data::raw::{Cells, Column, Format, Pick, Raw, Table};
use crate::diag::Diagnostic;
use crate::vocab::{ArgSpec, Args, Bounds, Default, Kind};

pub(super) const ROWS: ArgSpec =
    ArgSpec::named("rows", Kind::Count { min: 2 }, Default::Number(1000.0), "how many rows");
pub(super) const SEED: ArgSpec = ArgSpec::named(
    "seed",
    Kind::Count { min: 0 },
    Default::Number(0.0),
    "of the points, apart from the run's seed",
);

/// The `noise=` argument with the generator's own default.
pub(super) const fn noise(default: f64) -> ArgSpec {
    ArgSpec::named(
        "noise",
        Kind::Number(Bounds::NON_NEGATIVE),
        Default::Number(default),
        "standard deviation of the Gaussian noise",
    )
}

/// The arguments every generator has.
#[derive(Clone, Copy, Debug)]
pub(super) struct Common {
    pub rows: usize,
    pub noise: f64,
    pub seed: u64,
}

impl Common {
    pub fn read(args: &Args) -> Self {
        Self { rows: args.count("rows"), noise: args.number("noise"), seed: args.count("seed") as u64 }
    }

    pub fn draws(&self, generator: &str) -> Draws {
        Draws::new(self.seed, generator)
    }
}

/// A point and its class.
pub(super) type Point = (Vec<f64>, u32);

/// Adds noise to every coordinate, then puts the points in random order, as their makers emit them class by class.
pub(super) fn classes(
    mut points: Vec<Point>,
    count: usize,
    common: Common,
    mut draws: Draws,
    pick: &Pick<'_>,
) -> Result<Raw, DataError> {
    for (x, _) in &mut points {
        x.iter_mut().for_each(|x| *x += common.noise * draws.normal());
    }
    let points = shuffled(&points, common.seed, "points", &[]);
    let width = points.first().map_or(0, |(x, _)| x.len());
    let mut columns: Vec<(String, Cells)> = (0..width)
        .map(|c| (format!("x{}", c + 1), Cells::Numbers(points.iter().map(|(x, _)| x[c]).collect())))
        .collect();
    let codes = points.iter().map(|(_, class)| *class).collect();
    let names = (0..count).map(|c| c.to_string()).collect();
    columns.push(("class".to_owned(), Cells::Words { codes, names }));
    table(columns, pick)
}

/// Named columns to a table of those that are picked; the target is the last one unless the file says otherwise.
///
/// # Errors
/// E0527 if the file names a column that is not there.
pub(super) fn table(columns: Vec<(String, Cells)>, pick: &Pick<'_>) -> Result<Raw, DataError> {
    let names: Vec<String> = columns.iter().map(|(name, _)| name.clone()).collect();
    let chosen = pick.resolve(&names)?;
    let take = |positions: &[usize]| -> Vec<Column> {
        let column =
            |&i: &usize| Column { name: names[i].clone(), number: i + 1, cells: columns[i].1.clone() };
        positions.iter().map(column).collect()
    };
    let rows = columns.first().map_or(0, |(_, cells)| cells.len());
    let (inputs, target) = (take(&chosen.inputs), take(&chosen.target));
    let format = Format::plain(names.len());
    Ok(Raw::Table(Table { file: None, rows, dropped: 0, fills: false, format, inputs, target }))
}

/// `rows` points shared among classes as evenly as can be, the first classes taking the odd ones: (class, index in class, rows of class).
pub(super) fn shares(rows: usize, classes: usize) -> impl Iterator<Item = (usize, usize, usize)> {
    (0..classes).flat_map(move |class| {
        let n = rows / classes + usize::from(class < rows % classes);
        (0..n).map(move |i| (class, i, n))
    })
}

/// Every class must have a row.
pub(super) fn enough_rows(args: &Args, rows: usize, classes: usize) -> Result<(), Box<Diagnostic>> {
    if rows >= classes {
        return Ok(());
    }
    Err(Box::new(
        Diagnostic::error("E0507", args.span, format!("{rows} rows cannot hold {classes} classes"))
            .label("each class needs a row")
            .also(args.span_of("classes"), "so many classes"),
    ))
}
