//! The rows of some classes, numbered anew, before anything is divided or fitted.

use rustc_hash::FxHashMap;

use super::config::Classes;
use super::error::{DataError, listed, nearest};
use super::raw::{Arrays, Cells, Column, Raw, RawTarget, Table};
use super::target;

/// Drops the rows of all other classes.
///
/// # Errors
/// E0532 for a target that has no classes, or not one of these.
pub(super) fn only(raw: Raw, classes: &Classes) -> Result<Raw, DataError> {
    Ok(match raw {
        Raw::Table(table) => Raw::Table(of_table(table, &classes.names)?),
        Raw::Arrays { train, test } => Raw::Arrays {
            train: of_arrays(train, &classes.names)?,
            test: test.map(|test| of_arrays(test, &classes.names)).transpose()?,
        },
    })
}

fn of_table(mut table: Table, names: &[String]) -> Result<Table, DataError> {
    let at = |e: DataError, file: &Option<String>| if let Some(file) = file { e.file(file) } else { e };
    let [column] = table.target.as_slice() else {
        return Err(at(no_classes().note("the target has several columns"), &table.file));
    };
    let place = |e: DataError| at(e.column(column.number, &column.name), &table.file);
    target::told_apart_as_classes(column).map_err(place)?;
    let of = target::classes_of(&column.cells).ok_or_else(|| at(no_classes(), &table.file))?;
    let (rows, codes) = kept(&of.0, &of.1, names).map_err(place)?;
    let cells = Cells::Words { codes, names: names.to_vec() };
    table.target = vec![Column::new(column.name.clone(), column.number, cells)];
    table
        .inputs
        .iter_mut()
        .chain(&mut table.groups)
        .chain(&mut table.weights)
        .for_each(|column| pick(&mut column.cells, &rows));
    table.rows = rows.len();
    Ok(table)
}

fn of_arrays(mut arrays: Arrays, names: &[String]) -> Result<Arrays, DataError> {
    let at = |e: DataError| e.file(&arrays.target_file);
    let classes = |cells: &Cells| target::classes_of(cells).ok_or_else(|| at(no_classes()));
    let (labels, all) = match &arrays.target {
        RawTarget::Labels { codes, .. } => {
            let count = target::array_classes(&arrays.target).unwrap_or(0);
            (codes.clone(), target::array_names(&arrays.target, count))
        }
        RawTarget::Numbers { data, width: 1 } => classes(&Cells::Numbers(data.clone()))?,
        RawTarget::Columns(columns) if columns.len() == 1 => {
            target::told_apart_as_classes(&columns[0]).map_err(at)?;
            classes(&columns[0].cells)?
        }
        RawTarget::Numbers { .. } | RawTarget::Columns(_) => return Err(at(no_classes())),
    };
    let (rows, codes) = kept(&labels, &all, names).map_err(at)?;
    let width = arrays.shape.iter().product();
    arrays.data = arrays.data.only(width, &rows);
    arrays.target = match &arrays.target {
        RawTarget::Columns(columns) => {
            let cells = Cells::Words { codes, names: names.to_vec() };
            let column = |of: &Column| Column::new(of.name.clone(), of.number, cells.clone());
            RawTarget::Columns(columns.iter().map(column).collect())
        }
        _ => RawTarget::Labels { codes, names: names.to_vec() },
    };
    arrays.groups.iter_mut().for_each(|column| pick(&mut column.cells, &rows));
    if !arrays.names.is_empty() {
        arrays.names = rows.iter().map(|row| arrays.names[*row].clone()).collect();
    }
    let first_of_valid = arrays.rows - arrays.own_valid;
    arrays.own_valid = rows.len() - rows.partition_point(|row| *row < first_of_valid);
    arrays.rows = rows.len();
    Ok(arrays)
}

/// The rows of the wanted classes, in order, and their new numbers.
fn kept(codes: &[u32], all: &[String], wanted: &[String]) -> Result<(Vec<usize>, Vec<u32>), DataError> {
    let old_of: FxHashMap<&str, usize> = all.iter().enumerate().map(|(i, name)| (name.as_str(), i)).collect();
    let mut occurs = vec![false; all.len()];
    for code in codes {
        if let Some(slot) = occurs.get_mut(*code as usize) {
            *slot = true;
        }
    }
    let mut number = vec![None; all.len()];
    for (i, name) in wanted.iter().enumerate() {
        let Some(old) = old_of.get(name.as_str()).copied().filter(|old| occurs[*old]) else {
            let error = DataError::new("E0532", format!("no row is of class `{name}`"));
            return Err(match nearest(name, all) {
                Some(near) if near != name => error.help(format!("did you mean `{near}`?")),
                _ => error.note(format!("the classes are {}", listed(all, 12))),
            });
        };
        number[old] = Some(i as u32);
    }
    let new = |(row, code): (usize, &u32)| Some((row, number.get(*code as usize).copied().flatten()?));
    Ok(codes.iter().enumerate().filter_map(new).unzip())
}

fn pick(cells: &mut Cells, rows: &[usize]) {
    match cells {
        Cells::Numbers(values) => *values = picked(values, rows),
        Cells::Words { codes, .. } => *codes = picked(codes, rows),
    }
}

fn picked<T: Copy>(cells: &[T], rows: &[usize]) -> Vec<T> {
    rows.iter().map(|row| cells[*row]).collect()
}

fn no_classes() -> DataError {
    DataError::new("E0532", "`classes` of a target that has none")
        .help("leave `classes` out: the target is numbers")
}
