//! Index files: one row number (from 0) a line, as whole numbers or as NumPy writes them (`12`, `12.0`, `1.2e1`).

use std::path::Path;

use super::divide::Listed;
use super::error::{DataError, counted};
use super::files;
use crate::vocab::exactly;

/// Reads `PREFIX_train_NUMBER.txt` and `PREFIX_test_NUMBER.txt` in the data file's folder.
///
/// # Errors
/// E0520 if a file is missing; E0537 for a line that is no row number, a row that the table lacks, or one that stands twice.
pub(super) fn read(
    folder: &Path,
    prefix: &str,
    number: Option<usize>,
    rows: usize,
) -> Result<Listed, DataError> {
    let mut taken = vec![false; rows];
    let mut part = |part: &str| {
        let name = match number {
            Some(number) => format!("{prefix}_{part}_{number}.txt"),
            None => format!("{prefix}_{part}.txt"),
        };
        let path = folder.join(&name);
        if !path.is_file() {
            return Err(DataError::new("E0520", "index file not found")
                .file(&name)
                .note("it is sought beside the data file")
                .help("`split given=\"index\", number=0` reads index_train_0.txt and index_test_0.txt"));
        }
        numbers(&files::text(&path, &name)?, &name, &mut taken)
    };
    Ok(Listed { train: part("train")?, test: part("test")? })
}

fn numbers(text: &str, name: &str, taken: &mut [bool]) -> Result<Vec<u32>, DataError> {
    let mut found = Vec::new();
    for (i, line) in text.lines().enumerate().filter(|(_, line)| !line.trim().is_empty()) {
        let fault = |message: String| DataError::new("E0537", message).file(name).line(i as u64 + 1);
        let word = line.trim();
        let row = word.parse::<f64>().ok().filter(|x| *x >= 0.0 && x.fract() == 0.0);
        let row =
            row.ok_or_else(|| fault(format!("`{word}` is not a row number")).note("rows count from 0"))?;
        let rows = taken.len();
        let slot = taken.get_mut(row as usize).ok_or_else(|| {
            fault(format!("there is no row {}", exactly(row)))
                .note(format!("the table has {}, from 0", counted(rows, "row")))
        })?;
        if std::mem::replace(slot, true) {
            return Err(fault(format!("row {} stands twice", exactly(row)))
                .note("in this file, or in the training and the test file"));
        }
        found.push(row as u32);
    }
    if found.is_empty() {
        return Err(DataError::new("E0528", "the index file names no row").file(name));
    }
    Ok(found)
}

#[cfg(test)]
mod tests {
    use std::fs;

    use super::*;

    fn listed(train: &str, test: &str) -> Result<Listed, DataError> {
        let folder = tempfile::tempdir().unwrap();
        fs::write(folder.path().join("index_train_3.txt"), train).unwrap();
        fs::write(folder.path().join("index_test_3.txt"), test).unwrap();
        read(folder.path(), "index", Some(3), 6)
    }

    #[test]
    fn numpy_text_is_read() {
        let listed = listed("4\n0.0\n2.000000000000000000e+00\n", "5\n1\n\n").unwrap();
        assert_eq!(listed, Listed { train: vec![4, 0, 2], test: vec![5, 1] });
    }

    #[test]
    fn faults_have_a_line() {
        let faults: Vec<String> =
            [listed("0\n1.5\n", "2"), listed("0\n6", "1"), listed("0\n1", "1"), listed("0", "\n")]
                .into_iter()
                .map(|r| r.unwrap_err().to_string())
                .collect();
        insta::assert_snapshot!(faults.join("\n\n"));
        let folder = tempfile::tempdir().unwrap();
        assert_eq!(read(folder.path(), "index", None, 6).unwrap_err().code, "E0520");
    }
}
