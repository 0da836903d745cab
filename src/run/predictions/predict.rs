//! Predictions of many rows, in order: as CSV, as JSON lines, as a NumPy array.
//!
//! Columns: of `class[K]` the likeliest class and K probabilities; of `bits[K]` K probabilities; of `real[D]` D numbers; of
//! `normal[D]` D means and D standard deviations; numbers are in the target's own units. Monte-Carlo dropout adds columns that say how
//! uncertain a row is.

use serde_json::{Map, Value as Json, json};

use crate::run::sampling::Drawn;
use crate::{
    data::TargetRule,
    model::{Interval, Output, OutputKind, Precision},
    runtime::predictive,
};

/// The column that says which rows are refused; 0 or 1 in arrays.
const ABSTAIN: &str = "abstain";

/// Rows of named numbers, with a class each where classes are predicted.
#[derive(Clone, Debug, PartialEq)]
pub struct Predictions {
    /// Name of the column of classes.
    class: Option<String>,
    columns: Vec<String>,
    /// Row-major.
    values: Vec<f32>,
    /// Names of what is said of the rows beside the outputs: their uncertainty.
    notes: Vec<String>,
    /// Row-major.
    noted: Vec<f32>,
    /// Of each row, where there are samples.
    pub drawn: Option<Drawn>,
    /// Rows that are marked as too uncertain to be answered, where a rule asks for it.
    refused: Option<Vec<bool>>,
}

impl Predictions {
    /// `values` are interpreted outputs, `[rows, width]`.
    pub(in crate::run) fn new(output: &Output, target: &TargetRule, values: Vec<f32>) -> Self {
        let width = output.kind.width();
        let named = |names: &[String], count: usize| -> Vec<String> {
            let numbered = |i: usize| {
                if count == 1 { output.name.clone() } else { format!("{}_{}", output.name, i + 1) }
            };
            let name = |i: usize| {
                names.get(i).filter(|name| !name.is_empty()).cloned().unwrap_or_else(|| numbered(i))
            };
            (0..count).map(name).collect()
        };
        let (class, columns) = match (output.kind, target) {
            (OutputKind::Class(k), TargetRule::Classes { column, names }) => {
                let class = if column.is_empty() { output.name.clone() } else { column.clone() };
                (Some(class), named(names, k))
            }
            (OutputKind::Normal(d), TargetRule::Real { columns, .. }) => {
                let means = named(columns, d);
                let spreads: Vec<String> = means.iter().map(|name| format!("{name}_sd")).collect();
                (None, [means, spreads].concat())
            }
            (_, TargetRule::Real { columns, .. } | TargetRule::Bits { columns, .. }) => {
                (None, named(columns, width))
            }
            (_, TargetRule::Classes { .. }) => (None, named(&[], width)),
        };
        Self { class, columns, values, notes: Vec::new(), noted: Vec::new(), drawn: None, refused: None }
    }

    /// With notes on each row, `[rows, names]`.
    pub(in crate::run) fn noted(self, notes: Vec<String>, noted: Vec<f32>) -> Self {
        Self { notes, noted, ..self }
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
        let named = |name: &String| {
            name == measure || self.columns.iter().any(|output| *name == format!("{output}_{measure}"))
        };
        let at =
            |names: &[String]| -> Vec<usize> { (0..names.len()).filter(|i| named(&names[*i])).collect() };
        let of_outputs = if self.class.is_some() { Vec::new() } else { at(&self.columns) };
        let of_notes = at(&self.notes);
        if !(of_outputs.is_empty() && of_notes.is_empty()) {
            let pick =
                |from: &[f32], at: &[usize]| at.iter().map(|i| f64::from(from[*i])).collect::<Vec<f64>>();
            return Some(
                self.noted_rows()
                    .map(|(row, notes)| [pick(row, &of_outputs), pick(notes, &of_notes)].concat())
                    .collect(),
            );
        }
        let of_classes = |f: fn(&[f32]) -> f64| Some(self.rows().map(|row| vec![f(row)]).collect());
        match measure {
            "confidence" if self.class.is_some() => {
                of_classes(|p| f64::from(p.iter().copied().fold(0.0, f32::max)))
            }
            "entropy" if self.class.is_some() => {
                of_classes(|p| predictive::entropy(p.iter().map(|p| f64::from(*p))))
            }
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
        let sd = |row: &[f32], d: usize| match kind {
            OutputKind::Normal(_) => f64::from(row[count + d]),
            _ => interval
                .precision
                .and_then(Precision::known)
                .map_or(f64::NAN, |precision| precision.powf(-0.5)),
        };
        let ends = |row: &[f32], d: usize| {
            let (mean, reach) = (f64::from(row[d]), reach * sd(row, d));
            [(mean - reach) as f32, (mean + reach) as f32]
        };
        let noted = self.rows().flat_map(|row| (0..count).flat_map(move |d| ends(row, d))).collect();
        let notes = self.names(count).iter().flat_map(|name| [format!("{name}_low"), format!("{name}_high")]);
        let notes = notes.collect();
        self.noted(notes, noted)
    }

    /// Names of the first `count` outputs.
    pub(in crate::run) fn names(&self, count: usize) -> &[String] {
        &self.columns[..count]
    }

    /// The numbers of each row.
    pub fn rows(&self) -> impl Iterator<Item = &[f32]> {
        self.values.chunks_exact(self.columns.len())
    }

    /// The numbers and the notes of each row.
    fn noted_rows(&self) -> impl Iterator<Item = (&[f32], &[f32])> {
        let width = self.notes.len();
        self.rows().enumerate().map(move |(i, row)| (row, &self.noted[i * width..(i + 1) * width]))
    }

    /// The name of the likeliest class.
    fn likeliest(&self, row: &[f32]) -> &str {
        let mut best = 0;
        for (i, p) in row.iter().enumerate() {
            if *p > row[best] {
                best = i;
            }
        }
        &self.columns[best]
    }

    /// With a header.
    pub fn csv(&self) -> String {
        let mut out = String::new();
        let header = self.class.iter().chain(&self.columns).chain(&self.notes);
        line(&mut out, header.map(String::as_str).chain(self.refused.as_ref().map(|_| ABSTAIN)));
        for (i, (row, notes)) in self.noted_rows().enumerate() {
            let numbers: Vec<String> = row.iter().chain(notes).map(f32::to_string).collect();
            let class = self.class.as_ref().map(|_| self.likeliest(row));
            let mark = self.refused.as_ref().map(|marks| if marks[i] { "true" } else { "false" });
            line(&mut out, class.into_iter().chain(numbers.iter().map(String::as_str)).chain(mark));
        }
        out
    }

    /// One object a line; classes have their probabilities beside them.
    pub fn json(&self) -> String {
        let object = |(i, (row, notes)): (usize, (&[f32], &[f32]))| {
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

    /// `f32[rows, columns]`, little-endian, rows first: the columns of the CSV but for the class.
    pub fn npy(&self) -> std::io::Result<Vec<u8>> {
        use npyz::WriterBuilder;
        let mut bytes = Vec::new();
        let width = self.columns.len() + self.notes.len() + usize::from(self.refused.is_some());
        let shape = [(self.values.len() / self.columns.len()) as u64, width as u64];
        let mut writer =
            npyz::WriteOptions::new().default_dtype().shape(&shape).writer(&mut bytes).begin_nd()?;
        for (i, (row, notes)) in self.noted_rows().enumerate() {
            let mark = self.refused.iter().map(|marks| f32::from(u8::from(marks[i])));
            writer.extend(row.iter().chain(notes).copied().chain(mark))?;
        }
        writer.finish()?;
        Ok(bytes)
    }
}

fn named(names: &[String], values: &[f32]) -> Map<String, Json> {
    names.iter().zip(values).map(|(name, x)| (name.clone(), number(*x))).collect()
}

/// With the digits that tell one 32-bit number from another; what is not finite becomes null.
fn number(x: f32) -> Json {
    x.to_string().parse::<f64>().map_or(Json::Null, |x| json!(x))
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
            Predictions::new(&output(OutputKind::Class(2)), &target, vec![0.75, 0.25, 0.5, 0.5, 0.0, 1.0]);
        assert_eq!(predictions.csv(), "kind,\"a, b\",c\n\"a, b\",0.75,0.25\n\"a, b\",0.5,0.5\nc,0,1\n");
        let first = predictions.json().lines().next().map(str::to_string);
        assert_eq!(first.as_deref(), Some(r#"{"kind":"a, b","probability":{"a, b":0.75,"c":0.25}}"#));
    }

    #[test]
    fn normals_have_a_spread() {
        let target = TargetRule::Real { columns: vec![String::new()], mean: vec![0.0], sd: vec![1.0] };
        let predictions = Predictions::new(&output(OutputKind::Normal(1)), &target, vec![1.5, 0.25]);
        assert_eq!(predictions.csv(), "y,y_sd\n1.5,0.25\n");
        assert_eq!(predictions.json(), "{\"y\":1.5,\"y_sd\":0.25}\n");
    }

    #[test]
    fn arrays_are_read_back() {
        let target = TargetRule::Real { columns: Vec::new(), mean: vec![0.0; 2], sd: vec![1.0; 2] };
        let predictions = Predictions::new(&output(OutputKind::Real(2)), &target, vec![1.0, 2.0, 3.0, 4.0]);
        let bytes = predictions.npy().unwrap();
        let read = npyz::NpyFile::new(&bytes[..]).unwrap();
        assert_eq!(read.shape(), [2, 2]);
        assert_eq!(read.into_vec::<f32>().unwrap(), [1.0, 2.0, 3.0, 4.0]);
        assert_eq!(predictions.csv().lines().next(), Some("y_1,y_2"));
    }
}
