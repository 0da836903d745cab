//! Statements of `train` in files of their own: what training begins with, what one step is (whose gradient it takes, how many minibatches an update is, which rows an epoch visits), and what is
//! judged after an epoch.

pub mod accumulate;
pub mod judge;
pub mod load;
pub mod sam;
pub mod sample;

use crate::vocab::Sig;

/// The statements and their source files, whose leading `//!` lines are the manual.
pub static STATEMENTS: &[(&Sig, &str)] = &[
    (&accumulate::SIG, include_str!("accumulate.rs")),
    (&judge::SIG, include_str!("judge.rs")),
    (&load::SIG, include_str!("load.rs")),
    (&sam::SIG, include_str!("sam.rs")),
    (&sample::SIG, include_str!("sample.rs")),
];
