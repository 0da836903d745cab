//! `dropnet subnet`: which units a row saw.

use std::{
    fmt::Write,
    path::{Path, PathBuf},
};

use dropnet::internal::{
    model::{Model, Node},
    run::{self, Drawn, KnownRow, SiteMask, Trained},
    shell,
};
use serde_json::json;

use super::{
    Outcome, data,
    eval::{self, Run},
    numbers, predict, train,
    ui::{Exit, Failure, Ui},
};

#[derive(clap::Args)]
#[command(group = clap::ArgGroup::new("place").required(true).multiple(true).args(["row", "epoch", "step", "input"]))]
pub struct Command {
    #[command(flatten)]
    run: Run,
    /// A row of an input of `predict`, from 0
    #[arg(long, value_name = "R", value_parser = numbers::whole::<0>, requires = "sample", conflicts_with_all = ["epoch", "step"])]
    row: Option<u64>,
    /// That input, as `predict` reads it: the row is named, and what lies behind its end left out; without `--row` all of its rows
    #[arg(long, value_name = "FILE", requires = "sample", conflicts_with_all = ["epoch", "step"])]
    input: Option<PathBuf>,
    /// The sample of that row, or the row of that step's minibatch, from 0
    #[arg(long, value_name = "I", conflicts_with = "epoch")]
    sample: Option<u32>,
    /// Seed of the masks [default: that of the file's `predict` section, or of the run]
    #[arg(long, value_name = "N", value_parser = numbers::whole::<0>, requires = "sample", conflicts_with_all = ["epoch", "step"])]
    seed: Option<u64>,
    /// A step of training, from 0; `--sample` is a row of its minibatch
    #[arg(long, value_name = "K", value_parser = numbers::whole::<0>, requires = "sample", conflicts_with = "epoch")]
    step: Option<u64>,
    /// An epoch of training, from 0
    #[arg(long, value_name = "E", value_parser = numbers::whole::<0>, requires = "position")]
    epoch: Option<u64>,
    /// A place in that epoch's shuffled order, from 0, before texts are sorted by length
    #[arg(long, value_name = "P", value_parser = numbers::whole::<0>, requires = "epoch", conflicts_with_all = ["row", "step"])]
    position: Option<u64>,
    /// Only this place of dropout
    #[arg(long, value_name = "PATH", conflicts_with = "export")]
    site: Option<String>,
    /// The masks of each step of the row, at the places of dropout over time: a line a step, a dot where a unit is dropped
    #[arg(long, conflicts_with = "export")]
    time: bool,
    /// Write one JSON object instead of the list
    #[arg(long)]
    json: bool,
    /// Write the sub-network as a net of its own, a run that `predict` takes: its one pass is the masked prediction
    #[arg(long, value_name = "DIR", conflicts_with = "json")]
    export: Option<PathBuf>,
}

impl Command {
    pub fn run(&self, ui: &mut Ui) -> Outcome {
        let trained = self.run.read(ui)?;
        let learns = !trained.learned_rates().map_err(|error| eval::failure(&error, ui))?.is_empty();
        if self.run.chooses() && self.export.is_none() && !learns {
            return Err(Failure::usage(
                "`--checkpoint` has no effect on masks: no rate of this net was learned",
            ));
        }
        let said = trained.model.predict.mode.seed();
        let seed = self.seed.or(said).unwrap_or(trained.checkpoint.meta.seed);
        let sample = self.sample.unwrap_or(0);
        if let Some(input) = &self.input {
            return self.of_rows(&trained, input, (sample, seed), ui);
        }
        let drawn = match (self.row, self.step) {
            (Some(row), _) => Drawn::Sample { row, sample, seed },
            (None, Some(step)) => {
                let last = self.run.read_last(ui)?;
                let drawn = Drawn::in_step(&last, &eval::search(&self.run.path), step, u64::from(sample));
                drawn.map_err(|error| eval::failure(&error, ui))?
            }
            (None, None) => {
                let (epoch, position) = (self.epoch.unwrap_or(0), self.position.unwrap_or(0));
                let last = self.run.read_last(ui)?;
                let drawn = Drawn::in_epoch(&last, &eval::search(&self.run.path), epoch, position);
                drawn.map_err(|error| eval::failure(&error, ui))?
            }
        };
        if let Some(path) = &self.export {
            return self.exported(&trained, drawn, path, ui);
        }
        let masks = self.masks(&trained, drawn, &KnownRow::default(), ui)?;
        if self.json {
            ui.data(&format!("{}\n", json!({ "sites": self.sites(&masks) })))?;
        } else {
            ui.data(&self.listed(&masks, &[]))?;
            if matches!(drawn, Drawn::Training { .. }) {
                ui.data(&hidden(&trained.model))?;
            }
        }
        Ok(Exit::Done)
    }

    /// Masks of rows of an input.
    fn of_rows(&self, trained: &Trained, input: &Path, (sample, seed): (u32, u64), ui: &mut Ui) -> Outcome {
        let rows = predict::rows(input, &trained.checkpoint.meta.transform, ui)?;
        let count = rows.rows as u64;
        if let Some(row) = self.row.filter(|row| *row >= count) {
            let (input, s) = (input.display(), if count == 1 { "" } else { "s" });
            return Err(Failure::usage(format!(
                "{input} has {count} row{s}, counted from 0: there is no row {row}"
            )));
        }
        let these = self.row.map_or(0..count, |row| row..row + 1);
        if let Some(path) = &self.export {
            if these.end - these.start != 1 {
                return Err(Failure::usage("`--export` is of one row: `--row R` says which"));
            }
            return self.exported(trained, Drawn::Sample { row: these.start, sample, seed }, path, ui);
        }
        let mut objects = Vec::new();
        for row in these {
            let known =
                KnownRow::of(trained, &rows, row as usize).map_err(|error| eval::failure(&error, ui))?;
            let masks = self.masks(trained, Drawn::Sample { row, sample, seed }, &known, ui)?;
            let name = rows.names.get(row as usize);
            if self.json {
                let mut object = json!({ "row": row, "sites": self.sites(&masks) });
                let words = known.words(trained);
                if self.time && !words.is_empty() {
                    object["tokens"] = json!(words);
                }
                if let Some(name) = name {
                    object["file"] = json!(name);
                }
                objects.push(object);
                continue;
            }
            let name = name.map_or(String::new(), |name| format!(", {name}"));
            ui.data(&format!("row {row}{name}\n{}", self.listed(&masks, &known.words(trained))))?;
        }
        if self.json {
            let said = match (self.row, &objects[..]) {
                (Some(_), [one]) => one.clone(),
                _ => json!({ "rows": objects }),
            };
            ui.data(&format!("{said}\n"))?;
        }
        Ok(Exit::Done)
    }

    /// Those of every site, or of the one that is asked for.
    fn masks(
        &self,
        trained: &Trained,
        drawn: Drawn,
        known: &KnownRow,
        ui: &mut Ui,
    ) -> Result<Vec<SiteMask>, Failure> {
        let mut masks = run::subnet(trained, drawn, known).map_err(|error| eval::failure(&error, ui))?;
        if let Some(site) = &self.site {
            let all: Vec<String> = masks.iter().map(|mask| format!("`{}`", mask.path)).collect();
            masks.retain(|mask| mask.path == *site);
            if masks.is_empty() {
                let all = all.join(", ");
                return Err(Failure::usage(format!("no dropout is called `{site}`\nhelp: there are {all}")));
            }
        }
        if self.time {
            masks.retain(|mask| mask.time.is_some());
            if masks.is_empty() {
                return Err(Failure::usage(
                    "`--time` is of dropout on values over time, and there is none here\nhelp: leave it out",
                ));
            }
        }
        Ok(masks)
    }

    /// Masks as text, beside the words of the row where it is one.
    fn listed(&self, masks: &[SiteMask], words: &[String]) -> String {
        let (pictures, units) = if self.site.is_some() { (usize::MAX, usize::MAX) } else { (PICTURES, LINE) };
        if self.time { over_time(masks, units, words) } else { list(masks, pictures) }
    }

    /// Masks as objects.
    fn sites(&self, masks: &[SiteMask]) -> Vec<serde_json::Value> {
        let site = |mask: &SiteMask| {
            let mut site = json!({ "path": mask.path, "shape": mask.shape, "kept": kept(&mask.kept) });
            if let Some(steps) = mask.steps().filter(|_| self.time) {
                site["steps"] = steps.into_iter().map(kept).collect();
            }
            site
        };
        masks.iter().map(site).collect()
    }

    /// Writes the sub-network as a run of its own.
    fn exported(&self, trained: &Trained, drawn: Drawn, path: &Path, ui: &mut Ui) -> Outcome {
        let thinned = run::thinned(trained, drawn).map_err(|error| eval::failure(&error, ui))?;
        let exported = run::export(&thinned, path, &data::run_of(&self.run.path).net(), &train::working()?);
        exported.map_err(|error| eval::failure(&error, ui))?;
        ui.data(&thinned.checkpoint.meta.source)?;
        let (dir, command) = (path.display(), shell::path(path));
        ui.talk(format_args!("the run is in {dir}: `dropnet predict {command} --input FILE`"));
        Ok(Exit::Done)
    }
}

/// Maps of a site that are drawn unless it was asked for by name.
const PICTURES: usize = 16;
/// Columns of a terminal that pictures beside each other take.
const LINE: usize = 100;

fn kept(units: &[bool]) -> Vec<usize> {
    (0..units.len()).filter(|unit| units[*unit]).collect()
}

/// A line a layer that hides some of its input from training, which is of no sub-network.
fn hidden(model: &Model) -> String {
    let hides = |node: &Node| {
        let (used, input) = (node.layer()?, node.inputs.first()?);
        let hides = used.word.hides(&used.args, &model.node(*input).ty)?;
        Some(format!("{}  {hides}\n", node.path))
    };
    model.nodes.iter().filter_map(hides).collect()
}

/// A line a site: how many are kept, and which; of maps that are dropped place by place, the first as small pictures.
fn list(masks: &[SiteMask], most: usize) -> String {
    let width = masks.iter().map(|mask| mask.path.len()).max().unwrap_or(0);
    let mut text = String::new();
    for mask in masks {
        if let (Some(one), &[height, tile, maps]) = (mask.one_map(), &mask.shape[..]) {
            let (kept, all) = (kept(&one.kept).len(), one.kept.len());
            let path = &mask.path;
            let _ = writeln!(
                text,
                "{path:<width$}  {kept} of {all} places kept, the same in {maps} maps of {height}x{tile}"
            );
            text += &pictures(&one, [height, tile, 1], 1);
            continue;
        }
        let (units, noun) = match mask.whole_maps() {
            Some(maps) => (maps, " maps"),
            None => (&mask.kept[..], ""),
        };
        let kept = kept(units);
        let line = format!("{:<width$}  {} of {}{noun} kept", mask.path, kept.len(), units.len());
        match (&mask.shape[..], mask.whole_maps()) {
            (&[height, tile, maps], None) => {
                let shown = maps.min(most);
                let some = if shown < maps { format!(", the first {shown}") } else { String::new() };
                let _ = writeln!(text, "{line}, {maps} maps of {height}x{tile}{some}");
                text += &pictures(mask, [height, tile, maps], shown);
            }
            _ => {
                let units: Vec<String> = kept.iter().map(usize::to_string).collect();
                let _ = writeln!(text, "{line}  {}", units.join(" "));
            }
        }
    }
    text
}

/// The masks of each step: a line a step of at most so many units, with its word where steps are words, and whether all steps have the same.
fn over_time(masks: &[SiteMask], most: usize, words: &[String]) -> String {
    let (words, longest) = in_columns(words);
    let mut text = String::new();
    for mask in masks {
        let Some(steps) = mask.steps() else { continue };
        let (count, units) = (steps.len(), steps.first().map_or(0, |step| step.len()));
        let told = match steps.iter().all(|step| *step == steps[0]) {
            _ if count == 1 => "1 step".to_string(),
            true => format!("the same in all {count} steps"),
            false => format!("{count} steps, each with its own"),
        };
        let some = if units > most { format!(", the first {most} of {units} units") } else { String::new() };
        let _ = writeln!(text, "{}  {told}{some}", mask.path);
        let width = count.saturating_sub(1).to_string().len();
        for (number, step) in steps.iter().enumerate() {
            let marks = step.iter().take(most).map(|kept| if *kept { '#' } else { '.' });
            let word = match words.get(number).filter(|_| words.len() == count) {
                Some(word) => format!("{word:<longest$}  "),
                None => String::new(),
            };
            let _ = writeln!(text, "  {number:>width$}  {word}{}", marks.collect::<String>());
        }
    }
    text
}

/// Words of at most so many characters, in which a line break or a space can be seen, and the longest of them.
fn in_columns(words: &[String]) -> (Vec<String>, usize) {
    const WORD: usize = 16;
    let seen = |word: &String| match word.trim().is_empty() {
        true => format!("{word:?}"),
        false => word.chars().take(WORD).collect(),
    };
    let words: Vec<String> = words.iter().map(seen).collect();
    let longest = words.iter().map(|word| word.chars().count()).max().unwrap_or(0);
    (words, longest)
}

/// The first maps of a mask beside each other, a dot where a unit is dropped.
fn pictures(mask: &SiteMask, [height, width, maps]: [usize; 3], shown: usize) -> String {
    let mut text = String::new();
    let beside = (LINE / (width + 2)).max(1);
    for first in (0..shown).step_by(beside) {
        let group = first..shown.min(first + beside);
        for row in 0..height {
            let mark = |map: usize, column: usize| {
                if mask.kept[(row * width + column) * maps + map] { '#' } else { '.' }
            };
            let line =
                group.clone().map(|map| (0..width).map(|column| mark(map, column)).collect::<String>());
            let _ = writeln!(text, "  {}", line.collect::<Vec<_>>().join("  "));
        }
        text.push('\n');
    }
    text
}
