//! Pages of arguments: whose they are, from the signatures; and what is to be said of one beside all its words.

use std::fmt::Write;

use super::{pages, takes};

/// What is to be said of arguments that several words have, in the order of the alphabet.
const SAID: &[(&str, &str)] = &[
    (
        "carry",
        "Two words say it, and both are needed: `window 35, carry=true` lays a part out as so many streams as `batch` says, each a stretch of time, and row `window * streams + stream` goes on
where that of the window before stopped; `lstm 200, carry=true` begins a window with the state that its row left behind the window before, and with zeros at the beginning of
an epoch and of an evaluation. Gradients end where a window begins. Nothing is shuffled, and `batch` is part of what is trained, as it says how many streams there are. Other libraries call it
`stateful`, or detach the hidden state and hand it on.

# Example
```net
data {
  source text, \"input.txt\"
  tokenize words, vocab=10_000
  window 35, carry=true
  batch 20
}
net {
  input word: token[35, vocab=10_000]
  embedding 200 -> lstm 200, carry=true
  dense 10_000
  output next: token[35, vocab=10_000]
}
```",
    ),
    (
        "long",
        "`tokenize words, length=200, long=split` makes several rows of a text that has more than 200 tokens, all with its label, and all pieces of a text stand in one part, so that none is
learned from and tested on. `long=cut` reads its first 200 tokens alone, and W0504 says how many texts that is. The length of the net's input, `token[200, ...]`, cuts likewise.",
    ),
    (
        "share",
        "Of `dropout`, the axes along which units share one coin: `share=time` drops the same units in all steps, `share=space` (height and width) whole maps, `share=channel` whole places,
`share=type` all occurrences of a word type in a row, `share=batch` draws one mask for all rows of a step, and `share=[time, batch]` joins them. Without it each unit has a coin of its own. Of recurrent layers,
whether `dropout=` and `recurrent_dropout=` have one mask for all steps (`time`, the default; Gal and Ghahramani 2016) or a fresh one a step (`none`). A coin's address holds the seed, the
site, the epoch, the row's position and the unit, so which units are dropped depends on neither threads nor the rest of the minibatch; `dropnet subnet RUN --row 0 --sample 0` draws a mask again.",
    ),
];

/// The page of an argument: the words that have it, those with the same meaning on one line. None where no word has it.
pub fn page(name: &str) -> Option<String> {
    let mut meanings: Vec<(String, Vec<&str>)> = Vec::new();
    for page in pages() {
        for arg in page.sig.args.iter().filter(|arg| arg.name == name) {
            let meaning = format!("{}: {}", arg.about, takes(arg));
            match meanings.iter_mut().find(|(known, _)| *known == meaning) {
                Some((_, words)) if words.contains(&page.sig.name) => {}
                Some((_, words)) => words.push(page.sig.name),
                None => meanings.push((meaning, vec![page.sig.name])),
            }
        }
    }
    if meanings.is_empty() {
        return None;
    }
    let mut out = format!("{name}: argument\n\n");
    for (meaning, words) in meanings {
        let _ = writeln!(out, "  of {}\n    {meaning}", words.join(", "));
    }
    if let Some((_, said)) = SAID.iter().find(|(known, _)| *known == name) {
        let _ = write!(out, "\n{said}\n");
    }
    Some(out)
}

/// Every argument once, sorted.
pub fn names() -> Vec<&'static str> {
    let mut names: Vec<&str> = pages().iter().flat_map(|page| page.sig.args).map(|arg| arg.name).collect();
    names.sort_unstable();
    names.dedup();
    names
}

/// What is said of arguments beside their words, each with its name.
pub(super) fn said() -> impl Iterator<Item = (&'static str, &'static str)> {
    SAID.iter().copied()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_argument_tells_whose_it_is() {
        let page = page("carry").expect("an argument");
        assert!(page.starts_with("carry: argument\n\n  of gru, lstm, rnn\n    go on where"), "{page}");
        assert!(page.contains("  of window\n    let states go on") && page.contains("# Example"), "{page}");
        assert_eq!(super::page("carrot"), None);
        assert!(said().all(|(name, _)| super::page(name).is_some()));
    }
}
