//! Other processes that work on the same minibatches, and what is exchanged with them.
//!
//! All that a transport must do is [`Peers::swap`]; everything else is made of it here, so that every transport gives the same bits. Whoever calls something
//! here waits until all others have called the same: calls stand in the same order in every process.

mod courier;
mod exchange;
mod gather;
mod lengths;
#[cfg(feature = "mpi")]
mod mpi;
mod near;
mod pieces;
mod slices;
mod threads;

#[cfg(feature = "mpi")]
pub use self::mpi::Mpi;
pub use courier::Courier;
pub use exchange::{Exchange, Join, Part};
pub use gather::{agree, broadcast, gather, gather_all};
pub use lengths::{Lengths, collected};
pub use near::Near;
pub use pieces::{Piece, collect, collect_slices};
pub use slices::{SHARD, Slice};
pub use threads::{Link, Thread, threads};

/// A process among others that work on the same.
pub trait Peers: Send + Sync {
    /// Its number, from 0 on.
    fn rank(&self) -> usize;

    /// How many there are.
    fn size(&self) -> usize;

    /// Cores that this process has for itself.
    fn cores(&self) -> usize;

    /// Sends the pieces `out` to one while the pieces `into` are filled with what another sends here; answers when all is done. All that goes between two processes arrives in
    /// the order in which it was sent, and the receiver knows how long each piece is; empty ones are not sent. Who loses another process does not come back from here: what it was
    /// computing cannot go on, and what is worth keeping lies in files.
    fn swap(&self, to: usize, out: &[&[u8]], from: usize, into: &mut [&mut [u8]]);

    /// As [`swap`](Self::swap), but a piece that this process can read where it lies stays there: answers where each of `into` is, there or elsewhere. What leaves is not changed
    /// before [`settle`](Self::settle), which is called behind it with the bytes of the same pieces.
    fn show(&self, to: usize, out: &[&[u8]], from: usize, into: &mut [&mut [u8]]) -> Vec<*const u8> {
        self.swap(to, out, from, into);
        into.iter().map(|piece| piece.as_ptr()).collect()
    }

    /// Tells the one from whom something was shown here that it was read, and waits until the one that was shown something says so.
    fn settle(&self, _to: usize, _out: &[usize], _from: usize, _into: &[usize]) {}
}
