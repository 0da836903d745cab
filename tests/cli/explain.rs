use crate::support::Folder;

#[test]
fn words_of_every_kind_have_a_page() {
    let folder = Folder::new(&[]);
    for (word, says) in [
        ("dropout", "    dropout [p], keep="),
        ("cross_entropy", "    loss cross_entropy, "),
        ("sgd", "    optimizer sgd, lr="),
        ("cosine", "    schedule cosine"),
        ("moons", "    source moons, rows="),
        ("split", "    split "),
        ("stop_early", "    stop_early patience="),
    ] {
        let page = folder.run(&["explain", word]);
        assert!(page.contains(says) && page.ends_with("--- exit 0\n"), "{page}");
    }
}

#[test]
fn pages_are_told_as_data() {
    let folder = Folder::new(&[]);
    let page = folder.json(&["explain", "sgd", "--json"]);
    assert_eq!((page["word"].as_str(), page["family"].as_str()), (Some("sgd"), Some("optimizer")));
    assert_eq!(page["arguments"][0]["name"], "lr");
    assert_eq!(folder.json(&["explain", "e0203", "--json"])["code"], "E0203");
    assert!(folder.json(&["explain", "early", "stopping", "--json"])["text"].is_string());
    let index = folder.run(&["explain", "--json"]);
    assert!(index.contains("\"word\":\"muon\"") && index.contains("\"code\":\"E0203\""), "{index}");
}

#[test]
fn a_code_has_a_page_whatever_its_case() {
    let folder = Folder::new(&[]);
    let upper = folder.run(&["explain", "E0008"]);
    assert_eq!(upper.replacen("E0008", "e0008", 1), folder.run(&["explain", "e0008"]));
    insta::assert_snapshot!(upper);
}

#[test]
fn a_slip_is_corrected() {
    let folder = Folder::new(&[]);
    insta::assert_snapshot!(folder.run(&["explain", "dropuot"]) + &folder.run(&["explain", "quasar"]));
}

#[test]
fn the_index_lists_words_and_codes() {
    let index = Folder::new(&[]).run(&["explain"]);
    for word in ["layer\n", "  dropout ", "optimizer\n", "  sgd ", "  moons ", "  E0008 "] {
        assert!(index.contains(word), "{word} is not in\n{index}");
    }
}

/// The reference in `docs` is what the program says of itself: `dropnet explain --all > docs/REFERENCE.md`.
#[test]
fn the_reference_is_up_to_date() {
    let folder = Folder::new(&[]);
    let output = folder.command(&["explain", "--all"]).output().expect("the binary runs");
    let said = String::from_utf8(output.stdout).expect("UTF-8");
    let kept = std::fs::read_to_string(concat!(env!("CARGO_MANIFEST_DIR"), "/docs/REFERENCE.md"))
        .expect("the reference");
    assert!(said == kept, "docs/REFERENCE.md is older than the pages");
}
