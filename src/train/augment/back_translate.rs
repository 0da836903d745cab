//! Puts a paraphrase in place of a text: the text translated into another language and back.
//!
//! # What it does
//! Before the first epoch every training text is translated there and back, each different line once. In an epoch a coin with probability `p` chooses
//! between a row and its paraphrase. It acts before the statements that change words, wherever it stands among them, since what was translated is the original.
//! A paraphrase is not used, and counted, where it is the text itself, empty, less than half as long or more than twice, or, unless `negation=any`, where it has
//! another number of negations: translation by rules lost `not` in 9 of 20 sentences. Where a text has no capital, its paraphrase has none.
//!
//! # Arguments
//! - `via=spa`: by Apertium, a free translator by rules, from English to a language and back. On Debian and Ubuntu: `apt-get install apertium apertium-eng-spa`;
//!   pairs with Catalan (`cat`), Galician (`gl`) and others exist.
//! - `through="CMD"`, `back="CMD"`: any two commands of a shell. Each reads lines of UTF-8 and writes one line for each, in the same order, until its input ends; it
//!   ends with 0. Up to 10 000 lines are one call.
//! - `negation=any` uses every paraphrase.
//! - `time_limit=600s` is how long one call may take.
//!
//! # Notes
//! Translations are kept in files, one for each command with the size and time of its programs and their scripts, under `$XDG_CACHE_HOME/dropnet/translations`
//! (`~/.cache`): other runs, other seeds and a run that is taken up again find them. A file is replaced whole, after each call that answered every line.
//! Whoever wants several paraphrases of a text writes several statements, through different languages.
//!
//! # Elsewhere
//! Back-translation (Sennrich, Haddow and Birch 2016; Edunov et al. 2018), `BackTranslationAug` in nlpaug, `BackTranslation` in TextAttack.
//!
//! # Example
//! ```net
//! back_translate via=spa, p=20%
//! ```

use std::time::Duration;

use super::{
    Augment, Draw, Plan, Wrong, p,
    text::{Edit, Text, Translation},
};
use crate::{
    data::translations::Route,
    vocab::{ArgSpec, Args, Block, Default, Kind, Sig, Timed, Unit, Value},
};

/// Seconds of a call.
const LIMIT: f64 = 600.0;

pub struct BackTranslate;
pub static WORD: BackTranslate = BackTranslate;

static SIG: Sig = Sig {
    name: "back_translate",
    about: "put a paraphrase in place of a text, translated there and back",
    args: &[
        ArgSpec::named("via", Kind::Name, Default::Absent, "the language through which Apertium translates"),
        ArgSpec::named("through", Kind::Text, Default::Absent, "the command that translates there"),
        ArgSpec::named("back", Kind::Text, Default::Absent, "the command that translates back"),
        ArgSpec::named(
            "negation",
            Kind::Word(&["keep", "any"]),
            Default::Word("keep"),
            "whether a paraphrase has as many negations as the text",
        ),
        ArgSpec::named(
            "time_limit",
            Kind::Quantity(&[Unit::Seconds]),
            Default::Absent,
            "how long one call of a translator may take [default: 600s]",
        ),
        p(0.2),
    ],
    block: Block::None,
};

impl Augment for BackTranslate {
    fn sig(&self) -> &'static Sig {
        &SIG
    }

    fn elsewhere(&self) -> &'static [(&'static str, &'static str)] {
        &[("back_translation", "back_translate"), ("back_translation_aug", "back_translate")]
    }

    fn check(&self, args: &Args) -> Result<(), Wrong> {
        let given = |name: &str| args.value(name).is_some();
        match (given("via"), given("through"), given("back")) {
            (true, false, false) | (false, true, true) => {}
            (true, true, _) => {
                return Err(("through", "has no effect beside `via`, which names a translator".into()));
            }
            (true, _, true) => {
                return Err(("back", "has no effect beside `via`, which names a translator".into()));
            }
            (false, true, false) => {
                return Err(("through", "needs `back`, the command that translates back".into()));
            }
            (false, false, true) => {
                return Err(("back", "needs `through`, the command that translates there".into()));
            }
            (false, false, false) => {
                return Err((
                    "via",
                    "must be a language, such as `spa`, or `through` and `back` commands".into(),
                ));
            }
        }
        let spoken = |name: &str| args.opt_text(name).is_none_or(|command| !command.trim().is_empty());
        if let Some(name) = ["through", "back"].into_iter().find(|name| !spoken(name)) {
            return Err((name, "must be a command".into()));
        }
        match args.value("via").is_some()
            && !args.word("via").chars().all(|c| c.is_ascii_alphanumeric() || c == '_')
        {
            true => Err(("via", "must be the code of a language, such as `spa`".into())),
            false if limit(args) > 0.0 => Ok(()),
            false => Err(("time_limit", "must be above 0".into())),
        }
    }

    fn is_of_words(&self) -> bool {
        true
    }

    fn begins_anew(&self) -> bool {
        true
    }

    fn translation(&self, args: &Args) -> Option<Translation> {
        let route = match args.opt_word("via") {
            Some(language) => Route::Apertium(language.into()),
            None => Route::Commands { forth: args.text("through").into(), back: args.text("back").into() },
        };
        let limit = Duration::try_from_secs_f64(limit(args)).unwrap_or(Duration::MAX);
        Some(Translation { route, keeps_negations: args.word("negation") == "keep", limit })
    }

    fn told(&self, args: &Args) -> String {
        match args.opt_word("via") {
            Some(language) => format!("paraphrases by Apertium, through {language} and back"),
            None => format!("paraphrases by `{}` and `{}`", args.text("through"), args.text("back")),
        }
    }

    fn plan(&self, args: &Args) -> Plan {
        // What is never chosen need not be translated.
        match self.p(args) {
            Timed::Constant(0.0) => Plan::Nothing,
            _ => Plan::Edit(Box::new(Paraphrases)),
        }
    }
}

/// Seconds of one call.
fn limit(args: &Args) -> f64 {
    match args.value("time_limit") {
        Some(Value::Quantity(seconds, _)) => *seconds,
        _ => LIMIT,
    }
}

struct Paraphrases;

impl Edit for Paraphrases {
    fn edit(&self, draw: &mut Draw<'_>, text: &mut Text<'_>) {
        if let Some(paraphrase) = text.lexicon.paraphrase(draw.row.number) {
            text.tokens.clear();
            text.tokens.extend_from_slice(paraphrase);
        }
    }
}
