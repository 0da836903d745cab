use crate::support::Folder;

const UNTIDY: &str =
    "net {\ninput x:real[8]\n   dense( 16 )->relu   # wide\n  dense 3\n  output y: class[3]\n}\n";
const TIDY: &str =
    "net {\n  input x: real[8]\n  dense 16 -> relu  # wide\n  dense 3\n  output y: class[3]\n}\n";

#[test]
fn files_are_rewritten_in_place() {
    let folder = Folder::new(&[("a.net", UNTIDY), ("b.net", TIDY)]);
    let said = folder.run(&["fmt", "a.net", "b.net"]);
    assert_eq!(folder.read("a.net"), folder.read("b.net"));
    insta::assert_snapshot!(said + &folder.run(&["fmt", "a.net"]));
}

#[test]
fn files_are_told_as_data() {
    let folder = Folder::new(&[("a.net", UNTIDY)]);
    let told = folder.command(&["fmt", "--json", "--diff", "a.net"]).output().expect("runs");
    let told: serde_json::Value = serde_json::from_slice(&told.stdout).expect("JSON");
    assert_eq!((told["changed"].as_bool(), told["text"].as_str()), (Some(true), Some(TIDY)));
    assert_eq!(folder.read("a.net"), UNTIDY);
    assert_eq!(folder.json(&["fmt", "--json", "a.net"])["changed"], true);
    assert_eq!(folder.read("a.net"), TIDY);
}

#[test]
fn check_and_diff_write_nothing() {
    let folder = Folder::new(&[("a.net", UNTIDY), ("b.net", TIDY)]);
    let both =
        folder.run(&["fmt", "--check", "a.net", "b.net"]) + &folder.run(&["fmt", "--diff", "a.net", "b.net"]);
    assert_eq!(folder.read("a.net"), UNTIDY);
    insta::assert_snapshot!(both);
}

#[test]
fn stdin_goes_to_stdout() {
    insta::assert_snapshot!(Folder::new(&[]).run_with(&["fmt", "-q", "-"], UNTIDY));
}

#[test]
fn a_broken_file_is_left_alone() {
    let broken = "net {\n  dense 8 ->\n}\n";
    let folder = Folder::new(&[("a.net", broken), ("b.net", TIDY)]);
    let said = folder.run(&["fmt", "a.net", "b.net"]);
    assert_eq!(folder.read("a.net"), broken);
    insta::assert_snapshot!(said);
}
