//! Predictions as CSV with a header, as JSON lines, or as a NumPy array: a block of rows at a time, so that nobody holds all of them.

use serde_json::{Map, Value as Json, json};

use super::predict::{Column, Predictions};
use crate::{
    data::Kept,
    vocab::{exactly, in_digits},
};

/// The columns of the files that rows are, or of their numbers; arrays lack them.
const FILE: &str = "file";
const ROW: &str = "row";

/// Digits of printed numbers: a net of 32-bit numbers knows seven, and samples of it fewer.
const SIX: usize = 6;
/// How many more of them `decimals` has: those that 32 bits tell apart at one deviation.
const BEYOND_SIX: usize = 2;

/// The column that says which rows are refused; 0 or 1 in arrays.
const ABSTAIN: &str = "abstain";

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Form {
    /// With a header; numbers have six digits, where the other forms have all that a net knows.
    Csv,
    /// One object a line; classes have their probabilities beside them.
    Json,
    /// `[rows, columns]`, little-endian, rows first: the columns of the CSV but for the class. 64-bit numbers where a target's level is on
    /// them, else 32-bit.
    Npy,
}

/// Predictions of so many rows on their way out.
pub struct Writing {
    form: Form,
    rows: usize,
    /// Rows that are written.
    done: usize,
    begun: bool,
    /// Of the files that the rows are, where they are files, or their numbers.
    names: Vec<String>,
    /// What the names are.
    named: &'static str,
    /// Columns of the rows to predict that are written beside, and their cells.
    kept: Option<Kept>,
}

impl Writing {
    pub fn new(form: Form, rows: usize) -> Self {
        Self { form, rows, done: 0, begun: false, names: Vec::new(), named: FILE, kept: None }
    }

    /// The same of rows that are files, each with its name; without names nothing changes.
    #[must_use]
    pub fn of_files(self, names: Vec<String>) -> Self {
        Self { names, ..self }
    }

    /// The same of rows that have numbers, counted from 0 and written from 1.
    #[must_use]
    pub fn of_numbers(self, numbers: &[u32]) -> Self {
        let names = numbers.iter().map(|number| (u64::from(*number) + 1).to_string()).collect();
        Self { names, named: ROW, ..self }
    }

    /// The same with columns of the rows in front of the predictions; arrays lack them.
    #[must_use]
    pub fn beside(self, kept: Option<Kept>) -> Self {
        Self { kept, ..self }
    }

    /// Of the next rows only those that are marked will come.
    pub fn only(&mut self, marked: &[bool]) {
        let rest = self.names.split_off((self.done + marked.len()).min(self.names.len()));
        let from = self.names.split_off(self.done.min(self.names.len()));
        let kept = from.into_iter().zip(marked).filter(|(_, marked)| **marked).map(|(name, _)| name);
        self.names.extend(kept);
        self.names.extend(rest);
    }

    /// The next rows, behind what stands before the first. All blocks have the same columns.
    pub fn block(&mut self, predictions: &Predictions) -> Vec<u8> {
        let first = !std::mem::replace(&mut self.begun, true);
        let begin = self.done;
        self.done += predictions.noted_rows().count();
        let names = self.names.get(begin..self.done).unwrap_or_default();
        let kept = self
            .kept
            .as_ref()
            .map(|kept| (&kept.names[..], kept.cells.get(begin..self.done).unwrap_or_default()));
        match self.form {
            Form::Csv => csv(predictions, (self.named, names), kept, first).into_bytes(),
            Form::Json => json(predictions, (self.named, names), kept).into_bytes(),
            Form::Npy => npy(predictions, first.then_some(self.rows)),
        }
    }
}

/// Names of columns and the cells of these rows.
type Beside<'a> = Option<(&'a [String], &'a [Vec<String>])>;

fn csv(
    predictions: &Predictions,
    (named_by, files): (&str, &[String]),
    kept: Beside<'_>,
    header: bool,
) -> String {
    let Predictions { class, columns, notes, refused, observed, .. } = predictions;
    let mut out = String::new();
    if header {
        let names = columns.iter().chain(notes).map(|column| column.name.as_str());
        let abstain = refused.as_ref().map(|_| ABSTAIN);
        let file = files.first().map(|_| named_by);
        let seen = observed.iter().flat_map(|(names, _)| names.iter().map(String::as_str));
        let beside = kept.map_or(Vec::new(), |(names, _)| beside_names(predictions, names));
        let beside = beside.iter().map(String::as_str);
        line(&mut out, beside.chain(file).chain(seen).chain(class.as_deref()).chain(names).chain(abstain));
    }
    for (i, (row, noted)) in predictions.noted_rows().enumerate() {
        let cells = columns.iter().zip(row).chain(notes.iter().zip(noted));
        let numbers: Vec<String> = cells.map(|(column, x)| column.short(*x)).collect();
        let class = class.as_ref().map(|_| likeliest(columns, row));
        let mark = refused.as_ref().map(|marks| if marks[i] { "true" } else { "false" });
        let file = files.get(i).map(String::as_str);
        let seen = observed.iter().flat_map(|(names, cells)| {
            cells[i * names.len()..(i + 1) * names.len()].iter().map(String::as_str)
        });
        let numbers = numbers.iter().map(String::as_str);
        let beside = kept.iter().filter_map(|(_, cells)| cells.get(i)).flatten().map(String::as_str);
        line(&mut out, beside.chain(file).chain(seen).chain(class).chain(numbers).chain(mark));
    }
    out
}

fn json(predictions: &Predictions, (named_by, files): (&str, &[String]), kept: Beside<'_>) -> String {
    let Predictions { class, columns, notes, refused, observed, .. } = predictions;
    let object = |(i, (row, noted)): (usize, (&[f64], &[f64]))| {
        let numbers = named(columns, row);
        let mut object = match class {
            None => numbers,
            Some(class) => Map::from_iter([
                (class.clone(), json!(likeliest(columns, row))),
                ("probability".into(), Json::Object(numbers)),
            ]),
        };
        object.extend(files.get(i).map(|file| (named_by.into(), json!(file))));
        if let Some((names, cells)) = observed {
            let cells = &cells[i * names.len()..(i + 1) * names.len()];
            let value = |cell: &String| match class {
                Some(_) => json!(cell),
                None => cell.parse::<f64>().map_or(Json::Null, |x| json!(x)),
            };
            object.extend(beside_names(predictions, names).into_iter().zip(cells.iter().map(value)));
        }
        if let Some((names, cells)) = kept
            && let Some(cells) = cells.get(i)
        {
            object.extend(names.iter().cloned().zip(cells.iter().map(|cell| as_it_was(cell))));
        }
        object.extend(named(notes, noted));
        object.extend(refused.iter().map(|marks| (ABSTAIN.into(), json!(marks[i]))));
        Json::Object(object)
    };
    predictions.noted_rows().enumerate().map(|row| format!("{}\n", object(row))).collect()
}

/// Numbers of rows; before them the head of an array of `rows` rows, if it is asked for.
fn npy(predictions: &Predictions, rows: Option<usize>) -> Vec<u8> {
    let Predictions { columns, notes, refused, .. } = predictions;
    let long = columns.iter().any(|column| column.decimals.is_some());
    let width = columns.len() + notes.len() + usize::from(refused.is_some());
    let mut out = rows.map_or_else(Vec::new, |rows| npy_head(rows, width, if long { "<f8" } else { "<f4" }));
    for (i, (row, noted)) in predictions.noted_rows().enumerate() {
        let mark = refused.iter().map(|marks| f64::from(u8::from(marks[i])));
        for x in row.iter().chain(noted).copied().chain(mark) {
            match long {
                true => out.extend(x.to_le_bytes()),
                false => out.extend((x as f32).to_le_bytes()),
            }
        }
    }
    out
}

/// As NumPy writes it: numbers begin at a multiple of 64 bytes.
fn npy_head(rows: usize, width: usize, kind: &str) -> Vec<u8> {
    let said = format!("{{'descr': '{kind}', 'fortran_order': False, 'shape': ({rows}, {width}), }}");
    let length = (10 + said.len() + 1).next_multiple_of(64) - 10;
    let text = format!("{said:<width$}\n", width = length - 1);
    [b"\x93NUMPY\x01\0", &(length as u16).to_le_bytes()[..], text.as_bytes()].concat()
}

/// The name of the likeliest class.
pub(super) fn likeliest<'a>(classes: &'a [Column], probabilities: &[f64]) -> &'a str {
    let mut best = 0;
    for (i, p) in probabilities.iter().enumerate() {
        if *p > probabilities[best] {
            best = i;
        }
    }
    &classes[best].name
}

impl Column {
    /// A number as it is printed: with six digits, of a normalised target counted from its deviation.
    pub(super) fn short(&self, x: f64) -> String {
        match self.decimals {
            Some(decimals) => {
                let shown = decimals.saturating_sub(BEYOND_SIX);
                exactly(format!("{x:.shown$}").parse::<f64>().unwrap_or(x) + 0.0)
            }
            None => in_digits(x + 0.0, SIX),
        }
    }

    /// A number with the digits that say something.
    pub(super) fn text(&self, x: f64) -> String {
        match self.decimals {
            Some(decimals) => exactly(format!("{x:.decimals$}").parse::<f64>().unwrap_or(x) + 0.0),
            None => exactly(x as f32 + 0.0),
        }
    }
}

/// What columns of the rows are called beside the predictions, one of which may have the name already.
fn beside_names(predictions: &Predictions, names: &[String]) -> Vec<String> {
    let taken = |name: &String| {
        let columns = predictions.columns.iter().chain(&predictions.notes);
        predictions.class.as_ref() == Some(name) || columns.into_iter().any(|column| column.name == *name)
    };
    names.iter().map(|name| if taken(name) { format!("input_{name}") } else { name.clone() }).collect()
}

/// A number that is written as numbers are; `007` is none.
fn as_it_was(cell: &str) -> Json {
    let number = cell.parse::<f64>().ok().filter(|x| exactly(*x) == cell);
    number.map_or_else(|| json!(cell), |x| json!(x))
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
    use crate::data::{TargetRule, Units};
    use crate::diag::Span;
    use crate::model::{Interval, NodeId, Output, OutputKind, Precision};
    use crate::run::predictions::mc::Note;

    fn whole(predictions: &Predictions, form: Form) -> Vec<u8> {
        Writing::new(form, predictions.rows().count()).block(predictions)
    }

    fn csv(predictions: &Predictions) -> String {
        String::from_utf8(whole(predictions, Form::Csv)).unwrap()
    }

    fn json(predictions: &Predictions) -> String {
        String::from_utf8(whole(predictions, Form::Json)).unwrap()
    }

    fn npy(predictions: &Predictions) -> Vec<u8> {
        whole(predictions, Form::Npy)
    }

    fn output(kind: OutputKind) -> Output {
        Output { name: "y".into(), kind, source: NodeId(0), span: Span::default() }
    }

    #[test]
    fn classes_have_names_and_probabilities() {
        let target = TargetRule::Classes { column: "kind".into(), names: vec!["a, b".into(), "c".into()] };
        let predictions =
            Predictions::new(&output(OutputKind::class(2)), &target, vec![0.75, 0.25, 0.5, 0.5, 0.0, 1.0]);
        assert_eq!(csv(&predictions), "kind,\"a, b\",c\n\"a, b\",0.75,0.25\n\"a, b\",0.5,0.5\nc,0,1\n");
        let first = json(&predictions).lines().next().map(str::to_string);
        assert_eq!(first.as_deref(), Some(r#"{"kind":"a, b","probability":{"a, b":0.75,"c":0.25}}"#));
    }

    #[test]
    fn normals_have_a_spread() {
        let target = TargetRule::Real {
            columns: vec![String::new()],
            units: Units { mean: vec![0.0], sd: vec![1.0], curve: None },
        };
        let predictions = Predictions::new(&output(OutputKind::normal(1)), &target, vec![1.5, 0.25]);
        assert_eq!(csv(&predictions), "y,y_sd\n1.5,0.25\n");
        assert_eq!(json(&predictions), "{\"y\":1.5,\"y_sd\":0.25}\n");
    }

    /// Seconds since 1970: 32 bits would hold one number in 128.
    #[test]
    fn a_level_is_put_on_in_64_bits() {
        let target = TargetRule::Real {
            columns: vec!["t".into()],
            units: Units { mean: vec![1.7e9 + 0.25], sd: vec![3.7], curve: None },
        };
        let low = Note { name: "t_low".into(), value: -4.5, output: Some(0) };
        let sd = Note { name: "t_epistemic_sd".into(), value: f64::from(0.4_f32), output: None };
        let predictions = Predictions::new(&output(OutputKind::real(1)), &target, vec![3.0, -2.25]).noted(
            vec![low, sd],
            vec![-4.5, f64::from(0.4_f32), -8.0, 2.6e-17],
            &target,
        );
        assert_eq!(
            csv(&predictions),
            "t,t_low,t_epistemic_sd\n1700000003.25,1699999995.75,0.4\n1699999998,1699999992.25,2.6e-17\n"
        );
        let first = r#"{"t":1700000003.25,"t_epistemic_sd":0.4,"t_low":1699999995.75}"#;
        assert_eq!(json(&predictions).lines().next(), Some(first));
        let bytes = npy(&predictions);
        let read = npyz::NpyFile::new(&bytes[..]).unwrap().into_vec::<f64>().unwrap();
        assert_eq!(read[..2], [1_700_000_003.25, 1_699_999_995.75]);
        let ends = Predictions::new(&output(OutputKind::real(1)), &target, vec![3.0]).with_interval(
            OutputKind::real(1),
            Some(Interval { share: 0.95, precision: Some(Precision::Known(4.0)) }),
        );
        assert_eq!(csv(&ends), "t,t_low,t_high\n1700000003.25,1700000002.27002,1700000004.22998\n");
    }

    #[test]
    fn small_probabilities_are_short() {
        let target = TargetRule::Bits { columns: vec!["b".into()], names: None };
        let predictions = Predictions::new(&output(OutputKind::bits(1)), &target, vec![2.597_077_1e-17, 0.5]);
        assert_eq!(csv(&predictions), "b\n2.59708e-17\n0.5\n");
        assert_eq!(json(&predictions), "{\"b\":2.5970771e-17}\n{\"b\":0.5}\n");
    }

    #[test]
    fn arrays_are_read_back() {
        let target = TargetRule::Real {
            columns: Vec::new(),
            units: Units { mean: vec![0.0; 2], sd: vec![1.0; 2], curve: None },
        };
        let predictions = Predictions::new(&output(OutputKind::real(2)), &target, vec![1.0, 2.0, 3.0, 4.0]);
        let bytes = npy(&predictions);
        let read = npyz::NpyFile::new(&bytes[..]).unwrap();
        assert_eq!(read.shape(), [2, 2]);
        assert_eq!(read.into_vec::<f32>().unwrap(), [1.0, 2.0, 3.0, 4.0]);
        assert_eq!(csv(&predictions).lines().next(), Some("y_1,y_2"));
    }

    #[test]
    fn blocks_of_rows_are_parts_of_the_whole() {
        let target = TargetRule::Classes { column: "kind".into(), names: vec!["b".into(), "c".into()] };
        let of = |values: &[f32]| Predictions::new(&output(OutputKind::class(2)), &target, values.to_vec());
        let all = [0.75, 0.25, 0.5, 0.5, 0.0, 1.0];
        for form in [Form::Csv, Form::Json, Form::Npy] {
            let mut writing = Writing::new(form, 3);
            let parts = [writing.block(&of(&all[..2])), writing.block(&of(&all[2..]))].concat();
            assert_eq!(parts, whole(&of(&all), form), "{form:?}");
        }
    }
}
