//! Processes of one machine: what is long is read where it lies in the memory of the one that sends it.
//!
//! A message between two that see each other's heap carries, for each long piece, how far from the heap's beginning it lies; what lies elsewhere follows as it does between machines.
//! Invariant: both know the length of each piece, so both know which of them are long and whether any is.

use super::super::shared::{self, Heap, Key, LONG, Seen};
use super::{Peers, gather};

/// Stands for a piece that is not in the heap.
const ELSEWHERE: u64 = u64::MAX;

/// A process among others, some of which are of its machine.
pub struct Near<P> {
    inner: P,
    /// Of this process.
    heap: Option<&'static Heap>,
    /// By rank: those that this process sees, and whether it is seen.
    seen: Vec<Option<Seen>>,
    is_seen: Vec<bool>,
}

impl<P: Peers> Near<P> {
    /// Shares memory with whom it can be shared with: from now on what is long is allocated there.
    pub fn new(inner: P) -> Self {
        let (rank, size) = (inner.rank(), inner.size());
        let heap = if size > 1 { shared::begin() } else { None };
        let own = heap.map(Heap::key).unwrap_or_default().words();
        let keys = gather(&inner, bytemuck::cast_slice(&own), size_of_val(&own));
        let key = |bytes: &[u8]| Key::of(bytemuck::pod_read_unaligned(bytes));
        let see = |(other, bytes)| if other == rank { None } else { Seen::new(key(bytes)) };
        let seen: Vec<Option<Seen>> = keys.chunks_exact(size_of_val(&own)).enumerate().map(see).collect();
        let sees: Vec<u8> = seen.iter().map(|seen| u8::from(seen.is_some())).collect();
        let is_seen = gather(&inner, &sees, size).chunks_exact(size).map(|sees| sees[rank] == 1).collect();
        Self { inner, heap, seen, is_seen }
    }

    pub fn inner(&self) -> &P {
        &self.inner
    }

    /// How many of the others this process reads from where they are.
    pub fn count(&self) -> usize {
        self.seen.iter().flatten().count()
    }

    /// How far from the beginning of the heap a piece lies.
    fn place(&self, piece: &[u8]) -> u64 {
        let place = self.heap.and_then(|heap| heap.place(piece.as_ptr(), piece.len()));
        place.map_or(ELSEWHERE, |place| place as u64)
    }
}

fn is_long(bytes: usize) -> bool {
    bytes > LONG
}

impl<P: Peers> Peers for Near<P> {
    fn rank(&self) -> usize {
        self.inner.rank()
    }

    fn size(&self) -> usize {
        self.inner.size()
    }

    fn cores(&self) -> usize {
        self.inner.cores()
    }

    fn swap(&self, to: usize, out: &[&[u8]], from: usize, into: &mut [&mut [u8]]) {
        let places = self.show(to, out, from, into);
        for (place, piece) in places.into_iter().zip(into.iter_mut()) {
            if place != piece.as_ptr() {
                // SAFETY: another process has so many bytes there, which it leaves as they are until it hears of it below.
                unsafe { std::ptr::copy_nonoverlapping(place, piece.as_mut_ptr(), piece.len()) };
            }
        }
        let bytes = |pieces: &[&mut [u8]]| pieces.iter().map(|piece| piece.len()).collect::<Vec<_>>();
        let out: Vec<usize> = out.iter().map(|piece| piece.len()).collect();
        self.settle(to, &out, from, &bytes(into));
    }

    fn show(&self, to: usize, out: &[&[u8]], from: usize, into: &mut [&mut [u8]]) -> Vec<*const u8> {
        let (shows, seen) = (self.is_seen[to], self.seen[from].as_ref());
        let shown = |piece: &&&[u8]| shows && is_long(piece.len());
        let told: Vec<u64> = out.iter().filter(shown).map(|piece| self.place(piece)).collect();
        let long = into.iter().filter(|piece| seen.is_some() && is_long(piece.len())).count();
        let mut heard = vec![ELSEWHERE; long];
        self.inner.swap(
            to,
            &[bytemuck::cast_slice(&told)],
            from,
            &mut [bytemuck::cast_slice_mut(&mut heard)],
        );
        let is_sent = |piece: &&&[u8]| !(shown(piece) && self.place(piece) != ELSEWHERE);
        let sent: Vec<&[u8]> = out.iter().filter(is_sent).copied().collect();
        let (mut next, mut places, mut coming) = (heard.into_iter(), Vec::new(), Vec::new());
        for piece in into.iter_mut() {
            let place = match seen {
                Some(seen) if is_long(piece.len()) => {
                    next.next().and_then(|place| seen.at(place as usize, piece.len()))
                }
                _ => None,
            };
            places.push(place.unwrap_or(piece.as_ptr()));
            if place.is_none() {
                coming.push(&mut **piece);
            }
        }
        self.inner.swap(to, &sent, from, &mut coming);
        places
    }

    fn settle(&self, to: usize, out: &[usize], from: usize, into: &[usize]) {
        let any = |bytes: &[usize]| bytes.iter().any(|bytes| is_long(*bytes));
        let (shown, saw) = (self.is_seen[to] && any(out), self.seen[from].is_some() && any(into));
        let mut heard = [0_u8; 1];
        self.inner.swap(from, &[&[1][..usize::from(saw)]], to, &mut [&mut heard[..usize::from(shown)]]);
    }
}
