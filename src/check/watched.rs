//! Figures that something watches while a net trains.

use crate::{
    diag::{Diagnostic, Span},
    model::Use,
    train::metrics,
};

/// The watched figure must be one that training reports.
pub(super) fn check_watch(
    watch: &str,
    span: Span,
    has_valid: bool,
    report: &[Use<dyn metrics::Metric>],
    diags: &mut Vec<Diagnostic>,
) {
    let (part, figure) = watch.split_once('.').unwrap_or(("", watch));
    if part == "valid" && !has_valid {
        diags.push(
            Diagnostic::error(
                "E0406",
                span,
                format!("`{watch}` cannot be watched: `data` has no validation part"),
            )
            .label("watches validation rows")
            .help("write `split valid=10%` in `data`, or `watch=train.loss`"),
        );
        return;
    }
    let known = figure == "loss" || report.iter().any(|used| metrics::label(used) == figure);
    if !matches!(part, "train" | "valid") || !known {
        let mut figures: Vec<String> = vec!["valid.loss".into()];
        figures.extend(report.iter().map(|used| format!("valid.{}", metrics::label(used))));
        diags.push(
            Diagnostic::error("E0406", span, format!("`{watch}` is not reported, so it cannot be watched"))
                .label("unknown figure")
                .note(format!("can be watched: {}", figures.join(", "))),
        );
    }
}
