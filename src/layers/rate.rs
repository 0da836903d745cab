//! Rates of dropping come in steps of 1/65536: those that would round to all or to nothing are refused where they are written.

use crate::{
    diag::{Diagnostic, Span},
    draws,
    vocab::{Timed, exactly},
};

/// What is wrong with a rate whose coins drop each `what` (`unit`, `weight`) or keep it.
pub fn unusable(rate: Timed, what: &str, span: Span) -> Option<Diagnostic> {
    too_high(rate, what, span).or_else(|| too_low(rate, what, span))
}

/// A rate that drops everything.
pub fn too_high(rate: Timed, what: &str, span: Span) -> Option<Diagnostic> {
    let most = rate.largest();
    draws::quantise(most).is_err().then(|| {
        Diagnostic::error("E0206", span, format!("a rate of {} drops every {what}", exactly(most)))
            .label("rounds to 1 in steps of 1/65536")
            .help("use a smaller rate, such as 0.5")
    })
}

/// A rate other than 0 that drops nothing.
fn too_low(rate: Timed, what: &str, span: Span) -> Option<Diagnostic> {
    let lost = rate.ends().into_iter().find(|p| *p != 0.0 && draws::quantise(*p) == Ok(0))?;
    Some(
        Diagnostic::error("E0206", span, format!("a rate of {} drops no {what}", exactly(lost)))
            .label("rounds to 0 in steps of 1/65536")
            .help("the smallest rate is 1/65536, about 0.0000153; 0 is none at all"),
    )
}
