//! `source copy, rows=, symbols=, delay=, seed=`: say again what was said long before.
//!
//! A row is a text of `2 symbols + delay` characters: `symbols` letters, each of eight (`a` to `h`), then `delay` dots of which the last is a colon, then as many dots as there were letters.
//! At each of them something is to be said: a dot, and behind the colon the letters in their order. `tokenize chars` makes ten tokens of them, and `output again: token[T, vocab=12]`
//! is the net's answer.
//!
//! Who says dots and then any letters has a loss of `symbols ln 8 / (2 symbols + delay)`: a net that has less remembers.
//!
//! # Example
//! ```net
//! data {
//!   source copy, rows=2_000, symbols=5, delay=10
//!   tokenize chars
//!   split train=80%, valid=20%
//! }
//! net {
//!   input text: token[20, vocab=12]
//!   embedding 16
//!   gru 32
//!   dense 12
//!   output again: token[20, vocab=12]
//! }
//! ```
//!
//! # Papers
//! Hochreiter and Schmidhuber 1997, Long short-term memory. Arjovsky, Shah and Bengio 2016, Unitary evolution recurrent neural networks.

use std::sync::Arc;

use super::generated::{self, ROWS, SEED};
use crate::data::draw::Draws;
use crate::data::error::DataError;
use crate::data::inputs::Inputs;
use crate::data::raw::{Arrays, Pick, Raw, RawTarget};
use crate::data::search::Search;
use crate::data::source::Source;
use crate::data::texts::{Text, TextForm, Texts};
use crate::data::words::{Read, SourceWord};
use crate::vocab::{ArgSpec, Args, Block, Default, Kind, Sig};

pub static SIG: Sig = Sig {
    name: "copy",
    about: "say again what was said long before",
    args: &[
        ROWS,
        ArgSpec::named("symbols", Kind::Count { min: 1 }, Default::Number(10.0), "letters of a row"),
        ArgSpec::named(
            "delay",
            Kind::Count { min: 1 },
            Default::Number(20.0),
            "steps between the letters and their copy",
        ),
        SEED,
    ],
    block: Block::None,
};

pub static WORD: SourceWord = SourceWord { sig: &SIG, source: include_str!("copy.rs"), read };

const LETTERS: [char; 8] = ['a', 'b', 'c', 'd', 'e', 'f', 'g', 'h'];
const NOTHING: &str = ".";
const NOW: &str = ":";

#[derive(Clone, Debug)]
struct Copy {
    rows: usize,
    symbols: usize,
    delay: usize,
    seed: u64,
}

fn read(args: &Args) -> Read {
    Ok(Arc::new(Copy {
        rows: args.count("rows"),
        symbols: args.count("symbols"),
        delay: args.count("delay"),
        seed: args.count("seed") as u64,
    }))
}

impl Source for Copy {
    fn open(&self, _: &Pick<'_>, _: &Search) -> Result<Raw, DataError> {
        let Self { rows, symbols, delay, seed } = *self;
        generated::room(rows, symbols.saturating_mul(2).saturating_add(delay).saturating_mul(2))?;
        let (mut draws, file) = (Draws::new(seed, "copy"), Arc::<str>::from("copy"));
        let row = |_: usize| {
            let said: String = (0..symbols).map(|_| LETTERS[draws.below(LETTERS.len())]).collect();
            let (wait, silence) = (NOTHING.repeat(delay - 1), NOTHING.repeat(symbols));
            let answer = format!("{}{said}", NOTHING.repeat(symbols + delay));
            Text {
                text: format!("{said}{wait}{NOW}{silence}"),
                answer: Some(answer),
                line: None,
                file: file.clone(),
            }
        };
        let texts = (0..rows).map(row).collect();
        let target = RawTarget::Labels { codes: vec![0; rows], names: vec!["copy".into()] };
        let data = Inputs::Texts(Texts::new(texts, TextForm::Lines));
        Ok(Raw::Arrays { train: Arrays::of("copy", rows, Vec::new(), data, target), test: None })
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

    #[test]
    fn the_letters_come_again_behind_the_colon() {
        let search = Search::new(std::path::Path::new("."), std::path::Path::new("."), None);
        let source = Copy { rows: 3, symbols: 4, delay: 3, seed: 1 };
        let Raw::Arrays { train, .. } = source.open(&Pick::default(), &search).expect("texts") else {
            panic!("rows")
        };
        let Inputs::Texts(texts) = &train.data else { panic!("texts") };
        for row in 0..3 {
            let (text, answer) = (texts.text(row), texts.answer(row).expect("an answer"));
            let said = &text[..4];
            assert!(said.chars().all(|c| LETTERS.contains(&c)));
            assert_eq!((&text[4..], answer), ("..:....", format!(".......{said}").as_str()));
        }
        assert_ne!(texts.text(0), texts.text(1));
    }
}
