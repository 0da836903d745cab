//! The manual of the language's words: what `dropnet explain WORD` prints, made from the registries and from the words' own files.
//!
//! Invariant: names no word but those of the language itself (`forms`, `types`); a word that is registered has a page.

pub mod arguments;
mod forms;
mod grammar;
pub mod ideas;
mod types;

use std::fmt::Write;

pub use grammar::textmate;
use serde_json::{Value as Json, json};

use crate::{
    check::{PREDICT_STATEMENTS, SWEEP_STATEMENTS, TRAIN_STATEMENTS, statement_elsewhere},
    data::{SOURCES, STATEMENTS},
    layers::{self, LAYERS, initial, manual, with_names_elsewhere},
    model::{laws, summary::number},
    train::{
        activities, augment, averages, bayes_decay, losses, metrics, optimizers, penalties, schedules, steps,
    },
    vocab::{ArgSpec, Block, Bounds, Default, Kind, Sig, Unit, ramp},
};

/// A word and where it may stand.
pub struct Page {
    /// `layer`, `optimizer`, ...
    pub family: &'static str,
    /// What stands before it: `optimizer `; nothing before a layer.
    pub prefix: &'static str,
    pub sig: &'static Sig,
    /// How it is written, where the signature does not say.
    usage: Option<String>,
    /// Markdown; empty where the signature says it all.
    text: String,
}

/// All pages, family by family, in the order of the registries.
pub fn pages() -> Vec<Page> {
    let page = |family, prefix, sig, source| Page { family, prefix, sig, usage: None, text: manual(source) };
    let called = |page: Page, others: &[(&str, &str)]| Page {
        text: with_names_elsewhere(page.text, page.sig.name, others),
        ..page
    };
    let mut pages: Vec<Page> = Vec::new();
    pages.extend(forms::FORMS.iter().map(|form| Page {
        family: "form of the language",
        prefix: "",
        sig: &form.sig,
        usage: Some(form.usage.into()),
        text: format!("{}\n", form.text),
    }));
    pages.extend(types::TYPES.iter().map(|form| Page {
        family: "type",
        prefix: "",
        sig: &form.sig,
        usage: Some(form.usage.into()),
        text: format!("{}\n{}", form.text, answers(form.sig.name)),
    }));
    let layers = LAYERS.iter();
    pages.extend(layers.map(|row| Page {
        family: "layer",
        prefix: "",
        sig: row.layer.sig(),
        usage: None,
        text: row.manual(),
    }));
    pages.extend(initial::WORDS.iter().map(|(word, source)| Page {
        usage: Some(format!("dense 64, init={}", with_arguments(word.sig()))),
        ..page("initial value", "", word.sig(), source)
    }));
    pages.extend(
        losses::WORDS
            .iter()
            .map(|(word, source)| called(page("loss", "loss ", word.sig(), source), word.elsewhere())),
    );
    pages.extend(
        optimizers::WORDS.iter().map(|(word, source)| {
            called(page("optimizer", "optimizer ", word.sig(), source), word.elsewhere())
        }),
    );
    pages.extend(
        schedules::WORDS.iter().map(|(word, source)| {
            called(page("schedule", "schedule ", word.sig(), source), word.elsewhere())
        }),
    );
    pages.extend(
        penalties::WORDS
            .iter()
            .map(|(word, source)| called(page("penalty", "penalize ", word.sig(), source), word.elsewhere())),
    );
    pages.extend(
        activities::WORDS.iter().map(|(word, source)| page("penalty", "penalize ", word.sig(), source)),
    );
    pages
        .extend(averages::WORDS.iter().map(|(word, source)| page("average", "average ", word.sig(), source)));
    let decay = &bayes_decay::SIG;
    let usage = Some("penalize l2, bayes_decay(length_scale=, precision=, form=)".into());
    pages.push(Page { usage, ..page("value of `penalize l2`", "", decay, bayes_decay::SOURCE) });
    let usage = Some("dropout ramp(from, to, over=, after=, shape=)".into());
    pages.push(Page { usage, ..page("value that changes over time", "", &ramp::SIG, ramp::SOURCE) });
    pages.extend(
        metrics::WORDS
            .iter()
            .map(|(word, source)| called(page("metric", "report ", word.sig(), source), word.elsewhere())),
    );
    pages.extend(TRAIN_STATEMENTS.iter().map(|sig| page("statement of `train`", "", sig, "")));
    let own = steps::STATEMENTS.iter();
    pages.extend(own.map(|(sig, source)| page("statement of `train`", "", sig, source)));
    pages.extend(PREDICT_STATEMENTS.iter().map(|sig| page("statement of `predict`", "", sig, "")));
    pages.extend(SWEEP_STATEMENTS.iter().map(|sig| page("statement of `sweep`", "", sig, "")));
    pages.extend(augment::WORDS.iter().map(|(word, source)| {
        called(page("statement of `augment`", "", word.sig(), source), word.elsewhere())
    }));
    pages.extend(SOURCES.iter().map(|word| page("source of data", "source ", word.sig, word.source)));
    pages.extend(STATEMENTS.iter().map(|word| page("statement of `data`", "", word.sig, word.source)));
    pages
}

/// What an output of this type is judged by where nothing is written; nothing of other types.
fn answers(word: &str) -> String {
    laws::find(word).map_or(String::new(), |law| {
        let (loss, metric) = (law.usual_loss().sig().name, law.usual_metric().sig().name);
        format!("\n# Loss and figure\n`{loss}` is the usual loss of such an output, and `{metric}` is reported unless another figure is.\n")
    })
}

/// The pages of a word; a word may stand in several families. One that has no page is sought among names elsewhere.
pub fn find(name: &str) -> Vec<Page> {
    let of = |name: &str| pages().into_iter().filter(|page| page.sig.name == name).collect::<Vec<Page>>();
    let pages = of(name);
    if !pages.is_empty() {
        return pages;
    }
    let layer = layers::elsewhere(name).map(|(layer, _)| layer.sig().name);
    let families: [fn(&str) -> Option<&'static str>; 9] = [
        augment::elsewhere,
        initial::elsewhere,
        losses::elsewhere,
        metrics::elsewhere,
        optimizers::elsewhere,
        schedules::elsewhere,
        penalties::elsewhere,
        averages::elsewhere,
        statement_elsewhere,
    ];
    let ours = layer.or_else(|| families.iter().find_map(|elsewhere| elsewhere(name)));
    ours.map_or_else(Vec::new, |ours| of(ours.split([' ', ',']).next().unwrap_or(ours)))
}

/// The words that a statement chooses among, a line each: of `loss`, `optimizer`, `source`.
pub fn choices(statement: &str) -> Option<String> {
    let statement = statement_elsewhere(statement).unwrap_or(statement);
    let pages: Vec<Page> = pages().into_iter().filter(|page| page.prefix.trim_end() == statement).collect();
    let first = pages.first().filter(|_| !statement.is_empty())?;
    let mut out = format!("{statement}: begins a statement that chooses a {}\n\n", first.family);
    for page in &pages {
        let _ = writeln!(out, "  {:<20}  {}", page.sig.name, page.sig.about);
    }
    let _ = write!(out, "\n`dropnet explain {}` says more of the first.\n", first.sig.name);
    Some(out)
}

/// Every word once, sorted.
pub fn names() -> Vec<&'static str> {
    let mut names: Vec<&str> = pages().iter().map(|page| page.sig.name).collect();
    names.sort_unstable();
    names.dedup();
    names
}

impl Page {
    /// How the word is written: `dense width, bias=, init=`.
    pub fn usage(&self) -> String {
        self.usage.clone().unwrap_or_else(|| usage(self.prefix, self.sig))
    }

    /// The same as data: the word, its family, how it is written, its arguments, and the text.
    #[must_use]
    pub fn json(&self) -> Json {
        let args: Vec<Json> =
            self.sig.args.iter().map(|arg| json!({ "name": arg.name, "about": arg.about })).collect();
        json!({
            "word": self.sig.name,
            "family": self.family,
            "about": self.sig.about,
            "usage": self.usage(),
            "arguments": args,
            "text": self.markdown(),
        })
    }

    /// The page: a title, how the word is written, its arguments, then the text of its file.
    pub fn markdown(&self) -> String {
        let usage = self.usage();
        let mut out = format!("{}: {}\n\n    {usage}\n", self.sig.name, self.family);
        if !self.sig.args.is_empty() {
            out.push('\n');
            list(self.sig.args, &mut out);
        }
        let text = if self.text.is_empty() {
            format!("{}.\n", capitalised(self.sig.about))
        } else {
            self.text.clone()
        };
        let _ = write!(out, "\n{text}");
        out
    }
}

/// All pages as one document, by family.
pub fn reference() -> String {
    let mut out = String::from(
        "# Reference\n\nWritten by `dropnet explain --all`: the words of the language, each from the file that implements it.\n",
    );
    let mut family = "";
    for page in pages() {
        if page.family != family {
            family = page.family;
            let _ = write!(out, "\n## {}\n", capitalised(family));
        }
        let _ = write!(out, "\n### {}\n\n", page.sig.name);
        // The line of the title stands above; headings of a page are three levels deeper here.
        let text = page.markdown();
        let mut in_code = false;
        for line in text.lines().skip(2) {
            in_code ^= line.starts_with("```");
            let deeper = if !in_code && line.starts_with("# ") { "###" } else { "" };
            let _ = writeln!(out, "{deeper}{line}");
        }
    }
    out += "\n## Arguments of several words\n\n`dropnet explain ARGUMENT` lists the words that have it.\n";
    for (name, said) in arguments::said() {
        let _ = write!(out, "\n### {name}\n\n{}\n", said.replace("\n# ", "\n#### "));
    }
    out.push_str("\n## Ideas, outputs, files\n");
    for (title, text) in ideas::all() {
        let _ = write!(out, "\n### {title}\n\n{text}\n");
    }
    out
}

/// `dense width, bias=, init=`
fn usage(prefix: &str, sig: &Sig) -> String {
    let args = arguments_in_brief(sig.args);
    let block = match sig.block {
        Block::None => "",
        Block::Body => " { ... }",
        Block::Branches => " { branch { ... } ... }",
        Block::Optional => " [{ ... }]",
    };
    // Behind the word of a family's statement there is a comma: `optimizer sgd, lr=`.
    let comma = if prefix.is_empty() { "" } else { "," };
    match args.is_empty() {
        true => format!("{prefix}{}{block}", sig.name),
        false => format!("{prefix}{}{comma} {}{block}", sig.name, args),
    }
}

/// `width, bias=, init=`
fn arguments_in_brief(args: &[ArgSpec]) -> String {
    let args = args.iter().map(|arg| match (arg.positional, arg.default) {
        (true, Default::Required) => arg.name.into(),
        (true, _) => format!("[{}]", arg.name),
        (false, _) => format!("{}=", arg.name),
    });
    args.collect::<Vec<_>>().join(", ")
}

/// One line an argument: its name, what it is, what it takes, what stands in for it.
fn list(args: &[ArgSpec], out: &mut String) {
    let width = args.iter().map(|arg| arg.name.len()).max().unwrap_or(0);
    for arg in args {
        let _ = writeln!(out, "  {:<width$}  {}: {}", arg.name, arg.about, takes(arg));
    }
}

/// `number in [0, 1); default 0.5`
fn takes(arg: &ArgSpec) -> String {
    let kind = kind(arg.kind);
    match arg.default {
        Default::Required => format!("{kind}; required"),
        Default::Absent => kind,
        Default::Number(x) => format!("{kind}; default {}", number(x)),
        Default::Bool(b) => format!("{kind}; default {b}"),
        Default::Word(word) => format!("{kind}; default {word}"),
        Default::Range(low, high) => format!("{kind}; default {}..{}", number(low), number(high)),
    }
}

fn kind(kind: Kind) -> String {
    let words = |words: &[&str]| words.join(" | ");
    match kind {
        Kind::Count { min } => format!("whole number >= {min}"),
        Kind::Number(bounds) | Kind::RunTime(bounds) | Kind::Timed(bounds) | Kind::Decay(bounds)
            if bounds == Bounds::ANY =>
        {
            "number".into()
        }
        Kind::Number(bounds) | Kind::RunTime(bounds) => format!("number {}", bounds.describe()),
        Kind::Timed(bounds) => format!("number {} | ramp(...)", bounds.describe()),
        Kind::Decay(bounds) => format!("number {} | ramp(...) | bayes_decay(...)", bounds.describe()),
        Kind::Share { tail: true } => "count or fraction, or `tail` and one of them".into(),
        Kind::Share { tail: false } => "count or fraction".into(),
        Kind::Bool => "true | false".into(),
        Kind::Word(list) => words(list),
        Kind::Words(list) => format!("one or a list of {}", words(list)),
        Kind::Name => "name".into(),
        Kind::Column => {
            "name, number from 1, or range `1..8` or `age..height`, each with `-` to leave it out".into()
        }
        Kind::Text => "text in quotes".into(),
        Kind::Quantity(units) => {
            let units: Vec<String> = units.iter().map(ToString::to_string).collect();
            format!("number with {}", units.join(" or "))
        }
        Kind::Numbers => "list of numbers".into(),
        Kind::Items => "list of names, texts and numbers".into(),
        Kind::Choices => "list of numbers or words".into(),
        Kind::Size => "size such as 3x3".into(),
        Kind::Border => "size such as 1x0".into(),
        Kind::Span => "range such as 1..8".into(),
        Kind::Interval { unit, bounds, both_ways } => interval(unit, bounds, both_ways),
        Kind::OneOf(kinds) => kinds.iter().map(|k| self::kind(*k)).collect::<Vec<_>>().join(", or "),
        Kind::Use(sigs) => {
            let usages: Vec<String> = sigs().into_iter().map(with_arguments).collect();
            usages.join(" | ")
        }
        Kind::Rest(inner) => format!("any number of: {}", self::kind(*inner)),
    }
}

/// `range of numbers in [0, 1] such as 0.1..0.9`
fn interval(unit: Option<Unit>, bounds: Bounds, both_ways: bool) -> String {
    let within = if bounds == Bounds::ANY { String::new() } else { format!(" {}", bounds.describe()) };
    let unit = unit.map_or(String::new(), |unit| format!(" in {unit}"));
    let one = if both_ways { "; of one number x, -x..x" } else { ", or one number" };
    format!("range of numbers{within}{unit}{one}")
}

/// `normal(sd, mean=)`
fn with_arguments(sig: &Sig) -> String {
    match sig.args {
        [] => sig.name.into(),
        args => format!("{}({})", sig.name, arguments_in_brief(args)),
    }
}

fn capitalised(text: &str) -> String {
    let mut chars = text.chars();
    chars.next().map_or(String::new(), |first| first.to_uppercase().collect::<String>() + chars.as_str())
}

#[cfg(test)]
mod tests {
    use super::*;

    static BLUR: Sig = Sig {
        name: "blur",
        about: "mixes neighbours",
        args: &[
            ArgSpec::required("width", Kind::Count { min: 1 }, "how many neighbours"),
            ArgSpec::optional("p", Kind::Number(Bounds::BELOW_ONE), Default::Absent, "how often"),
            ArgSpec::named("edge", Kind::Word(&["wrap", "stop"]), Default::Word("stop"), "what the ends see"),
            ArgSpec::named("gain", Kind::Number(Bounds::ANY), Default::Number(1.5), "factor of the result"),
        ],
        block: Block::Optional,
    };

    #[test]
    fn a_page_has_usage_arguments_and_text() {
        let text = "Mixes neighbours.\n\n# Paper\nNone.\n".to_string();
        let layer = Page { family: "layer", prefix: "", sig: &BLUR, usage: None, text };
        let loss = Page { family: "loss", prefix: "loss ", sig: &BLUR, usage: None, text: String::new() };
        insta::assert_snapshot!(layer.markdown() + &loss.markdown());
    }

    #[test]
    fn every_page_reads() {
        for page in pages() {
            assert!(page.markdown().lines().count() >= 4, "{}", page.sig.name);
        }
    }
}
