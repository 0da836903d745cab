//! `dropnet audit`: weight scaling against the means over sub-networks that it stands for.

use std::sync::Arc;

use dropnet::internal::{
    data::Search,
    kernels::team::Team,
    model::summary::number,
    run::{self, Ablation, Audit, Committee, Compared, Curve, Effort, NotEnumerated, TrainedError, Watch},
};
use serde_json::json;

use super::{
    Outcome,
    eval::{self, Runs},
    interrupts, numbers,
    progress::{self, Bar, figure},
    train::Threads,
    ui::{Exit, Failure, Ui},
};

#[derive(clap::Args)]
pub struct Command {
    #[command(flatten)]
    runs: Runs,
    /// Write one JSON object instead of the table
    #[arg(long)]
    json: bool,
    /// Instead: the errors of means over 1 to N samples, over disjoint sets of masks
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u32).range(1..=100_000), conflicts_with = "force")]
    curve: Option<u32>,
    /// Sets of masks of `--curve`
    #[arg(long, value_name = "K", default_value_t = 20, value_parser = clap::value_parser!(u32).range(1..=10_000), requires = "curve")]
    sets: u32,
    /// Drop hidden units at this rate, whatever the net was trained with; places of `dropout 0` count
    #[arg(long, value_name = "P", value_parser = numbers::share, conflicts_with = "ablate")]
    rate: Option<f64>,
    /// Instead: what each hidden unit is worth, taken out alone; of several runs side by side
    #[arg(long, conflicts_with_all = ["curve", "force"])]
    ablate: bool,
    /// Audit the first rows only
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u32).range(1..))]
    rows: Option<u32>,
    /// Enumerate all masks however long it takes
    #[arg(long)]
    force: bool,
    /// Draw no progress bar
    #[arg(long)]
    no_progress: bool,
    #[command(flatten)]
    threads: Threads,
}

impl Command {
    pub fn run(&self, ui: &mut Ui) -> Outcome {
        let committee = self.runs.read(ui)?.direct();
        let committee = match self.rate {
            Some(rate) => committee.thinned_at(rate).map_err(|error| eval::failure(&error, ui))?,
            None => committee,
        };
        let search = self.runs.search();
        let team = Team::new(self.threads.count());
        let watch = Arc::new(Watch::until(interrupts::of_commands()));
        let _heed = interrupts::Heed::of_command();
        let shown = || (progress::visible() && !self.no_progress).then(|| Bar::of(watch.clone()));
        let bar = if ui.quiet() { None } else { shown() };
        if self.ablate {
            return self.ablation(&committee, &search, (&team, &watch), (bar, ui));
        }
        let Some(trained) = committee.alone() else {
            return self.joint(&committee, &search, (&team, &watch), (bar, ui));
        };
        let usual = Effort::usual(team.threads());
        let effort = Effort { patience: usual.patience.filter(|_| !self.force), ..usual };
        let rows = self.rows.map(|n| n as usize);
        if let Some(samples) = self.curve {
            let curve = run::curve(trained, &search, rows, samples, self.sets, (&team, &watch));
            drop(bar);
            let curve = curve.map_err(|error| eval::failure(&error, ui))?;
            let json = serde_json::to_value(&curve).map_err(|e| Failure::data(e.to_string()))?;
            ui.data(&if self.json { format!("{json}\n") } else { points(&curve) })?;
            return Ok(Exit::Done);
        }
        let audit = run::audit(trained, &search, rows, effort, &team, &watch);
        drop(bar);
        let audit = audit.map_err(|error| eval::failure(&error, ui))?;
        ui.data(&if self.json { format!("{}\n", object(&audit)) } else { table(&audit) })?;
        Ok(Exit::Done)
    }
}

impl Command {
    /// What hidden units are worth, in each net.
    fn ablation(
        &self,
        committee: &Committee,
        search: &Search,
        (team, watch): (&Team, &Watch),
        (bar, ui): (Option<Bar>, &mut Ui),
    ) -> Outcome {
        let rows = self.rows.map(|n| n as usize);
        let ablated =
            committee.members().iter().map(|trained| run::ablate(trained, search, rows, (team, watch)));
        let ablated: Result<Vec<Ablation>, TrainedError> = ablated.collect();
        drop(bar);
        let ablated = ablated.map_err(|error| eval::failure(&error, ui))?;
        for (name, found) in self.runs.members().iter().zip(ablated) {
            if self.json {
                let json = serde_json::to_value(&found).map_err(|e| Failure::data(e.to_string()))?;
                ui.data(&format!("{json}\n"))?;
                continue;
            }
            let run = if committee.alone().is_some() { String::new() } else { format!("{name}: ") };
            ui.data(&format!("{run}{}", worth(&found)))?;
        }
        Ok(Exit::Done)
    }

    /// Of several nets.
    fn joint(
        &self,
        committee: &Committee,
        search: &Search,
        (team, watch): (&Team, &Watch),
        (bar, ui): (Option<Bar>, &mut Ui),
    ) -> Outcome {
        for (flag, given) in [("--curve", self.curve.is_some()), ("--force", self.force)] {
            if given {
                return Err(Failure::usage(format!("`{flag}` is of one net: name one run")));
            }
        }
        let audit = run::joint_audit(committee, search, self.rows.map(|n| n as usize), team, watch);
        drop(bar);
        let audit = audit.map_err(|error| eval::failure(&error, ui))?;
        ui.data(&match self.json {
            true => {
                let ways = audit.ways.iter().map(way).collect::<Vec<_>>();
                let (part, rows, reference) = (audit.part, audit.rows, &audit.reference);
                format!("{}\n", json!({ "part": part, "rows": rows, "reference": reference, "ways": ways }))
            }
            false => {
                format!("{} part, {} rows\n", audit.part, audit.rows) + &ways(&audit.ways, &audit.reference)
            }
        })?;
        Ok(Exit::Done)
    }
}

/// A line for each layer of hidden units.
fn worth(found: &Ablation) -> String {
    let mut text = format!(
        "{} part, {} rows, {} {} with all units\n",
        found.part,
        found.rows,
        found.figure,
        figure(found.whole)
    );
    let width = found.layers.iter().map(|layer| layer.weight.len()).max().unwrap_or(0);
    text += &format!(
        "{:<width$}  {:>5}  {:>9}  {:>9}   lost without one unit\n",
        "read by", "units", "mean", "most"
    );
    for layer in &found.layers {
        let (unit, most) = layer.worst();
        text += &format!(
            "{:<width$}  {:>5}  {:>9}  {:>9}   ({} {unit})\n",
            layer.weight,
            layer.lost.len(),
            number(layer.mean()),
            number(most),
            if layer.maps { "map" } else { "unit" },
        );
    }
    text
}

/// A line for 1, 2, 3, 5, 10, ... samples.
fn points(curve: &Curve) -> String {
    let mut text = format!(
        "{} part, {} rows, sets of masks: {}\n{:<16}  {:>8}  {:>8}\n{:<16}  {:>7.3}%\n",
        curve.part,
        curve.rows,
        curve.sets,
        "",
        "error",
        "sd",
        "weight scaling",
        100.0 * curve.weight_scaling
    );
    let last = curve.points.len() as u32;
    let shown = |samples: u32| {
        let round = 10_u32.pow(samples.ilog10());
        samples == last || [1, 2, 3, 5].contains(&(samples / round)) && samples.is_multiple_of(round)
    };
    for point in curve.points.iter().filter(|point| shown(point.samples)) {
        let name = format!("{} sample{}", point.samples, if point.samples == 1 { "" } else { "s" });
        let sd = if point.sd.is_nan() { "-".into() } else { format!("{:.3}%", 100.0 * point.sd) };
        text += &format!("{name:<16}  {:>7.3}%  {sd:>8}\n", 100.0 * point.error);
    }
    text
}

fn way(w: &Compared) -> serde_json::Value {
    json!({ "name": w.name, "error": w.error, "mean_abs_diff": w.mean_abs_diff, "kl": w.kl })
}

fn object(audit: &Audit) -> serde_json::Value {
    let ways: Vec<_> = audit.ways.iter().map(way).collect();
    let mut object = json!({
        "part": audit.part,
        "rows": audit.rows,
        "exact": audit.certified,
        "reference": audit.reference,
        "ways": ways,
    });
    if let Some(off) = audit.closed_form {
        object["max_abs_diff"] = json!({ "weight_scaling_vs_geometric": off });
    }
    match &audit.enumeration {
        Ok(e) => {
            object["coins"] = json!(e.coins);
            object["max_abs_diff"] = json!({
                "weight_scaling_vs_geometric": e.vs_geometric,
                "weight_scaling_vs_arithmetic": e.vs_arithmetic,
            });
        }
        Err(why) => object["not_enumerated"] = json!(why.to_string()),
    }
    object
}

fn table(audit: &Audit) -> String {
    let mut text = format!("{} part, {} rows\n", audit.part, audit.rows);
    text += match audit.certified {
        true => {
            "exact: the outputs are affine in the masks, so weight scaling is the geometric mean over all sub-networks\n"
        }
        false => {
            "approximate: something between a mask and the outputs is not affine, so weight scaling is near the geometric mean only\n"
        }
    };
    text += &match &audit.enumeration {
        Ok(e) => format!(
            "2^{} masks enumerated: weight scaling is off the geometric mean by at most {:.1e}, off the arithmetic mean by {:.1e}\n",
            e.coins, e.vs_geometric, e.vs_arithmetic
        ),
        Err(why @ NotEnumerated::TooLong { .. }) => {
            format!("not enumerated: {why}; `--rows N` takes fewer, `--force` waits\n")
        }
        Err(why) => format!("not enumerated: {why}\n"),
    };
    if let (Some(off), Err(_)) = (audit.closed_form, &audit.enumeration) {
        text += &format!("in closed form: weight scaling is off the geometric mean by at most {off:.1e}\n");
    }
    text + &ways(&audit.ways, audit.reference)
}

/// A line for each way to predict.
fn ways(ways: &[Compared], reference: &str) -> String {
    let width = ways.iter().map(|w| w.name.len()).max().unwrap_or(0);
    let percent = ways.iter().any(|w| w.kl.is_some());
    let columns = if percent { ["error", "mean |dp|", "KL"] } else { ["rmse", "mean |dy|", ""] };
    let mut text = format!(
        "{:<width$}  {:>8}  {:>10}  {:>10}   against {reference}\n",
        "", columns[0], columns[1], columns[2]
    );
    for way in ways {
        let error = if percent { format!("{:.2}%", 100.0 * way.error) } else { figure(way.error) };
        let kl = way.kl.map_or(String::new(), |kl| format!("{kl:.2e}"));
        let line = format!("{:<width$}  {error:>8}  {:>10.2e}  {kl:>10}", way.name, way.mean_abs_diff);
        text += &format!("{}\n", line.trim_end());
    }
    text
}
