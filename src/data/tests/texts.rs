//! Texts, from their files to rows of tokens, and raw texts to predict.

use std::fs;

use super::super::{Fields, Lengths, load};
use super::*;

fn need(steps: usize, vocab: usize, target: Want) -> Need {
    Need {
        inputs: vec![InputShape::new("text", &[steps])],
        target,
        raw: false,
        larger: false,
        fitted: false,
        lengths: Some(Lengths { input: "text".into(), steps, least: 1, rate: None }),
        vocab: Some(vocab),
        open: true,
    }
}

fn tokenize(more: &[(&'static str, Value)]) -> Use<'static> {
    let mut args = vec![("unit", word("words")), ("lower", Value::Bool(false)), ("min_count", n(1.0))];
    args.retain(|(name, _)| more.iter().all(|(other, _)| other != name));
    args.extend([("long", word("cut")), ("punctuation", word("split"))]);
    args.extend(more.iter().cloned());
    ("tokenize", args)
}

/// Files in a folder, a source of them, and what is more said.
fn opened(
    files: &[(&str, &str)],
    source: Use<'static>,
    more: &[Use<'static>],
    need: &Need,
) -> Result<Dataset, DataError> {
    let folder = tempfile::tempdir().expect("a temporary folder");
    for (name, text) in files {
        let path = folder.path().join(name);
        fs::create_dir_all(path.parent().expect("a folder")).expect("a folder");
        fs::write(path, text).expect("a file");
    }
    let uses: Vec<Use<'_>> = [source].into_iter().chain(more.iter().cloned()).collect();
    load(&config(&uses), &Search::new(folder.path(), folder.path(), None), need)
}

fn table(text: Value, label: Value, file: &str) -> Use<'static> {
    ("csv", vec![("file", super::text(file)), ("text", text), ("label", label)])
}

/// The tokens of a part's rows, as far as they go.
fn tokens(part: &Part) -> Vec<Vec<i32>> {
    let whole = |slot: usize| {
        let Some(Numbers::I32(all)) = part.inputs[slot].store.whole() else {
            panic!("tokens and lengths are integers")
        };
        all
    };
    let (all, lengths, width) = (whole(0), whole(1), part.inputs[0].width());
    let row = |number: &u32| {
        let (row, length) = (&all[*number as usize * width..][..width], lengths[*number as usize] as usize);
        assert!(row[length..].iter().all(|token| *token == 0), "padding behind the end");
        row[..length].to_vec()
    };
    part.numbers().iter().map(row).collect()
}

const REVIEWS: &str = "review,mood\nso good,good\n\"bad, so bad\",bad\n\"a \"\"good\"\" one\",good\n";

#[test]
fn a_column_of_texts_becomes_tokens() {
    let data = opened(
        &[("r.csv", REVIEWS)],
        table(word("review"), word("mood"), "r.csv"),
        &[tokenize(&[])],
        &need(4, 20, Want::Class(2)),
    );
    let data = data.expect("sound data");
    // By count, then by bytes: \" bad good so , a one.
    assert_eq!(tokens(&data.train), [vec![5, 4], vec![3, 6, 5, 3], vec![7, 2, 4, 2]]);
    assert_eq!((data.cut, target(&data.train)), (1, Target::Classes(vec![1, 0, 1])));
    assert_eq!(data.schema.text.map(|text| (text.steps, text.vocab)), Some((5, 9)));
    assert_eq!(data.transform.class_names(), ["bad", "good"]);
    // To predict: one text a line, or all of the table's columns.
    let rows = data.transform.read_rows(b"so so\ngood, new".to_vec(), "-").expect("two texts");
    assert_eq!(tokens(&Part::of_first(rows.rows, rows.inputs, Target::NONE)), [vec![5, 5], vec![4]]);
}

#[test]
fn columns_by_their_numbers_have_no_header_and_tabs_no_quotes() {
    let file = "\"so good\t4\nbad\t1\nnew\t2\n";
    let test = "bad bad\t2\n";
    let mut source = table(n(1.0), n(2.0), "r.tsv");
    source.1.push(("test", text("t.tsv")));
    let need = need(3, 20, Want::Class(3));
    let data =
        opened(&[("r.tsv", file), ("t.tsv", test)], source, &[tokenize(&[])], &need).expect("sound data");
    assert_eq!(tokens(&data.train), [vec![2, 6, 4], vec![3], vec![5]]);
    let test = data.test.expect("a test part of its own");
    assert_eq!((tokens(&test), target(&test)), (vec![vec![3, 3]], Target::Classes(vec![1])));
    // Labels that are numbers are numbers where numbers are asked for.
    let need = Need { target: Want::Real(1), ..need };
    let data = opened(&[("r.tsv", file)], table(n(1.0), n(2.0), "r.tsv"), &[tokenize(&[])], &need)
        .expect("sound data");
    assert_eq!(target(&data.train), Target::Real { data: vec![4.0, 1.0, 2.0], width: 1 });
    // To predict: one text a line, or both columns.
    let rows = data.transform.read_rows(b"bad\nnew unheard\t0\n".to_vec(), "-").expect("two texts");
    let part = Part::of_first(rows.rows, rows.inputs, Target::NONE);
    assert_eq!(tokens(&part), [vec![3], vec![5, 1]]);
    // The same as JSON; a line in brackets that is none is a text.
    let read = |text: &str| {
        let rows = data.transform.read_rows(text.as_bytes().to_vec(), "-").expect("texts");
        tokens(&Part::of_first(rows.rows, rows.inputs, Target::NONE))
    };
    assert_eq!(read("[\"bad\", \"new unheard\"]"), [vec![3], vec![5, 1]]);
    assert_eq!(read("{\"said\": \"bad\", \"stars\": 2}\n{\"said\": \"new unheard\"}"), [vec![3], vec![5, 1]]);
    assert_eq!(read("[1] bad\nnew\n"), [vec![1, 1, 1], vec![5]]);
    let two = data.transform.read_rows(b"{\"a\": \"bad\", \"b\": \"new\"}".to_vec(), "-");
    assert!(two.is_err_and(|e| e.plain().contains("the row lacks")));
}

#[test]
fn the_vocabulary_is_that_of_the_training_part() {
    let file = "t,l\na a b,x\nc c c,y\na b,x\nc d,y\n";
    let split =
        ("split", vec![("valid", n(2.0)), ("shuffle", Value::Bool(false)), ("forward", Value::Bool(false))]);
    let data = opened(
        &[("r.csv", file)],
        table(word("t"), word("l"), "r.csv"),
        &[tokenize(&[]), split],
        &need(3, 20, Want::Class(2)),
    );
    let data = data.expect("sound data");
    let Fields::Text(rule) = &data.transform.fields else { panic!("texts") };
    assert_eq!(
        (2..rule.tokenizer.len() as i32).map(|token| rule.tokenizer.name(token)).collect::<Vec<_>>(),
        ["c", "a", "b"]
    );
    assert_eq!(tokens(&data.valid.expect("validation rows")), [vec![3, 4], vec![2, 1]]);
}

#[test]
fn folders_of_texts_are_classes() {
    let files = [
        ("r/pos/1.txt", "good\nnew"),
        ("r/neg/b.txt", "bad"),
        ("r/neg/a.txt", "bad new"),
        ("r/neg/.hidden", "no"),
    ];
    let source = || ("text", vec![("folder", text("r"))]);
    let data = opened(&files, source(), &[tokenize(&[])], &need(3, 20, Want::Class(2))).expect("sound data");
    assert_eq!(tokens(&data.train), [vec![2, 3], vec![2], vec![4, 3]]);
    assert_eq!(
        (target(&data.train), data.transform.class_names()),
        (Target::Classes(vec![0, 0, 1]), &["neg".to_owned(), "pos".to_owned()][..])
    );
    let files = [
        ("r/train/pos/1.txt", "good"),
        ("r/train/neg/2.txt", "bad"),
        ("r/test/neg/3.txt", "bad"),
        ("r/test/pos/4.txt", "ill"),
    ];
    let data = opened(&files, source(), &[tokenize(&[])], &need(3, 20, Want::Class(2))).expect("sound data");
    assert_eq!(tokens(&data.test.expect("a test part")), [vec![2], vec![1]]);
}

#[test]
fn wrong_texts_have_their_place() {
    let good = |vocab: usize| Need { open: false, ..need(4, vocab, Want::Class(2)) };
    let say = |file: &str, need: &Need| {
        let data =
            opened(&[("r.csv", file)], table(word("review"), word("mood"), "r.csv"), &[tokenize(&[])], need);
        data.expect_err("a fault").plain()
    };
    let lines = [
        say(REVIEWS, &good(20)),
        opened(
            &[("r.csv", REVIEWS)],
            table(word("review"), word("mood"), "r.csv"),
            &[tokenize(&[("vocab", n(7.0))])],
            &good(5),
        )
        .expect_err("a larger vocabulary than the net's")
        .plain(),
        say("review,mood\nso good,good\n \t,bad\n", &good(4)),
        say("review,mood\nso good,good\nbad,bad,2\n", &good(4)),
        say("review,label\nso good,good\n", &good(4)),
        say("review,mood\n", &good(4)),
        say(
            REVIEWS,
            &Need {
                lengths: Some(Lengths { input: "text".into(), steps: 4, least: 3, rate: None }),
                ..need(4, 20, Want::Class(2))
            },
        ),
    ];
    insta::assert_snapshot!(lines.join("\n---\n"));
    let invalid = {
        let folder = tempfile::tempdir().expect("a folder");
        fs::write(folder.path().join("r.csv"), b"review,mood\nso g\xffod,good\n").expect("a file");
        let uses = [table(word("review"), word("mood"), "r.csv"), tokenize(&[])];
        load(&config(&uses), &Search::new(folder.path(), folder.path(), None), &good(4))
            .expect_err("no UTF-8")
            .plain()
    };
    insta::assert_snapshot!(invalid);
}

#[test]
fn pieces_of_a_text_stand_in_one_part() {
    let file = "t,l\na b c d e,1\nf,0.5\ng h i,0.25\nj k l m,2\nn o,3\n";
    let pieces = tokenize(&[("length", n(2.0)), ("long", word("split"))]);
    let pieces = (
        pieces.0,
        pieces.1.into_iter().filter(|(name, value)| *name != "long" || *value == word("split")).collect(),
    );
    let split =
        ("split", vec![("valid", n(3.0)), ("shuffle", Value::Bool(false)), ("forward", Value::Bool(false))]);
    let data = opened(
        &[("r.csv", file)],
        table(word("t"), word("l"), "r.csv"),
        &[pieces, split],
        &need(2, 30, Want::Real(1)),
    );
    let data = data.expect("sound data");
    let lengths = |part: &Part| tokens(part).iter().map(Vec::len).collect::<Vec<_>>();
    let answers = |part: &Part| match target(part) {
        Target::Real { data, .. } => data,
        other => panic!("{other:?}"),
    };
    let (train, valid) = (&data.train, data.valid.as_ref().expect("validation rows"));
    assert_eq!((data.cut, train.rows() + valid.rows()), (0, 9));
    // What one text became has one label, and no label stands in both parts.
    assert!(
        answers(valid).iter().all(|label| !answers(train).contains(label)),
        "{:?} {:?}",
        answers(train),
        answers(valid)
    );
    let all: Vec<usize> = lengths(train).into_iter().chain(lengths(valid)).collect();
    assert_eq!(all.iter().sum::<usize>(), 15);
}

/// The classes, or numbers, of texts that are read with their labels.
fn judged(data: &Dataset, name: &str, text: &str) -> Result<(Vec<Vec<i32>>, Target), DataError> {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join(name);
    fs::create_dir_all(path.parent().unwrap()).unwrap();
    fs::write(&path, text).unwrap();
    let read = data.transform.read_labelled(&path, name, &Default::default())?;
    Ok((tokens(&read.part), target(&read.part)))
}

#[test]
fn texts_are_read_with_their_labels() {
    let source = table(word("review"), word("mood"), "r.csv");
    let data = opened(&[("r.csv", REVIEWS)], source, &[tokenize(&[])], &need(4, 20, Want::Class(2))).unwrap();
    let expected = (tokens(&data.train), target(&data.train));
    assert_eq!(judged(&data, "other.csv", REVIEWS).unwrap(), expected);
    let bare = REVIEWS.split_once('\n').unwrap().1;
    assert_eq!(judged(&data, "other.csv", bare).unwrap(), expected);
    let error = judged(&data, "other.csv", "so good,good\nso bad,odd\n").unwrap_err();
    assert_eq!((error.code, error.place.line), ("E0531", Some(2)));
    let error = judged(&data, "other.csv", "so good\n").unwrap_err();
    assert_eq!((error.code, error.place.line), ("E0522", Some(1)));
    assert_eq!(judged(&data, "other.csv", "review,mood\n").unwrap_err().code, "E0528");
    assert_eq!(judged(&data, "other.csv", ".,good\n\"\",bad\n").unwrap_err().code, "E0548");
    // A folder of classes, for whatever net of texts.
    assert_eq!(judged(&data, "good/1.txt", "so good").unwrap_err().code, "E0522", "a table is expected");
    let folder = tempfile::tempdir().unwrap();
    for (name, text) in
        [("bad/b.txt", "bad, so bad"), ("good/a.txt", "so good"), ("good/c.txt", "a \"good\" one")]
    {
        fs::create_dir_all(folder.path().join(name).parent().unwrap()).unwrap();
        fs::write(folder.path().join(name), text).unwrap();
    }
    let read = data.transform.read_labelled(folder.path(), "all", &Default::default()).unwrap();
    assert_eq!(read.names, ["all/bad/b.txt", "all/good/a.txt", "all/good/c.txt"]);
    assert_eq!(target(&read.part), Target::Classes(vec![0, 1, 1]));
    assert_eq!((read.unread.ends, tokens(&read.part)[1].clone()), (1, expected.0[0].clone()));
}

#[test]
fn labels_are_found_in_wider_tables_and_may_be_numbers() {
    let rows = "4.5\tx\tso good\n1.5\ty\tso bad\n3\tz\tso so\n";
    let source = table(n(3.0), n(1.0), "r.tsv");
    let normalize = ("normalize", vec![("what", list(vec![word("target")]))]);
    let data = opened(&[("r.tsv", rows)], source, &[tokenize(&[]), normalize], &need(2, 20, Want::Real(1)));
    let data = data.unwrap();
    let expected = (tokens(&data.train), target(&data.train));
    assert_eq!(judged(&data, "other.tsv", rows).unwrap(), expected);
    let error = judged(&data, "other.tsv", "high\tx\tso good\n").unwrap_err();
    assert_eq!((error.code, error.place.line), ("E0531", Some(1)));
}
