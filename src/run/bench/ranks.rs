//! What a step would take on several processes over a network: foretold from the times of this machine's kernels and from the messages of the program that they would run.

use std::collections::{BTreeMap, BTreeSet, VecDeque};
use std::time::Duration;

use super::Bench;
use crate::{
    codegen::CodegenError,
    graph::Graph,
    kernels::team::cores,
    loops::{self, Call, Kernel, Program},
    lower::lower_train,
    peers::Link,
    run::folder::open::Ready,
};

/// A step of each of so many processes.
pub struct Foretold {
    pub ranks: usize,
    /// Without messages.
    pub compute: Duration,
    /// What messages take, and how much of that goes on beside kernels.
    pub exchange: Duration,
    pub hidden: Duration,
    /// That a process sends a step, in how many exchanges.
    pub bytes: usize,
    pub exchanges: usize,
}

impl Foretold {
    pub fn step(&self) -> Duration {
        self.compute + self.exchange - self.hidden
    }
}

/// Why nothing can be foretold.
#[derive(Debug)]
pub enum Unforetold {
    /// The minibatch has so many blocks, which cannot be dealt.
    Blocks(usize),
    Codegen(CodegenError),
}

/// Steps on 1, 2, 4, ... and `most` processes of as many threads as were timed, as far as blocks can be dealt to them.
///
/// # Errors
/// See [`Unforetold`].
pub fn foretell(bench: &Bench, ready: &Ready, most: usize, link: Link) -> Result<Vec<Foretold>, Unforetold> {
    let blocks = ready.model.blocks();
    if blocks.dealt(most).is_none() {
        return Err(Unforetold::Blocks(blocks.count()));
    }
    let graph = lower_train(&ready.model).graph;
    let doubled = std::iter::successors(Some(1), |ranks| Some(2 * ranks)).take_while(|ranks| *ranks < most);
    let fits = doubled.chain([most]).filter_map(|ranks| blocks.dealt(ranks));
    fits.map(|blocks| {
        let program = loops::fuse(&Graph { blocks, ..graph.clone() });
        let program = program.map_err(|error| Unforetold::Codegen(error.into()))?;
        Ok(of_program(bench, &program, link))
    })
    .collect()
}

fn of_program(bench: &Bench, program: &Program, link: Link) -> Foretold {
    let ranks = program.blocks.ranks();
    let shared: BTreeSet<&str> =
        program.kernels.iter().filter(|kernel| is_shared(kernel)).map(Kernel::name).collect();
    let kernels: Duration = bench.kernels.iter().map(|kernel| kernel.time).sum();
    // Clocks cost time, and threads wait for each other: both in proportion.
    let scale = bench.step.as_secs_f64() / kernels.as_secs_f64().max(1e-12);
    let mut times: BTreeMap<&str, f64> = BTreeMap::new();
    for kernel in &bench.kernels {
        let of = if shared.contains(kernel.name.as_str()) { ranks as f64 } else { 1.0 };
        times.insert(&kernel.name, scale * kernel.time.as_secs_f64() / of);
    }
    // As many threads as were timed, on machines like this one: a core is left for messages, or none.
    let mut clock = Clock { is_beside: cores() > bench.offered, ..Clock::default() };
    let mut messages = Vec::new();
    for kernel in &program.kernels {
        match kernel {
            Kernel::Call { call: Call::Exchange(exchange), .. } => {
                let own = exchange.messages(bench.batch);
                clock.exchanges(link.messages(&own), exchange.beside);
                messages.push(own);
            }
            Kernel::Call { call: Call::Collect(collect), .. } => {
                let own = collect.messages();
                clock.exchanges(link.messages(&own), false);
                messages.push(own);
            }
            Kernel::Call { call: Call::Arrive(_), .. } => clock.waits(),
            kernel => clock.now += times.get(kernel.name()).copied().unwrap_or(0.0),
        }
    }
    let compute: f64 = times.values().sum();
    let exchange: f64 = messages.iter().map(|own| link.messages(own)).sum();
    let seconds = |seconds: f64| Duration::from_secs_f64(seconds.max(0.0));
    Foretold {
        ranks,
        compute: seconds(compute),
        exchange: seconds(exchange),
        hidden: seconds((compute + exchange - clock.now).clamp(0.0, exchange)),
        bytes: messages.iter().flatten().sum(),
        exchanges: messages.len(),
    }
}

/// The time of a process, in seconds, and when its messages are through.
#[derive(Default)]
struct Clock {
    now: f64,
    /// When the last exchange so far is through.
    line: f64,
    /// When those that are not waited for are.
    under_way: VecDeque<f64>,
    is_beside: bool,
}

impl Clock {
    /// An exchange of so many seconds: it begins behind those before it.
    fn exchanges(&mut self, seconds: f64, beside: bool) {
        self.line = self.now.max(self.line) + seconds;
        match beside && self.is_beside {
            true => self.under_way.push_back(self.line),
            false => self.now = self.line,
        }
    }

    fn waits(&mut self) {
        self.now = self.under_way.pop_front().unwrap_or(0.0).max(self.now);
    }
}

/// Whether each process does its part of what a kernel does: on its rows, on its slice, or bringing together what they left.
fn is_shared(kernel: &Kernel) -> bool {
    let combines = matches!(kernel, Kernel::Call { call, .. } if call.leaves_nodes().is_some());
    let sliced = matches!(kernel, Kernel::Loop(k) if k.slice.is_some());
    kernel.is_of_rows() || combines || sliced
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_goes_on_beside_kernels_costs_what_is_waited_for() {
        let mut clock = Clock { is_beside: true, ..Clock::default() };
        clock.now += 2.0;
        clock.exchanges(3.0, true);
        clock.now += 1.0;
        // The second begins behind the first.
        clock.exchanges(1.0, true);
        clock.waits();
        assert_eq!(clock.now, 5.0);
        clock.now += 4.0;
        clock.waits();
        clock.exchanges(0.5, false);
        assert_eq!((clock.now, clock.under_way.len()), (9.5, 0));
        let mut alone = Clock::default();
        alone.exchanges(3.0, true);
        alone.waits();
        assert_eq!(alone.now, 3.0);
    }
}
