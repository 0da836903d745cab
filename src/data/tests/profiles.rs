//! What is said of tables before anything is trained on them.

use super::super::profile::{self, About, Held, Profile, Role};
use super::*;

/// Passengers as they come: numbers of rows, names, gaps, few whole numbers, a column that says the target.
fn passengers() -> String {
    let row = |i: usize| {
        let age = if i % 5 == 3 { String::new() } else { (20 + i * 7 % 41).to_string() };
        let (deck, fate) = (["A", "B", ""][i % 3], ["no", "yes"][usize::from(i % 4 == 1)]);
        let boat = if fate == "yes" { "3" } else { "" };
        format!("{},{},\"Mr, {i}\",{age},{deck},{boat},GB,{fate}\n", i + 1, 1 + i % 3)
    };
    let rows: String = (0..60).map(row).collect();
    format!("Id,Pclass,Name,Age,Deck,Boat,Country,Fate\n{rows}")
}

fn of(text: &str, target: Option<&str>) -> Profile {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("t.csv");
    std::fs::write(&path, text).unwrap();
    profile::of_file(&path, "t.csv", target).unwrap()
}

fn about(profile: &Profile) -> Vec<(&str, About)> {
    let remarks = |column: &'_ profile::ColumnProfile| column.remarks.clone();
    let columns = profile.columns.iter();
    columns.flat_map(|column| remarks(column).into_iter().map(|r| (column.name.as_str(), r.about))).collect()
}

#[test]
fn columns_are_counted_and_what_speaks_against_them_is_said() {
    let found = of(&passengers(), None);
    assert_eq!((found.rows, found.repeated_rows), (60, 0));
    let age = &found.columns[3];
    assert_eq!((age.gaps, age.role), (12, Role::Input));
    let Held::Numbers { least, most, whole, .. } = age.held else { panic!("{age:?}") };
    assert!(least >= 20.0 && most <= 60.0 && whole);
    assert_eq!(found.columns[4].frequent, [("A".to_owned(), 20), ("B".to_owned(), 20)]);
    assert_eq!(found.target().unwrap().frequent, [("no".to_owned(), 45), ("yes".to_owned(), 15)]);
    assert_eq!(
        about(&found),
        [
            ("Id", About::CountsRows),
            ("Pclass", About::MayBeCategories),
            ("Name", About::TellsRowsApart),
            ("Boat", About::MostlyMissing),
            ("Boat", About::Leaks),
            ("Country", About::Constant),
        ]
    );
    insta::assert_snapshot!(found.net());
}

/// The section that is proposed reads the table.
#[test]
fn the_net_that_is_written_reads_the_table() {
    let foreign: String = (0..30)
        .map(|i| {
            format!(
                "{:02}.01.2024;{},{};1.{i:03},5;{}\n",
                1 + i % 28,
                i,
                i % 7,
                if i == 4 { "-" } else { "2,5" }
            )
        })
        .collect();
    let foreign = format!("made by hand\n\nwhen;size;price;rate\n{foreign}");
    for (text, width) in [(passengers(), 6), (foreign, 5)] {
        let folder = tempfile::tempdir().unwrap();
        std::fs::write(folder.path().join("t.csv"), &text).unwrap();
        let found = profile::of_file(&folder.path().join("t.csv"), "t.csv", None).unwrap();
        let search = Search::new(folder.path(), folder.path(), None);
        let net = found.net();
        let ready = crate::run::open(&net, &[], &search).unwrap_or_else(|e| panic!("{net}\n{e}"));
        assert_eq!(ready.model.node(ready.model.inputs[0]).ty.sizes(), [width], "{net}");
        assert!(ready.dataset.test.is_some());
        let written = crate::syntax::format(&net).expect("sound");
        assert_eq!(written, net);
    }
}

#[test]
fn what_says_the_target_is_found() {
    let rows: String =
        (0..40).map(|i| format!("{},{},{}\n", i * 7 % 40, 100 - 2 * (i * 7 % 40), i * 7 % 40)).collect();
    let found = of(&format!("x,z,y\n{rows}"), None);
    assert_eq!(about(&found), [("x", About::Leaks), ("z", About::Leaks)]);
    assert!(found.columns[1].remarks[0].text.contains("-1.0000"), "{found:?}");
    // Another target is named by its name or number.
    assert_eq!(of(&format!("x,z,y\n{rows}"), Some("x")).target().unwrap().name, "x");
    assert_eq!(of(&format!("x,z,y\n{rows}"), Some("2")).target().unwrap().name, "z");
}

/// A section that cannot be read is shown all the same, with the reason.
#[test]
fn the_page_of_a_net_has_its_parts_or_the_reason() {
    let page = |lines: &str| {
        let folder = tempfile::tempdir().unwrap();
        std::fs::write(folder.path().join("t.csv"), passengers()).unwrap();
        let source = format!(
            "data {{\n  source csv, \"t.csv\"\n{lines}\n}}\nnet {{\n  input x: real[_]\n  dense 2\n  output y: class[2]\n}}\n"
        );
        let search = Search::new(folder.path(), folder.path(), None);
        profile::of_config(&crate::run::section(&source, &[]).unwrap(), &search).unwrap()
    };
    let whole =
        page("  inputs Pclass, Deck, Age\n  fill median\n  fill category\n  split test=20%, valid=10%");
    let found = whole.profile.unwrap();
    let parts = found.parts.unwrap();
    assert_eq!((parts.train, parts.valid, parts.test), (42, 6, 12));
    assert!(whole.schema.is_ok());
    assert_eq!(found.columns[0].role, Role::Unused);
    let broken = page("  inputs -Name");
    assert_eq!((broken.profile.unwrap().rows, broken.schema.unwrap_err().code), (60, "E0524"));
}
