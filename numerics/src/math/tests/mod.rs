//! Accuracy over the whole range of f32, special values.

mod accuracy;
