//! Raw rows to a [`Dataset`]: divide, fit on the training part, encode every part.

use std::hash::BuildHasher as _;
use std::sync::Arc;

use rustc_hash::FxBuildHasher;

use super::config::{DataConfig, Division, Split};
use super::dataset::{Dataset, Input, Part, Target};
use super::divide::{self, Listed, Parts};
use super::error::{self, DataError};
use super::finite;
use super::groups::Groups;
use super::inputs::Precision;
use super::raw::{Cells, Raw, Table};
use super::schema::DataSchema;
use super::search::Search;
use super::target::{self, Whole};
use super::transform::{Affine, ArrayRule, CellRule, ColumnRule, Fields, InputShape, TargetRule, Transform};
use super::{Need, Want, advice, fit, index, own_test};
use crate::memory;

/// A source that was read once: it tells its schema, then becomes a dataset.
#[derive(Debug)]
pub struct Opened<'a> {
    config: &'a DataConfig,
    raw: Raw,
    listed: Option<Listed>,
    /// Rows that stay together.
    groups: Option<Groups>,
}

/// Reads the source.
///
/// # Errors
/// Any fault of the files.
pub fn open<'a>(config: &'a DataConfig, search: &Search) -> Result<Opened<'a>, DataError> {
    let settings = &config.settings;
    let pick = super::raw::Pick {
        inputs: settings.inputs.as_ref(),
        target: settings.target.as_ref(),
        groups: settings.split.as_ref().and_then(|split| split.by.as_ref()),
        pictures: settings.pictures,
    };
    let raw = config.source.open(&pick, search).map_err(|e| e.net(config.source_span))?;
    if let Raw::Arrays { train, test: Some(test) } = &raw {
        own_test::check(train, test).map_err(|e| e.net(config.source_span))?;
    }
    let raw = match &settings.classes {
        Some(classes) => super::only::only(raw, classes).map_err(|e| e.net(classes.span))?,
        None => raw,
    };
    numbered(&raw).map_err(|e| e.net(config.source_span))?;
    let listed = settings.split.as_ref().map(|split| listed(config, &raw, split, search)).transpose()?;
    let groups = match &raw {
        Raw::Table(table) => table.groups.as_ref().map(Groups::of),
        Raw::Arrays { .. } => None,
    };
    Ok(Opened { config, raw, listed: listed.flatten(), groups })
}

/// Rows are numbered in 32 bits.
fn numbered(raw: &Raw) -> Result<(), DataError> {
    let rows = match raw {
        Raw::Table(table) => table.rows,
        Raw::Arrays { train, test } => train.rows.max(test.as_ref().map_or(0, |test| test.rows)),
    };
    match u32::try_from(rows) {
        Ok(_) => Ok(()),
        Err(_) => Err(DataError::new("E0540", format!("{rows} rows are more than can be numbered"))
            .help("use 4 billion rows at most")),
    }
}

/// The rows of index files, if the division is by them.
fn listed(
    config: &DataConfig,
    raw: &Raw,
    split: &Split,
    search: &Search,
) -> Result<Option<Listed>, DataError> {
    let Division::Given { prefix, number } = &split.division else { return Ok(None) };
    given_rows(config, raw, prefix, *number, search).map(Some).map_err(|e| e.net(split.span))
}

fn given_rows(
    config: &DataConfig,
    raw: &Raw,
    prefix: &str,
    number: Option<usize>,
    search: &Search,
) -> Result<Listed, DataError> {
    let rows = match raw {
        Raw::Table(table) if table.dropped > 0 => {
            return Err(DataError::new(
                "E0537",
                "rows were left out, so the index files' numbers no longer fit",
            )
            .note(format!("{} had missing values", error::counted(table.dropped, "row")))
            .help("write `missing=mean`"));
        }
        Raw::Table(table) => table.rows,
        Raw::Arrays { train, .. } => train.rows,
    };
    let file = search.find(config.source.file().unwrap_or_default())?;
    index::read(file.parent().unwrap_or(&file), prefix, number, rows)
}

/// One way to divide the rows.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Divided {
    pub train: usize,
    pub valid: usize,
    pub test: usize,
    /// Equal where all three parts hold the same rows.
    pub rows: u64,
}

impl Opened<'_> {
    /// Sizes, names and kinds.
    ///
    /// # Errors
    /// E0534 if the rows cannot be divided as the file says.
    pub fn schema(&self) -> Result<DataSchema, DataError> {
        let schema = match &self.raw {
            Raw::Table(table) => DataSchema::of_table(table),
            Raw::Arrays { train, test } => DataSchema::of_arrays(train, test.as_ref(), self.class_names()),
        };
        let (rows, own_test) = self.rows();
        let parts = self.parts(rows, None, own_test > 0)?;
        let groups = self.groups.as_ref().map(|groups| groups.grouped(&parts));
        Ok(DataSchema { groups, ..schema.with_rows(&parts, own_test) })
    }

    /// Rows to be divided, and rows of a test part of the source's own.
    fn rows(&self) -> (usize, usize) {
        match &self.raw {
            Raw::Table(table) => (table.rows, 0),
            Raw::Arrays { train, test } => (train.rows, test.as_ref().map_or(0, |test| test.rows)),
        }
    }

    /// What these divisions of the rows come to for a net, without encoding any row.
    ///
    /// # Errors
    /// E0534 if the rows cannot be divided like that, E0520 and E0537 of index files, E0524 for a column without a value in a training
    /// part, E0531 and E0532 for a target that does not fit the net.
    pub fn divisions(
        &self,
        splits: impl Iterator<Item = Split>,
        target: Want,
        search: &Search,
    ) -> Result<Vec<Divided>, DataError> {
        let at = |e: DataError| e.net(self.config.source_span);
        let whole = match &self.raw {
            Raw::Table(table) => target::from_columns(&table.target, target),
            Raw::Arrays { train, test } => {
                if let Some(test) = test {
                    target::from_array(&test.target, target, &test.target_file).map_err(at)?;
                }
                target::from_array(&train.target, target, &train.target_file)
            }
        };
        let (rows, own_test) = self.rows();
        let strata = whole.map_err(at)?.strata();
        let divided = |split: Split| {
            let listed = listed(self.config, &self.raw, &split, search)?;
            let parts = self.divided(rows, Some(&split), strata.as_deref(), listed, own_test > 0)?;
            if let Raw::Table(table) = &self.raw {
                fit::all_known(&table.inputs, &parts.train).map_err(at)?;
            }
            Ok(Divided {
                train: parts.train.len(),
                valid: parts.valid.len(),
                test: parts.test.len() + own_test,
                rows: FxBuildHasher.hash_one((&parts.train, &parts.valid, &parts.test)),
            })
        };
        splits.map(divided).collect()
    }

    /// Those that the file chose among.
    fn class_names(&self) -> Option<&[String]> {
        self.config.settings.classes.as_ref().map(|classes| classes.names.as_slice())
    }

    fn parts(&self, rows: usize, strata: Option<&[u32]>, own_test: bool) -> Result<Parts, DataError> {
        self.divided(rows, self.config.settings.split.as_ref(), strata, self.listed.clone(), own_test)
    }

    /// Whole groups where the file keeps them, which come before classes in proportion.
    fn divided(
        &self,
        rows: usize,
        split: Option<&Split>,
        strata: Option<&[u32]>,
        listed: Option<Listed>,
        own_test: bool,
    ) -> Result<Parts, DataError> {
        let own_valid = match &self.raw {
            Raw::Arrays { train, .. } => train.own_valid,
            Raw::Table(_) => 0,
        };
        let parts = match (split, &self.groups) {
            (split, _) if own_valid > 0 => divide::own(rows, own_valid, split),
            (Some(split), Some(groups)) => groups.divide(split),
            _ => divide::divide(rows, split, strata, listed, own_test),
        };
        parts.map_err(|e| if let Some(split) = split { e.net(split.span) } else { e })
    }

    /// Divides, fits and encodes for a net.
    ///
    /// # Errors
    /// E0531 to E0536: targets or inputs that do not fit the net.
    pub fn dataset(self, need: &Need) -> Result<Dataset, DataError> {
        let source = self.config.source_span;
        let encoded = self.encoded(need).and_then(|dataset| finite::check(&dataset).map(|()| dataset));
        encoded.map_err(|e| e.net(source))
    }

    fn encoded(self, need: &Need) -> Result<Dataset, DataError> {
        let schema = self.schema()?;
        let settings = &self.config.settings;
        let normalize_target = settings.normalize.is_some_and(|n| n.target);
        let inputs = natural(need, &schema);
        check_inputs(&inputs, &schema)?;
        // A number is 4 bytes for the net; a row has its target and its number. Rows of 32-bit numbers and of bytes stay where they are.
        let held = match &self.raw {
            Raw::Arrays { train, .. }
                if train.data.precision() != Precision::Long || !train.data.is_held() =>
            {
                0
            }
            _ => schema.features(),
        };
        let a_row = held.saturating_add(2).saturating_mul(4);
        memory::check(memory::product(&[schema.rows, a_row]))?;
        match &self.raw {
            Raw::Table(table) => {
                let at = |e: DataError| if let Some(file) = &table.file { e.file(file) } else { e };
                let whole = target::from_columns(&table.target, need.target).map_err(at)?;
                let parts = self.parts(table.rows, whole.strata().as_deref(), false)?;
                let columns = fit::columns(&table.inputs, &parts.train, settings, table.fills).map_err(at)?;
                let rule = whole.rule(&parts.train, normalize_target);
                let named =
                    |c: usize, e: DataError| at(e.column(table.target[c].number, &table.target[c].name));
                whole.told_apart(&rule, named)?;
                let mut encoded = encode_table(table, &columns, &inputs);
                if need.raw {
                    keep_raw(table, &columns, &inputs, &mut encoded);
                }
                let target = Arc::new(in_training_units(&whole, &rule));
                let part =
                    |rows: &Vec<u32>| Part::new(rows.as_slice().into(), encoded.clone(), target.clone());
                let some = |rows: &Vec<u32>| (!rows.is_empty()).then(|| part(rows));
                let (train, valid, test) = (part(&parts.train), some(&parts.valid), some(&parts.test));
                let fields = Fields::Table { format: table.format.clone(), columns };
                Ok(Dataset {
                    train,
                    valid,
                    test,
                    transform: Transform { inputs, fields, target: rule, pictures: None },
                    schema,
                })
            }
            Raw::Arrays { .. } => self.arrays_dataset(need, schema, inputs, normalize_target),
        }
    }

    fn arrays_dataset(
        self,
        need: &Need,
        schema: DataSchema,
        inputs: Vec<InputShape>,
        normalize_target: bool,
    ) -> Result<Dataset, DataError> {
        let settings = &self.config.settings;
        let Raw::Arrays { train, test } = &self.raw else {
            return Err(DataError::new("E0533", "the source has no arrays"));
        };
        let whole = target::from_array(&train.target, need.target, &train.target_file)?;
        let own =
            test.as_ref().map(|t| target::from_array(&t.target, need.target, &t.target_file)).transpose()?;
        if let (Want::Class(k), Some(classes)) = (need.target, schema.classes.as_ref())
            && classes.len() != k
        {
            let last = classes.len().saturating_sub(1);
            let message = format!("the labels go from 0 to {last}, the net's output says class[{k}]");
            let error = DataError::new("E0532", message).file(&train.target_file);
            let advice = advice::fitting_classes(classes, schema.rows);
            return Err(advice.notes.into_iter().fold(error, DataError::note).help(advice.help));
        }
        let parts = self.parts(train.rows, whole.strata().as_deref(), test.is_some())?;
        let rule = whole.rule(&parts.train, normalize_target).with_names(self.class_names());
        whole.told_apart(&rule, |c, e| e.file(&train.target_file).column(c + 1, ""))?;
        let array_rule = fit::array(train, &parts.train, settings)?;
        let Raw::Arrays { train, test } = self.raw else {
            return Err(DataError::new("E0533", "the source has no arrays"));
        };
        let stores = vec![super::arrays::apply(train.data, &array_rule, &inputs[0], need.raw)?];
        let target = Arc::new(in_training_units(&whole, &rule));
        let part = |rows: &Vec<u32>| {
            (!rows.is_empty()).then(|| Part::new(rows.as_slice().into(), stores.clone(), target.clone()))
        };
        let (first, valid, cut_test) = (part(&parts.train), part(&parts.valid), part(&parts.test));
        let own_test = test.zip(own).map(|(test, whole)| {
            let stores = vec![super::arrays::apply(test.data, &array_rule, &inputs[0], false)?];
            Ok::<Part, DataError>(Part::of_first(test.rows, stores, in_training_units(&whole, &rule)))
        });
        let own_test = own_test.transpose()?;
        let train = first.ok_or_else(|| DataError::new("E0534", "no row is left to train on"))?;
        let pictures = self.config.source.has_pictures().then_some(settings.pictures);
        let transform = Transform { inputs, fields: Fields::Array(array_rule), target: rule, pictures };
        Ok(Dataset { train, valid, test: own_test.or(cut_test), transform, schema })
    }
}

/// The net's inputs; one called `x` in the data's own shape where the caller has no net.
fn natural(need: &Need, schema: &DataSchema) -> Vec<InputShape> {
    match need.inputs.is_empty() {
        true => vec![InputShape { name: "x".into(), shape: schema.shape.clone() }],
        false => need.inputs.clone(),
    }
}

fn check_inputs(inputs: &[InputShape], schema: &DataSchema) -> Result<(), DataError> {
    let wanted: usize = inputs.iter().map(InputShape::width).sum();
    let found = schema.features();
    let is_array = schema.columns.is_empty();
    if wanted == found && (inputs.len() == 1 || !is_array) {
        return Ok(());
    }
    if is_array && inputs.len() > 1 {
        return Err(DataError::new("E0533", "arrays feed one input, the net has several")
            .help("use a table, or one input and `reshape`"));
    }
    let shown: Vec<String> = inputs.iter().map(|i| format!("{}: {:?}", i.name, i.shape)).collect();
    let error =
        DataError::new("E0533", format!("a row gives {found} numbers, the net's input takes {wanted}"))
            .note(format!("the input is {}", shown.join(", ")));
    let error = if is_array { error.note(format!("a row's shape is {:?}", schema.shape)) } else { error };
    let advice = schema.fitting_input(wanted);
    Err(advice.notes.into_iter().fold(error, DataError::note).help(advice.help))
}

/// Encodes all rows and deals their numbers out to the net's inputs.
fn encode_table(table: &Table, rules: &[ColumnRule], inputs: &[InputShape]) -> Vec<Input> {
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
fn keep_raw(table: &Table, rules: &[ColumnRule], inputs: &[InputShape], encoded: &mut [Input]) {
    let plain = |rule: &ColumnRule| match &rule.rule {
        CellRule::Number { fill, .. } => {
            ColumnRule { rule: CellRule::Number { scale: 1.0, shift: 0.0, fill: *fill }, ..rule.clone() }
        }
        CellRule::Category { .. } => rule.clone(),
    };
    let plain: Vec<ColumnRule> = rules.iter().map(plain).collect();
    if plain == rules {
        return;
    }
    let pairs = rules.iter().flat_map(|rule| match &rule.rule {
        CellRule::Number { scale, shift, .. } => vec![Affine { scale: *scale, shift: *shift }],
        CellRule::Category { names, .. } => vec![Affine::SAME; names.len()],
    });
    let mut pairs = pairs.collect::<Vec<_>>().into_iter();
    for (input, raw) in encoded.iter_mut().zip(encode_table(table, &plain, inputs)) {
        let width = input.width();
        let rule = ArrayRule { width, pairs: pairs.by_ref().take(width).collect() };
        input.raw = Some(super::dataset::Raw { store: raw.store, rule });
    }
}

/// A missing cell has a filling in its rule, for a table without one refuses such rows while it is read.
fn encode_cell(cells: &Cells, row: usize, rule: &CellRule, out: &mut [f32]) {
    match cells {
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
fn in_training_units(whole: &Whole, rule: &TargetRule) -> Target {
    match (whole, rule) {
        (Whole::Classes { codes, .. }, _) => Target::Classes(codes.clone()),
        (Whole::Bits { data, columns, .. }, _) => Target::Bits { data: data.clone(), width: columns.len() },
        (Whole::Real { data, columns }, rule) => {
            let width = columns.len();
            let (mean, sd): (&[f64], &[f64]) = match rule {
                TargetRule::Real { mean, sd, .. } => (mean, sd),
                _ => (&[], &[]),
            };
            let value = |(i, y): (usize, &f64)| {
                let (mean, sd) = (mean.get(i % width), sd.get(i % width));
                ((y - mean.copied().unwrap_or(0.0)) / sd.copied().unwrap_or(1.0)) as f32
            };
            Target::Real { data: data.iter().enumerate().map(value).collect(), width }
        }
    }
}
