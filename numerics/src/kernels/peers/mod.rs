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
mod pieces;
mod slices;
mod threads;

#[cfg(feature = "mpi")]
pub use self::mpi::Mpi;
pub use courier::Courier;
pub use exchange::{Exchange, Join, Part};
pub use gather::{agree, broadcast, gather, gather_all};
pub use lengths::{Lengths, collected};
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
}
