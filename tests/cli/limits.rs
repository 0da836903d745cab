//! Files that need more memory than there is, or say so: under a limit on the address space every one is refused with exit code 3 and its reason.

use std::io::Write;

use assert_cmd::Command;
use flate2::{Compression, write::GzEncoder};

use crate::support::Folder;

/// The address space of a command, in kilobytes.
const LIMIT: &str = "2000000";

fn limited(folder: &Folder, args: &[&str]) -> String {
    let output = Command::new("sh")
        .args(["-c", &format!("ulimit -v {LIMIT}; exec \"$0\" \"$@\""), env!("CARGO_BIN_EXE_dropnet")])
        .args(args)
        .current_dir(folder.path())
        .env_remove("DROPNET_DATA")
        .output()
        .expect("a shell");
    let said = String::from_utf8_lossy(&output.stderr).into_owned();
    assert_eq!(output.status.code(), Some(3), "{args:?}: {said}");
    said
}

fn net(source: &str, input: &str) -> String {
    format!(
        "data {{\n  source {source}\n}}\n\nnet {{\n  input x: real[{input}]\n  flatten -> dense 2\n  output y: class[2]\n}}\n\n\
         train {{\n  loss cross_entropy\n  optimizer sgd, lr=0.1\n  epochs 1\n}}\n"
    )
}

fn npy(version: u8, length: u32, header: &str) -> Vec<u8> {
    let length = match version {
        1 => (length as u16).to_le_bytes().to_vec(),
        _ => length.to_le_bytes().to_vec(),
    };
    [b"\x93NUMPY".to_vec(), vec![version, 0], length, header.as_bytes().to_vec()].concat()
}

fn array(shape: &str) -> Vec<u8> {
    let header = format!("{{'descr': '<f4', 'fortran_order': False, 'shape': {shape}, }}\n");
    [npy(1, header.len() as u32, &header), vec![0; 32]].concat()
}

/// Zeros, packed again and again: small on disk, four gigabytes in memory.
fn bomb() -> Vec<u8> {
    let mut encoder = GzEncoder::new(Vec::new(), Compression::best());
    encoder.write_all(&vec![0; 64 << 20]).expect("a vector");
    encoder.finish().expect("a vector").repeat(64)
}

#[test]
fn hostile_files_are_refused_for_their_reason() {
    let deep = "(".repeat(60_000);
    let images = |dims: [u32; 3]| {
        [vec![0, 0, 8, 3], dims.iter().flat_map(|d| d.to_be_bytes()).collect(), vec![0; 64]].concat()
    };
    let files: [(&str, Vec<u8>, &str); 9] = [
        ("long2.npy", npy(2, u32::MAX, &" ".repeat(100)), "E0521]: the npy file ends within its header"),
        ("long3.npy", npy(3, u32::MAX - 7, "{'descr': '<f4'"), "E0521]: the npy file ends within its header"),
        ("short.npy", b"\x93NUMPY\x01".to_vec(), "E0521]: the npy file ends within its header"),
        (
            "deep.npy",
            npy(1, 60_000, &deep),
            "E0529]: the npy file cannot be used: its header is nested deeper",
        ),
        (
            "wraps.npy",
            array("(4611686018427387905, 4)"),
            "E0521]: the npy file is shorter than its header says",
        ),
        ("many.npy", array("(4000000000, 8)"), "E0521]: the npy file is shorter than its header says"),
        ("huge.idx", images([u32::MAX; 3]), "E0521]: the file is not as long as its header says"),
        ("flat.idx", images([64, 0, 0])[..16].to_vec(), "E0528]: the file holds pictures without a pixel"),
        ("bomb.idx.gz", bomb(), "E0540]: there is not enough memory"),
    ];
    let folder =
        Folder::new(&[("labels", "\0\0\u{8}\u{1}\0\0\0@"), ("t.csv", "a,b,y\n1,2,x\n2,3,z\n3,1,x\n")]);
    let mut labels =
        std::fs::OpenOptions::new().append(true).open(folder.path().join("labels")).expect("a file");
    labels.write_all(&[0; 64]).expect("a file");
    for (name, bytes, reason) in files {
        std::fs::write(folder.path().join(name), bytes).expect("a file");
        let source = match name.ends_with(".npy") {
            true => format!("npy, inputs=\"{name}\", target=\"{name}\""),
            false => format!("idx, images=\"{name}\", labels=\"labels\""),
        };
        std::fs::write(folder.path().join("m.net"), net(&source, "8, 1, 1")).expect("a file");
        let said = limited(&folder, &["check", "--data", "m.net"]);
        assert!(said.contains(reason), "{name}: {said}");
    }
}

#[test]
fn what_needs_more_memory_than_there_is_says_how_much() {
    let commas = ",".repeat(2_500_000);
    let folder = Folder::new(&[
        ("moons.net", &net("moons, rows=2_000_000_000", "2, 1, 1")),
        ("blobs.net", &net("blobs, rows=4, features=2_000_000_000, classes=2", "2, 1, 1")),
        ("line.net", &net("line, rows=2_000_000_000", "1, 1, 1")),
        ("friedman.net", &net("friedman, rows=1_000_000, features=1_000_000", "10, 1, 1")),
        ("wide.net", &net("csv, \"wide.csv\"", "2, 1, 1")),
        ("wide.csv", &commas),
    ]);
    for name in ["moons", "blobs", "line", "friedman", "wide"] {
        let net = format!("{name}.net");
        for command in [&["check", "--data", &net][..], &["train", &net, "-o", "run"]] {
            let said = limited(&folder, command);
            assert!(said.contains("E0540]: there is not enough memory"), "{name}: {said}");
            let amount =
                said.lines().find(|line| line.contains(" of memory are needed, ")).unwrap_or_default();
            assert!(amount.ends_with(" are there"), "{name}: {said}");
        }
    }
}

/// Rows to predict come from outside too.
#[test]
fn hostile_rows_are_refused_for_their_reason() {
    let table = net("csv, \"t.csv\"", "2").replace("flatten -> ", "");
    let folder = Folder::new(&[("m.net", &table), ("t.csv", "a,b,y\n1,2,x\n2,3,z\n3,1,x\n")]);
    assert!(folder.run(&["train", "m.net", "-q", "-o", "run"]).ends_with("exit 0\n"));
    for (name, bytes, reason) in [
        ("bomb.gz", bomb(), "E0540]: there is not enough memory"),
        ("wide.csv", ",".repeat(2_500_000).into_bytes(), "E0540]: there is not enough memory"),
        (
            "later.csv",
            format!("1,2\n{}\n", ",".repeat(20_000_000)).into_bytes(),
            "E0522]: 20000001 fields where 2",
        ),
    ] {
        std::fs::write(folder.path().join(name), bytes).expect("a file");
        let said = limited(&folder, &["predict", "run", "--input", name]);
        assert!(said.contains(reason), "{name}: {said}");
    }
}
