//! What can be said against a sound net: one small pure function a lint, `Model -> Vec<Diagnostic>`.
//!
//! *Proved* lints hold whatever the data are and belong to every check; *pedantic* ones are advice with a reason, and wait for
//! `check --pedantic`. `# allow(W0104)` on a line, or alone on the line above, silences the finding that begins there.

mod allow;
mod dropout;
mod net;
mod training;
mod ways;

pub use allow::{Allowed, unknown_allows};

use crate::{diag::Diagnostic, model::Model};

/// A lint.
pub struct Lint {
    pub code: &'static str,
    pub level: Level,
    pub find: fn(&Model) -> Vec<Diagnostic>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Level {
    Proved,
    Pedantic,
}

/// All lints, by code.
pub static LINTS: &[Lint] = &[
    Lint { code: "W0102", level: Level::Proved, find: dropout::on_logits },
    Lint { code: "W0104", level: Level::Pedantic, find: training::max_norm_alone },
    Lint { code: "W0106", level: Level::Pedantic, find: dropout::upstream_of_batch_norm },
    Lint { code: "W0110", level: Level::Proved, find: net::bounded_logits },
    Lint { code: "W0111", level: Level::Pedantic, find: dropout::narrow },
    Lint { code: "W0112", level: Level::Pedantic, find: dropout::unusual_rate },
    Lint { code: "W0113", level: Level::Pedantic, find: training::decay_under_adaptive_steps },
    Lint { code: "W0114", level: Level::Pedantic, find: training::decay_on_all },
    Lint { code: "W0115", level: Level::Pedantic, find: training::softened_thrice },
    Lint { code: "W0116", level: Level::Proved, find: training::stops_by_training_loss },
    Lint { code: "W0117", level: Level::Pedantic, find: training::nothing_holds_back },
    Lint { code: "W0118", level: Level::Pedantic, find: training::held_back_for_nothing },
    Lint { code: "W0119", level: Level::Pedantic, find: training::raw_numbers },
    Lint { code: "W0120", level: Level::Pedantic, find: dropout::places_of_a_map },
    Lint { code: "W0121", level: Level::Pedantic, find: dropout::before_a_number },
    Lint { code: "W0122", level: Level::Proved, find: net::unreachable_targets },
    Lint { code: "W0123", level: Level::Pedantic, find: dropout::behind_a_branch },
    Lint { code: "W0124", level: Level::Proved, find: dropout::before_a_softmax },
    Lint { code: "W0125", level: Level::Pedantic, find: dropout::fresh_each_step },
    Lint { code: "W0126", level: Level::Pedantic, find: training::smoothed_perplexity },
    Lint { code: "W0127", level: Level::Pedantic, find: training::rate_of_sums },
    Lint { code: "W0128", level: Level::Proved, find: net::sees_what_it_foretells },
    Lint { code: "W0129", level: Level::Pedantic, find: training::sounds_out_of_order },
    Lint { code: "W0134", level: Level::Proved, find: net::whole_sounds },
    Lint { code: "W0135", level: Level::Proved, find: training::begins_otherwise },
];

/// What the lints up to a level find.
#[must_use]
pub fn find(model: &Model, level: Level) -> Vec<Diagnostic> {
    let asked = LINTS.iter().filter(|lint| lint.level == Level::Proved || level == Level::Pedantic);
    asked.flat_map(|lint| (lint.find)(model)).collect()
}

#[cfg(test)]
mod tests;
