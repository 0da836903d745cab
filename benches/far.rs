//! Cores that drift apart and come together again: a small net is trained by a team whose meetings at barriers come to take 3 us longer
//! for a while, and by one thread. Prints the time of a step and the threads at work, a hundred steps a line where they change; both
//! end with the same parameters.
//!
//!     cargo bench --bench far

use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering::SeqCst};
use std::time::Instant;

use dropnet::internal::check::check_source;
use dropnet::internal::data::{self, Dataset, Search};
use dropnet::internal::draws;
use dropnet::internal::kernels::{machine, team::Team};
use dropnet::internal::lower::lower_train;
use dropnet::internal::model::Model;
use dropnet::internal::run::agreement::need;
use dropnet::internal::runtime::function::{Function, Layout, Pass};
use dropnet::internal::runtime::order::Visits;
use dropnet::internal::runtime::plan::{self, Shape};
use dropnet::internal::runtime::progress::Progress;
use dropnet::internal::runtime::store::Store;

const NET: &str = "
data {
  source moons, rows=12800, noise=0.2, seed=1
  batch 128
}
net {
  input x: real[2]
  dense 64 -> relu -> dropout 0.2
  dense 128 -> relu -> dropout 0.5
  dense 2
  output y: class[2]
}
train {
  loss cross_entropy
  optimizer adamw, lr=1e-3
  epochs 1
}
";

/// What every meeting takes longer on cores that are far apart, in nanoseconds.
const FAR: u64 = 3_000;

fn main() {
    let model = check_source(NET, &Default::default()).model.expect("a sound net");
    let config = model.data.as_ref().expect("a data section");
    let search = Search::new(Path::new("."), Path::new("."), None);
    let dataset = data::load(config, &search, &need(&model)).expect("generated data");
    let lag = Arc::new(AtomicU64::new(0));
    let teams = [Team::new(1), Team::apart(2, lag.clone())];
    if let Some(time) = machine::round_trip(&teams[1]) {
        println!("between cores and back: {} ns", time.as_nanos());
    }
    let mut runs = teams.map(|team| Run::new(&model, &dataset, team));
    for (name, nanos, hundreds) in [("near", 0, 30), ("far", FAR, 60), ("near again", 0, 90)] {
        lag.store(nanos, SeqCst);
        let mut shown = None;
        let mut times = [const { Vec::new() }; 2];
        for hundred in 1..=hundreds {
            for (run, times) in runs.iter_mut().zip(&mut times) {
                times.push(run.hundred_steps());
            }
            let (micros, threads) = (times[1][hundred - 1], runs[1].threads());
            if shown != Some(threads) {
                println!("{name:>10}, step {:>5}: {micros:6.1} us, {threads} at work", 100 * hundred);
                shown = Some(threads);
            }
        }
        let [alone, team] = times.map(|mut times| {
            times.sort_by(f64::total_cmp);
            times[times.len() / 2]
        });
        println!("{name:>10}, medians: {alone:.1} us on one thread, {team:.1} us on as many as are at work");
    }
    let mut pairs = runs[0].store.params.iter().zip(&runs[1].store.params);
    let equal = pairs.all(|(alone, team)| alone[..] == team[..]);
    println!("parameters are {}", if equal { "the same" } else { "DIFFERENT" });
}

struct Run<'a> {
    model: &'a Model,
    dataset: &'a Dataset,
    team: Team,
    function: Function,
    store: Store,
    outputs: Vec<f32>,
    shape: Shape,
}

impl<'a> Run<'a> {
    fn new(model: &'a Model, dataset: &'a Dataset, team: Team) -> Self {
        let shape = Shape {
            rows: dataset.train.rows(),
            batch: 128,
            drop_last: true,
            seed: 0,
            picture: [0, 0],
            goes_on: false,
        };
        let function = Function::new(lower_train(model), &dataset.train).expect("compiles");
        let store = Store::fresh(model, function.graph(), shape.seed);
        let outputs = vec![0.0; shape.visited() * model.output.kind.width()];
        Self { model, dataset, team, function, store, outputs, shape }
    }

    fn threads(&self) -> usize {
        self.function.native().threads(&self.team, self.shape.batch)
    }

    /// Microseconds of a step.
    fn hundred_steps(&mut self) -> f64 {
        let section = self.model.train.as_ref().expect("a train section");
        let (function, shape) = (&self.function, &self.shape);
        let visits = Visits::default();
        let laid = plan::Laid::new(section, function.scalars(), &visits);
        let plan = plan::epoch(&laid, shape, &Progress::default(), 1.0);
        let steps = shape.steps() as u64;
        let started = Instant::now();
        let streams = function.streams(|site| draws::train_stream(shape.seed, site, 0));
        let layout =
            Layout { order: &plan.order, batch: shape.batch, scalars: &plan.scalars, streams: &streams };
        let mut totals = vec![0.0; function.graph().metrics.len()];
        let pass = Pass {
            with_target: true,
            partner: plan.partner.as_deref(),
            totals: &mut totals,
            ..Pass::once(&self.dataset.train, layout, &mut self.store, &mut self.outputs, &self.team)
        };
        self.function.run(pass).expect("the arrays fit");
        started.elapsed().as_secs_f64() * 1e6 / steps as f64
    }
}
