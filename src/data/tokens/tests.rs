//! Tokens of texts, and their numbers.

use super::*;

fn how(unit: Unit) -> Tokenize {
    let manner = Manner { unit, lower: false, keeps_punctuation: false, ends_lines: false };
    Tokenize {
        manner,
        vocab: None,
        length: None,
        splits: false,
        min_count: 1,
        line_end: None,
        span: Span::default(),
    }
}

fn names(tokenizer: &Tokenizer) -> Vec<String> {
    (0..tokenizer.len() as i32).map(|number| tokenizer.name(number)).collect()
}

const TEXTS: [&str; 2] = ["the cat, the dog", "A dog isn't a cat. The end"];

#[test]
fn words_are_numbered_by_how_often_they_occur_and_then_by_their_bytes() {
    let fitted = Tokenizer::fit(&how(Unit::Words), TEXTS.into_iter());
    let expected = ["", "<unk>", "cat", "dog", "the", "'", ",", ".", "A", "The", "a", "end", "isn", "t"];
    assert_eq!(names(&fitted), expected);
    assert_eq!(fitted.encoder().numbers("the dog, the bird"), [4, 3, 6, 4, 1]);
    let mut lower = how(Unit::Words);
    (lower.manner.lower, lower.manner.keeps_punctuation, lower.manner.ends_lines) = (true, true, true);
    let fitted = Tokenizer::fit(&lower, TEXTS.into_iter());
    assert_eq!(names(&fitted)[..5], ["", "<unk>", "<eos>", "the", "a"]);
    assert_eq!(fitted.encoder().numbers("THE <eos> cat, cat"), [3, 2, 6, 1]);
    let (mut few, mut often) = (how(Unit::Words), how(Unit::Words));
    (few.vocab, often.min_count) = (Some(4), 2);
    assert_eq!(names(&Tokenizer::fit(&few, TEXTS.into_iter())), ["", "<unk>", "cat", "dog"]);
    assert_eq!(names(&Tokenizer::fit(&often, TEXTS.into_iter())), ["", "<unk>", "cat", "dog", "the"]);
}

/// As published perplexities count: each line has an end, an empty one too, and prepared texts say it and the unknown as words.
#[test]
fn the_end_of_a_line_is_a_token_where_that_is_asked_for() {
    let mut how = how(Unit::Words);
    (how.manner.ends_lines, how.manner.keeps_punctuation) = (true, true);
    let text = "no it <unk> was\n\nit was n't\n";
    let fitted = Tokenizer::fit(&how, [text].into_iter());
    assert_eq!(names(&fitted), ["", "<unk>", "<eos>", "it", "was", "n't", "no"]);
    let numbers = fitted.encoder().numbers(text);
    assert_eq!(numbers, [6, 3, 1, 4, 2, 2, 3, 4, 5, 2]);
    assert_eq!(count(text, how.manner), numbers.len());
    assert_eq!(fitted.encoder().numbers("it was <eos> it"), [3, 4, 2, 3]);
    assert_eq!(fitted.characters()[2], 1);
    let pieces = pieces(text, how.manner, 3);
    let again: Vec<i32> = pieces.iter().flat_map(|piece| fitted.encoder().numbers(piece)).collect();
    assert_eq!(again, numbers, "{pieces:?}");
}

#[test]
fn characters_and_bytes() {
    let fitted = Tokenizer::fit(&how(Unit::Chars), ["zoé", "zz"].into_iter());
    assert_eq!(names(&fitted), ["", "<unk>", "z", "o", "é"]);
    assert_eq!(fitted.encoder().numbers("éx z"), [4, 1, 1, 2]);
    let bytes = Tokenizer::fit(&how(Unit::Bytes), ["never read"].into_iter());
    assert_eq!((bytes.len(), bytes.encoder().numbers("é\u{0}")), (258, vec![2 + 0xC3, 2 + 0xA9, 2]));
    assert_eq!(bytes.name(2 + 0x61), "a");
}

#[test]
fn pairs_are_joined_by_how_often_they_occur() {
    let mut four = how(Unit::Bpe);
    four.vocab = Some(2 + 256 + 4);
    // " lo" stands four times, " low" three: l-o, then space-lo; then w behind it, and one more.
    let fitted = Tokenizer::fit(&four, ["a low low low lot", "b newer"].into_iter());
    assert_eq!(fitted.len(), 261, "no other pair occurs twice");
    let last: Vec<String> = (258..261).map(|number| fitted.name(number)).collect();
    assert_eq!(last, [" l", " lo", " low"]);
    let mut encoder = fitted.encoder();
    assert_eq!(encoder.numbers(" low"), [260]);
    let spelled: String = encoder.numbers("a lot of snow, lower").iter().map(|n| fitted.name(*n)).collect();
    assert_eq!(spelled, "a lot of snow, lower");
}

#[test]
fn joined_pairs_are_those_of_the_slow_way() {
    let text = "the cat sat on the mat; that cat ate the rat at the oat hat, then the other cat sat there "
        .repeat(3);
    let mut many = how(Unit::Bpe);
    many.vocab = Some(2 + 256 + 40);
    let fitted = Tokenizer::fit(&many, [text.as_str()].into_iter());
    // Counting all pairs anew for every join.
    let mut chunks: Vec<Vec<u32>> = Vec::new();
    cut::chunks(&text, false, &mut |chunk| chunks.push(chunk.bytes().map(u32::from).collect()));
    let mut slow = Vec::new();
    for piece in 256..256 + 40 {
        let mut counts = std::collections::BTreeMap::new();
        for pieces in &chunks {
            pieces.windows(2).for_each(|w| *counts.entry((w[0], w[1])).or_insert(0) += 1);
        }
        let best = counts.iter().max_by_key(|(pair, count)| (**count, Reverse(**pair)));
        let Some((pair, _)) = best.filter(|(_, count)| **count >= 2) else { break };
        slow.push(*pair);
        for pieces in &mut chunks {
            let mut joined: Vec<u32> = Vec::new();
            for p in pieces.drain(..) {
                match joined.last() {
                    Some(last) if (*last, p) == *pair => *joined.last_mut().expect("a piece") = piece,
                    _ => joined.push(p),
                }
            }
            *pieces = joined;
        }
    }
    assert_eq!(fitted.pairs, slow);
}

#[test]
fn texts_become_rows_of_one_width() {
    let fitted = Tokenizer::fit(&how(Unit::Chars), ["abc"].into_iter());
    let (mut encoder, mut rows) = (fitted.encoder(), Encoded::default());
    for text in ["ab", "cab", ""] {
        rows.push(encoder.numbers(text), 3);
    }
    let expected = Encoded {
        tokens: vec![2, 3, 0, 4, 2, 3, 0, 0, 0],
        lengths: vec![2, 3, 0],
        cut: 0,
        unknown: Unknown { count: 0, of: 5 },
    };
    assert_eq!(rows, expected);
}

#[test]
fn a_checkpoint_carries_a_tokenizer() {
    for unit in Unit::ALL {
        let mut how = how(unit);
        (how.vocab, how.manner.ends_lines) = (Some(270), unit == Unit::Words);
        let fitted = Tokenizer::fit(&how, TEXTS.into_iter());
        let text = serde_json::to_string(&fitted).expect("a tokenizer is plain data");
        let read: Tokenizer = serde_json::from_str(&text).expect("what was written");
        assert!(read == fitted && read.is_sound());
        assert_eq!(read.encoder().numbers(TEXTS[1]), fitted.encoder().numbers(TEXTS[1]));
    }
    let wrong =
        r#"{"manner":{"unit":"bpe","lower":false,"keeps_punctuation":false},"names":[],"pairs":[[1,256]]}"#;
    assert!(!serde_json::from_str::<Tokenizer>(wrong).expect("a tokenizer").is_sound());
}

#[test]
fn pieces_have_the_tokens_of_their_text() {
    let text = "The cat's café, \n and  the end.";
    for unit in [Unit::Words, Unit::Chars, Unit::Bytes] {
        let how = how(unit);
        let fitted = Tokenizer::fit(&how, [text].into_iter());
        let mut encoder = fitted.encoder();
        let whole = encoder.numbers(text);
        for length in [1, 2, 3, 7, 100] {
            let pieces = pieces(text, how.manner, length);
            let numbers: Vec<Vec<i32>> = pieces.iter().map(|piece| encoder.numbers(piece)).collect();
            // A character of two bytes is no piece of one.
            let most = if unit == Unit::Bytes { length.max(2) } else { length };
            assert!(
                numbers.iter().all(|piece| (1..=most).contains(&piece.len())),
                "{unit:?} by {length}: {pieces:?}"
            );
            assert_eq!(numbers.concat(), whole, "{unit:?} by {length}");
        }
    }
}
