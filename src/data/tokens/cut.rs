//! Where a text is cut into tokens.

use std::borrow::Cow;

use super::{LINE_END, Manner, Unit};

/// With small letters in place of capitals, where that is asked for.
pub(super) fn lowered(text: &str, lower: bool) -> Cow<'_, str> {
    match lower && text.chars().any(char::is_uppercase) {
        true => Cow::Owned(text.to_lowercase()),
        false => Cow::Borrowed(text),
    }
}

/// Calls `see` with each word or character in turn.
pub(super) fn each(text: &str, manner: Manner, see: &mut dyn FnMut(&str)) {
    let text = lowered(text, manner.lower);
    if manner.unit == Unit::Chars {
        let mut room = [0; 4];
        text.chars().for_each(|c| see(c.encode_utf8(&mut room)));
        return;
    }
    for (number, line) in text.split(LINE_END).enumerate() {
        if number > 0 && manner.ends_lines {
            see(LINE_END);
        }
        for word in line.split_whitespace() {
            match manner.keeps_punctuation {
                true => see(word),
                false => apart(word, see),
            }
        }
    }
}

/// A word and the characters of punctuation in it, each by itself.
fn apart(word: &str, see: &mut dyn FnMut(&str)) {
    let mut start = 0;
    for (at, c) in word.char_indices() {
        if c.is_alphanumeric() || c == '_' {
            continue;
        }
        if start < at {
            see(&word[start..at]);
        }
        start = at + c.len_utf8();
        see(&word[at..start]);
    }
    if start < word.len() {
        see(&word[start..]);
    }
}

/// Calls `see` with the runs of a text in which `bpe` joins bytes: a word with the white space in front of it.
pub(super) fn chunks(text: &str, lower: bool, see: &mut dyn FnMut(&str)) {
    let text = lowered(text, lower);
    let mut start = 0;
    let mut in_word = false;
    for (at, c) in text.char_indices() {
        if c.is_whitespace() && in_word {
            see(&text[start..at]);
            start = at;
        }
        in_word = !c.is_whitespace();
    }
    if start < text.len() {
        see(&text[start..]);
    }
}
