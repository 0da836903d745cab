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
