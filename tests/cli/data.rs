//! Tables as they come: the page of one, a net that is written for one, and nets that read them whole.

use crate::support::{Folder, masked};

const RIDES: &str = include_str!("../../examples/tables/rides.csv");
const VOYAGE: &str = include_str!("../../examples/tables/voyage.csv");
const LATER: &str = include_str!("../../examples/tables/voyage_test.csv");

fn voyage() -> Folder {
    let net =
        include_str!("../../examples/voyage.net").replace("tables/", "").replace("epochs 40", "epochs 3");
    Folder::new(&[("voyage.csv", VOYAGE), ("voyage_test.csv", LATER), ("voyage.net", &net)])
}

#[test]
fn a_table_is_shown_with_what_speaks_against_its_columns() {
    let folder = Folder::new(&[("rides.csv", RIDES), ("broken.csv", "a,b\n1,\"2\n3,4\n")]);
    let said = folder.run(&["data", "rides.csv", "--target", "Fahrten"])
        + &folder.run(&["data", "rides.csv", "--target", "Fahrte"])
        + &folder.run(&["data", "broken.csv"])
        + &folder.run(&["data", "none.csv"])
        + &folder.run(&["data", "rides.csv", "--set", "p=1"]);
    insta::assert_snapshot!(said);
    let json = folder.json(&["data", "rides.csv", "--json", "--target", "7"]);
    assert_eq!(json["rows"], 240);
    assert_eq!(
        (&json["columns"][6]["role"], &json["columns"][6]["kind"]),
        (&"target".into(), &"numbers".into())
    );
    assert_eq!(json["columns"][7]["remarks"][0]["about"], "leaks");
    assert!(json["section"][0].as_str().unwrap().contains("decimal=comma, thousands=point"), "{json}");
}

#[test]
fn the_table_of_a_net_is_shown_with_its_parts() {
    let folder = voyage();
    let net = folder.read("voyage.net");
    std::fs::write(
        folder.path().join("unfilled.net"),
        net.replace("  fill median    # of columns of numbers\n", ""),
    )
    .unwrap();
    std::fs::write(
        folder.path().join("moons.net"),
        "data {\n  source moons, rows=40\n}\nnet {\n  input x: real[2]\n  dense 2\n  output y: class[2]\n}\n",
    )
    .unwrap();
    let said = folder.run(&["data", "voyage.net"])
        + &folder.run(&["data", "unfilled.net"])
        + &folder.run(&["data", "moons.net"]);
    insta::assert_snapshot!(said);
    let json = folder.json(&["data", "voyage.net", "--json"]);
    assert_eq!(json["parts"]["test"], 60);
}

/// From a table to predictions of raw rows, with nothing but what is written for it.
#[test]
fn a_net_that_is_written_for_a_table_runs_whole() {
    let folder = Folder::new(&[("rides.csv", RIDES)]);
    let wrote = folder.run(&["new", "rides", "--csv", "rides.csv", "--target", "Fahrten"]);
    assert!(wrote.ends_with("--- exit 0\n"), "{wrote}");
    let tidy = folder.run(&["fmt", "--check", "rides.net"]) + &folder.run(&["check", "-q", "rides.net"]);
    assert_eq!(tidy.matches("--- exit 0\n").count(), 2, "{tidy}");
    let trained = folder.run(&["train", "-q", "rides.net", "--epochs", "2", "-o", "run"]);
    assert!(trained.ends_with("--- exit 0\n"), "{trained}");
    let judged = folder.run(&["eval", "run", "--input", "rides.csv"]);
    assert!(judged.contains("input  240 rows  loss"), "{judged}");
    let predicted = folder.command(&["predict", "run", "--input", "rides.csv"]).output().unwrap();
    assert_eq!(String::from_utf8(predicted.stdout).unwrap().lines().count(), 241);
    masked(|| insta::assert_snapshot!(folder.read("rides.net")));
}

/// Gaps that only test rows have, a test file, ids, names: trained, judged on its own file, and asked about single rows.
#[test]
fn a_table_with_gaps_in_the_test_rows_alone_runs_whole() {
    let folder = voyage();
    let trained = folder.run(&["train", "-q", "voyage.net", "-o", "run"]);
    assert!(trained.ends_with("--- exit 0\n"), "{trained}");
    let own = folder.json(&["eval", "run", "--json"]);
    let accuracy = own["test"]["accuracy"].as_f64().expect("a figure");
    let judged = folder.run(&["eval", "run", "--input", "voyage_test.csv"]);
    let figures = judged.lines().find(|line| line.starts_with("input  60 rows")).expect("figures");
    assert!(figures.contains(&format!(" accuracy {accuracy:.4} ")), "{own}\n{figures}");
    let rows = "Sex,Class,Age,Fare,Deck,Port\nfemale,1,,NA,,?\n";
    let answer = folder.run_with(&["predict", "run", "--input", "-"], rows);
    assert!(answer.ends_with("--- exit 0\n"), "{answer}");
}

/// A column of many categories is looked up, in a net that trains and predicts as it is written.
#[test]
fn many_categories_are_looked_up() {
    let streets = [
        "Elm", "Oak", "Ash", "Fir", "Yew", "Bay", "Box", "Gum", "Teak", "Pine", "Lime", "Rowan", "Alder",
        "Maple",
    ];
    let row = |i: usize| {
        let (street, size) = ((i * 5 + i / 14) % streets.len(), 20 + (i * 37) % 80);
        let floor = ["low", "high"][i % 2];
        format!("{} Street,{size},{floor},{}\n", streets[street], 3 * street + size)
    };
    let table = "Home street,size,floor,rent\n".to_string() + &(0..140).map(row).collect::<String>();
    let only: String = table
        .lines()
        .map(|line| {
            let cells: Vec<&str> = line.split(',').collect();
            format!("{},{}\n", cells[0], cells[3])
        })
        .collect();
    let folder = Folder::new(&[
        ("flats.csv", &table),
        ("only.csv", &only),
        ("new.csv", "size,floor,Home street\n50,low,Oak Street\n50,low,Kauri Street\n"),
    ]);
    let said = folder.run(&["data", "flats.csv"]);
    assert!(said.contains("Home street: 14 categories, which a net may look up -> input home_street: category[_], and `embedding 7` behind it"), "{said}");
    for name in ["flats", "only"] {
        let file = format!("{name}.csv");
        let wrote = folder.run(&["new", name, "--csv", &file]);
        assert!(wrote.ends_with("--- exit 0\n"), "{wrote}");
        let net = format!("{name}.net");
        let tidy = folder.run(&["fmt", "--check", &net]);
        assert!(tidy.ends_with("--- exit 0\n"), "{tidy}");
        let trained = folder.run(&["train", "-q", &net, "--epochs", "2", "-o", name]);
        assert!(trained.ends_with("--- exit 0\n"), "{trained}");
    }
    let predicted = folder.run(&["predict", "flats", "--input", "new.csv"]);
    assert!(predicted.ends_with("--- exit 0\n") && rows_of(&predicted) == 2, "{predicted}");
    let net = folder.read("flats.net");
    let begins = "  input home_street: category[_], x: real[_]  # a category has a vector, which is learnt; x: the other columns\n  from home_street\n  home_street_vector: embedding 7\n  concat home_street_vector, x\n  dense 32 ";
    assert!(net.contains(begins) && net.contains("unknown=zero"), "{net}");
    assert!(!folder.read("only.net").contains("concat"));
}

/// Lines of numbers in a transcript.
fn rows_of(said: &str) -> usize {
    said.lines().filter(|line| line.parse::<f64>().is_ok()).count()
}
