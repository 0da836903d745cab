//! What everybody has is known to everybody: by doubling (Bruck, Ho, Kipnis, Upfal and Weathersby 1997), in `log2` of the processes rounds for any number of them.

use super::Peers;

/// What each process has, by rank. `own` has at most `most` bytes, as much as anybody's; behind what a process has there are zeros.
///
/// # Panics
/// If `own` is longer.
pub fn gather(peers: &dyn Peers, own: &[u8], most: usize) -> Vec<u8> {
    let mut all = vec![0; peers.size() * most];
    all[..own.len()].copy_from_slice(own);
    gather_all(peers, &mut all);
    all
}

/// The same in place: `all` has a slot of as many bytes for each process, of which the first holds what this one has; slots by rank are left.
///
/// # Panics
/// If `all` is not as many equal slots.
pub fn gather_all(peers: &dyn Peers, all: &mut [u8]) {
    let (rank, size) = (peers.rank(), peers.size());
    assert!(all.len().is_multiple_of(size), "a slot a process");
    let slot = all.len() / size;
    let mut have = 1;
    while have < size {
        let more = have.min(size - have);
        let (out, into) = all.split_at_mut(have * slot);
        let (to, from) = ((rank + size - have) % size, (rank + have) % size);
        peers.swap(to, &[&out[..more * slot]], from, &mut [&mut into[..more * slot]]);
        have += more;
    }
    // Slot `i` is that of the process `i` behind this one.
    all.rotate_right(rank * slot);
}

/// Everybody has the bytes of the first process: in as many rounds, in each of which those who have them double.
pub fn broadcast(peers: &dyn Peers, bytes: &mut [u8]) {
    let (rank, size) = (peers.rank(), peers.size());
    let mut have = 1;
    while have < size {
        if rank < have && rank + have < size {
            peers.swap(rank + have, &[bytes], rank + have, &mut []);
        } else if (have..2 * have).contains(&rank) {
            peers.swap(rank - have, &[], rank - have, &mut [bytes]);
        }
        have *= 2;
    }
}

/// All bits that anybody sets.
pub fn agree(peers: &dyn Peers, bits: u32) -> u32 {
    let all = gather(peers, &bits.to_ne_bytes(), 4);
    all.chunks_exact(4)
        .fold(0, |bits, own| bits | own.iter().rev().fold(0, |b, byte| b << 8 | u32::from(*byte)))
}

#[cfg(test)]
mod tests {
    use super::super::threads;
    use super::*;

    #[test]
    fn everybody_knows_what_everybody_has() {
        for size in 1..10 {
            let all =
                threads(size, |peers| gather(peers, &vec![peers.rank() as u8 + 1; peers.rank() % 3], 3));
            let expected: Vec<u8> = (0..size)
                .flat_map(|rank| (0..3).map(move |i| if i < rank % 3 { rank as u8 + 1 } else { 0 }))
                .collect();
            assert!(all.iter().all(|own| *own == expected), "{all:?}");
        }
    }

    #[test]
    fn everybody_has_the_bytes_of_the_first() {
        for size in 1..10 {
            let all = threads(size, |peers| {
                let mut bytes = [peers.rank() as u8; 3];
                broadcast(peers, &mut bytes);
                bytes
            });
            assert_eq!(all, vec![[0; 3]; size]);
        }
    }

    #[test]
    fn bits_of_all_are_agreed_on() {
        for size in [1, 2, 5] {
            let all = threads(size, |peers| agree(peers, 1 << (30 - peers.rank())));
            assert!(all.iter().all(|bits| *bits == (0..size).map(|rank| 1 << (30 - rank)).sum::<u32>()));
        }
    }
}
