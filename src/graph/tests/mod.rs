//! Tests that loop over the operation table: an operation without a case fails them.

pub(in crate::graph) mod cases;
mod derivatives;
mod values;
