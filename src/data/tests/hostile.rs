//! Whatever the bytes are, reading them ends with data or a fault, never with a panic.

use std::io::Write;
use std::path::Path;

use flate2::{Compression, write::GzEncoder};
use proptest::prelude::*;

use super::super::files;
use super::super::sources::{idx, npy};
use super::*;

/// Text that looks a little like a table.
fn tables() -> impl Strategy<Value = String> {
    let cell = prop_oneof![
        Just(String::new()),
        "[0-9.e-]{1,6}",
        "[0-9]{1,3},[0-9]{1,3}%?",
        "[a-c]",
        "\"[a,\n]{0,3}\"?",
        "\"?NA\"?",
        "é"
    ];
    let row = prop::collection::vec(cell, 0..5).prop_map(|cells| cells.join(","));
    prop::collection::vec(row, 0..8).prop_map(|rows| rows.join("\n"))
}

/// A few bytes of a sound file replaced, taken out or put in.
fn bent(bytes: Vec<u8>) -> impl Strategy<Value = Vec<u8>> {
    let change = (any::<prop::sample::Index>(), any::<u8>(), 0..4u8);
    prop::collection::vec(change, 0..4).prop_map(move |changes| {
        let mut bytes = bytes.clone();
        for (at, byte, how) in changes {
            let at = at.index(bytes.len().max(1));
            match how {
                0 => bytes.truncate(at),
                1 => bytes.insert(at.min(bytes.len()), byte),
                2 if at < bytes.len() => drop(bytes.remove(at)),
                _ => {
                    if let Some(slot) = bytes.get_mut(at) {
                        *slot = byte;
                    }
                }
            }
        }
        bytes
    })
}

fn npy_file(version: u8, descr: &str, shape: &str, bytes: usize) -> Vec<u8> {
    let header = format!("{{'descr': '{descr}', 'fortran_order': False, 'shape': {shape}, }}   \n");
    let length = match version {
        1 => (header.len() as u16).to_le_bytes().to_vec(),
        _ => (header.len() as u32).to_le_bytes().to_vec(),
    };
    [b"\x93NUMPY".to_vec(), vec![version, 0], length, header.into_bytes(), vec![1; bytes]].concat()
}

fn npy_files() -> impl Strategy<Value = Vec<u8>> {
    let kinds =
        prop::sample::select(vec![("<f4", 4), ("<f8", 8), ("|u1", 1), ("<i8", 8), ("|b1", 1), (">u2", 2)]);
    let shapes = prop::sample::select(vec![
        ("(2, 3)", 6),
        ("(4,)", 4),
        ("()", 1),
        ("(0, 9)", 0),
        ("(9223372036854775807, 4)", 4),
    ]);
    let whole = (1..=4u8, kinds, shapes)
        .prop_map(|(version, (descr, size), (shape, n))| npy_file(version, descr, shape, n * size));
    whole.prop_flat_map(bent)
}

fn idx_files() -> impl Strategy<Value = Vec<u8>> {
    let dims = prop::collection::vec(prop_oneof![0..4u32, Just(u32::MAX)], 0..5);
    let whole = dims.prop_map(|dims| {
        let size = dims.iter().fold(1usize, |n, d| n.saturating_mul(*d as usize)).min(64);
        let mut bytes = vec![0, 0, 8, dims.len() as u8];
        bytes.extend(dims.iter().flat_map(|d| d.to_be_bytes()));
        bytes.extend(vec![1; size]);
        bytes
    });
    whole.prop_flat_map(bent)
}

fn gzip_files() -> impl Strategy<Value = Vec<u8>> {
    let whole = prop::collection::vec(any::<u8>(), 0..200).prop_map(|bytes| {
        let mut encoder = GzEncoder::new(Vec::new(), Compression::fast());
        encoder.write_all(&bytes).expect("a vector");
        encoder.finish().expect("a vector")
    });
    whole.prop_flat_map(bent)
}

/// Rows as they are, in UTF-16, packed, and with bytes that do not belong there.
fn raw_rows() -> impl Strategy<Value = Vec<u8>> {
    let wide = |text: String| format!("\u{feff}{text}").encode_utf16().flat_map(u16::to_le_bytes).collect();
    prop_oneof![
        prop::collection::vec(any::<u8>(), 0..64),
        tables().prop_flat_map(|text| bent(text.into_bytes())),
        tables().prop_map(wide).prop_flat_map(bent),
        gzip_files(),
    ]
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 96, ..ProptestConfig::default() })]

    #[test]
    fn tables_end_with_data_or_a_fault(rows in tables(), header in any::<bool>(), policy in 0..3usize, named in any::<bool>()) {
        let mut args = vec![("header", Value::Bool(header)), ("missing", word(["error", "drop", "mean"][policy]))];
        if named {
            args.push(("na", list(vec![text("a"), n(1.0)])));
        }
        let split = ("split", vec![("valid", n(0.3)), ("test", n(0.2))]);
        let _ = csv(&rows, &args, &[split, ("normalize", vec![])], &need(2, Want::Class(2)));
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 2000, ..ProptestConfig::default() })]

    #[test]
    fn rows_to_predict_end_with_inputs_or_a_fault(bytes in raw_rows()) {
        let table = csv("sex,mass,kind\nf,1,a\nm,2,b\n", &[], &[], &need(3, Want::Class(2))).unwrap().transform;
        if let Ok(read) = table.read_rows(bytes.clone(), "-") {
            prop_assert_eq!(row_floats(&read).len(), 3 * read.rows);
        }
        let rule = super::super::ArrayRule { width: 2, pairs: vec![super::super::Affine::SAME] };
        let arrays = super::super::Transform { inputs: need(2, Want::Class(2)).inputs, fields: super::super::Fields::Array(rule), ..table };
        if let Ok(read) = arrays.read_rows(bytes, "-") {
            prop_assert_eq!(row_floats(&read).len(), 2 * read.rows);
        }
    }

    #[test]
    fn arrays_end_with_numbers_or_a_fault(bytes in npy_files(), noise in prop::collection::vec(any::<u8>(), 0..64)) {
        if let Ok((shape, numbers)) = npy::array(bytes.clone(), "x") {
            prop_assert_eq!(shape.iter().product::<usize>(), numbers.len());
        }
        let _ = npy::array(noise.clone(), "x");
        let _ = npy::array([b"\x93NUMPY".to_vec(), noise].concat(), "x");
    }

    #[test]
    fn pictures_end_with_pixels_or_a_fault(bytes in idx_files(), noise in prop::collection::vec(any::<u8>(), 0..64)) {
        for bytes in [bytes, noise.clone(), [vec![0, 0, 8], noise].concat()] {
            if let Ok((shape, pixels)) = idx::parse(bytes, "x", "pictures") {
                prop_assert_eq!(shape.iter().product::<usize>(), pixels.len());
            }
        }
    }

    #[test]
    fn packed_bytes_end_with_bytes_or_a_fault(bytes in gzip_files(), noise in prop::collection::vec(any::<u8>(), 0..64)) {
        let _ = files::unpacked(bytes, "x");
        let _ = files::unpacked([vec![0x1f, 0x8b], noise].concat(), "x");
    }
}

#[test]
fn folders_are_no_files() {
    let folder = tempfile::tempdir().unwrap();
    let config = config(&[("csv", vec![("file", text("."))])]);
    let search = Search::new(folder.path(), Path::new("/nowhere"), None);
    assert_eq!(super::super::probe(&config, &search).unwrap_err().code, "E0520");
}
