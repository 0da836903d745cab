//! Text to syntax tree, and back: parser with recovery, formatter. Knows no layer.

pub mod ast;
