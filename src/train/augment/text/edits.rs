//! Edits that several statements make.

use super::Text;
use crate::{data::tokens::UNKNOWN, train::augment::Draw};

/// Some of these places, in random order.
fn some(draw: &mut Draw<'_>, mut places: Vec<usize>, count: usize) -> Vec<usize> {
    let count = count.min(places.len());
    for i in 0..count {
        let other = i + draw.below(places.len() - i);
        places.swap(i, other);
    }
    places.truncate(count);
    places
}

fn one<T: Copy>(draw: &mut Draw<'_>, of: &[T]) -> T {
    of[draw.below(of.len())]
}

/// Puts synonyms in place of so many words, one occurrence at a time.
pub fn replace(draw: &mut Draw<'_>, text: &mut Text<'_>, count: usize) {
    for place in some(draw, text.replaceable(), count) {
        text.tokens[place] = one(draw, text.lexicon.synonyms(text.tokens[place]));
    }
}

/// Inserts synonyms of so many of the text's words, each at a random place.
pub fn insert(draw: &mut Draw<'_>, text: &mut Text<'_>, count: usize) {
    let words: Vec<i32> = text.replaceable().into_iter().map(|place| text.tokens[place]).collect();
    if words.is_empty() {
        return;
    }
    for _ in 0..count {
        let word = one(draw, &words);
        let synonym = one(draw, text.lexicon.synonyms(word));
        text.tokens.insert(draw.below(text.tokens.len() + 1), synonym);
    }
}

/// Exchanges two words, so many times.
pub fn swap(draw: &mut Draw<'_>, text: &mut Text<'_>, count: usize) {
    let words = text.free();
    if words.len() < 2 {
        return;
    }
    for _ in 0..count {
        let first = draw.below(words.len());
        let second = (first + 1 + draw.below(words.len() - 1)) % words.len();
        text.tokens.swap(words[first], words[second]);
    }
}

/// Which of the words a coin each names, one word left out where they would be all.
fn by_coins(draw: &mut Draw<'_>, text: &Text<'_>, p: f64) -> Vec<usize> {
    let (words, mut free) = (text.words().len(), text.free());
    let all = free.len();
    free.retain(|_| draw.unit() < p);
    if free.len() == all && all == words && words > 0 {
        free.remove(draw.below(words));
    }
    free
}

/// Leaves words out, by a coin each; one word stays.
pub fn drop(draw: &mut Draw<'_>, text: &mut Text<'_>, p: f64) {
    let mut gone = by_coins(draw, text, p).into_iter().peekable();
    let mut place = 0;
    text.tokens.retain(|_| {
        let goes = gone.next_if_eq(&place).is_some();
        place += 1;
        !goes
    });
}

/// Makes words unknown, by a coin each; one word stays.
pub fn mask(draw: &mut Draw<'_>, text: &mut Text<'_>, p: f64) {
    for place in by_coins(draw, text, p) {
        text.tokens[place] = UNKNOWN;
    }
}

/// Inserts marks of punctuation: a random number of them, a third of the words at most, each at a random place.
pub fn punctuate(draw: &mut Draw<'_>, text: &mut Text<'_>) {
    let most = (text.words().len() / 3).max(1);
    for _ in 0..=draw.below(most) {
        let mark = one(draw, text.lexicon.marks());
        text.tokens.insert(draw.below(text.tokens.len() + 1), mark);
    }
}
