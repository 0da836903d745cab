//! `dropnet compare`: trained nets against the first of them.

use std::path::Path;

use dropnet::internal::{
    kernels::team::Team,
    model::summary::grouped,
    run::{self, Against, Comparison, Differences, Draws, Side, Spread},
};

use super::{
    Outcome,
    eval::{self, Runs},
    numbers, progress,
    train::Threads,
    ui::{Exit, Failure, Ui},
};

#[derive(clap::Args)]
#[command(mut_arg("paths", |paths| paths.num_args(2..).help(
    "Folders of runs, checkpoints, or folders of `train --seeds`: each is held against the first; `@last` is the newest run"
)))]
pub struct Command {
    #[command(flatten)]
    runs: Runs,
    /// Draws of the bootstrap over rows
    #[arg(long, value_name = "N", default_value_t = 2000, value_parser = clap::value_parser!(u32).range(100..=1_000_000))]
    draws: u32,
    /// Seed of those draws
    #[arg(long, value_name = "N", default_value_t = 0, value_parser = numbers::whole::<0>)]
    seed: u64,
    /// Write one JSON object instead of the tables
    #[arg(long)]
    json: bool,
    #[command(flatten)]
    threads: Threads,
}

impl Command {
    pub fn run(&self, ui: &mut Ui) -> Outcome {
        let sides = self.runs.paths.iter().map(|path| self.side(path, ui)).collect::<Result<Vec<_>, _>>()?;
        let draws = Draws { count: self.draws as usize, seed: self.seed };
        let found = run::compare(&sides, draws, &Team::new(self.threads.count()));
        let found = found.map_err(|error| eval::failure(&error, ui))?;
        if self.json {
            let json = serde_json::to_value(&found).map_err(|e| Failure::data(e.to_string()))?;
            ui.data(&format!("{json}\n"))?;
            return Ok(Exit::Done);
        }
        ui.data(&text(&found, self.draws))?;
        Ok(Exit::Done)
    }

    fn side(&self, path: &Path, ui: &mut Ui) -> Result<Side, Failure> {
        let committee = self.runs.read_one(path).map_err(|error| eval::failure(&error, ui))?;
        Ok(Side::of(path, committee, eval::search(path)))
    }
}

/// `A`, `B`, ... `Z`, then numbers.
fn letter(i: usize) -> String {
    u8::try_from(i)
        .ok()
        .filter(|i| *i < 26)
        .map_or_else(|| format!("#{}", i + 1), |i| char::from(b'A' + i).to_string())
}

fn text(found: &Comparison, draws: u32) -> String {
    let mut text = sides(found);
    text += &figures(found);
    for (i, against) in found.against.iter().enumerate() {
        text += &changes(i + 1, against);
        text += &differences(i + 1, against, draws);
    }
    text
}

/// What is compared, a line each.
fn sides(found: &Comparison) -> String {
    let runs: Vec<String> = found.sides.iter().map(|side| side.run.display().to_string()).collect();
    let width = runs.iter().map(String::len).max().unwrap_or(0);
    let mut text = String::new();
    for (i, (side, run)) in found.sides.iter().zip(&runs).enumerate() {
        let seeds = match &side.seeds[..] {
            [_] | [] => String::new(),
            several => format!("{} seeds", several.len()),
        };
        let said = [seeds, side.differs.clone()].into_iter().filter(|said| !said.is_empty());
        let line = format!("{}  {run:<width$}  {}", letter(i), said.collect::<Vec<_>>().join(", "));
        text += line.trim_end();
        text.push('\n');
    }
    if found.sides.iter().all(|side| side.differs.is_empty()) {
        text += "nothing differs in what they were made of\n";
    }
    text
}

/// Figures of every part, a column a side.
fn figures(found: &Comparison) -> String {
    let mut text = String::from("\nfigures, dropout off\n");
    let names = found.figures.iter().flat_map(|part| &part.figures).map(|(name, _)| name.len());
    let width = names.max().unwrap_or(0).max(6);
    let cell = |spread: &Option<Spread>| match spread {
        None => "-".to_string(),
        Some(Spread { mean, deviation }) if deviation.is_nan() => progress::figure(*mean),
        Some(Spread { mean, deviation }) => {
            format!("{} (sd {})", progress::figure(*mean), progress::figure(*deviation))
        }
    };
    let cells = found.figures.iter().flat_map(|part| &part.figures).flat_map(|(_, all)| all.iter().map(cell));
    let column = cells.map(|cell| cell.len()).max().unwrap_or(0).max(8);
    let heads: String = (0..found.sides.len()).map(|i| format!("  {:>column$}", letter(i))).collect();
    text += &format!("{:<7}{:<width$}{heads}\n", "", "");
    for part in &found.figures {
        let mut name = part.part;
        for (figure, all) in &part.figures {
            let cells: String = all.iter().map(|spread| format!("  {:>column$}", cell(spread))).collect();
            text += &format!("{name:<5}  {figure:<width$}{cells}\n");
            name = "";
        }
    }
    text
}

/// Lines of the text that differ.
fn changes(i: usize, against: &Against) -> String {
    if against.text.is_empty() {
        return String::new();
    }
    let mut text = format!("\ntext of {} against {}\n", letter(i), letter(0));
    for change in &against.text {
        text += &format!("  {} {}\n", if change.added { '+' } else { '-' }, change.line);
    }
    text
}

fn differences(i: usize, against: &Against, draws: u32) -> String {
    let less = format!("{} less {}", letter(i), letter(0));
    match &against.differences {
        Differences::None { why } => format!("\n{less}: {why}\n"),
        Differences::Rows { part, rows, figures } => {
            let mut text = format!("\n{less} on the {part} part, {} rows in pairs\n", grouped(*rows));
            let each = figures.iter().map(|one| {
                let interval = one.interval;
                (&one.figure, one.difference, interval.low, interval.high, interval.standard_error)
            });
            text += &table(each.collect());
            let short = figures.iter().filter(|one| one.interval.draws < draws as usize);
            for one in short {
                text += &format!("{} has a value in {} of {draws} draws\n", one.figure, one.interval.draws);
            }
            text + "interval over rows, of these two nets; for the method compare folders of `--seeds`\n"
        }
        Differences::Seeds { part, figures } => {
            let mut text =
                format!("\n{less} on the {part} part, {}\n", figures.first().map_or(String::new(), basis));
            let each = figures.iter().map(|one| {
                let mean = one.mean;
                (&one.figure, mean.difference, mean.low, mean.high, mean.standard_error)
            });
            text += &table(each.collect());
            match figures.iter().any(|one| one.mean.standard_error.is_nan()) {
                true => {
                    text + "of one pair there is no interval: train both with several seeds (`train --seeds N`)\n"
                }
                false => text + "t interval over seeds, of the method on these rows\n",
            }
        }
    }
}

fn basis(one: &run::SeedDifference) -> String {
    match (one.mean.paired, one.mean.count) {
        (true, 1) => "one pair of nets with the same seed".into(),
        (true, n) => format!("{n} pairs of nets with the same seed"),
        (false, n) => format!("{n} nets that share no seed: of their means"),
    }
}

fn table(rows: Vec<(&String, f64, f64, f64, f64)>) -> String {
    let width = rows.iter().map(|row| row.0.len()).max().unwrap_or(0).max(6);
    let mut text = format!(
        "  {:<width$}  {:>10}  {:>23}  {:>14}\n",
        "figure", "difference", "95% interval", "standard error"
    );
    let signed = |x: f64| if x > 0.0 { format!("+{}", progress::figure(x)) } else { progress::figure(x) };
    for (name, difference, low, high, error) in rows {
        let (interval, error) = match error.is_nan() {
            true => ("-".into(), "-".into()),
            false => (format!("{} .. {}", signed(low), signed(high)), progress::figure(error)),
        };
        text += &format!("  {name:<width$}  {:>10}  {interval:>23}  {error:>14}\n", signed(difference));
    }
    text
}
