//! Gives the same numbers another shape.
//!
//! # What it does
//! Reads the value row-major and lays the numbers out anew in the sizes that are written.
//!
//! # Formula
//! `y[i] = x[i]` for the row-major index `i`.
//!
//! # Shape
//! Any, with as many numbers as the new sizes multiply to.
//!
//! # Arguments
//! The sizes, as one `4x4x2` or as several numbers `4, 4, 2`. `roles` says what the axes are, one word an axis: `unit`, `height`, `width`, `time`,
//! `channel`; without it they are plain units, so that `share=` has nothing to speak of.
//!
//! # Train and eval
//! The same.
//!
//! # Example
//! ```net
//! net {
//!   input x: real[32]
//!   reshape 4x4x2, roles=[height, width, channel]
//!   dropout 0.1, share=space
//!   flatten -> dense 2
//!   output y: real[2]
//! }
//! ```

use super::{Facts, Infer, Layer, Lower, Reach, Reached};
use crate::{
    diag::Diagnostic,
    graph::{Dim, ValueId},
    model::{Axis, Role, Ty},
    vocab::{ArgSpec, Args, Block, Default, Kind, Sig, Value},
};

pub struct Reshape;
pub static LAYER: Reshape = Reshape;

static SIG: Sig = Sig {
    name: "reshape",
    about: "gives the same numbers another shape",
    args: &[
        ArgSpec::required(
            "sizes",
            Kind::Rest(&Kind::OneOf(&[Kind::Size, Kind::Count { min: 1 }])),
            "the new sizes",
        ),
        ArgSpec::named(
            "roles",
            Kind::Words(&["unit", "height", "width", "time", "freq", "channel"]),
            Default::Absent,
            "what each axis is",
        ),
    ],
    block: Block::None,
};

impl Layer for Reshape {
    fn sig(&self) -> &'static Sig {
        &SIG
    }

    fn infer(&self, cx: &mut Infer<'_>) -> Result<Ty, Diagnostic> {
        let sizes = sizes(cx.args);
        // In floating point: the product of what a file may say overflows an integer.
        let count: f64 = sizes.iter().map(|n| *n as f64).product();
        if count != cx.input().len() as f64 {
            let text: Vec<String> = sizes.iter().map(usize::to_string).collect();
            return Err(cx
                .mismatch(format!(
                    "`reshape` to {} needs {count} numbers, found {}",
                    text.join("x"),
                    cx.input().len()
                ))
                .help("the product of the sizes must stay the same"));
        }
        let roles = roles(cx, sizes.len())?;
        Ok(Ty::real(sizes.into_iter().zip(roles).map(|(size, role)| Axis::new(role, size)).collect()))
    }

    fn reach(&self, cx: &Reached<'_>) -> Reach {
        cx.input()
    }

    fn facts(&self) -> Facts {
        Facts { hands_on: true, ..Facts::NONE }
    }

    fn lower(&self, cx: &mut Lower<'_>) -> ValueId {
        let mut dims = vec![Dim::Batch];
        dims.extend(cx.node.ty.sizes().into_iter().map(Dim::Const));
        cx.b.reshape(cx.input(), &dims)
    }
}

/// The sizes in the order in which they are written.
fn sizes(args: &Args) -> Vec<usize> {
    let mut sizes = Vec::new();
    for value in args.list("sizes") {
        match value {
            Value::Size(dims) => sizes.extend(dims.iter().map(|n| *n as usize)),
            Value::Number(n) => sizes.push(*n as usize),
            _ => {}
        }
    }
    sizes
}

/// One role an axis; plain units where none are written.
fn roles(cx: &Infer<'_>, axes: usize) -> Result<Vec<Role>, Diagnostic> {
    let words = cx.args.words("roles");
    if words.is_empty() {
        return Ok(vec![Role::Unit; axes]);
    }
    let span = cx.args.span_of("roles");
    if words.len() != axes {
        return Err(Diagnostic::error("E0211", span, format!("{} roles for {axes} axes", words.len()))
            .label("one role an axis")
            .also(cx.args.span, format!("gives {axes} axes")));
    }
    let roles: Vec<Role> = words.iter().filter_map(|word| Role::named(word)?.first().copied()).collect();
    let twice = roles.iter().enumerate().find(|(i, role)| **role != Role::Unit && roles[..*i].contains(role));
    match twice {
        Some((_, role)) => Err(Diagnostic::error("E0211", span, format!("two axes are `{}`", role.name()))
            .label("a role stands once")),
        None => Ok(roles),
    }
}
