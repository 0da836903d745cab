//! Pages of the types of inputs and outputs: what a row has, and what an answer means.
//!
//! Invariant: every type of the language has one, and every example is a whole file that checks; the tests see to both.

use super::forms::{Form, form};

pub static TYPES: &[Form] = &[
    form(
        "real",
        "numbers: a row of them, a picture, or an answer",
        "input NAME: real[SIZES]
    output NAME: real[D]",
        "As an input `real[8]` is a row of eight numbers, `real[28, 28, 1]` a picture: height, width, channels. Numbers of several axes lie row by row, the last axis closest
together; other axes than those of pictures are named by `reshape`. `_` is a size that the data say.

As an output `real[D]` are D numbers, as the last layer gives them: predictions are brought back into the target's own units, where `normalize` changed them. How far
observations spread around them is not in the net: `--precision`, or `dropnet calibrate`, says it. `normal[D]` learns it.

# Example
```net
net {
  input x: real[8]
  dense 32 -> relu -> dropout 0.1
  dense 2
  output y: real[2]
}
```",
    ),
    form(
        "series",
        "up to so many steps of numbers",
        "input NAME: series[T, C]",
        "`series[24, 3]` has up to 24 steps of 3 channels, each row as many as it has: what lies behind a row's end reaches no result, loss or gradient. Its axes are `time` and
`channel`. Layers that act step by step (`dense`, `relu`, `dropout`) keep the lengths; those that cross time (`mean_pool over=time`, `conv`, `lstm`) leave out what is no step
of the row; what does neither is refused (E0308).

# Example
```net
net {
  input x: series[24, 3]
  lstm 16, output=last
  dense 1
  output y: real[1]
}
```",
    ),
    form(
        "token",
        "words, characters or bytes by their numbers",
        "input NAME: token[T, vocab=V]
    output NAME: token[T, vocab=V]",
        "As an input `token[128, vocab=10_000]` are up to 128 pieces of a text, each a number below 10 000 that `tokenize` gives it; each row has its length. Tokens are read by layers
that look them up alone, `embedding` for one (E0309). `token[_, vocab=_]` has the sizes of the text.

As an output it is an answer at each of T steps: the last layer gives V logits a step, and what comes behind each token that was read is foretold there. With
`source text, FILE` and `window T` the answers are the same text, moved by one token. Losses and figures are means over tokens; `dropnet sample` goes on from a text.

# Example
```net
net {
  input words: token[32, vocab=500]
  embedding 16 -> lstm 32
  dense 500
  output next: token[32, vocab=500]
}
```",
    ),
    form(
        "category",
        "one of the categories of a column, by its number",
        "input NAME: category[K]",
        "`input town: category[_]` is the column `town` of a table: a row has one of its K categories, by its number in the order of the alphabet. An `embedding` behind it has a vector for each, instead of K
numbers of which one is 1: towns that say the same come to lie near each other, and many categories cost few weights. The input is called as the column is, capitals aside, with `_` for
blanks and other signs; the inputs of numbers take the other columns, and stand behind it where one has `_`. A column of numbers becomes one of categories by `categories` in `data`.

A cell without a value needs a `fill`: `fill category` makes a category of its own of it, with a vector that is learnt. A category that training never saw is an error of prediction (E0535); with
`unknown=zero` on the source zeros stand for its vector. `embedding 4, dropout=0.1` drops a row's whole category now and then, so that the net learns to do without it.

# Example
```net
net {
  input town: category[40], x: real[6]
  from town
  place: embedding 4, dropout=0.1
  concat place, x
  dense 16 -> relu
  dense 1
  output price: real[1]
}
```",
    ),
    form(
        "wave",
        "sounds of up to so many seconds, in one channel",
        "input NAME: wave[SECONDS, rate=HERTZ]",
        "`wave[5s, rate=16kHz]` is a sound of up to five seconds, 16 000 samples a second between -1 and 1. A row is a clip as long as it is, with zeros behind it that reach no
result; of a longer one `long=` on `source audio` says what is read. All clips have the rate of the type, or are brought to it by `resample`.

It is a series of one channel whose steps have a length in time, so layers take times: `frames window=25ms, hop=10ms`, `spectrogram`, `mel_spectrogram`, which make values of `time` and
`freq`. A layer with two kernel sizes reads these as a map of one channel, others as a series of bands.

# Example
```net
net {
  input clip: wave[500ms, rate=8kHz]
  mel_spectrogram bands=20, window=25ms, hop=10ms -> log
  conv 8, 3x3 -> relu -> mean_pool over=[time, freq]
  dense 10
  output digit: class[10]
}
```",
    ),
    form(
        "class",
        "one of several classes",
        "output NAME: class[K]",
        "The last layer gives K logits, one a class; predictions are their softmax, probabilities that sum to 1. No `softmax` stands before it. The target is a column of words or
of whole numbers; classes are in the order of their names, or of the numbers. `class[_]` has as many as the target. For a yes-or-no answer `bits[1]` does with one number.

# Example
```net
net {
  input x: real[4]
  dense 16 -> relu -> dropout 0.2
  dense 3
  output species: class[3]
}
```",
    ),
    form(
        "bits",
        "answers of yes or no, none of which excludes another",
        "output NAME: bits[K]",
        "The last layer gives K logits, one a bit; predictions are their sigmoids. No `sigmoid` stands before it. The target is K columns of 0 and 1, or one column of two classes for
`bits[1]`. `bits[_]` has as many as the target.

# Example
```net
net {
  input x: real[6]
  dense 16 -> relu
  dense 3
  output tags: bits[3]
}
```",
    ),
    form(
        "normal",
        "numbers, and how far observations spread around each",
        "output NAME: normal[D]",
        "The last layer gives 2 D numbers: D means, then D logarithms of variances. Predictions are means and standard deviations, in the target's own units; `interval` makes ranges of
them. `normal[_]` has as many as the target.

# Example
```net
net {
  input x: real[6]
  dense 32 -> tanh -> dropout 0.1
  dense 2
  output y: normal[1]
}
```",
    ),
];

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{check::INPUT_TYPES, manual, model::laws::LAWS};

    #[test]
    fn every_type_has_a_page() {
        let laws = LAWS.iter().map(|law| law.word());
        for word in laws.chain(INPUT_TYPES.iter().copied()) {
            let pages = manual::find(word);
            assert!(pages.iter().any(|page| page.family == "type"), "`{word}` has no page");
        }
        assert!(TYPES.iter().all(|form| form.text.contains("```net\n")));
    }

    #[test]
    fn a_page_names_the_usual_loss() {
        insta::assert_snapshot!(manual::find("class").iter().map(manual::Page::markdown).collect::<String>());
    }
}
