//! A small dictionary in WordNet's form, and the real one where it is installed.

use std::fmt::Write as _;

use super::*;

/// Senses of a part of speech: words, and whose most frequent ones they are by order.
fn files(folder: &Path, ending: &str, senses: &[&[&str]], exceptions: &str) {
    let notice = "  1 This is a small dictionary for tests.\n";
    let (mut data, mut index) = (notice.to_owned(), notice.to_owned());
    let mut lemmas: Vec<(String, Vec<usize>)> = Vec::new();
    for words in senses {
        let offset = data.len();
        let _ = write!(data, "{offset:08} 03 n {:02x}", words.len());
        words.iter().for_each(|word| data += &format!(" {word} 0"));
        data += " 001 @ 00001740 n 0000 | a gloss\n";
        for word in *words {
            let lemma = word.split('(').next().unwrap_or(word).to_lowercase();
            match lemmas.iter_mut().find(|(other, _)| *other == lemma) {
                Some((_, offsets)) if offsets.last() == Some(&offset) => {}
                Some((_, offsets)) => offsets.push(offset),
                None => lemmas.push((lemma, vec![offset])),
            }
        }
    }
    for (lemma, offsets) in lemmas {
        let list: Vec<String> = offsets.iter().map(|offset| format!("{offset:08}")).collect();
        let n = offsets.len();
        let _ = writeln!(index, "{lemma} n {n} 1 @ {n} 0 {}  ", list.join(" "));
    }
    for (name, text) in [("index", index), ("data", data)] {
        std::fs::write(folder.join(format!("{name}.{ending}")), text).unwrap();
    }
    std::fs::write(folder.join(format!("{ending}.exc")), exceptions).unwrap();
}

pub(crate) fn small() -> tempfile::TempDir {
    let folder = tempfile::tempdir().unwrap();
    let eleven = ["movie", "film", "picture", "moving_picture", "flick", "Film", "a", "b", "c", "d", "e"];
    files(
        folder.path(),
        "noun",
        &[&eleven, &["film", "coat"], &["man", "fellow"], &["policeman", "cop"]],
        "men man\n",
    );
    files(
        folder.path(),
        "verb",
        &[&["stop", "halt", "cease"], &["go", "travel", "move"], &["buy", "purchase"], &["try", "essay"]],
        "bought buy\ngone go\nwent go\nstopped stop\n",
    );
    files(
        folder.path(),
        "adj",
        &[&["big(a)", "large", "bad"], &["nice", "funny"]],
        "worse bad\nbigger big\n",
    );
    files(folder.path(), "adv", &[&["quickly", "fast"]], "");
    folder
}

#[test]
fn synonyms_stand_in_the_form_of_the_word() {
    let folder = small();
    let wordnet = Wordnet::open(folder.path()).unwrap();
    let of = |word: &str| wordnet.synonyms(word, 1).unwrap().join(" ");
    // Eleven words in base 16 are 0b; names and several words are left out.
    assert_eq!(of("film"), "movie picture flick a b c d e");
    assert!(of("films").starts_with("movies pictures flicks as"), "{}", of("films"));
    assert_eq!(of("men"), "fellows");
    assert_eq!(of("policemen"), "cops");
    assert_eq!(of("cops"), "policemen");
    assert_eq!(of("stops"), "halts ceases");
    assert_eq!(of("stopped"), "halted ceased");
    assert_eq!(of("ceasing"), "stopping halting");
    assert_eq!(of("tries"), "essays");
    assert_eq!(of("essayed"), "tried");
    // `went` and `gone` are both the past of `go`: which is meant is not known.
    assert_eq!(of("moved"), "traveled");
    assert_eq!(of("went"), "traveled moved");
    assert_eq!(of("purchased"), "bought");
    assert_eq!(of("bought"), "purchased");
    assert_eq!(of("larger"), "bigger worse");
    assert_eq!(of("nicest"), "funniest");
    assert_eq!(of("quickly"), "fast");
    assert_eq!(of("xyz"), "");
}

#[test]
fn more_senses_are_asked_for() {
    let folder = small();
    let wordnet = Wordnet::open(folder.path()).unwrap();
    let has_coat = |senses| wordnet.synonyms("film", senses).unwrap().contains(&"coat".to_owned());
    assert!(!has_coat(1) && has_coat(2) && has_coat(9));
}

#[test]
fn broken_and_missing_files_have_a_place() {
    let folder = small();
    std::fs::write(folder.path().join("index.verb"), "  1 notice\nstop v x\n").unwrap();
    let error = Wordnet::open(folder.path()).unwrap_err();
    assert_eq!(
        (error.code, error.place.file.as_deref(), error.place.line),
        ("E0560", Some("index.verb"), Some(2))
    );
    std::fs::remove_file(folder.path().join("data.adv")).unwrap();
    std::fs::write(folder.path().join("index.verb"), "stop v 1 0 1 0 00000007\n").unwrap();
    let error = Wordnet::open(folder.path()).unwrap_err().to_string();
    assert!(error.contains("data.adv") && error.contains("wordnet-base"), "{error}");
    std::fs::write(folder.path().join("data.adv"), "").unwrap();
    // A place in the middle of a sense.
    let wordnet = Wordnet::open(folder.path()).unwrap();
    let error = wordnet.synonyms("stop", 1).unwrap_err();
    assert_eq!(
        (error.code, error.place.file.as_deref(), error.place.line),
        ("E0560", Some("data.verb"), Some(1))
    );
}

#[test]
fn the_folder_is_the_one_that_is_named() {
    let folder = small();
    let search = Search::new(folder.path(), folder.path(), None);
    let named = search.clone().with_wordnet(Some(folder.path().to_owned()));
    assert_eq!(find(None, &named).unwrap(), folder.path());
    assert_eq!(find(Some("."), &search).unwrap(), folder.path().join("."));
    assert_eq!(find(Some("missing"), &named).unwrap_err().code, "E0520");
}

/// The dictionary itself, where its package is installed.
#[test]
fn the_real_dictionary_is_read() {
    let Ok(folder) = find(None, &Search::default()) else {
        println!("skipped: WordNet is not installed");
        return;
    };
    let wordnet = Wordnet::open(&folder).unwrap();
    let of = |word: &str| wordnet.synonyms(word, 1).unwrap();
    assert!(of("films").contains(&"movies".to_owned()), "{:?}", of("films"));
    assert!(of("funny").contains(&"amusing".to_owned()), "{:?}", of("funny"));
    assert!(of("purchased").contains(&"bought".to_owned()), "{:?}", of("purchased"));
}
