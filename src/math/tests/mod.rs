//! Accuracy over the whole range of f32, special values, known answers and statistics of the hash.

mod accuracy;
mod hash;
