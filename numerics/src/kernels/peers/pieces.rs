//! Messages made of numbers that lie apart, sent from where they lie.

use super::{Peers, Slice};

/// Elements up to which pieces travel together: copying them costs less than a message of their own.
const SMALL: usize = 4096;

/// Numbers in memory, of this process.
#[derive(Clone, Copy, Debug)]
pub struct Piece {
    pub start: *mut f32,
    /// Elements.
    pub len: usize,
}

impl Piece {
    /// # Safety
    /// The numbers are there, and nobody writes them meanwhile.
    unsafe fn numbers<'p>(self) -> &'p [f32] {
        // SAFETY: by the contract.
        unsafe { std::slice::from_raw_parts(self.start, self.len) }
    }

    /// # Safety
    /// The numbers are there, and nobody else touches them meanwhile.
    unsafe fn numbers_mut<'p>(self) -> &'p mut [f32] {
        // SAFETY: by the contract.
        unsafe { std::slice::from_raw_parts_mut(self.start, self.len) }
    }
}

fn is_long(piece: &&Piece) -> bool {
    piece.len > SMALL
}

/// Bytes of what pieces travel as: first those that travel together.
fn travelling(pieces: &[Piece]) -> Vec<usize> {
    let together: usize = pieces.iter().filter(|piece| !is_long(piece)).map(|piece| piece.len).sum();
    let alone = pieces.iter().filter(is_long).map(|piece| piece.len);
    std::iter::once(together).chain(alone).map(|len| len * size_of::<f32>()).collect()
}

/// Hands what travels to `transport`, which sends it and fills the other.
///
/// # Safety
/// As for [`swap`].
unsafe fn with_messages<R>(
    out: &[Piece],
    into: &[Piece],
    transport: impl FnOnce(&[&[u8]], &mut [&mut [u8]]) -> R,
) -> R {
    // SAFETY: the caller's contract.
    unsafe {
        let short = |piece: &&Piece| !is_long(piece);
        let packed: Vec<f32> = out.iter().filter(short).flat_map(|piece| piece.numbers()).copied().collect();
        let mut came = vec![0.0; into.iter().filter(short).map(|piece| piece.len).sum()];
        let mut leaving: Vec<&[u8]> = vec![bytemuck::cast_slice(&packed)];
        leaving.extend(out.iter().filter(is_long).map(|piece| bytemuck::cast_slice(piece.numbers())));
        let mut coming: Vec<&mut [u8]> = vec![bytemuck::cast_slice_mut(&mut came)];
        coming.extend(into.iter().filter(is_long).map(|piece| bytemuck::cast_slice_mut(piece.numbers_mut())));
        let done = transport(&leaving, &mut coming);
        let mut rest = came.as_slice();
        for piece in into.iter().filter(short) {
            let (own, behind) = rest.split_at(piece.len);
            piece.numbers_mut().copy_from_slice(own);
            rest = behind;
        }
        done
    }
}

/// Sends `out` to one process while `into` is filled with what another sends, whose pieces are as long.
///
/// # Safety
/// All pieces are there, those of `into` are apart from each other and from those of `out`, and nobody else touches them.
pub(super) unsafe fn swap(peers: &dyn Peers, to: usize, out: &[Piece], from: usize, into: &[Piece]) {
    // SAFETY: the caller's contract.
    unsafe { with_messages(out, into, |out, into| peers.swap(to, out, from, into)) }
}

/// The same, but long pieces may stay in the memory of the one that sends them, until [`settle`]: answers where each of `into` is.
///
/// # Safety
/// As for [`swap`]; nobody changes `out` until then, and what lies elsewhere is only read.
pub(super) unsafe fn show(
    peers: &dyn Peers,
    to: usize,
    out: &[Piece],
    from: usize,
    into: &[Piece],
) -> Vec<*mut f32> {
    // SAFETY: the caller's contract.
    let places = unsafe { with_messages(out, into, |out, into| peers.show(to, out, from, into)) };
    let mut places = places.into_iter().skip(1);
    let place = |piece: &Piece| {
        if is_long(&piece) { places.next().map(|place| place.cast_mut().cast()) } else { None }
    };
    into.iter().map(place).zip(into).map(|(place, piece)| place.unwrap_or(piece.start)).collect()
}

/// What was shown was read.
pub(super) fn settle(peers: &dyn Peers, to: usize, out: &[Piece], from: usize, into: &[Piece]) {
    peers.settle(to, &travelling(out), from, &travelling(into));
}

/// Everybody has everybody's pieces, each where it lies: `of` says of a rank which are its, as long in all processes. In rounds like those of
/// [`gather_all`](super::gather_all).
///
/// # Safety
/// All pieces are there and apart from each other, and nobody else touches them.
pub unsafe fn collect(peers: &dyn Peers, of: impl Fn(usize) -> Vec<Piece>) {
    let (rank, size) = (peers.rank(), peers.size());
    let mut have = 1;
    while have < size {
        let more = have.min(size - have);
        let (to, from) = ((rank + size - have) % size, (rank + have) % size);
        let pieces = |first: usize| (0..more).flat_map(|i| of((first + i) % size)).collect::<Vec<_>>();
        // SAFETY: the caller's contract; what comes is of other ranks than what leaves.
        unsafe { swap(peers, to, &pieces(rank), from, &pieces(from)) };
        have += more;
    }
}

/// Makes values whole of which each process has a slice.
pub fn collect_slices(peers: &dyn Peers, values: &mut [(&mut [f32], Slice)]) {
    let values: Vec<(*mut f32, usize, Slice)> =
        values.iter_mut().map(|(value, slice)| (value.as_mut_ptr(), value.len(), *slice)).collect();
    let of = |rank: usize| {
        let piece = |(start, len, slice): &(*mut f32, usize, Slice)| {
            let own = slice.elements(*len, rank, peers.size());
            Piece { start: start.wrapping_add(own.start), len: own.len() }
        };
        values.iter().map(piece).collect()
    };
    // SAFETY: values are borrowed, each by itself, and slices of one are apart and within it.
    unsafe { collect(peers, of) };
}

#[cfg(test)]
mod tests {
    use super::super::{SHARD, threads};
    use super::*;

    #[test]
    fn everybody_has_every_slice() {
        let lens = [2 * SHARD + 9, 30, 5 * SHARD];
        let firsts = [0, 3, 4];
        let number = |value: usize, i: usize| (value * 1_000_000 + i) as f32;
        for size in 1..8 {
            let slice = |value: usize| Slice { first: firsts[value], all: 9 };
            let all = threads(size, |peers| {
                let mut values = lens.map(|len| vec![-1.0; len]);
                for (v, value) in values.iter_mut().enumerate() {
                    for i in slice(v).elements(lens[v], peers.rank(), size) {
                        value[i] = number(v, i);
                    }
                }
                let mut whole: Vec<(&mut [f32], Slice)> = values
                    .iter_mut()
                    .enumerate()
                    .map(|(v, value)| (value.as_mut_slice(), slice(v)))
                    .collect();
                collect_slices(peers, &mut whole);
                values
            });
            for values in all {
                for (v, value) in values.iter().enumerate() {
                    assert!(value.iter().enumerate().all(|(i, x)| *x == number(v, i)), "{size} processes");
                }
            }
        }
    }
}
