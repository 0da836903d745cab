//! Tables in the order of time as rows of several lines each.

use super::config::Columns;
use super::error::{DataError, counted};
use super::laid::Windows;
use super::raw::{Arrays, Cells, Column, Raw, RawTarget, Stored, Table};
use crate::diag::Span;
use crate::memory;

/// The `window` statement.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Window {
    /// Lines of a row.
    pub length: usize,
    /// From the last of them to the target.
    pub horizon: usize,
    /// From one row to the next; none where it is not written.
    pub stride: Option<usize>,
    /// Where it says that rows go on where those of the minibatch before stopped.
    pub carry: Option<Span>,
    /// Of a table; of a text it is the token behind a row.
    pub target: Option<Columns>,
    /// Of a text: whether what comes behind each token is foretold, and not behind the last alone.
    pub each: bool,
    pub span: Span,
}

impl Window {
    /// From one row to the next: a row's length where each of its tokens has its own answer, so that none has two.
    pub fn stride(&self) -> usize {
        self.stride.unwrap_or(if self.each { self.length } else { 1 })
    }

    /// The line of the table, counted from 1, that row `number` of all windows foretells.
    #[must_use]
    pub fn foretells(&self, number: u32) -> usize {
        number as usize * self.stride() + self.length + self.horizon
    }
}

/// Rows of windows. `named` says that the file names the columns that a row has; else they are the target's own and all others of numbers.
///
/// # Errors
/// E0526 for a column of words or with gaps, E0550 for a table that is shorter than one window with its target, E0540 without memory for the rows.
/// `laid` lays so many lines out where rows go on from minibatch to minibatch: lines that have a target `horizon` behind them.
pub(super) fn of(
    table: Table,
    window: &Window,
    named: bool,
    laid: Option<&dyn Fn(usize) -> Result<Windows, DataError>>,
) -> Result<Raw, DataError> {
    let file = table.file.clone().unwrap_or_default();
    let [target] = &table.target[..] else {
        return Err(DataError::new("E0527", "a window has one target").net(window.span));
    };
    let own = numbers(target).map_err(|e| e.file(&file))?;
    let others = table.inputs.iter().filter(|column| named || matches!(column.cells, Cells::Numbers(_)));
    let others = others.map(numbers).collect::<Result<Vec<_>, _>>().map_err(|e| e.file(&file))?;
    let columns: Vec<&[f64]> = (!named).then_some(own).into_iter().chain(others).collect();
    let reach = window.length + window.horizon;
    let Some(last) = table.rows.checked_sub(reach) else {
        let message =
            format!("{} make no window of {} with its target", counted(table.rows, "line"), window.length);
        return Err(DataError::new("E0550", message)
            .file(&file)
            .net(window.span)
            .note(format!("one takes {reach}"))
            .help("take a shorter window or a smaller `horizon`"));
    };
    let firsts: Vec<usize> = match laid {
        None => (0..=last).step_by(window.stride()).collect(),
        Some(laid) => {
            let steps = table.rows - window.horizon;
            laid(steps)?.rows.iter().map(|row| row.start).collect()
        }
    };
    let rows = firsts.len();
    memory::check(memory::product(&[rows, window.length, columns.len(), size_of::<f64>()]))?;
    let (mut data, mut targets) =
        (Vec::with_capacity(rows * window.length * columns.len()), Vec::with_capacity(rows));
    for first in firsts {
        let lines = first..first + window.length;
        data.extend(lines.flat_map(|line| columns.iter().map(move |column| column[line])));
        targets.push(own[first + reach - 1]);
    }
    let shape = vec![window.length, columns.len()];
    let target = RawTarget::Numbers { data: targets, width: 1 };
    Ok(Raw::Arrays {
        train: Arrays { steps: true, ..Arrays::of(&file, rows, shape, Stored::F64(data), target) },
        test: None,
    })
}

fn numbers(column: &Column) -> Result<&[f64], DataError> {
    let wrong = |what: &str| {
        DataError::new("E0526", format!("a window needs numbers, and the column {what}"))
            .column(column.number, &column.name)
    };
    match &column.cells {
        Cells::Words { .. } => Err(wrong("has words").help("leave it out by `inputs`")),
        Cells::Numbers(values) => match values.iter().position(|x| x.is_nan()) {
            Some(row) => Err(wrong("has a gap")
                .row(row)
                .help("fill it in the file: a window has no line to leave out")),
            None => Ok(values),
        },
    }
}
