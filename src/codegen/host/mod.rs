//! The functions of the host behind library kernels, one file each. They have the signature of generated kernels; an operand row holds the
//! addresses of the kernel's operands, then its parameters as plain words (`loops::calls`).
//!
//! They are called from native code and must not unwind into it, so nothing here can panic.

mod attend;
mod coin;
mod collect;
mod combine;
mod conv;
mod curves;
mod depthwise;
mod exchange;
mod gather;
mod moments;
mod pack;
mod packed;
mod pool;
mod product;
mod rest;
mod scatter;
mod slides;
mod spectra;
mod squares;
mod table;
mod thinned;
mod transpose;
mod turn;
mod unfold;
mod waves;

use crate::draws;
use crate::graph;
use crate::kernels::tree::Runs;
use crate::loops::calls::Symbol;

use super::abi::Args;
pub(super) use coin::coin;
pub(super) use curves::curve;
pub(super) use rest::rest;

/// Parts `first..last` of a kernel for the step that `args` tell of.
///
/// # Safety
/// Called by native `run` only: `operands` is the row of a kernel of this function, `args` are the thread's own, and `first..last` are
/// this thread's parts.
pub(super) type HostFn = unsafe extern "C" fn(operands: *const u64, args: *const Args, first: u64, last: u64);

/// The function behind a kernel.
pub(super) fn function(symbol: Symbol) -> HostFn {
    match symbol {
        Symbol::Arrive => exchange::arrive,
        Symbol::Attend => attend::attend,
        Symbol::Product => product::product,
        Symbol::Collect => collect::collect,
        Symbol::Combine => combine::combine,
        Symbol::Moments => moments::moments,
        Symbol::JoinMoments => moments::join,
        Symbol::Gather => gather::gather,
        Symbol::Pack => pack::pack,
        Symbol::Packed => packed::packed,
        Symbol::Pool => pool::pool,
        Symbol::ScatterAdd => scatter::scatter_add,
        Symbol::Conv => conv::conv,
        Symbol::Exchange => exchange::exchange,
        Symbol::Depthwise => depthwise::depthwise,
        Symbol::Spectra => spectra::spectra,
        Symbol::Table => table::table,
        Symbol::DropSquares => squares::squares,
        Symbol::Thinned => thinned::thinned,
        Symbol::Transpose => transpose::transpose,
        Symbol::Turn => turn::turn,
        Symbol::Unfold => unfold::unfold,
        Symbol::Waves => waves::waves,
    }
}

/// The parameters behind `operands` addresses of a row.
///
/// # Safety
/// `row` is the row of a kernel with so many operands and with parameters `P`, which is a `repr(C)` struct of words.
unsafe fn params<'r, P>(row: *const u64, operands: usize) -> &'r P {
    // SAFETY: by the contract the words of a `P` lie there; tables of operands are not written while native code runs.
    unsafe { &*row.add(operands).cast::<P>() }
}

/// The blocks of a step's rows that have some.
struct Blocks {
    runs: Runs,
    /// Which run is this process's.
    run: usize,
    /// Of each but the last.
    rows: usize,
    /// Of all.
    all: usize,
    /// Rows that each has room for: those of a whole minibatch's.
    room: usize,
}

/// The rows of a step in at most `count` blocks, of which each of `ranks` processes has as many (`graph::Blocks`). What is no sum over rows of the batch is every process's.
fn blocks(count: u64, ranks: u64, args: &Args) -> Blocks {
    let (blocks, rows) = (graph::Blocks::new(count as usize), args.rows as usize);
    let own = count as usize / (ranks as usize).max(1);
    // What is no sum over rows of the batch may be made before the first step, which has the rows.
    let runs = if count == 1 { Runs::one(1) } else { Runs { each: own.max(1), ..blocks.runs(rows) } };
    let run = if ranks > 1 { args.first_block as usize / runs.each } else { 0 };
    let room = blocks.rows(args.batch as usize);
    Blocks { runs, run, rows: blocks.rows(rows), all: rows, room }
}

impl Blocks {
    /// Rows of a block.
    fn rows_of(&self, block: usize) -> usize {
        self.rows.min(self.all - block * self.rows)
    }
}

/// The key of a row of the step, as generated code makes it (`codegen/kernel/draws.rs`).
///
/// # Safety
/// The tables of `args` hold the row's position, and streams of the site.
unsafe fn row_key(site: u64, by_update: bool, args: &Args, row: u64) -> u64 {
    let position = args.position + if by_update { 0 } else { row };
    // SAFETY: the caller's contract.
    unsafe {
        let (streams, ordinal) = match (args.samples.is_null(), by_update) {
            (true, true) => (args.streams, args.update),
            (true, false) => {
                let place = match args.places.is_null() {
                    true => position,
                    false => u64::from(*args.places.add(position as usize)),
                };
                (args.streams, args.position_base + place)
            }
            (false, by_update) => {
                let sample = u64::from(*args.samples.add(position as usize));
                let streams = args.streams.byte_add((sample * args.sample_stride) as usize);
                let number = || args.position_base + u64::from(*args.order.add(position as usize));
                (streams, if by_update { 0 } else { number() })
            }
        };
        draws::row_key(*streams.add(site as usize), ordinal)
    }
}
