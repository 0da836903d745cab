//! `load`: a run that begins with another one's weights, and what a changed file does to it.

use std::fs;

use crate::support::Folder;

fn net(statements: &str, epochs: usize) -> String {
    format!(
        "data {{\n  source moons, rows=100, noise=0.2\n  split train=70, valid=30\n}}\n\
         net {{\n  input x: real[2]\n  stem: dense 6 -> tanh -> batch_norm\n  head: dense 2\n  output y: class[2]\n}}\n\
         train {{\n  loss cross_entropy\n  {statements}\n  epochs {epochs}\n}}\n"
    )
}

#[test]
fn a_run_begins_where_another_ended_and_goes_on_with_the_same_file_alone() {
    let folder = Folder::new(&[
        ("first.net", &net("optimizer adam, lr=0.05\n  freeze head, until=1epoch", 3)),
        // Steps too small to change a number.
        ("second.net", &net("load \"first\"\n  freeze stem\n  optimizer sgd, lr=1e-30", 1)),
        ("broken.net", &net("load \"second.net\", from=torch\n  optimizer sgd, lr=0.1", 1)),
    ]);
    let run = |args: &[&str]| folder.run(args);
    assert!(run(&["train", "first.net", "-q", "-o", "first"]).ends_with("--- exit 0\n"));
    let said = run(&["train", "second.net", "-o", "second", "--no-progress"]);
    assert!(said.contains("44 of 44 parameters from first"), "{said}");
    assert!(!said.contains("W0202"), "labels name tensors: {said}");
    let figures = |run: &str| folder.json(&["eval", run, "--json"])["valid"].clone();
    assert_eq!(figures("first"), figures("second"));
    assert!(
        run(&["train", "second.net", "-q", "-o", "second", "--resume", "--epochs", "2"])
            .ends_with("--- exit 0\n")
    );
    // The trained net does not need the file, and the run that goes on does.
    let (first, kept) = (folder.path().join("first"), folder.path().join("kept"));
    fs::rename(&first, &kept).expect("renamed");
    let go_on = || run(&["train", "second.net", "-q", "-o", "second", "--resume", "--epochs", "3"]);
    let refused = go_on();
    assert!(refused.contains("error[E0520]") && refused.ends_with("--- exit 3\n"), "{refused}");
    assert!(run(&["eval", "second"]).ends_with("--- exit 0\n"));
    assert!(run(&["train", "first.net", "-q", "-o", "first", "--seed", "9"]).ends_with("--- exit 0\n"));
    let refused = go_on();
    assert!(refused.contains("`first` has changed: it is not the file that was loaded"), "{refused}");
    fs::remove_dir_all(&first).expect("removed");
    fs::rename(&kept, &first).expect("renamed");
    assert!(go_on().ends_with("--- exit 0\n"));
    for command in [&["check", "--data", "broken.net"][..], &["train", "broken.net", "-q"]] {
        let refused = run(command);
        assert!(refused.contains("error[E0565]") && refused.contains("broken.net:"), "{refused}");
    }
}
