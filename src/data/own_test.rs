//! A source's own test part beside its training part: rows of the same shape and type, targets of the same kind.

use super::error::DataError;
use super::inputs::{Inputs, Precision};
use super::raw::{Arrays, RawTarget};

/// # Errors
/// E0533 for rows, E0532 for targets that differ.
pub(super) fn check(train: &Arrays, test: &Arrays) -> Result<(), DataError> {
    if train.shape != test.shape {
        return Err(DataError::new("E0533", "the test rows have another shape than the training rows")
            .file(&test.file)
            .note(format!("{:?} here, {:?} in {}", test.shape, train.shape, train.file))
            .help("one of the two files belongs to another set"));
    }
    let (here, there) = (kind_of(&test.data), kind_of(&train.data));
    if here != there {
        return Err(DataError::new("E0533", "the test rows have another type than the training rows")
            .file(&test.file)
            .note(format!(
                "{here} here, {there} in {}: what is fitted to one would not fit the other",
                train.file
            ))
            .help("save both with the same type and scale"));
    }
    let (here, there) = (width_of(&test.target), width_of(&train.target));
    if here != there {
        return Err(DataError::new("E0532", "the test targets have another width than the training targets")
            .file(&test.target_file)
            .note(format!("{here} a row here, {there} in {}", train.target_file))
            .help("one of the two files belongs to another set"));
    }
    Ok(())
}

fn kind_of(data: &Inputs) -> &'static str {
    match data.precision() {
        Precision::Byte => "bytes",
        Precision::Short | Precision::Long => "numbers with fractions",
    }
}

fn width_of(target: &RawTarget) -> usize {
    match target {
        RawTarget::Labels { .. } => 1,
        RawTarget::Numbers { width, .. } => *width,
        RawTarget::Columns(columns) => columns.len(),
    }
}

#[cfg(test)]
mod tests {
    use super::super::raw::Stored;
    use super::*;

    fn arrays(side: usize, data: Stored, width: usize) -> Arrays {
        let target = RawTarget::Numbers { data: vec![0.0; width], width };
        Arrays { target_file: "y".into(), ..Arrays::of("x", 1, vec![side, side], data, target) }
    }

    #[test]
    fn what_differs_is_named() {
        let train = arrays(2, Stored::U8(vec![0; 4]), 1);
        let refused = |test: Arrays| check(&train, &test).unwrap_err().to_string();
        check(&train, &arrays(2, Stored::U8(vec![1; 4]), 1)).unwrap();
        assert!(refused(arrays(3, Stored::U8(vec![0; 9]), 1)).contains("[3, 3] here, [2, 2] in x"));
        assert!(
            refused(arrays(2, Stored::F32(vec![0.0; 4]), 1)).contains("numbers with fractions here, bytes")
        );
        assert!(refused(arrays(2, Stored::U8(vec![0; 4]), 2)).contains("2 a row here, 1 in y"));
    }
}
