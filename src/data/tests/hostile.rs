//! Whatever the bytes are, reading them ends with data or a fault, never with a panic.

use std::path::Path;

use proptest::prelude::*;

use super::super::sources::{idx, npy};
use super::*;

/// Text that looks a little like a table.
fn tables() -> impl Strategy<Value = String> {
    let cell = prop_oneof![Just(String::new()), "[0-9.e-]{1,6}", "[a-c]", "\"[a,\n]{0,3}\"?", "NA", "é"];
    let row = prop::collection::vec(cell, 0..5).prop_map(|cells| cells.join(","));
    prop::collection::vec(row, 0..8).prop_map(|rows| rows.join("\n"))
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 96, ..ProptestConfig::default() })]

    #[test]
    fn tables_end_with_data_or_a_fault(rows in tables(), header in any::<bool>(), policy in 0..3usize) {
        let args = [("header", Value::Bool(header)), ("missing", word(["error", "drop", "mean"][policy]))];
        let split = ("split", vec![("valid", n(0.3)), ("test", n(0.2))]);
        let _ = csv(&rows, &args, &[split, ("normalize", vec![])], &need(2, Want::Class(2)));
        let transform = csv("sex,mass,kind\nf,1,a\nm,2,b\n", &[], &[], &need(3, Want::Class(2))).unwrap().transform;
        let _ = transform.apply_csv(rows.into_bytes(), "-");
    }

    #[test]
    fn binary_headers_end_with_data_or_a_fault(tail in prop::collection::vec(any::<u8>(), 0..64), flip in 0..80usize, to in any::<u8>()) {
        let _ = idx::parse([vec![0, 0, 8], tail.clone()].concat(), "x", "pictures");
        let mut bytes = b"\x93NUMPY\x01\x00\x46\x00{'descr': '<f4', 'fortran_order': False, 'shape': (2, 3), }            \n".to_vec();
        bytes.extend(&tail);
        bytes[flip] = to;
        let _ = npy::array(&bytes, "x");
    }
}

#[test]
fn folders_are_no_files() {
    let folder = tempfile::tempdir().unwrap();
    let config = config(&[("csv", vec![("file", text("."))])]);
    let search = Search::new(folder.path(), Path::new("/nowhere"), None);
    assert_eq!(super::super::probe(&config, &search).unwrap_err().code, "E0520");
}
