//! The memory that host and native code share: one [`Args`] a thread, the words of operand rows, the codes `run` returns.
//!
//! Invariants:
//! - native code reads fields at the offsets that `offset_of!` gives, so this struct is the only description of the layout;
//! - all but the group of the step is written by the host before the call and constant during it; that group belongs to native code,
//!   which writes it at the start of each step, each thread in its own copy;
//! - everything shared between threads and written during the call (`done`, `stop`, `verdict`) is atomic or, as `totals`, touched by
//!   thread 0 only.

use std::sync::atomic::{AtomicU32, AtomicU64};

use crate::kernels::barrier::Barrier;
use crate::peers::{Courier, Peers};

use super::clock::Clock;

/// Arguments of one thread. Pointers are valid for the whole call; `Compiled::run` proves it.
#[repr(C)]
pub(super) struct Args {
    /// Rows of operand words, one row a kernel, in order.
    pub operands: *const u64,
    /// Rows of the whole pass; the last batch may be short.
    pub rows_total: u64,
    /// Rows of a full batch.
    pub batch: u64,
    pub first_step: u64,
    pub last_step: u64,
    /// Row of the data set at each position.
    pub order: *const u32,
    /// The row that each position is mixed with; null where nothing is mixed.
    pub partner: *const u32,
    /// Words of the per-step scalars: row 0 belongs to `first_step`.
    pub scalars: *const u32,
    /// Bytes from one step's scalars to the next.
    pub scalar_stride: u64,
    /// Stream keys by site.
    pub streams: *const u64,
    /// In code that is sampled: the sample that each position belongs to, null elsewhere, and bytes from one sample's streams to the next.
    pub samples: *const u32,
    pub sample_stride: u64,
    /// Added to what positions count as where a row key is made.
    pub position_base: u64,
    /// Ordinal of the update of `first_step`.
    pub update_base: u64,
    pub totals: *mut f64,
    /// Steps finished: the number of the next one.
    pub done: *const AtomicU64,
    /// Not 0 when the caller wants to leave after the current step.
    pub stop: *const AtomicU32,
    /// Thread 0's decision to leave, for even and odd steps.
    pub verdict: *const [AtomicU32; 2],
    pub barrier: *const Barrier,
    /// This thread's; null unless the code reads it.
    pub clock: *const Clock,
    pub thread: u64,
    pub threads: u64,
    /// Rows of this step.
    pub rows: u64,
    /// Position of this step's first row.
    pub position: u64,
    /// This step's scalars.
    pub step_scalars: *const u32,
    /// Ordinal of this step's update.
    pub update: u64,
    /// Not 0 where what depends on parameters alone is to be computed before the steps; written by the host.
    pub binds: u64,
    /// Curves of many numbers: see [`CurveFn`].
    pub curve: CurveFn,
    /// First of the blocks of rows that are this process's.
    pub first_block: u64,
    /// The other processes, where some blocks are theirs; else null.
    pub peers: *const &'static dyn Peers,
    /// Who exchanges beside what is computed; null where nobody does.
    pub courier: *const Courier,
    /// What the processes agreed on in the last exchange of a step: not 0 when any of them wants to leave.
    pub agreed: *const AtomicU32,
    /// What each position counts as where row keys are made; null where it is the position itself.
    pub places: *const u32,
}

/// What native `run` returns in the low two bits; the next step stands above them.
pub(super) const DONE: i64 = 0;
pub(super) const STOPPED: i64 = 1;
pub(super) const NON_FINITE: i64 = 2;

/// Byte offset of a field of [`Args`], as Cranelift's loads want it.
macro_rules! offset {
    ($field:ident) => {
        std::mem::offset_of!($crate::codegen::abi::Args, $field) as i32
    };
}
pub(super) use offset;

/// Puts the values of a curve, by its number, in the place of so many numbers (`host::curve`).
pub(super) type CurveFn = unsafe extern "C" fn(curve: u64, len: u64, numbers: *mut f32);

/// Native `run`, and what every team thread executes.
pub(super) type RunFn = unsafe extern "C" fn(*mut Args) -> u64;
