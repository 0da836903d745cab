//! Where data are found: files that dropnet wrote name them as the file did that they were made of.

use crate::support::Folder;

const NET: &str = "\
edition 1

param p = 0.1

data {
  source csv, \"t.csv\"
  target y
  split valid=20%, test=20%
  batch 16
}

net {
  input x: real[2]
  dense 8 -> relu -> dropout p
  dense 1
  output y: real[1]
}

train {
  loss squared_error
  optimizer adam, lr=0.01
  epochs 2
}

sweep {
  vary p, [0, 0.2]
  goal min, valid.loss
}
";

/// A net with its table in `home`, a run and a sweep of it in `home/runs`, and a working directory `else` beside it.
fn with_runs() -> Folder {
    let folder = Folder::new(&[]);
    let make = |name: &str| std::fs::create_dir_all(folder.path().join(name)).unwrap();
    ["home", "else"].into_iter().for_each(make);
    let row = |i: u32| format!("{},{},{}\n", i % 7, i % 5, (i * 3) % 11);
    let table = "a,b,y\n".to_string() + &(0..80).map(row).collect::<String>();
    std::fs::write(folder.path().join("home/t.csv"), table).unwrap();
    std::fs::write(folder.path().join("home/m.net"), NET).unwrap();
    done(&folder, "home", &["train", "m.net", "-q", "-o", "runs/p"]);
    done(&folder, "home", &["sweep", "m.net", "-q", "-o", "runs/s"]);
    folder
}

fn run_in(folder: &Folder, place: &str, args: &[&str]) -> String {
    let output = folder.command(args).current_dir(folder.path().join(place)).output().unwrap();
    let text = [&output.stdout[..], &output.stderr[..]].concat();
    format!("{}--- exit {}\n", String::from_utf8(text).unwrap(), output.status.code().unwrap())
}

fn done(folder: &Folder, place: &str, args: &[&str]) -> String {
    let said = run_in(folder, place, args);
    assert!(said.ends_with("--- exit 0\n"), "{args:?}: {said}");
    said
}

/// The net of a run trains to that run again, from wherever it is called; so does what is made of it, when it is gone itself.
#[test]
fn the_net_of_a_run_finds_its_data() {
    let folder = with_runs();
    let last = |run: &str| std::fs::read(folder.path().join(run).join("last.ckpt")).unwrap();
    done(&folder, "home", &["train", "runs/p/model.net", "-q", "-o", "again"]);
    done(&folder, "else", &["train", "../home/runs/p/model.net", "-q", "-o", "q"]);
    assert_eq!([last("home/again"), last("else/q")], [last("home/runs/p"), last("home/runs/p")]);
    std::fs::rename(folder.path().join("home/runs/p"), folder.path().join("moved")).unwrap();
    for run in ["q", "../moved"] {
        let scored = done(&folder, "else", &["eval", run]);
        assert_eq!(scored, done(&folder, "home", &["eval", "again"]));
    }
    done(&folder, "else", &["train", "q/model.net", "-q", "-o", "r"]);
    assert_eq!(last("else/r"), last("moved"));
}

#[test]
fn the_best_of_a_sweep_finds_its_data() {
    let folder = with_runs();
    done(&folder, "home", &["train", "runs/s/best.net", "-q", "-o", "best"]);
    for (place, best) in [("home", "runs/s/best.net"), ("else", "../home/runs/s/best.net")] {
        done(&folder, place, &["check", "--data", best]);
        done(&folder, place, &["train", best, "-q", "-o", "b"]);
        done(&folder, place, &["sweep", best, "-q", "-o", "s"]);
        done(&folder, place, &["bench", best, "--threads", "1", "--seconds", "0"]);
    }
    done(&folder, "else", &["eval", "b"]);
    done(&folder, "else", &["train", "s/best.net", "-q", "-o", "c"]);
}

/// The working directory comes behind all places that belong to the file.
#[test]
fn places_have_an_order() {
    let folder = with_runs();
    let other = "a,b,y\n".to_string() + &"1,2,3\n".repeat(80);
    for place in ["else", "else/data"] {
        std::fs::create_dir_all(folder.path().join(place)).unwrap();
        std::fs::write(folder.path().join(place).join("t.csv"), &other).unwrap();
    }
    done(&folder, "else", &["eval", "../home/runs/p"]);
    std::fs::create_dir(folder.path().join("nets")).unwrap();
    std::fs::write(folder.path().join("nets/m.net"), NET).unwrap();
    // With nothing beside the file, the working directory and its `data/` have a table.
    done(&folder, "else", &["check", "--data", "../nets/m.net"]);
    std::fs::remove_file(folder.path().join("else/t.csv")).unwrap();
    done(&folder, "else", &["check", "--data", "../nets/m.net"]);
    std::fs::remove_file(folder.path().join("else/data/t.csv")).unwrap();
    let missing = run_in(&folder, "else", &["check", "--data", "../nets/m.net"]);
    assert!(
        missing.contains(
            "sought beside the .net file, in the working directory, in data/ of the working directory\n"
        ) && missing.ends_with("--- exit 3\n"),
        "{missing}"
    );
    std::fs::remove_file(folder.path().join("home/t.csv")).unwrap();
    let missing = run_in(&folder, "else", &["train", "../home/runs/s/best.net"]);
    let home = folder.path().canonicalize().unwrap().join("home");
    assert!(
        missing.contains(&format!("beside the file that it was made of, in {}, ", home.display())),
        "{missing}"
    );
}
