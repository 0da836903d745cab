//! `classes 1, 8`: keeps the rows of these classes only, numbered in this order.
//!
//! Parts are divided and fitted after that. Two classes may be a net's `class[2]` or its `bits[1]`, where the second one is 1. A table
//! names its classes by their cells, an array by its labels.

use std::collections::HashSet;

use crate::data::config::{Classes, Settings};
use crate::data::words::Statement;
use crate::diag::Diagnostic;
use crate::vocab::{ArgSpec, Args, Block, Bounds, Default, Kind, Sig, Value};

pub static SIG: Sig = Sig {
    name: "classes",
    about: "the classes whose rows are used",
    args: &[ArgSpec::optional(
        "names",
        Kind::Rest(&Kind::OneOf(&[Kind::Number(Bounds::ANY), Kind::Name, Kind::Text])),
        Default::Absent,
        "numbers or names, in the order of the net's classes",
    )],
    block: Block::None,
};

pub static WORD: Statement =
    Statement { sig: &SIG, source: include_str!("classes.rs"), read, repeats: false };

fn read(args: &Args, settings: &mut Settings) -> Result<(), Box<Diagnostic>> {
    let name = |value: &Value| match value {
        Value::Word(name) | Value::Text(name) => name.clone(),
        other => other.to_string(),
    };
    let names: Vec<String> = args.list("names").iter().map(name).collect();
    if names.len() < 2 {
        let message =
            format!("`classes` names {} class{}", names.len(), if names.len() == 1 { "" } else { "es" });
        return Err(Box::new(
            Diagnostic::error("E0506", args.span, message)
                .label("there is nothing to tell apart")
                .help("for example `classes 1, 8`, or `classes setosa, virginica`"),
        ));
    }
    let mut seen = HashSet::new();
    if let Some(twice) = names.iter().find(|name| !seen.insert(*name)) {
        return Err(Box::new(
            Diagnostic::error("E0506", args.span_of("names"), format!("the class `{twice}` is named twice"))
                .label("each class once"),
        ));
    }
    settings.classes = Some(Classes { names, span: args.span });
    Ok(())
}
