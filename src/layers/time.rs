//! What a layer does with values over time whose rows have lengths, and with tokens.
//!
//! Behind a row's end lie finite numbers that mean nothing. What acts step by step need not know where that is; what crosses time must leave
//! them out; and a layer that says neither is refused, so that none meets them by accident.

use super::{Infer, Layer};
use crate::{
    diag::Diagnostic,
    model::{Elem, Role, Ty},
};

/// What a layer does along time, where rows have lengths.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum OverTime {
    /// Each step of the result is a function of the same step of the inputs, and has their lengths.
    PerStep,
    /// It crosses time and leaves out what lies behind a row's end; its type says what becomes of lengths.
    Whole,
    /// It knows no lengths.
    Refuses,
}

/// Of nets that answer at each step.
const STEPWISE: &str =
    "; where each step has its own answer, leave it out: `dense` acts on each step by itself";

/// A layer's shape rule, and what becomes of tokens and of the lengths of rows.
///
/// # Errors
/// What the rule says; E0308 for a layer that knows no lengths, E0309 for one that reads numbers and is given tokens.
pub(crate) fn shaped(layer: &dyn Layer, cx: &mut Infer<'_>) -> Result<Ty, Diagnostic> {
    let tokens = cx.inputs.iter().find(|source| source.ty.vocab().is_some());
    if let Some(source) = tokens.filter(|_| !layer.reads_tokens()) {
        let what = if source.ty.categories().is_some() { "categories" } else { "tokens" };
        let error =
            Diagnostic::error("E0309", cx.args.span, format!("`{}` reads numbers, not {what}", cx.name()))
                .label(format!("sees {}", source.ty))
                .also(source.span, format!("these {what} come from {}", source.name));
        return Err(match source.ty.categories() {
            Some(_) => error.help("look the category up first: `embedding 4`"),
            None => error,
        });
    }
    let ragged = cx.inputs.iter().find(|source| source.ty.ragged().is_some());
    let over_time = layer.over_time(cx.args);
    if let Some(source) = ragged.filter(|_| over_time == OverTime::Refuses) {
        return Err(Diagnostic::error(
            "E0308",
            cx.args.span,
            format!("`{}` does not know where rows end", cx.name()),
        )
        .label(format!("would take {} steps of every row for its own", source.ty.axes[0].size))
        .also(source.span, format!("rows of {} have lengths", source.name))
        .help(format!("take time away before it: `mean_pool over=time`{STEPWISE}")));
    }
    let Some((steps, lengths)) = ragged
        .and_then(|source| Some((source.ty.steps()?, source.ty.ragged())))
        .filter(|_| over_time == OverTime::PerStep)
    else {
        return layer.infer(cx);
    };
    let mut ty = layer.infer(cx)?;
    match ty.axes.first_mut() {
        Some(axis) if axis.role == Role::Time && axis.size == steps.size && ty.elem == Elem::Real => {
            (axis.ragged, axis.clock) = (lengths, steps.clock);
            Ok(ty)
        }
        _ => Err(cx
            .mismatch(format!("`{}` would take the steps of rows apart that have lengths", cx.name()))
            .help("take time away before it: `mean_pool over=time`")),
    }
}
