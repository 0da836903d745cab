//! What statements make of texts of a small vocabulary, by a small dictionary.

use std::collections::{BTreeMap, BTreeSet};

use super::*;
use crate::{
    check::{Env, check_source},
    data::{DataError, Search, tokens::UNKNOWN, wordnet},
    train::augment::tests::{of_texts, row},
};

const NAMES: &[&str] = &[
    "", "", "film", "movie", "picture", "flick", "films", "movies", "stops", "halts", "big", "large", "bad",
    "not", "isn", "'", "t", "the", ".", ",", "!", "Film", "Movie", "FILM", "MOVIE", "quickly", "fast",
    "1984", "don't", "n't", "never",
];

fn number(name: &str) -> i32 {
    NAMES.iter().position(|other| *other == name).unwrap_or_else(|| panic!("{name}")) as i32
}

fn tokens(text: &str) -> Vec<i32> {
    text.split_whitespace().map(|word| if word == "<unk>" { UNKNOWN } else { number(word) }).collect()
}

fn spelled(tokens: &[i32]) -> String {
    let name = |token: &i32| if *token == UNKNOWN { "<unk>" } else { NAMES[*token as usize] };
    tokens.iter().map(name).collect::<Vec<_>>().join(" ")
}

/// Statements for a vocabulary of these names.
fn built(names: &[&str], statements: &str) -> Result<Wording, DataError> {
    let folder = wordnet::tests::small();
    let search = Search::default().with_wordnet(Some(folder.path().to_owned()));
    let checked = check_source(&of_texts(statements), &Env::default());
    assert!(checked.diagnostics.is_empty(), "{statements}\n{:#?}", checked.diagnostics);
    let train = checked.model.and_then(|model| model.train).expect("a `train` section");
    let names = names.iter().map(|name| name.to_string()).collect();
    Wording::new(&train.augmentation.rows, &mut Vocabulary::new(names, &search))
}

fn wording(statements: &str) -> Wording {
    built(NAMES, statements).expect("a dictionary")
}

fn after(wording: &Wording, position: u64, text: &str) -> String {
    let mut tokens = tokens(text);
    wording.apply(&row(position), &mut tokens);
    spelled(&tokens)
}

/// All that becomes of a text, and how often.
fn results(statements: &str, text: &str) -> BTreeMap<String, usize> {
    let wording = wording(statements);
    let mut found = BTreeMap::new();
    for position in 0..2000 {
        *found.entry(after(&wording, position, text)).or_default() += 1;
    }
    found
}

fn set(found: &BTreeMap<String, usize>) -> Vec<&str> {
    found.keys().map(String::as_str).collect()
}

#[test]
fn synonyms_stand_in_place_of_words() {
    // One in ten words is one at least; stop words, and what has no synonym, are passed over.
    let found = results("synonym 10%", "the film , 1984");
    assert_eq!(set(&found), ["the flick , 1984", "the movie , 1984", "the picture , 1984"]);
    assert!(found.values().all(|count| (570..770).contains(count)), "{found:?}");
    assert_eq!(set(&results("synonym 10%", "films stops")), ["films halts", "movies stops"]);
    // One occurrence at a time.
    let both = results("synonym 10%", "fast fast");
    assert_eq!(set(&both), ["fast quickly", "quickly fast"]);
    assert_eq!(set(&results("synonym 100%", "fast fast")), ["quickly quickly"]);
    // Capitals are kept, and nothing outside the vocabulary is used.
    assert_eq!(set(&results("synonym 10%", "Film")), ["Movie"]);
    assert_eq!(set(&results("synonym 10%", "FILM")), ["MOVIE"]);
    assert_eq!(set(&results("synonym 10%, protect=[fast]", "fast")), ["fast"]);
    assert_eq!(set(&results("synonym 0%", "fast")), ["fast"]);
    // Half of the rows.
    let half = results("synonym 10%, p=50%", "fast");
    assert!((900..1100).contains(&half["fast"]), "{half:?}");
}

#[test]
fn so_many_words_are_changed() {
    let wording = |share: &str| wording(&format!("synonym {share}"));
    let text = ["fast"; 30].join(" ");
    for (share, changed) in
        [("1%", 1), ("3%", 1), ("6%", 1), ("7%", 2), ("10%", 3), ("50%", 15), ("100%", 30)]
    {
        let found = after(&wording(share), 3, &text);
        assert_eq!(found.matches("quickly").count(), changed, "{share}");
    }
}

#[test]
fn synonyms_of_words_are_inserted_anywhere() {
    let found = results("word_insert 10%", "the fast .");
    let expected = ["quickly the fast .", "the fast . quickly", "the fast quickly .", "the quickly fast ."];
    assert_eq!(set(&found), expected);
    assert!(found.values().all(|count| (400..600).contains(count)), "{found:?}");
    assert_eq!(set(&results("word_insert 50%", "the . not")), ["the . not"]);
}

#[test]
fn words_change_places_and_punctuation_stays() {
    let found = results("word_swap 10%", "big , fast bad .");
    assert_eq!(set(&found), ["bad , fast big .", "big , bad fast .", "fast , big bad ."]);
    assert!(found.values().all(|count| (570..770).contains(count)), "{found:?}");
    assert_eq!(set(&results("word_swap 10%", "big not fast")), ["fast not big"]);
    assert_eq!(set(&results("word_swap 100%", "big .")), ["big ."]);
    let once = results("word_swap 34%, protect=[]", "big not fast");
    assert_eq!(once.len(), 3, "{once:?}");
}

#[test]
fn words_are_left_out_and_one_stays() {
    let found = results("word_drop 30%", "big , fast");
    assert_eq!(set(&found), [", fast", "big ,", "big , fast"]);
    // Both: 9 %, of which one stays, either as often.
    let share = |text: &str| found[text] as f64 / 2000.0;
    assert!((share("big , fast") - 0.49).abs() < 0.04 && (share("big ,") - 0.255).abs() < 0.04, "{found:?}");
    assert_eq!(set(&results("word_drop 100%", "big , not fast .")), [", not ."]);
    let last = results("word_drop 100%", "big fast");
    assert_eq!(set(&last), ["big", "fast"]);
    assert!((900..1100).contains(&last["big"]), "{last:?}");
    assert_eq!(set(&results("word_drop 100%", ", .")), [", ."]);
}

#[test]
fn words_are_made_unknown_in_their_places() {
    let found = results("word_mask 50%", "big , fast");
    assert_eq!(set(&found), ["<unk> , fast", "big , <unk>", "big , fast"]);
    assert_eq!(set(&results("word_mask 100%, protect=[big]", "big , fast <unk>")), ["big , <unk> <unk>"]);
}

#[test]
fn negations_stay_in_whatever_tokens_they_stand() {
    let kept = "isn ' t don't n't never not big";
    assert_eq!(set(&results("word_drop 100%", kept)), ["isn ' t don't n't never not"]);
    assert_eq!(set(&results("word_drop 100%, protect=[\"n't\"]", kept)), ["isn ' t don't n't"]);
    // Without it, what is left of them are words like others; one stays.
    let other = results("word_drop 100%, protect=[never]", kept);
    assert_eq!(set(&other), ["' never"]);
    assert_eq!(set(&results("word_drop 100%", "t ' isn not")), ["' not"]);
}

#[test]
fn punctuation_is_inserted() {
    let text = "big fast film bad large picture";
    let wording = wording("aeda");
    let mut counts = BTreeSet::new();
    for position in 0..500 {
        let found = after(&wording, position, text);
        let words: Vec<&str> = found.split(' ').filter(|word| ![".", ",", "!"].contains(word)).collect();
        assert_eq!(words.join(" "), text);
        counts.insert(found.split(' ').count() - words.len());
    }
    assert_eq!(counts, BTreeSet::from([1, 2]));
    let error = built(&["", "", "big"], "aeda").err().expect("no marks");
    assert!(error.code == "E0561" && error.net.is_some(), "{error}");
}

#[test]
fn one_of_four_operations_is_made() {
    let text = "fast , bad large";
    let found = results("eda alpha=30%", text);
    let count =
        |is: &dyn Fn(&str) -> bool| found.iter().filter(|(text, _)| is(text)).map(|(_, n)| n).sum::<usize>();
    let words = |text: &str| text.split(' ').count();
    let longer = count(&|text| words(text) == 5);
    let same = count(&|other| words(other) == 4 && other != text);
    let shorter = count(&|text| words(text) < 4);
    // A quarter inserts; two quarters replace or exchange; a quarter leaves out, of which 34 % leave nothing out.
    assert!(
        (430..570).contains(&longer) && (900..1100).contains(&same) && (260..400).contains(&shorter),
        "{found:?}"
    );
}

#[test]
fn what_is_drawn_depends_on_the_place_of_a_statement_alone() {
    let (alone, behind) = (wording("word_drop 30%"), wording("synonym 20%, p=0\n  word_drop 30%"));
    let text = "big fast film bad large picture";
    let all = |wording: &Wording| (0..50).map(|i| after(wording, i, text)).collect::<Vec<_>>();
    assert_eq!(all(&alone), all(&behind));
    assert_ne!(
        all(&alone),
        all(&wording("word_drop 30%, p=0\n  word_drop 30%")),
        "the second draws other coins"
    );
}

/// Never changes within edition 1.
#[test]
fn known_answers() {
    let text = "the big film , not bad . fast movie stops";
    let found: Vec<String> = [
        "synonym 20%",
        "word_insert 20%",
        "word_swap 20%",
        "word_drop 30%",
        "word_mask 30%",
        "aeda",
        "eda alpha=20%",
    ]
    .map(|statement| format!("{statement}: {}", after(&wording(statement), 1007, text)))
    .to_vec();
    insta::assert_snapshot!(found.join("\n"));
}

#[test]
fn a_missing_dictionary_is_said_at_the_statement() {
    let checked = check_source(&of_texts("synonym 10%, dict=\"nowhere\""), &Env::default());
    let train = checked.model.and_then(|model| model.train).expect("a `train` section");
    let search = Search::default();
    let mut vocabulary = Vocabulary::new(vec![String::new(); 3], &search);
    let error = Wording::new(&train.augmentation.rows, &mut vocabulary).err().expect("no folder");
    assert_eq!((error.code, error.net), ("E0520", Some(train.augmentation.rows[0].used.args.span)));
}
