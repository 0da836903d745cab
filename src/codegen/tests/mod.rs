//! Tests of native code: every instruction, access and reduction against a plain evaluation, for many extents and thread counts.

mod elementwise;
mod rig;
