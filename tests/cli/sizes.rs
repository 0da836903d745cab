//! Sizes that nobody can have: said before anything is made, in a folder or in memory.

use crate::support::Folder;

const NET: &str = "\
edition 1

param w = 8

data {
  source moons, rows=100
  split valid=20%, test=20%
}

net {
  input x: real[2]
  dense w -> relu -> dropout 0.2
  dense w -> relu
  dense 2
  output y: class[2]
}

train {
  loss cross_entropy
  optimizer sgd, lr=0.1
  epochs 1
}

sweep {
  vary w, [4, 8]
  goal min, valid.loss
}
";

/// A weight of 640 GB: no folder is left of what could not begin.
#[test]
fn a_net_that_finds_no_room_leaves_no_folder() {
    let folder = Folder::new(&[("m.net", NET)]);
    let wide = ["--set", "w=400000"];
    for command in [&["train", "m.net", "-o", "r"][..], &["bench", "m.net"]] {
        let said = folder.run(&[command, &wide].concat());
        for part in [
            "error: there is no room to train this net: 1.9 TB of memory are needed",
            "  = the largest parameter is `dense_2.weight` with 160_000_000_000 numbers\n",
            "help: narrower layers, or a smaller `batch`\n--- exit 3\n",
        ] {
            assert!(said.contains(part), "{said}");
        }
    }
    std::fs::write(folder.path().join("m.net"), NET.split("sweep {").next().unwrap()).unwrap();
    let alone = folder.run(&["experiment", "m.net", "-o", "f", "--set", "w=400000"]);
    assert!(alone.contains("there is no room") && alone.ends_with("--- exit 3\n"), "{alone}");
    assert!(!folder.path().join("r").exists() && !folder.path().join("f").exists());
}

#[test]
fn numbers_of_trials_have_an_end() {
    let folder = Folder::new(&[("m.net", NET)]);
    let mut all = String::new();
    for args in [
        &["experiment", "m.net", "-o", "e", "--splits", "1000000000"][..],
        &["experiment", "m.net", "-o", "e", "--splits", "4000000000", "--seeds", "4000000000"],
        &["experiment", "m.net", "-o", "e", "--seed", "18446744073709551615", "--seeds", "2"],
        &["train", "m.net", "-o", "r", "--seed", "18446744073709551615", "--seeds", "3"],
    ] {
        all += &folder.run(args);
    }
    insta::assert_snapshot!(all);
    assert!(!folder.path().join("e").exists() && !folder.path().join("r").exists());
    // The last seed that there is.
    let last =
        folder.run(&["train", "m.net", "-q", "-o", "r", "--seed", "18446744073709551614", "--seeds", "2"]);
    assert!(
        last.ends_with("--- exit 0\n")
            && folder.path().join("r/seed-18446744073709551615/last.ckpt").exists(),
        "{last}"
    );
}

/// Like a full disk: what cannot be written is said, and the exit code is that of files.
#[cfg(unix)]
#[test]
fn a_limit_on_the_size_of_files_is_an_error() {
    let folder = Folder::new(&[("m.net", NET)]);
    let limited =
        format!("ulimit -f 8; exec {} train m.net --set w=64 -q -o r", env!("CARGO_BIN_EXE_dropnet"));
    let output =
        std::process::Command::new("sh").args(["-c", &limited]).current_dir(folder.path()).output().unwrap();
    let said = String::from_utf8_lossy(&output.stderr);
    assert_eq!(output.status.code(), Some(3), "{:?}: {said}", output.status);
    assert!(said.starts_with("error: ") && said.to_lowercase().contains("too large"), "{said}");
}
