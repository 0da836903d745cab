//! Rows that need not fit in memory: in an address space with room for the process and a third of a file, its rows are trained on and
//! predicted, with the bits of the same rows in memory.

use std::fs::File;
use std::io::{BufWriter, Write};
use std::path::Path;
use std::process::Output;

use assert_cmd::Command;
use dropnet::internal::runtime::container;

use crate::support::Folder;

/// Bytes of a large file, and of one whose rows fill the blocks that are read ahead.
const LARGE: usize = 48 << 20;
const SMALL: usize = 8 << 20;

/// A command in an address space of so many kilobytes.
fn limited(folder: &Folder, kilobytes: usize, args: &[&str]) -> Output {
    let shell = format!("ulimit -v {kilobytes}; exec \"$0\" \"$@\"");
    let mut command = Command::new("sh");
    command.args(["-c", &shell, env!("CARGO_BIN_EXE_dropnet")]).args(args).current_dir(folder.path());
    command.env_remove("DROPNET_DATA").output().expect("a shell")
}

/// The least address space, to 2 MB, in which a command ends well.
fn least(folder: &Folder, args: &[&str]) -> usize {
    let succeeds = |kilobytes: usize| {
        let _ = std::fs::remove_dir_all(folder.path().join("small"));
        limited(folder, kilobytes, args).status.success()
    };
    let (mut low, mut high) = (0, 256_000);
    assert!(succeeds(high), "{args:?}");
    while high - low > 2_000 {
        let middle = low.midpoint(high);
        match succeeds(middle) {
            true => high = middle,
            false => low = middle,
        }
    }
    high
}

/// Room for a process that does the same to a small file, and for a third of the large one: the allocator takes blocks of 4 MB, and some
/// more of them where more rows go by.
fn room(folder: &Folder, args: &[&str]) -> usize {
    least(folder, args) + LARGE / 3 / 1024
}

fn net(source: &str, shape: &str) -> String {
    format!(
        "data {{\n  source {source}\n  batch 64\n}}\n\nnet {{\n  input x: real[{shape}]\n  flatten -> dense 4 -> relu -> dropout 0.3\n  \
         dense 2\n  output y: class[2]\n}}\n\ntrain {{\n  loss cross_entropy\n  optimizer sgd, lr=0.01\n  epochs 1\n}}\n"
    )
}

/// Numbers that are no zeros and look alike nowhere, 4 bytes of each row's index and column.
fn write_npy(path: &Path, rows: usize, width: usize) {
    let mut file = BufWriter::new(File::create(path).expect("a file"));
    let header = format!("{{'descr': '<f4', 'fortran_order': False, 'shape': ({rows}, {width}), }}\n");
    file.write_all(b"\x93NUMPY\x01\0").expect("a file");
    file.write_all(&(header.len() as u16).to_le_bytes()).expect("a file");
    file.write_all(header.as_bytes()).expect("a file");
    for i in 0..rows * width {
        let number = (i as u32).wrapping_mul(2_654_435_761) >> 8;
        file.write_all(&(number as f32 / 16_777_216.0 - 0.5).to_le_bytes()).expect("a file");
    }
}

/// A class a row, as numbers of 8 bits.
fn write_classes_npy(path: &Path, rows: usize) {
    let header = format!("{{'descr': '|u1', 'fortran_order': False, 'shape': ({rows},), }}\n");
    let classes = (0..rows).map(|row| (row % 3 == 0).into());
    let head = [b"\x93NUMPY\x01\0", &(header.len() as u16).to_le_bytes()[..], header.as_bytes()].concat();
    std::fs::write(path, [head, classes.collect()].concat()).expect("a file");
}

fn write_idx(path: &Path, dims: &[usize], bytes: impl Iterator<Item = u8>) {
    let dims: Vec<u8> = [0, 0, 8, dims.len() as u8]
        .into_iter()
        .chain(dims.iter().flat_map(|d| (*d as u32).to_be_bytes()))
        .collect();
    let mut file = BufWriter::new(File::create(path).expect("a file"));
    file.write_all(&dims).expect("a file");
    bytes.for_each(|byte| file.write_all(&[byte]).expect("a file"));
}

/// Files `NAME.x` and `NAME.y`, and nets that keep their rows on disk and in memory.
fn write(folder: &Folder, form: Form, name: &str, bytes: usize) {
    let at = |ending: &str| folder.path().join(format!("{name}.{ending}"));
    let source = match form {
        Form::Npy => {
            let rows = bytes / 4096;
            write_npy(&at("x"), rows, 1024);
            write_classes_npy(&at("y"), rows);
            format!("npy, inputs=\"{name}.x\", target=\"{name}.y\"")
        }
        Form::Idx => {
            let rows = bytes / 1024;
            write_idx(&at("x"), &[rows, 32, 32], (0..rows * 1024).map(|i| (i * 31 / 7) as u8));
            write_idx(&at("y"), &[rows], (0..rows).map(|row| (row % 3 == 0).into()));
            format!("idx, images=\"{name}.x\", labels=\"{name}.y\"")
        }
    };
    let shape = if matches!(form, Form::Npy) { "1024" } else { "32, 32" };
    for keep in ["disk", "memory"] {
        let text = net(&format!("{source}, keep={keep}"), shape);
        std::fs::write(folder.path().join(format!("{name}-{keep}.net")), text).expect("a file");
    }
}

#[derive(Clone, Copy)]
enum Form {
    Npy,
    Idx,
}

/// The tensors of a run's last checkpoint, byte by byte.
fn tensors(folder: &Folder, run: &str) -> Vec<(String, Vec<u8>)> {
    let (_, tensors) = container::read(&folder.path().join(run).join("last.ckpt")).expect("a checkpoint");
    tensors.into_iter().map(|(name, tensor)| (name, tensor.data.bytes().to_vec())).collect()
}

fn train<'a>(net: &'a str, run: &'a str) -> [&'a str; 7] {
    ["train", net, "-q", "--threads", "1", "-o", run]
}

fn said(output: &Output) -> String {
    String::from_utf8_lossy(&output.stderr).into_owned()
}

fn rows_in_a_file_are_those_in_memory(form: Form) {
    let folder = Folder::new(&[]);
    write(&folder, form, "small", SMALL);
    write(&folder, form, "large", LARGE);
    let room = room(&folder, &train("small-disk.net", "small"));
    let filed = limited(&folder, room, &train("large-disk.net", "filed"));
    assert!(filed.status.success(), "in {room} kB: {}", said(&filed));
    let refused = limited(&folder, room, &train("large-memory.net", "refused"));
    assert_eq!(refused.status.code(), Some(3), "{}", said(&refused));
    assert!(said(&refused).contains("error[E0540]: there is not enough memory"), "{}", said(&refused));
    assert!(folder.run(&train("large-memory.net", "held")).ends_with("--- exit 0\n"));
    assert_eq!(tensors(&folder, "filed"), tensors(&folder, "held"));
    assert!(folder.run(&train("small-disk.net", "small-filed")).ends_with("--- exit 0\n"));
    let eval = |net: &str, run: &str| folder.run(&["eval", run, "--threads", "1"]).replace(net, "");
    let room = self::room(&folder, &["eval", "small-filed", "--threads", "1"]);
    let evaluated = limited(&folder, room, &["eval", "filed", "--threads", "1"]);
    assert!(evaluated.status.success(), "{}", said(&evaluated));
    let figures = String::from_utf8_lossy(&evaluated.stdout).into_owned();
    assert!(eval("held", "held").contains(&figures), "{figures}");
    let predict = |input: &'static str| ["predict", "filed", "--input", input, "--threads", "1"];
    let predicted = limited(&folder, room, &predict("large.x"));
    assert!(predicted.status.success(), "{}", said(&predicted));
    // Standard input has no rows that could be left there.
    let rows = File::open(folder.path().join("large.x")).expect("a file");
    let read = std::process::Command::new(env!("CARGO_BIN_EXE_dropnet"))
        .args(predict("-"))
        .current_dir(folder.path())
        .stdin(rows)
        .output()
        .expect("the binary runs");
    assert!(read.status.success(), "{}", said(&read));
    assert!(read.stdout.len() > 100_000 && read.stdout == predicted.stdout);
}

#[test]
fn arrays_are_trained_on_by_row() {
    rows_in_a_file_are_those_in_memory(Form::Npy);
}

#[test]
fn pictures_are_trained_on_by_row() {
    rows_in_a_file_are_those_in_memory(Form::Idx);
}
