//! Text to syntax tree, and back: parser with recovery, formatter. Knows no layer.

pub mod ast;
mod blame;
mod braces;
mod brackets;
mod build;
mod expr;
mod format;
mod grammar;
mod lex;
mod messages;
mod parse;
mod print;
mod recover;
mod spans;

pub use format::{format, format_parsed, unified_diff};
pub use parse::{parse, parse_with};
pub use print::print;
pub use spans::same_meaning;
