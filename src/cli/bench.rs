//! `dropnet bench`: the time of a training step, kernel by kernel.

use std::{path::PathBuf, time::Duration};

use dropnet::internal::{
    atomic, memory,
    model::summary::grouped,
    peers::Link,
    plot::{self, RooflinePoint},
    run::{self, Bench, BenchError, Calls, Foretold, PATIENCE, ROOM, Ready, Unforetold},
};
use serde_json::json;

use super::{
    Outcome, data, ending, numbers,
    ranks::{self, Ranks},
    source::{File, Source},
    train::{Threads, opened},
    ui::{Exit, Failure, Ui},
};

#[derive(clap::Args)]
pub struct Command {
    #[command(flatten)]
    file: File,
    #[command(flatten)]
    threads: Threads,
    /// How long to time steps
    #[arg(long, value_name = "SECONDS", default_value_t = 2.0, value_parser = seconds)]
    seconds: f64,
    /// Rows of the calls that predict and that draw samples, such as `1,256`
    #[arg(long, value_name = "ROWS", value_delimiter = ',', value_parser = numbers::between::<1, { 1 << 16 }>)]
    rows: Vec<u64>,
    /// Write one JSON object instead of the table
    #[arg(long)]
    json: bool,
    /// Foretell the step on up to N processes, which have some of the minibatch's blocks each
    #[arg(long, value_name = "N", value_parser = numbers::between::<2, 4096>)]
    ranks: Option<u64>,
    /// What lies between them: 1GbE, 10GbE, 25GbE, 100GbE, HDR (InfiniBand, 200 Gb/s), or latency and bandwidth, `20us,10Gb/s`
    #[arg(long, value_name = "NETWORK", default_value = "10GbE", value_parser = network, requires = "ranks")]
    network: Network,
    /// Draw the roofline as SVG
    #[arg(long, value_name = "FILE")]
    svg: Option<PathBuf>,
}

/// A network as it was named.
#[derive(Clone)]
struct Network {
    name: String,
    link: Link,
}

/// Names of networks, with the latency of a message in seconds and bits a second.
const NETWORKS: [(&str, f64, f64); 5] = [
    ("1GbE", 50e-6, 1e9),
    ("10GbE", 20e-6, 1e10),
    ("25GbE", 15e-6, 25e9),
    ("100GbE", 5e-6, 1e11),
    ("HDR", 2e-6, 2e11),
];

fn network(text: &str) -> Result<Network, String> {
    let link =
        |latency: f64, bits: f64| Network { name: text.into(), link: Link { latency, byte: 8.0 / bits } };
    if let Some((_, latency, bits)) = NETWORKS.iter().find(|(name, ..)| name.eq_ignore_ascii_case(text)) {
        return Ok(link(*latency, *bits));
    }
    let number = |text: &str, unit: &str, scale: f64| {
        let number = text.trim().strip_suffix(unit)?.trim().parse::<f64>().ok()?;
        (number.is_finite() && number > 0.0).then_some(number * scale)
    };
    let parsed = text.split_once(',').and_then(|(latency, bandwidth)| {
        let latency = number(latency, "us", 1e-6).or_else(|| number(latency, "ms", 1e-3))?;
        let bits = number(bandwidth, "Gb/s", 1e9).or_else(|| number(bandwidth, "Mb/s", 1e6))?;
        Some(link(latency, bits))
    });
    parsed.ok_or_else(|| {
        "expected 1GbE, 10GbE, 25GbE, 100GbE, HDR, or latency and bandwidth such as `20us,10Gb/s`".into()
    })
}

fn seconds(text: &str) -> Result<f64, String> {
    let fits = |x: &f64| (0.0..=3600.0).contains(x);
    text.parse().ok().filter(fits).ok_or_else(|| "a number of seconds, at most 3600".into())
}

impl Command {
    pub fn run(&self, ui: &mut Ui) -> Outcome {
        Ranks::together(ui, |ranks, ui| self.run_as(ranks, ui))
    }

    fn run_as(&self, ranks: Option<&Ranks>, ui: &mut Ui) -> Outcome {
        ending::fits(self.svg.as_deref(), "the roofline is SVG", &["svg"])?;
        if ranks.is_some() && self.ranks.is_some() {
            return Err(Failure::usage(
                "`--ranks` foretells from one process, and several were started\nhelp: leave it out to time these, or `mpirun`",
            ));
        }
        if ranks.is_some() && !self.rows.is_empty() {
            return Err(Failure::usage(
                "`--rows` times calls of one process, and several were started\nhelp: leave it out to time steps, or `mpirun`",
            ));
        }
        let (source, ready) = self.opened(ranks, ui)?;
        let timed = self.timed(&source, &ready, ranks, ui);
        let (bench, foretold) = Ranks::settled(ranks, timed, ui)?;
        let text = match self.json {
            true => format!("{}\n", object(&bench, &foretold)),
            false => table(&source.name, &bench) + &foretold_text(&foretold, &self.network.name),
        };
        ui.data(&text)?;
        if let Some(path) = self.svg.as_ref().filter(|_| ranks.is_none_or(Ranks::is_first)) {
            let drawn = picture(&source.name, &bench).map_err(|error| error.to_string());
            let write = |svg: String| atomic::replace(path, |out| out.write_all(svg.as_bytes()));
            let written = drawn.and_then(|svg| write(svg).map_err(|error| error.to_string()));
            written.map_err(|error| Failure::data(format!("cannot write {}: {error}", path.display())))?;
        }
        Ok(Exit::Done)
    }

    /// The text, and the net and its data: the same in all processes, if there are several.
    fn opened(&self, ranks: Option<&Ranks>, ui: &mut Ui) -> Result<(Source, Ready), Failure> {
        let open = |ui: &mut Ui| {
            let source = Source::read(&self.file.path)?;
            let ready = opened(&self.file, &source, ui)?;
            Ok((source, ready))
        };
        let here = open(ui);
        let Some(ranks) = ranks else { return here };
        let (source, mut ready) = ranks.all(here, ui)?;
        let of_data = run::facts_of_data(&ready).map_err(|error| data::failure(&error, None, ui));
        let mut facts = run::facts_of_text(&source.text, &self.file.sets.sets);
        facts.extend(ranks.all(of_data, ui)?);
        ranks.have_the_same(&facts)?;
        ranks.deal(|count| ready.model.deal(count))?;
        Ok((source, ready))
    }

    fn calls(&self) -> Calls {
        let rows: Vec<usize> = self.rows.iter().map(|rows| *rows as usize).collect();
        if rows.is_empty() { Calls::default() } else { Calls { predict: rows.clone(), sample: rows } }
    }

    fn timed(
        &self,
        source: &Source,
        ready: &Ready,
        ranks: Option<&Ranks>,
        ui: &mut Ui,
    ) -> Result<(Bench, Vec<Foretold>), Failure> {
        let budget = Duration::from_secs_f64(self.seconds);
        let hands = (self.threads.count(), ranks.map(Ranks::peers));
        let bench = run::bench(&source.text, &self.file.sets.sets, ready, hands, budget, &self.calls());
        let bench = bench.map_err(|error| match error {
            BenchError::Codegen(error) => data::native(&error),
            BenchError::Data(error) => data::failure(&error, None, ui),
            BenchError::NoRoom(_) => Failure::data(error),
            BenchError::Diverged => {
                let cure = run::cure(&ready.model, &ready.dataset);
                Failure::Said(Exit::Diverged, format!("{error}\n{cure}"))
            }
            BenchError::NoSection(_) => Failure::Said(Exit::Faulty, format!("{}: {error}", source.name)),
        })?;
        let foretold = match self.ranks {
            None => Vec::new(),
            Some(ranks) => run::foretell(&bench, ready, ranks as usize, self.network.link)
                .map_err(|error| unforetold(&error, ranks as usize))?,
        };
        Ok((bench, foretold))
    }
}

fn picture(name: &str, bench: &Bench) -> Result<String, plot::DrawError> {
    let points: Vec<_> = bench
        .kernels
        .iter()
        .map(|k| RooflinePoint {
            name: &k.name,
            flops: k.cost.flops as f64,
            bytes: k.cost.bytes as f64,
            seconds: k.time.as_secs_f64(),
            product: k.product,
        })
        .collect();
    let threads = plural(bench.threads, "thread");
    let title = format!("{name}: {}, {threads}, {:.0} us a step", batch(bench), micros(bench.step));
    plot::roofline(&title, bench.roofline.flops_per_second, bench.roofline.bytes_per_second, &points)
}

fn micros(time: Duration) -> f64 {
    time.as_secs_f64() * 1e6
}

fn unforetold(error: &Unforetold, ranks: usize) -> Failure {
    match error {
        Unforetold::Blocks(blocks) => ranks::undealt(*blocks, ranks),
        Unforetold::Codegen(error) => data::native(error),
    }
}

/// What is foretold of several processes, and where more of them stop to pay.
fn foretold_text(foretold: &[Foretold], network: &str) -> String {
    let Some(one) = foretold.first() else { return String::new() };
    let mut text = format!(
        "foretold over {network}\n{:>9}  {:>12}  {:>12}  {:>12}  {:>12}  {:>14}  {:>12}\n",
        "processes", "us a step", "exchanging", "hidden", "exchanges", "bytes sent", "times faster"
    );
    let faster = |own: &Foretold| one.step().as_secs_f64() / own.step().as_secs_f64().max(1e-12);
    for own in foretold {
        text += &format!(
            "{:>9}  {:>12.2}  {:>12.2}  {:>12.2}  {:>12}  {:>14}  {:>12.2}\n",
            own.ranks,
            micros(own.step()),
            micros(own.exchange),
            micros(own.hidden),
            own.exchanges,
            grouped(own.bytes),
            faster(own)
        );
    }
    // A process more is worth it as long as the step gets shorter by a tenth of what it would ideally.
    let pays = foretold.windows(2).take_while(|pair| {
        let ideal = pair[1].ranks as f64 / pair[0].ranks as f64;
        faster(&pair[1]) / faster(&pair[0]) >= 1.0 + 0.1 * (ideal - 1.0)
    });
    let last = pays.last().map_or(one, |pair| &pair[1]);
    text += &match (last.ranks, last.ranks == foretold[foretold.len() - 1].ranks) {
        (1, false) => {
            "more than one process does not pay: what they exchange takes longer than what they save\n"
                .to_string()
        }
        (ranks, false) => format!("more than {ranks} processes do not pay\n"),
        (_, true) => String::new(),
    };
    text
}

fn object(bench: &Bench, foretold: &[Foretold]) -> serde_json::Value {
    let kernels: Vec<_> = bench
        .kernels
        .iter()
        .map(|k| {
            json!({
                "name": k.name, "us": micros(k.time), "flops": k.cost.flops, "bytes": k.cost.bytes, "bound_us": micros(k.bound),
            })
        })
        .collect();
    let stages: serde_json::Map<_, _> =
        bench.stages.0.iter().map(|(name, time)| ((*name).into(), json!(micros(*time) / 1e3))).collect();
    json!({
        "threads": bench.threads,
        "threads_offered": bench.offered,
        "batch": bench.batch,
        "blocks": bench.blocks,
        "processes": bench.ranks,
        "steps": bench.steps,
        "step_us": micros(bench.step),
        "loss": bench.loss,
        "profiled_step_us": micros(bench.profiled_step),
        "bound_us": micros(bench.kernels.iter().map(|k| k.bound).sum()),
        "predict": bench.predictions.iter().map(|p| json!({ "rows": p.rows, "threads": p.threads, "us": micros(p.time) })).collect::<Vec<_>>(),
        "samples": bench.samples.iter().map(|p| json!({ "rows": p.rows, "samples": p.samples, "us": p.time.map(micros) })).collect::<Vec<_>>(),
        "once": bench.once.as_ref().map(|once| json!({ "rows": once.rows, "bytes": once.bytes, "ms": micros(once.time) / 1e3 })),
        "waiting_us": micros(bench.waiting),
        "between_us": micros(bench.between),
        "kernels": kernels,
        "peak_gflops": bench.roofline.flops_per_second / 1e9,
        "peak_gbytes": bench.roofline.bytes_per_second / 1e9,
        "round_trip_ns": bench.round_trip.map(|time| time.as_nanos() as u64),
        "compile_ms": stages,
        "foretold": foretold.iter().map(|own| json!({ "processes": own.ranks, "step_us": micros(own.step()), "exchange_us": micros(own.exchange), "hidden_us": micros(own.hidden), "exchanges": own.exchanges, "bytes_sent": own.bytes })).collect::<Vec<_>>(),
    })
}

fn plural(count: usize, what: &str) -> String {
    format!("{} {what}{}", grouped(count), if count == 1 { "" } else { "s" })
}

/// Rows of a step, and how they are cut.
fn batch(bench: &Bench) -> String {
    match (bench.blocks, bench.ranks) {
        (1, _) => format!("batch {}", bench.batch),
        (blocks, 1) => format!("batch {} in {blocks} blocks", bench.batch),
        (blocks, ranks) => format!("batch {} in {blocks} blocks of {ranks} processes", bench.batch),
    }
}

/// Those at work, and of how many where that is fewer.
fn threads(bench: &Bench) -> String {
    match bench.threads < bench.offered {
        true => format!("{} of {} at work", bench.threads, plural(bench.offered, "thread")),
        false => plural(bench.threads, "thread"),
    }
}

/// The slowest kernels first; the last line is the step.
fn table(name: &str, bench: &Bench) -> String {
    let width = bench.kernels.iter().map(|k| k.name.len()).max().unwrap_or(0).max("between kernels".len());
    let mut text = format!(
        "{name} · {} · {} · products {:.0} GFLOP/s · memory {:.1} GB/s{}\n",
        batch(bench),
        threads(bench),
        bench.roofline.flops_per_second / 1e9,
        bench.roofline.bytes_per_second / 1e9,
        bench
            .round_trip
            .map_or(String::new(), |time| format!(" · between cores and back {} ns", time.as_nanos()))
    );
    text += &format!(
        "{:<width$}  {:>10}  {:>6}  {:>14}  {:>12}  {:>10}  {:>8}\n",
        "kernel", "us a step", "share", "FLOP", "bytes", "bound us", "of bound"
    );
    let mut kernels: Vec<_> = bench.kernels.iter().collect();
    kernels.sort_by_key(|k| std::cmp::Reverse(k.time));
    let share = |time: Duration| 100.0 * time.as_secs_f64() / bench.profiled_step.as_secs_f64().max(1e-12);
    for k in kernels {
        text += &format!(
            "{:<width$}  {:>10.2}  {:>5.1}%  {:>14}  {:>12}  {:>10.2}  {:>7.0}%\n",
            k.name,
            micros(k.time),
            share(k.time),
            grouped(k.cost.flops),
            grouped(k.cost.bytes),
            micros(k.bound),
            100.0 * k.bound.as_secs_f64() / k.time.as_secs_f64().max(1e-12)
        );
    }
    for (name, time) in [("waiting", bench.waiting), ("between kernels", bench.between)] {
        text += &format!("{name:<width$}  {:>10.2}  {:>5.1}%\n", micros(time), share(time));
    }
    text += &format!(
        "a step: {:.2} us, the median of {} steps ({:.2} with clocks)\n",
        micros(bench.step),
        grouped(bench.steps),
        micros(bench.profiled_step)
    );
    if let Some(once) = &bench.once {
        let (bytes, rows) = (memory::shown(once.bytes), grouped(once.rows));
        text +=
            &format!("computed once before: {bytes} of {rows} rows in {:.2} ms\n", micros(once.time) / 1e3);
    }
    for p in &bench.predictions {
        let (rows, threads) = (plural(p.rows, "row"), plural(p.threads, "thread"));
        text += &format!("predicting {rows}: {:.2} us on {threads}\n", micros(p.time));
    }
    for p in &bench.samples {
        let rows = plural(p.rows, "row");
        let time = match p.time {
            Some(time) => format!("{:.2} us", micros(time)),
            None => {
                let (long, large) = (PATIENCE.as_secs(), memory::shown(ROOM));
                format!("not measured, it would take more than {long} s or {large}")
            }
        };
        text += &format!("predicting {rows} by {} samples of dropout: {time}\n", p.samples);
    }
    let stages: Vec<String> =
        bench.stages.0.iter().map(|(name, time)| format!("{name} {:.2}", micros(*time) / 1e3)).collect();
    text += &format!("compiling: {:.2} ms ({})\n", micros(bench.stages.total()) / 1e3, stages.join(", "));
    text
}
