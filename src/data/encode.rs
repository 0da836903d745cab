//! Raw rows in the numbers that a net computes with.

use super::dataset::{Input, Storage, Target};
use super::error::DataError;
use super::raw::{Cells, Table};
use super::target::Whole;
use super::transform::{Affine, ArrayRule, CellRule, ColumnRule, InputShape, TargetRule};
use super::units::Units;
use crate::vocab::quoted_if_needed;

/// Encodes all rows and deals their numbers out to the net's inputs.
pub(super) fn table(table: &Table, rules: &[ColumnRule], inputs: &[InputShape]) -> Vec<Input> {
    let width: usize = rules.iter().map(|r| r.rule.width()).sum();
    let dealt = Dealt::of(rules, inputs).unwrap_or_default();
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
        dealt.deal(&line, inputs, &mut arrays);
    }
    inputs.iter().zip(arrays).map(|(input, data)| held(input, data)).collect()
}

/// The rows of an input; categories are whole numbers.
pub(super) fn held(input: &InputShape, data: Vec<f32>) -> Input {
    match input.categories {
        None => Input::floats(&input.name, &input.shape, data),
        Some(_) => {
            let codes = data.into_iter().map(|code| code as i32).collect();
            Input::held(&input.name, &input.shape, Storage::I32(codes), (1.0, 0.0))
        }
    }
}

/// Keeps the numbers of the table beside what the net sees of them.
pub(super) fn keep_raw(table: &Table, rules: &[ColumnRule], inputs: &[InputShape], encoded: &mut [Input]) {
    let plain = |rule: &ColumnRule| ColumnRule { rule: rule.rule.plain(), ..rule.clone() };
    let plain: Vec<ColumnRule> = rules.iter().map(plain).collect();
    if plain == rules {
        return;
    }
    let of_numbers = rules.iter().filter(|rule| !matches!(rule.rule, CellRule::Code { .. }));
    let pairs: Vec<Affine> = of_numbers.flat_map(|rule| rule.rule.pairs()).collect();
    let mut pairs = pairs.into_iter();
    let all = encoded.iter_mut().zip(self::table(table, &plain, inputs)).zip(inputs);
    for ((input, raw), _) in all.filter(|(_, shape)| shape.categories.is_none()) {
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

/// Which numbers of a row fill which input: those of columns of categories the inputs that are called so, the others, one after another, the inputs of numbers in their order.
#[derive(Default)]
pub(super) struct Dealt {
    /// Where the number of each input of categories lies.
    codes: Vec<Option<usize>>,
    /// The same in the order of the row.
    taken: Vec<usize>,
}

impl Dealt {
    /// None where the columns of categories are not those of the inputs.
    pub fn of(columns: &[ColumnRule], inputs: &[InputShape]) -> Option<Self> {
        let (mut coded, mut at) = (Vec::new(), 0);
        for column in columns {
            if let CellRule::Code { .. } = column.rule {
                coded.push((&column.name, at));
            }
            at += column.rule.width();
        }
        let place = |input: &InputShape| match input.categories {
            None => Some(None),
            Some(_) => {
                coded.iter().find(|(column, _)| is_column_of(&input.name, column)).map(|(_, at)| Some(*at))
            }
        };
        let codes: Vec<Option<usize>> = inputs.iter().map(place).collect::<Option<_>>()?;
        let mut taken: Vec<usize> = codes.iter().flatten().copied().collect();
        taken.sort_unstable();
        taken.dedup();
        (taken.len() == coded.len() && taken.len() == codes.iter().flatten().count())
            .then_some(Self { codes, taken })
    }

    pub fn deal(&self, line: &[f32], inputs: &[InputShape], arrays: &mut [Vec<f32>]) {
        let mut at = 0;
        for ((input, array), code) in
            inputs.iter().zip(arrays).zip(self.codes.iter().chain(std::iter::repeat(&None)))
        {
            if let Some(code) = code {
                array.push(line[*code]);
                continue;
            }
            let mut left = input.width();
            while left > 0 {
                let next = self.taken.iter().copied().find(|code| *code >= at).unwrap_or(line.len());
                let run = left.min(next - at);
                array.extend_from_slice(&line[at..at + run]);
                left -= run;
                at += run + usize::from(left > 0);
            }
            while self.taken.contains(&at) {
                at += 1;
            }
        }
    }
}

/// Columns whose categories an input reads by their numbers.
///
/// # Errors
/// E0533 for an input of categories that no column gives.
pub(super) fn coded(
    mut columns: Vec<ColumnRule>,
    inputs: &[InputShape],
) -> Result<Vec<ColumnRule>, DataError> {
    for input in inputs.iter().filter(|input| input.categories.is_some()) {
        let own = columns.iter_mut().find(|column| is_column_of(&input.name, &column.name));
        let Some(column) = own else {
            return Err(DataError::new(
                "E0533",
                format!("there is no column `{}` for the input", input.name),
            ));
        };
        let CellRule::Category { names, fill } = column.rule.clone() else {
            return Err(DataError::new("E0533", format!("`{}` is no column of categories", column.name))
                .column(column.number, &column.name)
                .help(format!("write `categories {}` in `data`", quoted_if_needed(&column.name))));
        };
        column.rule = CellRule::Code { names, fill };
    }
    Ok(columns)
}

/// Whether an input that is called so reads this column: by its name, or by it with `_` for what no name of an input may hold, whatever the capitals.
pub fn is_column_of(input: &str, column: &str) -> bool {
    let plain = |name: &str| {
        let letter = |c: char| if c.is_ascii_alphanumeric() { c.to_ascii_lowercase() } else { '_' };
        name.chars().map(letter).collect::<String>()
    };
    input == column || plain(input) == plain(column)
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

#[cfg(test)]
mod tests {
    use super::*;

    fn column(name: &str, rule: CellRule) -> ColumnRule {
        ColumnRule { name: name.into(), number: 1, rule }
    }

    fn columns() -> Vec<ColumnRule> {
        let names = |count: usize| (0..count).map(|i| i.to_string()).collect::<Vec<_>>();
        let number = || CellRule::Number { scale: 1.0, shift: 0.0, fill: None };
        let words = |count| CellRule::Category { names: names(count), fill: None };
        let named = [("size", number()), ("Home town", words(5)), ("kind", words(2)), ("Line", words(3))];
        named.map(|(name, rule)| column(name, rule)).into()
    }

    fn of_categories(name: &str, count: usize) -> InputShape {
        InputShape { categories: Some(count), ..InputShape::new(name, &[1]) }
    }

    #[test]
    fn columns_of_categories_go_to_their_inputs_and_the_others_in_order() {
        let inputs = [
            of_categories("line", 3),
            InputShape::new("a", &[2]),
            of_categories("home_town", 5),
            InputShape::new("b", &[1]),
        ];
        let columns = coded(columns(), &inputs).expect("columns of categories");
        let dealt = Dealt::of(&columns, &inputs).expect("columns of these inputs");
        let mut arrays = vec![Vec::new(); 4];
        for row in 0..2 {
            let line = [0.5, 4.0, 1.0, 0.0, 2.0].map(|x| x + 10.0 * row as f32);
            dealt.deal(&line, &inputs, &mut arrays);
        }
        assert_eq!(arrays, [vec![2.0, 12.0], vec![0.5, 1.0, 10.5, 11.0], vec![4.0, 14.0], vec![0.0, 10.0]]);
    }

    #[test]
    fn inputs_of_categories_and_columns_belong_together() {
        let refused = |name: &str| coded(columns(), &[of_categories(name, 2)]).err().map(|e| e.code);
        assert_eq!((refused("town"), refused("size"), refused("KIND")), (Some("E0533"), Some("E0533"), None));
        let columns = coded(columns(), &[of_categories("kind", 2)]).expect("a column");
        let of = |inputs: &[InputShape]| Dealt::of(&columns, inputs).is_some();
        assert!(of(&[of_categories("kind", 2), InputShape::new("x", &[9])]));
        assert!(!of(&[InputShape::new("x", &[9])]), "a column that no input reads");
        assert!(!of(&[of_categories("line", 3), of_categories("kind", 2)]), "an input without a column");
        assert!(!of(&[of_categories("kind", 2), of_categories("Kind", 2)]), "two of one column");
    }

    #[test]
    fn cells_are_the_places_of_their_words() {
        let rule = CellRule::Code { names: vec!["a".into(), "b".into()], fill: Some(1) };
        let mut out = [9.0];
        assert_eq!((rule.category(0, &mut out), out), (Some(()), [0.0]));
        assert_eq!((rule.category(crate::data::raw::MISSING, &mut out), out), (Some(()), [1.0]));
        rule.unseen(&mut out);
        assert_eq!(out, [2.0], "behind the last, where the table has no row");
        assert_eq!((rule.width(), rule.plain() == rule), (1, true));
    }
}
