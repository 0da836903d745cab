//! What can go wrong between a loop program and its run. None of these is a fault of the `.net` file: a caller that keeps the
//! contracts of `loops` and `Bind` meets only [`CodegenError::Host`] and [`CodegenError::Memory`].

use std::fmt;

use crate::loops::Unfused;

#[derive(Clone, Debug, PartialEq, Eq)]
pub enum CodegenError {
    /// The processor or its operating system cannot run generated code.
    Host(String),
    /// There are no kernels for the graph: a bug.
    Unfused(Unfused),
    /// A program breaks an invariant of `loops`; `kernel` says where.
    Program { kernel: String, reason: String },
    /// Cranelift refused a function or panicked in it: a bug here or there.
    Backend { function: String, reason: String },
    /// Memory for code or buffers could not be had.
    Memory(String),
    /// An array given to `run` does not fit the program.
    Bind { buffer: String, reason: String },
}

impl fmt::Display for CodegenError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Host(reason) => write!(f, "this machine cannot run native code: {reason}"),
            Self::Unfused(unfused) => unfused.fmt(f),
            Self::Program { kernel, reason } => write!(f, "kernel `{kernel}`: {reason}"),
            Self::Backend { function, reason } => {
                write!(f, "code generation of `{function}` failed: {reason}")
            }
            Self::Memory(reason) => write!(f, "out of memory: {reason}"),
            Self::Bind { buffer, reason } => write!(f, "`{buffer}`: {reason}"),
        }
    }
}

impl std::error::Error for CodegenError {}

impl From<Unfused> for CodegenError {
    fn from(unfused: Unfused) -> Self {
        Self::Unfused(unfused)
    }
}
