use crate::support::{Folder, masked};

#[test]
fn every_template_checks_and_says_what_it_is() {
    for template in ["classifier", "regression", "text", "mlp"] {
        let folder = Folder::new(&[]);
        let said = folder.run(&["new", "hello", "--template", template]);
        assert!(said.contains("wrote hello.net"), "{said}");
        let checked = folder.run(&["check", "-q", "--deny", "warnings", "hello.net"]);
        assert!(checked.ends_with("--- exit 0\n"), "{checked}");
        let tidy = folder.run(&["fmt", "--check", "hello.net"]);
        assert!(tidy.ends_with("--- exit 0\n"), "{tidy}");
        assert!(folder.read("hello.net").starts_with("##"), "a template begins with its documentation");
    }
}

#[test]
fn what_is_written_is_told_as_data() {
    assert_eq!(Folder::new(&[]).json(&["new", "hello", "--json"])["file"], "hello.net");
}

#[test]
fn nothing_is_overwritten() {
    let folder = Folder::new(&[("mine.net", "# mine\n")]);
    let both = folder.run(&["new", "mine"]) + &folder.run(&["new", "mine.net"]);
    assert_eq!(folder.read("mine.net"), "# mine\n");
    insta::assert_snapshot!(both);
}

#[test]
fn a_name_must_name_a_file() {
    let folder = Folder::new(&[]);
    masked(|| {
        insta::assert_snapshot!(
            folder.run(&["new", "a/"]) + &folder.run(&["new", "."]) + &folder.run(&["new", "no/such/hello"])
        )
    });
}
