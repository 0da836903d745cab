//! The fitted way from raw cells to the numbers a net sees, and back from its outputs to the target's own units.
//!
//! Invariant: training and prediction go through the same [`Transform`], so a row gives the same 32-bit inputs in both. It is
//! plain data (lists and numbers) that a checkpoint carries.

use serde::{Deserialize, Serialize};

use super::dates::Dates;
use super::encode::Dealt;
use super::need::Lengths;
use super::pictures::Prepare;
use super::raw::{Delimiter, Format, MISSING};
use super::scaler::Curve;
use super::sound::Hearing;
use super::texts::TextRule;
use super::units::Units;

/// Everything that raw rows need.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Transform {
    /// The net's inputs; a row's numbers fill them one after another.
    pub inputs: Vec<InputShape>,
    pub fields: Fields,
    pub target: TargetRule,
    /// What becomes of a picture file before it is a row.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub pictures: Option<Prepare>,
    /// What becomes of a sound file before it is a row.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub sounds: Option<Hearing>,
    /// Height and width of what the net sees of the middle of each row, where `inputs` are larger pictures.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub middle: Option<[usize; 2]>,
    /// Whether that is resized: the largest window in the middle of its proportions.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub resized: bool,
    /// The input whose rows have lengths.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub lengths: Option<Lengths>,
}

/// One input of the net; the shape is without the rows.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct InputShape {
    pub name: String,
    pub shape: Vec<usize>,
    /// How many categories it has, where it is a column of them; it is called as the column is.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub categories: Option<usize>,
}

impl InputShape {
    /// Of numbers.
    pub fn new(name: &str, shape: &[usize]) -> Self {
        Self { name: name.into(), shape: shape.to_vec(), categories: None }
    }

    pub fn width(&self) -> usize {
        self.shape.iter().product()
    }

    /// Numbers of a row that it stands for: a category for as many as there are.
    pub fn stands_for(&self) -> usize {
        self.categories.unwrap_or_else(|| self.width())
    }
}

/// What a row consists of.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub enum Fields {
    Table { format: Format, columns: Vec<ColumnRule> },
    Array(ArrayRule),
    Text(TextRule),
}

/// One input column of a table.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct ColumnRule {
    pub name: String,
    /// From 1, in the source.
    pub number: usize,
    pub rule: CellRule,
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub enum CellRule {
    /// `x * scale + shift`; `fill` (a raw value) stands for a missing cell.
    Number { scale: f64, shift: f64, fill: Option<f64> },
    /// The same of a number's logarithm.
    Curved { curve: Curve, scale: f64, shift: f64, fill: Option<f64> },
    /// One input a name: 1 for the cell's name, 0 for the others.
    Category { names: Vec<String>, fill: Option<u32> },
    /// The place of the cell's word among `names`, of which a net has a vector; behind them all of one that training never saw, for which zeros stand.
    Code { names: Vec<String>, fill: Option<u32> },
    /// The place of the cell's word among `names`, as a number.
    Ordered { names: Vec<String>, scale: f64, shift: f64, fill: Option<f64> },
    /// The parts of a date, one pair each; `fill` is in days from 1970.
    Dates { dates: Dates, pairs: Vec<Affine>, fill: Option<f64> },
}

/// Arrays: element `i` of a row becomes `x * scale + shift` with pair `i % pairs.len()`; one pair for all, one a channel (the
/// last axis), or one an element.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct ArrayRule {
    pub width: usize,
    pub pairs: Vec<Affine>,
}

/// `y = x * scale + shift`.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct Affine {
    pub scale: f64,
    pub shift: f64,
}

/// What the outputs mean.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub enum TargetRule {
    /// Class `k` is called `names[k]`.
    Classes { column: String, names: Vec<String> },
    /// Numbers, which training sees in other units.
    Real {
        columns: Vec<String>,
        #[serde(flatten)]
        units: Units,
    },
    /// Output `d` is the probability of `columns[d]` being 1; `names` says what 0 and 1 are called where they have names.
    Bits { columns: Vec<String>, names: Option<[String; 2]> },
}

impl CellRule {
    /// How many inputs the cell becomes.
    pub fn width(&self) -> usize {
        match self {
            CellRule::Number { .. }
            | CellRule::Curved { .. }
            | CellRule::Ordered { .. }
            | CellRule::Code { .. } => 1,
            CellRule::Category { names, .. } => names.len(),
            CellRule::Dates { pairs, .. } => pairs.len(),
        }
    }

    /// A number, NaN if missing. `None` if it is missing and nothing stands for it.
    pub(super) fn number(&self, x: f64) -> Option<f32> {
        let (CellRule::Number { scale, shift, fill }
        | CellRule::Curved { scale, shift, fill, .. }
        | CellRule::Ordered { scale, shift, fill, .. }) = self
        else {
            return None;
        };
        let x = if x.is_nan() { (*fill)? } else { x };
        let x = self.curve().map_or(Some(x), |curve| curve.of(x)).unwrap_or(f64::NAN);
        Some((x * scale + shift) as f32)
    }

    /// Writes the parts of a date, NaN if missing. `None` if it is missing and nothing stands for it.
    pub(super) fn date(&self, days: f64, out: &mut [f32]) -> Option<()> {
        let CellRule::Dates { dates, pairs, fill } = self else { return None };
        let days = if days.is_nan() { (*fill)? } else { days };
        let numbers = dates.numbers(days);
        out.iter_mut().zip(numbers.iter().zip(pairs)).for_each(|(slot, (x, pair))| *slot = pair.seen(*x));
        Some(())
    }

    /// What becomes of a number before it is scaled.
    pub(super) fn curve(&self) -> Option<Curve> {
        if let CellRule::Curved { curve, .. } = self { Some(*curve) } else { None }
    }

    /// How its inputs are mapped from raw numbers, or from their logarithms, one pair each.
    pub(super) fn pairs(&self) -> Vec<Affine> {
        match self {
            CellRule::Number { scale, shift, .. }
            | CellRule::Curved { scale, shift, .. }
            | CellRule::Ordered { scale, shift, .. } => {
                vec![Affine { scale: *scale, shift: *shift }]
            }
            CellRule::Category { names, .. } => vec![Affine::SAME; names.len()],
            CellRule::Code { .. } => vec![Affine::SAME],
            CellRule::Dates { pairs, .. } => pairs.clone(),
        }
    }

    /// The same with its numbers as they are.
    pub(super) fn plain(&self) -> Self {
        match self.clone() {
            CellRule::Number { fill, .. } => CellRule::Number { scale: 1.0, shift: 0.0, fill },
            CellRule::Curved { curve, fill, .. } => CellRule::Curved { curve, scale: 1.0, shift: 0.0, fill },
            CellRule::Ordered { names, fill, .. } => {
                CellRule::Ordered { names, scale: 1.0, shift: 0.0, fill }
            }
            CellRule::Dates { dates, pairs, fill } => {
                CellRule::Dates { dates, pairs: vec![Affine::SAME; pairs.len()], fill }
            }
            category @ (CellRule::Category { .. } | CellRule::Code { .. }) => category,
        }
    }

    /// Writes a category's inputs; `code` may be [`MISSING`]. `None` if it is missing and nothing stands for it.
    pub(super) fn category(&self, code: u32, out: &mut [f32]) -> Option<()> {
        let (CellRule::Category { fill, .. } | CellRule::Code { fill, .. }) = self else { return None };
        let code = if code == MISSING { (*fill)? } else { code };
        if let CellRule::Code { .. } = self {
            out[0] = code as f32;
            return Some(());
        }
        out.fill(0.0);
        if let Some(slot) = out.get_mut(code as usize) {
            *slot = 1.0;
        }
        Some(())
    }

    /// Writes what stands for a category that training never saw.
    pub(super) fn unseen(&self, out: &mut [f32]) {
        out.fill(if let CellRule::Code { names, .. } = self { names.len() as f32 } else { 0.0 });
    }
}

impl CellRule {
    /// Whether its parts fit one another.
    fn is_sound(&self) -> bool {
        match self {
            CellRule::Dates { dates, pairs, .. } => dates.width() == pairs.len(),
            _ => true,
        }
    }
}

impl Affine {
    pub const SAME: Affine = Affine { scale: 1.0, shift: 0.0 };

    /// `(x * factor - mean) / sd`.
    pub fn standard(factor: f64, mean: f64, sd: f64) -> Self {
        Affine { scale: factor / sd, shift: -mean / sd }
    }

    /// What a net sees of a number.
    #[must_use]
    pub fn seen(&self, x: f64) -> f32 {
        (x * self.scale + self.shift) as f32
    }

    /// The number of which a net sees `x`.
    #[must_use]
    pub fn raw(&self, x: f64) -> f64 {
        (x - self.shift) / self.scale
    }
}

impl ArrayRule {
    /// Element `i` of a row.
    pub fn apply(&self, i: usize, x: f64) -> f32 {
        self.pairs[i % self.pairs.len()].seen(x)
    }
}

impl TargetRule {
    /// The units of real numbers.
    pub fn units(&self) -> Option<&Units> {
        if let TargetRule::Real { units, .. } = self { Some(units) } else { None }
    }

    /// Puts real outputs, rows of a number for each, into the target's own units, as distances from its level: with the level
    /// on it a 32-bit number would not hold what the net knows. Other targets stay as they are.
    pub fn to_units(&self, outputs: &mut [f32]) {
        self.change(outputs, Units::distance);
    }

    /// The way back from [`to_units`](Self::to_units).
    pub fn from_units(&self, outputs: &mut [f32]) {
        self.change(outputs, Units::seen_of_distance);
    }

    fn change(&self, outputs: &mut [f32], way: fn(&Units, usize, f64) -> f64) {
        let Some(units) = self.units() else { return };
        for row in outputs.chunks_mut(units.outputs()) {
            row.iter_mut().enumerate().for_each(|(d, x)| *x = way(units, d, f64::from(*x)) as f32);
        }
    }

    /// Output `d` in the target's own units, from its distance to the level.
    pub fn raised(&self, d: usize, distance: f64) -> f64 {
        self.units().map_or(0.0, |units| units.level(d)) + distance
    }

    /// The same with other names of classes, or of a bit's two values; `None` changes nothing.
    pub(super) fn with_names(mut self, given: Option<&[String]>) -> Self {
        match (&mut self, given) {
            (TargetRule::Classes { names, .. }, Some(given)) => *names = given.to_vec(),
            (TargetRule::Bits { names, .. }, Some([zero, one])) => *names = Some([zero.clone(), one.clone()]),
            _ => {}
        }
        self
    }
}

impl Transform {
    /// The inputs as the net sees them.
    #[must_use]
    pub fn seen(&self) -> Vec<InputShape> {
        let mut inputs = self.inputs.clone();
        if let (Some([height, width]), [input]) = (self.middle, inputs.as_mut_slice()) {
            input.shape.splice(..input.shape.len().min(2), [height, width]);
        }
        inputs
    }

    /// Whether rows are windows of one text.
    pub fn is_of_a_stream(&self) -> bool {
        matches!(&self.fields, Fields::Text(rule) if rule.is_of_a_stream())
    }

    /// Numbers of a row.
    pub fn width(&self) -> usize {
        self.inputs.iter().map(InputShape::width).sum()
    }

    /// Whether the parts fit one another; a transform that was fitted does, one that was read from a file might not.
    pub(super) fn is_sound(&self) -> bool {
        match &self.fields {
            Fields::Table { format, columns } => {
                let width: usize = columns.iter().map(|c| c.rule.width()).sum();
                // Cells end between characters.
                let is_ascii = !matches!(format.delimiter, Delimiter::Byte(byte) if !byte.is_ascii());
                is_ascii
                    && width == self.width()
                    && columns.iter().all(|c| (1..=format.width).contains(&c.number) && c.rule.is_sound())
                    && Dealt::of(columns, &self.inputs).is_some()
            }
            Fields::Array(rule) => rule.width == self.width() && !rule.pairs.is_empty(),
            Fields::Text(rule) => rule.is_sound() && self.inputs.len() == 1 && self.lengths.is_some(),
        }
    }

    /// The raw number of which the net sees `x`, where a row is one number.
    pub fn raw(&self, x: f64) -> Option<f64> {
        let Affine { scale, shift } = match &self.fields {
            Fields::Table { columns, .. } => match columns.as_slice() {
                [ColumnRule { rule: CellRule::Number { scale, shift, .. }, .. }] => {
                    Affine { scale: *scale, shift: *shift }
                }
                _ => return None,
            },
            Fields::Array(rule) => *rule.pairs.first().filter(|_| rule.width == 1)?,
            Fields::Text(_) => return None,
        };
        Some((x - shift) / scale)
    }

    /// How the numbers of an input are mapped: one pair for all of them, one a channel, or one a number.
    #[must_use]
    pub fn pairs(&self, input: usize) -> Vec<Affine> {
        let Fields::Table { columns, .. } = &self.fields else {
            return if let Fields::Array(rule) = &self.fields { rule.pairs.clone() } else { Vec::new() };
        };
        let of_numbers = |input: &&InputShape| input.categories.is_none();
        if !of_numbers(&&self.inputs[input]) {
            return vec![Affine::SAME];
        }
        let before: usize = self.inputs[..input].iter().filter(of_numbers).map(InputShape::width).sum();
        columns
            .iter()
            .filter(|column| !matches!(column.rule, CellRule::Code { .. }))
            .flat_map(|column| column.rule.pairs())
            .skip(before)
            .take(self.inputs[input].width())
            .collect()
    }

    pub fn class_names(&self) -> &[String] {
        match &self.target {
            TargetRule::Classes { names, .. } => names,
            _ => &[],
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn outputs_go_back_to_their_units() {
        let rule = TargetRule::Real {
            columns: vec!["a".into(), "b".into()],
            units: Units { mean: vec![10.0, 0.0], sd: vec![2.0, 1.0], curve: None },
        };
        let mut outputs = [0.0, 5.0, -1.0, 6.0];
        rule.to_units(&mut outputs);
        assert_eq!(outputs, [0.0, 5.0, -2.0, 6.0]);
        let raised: Vec<f64> =
            outputs.iter().enumerate().map(|(i, x)| rule.raised(i % 2, f64::from(*x))).collect();
        assert_eq!(raised, [10.0, 5.0, 8.0, 6.0]);
        rule.from_units(&mut outputs);
        assert_eq!(outputs, [0.0, 5.0, -1.0, 6.0]);
    }

    #[test]
    fn a_number_comes_back_from_what_the_net_sees() {
        let rule = CellRule::Number { scale: 1.0 / 58.0, shift: -1.7e9 / 58.0, fill: None };
        let transform = |rule: CellRule| Transform {
            inputs: vec![InputShape::new("x", &[1])],
            fields: Fields::Table {
                format: Format::plain(2),
                columns: vec![ColumnRule { name: "t".into(), number: 1, rule }],
            },
            target: TargetRule::Bits { columns: Vec::new(), names: None },
            pictures: None,
            sounds: None,
            middle: None,
            resized: false,
            lengths: None,
        };
        for seconds in [1_700_000_003.0, 1_699_999_998.0] {
            let seen = rule.number(seconds).unwrap();
            assert!((transform(rule.clone()).raw(f64::from(seen)).unwrap() - seconds).abs() < 1e-5);
        }
        assert_eq!(transform(CellRule::Category { names: vec!["a".into()], fill: None }).raw(0.0), None);
    }

    #[test]
    fn a_checkpoint_can_carry_it() {
        let transform = Transform {
            inputs: vec![InputShape::new("x", &[2, 2])],
            fields: Fields::Array(ArrayRule {
                width: 4,
                pairs: vec![Affine::standard(1.0 / 255.0, 0.1307, 0.3081)],
            }),
            target: TargetRule::Classes { column: "class".into(), names: vec!["a".into(), "b".into()] },
            pictures: None,
            sounds: None,
            middle: None,
            resized: false,
            lengths: None,
        };
        let text = serde_json::to_string(&transform).unwrap();
        assert_eq!(serde_json::from_str::<Transform>(&text).unwrap(), transform);
    }
}
