//! Predictions of many rows, in order; `written` has the forms in which they are handed out.
//!
//! Columns: of `class[K]` the likeliest class and K probabilities; of `bits[K]` K probabilities; of `real[D]` D numbers; of
//! `normal[D]` D means and D standard deviations; numbers are in the target's own units. Monte-Carlo dropout adds columns that say how
//! uncertain a row is.
//!
//! A normalised target has its level put on here, in 64 bits: a net knows its distance from the level to seven digits, whatever the level.

use crate::run::predictions::{mc::Note, sampling::Drawn, written};
use crate::{
    data::{Observed, Part, TargetRule},
    model::{Interval, Output, OutputKind, Precision},
    runtime::predictive,
    vocab::exactly,
};

/// What the numbers of a column are called, and how many decimals say something: none where they are 32-bit numbers, which say it themselves.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Column {
    pub name: String,
    pub decimals: Option<usize>,
}

/// Rows of named numbers, with a class each where classes are predicted.
#[derive(Clone, Debug, PartialEq)]
pub struct Predictions {
    /// Name of the column of classes.
    pub(super) class: Option<String>,
    pub(super) columns: Vec<Column>,
    /// Row-major.
    pub(super) values: Vec<f64>,
    /// What is said of the rows beside the outputs: their uncertainty.
    pub(super) notes: Vec<Column>,
    /// Row-major.
    pub(super) noted: Vec<f64>,
    /// Of each row, where there are samples.
    pub drawn: Option<Drawn>,
    /// What was observed at each row, where that is known: names of columns, and the cells row by row.
    pub(super) observed: Option<(Vec<String>, Vec<String>)>,
    /// Rows that are marked as too uncertain to be answered, where a rule asks for it.
    pub(super) refused: Option<Vec<bool>>,
}

impl Predictions {
    /// `values` are interpreted outputs, `[rows, width]`: numbers from the target's level.
    pub(in crate::run) fn new(output: &Output, target: &TargetRule, values: Vec<f32>) -> Self {
        let width = output.kind.width();
        // Columns without names are called by their numbers: the file has a better name.
        let is_number = |name: &String| !name.is_empty() && name.bytes().all(|byte| byte.is_ascii_digit());
        let own =
            |columns: &[String]| if columns.iter().all(is_number) { Vec::new() } else { columns.to_vec() };
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
                let has_none = column.is_empty() || is_number(column);
                let class = if has_none { output.name.clone() } else { column.clone() };
                (Some(class), named(names, k))
            }
            (_, TargetRule::Real { columns, .. }) if output.kind.says_spread() => {
                let means = named(&own(columns), output.kind.outputs());
                let spread = |mean: &Column| Column { name: format!("{}_sd", mean.name), decimals: None };
                let spreads: Vec<Column> = means.iter().map(spread).collect();
                (None, [means, spreads].concat())
            }
            (_, TargetRule::Real { columns, .. } | TargetRule::Bits { columns, .. }) => {
                (None, named(&own(columns), width))
            }
            (_, TargetRule::Classes { .. }) => (None, named(&[], width)),
        };
        let raised = |(i, x): (usize, f32)| target.raised(i % width, f64::from(x));
        let values = values.into_iter().enumerate().map(raised).collect();
        Self {
            class,
            columns,
            values,
            notes: Vec::new(),
            noted: Vec::new(),
            drawn: None,
            observed: None,
            refused: None,
        }
    }

    /// With notes on each row: `noted` are their values, `[rows, notes]`.
    pub(in crate::run) fn noted(self, notes: Vec<Note>, mut noted: Vec<f64>, target: &TargetRule) -> Self {
        let outputs: Vec<Option<usize>> = notes.iter().map(|note| note.output).collect();
        for (x, output) in noted.iter_mut().zip(outputs.iter().cycle()) {
            *x = output.map_or(*x, |d| target.raised(d, *x));
        }
        let column =
            |note: Note| Column { name: note.name, decimals: note.output.and_then(|d| decimals(target, d)) };
        self.beside(notes.into_iter().map(column).collect(), noted)
    }

    /// With further notes on each row, behind those that are there.
    fn beside(self, notes: Vec<Column>, noted: Vec<f64>) -> Self {
        let (own, more) = (self.notes.len(), notes.len());
        if own == 0 || more == 0 {
            return if more == 0 { self } else { Self { notes, noted, ..self } };
        }
        let rows = self.noted.chunks_exact(own).zip(noted.chunks_exact(more));
        let noted = rows.flat_map(|(own, more)| own.iter().chain(more)).copied().collect();
        Self { notes: [self.notes, notes].concat(), noted, ..self }
    }

    /// With marks on rows that are refused.
    pub(in crate::run) fn refusing(self, refused: Vec<bool>) -> Self {
        Self { refused: Some(refused), ..self }
    }

    /// With what was observed at these rows of a part, of which `first` is the first one here: the class by its name, numbers in the target's own units. Of classes
    /// a note says how surprised the net is, in nats.
    #[must_use]
    pub fn beside_observed(self, part: &Part, first: usize, target: &TargetRule) -> Self {
        let count = self.rows().count();
        let rows = || (first..first + count).map(|row| part.observed(row));
        let mut cells = Vec::new();
        for observed in rows() {
            match observed {
                Observed::Class(class) => cells.push(self.columns[class as usize].name.clone()),
                Observed::Tokens(tokens) => cells.extend(tokens.iter().map(i32::to_string)),
                Observed::Bits(bits) => cells.extend(bits.iter().map(|bit| exactly(*bit))),
                Observed::Real(numbers) => {
                    let own = |(d, x): (usize, &f32)| match target.units() {
                        Some(units) => exactly(units.shortest(d, *x) + 0.0),
                        None => exactly(*x + 0.0),
                    };
                    cells.extend(numbers.iter().enumerate().map(own));
                }
            }
        }
        let names = match self.has_classes() {
            true => vec!["observed".to_string()],
            false => {
                let width = cells.len() / count.max(1);
                self.names(width).into_iter().map(|name| format!("{name}_observed")).collect()
            }
        };
        let surprise = |(row, observed): (&[f64], Observed<'_>)| match observed {
            Observed::Class(class) => -row[class as usize].ln(),
            Observed::Bits(_) | Observed::Real(_) | Observed::Tokens(_) => f64::NAN,
        };
        let surprises: Vec<f64> = self.rows().zip(rows()).map(surprise).collect();
        let said = Self { observed: Some((names, cells)), ..self };
        match said.has_classes() {
            true => said.beside(vec![Column { name: "surprise".into(), decimals: None }], surprises),
            false => said,
        }
    }

    /// Whether the likeliest class of each row is another than the observed one; none of predictions without classes, or without observations.
    #[must_use]
    pub fn wrong(&self) -> Option<Vec<bool>> {
        let (_, cells) = self.observed.as_ref().filter(|_| self.has_classes())?;
        let likeliest = |row: &[f64]| written::likeliest(&self.columns, row);
        Some(self.rows().zip(cells).map(|(row, observed)| likeliest(row) != observed).collect())
    }

    /// Only the rows that are marked.
    #[must_use]
    pub fn only(self, marked: &[bool]) -> Self {
        fn kept<T: Clone>(all: &[T], width: usize, marked: &[bool]) -> Vec<T> {
            let rows = all.chunks(width.max(1)).zip(marked).filter(|(_, marked)| **marked);
            rows.flat_map(|(row, _)| row.to_vec()).collect()
        }
        let observed = self.observed.map(|(names, cells)| {
            let cells = kept(&cells, names.len(), marked);
            (names, cells)
        });
        Self {
            values: kept(&self.values, self.columns.len(), marked),
            noted: kept(&self.noted, self.notes.len(), marked),
            refused: self.refused.map(|refused| kept(&refused, 1, marked)),
            observed,
            ..self
        }
    }

    /// How many rows are marked.
    #[must_use]
    pub fn refused(&self) -> Option<usize> {
        self.refused.as_ref().map(|marks| marks.iter().filter(|mark| **mark).count())
    }

    /// With the rows that come after these, of the same columns.
    pub(in crate::run) fn extend(&mut self, more: Self) {
        self.values.extend(more.values);
        self.noted.extend(more.noted);
        if let (Some(marks), Some(more)) = (&mut self.refused, more.refused) {
            marks.extend(more);
        }
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

    /// Names: of the column of classes, of the outputs, and of what is said beside.
    #[must_use]
    pub fn column_names(&self) -> (Option<String>, Vec<String>, Vec<String>) {
        let of = |columns: &[Column]| columns.iter().map(|column| column.name.clone()).collect();
        (self.class.clone(), of(&self.columns), of(&self.notes))
    }

    /// The numbers and the notes of each row.
    pub fn noted_rows(&self) -> impl Iterator<Item = (&[f64], &[f64])> {
        let width = self.notes.len();
        self.rows().enumerate().map(move |(i, row)| (row, &self.noted[i * width..(i + 1) * width]))
    }
}

/// How many decimals of output `d` say something where its target is normalised: what 32 bits tell apart at one deviation from the mean.
fn decimals(target: &TargetRule, d: usize) -> Option<usize> {
    let units = target.units().filter(|units| units.curve.is_none())?;
    let (level, unit) = (*units.mean.get(d)?, *units.sd.get(d)?);
    let last = (unit * f64::from(f32::EPSILON)).log10().floor();
    ((level, unit) != (0.0, 1.0)).then_some((-last).clamp(0.0, 300.0) as usize)
}
