//! The parser generated from `grammar/net.pest`.

#[derive(pest_derive::Parser)]
#[grammar = "../grammar/net.pest"]
pub(crate) struct NetParser;
