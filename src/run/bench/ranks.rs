//! What a step would take on several processes over a network: foretold from the times of this machine's kernels and from the messages of the program that they would run.

use std::collections::BTreeSet;
use std::time::Duration;

use super::{Bench, KernelTime};
use crate::{
    codegen::CodegenError,
    graph::Graph,
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
    pub exchange: Duration,
    /// That a process sends a step, in how many exchanges.
    pub bytes: usize,
    pub exchanges: usize,
}

impl Foretold {
    pub fn step(&self) -> Duration {
        self.compute + self.exchange
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
    let share = |kernel: &KernelTime| match shared.contains(kernel.name.as_str()) {
        true => kernel.time.div_f64(ranks as f64),
        false => kernel.time,
    };
    let kernels: Duration = bench.kernels.iter().map(|kernel| kernel.time).sum();
    let own: Duration = bench.kernels.iter().map(share).sum();
    // Clocks cost time, and threads wait for each other: both in proportion.
    let compute = bench.step.mul_f64(own.as_secs_f64() / kernels.as_secs_f64().max(1e-12));
    let messages = |kernel: &Kernel| match kernel {
        Kernel::Call { call: Call::Exchange(exchange), .. } => Some(exchange.messages(bench.batch)),
        Kernel::Call { call: Call::Collect(collect), .. } => Some(collect.messages()),
        _ => None,
    };
    let exchanges: Vec<Vec<usize>> = program.kernels.iter().filter_map(messages).collect();
    Foretold {
        ranks,
        compute,
        exchange: Duration::from_secs_f64(exchanges.iter().map(|bytes| link.messages(bytes)).sum()),
        bytes: exchanges.iter().flatten().sum(),
        exchanges: exchanges.len(),
    }
}

/// Whether each process does its part of what a kernel does: on its rows, on its slice, or bringing together what they left.
fn is_shared(kernel: &Kernel) -> bool {
    let combines = matches!(kernel, Kernel::Call { call, .. } if call.leaves_nodes().is_some());
    let sliced = matches!(kernel, Kernel::Loop(k) if k.slice.is_some());
    kernel.is_of_rows() || combines || sliced
}
