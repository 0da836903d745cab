//! Tests that loop over the operation table: an operation without a case fails them.

mod cases;
mod derivatives;
mod values;
