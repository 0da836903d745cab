//! A `.net` file for a table: the section that reads it as it is, and a net to begin with.

use super::looked_up::LookedUp;
use super::{About, ColumnProfile, Held, Profile, Role};
use crate::data::advice::written as quoted;
use crate::data::gaps::Gaps;
use crate::data::raw::Delimiter;

/// Numbers that differ so little often are classes.
const CLASSES: usize = 10;
/// Rows of a class, for numbers to be classes.
const ROWS_A_CLASS: usize = 8;

impl Profile {
    /// Whether a column has this remark.
    fn has(column: &ColumnProfile, about: &[About]) -> bool {
        column.remarks.iter().any(|remark| about.contains(&remark.about))
    }

    fn inputs(&self) -> impl Iterator<Item = &ColumnProfile> {
        self.columns.iter().filter(|column| column.role == Role::Input)
    }

    /// Columns that no net should begin with.
    fn left_out(&self) -> Vec<&ColumnProfile> {
        let about = [About::Empty, About::Constant, About::CountsRows, About::TellsRowsApart];
        self.inputs().filter(|column| Self::has(column, &about)).collect()
    }

    /// The others.
    fn kept(&self) -> Vec<&ColumnProfile> {
        let left_out = self.left_out();
        self.inputs().filter(|column| !left_out.iter().any(|out| out.number == column.number)).collect()
    }

    /// The classes of the target, where it has some.
    #[must_use]
    pub fn classes(&self) -> Option<usize> {
        let target = self.target()?;
        let few = target.different <= CLASSES && target.different * ROWS_A_CLASS <= self.rows;
        match target.held {
            Held::Words => Some(target.different),
            Held::Numbers { whole: true, .. } if few => Some(target.different),
            _ => None,
        }
    }

    /// The statements of a `data` section that reads the table, without the indentation.
    #[must_use]
    pub fn section(&self) -> Vec<String> {
        let mut lines = vec![self.source()];
        if let Some(target) = self.target().filter(|target| target.number != self.columns.len()) {
            lines.push(format!("target {}", quoted(&target.name)));
        }
        let left_out = self.left_out();
        if !left_out.is_empty() {
            let minus: Vec<String> = left_out.iter().map(|c| format!("-{}", quoted(&c.name))).collect();
            lines.push(format!("inputs {}", minus.join(", ")));
        }
        let kept = self.kept();
        for column in &kept {
            if let Held::Dates { order } = &column.held {
                let order = if order == "ymd" { String::new() } else { format!(", order={order}") };
                lines.push(format!("dates {}{order}", quoted(&column.name)));
            }
            if let Held::Mixed { .. } = column.held {
                lines.push(format!("categories {}", quoted(&column.name)));
            }
        }
        let is_words = |column: &&&ColumnProfile| matches!(column.held, Held::Words | Held::Mixed { .. });
        if kept.iter().any(|column| column.gaps > 0 && !is_words(&column)) {
            lines.push("fill median".into());
        }
        if kept.iter().any(|column| column.gaps > 0 && is_words(&column)) {
            lines.push("fill category".into());
        }
        lines.push("split valid=20%, test=20%".into());
        let target = if self.classes().is_none() { ", target" } else { "" };
        lines.push(format!("normalize inputs{target}"));
        lines
    }

    /// A whole file, which trains as it is.
    #[must_use]
    pub fn net(&self) -> String {
        let section: Vec<String> = self.section().into_iter().map(|line| format!("  {line}\n")).collect();
        let section = section.concat();
        let (last, output) = match self.classes() {
            Some(classes) => (classes, format!("class[{classes}]")),
            None => (1, "real[1]".to_owned()),
        };
        let name = self.target().map_or("answer", |target| target.name.as_str());
        let is_name = quoted(name) == name && !name.bytes().all(|byte| byte.is_ascii_digit());
        let name = if is_name { name } else { "answer" };
        let inputs = self.input_lines();
        let loss = if self.classes().is_some() { "cross_entropy" } else { "squared_error" };
        format!(
            "# {} rows of {} columns; what the table holds: dropnet data FILE\nedition 1\n\ndata {{\n{section}}}\n\nnet {{\n{inputs}  dense 32 -> relu -> dropout 0.2\n  dense {last}\n  output {name}: {output}\n}}\n\ntrain {{\n  loss {loss}\n  optimizer adam, lr=0.01\n  epochs 60\n  stop_early watch=valid.loss, patience=10\n}}\n",
            self.rows,
            self.columns.len(),
        )
    }

    /// The lines of a net up to its first layer: columns of many categories are looked up, the others are numbers.
    fn input_lines(&self) -> String {
        let kept = self.kept();
        let looked_up = self.looked_up(&kept);
        let others = kept.len() > looked_up.len();
        if looked_up.is_empty() {
            return "  input x: real[_]  # as many numbers as the columns give\n".into();
        }
        let mut inputs: Vec<String> =
            looked_up.iter().map(|one| format!("{}: category[_]", one.input)).collect();
        let mut joined: Vec<String> = looked_up.iter().map(|one| format!("{}_vector", one.input)).collect();
        if others {
            inputs.push("x: real[_]".into());
            joined.push("x".into());
        }
        let more = if others { "; x: the other columns" } else { "" };
        let mut lines =
            format!("  input {}  # a category has a vector, which is learnt{more}\n", inputs.join(", "));
        for one in &looked_up {
            let LookedUp { input, width, .. } = one;
            lines += &format!("  from {input}\n  {input}_vector: embedding {width}\n");
        }
        if joined.len() > 1 {
            lines += &format!("  concat {}\n", joined.join(", "));
        }
        lines
    }

    fn source(&self) -> String {
        let mut line = format!("source csv, {:?}", self.file);
        let Some(reading) = &self.reading else { return line };
        let mut add = |text: &str| {
            line.push_str(", ");
            line.push_str(text);
        };
        match reading.delimiter {
            Delimiter::Byte(b',') => {}
            Delimiter::Byte(b';') => add("delimiter=semicolon"),
            Delimiter::Byte(b'\t') => add("delimiter=tab"),
            Delimiter::Byte(byte) => add(&format!("delimiter={:?}", char::from(byte).to_string())),
            Delimiter::Whitespace => add("delimiter=whitespace"),
        }
        if !reading.header {
            add("header=false");
        }
        if reading.skip > 0 {
            add(&format!("skip={}", reading.skip));
        }
        if reading.digits.comma {
            add("decimal=comma");
        }
        match reading.digits.thousands {
            Some(',') => add("thousands=comma"),
            Some('.') => add("thousands=point"),
            Some(' ') => add("thousands=space"),
            Some(_) => add("thousands=apostrophe"),
            None => {}
        }
        if let Gaps::Named(_) = reading.gaps {
            let marks: Vec<String> = reading.gaps.marks_named().iter().map(|m| format!("{m:?}")).collect();
            add(&format!("na=[{}]", marks.join(", ")));
        }
        if !self.looked_up(&self.kept()).is_empty() {
            add("unknown=zero");
        }
        if self.target().is_some_and(|target| target.gaps > 0) {
            add("missing=drop");
        }
        line
    }
}
