//! Pictures in the IDX format of the MNIST files: for nets that were trained on arrays.

use std::fs::File;

use super::{ReadRows, array};
use crate::data::error::DataError;
use crate::data::raw::Stored;
use crate::data::rows::Rows;
use crate::data::sources::idx;
use crate::data::transform::{Fields, Transform};

pub(super) struct Idx;
pub(super) static READER: Idx = Idx;

impl ReadRows for Idx {
    /// No text begins with two zero bytes.
    fn takes(&self, bytes: &[u8], _fields: &Fields) -> bool {
        bytes.starts_with(&[0, 0, 8])
    }

    fn read(&self, bytes: Vec<u8>, transform: &Transform, name: &str) -> Result<Rows, DataError> {
        array::of_arrays(transform, name)?;
        let (shape, pixels) = idx::parse(bytes, name, "pictures")?;
        array::held(&shape, &Stored::U8(pixels), transform, name)
    }

    fn leave(&self, file: File, transform: &Transform, name: &str) -> Option<Result<Rows, DataError>> {
        let found = array::of_arrays(transform, name).and_then(|_| idx::rows(file, name));
        Some(found.and_then(|(shape, rows)| array::left(&shape, rows, transform, name)))
    }
}
