//! The `augment` section.

use super::{
    bind::bind,
    chosen::chosen_steps,
    scope::Scope,
    section::{Section, misplaced, unknown_word, use_span},
};
use crate::{
    diag::Diagnostic,
    vocab::{ArgSpec, Block, Bounds, Default, Kind, Sig},
};

static MIXUP: Sig = Sig {
    name: "mixup",
    about: "mix rows and targets in pairs",
    args: &[ArgSpec::named(
        "alpha",
        Kind::Number(Bounds::NON_NEGATIVE),
        Default::Required,
        "parameter of the Beta distribution; 0 mixes nothing",
    )],
    block: Block::None,
};

pub static AUGMENT_STATEMENTS: &[&Sig] = &[&MIXUP];

const AUGMENT_NOT_YET: &[&str] = &[
    "crop",
    "flip",
    "rotate",
    "color_jitter",
    "cutout",
    "random_erasing",
    "cutmix",
    "synonym",
    "back_translate",
    "word_drop",
    "time_stretch",
    "pitch_shift",
    "gain",
    "noise",
];

/// The parameter of `mixup`, if rows are mixed.
pub(super) fn section(section: Section<'_>, scope: &mut Scope, diags: &mut Vec<Diagnostic>) -> Option<f64> {
    let (mut alpha, mut first) = (None, None);
    for step in chosen_steps(section, scope, diags) {
        let word = step.name.text.as_str();
        if word != MIXUP.name {
            let unknown =
                || unknown_word("augmentation", word, step.name.span, &[MIXUP.name], AUGMENT_NOT_YET);
            diags.push(match (section.home)(word) {
                // A few of these words are layers too.
                Some(section) if !AUGMENT_NOT_YET.contains(&word) => misplaced(word, section, step.name.span),
                _ => unknown(),
            });
            continue;
        }
        if let Some(first) = first.replace(step.span) {
            let error = Diagnostic::error("E0104", step.span, "a second `mixup`").label("stands once");
            diags.push(error.also(first, "the first one"));
            continue;
        }
        alpha = bind(&MIXUP, &step.args, use_span(step), scope, diags).map(|args| args.number("alpha"));
    }
    // The limit of the distribution at 0 leaves every row as it is.
    alpha.filter(|alpha| *alpha > 0.0)
}
