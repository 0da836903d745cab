//! Predictions of many rows, in order: as CSV, as JSON lines, as a NumPy array.
//!
//! Columns: of `class[K]` the likeliest class and K probabilities; of `bits[K]` K probabilities; of `real[D]` D numbers; of
//! `normal[D]` D means and D standard deviations; numbers are in the target's own units. Monte-Carlo dropout adds columns that say how
//! uncertain a row is.
//!
//! A normalised target has its level put on here, in 64 bits: a net knows its distance from the level to seven digits, whatever the level.

use serde_json::{Map, Value as Json, json};

use crate::run::predictions::{mc::Note, sampling::Drawn};
use crate::{
    data::TargetRule,
    model::{Interval, Output, OutputKind, Precision},
    runtime::predictive,
    vocab::exactly,
};

/// The column that says which rows are refused; 0 or 1 in arrays.
const ABSTAIN: &str = "abstain";

/// What the numbers of a column are called, and how many decimals say something: none where they are 32-bit numbers, which say it themselves.
#[derive(Clone, Debug, PartialEq)]
struct Column {
    name: String,
    decimals: Option<usize>,
}

/// Rows of named numbers, with a class each where classes are predicted.
#[derive(Clone, Debug, PartialEq)]
pub struct Predictions {
    /// Name of the column of classes.
    class: Option<String>,
    columns: Vec<Column>,
    /// Row-major.
    values: Vec<f64>,
    /// What is said of the rows beside the outputs: their uncertainty.
    notes: Vec<Column>,
    /// Row-major.
    noted: Vec<f64>,
    /// Of each row, where there are samples.
    pub drawn: Option<Drawn>,
    /// Rows that are marked as too uncertain to be answered, where a rule asks for it.
    refused: Option<Vec<bool>>,
}

impl Predictions {
    /// `values` are interpreted outputs, `[rows, width]`: numbers from the target's level.
    pub(in crate::run) fn new(output: &Output, target: &TargetRule, values: Vec<f32>) -> Self {
        let width = output.kind.width();
        let named = |names: &[String], count: usize| -> Vec<Column> {
            let numbered = |i: usize| {
                if count == 1 { output.name.clone() } else { format!("{}_{}", output.name, i + 1) }
            };
            let name = |i: usize| {
                names.get(i).filter(|name| !name.is_empty()).cloned().unwrap_or_else(|| numbered(i))
            };
            (0..count).map(|i| Column { name: name(i), decimals: decimals(target, i) }).collect()
        };
        let (class, columns) = match (output.kind.classes(), target) {
            (Some(k), TargetRule::Classes { column, names }) => {
                let class = if column.is_empty() { output.name.clone() } else { column.clone() };
                (Some(class), named(names, k))
            }
            (_, TargetRule::Real { columns, .. }) if output.kind.says_spread() => {
                let means = named(columns, output.kind.outputs());
                let spread = |mean: &Column| Column { name: format!("{}_sd", mean.name), decimals: None };
                let spreads: Vec<Column> = means.iter().map(spread).collect();
                (None, [means, spreads].concat())
            }
            (_, TargetRule::Real { columns, .. } | TargetRule::Bits { columns, .. }) => {
                (None, named(columns, width))
            }
            (_, TargetRule::Classes { .. }) => (None, named(&[], width)),
        };
        let raised = |(i, x): (usize, f32)| target.raised(i % width, f64::from(x));
        let values = values.into_iter().enumerate().map(raised).collect();
        Self { class, columns, values, notes: Vec::new(), noted: Vec::new(), drawn: None, refused: None }
    }

    /// With notes on each row: `noted` are their values, `[rows, notes]`.
    pub(in crate::run) fn noted(self, notes: Vec<Note>, mut noted: Vec<f64>, target: &TargetRule) -> Self {
        let outputs: Vec<Option<usize>> = notes.iter().map(|note| note.output).collect();
        for (x, output) in noted.iter_mut().zip(outputs.iter().cycle()) {
            *x = output.map_or(*x, |d| target.raised(d, *x));
        }
        let column =
            |note: Note| Column { name: note.name, decimals: note.output.and_then(|d| decimals(target, d)) };
        Self { notes: notes.into_iter().map(column).collect(), noted, ..self }
    }

    /// With marks on rows that are refused.
    pub(in crate::run) fn refusing(self, refused: Vec<bool>) -> Self {
        Self { refused: Some(refused), ..self }
    }

    /// How many rows are marked.
    #[must_use]
    pub fn refused(&self) -> Option<usize> {
        self.refused.as_ref().map(|marks| marks.iter().filter(|mark| **mark).count())
    }

    pub(in crate::run) fn has_classes(&self) -> bool {
        self.class.is_some()
    }

    /// How many classes are told apart, where classes are predicted.
    pub(in crate::run) fn classes(&self) -> Option<usize> {
        self.class.as_ref().map(|_| self.columns.len())
    }

    /// A measure of uncertainty of each row, one number for each output that has it: of classes from their probabilities where no
    /// note says it. None if nothing here says it.
    pub(in crate::run) fn measured(&self, measure: &str) -> Option<Vec<Vec<f64>>> {
        let named = |column: &Column| {
            let own = |output: &Column| column.name == format!("{}_{measure}", output.name);
            column.name == measure || self.columns.iter().any(own)
        };
        let at = |columns: &[Column]| -> Vec<usize> {
            (0..columns.len()).filter(|i| named(&columns[*i])).collect()
        };
        let of_outputs = if self.class.is_some() { Vec::new() } else { at(&self.columns) };
        let of_notes = at(&self.notes);
        if !(of_outputs.is_empty() && of_notes.is_empty()) {
            let pick = |from: &[f64], at: &[usize]| at.iter().map(|i| from[*i]).collect::<Vec<f64>>();
            return Some(
                self.noted_rows()
                    .map(|(row, notes)| [pick(row, &of_outputs), pick(notes, &of_notes)].concat())
                    .collect(),
            );
        }
        let of_classes = |f: fn(&[f64]) -> f64| Some(self.rows().map(|row| vec![f(row)]).collect());
        match measure {
            "confidence" if self.class.is_some() => of_classes(|p| p.iter().copied().fold(0.0, f64::max)),
            "entropy" if self.class.is_some() => of_classes(|p| predictive::entropy(p.iter().copied())),
            _ => None,
        }
    }

    /// From so many samples.
    pub(in crate::run) fn drawn(self, drawn: Drawn) -> Self {
        Self { drawn: Some(drawn), ..self }
    }

    /// With intervals around the numbers of one pass, whose spread a precision says or the net itself.
    pub(in crate::run) fn with_interval(self, kind: OutputKind, interval: Option<Interval>) -> Self {
        let Some(interval) = interval else { return self };
        let reach = predictive::quantile(0.5 * (1.0 + interval.share), &[0.0], |_| 1.0);
        let count = kind.outputs();
        let sd = |row: &[f64], d: usize| match kind.says_spread() {
            true => row[count + d],
            false => interval
                .precision
                .and_then(Precision::known)
                .map_or(f64::NAN, |precision| precision.powf(-0.5)),
        };
        let ends = |row: &[f64], d: usize| [-1.0, 1.0].map(|sign| row[d] + sign * reach * sd(row, d));
        let noted = self.rows().flat_map(|row| (0..count).flat_map(move |d| ends(row, d))).collect();
        let named = |column: &Column, end: &str| Column {
            name: format!("{}_{end}", column.name),
            decimals: column.decimals,
        };
        let notes = self.columns[..count].iter();
        let notes = notes.flat_map(|column| [named(column, "low"), named(column, "high")]).collect();
        Self { notes, noted, ..self }
    }

    /// Names of the first `count` outputs.
    pub(in crate::run) fn names(&self, count: usize) -> Vec<String> {
        self.columns[..count].iter().map(|column| column.name.clone()).collect()
    }

    /// The numbers of each row.
    pub fn rows(&self) -> impl Iterator<Item = &[f64]> {
        self.values.chunks_exact(self.columns.len())
    }

    /// The numbers and the notes of each row.
    fn noted_rows(&self) -> impl Iterator<Item = (&[f64], &[f64])> {
        let width = self.notes.len();
        self.rows().enumerate().map(move |(i, row)| (row, &self.noted[i * width..(i + 1) * width]))
    }

    /// The name of the likeliest class.
    fn likeliest(&self, row: &[f64]) -> &str {
        let mut best = 0;
        for (i, p) in row.iter().enumerate() {
            if *p > row[best] {
                best = i;
            }
        }
        &self.columns[best].name
    }

    /// With a header.
    pub fn csv(&self) -> String {
        let mut out = String::new();
        let header = self.columns.iter().chain(&self.notes).map(|column| column.name.as_str());
        let abstain = self.refused.as_ref().map(|_| ABSTAIN);
        line(&mut out, self.class.as_deref().into_iter().chain(header).chain(abstain));
        for (i, (row, notes)) in self.noted_rows().enumerate() {
            let cells = self.columns.iter().zip(row).chain(self.notes.iter().zip(notes));
            let numbers: Vec<String> = cells.map(|(column, x)| column.text(*x)).collect();
            let class = self.class.as_ref().map(|_| self.likeliest(row));
            let mark = self.refused.as_ref().map(|marks| if marks[i] { "true" } else { "false" });
            line(&mut out, class.into_iter().chain(numbers.iter().map(String::as_str)).chain(mark));
        }
        out
    }

    /// One object a line; classes have their probabilities beside them.
    pub fn json(&self) -> String {
        let object = |(i, (row, notes)): (usize, (&[f64], &[f64]))| {
            let numbers = named(&self.columns, row);
            let mut object = match &self.class {
                None => numbers,
                Some(class) => Map::from_iter([
                    (class.clone(), json!(self.likeliest(row))),
                    ("probability".into(), Json::Object(numbers)),
                ]),
            };
            object.extend(named(&self.notes, notes));
            object.extend(self.refused.iter().map(|marks| (ABSTAIN.into(), json!(marks[i]))));
            Json::Object(object)
        };
        self.noted_rows().enumerate().map(|row| format!("{}\n", object(row))).collect()
    }

    /// `[rows, columns]`, little-endian, rows first: the columns of the CSV but for the class. 64-bit numbers where a target's level is on
    /// them, else 32-bit.
    ///
    /// # Errors
    /// What writing says.
    pub fn npy(&self) -> std::io::Result<Vec<u8>> {
        let mark = |i: usize| self.refused.iter().map(move |marks| f64::from(u8::from(marks[i])));
        let rows = self.noted_rows().enumerate();
        let rows = rows.flat_map(|(i, (row, notes))| row.iter().chain(notes).copied().chain(mark(i)));
        let width = self.columns.len() + self.notes.len() + usize::from(self.refused.is_some());
        let shape = [(self.values.len() / self.columns.len()) as u64, width as u64];
        match self.columns.iter().any(|column| column.decimals.is_some()) {
            true => array(&shape, rows),
            false => array(&shape, rows.map(|x| x as f32)),
        }
    }
}

fn array<T: npyz::AutoSerialize>(
    shape: &[u64],
    numbers: impl Iterator<Item = T>,
) -> std::io::Result<Vec<u8>> {
    use npyz::WriterBuilder;
    let mut bytes = Vec::new();
    let mut writer = npyz::WriteOptions::new().default_dtype().shape(shape).writer(&mut bytes).begin_nd()?;
    writer.extend(numbers)?;
    writer.finish()?;
    Ok(bytes)
}

/// How many decimals of output `d` say something where its target is normalised: what 32 bits tell apart at one deviation from the mean.
fn decimals(target: &TargetRule, d: usize) -> Option<usize> {
    let (level, unit) = (target.level().get(d)?, target.units().get(d)?);
    let last = (unit * f64::from(f32::EPSILON)).log10().floor();
    ((*level, *unit) != (0.0, 1.0)).then_some((-last).clamp(0.0, 300.0) as usize)
}

impl Column {
    /// A number with the digits that say something.
    fn text(&self, x: f64) -> String {
        match self.decimals {
            Some(decimals) => exactly(format!("{x:.decimals$}").parse::<f64>().unwrap_or(x) + 0.0),
            None => exactly(x as f32 + 0.0),
        }
    }
}

/// What is not finite becomes null.
fn named(columns: &[Column], values: &[f64]) -> Map<String, Json> {
    let number = |column: &Column, x: f64| column.text(x).parse::<f64>().map_or(Json::Null, |x| json!(x));
    columns.iter().zip(values).map(|(column, x)| (column.name.clone(), number(column, *x))).collect()
}

/// Fields with a comma, a quote or a line end are quoted.
fn line<'a>(out: &mut String, fields: impl Iterator<Item = &'a str>) {
    for (i, field) in fields.enumerate() {
        if i > 0 {
            out.push(',');
        }
        if field.contains([',', '"', '\n', '\r']) {
            out.push('"');
            out.push_str(&field.replace('"', "\"\""));
            out.push('"');
        } else {
            out.push_str(field);
        }
    }
    out.push('\n');
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{diag::Span, model::NodeId};

    fn output(kind: OutputKind) -> Output {
        Output { name: "y".into(), kind, source: NodeId(0), span: Span::default() }
    }

    #[test]
    fn classes_have_names_and_probabilities() {
        let target = TargetRule::Classes { column: "kind".into(), names: vec!["a, b".into(), "c".into()] };
        let predictions =
            Predictions::new(&output(OutputKind::class(2)), &target, vec![0.75, 0.25, 0.5, 0.5, 0.0, 1.0]);
        assert_eq!(predictions.csv(), "kind,\"a, b\",c\n\"a, b\",0.75,0.25\n\"a, b\",0.5,0.5\nc,0,1\n");
        let first = predictions.json().lines().next().map(str::to_string);
        assert_eq!(first.as_deref(), Some(r#"{"kind":"a, b","probability":{"a, b":0.75,"c":0.25}}"#));
    }

    #[test]
    fn normals_have_a_spread() {
        let target = TargetRule::Real { columns: vec![String::new()], mean: vec![0.0], sd: vec![1.0] };
        let predictions = Predictions::new(&output(OutputKind::normal(1)), &target, vec![1.5, 0.25]);
        assert_eq!(predictions.csv(), "y,y_sd\n1.5,0.25\n");
        assert_eq!(predictions.json(), "{\"y\":1.5,\"y_sd\":0.25}\n");
    }

    /// Seconds since 1970: 32 bits would hold one number in 128.
    #[test]
    fn a_level_is_put_on_in_64_bits() {
        let target = TargetRule::Real { columns: vec!["t".into()], mean: vec![1.7e9 + 0.25], sd: vec![3.7] };
        let low = Note { name: "t_low".into(), value: -4.5, output: Some(0) };
        let sd = Note { name: "t_epistemic_sd".into(), value: f64::from(0.4_f32), output: None };
        let predictions = Predictions::new(&output(OutputKind::real(1)), &target, vec![3.0, -2.25]).noted(
            vec![low, sd],
            vec![-4.5, f64::from(0.4_f32), -8.0, 2.6e-17],
            &target,
        );
        assert_eq!(
            predictions.csv(),
            "t,t_low,t_epistemic_sd\n1700000003.25,1699999995.75,0.4\n1699999998,1699999992.25,2.6e-17\n"
        );
        let first = r#"{"t":1700000003.25,"t_epistemic_sd":0.4,"t_low":1699999995.75}"#;
        assert_eq!(predictions.json().lines().next(), Some(first));
        let bytes = predictions.npy().unwrap();
        let read = npyz::NpyFile::new(&bytes[..]).unwrap().into_vec::<f64>().unwrap();
        assert_eq!(read[..2], [1_700_000_003.25, 1_699_999_995.75]);
        let ends = Predictions::new(&output(OutputKind::real(1)), &target, vec![3.0]).with_interval(
            OutputKind::real(1),
            Some(Interval { share: 0.95, precision: Some(Precision::Known(4.0)) }),
        );
        assert_eq!(ends.csv(), "t,t_low,t_high\n1700000003.25,1700000002.270018,1700000004.229982\n");
    }

    #[test]
    fn small_probabilities_are_short() {
        let target = TargetRule::Bits { columns: vec!["b".into()], names: None };
        let predictions = Predictions::new(&output(OutputKind::bits(1)), &target, vec![2.597_077_1e-17, 0.5]);
        assert_eq!(predictions.csv(), "b\n2.5970771e-17\n0.5\n");
    }

    #[test]
    fn arrays_are_read_back() {
        let target = TargetRule::Real { columns: Vec::new(), mean: vec![0.0; 2], sd: vec![1.0; 2] };
        let predictions = Predictions::new(&output(OutputKind::real(2)), &target, vec![1.0, 2.0, 3.0, 4.0]);
        let bytes = predictions.npy().unwrap();
        let read = npyz::NpyFile::new(&bytes[..]).unwrap();
        assert_eq!(read.shape(), [2, 2]);
        assert_eq!(read.into_vec::<f32>().unwrap(), [1.0, 2.0, 3.0, 4.0]);
        assert_eq!(predictions.csv().lines().next(), Some("y_1,y_2"));
    }
}
