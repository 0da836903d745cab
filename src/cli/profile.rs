//! `dropnet data`: what a table holds, before anything is trained on it.

use std::path::{Path, PathBuf};

use dropnet::internal::{
    data::{
        DataSchema,
        profile::{self, ColumnProfile, Held, Page, Profile, Role},
    },
    model::summary::{grouped, number},
    run, shell,
};

use super::{
    Outcome, data,
    source::{Sets, Source, report},
    ui::{Exit, Failure, Ui},
};

#[derive(clap::Args)]
pub struct Command {
    /// A table (csv, plain or gzip), or a `.net` file for what its `data` section reads
    #[arg(value_name = "FILE")]
    file: PathBuf,
    /// The column that is to be predicted, by its name or number [default: the last one]
    #[arg(long, value_name = "COLUMN")]
    target: Option<String>,
    /// Write one JSON object instead of the table
    #[arg(long)]
    json: bool,
    #[command(flatten)]
    sets: Sets,
}

/// Letters of a line, at most.
const WIDTH: usize = 100;
/// Letters of a column's name.
const NAME: usize = 24;

impl Command {
    pub fn run(&self, ui: &mut Ui) -> Outcome {
        match self.file.extension().is_some_and(|end| end == "net") {
            true => self.net(ui),
            false => self.table(ui),
        }
    }

    /// A table by itself.
    fn table(&self, ui: &mut Ui) -> Outcome {
        if !self.sets.sets.is_empty() {
            return Err(Failure::usage("`--set` is of a `.net` file, and a table has no params"));
        }
        let name = self.file.display().to_string();
        let profile = profile::of_file(&self.file, &name, self.target.as_deref());
        let profile = profile.map_err(|error| data::failure(&error, None, ui))?;
        let section = profile.section();
        if self.json {
            let mut json = serde_json::to_value(&profile).map_err(|e| Failure::data(e.to_string()))?;
            json["section"] = section.into();
            ui.data(&format!("{json}\n"))?;
            return Ok(Exit::Done);
        }
        let section: Vec<String> = section.iter().map(|line| format!("  {line}\n")).collect();
        ui.data(&format!("{}{}\nto read it:\n{}", table(&profile), remarks(&profile), section.concat()))?;
        let target = self.target.as_ref();
        let target = target.map_or(String::new(), |target| format!(" --target {}", shell::word(target)));
        ui.talk(format_args!("a net for it: dropnet new NAME --csv {}{target}", shell::path(&self.file)));
        Ok(Exit::Done)
    }

    /// What the section of a `.net` file reads.
    fn net(&self, ui: &mut Ui) -> Outcome {
        if self.target.is_some() {
            return Err(Failure::usage("`--target` is of a table: a `.net` file names its own"));
        }
        self.sets.check()?;
        let source = Source::read(&self.file)?;
        let config = run::section(&source.text, &self.sets.sets).map_err(|error| match error {
            run::OpenError::Net(found) => {
                report(&found, &source, ui);
                Failure::Reported(Exit::Faulty)
            }
            other => Failure::data(other),
        })?;
        let page = profile::of_config(&config, &data::search(&self.file));
        let Page { profile, schema } = page.map_err(|error| data::failure(&error, Some(&source), ui))?;
        if self.json {
            let json = match (&profile, &schema) {
                (Some(profile), _) => serde_json::to_value(profile),
                (None, schema) => serde_json::to_value(schema.as_ref().ok()),
            };
            ui.data(&format!("{}\n", json.map_err(|e| Failure::data(e.to_string()))?))?;
        } else {
            match (&profile, &schema) {
                (Some(profile), _) => ui.data(&(table(profile) + &remarks(profile)))?,
                (None, Ok(schema)) => ui.data(&arrays(&self.file, schema))?,
                (None, Err(_)) => {}
            }
        }
        match schema {
            Ok(_) => Ok(Exit::Done),
            Err(error) => Err(data::failure(&error, Some(&source), ui)),
        }
    }
}

/// What every column is.
fn table(profile: &Profile) -> String {
    let mut text =
        format!("{}: {} rows, {} columns\n\n", profile.file, grouped(profile.rows), profile.columns.len());
    let name = |column: &ColumnProfile| cut(&column.name, NAME);
    let names = profile.columns.iter().map(|column| name(column).chars().count()).max().unwrap_or(0).max(6);
    text.push_str(&format!(
        "{:>4} {:names$}  {:<14} {:>7} {:>9}  values\n",
        "", "column", "kind", "gaps", "different"
    ));
    for column in &profile.columns {
        let left = format!(
            "{:>4} {:names$}  {:<14} {:>7} {:>9}  ",
            column.number,
            name(column),
            kind(column),
            grouped(column.gaps),
            grouped(column.different),
        );
        let room = WIDTH.saturating_sub(left.chars().count()).max(20);
        text.push_str(&format!("{left}{}\n", values(column, profile.rows, room)));
    }
    if let Some(parts) = profile.parts {
        text.push_str(&format!(
            "\n{} training, {} validation, {} test rows\n",
            grouped(parts.train),
            grouped(parts.valid),
            grouped(parts.test)
        ));
    }
    text
}

fn kind(column: &ColumnProfile) -> String {
    let held = match column.held {
        Held::Numbers { .. } => "numbers",
        Held::Words => "words",
        Held::Dates { .. } => "dates",
        Held::Mixed { .. } => "mixed",
        Held::Nothing => "nothing",
    };
    match column.role {
        Role::Input => held.to_owned(),
        Role::Target => format!("{held}, target"),
        Role::Group => format!("{held}, group"),
        Role::Weight => format!("{held}, weight"),
        Role::Unused => format!("{held}, unused"),
    }
}

/// Ends and mean of numbers; shares of the classes of a target, and counts of other words.
fn values(column: &ColumnProfile, rows: usize, room: usize) -> String {
    if let Held::Numbers { least, mean, most, .. } = column.held
        && (column.role != Role::Target || column.different > 6)
    {
        return format!("{} to {}, mean {}", number(least), number(most), number(mean));
    }
    let known = (rows - column.gaps).max(1) as f64;
    let mut text = String::new();
    for (i, (value, count)) in column.frequent.iter().enumerate() {
        let share = match column.role {
            Role::Target => format!(" ({:.1} %)", 100.0 * *count as f64 / known),
            _ => String::new(),
        };
        let next = format!("{}{} {}{share}", if i > 0 { ", " } else { "" }, cut(value, 20), grouped(*count));
        if text.chars().count() + next.chars().count() + 5 > room && i > 0 {
            text.push_str(", ...");
            return text;
        }
        text.push_str(&next);
    }
    if column.different > column.frequent.len() {
        text.push_str(", ...");
    }
    text
}

/// What speaks against columns and rows, with what to write.
fn remarks(profile: &Profile) -> String {
    let mut lines = Vec::new();
    for column in &profile.columns {
        for remark in &column.remarks {
            let advice = remark.advice.as_ref().map_or(String::new(), |advice| format!(" -> {advice}"));
            lines.push(format!("  {}: {}{advice}\n", cut(&column.name, NAME), remark.text));
        }
    }
    if profile.repeated_rows > 0 {
        lines.push(format!("  {} rows are equal to others\n", grouped(profile.repeated_rows)));
    }
    if let Some(parts) = profile.parts.filter(|parts| parts.seen_in_training > 0) {
        lines.push(format!(
            "  {} validation and test rows have the inputs of a training row\n",
            grouped(parts.seen_in_training)
        ));
    }
    if lines.is_empty() { String::new() } else { format!("\n{}", lines.concat()) }
}

/// Rows that are no table.
fn arrays(file: &Path, schema: &DataSchema) -> String {
    let mut text = format!("{}: {} rows\n", file.display(), grouped(schema.rows));
    if !schema.shape.is_empty() {
        let sides: Vec<String> = schema.shape.iter().map(usize::to_string).collect();
        text.push_str(&format!("  a row is {}\n", sides.join("x")));
    }
    if let Some(classes) = &schema.classes {
        let shown: Vec<String> = classes.iter().take(12).map(|name| cut(name, 20)).collect();
        let more = if classes.len() > shown.len() { ", ..." } else { "" };
        text.push_str(&format!("  {} classes: {}{more}\n", classes.len(), shown.join(", ")));
    }
    text.push_str(&format!(
        "  {} training, {} validation, {} test rows\n",
        grouped(schema.train_rows),
        grouped(schema.valid_rows),
        grouped(schema.test_rows)
    ));
    text
}

fn cut(text: &str, most: usize) -> String {
    match text.char_indices().nth(most) {
        Some((end, _)) => format!("{}...", &text[..end]),
        None => text.to_owned(),
    }
}
