//! `real[_]` and `class[_]` through the commands: the data say the sizes, and the run remembers them.

use crate::support::{Folder, masked};

const NET: &str = "\
data {
  source csv, \"t.csv\"
}

net {
  input x: real[_]
  dense 3 -> relu -> dropout 0.5
  dense 2
  output y: class[_]
}

train {
  loss cross_entropy
  optimizer sgd, lr=0.1
  epochs 1
}
";

const ROWS: &str = "a,b,kind\n1,2,yes\n3,1,no\n2,2,yes\n0,1,no\n";

#[test]
fn a_run_remembers_the_sizes_of_its_data() {
    let folder = Folder::new(&[("m.net", NET), ("t.csv", ROWS)]);
    assert!(folder.run(&["summary", "m.net"]).contains("input x 2 · output y class[2]"));
    assert!(folder.run(&["train", "m.net", "-q", "-o", "run"]).ends_with("--- exit 0\n"));
    assert!(
        folder
            .run(&["train", "m.net", "-q", "-o", "run", "--resume", "--epochs", "2"])
            .ends_with("--- exit 0\n")
    );
    assert!(folder.run(&["eval", "run"]).contains("4 rows"));
    std::fs::remove_file(folder.path().join("t.csv")).expect("the data");
    assert!(folder.run(&["summary", "run"]).contains("input x 2"));
    let said = folder.run_with(&["predict", "run", "--input", "-"], "a,b\n1,2\n");
    assert!(said.contains("kind,no,yes"), "{said}");
    let said = folder.run_with(&["predict", "run", "--input", "-"], "1,2,3,4,5\n");
    assert!(said.ends_with("--- exit 3\n") && said.contains("error[E0"), "{said}");
}

#[test]
fn what_is_not_known_without_data_is_said() {
    let folder = Folder::new(&[("m.net", NET), ("t.csv", ROWS)]);
    let three = Folder::new(&[("m.net", NET), ("t.csv", &format!("{ROWS}1,1,maybe\n"))]);
    let gone = Folder::new(&[("m.net", NET)]);
    let empty = Folder::new(&[("m.net", NET), ("t.csv", "")]);
    masked(|| {
        insta::assert_snapshot!(
            [
                folder.run(&["check", "m.net"]),
                folder.run(&["check", "--data", "m.net"]),
                three.run(&["check", "--data", "m.net"]),
                gone.run(&["summary", "m.net"]),
                empty.run(&["train", "m.net", "-o", "run"]),
            ]
            .join("\n")
        )
    });
}
