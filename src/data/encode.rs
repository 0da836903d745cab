//! Raw rows in the numbers that a net computes with.

use super::dataset::{Input, Target};
use super::raw::{Cells, Table};
use super::target::Whole;
use super::transform::{Affine, ArrayRule, CellRule, ColumnRule, InputShape, TargetRule};
use super::units::Units;

/// Encodes all rows and deals their numbers out to the net's inputs.
pub(super) fn table(table: &Table, rules: &[ColumnRule], inputs: &[InputShape]) -> Vec<Input> {
    let width: usize = rules.iter().map(|r| r.rule.width()).sum();
    let mut arrays: Vec<Vec<f32>> =
        inputs.iter().map(|i| Vec::with_capacity(i.width() * table.rows)).collect();
    let mut line = vec![0.0f32; width];
    for row in 0..table.rows {
        let mut at = 0;
        for (column, rule) in table.inputs.iter().zip(rules) {
            let end = at + rule.rule.width();
            encode_cell(&column.cells, row, &rule.rule, &mut line[at..end]);
            at = end;
        }
        deal(&line, inputs, &mut arrays);
    }
    inputs.iter().zip(arrays).map(|(input, data)| Input::floats(&input.name, &input.shape, data)).collect()
}

/// Keeps the numbers of the table beside what the net sees of them.
pub(super) fn keep_raw(table: &Table, rules: &[ColumnRule], inputs: &[InputShape], encoded: &mut [Input]) {
    let plain = |rule: &ColumnRule| ColumnRule { rule: rule.rule.plain(), ..rule.clone() };
    let plain: Vec<ColumnRule> = rules.iter().map(plain).collect();
    if plain == rules {
        return;
    }
    let pairs: Vec<Affine> = rules.iter().flat_map(|rule| rule.rule.pairs()).collect();
    let mut pairs = pairs.into_iter();
    for (input, raw) in encoded.iter_mut().zip(self::table(table, &plain, inputs)) {
        let width = input.width();
        let rule = ArrayRule { width, pairs: pairs.by_ref().take(width).collect() };
        input.raw = Some(super::dataset::Raw { store: raw.store, rule });
    }
}

/// A missing cell has a filling in its rule, for a table without one refuses such rows while it is read.
fn encode_cell(cells: &Cells, row: usize, rule: &CellRule, out: &mut [f32]) {
    match cells {
        Cells::Numbers(values) if matches!(rule, CellRule::Dates { .. }) => {
            rule.date(values[row], out);
        }
        Cells::Numbers(values) => out[0] = rule.number(values[row]).unwrap_or(0.0),
        Cells::Words { codes, .. } => {
            rule.category(codes[row], out);
        }
    }
}

/// Consecutive numbers of a row fill the inputs in their order.
pub(super) fn deal(line: &[f32], inputs: &[InputShape], arrays: &mut [Vec<f32>]) {
    let mut at = 0;
    for (input, array) in inputs.iter().zip(arrays) {
        array.extend_from_slice(&line[at..at + input.width()]);
        at += input.width();
    }
}

/// All rows' targets as training sees them.
pub(super) fn in_training_units(whole: &Whole, rule: &TargetRule) -> Target {
    match (whole, rule) {
        (Whole::Classes { codes, .. }, _) => Target::Classes(codes.clone()),
        (Whole::Bits { data, columns, .. }, _) => Target::Bits { data: data.clone(), width: columns.len() },
        (Whole::Real { data, columns }, rule) => {
            let (width, plain) = (columns.len(), Units::default());
            let units = rule.units().unwrap_or(&plain);
            let value = |(i, y): (usize, &f64)| units.seen(i % width, *y);
            Target::Real { data: data.iter().enumerate().map(value).collect(), width }
        }
    }
}
