//! `tokenize words, vocab=10_000`: what the tokens of a text are, and how many different ones have numbers of their own.
//!
//! # What it does
//! Cuts each text into tokens and numbers them. The vocabulary is that of the training part alone, and stands in the checkpoint, so that raw text is
//! predicted by the same numbers. Number 0 is padding behind a row's end, 1 stands for what the vocabulary lacks; then tokens follow by how often they
//! occur, and by their bytes where that is equal. `vocab` counts them all, those two too.
//!
//! # Arguments
//! - `words`: what stands between white space. Each character of punctuation is a word of its own; with `punctuation=keep` it stays part of the
//!   word it stands at, as texts want it that were cut apart already.
//! - `chars`: characters (Unicode scalar values). `bytes`: the 256 bytes of UTF-8, which have no vocabulary.
//! - `bpe`: frequent runs of bytes within words. Beginning from bytes, the pair that occurs most often becomes a token, until there are `vocab`; of
//!   equally frequent pairs the earlier tokens' is joined. No text is unknown to it.
//! - `vocab`: so many numbers at most; left out, as many as the net's `token[T, vocab=V]` has, or, with `vocab=_` there, as the text has.
//! - `line_end`: of words with `window`, the end of a line is the token `<eos>`, as published perplexities count it: it has the number 2, is foretold like
//!   others and, by `sample`, said as a new line. With `line_end=space` it is white space like any other. Where prepared texts have `<eos>` and `<unk>` as words, they are
//!   those (`punctuation=keep` leaves them whole).
//! - `lower=true` makes small letters of capitals. `min_count=2`: what occurs once is unknown.
//! - `length=200`: of a longer text the rest is cut off, and told; with `long=split` it becomes further rows of the same label, of 200 tokens each and what is
//!   left, and all pieces of a text stand in one part. Left out, texts are cut at the T of the net.
//!
//! # Example
//! ```net
//! data {
//!   source csv, "reviews.csv", text=review, label=mood
//!   tokenize words, vocab=20_000, lower=true
//! }
//! ```

use crate::data::config::Settings;
use crate::data::tokens::{Manner, Tokenize, Unit};
use crate::data::words::Statement;
use crate::diag::Diagnostic;
use crate::vocab::{ArgSpec, Args, Block, Default, Kind, Sig, Value};

pub static SIG: Sig = Sig {
    name: "tokenize",
    about: "what the tokens of a text are",
    args: &[
        ArgSpec::required("unit", Kind::Word(&["words", "chars", "bytes", "bpe"]), "what a token is"),
        ArgSpec::named(
            "vocab",
            Kind::Count { min: 3 },
            Default::Absent,
            "different tokens at most, padding and the unknown among them",
        ),
        ArgSpec::named("lower", Kind::Bool, Default::Bool(false), "make small letters of capitals"),
        ArgSpec::named("length", Kind::Count { min: 1 }, Default::Absent, "tokens of a text at most"),
        ArgSpec::named(
            "long",
            Kind::Word(&["cut", "split"]),
            Default::Word("cut"),
            "what becomes of a longer text: its rest is cut off, or becomes rows of its own",
        ),
        ArgSpec::named(
            "min_count",
            Kind::Count { min: 1 },
            Default::Number(1.0),
            "what occurs less often is unknown",
        ),
        ArgSpec::named(
            "punctuation",
            Kind::Word(&["split", "keep"]),
            Default::Word("split"),
            "whether punctuation in words is tokens of its own",
        ),
        ArgSpec::named(
            "line_end",
            Kind::Word(&["eos", "space"]),
            Default::Word("eos"),
            "what the end of a line is in a stream of words: a token, or white space like any other",
        ),
    ],
    block: Block::None,
};

pub static WORD: Statement =
    Statement { sig: &SIG, source: include_str!("tokenize.rs"), read, repeats: false };

fn read(args: &Args, settings: &mut Settings) -> Result<(), Box<Diagnostic>> {
    let unit = Unit::named(args.word("unit")).unwrap_or(Unit::Words);
    let splits = args.word("long") == "split";
    if splits && (unit == Unit::Bpe || !args.is_written("length")) {
        let (message, help) = match unit {
            Unit::Bpe => {
                ("`long=split` of `bpe` is not in this version", "leave it out: longer texts are cut")
            }
            _ => {
                ("`long=split` needs `length`", "write how many tokens a piece has: `length=200, long=split`")
            }
        };
        let code = if unit == Unit::Bpe { "E0204" } else { "E0211" };
        let label = if unit == Unit::Bpe { "not built yet" } else { "pieces of which length?" };
        return Err(Box::new(Diagnostic::error(code, args.span_of("long"), message).label(label).help(help)));
    }
    let without_effect = match unit {
        Unit::Words => None,
        Unit::Chars => Some(&["punctuation", "line_end"][..]),
        Unit::Bytes => Some(&["punctuation", "line_end", "min_count", "vocab"][..]),
        Unit::Bpe => Some(&["punctuation", "line_end", "min_count"][..]),
    };
    if let Some(name) = without_effect.unwrap_or_default().iter().find(|name| args.is_written(name)) {
        let message = format!("`{name}` has no effect on `tokenize {}`", unit.name());
        return Err(Box::new(
            Diagnostic::error("E0211", args.span_of(name), message).label("not needed here"),
        ));
    }
    settings.tokenize = Some(Tokenize {
        manner: Manner {
            unit,
            lower: args.flag("lower"),
            keeps_punctuation: matches!(args.value("punctuation"), Some(Value::Word(word)) if word == "keep"),
            ends_lines: unit == Unit::Words && args.word("line_end") == "eos",
        },
        line_end: args.is_written("line_end").then(|| args.span_of("line_end")),
        vocab: args.opt_number("vocab").map(|n| n as usize),
        length: args.opt_number("length").map(|n| n as usize),
        splits,
        min_count: args.count("min_count"),
        span: args.span,
    });
    Ok(())
}
