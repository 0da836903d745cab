//! The file with the values that won: `best.net`.

use std::{io, path::Path};

use super::{Experiment, points::Point};
use crate::{
    atomic,
    run::folder::home,
    syntax::{self, ast::Stmt},
};

/// The text with these values in its `param` lines, in the one layout. Values of names that are no param are left out.
pub fn with_values(source: &str, values: &[(String, String)]) -> String {
    let (file, _) = syntax::parse(source);
    let mut text = source.to_string();
    for stmt in file.stmts.iter().rev() {
        let Stmt::Param(binding) = stmt else { continue };
        // What is set last counts.
        if let Some((_, value)) = values.iter().rev().find(|(name, _)| *name == binding.name.text) {
            text.replace_range(binding.value.span.start..binding.value.span.end, value);
        }
    }
    syntax::format(&text).unwrap_or(text)
}

/// Writes it, with what it is the best by; `best.lock.json` beside it says what it is made of, since data are named from there.
///
/// # Errors
/// What the file system says.
pub fn write(net: &Path, of: &Experiment<'_>, values: &Point, by: &str) -> io::Result<()> {
    home::remember(net, of.nets[0].file, of.working)?;
    let text = format!("## {by}\n{}", with_values(of.nets[0].source, values));
    atomic::replace(net, |out| out.write_all(text.as_bytes()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_values_stand_in_their_lines() {
        let source = "edition 1\n\nparam p   = 0.1 # a rate\nparam width = 4 * 4\nparam name = \"a\"\nlet q = p\nnet {\n  input x: real[2]\n  dense width\n  output y: real[1]\n}\n";
        let set = |name: &str, value: &str| (name.to_string(), value.to_string());
        let text =
            with_values(source, &[set("p", "0.2"), set("width", "32"), set("p", "0.3"), set("q", "1")]);
        assert!(text.contains("param p = 0.3  # a rate\nparam width = 32\nparam name = \"a\"\n"), "{text}");
        assert!(text.contains("let q = p\n"), "{text}");
    }
}
