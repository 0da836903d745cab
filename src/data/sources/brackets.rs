//! `source brackets, rows=, length=, seed=`: are all brackets closed?
//!
//! A row is a text of 2 to `length` brackets, round and square ones. Of two rows one is sound: each bracket is closed by one of its kind, and what
//! stands between them is closed before. In the other one bracket has been exchanged for another, so that it is not. `tokenize chars` makes four
//! tokens of them; the rows have different lengths.
//!
//! # Example
//! ```net
//! data {
//!   source brackets, rows=2_000, length=20
//!   tokenize chars
//!   split train=80%, valid=20%
//! }
//! net {
//!   input text: token[20, vocab=6]
//!   embedding 8
//!   conv 16, 3 -> relu -> max_pool over=time
//!   dense 2
//!   output kind: class[2]
//! }
//! ```

use std::sync::Arc;

use super::generated::{self, ROWS, SEED};
use super::steps::LENGTH;
use crate::data::draw::Draws;
use crate::data::error::DataError;
use crate::data::inputs::Inputs;
use crate::data::raw::{Arrays, Pick, Raw, RawTarget};
use crate::data::search::Search;
use crate::data::source::Source;
use crate::data::texts::{Text, TextForm, Texts};
use crate::data::words::{Read, SourceWord};
use crate::vocab::{Args, Block, Sig};

pub static SIG: Sig = Sig {
    name: "brackets",
    about: "texts of brackets, which are closed or are not",
    args: &[ROWS, LENGTH, SEED],
    block: Block::None,
};

pub static WORD: SourceWord = SourceWord { sig: &SIG, source: include_str!("brackets.rs"), read };

const PAIRS: [(char, char); 2] = [('(', ')'), ('[', ']')];
const ALL: [char; 4] = ['(', ')', '[', ']'];

#[derive(Clone, Debug)]
struct Brackets {
    rows: usize,
    length: usize,
    seed: u64,
}

fn read(args: &Args) -> Read {
    Ok(Arc::new(Brackets {
        rows: args.count("rows"),
        length: args.count("length"),
        seed: args.count("seed") as u64,
    }))
}

/// A sound text of `pairs` pairs: at each place a bracket is opened or the last one closed, as far as both may be.
fn sound(pairs: usize, draws: &mut Draws) -> Vec<char> {
    let (mut text, mut open, mut left) = (Vec::with_capacity(2 * pairs), Vec::new(), pairs);
    while left > 0 || !open.is_empty() {
        match open.pop() {
            Some(close) if left == 0 || draws.below(2) == 0 => text.push(close),
            last => {
                open.extend(last);
                let (opening, closing) = PAIRS[draws.below(PAIRS.len())];
                text.push(opening);
                open.push(closing);
                left -= 1;
            }
        }
    }
    text
}

impl Source for Brackets {
    fn open(&self, _: &Pick<'_>, _: &Search) -> Result<Raw, DataError> {
        let Self { rows, length, seed } = *self;
        generated::room(rows, length)?;
        let mut draws = Draws::new(seed, "brackets");
        let file: Arc<str> = "brackets".into();
        let (mut texts, mut codes) = (Vec::with_capacity(rows), Vec::with_capacity(rows));
        for row in 0..rows {
            let pairs = 1 + draws.below((length / 2).max(1));
            let mut text = sound(pairs, &mut draws);
            let is_sound = row % 2 == 0;
            if !is_sound {
                let at = draws.below(text.len());
                let others: Vec<char> = ALL.into_iter().filter(|bracket| *bracket != text[at]).collect();
                text[at] = others[draws.below(others.len())];
            }
            texts.push(Text {
                text: text.into_iter().collect(),
                answer: None,
                line: None,
                file: file.clone(),
            });
            codes.push(u32::from(is_sound));
        }
        let target = RawTarget::Labels { codes, names: vec!["open".into(), "closed".into()] };
        let data = Inputs::Texts(Texts::new(texts, TextForm::Lines));
        Ok(Raw::Arrays { train: Arrays::of("brackets", rows, Vec::new(), data, target), test: None })
    }

    fn has_columns(&self) -> bool {
        false
    }

    fn has_texts(&self) -> bool {
        true
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn is_closed(text: &str) -> bool {
        let mut open = Vec::new();
        let fits = text.chars().all(|c| {
            match PAIRS.iter().find(|(opening, closing)| [*opening, *closing].contains(&c)) {
                Some((opening, closing)) if c == *opening => {
                    open.push(*closing);
                    true
                }
                _ => open.pop() == Some(c),
            }
        });
        fits && open.is_empty()
    }

    #[test]
    fn half_of_the_texts_are_closed() {
        let search = Search::new(std::path::Path::new("."), std::path::Path::new("."), None);
        let source = Brackets { rows: 200, length: 12, seed: 4 };
        let Raw::Arrays { train, .. } = source.open(&Pick::default(), &search).expect("texts") else {
            panic!("rows")
        };
        let (Inputs::Texts(texts), RawTarget::Labels { codes, .. }) = (&train.data, &train.target) else {
            panic!("texts and labels")
        };
        let all: Vec<&str> = texts.all().collect();
        for (text, code) in all.iter().zip(codes) {
            assert_eq!(is_closed(text), *code == 1, "{text}");
            assert!((2..=12).contains(&text.len()));
        }
        assert!(all.iter().any(|text| text.len() == 2) && all.iter().any(|text| text.len() == 12));
    }
}
