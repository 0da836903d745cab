//! `dropnet inspect`: what each layer says of a row, and which gradient reaches it.

use std::fmt::Write;

use dropnet::internal::run::{self, Asked, Inspected, LayerPass, WeightPass};
use serde_json::json;

use super::{
    Outcome,
    eval::{self, Run},
    numbers,
    ui::{Exit, Failure, Ui},
};

/// One row passes through the net with dropout on, forwards and backwards, in double precision; batch norm has its frozen moments, penalties
/// and augmentation are left out. A unit that was dropped is shown as a dot: neither it nor its weights get a gradient from this row.
#[derive(clap::Args)]
pub struct Command {
    #[command(flatten)]
    run: Run,
    /// A row of a part of the data, from 0
    #[arg(long, value_name = "R", default_value_t = 0, value_parser = numbers::whole::<0>)]
    row: u64,
    /// The part that it is in
    #[arg(long, value_name = "PART", default_value = "train", value_parser = ["train", "valid", "test"])]
    part: String,
    /// The sample whose masks it has: those that `subnet --row R --sample I` lists
    #[arg(long, value_name = "I", default_value_t = 0)]
    sample: u32,
    /// Seed of the masks [default: that of the file's `predict` section, or of the run]
    #[arg(long, value_name = "N", value_parser = numbers::whole::<0>)]
    seed: Option<u64>,
    /// What the layers say, and no gradients
    #[arg(long, conflicts_with = "gradients")]
    values: bool,
    /// The gradients alone, by units and by weights
    #[arg(long)]
    gradients: bool,
    /// All numbers of one layer, or of one parameter
    #[arg(long, value_name = "PATH")]
    layer: Option<String>,
    /// Write one JSON object instead, with all numbers of what is asked for
    #[arg(long)]
    json: bool,
}

/// Numbers of a line, where not all are asked for.
const SOME: usize = 10;
/// Numbers of the last axis that stand in one line.
const ROW: usize = 16;

impl Command {
    pub fn run(&self, ui: &mut Ui) -> Outcome {
        let trained = self.run.read(ui)?;
        let said = trained.model.predict.mode.seed();
        let seed = self.seed.or(said).unwrap_or(trained.checkpoint.meta.seed);
        let asked = Asked { part: &self.part, row: self.row as usize, sample: self.sample, seed };
        let search = eval::search(&self.run.path);
        let mut found =
            run::inspected(&trained, &search, asked).map_err(|error| eval::failure(&error, ui))?;
        self.narrow(&mut found)?;
        if self.json {
            let place = json!({ "part": self.part, "row": self.row, "sample": self.sample, "seed": seed });
            let mut object = json!(found);
            object["of"] = place;
            if self.gradients {
                let layers = object["layers"].as_array_mut().into_iter().flatten();
                layers
                    .filter_map(|layer| layer.as_object_mut())
                    .for_each(|layer| drop(layer.remove("values")));
            }
            ui.data(&format!("{object}\n"))?;
            return Ok(Exit::Done);
        }
        ui.data(&format!(
            "row {} of {}, sample {}: loss {}\n{}",
            self.row,
            self.part,
            self.sample,
            short(found.loss),
            self.told(&found)
        ))?;
        Ok(Exit::Done)
    }

    /// Leaves what was asked for.
    fn narrow(&self, found: &mut Inspected) -> Result<(), Failure> {
        if let Some(path) = &self.layer {
            let names: Vec<String> = found
                .layers
                .iter()
                .map(|l| &l.path)
                .chain(found.params.iter().map(|p| &p.name))
                .map(|n| format!("`{n}`"))
                .collect();
            found
                .layers
                .retain(|layer| layer.path.trim_start_matches("input ") == path.trim_start_matches("input "));
            found.params.retain(|param| param.name == *path);
            if found.layers.is_empty() && found.params.is_empty() {
                return Err(Failure::usage(format!(
                    "no layer and no trained parameter is called `{path}`\nhelp: there are {}",
                    names.join(", ")
                )));
            }
        }
        if self.values {
            found.params.clear();
            found.layers.iter_mut().for_each(|layer| layer.gradient = None);
        }
        if self.values && found.layers.is_empty() {
            return Err(Failure::usage(
                "`--values` is of layers, and a parameter was named\nhelp: leave `--values` out",
            ));
        }
        Ok(())
    }

    fn told(&self, found: &Inspected) -> String {
        let most = if self.layer.is_some() { usize::MAX } else { SOME };
        let names =
            found.layers.iter().map(|l| l.path.len()).chain(found.params.iter().map(|p| p.name.len()));
        let shapes = found
            .layers
            .iter()
            .map(|l| shape(&l.shape).len())
            .chain(found.params.iter().map(|p| shape(&p.shape).len()));
        let widths = (names.max().unwrap_or(0), shapes.max().unwrap_or(0));
        let mut text = String::new();
        if !self.gradients {
            found.layers.iter().for_each(|layer| text += &values(layer, widths, most));
        }
        if !self.values {
            let title = "gradient of the loss by what they say, and by the weights\n";
            text += if self.gradients { "" } else { title };
            found.layers.iter().for_each(|layer| text += &gradient(layer, widths, most));
            found.params.iter().for_each(|param| text += &weights(param, widths, most));
        }
        text
    }
}

fn values(layer: &LayerPass, widths: (usize, usize), most: usize) -> String {
    let kept = layer.kept.as_deref();
    let note = kept.map_or(String::new(), |kept| {
        format!("{} kept", share(kept.iter().filter(|k| **k).count(), kept.len()))
    });
    line(&layer.path, &layer.shape, &note, widths, &numbers_of(&layer.values, &layer.shape, kept, most))
}

fn gradient(layer: &LayerPass, widths: (usize, usize), most: usize) -> String {
    let Some(gradient) = &layer.gradient else { return String::new() };
    line(&layer.path, &layer.shape, &live(gradient), widths, &numbers_of(gradient, &layer.shape, None, most))
}

fn weights(param: &WeightPass, widths: (usize, usize), most: usize) -> String {
    let about = match most {
        usize::MAX => numbers_of(&param.gradient, &param.shape, None, most),
        _ => lines_that_learn(param),
    };
    line(&param.name, &param.shape, &live(&param.gradient), widths, &about)
}

/// Of a matrix: which of its outputs and inputs the row trains, where it does not train all.
fn lines_that_learn(param: &WeightPass) -> String {
    let mut said = Vec::new();
    let rank = param.shape.len();
    for (axis, name) in [(rank.checked_sub(1), "to"), (rank.checked_sub(2), "from")] {
        let Some(axis) = axis.filter(|_| rank > 1) else { continue };
        let (size, inner) = (param.shape[axis], param.shape[axis + 1..].iter().product::<usize>());
        let mut learns = vec![false; size];
        for (i, _) in param.gradient.iter().enumerate().filter(|(_, g)| **g != 0.0) {
            learns[i / inner % size] = true;
        }
        let some: Vec<String> = (0..size).filter(|i| learns[*i]).map(|i| i.to_string()).collect();
        if some.len() < size {
            let more = if some.len() > SOME { " ..." } else { "" };
            let shown = some[..some.len().min(SOME)].join(" ");
            said.push(match some.len() {
                0 => format!("{name} no unit"),
                1 => format!("{name} unit {shown}"),
                _ => format!("{name} units {shown}{more}"),
            });
        }
    }
    said.join("; ")
}

fn line(name: &str, dims: &[usize], note: &str, (names, shapes): (usize, usize), rest: &str) -> String {
    let mut text = String::new();
    let head = format!("  {name:<names$}  {:<shapes$}  {note:<NOTE$}", shape(dims));
    let mut rest = rest.lines();
    let _ = writeln!(text, "{}", format!("{head}  {}", rest.next().unwrap_or("")).trim_end());
    rest.for_each(|more| {
        let _ = writeln!(text, "{:indent$}{more}", "", indent = head.len() + 2);
    });
    text
}

/// Columns for how many are kept, or not 0.
const NOTE: usize = 20;

fn live(gradient: &[f64]) -> String {
    format!("{} not 0", share(gradient.iter().filter(|g| **g != 0.0).count(), gradient.len()))
}

fn share(some: usize, all: usize) -> String {
    if some == all { format!("all {all}") } else { format!("{some} of {all}") }
}

/// The first numbers, a dot where a unit was dropped; where all are asked for, the last axis a line if it is short, else ten.
pub(super) fn numbers_of(numbers: &[f64], dims: &[usize], kept: Option<&[bool]>, most: usize) -> String {
    let one = |i: usize| match kept {
        Some(kept) if !kept[i] => ".".to_owned(),
        _ => short(numbers[i]),
    };
    let shown: Vec<String> = (0..numbers.len().min(most)).map(one).collect();
    let own = dims.last().copied().filter(|last| dims.len() > 1 && (1..=ROW).contains(last));
    let lines: Vec<String> =
        shown.chunks(own.filter(|_| most == usize::MAX).unwrap_or(SOME)).map(|some| some.join(" ")).collect();
    let more = if shown.len() < numbers.len() { " ..." } else { "" };
    lines.join("\n") + more
}

pub(super) fn shape(dims: &[usize]) -> String {
    let sizes: Vec<String> = dims.iter().map(usize::to_string).collect();
    if sizes.is_empty() { "1".into() } else { sizes.join("x") }
}

/// Three digits behind the point, of what is very small or large three in all; whole numbers, as tokens are, without.
pub(super) fn short(x: f64) -> String {
    let size = x.abs();
    if x.fract() == 0.0 && size < 1e6 {
        format!("{}", x as i64)
    } else if (1e-3..1e4).contains(&size) || !x.is_finite() {
        format!("{x:.3}")
    } else {
        format!("{x:.2e}")
    }
}
