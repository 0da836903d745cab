//! Nets that read texts, through the commands: trained on a table, then told raw texts.

use crate::support::{Folder, masked};

const NET: &str = "\
data {
  source csv, \"t.csv\", text=review, label=mood
  tokenize words
  split valid=25%
}

net {
  input text: token[_, vocab=_]
  embedding 4, dropout=0.2
  conv 4, 2 -> relu -> max_pool over=time
  dense 2
  output mood: class[_]
}

train {
  loss cross_entropy
  optimizer adam, lr=0.02
  epochs 2
}
";

const ROWS: &str = "id,review,mood\n1,a good film,good\n2,\"bad, so bad\",bad\n3,good good,good\n4,a bad film,bad\n\
                    5,so good,good\n6,bad bad,bad\n7,a film so good,good\n8,bad film,bad\n";

#[test]
fn a_table_begins_with_vectors_of_a_file() {
    let net = NET.replace("embedding 4, dropout=0.2", "embedding 4, vectors=\"v.txt\", frozen=true");
    let vectors =
        "7 4\ngood 1 2 3 4\nbad -1 -2 -3 -4\na 0 0 0 0.5\nso 9 9 9 9\nfilm 1 0 1 0\nelsewhere 5 5 5 5\n";
    let folder = Folder::new(&[("m.net", &net), ("t.csv", ROWS), ("v.txt", vectors)]);
    let trained = folder.run(&["train", "m.net", "-q", "-o", "run"]);
    assert!(trained.ends_with("--- exit 0\n") && !trained.contains("W0507"), "{trained}");
    // Held still, and needed no more.
    std::fs::remove_file(folder.path().join("v.txt")).expect("the vectors");
    let checkpoint = std::fs::read(folder.path().join("run/last.ckpt")).expect("a checkpoint");
    let good: Vec<u8> = [1.0_f32, 2.0, 3.0, 4.0].iter().flat_map(|x| x.to_le_bytes()).collect();
    assert!(checkpoint.windows(good.len()).any(|bytes| bytes == good), "the vector of `good`");
    let predicted = folder.run_with(&["predict", "run", "--input", "-"], "so bad\n");
    assert!(predicted.ends_with("--- exit 0\n"), "{predicted}");
    let more = folder.run(&["train", "m.net", "-q", "-o", "run", "--resume", "--epochs", "3"]);
    assert!(more.ends_with("--- exit 0\n"), "the checkpoint holds the table: {more}");
    let gone = folder.run(&["train", "m.net", "-q", "-o", "again"]);
    assert!(gone.contains("error[E0520]") && gone.contains("v.txt"), "{gone}");
    for (vectors, expected) in [
        ("good 1 2 3\n", "error[E0522]: 3 numbers where the embedding has 4"),
        ("elsewhere 1 2 3 4\n", "warning[W0507]: 0 of 5 words have a vector in the file"),
    ] {
        let folder = Folder::new(&[("m.net", &net), ("t.csv", ROWS), ("v.txt", vectors)]);
        let said = folder.run(&["train", "m.net", "-o", "run"]);
        assert!(said.contains(expected), "{said}");
    }
    let bytes = net.replace("tokenize words", "tokenize bytes").replace("conv 4, 2", "conv 4, 2, pad=same");
    let folder = Folder::new(&[("m.net", &bytes), ("t.csv", ROWS), ("v.txt", vectors)]);
    let said = folder.run(&["train", "m.net", "-q", "-o", "run"]);
    assert!(said.contains("error[E0204]: vectors of tokens that are no words"), "{said}");
}

#[test]
fn a_run_reads_raw_texts() {
    let folder = Folder::new(&[("m.net", NET), ("t.csv", ROWS)]);
    let summary = folder.run(&["summary", "m.net"]);
    assert!(summary.contains("token") && summary.contains("embedding"), "{summary}");
    assert!(folder.run(&["train", "m.net", "-q", "-o", "run"]).ends_with("--- exit 0\n"));
    std::fs::remove_file(folder.path().join("t.csv")).expect("the data");
    // One text a line, the table's columns by their names in any order, or all of its columns.
    let lines = folder.run_with(&["predict", "run", "--input", "-"], "so bad\na good film\n");
    let named =
        folder.run_with(&["predict", "run", "--input", "-"], "mood,review\nx,so bad\ny,a good film\n");
    let placed = folder.run_with(&["predict", "run", "--input", "-"], "1,so bad,x\n2,a good film,y\n");
    assert!(lines.contains("label,bad,good") && lines.ends_with("--- exit 0\n"), "{lines}");
    assert_eq!(lines, named);
    assert_eq!(lines, placed);
    let gaps = folder.run_with(&["predict", "run", "--input", "-"], "so bad\n\na good film\n");
    assert!(gaps.contains("warning[W0504]: 1 blank line has no text and got no row"), "{gaps}");
    assert!(gaps.contains(lines.lines().nth(1).expect("a row")), "{gaps}");
    // Dropping word types is drawn by row and token: once more gives the same samples.
    let samples =
        || folder.run_with(&["predict", "run", "--input", "-", "--samples", "20"], "so bad\na good film\n");
    assert!(samples().ends_with("--- exit 0\n"), "{}", samples());
    assert_eq!(samples(), samples());
    masked(|| {
        insta::assert_snapshot!(
            [
                folder.run_with(&["predict", "run", "--input", "-"], "so bad\n , \n"),
                folder.run_with(&["predict", "run", "--input", "-"], "good,so,bad,film\n"),
                folder.run_with(&["predict", "run", "--input", "-"], "a film a film a film a film\n"),
                folder.run_with(&["predict", "run", "--input", "-"], ""),
            ]
            .join("\n")
        )
    });
}

#[test]
fn nets_and_texts_that_do_not_fit() {
    let rows = [("t.csv", ROWS)];
    let with =
        |net: String| Folder::new(&[("m.net", net.as_str()), rows[0]]).run(&["check", "--data", "m.net"]);
    let train = |net: String| {
        Folder::new(&[("m.net", net.as_str()), rows[0]]).run(&["train", "m.net", "-q", "-o", "run"])
    };
    let numbers = NET
        .replace("token[_, vocab=_]", "real[4]")
        .replace("  embedding 4, dropout=0.2\n  conv 4, 2 -> relu -> max_pool over=time\n", "");
    masked(|| {
        insta::assert_snapshot!(
            [
                with(numbers),
                train(
                    NET.replace("token[_, vocab=_]", "token[6, vocab=400]").replace("class[_]", "class[2]")
                ),
                train(NET.replace("vocab=_", "vocab=5").replace("tokenize words", "tokenize words, vocab=7")),
                train(NET.replace("conv 4, 2", "conv 4, 3, pad=valid")),
                train(NET.replace("token[_,", "token[3,")),
                with(NET.replace("text=review", "text=reviw")),
            ]
            .join("\n")
        )
    });
}

#[test]
fn one_thread_or_three_an_interrupted_run_or_a_whole_one() {
    let net = NET.replace("epochs 2", "epochs 4");
    let folder = Folder::new(&[("m.net", &net), ("t.csv", ROWS)]);
    let train = |args: &[&str]| assert!(folder.run(args).ends_with("--- exit 0\n"));
    train(&["train", "m.net", "-q", "-o", "one", "--threads", "1"]);
    train(&["train", "m.net", "-q", "-o", "three", "--threads", "3"]);
    train(&["train", "m.net", "-q", "-o", "two", "--epochs", "2"]);
    train(&["train", "m.net", "-q", "-o", "two", "--resume", "--epochs", "4"]);
    let bytes = |run: &str| std::fs::read(folder.path().join(run).join("last.ckpt")).expect("a checkpoint");
    assert_eq!(bytes("one"), bytes("three"));
    assert_eq!(bytes("one"), bytes("two"));
}

/// What a net asks of texts is compared with data that are none, and with texts that have fewer words.
#[test]
fn data_and_tokens_that_do_not_fit() {
    let numbers = NET.replace("text=review, label=mood", "label=mood").replace(", label=mood", "");
    let numbers = numbers.replace("  tokenize words\n", "  target mood\n");
    let table = "a,b,mood\n1,2,good\n2,3,bad\n3,4,good\n4,4,bad\n";
    let small = NET.replace("vocab=_", "vocab=400");
    let odd = [
        ("bad.csv", &b"review,mood\nso good,good\nso \xff bad,bad\n"[..]),
        ("empty.csv", b"review,mood\nso good,good\n  ,bad\n"),
        ("none.csv", b"review,mood\n"),
    ];
    let folder =
        Folder::new(&[("n.net", &numbers.replace("t.csv", "n.csv")), ("n.csv", table), ("t.csv", ROWS)]);
    std::fs::write(folder.path().join("v.net"), small).expect("a file");
    for (name, bytes) in odd {
        std::fs::write(folder.path().join(name), bytes).expect("a file");
        let net = NET.replace("t.csv", name).replace("  split valid=25%\n", "");
        std::fs::write(folder.path().join(name.replace("csv", "net")), net).expect("a file");
    }
    let mut said =
        vec![folder.run(&["check", "--data", "n.net"]), folder.run(&["train", "n.net", "-o", "run"])];
    for net in ["v.net", "bad.net", "empty.net", "none.net"] {
        said.push(folder.run(&["train", net, "-q", "-o", "run"]));
    }
    masked(|| insta::assert_snapshot!(said.join("\n")));
}

/// Texts with their labels, in a file like the one that was trained on: row by row what the run's own parts say.
#[test]
fn a_run_is_judged_on_raw_texts() {
    let folder = Folder::new(&[("m.net", NET), ("t.csv", ROWS), ("bare.csv", "9,a good film,good\n")]);
    assert!(folder.run(&["train", "m.net", "-q", "-o", "run"]).ends_with("--- exit 0\n"));
    let rows = |args: &[&str]| {
        let said = folder.run(&[&["eval", "run"], args].concat());
        assert!(said.contains("--- exit 0"), "{said}");
        let lines = said.lines().filter(|line| line.starts_with(|c: char| c.is_ascii_digit()));
        lines.map(str::to_owned).collect::<Vec<_>>()
    };
    let mut parts = [rows(&["--each", "train"]), rows(&["--each", "valid"])].concat();
    parts.sort();
    let judged = rows(&["--input", "t.csv"]);
    assert_eq!((judged.len(), judged), (8, parts));
    assert_eq!(rows(&["--input", "bare.csv"]).len(), 1);
    masked(|| {
        let all = "id,review,mood\n1,so good,fine\n";
        std::fs::write(folder.path().join("other.csv"), all).expect("a file");
        std::fs::write(folder.path().join("lines.txt"), "so good\n").expect("a file");
        insta::assert_snapshot!(
            [
                folder.run(&["eval", "run", "--input", "bare.csv"]),
                folder.run(&["eval", "run", "--input", "other.csv"]),
                folder.run(&["eval", "run", "--input", "lines.txt"]),
                folder.run(&["eval", "run", "--input", "missing.csv"]),
            ]
            .join("\n")
        )
    });
}

const WORDS: &str = "\
data {
  source text, \"t.txt\"
  tokenize words, punctuation=keep
  window 6
  split test=30%
}

net {
  input word: token[6, vocab=_]
  words: embedding 8 -> lstm 8
  unembed words
  output next: token[6, vocab=8]
}

train {
  loss cross_entropy
  optimizer adam, lr=0.02
  epochs 2
  report perplexity
}
";

/// Lines of words, as prepared texts have them: the end of a line is a token, which is foretold, counted and said as a new line.
#[test]
fn the_end_of_a_line_is_foretold_and_said() {
    let line = |i: usize| ["the cat sat", "on the <unk> mat", "a cat"][i * i % 3].to_owned() + "\n";
    let text: String = (0..60).map(line).collect();
    let other = "the cat\nsat on a dog\nthe mat\n";
    let folder = Folder::new(&[("m.net", WORDS), ("t.txt", &text), ("other.txt", other)]);
    let trained = folder.run(&["train", "m.net", "-o", "run"]);
    let tokens = text.split_whitespace().count() + 60;
    let unknown = text.matches("<unk>").count();
    let share = format!("{:.1}% of the tokens are unknown", 100.0 * unknown as f64 / tokens as f64);
    assert!(trained.contains(&share), "{trained}");
    let said = folder.run(&["sample", "run", "--tokens", "40", "--seed", "1"]);
    assert!(said.lines().count() > 4 && !said.contains("<eos>") && !said.contains("\n "), "{said}");
    // Eight words and three ends of lines; `a` and `dog` are unknown.
    let judged = folder.run(&["eval", "run", "--input", "other.txt", "--json"]);
    let line = judged.lines().find(|line| line.starts_with('{')).expect("an object");
    let json: serde_json::Value = serde_json::from_str(line).expect("JSON");
    let perplexity = json["input"]["perplexity"].as_f64().expect("a number");
    assert!(perplexity > 1.0 && perplexity < 9.0, "{judged}");
    let told = folder.run(&["eval", "run", "--input", "other.txt"]);
    assert!(
        told.contains("warning[W0511]: 18.2% of the tokens are unknown to the vocabulary of 8"),
        "{told}"
    );
    assert!(told.contains("input") && told.contains("2 rows"), "{told}");
    // White space like any other, and `<unk>` a word.
    let spaces = WORDS.replace("punctuation=keep", "punctuation=keep, line_end=space");
    let folder = Folder::new(&[("m.net", &spaces), ("t.txt", &text)]);
    folder.run(&["train", "m.net", "-q", "-o", "run"]);
    let said = folder.run(&["sample", "run", "--prompt", "the", "--tokens", "30"]);
    assert_eq!(said.lines().filter(|line| line.contains("cat")).count(), 1, "{said}");
}

/// Columns beside the texts of a table are kept, by names where the first line has them; a file's ending says what stands between them.
#[test]
fn columns_beside_texts_are_kept() {
    let other = ROWS.replace("bad, so bad", "bad so bad").replace(',', "\t");
    let folder =
        Folder::new(&[("m.net", NET), ("t.csv", ROWS), ("t.tsv", &other), ("l.txt", "so bad\na film\n")]);
    folder.run(&["train", "m.net", "-q", "-o", "run"]);
    let kept =
        |file: &str, columns: &str| folder.run(&["predict", "run", "--input", file, "--keep", columns]);
    let rows = |said: &str, head: &str| {
        assert!(said.ends_with("--- exit 0\n"), "{said}");
        let lines = said.lines().skip_while(|line| *line != head).skip(1).take(2);
        lines.map(|line| line.split(',').next().unwrap_or("").to_owned()).collect::<Vec<_>>()
    };
    assert_eq!(rows(&kept("t.csv", "mood"), "mood,label,bad,good"), ["good", "bad"]);
    assert_eq!(rows(&kept("t.tsv", "all"), "id,review,mood,label,bad,good"), ["1", "2"]);
    let bare =
        folder.run_with(&["predict", "run", "--input", "-", "--keep", "3"], "1,so bad,x\n2,a good film,y\n");
    assert_eq!(rows(&bare, "3,label,bad,good"), ["x", "y"]);
    let none = kept("t.csv", "other");
    assert!(
        none.contains("error[E0527]: there is no column `other`") && none.contains("`id`, `review`, `mood`"),
        "{none}"
    );
    let lines = kept("l.txt", "all");
    assert!(lines.contains("error[E0525]: a text a line has no columns that could be kept"), "{lines}");
    let judged = folder.run(&["eval", "run", "--input", "t.tsv", "--json"]);
    assert!(judged.matches("observed").count() == 8 && judged.ends_with("--- exit 0\n"), "{judged}");
}

/// A text that is too short for its streams is said at the window that asks for them.
#[test]
fn streams_without_a_window_are_placed() {
    let net = WORDS.replace("window 6", "window 6, carry=true").replace("lstm 8", "lstm 8, carry=true");
    let text = "the cat sat on the mat\n".repeat(30);
    let said = Folder::new(&[("m.net", &net), ("t.txt", &text)]).run(&["train", "m.net", "-o", "run"]);
    assert!(
        said.contains("error[E0550]: the ") && said.contains("m.net:4:3: window 6, carry=true"),
        "{said}"
    );
}

/// What was cut is said where it was said how much is read.
#[test]
fn cut_texts_are_told_where_their_length_is_written() {
    let at =
        |net: &str| Folder::new(&[("m.net", net), ("t.csv", ROWS)]).run(&["train", "m.net", "-o", "run"]);
    let cut = at(&NET.replace("tokenize words", "tokenize words, length=2"));
    assert!(cut.contains("warning[W0504]: 4 of 8 texts are longer") && cut.contains("m.net:3:3"), "{cut}");
    assert!(cut.contains("a greater `length=` reads more of them"), "{cut}");
    let cut = at(&NET.replace("token[_,", "token[2,"));
    assert!(cut.contains("m.net:8:9") && cut.contains("a longer input reads more of them"), "{cut}");
}

/// Masks step by step, of a text beside its words and as far as it goes.
#[test]
fn masks_of_tokens_stand_beside_them() {
    let net = NET
        .replace("  conv 4, 2 -> relu -> max_pool over=time", "  gru 3, recurrent_dropout=0.5, output=last");
    let folder = Folder::new(&[("m.net", &net), ("t.csv", ROWS), ("l.txt", "good good film\n")]);
    folder.run(&["train", "m.net", "-q", "-o", "run"]);
    let mut said = String::new();
    for sample in ["0", "1", "2"] {
        said = folder.run(&["subnet", "run", "--input", "l.txt", "--row", "0", "--sample", sample, "--time"]);
        let lines: Vec<&str> = said.lines().filter(|line| line.starts_with("  ")).collect();
        assert_eq!(lines.len(), 6, "{said}");
        let word = |line: usize| lines[line].split_whitespace().nth(1).unwrap_or("");
        let mask = |line: usize| lines[line].split_whitespace().nth(2).unwrap_or("");
        assert_eq!([word(0), word(1), word(2), word(5)], ["good", "good", "film", "film"], "{said}");
        assert_eq!((mask(0), mask(3), mask(3)), (mask(1), mask(4), mask(5)), "{said}");
    }
    assert!(
        said.contains("embedding_1.dropout  3 steps, ") || said.contains("the same in all 3 steps"),
        "{said}"
    );
}

/// A folder of texts is predicted, a row a file; one that is empty is said with the code that it has in training.
#[test]
fn a_folder_of_texts_is_predicted() {
    let folder = Folder::new(&[("m.net", NET), ("t.csv", ROWS)]);
    folder.run(&["train", "m.net", "-q", "-o", "run"]);
    std::fs::create_dir_all(folder.path().join("new/more")).expect("a folder");
    let write = |name: &str, text: &str| std::fs::write(folder.path().join(name), text).expect("a file");
    write("new/b.txt", "so good\na film");
    write("new/a.txt", "so bad");
    write("new/more/c.txt", "a good film");
    let predicted = folder.run(&["predict", "run", "--input", "new"]);
    let files: Vec<&str> = predicted.lines().filter_map(|line| line.split(',').next()).collect();
    assert_eq!(files[2..6], ["file", "new/a.txt", "new/b.txt", "new/more/c.txt"], "{predicted}");
    write("new/a.txt", "");
    let said = folder.run(&["predict", "run", "--input", "new"]);
    assert!(said.contains("error[E0548]: the text is empty\n --> new/a.txt"), "{said}");
    let quoted = folder.run_with(&["predict", "run", "--input", "-"], "\"so bad\"\n\"\"\n");
    assert!(quoted.contains("error[E0548]: the text is empty\n --> -:2"), "a row is not lost: {quoted}");
}
