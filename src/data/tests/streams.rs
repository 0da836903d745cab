//! One text as windows of its tokens.

use std::fs;

use super::super::{Lengths, Observed, load};
use super::*;

fn loaded(
    text: &str,
    window: &[(&'static str, Value)],
    split: &[Use<'static>],
    steps: usize,
    vocab: usize,
) -> Result<Dataset, DataError> {
    loaded_for(text, window, split, steps, Want::Class(vocab))
}

fn loaded_for(
    text: &str,
    window: &[(&'static str, Value)],
    split: &[Use<'static>],
    steps: usize,
    target: Want,
) -> Result<Dataset, DataError> {
    let (Want::Class(vocab) | Want::Tokens(vocab)) = target else { panic!("tokens") };
    let folder = tempfile::tempdir().expect("a folder");
    fs::write(folder.path().join("t.txt"), text).expect("a file");
    let tokenize = vec![
        ("unit", word("chars")),
        ("lower", Value::Bool(false)),
        ("min_count", n(1.0)),
        ("long", word("cut")),
    ];
    let mut uses = vec![("text", vec![("folder", super::text("t.txt"))]), ("tokenize", tokenize)];
    if !window.is_empty() {
        let mut args = vec![("horizon", n(1.0)), ("carry", Value::Bool(false))];
        args.extend(window.iter().cloned());
        uses.push(("window", args));
    }
    uses.extend(split.iter().cloned());
    let need = Need {
        inputs: vec![InputShape::new("text", &[steps])],
        target,
        raw: false,
        larger: false,
        fitted: false,
        lengths: Some(Lengths { input: "text".into(), steps, least: 1, rate: None }),
        vocab: Some(vocab),
        open: true,
    };
    let mut config = config(&uses);
    if let Want::Tokens(_) = target {
        config.answer_each();
    }
    load(&config, &Search::new(folder.path(), folder.path(), None), &need)
}

/// Rows of a part, and what comes next.
fn rows(part: &Part) -> Vec<(Vec<f32>, u32)> {
    let Target::Classes(next) = target(part) else { panic!("tokens") };
    let all = part.seen(&part.inputs[0]).expect("rows");
    all.chunks(part.inputs[0].width()).map(<[f32]>::to_vec).zip(next).collect()
}

#[test]
fn windows_follow_one_another_and_foretell_what_comes_next() {
    // By count: a (3), then b, c, d by their bytes.
    let data = loaded("abacad", &[("length", n(3.0)), ("stride", n(1.0))], &[], 3, 8).expect("sound data");
    assert_eq!(
        rows(&data.train),
        [(vec![2.0, 3.0, 2.0], 4), (vec![3.0, 2.0, 4.0], 2), (vec![2.0, 4.0, 2.0], 5)]
    );
    let data = loaded("abacad", &[("length", n(3.0)), ("stride", n(2.0))], &[], 3, 8).expect("sound data");
    assert_eq!(rows(&data.train), [(vec![2.0, 3.0, 2.0], 4), (vec![2.0, 4.0, 2.0], 5)]);
    assert_eq!(data.transform.class_names().len(), 8);
}

/// Tokens, how many are a row's own, and what comes behind each of those.
fn answered(part: &Part) -> Vec<(Vec<f32>, f32, Vec<i32>)> {
    let width = part.inputs[0].width();
    let seen = part.seen(&part.inputs[0]).expect("rows");
    let lengths = part.seen(&part.inputs[1]).expect("lengths");
    let rows = seen.chunks(width).zip(lengths).zip(part.all_observed());
    rows.map(|((row, length), observed)| match observed {
        Observed::Tokens(tokens) => (row.to_vec(), length, tokens.to_vec()),
        other => panic!("{other:?}"),
    })
    .collect()
}

#[test]
fn each_token_of_a_window_has_its_own_answer() {
    // Windows follow one another, and the last is as short as what is left.
    let data = loaded_for("abacadab", &[("length", n(3.0))], &[], 3, Want::Tokens(8)).expect("sound data");
    assert_eq!(
        answered(&data.train),
        [
            (vec![2.0, 3.0, 2.0], 3.0, vec![3, 2, 4]),
            (vec![4.0, 2.0, 5.0], 3.0, vec![2, 5, 2]),
            (vec![2.0, 0.0, 0.0], 1.0, vec![3])
        ]
    );
    assert_eq!((data.train.answers(), data.train.is_held()), (7, false));
    // Each token as a row, and windows that overlap.
    let ones = loaded_for("abac", &[("length", n(1.0))], &[], 1, Want::Tokens(8)).expect("sound data");
    let lines: Vec<_> = answered(&ones.train).into_iter().map(|(row, _, next)| (row[0], next[0])).collect();
    assert_eq!(lines, [(2.0, 3), (3.0, 2), (2.0, 4)]);
    let window = [("length", n(3.0)), ("stride", n(1.0))];
    let split = [("split", vec![("valid", n(2.0))])];
    let data = loaded_for("abacadab", &window, &split, 3, Want::Tokens(8)).expect("sound data");
    // Of five windows the last two are held out; the second and third foretell tokens that they foretell too.
    let (train, valid) = (answered(&data.train), answered(data.valid.as_ref().expect("rows")));
    assert_eq!(train, [(vec![2.0, 3.0, 2.0], 3.0, vec![3, 2, 4])]);
    assert_eq!(valid.iter().map(|(_, _, next)| next[0]).collect::<Vec<_>>(), [2, 1]);
}

#[test]
fn the_beginning_of_the_text_makes_the_vocabulary() {
    let split = ("split", vec![("valid", n(2.0)), ("shuffle", Value::Bool(true))]);
    let split = (split.0, split.1.into_iter().filter(|(name, _)| *name == "valid").collect());
    let data =
        loaded("ababaxya", &[("length", n(2.0)), ("stride", n(1.0))], &[split], 2, 8).expect("sound data");
    // Six rows, of which the first four are trained on: they and what comes next end with the x.
    assert_eq!(
        (data.train.rows(), data.transform.class_names()[2..5].to_vec()),
        (4, vec!["a".to_owned(), "b".into(), "x".into()])
    );
    let valid = rows(data.valid.as_ref().expect("validation rows"));
    assert_eq!(valid, [(vec![2.0, 4.0], 1), (vec![4.0, 1.0], 2)]);
}

#[test]
fn streams_that_cannot_be() {
    let say = |text: &str, window: &[(&'static str, Value)], steps: usize| {
        loaded(text, window, &[], steps, 8).expect_err("a fault").plain()
    };
    let three = [("length", n(3.0)), ("stride", n(1.0))];
    insta::assert_snapshot!(
        [say("abc", &three, 3), say("abcd", &[], 3), say("abcde", &three, 4)].join("\n---\n")
    );
}
