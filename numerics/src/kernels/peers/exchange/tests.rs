//! What processes are left with, and how long it takes over networks.

use super::super::super::aligned::AlignedVec;
use super::super::super::tree::pairs;
use super::super::{Link, Near, SHARD, Thread, collected, threads};
use super::*;

/// Partials of `blocks` blocks, three rows apart of which the first counts, none of whose sums is exact.
fn partials(blocks: usize, cols: usize) -> Vec<f32> {
    let number = |i: usize| 1.0 + (i as f32 * 0.7).sin() * (i % 5) as f32 + 1e-3 / (1 + i % 7) as f32;
    (0..3 * blocks * cols).map(number).collect()
}

fn part(partials: &mut [f32], (cols, join, slice): (usize, Join, Option<Slice>)) -> Part {
    Part { start: partials.as_mut_ptr(), cols, apart: 3 * cols, join, slice }
}

/// Makes these pairs of partials that begin with block `first`.
fn make(pairs: impl Iterator<Item = Pair>, first: usize, partials: &mut [f32], cols: usize, by: Join) {
    let at = |block: usize| 3 * (block - first) * cols;
    for pair in pairs {
        let (low, high) = partials.split_at_mut(at(pair.high));
        let low = low[at(pair.low)..].as_mut_ptr();
        // SAFETY: both have `cols` elements, and are apart.
        unsafe { by.pair(pair, (low, high.as_mut_ptr(), cols), low) };
    }
}

/// The root that a process is left with of each part, and the bits that it hears.
fn exchanged(peers: &dyn Peers, runs: Runs, parts: &[(usize, Join, Option<Slice>)]) -> (Vec<Vec<f32>>, u32) {
    let own = runs.of(peers.rank());
    let mut all: Vec<AlignedVec> = Vec::new();
    for &(cols, by, _) in parts {
        let whole = partials(runs.rows, cols);
        // Also who has no rows has room for the root.
        let mut own_part = AlignedVec::filled(3 * runs.each * cols, 7.0);
        let lies = &whole[3 * own.start * cols..3 * own.end * cols];
        own_part[..lies.len()].copy_from_slice(lies);
        make(runs.within(peers.rank()), own.start, &mut own_part, cols, by);
        all.push(own_part);
    }
    let parts: Vec<Part> = all.iter_mut().zip(parts).map(|(own, of)| part(own, *of)).collect();
    // SAFETY: each part has a run's blocks.
    let bits = unsafe { Exchange { peers, runs, parts: &parts }.run(1 << peers.rank()) };
    let roots = all.iter().zip(&parts).map(|(own, part)| own[..part.cols].to_vec()).collect();
    // What one has read of another is nobody's concern any more.
    all.iter_mut().for_each(|own| own.fill(f32::NAN));
    (roots, bits)
}

/// What `work` answers as each of so many threads that see each other's memory, by rank.
fn near<R: Send>(size: usize, work: impl Fn(&dyn Peers) -> R + Sync) -> Vec<R> {
    let as_one = |own: Thread| {
        let own = Near::new(own);
        assert!(cfg!(not(target_os = "linux")) || own.count() == size - 1);
        work(&own)
    };
    std::thread::scope(|scope| {
        let as_one = &as_one;
        let all: Vec<_> = Thread::all(size, Link::default())
            .into_iter()
            .map(|own| scope.spawn(move || as_one(own)))
            .collect();
        all.into_iter().map(|thread| thread.join().expect("an answer")).collect()
    })
}

#[test]
fn all_leave_with_the_root_of_one_tree() {
    let moments = Joined { channels: 2, shard: 5, block: 5, room: 3, places: 5 * 11 + 2 };
    let slice = |first| Some(Slice { first, all: 5 });
    let lists = [
        vec![(4, Join::Sum, None), (1, Join::Max, None)],
        vec![(1500, Join::Sum, None), (70, Join::Max, None), (333, Join::Sum, None)],
        vec![(4, Join::Moments(moments), None)],
        vec![
            (9000, Join::Sum, slice(0)),
            (4, Join::Moments(moments), None),
            (20, Join::Max, slice(3)),
            (4100, Join::Max, slice(4)),
            (7, Join::Sum, None),
        ],
        vec![
            (9000, Join::Sum, slice(0)),
            (1300, Join::Sum, None),
            (5000, Join::Sum, slice(3)),
            (30, Join::Sum, None),
        ],
    ];
    for (rows, each, size) in
        [(12, 12, 1), (12, 6, 2), (12, 4, 3), (12, 3, 4), (8, 2, 4), (9, 4, 3), (3, 4, 3), (12, 2, 6)]
    {
        for parts in &lists {
            let runs = Runs { rows, each };
            let work = |peers: &dyn Peers| exchanged(peers, runs, parts);
            let all = [threads(size, work), near(size, work)];
            for (rank, (roots, bits)) in all.into_iter().flat_map(|all| all.into_iter().enumerate()) {
                assert_eq!(bits, (1 << size) - 1);
                for (root, &(cols, by, slice)) in roots.iter().zip(parts) {
                    let mut whole = partials(rows, cols);
                    make(pairs(rows), 0, &mut whole, cols, by);
                    let own = slice.map_or(0..cols, |slice| slice.elements(cols, rank, size));
                    assert!(root[own.clone()] == whole[own], "{rows} blocks, {each} each, {size} processes");
                }
            }
        }
    }
}

/// Networks of 1, 10 and 100 Gb/s, two to 64 processes, one block each or several that are no power of two: what is foretold is what the messages come to.
#[test]
fn an_exchange_takes_as_long_as_is_foretold() {
    let networks = [(50e-6, 1.0), (20e-6, 10.0), (5e-6, 100.0)]
        .map(|(latency, gigabits)| Link { latency, byte: 8e-9 / gigabits });
    for link in networks {
        for (size, each) in [(2, 1), (2, 6), (4, 3), (7, 1), (16, 1), (64, 1)] {
            let runs = Runs { rows: size * each, each };
            for (len, shares) in [(1, false), (900, false), (20_000, false), (64 * SHARD, true)] {
                let slice = shares.then_some(Slice { first: 0, all: len / SHARD });
                let work = |own: Thread| {
                    let mut partials = vec![1.0; each * len];
                    let start = partials.as_mut_ptr();
                    let part = Part { start, cols: len, apart: len, join: Join::Sum, slice };
                    let of = |rank: usize| {
                        let own = slice.map_or(0..0, |slice| slice.elements(len, rank, size));
                        vec![Piece { start: start.wrapping_add(own.start), len: own.len() }]
                    };
                    // SAFETY: the part has a run's blocks, and the first of them room for the root.
                    unsafe {
                        Exchange { peers: &own, runs, parts: &[part] }.run(0);
                        if shares {
                            collect(&own, of);
                        }
                    }
                    own.clock()
                };
                let slowest = std::thread::scope(|scope| {
                    let work = &work;
                    let all: Vec<_> = Thread::all(size, link)
                        .into_iter()
                        .map(|own| scope.spawn(move || work(own)))
                        .collect();
                    all.into_iter().map(|thread| thread.join().expect("a clock")).fold(0.0, f64::max)
                });
                let lengths = match slice {
                    Some(slice) => {
                        Lengths { sliced: slice.elements(len, 0, size).len(), ..Lengths::default() }
                    }
                    None => Lengths { others: len, ..Lengths::default() },
                };
                let behind =
                    slice.map_or(Vec::new(), |slice| collected(slice.elements(len, 0, size).len(), size));
                let foretold = link.messages(&lengths.messages(runs)) + link.messages(&behind);
                assert!(
                    (foretold / slowest - 1.0).abs() < 0.15,
                    "{size} processes, {len} elements: {foretold:e} for {slowest:e}"
                );
            }
        }
    }
}
