//! What this machine can do at most: the two slopes of its roofline (Williams et al. 2009), measured.

use std::time::{Duration, Instant};

use super::team::{Barrier, Team};
use super::{aligned::AlignedVec, gemm};

/// Rates of all threads together.
#[derive(Clone, Copy, Debug)]
pub struct Roofline {
    /// Of f32 matrix products, 128 x 1024 by 1024 x 1024, divided among the threads by columns.
    pub flops_per_second: f64,
    /// Read and written, by a copy that no cache holds.
    pub bytes_per_second: f64,
}

/// f32 of the copied array: 64 MiB.
const COPIED: usize = 16 << 20;

impl Roofline {
    /// Takes about a quarter of a second.
    pub fn measure(team: &Team) -> Self {
        Self { flops_per_second: products(team), bytes_per_second: copies(team) }
    }

    /// The least time for this work: one of the two slopes.
    pub fn bound(&self, flops: usize, bytes: usize) -> Duration {
        let compute = flops as f64 / self.flops_per_second;
        Duration::from_secs_f64(compute.max(bytes as f64 / self.bytes_per_second))
    }
}

fn products(team: &Team) -> f64 {
    let (m, k) = (128, 1024);
    let n = 1024 / team.threads();
    let matrices = || [m * k, k * n, m * n].map(|len| AlignedVec::filled(len, 1.0));
    let seconds = best(team, 100, matrices, |[a, b, c]| gemm::product((m, n, k), a, b, c));
    2.0 * (m * n * k * team.threads()) as f64 / seconds
}

fn copies(team: &Team) -> f64 {
    let share = COPIED / team.threads();
    let arrays = || [1.0, 0.0].map(|x| AlignedVec::filled(share, x));
    let seconds = best(team, 20, arrays, |[from, to]| to.copy_from_slice(std::hint::black_box(from)));
    8.0 * (share * team.threads()) as f64 / seconds
}

/// Seconds of the fastest of `rounds` rounds, all threads working at once.
fn best<T>(team: &Team, rounds: usize, make: impl Fn() -> T + Sync, work: impl Fn(&mut T) + Sync) -> f64 {
    let threads = team.threads();
    let barrier = Barrier::new(threads);
    team.run(threads, &|_| {
        let mut own = make();
        let round = |_| {
            barrier.wait();
            let start = Instant::now();
            work(&mut own);
            barrier.wait();
            start.elapsed().as_secs_f64()
        };
        (0..rounds).map(round).fold(f64::INFINITY, f64::min)
    })
}
