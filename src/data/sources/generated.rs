//! What the generators share: their common arguments, and points to a table.
//!
//! Definitions follow scikit-learn's generators of the same names; numbers are ours, a function of `seed=` alone.

use crate::data::draw::Draws;
use crate::data::error::DataError;
use crate::data::raw::{Cells, Column, Format, Pick, Raw, Table};
use crate::diag::Diagnostic;
use crate::draws::rng;
use crate::memory;
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

/// Points with their classes, as they are made.
pub(super) struct Points {
    columns: Vec<Vec<f64>>,
    classes: Vec<u32>,
}

impl Points {
    /// With room for `rows` points of `width` coordinates.
    ///
    /// # Errors
    /// E0540 if there is none.
    pub fn new(rows: usize, width: usize) -> Result<Self, DataError> {
        room(rows, width)?;
        let columns = (0..width).map(|_| memory::reserve(rows)).collect::<Result<_, _>>()?;
        Ok(Self { columns, classes: memory::reserve(rows)? })
    }

    pub fn push(&mut self, point: impl IntoIterator<Item = f64>, class: usize) {
        self.columns.iter_mut().zip(point).for_each(|(column, x)| column.push(x));
        self.classes.push(class as u32);
    }
}

/// Bytes of a column beside its cells: name, rule, ...
const A_COLUMN: usize = 512;

/// Whether so many rows of `width` numbers can be made and then be encoded for a net.
///
/// # Errors
/// E0540 if not.
pub(super) fn room(rows: usize, width: usize) -> Result<(), DataError> {
    // A number is 8 bytes here and 4 for the net; a row has its class, its place in the order and its number in a part.
    let a_row = width.saturating_add(2).saturating_mul(8 + 4);
    let columns = memory::product(&[width, A_COLUMN]);
    Ok(memory::check(memory::product(&[rows, a_row]).saturating_add(columns))?)
}

/// Adds noise to every coordinate, then puts the points in random order, as their makers emit them class by class.
pub(super) fn classes(
    points: Points,
    count: usize,
    common: Common,
    mut draws: Draws,
    pick: &Pick<'_>,
) -> Result<Raw, DataError> {
    let Points { mut columns, classes } = points;
    for row in 0..classes.len() {
        columns.iter_mut().for_each(|column| column[row] += common.noise * draws.normal());
    }
    let order = rng::shuffle(common.seed, "points", &[], classes.len());
    let named = columns.into_iter().enumerate().map(|(c, column)| {
        (format!("x{}", c + 1), Cells::Numbers(order.iter().map(|row| column[*row as usize]).collect()))
    });
    let mut columns: Vec<(String, Cells)> = named.collect();
    let codes = order.iter().map(|row| classes[*row as usize]).collect();
    let names = (0..count).map(|c| c.to_string()).collect();
    columns.push(("class".to_owned(), Cells::Words { codes, names }));
    table(columns, pick)
}

/// Named columns to a table of those that are picked; the target is the last one unless the file says otherwise.
///
/// # Errors
/// E0523 for numbers that leave 32 bits, E0527 if the file names a column that is not there.
pub(super) fn table(columns: Vec<(String, Cells)>, pick: &Pick<'_>) -> Result<Raw, DataError> {
    let names: Vec<String> = columns.iter().map(|(name, _)| name.clone()).collect();
    let chosen = pick.resolve(&names)?;
    let rows = columns.first().map_or(0, |(_, cells)| cells.len());
    let mut columns: Vec<Option<Cells>> = columns.into_iter().map(|(_, cells)| Some(cells)).collect();
    let group = |i: usize| Some(Column::new(names[i].clone(), i + 1, columns[i].clone()?));
    let groups = chosen.groups.and_then(group);
    let mut take = |positions: &[usize]| -> Result<Vec<Column>, DataError> {
        let chosen = positions.iter().filter_map(|&i| Some((i, columns[i].take()?)));
        let column = |(i, cells): (usize, Cells)| {
            let column = Column::new(names[i].clone(), i + 1, cells);
            finite(&column).map(|()| column)
        };
        chosen.map(column).collect()
    };
    let (inputs, target) = (take(&chosen.inputs)?, take(&chosen.target)?);
    let format = Format::plain(names.len());
    Ok(Raw::Table(Table {
        file: None,
        rows,
        dropped: 0,
        format,
        inputs,
        target,
        groups,
        weights: None,
        test: None,
    }))
}

/// Arguments of a generator may be so large that its numbers are not.
fn finite(column: &Column) -> Result<(), DataError> {
    let Cells::Numbers(values) = &column.cells else { return Ok(()) };
    let Some(row) = values.iter().position(|x| !(*x as f32).is_finite()) else { return Ok(()) };
    Err(DataError::new("E0523", format!("`{:e}` is too large or not finite", values[row]))
        .row(row)
        .column(column.number, &column.name)
        .help("give the source smaller numbers"))
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
