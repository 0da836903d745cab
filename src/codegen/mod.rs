//! Native code: a loop program becomes machine code for whole passes over the data.
//!
//! [`compile`] gives a [`Compiled`], which owns its code and whose [`run`](Compiled::run) is safe: every address that native code can
//! form is proved to lie in an array of the caller or in the code's own arena, by `check` at compile time and `bind` before the call.
//! Pointers to code are never public. Bits of results do not depend on the number of threads.
//!
//! | file | holds |
//! |---|---|
//! | `abi` | what host and native code share in memory |
//! | `isa` | the target |
//! | `shape`, `needs`, `layout` | what code depends on, what a pass must provide, where it stands |
//! | `check`, `bind` | the proofs |
//! | `lanes`, `kernel` | loop kernels to Cranelift |
//! | `schedule`, `chains`, `run` | parts, barriers and the judgement of the loss; what runs shard by shard; the step loop |
//! | `pass` | the steps of a pass on the threads of a team |
//! | `host` | the functions behind library kernels, which are called, not generated |
//! | `session` | many small passes over arrays of its own |
//! | `clock` | where a step's time goes, for code that is compiled to tell |
//! | `over_time` | the function of a loop over time |
//! | `unit`, `jit` | functions of a program; linking, ownership, text |
#![allow(unsafe_code)]

mod abi;
mod bind;
mod chains;
mod check;
mod clock;
mod compiled;
mod error;
mod host;
mod isa;
mod jit;
mod kernel;
mod lanes;
mod layout;
mod needs;
mod operands;
mod over_time;
mod pass;
mod run;
mod schedule;
mod session;
mod shape;
#[cfg(test)]
mod tests;
mod unit;

use std::time::{Duration, Instant};

pub use bind::{Array, Bind, Target, Tensor};
pub use clock::{Spent, StepPart};
pub use compiled::{Compiled, Status};
pub use error::CodegenError;
pub use isa::{Features, instructions};
pub use session::{Session, SessionArrays};

use crate::loops::Program;

/// How an input array is stored.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub enum Storage {
    /// f32, or i32 for classes.
    #[default]
    Words,
    /// u8 with the array's affine map.
    Bytes,
}

impl Storage {
    /// Bytes of an element.
    fn bytes(self) -> usize {
        match self {
            Self::Words => 4,
            Self::Bytes => 1,
        }
    }
}

/// What code is made for, besides the program.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Options {
    pub features: Features,
    /// By input slot; f32 where nothing is said.
    pub inputs: Vec<Storage>,
    /// Whether the code reads a clock after every kernel; see [`Compiled::spent`].
    pub profile: bool,
    /// Whether positions are pairs of a row and a sample: see [`Bind::samples`].
    pub sampled: bool,
}

/// What compiling took.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Times {
    /// Checking, and building Cranelift's functions.
    pub build: Duration,
    /// Machine code and linking.
    pub link: Duration,
}

/// A form of the code that can be printed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Text {
    /// Cranelift's functions, before its own passes.
    Clif,
    /// Instructions of the target, with registers assigned.
    Asm,
}

/// Machine code for `program`, which must satisfy the invariants of `loops`.
pub fn compile(program: &Program, options: &Options) -> Result<Compiled, CodegenError> {
    let start = Instant::now();
    check::check(program)?;
    let target = isa::target(options.features)?;
    let units = jit::guarded("build", || unit::build(program, options, &target))?;
    let build = start.elapsed();
    let code = jit::link(&units, &target)?;
    let times = Times { build, link: start.elapsed() - build };
    Ok(Compiled::new(program, options, code, units, times))
}

/// The code of `program` as text: stable between runs and machines of one kind, without addresses.
pub fn text(program: &Program, options: &Options, form: Text) -> Result<String, CodegenError> {
    check::check(program)?;
    let target = isa::target(options.features)?;
    jit::guarded("text", || {
        let units = unit::build(program, options, &target)?;
        jit::text(&units, &target, form == Text::Asm)
    })
}
