//! Text as numbers: what its tokens are, and which number each has.
//!
//! A [`Tokenizer`] is fitted to the texts of the training part, is a function of them and of the `tokenize` statement alone, and goes into the
//! checkpoint, so that raw text is predicted by the same numbers. Number 0 is padding, 1 stands for what the vocabulary lacks; then, of words in a
//! stream, the end of a line; then tokens by how often they occur, and by their bytes where that is equal.

mod bpe;
mod cut;
#[cfg(test)]
mod tests;

use std::cmp::Reverse;

use rustc_hash::FxHashMap;
use serde::{Deserialize, Serialize};

use crate::diag::Span;
use bpe::Pairs;

/// Behind a row's end.
pub const PADDING: i32 = 0;
/// What the vocabulary lacks.
pub const UNKNOWN: i32 = 1;
/// The token at the end of a line, as a text has it and as prepared texts and people write it.
const LINE_END: &str = "\n";
const END: &str = "<eos>";
/// What prepared texts have for words that they left out.
const UNKNOWN_WORD: &str = "<unk>";
/// Different bytes.
const BYTES: usize = 256;

/// What a token is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Unit {
    /// What stands between white space and, unless it is kept, punctuation, whose characters are words of their own.
    Words,
    /// Unicode scalar values.
    Chars,
    Bytes,
    /// Frequent runs of bytes: pairs that occur most often are joined, again and again (Sennrich, Haddow and Birch 2016).
    Bpe,
}

impl Unit {
    pub const ALL: [Unit; 4] = [Unit::Words, Unit::Chars, Unit::Bytes, Unit::Bpe];

    pub fn name(self) -> &'static str {
        match self {
            Unit::Words => "words",
            Unit::Chars => "chars",
            Unit::Bytes => "bytes",
            Unit::Bpe => "bpe",
        }
    }

    pub fn named(word: &str) -> Option<Unit> {
        Self::ALL.into_iter().find(|unit| unit.name() == word)
    }

    /// One token in words.
    pub fn one(self) -> &'static str {
        match self {
            Unit::Words => "word",
            Unit::Chars => "character",
            Unit::Bytes => "byte",
            Unit::Bpe => "piece",
        }
    }
}

/// How a text is divided, whatever the vocabulary.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Manner {
    pub unit: Unit,
    /// Capitals become small letters first.
    pub lower: bool,
    /// Punctuation stays part of the words it stands at.
    pub keeps_punctuation: bool,
    /// The end of a line is a token, `LINE_END`. Of words in a stream.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub ends_lines: bool,
}

/// The `tokenize` statement.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Tokenize {
    pub manner: Manner,
    /// Numbers of tokens at most, those of padding and of the unknown among them.
    pub vocab: Option<usize>,
    /// Tokens of a text at most: the rest is cut off.
    pub length: Option<usize>,
    /// The rest becomes rows of its own instead.
    pub splits: bool,
    /// What occurs less often is unknown.
    pub min_count: usize,
    /// Where the statement says what the end of a line is.
    pub line_end: Option<Span>,
    pub span: Span,
}

/// A fitted vocabulary.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Tokenizer {
    manner: Manner,
    /// Tokens from the first number on that is no mark.
    names: Vec<String>,
    /// Of `bpe`: which two tokens each further one joins, counted from bytes on.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pairs: Vec<(u32, u32)>,
    /// Number of the end of a line, where it is a token.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    end: Option<i32>,
}

/// Texts as rows of equal width.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Encoded {
    /// Row-major, [`PADDING`] behind the ends.
    pub tokens: Vec<i32>,
    pub lengths: Vec<i32>,
    /// Texts that were longer than a row.
    pub cut: usize,
    pub unknown: Unknown,
}

/// How many tokens the vocabulary lacks, of how many.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Unknown {
    pub count: usize,
    pub of: usize,
}

impl Unknown {
    pub fn among(tokens: &[i32]) -> Self {
        Self { count: tokens.iter().filter(|token| **token == UNKNOWN).count(), of: tokens.len() }
    }

    /// In words, how many of the tokens the vocabulary does not know (`<unk>`), in percent; none where all are known.
    pub fn told(self, vocab: usize) -> Option<String> {
        let share = 100.0 * self.count as f64 / self.of.max(1) as f64;
        (self.count > 0).then(|| {
            format!("{share:.1}% of the tokens are unknown to the vocabulary of {vocab}, and count as one: `{UNKNOWN_WORD}`")
        })
    }
}

impl std::ops::AddAssign for Unknown {
    fn add_assign(&mut self, other: Self) {
        self.count += other.count;
        self.of += other.of;
    }
}

impl Tokenizer {
    /// The vocabulary of these texts.
    pub fn fit<'t>(how: &Tokenize, texts: impl Iterator<Item = &'t str>) -> Self {
        let marks = 2 + usize::from(how.manner.ends_lines);
        let most = how.vocab.map(|most| most.saturating_sub(marks));
        let end = how.manner.ends_lines.then_some(UNKNOWN + 1);
        let none = Self { manner: how.manner, names: Vec::new(), pairs: Vec::new(), end };
        match how.manner.unit {
            Unit::Bytes => none,
            Unit::Bpe => {
                let pairs = Pairs::fit(texts, how.manner.lower, most.unwrap_or(BYTES).saturating_sub(BYTES));
                Self { pairs: pairs.joined, ..none }
            }
            Unit::Words | Unit::Chars => {
                let mut counts: FxHashMap<String, usize> = FxHashMap::default();
                for text in texts {
                    cut::each(text, how.manner, &mut |token| match counts.get_mut(token) {
                        Some(count) => *count += 1,
                        None => drop(counts.insert(token.to_owned(), 1)),
                    });
                }
                let is_mark = |token: &str| end.is_some() && [LINE_END, END, UNKNOWN_WORD].contains(&token);
                let mut counted: Vec<(String, usize)> = counts
                    .into_iter()
                    .filter(|(token, count)| *count >= how.min_count && !is_mark(token))
                    .collect();
                counted.sort_unstable_by(|a, b| (Reverse(a.1), &a.0).cmp(&(Reverse(b.1), &b.0)));
                counted.truncate(most.unwrap_or(usize::MAX));
                Self { names: counted.into_iter().map(|(token, _)| token).collect(), ..none }
            }
        }
    }

    /// How many numbers there are.
    pub fn len(&self) -> usize {
        let own = match self.manner.unit {
            Unit::Words | Unit::Chars => self.names.len(),
            Unit::Bytes => BYTES,
            Unit::Bpe => BYTES + self.pairs.len(),
        };
        self.marks() + own
    }

    pub fn is_empty(&self) -> bool {
        self.len() <= self.marks()
    }

    pub fn unit(&self) -> Unit {
        self.manner.unit
    }

    /// How it divides a text.
    pub fn manner(&self) -> Manner {
        self.manner
    }

    /// The number that ends a line, where there is one.
    pub fn end(&self) -> Option<i32> {
        self.end
    }

    /// Numbers that stand for no token.
    pub(super) fn marks(&self) -> usize {
        2 + usize::from(self.end.is_some())
    }

    /// How many characters each number stands for, as people count them: a word has the space behind it, a character in several bytes counts at its first.
    pub fn characters(&self) -> Vec<u32> {
        let begins = |bytes: &[u8]| bytes.iter().filter(|byte| **byte & 0xC0 != 0x80).count() as u32;
        let own: Vec<u32> = match self.manner.unit {
            Unit::Words => self.names.iter().map(|name| name.chars().count() as u32 + 1).collect(),
            Unit::Chars => vec![1; self.names.len()],
            Unit::Bytes | Unit::Bpe => {
                let pairs = Pairs::of(&self.pairs);
                (0..(self.len() - self.marks()) as u32).map(|piece| begins(&pairs.bytes(piece))).collect()
            }
        };
        // Of what the vocabulary lacks nobody knows.
        (0..self.marks()).map(|mark| u32::from(mark > 0)).chain(own).collect()
    }

    /// The tokens that are words or characters, by their numbers; of marks, and of tokens of another kind, nothing.
    pub fn names(&self) -> Vec<String> {
        vec![String::new(); self.marks()].into_iter().chain(self.names.iter().cloned()).collect()
    }

    /// Whether what was read from a file can have been fitted.
    pub(super) fn is_sound(&self) -> bool {
        let known = |(i, (a, b)): (usize, &(u32, u32))| (*a.max(b) as usize) < BYTES + i;
        self.pairs.iter().enumerate().all(known) && self.end == self.manner.ends_lines.then_some(UNKNOWN + 1)
    }

    /// What encodes texts: it keeps what it looked up.
    pub fn encoder(&self) -> Encoder<'_> {
        let first = self.marks() as i32;
        let numbers = (first..).zip(&self.names).map(|(number, name)| (name.as_str(), number));
        let pairs = (self.manner.unit == Unit::Bpe).then(|| Pairs::of(&self.pairs));
        Encoder { tokenizer: self, numbers: numbers.collect(), pairs, first }
    }

    /// What tokens below `vocab` are called as answers; a net may give some probability to padding.
    pub fn answers(&self, vocab: usize) -> Vec<String> {
        let name = |number| if number == PADDING { "<pad>".to_owned() } else { self.name(number) };
        (0..vocab as i32).map(name).collect()
    }

    /// A number's token: text for people.
    pub fn name(&self, number: i32) -> String {
        match usize::try_from(number).ok().and_then(|n| n.checked_sub(self.marks())) {
            _ if number == PADDING => String::new(),
            _ if Some(number) == self.end => END.to_owned(),
            None => UNKNOWN_WORD.to_owned(),
            Some(own) => match self.manner.unit {
                Unit::Words | Unit::Chars => self.names.get(own).cloned().unwrap_or_default(),
                Unit::Bytes | Unit::Bpe => {
                    String::from_utf8_lossy(&Pairs::of(&self.pairs).bytes(own as u32)).into_owned()
                }
            },
        }
    }
}

/// A tokenizer at work.
pub struct Encoder<'t> {
    tokenizer: &'t Tokenizer,
    numbers: FxHashMap<&'t str, i32>,
    pairs: Option<Pairs>,
    /// The number of the first token.
    first: i32,
}

impl Encoder<'_> {
    /// The numbers of a text's tokens, in order.
    pub fn numbers(&mut self, text: &str) -> Vec<i32> {
        let Self { tokenizer, numbers, pairs, first } = self;
        let mut out = Vec::new();
        match (tokenizer.manner.unit, pairs) {
            (Unit::Bpe, Some(pairs)) => {
                cut::chunks(text, tokenizer.manner.lower, &mut |chunk| {
                    out.extend(pairs.encode(chunk).iter().map(|piece| first.wrapping_add(*piece as i32)));
                });
            }
            (Unit::Bytes, _) => {
                let lower = cut::lowered(text, tokenizer.manner.lower);
                out.extend(lower.bytes().map(|byte| *first + i32::from(byte)));
            }
            _ => cut::each(text, tokenizer.manner, &mut |token| {
                let number = match (token, tokenizer.end) {
                    // Texts that have been prepared say both as words.
                    (LINE_END | END, Some(end)) => end,
                    (UNKNOWN_WORD, Some(_)) => UNKNOWN,
                    _ => numbers.get(token).copied().unwrap_or(UNKNOWN),
                };
                out.push(number);
            }),
        }
        out
    }
}

impl Encoded {
    /// One more row, of these tokens and padding.
    pub fn push(&mut self, mut numbers: Vec<i32>, width: usize) {
        self.lengths.push(numbers.len() as i32);
        self.unknown += Unknown::among(&numbers);
        numbers.resize(width, PADDING);
        self.tokens.extend(numbers);
    }
}

/// How many tokens a text has; of `bpe` its bytes, which it has at most.
pub fn count(text: &str, manner: Manner) -> usize {
    match manner.unit {
        Unit::Bytes | Unit::Bpe => text.len(),
        Unit::Words | Unit::Chars => {
            let mut count = 0;
            cut::each(text, manner, &mut |_| count += 1);
            count
        }
    }
}

/// A text in pieces of at most `length` tokens; a text that is not longer as it is.
pub fn pieces(text: &str, manner: Manner, length: usize) -> Vec<String> {
    if count(text, manner) <= length {
        return vec![text.to_owned()];
    }
    let (mut pieces, mut piece, mut held) = (Vec::new(), String::new(), 0);
    // Characters stay whole, so that a piece of bytes may be a few shorter.
    let by = if manner.unit == Unit::Bytes { Manner { unit: Unit::Chars, ..manner } } else { manner };
    cut::each(text, by, &mut |token| {
        let size = if manner.unit == Unit::Bytes { token.len() } else { 1 };
        if held + size > length && held > 0 {
            pieces.push(std::mem::take(&mut piece));
            held = 0;
        }
        if manner.unit == Unit::Words && !piece.is_empty() {
            piece.push(' ');
        }
        piece.push_str(token);
        held += size;
    });
    pieces.push(piece);
    pieces
}
