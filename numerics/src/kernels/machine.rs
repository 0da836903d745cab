//! What this machine can do at most: the two slopes of its roofline (Williams et al. 2009) and how far its cores are apart, measured.

use std::hint::spin_loop;
use std::sync::atomic::{AtomicU32, Ordering::Acquire, Ordering::Release};
use std::time::{Duration, Instant};

use super::team::{Team, cores};
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

/// A word that a thread writes and another waits for, alone on what cores fetch together.
#[derive(Default)]
#[repr(align(128))]
struct Word(AtomicU32);

impl Word {
    fn wait_for(&self, value: u32) {
        while self.0.load(Acquire) != value {
            spin_loop();
        }
    }
}

/// How long a word takes from one core to another and an answer back: the fastest of some rounds, between the first two threads of
/// the team. None where there is one thread, or one core. It is what a meeting of threads costs at least, and what a second
/// thread must be worth.
pub fn round_trip(team: &Team) -> Option<Duration> {
    const ROUNDS: u32 = 50;
    const TRIPS: u32 = 1000;
    if team.threads().min(cores()) == 1 {
        return None;
    }
    let (ping, pong) = (Word::default(), Word::default());
    let trips = |thread: usize, round: u32| {
        let start = Instant::now();
        for trip in round * TRIPS + 1..=(round + 1) * TRIPS {
            if thread == 0 {
                ping.0.store(trip, Release);
                pong.wait_for(trip);
            } else {
                ping.wait_for(trip);
                pong.0.store(trip, Release);
            }
        }
        start.elapsed() / TRIPS
    };
    team.run(2, &|thread| (0..ROUNDS).map(|round| trips(thread, round)).min())
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
    let barrier = team.barrier(threads);
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
