use crate::support::Folder;

#[test]
fn a_layer_has_a_page() {
    insta::assert_snapshot!(Folder::new(&[]).run(&["explain", "relu"]));
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
